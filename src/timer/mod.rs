//! The run's clock, and waits on it that are exact to tens of microseconds.
//!
//! [`Clock`] counts nanoseconds from the start of a run; [`Timer`] is one dedicated thread that
//! wakes futures at instants of that clock, from any thread and any runtime. A wait is never early
//! and reports how late it was, because lateness looks exactly like network latency. Not for: the
//! proxy's deadlines (its event loop waits on its own), or time-outs of seconds, where the
//! runtime's wheel is good enough.
//!
//! Why a thread: measured by `benches/timer.rs` (lateness until the task runs, p50 / p99 in µs; waits of 7.5 ms,
//! 2 cores shared with compilers, so the tails are the machine's):
//!
//! | way | idle, 16 tasks | idle, 400 | 2 hogs, 16 | 2 hogs, 400 | 32 echoes, 16 | 32 echoes, 400 |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | this thread, `SCHED_FIFO` | 102 / 248 | 53 / 1,105 | 28 / 2,595 | 98 / 5,526 | 210 / 634 | 3,256 / 7,442 |
//! | timerfd in the runtime | 110 / 290 | 205 / 1,865 | 40 / 1,990 | 653 / 7,180 | 1,719 / 4,829 | 4,383 / 10,224 |
//! | `tokio::time::sleep` | 789 / 1,940 | 1,134 / 2,255 | 675 / 1,945 | 1,072 / 5,521 | 2,097 / 5,239 | 2,720 / 5,714 |
//!
//! A timerfd in the runtime saves a thread switch, and loses more than that whenever the runtime is
//! busy, because it is looked at only between tasks; it also ties a wait to one runtime.

mod priority;

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

pub(crate) use priority::make_prompt;

use crate::units::Nanos;

/// Monotonic time since the start of a run. Copies share the origin.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// A clock that reads zero now.
    pub fn start() -> Self {
        Self { origin: Instant::now() }
    }
    /// Time since the start.
    pub fn now(self) -> Nanos {
        self.origin.elapsed().into()
    }
}

/// Wakes futures at instants of one [`Clock`]. Clones share the thread, which ends with the last of them.
#[derive(Debug, Clone)]
pub struct Timer {
    owner: Arc<Owner>,
}

/// Ends the thread when no timer and no sleep is left.
#[derive(Debug)]
struct Owner {
    shared: Arc<Shared>,
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.earlier.notify_one();
    }
}

#[derive(Debug)]
struct Shared {
    clock: Clock,
    state: Mutex<State>,
    /// Signalled when the first deadline moved forward, or at the end.
    earlier: Condvar,
    next_id: AtomicU64,
    realtime: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    /// By deadline, then by registration.
    waiting: BTreeMap<(Nanos, u64), Waker>,
    stopped: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is consistent between any two statements, so a poisoned lock is as good as any.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers or renews a waker.
    fn wait(&self, key: (Nanos, u64), waker: &Waker) {
        let mut state = self.lock();
        let first = state.waiting.first_key_value().is_none_or(|(first, _)| key < *first);
        let renewed = state.waiting.insert(key, waker.clone());
        drop(state);
        // Outside the lock: the last waker of a task may drop the task, and that another wait.
        drop(renewed);
        if first {
            self.earlier.notify_one();
        }
    }
}

impl Timer {
    /// Starts the thread.
    ///
    /// # Errors
    /// Where the system refuses a thread.
    pub fn start(clock: Clock) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            clock,
            state: Mutex::default(),
            earlier: Condvar::new(),
            next_id: AtomicU64::new(0),
            realtime: AtomicBool::new(false),
        });
        let theirs = Arc::clone(&shared);
        std::thread::Builder::new().name("longhaul-timer".into()).spawn(move || serve(&theirs))?;
        Ok(Self { owner: Arc::new(Owner { shared }) })
    }

    /// The clock that deadlines are read on.
    pub fn clock(&self) -> Clock {
        self.owner.shared.clock
    }

    /// Whether the thread runs under `SCHED_FIFO`: without it, a busy machine makes waits milliseconds late.
    pub fn realtime(&self) -> bool {
        self.owner.shared.realtime.load(Ordering::Relaxed)
    }

    /// A wait until `at`; done at once if that is past. Dropping it cancels the wait.
    pub fn sleep_until(&self, at: Nanos) -> Sleep {
        let id = self.owner.shared.next_id.fetch_add(1, Ordering::Relaxed);
        Sleep { owner: Arc::clone(&self.owner), key: (at, id), registered: false }
    }
}

