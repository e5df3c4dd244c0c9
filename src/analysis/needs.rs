//! Workers and connections that a strategy needs, against its first phase and against what is configured.
//!
//! Little's law: as many are busy on average as arrive a second times the time of each. Measured busy workers are that number,
//! unless all of them are busy all the time; then arrivals × mean working time tell how many it would take. Not for: how
//! long anybody waits, which grows long before all are busy.

use std::collections::BTreeMap;

use crate::plan::width;
use crate::runfile::StrategyRun;
use crate::scenario::{ConnectionPolicy, Connections, Mix, Scenario, StoreKind, Workload, WorkloadKind};
use crate::strategy::{Arm, CopyUse, PlacedPhase};

use super::PlacementAnalysis;
use super::arm::ArmAnalysis;
use super::steps::placed;

/// What one strategy needs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Needs {
    /// Busy workers or consumers of each http and queue workload.
    pub workers: Vec<Need>,
    /// Open connections of each store and copy; empty if the scenario does not have the strategy's phases.
    pub connections: Vec<Need>,
}

/// How many are needed of one thing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Need {
    /// The workload or store.
    pub name: String,
    /// On average in the first phase, at the whole load; `None` if it has no numbers.
    pub first: Option<f64>,
    /// On average in the phase with the most; `None` if no phase has numbers.
    pub worst: Option<f64>,
    /// The most at once that was seen (workers) or can be open (connections), in any phase.
    pub most: f64,
    /// How many are configured.
    pub limit: f64,
    /// The highest share of its own limit that an arm or a queue needs on average.
    pub load: f64,
    /// The phase with the most.
    pub phase: String,
    /// What of it exceeds its limit, by name; empty if the limit suffices everywhere that was measured.
    pub short: Vec<String>,
}

impl Need {
    /// More than the first phase needs, where both are known.
    pub fn extra(&self) -> Option<f64> {
        Some((self.worst? - self.first?).max(0.0))
    }
    /// Takes up one phase: on average, the most at once, the load.
    fn add(&mut self, at: usize, phase: &str, (mean, most, load): (f64, f64, f64)) {
        if at == 0 {
            self.first = Some(mean);
        }
        if self.worst.is_none_or(|worst| mean > worst) {
            (self.worst, self.phase) = (Some(mean), phase.into());
        }
        self.most = self.most.max(most);
        self.load = self.load.max(load);
    }
}

impl Needs {
    /// The needs of a strategy's phases (their steady states).
    pub(super) fn of(
        strategy: &StrategyRun,
        placements: &[PlacementAnalysis],
        scenario: &Scenario,
        scale: f64,
    ) -> Self {
        let measured = || {
            let valid = strategy.phases.iter().enumerate().filter_map(|(at, phase)| {
                let placement = &placements[phase.placement?];
                placement.invalid.is_empty().then_some((at, phase.name.as_str(), placement))
            });
            valid.collect::<Vec<_>>()
        };
        let workers = scenario.workloads.iter().enumerate().filter_map(|(index, workload)| {
            let limit = configured(workload)?;
            let mut need = Need { name: workload.name.clone(), limit, ..Need::default() };
            for (at, phase, placement) in measured() {
                let arms = &placement.workloads[index].arms;
                need.add(at, phase, busy(arms, scale));
                need.short.extend(short(workload, arms, scale).into_iter().map(|what| format!("{what} in “{phase}”")));
            }
            Some(need)
        });
        let workers = workers.collect();
        let connections =
            placed(strategy, scenario).map_or(Vec::new(), |placed| Open { scenario, scale }.all(&placed, &measured()));
        Self { workers, connections }
    }
}

/// Workers or consumers that the scenario gives; `None` for what has no arrivals.
fn configured(workload: &Workload) -> Option<f64> {
    match &workload.kind {
        WorkloadKind::Http(http) => Some(f64::from(http.workers)),
        WorkloadKind::Queue(queues) => Some(queues.iter().map(|q| f64::from(q.consumers)).sum()),
        WorkloadKind::Cron(_) | WorkloadKind::Startup(_) => None,
    }
}

/// Busy on average, the most at once, and the highest load of an arm or queue.
fn busy(arms: &[ArmAnalysis], scale: f64) -> (f64, f64, f64) {
    let mean = arms.iter().map(|arm| needed(arm, scale)).sum();
    let most = arms.iter().map(|arm| f64::from(arm.busy.1) / scale).sum();
    let load = |arm: &ArmAnalysis| {
        let queues = arm.queues.iter().filter_map(|q| q.load).map(|l| l.value);
        let all = if arm.busy.2 == 0 { 0.0 } else { needed(arm, scale) * scale / f64::from(arm.busy.2) };
        queues.fold(all, f64::max)
    };
    (mean, most, arms.iter().map(load).fold(0.0, f64::max))
}

/// Workers that an arm needs at the whole load: those that were busy, or those that its arrivals take if all were.
pub(super) fn needed(arm: &ArmAnalysis, scale: f64) -> f64 {
    (arm.busy.0 / scale).max(arm.offered.map_or(0.0, |offered| offered.value))
}

