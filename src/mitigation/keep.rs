//! Keeping connections, whoever keeps them: which sides change, and how many connections that takes. Not for: what
//! connections cost a journey (`trips`).

use std::collections::BTreeSet;

use crate::plan::width;
use crate::scenario::{
    ConnectionPolicy, Connections, JourneyId, Mix, OnReuse, Scenario, StoreKind, Workload, WorkloadId, WorkloadKind,
    trips,
};
use crate::strategy::stores_called;

/// Workloads that open a connection for each journey to a store that they call.
pub(super) fn per_journey(scenario: &Scenario) -> Vec<WorkloadId> {
    let all = (0..scenario.workloads.len()).map(WorkloadId);
    all.filter(|id| changed(scenario, *id, ConnectionPolicy::Persistent, OnReuse::Nothing, closes).is_some()).collect()
}

/// Whether connections end with their journey.
pub(super) fn closes(policy: ConnectionPolicy) -> bool {
    policy == ConnectionPolicy::PerJourney
}

/// The scenario with another policy on the sides that a workload uses and that `which` chooses; `None` if there are none.
///
/// A side that kept its connections before goes on taking them up as it did.
pub(super) fn changed(
    scenario: &Scenario,
    id: WorkloadId,
    policy: ConnectionPolicy,
    on_reuse: OnReuse,
    which: impl Fn(ConnectionPolicy) -> bool,
) -> Option<Scenario> {
    let called = stores_called(scenario, id, &[]);
    let mysql = |store: &usize| matches!(scenario.stores[*store].kind, StoreKind::Mysql(_));
    let (sql, cache): (BTreeSet<usize>, BTreeSet<usize>) = called.iter().map(|store| store.0).partition(mysql);
    let mut after = scenario.clone();
    let workload = &mut after.workloads[id.0];
    let mut any = false;
    for (used, side, on_reuse) in [
        (!sql.is_empty(), &mut workload.mysql, on_reuse),
        (!cache.is_empty(), &mut workload.memcached, OnReuse::Nothing),
    ] {
        if used && side.policy != policy && which(side.policy) {
            let on_reuse = if closes(side.policy) { on_reuse } else { side.on_reuse };
            *side = Connections { policy, on_reuse, ..*side };
            any = true;
        }
    }
    any.then_some(after)
}

/// What a workload performs, as one mix, and how many of it at once.
fn at_once(workload: &Workload) -> (Mix, u64) {
    match &workload.kind {
        WorkloadKind::Http(http) => (http.mix.clone(), u64::from(http.workers)),
        WorkloadKind::Queue(queues) => (
            Mix(queues.iter().flat_map(|queue| queue.mix.0.clone()).collect()),
            queues.iter().map(|queue| u64::from(queue.consumers)).sum(),
        ),
        WorkloadKind::Cron(jobs) => (
            Mix(jobs.iter().map(|job| (job.journey, 1.0)).collect()),
            jobs.iter().map(|job| u64::from(job.parallel)).sum(),
        ),
        WorkloadKind::Startup(startup) => (Mix(vec![(startup.journey, 1.0)]), u64::from(startup.instances)),
    }
}

/// Connections to each store that a workload calls, one for each worker and branch: store, count, the store's limit.
pub(super) fn one_a_worker(scenario: &Scenario, id: WorkloadId) -> Vec<(String, u64, u32)> {
    let (mix, workers) = at_once(&scenario.workloads[id.0]);
    let widths = width::of_mix(scenario, &mix, &[]);
    let count = |(store, width): (&crate::scenario::Store, usize)| {
        let limit = match &store.kind {
            StoreKind::Mysql(mysql) => mysql.max_connections,
            StoreKind::Memcached(memcached) => memcached.max_connections,
        };
        (width > 0).then(|| (store.name.clone(), workers * width as u64, limit))
    };
    scenario.stores.iter().zip(widths).filter_map(count).collect()
}

/// How many connections a workload holds when it keeps one for each worker, in words.
pub(super) fn held(scenario: &Scenario, id: WorkloadId) -> String {
    let count = |(store, count, limit): (String, u64, u32)| {
        let over = if count > u64::from(limit) { ": too many" } else { "" };
        format!("{count} to {store} (which takes {limit}{over})")
    };
    let all: Vec<String> = one_a_worker(scenario, id).into_iter().map(count).collect();
    format!("connections stay open, whether they are used or not: {}", all.join(", "))
}

/// How many connections more the workloads that perform a journey open at most after a rewrite, in words.
pub(super) fn wider(
    scenario: &Scenario,
    journey: JourneyId,
    rewrite: impl Fn(&Scenario) -> Option<Scenario>,
) -> String {
    let Some(after) = rewrite(scenario) else { return String::new() };
    let count = |(id, workload): (WorkloadId, &Workload)| {
        let was = one_a_worker(scenario, id);
        let more = one_a_worker(&after, id).into_iter().filter_map(|(store, is, limit)| {
            let before = was.iter().find(|(name, ..)| *name == store).map_or(0, |(_, was, _)| *was);
            (is > before).then(|| format!("{is} to {store} instead of {before} (it takes {limit})"))
        });
        let more: Vec<String> = more.collect();
        (!more.is_empty()).then(|| format!("{} may open {}", workload.name, more.join(", ")))
    };
    let all: Vec<String> = trips::performers(scenario, journey).filter_map(count).collect();
    if all.is_empty() { "code that waits for several answers".into() } else { all.join("; ") }
}

/// The largest number of connections to one store, for the size of a pool.
pub(super) fn most(scenario: &Scenario, id: WorkloadId) -> u64 {
    one_a_worker(scenario, id).iter().map(|(_, count, _)| *count).max().unwrap_or(1)
}

/// Connections to one store that a single journey of a workload may need at once.
pub(super) fn widest(scenario: &Scenario, id: WorkloadId) -> u64 {
    let (mix, _) = at_once(&scenario.workloads[id.0]);
    width::of_mix(scenario, &mix, &[]).into_iter().max().unwrap_or(1) as u64
}
