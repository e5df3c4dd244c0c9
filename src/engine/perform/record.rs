//! What one stream of journeys came to: counts and histograms, one writer, no lock.
//!
//! A journey belongs to the numbers when its intended start lies in the measuring window. It is counted
//! once: completed, failed (by the kind of its last attempt) or unfinished. Not for: deciding when
//! journeys start (`load`).

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::host::{Host, Way};
use super::snapshot::Means;
use super::tally::{Tally, Use};
use super::world::ArmWorld;
use crate::runfile::{Busy, PartRun};
use crate::seed::Stream;
use crate::units::Nanos;

/// One stream of journeys of an arm: its recorder, and what its loads share.
pub(super) struct Part<H: Host> {
    pub(super) arm: Rc<ArmWorld<H>>,
    /// The name of its random streams, its own among all parts of a placement.
    stream: String,
    run: RefCell<PartRun>,
    /// Sums over completed journeys, by store.
    stores: RefCell<Vec<Use>>,
    /// Recorded journeys that have not ended: number and intended start.
    open: RefCell<BTreeMap<u64, Nanos>>,
    busy: RefCell<BusyTime>,
}

impl<H: Host> Part<H> {
    /// `name` is told in the run; `index` tells the parts of an arm apart.
    pub(super) fn new(arm: &Rc<ArmWorld<H>>, arm_index: usize, index: usize, name: &str, workers: u32) -> Rc<Self> {
        // Not by the arm's own number, which changes when another workload is split: the same part draws the same in
        // every placement.
        let workload = arm.arm.workload;
        let before = arm.world.plan.placement.arms.iter().take(arm_index);
        let ordinal = before.filter(|other| other.workload == workload).count();
        Rc::new(Self {
            arm: Rc::clone(arm),
            stream: format!("{}.{ordinal}.{index}", workload.0),
            run: RefCell::new(PartRun { name: name.to_owned(), ..PartRun::default() }),
            stores: RefCell::new(vec![Use::default(); arm.paths.len()]),
            open: RefCell::default(),
            busy: RefCell::new(BusyTime { limit: workers, ..BusyTime::default() }),
        })
    }
    /// The random stream of this part for `what`, number `index`.
    pub(super) fn stream(&self, what: &str, index: u64) -> Stream {
        self.arm.world.plan.seed.stream(&format!("{what} {}", self.stream), index)
    }
    pub(super) fn set_planned(&self, planned: u64) {
        self.run.borrow_mut().planned = planned;
    }
    /// A journey is handed over; `in_time` if that happened within the window.
    pub(super) fn open(&self, number: u64, intended: Nanos, in_time: bool) {
        if self.arm.world.measured(intended) {
            self.run.borrow_mut().offered += u64::from(in_time);
            self.open.borrow_mut().insert(number, intended);
            self.arm.world.open.set(self.arm.world.open.get() + 1);
        }
    }
    fn close(&self, number: u64) -> Option<Nanos> {
        let intended = self.open.borrow_mut().remove(&number)?;
        self.arm.world.open.set(self.arm.world.open.get() - 1);
        Some(intended)
    }
    /// A journey ended well at `end`, having waited for a worker for so long.
    pub(super) fn completed(&self, number: u64, end: Nanos, waited: Nanos, tally: &Tally) {
        let Some(intended) = self.close(number) else { return };
        let mut run = self.run.borrow_mut();
        run.completed += 1;
        run.response.record(end.saturating_sub(intended));
        run.round_trips.record_value(u64::from(tally.trips));
        run.connect_round_trips.record_value(u64::from(tally.connect));
        if let Some(time) = tally.wait_connection {
            run.wait_connection.record(time);
        }
        let waiting = waited + tally.wait_connection.unwrap_or_default() + tally.wait_lock;
        run.time.think_ns += tally.think.0;
        run.time.waiting_ns += waiting.0;
        run.time.total_ns += end.saturating_sub(intended).0;
        let mut sums = self.stores.borrow_mut();
        for (index, (sum, its)) in sums.iter_mut().zip(&tally.stores).enumerate() {
            sum.trips += its.trips;
            sum.answered += its.answered;
            sum.service += its.service;
            let rtt = self.arm.paths[index].as_ref().map_or(Nanos::ZERO, |path| path.way.rtt());
            run.time.distance_ns += (rtt * u64::from(its.trips)).0;
        }
    }
    /// A journey failed for good.
    pub(super) fn failed(&self, number: u64, kind: &str) {
        if self.close(number).is_some() {
            *self.run.borrow_mut().errors.entry(kind.to_owned()).or_default() += 1;
        }
    }
    /// An attempt ended well after this long; only of recorded journeys.
    pub(super) fn served(&self, time: Nanos) {
        self.run.borrow_mut().service.record(time);
    }
    /// A worker took a recorded journey up after this long.
    pub(super) fn wait_worker(&self, time: Nanos) {
        self.run.borrow_mut().wait_worker.record(time);
    }
    /// A call of a recorded journey, from its intended and from its actual start.
    pub(super) fn call(&self, response: Nanos, service: Nanos) {
        let mut run = self.run.borrow_mut();
        run.call_response.record(response);
        run.call_service.record(service);
    }
    pub(super) fn lock_wait(&self, time: Nanos) {
        self.run.borrow_mut().wait_lock.record(time);
    }
    /// A caller asks again.
    pub(super) fn retried(&self, number: u64) {
        if self.open.borrow().contains_key(&number) {
            self.run.borrow_mut().retries += 1;
        }
    }
    /// One more worker is busy, or one less.
    pub(super) fn busy(&self, change: i32) {
        let world = &self.arm.world;
        self.busy.borrow_mut().change(world.now(), world.window.get(), change);
    }
    /// Everything there is at the end. `means` are what the proxy saw of all parts together, by store; the store's own
    /// service times tell apart calls that take different times.
    pub(super) fn finish(&self, now: Nanos, means: &[Means]) -> PartRun {
        let mut run = self.run.take();
        for (_, intended) in self.open.take() {
            run.unfinished += 1;
            run.response.record(now.saturating_sub(intended));
        }
        let sums = self.stores.borrow();
        let of_store = |(sum, mean): (&Use, &Means)| sum.service.0 as f64 + f64::from(sum.answered) * mean.store;
        let store: f64 = sums.iter().zip(means).map(of_store).sum();
        let further: f64 = sums.iter().zip(means).map(|(sum, mean)| f64::from(sum.answered) * mean.link).sum();
        let known = run.time.distance_ns + run.time.think_ns + run.time.waiting_ns;
        run.time.distance_ns += (further.round() as u64).min(run.time.total_ns.saturating_sub(known));
        // Waits and the store's share of a mean are estimates: together they are never more than there was.
        let others = run.time.distance_ns + run.time.think_ns + run.time.waiting_ns;
        let left = run.time.total_ns.saturating_sub(others);
        run.time.store_ns = (store.max(0.0).round() as u64).min(left);
        run.time.rest_ns = left - run.time.store_ns;
        run.busy = self.busy.borrow_mut().finish(now, self.arm.world.window.get());
        run
    }
}

