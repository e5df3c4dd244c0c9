//! Persistent connections: opened once a worker, not for each journey. Not for: pools (`pool`).

use super::{Notes, Refusal, Rewrite, keep};
use crate::scenario::{ConnectionPolicy, Mitigation, OnReuse, Scenario, WorkloadId};

/// One for each workload that connects for each journey.
pub(super) fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    let all = keep::per_journey(scenario).into_iter();
    all.map(|workload| Mitigation::Persistent { workload, on_reuse: OnReuse::Nothing }).collect()
}

pub(super) fn rewrite(scenario: &Scenario, workload: WorkloadId, on_reuse: OnReuse) -> Result<Rewrite, Refusal> {
    let after = keep::changed(scenario, workload, ConnectionPolicy::Persistent, on_reuse, keep::closes);
    let name = &scenario.workloads[workload.0].name;
    let refusal = || Refusal::nothing(format!("`{name}` keeps its connections already"), "remove this mitigation");
    after.map(|after| Rewrite::Whole(Box::new(after))).ok_or_else(refusal)
}

pub(super) fn notes(scenario: &Scenario, workload: WorkloadId, on_reuse: OnReuse) -> Notes {
    let mut assumes = vec!["nothing is left in a session that the next journey must not see".to_owned()];
    if on_reuse == OnReuse::Nothing {
        assumes.push(
            "the driver sends nothing when it takes up a kept connection; if it does (mysqli's `p:` logs in again, two \
             round trips), say `on_reuse` in a switch of the file"
                .into(),
        );
    }
    Notes { assumes, costs: vec![keep::held(scenario, workload)], ..Notes::default() }
}
