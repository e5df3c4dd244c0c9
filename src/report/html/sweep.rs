//! The page of a sweep. Not for: what stands in it (`build::sweep`).

use maud::{Markup, html};

use super::edge::{self, Closeness};
use super::table::{folded, plain};
use super::{about, document, mark, section, sentence, tied, tone};
use crate::report::sweep::SweepReport;
use crate::report::words::{Section, Words};

/// The sections in the order of reading.
const fn contents(say: &Words) -> [Section; 5] {
    [say.answer, say.edge, say.trust, say.unknowns, say.again]
}

/// The whole page.
pub(crate) fn page(report: &SweepReport) -> String {
    let say = report.language.words();
    let body = html! {
        a .skip href="#answer" { (say.to_answer) }
        (header(report))
        main {
            (section(say.answer, &answers(report)))
            (section(say.edge, &closeness(report)))
            (section(say.trust, &trust(report)))
            (section(say.unknowns, &html! { ul .prose { @for text in &report.unknowns { li { (text) } } } }))
            (section(say.again, &again(report)))
        }
    };
    document(say, &format!("{}: {}", report.scenario, say.edge_title), &body)
}

fn header(report: &SweepReport) -> Markup {
    let say = report.language.words();
    html! {
        header {
            p .kind { (say.kind_sweep) }
            h1 { (report.scenario) }
            p .about { (tied(&report.swept)) }
            p .measured { (sentence(say, &report.measured)) }
            @if !report.notices.is_empty() {
                ul .notices {
                    @for notice in &report.notices {
                        li class=(tone(notice.tone)) { (mark(say, notice.tone)) (tied(&notice.text)) }
                    }
                }
            }
            (about(say, &report.about))
            nav aria-label=(say.sections) {
                ol { @for (id, title) in contents(say) { li { a href={ "#" (id) } { (title) } } } }
            }
        }
    }
}

fn trust(report: &SweepReport) -> Markup {
    let say = report.language.words();
    html! {
        (folded(say, &report.validity))
        @if let Some(table) = &report.calibration { (plain(say, table)) }
    }
}

fn answers(report: &SweepReport) -> Markup {
    let say = report.language.words();
    html! {
        @if report.answers.is_empty() { p { (say.edge_none) } }
        @if let Some((_, own)) = report.panels.iter().find_map(|panel| panel.own.as_ref()) {
            p { (say.edge_own.0) (tied(own)) (say.edge_own.1) }
        }
        (edge::answers(say, &report.answers))
    }
}

fn closeness(report: &SweepReport) -> Markup {
    edge::closeness(&Closeness {
        say: report.language.words(),
        over: report.over,
        panels: &report.panels,
        edges: &report.edges,
        fits: report.fits.as_ref(),
        curves: &report.curves,
    })
}

fn again(report: &SweepReport) -> Markup {
    let say = report.language.words();
    html! {
        dl .facts { @for (name, value) in &report.again { dt { (name) } dd { (value) } } }
        details {
            summary { (say.scenario) }
            div .scroll role="region" tabindex="0" aria-label=(say.scenario_label) { pre { (report.source) } }
        }
    }
}
