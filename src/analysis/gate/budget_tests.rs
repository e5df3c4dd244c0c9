//! Budgets judge what was counted: at the limit, above it, below it, and where there is nothing to judge.

use super::super::snapshot;
use super::*;
use crate::budget::parse;
use proptest::prelude::*;

pub(in crate::analysis::gate) fn statement(text: &str, calls: u64) -> Statement {
    Statement { store: "mysql".into(), text: text.into(), calls, round_trips: calls, most_repeats: calls }
}

pub(in crate::analysis::gate) const PRICES: &str = "SELECT price FROM prices WHERE item = ? AND shop = ?";

/// A unit of one pass with four round trips of connecting.
pub(in crate::analysis::gate) fn unit(name: &str, statements: Vec<Statement>) -> Unit {
    let round_trips = 4 + statements.iter().map(|statement| statement.round_trips).sum::<u64>();
    Unit {
        name: name.into(),
        times: 1,
        round_trips,
        connecting: 4,
        most_round_trips: round_trips,
        bytes_up: 100,
        bytes_down: 900,
        most_bytes: Some(1_000),
        side_by_side: false,
        statements,
    }
}

pub(in crate::analysis::gate) fn counts(units: Vec<Unit>) -> Counts {
    Counts { units, unknown: Vec::new() }
}

/// 34 round trips: 4 of connecting, `prices` queries, and updates.
pub(in crate::analysis::gate) fn checkout(prices: u64) -> Counts {
    counts(vec![unit("checkout", vec![statement(PRICES, prices), statement("BEGIN", 1)])])
}

const RTTS: [Nanos; 1] = [Nanos::from_millis(15)];

fn judged(counts: &Counts, text: &str) -> Vec<Check> {
    judge(counts, &parse("b.yaml", text).unwrap_or_else(|error| panic!("{error}")), &RTTS)
}

fn told(counts: &Counts, text: &str) -> Vec<(Outcome, String)> {
    judged(counts, text).into_iter().map(|check| (check.outcome, check.sentence)).collect()
}

#[test]
fn each_limit_says_what_became_of_it() {
    use Outcome::{Improvement, OverBudget, Pass};
    let repeats = "default: { repeats: none }";
    for (prices, limits, outcome, sentence) in [
        (29, "round_trips: 34", Pass, "checkout: 34 round trips, as many as the budget allows"),
        (28, "round_trips: 34", Improvement, "checkout: 33 round trips, 1 fewer than the budget of 34"),
        (
            56,
            "round_trips: 34",
            OverBudget,
            "checkout: 61 round trips, 27 more than the budget of 34 (most: 56 × SELECT … FROM prices): +405 ms at 15 ms",
        ),
        (29, "bytes: 1000B", Pass, "checkout: 1000 bytes of 1000 in the budget"),
        (29, "bytes: 999B", OverBudget, "checkout: 1000 bytes, 1 more than the budget of 999"),
        (
            29,
            "all_passes: { round_trips: 33 }",
            OverBudget,
            "checkout: 34 round trips of all passes, 1 more than the budget of 33 (most: 29 × SELECT … FROM prices): +15 ms at 15 ms",
        ),
        (29, "all_passes: { bytes: 1kB }", Pass, "checkout: 1000 bytes of all passes of 1000 in the budget"),
        (5, "repeats: 5", Pass, "checkout: no statement more than 5 times in one pass"),
        (6, "repeats: 5", OverBudget, "checkout: 6 × SELECT … FROM prices in one pass, at most 5: +15 ms at 15 ms"),
    ] {
        let text = format!("format: 1\n{repeats}\nunits: {{ checkout: {{ {limits} }} }}\n");
        assert_eq!(told(&checkout(prices), &text), [(outcome, sentence.to_owned())], "{text}");
    }
    let total = "format: 1\ndefault: { repeats: none }\ntotal: { round_trips: 33, bytes: 1kB }";
    let sentence =
        "in total: 34 round trips, 1 more than the budget of 33 (most: 29 × SELECT … FROM prices): +15 ms at 15 ms";
    assert_eq!(
        told(&checkout(29), total),
        [(OverBudget, sentence.into()), (Pass, "in total: 1000 bytes of 1000 in the budget".into())]
    );
}

