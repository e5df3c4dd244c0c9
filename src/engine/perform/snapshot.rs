//! What was seen of a placement's ways to its stores while it was measured.
//!
//! Taken at the end of a window, before they are closed. Not for: what those who perform journeys saw (`record`).

use super::host::{Host, Seen, Way};
use super::place::{LinkUse, Place};
use super::world::{ArmWorld, Path};
use crate::measure::Hist;
use crate::measure::lag::{LagCorrelation, correlations};
use crate::runfile::{LinkRun, StoreUse};
use crate::units::Nanos;

/// One arm's ways, by store.
pub(in crate::engine) struct Snapshot(Vec<Option<OneWay>>);

/// One of them.
struct OneWay {
    seen: Seen,
    lock_wait: Nanos,
    given: Nanos,
    given_times: Hist,
    beyond: Hist,
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

impl OneWay {
    fn means(&self) -> Means {
        let mean = |sum: f64, n: u64| if n == 0 { 0.0 } else { sum / n as f64 };
        let Seen { server_time, beyond_rtt, .. } = &self.seen;
        let store = server_time.sum() - self.lock_wait.0 as f64 - self.given.0 as f64;
        Means { store: mean(store, server_time.count()), link: mean(beyond_rtt.sum(), beyond_rtt.count()) }
    }
}

impl Snapshot {
    /// What was seen since [`restart`].
    pub(in crate::engine) fn of<H: Host>(arm: &ArmWorld<H>) -> Self {
        let seen = |path: &Path<H>| {
            let seen = path.way.seen()?;
            let (given_times, beyond) = (path.given_times.borrow().clone(), path.beyond.borrow().clone());
            Some(OneWay { seen, lock_wait: path.lock_wait.get(), given: path.given.get(), given_times, beyond })
        };
        Self(arm.paths.iter().map(|path| path.as_ref().and_then(seen)).collect())
    }
    /// What an exchange took on average, by store.
    pub(super) fn means(&self) -> Vec<Means> {
        self.0.iter().map(|seen| seen.as_ref().map(OneWay::means).unwrap_or_default()).collect()
    }
    /// What the arm asked of each store that it calls.
    pub(super) fn stores<H: Host>(&self, arm: &ArmWorld<H>) -> Vec<StoreUse> {
        let uses = self.0.iter().zip(&arm.paths).enumerate().filter_map(|(store, (seen, path))| {
            let (OneWay { seen, given, lock_wait, given_times, beyond }, path) = (seen.as_ref()?, path.as_ref()?);
            Some(StoreUse {
                store: arm.world.scenario.stores[store].name.clone(),
                rtt_ns: path.way.rtt().0,
                connections: seen.connections,
                exchanges: seen.exchanges,
                server_time: seen.server_time.clone(),
                given_ns: Some(given.0),
                lock_wait_ns: Some(lock_wait.0),
                given_times: given_times.clone(),
                beyond: beyond.clone(),
                crossing: if H::Way::MEASURED { seen.beyond_rtt.clone() } else { Hist::new() },
                stale: path.copied.then(|| path.stale.get()),
                itself_read: path.spared.then(|| path.itself_read.get()),
            })
        });
        uses.collect()
    }
}

/// Forgets what was seen so far, on all ways of an arm.
pub(super) fn restart<H: Host>(arm: &ArmWorld<H>) {
    for path in arm.paths.iter().flatten() {
        path.way.restart();
        path.lock_wait.set(Nanos::ZERO);
        path.given.set(Nanos::ZERO);
        path.given_times.take();
        path.beyond.take();
        path.series.take();
        path.keys.set((0, 0));
        path.stale.set(0);
        path.itself_read.set(0);
    }
}

/// What calls that ended in the measured window have in common with those soon after them: what they took beyond link and
/// service time.
pub(in crate::engine) fn clusters<H: Host>(place: &Place<H>) -> Vec<LagCorrelation> {
    let (_, to) = place.world.window.get();
    let ways = place.arms.iter().flat_map(|arm| arm.paths.iter().flatten());
    let inside = |path: &Path<H>| path.series.take().into_iter().filter(|sample| sample.0 < to).collect();
    correlations(&ways.map(inside).collect::<Vec<_>>())
}

/// Each link of a placement, from the ways of its arms; `noops` are what a no-op took through each.
pub(in crate::engine) fn links<H: Host>(place: &Place<H>, noops: &[Nanos], snapshots: &[Snapshot]) -> Vec<LinkRun> {
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
                    add(&mut run, &seen.seen);
                }
            }
        }
        run
    };
    place.links.iter().enumerate().map(link).collect()
}

fn add(run: &mut LinkRun, stats: &Seen) {
    run.round_trip_lateness.merge(&stats.round_trip_lateness);
    run.stamp_lateness.merge(&stats.stamp_lateness);
    run.bytes_up += stats.bytes_up;
    run.bytes_down += stats.bytes_down;
}

/// Keys of a store that were asked for, and those of them that were lost.
pub(in crate::engine) struct Keys<'a> {
    pub(in crate::engine) store: &'a str,
    pub(in crate::engine) asked: u64,
    pub(in crate::engine) lost: u64,
}

/// Keys that were asked for and lost, by store.
pub(in crate::engine) fn keys<H: Host>(place: &Place<H>) -> Vec<Keys<'_>> {
    let mut all: Vec<Keys<'_>> = Vec::new();
    for (index, store) in place.world.scenario.stores.iter().enumerate() {
        let counts = place.arms.iter().filter_map(|arm| arm.paths[index].as_ref().map(|path| path.keys.get()));
        let (asked, lost) = counts.fold((0, 0), |sum, keys| (sum.0 + keys.0, sum.1 + keys.1));
        all.push(Keys { store: &store.name, asked, lost });
    }
    all
}
