//! Snapshots name who gained a round trip, by which statement, and what it costs.

use super::super::budget::tests::{PRICES, checkout, counts, statement, unit};
use super::*;

const RTTS: [Nanos; 2] = [Nanos::from_millis(15), Nanos::from_millis(50)];

/// Outcome, sentence and details of the only check.
fn against(before: &Counts, now: &Counts) -> (Outcome, String, Vec<String>) {
    let snapshot = Snapshot { file: "s.yaml".into(), ..take(before) };
    let [check] = &judge(now, &snapshot, &RTTS)[..] else { panic!("one check") };
    (check.outcome, check.sentence.clone(), check.details.clone())
}

#[test]
fn a_round_trip_more_fails_and_names_its_statement() {
    let (outcome, sentence, details) = against(&checkout(29), &checkout(56));
    assert_eq!(outcome, Outcome::OverBudget);
    assert_eq!(
        sentence,
        "checkout: 34 → 61 round trips (+27 × SELECT … FROM prices): +405 ms at 15 ms, +1.35 s at 50 ms"
    );
    assert_eq!(details, [format!("+27 mysql {PRICES} (29 → 56)"), ACCEPT.into()]);
}

#[test]
fn a_round_trip_less_is_an_improvement_that_can_be_kept() {
    let (outcome, sentence, details) = against(&checkout(29), &checkout(28));
    assert_eq!(outcome, Outcome::Improvement);
    assert_eq!(sentence, "checkout: 34 → 33 round trips (−1 × SELECT … FROM prices): −15 ms at 15 ms, −50 ms at 50 ms");
    assert!(details.last().expect("a hint").contains("`--update`"));
}

#[test]
fn the_same_is_a_pass() {
    let (outcome, sentence, details) = against(&checkout(29), &checkout(29));
    assert_eq!((outcome, sentence.as_str()), (Outcome::Pass, "checkout: 34 round trips as in the snapshot"));
    assert!(details.is_empty());
}

#[test]
fn statements_that_appear_and_vanish_are_named() {
    let page =
        |all: &[(&str, u64)]| counts(vec![unit("page", all.iter().map(|(text, n)| statement(text, *n)).collect())]);
    let before = page(&[("SELECT a", 3), ("SELECT b", 1)]);
    let (outcome, sentence, details) = against(&before, &page(&[("SELECT a", 3), ("SELECT c", 1)]));
    assert_eq!(outcome, Outcome::Pass, "a statement that was changed costs what it did");
    assert_eq!(sentence, "page: 8 round trips as before, but not the same ones (+1 × SELECT c, −1 × SELECT b)");
    assert_eq!(details, ["+1 mysql SELECT c (new)", "−1 mysql SELECT b (gone)", ACCEPT]);
    for (now, expected) in [
        (&[("SELECT a", 3)][..], Outcome::Improvement),
        // A batch in the place of a loop.
        (&[("SELECT all", 1), ("SELECT b", 1)], Outcome::Improvement),
        (&[("SELECT all", 4), ("SELECT b", 1)], Outcome::OverBudget),
        // What was reviewed gained one, whatever others lost.
        (&[("SELECT a", 1), ("SELECT b", 2)], Outcome::OverBudget),
        (&[("SELECT a", 2), ("SELECT b", 2)], Outcome::OverBudget),
    ] {
        assert_eq!(against(&before, &page(now)).0, expected, "{now:?}");
    }
}

#[test]
fn a_batch_in_the_place_of_a_loop_passes_and_says_what_it_weighs() {
    const BATCH: &str = "SELECT item, price FROM prices WHERE item IN (?, …)";
    let batch = |round_trips, bytes| {
        let mut now = counts(vec![unit("checkout", vec![statement(BATCH, round_trips), statement("BEGIN", 1)])]);
        now.units[0].most_bytes = Some(bytes);
        now
    };
    let (outcome, sentence, details) = against(&checkout(29), &batch(1, 1_000));
    assert_eq!(outcome, Outcome::Improvement);
    assert!(
        sentence.contains("+1 × SELECT … FROM prices") && sentence.contains("−29 × SELECT … FROM prices"),
        "{sentence}"
    );
    assert!(details[0].ends_with("(new)") && details.iter().any(|line| line.ends_with("(gone)")), "{details:?}");
    assert!(!details.iter().any(|line| line.contains("bytes")), "one window of TCP costs no round trip: {details:?}");
    let (outcome, _, details) = against(&checkout(29), &batch(1, 3_000_000));
    assert_eq!(outcome, Outcome::Improvement);
    assert!(
        details.iter().any(|line| line.starts_with("a pass moves 3,000,000 bytes now: hold that with `bytes`")),
        "{details:?}"
    );
    // Connections that the batch opens anew are not paid for by the loop that it took away.
    let mut opening = batch(1, 1_000);
    opening.units[0].round_trips += 3;
    let (outcome, sentence, _) = against(&checkout(29), &opening);
    assert!(outcome == Outcome::OverBudget && sentence.contains("+3 × opening connections"), "{sentence}");
}

