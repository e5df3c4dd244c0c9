//! Shapes of growth, by numbers of round trips at sizes.

use super::super::budget::tests::{PRICES, counts, statement, unit};
use super::*;
use crate::budget::parse;
use proptest::prelude::*;

/// Judges round trips (beside four of connecting) at sizes.
fn judged(growth: &str, points: &[(f64, u64)]) -> Vec<Check> {
    let budget = parse("b.yaml", &format!("format: 1\nunits: {{ orders: {{ growth: {growth} }} }}")).expect("valid");
    let all: Vec<(f64, Counts)> =
        points.iter().map(|(size, n)| (*size, counts(vec![unit("orders", vec![statement(PRICES, *n)])]))).collect();
    let sizes: Vec<(f64, &Counts)> = all.iter().map(|(size, counts)| (*size, counts)).collect();
    judge(&sizes, &budget, &[Nanos::from_millis(15)])
}

fn outcome(growth: &str, points: &[(f64, u64)]) -> Outcome {
    let [check] = &judged(growth, points)[..] else { panic!("one check") };
    check.outcome
}

#[test]
fn shapes() {
    use Outcome::{Inconclusive, OverBudget, Pass};
    for (growth, points, expected) in [
        ("constant", &[(10.0, 3), (100.0, 3)][..], Pass),
        ("constant", &[(10.0, 3), (100.0, 2)], Pass),
        ("constant", &[(10.0, 3), (100.0, 4)], OverBudget),
        ("constant", &[(100.0, 4), (10.0, 3)], OverBudget),
        ("{ shape: constant, tolerance: 1 }", &[(10.0, 3), (100.0, 4)], Pass),
        ("constant", &[(10.0, 3)], Inconclusive),
        ("constant", &[(10.0, 3), (10.0, 9)], Inconclusive),
        ("linear", &[(10.0, 10), (20.0, 20), (40.0, 40)], Pass),
        ("linear", &[(10.0, 15), (20.0, 25), (40.0, 45)], Pass),
        ("linear", &[(10.0, 100), (20.0, 400), (40.0, 1_600)], OverBudget),
        ("linear", &[(10.0, 10), (1_000.0, 1_000)], Inconclusive),
        ("linear", &[(10.0, 10), (1_000.0, 10)], Pass),
        // In batches of a hundred: the slope of the first two sizes is rounded away.
        ("linear", &[(10.0, 1), (100.0, 1), (1_000.0, 10)], Pass),
        ("{ shape: linear, tolerance: 0 }", &[(10.0, 1), (100.0, 1), (1_000.0, 10)], OverBudget),
        ("linear", &[(0.0, 0), (10.0, 10), (20.0, 20)], Pass),
    ] {
        assert_eq!(outcome(growth, points), expected, "{growth} {points:?}");
    }
}

#[test]
fn the_statement_that_grew_is_named() {
    let [check] = &judged("constant", &[(10.0, 10), (100.0, 100)])[..] else { panic!("one check") };
    assert_eq!(
        check.sentence,
        "orders: 14 → 104 round trips at sizes 10, 100 is not constant (+90 × SELECT … FROM prices): +1.35 s at 15 ms"
    );
    assert_eq!(check.details, ["at size 100 at most 14 are constant"]);
    assert_eq!((check.found, check.limit), (Some(104.0), Some(14.0)));
    let [check] = &judged("linear", &[(1.0, 1), (2.0, 2), (3.0, 3)])[..] else { panic!("one check") };
    assert_eq!(check.sentence, "orders: 5 → 6 → 7 round trips at sizes 1, 2, 3 is linear");
}

#[test]
fn what_did_not_happen_at_every_size_is_not_judged() {
    let budget =
        parse("b.yaml", "format: 1\ndefault: { growth: constant }\ntotal: { growth: constant }").expect("valid");
    let (with, without) = (counts(vec![unit("a", Vec::new())]), Counts::default());
    let outcomes: Vec<Outcome> =
        judge(&[(1.0, &with), (2.0, &without)], &budget, &[]).into_iter().map(|check| check.outcome).collect();
    assert_eq!(outcomes, [Outcome::Inconclusive, Outcome::Pass]);
    let unknown = Counts { unknown: vec!["lost".into()], ..with.clone() };
    assert!(judge(&[(1.0, &with), (2.0, &unknown)], &budget, &[]).iter().all(|it| it.outcome == Outcome::Inconclusive));
}

proptest! {
    #[test]
    fn lines_are_linear_and_squares_are_not(base in 0_u64..50, slope in 1_u64..9, a in 1_u64..50, b in 1_u64..50, c in 1_u64..50) {
        let sizes = [a, a + b, a + b + c];
        let line = sizes.map(|size| (size as f64, base + slope * size));
        prop_assert_eq!(outcome("linear", &line), Outcome::Pass);
        prop_assert_eq!(outcome("constant", &line), Outcome::OverBudget);
        let square = sizes.map(|size| (size as f64, base + size * size));
        prop_assert_eq!(outcome("{ shape: linear, tolerance: 0 }", &square), Outcome::OverBudget);
    }
}
