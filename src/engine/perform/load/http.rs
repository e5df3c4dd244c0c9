//! Requests that arrive whether or not anybody is free.
//!
//! Limited workers, a bounded backlog, refusals beyond it. The caller gives up at its time-out while the
//! worker goes on, and asks again as often as it may; a request's response time runs from the intended
//! start of its first attempt. Not for: the steps of a request.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use tokio::sync::Notify;

use super::crew::Crew;
use super::{arrivals, perform};
use crate::engine::perform::host::{Failure, Host};
use crate::engine::perform::kept::Kept;
use crate::engine::perform::record::{Counter, Part};
use crate::engine::perform::world::ArmWorld;
use crate::plan::limit;
use crate::scenario::{self, Mix};
use crate::units::Nanos;

/// An arm's requests and workers.
pub(in crate::engine::perform) struct Http<H: Host> {
    part: Rc<Part<H>>,
    spec: scenario::Http,
    /// Requests that may wait.
    room: usize,
    /// Workers that have nothing to do, by what connections they keep.
    free: Crew<H>,
    backlog: RefCell<VecDeque<Rc<Attempt>>>,
    /// Attempts in the order in which their callers will give up.
    patience: RefCell<VecDeque<(Nanos, Rc<Attempt>)>>,
    waiting: Notify,
    killed: Counter,
}

/// The worker's instance was restarted and had no more time.
const KILLED: Failure = Failure { kind: "killed", broken: true };

/// One attempt at a request.
struct Attempt {
    number: u64,
    /// Of the first attempt.
    intended: Nanos,
    /// When this attempt was made.
    handed: Nanos,
    /// How many attempts came before.
    before: u32,
    /// The caller has an answer, or no interest any more.
    over: Cell<bool>,
}

impl<H: Host> Http<H> {
    pub(super) fn new(arm: &Rc<ArmWorld<H>>, index: usize, spec: &scenario::Http) -> Rc<Self> {
        let workers = limit(spec.workers, arm.part());
        let room = if spec.backlog == 0 { 0 } else { limit(spec.backlog, arm.part()) };
        Rc::new(Self {
            part: Part::new(arm, index, 0, &arm.workload().name, workers),
            spec: spec.clone(),
            room: room as usize,
            free: Crew::new(workers),
            backlog: RefCell::default(),
            patience: RefCell::default(),
            waiting: Notify::new(),
            killed: Counter::default(),
        })
    }
    pub(super) fn part(&self) -> &Rc<Part<H>> {
        &self.part
    }
    /// What it performs.
    pub(super) fn mix(&self) -> &Mix {
        &self.spec.mix
    }
    /// The connections of every worker.
    pub(super) fn kept(&self) -> Vec<Rc<Kept<H>>> {
        self.free.kept()
    }
    pub(super) fn start(self: &Rc<Self>, origin: Nanos) {
        let http = Rc::clone(self);
        arrivals::start(&self.part, &self.spec.arrivals, origin, move |number, intended| {
            http.submit(number, intended, 0);
        });
        if self.spec.timeout.is_some() {
            self.part.arm.world.host.spawn(Rc::clone(self).watch());
        }
    }
    /// A caller asks: a worker takes it, or it waits, or it is refused.
    fn submit(self: &Rc<Self>, number: u64, intended: Nanos, before: u32) {
        let handed = if before == 0 { intended } else { self.part.arm.world.now() };
        let attempt = Rc::new(Attempt { number, intended, handed, before, over: Cell::new(false) });
        if let Some(timeout) = self.spec.timeout {
            self.patience.borrow_mut().push_back((handed + timeout, Rc::clone(&attempt)));
            self.waiting.notify_one();
        }
        if let Some(worker) = self.free.take() {
            self.part.arm.world.host.spawn(Rc::clone(self).work(worker, attempt));
        } else if self.backlog.borrow().len() < self.room {
            self.backlog.borrow_mut().push_back(attempt);
        } else {
            self.end(&attempt, "refused");
        }
    }
    /// A worker serves one attempt after the other until none waits.
    async fn work(self: Rc<Self>, worker: Rc<Kept<H>>, first: Rc<Attempt>) {
        self.part.busy(1);
        let mut next = Some(first);
        while let Some(attempt) = next {
            self.serve(&worker, &attempt).await;
            next = if self.free.stays(&worker) { self.backlog.borrow_mut().pop_front() } else { None };
        }
        self.part.busy(-1);
        self.free.put(worker);
    }
    async fn serve(self: &Rc<Self>, worker: &Kept<H>, attempt: &Attempt) {
        let world = &self.part.arm.world;
        let Attempt { number, intended, .. } = *attempt;
        let start = world.now();
        let waited = start.saturating_sub(attempt.handed);
        if world.measured(intended) {
            self.part.wait_worker(waited);
        }
        let work = perform(&self.part, &self.spec.mix, number, intended, worker);
        let done = if self.part.arm.restarts() {
            tokio::select! {
                biased;
                done = work => done,
                () = self.free.killed(worker) => {
                    self.killed.add();
                    Err(KILLED)
                }
            }
        } else {
            work.await
        };
        let end = world.now();
        if done.is_ok() && world.measured(intended) {
            self.part.served(end - start);
        }
        match done {
            Ok(tally) if !attempt.over.replace(true) => self.part.completed(number, end, waited, &tally),
            Err(failure) => self.end(attempt, failure.kind),
            Ok(_) => {}
        }
    }
    pub(super) fn crew(&self) -> &Crew<H> {
        &self.free
    }
    /// A wave of a restart is ready: its workers take up what waits.
    pub(super) fn come_back(self: &Rc<Self>) {
        for worker in self.free.back() {
            let waiting = self.backlog.borrow_mut().pop_front();
            match waiting {
                Some(attempt) => drop(self.part.arm.world.host.spawn(Rc::clone(self).work(worker, attempt))),
                None => self.free.put(worker),
            }
        }
    }
    /// Requests that were killed at a restart.
    pub(super) fn killed(&self) -> u64 {
        self.killed.get()
    }
    /// The caller learns of a failure, and asks again if it may.
    fn end(self: &Rc<Self>, attempt: &Attempt, kind: &str) {
        if attempt.over.replace(true) {
            return;
        }
        if attempt.before < self.spec.retries {
            self.part.retried(attempt.number);
            // On a task of its own: refusals of retries must not nest.
            let (http, number, intended, before) = (Rc::clone(self), attempt.number, attempt.intended, attempt.before);
            self.part.arm.world.host.spawn(async move { http.submit(number, intended, before + 1) });
        } else {
            self.part.failed(attempt.number, kind);
        }
    }
    /// Lets callers give up: attempts are in order, since all wait for the same time.
    async fn watch(self: Rc<Self>) {
        let world = &self.part.arm.world;
        loop {
            let next = self.patience.borrow_mut().pop_front();
            let Some((until, attempt)) = next else {
                self.waiting.notified().await;
                continue;
            };
            if !attempt.over.get() {
                world.host.sleep_until(until).await;
                self.end(&attempt, "timeout");
            }
        }
    }
}
