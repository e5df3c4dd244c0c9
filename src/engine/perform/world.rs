//! What the tasks of one placement share: clock, window, arms with their paths to stores.
//!
//! Everything here lives on the engine's one thread, in cells; nothing is locked. Not for:
//! who performs journeys (`load`), what a journey does (`walk`).

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::host::{Host, Way};
use super::kept::Pool;
use crate::measure::Hist;
use crate::plan::{Plan, limit};
use crate::scenario::{ConnectionPolicy, Connections, OnReuse, Scenario, StoreId, StoreKind, Workload};
use crate::strategy::{Arm, Condition};
use crate::units::Nanos;

/// From the end of preparing to the first arrival.
pub(super) const RUN_UP: Nanos = Nanos::from_millis(5);
/// How often the end of draining, and of booting, is looked at.
pub(super) const LOOK_EVERY: Nanos = Nanos::from_millis(10);

/// What a locking call takes longer than others, at least, if it waited for its row.
const LOCK_WAIT_LEAST: Nanos = Nanos::from_micros(500);

/// Of each way so many calls are remembered one by one: 800 kB.
const SERIES_MOST: usize = 50_000;

/// One placement while it is performed.
pub(in crate::engine) struct World<H> {
    pub(in crate::engine) host: H,
    pub(in crate::engine) scenario: Arc<Scenario>,
    pub(in crate::engine) plan: Plan,
    /// When recording begins and ends; nothing is recorded until they are set.
    pub(super) window: Cell<(Nanos, Nanos)>,
    /// How late journeys and the ends of pauses were.
    pub(in crate::engine) lateness: RefCell<Hist>,
    /// Recorded journeys that have not ended.
    pub(super) open: Cell<u64>,
    next_row: Cell<u64>,
}

impl<H: Host> World<H> {
    pub(super) fn new(host: H, scenario: Arc<Scenario>, plan: Plan) -> Self {
        Self {
            host,
            scenario,
            plan,
            window: Cell::new((Nanos::MAX, Nanos::MAX)),
            lateness: RefCell::new(Hist::new()),
            open: Cell::new(0),
            next_row: Cell::new(0),
        }
    }
    pub(in crate::engine) fn now(&self) -> Nanos {
        self.host.now()
    }
    /// Whether what is intended for `at` is recorded.
    pub(super) fn measured(&self, at: Nanos) -> bool {
        let (from, to) = self.window.get();
        from <= at && at < to
    }
    /// A number that no other open journey or branch has, for rows of its own.
    pub(super) fn row(&self) -> u64 {
        let row = self.next_row.get();
        self.next_row.set(row + 1);
        row
    }
    /// The next of these numbers, for a placement that shares its stores with another one.
    pub(in crate::engine) fn rows_from(&self, row: u64) {
        self.next_row.set(row);
    }
    /// Waits until `at`; being late counts only while recording.
    pub(super) async fn sleep_until(&self, at: Nanos) {
        let late = self.host.wake_at(at).await;
        if self.measured(at) {
            self.lateness.borrow_mut().record(late);
        }
    }
}

/// An arm and its ways to the stores.
pub(in crate::engine) struct ArmWorld<H: Host> {
    pub(in crate::engine) world: Rc<World<H>>,
    pub(in crate::engine) arm: Arm,
    /// By store; `None` for stores that the arm never calls.
    pub(in crate::engine) paths: Vec<Option<Path<H>>>,
}

/// The way from an arm to a store, and what the arm keeps of it.
pub(in crate::engine) struct Path<H: Host> {
    pub(in crate::engine) way: H::Way,
    /// Which of the placement's links it takes.
    pub(in crate::engine) link: usize,
    pub(in crate::engine) connections: Connections,
    pub(super) pool: Option<Rc<Pool<H>>>,
    /// What a re-login costs at this server: it may ask to switch the method first.
    pub(in crate::engine) relogin: Cell<u32>,
    /// Waits for row locks since recording began, to be taken off the store's own time.
    pub(super) lock_wait: Cell<Nanos>,
    /// The times that the scenario gives for the calls since recording began.
    pub(super) given: Cell<Nanos>,
    /// The same call by call, waits for row locks on top; only where that is measured.
    pub(super) given_times: RefCell<Hist>,
    /// What calls of one round trip that take no lock took beyond the RTT and that time; only where that is measured.
    pub(super) beyond: RefCell<Hist>,
    /// The same with the instants at which they ended, of the first of them.
    pub(super) series: RefCell<Vec<(Nanos, Nanos)>>,
    /// Keys that were asked for while they should be there, and those of them that were not.
    pub(super) keys: Cell<(u64, u64)>,
    /// The store is the copy of another one, or a cache that has a copy.
    pub(super) copied: bool,
    /// Requests that read what may be old, or that change what the other cache does not see.
    pub(super) stale: Cell<u64>,
    /// A MySQL of which the arm has a copy; reads that go to itself.
    pub(super) spared: bool,
    pub(super) itself_read: Cell<u64>,
}

