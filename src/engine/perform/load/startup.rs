//! Instances that boot: all at once or spread over a time, in a window of their own, without other load.
//!
//! The window has a cap; what is not ready by then is extrapolated from the part of its steps that is
//! done. Not for: readiness probes and restarts in the middle of other load.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::engine::perform::host::Host;
use crate::engine::perform::kept::Kept;
use crate::engine::perform::record::Part;
use crate::engine::perform::snapshot::Means;
use crate::engine::perform::walk::Walk;
use crate::engine::perform::world::ArmWorld;
use crate::measure::Estimate;
use crate::plan::expand::{Expansion, choose, expand};
use crate::plan::expected;
use crate::plan::portion;
use crate::plan::script::{Op, Script};
use crate::runfile::{PartRun, StartupRun};
use crate::scenario::{Mix, WorkloadKind};
use crate::strategy::{Arm, Condition};
use crate::units::Nanos;

/// One arm's instances.
pub(in crate::engine::perform) struct Boot<H: Host> {
    part: Rc<Part<H>>,
    mix: Mix,
    instances: RefCell<Vec<Instance>>,
    /// Instances that were started in the window and have not ended.
    going: Cell<u32>,
}

/// How far one instance is.
#[derive(Debug, Clone, Copy, Default)]
struct Instance {
    /// When it was meant to start, from the opening of the window.
    start: Nanos,
    /// When it became ready, from the same origin.
    ready: Option<Nanos>,
    /// Share of its steps' expected time that is done.
    done: f64,
    failed: bool,
}

/// The boot of an arm; `None` if its workload does not boot.
pub(in crate::engine::perform) fn boot<H: Host>(arm: &Rc<ArmWorld<H>>, index: usize) -> Option<Rc<Boot<H>>> {
    let WorkloadKind::Startup(spec) = &arm.workload().kind else { return None };
    let count = portion(spec.instances, arm.part());
    let start = |n: u32| spec.stagger.scale(f64::from(n) / f64::from(count));
    Some(Rc::new(Boot {
        part: Part::new(arm, index, 0, &arm.workload().name, count),
        mix: Mix(vec![(spec.journey, 1.0)]),
        instances: RefCell::new((0..count).map(|n| Instance { start: start(n), ..Instance::default() }).collect()),
        going: Cell::new(0),
    }))
}

impl<H: Host> Boot<H> {
    /// Whether the placement's condition changes anything that an instance does.
    pub(in crate::engine::perform) fn feels_condition(&self) -> bool {
        let world = &self.part.arm.world;
        let script = |number, how| {
            let mut stream = self.part.stream("journey", number);
            let journey = choose(&self.mix, &mut stream);
            expand(&world.scenario, journey, &mut stream, how)
        };
        let copies = &self.part.arm.arm.copies;
        let condition = Expansion::new(world.plan.placement.condition, copies, Nanos::ZERO);
        let steady = Expansion::new(Condition::Steady, copies, Nanos::ZERO);
        let mut numbers = 0..self.instances.borrow().len() as u64;
        numbers.any(|number| script(number, condition) != script(number, steady))
    }
    /// Opens what a pool holds.
    pub(in crate::engine::perform) async fn warm(&self) {
        super::warm_mix(&self.part, &self.mix, &[]).await;
    }
    /// Starts all instances; the window opens at its start.
    pub(in crate::engine::perform) fn start(self: &Rc<Self>) {
        let (from, to) = self.part.arm.world.window.get();
        let count = self.instances.borrow().iter().filter(|i| from + i.start < to).count();
        self.part.set_planned(count as u64);
        self.going.set(count as u32);
        for number in 0..count {
            self.part.arm.world.host.spawn(Rc::clone(self).instance(number));
        }
    }
    /// Whether every instance that was to start has ended.
    pub(in crate::engine::perform) fn is_over(&self) -> bool {
        self.going.get() == 0
    }
    async fn instance(self: Rc<Self>, number: usize) {
        let world = &self.part.arm.world;
        let (from, to) = world.window.get();
        let intended = from + self.instances.borrow()[number].start;
        world.sleep_until(intended).await;
        self.part.busy(1);
        let start = world.now();
        self.part.open(number as u64, intended, start < to);
        let script = super::script(&self.part, &self.mix, number as u64, intended);
        let total = flat(&self.part.arm, &script);
        let kept = Kept::default();
        let walk = Walk::new(&self.part, &kept, true);
        let done = tokio::select! {
            biased;
            done = walk.journey(&script, intended) => Some(done),
            _ = world.host.sleep_until(to) => None,
        };
        let end = world.now();
        let share = walk.done.get().0 as f64 / total.0.max(1) as f64;
        self.instances.borrow_mut()[number].done = share.min(1.0);
        match done {
            Some(Ok(tally)) => {
                self.part.served(end - start);
                self.part.completed(number as u64, end, Nanos::ZERO, &tally);
                self.instances.borrow_mut()[number].ready = Some(end - from);
            }
            Some(Err(failure)) => {
                self.part.failed(number as u64, failure.kind);
                self.instances.borrow_mut()[number].failed = true;
            }
            // Cut off by the cap: stays open, and is counted as unfinished.
            None => {}
        }
        self.going.set(self.going.get() - 1);
        self.part.busy(-1);
    }
    pub(in crate::engine::perform) fn finish(&self, now: Nanos, means: &[Means]) -> PartRun {
        let run = self.part.finish(now, means);
        let (from, to) = self.part.arm.world.window.get();
        let instances = self.instances.borrow();
        let startup = StartupRun {
            instances: instances.len() as u32,
            ready: instances.iter().filter(|i| i.ready.is_some()).count() as u32,
            last_ready: last_ready(&instances, to.min(now).saturating_sub(from)),
            extrapolated: instances.iter().any(|i| i.ready.is_none() && !i.failed),
        };
        PartRun { startup: Some(startup), ..run }
    }
}