/// The arms and queues whose arrivals take as many workers as there are, or more.
fn short(workload: &Workload, arms: &[ArmAnalysis], scale: f64) -> Vec<String> {
    let full = |need: f64, limit: u32| limit > 0 && need >= f64::from(limit) / scale * 0.99;
    if let WorkloadKind::Queue(_) = workload.kind {
        let over = |queue: &&super::load::QueueFacts| queue.load.is_some_and(|load| load.value >= 0.99);
        return arms.iter().flat_map(|arm| &arm.queues).filter(over).map(|queue| queue.name.clone()).collect();
    }
    let arms = arms.iter().filter(|arm| full(needed(arm, scale), arm.busy.2));
    arms.map(ArmAnalysis::name).collect()
}

/// Connections that a workload's journeys hold at each store if so many of them are going on: the store, how many, how many it
/// allows. Only where they are opened for each journey; pools and kept connections are as many as are configured.
pub(super) fn connections(scenario: &Scenario, workload: &Workload, busy: f64) -> Vec<(String, f64, f64)> {
    let widest = Open { scenario, scale: 1.0 }.widest(workload, &[]);
    let of = |(store, wide): (&crate::scenario::Store, usize)| {
        let (policy, limit) = match &store.kind {
            StoreKind::Mysql(mysql) => (workload.mysql.policy, mysql.max_connections),
            StoreKind::Memcached(memcached) => (workload.memcached.policy, memcached.max_connections),
        };
        let counted = policy == ConnectionPolicy::PerJourney && wide > 0;
        counted.then(|| (store.name.clone(), busy * wide as f64, f64::from(limit)))
    };
    scenario.stores.iter().zip(widest).filter_map(of).collect()
}

/// Counts open connections.
struct Open<'a> {
    scenario: &'a Scenario,
    scale: f64,
}

impl Open<'_> {
    /// Each store and copy, in the scenario's order, if anything ever connects to it.
    fn all(&self, placed: &[PlacedPhase], measured: &[(usize, &str, &PlacementAnalysis)]) -> Vec<Need> {
        let mut needs: BTreeMap<usize, Need> = BTreeMap::new();
        for (at, phase, placement) in measured {
            let stores = self.phase(&placed[*at], placement);
            for (store, (mean, most)) in stores.into_iter().enumerate().filter(|(_, (_, most))| *most > 0.0) {
                let known = &self.scenario.stores[store];
                let limit = f64::from(match &known.kind {
                    StoreKind::Mysql(mysql) => mysql.max_connections,
                    StoreKind::Memcached(memcached) => memcached.max_connections,
                });
                let need =
                    needs.entry(store).or_insert_with(|| Need { name: known.name.clone(), limit, ..Need::default() });
                need.add(*at, phase, (mean, most, mean / limit));
                if most > limit {
                    need.short.push(format!("“{phase}”"));
                }
            }
        }
        needs.into_values().collect()
    }
    /// Open at each store in one phase: on average, and at most.
    fn phase(&self, placed: &PlacedPhase, placement: &PlacementAnalysis) -> Vec<(f64, f64)> {
        let mut open = vec![(0.0, 0.0); self.scenario.stores.len()];
        for (index, workload) in self.scenario.workloads.iter().enumerate() {
            let arms = placed.placement.arms.iter().filter(|arm| arm.workload.0 == index);
            for (arm, seen) in arms.zip(&placement.workloads[index].arms) {
                for (store, add) in self.arm(workload, arm, seen).into_iter().enumerate() {
                    open[store] = (open[store].0 + add.0, open[store].1 + add.1);
                }
            }
        }
        open
    }
    /// Open by one arm: a worker has as many as its widest journey takes, for the journey or for good.
    fn arm(&self, workload: &Workload, arm: &Arm, seen: &ArmAnalysis) -> Vec<(f64, f64)> {
        let widest = self.widest(workload, &arm.copies);
        let (mean, most) = (needed(seen, self.scale), f64::from(seen.busy.1) / self.scale);
        let limit = f64::from(seen.busy.2) / self.scale;
        let of = |(store, wide): (usize, usize)| {
            let Connections { policy, .. } = match self.scenario.stores[store].kind {
                StoreKind::Mysql(_) => workload.mysql,
                StoreKind::Memcached(_) => workload.memcached,
            };
            let wide = wide as f64;
            match policy {
                _ if wide == 0.0 => (0.0, 0.0),
                ConnectionPolicy::PerJourney => (mean.min(limit) * wide, most * wide),
                ConnectionPolicy::Persistent => (limit * wide, limit * wide),
                ConnectionPolicy::Pool(size) => (f64::from(size), f64::from(size)),
            }
        };
        widest.into_iter().enumerate().map(of).collect()
    }
    /// Connections of its widest journey to each store.
    fn widest(&self, workload: &Workload, copies: &[CopyUse]) -> Vec<usize> {
        let mixes: Vec<Mix> = match &workload.kind {
            WorkloadKind::Http(http) => vec![http.mix.clone()],
            WorkloadKind::Queue(queues) => queues.iter().map(|q| q.mix.clone()).collect(),
            WorkloadKind::Cron(jobs) => jobs.iter().map(|j| Mix(vec![(j.journey, 1.0)])).collect(),
            WorkloadKind::Startup(startup) => vec![Mix(vec![(startup.journey, 1.0)])],
        };
        let mut widest = vec![0; self.scenario.stores.len()];
        for mix in &mixes {
            for (store, wide) in width::of_mix(self.scenario, mix, copies).into_iter().enumerate() {
                widest[store] = wide.max(widest[store]);
            }
        }
        widest
    }
}
