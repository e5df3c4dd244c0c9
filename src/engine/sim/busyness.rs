//! How busy the machine is that a simulation pretends to run on: luck that draws at about the same time share.
//!
//! A normal process in virtual time ([`Clusters`]); what is drawn from a distribution of times takes the part of it that lies
//! where the process and a luck of its own point to, so that each distribution stays as it was measured (a Gaussian copula).
//! Not for: distributions (`calibration::Times`).

use std::cell::RefCell;

use rand_distr::{Distribution, StandardNormal};

use crate::engine::calibration::{Clusters, FORGETS, Times};
use crate::seed::{Seed, Stream};
use crate::units::Nanos;

/// The process, and whose draws share it.
pub(super) struct Busyness {
    shares: [f64; FORGETS.len()],
    /// Of the variance, what is each draw's own.
    own: f64,
    state: RefCell<State>,
}

struct State {
    at: Nanos,
    /// Of variance one each.
    values: [f64; FORGETS.len()],
    luck: Stream,
}

impl Busyness {
    pub(super) fn new(clusters: Clusters, seed: Seed) -> Self {
        let mut luck = seed.stream("busyness", 0);
        let values = FORGETS.map(|_| StandardNormal.sample(&mut luck));
        let own = 1.0 - clusters.shares.iter().sum::<f64>();
        Self { shares: clusters.shares, own, state: RefCell::new(State { at: Nanos::ZERO, values, luck }) }
    }
    /// One of `times`, drawn at `now`, which never goes back; a constant needs no luck.
    pub(super) fn draw(&self, times: &Times, now: Nanos, own: &mut Stream) -> Nanos {
        if times.is_constant() || self.own >= 1.0 {
            return times.draw(own);
        }
        let mut state = self.state.borrow_mut();
        state.go_on(now);
        let shared: f64 = state.values.iter().zip(self.shares).map(|(value, share)| value * share.sqrt()).sum();
        let luck: f64 = StandardNormal.sample(own);
        times.at(normal_below(shared + luck * self.own.sqrt()))
    }
}

impl State {
    /// Exact for any step: what is left of a value, and new luck for what is forgotten.
    fn go_on(&mut self, now: Nanos) {
        let step = now.saturating_sub(self.at);
        if step == Nanos::ZERO {
            return;
        }
        self.at = now;
        for (value, forgets) in self.values.iter_mut().zip(FORGETS) {
            let left = (-(step.0 as f64) / forgets.0 as f64).exp();
            let new: f64 = StandardNormal.sample(&mut self.luck);
            *value = *value * left + new * (1.0 - left * left).sqrt();
        }
    }
}

/// The share of a standard normal distribution that lies below `z`, within 7.5e-8 (Abramowitz and Stegun 1964, 26.2.17).
fn normal_below(z: f64) -> f64 {
    const B: [f64; 5] = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let series = B.iter().rev().fold(0.0, |sum, b| (sum + b) * t);
    let above = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * series;
    if z < 0.0 { above } else { 1.0 - above }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Hist;
    use crate::measure::lag::correlations;

    fn times() -> Times {
        let mut hist = Hist::new();
        (1..=1_000_u64).for_each(|us| hist.record(Nanos::from_micros(us * us / 1_000)));
        Times::sampled(&hist)
    }

    /// What is drawn each 0.5 ms.
    fn drawn(shares: [f64; FORGETS.len()]) -> Vec<(Nanos, Nanos)> {
        let busyness = Busyness::new(Clusters { shares }, Seed(3));
        let (mut own, times) = (Seed(3).stream("own", 0), times());
        let at = |i: u64| Nanos::from_micros(500 * i);
        (0..40_000).map(|i| (at(i), busyness.draw(&times, at(i), &mut own))).collect()
    }

    #[test]
    fn the_normal_distribution_is_the_one_of_tables() {
        for (z, below) in
            [(0.0, 0.5), (1.0, 0.841_344_75), (-1.0, 0.158_655_25), (1.96, 0.975_002_1), (-3.0, 0.001_349_9)]
        {
            assert!((normal_below(z) - below).abs() < 2e-7, "{z}: {}", normal_below(z));
        }
    }

    #[test]
    fn the_distribution_stays_whatever_is_shared() {
        let mean = times().mean().0 as f64;
        for shares in [[0.0; 3], [0.4, 0.1, 0.0], [0.9, 0.0, 0.0]] {
            let all = drawn(shares);
            let seen = all.iter().map(|(_, time)| time.0 as f64).sum::<f64>() / all.len() as f64;
            assert!((seen / mean - 1.0).abs() < 0.03, "{shares:?}: {seen} for {mean}");
        }
    }

    #[test]
    fn draws_close_together_share_luck_and_those_far_apart_do_not() {
        let found = correlations(&[drawn([0.5, 0.0, 0.0])]);
        // One 0.5 ms later: 0.5 exp(−1 ÷ 4) = 0.39, as ranks 0.374.
        assert!((found[0].correlation - 0.374).abs() < 0.04, "{found:?}");
        assert!(found[5].correlation.abs() < 0.03, "{found:?}");
        assert!(correlations(&[drawn([0.0; 3])]).iter().all(|c| c.correlation.abs() < 0.03));
    }
}
