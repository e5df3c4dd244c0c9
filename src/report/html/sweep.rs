//! The page of a sweep. Not for: what stands in it (`build::sweep`).

use maud::{Markup, PreEscaped, html};

use super::sections::{line_sample, swatch};
use super::table::{folded, plain};
use super::{about, document, mark, sentence, tied, tone};
use crate::report::chart::edge;
use crate::report::sweep::SweepReport;

/// The sections: anchor and heading.
const CONTENTS: [(&str, &str); 5] = [
    ("answer", "The answer"),
    ("edge", "How close to the edge"),
    ("trust", "How far to trust it"),
    ("unknowns", "What this cannot tell"),
    ("again", "Again"),
];

/// The whole page.
pub(crate) fn page(report: &SweepReport) -> String {
    let body = html! {
        a .skip href="#answer" { "To the answer" }
        (header(report))
        main {
            (section(0, &answers(report)))
            (section(1, &closeness(report)))
            (section(2, &folded(&report.validity)))
            (section(3, &html! { ul .prose { @for text in &report.unknowns { li { (text) } } } }))
            (section(4, &again(report)))
        }
    };
    document(&format!("{}: how close to the edge", report.scenario), &body)
}

fn section(index: usize, body: &Markup) -> Markup {
    let (id, title) = CONTENTS[index];
    html! {
        section id=(id) aria-labelledby={ "h-" (id) } {
            h2 id={ "h-" (id) } { (title) }
            (body)
        }
    }
}

fn header(report: &SweepReport) -> Markup {
    html! {
        header {
            p .kind { "longhaul sweep" }
            h1 { (report.scenario) }
            p .about { (tied(&report.swept)) }
            p .measured { (sentence(&report.measured)) }
            @if !report.notices.is_empty() {
                ul .notices {
                    @for notice in &report.notices {
                        li class=(tone(notice.tone)) { (mark(notice.tone)) (tied(&notice.text)) }
                    }
                }
            }
            (about(&report.about))
            nav aria-label="Sections" {
                ol { @for (id, title) in CONTENTS { li { a href={ "#" (id) } { (title) } } } }
            }
        }
    }
}

fn answers(report: &SweepReport) -> Markup {
    html! {
        @if report.answers.is_empty() { p { "No workload of the scenario has an objective: there is nothing that could break." } }
        @if let Some((_, own)) = report.panels.iter().find_map(|panel| panel.own.as_ref()) {
            p { "The mark tells how it stands at the scenario's own " (tied(own)) "." }
        }
        div .answers {
            @for answer in &report.answers {
                article class={ "answer " (tone(answer.tone)) } {
                    h3 { (answer.workload) }
                    p .word { (mark(answer.tone)) (tied(&answer.word)) }
                    p .sentence { (tied(&answer.sentence)) }
                }
            }
        }
    }
}

/// Charts and tables: the section that a report of a run can take over as it is.
fn closeness(report: &SweepReport) -> Markup {
    html! {
        p {
            "Each chart shows the objective of a workload that breaks first; harder values are to the right, and both axes "
            "are logarithmic. Every dot is a measurement: hover for its interval."
        }
        ul .legend {
            li { (swatch("unknown-area")) "nobody can tell" }
            li { (swatch("missed-area")) "✗ surely missed" }
            li { "plain: surely held" }
        }
        div .panels {
            @for panel in &report.panels {
                figure .panel {
                    figcaption { (panel.workload) " " small { (tied(&panel.measure)) } }
                    (PreEscaped(edge::panel(panel, report.over)))
                    ul .legend .lines {
                        @for curve in &panel.curves {
                            li { (PreEscaped(line_sample(edge::ink(curve)))) span { (tied(&curve.label)) } }
                        }
                    }
                }
            }
        }
        (plain(&report.edges))
        @if let Some(fits) = &report.fits { (plain(fits)) }
        h3 { "Every value that was tried" }
        @for table in &report.curves { (folded(table)) }
    }
}

fn again(report: &SweepReport) -> Markup {
    html! {
        dl .facts { @for (name, value) in &report.again { dt { (name) } dd { (value) } } }
        details {
            summary { "The scenario" }
            div .scroll role="region" tabindex="0" aria-label="The scenario's text" { pre { (report.source) } }
        }
    }
}
