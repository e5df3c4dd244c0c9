//! One placement from beginning to end: build, check, load, measure, drain, boot.
//!
//! Not for: the parts themselves; this is only their order.

use std::rc::Rc;
use std::sync::atomic::Ordering;

use tokio::task::LocalSet;

use super::load::{Boot, Load, boot};
use super::place::{Place, build};
use super::snapshot::{Snapshot, keys, links, restart};
use super::verdict::reasons;
use super::world::{ArmWorld, World};
use super::{LiveEngine, Told, noop};
use crate::engine::{EngineError, condition};
use crate::plan::{Plan, Windows};
use crate::runfile::{ArmRun, PartRun, PlacementRun};
use crate::scenario::{Link, PlatformId, WorkloadId};
use crate::strategy::Condition;
use crate::units::Nanos;

/// From the end of preparing to the first arrival.
const RUN_UP: Nanos = Nanos::from_millis(5);
/// How often the end of draining, the stop flag and the progress are looked at.
const LOOK_EVERY: Nanos = Nanos::from_millis(10);

/// What a boot depends on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BootKey {
    /// Its arms with their links.
    arms: Vec<(WorkloadId, PlatformId, f64, Vec<Option<Link>>)>,
    /// Which of the links are one, numbered by first use: they share their bandwidth.
    shared: Vec<usize>,
    /// Steady, unless what an instance does depends on it.
    condition: Condition,
    scale: f64,
}

/// A boot that was measured.
pub(super) struct Booted {
    key: BootKey,
    /// How long it was allowed to take.
    window: Nanos,
    /// The results of its arms, in order.
    arms: Vec<ArmRun>,
}

/// Performs a placement on a runtime of this thread.
pub(super) fn on_this_thread(
    engine: &LiveEngine,
    plan: &Plan,
    told: &Told,
) -> Result<(PlacementRun, Option<Booted>), EngineError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let runtime = runtime.map_err(|e| EngineError::Environment(format!("no runtime for the load: {e}")))?;
    runtime.block_on(async {
        let place = build(engine, plan)?;
        tokio::select! {
            biased;
            () = stopped(engine, &place.world, told) => Err(EngineError::Stopped),
            done = perform(engine, &place) => done,
        }
    })
}

/// Ends when the engine is asked to stop; tells the progress meanwhile.
async fn stopped(engine: &LiveEngine, world: &World, told: &Told) {
    let start = world.now();
    let Windows { measure, drain, .. } = world.plan.windows;
    let steady = world.plan.warm_up(&world.scenario) + measure + drain;
    while !engine.stop.load(Ordering::Relaxed) {
        // A boot comes on top where there is one.
        told.set((world.now() - start).min(steady), steady);
        world.timer.sleep_until(world.now() + LOOK_EVERY * 5).await;
    }
}

async fn perform(engine: &LiveEngine, place: &Place) -> Result<(PlacementRun, Option<Booted>), EngineError> {
    let world = &place.world;
    let begin = world.now();
    let noops = LocalSet::new().run_until(noop::check(engine, place)).await?;
    let (mut runs, mut snapshots) = steady(place).await;
    let booted = booting(engine, place, &mut runs, &mut snapshots).await;
    let links = links(place, &noops, &snapshots);
    let mut invalid = reasons(&engine.limits, &runs, &links, &keys(place));
    if engine.direct {
        invalid.push("measured without links: these numbers are about the load generator alone".into());
    }
    let run = PlacementRun {
        label: world.plan.label.clone(),
        condition: condition(&world.scenario, &world.plan.placement),
        arms: runs,
        links,
        generator_lateness: world.lateness.take(),
        took_ns: (world.now() - begin).0,
        invalid,
        discarded: Vec::new(),
    };
    Ok((run, booted))
}

/// Loads, measures and drains what is not booting; gives a run for every arm, those of boots still empty,
/// and what the proxy saw while the window was open.
async fn steady(place: &Place) -> (Vec<ArmRun>, Vec<Snapshot>) {
    let world = &place.world;
    let loads: Vec<(usize, Load)> = place
        .arms
        .iter()
        .enumerate()
        .flat_map(|(index, arm)| Load::of(arm, index).into_iter().map(move |load| (index, load)))
        .collect();
    let tasks = LocalSet::new();
    let parts = tasks.run_until(async {
        if loads.is_empty() {
            return (Vec::new(), see(place));
        }
        for (_, load) in &loads {
            load.warm().await;
        }
        let start = world.now() + RUN_UP;
        let from = start + world.plan.warm_up(&world.scenario);
        let to = from + world.plan.windows.measure;
        world.window.set((from, to));
        for (_, load) in &loads {
            load.start(start);
        }
        world.timer.sleep_until(from).await;
        for arm in &place.arms {
            restart(arm);
        }
        for (_, load) in &loads {
            load.mark(true);
        }
        world.timer.sleep_until(to).await;
        for (_, load) in &loads {
            load.mark(false);
        }
        let snapshots = see(place);
        drained(world, to + world.plan.windows.drain).await;
        let now = world.now();
        let finish = |(arm, load): &(usize, Load)| (*arm, load.finish(now, &snapshots[*arm].means()));
        let parts: Vec<(usize, PartRun)> = loads.iter().map(finish).collect();
        (parts, snapshots)
    });
    let (parts, snapshots) = parts.await;
    // Whatever is still on its way ends here, connections and all.
    drop(tasks);
    let mut runs: Vec<ArmRun> = place.arms.iter().map(|arm| empty_run(arm)).collect();
    for (arm, part) in parts {
        runs[arm].parts.push(part);
    }
    for ((run, arm), snapshot) in runs.iter_mut().zip(&place.arms).zip(&snapshots) {
        run.stores = snapshot.stores(arm);
    }
    (runs, snapshots)
}

