//! What to fix, leave behind and move first. Not for: what is said (`build`).

use maud::{Markup, html};

use super::table::{folded, plain};
use super::words::SAY;
use super::{mark, section, tied, tone};
use crate::report::model::{AdviceShown, Report, Table};

pub(super) fn advice(report: &Report) -> Markup {
    section(
        SAY.advice,
        &html! {
            @if let Some(advice) = &report.advice { (shown(advice)) } @else {
                p { (SAY.advice_missing) " " code { "longhaul advise SCENARIO" } }
            }
        },
    )
}

fn shown(advice: &AdviceShown) -> Markup {
    html! {
        p { (tied(&advice.sentence)) " " (SAY.advice_told) }
        div .answers {
            @for of in &advice.strategies {
                article class={ "answer " (tone(of.tone)) } data-s=(of.strategy) {
                    h3 { (of.strategy) }
                    p .word { (mark(of.tone)) (of.word) }
                    p .sentence { (tied(&of.sentence)) }
                    @if !of.fixes.is_empty() { ul .plain { @for fix in &of.fixes { li { code { (fix) } } } } }
                }
            }
        }
        (filled(&advice.costliest))
        @for (index, table) in advice.gains.iter().enumerate() {
            @if index == 0 { (plain(table)) } @else { (folded(table)) }
        }
        @if !advice.leave_behind.rows.is_empty() { h3 { (SAY.leave_behind) } (plain(&advice.leave_behind)) }
        @if !advice.order.rows.is_empty() { h3 { (SAY.order) } (plain(&advice.order)) }
        @if !advice.apply.is_empty() {
            h3 { (SAY.apply) }
            dl .facts { @for (strategy, command) in &advice.apply { dt { (strategy) } dd { code { (command) } } } }
        }
    }
}

fn filled(table: &Table) -> Markup {
    html! { @if !table.rows.is_empty() { (plain(table)) } }
}
