//! One placement live: build it, check its links, perform it, and say whether it counts.
//!
//! Not for: what is performed (`engine::perform`).

use std::rc::Rc;
use std::sync::atomic::Ordering;

use super::LiveEngine;
use super::host::{LiveHost, Routes};
use super::lateness;
use super::noop;
use super::verdict::reasons;
use crate::engine::perform::{self, Booted, Done, Host, Place, World, build, clusters, keys, links};
use crate::engine::told::Told;
use crate::engine::{EngineError, condition};
use crate::plan::{Plan, Windows};
use crate::runfile::{PlacementRun, ProbeRun};
use crate::units::Nanos;

/// How often the stop flag and the progress are looked at.
const LOOK_EVERY: Nanos = Nanos::from_millis(50);

/// Performs a placement on a runtime of this thread.
pub(super) fn on_this_thread(
    engine: &LiveEngine,
    plan: &Plan,
    told: &Told,
) -> Result<(PlacementRun, Option<Booted>), EngineError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let runtime = runtime.map_err(|e| EngineError::Environment(format!("no runtime for the load: {e}")))?;
    runtime.block_on(async {
        let host = LiveHost { timer: engine.timer.clone(), probes: Rc::default() };
        let mut routes = Routes::new(engine, plan);
        let place = build(host, &engine.scenario, plan, &mut routes)?;
        place.world.host.probes.replace(routes.probes());
        tokio::select! {
            biased;
            () = stopped(engine, &place.world, told) => Err(EngineError::Stopped),
            done = whole(engine, &place) => done,
        }
    })
}

/// Ends when the engine is asked to stop; tells the progress meanwhile.
async fn stopped(engine: &LiveEngine, world: &World<LiveHost>, told: &Told) {
    let start = world.now();
    let Windows { measure, drain, .. } = world.plan.windows;
    let steady = world.plan.warm_up(&world.scenario) + measure + drain;
    while !engine.stop.load(Ordering::Relaxed) {
        // A boot comes on top where there is one.
        told.set((world.now() - start).min(steady), steady);
        world.host.sleep_until(world.now() + LOOK_EVERY).await;
    }
}

async fn whole(engine: &LiveEngine, place: &Place<LiveHost>) -> Result<(PlacementRun, Option<Booted>), EngineError> {
    let world = &place.world;
    let begin = world.now();
    let noops = world.host.scope(noop::check(engine, place)).await?;
    let Done { arms, snapshots, booted, restart } = perform::perform(place, &engine.booted).await;
    let (links, clusters) = (links(place, &noops, &snapshots), clusters(place));
    let mut invalid = reasons(&engine.limits, &arms, &links, &keys(place));
    let generator_lateness = world.lateness.take();
    invalid.extend(lateness::reasons(&engine.limits, &arms, &generator_lateness));
    if engine.direct {
        invalid.push("measured without links: these numbers are about the load generator alone".into());
    }
    let run = PlacementRun {
        label: world.plan.label.clone(),
        condition: condition(&world.scenario, &world.plan.placement),
        arms,
        links,
        probes: probes(place),
        generator_lateness,
        clusters,
        took_ns: (world.now() - begin).0,
        invalid,
        discarded: Vec::new(),
        restart,
    };
    Ok((run.packed(), booted))
}

/// What no-ops beside the load showed.
fn probes(place: &Place<LiveHost>) -> Vec<ProbeRun> {
    let all = place.world.host.probes.take();
    let stores = &place.world.scenario.stores;
    all.iter().filter_map(|probe| probe.finish(&place.links[probe.link].name, &stores[probe.store.0].name)).collect()
}
