//! A proxy beside the application (`ProxySQL`, `mcrouter`): journeys connect to it, and it keeps connections to the store.
//!
//! The format has no store that forwards to another, so it is written as kept connections; what connecting to the
//! proxy costs is a few round trips inside the site, which are told and not counted. Not for: caching in the proxy.

use super::{Notes, Refusal, Rewrite, keep};
use crate::scenario::{ConnectionPolicy, Mitigation, OnReuse, Scenario, WorkloadId};

/// One for each workload that connects for each journey.
pub(super) fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    keep::per_journey(scenario).into_iter().map(|workload| Mitigation::Proxy { workload }).collect()
}

pub(super) fn rewrite(scenario: &Scenario, workload: WorkloadId) -> Result<Rewrite, Refusal> {
    let after = keep::changed(scenario, workload, ConnectionPolicy::Persistent, OnReuse::Nothing, keep::closes);
    let name = &scenario.workloads[workload.0].name;
    let refusal = || Refusal::nothing(format!("`{name}` keeps its connections already"), "remove this mitigation");
    after.map(|after| Rewrite::Whole(Box::new(after))).ok_or_else(refusal)
}

pub(super) fn notes(scenario: &Scenario, workload: WorkloadId) -> Notes {
    let set_up = scenario.workloads[workload.0].mysql.set_up;
    let local = scenario.links.get(scenario.workloads[workload.0].site, scenario.workloads[workload.0].site);
    let rtt = local.map_or_else(String::new, |link| format!(" of {}", link.rtt.0));
    Notes {
        assumes: vec!["the proxy is beside each instance, and may share connections among journeys".into()],
        costs: vec![format!(
            "written as persistent connections: connecting to the proxy takes {} round trips to MySQL and 1 to \
             Memcached inside the site{rtt}, and each call a hop, which are not in these numbers; one more thing to run",
            3 + set_up
        )],
        ..Notes::default()
    }
}
