//! A time that may differ from one occasion to the next: a pause, or a store's work on a call.
//!
//! Only what is random is drawn: a constant takes nothing from the stream, so a scenario that gains a
//! distribution in one place keeps every other draw before it. Not for: what jitter adds to a crossing (`network`).

use rand_distr::Distribution;

use crate::seed::Stream;
use crate::units::Nanos;

/// A time, constant or drawn each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RandomTime {
    /// Always the same.
    Constant(Nanos),
    /// Exponential with this mean.
    Exponential(Nanos),
    /// Lognormal with this median and 99th percentile.
    Lognormal {
        /// Median.
        median: Nanos,
        /// 99th percentile.
        p99: Nanos,
    },
}

/// The standard normal's 99th percentile.
pub(super) const Z99: f64 = 2.326_347_874_040_841;

impl RandomTime {
    /// No time at all.
    pub const ZERO: Self = Self::Constant(Nanos::ZERO);

    /// Draws one time; a constant draws nothing.
    pub fn draw(&self, stream: &mut Stream) -> Nanos {
        match *self {
            Self::Constant(time) => time,
            Self::Exponential(mean) => {
                let drawn: f64 = rand_distr::Exp1.sample(stream);
                mean.scale(drawn)
            }
            Self::Lognormal { median, p99 } => Nanos(lognormal(median.0 as f64, p99.0 as f64, stream).round() as u64),
        }
    }
    /// The mean of the distribution; of a lognormal `median × exp(σ²/2)`.
    pub fn mean(&self) -> Nanos {
        match *self {
            Self::Constant(time) | Self::Exponential(time) => time,
            Self::Lognormal { median, p99 } => {
                let sigma = (p99.0 as f64 / median.0 as f64).ln() / Z99;
                median.scale((sigma * sigma / 2.0).exp())
            }
        }
    }
    /// The one time that it always is; `None` if it is drawn.
    pub const fn constant(&self) -> Option<Nanos> {
        match *self {
            Self::Constant(time) => Some(time),
            Self::Exponential(_) | Self::Lognormal { .. } => None,
        }
    }
}

impl Default for RandomTime {
    fn default() -> Self {
        Self::ZERO
    }
}

impl From<Nanos> for RandomTime {
    fn from(time: Nanos) -> Self {
        Self::Constant(time)
    }
}

/// Draws from the lognormal with this median and 99th percentile.
pub(super) fn lognormal(median: f64, p99: f64, stream: &mut Stream) -> f64 {
    let sigma = (p99 / median).ln() / Z99;
    let z: f64 = rand_distr::StandardNormal.sample(stream);
    median * (sigma * z).exp()
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;
    use crate::seed::Seed;

    #[test]
    fn draws_have_the_mean_that_is_told() {
        let ms = Nanos::from_millis;
        for time in [
            RandomTime::Constant(ms(2)),
            RandomTime::Exponential(ms(2)),
            RandomTime::Lognormal { median: ms(2), p99: ms(20) },
        ] {
            let mut stream = Seed(1).stream("times", 0);
            let n = 100_000_u64;
            let mean = (0..n).map(|_| time.draw(&mut stream).0).sum::<u64>() as f64 / n as f64;
            // The lognormal's standard deviation is 1.3 of its mean: 2 % is five standard errors.
            assert!((mean / time.mean().0 as f64 - 1.0).abs() < 0.02, "{time:?}: {mean}");
        }
        // σ = ln 10 / 2.326 = 0.98979, so the mean is 2 ms × exp(0.48984) = 3.264 ms.
        let mean = RandomTime::Lognormal { median: ms(2), p99: ms(20) }.mean();
        assert_eq!(mean.0 / 1_000, 3_264);
    }

    #[test]
    fn one_draw_in_a_hundred_is_above_the_99th_percentile() {
        let time = RandomTime::Lognormal { median: Nanos::from_millis(2), p99: Nanos::from_millis(20) };
        let mut stream = Seed(2).stream("times", 0);
        let above = |limit| move |drawn: &Nanos| *drawn > limit;
        let drawn: Vec<Nanos> = (0..100_000).map(|_| time.draw(&mut stream)).collect();
        let tail = drawn.iter().copied().filter(above(Nanos::from_millis(20))).count();
        let half = drawn.iter().copied().filter(above(Nanos::from_millis(2))).count();
        // Five standard deviations around 1,000 and 50,000.
        assert!(tail.abs_diff(1_000) < 160 && half.abs_diff(50_000) < 800, "{tail} {half}");
    }

    #[test]
    fn a_constant_draws_nothing() {
        let (mut drawn, mut untouched) = (Seed(1).stream("times", 0), Seed(1).stream("times", 0));
        assert_eq!(RandomTime::Constant(Nanos(7)).draw(&mut drawn), Nanos(7));
        assert_eq!(drawn.next_u64(), untouched.next_u64());
        assert_eq!(RandomTime::Exponential(Nanos(7)).constant(), None);
    }
}
