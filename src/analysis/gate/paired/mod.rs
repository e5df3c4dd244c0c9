//! Two sides measured by turns in one job: is one slower, beyond what the machine does by itself?
//!
//! The independent unit is the round, never the journey: of each round one log ratio of each chosen quantile is taken. Over the
//! rounds stand the median with a seeded bootstrap interval (`resample`) and an exact sign-flip test (`flip`), corrected
//! for the number of comparisons (`holm`). The two halves of one side in each round are the same code twice: what they
//! differ by over all rounds is the floor below which no difference is told. A control, the same on both sides, shows what
//! the machine did; where it drifted, a difference counts only if it is left with the drift divided out. A control never
//! fails anything by itself. Not for: measuring (`engine::turns`), or round trips, which are counted exactly
//! (`trips`).

mod delay;
pub mod flip;
mod holm;
mod resample;
mod rounds;
mod rule;
mod tell;
pub mod trips;

use super::{Outcome, Paired, id};
use crate::measure::turns::{Side, Subject, Turns};
use crate::seed::Seed;
pub use delay::delay;
pub use rounds::samples_needed;
use rounds::{Rounds, sorted};
use rule::Seen;
pub use tell::{checks, failures};

/// What is compared, and when a difference is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// Quantiles of response times, each a comparison of its own.
    pub quantiles: Vec<f64>,
    /// The smallest slow-down that anybody minds, as a share: one that is not excluded is inconclusive.
    pub smallest: f64,
    /// No difference below this share is told, however sure it is.
    pub least: f64,
    /// Nor one below this time, nanoseconds.
    pub least_ns: f64,
    /// The chance of one false alarm in a job of which both sides are the same, by the sign-flip test alone.
    pub alpha: f64,
    /// Where the bootstrap starts.
    pub seed: Seed,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            quantiles: vec![0.5, 0.9],
            smallest: 0.05,
            least: 0.01,
            least_ns: 500_000.0,
            alpha: 0.01,
            seed: Seed(42),
        }
    }
}

/// The floor is what the halves of one side differ by over all rounds, in so many of a hundred resamples of them: the same
/// statistic as that of the sides, of half as many journeys. A range would grow with every round.
const FLOOR_AT: f64 = 0.95;

/// Quantiles at which both sides are shown.
const DECILES: [f64; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/// The value at a quantile of rising values, between two of them in proportion (Hyndman and Fan's seventh); 0 of none.
fn quantile(rising: &[f64], at: f64) -> f64 {
    let Some(last) = rising.len().checked_sub(1) else { return 0.0 };
    let place = at * last as f64;
    let (low, high) = (rising[place.floor() as usize], rising[place.ceil() as usize]);
    low + (high - low) * place.fract()
}

/// Judges every subject at every quantile, controls last.
pub fn judge(turns: &Turns, rules: &Rules) -> Vec<Paired> {
    let (controls, subjects): (Vec<_>, Vec<_>) = turns.subjects.iter().partition(|subject| subject.control);
    let drift = controls.first().map(|control| Compared::new(control, 0.5, rules, 1));
    let all = subjects.iter().flat_map(|subject| rules.quantiles.iter().map(move |at| (*subject, *at)));
    let all: Vec<Compared<'_>> = all.map(|(subject, at)| Compared::new(subject, at, rules, 0)).collect();
    let ps = holm::corrected(&all.iter().map(|compared| compared.seen.map_or(1.0, |seen| seen.p)).collect::<Vec<_>>());
    let drift = drift.filter(|drift| drift.differs(rules));
    let judged = all.iter().zip(ps).map(|(compared, p)| compared.judge(p, drift.as_ref(), rules));
    let shown = controls.iter().map(|control| Compared::new(control, 0.5, rules, 1).shown(rules));
    judged.chain(shown).collect()
}

/// Two independent sets of rounds: differences of the first must recur in the second, whose numbers are then told.
pub fn confirm(first: Vec<Paired>, again: Vec<Paired>) -> Vec<Paired> {
    let both = first.into_iter().zip(again).map(|(first, again)| {
        let told = matches!(first.outcome, Outcome::Regression | Outcome::Improvement);
        let outcome = rule::confirmed(first.outcome, again.outcome);
        // What made somebody look again is more often too large than too small; the second look is not chosen by it.
        Paired { outcome, ..if told { again } else { first } }
    });
    both.collect()
}

/// Whether a second set of rounds could change anything.
pub fn asks_again(pairs: &[Paired]) -> bool {
    pairs.iter().any(|pair| matches!(pair.outcome, Outcome::Regression | Outcome::Improvement))
}

/// One subject at one quantile.
struct Compared<'a> {
    subject: &'a Subject,
    at: f64,
    rounds: Rounds,
    /// `None` without a round that counts.
    seen: Option<Seen>,
}

