//! How what delays one call delays others at about the same time, as the sum of a few kinds of luck that last.
//!
//! Each kind stays for a slot of its length and is another one then, so that what it gives two calls in common falls in a
//! straight line to nothing at that lag; their shares of the variance are fitted to measured rank correlations, and what is
//! left is each draw's own. Not for: measuring (`measure::lag`), or drawing (`sim`).

use crate::measure::lag::{LAGS, LagCorrelation};
use crate::units::Nanos;

/// How long each kind of luck lasts.
pub const SLOTS: [Nanos; 3] = [Nanos::from_millis(3), Nanos::from_millis(30), Nanos::from_millis(300)];

/// Of the variance they have this much at most: two calls never have the very same luck.
const MOST: f64 = 0.95;

/// Rounds of the fit; it has settled long before.
const ROUNDS: usize = 500;

/// What draws at about the same time have in common.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Clusters {
    /// By [`SLOTS`]: the share of the variance; their sum is below 1.
    pub shares: [f64; SLOTS.len()],
}

impl Clusters {
    /// Fitted to what was measured, perhaps at several placements: least squares, none below zero, each lag as much worth
    /// as any other.
    pub(super) fn fitted(measured: &[LagCorrelation]) -> Self {
        let wanted: Vec<(usize, f64)> = (0..LAGS.len()).filter_map(|lag| Some((lag, at(measured, lag)?))).collect();
        let mut shares = [0.0; SLOTS.len()];
        for _ in 0..ROUNDS {
            for which in 0..shares.len() {
                let (mut up, mut down) = (0.0, 0.0);
                for (lag, correlation) in &wanted {
                    let others: f64 =
                        (0..shares.len()).filter(|k| *k != which).map(|k| shares[k] * common(k, *lag)).sum();
                    up += (correlation - others) * common(which, *lag);
                    down += common(which, *lag).powi(2);
                }
                shares[which] = if down > 0.0 { (up / down).max(0.0) } else { 0.0 };
            }
        }
        let sum: f64 = shares.iter().sum();
        Self { shares: shares.map(|share| if sum > MOST { share * MOST / sum } else { share }) }
    }
    /// Each draw has its own luck.
    pub fn is_none(&self) -> bool {
        self.shares.iter().all(|share| *share == 0.0)
    }
}

/// The lags of a range, in nanoseconds.
fn range(lag: usize) -> (f64, f64) {
    (lag.checked_sub(1).map_or(0.0, |before| LAGS[before].0 as f64), LAGS[lag].0 as f64)
}

/// The share of pairs with a lag in this range that meet one slot: the mean of 1 − lag ÷ slot, and nothing beyond it.
fn common(which: usize, lag: usize) -> f64 {
    let (slot, (from, to)) = (SLOTS[which].0 as f64, range(lag));
    let to_end = |lag: f64| (slot - lag).max(0.0).powi(2) / 2.0 / slot;
    (to_end(from) - to_end(to)) / (to - from)
}

/// The correlation of what is normal, for lags in this range: of rank correlations ρ that is 2 sin(π ρ ÷ 6) (Pearson 1907).
/// `None` where nothing was measured.
fn at(measured: &[LagCorrelation], lag: usize) -> Option<f64> {
    let of = || measured.iter().filter(|m| m.below_ns == LAGS[lag].0);
    let pairs: u64 = of().map(|m| m.pairs).sum();
    let ranks = of().map(|m| m.correlation * m.pairs as f64).sum::<f64>() / pairs.max(1) as f64;
    (pairs > 0).then(|| 2.0 * (std::f64::consts::PI * ranks / 6.0).sin())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(of: impl Fn(usize) -> f64) -> Vec<LagCorrelation> {
        let each = |lag: usize| {
            let correlation = (of(lag) / 2.0).asin() * 6.0 / std::f64::consts::PI;
            LagCorrelation { below_ns: LAGS[lag].0, correlation, pairs: 9 }
        };
        (0..LAGS.len()).map(each).collect()
    }

    #[test]
    fn what_lags_share_is_the_slot_that_is_left() {
        // 3 ms: below 1 ms 5/6; from 1 to 3 ms 1/3; nothing later.
        assert!((common(0, 0) - 5.0 / 6.0).abs() < 1e-9 && (common(0, 1) - 1.0 / 3.0).abs() < 1e-9);
        assert_eq!((common(0, 2), common(1, 4)), (0.0, 0.0));
    }

    #[test]
    fn a_sum_of_them_is_found_again() {
        let found = Clusters::fitted(&measured(|lag| 0.3 * common(0, lag) + 0.2 * common(2, lag)));
        let [short, middle, long] = found.shares;
        assert!((short - 0.3).abs() < 0.01 && middle < 0.01 && (long - 0.2).abs() < 0.01, "{found:?}");
    }

    #[test]
    fn nothing_in_common_is_nothing_and_all_in_common_leaves_some_luck() {
        assert!(Clusters::fitted(&[]).is_none() && Clusters::fitted(&measured(|_| 0.0)).is_none());
        assert!(Clusters::fitted(&measured(|_| -0.2)).is_none());
        let all = Clusters::fitted(&measured(|_| 1.0));
        assert!(all.shares.iter().sum::<f64>() <= MOST + 1e-9, "{all:?}");
    }
}
