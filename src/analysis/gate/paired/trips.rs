//! Round trips of journeys on two sides, counted from the scenarios: exact, without any noise.
//!
//! Of each journey the typical path as a workload performs it. Not for: budgets (`gate::budget`) or statements
//! (`gate::snapshot`).

use super::super::{Check, Kind, Outcome, id};
use crate::scenario::{Scenario, trips};
use crate::strategy::Arm;
use crate::units::Nanos;

/// A journey that both sides perform, with what is known of each.
#[derive(Debug, Clone, Copy)]
pub struct Both<'a> {
    /// The name of the comparison.
    pub name: &'a str,
    /// The journey's name, the same on both sides.
    pub journey: &'a str,
    /// The scenario of the base, and the arm that performs it.
    pub first: (&'a Scenario, &'a Arm),
    /// The same of the change.
    pub second: (&'a Scenario, &'a Arm),
}

/// Compares the round trips of a journey; `None` if the scenarios have no such journey.
pub fn check(both: &Both<'_>) -> Option<Check> {
    let (first, second) = (typical(both.first, both.journey)?, typical(both.second, both.journey)?);
    let outcome = match second.cmp(&first) {
        std::cmp::Ordering::Less => Outcome::Improvement,
        std::cmp::Ordering::Equal => Outcome::Pass,
        std::cmp::Ordering::Greater => Outcome::Regression,
    };
    let farthest = both.second.1.links.iter().flatten().map(|link| link.rtt.0).max().unwrap_or_default();
    Some(Check {
        id: id(&["comparison", both.name, "round-trips"]),
        subject: both.name.to_owned(),
        quantity: "round trips".into(),
        unit: "round trips".into(),
        found: Some(second as f64),
        limit: Some(first as f64),
        outcome,
        sentence: sentence(both.name, first, second, farthest),
        ..Check::blank(Kind::Comparison)
    })
}

fn sentence(name: &str, first: u64, second: u64, farthest: Nanos) -> String {
    if first == second {
        return format!("{name}: {first} round trips on both sides");
    }
    let more = i128::from(second) - i128::from(first);
    let cost = more as f64 * farthest.as_millis_f64();
    format!(
        "{name}: {first} → {second} round trips ({more:+}), {cost:+.1} ms if each is to the farthest store, {farthest} away"
    )
}

/// Typical round trips of a journey, connecting included.
fn typical((scenario, arm): (&Scenario, &Arm), journey: &str) -> Option<u64> {
    let id = scenario.journeys.iter().position(|known| known.name == journey)?;
    let workload = &scenario.workloads[arm.workload.0];
    let trips = trips::count(scenario, crate::scenario::JourneyId(id), &workload.mysql, &workload.memcached);
    Some(trips.connect.saturating_add(trips.calls))
}
