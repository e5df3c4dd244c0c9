//! Jobs on a schedule: a run works through its items in serial loops, `parallel` of them at once.
//!
//! Runs start at the opening of the window and every `every` after. A run that is longer than the
//! window is measured on the items that fit, and its length is extrapolated from their times. A run is
//! a new process: it opens its own connections. Not for: whether runs meet (`analysis` compares the
//! duration with `every`); only runs that meet inside the window are seen to.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use super::perform;
use crate::engine::perform::host::{Host, Task};
use crate::engine::perform::kept::Kept;
use crate::engine::perform::record::{Counter, Part};
use crate::engine::perform::snapshot::Means;
use crate::engine::perform::world::ArmWorld;
use crate::measure::{Estimate, Hist, Z95};
use crate::plan::portion;
use crate::runfile::{CronRun, PartRun};
use crate::scenario::{CronJob, Mix, Overlap};
use crate::units::Nanos;

/// One job of an arm.
pub(in crate::engine::perform) struct Cron<H: Host> {
    part: Rc<Part<H>>,
    spec: CronJob,
    mix: Mix,
    parallel: u32,
    items: u64,
    /// Runs that are going.
    going: RefCell<Vec<Rc<Run<H>>>>,
    /// Numbers the items of all runs.
    next: Cell<u64>,
    started: Counter,
    skipped: Counter,
    replaced: Counter,
    overlapped: Counter,
    item_time: RefCell<Times>,
    /// Lengths of the runs that came to their end.
    lengths: RefCell<Vec<Nanos>>,
}

/// One run.
struct Run<H: Host> {
    /// When it was to start.
    due: Nanos,
    start: Nanos,
    /// Items that nobody has taken yet.
    left: Cell<u64>,
    /// Loops that are still working.
    loops: Cell<u32>,
    tasks: RefCell<Vec<H::Task>>,
    /// Items that are being worked on.
    current: RefCell<BTreeSet<u64>>,
    /// Items that failed.
    failed: Cell<u64>,
}

impl<H: Host> Run<H> {
    fn new(due: Nanos, start: Nanos, items: u64, loops: u32) -> Rc<Self> {
        Rc::new(Self {
            due,
            start,
            left: Cell::new(items),
            loops: Cell::new(loops),
            tasks: RefCell::default(),
            current: RefCell::default(),
            failed: Cell::new(0),
        })
    }
}

/// A run with more failures than this share of its items says nothing of how long one takes.
const FAILED_MAX: f64 = 0.01;

/// Times of items. The first of each loop opens its connections, so it stands for itself and not for others.
#[derive(Default)]
struct Times {
    first: Spread,
    rest: Spread,
}

/// Times with what an interval of their mean needs.
#[derive(Default)]
struct Spread {
    hist: Hist,
    sum: f64,
    squares: f64,
}

