//! Repeated measurements of one case, few enough to keep them all.
//!
//! Not for: thousands of samples (`measure::Hist`).

use crate::units::Nanos;

/// What was measured, in rising order; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sampled(Vec<Nanos>);

impl Sampled {
    /// `None` without any sample.
    pub fn new(mut samples: Vec<Nanos>) -> Option<Self> {
        samples.sort_unstable();
        (!samples.is_empty()).then_some(Self(samples))
    }

    /// The samples in rising order.
    pub fn all(&self) -> &[Nanos] {
        &self.0
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The middle one, or the mean of the two in the middle.
    pub fn median(&self) -> Nanos {
        let n = self.0.len();
        Nanos(u64::midpoint(self.0[(n - 1) / 2].0, self.0[n / 2].0))
    }

    /// The smallest.
    pub fn min(&self) -> Nanos {
        self.0[0]
    }

    /// The largest.
    pub fn max(&self) -> Nanos {
        self.0[self.0.len() - 1]
    }

    /// The sample at a quantile (nearest rank).
    pub fn at(&self, quantile: f64) -> Nanos {
        let rank = (quantile * self.0.len() as f64).ceil() as usize;
        self.0[rank.clamp(1, self.0.len()) - 1]
    }

    /// The 97.5 % interval of a quantile, by order statistics with the normal approximation of their ranks (Conover, 3.2);
    /// `None` where fewer than ten samples are expected beyond it, which is too few for that.
    pub fn interval_at(&self, quantile: f64) -> Option<(Nanos, Nanos)> {
        const Z: f64 = 2.2414;
        let n = self.0.len() as f64;
        let (rank, beyond) = (n * quantile, n * quantile.min(1.0 - quantile));
        let half = Z * (rank * (1.0 - quantile)).sqrt();
        let (low, high) = ((rank - half).floor(), (rank + half).ceil() + 1.0);
        (beyond >= 10.0 && low >= 1.0 && high <= n).then(|| (self.0[low as usize - 1], self.0[high as usize - 1]))
    }

    /// The 95 % interval of the median, by order statistics with exact binomial ranks (Conover, *Practical Nonparametric
    /// Statistics*, 3.2); `None` below 6 samples, which support none.
    pub fn interval(&self) -> Option<(Nanos, Nanos)> {
        let n = self.0.len();
        let (mut below, mut term, mut rank) = (0.0, 0.5_f64.powi(i32::try_from(n).ok()?), 0);
        while below + term <= 0.025 {
            below += term;
            term *= (n - rank) as f64 / (rank + 1) as f64;
            rank += 1;
            // With very many samples the first terms vanish in a double; a wider interval is still one.
            if term == 0.0 || rank > n / 2 {
                break;
            }
        }
        (rank > 0).then(|| (self.0[rank - 1], self.0[n - rank]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(n: u64) -> Sampled {
        Sampled::new((1..=n).rev().map(Nanos).collect()).expect("samples")
    }

    #[test]
    fn the_middle_is_found() {
        assert_eq!(Sampled::new(vec![]), None);
        assert_eq!((of(5).median(), of(4).median(), of(1).median()), (Nanos(3), Nanos(2), Nanos(1)));
        assert_eq!(
            (of(9).min(), of(9).max(), of(100).at(0.99), of(2).at(0.0)),
            (Nanos(1), Nanos(9), Nanos(99), Nanos(1))
        );
    }

    #[test]
    fn intervals_of_quantiles_hold_them() {
        // 990 ± 2.2414 × √9.9, outwards.
        assert_eq!(of(1_000).interval_at(0.99), Some((Nanos(982), Nanos(999))));
        assert_eq!(of(1_000).interval_at(0.5), Some((Nanos(464), Nanos(537))));
        assert_eq!((of(999).interval_at(0.99), of(19).interval_at(0.5), of(1).interval_at(0.0)), (None, None, None));
    }

    #[test]
    fn intervals_are_those_of_the_tables() {
        // Conover, table A3: ranks of the median's interval at 95 % or a little more.
        for (n, expected) in [(5, None), (6, Some((1, 6))), (9, Some((2, 8))), (20, Some((6, 15))), (25, Some((8, 18)))]
        {
            assert_eq!(of(n).interval().map(|(low, high)| (low.0, high.0)), expected, "{n}");
        }
    }
}
