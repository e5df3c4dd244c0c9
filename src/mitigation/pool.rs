//! A pool: so many connections for all workers of an arm. Not for: how big it should be, which load decides.

use super::{Notes, Refusal, Rewrite, keep};
use crate::scenario::{ConnectionPolicy, Mitigation, OnReuse, Scenario, WorkloadId};

/// The largest pool that a file may name.
const MOST: u64 = 10_000;

/// One for each workload that connects for each journey: half as many connections as workers would keep.
pub(super) fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    let size = |id: WorkloadId| {
        let half = keep::most(scenario, id).div_ceil(2);
        half.max(keep::widest(scenario, id)).min(MOST) as u32
    };
    let all = keep::per_journey(scenario).into_iter();
    all.map(|workload| Mitigation::Pool { workload, size: size(workload), on_reuse: OnReuse::Nothing }).collect()
}

pub(super) fn rewrite(
    scenario: &Scenario,
    workload: WorkloadId,
    size: u32,
    on_reuse: OnReuse,
) -> Result<Rewrite, Refusal> {
    let name = &scenario.workloads[workload.0].name;
    let needs = keep::widest(scenario, workload);
    if u64::from(size) < needs {
        let why = format!("a journey of `{name}` needs {needs} connections at once: a pool of {size} would never do");
        return Err(Refusal::nothing(why, "write a larger `size`"));
    }
    let after = keep::changed(scenario, workload, ConnectionPolicy::Pool(size), on_reuse, |_| true);
    let refusal = || Refusal::nothing(format!("`{name}` has a pool of {size} already"), "remove this mitigation");
    after.map(|after| Rewrite::Whole(Box::new(after))).ok_or_else(refusal)
}

pub(super) fn notes(scenario: &Scenario, workload: WorkloadId, size: u32) -> Notes {
    let most = keep::most(scenario, workload);
    let waits = if u64::from(size) < most {
        format!(
            "journeys wait for a free connection when more than {size} of {most} are needed, which these round trips \
             do not show"
        )
    } else {
        format!("{size} connections stay open in each arm")
    };
    Notes {
        assumes: vec![
            "nothing is left in a session that the next journey must not see; a process can share connections (PHP \
             cannot: there it is a proxy)"
                .into(),
        ],
        costs: vec![waits],
        ..Notes::default()
    }
}
