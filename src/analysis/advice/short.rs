//! Short states: what read-only windows, cold caches and restarts miss beyond their phases, and what a try does to that.
//!
//! As in a report, a short state decides no answer: an objective counts here only where it is missed meanwhile and not
//! missed in the phase itself. A restart shows few journeys, so that what it missed is turned as soon as it is no longer
//! proved to be missed; how many more journeys are slow or fail tells the rest. Not for: the phases themselves (`judge`).

use crate::runfile::advice::{AdviceRun, CellRun, CellWorkload, CheckRun, TryEvent, TryPhase, TryRun};

use super::judge::{named_of, ratio};

/// A short state of a phase, as a try has it.
#[derive(Debug, Clone, PartialEq)]
pub struct State<'a> {
    /// The phase, from 0.
    pub phase: usize,
    /// The state.
    pub event: &'a TryEvent,
    /// Objectives that are missed in it, and not in the phase: whose.
    pub missed: Vec<(&'a str, &'a CheckRun)>,
    /// By workload: journeys that fail or are slow each time beyond those of the phase, as seconds of its arrivals; absent
    /// where nobody knows.
    pub more: Vec<Option<f64>>,
}

impl State<'_> {
    /// `web p99`, for each that is missed.
    pub fn names(&self) -> Vec<String> {
        self.missed.iter().map(|(workload, check)| named_of(workload, check)).collect()
    }
}

/// The short states of a strategy that a try simulated, in the order of the calendar.
pub fn states<'a>(run: &'a AdviceRun, it: &'a TryRun, strategy: usize) -> Vec<State<'a>> {
    let of = |(phase, placed): (usize, &'a TryPhase)| {
        let state = move |event: &'a TryEvent| {
            let (steady, cell) = (&run.cells[placed.cell?], &run.cells[event.cell?]);
            Some(State { phase, event, missed: newly(steady, cell), more: more(steady, cell, event) })
        };
        placed.events.iter().filter_map(state)
    };
    it.strategies[strategy].iter().enumerate().flat_map(of).collect()
}

/// What is missed in a state, and not in its phase.
fn newly<'a>(steady: &CellRun, cell: &'a CellRun) -> Vec<(&'a str, &'a CheckRun)> {
    let of = |(now, then): (&'a CellWorkload, &CellWorkload)| {
        let held = |check: &&CheckRun| {
            let same = |other: &&CheckRun| (&other.part, &other.quantity) == (&check.part, &check.quantity);
            then.checks.iter().find(same).is_none_or(|other| other.verdict != "missed")
        };
        let missed = now.checks.iter().filter(|check| check.verdict == "missed").filter(held);
        missed.map(|check| (now.workload.as_str(), check)).collect::<Vec<_>>()
    };
    cell.workloads.iter().zip(&steady.workloads).flat_map(of).collect()
}

fn more(steady: &CellRun, cell: &CellRun, event: &TryEvent) -> Vec<Option<f64>> {
    let seconds = cell.felt_ns.unwrap_or(event.lasts_ns) as f64 / 1e9;
    let pairs = cell.workloads.iter().zip(&steady.workloads);
    pairs.map(|(now, then)| Some(seconds * (now.slow? - then.slow?))).collect()
}

/// Of each kind of short state of a strategy that misses something as it is: the phase in which most is missed, of equals
/// the one farthest beyond its limits.
pub fn worst(run: &AdviceRun, strategy: usize) -> Vec<(usize, String)> {
    let Some(base) = run.tries.first() else { return Vec::new() };
    let mut found: Vec<(&str, (usize, f64), usize)> = Vec::new();
    for state in states(run, base, strategy).iter().filter(|state| !state.missed.is_empty()) {
        let far = state.missed.iter().map(|(_, check)| ratio(check).min(1e3)).sum::<f64>();
        let rank = (state.missed.len(), far);
        match found.iter_mut().find(|known| known.0 == state.event.name) {
            Some(known) if rank.0 > known.1.0 || (rank.0 == known.1.0 && rank.1 > known.1.1) => {
                (known.1, known.2) = (rank, state.phase);
            }
            Some(_) => {}
            None => found.push((&state.event.name, rank, state.phase)),
        }
    }
    found.into_iter().map(|(name, _, phase)| (phase, name.to_owned())).collect()
}

/// What a try does in short states.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ShortGain {
    /// What it was tried in: phase and name.
    pub tried: Vec<(usize, String)>,
    /// Objectives that are missed as it is and no longer: the state and `web p99`, each once a state's name.
    pub turned: Vec<(String, String)>,
    /// Those that are missed only with it.
    pub opened: Vec<(String, String)>,
}

/// Whether a try has no such state in a phase that it has: a cache that is filled before it serves is never cold.
pub fn gone(it: &TryRun, strategy: usize, phase: usize, name: &str) -> bool {
    let placed = it.strategies[strategy].get(phase);
    placed.is_some_and(|phase| phase.cell.is_some() && phase.events.iter().all(|event| event.name != name))
}

/// What a try does in the short states in which it was simulated, each kind where it is worst as it is, so that tries that
/// were simulated in more of them are compared by the same.
pub(super) fn gain(run: &AdviceRun, it: &TryRun, strategy: usize) -> ShortGain {
    let base = states(run, &run.tries[0], strategy);
    let after = states(run, it, strategy);
    let mut gain = ShortGain::default();
    for (phase, name) in worst(run, strategy) {
        let is = |state: &&State<'_>| state.phase == phase && state.event.name == name;
        let Some(was) = base.iter().find(is) else { continue };
        let now = match after.iter().find(is) {
            Some(now) => now.names(),
            None if gone(it, strategy, phase, &name) => Vec::new(),
            None => continue,
        };
        let names = (was.names(), now);
        let gone = names.0.iter().filter(|one| !names.1.contains(one));
        gain.turned.extend(gone.map(|one| (name.clone(), one.clone())));
        let new = names.1.iter().filter(|one| !names.0.contains(one));
        gain.opened.extend(new.map(|one| (name.clone(), one.clone())));
        gain.tried.push((phase, name));
    }
    gain
}
