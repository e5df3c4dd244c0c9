//! Pacing is arithmetic: the intended start of the n-th arrival.
//!
//! Arrivals are where the cumulated rate passes given marks: evenly spaced marks for constant pacing
//! (with a random offset, so that two loads of one rate do not march in step), exponential gaps for
//! Poisson. The cumulated rate of every shape has a closed inverse, so a ramp keeps an exact plan too.
//! Not for: waiting until an arrival.

use rand::RngExt;
use rand_distr::Distribution;

use crate::scenario::{Arrivals, Pacing, Shape};
use crate::seed::Stream;
use crate::units::Nanos;

/// An endless stream of intended starts, in order, from the origin of its clock.
#[derive(Debug)]
pub struct Pacer {
    curve: Curve,
    pacing: Pacing,
    stream: Stream,
    /// The mark of the latest arrival: how many were expected up to it.
    mark: f64,
}

/// How the rate goes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Curve {
    /// Rate at the origin, per second.
    from: f64,
    /// Rate at the end of the ramp, per second.
    to: f64,
    /// Length of the ramp in seconds; zero if there is none.
    over: f64,
    /// What stands before the origin at the first rate, in seconds (the ramp begins after it).
    lead: f64,
}

impl Pacer {
    /// `arrivals` times `factor`, drawn from `stream`.
    ///
    /// The first `lead` is at the first rate: a ramp begins where measuring does. A daily shape is its
    /// busiest hour throughout.
    pub fn new(arrivals: &Arrivals, factor: f64, lead: Nanos, mut stream: Stream) -> Self {
        let rate = arrivals.rate.0 * factor;
        let lead = lead.as_secs_f64();
        let flat = |rate| Curve { from: rate, to: rate, over: 0.0, lead };
        let curve = match &arrivals.shape {
            Shape::Flat => flat(rate),
            Shape::Ramp { to, over } => Curve { from: rate, to: to.0 * factor, over: over.as_secs_f64(), lead },
            Shape::Daily(hours) => flat(rate * hours.iter().copied().fold(0.0, f64::max)),
        };
        // Constant pacing starts within the first gap; exponential gaps need no offset.
        let mark = match arrivals.pacing {
            Pacing::Constant => stream.random::<f64>() - 1.0,
            Pacing::Poisson => 0.0,
        };
        Self { curve, pacing: arrivals.pacing, stream, mark }
    }
    /// How many arrivals are expected from the origin up to `at`.
    pub fn expected_until(&self, at: Nanos) -> f64 {
        self.curve.cumulated(at.as_secs_f64())
    }
}

impl Iterator for Pacer {
    type Item = Nanos;

    /// The next intended start; `None` when the rate is zero for good.
    fn next(&mut self) -> Option<Nanos> {
        let gap: f64 = match self.pacing {
            Pacing::Constant => 1.0,
            Pacing::Poisson => rand_distr::Exp1.sample(&mut self.stream),
        };
        self.mark += gap;
        self.curve.inverse(self.mark).map(Nanos::from_secs_f64)
    }
}