#[test]
fn a_limit_points_to_its_line_and_tells_how_to_tighten_it() {
    let checks = judged(&checkout(3), "format: 1\nunits:\n  checkout:\n    round_trips: 34\n");
    let place = Place { file: "b.yaml".into(), line: 4, column: 18 };
    assert_eq!(checks[0].place, Some(place));
    assert_eq!(checks[0].details, ["tighten it: `round_trips: 8` at b.yaml:4:18"]);
    assert_eq!(
        (checks[0].id.as_str(), checks[1].id.as_str()),
        ("budget/checkout/round-trips", "budget/checkout/repeats")
    );
    assert_eq!(checks[1].place, None, "nobody wrote the five");
}

#[test]
fn the_sixth_of_a_kind_is_too_many_unless_it_is_allowed() {
    let outcome = |text: &str| judged(&checkout(6), text)[0].outcome;
    assert_eq!(outcome("format: 1"), Outcome::OverBudget);
    assert_eq!(outcome("format: 1\ndefault: { repeats: 6 }"), Outcome::Pass);
    for (allowed, expected) in [("6", Outcome::Pass), ("none", Outcome::Pass), ("5", Outcome::OverBudget)] {
        let allow = format!("{{ statement: SELECT … FROM prices, repeats: {allowed}, reason: known }}");
        assert_eq!(outcome(&format!("format: 1\nunits: {{ checkout: {{ allow: [{allow}] }} }}")), expected, "{allow}");
        assert_eq!(outcome(&format!("format: 1\ndefault: {{ allow: [{allow}] }}")), expected, "{allow}");
    }
    let needless =
        "format: 1\nunits: { checkout: { repeats: 9, allow: [{ statement: UPDATE, repeats: 9, reason: r }] } }";
    let sentence = "checkout: no statement needs the exception for `UPDATE` any more: remove it";
    assert_eq!(told(&checkout(6), needless)[1], (Outcome::Improvement, sentence.into()));
}

#[test]
fn a_budget_that_checks_nothing_does_not_pass() {
    let text = "format: 1\nunits: { chekout: { round_trips: 99 } }";
    let checks = judged(&checkout(1), text);
    let last = checks.last().expect("one");
    assert_eq!(last.outcome, Outcome::Inconclusive);
    assert_eq!(last.sentence, "chekout: it never happened, so its budget checks nothing");
    assert_eq!(last.details, ["did you mean `checkout`?"]);
    let nothing = judged(&Counts::default(), "format: 1");
    assert_eq!(nothing.iter().map(|check| check.outcome).collect::<Vec<_>>(), [Outcome::Inconclusive]);
}

#[test]
fn what_was_not_counted_whole_does_not_pass_but_may_fail() {
    let mut counts = checkout(5);
    counts.unknown = vec!["12 bytes were not seen".into()];
    let text = |most: u64| format!("format: 1\nunits: {{ checkout: {{ round_trips: {most}, repeats: 9 }} }}");
    let outcomes = |text: &str| judged(&counts, text).into_iter().map(|check| check.outcome).collect::<Vec<_>>();
    assert_eq!(outcomes(&text(10)), [Outcome::Inconclusive, Outcome::Inconclusive]);
    assert_eq!(outcomes(&text(9)), [Outcome::OverBudget, Outcome::Inconclusive]);
    assert!(judged(&counts, &text(10))[0].details.contains(&"12 bytes were not seen".to_owned()));
}

#[test]
fn bytes_of_a_pass_are_bounded_where_only_their_sum_is_known() {
    let unit = Unit { times: 4, most_bytes: None, ..unit("u", Vec::new()) };
    // 1,000 bytes of four passes: the most of one is between 250 and 1,000.
    for (limit, expected) in
        [(1_000, Outcome::Pass), (999, Outcome::Inconclusive), (250, Outcome::Inconclusive), (249, Outcome::OverBudget)]
    {
        let text = format!("format: 1\ndefault: {{ bytes: {limit}B }}");
        assert_eq!(judged(&counts(vec![unit.clone()]), &text)[0].outcome, expected, "{limit}");
    }
}

