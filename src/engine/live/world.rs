//! What the tasks of one placement share: clock, window, arms with their paths to stores.
//!
//! Everything here lives on the load generator's one thread, in cells; nothing is locked. Not for:
//! who performs journeys (`load`), what a journey does (`walk`).

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::connections::Pool;
use super::driver::Dial;
use crate::measure::Hist;
use crate::plan::{Plan, limit};
use crate::proxy::Route;
use crate::scenario::{ConnectionPolicy, Connections, OnReuse, Scenario, StoreId, StoreKind, Workload};
use crate::strategy::Arm;
use crate::timer::{Clock, Timer};
use crate::units::Nanos;

/// One placement while it is performed.
pub(super) struct World {
    pub(super) scenario: Arc<Scenario>,
    pub(super) plan: Plan,
    pub(super) clock: Clock,
    pub(super) timer: Timer,
    /// When recording begins and ends; nothing is recorded until they are set.
    pub(super) window: Cell<(Nanos, Nanos)>,
    /// How late journeys and the ends of pauses were.
    pub(super) lateness: RefCell<Hist>,
    /// Recorded journeys that have not ended.
    pub(super) open: Cell<u64>,
    next_row: Cell<u64>,
}

impl World {
    pub(super) fn new(scenario: Arc<Scenario>, plan: Plan, clock: Clock, timer: Timer) -> Self {
        Self {
            scenario,
            plan,
            clock,
            timer,
            window: Cell::new((Nanos::MAX, Nanos::MAX)),
            lateness: RefCell::new(Hist::new()),
            open: Cell::new(0),
            next_row: Cell::new(0),
        }
    }
    pub(super) fn now(&self) -> Nanos {
        self.clock.now()
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
    /// Waits until `at`; being late counts only while recording.
    pub(super) async fn sleep_until(&self, at: Nanos) {
        let late = self.timer.sleep_until(at).await;
        if self.measured(at) {
            self.lateness.borrow_mut().record(late);
        }
    }
}

/// An arm and its ways to the stores.
pub(super) struct ArmWorld {
    pub(super) world: Rc<World>,
    pub(super) arm: Arm,
    /// By store; `None` for stores that the arm never calls.
    pub(super) paths: Vec<Option<Path>>,
}

/// The way from an arm to a store.
pub(super) struct Path {
    /// The proxy's route; `None` when the generator itself is measured, without a link.
    pub(super) route: Option<Route>,
    /// Which of the placement's links it takes.
    pub(super) link: usize,
    pub(super) rtt: Nanos,
    pub(super) dial: Dial,
    pub(super) connections: Connections,
    pub(super) pool: Option<Rc<Pool>>,
    /// What a re-login costs at this server: it may ask to switch the method first.
    pub(super) relogin: Cell<u32>,
    /// Waits for row locks since recording began, to be taken off the store's own time.
    pub(super) lock_wait: Cell<Nanos>,
    /// Keys that were asked for while they should be there, and those of them that were not.
    pub(super) keys: Cell<(u64, u64)>,
}

impl Path {
    pub(super) fn new(route: Option<Route>, link: usize, rtt: Nanos, dial: Dial, connections: Connections) -> Self {
        Self {
            route,
            link,
            rtt,
            dial,
            connections,
            pool: None,
            relogin: Cell::new(2),
            lock_wait: Cell::new(Nanos::ZERO),
            keys: Cell::new((0, 0)),
        }
    }
    /// Gives it a pool if its policy asks for one, as large as the arm's part of the load.
    pub(super) fn pooled(mut self, share: f64, scale: f64) -> Self {
        if let ConnectionPolicy::Pool(size) = self.connections.policy {
            self.pool = Some(Rc::new(Pool::new(limit(size, share, scale))));
        }
        self
    }
}

impl ArmWorld {
    pub(super) fn workload(&self) -> &Workload {
        &self.world.scenario.workloads[self.arm.workload.0]
    }
    /// The way to a store that the arm calls.
    pub(super) fn path(&self, store: StoreId) -> &Path {
        self.paths[store.0].as_ref().expect("an arm has a path to every store that its journeys call")
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
