//! A queue: jobs arrive, consumers take them in order, late ones are handed out again.
//!
//! A job that is not done after `redeliver_after` becomes visible again while its first consumer still
//! works on it, so it runs twice. A consumer is killed at `job_timeout`, connections and all; without
//! redelivery the job is lost. Numbers of events count from the opening of the window. Not for:
//! retries with back-off, which are a queue's own affair.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use tokio::sync::Notify;

use super::crew::Crew;
use super::{arrivals, perform};
use crate::engine::perform::host::{Failure, Host};
use crate::engine::perform::kept::Kept;
use crate::engine::perform::record::{Counter, Part};
use crate::engine::perform::snapshot::Means;
use crate::engine::perform::tally::Tally;
use crate::engine::perform::world::ArmWorld;
use crate::plan::limit;
use crate::runfile::{PartRun, QueueRun};
use crate::scenario::{self, Mix};
use crate::units::Nanos;

/// One named queue of an arm.
pub(in crate::engine::perform) struct Queue<H: Host> {
    part: Rc<Part<H>>,
    spec: scenario::Queue,
    /// Consumers that have nothing to do, by what connections they keep.
    free: Crew<H>,
    /// Jobs that wait, with the time since when.
    ready: RefCell<VecDeque<(Rc<Job>, Nanos)>>,
    /// Jobs that are being worked on, in the order in which they will be handed out again.
    reserved: RefCell<VecDeque<(Nanos, Rc<Job>)>>,
    reserving: Notify,
    seen: Seen,
    /// Jobs killed at a restart, of the whole load.
    restarted: Counter,
}

/// Events since the window opened.
#[derive(Default)]
struct Seen {
    arrived: Counter,
    done: Counter,
    redelivered: Counter,
    duplicates: Counter,
    killed: Counter,
    oldest: Cell<Nanos>,
    backlog: Cell<(u64, u64)>,
}

struct Job {
    number: u64,
    /// When it arrived.
    intended: Nanos,
    /// It was done at least once, or failed for good.
    over: Cell<bool>,
    /// Some consumer has taken it already.
    taken: Cell<bool>,
}

