//! The page of a gate: the answer, side against side, what moved, round trips, changes over time, all checks.
//!
//! Not for: judging, or the other forms (`report::gate`).

mod tables;
mod words;

use maud::{Markup, PreEscaped, html};

use super::sections::swatch;
use super::table::{folded, plain};
use super::{document, mark, section, tied, tone};
use crate::analysis::gate::{Check, Outcome, Paired, Series};
use crate::report::chart::gate::{forest, series, shift};
use crate::report::gate::{self, Told, clean};
use crate::report::model::Tone;
use crate::report::words::{Language, Words};
use words::SAY;

/// The words that all pages share.
const EN: &Words = Language::English.words();

/// More series than this are not drawn: those that changed come first, the table has all of them.
const DRAWN_MOST: usize = 60;

/// The whole page.
pub(crate) fn page(told: &Told) -> String {
    let judged = told.judged;
    let body = html! {
        a .skip href="#answer" { (EN.to_answer) }
        header {
            p .kind { (SAY.kind) }
            h1 { (clean(&judged.title)) }
            @if !judged.about.is_empty() { p .measured { (about(told)) } }
        }
        main {
            (answer(told))
            @if !judged.pairs.is_empty() { (compared(told)) (moved(told)) }
            (trips(told))
            @if !judged.series.is_empty() { (history(told)) }
            @if !judged.checks.is_empty() { (section(SAY.checks, &plain(EN, &tables::checks(told)))) }
            (how(told))
        }
    };
    document(EN, &format!("{}: {}", clean(&judged.title), SAY.kind), &body)
}

/// A text whose parts between backticks are code.
fn coded(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (tied(part)) }
        }
    }
}

/// The first facts in a line; all of them are at the end.
fn about(told: &Told) -> String {
    let facts: Vec<_> = told.judged.about.iter().take(6).map(|(name, value)| format!("{name} {value}")).collect();
    tied(&clean(&facts.join(" · ")))
}

fn answer(told: &Told) -> Markup {
    let worst = if told.failed() { gate::tone(told.judged.outcome()) } else { Tone::Held };
    let steps = gate::steps(told);
    section(
        SAY.answer,
        &html! {
            div .answers {
                article class={ "answer " (tone(worst)) } {
                    p .word { (mark(EN, worst)) (told.answer()) }
                    p .sentence { (told.tally()) "." }
                }
            }
            ul .plain .findings { @for check in told.news() { (finding(told, check)) } }
            @if !steps.is_empty() {
                h3 { (SAY.next) }
                ul .prose { @for step in &steps { li { (coded(step)) } } }
            }
        },
    )
}

fn finding(told: &Told, check: &Check) -> Markup {
    let tone_of = gate::tone(check.outcome);
    html! {
        li class=(tone(tone_of)) {
            (mark(EN, tone_of)) strong { (check.outcome.word()) }
            @if check.outcome != Outcome::Pass && !told.fails(check.outcome) { " " span .faint { (SAY.quiet) } }
            " " (tied(&clean(&check.sentence)))
            @if let Some(place) = &check.place {
                " " span .faint { (SAY.at) " " code { (clean(&place.file)) ":" (place.line) ":" (place.column) } }
            }
            @if !check.details.is_empty() {
                ul { @for detail in &check.details { li .small { (tied(&clean(detail))) } } }
            }
        }
    }
}

fn compared(told: &Told) -> Markup {
    let pairs = &told.judged.pairs;
    section(
        SAY.compared,
        &html! {
            p { (SAY.forest) }
            ul .legend {
                li { (swatch("held-area")) (SAY.floor) }
                li { (PreEscaped("<svg class=\"swatch\" viewBox=\"0 0 22 14\" aria-hidden=\"true\"><path class=\"s-held\" stroke-width=\"3\" d=\"M1 7H21\"/><circle class=\"f-text\" cx=\"11\" cy=\"7\" r=\"3.5\"/></svg>")) (SAY.interval) }
            }
            figure .panel { (PreEscaped(forest::forest(pairs))) }
            (plain(EN, &tables::pairs(pairs)))
        },
    )
}

