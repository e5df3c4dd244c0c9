//! One placement in virtual time.
//!
//! Not for: what is performed (`engine::perform`).

use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::SimEngine;
use super::busyness::Busyness;
use super::host::SimHost;
use super::kernel::{Halt, Kernel};
use super::paths::Paths;
use crate::engine::perform::{self, Done, build, links};
use crate::engine::told::Told;
use crate::engine::{EngineError, condition};
use crate::plan::Plan;
use crate::runfile::PlacementRun;
use crate::scenario::Scenario;
use crate::strategy::Arm;
use crate::units::Nanos;

/// Performs a placement on this thread.
pub(super) fn on_this_thread(engine: &SimEngine, plan: &Plan, told: &Arc<Told>) -> Result<PlacementRun, EngineError> {
    let kernel = Kernel::new();
    kernel.watch(watch(plan, &engine.stop, told, engine));
    let condition = condition(&engine.scenario, &plan.placement);
    let rtt = |arm: [&str; 3], store: &str| rtt(&engine.scenario, plan, arm, store);
    let costs = engine.calibration.at(&plan.label, &condition, &rtt);
    let busyness = Rc::new(Busyness::new(costs.clusters, plan.seed));
    let mut paths = Paths::new(&kernel, &engine.scenario, costs, &busyness, plan.seed);
    let place =
        build(SimHost::new(&kernel, &costs.lateness, &busyness, plan.seed), &engine.scenario, plan, &mut paths)?;
    let done = kernel.run(perform::perform(&place, &[]));
    let Done { arms, snapshots, restart, .. } = done.map_err(|halt| match halt {
        Halt::Stopped(_) => EngineError::Stopped,
        Halt::Stuck(_) => EngineError::Internal(halt.to_string()),
    })?;
    let run = PlacementRun {
        label: plan.label.clone(),
        condition,
        arms,
        links: links(&place, &[], &snapshots),
        probes: Vec::new(),
        generator_lateness: place.world.lateness.take(),
        clusters: Vec::new(),
        took_ns: kernel.now().0,
        invalid: Vec::new(),
        discarded: Vec::new(),
        restart,
    };
    Ok(run.packed())
}

/// In nanoseconds, from an arm (workload, site, platform) to a store.
fn rtt(scenario: &Scenario, plan: &Plan, [workload, site, platform]: [&str; 3], store: &str) -> Option<u64> {
    let is = |arm: &&Arm| {
        scenario.workloads[arm.workload.0].name == workload
            && scenario.sites[arm.site.0].name == site
            && scenario.platforms[arm.platform.0].name == platform
    };
    let store = scenario.stores.iter().position(|it| it.name == store)?;
    let link = plan.placement.arms.iter().find(is)?.links.get(store)?.as_ref()?;
    Some(link.rtt.0.0)
}

/// Stops when it is asked to, and tells how far it is.
fn watch(
    plan: &Plan,
    stop: &Arc<AtomicBool>,
    told: &Arc<Told>,
    engine: &SimEngine,
) -> impl FnMut(Nanos) -> ControlFlow<()> + 'static {
    let (stop, told) = (Arc::clone(stop), Arc::clone(told));
    let total = plan.warm_up(&engine.scenario) + plan.windows.measure + plan.windows.drain;
    move |now| {
        told.set(now.min(total), total);
        if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
