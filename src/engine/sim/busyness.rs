//! How busy the machine is that a simulation pretends to run on: luck that draws at about the same time share.
//!
//! Luck of each kind ([`Clusters`]) lasts for a slot; what is drawn from a distribution of times is where the sum of those and
//! of a luck of its own point to, all of them normal, so that each distribution stays as it was measured (a Gaussian copula).
//! A slot is so many draws as there are in its time: by the clock, fewer calls would meet bad luck than good, since they
//! take longer then, and the mean of all calls would be less than was measured. For the same reason slots take all values
//! of luck in turn, in an order by chance. Not for: distributions (`calibration::Times`).

use std::cell::RefCell;

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_distr::{Distribution, StandardNormal};

use crate::engine::calibration::{Clusters, SLOTS, Times};
use crate::seed::{Seed, Stream};
use crate::units::Nanos;

/// So many values of luck each kind takes in turn: about 1.5, 2 and 2.4 s of it.
const VALUES: [usize; SLOTS.len()] = [512, 64, 8];

/// Luck that is shared, and how much of it.
pub(super) struct Busyness {
    /// Square roots of the shares of the variance.
    weights: [f64; SLOTS.len()],
    /// The same of what is each draw's own.
    own: f64,
    state: RefCell<State>,
}

struct State {
    kinds: [Kind; SLOTS.len()],
    luck: Stream,
    /// Draws so far, and the instant of the first.
    draws: u64,
    since: Nanos,
}

/// One kind of luck: its values, in the order in which slots take them in this turn.
struct Kind {
    slot: Nanos,
    values: Vec<f64>,
    /// Which of them is next.
    next: usize,
    now: f64,
    /// Draws that are left of the slot; parts of one count for the next.
    left: f64,
}

impl Busyness {
    pub(super) fn new(clusters: Clusters, seed: Seed) -> Self {
        let own = (1.0 - clusters.shares.iter().sum::<f64>()).max(0.0).sqrt();
        let none = clusters.is_none();
        let mut number = 0;
        let kinds = SLOTS.map(|slot| {
            let count = if none { 1 } else { VALUES[number] };
            number += 1;
            Kind { slot, values: values(count), next: 0, now: 0.0, left: 0.0 }
        });
        let state = State { kinds, luck: seed.stream("busyness", 0), draws: 0, since: Nanos::ZERO };
        Self { weights: clusters.shares.map(f64::sqrt), own, state: RefCell::new(state) }
    }
    /// One of `times`, drawn at `now`, which never goes back; a constant needs no luck.
    pub(super) fn draw(&self, times: &Times, now: Nanos, own: &mut Stream) -> Nanos {
        times.at(if times.is_constant() { 0.0 } else { self.luck(now, own) })
    }
    /// The share of a distribution that lies below what is drawn from it at `now`, which never goes back.
    pub(super) fn luck(&self, now: Nanos, own: &mut Stream) -> f64 {
        if self.own >= 1.0 {
            return own.random::<f64>();
        }
        let shared = self.state.borrow_mut().shared(now, &self.weights);
        let luck: f64 = StandardNormal.sample(own);
        normal_below(shared + luck * self.own)
    }
}

impl State {
    /// What the next draw shares with those about it.
    fn shared(&mut self, now: Nanos, weights: &[f64; SLOTS.len()]) -> f64 {
        if self.draws == 0 {
            self.since = now;
        }
        self.draws += 1;
        let rate = self.draws as f64 / (now - self.since).max(SLOTS[0]).0 as f64;
        self.kinds.iter_mut().zip(weights).map(|(kind, weight)| kind.next(rate, &mut self.luck) * weight).sum()
    }
}

impl Kind {
    /// For the next draw, where there are so many draws in a nanosecond.
    fn next(&mut self, rate: f64, luck: &mut Stream) -> f64 {
        if self.left < 1.0 {
            if self.next == 0 {
                self.values.shuffle(luck);
            }
            self.now = self.values[self.next];
            self.next = (self.next + 1) % self.values.len();
            self.left += (rate * self.slot.0 as f64).max(1.0);
        }
        self.left -= 1.0;
        self.now
    }
}

/// The middles of so many equally likely parts of a standard normal distribution, stretched to a variance of one: what is
/// rarest decides means.
fn values(count: usize) -> Vec<f64> {
    let middles: Vec<f64> = (0..count).map(|i| normal_at((i as f64 + 0.5) / count as f64)).collect();
    let variance = middles.iter().map(|value| value * value).sum::<f64>() / count as f64;
    middles.iter().map(|value| value / variance.sqrt().max(f64::MIN_POSITIVE)).collect()
}

/// The share of a standard normal distribution that lies below `z`, within 7.5e-8 (Abramowitz and Stegun 1964, 26.2.17).
fn normal_below(z: f64) -> f64 {
    const B: [f64; 5] = [0.319_381_530, -0.356_563_782, 1.781_477_937, -1.821_255_978, 1.330_274_429];
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let series = B.iter().rev().fold(0.0, |sum, b| (sum + b) * t);
    let above = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * series;
    if z < 0.0 { above } else { 1.0 - above }
}

/// Where a standard normal distribution has this share below, which is above 0 and below 1.
fn normal_at(share: f64) -> f64 {
    let (mut low, mut high) = (-8.0_f64, 8.0);
    for _ in 0..60 {
        let middle = low.midpoint(high);
        if normal_below(middle) < share { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Hist;
    use crate::measure::lag::correlations;

    /// A thousand times, of which the rarest make up half of the mean.
    fn times() -> Times {
        let mut hist = Hist::new();
        (1..=1_000_u64).for_each(|i| hist.record(Nanos::from_micros(100 + 30_000 / (1_001 - i))));
        Times::sampled(&hist)
    }

    /// What is drawn each 0.5 ms.
    fn drawn(shares: [f64; SLOTS.len()]) -> Vec<(Nanos, Nanos)> {
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
            assert!((normal_at(below) - z).abs() < 1e-4, "{z}: {}", normal_at(below));
        }
    }

    #[test]
    fn the_distribution_stays_whatever_is_shared() {
        let mean = times().mean().0 as f64;
        for shares in [[0.0; 3], [0.4, 0.1, 0.0], [0.2, 0.2, 0.3]] {
            let all = drawn(shares);
            let seen = all.iter().map(|(_, time)| time.0 as f64).sum::<f64>() / all.len() as f64;
            assert!((seen / mean - 1.0).abs() < 0.04, "{shares:?}: {seen} for {mean}");
        }
    }

    #[test]
    fn draws_close_together_share_luck_and_those_far_apart_do_not() {
        let found = correlations(&[drawn([0.5, 0.0, 0.0])]);
        // One 0.5 ms later, of the six of a slot five: 0.5 × 5 ÷ 6 = 0.417, as ranks 0.401.
        assert!((found[0].correlation - 0.401).abs() < 0.04, "{found:?}");
        assert!(found[5].correlation.abs() < 0.03, "{found:?}");
        assert!(correlations(&[drawn([0.0; 3])]).iter().all(|c| c.correlation.abs() < 0.03));
    }
}
