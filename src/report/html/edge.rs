//! How close to the edge: the charts and tables of sweeps, in a sweep's own page and in a run's report.
//! Not for: what is said (`build::sweep`).

use maud::{Markup, PreEscaped, html};

use super::sections::{line_sample, swatch};
use super::table::{folded, plain};
use super::{mark, section, tied, tone};
use crate::report::chart::edge;
use crate::report::model::{EdgesShown, Report, Table};
use crate::report::sweep::{EdgeAnswer, EdgePanel};
use crate::report::words::Words;
use crate::strategy::vary::Over;

/// What a sweep shows beyond its answers.
pub(super) struct Closeness<'a> {
    pub(super) say: &'a Words,
    pub(super) over: Over,
    pub(super) panels: &'a [EdgePanel],
    pub(super) edges: &'a Table,
    pub(super) fits: Option<&'a Table>,
    pub(super) curves: &'a [Table],
}

/// Charts and tables.
pub(super) fn closeness(shown: &Closeness) -> Markup {
    let say = shown.say;
    html! {
        p { (say.edge_told) }
        ul .legend {
            @for (class, text) in say.edge_legend { li { (swatch(class)) (text) } }
            li { (say.edge_plain) }
        }
        div .panels {
            @for panel in shown.panels {
                figure .panel data-w=(panel.workload) {
                    figcaption { (panel.workload) " " small { (tied(&panel.measure)) } }
                    (PreEscaped(edge::panel(panel, shown.over, &say.chart)))
                    ul .legend .lines {
                        @for curve in &panel.curves {
                            li { (PreEscaped(line_sample(edge::ink(curve)))) span { (tied(&curve.label)) } }
                        }
                    }
                }
            }
        }
        (plain(say, shown.edges))
        @if let Some(fits) = shown.fits { (plain(say, fits)) }
        @if !shown.curves.is_empty() { h3 { (say.edge_values) } }
        @for table in shown.curves { (folded(say, table)) }
    }
}

/// Where each workload breaks first, in a card each.
pub(super) fn answers(say: &Words, answers: &[EdgeAnswer]) -> Markup {
    html! {
        div .answers .small-cards {
            @for answer in answers {
                article class={ "answer " (tone(answer.tone)) } data-w=(answer.workload) {
                    h3 { (answer.workload) }
                    p .word { (mark(say, answer.tone)) (tied(&answer.word)) }
                    p .sentence { (tied(&answer.sentence)) }
                }
            }
        }
    }
}

/// The section of a run's report.
pub(super) fn edge(report: &Report) -> Markup {
    let say = report.language.words();
    section(
        say.edge,
        &html! {
            @if report.edges.is_empty() {
                p { (say.edge_missing) }
                ul {
                    li { code { "longhaul sweep SCENARIO" } }
                    li { code { "longhaul report run.json --with sweep.json" } }
                }
            }
            @for edges in &report.edges { (one(say, edges)) }
        },
    )
}

fn one(say: &Words, edges: &EdgesShown) -> Markup {
    html! {
        div .edges {
            h3 { (edges.name) }
            p { (tied(&edges.swept)) " " span .faint { (super::sentence(say, &edges.measured)) } }
            @if !edges.notices.is_empty() {
                ul .notices {
                    @for notice in &edges.notices {
                        li class=(tone(notice.tone)) { (mark(say, notice.tone)) (tied(&notice.text)) }
                    }
                }
            }
            ul .plain {
                @for answer in &edges.answers {
                    li class=(tone(answer.tone)) data-w=(answer.workload) {
                        (mark(say, answer.tone)) strong { (answer.workload) } " " (tied(&answer.sentence))
                    }
                }
            }
            (closeness(&Closeness {
                say,
                over: edges.over,
                panels: &edges.panels,
                edges: &edges.edges,
                fits: edges.fits.as_ref(),
                // With those of two sweeps a page would not stay under a megabyte.
                curves: &[],
            }))
            p .small { (say.edge_elsewhere) }
        }
    }
}
