//! A live run against one that was stored: only what is larger than what sessions differ by.
//!
//! Noise within a session is small and tells nothing of how sessions differ: processes of one session agree within 1 % where
//! sessions differ by 3 to 4 % (kekzl/imp #1400), a shared runner by 10 to 20 % from one job to the next (the README of
//! github-action-benchmark), and between machines of a pool only more than 50 % can be seen at all (Quansight's study of GitHub's runners). An
//! interval within one run knows nothing of that. So a stored run is compared only by these thresholds, and only if everything
//! beside the code was the same; smaller differences take two sides in one job (`paired`). Not for: simulated runs, which
//! have no noise.

use super::{Check, Kind, Outcome, id};
use crate::analysis::arm::merged;
use crate::analysis::pairs::{ArmPair, pairs};
use crate::analysis::words::{list, time};
use crate::measure::Estimate;
use crate::runfile::{Provenance, Run};

/// On the same kind of machine a difference below this share may be one of sessions (github-action-benchmark: ±10 to 20 %).
pub const SAME_MACHINE: f64 = 0.2;
/// On another kind of machine (Quansight: ratios of 0.5 to 1.5 between runners).
pub const OTHER_MACHINE: f64 = 0.5;
/// Histograms of three digits round by so much: a mean number of round trips that differs by more is another one.
const ROUNDING: f64 = 0.002;

/// Quantiles that are compared.
const QUANTILES: [f64; 2] = [0.5, 0.9];

/// Why two runs cannot be compared: each thing that differs, in words; empty if nothing does.
pub fn differs(now: &Provenance, stored: &Provenance) -> Vec<String> {
    let all: [(&str, String, String); 8] = [
        ("the scenario's text", short(&now.digest), short(&stored.digest)),
        ("the engine", now.engine.clone(), stored.engine.clone()),
        ("the link", now.link.clone(), stored.link.clone()),
        ("the kind of stores", now.stores.clone(), stored.stores.clone()),
        ("the seed", now.seed.to_string(), stored.seed.to_string()),
        ("the rate (--scale)", now.scale.to_string(), stored.scale.to_string()),
        ("the window", time(now.windows.measure_ns as f64), time(stored.windows.measure_ns as f64)),
        ("the major version", release(&now.version), release(&stored.version)),
    ];
    let differing = all.into_iter().filter(|(_, now, stored)| now != stored);
    differing.map(|(what, now, stored)| format!("{what} is {now}, was {stored}")).collect()
}

/// A digest as one can read it.
fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}

/// The part of a version within which results mean the same: the major one, before 1.0 the minor one with it.
fn release(version: &str) -> String {
    let mut parts = version.split('.');
    let major = parts.next().unwrap_or_default();
    if major == "0" { format!("0.{}", parts.next().unwrap_or_default()) } else { major.to_owned() }
}

/// The share that a difference has to exceed.
pub fn threshold(now: &Provenance, stored: &Provenance) -> f64 {
    if now.machine == stored.machine { SAME_MACHINE } else { OTHER_MACHINE }
}

/// Judges a live run by a stored one.
pub fn judge(now: &Run, stored: &Run) -> Vec<Check> {
    let differing = differs(&now.provenance, &stored.provenance);
    if !differing.is_empty() {
        return vec![incomparable(&format!("the stored run is of something else: {}", list(&differing)))];
    }
    match pairs(now, stored) {
        Ok(found) => {
            let threshold = threshold(&now.provenance, &stored.provenance);
            found.iter().flat_map(|pair| arm(pair, threshold)).collect()
        }
        Err(why) => vec![incomparable(&why.to_string())],
    }
}

fn incomparable(why: &str) -> Check {
    Check {
        id: id(&["baseline", "comparable"]),
        subject: "the stored run".into(),
        quantity: "comparable".into(),
        outcome: Outcome::Incomparable,
        sentence: why.to_owned(),
        details: vec!["measure a new baseline, or both sides in one job with --against".into()],
        ..Check::blank(Kind::Baseline)
    }
}

/// The checks of an arm.
fn arm(pair: &ArmPair<'_>, threshold: f64) -> Vec<Check> {
    let (now, before) = (pair.first, pair.second);
    let (now_times, before_times) = (merged(now, |part| &part.response), merged(before, |part| &part.response));
    let quantile = |at: &f64| {
        let estimates = (before_times.estimate(*at)?, now_times.estimate(*at)?);
        Some(quantile_check(pair, *at, estimates, threshold))
    };
    let (now_trips, before_trips) = (merged(now, |part| &part.round_trips), merged(before, |part| &part.round_trips));
    let counted = !now_trips.is_empty() && !before_trips.is_empty();
    let mut checks: Vec<Check> = QUANTILES.iter().filter_map(quantile).collect();
    checks.extend(counted.then(|| trips_check(pair, before_trips.mean(), now_trips.mean())));
    checks
}

fn quantile_check(pair: &ArmPair<'_>, at: f64, (before, now): (Estimate, Estimate), threshold: f64) -> Check {
    let quantity = format!("p{}", at * 100.0);
    let slower = now.value > before.value * (1.0 + threshold) && now.low > before.high;
    let faster = now.value * (1.0 + threshold) < before.value && now.high < before.low;
    let outcome = match (slower, faster) {
        (true, _) => Outcome::Regression,
        (_, true) => Outcome::Improvement,
        _ => Outcome::Pass,
    };
    let change = 100.0 * (now.value / before.value.max(1.0) - 1.0);
    let within = if slower || faster { "more than" } else { "within" };
    Check {
        quantity: quantity.clone(),
        unit: "ns".into(),
        found: Some(now.value),
        interval: Some((now.low, now.high)),
        limit: Some(before.value),
        outcome,
        sentence: format!(
            "{}: {quantity} {} → {} ({change:+.1} %), {within} what sessions differ by (±{:.0} %)",
            subject(pair),
            time(before.value),
            time(now.value),
            100.0 * threshold
        ),
        details: vec![format!(
            "a run of another session cannot show less than ±{:.0} %: measure both sides in one job with --against",
            100.0 * threshold
        )],
        ..check(pair, &quantity)
    }
}

fn trips_check(pair: &ArmPair<'_>, before: f64, now: f64) -> Check {
    let outcome = match () {
        () if now > before * (1.0 + ROUNDING) => Outcome::Regression,
        () if now < before * (1.0 - ROUNDING) => Outcome::Improvement,
        () => Outcome::Pass,
    };
    Check {
        quantity: "round trips".into(),
        unit: "round trips".into(),
        found: Some(now),
        limit: Some(before),
        outcome,
        sentence: format!("{}: {before:.2} → {now:.2} round trips a journey on average", subject(pair)),
        ..check(pair, "round-trips")
    }
}

fn subject(pair: &ArmPair<'_>) -> String {
    let steady = pair.placement.condition == "steady";
    let condition = if steady { String::new() } else { format!(", {}", pair.placement.condition) };
    format!("{pair} in {}{condition}", pair.placement.label)
}

fn check(pair: &ArmPair<'_>, quantity: &str) -> Check {
    let subject = subject(pair);
    Check { id: id(&["baseline", &subject, quantity]), subject, ..Check::blank(Kind::Baseline) }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
