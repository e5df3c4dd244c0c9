//! The report's sections in the order of reading. Not for: what stands in them.

use maud::{Markup, PreEscaped, html};

use super::table::{folded, linked, plain};
use super::{CONTENTS, mark, tied, tone};
use crate::report::chart::{bars, curves, timeline};
use crate::report::model::Report;

/// A section with its heading; `index` counts [`CONTENTS`].
fn section(index: usize, body: &Markup) -> Markup {
    let (id, title) = CONTENTS[index];
    html! {
        section id=(id) aria-labelledby={ "h-" (id) } {
            h2 id={ "h-" (id) } { (title) }
            (body)
        }
    }
}

pub(super) fn answer(report: &Report) -> Markup {
    let to = |i: usize| report.objectives.get(i).map(|t| format!("#t-{}", t.id));
    section(
        0,
        &html! {
            div .answers {
                @for answer in &report.answers {
                    article class={ "answer " (tone(answer.tone)) } {
                        h3 { (answer.strategy) }
                        p .word { (mark(answer.tone)) (answer.word) }
                        p .sentence { (tied(&answer.sentence)) }
                        p .small { (answer.about) " " (crate::analysis::words::digits(answer.days)) " days." }
                    }
                }
            }
            (linked(&report.answer_table, to))
        },
    )
}

pub(super) fn calendar(report: &Report) -> Markup {
    section(
        1,
        &html! {
            p {
                "Each block is a phase; the darker, the nearer its worst objective is to its limit. Under it, each "
                "workload's time in that phase; the dashed line is its objective. All strategies have the same weeks and "
                "heights."
            }
            ul .legend {
                @for (class, text) in [
                    ("shade-far", "all under half of their limits"),
                    ("shade-near", "one over half of its limit"),
                    ("shade-missed", "✗ one missed"),
                    ("shade-missed-far", "✗ one missed by twice or more"),
                    ("shade-invalid", "⊘ invalid: no numbers"),
                    ("shade-not-measured", "not measured, or no number"),
                ] { li { (swatch(class)) (text) } }
                li { (PreEscaped("<svg class=\"swatch\" viewBox=\"0 0 22 14\" aria-hidden=\"true\"><polygon class=\"f-axis\" points=\"5,2 17,2 11,11\"/></svg>")) "something moves" }
                li { (PreEscaped("<svg class=\"swatch\" viewBox=\"0 0 22 14\" aria-hidden=\"true\"><polygon class=\"f-waiting-plain\" points=\"6,1 16,7 6,13\"/></svg>")) "read-only window or cold cache" }
            }
            @for (i, lane) in report.calendar.lanes.iter().enumerate() {
                h3 { (lane.strategy) }
                div .scroll .chart .wide role="region" tabindex="0" aria-label={ (lane.strategy) ", calendar" } {
                    (PreEscaped(timeline::lane(&report.calendar, i)))
                }
                @if let Some(table) = report.phases.get(i) { (plain(table)) }
            }
        },
    )
}

pub(super) fn swatch(class: &str) -> Markup {
    PreEscaped(format!(
        "<svg class=\"swatch\" viewBox=\"0 0 22 14\" aria-hidden=\"true\"><rect class=\"f-{class}\" width=\"22\" height=\"14\"/></svg>"
    ))
}

pub(super) fn cost(report: &Report) -> Markup {
    section(2, &html! { @for table in &report.cost { (plain(table)) } })
}

pub(super) fn objectives(report: &Report) -> Markup {
    section(3, &html! { @for table in report.objectives.iter().chain(&report.rollout.tables) { (plain(table)) } })
}

pub(super) fn curves(report: &Report) -> Markup {
    section(
        4,
        &html! {
            p {
                "Read a curve at 99 %: ninety-nine journeys of a hundred were quicker. Arms of the same platform at the same "
                "distance are drawn once, from the phase with the most samples, and only as far as the samples go."
            }
            div .panels {
                @for panel in &report.curves {
                    figure .panel {
                        figcaption { (panel.workload) " " small { (panel.journeys) } }
                        (PreEscaped(curves::panel(panel)))
                        ul .legend .lines {
                            @for (curve, ink) in panel.curves.iter().zip(curves::inks(panel)) {
                                li { (PreEscaped(line_sample(ink))) span { (tied(&curve.label)) " " small { (tied(&curve.detail)) } } }
                            }
                        }
                    }
                }
            }
            h3 { "All arms of all phases" }
            @for table in &report.percentiles { (folded(table)) }
        },
    )
}

pub(super) fn line_sample(ink: crate::report::chart::Ink) -> String {
    let class = ink.class();
    format!(
        "<svg class=\"swatch\" viewBox=\"0 0 22 14\" aria-hidden=\"true\"><polyline class=\"s-{class}\" fill=\"none\" stroke-width=\"2\" points=\"0,7 22,7\"/></svg>"
    )
}

pub(super) fn time(report: &Report) -> Markup {
    section(
        5,
        &html! {
            ul .legend {
                @for (class, text) in [
                    ("distance", "distance: round trips × RTT, and slow start, queues and losses of the link"),
                    ("store", "store"),
                    ("waiting", "waiting for a worker, connection or lock"),
                    ("think", "think"),
                    ("rest", "rest"),
                ] { li { (swatch(class)) (text) } }
            }
            div .panels {
                @for panel in &report.time {
                    figure .panel {
                        figcaption { (panel.workload) " " small { (panel.journeys) } }
                        (PreEscaped(bars::panel(panel)))
                    }
                }
            }
            (folded(&report.time_table))
        },
    )
}

pub(super) fn loads(report: &Report) -> Markup {
    section(
        6,
        &html! {
            @if report.loads.is_empty() { p { "The scenario has no cron jobs, queues or booting instances." } }
            @for table in &report.loads { (plain(table)) }
        },
    )
}

pub(super) fn trust(report: &Report) -> Markup {
    section(
        7,
        &html! {
            @for table in report.validity.iter().take(1) { (plain(table)) }
            @for table in report.validity.iter().skip(1) { (folded(table)) }
            @if let Some(agreement) = &report.agreement {
                h3 { "Live against simulated" }
                p class=(tone(agreement.tone)) { (mark(agreement.tone)) (tied(&agreement.sentence)) }
                (plain(&agreement.summary))
                @for table in &agreement.placements { (folded(table)) }
            }
        },
    )
}

pub(super) fn unknowns(report: &Report) -> Markup {
    section(8, &html! { ul .prose { @for text in &report.unknowns { li { (text) } } } })
}

pub(super) fn again(report: &Report) -> Markup {
    section(
        9,
        &html! {
            dl .facts { @for (name, value) in &report.again { dt { (name) } dd { (value) } } }
            details {
                summary { "The scenario" }
                div .scroll role="region" tabindex="0" aria-label="The scenario's text" { pre { (report.source) } }
            }
        },
    )
}
