//! Counting round trips: what a journey's typical path costs, whatever the distance.
//!
//! The typical path repeats at the median, finds what a `get` asks for if `hit` is at least 50 %, and
//! runs the `else` steps otherwise. Counted are awaited crossings, there and back:
//!
//! | | round trips | counted in |
//! | --- | --- | --- |
//! | any Memcached command; a query or write as text | 1 | calls |
//! | `prepared: each` (prepare, execute; close is not answered) | 2 | calls |
//! | `prepared: cached` (execute) | 1 | calls |
//! | its first use on a connection (prepare), per step | 1 | connect, unless the connection keeps it |
//! | BEGIN, COMMIT | 1 each | calls |
//! | MySQL connection: TCP 1, greeting 1, login 1, each set-up statement 1 | 3 + `set_up` | connect |
//! | Memcached connection: TCP 1 | 1 | connect |
//! | taking up a kept MySQL connection: ping 1, reset 1, re-login 2 (a fresh scramble, the login) | 0 to 2 | connect |
//!
//! Connections: the first call to a store takes one. The first branch of a parallel group goes on
//! with the connections of the steps around it; every further branch has its own, which the same
//! branch of a later group uses again; all are given back at the end of the journey. A kept
//! connection (persistent or pooled) counts as open before, and keeps its prepared statements unless
//! taking it up resets the session. TLS and slow authentication are not counted. Not for: time.

use std::collections::BTreeSet;

use super::{
    Call, ConnectionPolicy, Connections, Count, JourneyId, OnReuse, Prepared, Query, Request, Scenario, Step, StoreId,
    StoreKind, Workload, WorkloadId, WorkloadKind, Write,
};

/// Typical round trips of a journey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trips {
    /// For connections.
    pub connect: u64,
    /// For calls, parallel ones each counted.
    pub calls: u64,
    /// For calls, the longest chain: of parallel branches the longest counts.
    pub sequential: u64,
}

/// Counts a journey as a workload with these connection policies performs it.
pub fn count(scenario: &Scenario, journey: JourneyId, mysql: &Connections, memcached: &Connections) -> Trips {
    let steps = &scenario.journeys[journey.0].steps;
    let connect = connecting(scenario, journey, mysql, memcached).iter().map(Connecting::total).sum();
    Trips { connect, calls: calls(steps, Count::typical), sequential: chain(steps, Choice::Sequential) }
}

/// Round trips of a journey's connections to one store, by cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Connecting {
    /// TCP, and for MySQL greeting and login.
    pub connect: u64,
    /// Statements after a login.
    pub set_up: u64,
    /// Taking up kept connections.
    pub reuse: u64,
    /// Preparing statements that are then kept.
    pub prepare: u64,
}

impl Connecting {
    /// All of them.
    pub const fn total(&self) -> u64 {
        self.connect + self.set_up + self.reuse + self.prepare
    }
}

/// What the connections of a journey's typical path cost, by store.
pub fn connecting(
    scenario: &Scenario,
    journey: JourneyId,
    mysql: &Connections,
    memcached: &Connections,
) -> Vec<Connecting> {
    connecting_of(scenario, &scenario.journeys[journey.0].steps, mysql, memcached)
}

/// The same of any steps over the stores of a scenario.
pub(crate) fn connecting_of(
    scenario: &Scenario,
    steps: &[Step],
    mysql: &Connections,
    memcached: &Connections,
) -> Vec<Connecting> {
    let mut paths = Paths { scenario, mysql, memcached, connect: vec![Connecting::default(); scenario.stores.len()] };
    // Steps are numbered in the order of the file, so that a statement is known again when it repeats.
    paths.steps(steps, &mut 0, &mut Open::default());
    paths.connect
}

/// Round trips of all calls on the typical path, with repeats as `times` says; saturates.
fn calls(steps: &[Step], times: fn(&Count) -> u32) -> u64 {
    sum(steps, &|step| match step {
        Step::Parallel(branches) => branches.iter().fold(0, |all: u64, b| all.saturating_add(calls(b, times))),
        Step::Repeat { times: count, steps } => u64::from(times(count)).saturating_mul(calls(steps, times)),
        Step::Transaction(transaction) => calls(&transaction.steps, times).saturating_add(2),
        Step::Think(_) => 0,
        Step::Call(call) => of_call(call).saturating_add(missed(call).map_or(0, |steps| calls(steps, times))),
    })
}

