//! What stores take for an exchange, as the proxy saw them.
//!
//! Not for: what an exchange costs outside of them (`outside`).

use std::collections::BTreeMap;

use super::grounds::{CalibrationError, spread};
use super::{Answer, StoreCosts, Times};
use crate::measure::{Estimate, Hist};
use crate::runfile::{ArmRun, PlacementRun, StoreUse, TakenRun};
use crate::scenario::Store;
use crate::units::Nanos;

/// So many exchanges of one arm with a store say more of the arm than those of all arms together do.
const OF_ARM_LEAST: u64 = 40;

/// The kind of arms that boot, as in [`ArmRun::kind`].
pub(super) const BOOTS: &str = "startup";

/// A store that takes longer than this beyond its service time waits for something else than waking up.
const WAKES_MOST: Nanos = Nanos::from_micros(200);

/// Row-lock waits of more than this share of a store's time spoil its distribution.
const LOCKED_MAX: f64 = 0.01;

/// Of more than this share, what is left of calls when their waits are taken off says more of those estimates than of the store.
const LOCKED_MOST: f64 = 0.1;

/// The arms whose calls of stores count: those that boot do so all at once, after the load, and keep a store from
/// answering as no other arm sees it.
pub(super) fn asking<'a>(placements: &[&'a PlacementRun]) -> impl Iterator<Item = &'a ArmRun> {
    placements.iter().flat_map(|placement| &placement.arms).filter(|arm| arm.kind != BOOTS)
}

/// What was seen of one store, all arms of a placement (or of all) together.
#[derive(Default)]
struct Seen {
    time: Hist,
    given: f64,
    locked: f64,
    /// Call by call, locks on top; of some calls at least.
    given_times: Hist,
}

impl Seen {
    fn of<'a>(arms: impl Iterator<Item = &'a ArmRun>, store: &str) -> Result<Self, CalibrationError> {
        let uses = arms.flat_map(|arm| &arm.stores);
        let mut seen = Self::default();
        for used in uses.filter(|used| used.store == store && used.exchanges > 0) {
            let StoreUse { given_ns: Some(given), lock_wait_ns: Some(locked), server_time, given_times, .. } = used
            else {
                return Err(CalibrationError::Old);
            };
            seen.time.merge(server_time);
            seen.given += *given as f64;
            seen.locked += *locked as f64;
            seen.given_times.merge(given_times);
        }
        Ok(seen)
    }
    fn add(mut self, other: &Self) -> Self {
        self.time.merge(&other.time);
        self.given_times.merge(&other.given_times);
        Self { given: self.given + other.given, locked: self.locked + other.locked, ..self }
    }
    fn per_exchange(&self, sum: f64) -> f64 {
        if self.time.is_empty() { 0.0 } else { sum / self.time.count() as f64 }
    }
    /// The mean beyond what the scenario gives, waits for row locks taken off.
    fn beyond(&self) -> f64 {
        self.per_exchange(self.time.sum() - self.given - self.locked).max(0.0)
    }
    /// The distribution beyond what the scenario gives: where it was kept call by call, by quantiles; else its mean, unless
    /// the store takes times of its `own` and locks were hardly waited for.
    fn answer(&self, own: bool) -> Answer {
        let unlocked = self.locked <= LOCKED_MAX * self.time.sum();
        if self.given_times.is_empty() && !(own && unlocked) {
            let mean = Times::constant(Nanos(self.beyond().round() as u64));
            return Answer { at_once: mean.clone(), after_service: mean };
        }
        if own {
            let times = Times::beyond(&self.time, &self.given_times);
            return Answer { at_once: times.clone(), after_service: times };
        }
        let (at_once, after_service) = Times::beyond_apart(&self.time, &self.given_times);
        let seen = |times: &Times, other: &Times| if times.is_empty() { other.clone() } else { times.clone() };
        Answer { at_once: seen(&at_once, &after_service), after_service: seen(&after_service, &at_once) }
    }
    /// The mean of all that [`Self::answer`] gives.
    fn mean(&self, own: bool) -> f64 {
        if self.given_times.is_empty() && !own {
            return self.beyond();
        }
        Times::beyond(&self.time, &self.given_times).mean().0 as f64
    }
}

/// One store's time for each exchange; `own` if it takes times of its own. A store that nobody called is as the scenario says.
pub(super) fn of_store(
    placements: &[&PlacementRun],
    store: &Store,
    own: bool,
) -> Result<(StoreCosts, Option<TakenRun>), CalibrationError> {
    let each = placements.iter().map(|p| Seen::of(asking(&[*p]), &store.name)).collect::<Result<Vec<_>, _>>()?;
    let all = each.iter().fold(Seen::default(), Seen::add);
    if all.time.is_empty() {
        return Ok((StoreCosts::default(), None));
    }
    let answer = all.answer(own);
    let how = if own { "in place of the scenario's service times" } else { "beyond the scenario's service time" };
    let means = each.iter().filter(|s| !s.time.is_empty()).map(|seen| seen.mean(own));
    let taken = TakenRun {
        what: format!("{}: {how}", store.name),
        time: spread(all.mean(own), means, all.time.count()),
        drawn: !answer.after_service.is_constant(),
    };
    let waits = store.concurrency().is_some() || all.locked > LOCKED_MOST * all.time.sum();
    if waits && !own {
        let answer = unhindered(placements, store, &answer);
        let mean = answer.after_service.mean().0 as f64;
        let taken = TakenRun { time: Estimate { value: mean, low: mean, high: mean, ..taken.time }, ..taken };
        return Ok((StoreCosts { answer, ..StoreCosts::default() }, Some(taken)));
    }
    let arms = of_arms(placements, store, own)?;
    Ok((StoreCosts { replaces_service: own, answer, arms, ..StoreCosts::default() }, Some(taken)))
}

/// What a store that lets calls wait for a turn or a row takes for one, those waits apart, which the simulator has itself:
/// no-ops need neither. Calls that are worked on take as much longer as half of them show at least.
fn unhindered(placements: &[&PlacementRun], store: &Store, answer: &Answer) -> Answer {
    let mut time = Hist::new();
    for probe in placements.iter().flat_map(|p| &p.probes).filter(|probe| probe.store == store.name) {
        time.merge(&probe.server_time);
    }
    if time.is_empty() {
        return answer.clone();
    }
    let at_once = Times::sampled(&time);
    let half = answer.after_service.at(0.5).max(at_once.at(0.5)).min(WAKES_MOST);
    Answer { after_service: at_once.moved(at_once.at(0.5), half), at_once }
}

/// The same for each arm that asked often enough, those that boot with it.
fn of_arms(
    placements: &[&PlacementRun],
    store: &Store,
    own: bool,
) -> Result<Vec<([String; 3], Answer)>, CalibrationError> {
    let mut arms: BTreeMap<[&String; 3], Vec<&ArmRun>> = BTreeMap::new();
    for arm in placements.iter().flat_map(|placement| &placement.arms) {
        arms.entry([&arm.workload, &arm.site, &arm.platform]).or_default().push(arm);
    }
    let mut answers = Vec::new();
    for (name, arms) in arms {
        let seen = Seen::of(arms.into_iter(), &store.name)?;
        if seen.time.count() >= OF_ARM_LEAST {
            answers.push((name.map(String::clone), seen.answer(own)));
        }
    }
    Ok(answers)
}
