//! Tries become cells: what is the same placement of the same load is simulated once, whatever led to it.
//!
//! Not for: which tries (`search`), performing them (who calls).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::plan::{Windows, horizon};
use crate::runfile::advice::{AdviceRun, CellRun, TryPhase, TryRun};
use crate::scenario::Scenario;
use crate::strategy::{Distinct, Placement, distinct};

/// A placement that is to be simulated.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The scenario, rewritten.
    pub scenario: Arc<Scenario>,
    /// What a reader should call it.
    pub label: String,
    /// Where everything is.
    pub placement: Placement,
    /// How long.
    pub windows: Windows,
}

/// Why a search ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Whoever performs was asked to stop, or could not; they know why.
    Stopped,
    /// The budget is spent.
    Spent,
}

/// Who simulates: one cell for each, in the same order; `Err` if they were stopped.
pub type Perform<'a> = &'a mut dyn FnMut(&[Wanted]) -> Result<Vec<CellRun>, Ended>;

/// What is tried.
pub(super) struct Idea {
    pub(super) set: Vec<usize>,
    pub(super) reordered: Option<usize>,
    pub(super) scenario: Arc<Scenario>,
    pub(super) what: String,
}

/// Which phases are simulated: the idea (its number), strategy, phase, and whether its placement is another than as it is.
pub(super) type Which<'a> = &'a dyn Fn(usize, usize, usize, bool) -> bool;

/// Where tries are made.
pub(super) struct Bench<'a> {
    pub(super) run: AdviceRun,
    known: BTreeMap<String, usize>,
    perform: Perform<'a>,
    scale: f64,
    /// The windows of each phase, as the scenario as it is needs them.
    windows: Vec<Vec<Windows>>,
    /// Exchanges that may still be simulated.
    left: f64,
    /// Of these, what is kept for later.
    kept_back: f64,
}

/// An idea with its placements.
struct Ready {
    it: TryRun,
    scenario: Arc<Scenario>,
    what: String,
    all: Distinct,
}

impl<'a> Bench<'a> {
    /// With windows for `each` exchanges of one whole scenario, and `left` for all.
    pub(super) fn new(
        run: AdviceRun,
        scenario: &Scenario,
        perform: Perform<'a>,
        scale: f64,
        each: f64,
        left: f64,
    ) -> Self {
        let all = distinct(scenario);
        let steady = |at: usize| all.strategies.iter().flatten().any(|phase| phase.placement == at);
        let used: Vec<usize> = (0..all.placements.len()).filter(|at| steady(*at)).collect();
        let placements: Vec<&Placement> = used.iter().map(|at| &all.placements[*at].1).collect();
        let horizons = horizon::horizons(scenario, &placements, scale, each, None);
        let of = |at: usize| {
            let index = used.iter().position(|used| *used == at);
            index.map_or_else(Windows::default, |index| horizons[index].windows)
        };
        let windows = all.strategies.iter().map(|phases| phases.iter().map(|phase| of(phase.placement)).collect());
        Self { windows: windows.collect(), run, known: BTreeMap::new(), perform, scale, left, kept_back: 0.0 }
    }

    /// Keeps so many exchanges for later.
    pub(super) fn keep_back(&mut self, exchanges: f64) {
        self.kept_back = exchanges;
    }

    /// Simulates the phases of some ideas; the indices of their tries.
    ///
    /// A try that is there already is extended instead of made anew.
    pub(super) fn tries(&mut self, ideas: &[Idea], which: Which<'_>) -> Result<Vec<usize>, Ended> {
        let base = ideas.iter().any(|idea| !idea.set.is_empty() || idea.reordered.is_some());
        let known = if base { self.run.tries.first().cloned() } else { None };
        let mut ready: Vec<Ready> = ideas.iter().map(Self::ready).collect();
        let mut wanted: Vec<(String, Wanted)> = Vec::new();
        let mut places: Vec<(usize, usize, usize, String)> = Vec::new();
        for (index, it) in ready.iter().enumerate() {
            for (s, phases) in it.all.strategies.iter().enumerate() {
                for (p, phase) in phases.iter().enumerate() {
                    let (label, placement) = &it.all.placements[phase.placement];
                    let windows = self.windows_for(&it.scenario, placement, (s, p));
                    let key = key(&it.scenario, placement, windows);
                    let same = known.as_ref().and_then(|base| base.strategies[s].get(p)?.cell)
                        == self.known.get(&key).copied();
                    if !which(index, s, p, !same || !self.known.contains_key(&key)) {
                        continue;
                    }
                    if !self.known.contains_key(&key) && !wanted.iter().any(|(known, _)| *known == key) {
                        let label = if it.what.is_empty() { label.clone() } else { format!("{}, {label}", it.what) };
                        let it =
                            Wanted { scenario: Arc::clone(&it.scenario), label, placement: placement.clone(), windows };
                        wanted.push((key.clone(), it));
                    }
                    places.push((index, s, p, key));
                }
            }
        }
        self.simulate(wanted)?;
        for (index, s, p, key) in places {
            ready[index].it.strategies[s][p].cell = self.known.get(&key).copied();
        }
        Ok(ready.into_iter().map(|ready| self.keep(ready.it)).collect())
    }

