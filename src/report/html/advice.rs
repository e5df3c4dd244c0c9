//! What to fix, leave behind and move first. Not for: what is said (`build`).

use maud::{Markup, html};

use super::table::{folded, plain};
use super::{mark, section, tied, tone};
use crate::report::model::{AdviceShown, Report, Table};
use crate::report::words::Words;

pub(super) fn advice(report: &Report) -> Markup {
    let say = report.language.words();
    section(
        say.advice,
        &html! {
            @if let Some(advice) = &report.advice { (shown(say, advice)) } @else {
                p { (say.advice_missing) " " code { "longhaul advise SCENARIO" } }
            }
        },
    )
}

fn shown(say: &Words, advice: &AdviceShown) -> Markup {
    html! {
        p { (tied(&advice.sentence)) " " (say.advice_told) }
        div .answers {
            @for of in &advice.strategies {
                article class={ "answer " (tone(of.tone)) } data-s=(of.strategy) {
                    h3 { (of.strategy) }
                    p .word { (mark(say, of.tone)) (of.word) }
                    p .sentence { (tied(&of.sentence)) }
                    @if !of.fixes.is_empty() { ul .plain { @for (fix, title) in of.fixes.iter().zip(&of.titles) { li { code { (fix) } ": " (title) } } } }
                }
            }
        }
        (filled(say, &advice.costliest))
        @for (index, table) in advice.gains.iter().enumerate() {
            @if index == 0 { (plain(say, table)) } @else { (folded(say, table)) }
        }
        (filled(say, &advice.short_states))
        @if !advice.leave_behind.rows.is_empty() { h3 { (say.leave_behind) } (plain(say, &advice.leave_behind)) }
        @if !advice.order.rows.is_empty() { h3 { (say.order) } (plain(say, &advice.order)) }
        @if !advice.apply.is_empty() {
            h3 { (say.apply) }
            dl .facts { @for (strategy, command) in &advice.apply { dt { (strategy) } dd { code { (command) } } } }
        }
    }
}

fn filled(say: &Words, table: &Table) -> Markup {
    html! { @if !table.rows.is_empty() { (plain(say, table)) } }
}
