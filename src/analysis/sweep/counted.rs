//! Round trips over one link that a journey awaits one after the other, counted on its scripts.
//!
//! The yardstick of a fit: time = base + k × RTT should have this k. Of parallel branches the one that takes longest
//! counts, at the RTT in question; connections are taken as the engines take them (`scenario::trips` has the rules).
//! Only what the scenario says: replies larger than a first window, losses and waiting are not in it, and are what a
//! larger k tells of. Not for: measured round trips, which count every branch.

use std::collections::BTreeSet;

use crate::measure::Z95;
use crate::plan::expand::{Expansion, expand};
use crate::plan::expected;
use crate::plan::script::{Op, Script, ScriptCall, ScriptRequest, ScriptSql};
use crate::scenario::trips::always_alike;
use crate::scenario::{ConnectionPolicy, Connections, Mix, OnReuse, Prepared, Scenario, StoreId, StoreKind};
use crate::strategy::{Arm, Placement};
use crate::units::Nanos;

/// Scripts drawn of each journey.
const DRAWN: u64 = 1_500;

/// A mean with the half width of its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counted {
    /// The mean.
    pub mean: f64,
    /// Half of its 95 % interval; zero if every journey is alike.
    pub half: f64,
}

/// Steps in a row, split into what goes with the RTT of the link and what does not.
#[derive(Debug, Clone, Default, PartialEq)]
struct Path {
    /// In nanoseconds.
    fixed: f64,
    /// Round trips over the link.
    trips: f64,
    groups: Vec<Vec<Path>>,
}

impl Path {
    fn time(&self, rtt: f64) -> f64 {
        let longest = |group: &Vec<Self>| group.iter().map(|branch| branch.time(rtt)).fold(0.0, f64::max);
        self.fixed + self.trips * rtt + self.groups.iter().map(longest).sum::<f64>()
    }
}

/// Counts the journeys of a mix, as an arm performs them, over the link to those `stores` that are marked.
///
/// The count is the rise of the expected time from the RTT `from` to `to` (nanoseconds), divided by `to − from`.
pub(super) fn round_trips(
    scenario: &Scenario,
    placement: &Placement,
    arm: &Arm,
    mix: &Mix,
    stores: &[bool],
    (from, to): (f64, f64),
) -> Counted {
    let total: f64 = mix.0.iter().map(|(_, weight)| weight).sum();
    let how = Expansion::new(placement.condition, &arm.copies, Nanos::ZERO);
    // Whether a journey is pinned to the store itself, or reads from its copy, is chance too.
    let pinned = arm.copies.iter().any(|copy| copy.pinned.0 > 0.0 && copy.pinned.0 < 1.0);
    let (mut mean, mut variance) = (0.0, 0.0);
    for (id, weight) in &mix.0 {
        let draw = |index: u64| {
            let mut stream = scenario.seed.stream("counted", ((id.0 as u64) << 32) | index);
            let script = expand(scenario, *id, &mut stream, how);
            let path = Walk { scenario, arm, stores }.steps(&script, &mut Open::default());
            (path.time(to) - path.time(from)) / (to - from)
        };
        let drawn = if !pinned && always_alike(&scenario.journeys[id.0].steps) { 2 } else { DRAWN };
        let all: Vec<f64> = (0..drawn).map(draw).collect();
        let n = all.len() as f64;
        let its = all.iter().sum::<f64>() / n;
        let squares: f64 = all.iter().map(|trips| (trips - its).powi(2)).sum();
        let part = weight / total;
        mean += part * its;
        variance += part * part * squares / (n - 1.0) / n;
    }
    let half = Z95 * variance.sqrt();
    Counted { mean, half: if half < 1e-9 { 0.0 } else { half } }
}

/// The connections of one branch.
#[derive(Debug, Default)]
struct Open {
    stores: BTreeSet<StoreId>,
    /// Steps whose statement is prepared on them.
    prepared: BTreeSet<u32>,
    /// Those of the further branches of parallel groups.
    further: Vec<Open>,
}

struct Walk<'a> {
    scenario: &'a Scenario,
    arm: &'a Arm,
    stores: &'a [bool],
}

