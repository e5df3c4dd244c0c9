//! Question: how late do waits end on this machine, idle and busy, for each way to wait?
//!
//! `cargo bench --bench timer` prints one row for each way and load: lateness in microseconds of
//! waits of 7.5 ms by 16 and by 400 tasks at once (400: about 50,000 waits a second). Bounded: a
//! minute in all. The module doc of `timer` holds the numbers that it was chosen by.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use longhaul::measure::Hist;
use longhaul::timer::{Clock, Timer};
use longhaul::units::Nanos;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const WAIT: Nanos = Nanos::from_micros(7_500);
const RUN: Nanos = Nanos::from_secs(2);

#[derive(Debug, Clone, Copy)]
enum Load {
    Idle,
    Hogs,
    Echo,
}

fn main() {
    println!("{:<34} {:>6} {:>5} {:>9} {:>8} {:>8} {:>8}", "way", "load", "tasks", "waits", "p50 µs", "p99", "max");
    for load in [Load::Idle, Load::Hogs, Load::Echo] {
        for tasks in [16, 400] {
            let timer = Timer::start(Clock::start()).expect("a thread");
            row("Timer (thread, FIFO if allowed)", load, tasks, move |clock| {
                let timer = timer.clone();
                async move {
                    let at = clock.now() + WAIT;
                    // The timer has its own clock; both are monotonic, so the difference carries over.
                    timer.sleep_until(timer.clock().now() + WAIT).await;
                    clock.now().saturating_sub(at)
                }
            });
            #[cfg(target_os = "linux")]
            row("timerfd in the runtime, one a task", load, tasks, |clock| async move {
                let at = clock.now() + WAIT;
                timerfd_wait().await;
                clock.now().saturating_sub(at)
            });
            row("tokio::time::sleep", load, tasks, |clock| async move {
                let at = clock.now() + WAIT;
                tokio::time::sleep(WAIT.into()).await;
                clock.now().saturating_sub(at)
            });
        }
    }
}

/// Lateness of `wait` by `tasks` tasks at once under `load`, printed.
fn row<W, F>(way: &str, load: Load, tasks: usize, wait: W)
where
    W: Fn(Clock) -> F + Send + Sync + 'static,
    F: Future<Output = Nanos> + Send,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    let stop = Arc::new(AtomicBool::new(false));
    let hogs = start_load(load, &stop, &runtime);
    let wait = Arc::new(wait);
    let clock = Clock::start();
    let all = runtime.block_on(async {
        let tasks: Vec<_> = (0..tasks)
            .map(|i| {
                let wait = Arc::clone(&wait);
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_micros(i as u64 * 97 % 7_500)).await;
                    let mut late = Hist::new();
                    while clock.now() < RUN {
                        late.record(wait(clock).await);
                    }
                    late
                })
            })
            .collect();
        let mut all = Hist::new();
        for task in tasks {
            all.merge(&task.await.expect("no panic"));
        }
        all
    });
    stop.store(true, Ordering::Relaxed);
    for hog in hogs {
        hog.join().expect("no panic");
    }
    runtime.shutdown_background();
    let us = |ns: u64| ns as f64 / 1e3;
    println!(
        "{way:<34} {:>6} {tasks:>5} {:>9} {:>8.0} {:>8.0} {:>8.0}",
        format!("{load:?}"),
        all.count(),
        us(all.at(0.5)),
        us(all.at(0.99)),
        us(all.max())
    );
}

/// Two spinning threads, or 32 TCP ping-pongs in the same runtime.
fn start_load(
    load: Load,
    stop: &Arc<AtomicBool>,
    runtime: &tokio::runtime::Runtime,
) -> Vec<std::thread::JoinHandle<()>> {
    match load {
        Load::Idle => Vec::new(),
        Load::Hogs => (0..2)
            .map(|_| {
                let stop = Arc::clone(stop);
                std::thread::spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                })
            })
            .collect(),
        Load::Echo => {
            for _ in 0..32 {
                let stop = Arc::clone(stop);
                runtime.spawn(async move { ping_pong(&stop).await.expect("loopback works") });
            }
            Vec::new()
        }
    }
}

async fn ping_pong(stop: &AtomicBool) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let mut near = tokio::net::TcpStream::connect(listener.local_addr()?).await?;
    let (mut far, _) = listener.accept().await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let mut buffer = [0; 64];
    while !stop.load(Ordering::Relaxed) {
        near.write_all(&buffer).await?;
        far.read_exact(&mut buffer).await?;
        far.write_all(&buffer).await?;
        near.read_exact(&mut buffer).await?;
    }
    Ok(())
}

#[cfg(target_os = "linux")]
async fn timerfd_wait() {
    use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
    let timer = rustix::time::timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK).expect("a timerfd");
    let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
    let after = Itimerspec { it_interval: zero, it_value: Timespec { tv_sec: 0, tv_nsec: WAIT.0.cast_signed() } };
    rustix::time::timerfd_settime(&timer, TimerfdTimerFlags::empty(), &after).expect("set");
    #[expect(deprecated, reason = "the other constructor is unsafe; an owned descriptor is sound in both")]
    let timer = tokio::io::unix::AsyncFd::new(timer).expect("registered");
    let _ready = timer.readable().await.expect("readable");
}