impl<H: Host> Cron<H> {
    /// Items shrink as `parallel` does, so that a run is as long as at full scale: one serial loop stays whole.
    pub(super) fn new(arm: &Rc<ArmWorld<H>>, index: usize, number: usize, spec: &CronJob) -> Rc<Self> {
        let parallel = portion(spec.parallel, arm.part());
        let factor = f64::from(parallel) / f64::from(spec.parallel.max(1));
        let items = ((spec.items as f64 * factor).round() as u64).max(1);
        Rc::new(Self {
            part: Part::new(arm, index, number, &spec.name, parallel),
            spec: spec.clone(),
            mix: Mix(vec![(spec.journey, 1.0)]),
            parallel,
            items,
            going: RefCell::default(),
            next: Cell::new(0),
            started: Counter::default(),
            skipped: Counter::default(),
            replaced: Counter::default(),
            overlapped: Counter::default(),
            item_time: RefCell::default(),
            lengths: RefCell::default(),
        })
    }
    pub(super) fn part(&self) -> &Rc<Part<H>> {
        &self.part
    }
    /// What it performs.
    pub(super) fn mix(&self) -> &Mix {
        &self.mix
    }
    /// Starts the schedule.
    pub(super) fn start(self: &Rc<Self>) {
        let cron = Rc::clone(self);
        let host = self.part.arm.world.host.clone();
        host.spawn(async move {
            let world = &cron.part.arm.world;
            let (from, to) = world.window.get();
            let mut at = from;
            while at < to {
                world.sleep_until(at).await;
                cron.due(at);
                at = at.saturating_add(Nanos(cron.spec.every.0.max(1)));
            }
        });
    }
    /// A run is due at `at`.
    fn due(self: &Rc<Self>, at: Nanos) {
        let going = !self.going.borrow().is_empty();
        match self.spec.overlap {
            Overlap::Forbid if self.going.borrow().iter().any(|run| held(self.spec.lock, run.due, at)) => {
                return self.skipped.add();
            }
            Overlap::Replace if going => self.kill(),
            Overlap::Allow | Overlap::Forbid if going => self.overlapped.add(),
            _ => {}
        }
        self.started.add();
        let loops = u32::try_from(self.items).unwrap_or(u32::MAX).min(self.parallel);
        let start = self.part.arm.world.now();
        let run = Run::new(at, start, self.items, loops);
        self.going.borrow_mut().push(Rc::clone(&run));
        for _ in 0..loops {
            let task = self.part.arm.world.host.spawn(Rc::clone(self).work(Rc::clone(&run)));
            run.tasks.borrow_mut().push(task);
        }
    }
    /// Kills the runs that are going: the next one replaces them.
    fn kill(&self) {
        for run in self.going.borrow_mut().drain(..) {
            run.tasks.borrow().iter().for_each(Task::abort);
            self.part.busy(-i32::try_from(run.loops.get()).unwrap_or(i32::MAX));
            run.current.borrow().iter().for_each(|item| self.part.failed(*item, "replaced"));
            self.replaced.add();
        }
    }
    /// One serial loop of a run.
    async fn work(self: Rc<Self>, run: Rc<Run<H>>) {
        let kept = Kept::default();
        self.part.busy(1);
        let mut first = true;
        while run.left.get() > 0 {
            run.left.set(run.left.get() - 1);
            self.item(&run, &kept, first).await;
            first = false;
        }
        self.part.busy(-1);
        run.loops.set(run.loops.get() - 1);
        if run.loops.get() == 0 {
            self.going.borrow_mut().retain(|other| !Rc::ptr_eq(other, &run));
            if run.failed.get() as f64 <= FAILED_MAX * self.items as f64 {
                self.lengths.borrow_mut().push(self.part.arm.world.now() - run.start);
            }
        }
    }
    async fn item(&self, run: &Run<H>, kept: &Kept<H>, first: bool) {
        let number = self.next.get();
        self.next.set(number + 1);
        let world = &self.part.arm.world;
        let start = world.now();
        self.part.open(number, start, true);
        run.current.borrow_mut().insert(number);
        let done = perform(&self.part, &self.mix, number, start, kept).await;
        run.current.borrow_mut().remove(&number);
        let end = world.now();
        match done {
            Ok(tally) => {
                if world.measured(start) {
                    self.part.served(end - start);
                    self.item_time.borrow_mut().of(first).record(end - start);
                }
                self.part.completed(number, end, Nanos::ZERO, &tally);
            }
            Err(failure) => {
                run.failed.set(run.failed.get() + 1);
                self.part.failed(number, failure.kind);
                // A refusal takes no time: without a pause the loop would never let go of the thread.
                world.host.yield_now().await;
            }
        }
    }
    pub(super) fn finish(&self, now: Nanos, means: &[Means]) -> PartRun {
        let mut run = self.part.finish(now, means);
        // Items follow each other: what was begun is what was planned.
        run.planned = run.offered;
        let times = self.item_time.take();
        let whole = of_whole_runs(&self.lengths.borrow());
        let item_time = times.all();
        let cron = CronRun {
            items: self.items,
            items_done: item_time.count(),
            extrapolated: whole.is_none(),
            duration: whole.or_else(|| times.extrapolated(self.items, self.parallel)),
            item_time,
            started: self.started.get(),
            skipped: self.skipped.get(),
            replaced: self.replaced.get(),
            overlapped: self.overlapped.get(),
        };
        PartRun { cron: Some(cron), ..run }
    }
}

/// Whether a run that was due at `due`, and is still going, keeps another one from starting at `at`: as long as it
/// goes, or with a lock that has a time to live until that is over, whatever the run does.
fn held(lock: Option<Nanos>, due: Nanos, at: Nanos) -> bool {
    lock.is_none_or(|lock| at.saturating_sub(due) < lock)
}

/// The mean length of whole runs; one run is its own estimate.
fn of_whole_runs(lengths: &[Nanos]) -> Option<Estimate> {
    let mut spread = Spread::default();
    for time in lengths {
        spread.record(*time);
    }
    let half = if lengths.len() < 2 { 0.0 } else { Z95 * spread.deviation() / (lengths.len() as f64).sqrt() };
    let mean = spread.mean()?;
    Some(Estimate { value: mean, low: (mean - half).max(0.0), high: mean + half, n: lengths.len() as u64 })
}