fn see(place: &Place) -> Vec<Snapshot> {
    place.arms.iter().map(|arm| Snapshot::of(arm)).collect()
}

/// Ends when no recorded journey is on its way, or at `last`. The load goes on meanwhile, so that they meet
/// the same conditions as those before them.
async fn drained(world: &World, last: Nanos) {
    while world.open.get() > 0 && world.now() < last {
        world.timer.sleep_until((world.now() + LOOK_EVERY).min(last)).await;
    }
}

fn empty_run(arm: &ArmWorld) -> ArmRun {
    let (scenario, placed) = (&arm.world.scenario, &arm.arm);
    ArmRun {
        workload: arm.workload().name.clone(),
        kind: arm.workload().kind.word().to_owned(),
        site: scenario.sites[placed.site.0].name.clone(),
        platform: scenario.platforms[placed.platform.0].name.clone(),
        share: placed.share.0,
        parts: Vec::new(),
        stores: Vec::new(),
    }
}

/// Fills in the arms that boot: from an equal boot before, or by booting them now.
async fn booting(
    engine: &LiveEngine,
    place: &Place,
    runs: &mut [ArmRun],
    snapshots: &mut [Snapshot],
) -> Option<Booted> {
    let boots: Vec<(usize, Rc<Boot>)> =
        place.arms.iter().enumerate().filter_map(|(index, arm)| Some((index, boot(arm, index)?))).collect();
    if boots.is_empty() {
        return None;
    }
    let (key, window) = (boot_key(place, &boots), boot_window(place));
    if let Some(known) = engine.booted.iter().find(|booted| booted.key == key && booted.window >= window) {
        for ((index, _), run) in boots.iter().zip(&known.arms) {
            let (parts, stores) = (run.parts.clone(), run.stores.clone());
            runs[*index] = ArmRun { parts, stores, ..runs[*index].clone() };
        }
        return None;
    }
    let parts = boot_now(place, &boots).await;
    for ((index, _), part) in boots.iter().zip(parts) {
        let arm = &place.arms[*index];
        snapshots[*index] = Snapshot::of(arm);
        runs[*index].parts.push(part);
        runs[*index].stores = snapshots[*index].stores(arm);
    }
    Some(Booted { key, window, arms: boots.iter().map(|(index, _)| runs[*index].clone()).collect() })
}

fn boot_key(place: &Place, boots: &[(usize, Rc<Boot>)]) -> BootKey {
    let plan = &place.world.plan;
    let feels = boots.iter().any(|(_, boot)| boot.feels_condition());
    let arms = || boots.iter().map(|(index, _)| &place.arms[*index]);
    let used: Vec<usize> = arms().flat_map(|arm| arm.paths.iter().flatten().map(|path| path.link)).collect();
    let first_use = |link| used.iter().position(|other| other == link).unwrap_or_default();
    BootKey {
        arms: arms().map(|a| (a.arm.workload, a.arm.platform, a.arm.share.0, a.arm.links.clone())).collect(),
        shared: used.iter().map(first_use).collect(),
        condition: if feels { plan.placement.condition } else { Condition::Steady },
        scale: plan.scale,
    }
}

/// How long a boot may take.
fn boot_window(place: &Place) -> Nanos {
    let Windows { measure, drain, .. } = place.world.plan.windows;
    measure + drain
}

/// Boots all instances of all arms at once, up to the length of measuring and draining.
async fn boot_now(place: &Place, boots: &[(usize, Rc<Boot>)]) -> Vec<PartRun> {
    let world = &place.world;
    LocalSet::new()
        .run_until(async {
            for (index, boot) in boots {
                boot.warm().await;
                restart(&place.arms[*index]);
            }
            let from = world.now() + RUN_UP;
            let to = from + boot_window(place);
            world.window.set((from, to));
            for (_, boot) in boots {
                boot.start();
            }
            while world.now() < to + LOOK_EVERY && !boots.iter().all(|(_, boot)| boot.is_over()) {
                world.timer.sleep_until(world.now() + LOOK_EVERY).await;
            }
            let now = world.now();
            let finish =
                |(index, boot): &(usize, Rc<Boot>)| boot.finish(now, &Snapshot::of(&place.arms[*index]).means());
            boots.iter().map(finish).collect()
        })
        .await
}
