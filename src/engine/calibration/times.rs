//! A distribution of times as a few points, drawn from with one random number.
//!
//! Not for: recording (`measure`).

use crate::measure::Hist;
use crate::units::Nanos;

/// Parts of equal probability that a histogram is cut into, at most: a journey of fifty calls meets one in a thousand often
/// enough for its p99 to depend on how those differ.
const PARTS: u64 = 4_096;

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
    /// The samples of a histogram, as the means of parts of equal weight: the mean stays, and of the last part only its
    /// mean.
    pub fn sampled(hist: &Hist) -> Self {
        Self::beyond(hist, &Hist::new())
    }
    /// What is left of `whole` when `part` is taken off, where each sample of `whole` holds one of `part` and the rest:
    /// quantile less quantile.
    ///
    /// That is exact for the mean, and for the distribution where the rest is small beside the steps of `part` or
    /// `part` hardly differs; a long rest on a short part may be told as a shorter one. `part` may have fewer samples: the
    /// others hold none.
    pub fn beyond(whole: &Hist, part: &Hist) -> Self {
        let left = left(whole, part);
        Self::keeping_the_mean(&left)
    }
    /// The same for samples that hold no `part`, and for those that do.
    pub fn beyond_apart(whole: &Hist, part: &Hist) -> (Self, Self) {
        let (with, without): (Vec<_>, Vec<_>) = left(whole, part).into_iter().partition(|(part, _)| *part > 0.0);
        (Self::keeping_the_mean(&without), Self::keeping_the_mean(&with))
    }
    /// Equally likely times. Where one is less than nothing, the others give it back: the mean is what is measured best.
    fn keeping_the_mean(left: &[(f64, f64)]) -> Self {
        let left = left.iter().map(|(_, left)| *left);
        let (sum, clipped) = (left.clone().sum::<f64>(), left.clone().map(|time| time.max(0.0)).sum::<f64>());
        let keep = if clipped > 0.0 { (sum / clipped).max(0.0) } else { 0.0 };
        let mut points: Vec<Nanos> = left.map(|time| Nanos((time.max(0.0) * keep).round() as u64)).collect();
        points.sort_unstable();
        Self { points }
    }
    /// As much later, or earlier, as it is from one time to another; none is less than nothing.
    #[must_use]
    pub fn moved(&self, from: Nanos, to: Nanos) -> Self {
        let moved = |point: &Nanos| (*point + to).saturating_sub(from);
        Self { points: self.points.iter().map(moved).collect() }
    }
    /// So many times as long.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self { points: self.points.iter().map(|point| point.scale(factor)).collect() }
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
    /// There is nothing to draw from: it is no time at all.
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }
    /// Every draw is the same: no random number is needed.
    pub fn is_constant(&self) -> bool {
        self.points.len() < 2
    }
}

/// Parts of equal weight of `whole`, by rising time: what they hold of `part`, and what is left without it. `part` may
/// have fewer samples: the others are zero.
fn left(whole: &Hist, part: &Hist) -> Vec<(f64, f64)> {
    let n = whole.count();
    if n == 0 {
        return Vec::new();
    }
    let parts = PARTS.min(n);
    let without = n.saturating_sub(part.count());
    let off = means(std::iter::once((0, without)).chain(part.recorded()), n.max(part.count()), parts);
    off.iter().zip(means(whole.recorded(), n, parts)).map(|(part, whole)| (*part, whole - part)).collect()
}

/// The means of `parts` parts of equal weight of `n` samples, which rise.
fn means(samples: impl Iterator<Item = (u64, u64)>, n: u64, parts: u64) -> Vec<f64> {
    let mut sums = vec![0.0; parts as usize];
    // Sample `at` of n fills [at, at + 1) of n; part `i` is [i n / parts, (i + 1) n / parts).
    let width = n as f64 / parts as f64;
    let mut at = 0.0;
    for (value, count) in samples {
        let end = at + count as f64;
        while at < end {
            let part = ((at / width) as usize).min(sums.len() - 1);
            // Rounding must not make an empty step: the loop would not end.
            let full = ((part + 1) as f64 * width).max(at + width * 1e-6);
            let until = if part + 1 == sums.len() { end } else { end.min(full) };
            sums[part] += value as f64 * (until - at);
            at = until;
        }
    }
    sums.iter().map(|sum| sum / width).collect()
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
        let times = Times::sampled(&hist);
        let slow = (0..1_000).filter(|i| times.at(f64::from(*i) / 1_000.0) > Nanos(2_000)).count();
        assert!(slow.abs_diff(100) <= 4, "{slow}");
        assert!(times.mean().0.abs_diff(1_400) <= 3, "{}", times.mean());
    }

    #[test]
    fn what_answers_at_once_is_told_apart() {
        let (mut whole, mut given) = (Hist::new(), Hist::new());
        for us in [10, 12, 350, 350, 340, 1_060] {
            whole.record(Nanos::from_micros(us));
        }
        for us in [300, 300, 300, 1_000] {
            given.record(Nanos::from_micros(us));
        }
        let (at_once, after) = Times::beyond_apart(&whole, &given);
        let about = |times: &Times, us: u64| times.mean().0.abs_diff(us * 1_000) < 1_000;
        assert!(about(&at_once, 11) && about(&after, 50), "{at_once:?} {after:?}");
        assert!(
            about(&Times::beyond(&whole, &given), 37) && about(&after.moved(after.mean(), Nanos::from_micros(80)), 80)
        );
    }

    proptest! {
        #[test]
        fn points_rise_and_keep_the_mean(values in prop::collection::vec(0..5_000_000_u64, 1..2_000)) {
            let mut hist = Hist::new();
            for value in &values {
                hist.record(Nanos(*value));
            }
            let times = Times::sampled(&hist);
            prop_assert!(times.points.is_sorted());
            let mean = values.iter().sum::<u64>() as f64 / values.len() as f64;
            prop_assert!((times.mean().0 as f64 - mean).abs() <= mean * 0.002 + 2.0, "{} of {}", times.mean(), mean);
        }
    }
}
