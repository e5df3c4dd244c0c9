//! The page of a sweep. Not for: what stands in it (`build::sweep`).

use maud::{Markup, html};

use super::edge::{self, Closeness};
use super::table::folded;
use super::words::{SAY, Section};
use super::{about, document, mark, section, sentence, tied, tone};
use crate::report::sweep::SweepReport;

/// The sections in the order of reading.
const CONTENTS: [Section; 5] = [SAY.answer, SAY.edge, SAY.trust, SAY.unknowns, SAY.again];

/// The whole page.
pub(crate) fn page(report: &SweepReport) -> String {
    let body = html! {
        a .skip href="#answer" { (SAY.to_answer) }
        (header(report))
        main {
            (section(SAY.answer, &answers(report)))
            (section(SAY.edge, &closeness(report)))
            (section(SAY.trust, &folded(&report.validity)))
            (section(SAY.unknowns, &html! { ul .prose { @for text in &report.unknowns { li { (text) } } } }))
            (section(SAY.again, &again(report)))
        }
    };
    document(&format!("{}: {}", report.scenario, SAY.edge_title), &body)
}

fn header(report: &SweepReport) -> Markup {
    html! {
        header {
            p .kind { (SAY.kind_sweep) }
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
            nav aria-label=(SAY.sections) {
                ol { @for (id, title) in CONTENTS { li { a href={ "#" (id) } { (title) } } } }
            }
        }
    }
}

fn answers(report: &SweepReport) -> Markup {
    html! {
        @if report.answers.is_empty() { p { (SAY.edge_none) } }
        @if let Some((_, own)) = report.panels.iter().find_map(|panel| panel.own.as_ref()) {
            p { (SAY.edge_own.0) (tied(own)) (SAY.edge_own.1) }
        }
        (edge::answers(&report.answers))
    }
}

fn closeness(report: &SweepReport) -> Markup {
    edge::closeness(&Closeness {
        over: report.over,
        panels: &report.panels,
        edges: &report.edges,
        fits: report.fits.as_ref(),
        curves: &report.curves,
    })
}

fn again(report: &SweepReport) -> Markup {
    html! {
        dl .facts { @for (name, value) in &report.again { dt { (name) } dd { (value) } } }
        details {
            summary { (SAY.scenario) }
            div .scroll role="region" tabindex="0" aria-label=(SAY.scenario_label) { pre { (report.source) } }
        }
    }
}
