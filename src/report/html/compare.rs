//! The page of two runs beside each other. Not for: what stands in it (`build::compare`).

use maud::{Markup, html};

use super::table::{folded, plain};
use super::{document, mark, sentence, tied, tone};
use crate::report::compare::CompareReport;

/// The whole page.
pub(crate) fn page(report: &CompareReport) -> String {
    let body = html! {
        a .skip href="#answer" { "To the answer" }
        header {
            p .kind { "longhaul compare" }
            h1 { (report.title) }
            @for (name, made) in &report.sides { p .measured { (name) ": " (sentence(made)) } }
            @if !report.notices.is_empty() {
                ul .notices {
                    @for notice in &report.notices {
                        li class=(tone(notice.tone)) { (mark(notice.tone)) (tied(&notice.text)) }
                    }
                }
            }
        }
        main {
            (section("answer", "The answer", &html! {
                p class=(tone(report.tone)) { (mark(report.tone)) (tied(&report.sentence)) }
                @for table in [&report.differs, &report.answers] {
                    @if !table.rows.is_empty() { (plain(table)) }
                }
            }))
            @if !report.cost.rows.is_empty() { (section("costs", "What it costs", &plain(&report.cost))) }
            (section("arms", "Every arm", &html! { @for table in &report.arms { (folded(table)) } }))
        }
    };
    document(&format!("{}: longhaul compare", report.title), &body)
}

fn section(id: &str, title: &str, body: &Markup) -> Markup {
    html! {
        section id=(id) aria-labelledby={ "h-" (id) } {
            h2 id={ "h-" (id) } { (title) }
            (body)
        }
    }
}
