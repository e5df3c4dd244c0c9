//! Moves, phase by phase, to placements.
//!
//! A workload has a home and, while it is split, shares that have moved. What moved last names the
//! place that a later move without `to` or `platform` means. Not for: finding equal placements
//! (`distinct`).

use std::collections::BTreeSet;

use super::copies::targets;
use super::{Arm, Condition, CopyUse, PlacedPhase, Placement};
use crate::plan::{day, restart};
use crate::scenario::{
    CopyMove, JourneyId, Link, Move, Phase, PlatformId, Request, Scenario, SiteId, Step, StoreId, StoreKind, StoreMove,
    WorkloadId, WorkloadKind, WorkloadMove,
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
    /// Copies that there are.
    copies: Vec<CopyUse>,
    /// The stores that each workload calls, copies apart.
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
            copies: Vec::new(),
            calls: (0..scenario.workloads.len()).map(|w| stores_called(scenario, WorkloadId(w), &[])).collect(),
        }
    }
    fn enter(&mut self, scenario: &Scenario, phase: &Phase) -> PlacedPhase {
        let mut moves = Vec::new();
        for change in &phase.moves {
            moves.push(self.in_words(scenario, change));
            match change {
                Move::Workload(to) => self.workloads[to.workload.0].apply(to),
                Move::Store(to) => {
                    self.stores[to.store.0] = to.to;
                    // What has a copy there is there itself now.
                    self.copies.retain(|it| it.of != to.store || scenario.stores[it.copy.0].site != to.to);
                }
                Move::Copy(CopyMove { of, copy, lag, pinned, .. }) => {
                    self.copies.retain(|it| it.copy != *copy);
                    self.copies.push(CopyUse { of: *of, copy: *copy, lag: *lag, pinned: *pinned });
                }
            }
        }
        let placement = self.placement(scenario);
        let with = |condition| Placement { condition, ..placement.clone() };
        PlacedPhase {
            name: phase.name.clone(),
            lasts: phase.lasts,
            moves,
            events: phase
                .moves
                .iter()
                .flat_map(|change| conditions(scenario, change))
                .chain(restarts(scenario, &placement, phase.lasts))
                .chain(quarters(scenario))
                .map(|(condition, lasts)| (with(condition), lasts))
                .collect(),
            placement,
        }
    }
    /// A move before it is made, see [`in_words`].
    fn in_words(&self, scenario: &Scenario, change: &Move) -> String {
        let Move::Workload(to) = change else { return in_words(scenario, change) };
        let split = &self.workloads[to.workload.0];
        let place = (to.to.unwrap_or(split.latest.0), to.platform.unwrap_or(split.latest.1));
        // A further share goes where one went before: what differs is told against where it comes from.
        let from = if place == split.latest { split.home } else { split.latest };
        let (site, platform) = (from.0 != place.0, from.1 != place.1);
        let neither = !site && !platform;
        let told = WorkloadMove {
            to: Some(place.0).filter(|_| site || neither),
            platform: Some(place.1).filter(|_| platform || neither),
            ..to.clone()
        };
        in_words(scenario, &Move::Workload(told))
    }
    fn placement(&self, scenario: &Scenario) -> Placement {
        let arms = self.workloads.iter().enumerate().flat_map(|(workload, split)| {
            split.parts().into_iter().map(move |((site, platform), share)| {
                let copies = self.copies_at(scenario, workload, site);
                Arm {
                    workload: WorkloadId(workload),
                    site,
                    platform,
                    share: Fraction(share),
                    links: self.links(scenario, workload, site, &copies),
                    copies,
                }
            })
        });
        Placement { arms: arms.collect(), stores: self.stores.clone(), condition: Condition::Steady }
    }
    /// The copies at a site of what a workload calls.
    fn copies_at(&self, scenario: &Scenario, workload: usize, site: SiteId) -> Vec<CopyUse> {
        let here = |it: &&CopyUse| scenario.stores[it.copy.0].site == site && self.calls[workload].contains(&it.of);
        self.copies.iter().filter(here).copied().collect()
    }
    fn links(&self, scenario: &Scenario, workload: usize, site: SiteId, copies: &[CopyUse]) -> Vec<Option<Link>> {
        let with_copies = (!copies.is_empty()).then(|| stores_called(scenario, WorkloadId(workload), copies));
        let called = with_copies.as_ref().unwrap_or(&self.calls[workload]);
        let link = |(store, at): (usize, &SiteId)| {
            called.contains(&StoreId(store)).then(|| scenario.links.get(site, *at).cloned()).flatten()
        };
        self.stores.iter().enumerate().map(link).collect()
    }
}

