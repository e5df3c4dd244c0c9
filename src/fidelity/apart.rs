//! How far apart the quantiles of two paths are, and whether the samples can tell.
//!
//! For times that have a distribution instead of a rule: replies over a link that loses packets. Not for: cases with a rule
//! (`verdict`).

use super::sampled::Sampled;

/// Quantiles of the same replies over two links agree within this share, with loss.
pub const APART_MOST: f64 = 0.15;

/// One path's quantile against another's, as shares of the latter: 0.02 is 2 % more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Apart {
    /// As measured.
    pub share: f64,
    /// 95 % sure to be at least and at most this; `None` where there are too few samples for an interval.
    pub interval: Option<(f64, f64)>,
}

/// What an [`Apart`] says about a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The whole interval is within.
    Agrees,
    /// The interval has both: the samples cannot tell.
    CannotTell,
    /// The whole interval is beyond.
    Off,
}

impl Told {
    /// `agrees`, `cannot tell` or `off`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::CannotTell => "cannot tell",
            Self::Off => "off",
        }
    }
}

impl Apart {
    /// Of `path` against `reference` at a quantile. The interval of the share is that of two quantiles that are each within
    /// their own with 97.5 % (Bonferroni), so it is rather too wide.
    pub fn at(quantile: f64, path: &Sampled, reference: &Sampled) -> Self {
        let share = |ours: u64, theirs: u64| ours as f64 / theirs.max(1) as f64 - 1.0;
        let intervals = path.interval_at(quantile).zip(reference.interval_at(quantile));
        let interval = intervals.map(|((low, high), (least, most))| (share(low.0, most.0), share(high.0, least.0)));
        Self { share: share(path.at(quantile).0, reference.at(quantile).0), interval }
    }

    /// Whether it is within [`APART_MOST`].
    pub fn told(self) -> Told {
        match self.interval {
            Some((low, high)) if low >= -APART_MOST && high <= APART_MOST => Told::Agrees,
            Some((low, high)) if low > APART_MOST || high < -APART_MOST => Told::Off,
            _ => Told::CannotTell,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Nanos;

    /// Times that rise evenly from `low` to `high` µs.
    fn even(n: u64, low: u64, high: u64) -> Sampled {
        let at = |i: u64| Nanos::from_micros(low + (high - low) * i / n);
        Sampled::new((0..n).map(at).collect()).expect("samples")
    }

    #[test]
    fn a_bound_is_held_broken_or_not_told() {
        let reference = even(2_000, 50_000, 70_000);
        for (path, quantile, told) in [
            (even(2_000, 50_000, 70_000), 0.5, Told::Agrees),
            (even(2_000, 51_000, 72_000), 0.99, Told::Agrees),
            (even(2_000, 100_000, 140_000), 0.5, Told::Off),
            (even(2_000, 25_000, 35_000), 0.9, Told::Off),
            // At the bound, and with too few samples for any interval.
            (even(2_000, 57_500, 80_500), 0.5, Told::CannotTell),
            (even(50, 50_000, 70_000), 0.99, Told::CannotTell),
        ] {
            let apart = Apart::at(quantile, &path, &reference);
            assert_eq!(apart.told(), told, "{apart:?}");
            assert!(apart.interval.is_none_or(|(low, high)| low <= apart.share && apart.share <= high), "{apart:?}");
        }
    }
}
