//! Question: how many events a second does the simulator's kernel perform, and are its queues those of theory?
//!
//! The model is the M/M/c that the tools of the field are compared by: customers arrive at random, each is a task of its
//! own, waits in line for one of c servers, is served for an exponential time and goes; at 80 % load. An event is
//! an arrival or a departure: two a customer, whatever a tool does for them inside. Random draws are part of it.
//! `cargo bench --bench simulator`; `-- speed`, `-- cost`, `-- theory` for a part; `--python PATH` of an interpreter that
//! has SimPy, for the same model there in the same minute.

#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

mod support;

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::rc::Rc;
use std::time::Instant;

use longhaul::engine::sim::kernel::{Gate, Kernel};
use longhaul::engine::sim::store::{Call, StoreModel};
use longhaul::seed::{Seed, Stream};
use longhaul::units::Nanos;
use rand_distr::{Distribution, Exp1};
use support::{Args, Broken};

/// A mean service of a millisecond.
const SERVICE: f64 = 1e6;
const LOAD: f64 = 0.8;
/// Customers of one measurement of speed.
const CUSTOMERS: u64 = 2_000_000;

fn main() -> ExitCode {
    let args = Args::read();
    let mut broken = Broken::default();
    if args.wants("speed") {
        speed(&args);
    }
    if args.wants("cost") {
        cost();
    }
    if args.wants("theory") {
        theory(&mut broken);
    }
    broken.end()
}

/// What customers met.
#[derive(Debug, Default)]
struct Seen {
    waited: Cell<u64>,
    waiting: Cell<u64>,
    refused: Cell<u64>,
    done: Cell<u64>,
}

impl Seen {
    fn note(&self, waited: Nanos) {
        self.waited.set(self.waited.get() + waited.0);
        self.waiting.set(self.waiting.get() + u64::from(waited > Nanos::ZERO));
        self.done.set(self.done.get() + 1);
    }
    fn mean_wait(&self) -> f64 {
        self.waited.get() as f64 / self.done.get() as f64 / SERVICE
    }
    fn share_waiting(&self) -> f64 {
        self.waiting.get() as f64 / self.done.get() as f64
    }
    fn share_refused(&self) -> f64 {
        self.refused.get() as f64 / (self.refused.get() + self.done.get()) as f64
    }
}

/// What a customer needs.
struct World {
    kernel: Kernel,
    gate: Gate,
    services: RefCell<Stream>,
    constant: bool,
    seen: Seen,
}

impl World {
    fn service(&self) -> Nanos {
        if self.constant { Nanos(SERVICE as u64) } else { exponential(SERVICE, &mut self.services.borrow_mut()) }
    }
    async fn customer(self: Rc<Self>) {
        let came = self.kernel.now();
        let _permit = self.gate.acquire().await;
        let waited = self.kernel.now() - came;
        let service = self.service();
        self.kernel.sleep(service).await;
        self.seen.note(waited);
    }
}

fn exponential(mean: f64, stream: &mut Stream) -> Nanos {
    let drawn: f64 = Exp1.sample(stream);
    Nanos((drawn * mean).round() as u64)
}

/// Spawns `visit` for each customer, and ends when all that are in have gone.
fn arrivals<F>(kernel: &Kernel, every: f64, customers: u64, over: impl Fn() -> u64, visit: impl Fn() -> F)
where
    F: Future<Output = ()> + 'static,
{
    let mut gaps = Seed(1).stream("gaps", 0);
    let main = async {
        for _ in 0..customers {
            kernel.sleep(exponential(every, &mut gaps)).await;
            kernel.spawn(visit());
        }
        while over() < customers {
            kernel.sleep(Nanos(SERVICE as u64)).await;
        }
    };
    kernel.run(main).expect("somebody comes or goes");
}

/// The queue with `servers` at `load`: what its customers met, and how long the machine took in nanoseconds an event.
fn queue(servers: u32, load: f64, constant: bool, customers: u64) -> (Rc<World>, f64) {
    let kernel = Kernel::new();
    let (gate, services) = (Gate::new(&kernel, servers), RefCell::new(Seed(2).stream("services", 0)));
    let world = Rc::new(World { kernel: kernel.clone(), gate, services, constant, seen: Seen::default() });
    let start = Instant::now();
    let every = SERVICE / load / f64::from(servers);
    arrivals(&kernel, every, customers, || world.seen.done.get(), || Rc::clone(&world).customer());
    let each = start.elapsed().as_nanos() as f64 / (2 * customers) as f64;
    (world, each)
}

/// Events per second, beside SimPy.
fn speed(args: &Args) {
    println!("{:<24} {:>3} {:>14} {:>10} {:>10} {:>10}", "M/M/c at 80 %", "c", "events/s", "ns/event", "best", "wait");
    for servers in [1, 16] {
        let rounds: Vec<_> = (0..args.rounds.unwrap_or(7)).map(|_| queue(servers, LOAD, false, CUSTOMERS)).collect();
        let mut each: Vec<f64> = rounds.iter().map(|(_, each)| *each).collect();
        each.sort_by(f64::total_cmp);
        let (middle, best) = (each[each.len() / 2], each[0]);
        let wait = rounds[0].0.seen.mean_wait();
        println!(
            "{:<24} {servers:>3} {:>14.0} {middle:>10.1} {best:>10.1} {wait:>10.4}",
            "longhaul's kernel",
            1e9 / middle
        );
        simpy(args.python.as_deref().unwrap_or(Path::new("python3")), servers, middle);
    }
    println!();
}

