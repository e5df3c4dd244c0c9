//! An executor in virtual time: tasks on one thread, and a clock that jumps to the next timer.
//!
//! Nothing here waits: when no task is ready, the time becomes that of the earliest timer. The order is the same on
//! every machine: timers by (time, registration), tasks of one instant in the order of being woken. Timers of one instant
//! all fire before the first of their tasks runs. Waits of its own ([`Kernel::sleep_until`], [`Gate`]) name the task that
//! waits; foreign ones (`tokio::sync`) wake through its [`Waker`], in the same order. Memory follows what waits now, not
//! what has been. Not for: what the tasks do, and waking from other threads, which nobody waits for.
//!
//! ```
//! use longhaul::engine::sim::kernel::Kernel;
//! use longhaul::units::Nanos;
//!
//! let kernel = Kernel::new();
//! let clock = kernel.clone();
//! let end = kernel.run(async move {
//!     clock.sleep_until(Nanos::from_secs(86_400)).await;
//!     clock.now()
//! });
//! assert_eq!(end, Ok(Nanos::from_secs(86_400)));
//! ```
//!
//! Tasks hold the kernel and the kernel holds tasks: what is spawned is freed by [`Kernel::run`], at its end.

mod gate;
mod sleep;
mod task_id;
mod tasks;
mod timers;
mod wakers;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

pub use gate::{Acquire, Gate, Permit};
pub use sleep::{Sleep, Yield};

use crate::units::Nanos;
use task_id::TaskId;
use tasks::Tasks;
use timers::Timers;
use wakers::Foreign;

/// So many events pass from one look of the watch to the next: some tenths of a millisecond.
const WATCH_EVERY: u64 = 4096;

/// Why a simulation did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// Nothing is ready and no timer is set: everybody waits for somebody else, for ever.
    #[error("nothing can happen any more at {0} of virtual time: every task waits for another")]
    Stuck(Nanos),
    /// The watch said so, at this time.
    #[error("stopped at {0} of virtual time")]
    Stopped(Nanos),
}

/// The clock and the tasks of one simulation. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Kernel(Rc<Core>);

type Watch = Box<dyn FnMut(Nanos) -> ControlFlow<()>>;

#[derive(Default)]
struct Core {
    now: Cell<Nanos>,
    events: Cell<u64>,
    /// The task that is polled.
    current: Cell<Current>,
    running: Cell<bool>,
    /// All tasks are being dropped, and no more are taken.
    closing: Cell<bool>,
    state: RefCell<State>,
    foreign: Arc<Foreign>,
    watch: RefCell<Option<Watch>>,
}

#[derive(Debug, Default)]
struct State {
    tasks: Tasks,
    ready: VecDeque<TaskId>,
    timers: Timers,
}

/// A task that is polled, and how its waker is known.
#[derive(Debug, Clone, Copy)]
struct Current {
    task: TaskId,
    waker: *const (),
}

impl Default for Current {
    fn default() -> Self {
        Self { task: TaskId::NONE, waker: std::ptr::null() }
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("now", &self.now).field("events", &self.events).finish_non_exhaustive()
    }
}

/// Whom something wakes.
#[derive(Debug, Clone)]
enum Target {
    /// A task, directly.
    Task(TaskId),
    /// Somebody within a task, or outside of all.
    Waker(Waker),
}

/// A task that was spawned. Dropping this leaves it running.
#[derive(Debug, Clone)]
pub struct Task {
    kernel: Kernel,
    id: TaskId,
}

impl Task {
    /// Ends the task and drops what it holds, now; the one that runs just now ends with its next wait.
    pub fn abort(&self) {
        let dropped = self.kernel.0.state.borrow_mut().tasks.abort(self.id);
        // Its end may wake, spawn and abort.
        drop(dropped);
    }
    /// Whether it has ended, by itself or not.
    pub fn is_done(&self) -> bool {
        !self.kernel.0.state.borrow().tasks.is_there(self.id)
    }
}

