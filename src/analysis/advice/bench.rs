//! Tries become cells: what is the same placement of the same load is simulated once, whatever led to it.
//!
//! Not for: which tries (`search`), performing them (who calls).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::plan::Windows;
use crate::plan::horizon::{self, Horizon};
use crate::runfile::advice::{AdviceRun, CellRun, CheckRun, TryEvent, TryPhase, TryRun};
use crate::scenario::{PlatformId, Scenario};
use crate::strategy::{Condition, Distinct, PhaseRef, Placement, distinct};
use crate::units::Nanos;

/// The exchanges of one short state of a changed scenario: this part of those of a whole simulation.
const SHORT_MOST: f64 = 8.0;

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
#[derive(Clone)]
pub(super) struct Idea {
    pub(super) set: Vec<usize>,
    pub(super) reordered: Option<usize>,
    pub(super) scenario: Arc<Scenario>,
    pub(super) what: String,
}

/// What could be simulated of an idea.
pub(super) struct Spot<'a> {
    /// The idea, by its number.
    pub(super) idea: usize,
    pub(super) strategy: usize,
    pub(super) phase: usize,
    /// A short state of the phase, by name; `None` is the phase itself.
    pub(super) event: Option<&'a str>,
    /// Its placement is another than as it is; asked with `true` first, when nobody knows yet.
    pub(super) changed: bool,
}

/// What is simulated.
pub(super) type Which<'a> = &'a dyn Fn(&Spot<'_>) -> bool;

/// Where tries are made.
pub(super) struct Bench<'a> {
    pub(super) run: AdviceRun,
    known: BTreeMap<String, usize>,
    perform: Perform<'a>,
    scale: f64,
    /// The windows of each phase, as the scenario as it is needs them.
    windows: Vec<Vec<Windows>>,
    /// The windows of each phase that `simulate` takes.
    longest: Vec<Vec<Windows>>,
    /// The windows of short states.
    short: BTreeMap<ShortName, Short>,
    /// No short state of a changed scenario takes more exchanges.
    short_most: f64,
    /// Exchanges that may still be simulated.
    left: f64,
    /// Of these, what is kept for later.
    kept_back: f64,
}

/// A phase of the scenario as it is that got longer windows: those and the cell that it had.
pub(super) struct Lengthened {
    s: usize,
    p: usize,
    windows: Windows,
    cell: usize,
}

/// Objectives about which nobody can tell: workload and check, by number.
fn untold(cell: &CellRun) -> impl Iterator<Item = (usize, usize)> + '_ {
    let checks = cell.workloads.iter().enumerate();
    let all = checks.flat_map(|(w, it)| it.checks.iter().enumerate().map(move |(c, check)| (w, c, check)));
    all.filter(|(.., check)| check.verdict == "cannot tell").map(|(w, c, _)| (w, c))
}

/// An idea with its placements.
struct Ready {
    it: TryRun,
    scenario: Arc<Scenario>,
    what: String,
    all: Distinct,
}

impl<'a> Bench<'a> {
    /// With windows for `each` exchanges of one whole scenario, those of its short states as `simulate` with so many for
    /// all has them, and `left` for everything.
    pub(super) fn new(
        run: AdviceRun,
        scenario: &Scenario,
        perform: Perform<'a>,
        scale: f64,
        (each, simulate, left): (f64, f64, f64),
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
        let by_phase = |of: &dyn Fn(usize) -> Windows| {
            all.strategies.iter().map(|phases| phases.iter().map(|phase| of(phase.placement)).collect()).collect()
        };
        let placements: Vec<&Placement> = all.placements.iter().map(|(_, placement)| placement).collect();
        let whole = horizon::horizons(scenario, &placements, scale, simulate, None);
        let alone = |placement: &Placement| alone(scenario, placement, scale, simulate / SHORT_MOST);
        Self {
            windows: by_phase(&of),
            longest: by_phase(&|at| whole[at].windows),
            short: short_windows(scenario, &all, &whole, &alone),
            short_most: simulate / SHORT_MOST,
            run,
            known: BTreeMap::new(),
            perform,
            scale,
            left,
            kept_back: 0.0,
        }
    }

    /// Takes longer windows, as `simulate` has them, for phases of the scenario as it is in which nobody can tell about an
    /// objective; gives those, which are to be simulated again then.
    pub(super) fn lengthen(&mut self) -> Vec<Lengthened> {
        let Self { run: AdviceRun { tries, cells, .. }, windows, longest, .. } = self;
        let mut all = Vec::new();
        for (s, phases) in tries.first_mut().into_iter().flat_map(|base| base.strategies.iter_mut().enumerate()) {
            for (p, phase) in phases.iter_mut().enumerate() {
                let Some(cell) = phase.cell.filter(|cell| untold(&cells[*cell]).next().is_some()) else { continue };
                if longest[s][p].measure > windows[s][p].measure {
                    all.push(Lengthened { s, p, windows: windows[s][p], cell });
                    windows[s][p] = longest[s][p];
                    phase.cell = None;
                }
            }
        }
        all
    }

