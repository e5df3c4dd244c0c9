//! More workers, consumers, or items of a cron job at once. No journey gets quicker. Not for: how many are enough
//! (`explain` says so from Little's law).

use super::{Notes, Refusal, Rewrite, keep};
use crate::scenario::{Mitigation, Scenario, WorkloadId, WorkloadKind};

/// One for each workload that has workers: twice as many, of cron four times.
pub(super) fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    let factor = |kind: &WorkloadKind| match kind {
        WorkloadKind::Http(_) | WorkloadKind::Queue(_) => Some(2),
        WorkloadKind::Cron(_) => Some(4),
        WorkloadKind::Startup(_) => None,
    };
    let all = scenario.workloads.iter().enumerate();
    all.filter_map(|(id, w)| Some(Mitigation::Workers { workload: WorkloadId(id), factor: factor(&w.kind)? })).collect()
}

pub(super) fn rewrite(scenario: &Scenario, id: WorkloadId, factor: u32) -> Result<Rewrite, Refusal> {
    let mut after = scenario.clone();
    let more = |count: &mut u32| *count = count.saturating_mul(factor);
    match &mut after.workloads[id.0].kind {
        WorkloadKind::Http(http) => more(&mut http.workers),
        WorkloadKind::Queue(queues) => queues.iter_mut().for_each(|queue| more(&mut queue.consumers)),
        WorkloadKind::Cron(jobs) => jobs.iter_mut().for_each(|job| more(&mut job.parallel)),
        WorkloadKind::Startup(_) => {
            let name = &scenario.workloads[id.0].name;
            let why = format!("`{name}` is a startup workload, which has no workers");
            return Err(Refusal::nothing(why, "name an http, queue or cron workload"));
        }
    }
    Ok(Rewrite::Whole(Box::new(after)))
}

pub(super) fn notes(scenario: &Scenario, id: WorkloadId, factor: u32) -> Notes {
    let (assumes, what) = match &scenario.workloads[id.0].kind {
        WorkloadKind::Http(_) => ("requests do not depend on each other", "memory for more processes"),
        WorkloadKind::Queue(_) => ("jobs of a queue may be done out of order", "memory for more processes"),
        WorkloadKind::Cron(_) | WorkloadKind::Startup(_) => (
            "items do not depend on each other, nor want the same rows",
            "a run loads the stores so many times as much, for so many times less long",
        ),
    };
    let Ok(Rewrite::Whole(after)) = rewrite(scenario, id, factor) else { return Notes::default() };
    let connections = keep::one_a_worker(&after, id).into_iter();
    let connections: Vec<String> =
        connections.map(|(store, count, limit)| format!("{count} to {store}, which takes {limit}")).collect();
    Notes {
        assumes: vec![assumes.to_owned()],
        costs: vec![format!("{what}; up to so many connections: {}", connections.join("; "))],
        ..Notes::default()
    }
}