    fn windows_for(&self, scenario: &Scenario, placement: &Placement, (s, p): (usize, usize)) -> Windows {
        let base = self.windows[s].get(p).copied().unwrap_or_default();
        let own = horizon::horizons(scenario, &[placement], self.scale, f64::INFINITY, Some(base.measure));
        let own = own.first().map_or(base, |own| own.windows);
        // The same arrivals are recorded, unless what is tried needs longer to settle.
        Windows { warm_up: base.warm_up.max(own.warm_up), drain: base.drain.max(own.drain), ..base }
    }

    fn ready(idea: &Idea) -> Ready {
        let all = distinct(&idea.scenario);
        let phase = |phase: &crate::strategy::PhaseRef| TryPhase {
            name: phase.phase.name.clone(),
            lasts_ns: phase.phase.lasts.0,
            moves: phase.phase.moves.clone(),
            cell: None,
        };
        let strategies = all.strategies.iter().map(|phases| phases.iter().map(phase).collect()).collect();
        let it = TryRun { set: idea.set.clone(), reordered: idea.reordered, strategies };
        Ready { it, scenario: Arc::clone(&idea.scenario), what: idea.what.clone(), all }
    }

    fn simulate(&mut self, wanted: Vec<(String, Wanted)>) -> Result<(), Ended> {
        let calls = |it: &Wanted| {
            let own = horizon::horizons(&it.scenario, &[&it.placement], self.scale, 1.0, Some(it.windows.measure));
            own.first().map_or(0.0, |own| own.calls)
        };
        let cost: f64 = wanted.iter().map(|(_, it)| calls(it)).sum();
        if cost > self.left - self.kept_back && !self.run.cells.is_empty() {
            return Err(Ended::Spent);
        }
        self.left -= cost;
        let (keys, wanted): (Vec<String>, Vec<Wanted>) = wanted.into_iter().unzip();
        if wanted.is_empty() {
            return Ok(());
        }
        let windows = &mut self.run.provenance.windows;
        for it in &wanted {
            windows.warm_up_ns = windows.warm_up_ns.max(it.windows.warm_up.0);
            windows.measure_ns = windows.measure_ns.max(it.windows.measure.0);
            windows.drain_ns = windows.drain_ns.max(it.windows.drain.0);
        }
        for (key, cell) in keys.into_iter().zip((self.perform)(&wanted)?) {
            self.known.insert(key, self.run.cells.len());
            self.run.cells.push(cell);
        }
        Ok(())
    }

    fn keep(&mut self, it: TryRun) -> usize {
        let same = |known: &TryRun| known.set == it.set && known.reordered == it.reordered;
        let Some(at) = self.run.tries.iter().position(same) else {
            self.run.tries.push(it);
            return self.run.tries.len() - 1;
        };
        let phases = self.run.tries[at].strategies.iter_mut().flatten();
        for (known, new) in phases.zip(it.strategies.iter().flatten()) {
            known.cell = known.cell.or(new.cell);
        }
        at
    }
}

/// Everything that a simulation of a placement depends on.
fn key(scenario: &Scenario, placement: &Placement, windows: Windows) -> String {
    let mut key = format!("{windows:?} {:?} {:?} {:?}", scenario.journeys, scenario.platforms, placement.condition);
    for workload in &scenario.workloads {
        let _ = write!(key, " {:?} {:?} {:?}", workload.kind, workload.mysql, workload.memcached);
    }
    for arm in &placement.arms {
        let _ = write!(key, " {:?} {} {:?} {:?}", arm.workload, arm.share, arm.platform, arm.copies);
        for (at, link) in arm.links.iter().enumerate().filter_map(|(at, link)| Some((at, link.as_ref()?))) {
            let ends = (arm.site.min(placement.stores[at]), arm.site.max(placement.stores[at]));
            let ends = link.bandwidth.map(|_| ends);
            let _ = write!(key, " {:?} {link:?} {ends:?}", scenario.stores[at].kind);
        }
    }
    key
}