impl<H: Host> Queue<H> {
    pub(super) fn new(arm: &Rc<ArmWorld<H>>, index: usize, number: usize, spec: &scenario::Queue) -> Rc<Self> {
        let consumers = limit(spec.consumers, arm.part());
        Rc::new(Self {
            part: Part::new(arm, index, number, &spec.name, consumers),
            spec: spec.clone(),
            free: Crew::new(consumers),
            ready: RefCell::default(),
            reserved: RefCell::default(),
            reserving: Notify::new(),
            seen: Seen::default(),
            restarted: Counter::default(),
        })
    }
    pub(super) fn part(&self) -> &Rc<Part<H>> {
        &self.part
    }
    /// What it performs.
    pub(super) fn mix(&self) -> &Mix {
        &self.spec.mix
    }
    /// The connections of every consumer.
    pub(super) fn kept(&self) -> Vec<Rc<Kept<H>>> {
        self.free.kept()
    }
    pub(super) fn start(self: &Rc<Self>, origin: Nanos) {
        let queue = Rc::clone(self);
        arrivals::start(&self.part, &self.spec.arrivals, origin, move |number, intended| {
            if queue.recording() {
                queue.seen.arrived.add();
            }
            let job = Job { number, intended, over: Cell::new(false), taken: Cell::new(false) };
            queue.enqueue(Rc::new(job), intended);
        });
        if self.spec.redeliver_after.is_some() {
            self.part.arm.world.host.spawn(Rc::clone(self).redeliver());
        }
    }
    /// The window opens or closes: notes how many wait.
    pub(super) fn mark(&self, opens: bool) {
        let waiting = self.ready.borrow().len() as u64;
        let (start, _) = self.seen.backlog.get();
        self.seen.backlog.set(if opens { (waiting, waiting) } else { (start, waiting) });
        if let (false, Some((_, since))) = (opens, self.ready.borrow().front()) {
            self.note_age(*since);
        }
    }
    pub(super) fn finish(&self, now: Nanos, means: &[Means]) -> PartRun {
        let (from, to) = self.part.arm.world.window.get();
        let seconds = to.saturating_sub(from).as_secs_f64();
        let (backlog_start, backlog_end) = self.seen.backlog.get();
        let queue = QueueRun {
            arrived_per_s: self.seen.arrived.get() as f64 / seconds,
            done_per_s: self.seen.done.get() as f64 / seconds,
            backlog_start,
            backlog_end,
            oldest_ns: self.seen.oldest.get().0,
            redelivered: self.seen.redelivered.get(),
            duplicates: self.seen.duplicates.get(),
            killed: self.seen.killed.get(),
        };
        PartRun { queue: Some(queue), ..self.part.finish(now, means) }
    }
    /// Whether the window is open.
    fn recording(&self) -> bool {
        self.part.arm.world.measured(self.part.arm.world.now())
    }
    /// Whether the window has opened: killed, redelivered and doubled jobs count through the drain.
    fn counting(&self) -> bool {
        self.part.arm.world.now() >= self.part.arm.world.window.get().0
    }
    fn note_age(&self, since: Nanos) {
        let age = self.part.arm.world.now().saturating_sub(since);
        self.seen.oldest.set(self.seen.oldest.get().max(age));
    }
    /// A job waits; a free consumer takes it.
    fn enqueue(self: &Rc<Self>, job: Rc<Job>, since: Nanos) {
        self.ready.borrow_mut().push_back((job, since));
        if let Some(consumer) = self.free.take() {
            self.part.arm.world.host.spawn(Rc::clone(self).consume(consumer));
        }
    }
    /// A consumer takes one job after the other until none waits.
    async fn consume(self: Rc<Self>, consumer: Rc<Kept<H>>) {
        self.consume_from(consumer, None).await;
    }
    /// The same, `first` before those that wait.
    async fn consume_from(self: Rc<Self>, consumer: Rc<Kept<H>>, mut first: Option<(Rc<Job>, Nanos)>) {
        self.part.busy(1);
        loop {
            let next = first.take().or_else(|| self.ready.borrow_mut().pop_front());
            let Some((job, since)) = next else { break };
            if self.recording() {
                self.note_age(since);
            }
            self.work(&consumer, &job, since).await;
            if !self.free.stays(&consumer) {
                break;
            }
        }
        self.part.busy(-1);
        self.free.put(consumer);
    }
    async fn work(&self, consumer: &Kept<H>, job: &Rc<Job>, since: Nanos) {
        let world = &self.part.arm.world;
        let start = world.now();
        let waited = start.saturating_sub(since);
        let first = !job.taken.replace(true);
        if first && world.measured(job.intended) {
            self.part.wait_worker(waited);
        }
        if let Some(after) = self.spec.redeliver_after {
            self.reserved.borrow_mut().push_back((start + after, Rc::clone(job)));
            self.reserving.notify_one();
        }
        match self.attempt(consumer, job, start).await {
            None => self.killed(consumer, job),
            Some(Ok(tally)) => self.done(job, start, waited, &tally),
            Some(Err(failure)) if !job.over.replace(true) => self.part.failed(job.number, failure.kind),
            Some(Err(_)) => {}
        }
    }
    /// Performs the job; `None` if it was killed, at its time-out or because its consumer restarts.
    async fn attempt(&self, consumer: &Kept<H>, job: &Job, start: Nanos) -> Option<Result<Tally, Failure>> {
        let work = perform(&self.part, &self.spec.mix, job.number, job.intended, consumer);
        let host = &self.part.arm.world.host;
        match (self.spec.job_timeout, self.part.arm.restarts()) {
            (None, false) => Some(work.await),
            (timeout, restarts) => tokio::select! {
                biased;
                done = work => Some(done),
                _ = host.sleep_until(start + timeout.unwrap_or_default()), if timeout.is_some() => None,
                () = self.free.killed(consumer), if restarts => {
                    self.restarted.add();
                    None
                }
            },
        }
    }
    pub(super) fn crew(&self) -> &Crew<H> {
        &self.free
    }
    /// A wave of a restart is ready: its consumers take up what waits.
    pub(super) fn come_back(self: &Rc<Self>) {
        for consumer in self.free.back() {
            self.free.put(consumer);
        }
        while self.waits()
            && let Some(consumer) = self.free.take()
        {
            // It has its first job before the next one is looked for.
            let first = self.ready.borrow_mut().pop_front();
            self.part.arm.world.host.spawn(Rc::clone(self).consume_from(consumer, first));
        }
    }
    fn waits(&self) -> bool {
        !self.ready.borrow().is_empty()
    }
    /// Jobs that were killed at a restart.
    pub(super) fn killed_at_restart(&self) -> u64 {
        self.restarted.get()
    }
    fn killed(&self, consumer: &Kept<H>, job: &Job) {
        consumer.drop_all();
        if self.counting() {
            self.seen.killed.add();
        }
        if self.spec.redeliver_after.is_none() && !job.over.replace(true) {
            let restarts = self.free.killing() && !self.free.stays(consumer);
            self.part.failed(job.number, if restarts { "killed" } else { "job timeout" });
        }
    }
    fn done(&self, job: &Job, start: Nanos, waited: Nanos, tally: &Tally) {
        let world = &self.part.arm.world;
        let end = world.now();
        if world.measured(job.intended) {
            self.part.served(end - start);
        }
        if job.over.replace(true) {
            if self.counting() {
                self.seen.duplicates.add();
            }
            return;
        }
        if self.recording() {
            self.seen.done.add();
        }
        self.part.completed(job.number, end, waited, tally);
    }
    /// Hands jobs out again that are not over in time: they are in order, since all wait equally long.
    async fn redeliver(self: Rc<Self>) {
        let world = Rc::clone(&self.part.arm.world);
        loop {
            let next = self.reserved.borrow_mut().pop_front();
            let Some((until, job)) = next else {
                self.reserving.notified().await;
                continue;
            };
            if job.over.get() {
                continue;
            }
            world.host.sleep_until(until).await;
            if !job.over.get() {
                if self.counting() {
                    self.seen.redelivered.add();
                }
                self.enqueue(job, world.now());
            }
        }
    }
}
