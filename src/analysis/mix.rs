//! The times of a whole workload, from those of its arms.
//!
//! A workload of which 1 % has moved is felt as 99 parts of one distribution and 1 part of another:
//! a mixture, whose percentiles are not averages of the arms' percentiles. Where the arms' samples
//! stand in the proportion of their shares (an engine that splits arrivals by share), the histograms
//! are simply merged and the order-statistic interval holds. Where they do not, the mixture's
//! distribution function is `F(t) = Σ share × F_arm(t)` and its quantiles are read from that, with
//! the interval from its standard error. Not for: what a percentile is compared with (`verdict`).

use crate::measure::{Estimate, Hist, Z95};

/// A mixture of arms.
#[derive(Debug, Clone)]
pub struct Mix {
    /// Share (adding up to one) and times of each arm; none of them is empty.
    arms: Vec<(f64, Hist)>,
    /// All samples together, where they stand in the proportion of the shares.
    merged: Option<Hist>,
}

impl Mix {
    /// The mixture of `arms`; `None` if an arm that has a share has no sample, for then nobody knows.
    pub fn of(arms: Vec<(f64, Hist)>) -> Option<Self> {
        let total: f64 = arms.iter().map(|a| a.0).sum();
        let arms: Vec<_> = arms.into_iter().filter(|a| a.0 > 0.0).map(|(s, h)| (s / total, h)).collect();
        if arms.is_empty() || arms.iter().any(|a| a.1.is_empty()) {
            return None;
        }
        let merged = proportional(&arms).then(|| {
            let mut all = Hist::new();
            for arm in &arms {
                all.merge(&arm.1);
            }
            all.pack();
            all
        });
        Some(Self { arms, merged })
    }
    /// The times of each arm that has a share, in order.
    pub(super) fn arms(&self) -> impl Iterator<Item = &Hist> {
        self.arms.iter().map(|arm| &arm.1)
    }
    /// Samples of all arms.
    pub fn count(&self) -> u64 {
        self.arms.iter().map(|a| a.1.count()).sum()
    }
    /// Whether the arms had to be weighted, their samples not being in the proportion of their shares.
    pub fn weighted(&self) -> bool {
        self.merged.is_none()
    }
    /// The quantile with its 95 % interval, if the samples support one.
    ///
    /// Weighted: the standard error of `F` at the quantile is that of a stratified sample,
    /// `√Σ share² p(1−p)/n` with each arm's `p` drawn towards one half as Agresti and Coull do (two
    /// successes and two failures added), so that a small arm is never taken for certain.
    pub fn estimate(&self, quantile: f64) -> Option<Estimate> {
        if let Some(all) = &self.merged {
            return all.estimate(quantile);
        }
        let steps = self.steps();
        let value = at(&steps, quantile);
        let variance: f64 = self
            .arms
            .iter()
            .map(|(share, hist)| {
                let n = hist.count() as f64 + 4.0;
                let p = (share_at(hist, value) * hist.count() as f64 + 2.0) / n;
                share * share * p * (1.0 - p) / n
            })
            .sum();
        let effective = quantile * (1.0 - quantile) / variance;
        let supported =
            effective * quantile.ln() <= 0.025_f64.ln() && effective * (1.0 - quantile).ln() <= 0.025_f64.ln();
        let half = Z95 * variance.sqrt();
        supported.then(|| Estimate {
            value: value as f64,
            low: at(&steps, quantile - half) as f64,
            high: at(&steps, quantile + half) as f64,
            n: self.count(),
        })
    }
    /// The time at a quantile, whether or not the samples support a claim about it.
    pub fn at(&self, quantile: f64) -> f64 {
        match &self.merged {
            Some(all) => all.at(quantile.clamp(0.0, 1.0)) as f64,
            None => at(&self.steps(), quantile) as f64,
        }
    }
    /// The share of journeys that take longer than `limit` nanoseconds.
    pub fn share_above(&self, limit: u64) -> f64 {
        self.arms.iter().map(|(share, hist)| share * (1.0 - share_at(hist, limit))).sum()
    }
    /// How many samples take longer than `limit` nanoseconds.
    pub fn over(&self, limit: u64) -> u64 {
        let of = |hist: &Hist| (hist.count() as f64 * (1.0 - share_at(hist, limit))).round() as u64;
        self.arms.iter().map(|arm| of(&arm.1)).sum()
    }
    /// A time that the quantile is not below, where the samples do not support the quantile itself.
    ///
    /// It is the lower end of the highest lower quantile that they do support.
    pub fn at_least(&self, quantile: f64) -> Option<Estimate> {
        let mut lower = [0.999, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5].into_iter().filter(|q| *q < quantile);
        let known = lower.find_map(|q| self.estimate(q))?;
        Some(Estimate { value: known.low, ..known })
    }
    /// The mean, each arm weighted by its share, with its 95 % interval.
    pub fn mean(&self) -> Estimate {
        let value: f64 = self.arms.iter().map(|(share, hist)| share * hist.mean()).sum();
        let half = Z95 * self.arms.iter().map(|(share, hist)| share * share * mean_variance(hist)).sum::<f64>().sqrt();
        Estimate { value, low: value - half, high: value + half, n: self.count() }
    }
    /// (time, share of journeys at or below it), rising.
    fn steps(&self) -> Vec<(u64, f64)> {
        let mut steps: Vec<(u64, f64)> = Vec::new();
        for (share, hist) in &self.arms {
            let each = share / hist.count() as f64;
            steps.extend(hist.recorded().map(|(value, count)| (value, each * count as f64)));
        }
        steps.sort_unstable_by_key(|step| step.0);
        let mut below = 0.0;
        for step in &mut steps {
            below += step.1;
            step.1 = below;
        }
        steps
    }
}

