//! Moves, phase by phase, to placements.
//!
//! A workload has a home and, while it is split, shares that have moved. What moved last names the
//! place that a later move without `to` or `platform` means. Not for: finding equal placements
//! (`distinct`).

use std::collections::BTreeSet;

use super::{Arm, Condition, PlacedPhase, Placement};
use crate::scenario::{
    JourneyId, Move, Phase, PlatformId, Request, Scenario, SiteId, Step, StoreId, StoreMove, WorkloadId, WorkloadKind,
    WorkloadMove,
};
use crate::units::{Fraction, Nanos};

/// How long a cold cache takes to warm up when the scenario does not say.
pub const WARM_UP: Nanos = Nanos::from_secs(30 * 60);

/// Shares closer than this to nothing or to all are nothing or all: decimal fractions do not add up exactly.
const NOTHING: f64 = 1e-9;

/// The placements of all phases of one strategy, by its index in [`Scenario::strategies`].
pub fn expand(scenario: &Scenario, strategy: usize) -> Vec<PlacedPhase> {
    let mut state = State::before(scenario);
    scenario.strategies[strategy].phases.iter().map(|phase| state.enter(scenario, phase)).collect()
}

/// A site and a platform.
type Place = (SiteId, PlatformId);

/// Where the parts of one workload are.
struct Split {
    home: Place,
    /// Shares that have moved, in the order in which they first did.
    moved: Vec<(Place, f64)>,
    /// Where the latest move went.
    latest: Place,
}

impl Split {
    /// Applies one move.
    fn apply(&mut self, to: &WorkloadMove) {
        let place = (to.to.unwrap_or(self.latest.0), to.platform.unwrap_or(self.latest.1));
        let share = to.share.0;
        self.latest = place;
        if share >= 1.0 - NOTHING {
            self.home = place;
            self.moved.clear();
            return;
        }
        if place == self.home {
            self.shrink_moved(1.0 - share);
            return;
        }
        match self.moved.iter_mut().find(|(at, _)| *at == place) {
            Some(entry) => entry.1 = share,
            None => self.moved.push((place, share)),
        }
        self.take_excess(place);
    }
    /// Moves back home what is moved beyond `total`, every part in proportion.
    fn shrink_moved(&mut self, total: f64) {
        let now: f64 = self.moved.iter().map(|m| m.1).sum();
        if now > NOTHING {
            self.moved.iter_mut().for_each(|m| m.1 *= total / now);
        }
        self.moved.retain(|m| m.1 > NOTHING);
    }
    /// Where more than all has moved, takes the excess from what moved first, but not from `keep`.
    fn take_excess(&mut self, keep: Place) {
        let mut excess = self.moved.iter().map(|m| m.1).sum::<f64>() - 1.0;
        for entry in self.moved.iter_mut().filter(|m| m.0 != keep) {
            let taken = entry.1.min(excess.max(0.0));
            entry.1 -= taken;
            excess -= taken;
        }
        self.moved.retain(|m| m.1 > NOTHING);
    }
    /// (place, share), what has not moved first; together one.
    fn parts(&self) -> Vec<(Place, f64)> {
        let rest = 1.0 - self.moved.iter().map(|m| m.1).sum::<f64>();
        let home = (rest > NOTHING).then_some((self.home, rest));
        home.into_iter().chain(self.moved.iter().copied()).collect()
    }
}

/// Where everything is.
struct State {
    workloads: Vec<Split>,
    stores: Vec<SiteId>,
    /// The stores that each workload calls.
    calls: Vec<BTreeSet<StoreId>>,
}

