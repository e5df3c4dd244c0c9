//! Staggered starts: instances do not all fetch at once. Not for: fetching less (`on_demand`).

use super::{Notes, Refusal, Rewrite};
use crate::scenario::{Mitigation, Scenario, WorkloadId, WorkloadKind};
use crate::units::Nanos;

/// Starts spread at random over up to 45 s were the published remedy for a herd of pods.
const OVER: Nanos = Nanos::from_secs(45);

/// One for each startup workload whose instances start closer together.
pub(super) fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    let all = scenario.workloads.iter().enumerate();
    all.filter(|(_, w)| matches!(&w.kind, WorkloadKind::Startup(s) if s.instances > 1 && s.stagger < OVER))
        .map(|(id, _)| Mitigation::Stagger { workload: WorkloadId(id), over: OVER })
        .collect()
}

pub(super) fn rewrite(scenario: &Scenario, id: WorkloadId, over: Nanos) -> Result<Rewrite, Refusal> {
    let mut after = scenario.clone();
    let workload = &mut after.workloads[id.0];
    let WorkloadKind::Startup(startup) = &mut workload.kind else {
        let why = format!("`{}` is no startup workload", workload.name);
        return Err(Refusal::nothing(why, "name a startup workload"));
    };
    if startup.stagger >= over {
        let why = format!("the starts of `{}` are spread over {} already", workload.name, startup.stagger);
        return Err(Refusal::nothing(why, "write a longer `over`"));
    }
    startup.stagger = over;
    Ok(Rewrite::Whole(Box::new(after)))
}

pub(super) fn notes(scenario: &Scenario, id: WorkloadId, over: Nanos) -> Notes {
    let workload = &scenario.workloads[id.0];
    let late = workload.objective.ready.filter(|ready| *ready < over);
    let late = late.map_or_else(String::new, |ready| format!(", which misses `ready: {ready}`"));
    Notes {
        assumes: vec!["those that run already can carry the load until the last has started".into()],
        costs: vec![format!("the last instance starts up to {over} after the first{late}")],
        ..Notes::default()
    }
}
