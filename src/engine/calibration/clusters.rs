//! How what delays one call delays others at about the same time, as the sum of a few processes that forget.
//!
//! Each process is a normal one whose correlation falls as exp(−lag ÷ time) (Ornstein and Uhlenbeck 1930); their shares of the
//! variance are fitted to measured rank correlations, and what is left is each draw's own luck. Not for: measuring
//! (`measure::lag`), or drawing (`sim`).

use crate::measure::lag::{LAGS, LagCorrelation};
use crate::units::Nanos;

/// After how long each process has forgotten all but 1 ÷ e.
pub const FORGETS: [Nanos; 3] = [Nanos::from_millis(2), Nanos::from_millis(20), Nanos::from_millis(200)];

/// Of the variance they have this much at most: two calls never have the very same luck.
const MOST: f64 = 0.95;

/// Rounds of the fit; it has settled long before.
const ROUNDS: usize = 500;

/// What draws at about the same time have in common.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Clusters {
    /// By [`FORGETS`]: the share of the variance; their sum is below 1.
    pub shares: [f64; FORGETS.len()],
}

impl Clusters {
    /// Fitted to what was measured, perhaps at several placements: least squares, none below zero, each lag as much worth
    /// as any other.
    pub(super) fn fitted(measured: &[LagCorrelation]) -> Self {
        let wanted: Vec<(f64, f64)> =
            LAGS.iter().enumerate().filter_map(|(bin, below)| at(measured, bin, *below)).collect();
        let mut shares = [0.0; FORGETS.len()];
        for _ in 0..ROUNDS {
            for which in 0..shares.len() {
                let (mut up, mut down) = (0.0, 0.0);
                for (lag, correlation) in &wanted {
                    let others: f64 =
                        (0..shares.len()).filter(|k| *k != which).map(|k| shares[k] * left(k, *lag)).sum();
                    up += (correlation - others) * left(which, *lag);
                    down += left(which, *lag).powi(2);
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

/// What a process has not forgotten after so many nanoseconds.
fn left(which: usize, lag: f64) -> f64 {
    (-lag / FORGETS[which].0 as f64).exp()
}

/// The middle of a lag's range, in nanoseconds, and the correlation there of what is normal: of rank correlations ρ that is
/// 2 sin(π ρ ÷ 6) (Pearson 1907). `None` where nothing was measured.
fn at(measured: &[LagCorrelation], bin: usize, below: Nanos) -> Option<(f64, f64)> {
    let from = bin.checked_sub(1).map_or(Nanos::ZERO, |before| LAGS[before]);
    let of = || measured.iter().filter(|m| m.below_ns == below.0);
    let pairs: u64 = of().map(|m| m.pairs).sum();
    let ranks = of().map(|m| m.correlation * m.pairs as f64).sum::<f64>() / pairs.max(1) as f64;
    (pairs > 0).then(|| ((from.0 + below.0) as f64 / 2.0, 2.0 * (std::f64::consts::PI * ranks / 6.0).sin()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(of: impl Fn(f64) -> f64) -> Vec<LagCorrelation> {
        let each = |(bin, below): (usize, &Nanos)| {
            let from = bin.checked_sub(1).map_or(0, |before| LAGS[before].0);
            let normal: f64 = of((from + below.0) as f64 / 2e6);
            LagCorrelation {
                below_ns: below.0,
                correlation: (normal / 2.0).asin() * 6.0 / std::f64::consts::PI,
                pairs: 9,
            }
        };
        LAGS.iter().enumerate().map(each).collect()
    }

    #[test]
    fn a_sum_of_the_processes_is_found_again() {
        let found = Clusters::fitted(&measured(|ms| 0.3 * (-ms / 2.0).exp() + 0.2 * (-ms / 200.0).exp()));
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