impl Kernel {
    /// At time zero, without tasks.
    pub fn new() -> Self {
        Self::default()
    }
    /// The time since the kernel's beginning.
    pub fn now(&self) -> Nanos {
        self.0.now.get()
    }
    /// How often a task ran: each firing of a timer, each handing over and each start that made one run.
    pub fn events(&self) -> u64 {
        self.0.events.get()
    }
    /// Asks `watch` every few thousand events; [`ControlFlow::Break`] stops the run.
    pub fn watch(&self, watch: impl FnMut(Nanos) -> ControlFlow<()> + 'static) {
        *self.0.watch.borrow_mut() = Some(Box::new(watch));
    }
    /// Waits until `at`; not at all if that has come, for ever if it is [`Nanos::MAX`].
    pub fn sleep_until(&self, at: Nanos) -> Sleep {
        Sleep::new(self.clone(), at)
    }
    /// Waits so long from now on.
    pub fn sleep(&self, length: Nanos) -> Sleep {
        self.sleep_until(self.now().saturating_add(length))
    }
    /// Lets everything that is ready at this instant run first.
    pub fn yield_now(&self) -> Yield {
        Yield::new(self.clone())
    }
    /// Begins a task; it runs first after everything that is ready now.
    ///
    /// While the simulation is ending, it is dropped instead.
    pub fn spawn(&self, future: impl Future<Output = ()> + 'static) -> Task {
        if self.0.closing.get() {
            return Task { kernel: self.clone(), id: TaskId::NONE };
        }
        let future = Box::pin(future);
        let state = &mut *self.0.state.borrow_mut();
        self.0.take_foreign(state);
        let id = state.tasks.add(Some(future), &self.0.foreign);
        state.wake(id);
        Task { kernel: self.clone(), id }
    }
    /// Runs `main` and every task until `main` is done; then drops the tasks that are left, in the order they were spawned.
    ///
    /// # Panics
    /// If it is called from a task of this same kernel.
    pub fn run<T>(&self, main: impl Future<Output = T>) -> Result<T, Halt> {
        assert!(!self.0.running.replace(true), "a kernel runs one main at a time");
        // Before what it borrows: tasks go last, also when `main` panics.
        let _closing = Closing(&self.0);
        let main = pin!(main);
        self.0.run(main)
    }
    /// Ends every task but the one that asks, in the order they were spawned; what they spawn in ending is not begun.
    pub fn end_tasks(&self) {
        let closing = self.0.closing.replace(true);
        let asks = self.0.current.get().task;
        let others = self.0.state.borrow().tasks.in_order();
        for id in others.into_iter().filter(|id| *id != asks) {
            let future = self.0.state.borrow_mut().tasks.abort(id);
            drop(future);
        }
        self.0.closing.set(closing);
    }
    /// Whom to wake when what is polled with `context` can go on.
    fn target(&self, context: &Context<'_>) -> Target {
        let current = self.0.current.get();
        if std::ptr::eq(current.waker, context.waker().data()) {
            Target::Task(current.task)
        } else {
            Target::Waker(context.waker().clone())
        }
    }
    fn wake(&self, target: Target) {
        self.0.wake(target);
    }
}

/// Ends a run.
struct Closing<'a>(&'a Core);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.closing.set(true);
        let left = self.0.state.borrow().tasks.in_order();
        for id in left {
            let future = self.0.state.borrow_mut().tasks.abort(id);
            drop(future);
        }
        let state = &mut *self.0.state.borrow_mut();
        self.0.foreign.clear();
        state.ready.clear();
        self.0.closing.set(false);
        self.0.running.set(false);
    }
}

impl State {
    /// Puts a task in line, if it is there and not in it.
    fn wake(&mut self, task: TaskId) {
        if self.tasks.queue(task) {
            self.ready.push_back(task);
        }
    }
}