impl State {
    fn before(scenario: &Scenario) -> Self {
        let workloads = scenario.workloads.iter().map(|w| {
            let home = (w.site, w.platform);
            Split { home, moved: Vec::new(), latest: home }
        });
        Self {
            workloads: workloads.collect(),
            stores: scenario.stores.iter().map(|s| s.site).collect(),
            calls: (0..scenario.workloads.len()).map(|w| stores_called(scenario, WorkloadId(w))).collect(),
        }
    }
    fn enter(&mut self, scenario: &Scenario, phase: &Phase) -> PlacedPhase {
        for change in &phase.moves {
            match change {
                Move::Workload(to) => self.workloads[to.workload.0].apply(to),
                Move::Store(to) => self.stores[to.store.0] = to.to,
            }
        }
        let placement = self.placement(scenario);
        let with = |condition| Placement { condition, ..placement.clone() };
        let events = phase.moves.iter().filter_map(|change| match change {
            Move::Store(to) => Some(to),
            Move::Workload(_) => None,
        });
        PlacedPhase {
            name: phase.name.clone(),
            lasts: phase.lasts,
            moves: phase.moves.iter().map(|change| in_words(scenario, change)).collect(),
            events: events.flat_map(conditions).map(|(condition, lasts)| (with(condition), lasts)).collect(),
            placement,
        }
    }
    fn placement(&self, scenario: &Scenario) -> Placement {
        let arms = self.workloads.iter().enumerate().flat_map(|(workload, split)| {
            split.parts().into_iter().map(move |((site, platform), share)| Arm {
                workload: WorkloadId(workload),
                site,
                platform,
                share: Fraction(share),
                links: self.links(scenario, workload, site),
            })
        });
        Placement { arms: arms.collect(), stores: self.stores.clone(), condition: Condition::Steady }
    }
    fn links(&self, scenario: &Scenario, workload: usize, site: SiteId) -> Vec<Option<crate::scenario::Link>> {
        let link = |(store, at): (usize, &SiteId)| {
            let called = self.calls[workload].contains(&StoreId(store));
            called.then(|| scenario.links.get(site, *at).cloned()).flatten()
        };
        self.stores.iter().enumerate().map(link).collect()
    }
}

/// The short states that a store's move begins with.
fn conditions(to: &StoreMove) -> Vec<(Condition, Nanos)> {
    let warm_up = if to.warm_up > Nanos::ZERO { to.warm_up } else { WARM_UP };
    let read_only = (to.read_only > Nanos::ZERO).then_some((Condition::ReadOnly(to.store), to.read_only));
    let cold = to.cold.then_some((Condition::Cold(to.store), warm_up));
    read_only.into_iter().chain(cold).collect()
}

/// `web to cloud on kubernetes, 20%`; `main-db to cloud, read-only 10min`.
fn in_words(scenario: &Scenario, change: &Move) -> String {
    match change {
        Move::Workload(to) => {
            let workload = &scenario.workloads[to.workload.0].name;
            let site = to.to.map_or(String::new(), |site| format!(" to {}", scenario.sites[site.0].name));
            let on = to.platform.map_or(String::new(), |on| format!(" on {}", scenario.platforms[on.0].name));
            let share = if to.share.0 < 1.0 { format!(", {}", to.share) } else { String::new() };
            format!("{workload}{site}{on}{share}")
        }
        Move::Store(to) => {
            let (store, site) = (&scenario.stores[to.store.0].name, &scenario.sites[to.to.0].name);
            let read_only = (to.read_only > Nanos::ZERO).then(|| format!(", read-only {}", to.read_only));
            let cold = if to.cold { ", cold" } else { "" };
            format!("{store} to {site}{}{cold}", read_only.unwrap_or_default())
        }
    }
}

/// The stores that a workload's journeys call, misses and transactions included.
pub fn stores_called(scenario: &Scenario, workload: WorkloadId) -> BTreeSet<StoreId> {
    let mut found = BTreeSet::new();
    let mut of = |journey: JourneyId| collect(&scenario.journeys[journey.0].steps, &mut found);
    match &scenario.workloads[workload.0].kind {
        WorkloadKind::Http(http) => http.mix.0.iter().for_each(|(journey, _)| of(*journey)),
        WorkloadKind::Queue(queues) => queues.iter().flat_map(|q| &q.mix.0).for_each(|(journey, _)| of(*journey)),
        WorkloadKind::Cron(jobs) => jobs.iter().for_each(|job| of(job.journey)),
        WorkloadKind::Startup(startup) => of(startup.journey),
    }
    found
}

fn collect(steps: &[Step], found: &mut BTreeSet<StoreId>) {
    for step in steps {
        match step {
            Step::Call(call) => {
                found.insert(call.store);
                if let Request::Get(get) = &call.request {
                    collect(&get.on_miss, found);
                }
            }
            Step::Repeat { steps, .. } => collect(steps, found),
            Step::Parallel(branches) => branches.iter().for_each(|branch| collect(branch, found)),
            Step::Transaction(transaction) => {
                found.insert(transaction.store);
                collect(&transaction.steps, found);
            }
            Step::Think(_) => {}
        }
    }
}

#[cfg(test)]
#[path = "expand_tests.rs"]
mod tests;