/// A wait; its output is how late it ended.
#[derive(Debug)]
#[must_use = "a wait does nothing unless awaited"]
pub struct Sleep {
    owner: Arc<Owner>,
    key: (Nanos, u64),
    registered: bool,
}

impl Sleep {
    fn forget(&mut self) {
        if self.registered {
            self.registered = false;
            let removed = self.owner.shared.lock().waiting.remove(&self.key);
            drop(removed);
        }
    }
}

impl Future for Sleep {
    type Output = Nanos;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Nanos> {
        let now = self.owner.shared.clock.now();
        if now >= self.key.0 {
            self.forget();
            return Poll::Ready(now - self.key.0);
        }
        self.registered = true;
        self.owner.shared.wait(self.key, context.waker());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.forget();
    }
}

/// The thread: always blocked, except to hand out what is due, so that `SCHED_FIFO` starves nobody.
fn serve(shared: &Shared) {
    shared.realtime.store(make_prompt(), Ordering::Relaxed);
    let mut due = Vec::new();
    let mut state = shared.lock();
    while !state.stopped {
        let now = shared.clock.now();
        match state.waiting.first_key_value() {
            Some((&(at, _), _)) if at <= now => {
                while let Some(first) = state.waiting.first_entry().filter(|first| first.key().0 <= now) {
                    due.push(first.remove());
                }
                drop(state);
                // Outside the lock: a waker may run code that registers the next wait.
                due.drain(..).for_each(Waker::wake);
                state = shared.lock();
            }
            Some((&(at, _), _)) => {
                let woken = shared.earlier.wait_timeout(state, (at - now).into());
                state = woken.unwrap_or_else(PoisonError::into_inner).0;
            }
            None => state = shared.earlier.wait(state).unwrap_or_else(PoisonError::into_inner),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime")
    }

    fn timer() -> Timer {
        Timer::start(Clock::start()).expect("a thread")
    }

    #[test]
    fn a_wait_is_never_early() {
        let timer = timer();
        runtime().block_on(async {
            for us in [0, 1, 50, 300, 999, 1_000, 2_345] {
                let at = timer.clock().now() + Nanos::from_micros(us);
                let late = timer.sleep_until(at).await;
                let now = timer.clock().now();
                assert!(now >= at + late, "{us} µs: {now} against {at} + {late}");
                assert!(late < Nanos::from_secs(2), "{us} µs: {late} late");
            }
        });
    }

    #[test]
    fn many_waits_at_once_end_each_in_its_time() {
        let timer = timer();
        runtime().block_on(async {
            let start = timer.clock().now();
            let all: Vec<_> = (0..5_000_u64)
                .map(|i| {
                    // Backwards, so that nearly every registration moves the first deadline.
                    let sleep = timer.sleep_until(start + Nanos::from_micros(20_000 - i * 4));
                    tokio::spawn(sleep)
                })
                .collect();
            for wait in all {
                assert!(wait.await.expect("no panic") < Nanos::from_secs(2));
            }
        });
    }

    #[test]
    fn a_dropped_wait_is_gone() {
        let timer = timer();
        runtime().block_on(async {
            let mut long = Box::pin(timer.sleep_until(Nanos::from_secs(3_600)));
            let short = timer.sleep_until(timer.clock().now() + Nanos::from_millis(1));
            tokio::select! {
                biased;
                _ = &mut long => panic!("an hour did not pass"),
                _ = short => {}
            }
            assert_eq!(timer.owner.shared.lock().waiting.len(), 1);
            drop(long);
            assert!(timer.owner.shared.lock().waiting.is_empty());
        });
    }

    #[test]
    fn it_works_on_another_thread_and_after_the_timer_is_dropped() {
        let timer = timer();
        let sleep = timer.sleep_until(timer.clock().now() + Nanos::from_millis(2));
        drop(timer);
        let single = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let late = std::thread::spawn(move || single.block_on(sleep)).join().expect("no panic");
        assert!(late < Nanos::from_secs(2));
    }
}