#[test]
fn a_snapshot_of_something_else_is_no_measure() {
    let other = counts(vec![unit("page", vec![statement("SELECT a", 3)])]);
    let (outcome, sentence, details) = against(&checkout(29), &other);
    assert_eq!(outcome, Outcome::Incomparable);
    assert_eq!(sentence, "the snapshot is of something else: it has checkout; counted were page");
    assert!(details[0].contains("`--update`"), "{details:?}");
}

#[test]
fn connections_that_are_opened_more_often_are_named() {
    let mut now = checkout(29);
    now.units[0].round_trips += 3;
    now.units[0].times = 2;
    let (outcome, sentence, details) = against(&checkout(29), &now);
    assert_eq!(outcome, Outcome::OverBudget);
    assert!(
        sentence.starts_with("checkout: 34 → 37 round trips in 2 passes (+3 × opening connections): +45 ms"),
        "{sentence}"
    );
    assert!(details.contains(&"it happened 1 → 2 times".to_owned()), "{details:?}");
}

#[test]
fn calls_that_share_round_trips_are_told_and_cost_nothing() {
    let mut now = checkout(29);
    now.units[0].statements[0].calls += 5;
    let (outcome, _, details) = against(&checkout(29), &now);
    assert_eq!(outcome, Outcome::Pass);
    assert_eq!(details[0], format!("+0 mysql {PRICES} (calls 29 → 34, at most 29 → 29 in one pass)"));
}

#[test]
fn units_that_are_only_on_one_side() {
    let two = counts(vec![unit("a", vec![statement("BEGIN", 1)]), unit("b", Vec::new())]);
    let one = counts(vec![unit("a", vec![statement("BEGIN", 1)])]);
    let outcomes = |before: &Counts, now: &Counts| {
        let snapshot = Snapshot { file: "s.yaml".into(), ..take(before) };
        judge(now, &snapshot, &RTTS).into_iter().map(|check| (check.outcome, check.sentence)).collect::<Vec<_>>()
    };
    let (outcome, sentence) = &outcomes(&one, &two)[1];
    assert_eq!(*outcome, Outcome::OverBudget);
    assert_eq!(
        sentence,
        "b: not in the snapshot: 4 round trips (+4 × opening connections): +60 ms at 15 ms, +200 ms at 50 ms"
    );
    let (outcome, sentence) = &outcomes(&two, &one)[1];
    assert_eq!(
        (*outcome, sentence.as_str()),
        (Outcome::Inconclusive, "b: it is in the snapshot, but never happened: nothing was checked")
    );
    assert_eq!(outcomes(&one, &Counts::default()).len(), 2, "nothing at all is a check of its own");
}

#[test]
fn what_was_not_counted_whole_does_not_pass() {
    let now = Counts { unknown: vec!["lost".into()], ..checkout(29) };
    assert_eq!(against(&checkout(29), &now).0, Outcome::Inconclusive);
    assert_eq!(against(&checkout(30), &now).0, Outcome::Inconclusive);
    assert_eq!(against(&checkout(28), &now).0, Outcome::OverBudget);
}

#[test]
fn side_by_side_they_cost_at_most_that() {
    let mut now = checkout(56);
    now.units[0].side_by_side = true;
    let (_, sentence, _) = against(&checkout(29), &now);
    assert!(sentence.ends_with(": up to +405 ms at 15 ms, up to +1.35 s at 50 ms"), "{sentence}");
}

#[test]
fn units_of_one_name_are_one() {
    let twice = counts(vec![unit("a", vec![statement("X", 1), statement("Y", 2)]), unit("a", vec![statement("X", 3)])]);
    let taken = take(&twice);
    let line =
        |text: &str, n, repeats| Line { store: Store::Mysql, text: text.into(), calls: n, round_trips: n, repeats };
    assert_eq!(taken.units.len(), 1);
    assert_eq!((taken.units[0].times, taken.units[0].round_trips), (2, 14));
    assert_eq!(taken.units[0].statements, [line("X", 4, 3), line("Y", 2, 2)]);
}

#[test]
fn what_an_update_changed_is_told() {
    let before = Snapshot { file: "s.yaml".into(), ..take(&checkout(29)) };
    let check = updated("s.yaml", Some(&before), &checkout(56));
    assert_eq!(
        (check.outcome, check.sentence.as_str()),
        (Outcome::Pass, "snapshot written to s.yaml: 1 unit, 61 round trips")
    );
    assert_eq!(check.details[0], "checkout: 34 → 61 round trips (+27 × SELECT … FROM prices)");
}
