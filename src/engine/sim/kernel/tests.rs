//! What the kernel promises, one promise a test. The order of everything at once: `against`.

use std::future::{pending, poll_fn, ready};
use std::pin::pin;

use tokio::sync::{Notify, Semaphore, oneshot};

use super::*;

/// What was noted, in order.
#[derive(Clone, Default)]
struct Log(Rc<RefCell<Vec<(u64, &'static str)>>>);

impl Log {
    fn note(&self, kernel: &Kernel, what: &'static str) {
        self.0.borrow_mut().push((kernel.now().0, what));
    }
    fn read(&self) -> Vec<(u64, &'static str)> {
        self.0.borrow().clone()
    }
}

/// Notes its name when it is dropped.
struct Noted(Kernel, Log, &'static str);

impl Drop for Noted {
    fn drop(&mut self) {
        self.1.note(&self.0, self.2);
    }
}

fn start() -> (Kernel, Log) {
    (Kernel::new(), Log::default())
}

/// Spawns a task that sleeps and notes that it has.
fn sleeper(kernel: &Kernel, log: &Log, length: u64, name: &'static str) -> Task {
    let (k, log) = (kernel.clone(), log.clone());
    kernel.spawn(async move {
        k.sleep(Nanos(length)).await;
        log.note(&k, name);
    })
}

/// Entries of the heap of timers.
fn heap(kernel: &Kernel) -> usize {
    kernel.0.state.borrow().timers.len()
}

#[test]
fn timers_fire_by_time_and_then_by_registration() {
    let (kernel, log) = start();
    for (length, name) in [(30, "a"), (10, "b"), (30, "c"), (20, "d"), (10, "e")] {
        sleeper(&kernel, &log, length, name);
    }
    kernel.run(kernel.sleep(Nanos(40))).expect("ends");
    assert_eq!(log.read(), [(10, "b"), (10, "e"), (20, "d"), (30, "a"), (30, "c")]);
}

#[test]
fn sleeping_until_what_has_come_takes_no_time() {
    let (kernel, log) = start();
    sleeper(&kernel, &log, 0, "other");
    let main = async {
        kernel.sleep_until(Nanos::ZERO).await;
        log.note(&kernel, "main");
        kernel.sleep(Nanos(3)).await;
        kernel.sleep_until(Nanos(2)).await;
        log.note(&kernel, "later");
    };
    kernel.run(main).expect("ends");
    assert_eq!(log.read(), [(0, "main"), (0, "other"), (3, "later")]);
}

#[test]
fn who_yields_lets_everybody_else_of_the_instant_run() {
    let (kernel, log) = start();
    for (length, name) in [(5, "first"), (5, "second"), (6, "too late")] {
        sleeper(&kernel, &log, length, name);
    }
    let main = async {
        kernel.sleep(Nanos(5)).await;
        log.note(&kernel, "before");
        kernel.yield_now().await;
        log.note(&kernel, "after");
    };
    kernel.run(main).expect("ends");
    // Main runs before what was spawned before it, so its timer is the first.
    assert_eq!(log.read(), [(5, "before"), (5, "first"), (5, "second"), (5, "after")]);
}

#[test]
fn the_tasks_left_are_dropped_in_the_order_of_spawning() {
    let (kernel, log) = start();
    let leave = |name| {
        let noted = Noted(kernel.clone(), log.clone(), name);
        kernel.spawn(async move {
            let _noted = noted;
            pending::<()>().await;
        })
    };
    let (first, ..) = (leave("a"), leave("b"), leave("c"));
    let main = async {
        kernel.yield_now().await;
        first.abort();
        // In the place of the first, and still the last.
        leave("d");
        kernel.sleep(Nanos(1)).await;
    };
    kernel.run(main).expect("ends");
    assert_eq!(log.read(), [(0, "a"), (1, "b"), (1, "c"), (1, "d")]);
}

#[test]
fn what_is_dropped_at_the_end_may_spawn_and_wake() {
    struct Restless(Kernel, Log, Gate);
    impl Drop for Restless {
        fn drop(&mut self) {
            let log = self.1.clone();
            let task = self.0.spawn(async move { log.0.borrow_mut().push((0, "never")) });
            assert!(task.is_done());
            drop(self.2.try_acquire());
        }
    }
    let (kernel, log) = start();
    let restless = Restless(kernel.clone(), log.clone(), Gate::new(&kernel, 1));
    kernel.spawn(async move {
        let _restless = restless;
        pending::<()>().await;
    });
    assert_eq!(kernel.run(ready(1)), Ok(1));
    assert_eq!(log.read(), []);
}

#[test]
fn a_run_that_cannot_go_on_says_so() {
    let kernel = Kernel::new();
    let k = kernel.clone();
    kernel.spawn(async move { k.sleep(Nanos(7)).await });
    let halt = kernel.run(pending::<()>());
    assert_eq!(halt, Err(Halt::Stuck(Nanos(7))));
    assert_eq!(kernel.run(async { 5 }), Ok(5), "and can be used again");
    assert_eq!(kernel.run(kernel.sleep(Nanos::MAX)), Err(Halt::Stuck(Nanos(7))), "that never comes");
}

#[test]
fn the_watch_sees_the_time_and_stops_it() {
    let kernel = Kernel::new();
    let seen = Rc::new(RefCell::new(Vec::new()));
    let note = Rc::clone(&seen);
    kernel.watch(move |now| {
        note.borrow_mut().push(now.0);
        if now.0 > 10_000 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let main = async {
        loop {
            kernel.sleep(Nanos(1)).await;
        }
    };
    let halt: Result<(), Halt> = kernel.run(main);
    // The first event is the start of main.
    assert_eq!(halt, Err(Halt::Stopped(Nanos(3 * WATCH_EVERY - 1))));
    assert_eq!(*seen.borrow(), [1, 2, 3].map(|looks| looks * WATCH_EVERY - 1));
    assert_eq!(kernel.events(), 3 * WATCH_EVERY);
}

#[test]
fn an_endless_instant_can_be_stopped() {
    let kernel = Kernel::new();
    kernel.watch(|_| ControlFlow::Break(()));
    let main = async {
        loop {
            kernel.yield_now().await;
        }
    };
    let halt: Result<(), Halt> = kernel.run(main);
    assert_eq!(halt, Err(Halt::Stopped(Nanos::ZERO)));
}

#[test]
fn who_is_aborted_is_dropped_at_once_and_never_runs_again() {
    let (kernel, log) = start();
    let noted = Noted(kernel.clone(), log.clone(), "dropped");
    let k = kernel.clone();
    let task = kernel.spawn(async move {
        let noted = noted;
        k.sleep(Nanos(10)).await;
        noted.1.note(&k, "ran");
    });
    let main = async {
        kernel.sleep(Nanos(4)).await;
        assert!(!task.is_done());
        task.abort();
        assert!(task.is_done());
        task.abort();
        log.note(&kernel, "aborted");
        kernel.sleep(Nanos(20)).await;
    };
    kernel.run(main).expect("ends");
    assert_eq!(log.read(), [(4, "dropped"), (4, "aborted")]);
}

#[test]
fn who_aborts_himself_ends_with_his_next_wait() {
    let (kernel, log) = start();
    let own = Rc::new(RefCell::new(None::<Task>));
    let (k, l, mine) = (kernel.clone(), log.clone(), Rc::clone(&own));
    *own.borrow_mut() = Some(kernel.spawn(async move {
        let _noted = Noted(k.clone(), l.clone(), "dropped");
        if let Some(task) = mine.borrow().as_ref() {
            task.abort();
        }
        l.note(&k, "still here");
        k.yield_now().await;
        l.note(&k, "never");
    }));
    kernel.run(kernel.sleep(Nanos(5))).expect("ends");
    assert_eq!(log.read(), [(0, "still here"), (0, "dropped")]);
    assert_eq!(kernel.0.state.borrow().tasks.in_order(), []);
}

#[test]
fn a_task_in_the_place_of_another_is_not_woken_for_it() {
    let (kernel, log) = start();
    let kept = Rc::new(Cell::new(None));
    let keep = Rc::clone(&kept);
    let first = kernel.spawn(poll_fn(move |context| {
        keep.set(Some(context.waker().clone()));
        Poll::Pending
    }));
    let main = async {
        kernel.yield_now().await;
        first.abort();
        let (k, l) = (kernel.clone(), log.clone());
        let second = kernel.spawn(poll_fn(move |_| {
            l.note(&k, "polled");
            Poll::Pending
        }));
        assert_eq!(second.id.index, first.id.index);
        kernel.sleep(Nanos(3)).await;
        kept.take().expect("was kept").wake();
        first.abort();
        assert!(first.is_done() && !second.is_done());
        kernel.sleep(Nanos(3)).await;
    };
    kernel.run(main).expect("ends");
    assert_eq!(log.read(), [(0, "polled")]);
}

#[test]
fn a_sleep_that_is_dropped_wakes_nobody() {
    let (kernel, log) = start();
    let polls = Rc::new(Cell::new(0));
    let counted = Rc::clone(&polls);
    let k = kernel.clone();
    kernel.spawn(async move {
        let mut longer = Some(Box::pin(k.sleep(Nanos(100))));
        let mut shorter = pin!(k.sleep(Nanos(10)));
        poll_fn(|context| {
            counted.set(counted.get() + 1);
            if let Some(longer) = &mut longer {
                assert!(longer.as_mut().poll(context).is_pending());
            }
            let done = shorter.as_mut().poll(context);
            if done.is_ready() {
                longer = None;
            }
            done
        })
        .await;
        pending::<()>().await;
    });
    sleeper(&kernel, &log, 200, "end");
    let before = kernel.run(kernel.sleep(Nanos(201)));
    assert_eq!((before, polls.get()), (Ok(()), 2));
    // Starts of three and the ends of three sleeps: at 100 nobody ran.
    assert_eq!(kernel.events(), 6);
}

#[test]
fn memory_follows_what_waits() {
    let kernel = Kernel::new();
    let main = async {
        let mut most = 0;
        for round in 0..10_000_u64 {
            // A time-out that never comes, as every call has one.
            let timeout = kernel.sleep(Nanos::from_secs(1_000_000));
            tokio::select! {
                biased;
                () = kernel.sleep(Nanos(1 + round % 7)) => {}
                () = timeout => panic!("too early"),
            }
            let k = kernel.clone();
            kernel.spawn(async move { k.sleep(Nanos(2)).await });
            most = most.max(heap(&kernel));
        }
        most
    };
    let most = kernel.run(main).expect("ends");
    assert!(most < 2 * (SMALL + 10), "{most} entries");
    assert!(kernel.0.state.borrow().tasks.places() < 10);
}

/// Below this many cancelled timers nothing is swept.
const SMALL: usize = super::timers::SWEEP_FROM;

#[test]
fn a_sleep_wakes_the_task_that_polled_it_last() {
    let (kernel, log) = start();
    let mut sleep = Box::pin(kernel.sleep(Nanos(10)));
    let main = async {
        let polled = poll_fn(|context| Poll::Ready(sleep.as_mut().poll(context))).await;
        assert!(polled.is_pending());
        let (k, l) = (kernel.clone(), log.clone());
        kernel.spawn(async move {
            sleep.await;
            l.note(&k, "had");
        });
        kernel.sleep(Nanos(50)).await;
    };
    kernel.run(main).expect("ends");
    assert_eq!(log.read(), [(10, "had")]);
}

#[test]
fn sleeps_within_one_task_and_behind_wakers_of_others() {
    let (kernel, log) = start();
    let main = async {
        // `join!` of tokio polls each part in turn with the task's own waker.
        tokio::join!(
            async {
                kernel.sleep(Nanos(3)).await;
                log.note(&kernel, "three");
            },
            async {
                kernel.sleep(Nanos(1)).await;
                log.note(&kernel, "one");
            },
        );
        // `JoinSet` and its like poll with wakers of their own.
        let mut inner = futures_like(vec![kernel.sleep(Nanos(9)), kernel.sleep(Nanos(4))]);
        let first = inner.next().await;
        log.note(&kernel, if first == 1 { "the shorter" } else { "the longer" });
        let second = inner.next().await;
        log.note(&kernel, if second == 0 { "the longer" } else { "the shorter" });
    };
    kernel.run(main).expect("ends");
    assert_eq!(log.read(), [(1, "one"), (3, "three"), (7, "the shorter"), (12, "the longer")]);
}

/// A set of sleeps that are polled with wakers of their own, as sets of futures do.
struct Set(Vec<Option<(Sleep, Arc<Flag>)>>);

#[derive(Default)]
struct Flag {
    woken: std::sync::atomic::AtomicBool,
    outer: std::sync::Mutex<Option<Waker>>,
}

impl std::task::Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, std::sync::atomic::Ordering::SeqCst);
        if let Some(outer) = self.outer.lock().expect("whole").take() {
            outer.wake();
        }
    }
}

fn futures_like(sleeps: Vec<Sleep>) -> Set {
    let flag = || Flag { woken: true.into(), ..Flag::default() };
    Set(sleeps.into_iter().map(|sleep| Some((sleep, Arc::new(flag())))).collect())
}

impl Set {
    async fn next(&mut self) -> usize {
        poll_fn(|context| {
            for (index, place) in self.0.iter_mut().enumerate() {
                let Some((sleep, flag)) = place else { continue };
                *flag.outer.lock().expect("whole") = Some(context.waker().clone());
                if flag.woken.swap(false, std::sync::atomic::Ordering::SeqCst) {
                    let own = Waker::from(Arc::clone(flag));
                    if Pin::new(sleep).poll(&mut Context::from_waker(&own)).is_ready() {
                        *place = None;
                        return Poll::Ready(index);
                    }
                }
            }
            Poll::Pending
        })
        .await
    }
}

#[test]
fn foreign_primitives_wake_in_order_with_our_own() {
    let (kernel, log) = start();
    let gate = Gate::new(&kernel, 1);
    let (notify, semaphore) = (Rc::new(Notify::new()), Rc::new(Semaphore::new(0)));
    let (send, receive) = oneshot::channel::<()>();
    let spawn = |name, wait: Pin<Box<dyn Future<Output = ()>>>| {
        let (k, l) = (kernel.clone(), log.clone());
        kernel.spawn(async move {
            wait.await;
            l.note(&k, name);
        });
    };
    let (n, s, g, h) = (Rc::clone(&notify), Rc::clone(&semaphore), gate.clone(), gate.clone());
    spawn("notify", Box::pin(async move { n.notified().await }));
    spawn("gate", Box::pin(async move { drop(g.acquire().await) }));
    spawn("semaphore", Box::pin(async move { drop(s.acquire().await) }));
    spawn("gate again", Box::pin(async move { drop(h.acquire().await) }));
    spawn("oneshot", Box::pin(async move { receive.await.expect("sent") }));
    let main = async {
        let permit = gate.acquire().await;
        kernel.sleep(Nanos(8)).await;
        send.send(()).expect("waited for");
        drop(permit);
        notify.notify_one();
        semaphore.add_permits(1);
        kernel.sleep(Nanos(1)).await;
    };
    kernel.run(main).expect("ends");
    let order = ["oneshot", "gate", "notify", "semaphore", "gate again"];
    assert_eq!(log.read(), order.map(|name| (8, name)));
}

#[test]
fn a_gate_serves_in_order_and_passes_over_who_gave_up() {
    let (kernel, log) = start();
    let gate = Gate::new(&kernel, 2);
    let names = ["a", "b", "c", "d", "e"];
    let tasks = names.map(|name| {
        let (k, l, gate) = (kernel.clone(), log.clone(), gate.clone());
        kernel.spawn(async move {
            let _permit = gate.acquire().await;
            l.note(&k, name);
            k.sleep(Nanos(10)).await;
        })
    });
    let main = async {
        kernel.sleep(Nanos(5)).await;
        assert_eq!((gate.free(), gate.waiting()), (0, 3));
        tasks[2].abort();
        // `a` goes, its permit goes to `d`, which does not live to see it.
        tasks[0].abort();
        tasks[3].abort();
        kernel.sleep(Nanos(50)).await;
        assert_eq!((gate.free(), gate.waiting()), (2, 0));
    };
    kernel.run(main).expect("ends");
    assert_eq!(log.read(), [(0, "a"), (0, "b"), (5, "e")]);
}

#[test]
fn who_comes_later_does_not_overtake() {
    let (kernel, log) = start();
    let gate = Gate::new(&kernel, 1);
    let main = async {
        let permit = gate.try_acquire().expect("free");
        let (k, l, g) = (kernel.clone(), log.clone(), gate.clone());
        kernel.spawn(async move {
            let _permit = g.acquire().await;
            l.note(&k, "the first in line");
            k.sleep(Nanos(1)).await;
        });
        kernel.yield_now().await;
        drop(permit);
        assert!(gate.try_acquire().is_none(), "handed on, though not yet taken");
        let _permit = gate.acquire().await;
        log.note(&kernel, "the second");
    };
    kernel.run(main).expect("ends");
    assert_eq!(log.read(), [(0, "the first in line"), (1, "the second")]);
}

#[test]
fn a_panic_frees_what_was_spawned() {
    let kernel = Kernel::new();
    let freed = Rc::new(());
    let held = Rc::clone(&freed);
    kernel.spawn(async move {
        pending::<()>().await;
        drop(held);
    });
    let main = std::panic::AssertUnwindSafe(|| kernel.run(async { panic!("on purpose") }));
    let caught: Result<Result<(), Halt>, _> = std::panic::catch_unwind(main);
    assert!(caught.is_err());
    assert_eq!(Rc::strong_count(&freed), 1);
    assert_eq!(kernel.run(kernel.sleep(Nanos(1))), Ok(()), "and can be used again");
}
