//! The report's sections in the order of reading. Not for: what stands in them.

use maud::{Markup, PreEscaped, html};

use super::table::{folded, plain};
use super::words::SAY;
use super::{mark, section, take, tied, tone};
use crate::report::chart::{bars, curves, timeline, waterfall};
use crate::report::model::Report;

pub(super) fn calendar(report: &Report) -> Markup {
    section(
        SAY.calendar,
        &html! {
            p { (SAY.calendar_told) }
            ul .legend {
                @for (class, text) in SAY.shades { li { (swatch(class)) (text) } }
                li { (PreEscaped("<svg class=\"swatch\" viewBox=\"0 0 22 14\" aria-hidden=\"true\"><polygon class=\"f-axis\" points=\"5,2 17,2 11,11\"/></svg>")) (SAY.moves) }
                li { (PreEscaped("<svg class=\"swatch\" viewBox=\"0 0 22 14\" aria-hidden=\"true\"><polygon class=\"f-waiting-plain\" points=\"6,1 16,7 6,13\"/></svg>")) (SAY.events) }
            }
            @for (i, lane) in report.calendar.lanes.iter().enumerate() {
                div data-s=(lane.strategy) {
                    h3 { (lane.strategy) }
                    div .scroll .chart .wide role="region" tabindex="0" aria-label={ (lane.strategy) ", " (SAY.calendar_label) } {
                        (PreEscaped(timeline::lane(&report.calendar, i)))
                    }
                    @if let Some(table) = report.phases.get(i) { (plain(table)) }
                }
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
    section(SAY.costs, &html! { @for table in &report.cost { (plain(table)) } })
}

pub(super) fn objectives(report: &Report) -> Markup {
    section(
        SAY.objectives,
        &html! {
            @for (table, answer) in report.objectives.iter().zip(&report.answers) { div data-s=(answer.strategy) { (plain(table)) } }
        },
    )
}

pub(super) fn why(report: &Report) -> Markup {
    section(
        SAY.why,
        &html! {
            p { (SAY.why_told) }
            ul .legend {
                @for (class, text) in SAY.parts.into_iter().filter(|part| !["waiting", "rest"].contains(&part.0)) {
                    li { (swatch(class)) (text) }
                }
            }
            @for journey in &report.waterfalls {
                div data-w=(journey.performers.join("|")) {
                    h3 { (journey.journey) " " small { (crate::analysis::words::list(&journey.performers)) } }
                    div .scroll .chart .wide role="region" tabindex="0" aria-label=(journey.journey) {
                        (PreEscaped(waterfall::journey(journey)))
                    }
                    (folded(&journey.table))
                }
            }
        },
    )
}

pub(super) fn watch(report: &Report) -> Markup {
    section(
        SAY.watch,
        &html! {
            p { (SAY.watch_told) }
            ul {
                li { code { "longhaul report run.json --format prometheus-rules" } }
                li { code { "longhaul report run.json --format grafana" } }
            }
            @for watch in &report.watch { div data-s=(watch.strategy) { (plain(&watch.table)) } }
        },
    )
}

pub(super) fn curves(report: &Report) -> Markup {
    section(
        SAY.spread,
        &html! {
            p { (SAY.spread_told) }
            div .panels {
                @for panel in &report.curves {
                    figure .panel data-w=(panel.workload) {
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
            h3 { (SAY.spread_all) }
            @for (table, row) in report.percentiles.iter().zip(&report.answer_table.rows) {
                div data-w=(row.head) { (folded(table)) }
            }
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
        SAY.time,
        &html! {
            ul .legend {
                @for (class, text) in SAY.parts { li { (swatch(class)) (text) } }
            }
            div .panels {
                @for panel in &report.time {
                    figure .panel data-w=(panel.workload) {
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
        SAY.loads,
        &html! {
            @if report.loads.is_empty() { p { (SAY.no_loads) } }
            @for table in &report.loads { (plain(table)) }
        },
    )
}

pub(super) fn trust(report: &Report) -> Markup {
    section(
        SAY.trust,
        &html! {
            @for table in report.validity.iter().take(1) { (plain(table)) }
            @for table in report.validity.iter().skip(1) { (folded(table)) }
            @if let Some(agreement) = &report.agreement {
                h3 { (SAY.agreement) }
                p class=(tone(agreement.tone)) { (mark(agreement.tone)) (tied(&agreement.sentence)) }
                (plain(&agreement.summary))
                @for table in &agreement.placements { (folded(table)) }
            }
        },
    )
}

pub(super) fn unknowns(report: &Report) -> Markup {
    section(SAY.unknowns, &html! { ul .prose { @for text in &report.unknowns { li { (text) } } } })
}

pub(super) fn again(report: &Report, used: usize) -> Markup {
    section(
        SAY.again,
        &html! {
            dl .facts { @for (name, value) in &report.again { dt { (name) } dd { (value) } } }
            (take::downloads(report, used))
            details {
                summary { (SAY.scenario) }
                div .scroll role="region" tabindex="0" aria-label=(SAY.scenario_label) { pre { (report.source) } }
            }
        },
    )
}
