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
    given: Nanos,
}

/// What an exchange took on average, in nanoseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Means {
    /// The store, beyond the time that the scenario gives it, waits for row locks apart. For a store with times of its own
    /// that is its whole time; a stand-in that is early for a reason of its own makes it negative.
    pub(super) store: f64,
    /// Its crossings beyond one RTT: slow start, full windows, queues, jitter, repaired losses.
    pub(super) link: f64,
}

impl Seen {
    fn means(&self) -> Means {
        let mean = |sum: f64, n: u64| if n == 0 { 0.0 } else { sum / n as f64 };
        let RouteStats { server_time, beyond_rtt, .. } = &self.stats;
        let store = server_time.sum() - self.lock_wait.0 as f64 - self.given.0 as f64;
        Means { store: mean(store, server_time.count()), link: mean(beyond_rtt.sum(), beyond_rtt.count()) }
    }
}

impl Snapshot {
    /// What was seen since [`restart`].
    pub(super) fn of(arm: &ArmWorld) -> Self {
        let seen = |path: &Path| {
            let stats = path.route.as_ref()?.stats();
            Some(Seen { stats, lock_wait: path.lock_wait.get(), given: path.given.get() })
        };
        Self(arm.paths.iter().map(|path| path.as_ref().and_then(seen)).collect())
    }
    /// What an exchange took on average, by store.
    pub(super) fn means(&self) -> Vec<Means> {
        self.0.iter().map(|seen| seen.as_ref().map(Seen::means).unwrap_or_default()).collect()
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
                given_ns: Some(seen.given.0),
                lock_wait_ns: Some(seen.lock_wait.0),
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
        path.given.set(Nanos::ZERO);
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
