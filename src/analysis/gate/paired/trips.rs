//! Round trips of journeys on two sides, counted from the scenarios: exact, without any noise.
//!
//! Of each journey the typical path as a workload performs it; what gained or lost is named by its statement. Not for: budgets
//! (`gate::budget`), or snapshots (`gate::snapshot`).

use std::cmp::Ordering;

use super::super::counts::Unit;
use super::super::telling::{cost, difference, trips};
use super::super::{Check, Kind, Outcome, id, snapshot};
use crate::units::Nanos;

/// A journey that both sides perform, with what a pass of it costs on each.
#[derive(Debug, Clone, Copy)]
pub struct Both<'a> {
    /// The name of the comparison.
    pub name: &'a str,
    /// On the base.
    pub first: &'a Unit,
    /// On the change.
    pub second: &'a Unit,
    /// The RTTs from the change to its stores.
    pub rtts: &'a [Nanos],
}

/// Compares the round trips of a journey.
pub fn check(both: &Both<'_>) -> Check {
    let (first, second) = (both.first.round_trips, both.second.round_trips);
    let (named, details) = snapshot::told(both.second, both.first);
    Check {
        id: id(&["comparison", both.name, "round-trips"]),
        subject: both.name.to_owned(),
        quantity: "round trips".into(),
        unit: "round trips".into(),
        found: Some(second as f64),
        limit: Some(first as f64),
        outcome: match second.cmp(&first) {
            Ordering::Less => Outcome::Improvement,
            Ordering::Equal => Outcome::Pass,
            Ordering::Greater => Outcome::Regression,
        },
        sentence: sentence(both, &named),
        details,
        ..Check::blank(Kind::Comparison)
    }
}

/// `web/checkout: 34 → 61 round trips (+27 × SELECT … FROM prices): +405 ms at 15 ms`.
fn sentence(both: &Both<'_>, named: &str) -> String {
    let (name, first, second) = (both.name, both.first.round_trips, both.second.round_trips);
    match difference(second, first) {
        0 if named.is_empty() => format!("{name}: {} on both sides", trips(first)),
        0 => format!("{name}: {} on both sides, but not the same ones{named}", trips(first)),
        more => {
            // The farthest store, where they are differently far: it is the most that they cost.
            let farthest = both.rtts.iter().max().copied().unwrap_or_default();
            let at_most = both.rtts.iter().any(|rtt| *rtt != farthest) || both.second.side_by_side;
            format!("{name}: {first} → {}{named}{}", trips(second), cost(more, &[farthest], at_most))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::budget::tests::{PRICES, checkout, statement, unit};
    use super::*;

    const FAR: Nanos = Nanos::from_millis(15);

    fn told(first: &Unit, second: &Unit, rtts: &[Nanos]) -> (Outcome, String, Vec<String>) {
        let check = check(&Both { name: "web/checkout", first, second, rtts });
        (check.outcome, check.sentence, check.details)
    }

    #[test]
    fn what_gained_is_named_with_what_it_costs() {
        let (before, now) = (&checkout(29).units[0], &checkout(56).units[0]);
        let (outcome, sentence, details) = told(before, now, &[FAR]);
        assert_eq!(outcome, Outcome::Regression);
        assert_eq!(sentence, "web/checkout: 34 → 61 round trips (+27 × SELECT … FROM prices): +405 ms at 15 ms");
        assert_eq!(details, [format!("+27 mysql {PRICES} (29 → 56)")]);
        let (outcome, sentence, _) = told(now, before, &[Nanos::from_micros(500), FAR]);
        assert_eq!(outcome, Outcome::Improvement);
        assert_eq!(sentence, "web/checkout: 61 → 34 round trips (−27 × SELECT … FROM prices): up to −405 ms at 15 ms");
    }

    #[test]
    fn as_many_are_a_pass_and_others_are_named() {
        let of = |text| unit("checkout", vec![statement(text, 3)]);
        let (outcome, sentence, details) = told(&of("SELECT a"), &of("SELECT a"), &[FAR]);
        assert_eq!((outcome, details.len()), (Outcome::Pass, 0));
        assert_eq!(sentence, "web/checkout: 7 round trips on both sides");
        let (outcome, sentence, details) = told(&of("SELECT a"), &of("SELECT b"), &[FAR]);
        assert_eq!((outcome, details.len()), (Outcome::Pass, 2));
        assert_eq!(
            sentence,
            "web/checkout: 7 round trips on both sides, but not the same ones (+3 × SELECT b, −3 × SELECT a)"
        );
    }
}
