//! The part of a placement that boots: in a window of its own, after the load, and once for all placements in which
//! nothing about it differs.
//!
//! Not for: what an instance does (`load`).

use std::rc::Rc;

use super::host::Host;
use super::load::{Boot, boot};
use super::place::Place;
use super::snapshot::{Snapshot, restart};
use super::world::{LOOK_EVERY, RUN_UP};
use crate::plan::Windows;
use crate::runfile::{ArmRun, PartRun};
use crate::scenario::{Link, PlatformId, WorkloadId};
use crate::strategy::{Arm, Condition, CopyUse};
use crate::units::Nanos;

/// What of an arm its boot depends on.
type ArmKey = (WorkloadId, PlatformId, f64, Vec<Option<Link>>, Vec<CopyUse>);

fn of_arm(arm: &Arm) -> ArmKey {
    (arm.workload, arm.platform, arm.share.0, arm.links.clone(), arm.copies.clone())
}

/// What a boot depends on.
#[derive(Debug, Clone, PartialEq)]
struct BootKey {
    /// Its arms with their links.
    arms: Vec<ArmKey>,
    /// Which of the links are one, numbered by first use: they share their bandwidth.
    shared: Vec<usize>,
    /// Steady, unless what an instance does depends on it.
    condition: Condition,
    scale: f64,
}

/// A boot that was measured.
pub(in crate::engine) struct Booted {
    key: BootKey,
    /// How long it was allowed to take.
    window: Nanos,
    /// The results of its arms, in order.
    arms: Vec<ArmRun>,
}

/// Fills in the arms that boot: from an equal boot before, or by booting them now.
pub(super) async fn booting<H: Host>(
    place: &Place<H>,
    known: &[Booted],
    runs: &mut [ArmRun],
    snapshots: &mut [Snapshot],
) -> Option<Booted> {
    let boots: Vec<(usize, Rc<Boot<H>>)> =
        place.arms.iter().enumerate().filter_map(|(index, arm)| Some((index, boot(arm, index)?))).collect();
    if boots.is_empty() {
        return None;
    }
    let (key, window) = (boot_key(place, &boots), boot_window(place));
    if let Some(known) = known.iter().find(|booted| booted.key == key && booted.window >= window) {
        for ((index, _), run) in boots.iter().zip(&known.arms) {
            let (parts, stores) = (run.parts.clone(), run.stores.clone());
            runs[*index] = ArmRun { parts, stores, ..runs[*index].clone() };
        }
        return None;
    }
    let parts = place.world.host.scope(boot_now(place, &boots)).await;
    for ((index, _), part) in boots.iter().zip(parts) {
        let arm = &place.arms[*index];
        snapshots[*index] = Snapshot::of(arm);
        runs[*index].parts.push(part);
        runs[*index].stores = snapshots[*index].stores(arm);
    }
    Some(Booted { key, window, arms: boots.iter().map(|(index, _)| runs[*index].clone()).collect() })
}

fn boot_key<H: Host>(place: &Place<H>, boots: &[(usize, Rc<Boot<H>>)]) -> BootKey {
    let plan = &place.world.plan;
    let feels = boots.iter().any(|(_, boot)| boot.feels_condition());
    let arms = || boots.iter().map(|(index, _)| &place.arms[*index]);
    let used: Vec<usize> = arms().flat_map(|arm| arm.paths.iter().flatten().map(|path| path.link)).collect();
    let first_use = |link| used.iter().position(|other| other == link).unwrap_or_default();
    BootKey {
        arms: arms().map(|a| of_arm(&a.arm)).collect(),
        shared: used.iter().map(first_use).collect(),
        condition: if feels { plan.placement.condition } else { Condition::Steady },
        scale: plan.scale,
    }
}

/// How long a boot may take.
fn boot_window<H: Host>(place: &Place<H>) -> Nanos {
    let Windows { measure, drain, .. } = place.world.plan.windows;
    measure + drain
}

/// Boots all instances of all arms at once, up to the length of measuring and draining.
async fn boot_now<H: Host>(place: &Place<H>, boots: &[(usize, Rc<Boot<H>>)]) -> Vec<PartRun> {
    let world = &place.world;
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
        world.host.sleep_until(world.now() + LOOK_EVERY).await;
    }
    let now = world.now();
    let finish = |(index, boot): &(usize, Rc<Boot<H>>)| boot.finish(now, &Snapshot::of(&place.arms[*index]).means());
    boots.iter().map(finish).collect()
}