    /// Goes back to the shorter windows where nothing is missed that nobody could tell: what is tried there need not tell it
    /// anew, and would cost many times as much. What was told now stands in the shorter one's place.
    pub(super) fn settle(&mut self, lengthened: Vec<Lengthened>) {
        for Lengthened { s, p, windows, cell } in lengthened {
            let Some(phase) = self.run.tries.first_mut().and_then(|base| base.strategies[s].get_mut(p)) else {
                continue;
            };
            let Some(longer) = phase.cell.map(|longer| self.run.cells[longer].clone()) else { continue };
            let told: Vec<CheckRun> = {
                let of = |(w, c): (usize, usize)| longer.workloads.get(w)?.checks.get(c).cloned();
                untold(&self.run.cells[cell]).filter_map(of).collect()
            };
            if told.iter().any(|check| check.verdict == "missed") {
                continue;
            }
            let places: Vec<(usize, usize)> = untold(&self.run.cells[cell]).collect();
            for ((w, c), check) in places.into_iter().zip(told) {
                self.run.cells[cell].workloads[w].checks[c] = check;
            }
            phase.cell = Some(cell);
            self.windows[s][p] = windows;
        }
    }

    /// Keeps so many exchanges for later.
    pub(super) fn keep_back(&mut self, exchanges: f64) {
        self.kept_back = exchanges;
    }

    /// Simulates the phases of some ideas; the indices of their tries.
    ///
    /// A try that is there already is extended instead of made anew.
    pub(super) fn tries(&mut self, ideas: &[Idea], which: Which<'_>) -> Result<Vec<usize>, Ended> {
        let base = ideas.iter().all(|idea| idea.set.is_empty() && idea.reordered.is_none());
        let known = if base { None } else { self.run.tries.first().cloned() };
        let mut ready: Vec<Ready> = ideas.iter().map(Self::ready).collect();
        let mut wanted: Vec<(String, Wanted)> = Vec::new();
        let mut places: Vec<(usize, Place, String)> = Vec::new();
        for (index, it) in ready.iter().enumerate() {
            for place in it.places() {
                let (label, placement) = &it.all.placements[place.placement];
                let event = place.event.map(|at| it.it.strategies[place.s][place.p].events[at].name.as_str());
                let spot = Spot { idea: index, strategy: place.s, phase: place.p, event, changed: true };
                if !which(&spot) {
                    continue;
                }
                let windows = self.windows_for(&it.scenario, placement, (place.s, place.p), event);
                let key = key(&it.scenario, placement, windows);
                let was = known.as_ref().and_then(|base| cell_of(base, place.s, place.p, event));
                let changed = was != self.known.get(&key).copied() || !self.known.contains_key(&key);
                if !which(&Spot { changed, ..spot }) {
                    continue;
                }
                if !self.known.contains_key(&key) && !wanted.iter().any(|(known, _)| *known == key) {
                    let of = [it.what.as_str(), label.as_str(), event.unwrap_or_default()];
                    let label = of.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
                    let placement = placement.clone();
                    let it = Wanted { scenario: Arc::clone(&it.scenario), label, placement, windows };
                    wanted.push((key.clone(), it));
                }
                places.push((index, place, key));
            }
        }
        self.simulate(wanted, base)?;
        for (index, place, key) in places {
            let cell = self.known.get(&key).copied();
            let phase = &mut ready[index].it.strategies[place.s][place.p];
            match place.event {
                Some(at) => phase.events[at].cell = cell,
                None => phase.cell = cell,
            }
        }
        Ok(ready.into_iter().map(|ready| self.keep(ready.it)).collect())
    }

    fn windows_for(
        &self,
        scenario: &Scenario,
        placement: &Placement,
        (s, p): (usize, usize),
        event: Option<&str>,
    ) -> Windows {
        let own = |measure| {
            let all = horizon::horizons(scenario, &[placement], self.scale, self.short_most, measure);
            all.first().map_or_else(Windows::default, |own| own.windows)
        };
        let base = match event {
            Some(name) => match self.short.get(&(s, p, name.to_owned())) {
                // A restart ends when it does, and later or sooner by what is tried.
                Some(base) if placement.restarts() => {
                    let own = own(None);
                    return if own == base.alone { base.windows } else { own };
                }
                Some(base) => base.windows,
                // Only the changed scenario has it.
                None => return own(None),
            },
            None => self.windows[s].get(p).copied().unwrap_or_default(),
        };
        let own = own(Some(base.measure));
        // The same arrivals are recorded, unless what is tried needs longer to settle.
        Windows { warm_up: base.warm_up.max(own.warm_up), drain: base.drain.max(own.drain), ..base }
    }

