//! The one page on top: the answers, then what stands behind them in a few lines each, with the way to the details.
//! Not for: what is said (`build::decision`).

use maud::{Markup, html};

use super::table::{linked, plain};
use super::{contents, mark, section, tied, tone};
use crate::analysis::words;
use crate::report::model::{Answer, Missing, Panel, Report};
use crate::report::words::Words;

pub(super) fn answer(report: &Report) -> Markup {
    let say = report.language.words();
    let to = |i: usize| report.objectives.get(i).map(|t| format!("#t-{}", t.id));
    section(
        say.answer,
        &html! {
            div .answers { @for answer in &report.answers { (self::card(say, answer)) } }
            (linked(say, &report.answer_table, to))
            div .front { @for panel in &report.decision { (self::panel(say, panel)) } }
        },
    )
}

fn card(say: &Words, answer: &Answer) -> Markup {
    html! {
        article class={ "answer " (tone(answer.tone)) } data-s=(answer.strategy) {
            h3 { (answer.strategy) }
            p .word { (mark(say, answer.tone)) (answer.word) }
            p .sentence { (tied(&answer.sentence)) }
            p .small { (answer.about) " " (words::digits(answer.days)) " " (say.days) }
        }
    }
}

fn panel(say: &Words, panel: &Panel) -> Markup {
    let details = panel.details.as_deref().and_then(|id| contents(say).into_iter().find(|section| section.0 == id));
    html! {
        article .part id={ "front-" (panel.id) } aria-labelledby={ "h-front-" (panel.id) } {
            h3 id={ "h-front-" (panel.id) } { (panel.title) }
            @for line in &panel.lines {
                p class={ "line " (tone(line.tone)) } { (mark(say, line.tone)) (tied(&line.text)) }
            }
            @if let Some(table) = &panel.table { (plain(say, table)) }
            (absent(say, &panel.missing))
            @if let Some((id, title)) = details { p .more { (say.details) " " a href={ "#" (id) } { (title) } } }
        }
    }
}

/// What is not there, and the commands that give it.
pub(super) fn absent(say: &Words, missing: &[Missing]) -> Markup {
    html! {
        @for it in missing {
            p .missing { (say.not_known) " " (tied(&it.what)) (say.stop) " " (say.told_by) " " code { (it.command) } }
        }
    }
}
