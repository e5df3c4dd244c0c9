//! Bencher Metric Format: by benchmark, by measure, the value with its bounds.
//!
//! A benchmark is a check's id; its measure follows from the unit: `latency` (nanoseconds, as Bencher has it), `round-trips`,
//! `bytes`, `ratio`. Not for: limits, which are thresholds there.

use serde_json::{Map, Value, json};

use crate::analysis::gate::Check;

use super::{Told, finite, nanos};

/// The gate's numbers.
pub fn bencher(told: &Told) -> String {
    let mut all: Map<String, Value> = Map::new();
    for check in &told.judged.checks {
        let Some(metric) = metric(check) else { continue };
        let measures = all.entry(check.id.clone()).or_insert_with(|| json!({}));
        measures[measure(&check.unit)] = metric;
    }
    crate::report::json(&all)
}

fn metric(check: &Check) -> Option<Value> {
    let size = nanos(&check.unit).unwrap_or(1.0);
    let value = finite(check.found.map(|value| value * size))?;
    let mut metric = json!({ "value": value });
    for (name, bound) in [("lower_value", check.interval.map(|i| i.0)), ("upper_value", check.interval.map(|i| i.1))] {
        if let Some(bound) = finite(bound.map(|bound| bound * size)) {
            metric[name] = json!(bound);
        }
    }
    Some(metric)
}

/// The slug of a measure.
fn measure(unit: &str) -> String {
    match unit {
        unit if nanos(unit).is_some() => "latency".into(),
        "B" => "bytes".into(),
        "" => "ratio".into(),
        unit => unit.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect(),
    }
}
