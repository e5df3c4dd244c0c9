//! Pictures of a gate: ratios with their intervals, what moved of a distribution, a series with its changes.
//!
//! Not for: the numbers, which are in tables.

pub(crate) mod forest;
pub(crate) mod series;
pub(crate) mod shift;

use crate::analysis::gate::Outcome;

use super::Ink;

/// The ink of what became of something.
const fn ink(outcome: Outcome) -> Ink {
    match outcome {
        Outcome::Pass | Outcome::Improvement => Ink::Held,
        Outcome::Inconclusive | Outcome::Incomparable | Outcome::Invalid => Ink::Unknown,
        Outcome::Regression | Outcome::OverBudget => Ink::Missed,
    }
}

/// A dot's ink: strokes have inks that fill nothing.
const fn dot(outcome: Outcome) -> Ink {
    match outcome {
        Outcome::Regression | Outcome::OverBudget => Ink::Bad,
        _ => Ink::Text,
    }
}

/// Round numbers between two, about `count` of them.
fn between(from: f64, to: f64, count: f64) -> Vec<f64> {
    let raw = ((to - from) / count).max(1e-12);
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= raw).unwrap_or(raw);
    let first = (from / step).ceil() as i64;
    let last = (to / step).floor() as i64;
    (first..=last.min(first + 50)).map(|n| n as f64 * step).collect()
}

/// A finite number, or another.
const fn finite(value: f64, otherwise: f64) -> f64 {
    if value.is_finite() { value } else { otherwise }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_lie_between() {
        assert_eq!(between(-3.0, 11.0, 4.0), [0.0, 5.0, 10.0]);
        assert_eq!(between(201.0, 229.0, 3.0), [210.0, 220.0]);
        assert!(between(1.0, 1.0, 4.0).len() <= 51);
    }
}