impl<H: Host> Path<H> {
    /// `part` is the arm's part of the load: a pool is as large as that asks for.
    pub(super) fn new(way: H::Way, link: usize, connections: Connections, part: f64) -> Self {
        let pool = match connections.policy {
            ConnectionPolicy::Pool(size) => Some(Rc::new(Pool::new(limit(size, part)))),
            _ => None,
        };
        Self {
            way,
            link,
            connections,
            pool,
            relogin: Cell::new(2),
            lock_wait: Cell::new(Nanos::ZERO),
            given: Cell::new(Nanos::ZERO),
            given_times: RefCell::new(Hist::new()),
            beyond: RefCell::new(Hist::new()),
            series: RefCell::default(),
            keys: Cell::new((0, 0)),
            copied: false,
            stale: Cell::new(0),
            spared: false,
            itself_read: Cell::new(0),
        }
    }
    /// Says whether what is asked of the store, or changed in it, may differ elsewhere.
    pub(super) fn copied(self, copied: bool) -> Self {
        Self { copied, ..self }
    }
    /// Says whether the arm reads from a copy of the store.
    pub(super) fn spared(self, spared: bool) -> Self {
        Self { spared, ..self }
    }
    /// The time that the scenario gives for a call, if the store takes it; it is booked.
    pub(super) fn works_for(&self, service: Nanos) -> Nanos {
        let given = if self.way.keeps_times() { service } else { Nanos::ZERO };
        self.given.set(self.given.get() + given);
        given
    }
    /// The time that the scenario gives for a call that is booked, and what it waited for a row, are kept for
    /// themselves.
    pub(super) fn gave(&self, service: Nanos, waited: Nanos) {
        if !H::Way::MEASURED {
            return;
        }
        let service = if self.way.keeps_times() { service } else { Nanos::ZERO };
        // What a locking call took beyond what was expected is no wait while other calls take as much.
        let waited = if waited < LOCK_WAIT_LEAST { Nanos::ZERO } else { waited };
        self.given_times.borrow_mut().record(service + waited);
    }
    /// A call that is booked, of one round trip and without a lock, took so long until `end` where the scenario gives
    /// `service`.
    pub(super) fn took(&self, took: Nanos, service: Nanos, end: Nanos) {
        if !H::Way::MEASURED {
            return;
        }
        let service = if self.way.keeps_times() { service } else { Nanos::ZERO };
        let beyond = took.saturating_sub(self.way.rtt() + service);
        self.beyond.borrow_mut().record(beyond);
        let series = &mut *self.series.borrow_mut();
        if series.len() < SERIES_MOST {
            series.push((end, beyond));
        }
    }
}

impl<H: Host> ArmWorld<H> {
    /// The part of the workload's whole load that it performs: its share, scaled.
    pub(super) fn part(&self) -> f64 {
        self.arm.share.0 * self.world.plan.scale
    }
    pub(super) fn workload(&self) -> &Workload {
        &self.world.scenario.workloads[self.arm.workload.0]
    }
    /// The way to a store that the arm calls.
    pub(in crate::engine) fn path(&self, store: StoreId) -> &Path<H> {
        self.paths[store.0].as_ref().expect("an arm has a path to every store that its journeys call")
    }
    /// Whether those who serve on it restart while it is measured.
    pub(super) fn restarts(&self) -> bool {
        matches!(self.world.plan.placement.condition, Condition::Restarting(platform) if platform == self.arm.platform)
    }
    /// The overhead that the platform adds to every journey.
    pub(super) fn overhead(&self) -> Nanos {
        self.world.scenario.platforms[self.arm.platform.0].overhead
    }
}

/// What becomes of a workload's connections to a store.
pub(super) fn connections(workload: &Workload, kind: &StoreKind) -> Connections {
    match kind {
        StoreKind::Mysql(_) => workload.mysql,
        StoreKind::Memcached(_) => {
            // What is sent after a login or on reuse is MySQL's alone.
            Connections { set_up: 0, on_reuse: OnReuse::Nothing, ..workload.memcached }
        }
    }
}