/// The expected time of all steps of all branches, the platform's overhead first.
fn flat<H: Host>(arm: &ArmWorld<H>, script: &Script) -> Nanos {
    arm.overhead() + flat_steps(&arm.arm, script)
}

fn flat_steps(arm: &Arm, script: &Script) -> Nanos {
    let step = |op: &Op| match op {
        Op::Parallel(branches) => branches.iter().map(|branch| flat_steps(arm, branch)).sum(),
        other => expected::op(arm, other),
    };
    script.0.iter().map(step).sum()
}

/// When the last instance is ready: seen, or each unfinished one's own time so far stretched to all its steps.
///
/// One that was not to start within the window takes as long as the slowest other. Extrapolated, the
/// value is the latest end and the interval reaches down to the earliest of the unfinished and as far up
/// again: how much the instances differ is all that is known. `None` while one has done nothing yet, or
/// when none became ready because they failed.
fn last_ready(instances: &[Instance], elapsed: Nanos) -> Option<Estimate> {
    let n = instances.len() as u64;
    let last = instances.iter().filter_map(|i| i.ready).max().map_or(0.0, |at| at.0 as f64);
    let lasts: Vec<(f64, Option<f64>)> = instances.iter().filter(|i| !i.failed).map(|i| i.lasts(elapsed)).collect();
    let longest = lasts.iter().filter_map(|(_, time)| *time).fold(0.0, f64::max);
    let unfinished = instances.iter().filter(|i| !i.failed).zip(&lasts).filter(|(i, _)| i.ready.is_none());
    let ends: Vec<f64> = unfinished.map(|(_, (start, time))| start + time.unwrap_or(longest)).collect();
    let (low, value) = (ends.iter().copied().fold(f64::MAX, f64::min), ends.iter().copied().fold(last, f64::max));
    if ends.is_empty() {
        return (last > 0.0).then_some(Estimate { value: last, low: last, high: last, n });
    }
    let low = low.max(last).min(value);
    (value.is_finite() && longest > 0.0).then_some(Estimate { value, low, high: 2.0 * value - low, n })
}

impl Instance {
    /// Its start, and how long it takes in all; `None` if it has not started.
    fn lasts(&self, elapsed: Nanos) -> (f64, Option<f64>) {
        let start = self.start.0 as f64;
        let time = match self.ready {
            Some(ready) => Some(ready.0 as f64 - start),
            None if self.start >= elapsed => None,
            None => Some((elapsed - self.start).0 as f64 / self.done),
        };
        (start, time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(start: u64, ready: Option<u64>, done: f64) -> Instance {
        let ms = Nanos::from_millis;
        Instance { start: ms(start), ready: ready.map(ms), done, failed: false }
    }

    #[test]
    fn the_last_one_decides() {
        let all = [instance(0, Some(300), 1.0), instance(10, Some(250), 1.0)];
        let seen = last_ready(&all, Nanos::from_millis(4_000)).expect("all are ready");
        assert_eq!((seen.value, seen.n), (300e6, 2));
    }

    #[test]
    fn what_is_not_ready_is_stretched_to_all_its_steps() {
        // After 4 s one has done half and one two fifths: 8 s and 10 s.
        let all = [instance(0, None, 0.5), instance(0, None, 0.4), instance(0, Some(3_000), 1.0)];
        let guess = last_ready(&all, Nanos::from_millis(4_000)).expect("all have begun");
        assert!((guess.value - 10e9).abs() < 1.0 && (guess.low - 8e9).abs() < 1.0 && (guess.high - 12e9).abs() < 1.0);
        // Nobody has got anywhere; nobody was able to.
        assert_eq!(last_ready(&[instance(0, None, 0.0)], Nanos::from_millis(4_000)), None);
        assert_eq!(last_ready(&[Instance { failed: true, ..instance(0, None, 0.5) }], Nanos::from_millis(4_000)), None);
    }
}
