//! A straight line through times: time = base + k × RTT.
//!
//! Least squares of relative errors (weights 1 / time²), since what is measured at a larger distance is uncertain by
//! more in proportion. The interval of k is the widest of three: what the points' distances from the line say, what
//! the samples' own errors say if they are independent, and what these say if all points share their journeys (the
//! engines use common random numbers, so longer journeys are longer at every distance). Not for: which points belong
//! to a line (`super`).

use super::counted::Counted;
use crate::analysis::load::student;
use crate::measure::{Estimate, Z95};

/// One point of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct At {
    /// In nanoseconds.
    pub(super) rtt: f64,
    /// The mean time, in nanoseconds.
    pub(super) time: f64,
    /// Its standard error.
    pub(super) error: f64,
}

/// Fewer points make no line that could be wrong.
pub const POINTS_LEAST: usize = 3;

/// The largest RTT of a line is at least so many times the smallest.
pub const REACH_LEAST: f64 = 2.0;

/// How far k may be from the count, as a share of it.
pub const APART_MOST: f64 = 0.05;

/// A line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Time at no distance, in nanoseconds.
    pub base: f64,
    /// Round trips: the rise of the time with the RTT.
    pub k: Estimate,
    /// The largest distance of a point from the line, as a share of its time.
    pub off_most: f64,
}

/// k beside the counted round trips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// Within [`APART_MOST`].
    Agree,
    /// Apart by more, and beyond doubt.
    Apart,
    /// Apart by more, but within the intervals.
    CannotTell,
}

/// Fits a line; `None` of fewer than [`POINTS_LEAST`] points, or if they do not reach [`REACH_LEAST`].
pub(super) fn line(points: &[At]) -> Option<Line> {
    let n = points.len();
    let weight = |p: &At| 1.0 / p.time.max(1.0).powi(2);
    let all: f64 = points.iter().map(weight).sum();
    let mean = |of: fn(&At) -> f64| points.iter().map(|p| weight(p) * of(p)).sum::<f64>() / all;
    let (rtt, time) = (mean(|p| p.rtt), mean(|p| p.time));
    let spread: f64 = points.iter().map(|p| weight(p) * (p.rtt - rtt).powi(2)).sum();
    let reach = |pick: fn(f64, f64) -> f64| points.iter().map(|p| p.rtt).reduce(pick).unwrap_or(0.0);
    if n < POINTS_LEAST || reach(f64::max) < REACH_LEAST * reach(f64::min) || spread <= 0.0 {
        return None;
    }
    let pull = |p: &At| weight(p) * (p.rtt - rtt) / spread;
    let k: f64 = points.iter().map(|p| pull(p) * p.time).sum();
    let base = time - k * rtt;
    let off = |p: &At| p.time - base - k * p.rtt;
    let residual: f64 = points.iter().map(|p| weight(p) * off(p).powi(2)).sum::<f64>() / (n - 2) as f64;
    let scattered = student((n - 2) as u64) * (residual / spread).sqrt();
    let independent = Z95 * points.iter().map(|p| (pull(p) * p.error).powi(2)).sum::<f64>().sqrt();
    let together = Z95 * points.iter().map(|p| pull(p) * p.error).sum::<f64>().abs();
    let half = scattered.max(independent).max(together);
    let off_most = points.iter().map(|p| off(p).abs() / p.time.max(1.0)).fold(0.0, f64::max);
    Some(Line { base, k: Estimate { value: k, low: k - half, high: k + half, n: n as u64 }, off_most })
}

/// Whether a line has the round trips that were counted.
pub(super) fn agreement(k: &Estimate, counted: Counted) -> Agreement {
    let apart = (k.value - counted.mean).abs();
    let allowed = (APART_MOST * counted.mean).max(1e-3);
    if apart <= allowed {
        return Agreement::Agree;
    }
    let half = (k.high - k.value).hypot(counted.half);
    if apart > half { Agreement::Apart } else { Agreement::CannotTell }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exact(base: f64, k: f64) -> Vec<At> {
        [0.5e6, 2e6, 8e6, 30e6, 100e6].map(|rtt| At { rtt, time: base + k * rtt, error: 0.0 }).into()
    }

    #[test]
    fn points_on_a_line_give_it_back() {
        let line = line(&exact(20e6, 34.0)).expect("a line");
        assert!((line.base - 20e6).abs() < 1.0 && (line.k.value - 34.0).abs() < 1e-6, "{line:?}");
        assert!(line.k.high - line.k.low < 1e-6 && line.off_most < 1e-9);
    }

    #[test]
    fn what_is_no_line_has_a_wide_interval() {
        let mut points = exact(20e6, 34.0);
        points[4].time *= 2.0;
        let bent = line(&points).expect("a line");
        assert!(bent.k.high - bent.k.low > 10.0 && bent.off_most > 0.1, "{bent:?}");
        assert_eq!(line(&points[..2]), None);
        assert_eq!(line(&[points[0]; 5]), None, "one distance is none");
    }

    #[test]
    fn shared_journeys_do_not_make_it_certain() {
        // Every mean is known to 10 %, by the same journeys: so is k, however well the points lie on a line.
        let points: Vec<_> = exact(0.0, 10.0).into_iter().map(|p| At { error: 0.1 * p.time / Z95, ..p }).collect();
        let k = line(&points).expect("a line").k;
        assert!((k.high - 11.0).abs() < 1e-6, "{k:?}");
    }

    #[test]
    fn agreement_is_of_both_intervals() {
        let k = |value: f64, half: f64| Estimate { value, low: value - half, high: value + half, n: 5 };
        let counted = |mean, half| Counted { mean, half };
        for (k, counted, agreed) in [
            (k(10.4, 0.0), counted(10.0, 0.0), Agreement::Agree),
            (k(10.6, 0.0), counted(10.0, 0.0), Agreement::Apart),
            (k(10.6, 0.7), counted(10.0, 0.0), Agreement::CannotTell),
            (k(10.6, 0.1), counted(10.0, 0.7), Agreement::CannotTell),
            (k(0.0, 0.0), counted(0.0, 0.0), Agreement::Agree),
            (k(1.0, 0.0), counted(0.0, 0.0), Agreement::Apart),
        ] {
            assert_eq!(agreement(&k, counted), agreed, "{k:?} {counted:?}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_found(base in 0.0..1e9_f64, k in 0.0..500.0_f64) {
            let line = line(&exact(base + 1.0, k)).expect("a line");
            prop_assert!((line.k.value - k).abs() <= 1e-6 * (k + 1.0) && (line.base - base - 1.0).abs() <= 1e-6 * (base + 1e6));
        }
    }
}