/// What moved of a subject is the same whichever quantile was compared: one picture, with the widest floor and the gravest outcome.
fn by_subject(pairs: &[Paired]) -> Vec<Paired> {
    let mut all: Vec<Paired> = Vec::new();
    for pair in pairs.iter().filter(|pair| shift::has(pair)) {
        match all.iter_mut().find(|known| known.subject == pair.subject && known.deciles_ns == pair.deciles_ns) {
            None => all.push(pair.clone()),
            Some(known) => {
                known.quantity = format!("{}, {}", known.quantity, pair.quantity);
                known.floor = known.floor.max(pair.floor);
                known.outcome = known.outcome.max(pair.outcome);
            }
        }
    }
    all
}

fn moved(told: &Told) -> Markup {
    let pairs = by_subject(&told.judged.pairs);
    if pairs.is_empty() {
        return html! {};
    }
    section(
        SAY.moved,
        &html! {
            p { (SAY.moved_told) }
            div .panels {
                @for pair in &pairs {
                    figure .panel {
                        figcaption {
                            (mark(EN, gate::tone(pair.outcome))) (clean(&pair.subject)) " " small { (clean(&pair.quantity)) }
                            @if pair.control { " " small { (SAY.control) } }
                        }
                        (PreEscaped(shift::panel(pair)))
                    }
                }
            }
            @for (number, pair) in pairs.iter().enumerate() { (folded(EN, &tables::deciles(pair, number))) }
        },
    )
}

fn trips(told: &Told) -> Markup {
    let table = tables::trips(told);
    if table.rows.is_empty() {
        html! {}
    } else {
        section(SAY.trips, &plain(EN, &table))
    }
}

fn history(told: &Told) -> Markup {
    let mut all: Vec<&Series> = told.judged.series.iter().filter(|one| !one.points.is_empty()).collect();
    all.sort_by_key(|one| one.changes.is_empty());
    let left = all.len().saturating_sub(DRAWN_MOST);
    let changes = tables::changes(&told.judged.series);
    section(
        SAY.history,
        &html! {
            p { (SAY.history_told) }
            div .panels {
                @for one in all.iter().take(DRAWN_MOST) {
                    figure .panel {
                        figcaption { (tied(&clean(&one.subject))) " " small { (clean(&one.quantity)) } }
                        (PreEscaped(series::panel(one)))
                    }
                }
            }
            @if left > 0 { p .small { (left) " series without a change are not drawn." } }
            @if changes.rows.is_empty() { p { (SAY.changes_none) } } @else { (plain(EN, &changes)) }
        },
    )
}

fn how(told: &Told) -> Markup {
    section(
        SAY.how,
        &html! {
            dl .facts {
                @for (name, value) in &told.judged.about {
                    dt { (clean(name)) }
                    dd { (tied(&clean(value))) }
                }
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moved_is_drawn_once_for_a_subject() {
        let pair = |subject: &str, quantity: &str, floor, outcome| Paired {
            id: String::new(),
            subject: subject.into(),
            quantity: quantity.into(),
            control: false,
            rounds: 20,
            first_ns: 1e6,
            second_ns: 1e6,
            ratio: (0.9, 1.0, 1.1),
            p: 1.0,
            floor,
            deciles_ns: (vec![1e6, 2e6], vec![1e6, 3e6]),
            round_trips: (None, None),
            outcome,
        };
        let pairs = [
            pair("page", "p50", 1.05, Outcome::Pass),
            pair("page", "p90", 1.02, Outcome::Inconclusive),
            pair("job", "p50", 1.01, Outcome::Pass),
        ];
        let told: Vec<_> =
            by_subject(&pairs).into_iter().map(|it| (it.subject, it.quantity, it.floor, it.outcome)).collect();
        assert_eq!(
            told,
            [
                ("page".into(), "p50, p90".into(), 1.05, Outcome::Inconclusive),
                ("job".into(), "p50".to_owned(), 1.01, Outcome::Pass)
            ]
        );
    }
}
