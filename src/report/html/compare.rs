//! The page of two runs beside each other. Not for: what stands in it (`build::compare`).

use maud::html;

use super::table::{folded, plain};
use super::words::SAY;
use super::{document, mark, section, sentence, tied, tone};
use crate::report::compare::CompareReport;

/// The whole page.
pub(crate) fn page(report: &CompareReport) -> String {
    let body = html! {
        a .skip href="#answer" { (SAY.to_answer) }
        header {
            p .kind { (SAY.kind_compare) }
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
            (section(SAY.answer, &html! {
                p class=(tone(report.tone)) { (mark(report.tone)) (tied(&report.sentence)) }
                @for table in [&report.differs, &report.answers] {
                    @if !table.rows.is_empty() { (plain(table)) }
                }
            }))
            @if !report.cost.rows.is_empty() { (section(SAY.costs, &plain(&report.cost))) }
            (section(SAY.arms, &html! { @for table in &report.arms { (folded(table)) } }))
        }
    };
    document(&format!("{}: {}", report.title, SAY.kind_compare), &body)
}
