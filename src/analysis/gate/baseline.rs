//! A simulated run against one that was stored: is anything worse, in virtual time?
//!
//! Of one plan every difference is one of the code, to the nanosecond, and is judged as it is. Where journeys have changed so have
//! plan and samples: then a number is worse only where the 95 % intervals leave no other answer. What got quicker by failing is no
//! gain: failures are judged too. Not for: whether the two may be compared (`comparable`).

use std::collections::BTreeSet;

use crate::analysis::compare::merged;
use crate::analysis::last::Ratio;
use crate::analysis::mix::Mix;
use crate::analysis::pairs::{ArmPair, Incomparable, pairs, same_plan};
use crate::analysis::{verdict, words};
use crate::measure::Estimate;
use crate::runfile::{PartRun, Run};

use super::comparable::Differs;
use super::{Check, Kind, Outcome, id};

/// The check that stands for a baseline that nothing can be compared with.
pub fn incomparable(why: &Differs) -> Check {
    absent(&format!("the baseline is of something else: {why}"))
}

/// Checks every arm that both runs have; `tolerance` is the share by which a number may be worse.
///
/// `changed` says of a workload, by name, which journeys and statements gained or lost round trips. It is told with the first of
/// the workload's arms: in the others it is the same.
pub fn judge(now: &Run, stored: &Run, tolerance: f64, changed: &dyn Fn(&str) -> Vec<String>) -> Vec<Check> {
    let exact = same_plan(now, stored).is_ok();
    let judge = Judge { exact, tolerance };
    let mut told: BTreeSet<&str> = BTreeSet::new();
    match pairs(now, stored) {
        Ok(found) => {
            let mut all = Vec::new();
            for pair in &found {
                let mut checks = judge.arm(now, pair);
                let differs = |check: &&mut Check| check.unit == TRIPS && check.outcome != Outcome::Pass;
                if let Some(check) = checks.iter_mut().find(differs)
                    && told.insert(&pair.first.workload)
                {
                    check.details = changed(&pair.first.workload);
                }
                all.extend(checks);
            }
            all
        }
        Err(why @ Incomparable::Nothing) => vec![absent(&format!("nothing of it can be compared: {why}"))],
        Err(why) => vec![absent(&format!("the baseline is of something else: {why}"))],
    }
}

/// The quantity, and its unit.
const TRIPS: &str = "round trips";

/// How a difference is judged.
struct Judge {
    /// Both performed the same journeys at the same times.
    exact: bool,
    tolerance: f64,
}

impl Judge {
    fn arm(&self, now: &Run, pair: &ArmPair) -> Vec<Check> {
        let (first, second) = (&pair.second.parts[..], &pair.first.parts[..]);
        let times = |parts: &[PartRun]| merged(parts, |part| &part.response);
        let trips = |parts: &[PartRun]| {
            Mix::of(vec![(1.0, merged(parts, |part| &part.round_trips))])
                .map(|mix| mix.mean())
                .filter(|m| m.high.is_finite())
        };
        let (before, after) = (times(first), times(second));
        let quantile = |q: f64| (words::quantile(q), "ns", before.estimate(q), after.estimate(q));
        let all = [
            (TRIPS.to_owned(), TRIPS, trips(first), trips(second)),
            quantile(0.5),
            quantile(0.99),
            ("failed".to_owned(), "share", failed(first), failed(second)),
        ];
        let known = all.into_iter().filter(|(_, _, before, after)| before.is_some() || after.is_some());
        known
            .map(|(quantity, unit, before, after)| self.check(&place(now, pair), (&quantity, unit), before, after))
            .collect()
    }
    fn check(
        &self,
        at: &Place,
        (quantity, unit): (&str, &str),
        before: Option<Estimate>,
        after: Option<Estimate>,
    ) -> Check {
        let outcome = match (before, after) {
            (Some(before), Some(after)) => self.outcome(&before, &after),
            _ => Outcome::Inconclusive,
        };
        let subject = at.subject();
        Check {
            id: id(&["baseline", &at.strategy, &at.phase, &at.arm, quantity]),
            kind: Kind::Baseline,
            sentence: sentence(&subject, quantity, unit, (before, after)),
            subject,
            quantity: quantity.to_owned(),
            unit: unit.to_owned(),
            found: after.map(|after| after.value),
            interval: after.filter(|_| !self.exact).map(|after| (after.low, after.high)),
            limit: before.map(|before| before.value),
            outcome,
            details: Vec::new(),
            place: None,
        }
    }
    fn outcome(&self, before: &Estimate, after: &Estimate) -> Outcome {
        let (more, less) = if self.exact {
            (after.value > before.value, after.value < before.value)
        } else {
            (after.low > before.high, after.high < before.low)
        };
        // Beyond what histograms of three digits round, if anything is allowed at all.
        let beyond = (after.value - before.value).abs() > before.value * self.tolerance;
        match () {
            () if more && beyond => Outcome::Regression,
            () if less && beyond => Outcome::Improvement,
            () => Outcome::Pass,
        }
    }
}

