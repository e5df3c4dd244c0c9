//! The report's sections in the order of reading. Not for: what stands in them.

use maud::{Markup, PreEscaped, html};

use super::table::{folded, plain};
use super::{mark, section, take, tied, tone};
use crate::report::chart::{bars, curves, timeline, waterfall};
use crate::report::model::Report;

pub(super) fn calendar(report: &Report) -> Markup {
    let say = report.language.words();
    section(
        say.calendar,
        &html! {
            p { (say.calendar_told) }
            ul .legend {
                @for (class, text) in say.shades { li { (swatch(class)) (text) } }
                li { (PreEscaped("<svg class=\"swatch\" viewBox=\"0 0 22 14\" aria-hidden=\"true\"><polygon class=\"f-axis\" points=\"5,2 17,2 11,11\"/></svg>")) (say.moves) }
                li { (PreEscaped("<svg class=\"swatch\" viewBox=\"0 0 22 14\" aria-hidden=\"true\"><polygon class=\"f-waiting-plain\" points=\"6,1 16,7 6,13\"/></svg>")) (say.events) }
            }
            @for (i, lane) in report.calendar.lanes.iter().enumerate() {
                div data-s=(lane.strategy) {
                    h3 { (lane.strategy) }
                    div .scroll .chart .wide role="region" tabindex="0" aria-label={ (lane.strategy) ", " (say.calendar_label) } {
                        (PreEscaped(timeline::lane(&report.calendar, i, &say.chart)))
                    }
                    @if let Some(table) = report.phases.get(i) { (plain(say, table)) }
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
    let say = report.language.words();
    section(say.costs, &html! { @for table in &report.cost { (plain(say, table)) } })
}

pub(super) fn objectives(report: &Report) -> Markup {
    let say = report.language.words();
    section(
        say.objectives,
        &html! {
            @for (table, answer) in report.objectives.iter().zip(&report.answers) { div data-s=(answer.strategy) { (plain(say, table)) } }
        },
    )
}

pub(super) fn rollout(report: &Report, folded: bool) -> Markup {
    let say = report.language.words();
    let shown = &report.rollout;
    section(
        say.rollout,
        &html! {
            @if shown.sentences.is_empty() { p { (say.no_rollout) } }
            @else { ul .prose { @for told in &shown.sentences { li { (tied(told)) } } } }
            @if folded { @for table in &shown.tables { (self::folded(say, table)) } }
        },
    )
}

pub(super) fn why(report: &Report, folded: bool) -> Markup {
    let say = report.language.words();
    section(
        say.why,
        &html! {
            p { (say.why_told) }
            ul .legend {
                @for (class, text) in say.why_parts { li { (swatch(class)) (text) } }
            }
            @for journey in &report.waterfalls {
                div data-w=(journey.performers.join("|")) {
                    h3 { (journey.journey) " " small { ((say.list)(&journey.performers)) } }
                    div .scroll .chart .wide role="region" tabindex="0" aria-label=(journey.journey) {
                        (PreEscaped(waterfall::journey(journey, &say.chart)))
                    }
                    @if folded { (self::folded(say, &journey.table)) }
                }
            }
        },
    )
}

pub(super) fn watch(report: &Report) -> Markup {
    let say = report.language.words();
    section(
        say.watch,
        &html! {
            p { (say.watch_told) }
            ul {
                li { code { "longhaul report run.json --format prometheus-rules" } }
                li { code { "longhaul report run.json --format grafana" } }
            }
            @for watch in &report.watch { div data-s=(watch.strategy) { (plain(say, &watch.table)) } }
        },
    )
}

pub(super) fn curves(report: &Report, folded: bool) -> Markup {
    let say = report.language.words();
    section(
        say.spread,
        &html! {
            p { (say.spread_told) }
            div .panels {
                @for panel in &report.curves {
                    figure .panel data-w=(panel.workload) {
                        figcaption { (panel.workload) " " small { (panel.journeys) } }
                        (PreEscaped(curves::panel(panel, &say.chart)))
                        ul .legend .lines {
                            @for (curve, ink) in panel.curves.iter().zip(curves::inks(panel)) {
                                li { (PreEscaped(line_sample(ink))) span { (tied(&curve.label)) " " small { (tied(&curve.detail)) } } }
                            }
                        }
                    }
                }
            }
            @if folded {
                h3 { (say.spread_all) }
                @for (table, row) in report.percentiles.iter().zip(&report.answer_table.rows) {
                    div data-w=(row.head) { (self::folded(say, table)) }
                }
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
    let say = report.language.words();
    section(
        say.time,
        &html! {
            ul .legend {
                @for (class, text) in say.parts { li { (swatch(class)) (text) } }
            }
            div .panels {
                @for panel in &report.time {
                    figure .panel data-w=(panel.workload) {
                        figcaption { (panel.workload) " " small { (panel.journeys) } }
                        (PreEscaped(bars::panel(panel, &say.chart)))
                    }
                }
            }
            (folded(say, &report.time_table))
        },
    )
}

pub(super) fn loads(report: &Report) -> Markup {
    let say = report.language.words();
    section(
        say.loads,
        &html! {
            @if report.loads.is_empty() { p { (say.no_loads) } }
            @for table in &report.loads { (plain(say, table)) }
        },
    )
}

pub(super) fn trust(report: &Report) -> Markup {
    let say = report.language.words();
    section(
        say.trust,
        &html! {
            @for table in report.validity.iter().take(1) { (plain(say, table)) }
            @for table in report.validity.iter().skip(1) { (folded(say, table)) }
            @if let Some(agreement) = &report.agreement {
                h3 { (say.agreement) }
                p class=(tone(agreement.tone)) { (mark(say, agreement.tone)) (tied(&agreement.sentence)) }
                (plain(say, &agreement.summary))
                @for table in &agreement.placements { (folded(say, table)) }
            }
        },
    )
}

pub(super) fn unknowns(report: &Report) -> Markup {
    let say = report.language.words();
    section(say.unknowns, &html! { ul .prose { @for text in &report.unknowns { li { (text) } } } })
}

pub(super) fn again(report: &Report, used: usize, brief: bool) -> Markup {
    let say = report.language.words();
    section(
        say.again,
        &html! {
            dl .facts { @for (name, value) in &report.again { dt { (name) } dd { (value) } } }
            @if brief { p { (say.brief) } }
            (take::downloads(report, used))
            details {
                summary { (say.scenario) }
                div .scroll role="region" tabindex="0" aria-label=(say.scenario_label) { pre { (report.source) } }
            }
        },
    )
}