impl Spread {
    fn record(&mut self, time: Nanos) {
        self.hist.record(time);
        let seconds = time.as_secs_f64();
        self.sum += seconds;
        self.squares += seconds * seconds;
    }
    /// In nanoseconds.
    fn mean(&self) -> Option<f64> {
        (!self.hist.is_empty()).then(|| self.sum * 1e9 / self.hist.count() as f64)
    }
    /// The samples' standard deviation, in nanoseconds.
    fn deviation(&self) -> f64 {
        let n = self.hist.count() as f64;
        if n < 2.0 {
            return 0.0;
        }
        let variance = (self.squares - self.sum * self.sum / n) / (n - 1.0);
        variance.max(0.0).sqrt() * 1e9
    }
}

impl Times {
    fn of(&mut self, first: bool) -> &mut Spread {
        if first { &mut self.first } else { &mut self.rest }
    }
    fn all(&self) -> Hist {
        let mut all = self.first.hist.clone();
        all.merge(&self.rest.hist);
        all
    }
    /// The length of a run of `items` in `parallel` loops: the first item of a loop, and the mean time of one
    /// for each that follows in it.
    ///
    /// The 95 % interval holds what the mean is not known by (deviation / √n) and what a sum of that many
    /// varies by itself (deviation / √items); two samples at least.
    fn extrapolated(&self, items: u64, parallel: u32) -> Option<Estimate> {
        let rest = &self.rest;
        let n = rest.hist.count();
        if n < 2 {
            return None;
        }
        let (rounds, mean) = (items as f64 / f64::from(parallel), rest.mean()?);
        let half = Z95 * rest.deviation() * (1.0 / n as f64 + 1.0 / items as f64).sqrt() * (rounds - 1.0).max(0.0);
        let value = self.first.mean().unwrap_or(mean) + mean * (rounds - 1.0).max(0.0);
        let n = n + self.first.hist.count();
        Some(Estimate { value, low: (value - half).max(0.0), high: value + half, n })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ms: &[u64]) -> Spread {
        let mut spread = Spread::default();
        for ms in ms {
            spread.record(Nanos::from_millis(*ms));
        }
        spread
    }

    #[test]
    fn a_run_is_extrapolated_from_its_items() {
        // 20,000 items of 47 ± 1 ms in one loop: 940 s; two loops halve it.
        let times = |first: &[u64]| Times { first: of(first), rest: of(&[46, 48, 46, 48]) };
        let whole = times(&[47]).extrapolated(20_000, 1).expect("five samples");
        assert!((whole.value - 940e9).abs() < 1.0 && whole.low < whole.value && whole.value < whole.high, "{whole:?}");
        // Deviation √(4/3) ms over √4 samples, times 20,000, times 1.96.
        assert!((whole.high - whole.value - 1.96 * 20.0e9 / 3.0_f64.sqrt()).abs() < 5e7, "{whole:?}");
        let halved = times(&[47]).extrapolated(20_000, 2).expect("five samples");
        assert!((halved.value - 470e9).abs() < 1.0);
        assert_eq!(Times { first: of(&[47]), rest: of(&[46]) }.extrapolated(10, 1), None);
        // Connecting, 135 ms here, happens once: it is not in the other 19,999.
        let connected = times(&[182]).extrapolated(20_000, 1).expect("five samples");
        assert!((connected.value - 940.135e9).abs() < 1.0 && connected.n == 5, "{connected:?}");
    }

    #[test]
    fn a_lock_is_seen_until_it_expires() {
        let minutes = |n: u64| Nanos::from_secs(60 * n);
        for (lock, age, seen) in [
            (None, minutes(1_000), true),
            (Some(minutes(10)), minutes(5), true),
            (Some(minutes(10)), minutes(10), false),
            (Some(minutes(10)), minutes(15), false),
        ] {
            assert_eq!(held(lock, minutes(3), minutes(3) + age), seen, "{lock:?} {age}");
        }
    }

    #[test]
    fn whole_runs_need_no_extrapolation() {
        assert_eq!(of_whole_runs(&[]), None);
        let one = of_whole_runs(&[Nanos::from_secs(2)]).expect("one run");
        assert!((one.value - 2e9).abs() < 1.0 && (one.low, one.high) == (one.value, one.value));
        let two = of_whole_runs(&[Nanos::from_secs(2), Nanos::from_secs(4)]).expect("two runs");
        assert!((two.value - 3e9).abs() < 1.0 && two.low < 2e9 && two.high > 4e9);
    }
}