/// Which way a chain is measured.
#[derive(Clone, Copy)]
enum Choice {
    /// Typical, the longest branch of each group.
    Sequential,
    /// Every repeat at its cap, every get missed, every branch.
    Largest,
}

/// The largest number of round trips that any draw can give; saturates.
pub(crate) fn largest(steps: &[Step]) -> u64 {
    chain(steps, Choice::Largest)
}

/// The longest chain of round trips of calls on the typical path; saturates.
pub(crate) fn in_a_row(steps: &[Step]) -> u64 {
    chain(steps, Choice::Sequential)
}

/// Round trips of calls on the typical path; saturates.
pub(crate) fn typical(steps: &[Step]) -> u64 {
    calls(steps, Count::typical)
}

fn chain(steps: &[Step], choice: Choice) -> u64 {
    sum(steps, &|step| match (step, choice) {
        (Step::Parallel(branches), Choice::Sequential) => branches.iter().map(|b| chain(b, choice)).max().unwrap_or(0),
        (Step::Parallel(branches), Choice::Largest) => {
            branches.iter().fold(0, |all: u64, b| all.saturating_add(chain(b, choice)))
        }
        (Step::Repeat { times, steps }, _) => {
            let times = match (times, choice) {
                (Count::Lognormal { cap, .. }, Choice::Largest) => *cap,
                (Count::Chance(_), Choice::Largest) => 1,
                _ => times.typical(),
            };
            u64::from(times).saturating_mul(chain(steps, choice))
        }
        (Step::Transaction(transaction), _) => chain(&transaction.steps, choice).saturating_add(2),
        (Step::Think(_), _) => 0,
        (Step::Call(call), Choice::Sequential) => {
            of_call(call).saturating_add(missed(call).map_or(0, |steps| chain(steps, choice)))
        }
        (Step::Call(call), Choice::Largest) => {
            let otherwise = match &call.request {
                Request::Get(get) => chain(&get.on_miss, choice),
                _ => 0,
            };
            of_call(call).saturating_add(otherwise)
        }
    })
}

fn sum(steps: &[Step], of: &dyn Fn(&Step) -> u64) -> u64 {
    steps.iter().fold(0, |all: u64, step| all.saturating_add(of(step)))
}

/// Round trips of one call on a connection that knows its statement.
fn of_call(call: &Call) -> u64 {
    if prepared(call) == Prepared::Each { 2 } else { 1 }
}

const fn prepared(call: &Call) -> Prepared {
    match call.request {
        Request::Query(Query { prepared, .. }) | Request::Write(Write { prepared, .. }) => prepared,
        _ => Prepared::No,
    }
}

/// What runs after a `get` that typically misses.
fn missed(call: &Call) -> Option<&[Step]> {
    match &call.request {
        Request::Get(get) if get.hit.0 < 0.5 => Some(&get.on_miss),
        _ => None,
    }
}

/// The connections of one branch.
#[derive(Debug, Default)]
struct Open {
    stores: BTreeSet<StoreId>,
    /// Numbers of the steps whose statement is prepared on these connections.
    prepared: BTreeSet<u32>,
    /// Those of the further branches of parallel groups, by branch.
    further: Vec<Open>,
}

/// Walks every path once; a repeat that typically runs takes the connections of its first round.
struct Paths<'s> {
    scenario: &'s Scenario,
    mysql: &'s Connections,
    memcached: &'s Connections,
    connect: Vec<Connecting>,
}