/// Workers that are busy, over time.
#[derive(Debug, Default)]
struct BusyTime {
    limit: u32,
    now: u32,
    max: u32,
    since: Nanos,
    /// Worker-nanoseconds inside the window.
    area: u128,
}

impl BusyTime {
    fn change(&mut self, at: Nanos, window: (Nanos, Nanos), change: i32) {
        self.advance(at, window);
        self.now = self.now.saturating_add_signed(change);
        if window.0 <= at && at < window.1 {
            self.max = self.max.max(self.now);
        }
    }
    fn advance(&mut self, at: Nanos, window: (Nanos, Nanos)) {
        let inside = at.min(window.1).saturating_sub(self.since.max(window.0));
        if inside > Nanos::ZERO {
            self.max = self.max.max(self.now);
        }
        self.area += u128::from(self.now) * u128::from(inside.0);
        self.since = at;
    }
    fn finish(&mut self, at: Nanos, window: (Nanos, Nanos)) -> Busy {
        self.advance(at, window);
        let length = window.1.min(at).saturating_sub(window.0).0.max(1);
        Busy { limit: self.limit, mean: self.area as f64 / length as f64, max: self.max }
    }
}

/// A counter that only counts while recording.
#[derive(Debug, Default)]
pub(super) struct Counter(Cell<u64>);

impl Counter {
    pub(super) fn add(&self) {
        self.0.set(self.0.get() + 1);
    }
    pub(super) fn get(&self) -> u64 {
        self.0.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_workers_are_averaged_over_the_window() {
        let window = (Nanos(100), Nanos(200));
        let mut busy = BusyTime { limit: 4, ..BusyTime::default() };
        // Two before the window and through half of it, one to its end; three only after it.
        for (at, change) in [(50, 1), (60, 1), (150, -1), (250, 1), (260, 1)] {
            busy.change(Nanos(at), window, change);
        }
        assert_eq!(busy.finish(Nanos(300), window), Busy { limit: 4, mean: 1.5, max: 2 });
    }
}