impl Curve {
    /// Arrivals expected up to `t` seconds.
    fn cumulated(&self, t: f64) -> f64 {
        let lead = self.from * t.min(self.lead);
        let t = (t - self.lead).max(0.0);
        let ramp = t.min(self.over);
        let slope = if self.over > 0.0 { (self.to - self.from) / self.over } else { 0.0 };
        lead + self.from * ramp + slope * ramp * ramp / 2.0 + self.to * (t - ramp)
    }
    /// The time in seconds at which `n` arrivals are expected.
    fn inverse(&self, n: f64) -> Option<f64> {
        let lead = self.from * self.lead;
        if n <= lead {
            return (self.from > 0.0).then(|| n / self.from);
        }
        let n = n - lead;
        let ramp = self.from.midpoint(self.to) * self.over;
        let t = if n < ramp {
            // from·t + slope·t²/2 = n, in the form that does not cancel when the slope is small.
            let slope = (self.to - self.from) / self.over;
            2.0 * n / (self.from + (self.from * self.from + 2.0 * slope * n).max(0.0).sqrt())
        } else if self.to > 0.0 {
            self.over + (n - ramp) / self.to
        } else {
            return None;
        };
        Some(self.lead + t)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::plan::fixtures::flat;
    use crate::seed::Seed;
    use crate::units::Rate;

    fn ramp(from: f64, to: f64, over: u64, pacing: Pacing) -> Arrivals {
        let shape = Shape::Ramp { to: Rate(to), over: Nanos::from_secs(over) };
        Arrivals { rate: Rate(from), pacing, shape }
    }

    fn count(arrivals: &Arrivals, factor: f64, lead: Nanos, seconds: f64) -> usize {
        let pacer = Pacer::new(arrivals, factor, lead, Seed(7).stream("arrivals", 0));
        pacer.take_while(|at| at.as_secs_f64() < seconds).count()
    }

    #[test]
    fn constant_counts_are_exact() {
        let daily = Arrivals { rate: Rate(10.0), pacing: Pacing::Constant, shape: Shape::Daily(vec![0.5, 1.5]) };
        let constant = |rate| flat(rate, Pacing::Constant);
        let lead = Nanos::from_secs(2);
        for (arrivals, factor, lead, seconds, expected) in [
            (constant(10.0), 1.0, Nanos::ZERO, 10.0, 100),
            (constant(10.0), 0.1, Nanos::ZERO, 10.0, 10),
            (constant(0.0), 1.0, Nanos::ZERO, 10.0, 0),
            (daily, 1.0, Nanos::ZERO, 10.0, 150),
            (ramp(10.0, 30.0, 10, Pacing::Constant), 1.0, Nanos::ZERO, 10.0, 200),
            (ramp(10.0, 30.0, 10, Pacing::Constant), 1.0, lead, 12.0, 220),
            (ramp(10.0, 30.0, 10, Pacing::Constant), 1.0, lead, 14.0, 280),
            (ramp(20.0, 0.0, 10, Pacing::Constant), 1.0, Nanos::ZERO, 1e6, 100),
            (ramp(0.0, 20.0, 10, Pacing::Constant), 1.0, lead, 12.0, 100),
        ] {
            let got = count(&arrivals, factor, lead, seconds);
            assert!(got.abs_diff(expected) <= 1, "{arrivals:?} × {factor}, {seconds} s: {got}, not {expected}");
        }
    }

    #[test]
    fn constant_gaps_are_equal() {
        let pacer = Pacer::new(&flat(8.0, Pacing::Constant), 1.0, Nanos::ZERO, Seed(1).stream("arrivals", 0));
        let starts: Vec<_> = pacer.take(9).collect();
        assert!(starts[0] < Nanos::from_millis(125), "{starts:?}");
        assert!(starts.windows(2).all(|pair| (pair[1] - pair[0]).0.abs_diff(125_000_000) <= 1), "{starts:?}");
    }

    #[test]
    fn poisson_has_the_rate_and_the_spread() {
        // 10,000 expected, standard deviation 100: five of them around it.
        let got = count(&flat(1_000.0, Pacing::Poisson), 1.0, Nanos::ZERO, 10.0);
        assert!(got.abs_diff(10_000) < 500, "{got}");
        let pacer = Pacer::new(&flat(1_000.0, Pacing::Poisson), 1.0, Nanos::ZERO, Seed(7).stream("arrivals", 0));
        let starts: Vec<_> = pacer.take(10_000).collect();
        let short = starts.windows(2).filter(|pair| pair[1] - pair[0] < Nanos::from_millis(1)).count();
        // 1 − 1/e of exponential gaps are shorter than their mean.
        assert!(short.abs_diff(6_321) < 250, "{short}");
    }

    proptest! {
        #[test]
        fn order_and_inverse_hold(from in 0.0..500.0f64, to in 0.0..500.0f64, over in 0..20u64, lead in 0..5u64, poisson in any::<bool>(), seed in any::<u64>()) {
            let pacing = if poisson { Pacing::Poisson } else { Pacing::Constant };
            let arrivals = ramp(from, to, over, pacing);
            let pacer = Pacer::new(&arrivals, 1.0, Nanos::from_secs(lead), Seed(seed).stream("arrivals", 0));
            let curve = pacer.curve;
            let starts: Vec<_> = pacer.take(300).collect();
            prop_assert!(starts.is_sorted());
            for at in [0.5, 3.0, 30.0] {
                let n = curve.cumulated(at);
                if let (true, Some(back)) = (n > 0.0, curve.inverse(n)) {
                    prop_assert!((curve.cumulated(back) - n).abs() < 1e-6 * n.max(1.0), "{} at {} back at {}", n, at, back);
                }
            }
        }
    }
}