    fn ready(idea: &Idea) -> Ready {
        let all = distinct(&idea.scenario);
        let event = |(placement, lasts): &(Placement, Nanos)| TryEvent {
            name: placement.condition_name(&idea.scenario),
            lasts_ns: lasts.0,
            every_ns: placement.condition.every(&idea.scenario),
            cell: None,
        };
        let phase = |phase: &PhaseRef| TryPhase {
            name: phase.phase.name.clone(),
            lasts_ns: phase.phase.lasts.0,
            moves: phase.phase.moves.clone(),
            cell: None,
            events: phase.phase.events.iter().filter(|(it, _)| it.condition.is_short()).map(event).collect(),
        };
        let strategies = all.strategies.iter().map(|phases| phases.iter().map(phase).collect()).collect();
        let it = TryRun { set: idea.set.clone(), reordered: idea.reordered, strategies };
        Ready { it, scenario: Arc::clone(&idea.scenario), what: idea.what.clone(), all }
    }

    /// Simulates what the budget reaches for; with `anyway` what costs nothing of it: without the scenario as it is there is
    /// nothing to compare, and the search is what is bounded.
    fn simulate(&mut self, wanted: Vec<(String, Wanted)>, anyway: bool) -> Result<(), Ended> {
        let calls = |it: &Wanted| {
            let own = horizon::horizons(&it.scenario, &[&it.placement], self.scale, 1.0, Some(it.windows.measure));
            own.first().map_or(0.0, |own| own.calls)
        };
        let cost: f64 = wanted.iter().map(|(_, it)| calls(it)).sum();
        if !anyway {
            if cost > self.left - self.kept_back {
                return Err(Ended::Spent);
            }
            self.left -= cost;
        }
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
            for (known, new) in known.events.iter_mut().zip(&new.events) {
                known.cell = known.cell.or(new.cell);
            }
        }
        at
    }
}

/// One of an idea's placements: strategy, phase, its short state by number, and which it is.
struct Place {
    s: usize,
    p: usize,
    event: Option<usize>,
    placement: usize,
}

impl Ready {
    /// Phases and their short states.
    fn places(&self) -> Vec<Place> {
        let mut all = Vec::new();
        for (s, phases) in self.all.strategies.iter().enumerate() {
            for (p, phase) in phases.iter().enumerate() {
                all.push(Place { s, p, event: None, placement: phase.placement });
                let events = phase.phase.events.iter().zip(&phase.events);
                let events = events.filter(|((it, _), _)| it.condition.is_short()).enumerate();
                all.extend(events.map(|(at, (_, placement))| Place { s, p, event: Some(at), placement: *placement }));
            }
        }
        all
    }
}

/// What a try has of a phase, or of its short state of this name.
fn cell_of(it: &TryRun, s: usize, p: usize, event: Option<&str>) -> Option<usize> {
    let phase = it.strategies[s].get(p)?;
    match event {
        Some(name) => phase.events.iter().find(|event| event.name == name)?.cell,
        None => phase.cell,
    }
}

/// The windows of a short state as it is.
struct Short {
    /// Those that `simulate` takes, so that both see the same.
    windows: Windows,
    /// Those that it would have if it were simulated alone.
    alone: Windows,
}

/// Strategy, phase and the name of a short state.
type ShortName = (usize, usize, String);

/// The windows of a placement that has so many exchanges for itself.
fn alone(scenario: &Scenario, placement: &Placement, scale: f64, exchanges: f64) -> Windows {
    let all = horizon::horizons(scenario, &[placement], scale, exchanges, None);
    all.first().map_or_else(Windows::default, |own| own.windows)
}

/// The windows of all short states of a scenario whose placements are simulated so.
fn short_windows(
    scenario: &Scenario,
    all: &Distinct,
    whole: &[Horizon],
    alone: &dyn Fn(&Placement) -> Windows,
) -> BTreeMap<ShortName, Short> {
    let of = |(_, it): &(String, Placement)| it.condition.is_short().then(|| alone(it));
    let alone: Vec<Option<Windows>> = all.placements.iter().map(of).collect();
    let mut found = BTreeMap::new();
    for (s, phases) in all.strategies.iter().enumerate() {
        for (p, phase) in phases.iter().enumerate() {
            for ((placement, _), at) in phase.phase.events.iter().zip(&phase.events) {
                if let Some(alone) = alone[*at] {
                    let windows = whole[*at].windows;
                    found.insert((s, p, placement.condition_name(scenario)), Short { windows, alone });
                }
            }
        }
    }
    found
}

/// Everything that a simulation of a placement depends on.
fn key(scenario: &Scenario, placement: &Placement, windows: Windows) -> String {
    let mut key = format!("{windows:?} {:?} {:?}", scenario.journeys, placement.condition);
    for (at, platform) in scenario.platforms.iter().enumerate() {
        // How a platform restarts matters while it does.
        let restarts = placement.condition == Condition::Restarting(PlatformId(at));
        let restart = platform.restart.as_ref().filter(|_| restarts);
        let _ = write!(key, " {} {restart:?}", platform.overhead);
    }
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
