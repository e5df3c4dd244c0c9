//! One placement from beginning to end: load, measure, drain, boot.
//!
//! Not for: the parts themselves; this is only their order.

use super::boots::{Booted, booting};
use super::host::Host;
use super::load::Load;
use super::place::Place;
use super::restart;
use super::snapshot::{self, Snapshot};
use super::world::{ArmWorld, LOOK_EVERY, RUN_UP, World};
use crate::runfile::{ArmRun, PartRun, RestartRun};
use crate::units::Nanos;

/// What came of a placement.
pub(in crate::engine) struct Done {
    /// A run for every arm, in order.
    pub(in crate::engine) arms: Vec<ArmRun>,
    /// What was seen of the ways of each arm.
    pub(in crate::engine) snapshots: Vec<Snapshot>,
    /// A boot that was measured, for equal ones of other placements.
    pub(in crate::engine) booted: Option<Booted>,
    /// What the restart showed, where the placement's condition is one.
    pub(in crate::engine) restart: Option<RestartRun>,
}

/// Performs a placement: its load, and after it what boots, unless it is among the `known`.
pub(in crate::engine) async fn perform<H: Host>(place: &Place<H>, known: &[Booted]) -> Done {
    let Loaded { runs: mut arms, mut snapshots, restart } = steady(place).await;
    let booted = booting(place, known, &mut arms, &mut snapshots).await;
    Done { arms, snapshots, booted, restart }
}

/// What came of the load.
struct Loaded {
    /// For every arm, those of boots still empty.
    runs: Vec<ArmRun>,
    /// What was seen while the window was open.
    snapshots: Vec<Snapshot>,
    restart: Option<RestartRun>,
}

/// Loads, measures and drains what is not booting; gives a run for every arm, those of boots still empty,
/// and what was seen while the window was open.
async fn steady<H: Host>(place: &Place<H>) -> Loaded {
    let loads: Vec<(usize, Load<H>)> = place
        .arms
        .iter()
        .enumerate()
        .flat_map(|(index, arm)| Load::of(arm, index).into_iter().map(move |load| (index, load)))
        .collect();
    // Whatever is still on its way at the end of the scope ends there, connections and all.
    let (parts, snapshots, restart) = place.world.host.scope(measure(place, &loads)).await;
    let mut runs: Vec<ArmRun> = place.arms.iter().map(|arm| empty_run(arm)).collect();
    for (arm, part) in parts {
        runs[arm].parts.push(part);
    }
    for ((run, arm), snapshot) in runs.iter_mut().zip(&place.arms).zip(&snapshots) {
        run.stores = snapshot.stores(arm);
    }
    Loaded { runs, snapshots, restart }
}

/// The parts with the numbers of their arms.
type Measured = (Vec<(usize, PartRun)>, Vec<Snapshot>, Option<RestartRun>);

async fn measure<H: Host>(place: &Place<H>, loads: &[(usize, Load<H>)]) -> Measured {
    if loads.is_empty() {
        return (Vec::new(), see(place), None);
    }
    let world = &place.world;
    for (_, load) in loads {
        load.warm().await;
    }
    let start = world.now() + RUN_UP;
    let from = start + world.plan.warm_up(&world.scenario);
    let to = from + world.plan.windows.measure;
    world.window.set((from, to));
    world.host.begins(from, to);
    for (_, load) in loads {
        load.start(start);
    }
    let restarting = restart::start(place, loads);
    world.host.sleep_until(from).await;
    for arm in &place.arms {
        snapshot::restart(arm);
    }
    for (_, load) in loads {
        load.mark(true);
    }
    world.host.sleep_until(to).await;
    for (_, load) in loads {
        load.mark(false);
    }
    let snapshots = see(place);
    drained(world, to + world.plan.windows.drain).await;
    let now = world.now();
    let finish = |(arm, load): &(usize, Load<H>)| (*arm, load.finish(now, &snapshots[*arm].means()));
    let parts = loads.iter().map(finish).collect();
    (parts, snapshots, restarting.map(|restarting| restarting.finish()))
}

fn see<H: Host>(place: &Place<H>) -> Vec<Snapshot> {
    place.arms.iter().map(|arm| Snapshot::of(arm)).collect()
}

/// Ends when no recorded journey is on its way, or at `last`. The load goes on meanwhile, so that they meet
/// the same conditions as those before them.
async fn drained<H: Host>(world: &World<H>, last: Nanos) {
    while world.open.get() > 0 && world.now() < last {
        world.host.sleep_until((world.now() + LOOK_EVERY).min(last)).await;
    }
}

fn empty_run<H: Host>(arm: &ArmWorld<H>) -> ArmRun {
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