/// Journeys that did not end well: failed, or not ended when measuring was over.
fn failed(parts: &[PartRun]) -> Option<Estimate> {
    let failed: u64 = parts.iter().map(|part| part.errors.values().sum::<u64>() + part.unfinished).sum();
    let well: u64 = parts.iter().map(|part| part.completed).sum();
    verdict::share(failed, failed + well)
}

/// Where an arm is: in the first strategy and phase that have its placement.
struct Place {
    strategy: String,
    phase: String,
    arm: String,
}

impl Place {
    fn subject(&self) -> String {
        format!("{} in {}, {}", self.arm, self.strategy, self.phase)
    }
}

fn place(run: &Run, pair: &ArmPair) -> Place {
    let arm = pair.to_string();
    for strategy in &run.strategies {
        for phase in &strategy.phases {
            let events = phase.events.iter().map(|event| (event.placement, format!("{}, {}", phase.name, event.name)));
            let mut all = std::iter::once((phase.placement, phase.name.clone())).chain(events);
            if let Some((_, phase)) = all.find(|(placement, _)| *placement == Some(pair.index)) {
                return Place { strategy: strategy.name.clone(), phase, arm };
            }
        }
    }
    Place { strategy: String::new(), phase: pair.placement.label.clone(), arm }
}

fn sentence(
    subject: &str,
    quantity: &str,
    unit: &str,
    (before, after): (Option<Estimate>, Option<Estimate>),
) -> String {
    let shown = |estimate: Estimate| match unit {
        "ns" => words::time(estimate.value),
        "share" => words::percent(estimate.value),
        // A round trip more is told, however many there are.
        _ => format!("{:.3}", estimate.value).trim_end_matches('0').trim_end_matches('.').to_owned(),
    };
    let either = |estimate: Option<Estimate>| estimate.map_or_else(|| "too few samples".to_owned(), shown);
    let by = before.zip(after).and_then(|(before, after)| Ratio::of(&before, &after));
    let by = by.filter(|ratio| (ratio.value - 1.0).abs() > 1e-12).map_or_else(String::new, |ratio| {
        let percent = (ratio.value - 1.0) * 100.0;
        format!(" ({}{} %)", if percent > 0.0 { "+" } else { "" }, words::digits(percent))
    });
    let (was, is) = (either(before), either(after));
    if was == is && by.is_empty() {
        format!("{subject}: {quantity} {is}, as before")
    } else {
        format!("{subject}: {quantity} {was} → {is}{by}")
    }
}

fn absent(why: &str) -> Check {
    Check {
        id: "baseline/comparable".into(),
        subject: "baseline".into(),
        quantity: "comparable".into(),
        outcome: Outcome::Incomparable,
        sentence: why.to_owned(),
        ..Check::blank(Kind::Baseline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(low: f64, value: f64, high: f64) -> Estimate {
        Estimate { value, low, high, n: 1_000 }
    }

    #[test]
    fn one_plan_is_judged_exactly_and_others_by_their_intervals() {
        let before = of(90.0, 100.0, 110.0);
        for (exact, tolerance, after, outcome) in [
            (true, 0.0, before, Outcome::Pass),
            (true, 0.0, of(90.0, 100.1, 110.0), Outcome::Regression),
            (true, 0.0, of(90.0, 99.9, 110.0), Outcome::Improvement),
            (true, 0.05, of(90.0, 104.0, 110.0), Outcome::Pass),
            (true, 0.05, of(90.0, 106.0, 110.0), Outcome::Regression),
            (false, 0.0, of(95.0, 108.0, 120.0), Outcome::Pass),
            (false, 0.0, of(111.0, 120.0, 130.0), Outcome::Regression),
            (false, 0.3, of(111.0, 120.0, 130.0), Outcome::Pass),
            (false, 0.0, of(70.0, 80.0, 89.0), Outcome::Improvement),
        ] {
            assert_eq!(Judge { exact, tolerance }.outcome(&before, &after), outcome, "{exact} {tolerance} {after:?}");
        }
    }

    #[test]
    fn what_has_no_number_any_more_is_no_pass() {
        let at = Place { strategy: "go".into(), phase: "apart".into(), arm: "web".into() };
        let check = Judge { exact: true, tolerance: 0.0 }.check(&at, ("p99", "ns"), Some(of(1e6, 2e6, 3e6)), None);
        assert_eq!((check.outcome, check.found), (Outcome::Inconclusive, None));
        assert_eq!(check.sentence, "web in go, apart: p99 2 ms → too few samples");
    }

    #[test]
    fn a_round_trip_more_is_told_however_many_there_are() {
        let told = |before: f64, after: f64| {
            sentence(
                "web",
                "round trips",
                "round trips",
                (Some(of(before, before, before)), Some(of(after, after, after))),
            )
        };
        assert_eq!(told(1_234.0, 1_235.0), "web: round trips 1234 → 1235 (+0.081 %)");
        assert_eq!(told(34.0, 34.0), "web: round trips 34, as before");
    }
}