impl Paths<'_> {
    fn steps(&mut self, steps: &[Step], number: &mut u32, open: &mut Open) {
        for step in steps {
            self.step(step, number, open);
        }
    }
    fn step(&mut self, step: &Step, number: &mut u32, open: &mut Open) {
        *number += 1;
        match step {
            Step::Call(call) => {
                self.take(call.store, open);
                self.prepare(call, *number, open);
                match (missed(call), &call.request) {
                    (Some(steps), _) => self.steps(steps, number, open),
                    (None, Request::Get(get)) => *number += size(&get.on_miss),
                    _ => {}
                }
            }
            Step::Repeat { times, steps } if times.typical() == 0 => *number += size(steps),
            Step::Repeat { steps, .. } => self.steps(steps, number, open),
            Step::Parallel(branches) => {
                let further = branches.len().saturating_sub(1);
                if open.further.len() < further {
                    open.further.resize_with(further, Open::default);
                }
                if let Some(first) = branches.first() {
                    self.steps(first, number, open);
                }
                for (branch, own) in branches.iter().skip(1).zip(0..further) {
                    let mut own_open = std::mem::take(&mut open.further[own]);
                    self.steps(branch, number, &mut own_open);
                    open.further[own] = own_open;
                }
            }
            Step::Transaction(transaction) => {
                self.take(transaction.store, open);
                self.steps(&transaction.steps, number, open);
            }
            Step::Think(_) => {}
        }
    }
    /// A connection to the store, if this branch has none yet.
    fn take(&mut self, store: StoreId, open: &mut Open) {
        if open.stores.insert(store) {
            let kind = &self.scenario.stores[store.0].kind;
            let connections = if matches!(kind, StoreKind::Mysql(_)) { self.mysql } else { self.memcached };
            taken(kind, connections, &mut self.connect[store.0]);
        }
    }
    /// A statement that its connection does not know yet.
    fn prepare(&mut self, call: &Call, number: u32, open: &mut Open) {
        let kept = self.mysql.policy != ConnectionPolicy::PerJourney
            && matches!(self.mysql.on_reuse, OnReuse::Nothing | OnReuse::Ping);
        if prepared(call) == Prepared::Cached && !kept && open.prepared.insert(number) {
            self.connect[call.store.0].prepare += 1;
        }
    }
}

/// How many steps there are inside.
pub(crate) fn size(steps: &[Step]) -> u32 {
    let inside = |step: &Step| match step {
        Step::Call(Call { request: Request::Get(get), .. }) => size(&get.on_miss),
        Step::Repeat { steps, .. } => size(steps),
        Step::Parallel(branches) => branches.iter().map(|branch| size(branch)).sum(),
        Step::Transaction(transaction) => size(&transaction.steps),
        Step::Call(_) | Step::Think(_) => 0,
    };
    steps.iter().map(|step| 1 + inside(step)).sum()
}

/// Adds the round trips before a journey's first call on a connection.
fn taken(kind: &StoreKind, connections: &Connections, sum: &mut Connecting) {
    match (kind, connections.policy, connections.on_reuse) {
        (StoreKind::Mysql(_), ConnectionPolicy::PerJourney, _) => {
            sum.connect += 3;
            sum.set_up += u64::from(connections.set_up);
        }
        (StoreKind::Memcached(_), ConnectionPolicy::PerJourney, _) => sum.connect += 1,
        (StoreKind::Memcached(_), ..) | (_, _, OnReuse::Nothing) => {}
        (_, _, OnReuse::Ping | OnReuse::Reset) => sum.reuse += 1,
        (_, _, OnReuse::Relogin) => sum.reuse += 2,
    }
}

/// The workloads that perform a journey.
pub fn performers(scenario: &Scenario, journey: JourneyId) -> impl Iterator<Item = (WorkloadId, &Workload)> {
    let all = scenario.workloads.iter().enumerate();
    all.filter(move |(_, workload)| performs(&workload.kind, journey)).map(|(i, workload)| (WorkloadId(i), workload))
}

fn performs(kind: &WorkloadKind, journey: JourneyId) -> bool {
    match kind {
        WorkloadKind::Http(http) => http.mix.0.iter().any(|(it, _)| *it == journey),
        WorkloadKind::Queue(queues) => queues.iter().flat_map(|queue| &queue.mix.0).any(|(it, _)| *it == journey),
        WorkloadKind::Cron(jobs) => jobs.iter().any(|job| job.journey == journey),
        WorkloadKind::Startup(startup) => startup.journey == journey,
    }
}

/// Whether every draw of these steps has the same round trips one after the other.
pub(crate) fn always_alike(steps: &[Step]) -> bool {
    steps.iter().all(|step| match step {
        Step::Call(call) => match &call.request {
            Request::Get(get) => get.on_miss.is_empty(),
            _ => true,
        },
        Step::Repeat { times, steps } => matches!(times, Count::Fixed(_)) && always_alike(steps),
        Step::Transaction(transaction) => always_alike(&transaction.steps),
        Step::Think(_) => true,
        // Which branch is the longest may be chance.
        Step::Parallel(_) => false,
    })
}

#[cfg(test)]
#[path = "trips_tests.rs"]
mod tests;
