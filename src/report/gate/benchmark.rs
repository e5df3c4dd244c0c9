//! What github-action-benchmark reads as `customSmallerIsBetter`: a list of names, units and values.
//!
//! Every number of a gate is better when smaller. A ratio of two sides measured by turns is a number of its own. Not for: verdicts,
//! which that action finds by itself.

use serde_json::{Value, json};

use crate::analysis::gate::Check;

use super::{Told, finite, found, nanos};

/// The gate's numbers, in the order of telling; times in milliseconds.
pub fn benchmark(told: &Told) -> String {
    let all: Vec<Value> = told.judged.checks.iter().filter_map(entry).collect();
    crate::report::json(&all)
}

fn entry(check: &Check) -> Option<Value> {
    let scaled = |value: f64| nanos(&check.unit).map_or(value, |nanos| value * nanos / 1e6);
    let value = finite(check.found.map(scaled))?;
    let unit = match check.unit.as_str() {
        unit if nanos(unit).is_some() => "ms",
        "" => "1",
        unit => unit,
    };
    let mut entry = json!({ "name": check.id, "unit": unit, "value": value, "extra": extra(check) });
    let half = check.interval.and_then(|(low, high)| finite(Some(scaled((high - low) / 2.0))));
    if let Some(half) = half.filter(|half| *half > 0.0) {
        entry["range"] = json!(format!("± {}", crate::analysis::words::digits(half)));
    }
    Some(entry)
}

fn extra(check: &Check) -> String {
    let limit = check.limit.map_or_else(String::new, |limit| format!(", limit {}", super::shown(limit, &check.unit)));
    format!("{} {}: {}{limit} ({})", check.subject, check.quantity, found(check), check.outcome.word())
}