impl Walk<'_> {
    fn steps(&self, script: &Script, open: &mut Open) -> Path {
        let mut path = Path::default();
        for op in &script.0 {
            match op {
                Op::Think(time) => path.fixed += time.0 as f64,
                Op::Call(call) => self.call(call, open, &mut path),
                Op::Begin(store) => {
                    self.take(*store, open, &mut path);
                    self.cross(*store, 1, &mut path);
                }
                Op::Commit(store, service) => {
                    self.cross(*store, 1, &mut path);
                    path.fixed += service.0 as f64;
                }
                Op::Parallel(branches) => path.groups.push(self.branches(branches, open)),
            }
        }
        path
    }
    /// The first branch goes on with the connections of the steps around it; every further one has its own.
    fn branches(&self, branches: &[Script], open: &mut Open) -> Vec<Path> {
        let further = branches.len().saturating_sub(1);
        if open.further.len() < further {
            open.further.resize_with(further, Open::default);
        }
        let mut paths: Vec<Path> = branches.first().map(|first| self.steps(first, open)).into_iter().collect();
        for (branch, own) in branches.iter().skip(1).zip(&mut open.further) {
            paths.push(self.steps(branch, own));
        }
        paths
    }
    fn call(&self, call: &ScriptCall, open: &mut Open, path: &mut Path) {
        self.take(call.store, open, path);
        let prepare = match &call.request {
            ScriptRequest::Sql(ScriptSql { prepared: Prepared::Cached, .. }) if !self.keeps(call.store) => {
                u32::from(open.prepared.insert(call.step))
            }
            _ => 0,
        };
        self.cross(call.store, expected::trips(&call.request) + prepare, path);
        path.fixed += call.service.0 as f64;
    }
    fn cross(&self, store: StoreId, trips: u32, path: &mut Path) {
        let trips = f64::from(trips);
        if self.stores[store.0] {
            path.trips += trips;
        } else {
            path.fixed += trips * expected::trip(self.arm, store).0 as f64;
        }
    }
    fn connections(&self, store: StoreId) -> &Connections {
        let workload = &self.scenario.workloads[self.arm.workload.0];
        match self.scenario.stores[store.0].kind {
            StoreKind::Mysql(_) => &workload.mysql,
            StoreKind::Memcached(_) => &workload.memcached,
        }
    }
    /// Connections outlast the journey with the statements that are prepared on them.
    fn keeps(&self, store: StoreId) -> bool {
        let Connections { policy, on_reuse, .. } = self.connections(store);
        *policy != ConnectionPolicy::PerJourney && matches!(on_reuse, OnReuse::Nothing | OnReuse::Ping)
    }
    /// A connection to the store, if this branch has none yet.
    fn take(&self, store: StoreId, open: &mut Open, path: &mut Path) {
        if !open.stores.insert(store) {
            return;
        }
        let kind = &self.scenario.stores[store.0].kind;
        let connections = self.connections(store);
        let trips = match (connections.policy, connections.on_reuse, kind) {
            (ConnectionPolicy::PerJourney, ..) => expected::connect_trips(kind, connections),
            (_, OnReuse::Nothing, _) | (.., StoreKind::Memcached(_)) => 0,
            (_, OnReuse::Ping | OnReuse::Reset, _) => 1,
            (_, OnReuse::Relogin, _) => 2,
        };
        self.cross(store, trips, path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{CACHE, CLOUD, KUBERNETES, get, query, scenario, share, store, strategy, write};
    use crate::scenario::{Count, Step, Think, Transaction};
    use crate::strategy::expand as expand_strategy;
    use crate::units::Nanos;

    /// Round trips of these steps over the link to the stores in the data centre; the cache moves along if `with_cache`.
    fn counted(steps: Vec<Step>, with_cache: bool) -> Counted {
        let mut scenario = scenario(steps);
        let mut moves = vec![share(0, CLOUD, KUBERNETES, 1.0)];
        if with_cache {
            moves.push(store(CACHE, CLOUD));
        }
        scenario.strategies = vec![strategy("s", vec![moves])];
        let placement = expand_strategy(&scenario, 0).remove(0).placement;
        let stores: Vec<bool> = placement.stores.iter().map(|site| *site != CLOUD).collect();
        let mix = crate::scenario::Mix(vec![(crate::scenario::JourneyId(0), 1.0)]);
        round_trips(&scenario, &placement, &placement.arms[0], &mix, &stores, (1e6, 100e6))
    }

    #[test]
    fn fixed_journeys_are_counted_by_hand() {
        let think = Step::Think(Think::Constant(Nanos::from_millis(4)));
        let repeat = Step::Repeat { times: Count::Fixed(3), steps: vec![query()] };
        let transaction = Step::Transaction(Transaction { store: StoreId(0), locks: None, steps: vec![write()] });
        let parallel = Step::Parallel(vec![vec![query(), query()], vec![query()]]);
        for (steps, with_cache, trips) in [
            (vec![think.clone()], false, 0.0),
            (vec![query()], false, 4.0),
            (vec![repeat], false, 6.0),
            (vec![transaction], false, 6.0),
            // A connection to the cache takes one, and each multi-get one.
            (vec![get(3, 1.0, vec![]), query()], false, 6.0),
            (vec![get(3, 1.0, vec![]), query()], true, 4.0),
            // The second branch connects too (3 + 1), beside the first (3 + 2).
            (vec![parallel.clone()], false, 5.0),
            // Connected before, the first takes 2 and the second 3 + 1: the longer one counts.
            (vec![query(), parallel], false, 8.0),
        ] {
            let found = counted(steps.clone(), with_cache);
            assert!((found.mean - trips).abs() < 1e-9 && found.half == 0.0, "{steps:?}: {found:?}");
        }
    }

    #[test]
    fn random_journeys_are_counted_by_their_mean() {
        // A miss in a quarter of the journeys costs a connection and a query: 4 × 0.25.
        let found = counted(vec![get(1, 0.75, vec![query()])], false);
        assert!((found.mean - 3.0).abs() < 0.15 && found.half > 0.01 && found.half < 0.2, "{found:?}");
    }
}