impl Core {
    fn run<T>(&self, mut main: Pin<&mut impl Future<Output = T>>) -> Result<T, Halt> {
        let id = {
            let state = &mut *self.state.borrow_mut();
            let id = state.tasks.add(None, &self.foreign);
            // First of all, before what was spawned before.
            state.tasks.queue(id);
            state.ready.push_front(id);
            id
        };
        loop {
            let task = self.next()?;
            if task != id {
                if !self.poll(task) {
                    continue;
                }
            } else if let Some(Poll::Ready(done)) = self.poll_main(id, main.as_mut()) {
                self.count();
                return Ok(done);
            }
            if self.count().is_multiple_of(WATCH_EVERY) && self.is_stopped() {
                return Err(Halt::Stopped(self.now.get()));
            }
        }
    }
    /// A task has run.
    fn count(&self) -> u64 {
        let events = self.events.get() + 1;
        self.events.set(events);
        events
    }
    fn is_stopped(&self) -> bool {
        let now = self.now.get();
        self.watch.borrow_mut().as_mut().is_some_and(|watch| watch(now).is_break())
    }
    /// The task that runs next, if it is there still; the time becomes that of the next timer if nothing is ready.
    fn next(&self) -> Result<TaskId, Halt> {
        loop {
            let (at, target) = {
                let state = &mut *self.state.borrow_mut();
                self.take_foreign(state);
                if let Some(task) = state.ready.pop_front() {
                    return Ok(task);
                }
                let Some((at, target)) = state.timers.pop() else {
                    return Err(Halt::Stuck(self.now.get()));
                };
                self.now.set(at);
                match target {
                    // Nearly always: one timer at this instant, and nobody in line before its task.
                    Target::Task(task) if !state.timers.any_until(at) => return Ok(task),
                    target => (at, target),
                }
            };
            self.fire(target, at);
        }
    }
    /// Wakes whom the first timer of this instant wakes, and then those of the others.
    fn fire(&self, first: Target, now: Nanos) {
        let mut next = Some(first);
        while let Some(target) = next {
            // A waker may drop what it holds, and that may reach the timers: nothing is borrowed here.
            self.wake(target);
            next = self.state.borrow_mut().timers.pop_until(now);
        }
    }
    fn wake(&self, target: Target) {
        match target {
            Target::Task(task) => {
                let state = &mut *self.state.borrow_mut();
                self.take_foreign(state);
                state.wake(task);
            }
            Target::Waker(waker) => waker.wake(),
        }
    }
    /// Puts those in line that were woken through their wakers since.
    fn take_foreign(&self, state: &mut State) {
        self.foreign.take(|task| state.wake(task));
    }
    /// Polls it; false if it is not there any more.
    fn poll(&self, task: TaskId) -> bool {
        let Some((mut future, waker)) = self.state.borrow_mut().tasks.take(task) else {
            return false;
        };
        let done = self.enter(task, &waker, |context| future.as_mut().poll(context));
        let over = if done.is_ready() {
            self.state.borrow_mut().tasks.end(task, waker);
            Some(future)
        } else {
            self.state.borrow_mut().tasks.give_back(task, future, waker)
        };
        // Its end may wake, spawn and abort.
        drop(over);
        true
    }
    fn poll_main<T>(&self, id: TaskId, main: Pin<&mut impl Future<Output = T>>) -> Option<Poll<T>> {
        let waker = self.state.borrow_mut().tasks.lend_waker(id)?;
        let done = self.enter(id, &waker, |context| main.poll(context));
        self.state.borrow_mut().tasks.return_waker(id, waker);
        Some(done)
    }
    fn enter<T>(&self, task: TaskId, waker: &Waker, poll: impl FnOnce(&mut Context<'_>) -> T) -> T {
        self.current.set(Current { task, waker: waker.data() });
        let done = poll(&mut Context::from_waker(waker));
        self.current.set(Current::default());
        done
    }
}

#[cfg(test)]
mod against;
#[cfg(test)]
mod tests;
