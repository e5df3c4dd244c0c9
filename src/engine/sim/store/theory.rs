//! Queues in the kernel and at a store, against what queueing theory says of them.
//!
//! Short runs with wide bounds, five standard errors and more; `benches/simulator.rs` holds long ones to 1 %.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rand_distr::{Distribution, Exp1};

use super::*;
use crate::engine::sim::kernel::Gate;
use crate::seed::{Seed, Stream};
use crate::units::Nanos;

/// A mean service of a millisecond.
const SERVICE: f64 = 1e6;
const CUSTOMERS: u64 = 100_000;

/// The probability that a customer of an M/M/c has to wait, from the load offered in servers (Erlang's C formula).
fn erlang_c(servers: u32, offered: f64) -> f64 {
    // Erlang's B by its recursion, then C from B.
    let blocked = (1..=servers).fold(1.0, |b, n| offered * b / (f64::from(n) + offered * b));
    let free = 1.0 - offered / f64::from(servers);
    blocked / (free + (1.0 - free) * blocked)
}

/// What customers met.
#[derive(Default)]
struct Seen {
    waited: Cell<u64>,
    waiting: Cell<u64>,
    done: Cell<u64>,
}

impl Seen {
    fn note(&self, waited: Nanos) {
        self.waited.set(self.waited.get() + waited.0);
        self.waiting.set(self.waiting.get() + u64::from(waited > Nanos::ZERO));
        self.done.set(self.done.get() + 1);
    }
    /// Mean wait in mean services, and the share that waited.
    fn read(&self) -> (f64, f64) {
        let done = self.done.get() as f64;
        assert_eq!(self.done.get(), CUSTOMERS);
        (self.waited.get() as f64 / done / SERVICE, self.waiting.get() as f64 / done)
    }
}

fn exponential(mean: f64, stream: &mut Stream) -> Nanos {
    let drawn: f64 = Exp1.sample(stream);
    Nanos((drawn * mean).round() as u64)
}

/// Customers arrive at random and do `visit`, which tells how long they waited.
fn queue<F>(kernel: &Kernel, servers: u32, load: f64, visit: impl Fn(Nanos) -> F + 'static) -> (f64, f64)
where
    F: Future<Output = Nanos> + 'static,
{
    let seen = Rc::new(Seen::default());
    let (mut arrivals, mut services) = (Seed(7).stream("arrivals", 0), Seed(7).stream("services", 0));
    let between = SERVICE / load / f64::from(servers);
    let main = async {
        for _ in 0..CUSTOMERS {
            kernel.sleep(exponential(between, &mut arrivals)).await;
            let (seen, visit) = (Rc::clone(&seen), visit(exponential(SERVICE, &mut services)));
            kernel.spawn(async move { seen.note(visit.await) });
        }
        while seen.done.get() < CUSTOMERS {
            kernel.sleep(Nanos::from_secs(1)).await;
        }
    };
    kernel.run(main).expect("ends");
    seen.read()
}

/// The same at a gate of the kernel and at a store: that they agree to the nanosecond is the point of `Turns`.
fn both(servers: u32, load: f64) -> (f64, f64) {
    let kernel = Kernel::new();
    let (gate, inner) = (Gate::new(&kernel, servers), kernel.clone());
    let at_gate = queue(&kernel, servers, load, move |service| {
        let (gate, kernel) = (gate.clone(), inner.clone());
        async move {
            let came = kernel.now();
            let _permit = gate.acquire().await;
            let waited = kernel.now() - came;
            kernel.sleep(service).await;
            waited
        }
    });
    let kernel = Kernel::new();
    let store = StoreModel::new(&kernel, u32::MAX, Some(servers));
    let at_store = queue(&kernel, servers, load, move |service| {
        let seat = store.connect().expect("no limit");
        async move { seat.work(Call { service, turn: true, ..Call::default() }).await.expect("no lock").waited_for_turn }
    });
    assert_eq!(at_gate, at_store);
    at_gate
}

/// Mean wait of an M/M/c in mean services.
fn wait(servers: u32, load: f64) -> f64 {
    erlang_c(servers, load * f64::from(servers)) / (f64::from(servers) * (1.0 - load))
}

fn close(found: f64, theory: f64, within: f64) {
    assert!((found / theory - 1.0).abs() < within, "{found} instead of {theory}");
}

#[test]
fn the_formulas_are_those_of_the_tables() {
    // Before one server waits who finds it busy; before two at half load every third.
    close(erlang_c(1, 0.5), 0.5, 1e-12);
    close(erlang_c(2, 1.0), 1.0 / 3.0, 1e-12);
    close(wait(1, 0.8), 4.0, 1e-12);
}

#[test]
fn one_server() {
    let (waited, share) = both(1, 0.5);
    // Standard error of the mean wait: √(29 / 100,000) (the asymptotic variance of M/M/1 at half load), 1.7 %.
    close(waited, wait(1, 0.5), 0.085);
    close(share, 0.5, 0.03);
}

#[test]
fn several_servers() {
    // The busier, the longer a line lasts, and the fewer lines there are to average over: at 80 % the standard error is
    // about 8 % (relaxation time of 5.6 services; the square of the line's coefficient of variation is 4.9).
    for (servers, load, within) in [(4, 0.6, 0.12), (16, 0.8, 0.4)] {
        let (waited, share) = both(servers, load);
        close(waited, wait(servers, load), within);
        close(share, erlang_c(servers, load * f64::from(servers)), within / 2.0);
    }
}

#[test]
fn a_constant_service_waits_half_as_long() {
    // M/D/1 by Pollaczek and Khinchin: load / (2 (1 - load)) mean services.
    let kernel = Kernel::new();
    let store = StoreModel::new(&kernel, u32::MAX, Some(1));
    let (waited, share) = queue(&kernel, 1, 0.5, move |_| {
        let seat = store.connect().expect("no limit");
        let call = Call { service: Nanos::from_millis(1), turn: true, ..Call::default() };
        async move { seat.work(call).await.expect("no lock").waited_for_turn }
    });
    close(waited, 0.5, 0.05);
    close(share, 0.5, 0.03);
}

#[test]
fn connections_above_the_limit_are_refused_as_erlang_says() {
    // Erlang's B: a store of `max_connections` without a line, 8 connections, 6 offered.
    let kernel = Kernel::new();
    let store = StoreModel::new(&kernel, 8, None);
    let blocked = (1..=8).fold(1.0, |b, n| 6.0 * b / (f64::from(n) + 6.0 * b));
    let refused = Rc::new(RefCell::new(0_u64));
    let count = Rc::clone(&refused);
    queue(&kernel, 8, 0.75, move |service| {
        let (seat, count) = (store.connect(), Rc::clone(&count));
        async move {
            match seat {
                Some(seat) => drop(seat.work(Call { service, turn: true, ..Call::default() }).await),
                None => *count.borrow_mut() += 1,
            }
            Nanos::ZERO
        }
    });
    close(*refused.borrow() as f64 / CUSTOMERS as f64, blocked, 0.06);
}
