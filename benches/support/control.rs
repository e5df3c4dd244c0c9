//! The machine itself, without any proxy: how late it is with a wait, and with an exchange after one.
//!
//! What a hypervisor takes from the machine, or its scheduler from a thread, is late in every row of a table; measured by turns
//! with the proxies, in short rounds, it tells their own lateness from the machine's. Not for: proxies (`longhaul::fidelity`).

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroU64;
use std::thread;

use longhaul::measure::Hist;
use longhaul::timer::Clock;
use longhaul::units::Nanos;

/// Threads that take turns within one wait, as `fidelity::pings` has connections.
const TURNS: u64 = 4;

/// Nothing begins sooner than this after the last, as there.
const REST: Nanos = Nanos::from_micros(200);

/// A small request of `fidelity::Upstream`: no bytes more, and a reply of 64.
const REQUEST: [u8; 16] = 64_u128.to_be_bytes();

/// `count` waits of `rtt` by threads that ask to be woken without slack, each followed by a small exchange with a server over
/// loopback where one is given.
pub(crate) fn waits(clock: Clock, rtt: Nanos, count: usize, server: Option<SocketAddr>) -> Hist {
    let each = count.div_ceil(TURNS as usize);
    let body = move |turn: u64| {
        let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
        let mut open = server.map(|addr| connect(addr).expect("the server is there"));
        thread::sleep(Nanos(rtt.0 / TURNS * turn).into());
        (0..each).map(|_| one(clock, rtt, open.as_mut()).expect("an exchange")).collect::<Vec<_>>()
    };
    let all: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..TURNS).map(|turn| scope.spawn(move || body(turn))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    let mut hist = Hist::new();
    for took in all {
        hist.record(took);
    }
    hist
}

fn connect(addr: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(addr)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn one(clock: Clock, rtt: Nanos, open: Option<&mut TcpStream>) -> io::Result<Nanos> {
    thread::sleep(REST.into());
    let start = clock.now();
    thread::sleep(rtt.into());
    if let Some(stream) = open {
        stream.write_all(&REQUEST)?;
        stream.read_exact(&mut [0; 64])?;
    }
    Ok(clock.now() - start)
}

/// Processor time since the machine started, in the kernel's ticks: stolen by its hypervisor, and all.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ticks {
    stolen: u64,
    all: u64,
}

impl Ticks {
    /// Now; nothing where the system does not tell.
    pub(crate) fn now() -> Self {
        let text = fs::read_to_string("/proc/stat").unwrap_or_default();
        let first = text.lines().next().unwrap_or_default();
        let all: Vec<u64> = first.split_whitespace().skip(1).take(8).filter_map(|tick| tick.parse().ok()).collect();
        Self { stolen: all.get(7).copied().unwrap_or(0), all: all.iter().sum() }
    }

    /// Adds what has passed since `then`.
    pub(crate) fn add_since(&mut self, then: Self) {
        let now = Self::now();
        self.stolen += now.stolen - then.stolen;
        self.all += now.all - then.all;
    }

    /// What share was stolen, in percent.
    pub(crate) fn percent(self) -> f64 {
        self.stolen as f64 * 100.0 / self.all.max(1) as f64
    }
}