impl<'a> Compared<'a> {
    fn new(subject: &'a Subject, at: f64, rules: &Rules, stream: u64) -> Self {
        let rounds = Rounds::of(subject, at);
        let first_ns = quantile(&sorted(subject.turns(Side::First)), at);
        let seen = seen(&rounds, first_ns, rules, stream);
        Self { subject, at, rounds, seen }
    }
    /// Whether it differs by its own p: for a control, which is no comparison to be corrected for.
    fn differs(&self, rules: &Rules) -> bool {
        // What a control takes is a round trip: a time that nobody would mind is much of it.
        let rules = Rules { least_ns: 0.0, ..rules.clone() };
        self.seen.is_some_and(|seen| rule::differs(&seen, &rules) != rule::Differs::No)
    }
    fn judge(&self, p: f64, drift: Option<&Compared<'_>>, rules: &Rules) -> Paired {
        let Some(seen) = self.seen.map(|seen| Seen { p, ..seen }) else {
            return self.paired(None, Outcome::Inconclusive);
        };
        let left = drift.and_then(|drift| {
            let left = self::seen(&self.rounds.without(&drift.rounds), seen.first_ns, rules, 2)?;
            // Corrected by as much as the other.
            let factor = self.seen.map_or(1.0, |raw| p / raw.p.max(f64::MIN_POSITIVE)).max(1.0);
            Some(Seen { p: (left.p * factor).min(1.0), ..left })
        });
        self.paired(Some(seen), rule::verdict(&seen, left.as_ref(), rules))
    }
    /// A control as it is shown: it passes, or it says that the machine drifted.
    fn shown(&self, rules: &Rules) -> Paired {
        let outcome = if self.differs(rules) { Outcome::Inconclusive } else { Outcome::Pass };
        self.paired(self.seen, outcome)
    }
    fn paired(&self, seen: Option<Seen>, outcome: Outcome) -> Paired {
        let quantity = tell::quantity(self.at);
        let [first, second] = [Side::First, Side::Second].map(|side| sorted(self.subject.turns(side)));
        let deciles =
            |times: &[f64]| if times.is_empty() { Vec::new() } else { DECILES.map(|at| quantile(times, at)).to_vec() };
        Paired {
            id: id(&["comparison", &self.subject.name, &quantity]),
            subject: self.subject.name.clone(),
            control: self.subject.control,
            rounds: self.rounds.logs.len() as u32,
            first_ns: quantile(&first, self.at),
            second_ns: quantile(&second, self.at),
            ratio: seen.map_or((0.0, 1.0, f64::MAX), |seen| seen.ratio),
            p: seen.map_or(1.0, |seen| seen.p),
            floor: seen.map_or(f64::MAX, |seen| seen.floor),
            deciles_ns: (deciles(&first), deciles(&second)),
            round_trips: (mean_trips(self.subject, Side::First), mean_trips(self.subject, Side::Second)),
            outcome,
            quantity,
        }
    }
}

/// What rounds show, by p as it is.
fn seen(rounds: &Rounds, first_ns: f64, rules: &Rules, stream: u64) -> Option<Seen> {
    let of = |name: &str| rules.seed.stream(&format!("gate {name}"), stream);
    let (low, middle, high) = resample::interval(&rounds.logs, &mut of("bootstrap"))?;
    let floor = resample::bound(&rounds.same, FLOOR_AT, &mut of("floor"));
    Some(Seen {
        ratio: (low.exp(), middle.exp(), high.exp()),
        p: flip::p_value(&rounds.logs, &mut of("flip")),
        floor: floor.exp().max(1.0 + rules.least),
        first_ns,
    })
}

/// Round trips of a journey on a side, on average; `None` where none was counted.
fn mean_trips(subject: &Subject, side: Side) -> Option<f64> {
    let (journeys, trips) = subject
        .turns(side)
        .fold((0, 0), |(journeys, trips), turn| (journeys + turn.times_ns.len(), trips + turn.trips));
    (journeys > 0 && trips > 0).then(|| trips as f64 / journeys as f64)
}

#[cfg(test)]
#[path = "paired_tests.rs"]
mod tests;