fn simpy(python: &Path, servers: u32, ours: f64) {
    let customers = CUSTOMERS / 10;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/support/mmc.py");
    let told = Command::new(python).args([script, &servers.to_string(), &customers.to_string()]).output();
    let told =
        told.ok().filter(|told| told.status.success()).map(|told| String::from_utf8_lossy(&told.stdout).into_owned());
    let words: Vec<&str> = told.as_deref().unwrap_or_default().split_whitespace().collect();
    let [version, seconds, wait] = words[..] else {
        println!("{:<24} {servers:>3} not importable by {}", "SimPy", python.display());
        return;
    };
    let number = |word: &str| word.parse::<f64>().expect("the script prints numbers");
    let (each, wait) = (number(seconds) * 1e9 / (2 * customers) as f64, number(wait));
    let (name, times) = (format!("SimPy {version}"), each / ours);
    println!("{name:<24} {servers:>3} {:>14.0} {each:>10.1} {:>10} {wait:>10.4}   {times:.0} x slower", 1e9 / each, "");
}

/// Nanoseconds an event against the number of events, and against the number of tasks that wait at once.
fn cost() {
    println!("{:<40} {:>14} {:>10}", "cost", "events", "ns/event");
    for customers in [10_000, 100_000, 1_000_000, 10_000_000] {
        let each = queue(16, LOAD, false, customers).1;
        println!("{:<40} {:>14} {each:>10.1}", "M/M/16 at 80 %", 2 * customers);
    }
    for servers in [1, 10, 100, 1_000, 10_000, 100_000] {
        let each = queue(servers, LOAD, false, CUSTOMERS).1;
        println!("{:<40} {:>14} {each:>10.1}", format!("M/M/{servers} at 80 %"), 2 * CUSTOMERS);
    }
    println!();
}

/// The probability that all servers are busy where nobody waits (Erlang's B), from the load offered in servers.
fn erlang_b(servers: u32, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |b, n| offered * b / (f64::from(n) + offered * b))
}

/// The probability of having to wait (Erlang's C).
fn erlang_c(servers: u32, load: f64) -> f64 {
    let blocked = erlang_b(servers, load * f64::from(servers));
    blocked / (1.0 - load + load * blocked)
}

/// Long runs against theory; more than 1 % apart is broken.
fn theory(broken: &mut Broken) {
    println!("{:<44} {:>12} {:>12} {:>8}", "theory", "simulated", "theory", "%");
    let mut row = |what: String, found: f64, theory: f64| {
        let apart = (found / theory - 1.0) * 100.0;
        println!("{what:<44} {found:>12.6} {theory:>12.6} {apart:>8.3}");
        broken.note(apart.abs() > 1.0, || format!("{what}: {apart:.3} % from theory"));
    };
    for (servers, load, customers) in [(1, 0.5, 20_000_000), (4, 0.7, 20_000_000), (16, 0.8, 80_000_000)] {
        let seen = &queue(servers, load, false, customers).0.seen;
        let (name, wait) = (format!("M/M/{servers} at {load}"), erlang_c(servers, load));
        row(format!("{name}: mean wait in services"), seen.mean_wait(), wait / (f64::from(servers) * (1.0 - load)));
        row(format!("{name}: share that waits (Erlang C)"), seen.share_waiting(), wait);
    }
    let seen = &queue(1, 0.5, true, 20_000_000).0.seen;
    row("M/D/1 at 0.5: mean wait in services".into(), seen.mean_wait(), 0.5);
    let seen = loss(8, 6.0, 10_000_000);
    row("M/M/8/8 offered 6: share refused (Erlang B)".into(), seen.share_refused(), erlang_b(8, 6.0));
}

/// A store that takes so many connections, and refuses the others.
fn loss(servers: u32, offered: f64, customers: u64) -> Rc<Seen> {
    let kernel = Kernel::new();
    let (store, seen) = (StoreModel::new(&kernel, servers, None), Rc::new(Seen::default()));
    let services = RefCell::new(Seed(2).stream("services", 0));
    let visit = || {
        let (seat, seen) = (store.connect(), Rc::clone(&seen));
        let service = exponential(SERVICE, &mut services.borrow_mut());
        async move {
            let Some(seat) = seat else { return seen.refused.set(seen.refused.get() + 1) };
            let worked = seat.work(Call { service, ..Call::default() }).await.expect("no lock is asked for");
            seen.note(worked.waited_for_turn);
        }
    };
    arrivals(&kernel, SERVICE / offered, customers, || seen.done.get() + seen.refused.get(), visit);
    seen
}
