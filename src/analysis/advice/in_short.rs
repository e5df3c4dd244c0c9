//! What is tried in short states: read-only windows, cold caches, restarts.
//!
//! They decide no answer, so they get a share of the budget of their own, and each kind is tried where it is worst. Not for:
//! what a try says of them (`short`).

use std::sync::Arc;

use super::bench::{Ended, Idea, Spot};
use super::search::{Search, TOGETHER, of_starts};
use super::short;
use crate::mitigation::apply;
use crate::scenario::{JourneyId, Mitigation, trips};

impl Search<'_> {
    /// Simulates every mitigation alone in the short states that miss something: of each strategy and kind of state where
    /// it is worst.
    pub(super) fn alone_in_short(&mut self) -> Result<(), Ended> {
        let worst: Vec<Vec<(usize, String)>> =
            (0..self.scenario.strategies.len()).map(|s| short::worst(&self.bench.run, s)).collect();
        let which = |spot: &Spot<'_>| {
            // The phase too: what it misses itself is not of its short state.
            let is =
                |(phase, name): &(usize, String)| *phase == spot.phase && spot.event.is_none_or(|event| event == name);
            worst[spot.strategy].iter().any(is)
        };
        if worst.iter().all(Vec::is_empty) {
            return Ok(());
        }
        // Of the others nobody knows what they do to phases, so they have no place among these.
        let mut all: Vec<usize> = (0..self.candidates.len()).filter(|at| self.alone[*at].is_some()).collect();
        let near: Vec<bool> = (0..self.candidates.len()).map(|at| self.concerns(at, &worst)).collect();
        all.sort_by_key(|at| (!of_starts(&self.candidates[*at].mitigation), !near[*at]));
        for part in all.chunks(TOGETHER) {
            let idea = |at: &usize| self.idea(&[*at], Arc::new(self.candidates[*at].after.clone()));
            let ideas: Vec<Idea> = part.iter().map(idea).collect();
            self.bench.tries(&ideas, &which)?;
        }
        Ok(())
    }

    /// Whether a mitigation changes what somebody does who misses an objective in one of these states.
    fn concerns(&self, at: usize, states: &[Vec<(usize, String)>]) -> bool {
        let (before, after) = (self.scenario, &self.candidates[at].after);
        let run = &self.bench.run;
        let performs = |name: &str| {
            let Some(id) = before.workloads.iter().position(|it| it.name == name) else { return false };
            let changed = |journey: usize| before.journeys.get(journey) != after.journeys.get(journey);
            let mut journeys = (0..before.journeys.len()).filter(|it| changed(*it)).map(JourneyId);
            let own = |it| trips::performers(before, it).any(|(performer, _)| performer.0 == id);
            before.workloads[id] != after.workloads[id] || journeys.any(own)
        };
        let of = |(s, worst): (usize, &Vec<(usize, String)>)| {
            let is = |state: &short::State<'_>| {
                worst.iter().any(|(phase, name)| *phase == state.phase && *name == state.event.name)
            };
            let all = short::states(run, &run.tries[0], s);
            all.iter().filter(|state| is(state)).flat_map(|state| &state.missed).any(|(name, _)| performs(name))
        };
        states.iter().enumerate().any(of)
    }

    /// Simulates what was found for a strategy in all its short states.
    pub(super) fn sets_in_short(&mut self, s: usize) -> Result<(), Ended> {
        let found = &self.bench.run.found[s];
        for at in found.smallest.into_iter().chain(found.best.last().copied()).collect::<Vec<_>>() {
            let set = self.bench.run.tries[at].set.clone();
            let all: Vec<Mitigation> = set.iter().map(|at| self.candidates[*at].mitigation.clone()).collect();
            let Ok(applied) = apply(self.scenario, &all) else { continue };
            let idea = self.idea(&set, Arc::new(applied.scenario));
            self.bench.tries(&[idea], &|spot| spot.strategy == s && spot.event.is_some())?;
        }
        Ok(())
    }
}
