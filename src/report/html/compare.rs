//! The page of two runs beside each other. Not for: what stands in it (`build::compare`).

use maud::html;

use super::table::{folded, plain};
use super::{document, mark, section, sentence, tied, tone};
use crate::report::compare::CompareReport;

/// The whole page.
pub(crate) fn page(report: &CompareReport) -> String {
    let say = report.language.words();
    let body = html! {
        a .skip href="#answer" { (say.to_answer) }
        header {
            p .kind { (say.kind_compare) }
            h1 { (report.title) }
            @for (name, made) in &report.sides { p .measured { (name) ": " (sentence(say, made)) } }
            @if !report.notices.is_empty() {
                ul .notices {
                    @for notice in &report.notices {
                        li class=(tone(notice.tone)) { (mark(say, notice.tone)) (tied(&notice.text)) }
                    }
                }
            }
        }
        main {
            (section(say.answer, &html! {
                p class=(tone(report.tone)) { (mark(say, report.tone)) (tied(&report.sentence)) }
                @for table in [&report.differs, &report.answers] {
                    @if !table.rows.is_empty() { (plain(say, table)) }
                }
            }))
            @if !report.cost.rows.is_empty() { (section(say.costs, &plain(say, &report.cost))) }
            (section(say.arms, &html! { @for table in &report.arms { (folded(say, table)) } }))
        }
    };
    document(say, &format!("{}: {}", report.title, say.kind_compare), &body)
}
