//! What the proxy saw of a placement's routes while it was measured.
//!
//! Taken from the routes at the end of a window, before they are closed. Not for: what the load
//! generator saw (`record`).

use super::place::{LinkUse, Place};
use super::verdict::Keys;
use super::world::{ArmWorld, Path};
use crate::measure::Hist;
use crate::proxy::RouteStats;
use crate::runfile::{LinkRun, StoreUse};
use crate::units::Nanos;

/// One arm's routes, by store.
pub(super) struct Snapshot(Vec<Option<Seen>>);

/// One route.
struct Seen {
    stats: RouteStats,
    lock_wait: Nanos,
}

impl Snapshot {
    /// What was seen since [`restart`].
    pub(super) fn of(arm: &ArmWorld) -> Self {
        let seen = |path: &Path| {
            let stats = path.route.as_ref()?.stats();
            Some(Seen { stats, lock_wait: path.lock_wait.get() })
        };
        Self(arm.paths.iter().map(|path| path.as_ref().and_then(seen)).collect())
    }
    /// The mean of each store's own time, without waits for row locks, in nanoseconds.
    pub(super) fn store_means(&self) -> Vec<f64> {
        let mean = |seen: &Seen| {
            let time = &seen.stats.server_time;
            let own = time.sum() - seen.lock_wait.0 as f64;
            if time.is_empty() { 0.0 } else { own.max(0.0) / time.count() as f64 }
        };
        self.0.iter().map(|seen| seen.as_ref().map_or(0.0, mean)).collect()
    }
    /// What the arm asked of each store that it calls.
    pub(super) fn stores(&self, arm: &ArmWorld) -> Vec<StoreUse> {
        let uses = self.0.iter().zip(&arm.paths).enumerate().filter_map(|(store, (seen, path))| {
            let (seen, path) = (seen.as_ref()?, path.as_ref()?);
            Some(StoreUse {
                store: arm.world.scenario.stores[store].name.clone(),
                rtt_ns: path.rtt.0,
                connections: seen.stats.connections,
                exchanges: seen.stats.exchanges,
                server_time: seen.stats.server_time.clone(),
            })
        });
        uses.collect()
    }
}

/// Forgets what was seen so far, on all routes of an arm.
pub(super) fn restart(arm: &ArmWorld) {
    for path in arm.paths.iter().flatten() {
        if let Some(route) = &path.route {
            route.reset();
        }
        path.lock_wait.set(Nanos::ZERO);
        path.keys.set((0, 0));
    }
}

/// Each link of a placement, from the routes of its arms.
pub(super) fn links(place: &Place, noops: &[Nanos], snapshots: &[Snapshot]) -> Vec<LinkRun> {
    let link = |(index, used): (usize, &LinkUse)| {
        let mut run = LinkRun {
            name: used.name.clone(),
            rtt_ns: used.link.rtt.0.0,
            noop_ns: noops.get(index).copied().unwrap_or_default().0,
            round_trip_lateness: Hist::new(),
            stamp_lateness: Hist::new(),
            bytes_up: 0,
            bytes_down: 0,
        };
        for (arm, snapshot) in place.arms.iter().zip(snapshots) {
            let uses = arm.paths.iter().zip(&snapshot.0);
            for (path, seen) in uses {
                if let (Some(path), Some(seen)) = (path, seen)
                    && path.link == index
                {
                    add(&mut run, &seen.stats);
                }
            }
        }
        run
    };
    place.links.iter().enumerate().map(link).collect()
}

fn add(run: &mut LinkRun, stats: &RouteStats) {
    run.round_trip_lateness.merge(&stats.round_trip_lateness);
    run.stamp_lateness.merge(&stats.stamp_lateness);
    run.bytes_up += stats.bytes_up;
    run.bytes_down += stats.bytes_down;
}

/// Keys that were asked for and lost, by store.
pub(super) fn keys(place: &Place) -> Vec<Keys<'_>> {
    let mut all: Vec<Keys<'_>> = Vec::new();
    for (index, store) in place.world.scenario.stores.iter().enumerate() {
        let counts = place.arms.iter().filter_map(|arm| arm.paths[index].as_ref().map(|path| path.keys.get()));
        let (asked, lost) = counts.fold((0, 0), |sum, keys| (sum.0 + keys.0, sum.1 + keys.1));
        all.push(Keys { store: &store.name, asked, lost });
    }
    all
}