/// Whether samples stand in the proportion of shares, as far as chance lets them (three deviations).
fn proportional(arms: &[(f64, Hist)]) -> bool {
    let total: f64 = arms.iter().map(|a| a.1.count() as f64).sum();
    arms.iter().all(|(share, hist)| {
        let allowed = 3.0 * (total * share * (1.0 - share)).sqrt() + 1.0;
        (hist.count() as f64 - share * total).abs() <= allowed
    })
}

/// The first time at which the share is reached; the last one beyond.
fn at(steps: &[(u64, f64)], quantile: f64) -> u64 {
    let reached = steps.partition_point(|step| step.1 < quantile - 1e-12);
    steps.get(reached).or(steps.last()).map_or(0, |step| step.0)
}

/// The share of samples at or below `time`.
fn share_at(hist: &Hist, time: u64) -> f64 {
    hist.share_at_or_below(crate::units::Nanos(time))
}

/// The squared standard error of a histogram's mean; infinite for a single sample.
fn mean_variance(hist: &Hist) -> f64 {
    let (n, mean) = (hist.count() as f64, hist.mean());
    if n < 2.0 {
        return f64::INFINITY;
    }
    let squares: f64 = hist.recorded().map(|(value, count)| count as f64 * (value as f64 - mean).powi(2)).sum();
    squares / (n - 1.0) / n
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Nanos;
    use proptest::prelude::*;

    fn of(times: impl IntoIterator<Item = u64>) -> Hist {
        let mut hist = Hist::new();
        times.into_iter().for_each(|ms| hist.record(Nanos::from_millis(ms)));
        hist
    }

    #[test]
    fn one_arm_is_itself() {
        let hist = of(1..=1_000);
        let mix = Mix::of(vec![(1.0, hist.clone())]).expect("has samples");
        assert_eq!(mix.estimate(0.99), hist.estimate(0.99));
        assert!(!mix.weighted());
    }

    #[test]
    fn a_share_without_samples_is_unknown() {
        assert!(Mix::of(vec![(0.99, of(1..=1_000)), (0.01, Hist::new())]).is_none());
        assert!(Mix::of(vec![(1.0, of(1..=1_000)), (0.0, Hist::new())]).is_some(), "no share, no need");
        assert!(Mix::of(vec![]).is_none());
    }

    #[test]
    fn samples_out_of_proportion_are_weighted() {
        // Half of the samples are slow, but only 1 % of the journeys are: p50 is fast, p99.5 slow.
        let mix =
            Mix::of(vec![(0.99, of((0..4_000).map(|i| 10 + i % 5))), (0.01, of((0..4_000).map(|i| 1_000 + i % 5)))])
                .expect("has samples");
        assert!(mix.weighted());
        let median = mix.estimate(0.5).expect("supported");
        assert!(median.value < 20e6, "{median:?}");
        assert!(mix.estimate(0.995).expect("supported").value > 990e6);
        assert!((mix.mean().value / 1e6 - (0.99 * 12.0 + 0.01 * 1_002.0)).abs() < 0.1, "{:?}", mix.mean());
        assert!((mix.share_above(500_000_000) - 0.01).abs() < 1e-9);
    }

    #[test]
    fn a_tiny_arm_is_not_taken_for_certain() {
        let mix = Mix::of(vec![(0.5, of(1..=5_000)), (0.5, of([3, 4, 5]))]).expect("has samples");
        assert!(mix.weighted());
        assert_eq!(mix.estimate(0.99), None, "half of the journeys rest on three samples");
    }

    proptest! {
        #[test]
        fn a_blend_lies_between_its_arms(
            share in 0.01..0.99_f64, a in prop::collection::vec(1..2_000_u64, 400..500),
            b in prop::collection::vec(1..2_000_u64, 400..500), q in 0.05..0.95_f64,
        ) {
            let (a, b) = (of(a), of(b));
            let (low, high) = (a.at(q).min(b.at(q)), a.at(q).max(b.at(q)));
            let mix = Mix::of(vec![(share, a), (1.0 - share, b)]).expect("has samples");
            let value = mix.at(q);
            prop_assert!(value >= low as f64 * 0.999 && value <= high as f64 * 1.001, "{low} {value} {high}");
            if let Some(estimate) = mix.estimate(q) {
                prop_assert!(estimate.low <= estimate.value && estimate.value <= estimate.high);
            }
        }
        #[test]
        fn weighting_in_proportion_is_merging(a in 200..400_u64, b in 200..400_u64, q in 0.1..0.9_f64) {
            let (first, second) = (of(1..=a), of(1_000..1_000 + b));
            let mut all = first.clone();
            all.merge(&second);
            let arms = vec![(a as f64 / (a + b) as f64, first), (b as f64 / (a + b) as f64, second)];
            let weighted = Mix { arms: arms.clone(), merged: None };
            let merged = Mix::of(arms).expect("has samples");
            prop_assert!(!merged.weighted());
            let (x, y) = (weighted.at(q), merged.at(q));
            prop_assert!((x - y).abs() <= 0.01 * y, "{x} {y}");
        }
    }
}
