//! Journeys drawn from the plan, reduced to what distance makes of them.
//!
//! The scripts are those that the engines walk (same expansion, a stream of its own). Each becomes a fixed time and a
//! number of round trips in a row, so that its time at any RTT is a multiplication. Not for: waiting.

use crate::plan::expand::{Expansion, expand};
use crate::plan::expected;
use crate::plan::script::{Op, Script};
use crate::scenario::trips::always_alike;
use crate::scenario::{JourneyId, Scenario, StoreId, Workload};
use crate::units::Nanos;

use super::connecting::connecting;

/// Journeys drawn for a mean: its error is a hundredth of what one journey varies.
pub(super) const SAMPLES_FOR_MEAN: usize = 400;

/// A line of steps: what it takes at no distance, how often it crosses, and what runs beside it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Path {
    /// Work and pauses, in nanoseconds.
    fixed: f64,
    /// Round trips in a row.
    trips: f64,
    /// Groups of branches; each takes as long as its longest.
    groups: Vec<Vec<Path>>,
}

impl Path {
    /// Its time at this RTT, in nanoseconds.
    pub(super) fn time(&self, rtt: Nanos) -> f64 {
        let longest = |group: &Vec<Self>| group.iter().map(|branch| branch.time(rtt)).fold(0.0, f64::max);
        self.fixed + self.trips * rtt.0 as f64 + self.groups.iter().map(longest).sum::<f64>()
    }

    fn of(script: &Script) -> Self {
        let mut path = Self::default();
        for op in &script.0 {
            match op {
                Op::Think(time) => path.fixed += time.0 as f64,
                Op::Call(call) => {
                    path.trips += f64::from(expected::trips(&call.request));
                    path.fixed += call.service.0 as f64;
                }
                Op::Begin(_) => path.trips += 1.0,
                Op::Commit(_, service) => {
                    path.trips += 1.0;
                    path.fixed += service.0 as f64;
                }
                Op::Parallel(scripts) => path.groups.push(scripts.iter().map(Self::of).collect()),
            }
        }
        path
    }
}

/// `n` journeys as a workload performs them before any move, their connections included.
pub(super) fn sample(scenario: &Scenario, id: JourneyId, workload: &Workload, n: usize) -> Vec<Path> {
    let connecting = connecting(scenario, id, workload);
    let overhead = scenario.platforms[workload.platform.0].overhead;
    let draw = |i: usize| {
        let mut stream = scenario.seed.stream("explain", ((id.0 as u64) << 32) | i as u64);
        let script = expand(scenario, id, &mut stream, Expansion::default());
        let mut path = Path::of(&script);
        let used = connecting.iter().filter(|its| calls(&script, its.store));
        path.trips += used.map(|its| its.each.total() as f64).sum::<f64>();
        path.fixed += overhead.0 as f64;
        path
    };
    match alike(scenario, id, &draw) {
        Some(path) => vec![path; n],
        None => (0..n).map(draw).collect(),
    }
}

/// What every draw is, if chance has no part in it: drawing the thousands of calls of a nightly job again and again
/// would take a second. Of times that vary, two are never equal to the nanosecond.
fn alike<T: PartialEq>(scenario: &Scenario, id: JourneyId, draw: &impl Fn(usize) -> T) -> Option<T> {
    let first = always_alike(&scenario.journeys[id.0].steps).then(|| draw(0))?;
    (first == draw(1)).then_some(first)
}

/// The mean time, in seconds, that a store works for a journey: what its calls hold a turn for.
pub(super) fn store_time(scenario: &Scenario, id: JourneyId, store: StoreId) -> f64 {
    let draw = |i: usize| {
        let mut stream = scenario.seed.stream("explain", ((id.0 as u64) << 32) | i as u64);
        worked(&expand(scenario, id, &mut stream, Expansion::default()), store)
    };
    if let Some(time) = alike(scenario, id, &draw) {
        return time.as_secs_f64();
    }
    (0..SAMPLES_FOR_MEAN).map(draw).map(Nanos::as_secs_f64).sum::<f64>() / SAMPLES_FOR_MEAN as f64
}

/// Whether a script calls a store at all.
fn calls(script: &Script, store: StoreId) -> bool {
    script.0.iter().any(|op| match op {
        Op::Call(call) => call.store == store,
        Op::Begin(at) | Op::Commit(at, _) => *at == store,
        Op::Parallel(branches) => branches.iter().any(|branch| calls(branch, store)),
        Op::Think(_) => false,
    })
}

/// What a store works for a script, branches beside each other added up.
fn worked(script: &Script, store: StoreId) -> Nanos {
    let of = |op: &Op| match op {
        Op::Call(call) if call.store == store => call.service,
        Op::Commit(at, service) if *at == store => *service,
        Op::Parallel(branches) => branches.iter().map(|branch| worked(branch, store)).sum(),
        _ => Nanos::ZERO,
    };
    script.0.iter().map(of).sum()
}

/// The mean time at this RTT.
pub(super) fn mean(paths: &[Path], rtt: Nanos) -> Nanos {
    let sum: f64 = paths.iter().map(|path| path.time(rtt)).sum();
    Nanos((sum / paths.len().max(1) as f64).round() as u64)
}

/// The `quantile` of the time at this RTT (nearest rank).
pub(super) fn quantile(paths: &[Path], rtt: Nanos, quantile: f64) -> Nanos {
    let mut times: Vec<f64> = paths.iter().map(|path| path.time(rtt)).collect();
    let rank = ((quantile * times.len() as f64).ceil() as usize).clamp(1, times.len().max(1)) - 1;
    if times.is_empty() {
        return Nanos::ZERO;
    }
    let (_, found, _) = times.select_nth_unstable_by(rank, f64::total_cmp);
    Nanos(found.round() as u64)
}