/// The short states that a move begins with.
fn conditions(scenario: &Scenario, change: &Move) -> Vec<(Condition, Nanos)> {
    let (read_only, cold) = match change {
        Move::Workload(_) => (None, None),
        Move::Store(StoreMove { store, read_only, cold, warm_up, .. }) => {
            let refused = (*read_only > Nanos::ZERO).then_some((Condition::ReadOnly(*store), *read_only));
            (refused, cold.then_some((*store, *warm_up)))
        }
        Move::Copy(CopyMove { copy, warm_up, .. }) => {
            let cache = matches!(scenario.stores[copy.0].kind, StoreKind::Memcached(_));
            (None, cache.then_some((*copy, *warm_up)))
        }
    };
    let cold = cold.map(|(store, warm_up)| {
        let warm_up = if warm_up > Nanos::ZERO { warm_up } else { WARM_UP };
        (Condition::Cold(store, warm_up), warm_up)
    });
    read_only.into_iter().chain(cold).collect()
}

/// The platforms that restart in a phase of this length while somebody serves on them, with about how long it takes.
fn restarts(scenario: &Scenario, placement: &Placement, lasts: Nanos) -> Vec<(Condition, Nanos)> {
    let platforms = scenario.platforms.iter().enumerate().map(|(id, platform)| (PlatformId(id), platform));
    let restarting = platforms.filter(|(id, platform)| {
        let serves = placement.arms.iter().any(|arm| restart::concerns(scenario, arm, *id));
        serves && platform.restart.as_ref().is_some_and(|restart| restart.every <= lasts)
    });
    restarting.map(|(id, _)| (Condition::Restarting(id), restart::length(scenario, placement, id, 1.0))).collect()
}

/// The quarters of a day, where arrivals have a daily shape.
fn quarters(scenario: &Scenario) -> Vec<(Condition, Nanos)> {
    let quarters = if day::is_shaped(scenario) { day::QUARTERS } else { 0 };
    (0..quarters).map(|quarter| (Condition::Quarter(quarter), day::LASTS)).collect()
}

/// `web to cloud on kubernetes, 20%`, of site and platform what changes; `main-db to cloud, read-only 10min`.
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
        Move::Copy(it) => {
            let (of, copy) = (&scenario.stores[it.of.0].name, &scenario.stores[it.copy.0]);
            let lag = (it.lag > Nanos::ZERO).then(|| format!(", lag {}", it.lag));
            let pinned = (it.pinned.0 > 0.0).then(|| format!(", {} pinned", it.pinned));
            let site = &scenario.sites[copy.site.0].name;
            format!("copy of {of} at {site}{}{}", lag.unwrap_or_default(), pinned.unwrap_or_default())
        }
    }
}

/// The stores that a workload's journeys may call with these copies, misses and transactions included.
pub fn stores_called(scenario: &Scenario, workload: WorkloadId, copies: &[CopyUse]) -> BTreeSet<StoreId> {
    let mut called = Called { copies, inside: Vec::new(), found: BTreeSet::new() };
    let mut of = |journey: JourneyId| called.steps(&scenario.journeys[journey.0].steps);
    match &scenario.workloads[workload.0].kind {
        WorkloadKind::Http(http) => http.mix.0.iter().for_each(|(journey, _)| of(*journey)),
        WorkloadKind::Queue(queues) => queues.iter().flat_map(|q| &q.mix.0).for_each(|(journey, _)| of(*journey)),
        WorkloadKind::Cron(jobs) => jobs.iter().for_each(|job| of(job.journey)),
        WorkloadKind::Startup(startup) => of(startup.journey),
    }
    called.found
}

struct Called<'a> {
    copies: &'a [CopyUse],
    /// Stores with an open transaction.
    inside: Vec<StoreId>,
    found: BTreeSet<StoreId>,
}

impl Called<'_> {
    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Call(call) => {
                    self.found.extend(targets(self.copies, call.store, &call.request, &self.inside));
                    if let Request::Get(get) = &call.request {
                        self.steps(&get.on_miss);
                    }
                }
                Step::Repeat { steps, .. } => self.steps(steps),
                Step::Parallel(branches) => branches.iter().for_each(|branch| self.steps(branch)),
                Step::Transaction(transaction) => {
                    self.found.insert(transaction.store);
                    self.inside.push(transaction.store);
                    self.steps(&transaction.steps);
                    self.inside.pop();
                }
                Step::Think(_) => {}
            }
        }
    }
}

#[cfg(test)]
#[path = "expand_tests.rs"]
mod tests;