/// How bad an outcome is: what passes with something to spare is no worse than what just passes.
fn rank(outcome: Outcome) -> Outcome {
    if outcome == Outcome::Improvement { Outcome::Pass } else { outcome }
}

fn any_counts() -> impl Strategy<Value = Counts> {
    let statement =
        (0_usize..4, 0_u64..12).prop_map(|(at, calls)| statement(["SELECT a", "SELECT b", "BEGIN", PRICES][at], calls));
    let statements = proptest::collection::vec(statement, 0..4).prop_map(|mut all| {
        all.sort_by(|a, b| a.text.cmp(&b.text));
        all.dedup_by(|a, b| a.text == b.text);
        all
    });
    let units = proptest::collection::vec(statements, 1..4);
    (units, any::<bool>()).prop_map(|(units, whole)| {
        let units = units.into_iter().zip(["a", "b", "c"]).map(|(statements, name)| unit(name, statements)).collect();
        Counts { units, unknown: if whole { Vec::new() } else { vec!["something".into()] } }
    })
}

/// One call more in a unit: of a statement that is there, or of a new one.
fn one_more(mut counts: Counts, at: usize, text: &str) -> Counts {
    let units = counts.units.len();
    let unit = &mut counts.units[at % units];
    unit.round_trips += 1;
    unit.most_round_trips += 1;
    unit.bytes_up += 40;
    unit.most_bytes = unit.most_bytes.map(|bytes| bytes + 40);
    match unit.statements.iter_mut().find(|statement| statement.text == text) {
        Some(it) => {
            (it.calls, it.round_trips, it.most_repeats) = (it.calls + 1, it.round_trips + 1, it.most_repeats + 1);
        }
        None => unit.statements.push(statement(text, 1)),
    }
    counts
}

proptest! {
    #[test]
    fn one_call_more_is_never_milder(counts in any_counts(), before in any_counts(), most in 0_u64..30, repeats in 0_u64..9, at: usize) {
        let text = format!(
            "format: 1\ndefault: {{ round_trips: {most}, repeats: {repeats}, bytes: {most}00B, all_passes: {{ round_trips: {most} }} }}\n\
             units: {{ a: {{ allow: [{{ statement: BEGIN, repeats: 3, reason: r }}] }}, z: {{}} }}\ntotal: {{ round_trips: {most}, bytes: 2kB }}"
        );
        let budget = parse("b.yaml", &text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let before = Counts { unknown: Vec::new(), ..before };
        let taken = snapshot::take(&before);
        for new in ["BEGIN", PRICES, "SELECT new"] {
            let more = one_more(counts.clone(), at, new);
            for (less, more) in [
                (judge(&counts, &budget, &RTTS), judge(&more, &budget, &RTTS)),
                (snapshot::judge(&counts, &taken, &RTTS), snapshot::judge(&more, &taken, &RTTS)),
            ] {
                for check in &less {
                    let same = more.iter().find(|it| it.id == check.id);
                    // An exception that nothing needed is needed now: that hint goes.
                    if let Some(same) = same {
                        prop_assert!(rank(same.outcome) >= rank(check.outcome), "{check:?}\n{same:?}");
                    } else {
                        prop_assert!(rank(check.outcome) <= Outcome::Inconclusive && check.id.contains("allow"), "{check:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_id_is_one_checks(counts in any_counts()) {
        let text = "format: 1\ndefault: { round_trips: 9, bytes: 1kB, all_passes: { round_trips: 9, bytes: 1kB } }\ntotal: { round_trips: 9, bytes: 1kB }";
        let mut ids: Vec<String> = judged(&counts, text).into_iter().map(|check| check.id).collect();
        let all = ids.len();
        ids.sort();
        ids.dedup();
        prop_assert_eq!(ids.len(), all);
    }
}
