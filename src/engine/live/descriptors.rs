//! File descriptors: raised as far as the system lets us, and counted before they run out.
//!
//! A journey that fails because this process ran out of them would look like one that the store refused.
//! Not for: what stores themselves allow (`max_connections`).

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::engine::EngineError;
use crate::plan::{Plan, limit, portion, width};
use crate::scenario::{ConnectionPolicy, Mix, Scenario, StoreId, StoreKind, WorkloadKind};
use crate::strategy::Arm;

/// A connection through the proxy to a stand-in: the driver's end, two of the proxy's, the stand-in's.
const EACH: u64 = 4;
/// Connections to a store that are not for journeys: probes over each link, and those of the check that are closing.
const OF_PROBES: u64 = 8;
/// Connections that are closing while their successors are open, logs, timers, the runtime.
const OTHERS: u64 = 256;

/// Raises the soft limit of open files to the hard one; where that is refused, it stays.
pub(crate) fn raise() {
    let now = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: now.maximum, maximum: now.maximum };
    // Best effort: `check` says so if what is left is too little.
    let _ = setrlimit(Resource::Nofile, raised);
}

/// Refuses a plan that would need more descriptors than there may be.
pub(super) fn check(scenario: &Scenario, plan: &Plan) -> Result<(), EngineError> {
    let Some(most) = getrlimit(Resource::Nofile).current else { return Ok(()) };
    let needed = needed(scenario, plan);
    if needed <= most {
        return Ok(());
    }
    Err(EngineError::Environment(format!(
        "all workers together may need {needed} open files and the limit is {most}: raise it with `ulimit -n {needed}`, or lower the load with --scale"
    )))
}

/// Descriptors for all connections that may be open at once.
fn needed(scenario: &Scenario, plan: &Plan) -> u64 {
    let stores = (0..scenario.stores.len()).map(StoreId);
    stores.map(|store| connections(scenario, plan, store)).sum::<u64>() * EACH + OTHERS
}

/// Whether a store takes one connection more than all arms may have open there at once.
pub(super) fn room_at(scenario: &Scenario, plan: &Plan, store: StoreId) -> bool {
    let most = match &scenario.stores[store.0].kind {
        StoreKind::Mysql(mysql) => mysql.max_connections,
        StoreKind::Memcached(memcached) => memcached.max_connections,
    };
    connections(scenario, plan, store) + OF_PROBES <= u64::from(most)
}

/// Connections that all arms may have open to a store at once.
fn connections(scenario: &Scenario, plan: &Plan, store: StoreId) -> u64 {
    plan.placement.arms.iter().map(|arm| of_arm(scenario, arm, plan.scale, store)).sum()
}

/// Connections that an arm may have open to a store at once.
fn of_arm(scenario: &Scenario, arm: &Arm, scale: f64, store: StoreId) -> u64 {
    let part = arm.share.0 * scale;
    let one = |journey| Mix(vec![(journey, 1.0)]);
    let of = |workers: u32, mix: &Mix| {
        let width = width::of_mix(scenario, mix, &arm.copies).get(store.0).copied().unwrap_or(0);
        held(scenario, arm, store, u64::from(workers) * width as u64, part)
    };
    match &scenario.workloads[arm.workload.0].kind {
        WorkloadKind::Http(http) => of(limit(http.workers, part), &http.mix),
        WorkloadKind::Queue(queues) => queues.iter().map(|q| of(limit(q.consumers, part), &q.mix)).sum(),
        WorkloadKind::Cron(jobs) => jobs.iter().map(|job| of(portion(job.parallel, part), &one(job.journey))).sum(),
        WorkloadKind::Startup(startup) => of(portion(startup.instances, part), &one(startup.journey)),
    }
}

/// Of the connections that workers would like, those that their policy lets them have.
fn held(scenario: &Scenario, arm: &Arm, store: StoreId, wanted: u64, part: f64) -> u64 {
    let workload = &scenario.workloads[arm.workload.0];
    let policy = match scenario.stores[store.0].kind {
        StoreKind::Mysql(_) => workload.mysql.policy,
        StoreKind::Memcached(_) => workload.memcached.policy,
    };
    match policy {
        ConnectionPolicy::Pool(size) => wanted.min(u64::from(limit(size, part))),
        ConnectionPolicy::PerJourney | ConnectionPolicy::Persistent => wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Windows;
    use crate::plan::fixtures::{get, query, scenario, strategy};
    use crate::strategy::distinct;

    #[test]
    fn every_worker_may_hold_its_connections() {
        // Two web workloads of 8 workers, each with a connection to both stores.
        let mut small = scenario(vec![query(), get(1, 1.0, vec![])]);
        small.strategies = vec![strategy("s", vec![vec![]])];
        let needed_with = |scenario: &Scenario| {
            let placement = distinct(scenario).placements.swap_remove(0).1;
            needed(scenario, &Plan::new(scenario, "x", &placement, 1.0, Windows::default()))
        };
        assert_eq!(needed_with(&small), 2 * 8 * 2 * EACH + OTHERS);
        for workload in &mut small.workloads {
            workload.mysql.policy = ConnectionPolicy::Pool(3);
        }
        assert_eq!(needed_with(&small), 2 * (3 + 8) * EACH + OTHERS);
    }
}
