//! A distribution of times as a few points, drawn from with one random number.
//!
//! Not for: recording (`measure`).

use crate::measure::Hist;
use crate::units::Nanos;

/// Parts of equal probability that a histogram is cut into.
const PARTS: u64 = 256;

/// A distribution of times: equally likely points, rising; none is no time at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Times {
    points: Vec<Nanos>,
}

impl Times {
    /// Always the same.
    pub fn constant(time: Nanos) -> Self {
        Self { points: vec![time] }
    }
    /// The samples of a histogram, each less `less` (never below nothing), as the means of 256 parts of equal weight: the mean
    /// stays, and of the last part only its mean.
    pub fn sampled(hist: &Hist, less: Nanos) -> Self {
        let n = hist.count();
        if n == 0 {
            return Self::default();
        }
        let parts = PARTS.min(n);
        let mut sums = vec![0.0; parts as usize];
        // Sample `at` of n fills [at, at + 1) of n; part `i` is [i n / parts, (i + 1) n / parts).
        let width = n as f64 / parts as f64;
        let mut at = 0.0;
        for (value, count) in hist.recorded() {
            let value = value.saturating_sub(less.0) as f64;
            let end = at + count as f64;
            while at < end {
                let part = ((at / width) as usize).min(sums.len() - 1);
                // Rounding must not make an empty step: the loop would not end.
                let full = ((part + 1) as f64 * width).max(at + width * 1e-6);
                let until = if part + 1 == sums.len() { end } else { end.min(full) };
                sums[part] += value * (until - at);
                at = until;
            }
        }
        Self { points: sums.into_iter().map(|sum| Nanos((sum / width).round() as u64)).collect() }
    }
    /// The point that a random number in [0, 1) falls on.
    pub fn at(&self, random: f64) -> Nanos {
        let last = self.points.len().saturating_sub(1);
        let index = (random.clamp(0.0, 1.0) * self.points.len() as f64) as usize;
        self.points.get(index.min(last)).copied().unwrap_or_default()
    }
    /// The mean.
    pub fn mean(&self) -> Nanos {
        let sum: u128 = self.points.iter().map(|point| u128::from(point.0)).sum();
        Nanos(u64::try_from(sum / (self.points.len() as u128).max(1)).unwrap_or(u64::MAX))
    }
    /// Every draw is the same: no random number is needed.
    pub fn is_constant(&self) -> bool {
        self.points.len() < 2
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_and_constants_need_no_luck() {
        assert_eq!((Times::default().at(0.5), Times::default().mean()), (Nanos::ZERO, Nanos::ZERO));
        let constant = Times::constant(Nanos(70));
        assert!(constant.is_constant() && constant.at(0.0) == Nanos(70) && constant.at(1.0) == Nanos(70));
    }

    #[test]
    fn the_share_of_slow_ones_stays() {
        let mut hist = Hist::new();
        (0..900).for_each(|_| hist.record(Nanos(1_000)));
        (0..100).for_each(|_| hist.record(Nanos(5_000)));
        let times = Times::sampled(&hist, Nanos(400));
        let slow = (0..1_000).filter(|i| times.at(f64::from(*i) / 1_000.0) > Nanos(2_000)).count();
        assert!(slow.abs_diff(100) <= 4, "{slow}");
        assert!(times.mean().0.abs_diff(1_000) <= 3, "{}", times.mean());
    }

    proptest! {
        #[test]
        fn points_rise_and_keep_the_mean(values in prop::collection::vec(0..5_000_000_u64, 1..2_000)) {
            let mut hist = Hist::new();
            for value in &values {
                hist.record(Nanos(*value));
            }
            let times = Times::sampled(&hist, Nanos::ZERO);
            prop_assert!(times.points.is_sorted());
            let mean = values.iter().sum::<u64>() as f64 / values.len() as f64;
            prop_assert!((times.mean().0 as f64 - mean).abs() <= mean * 0.002 + 2.0, "{} of {}", times.mean(), mean);
        }
    }
}
