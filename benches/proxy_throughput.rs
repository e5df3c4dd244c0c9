//! Question: what does the proxy add where nothing is injected, and how much does it carry?
//!
//! `cargo bench --bench proxy_throughput` prints the added small round trip (paired with loopback itself, by turns) and the bulk
//! rate of one connection at 0 and 15 ms, in about half a minute. `-- --toxiproxy PATH` puts Toxiproxy beside it in the same minute. Parts by name:
//! `added`, `bulk`.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

mod support;

use longhaul::fidelity::{Path, Upstream, added, probe, rate};
use longhaul::link::LinkKind;
use longhaul::proxy::Proxy;
use longhaul::scenario::Link;
use longhaul::seed::Seed;
use longhaul::timer::Clock;
use longhaul::units::Nanos;
use support::{Args, Toxiproxy, kinds};

const RTT: Nanos = Nanos::from_millis(15);
const PAIRS: usize = 5_000;
const RUNS: usize = 3;
/// Bytes of a transfer with nothing injected, and over the distance, where a window each round trip is all that one connection gets.
const NEAR: u64 = 500_000_000;
const FAR: u64 = 150_000_000;

fn main() {
    let (args, clock) = (Args::read(), Clock::start());
    let upstream = Upstream::start().expect("a server");
    let mut toxiproxy = args.toxiproxy.as_deref().map(Toxiproxy::start);
    let probe = probe();
    println!("{}, {} processors, load {:.2}\n", probe.kernel, probe.processors, probe.load);
    let proxies: Vec<_> = kinds().into_iter().map(|kind| (kind, Proxy::start(clock, kind).expect("a proxy"))).collect();
    let mut paths = |rtt| {
        let ours = |(kind, proxy): &(LinkKind, Proxy)| {
            let path = Path::through(proxy, *kind, &Link::plain(rtt), Seed(1), upstream.both()).expect("a route");
            (format!("longhaul, {} link", kind.word()), path)
        };
        let mut all: Vec<_> = proxies.iter().map(ours).collect();
        if let Some(toxiproxy) = &mut toxiproxy {
            let addr = toxiproxy.route(rtt, upstream.answering());
            all.push(("Toxiproxy".into(), Path::peer(rtt, addr, addr)));
        }
        all
    };
    let direct = Path::direct(&upstream);
    if args.wants("added") {
        println!("| nothing injected, {PAIRS} pairs | direct p50 | through p50 | p99 | added p50, µs |");
        println!("| --- | --- | --- | --- | --- |");
        for (name, path) in paths(Nanos::ZERO) {
            let runs = (0..RUNS).map(|_| added(clock, &direct, &path, PAIRS).expect("measured"));
            let best = runs.min_by_key(|run| run.median_ns).expect("at least one run");
            let (direct, through) = (best.direct.median(), best.through.median());
            let p99 = best.through.at(0.99);
            println!("| {name} | {direct} | {through} | {p99} | {:.1} |", best.median_ns as f64 / 1e3);
        }
    }
    if args.wants("bulk") {
        println!("\n| bulk, 1 connection | 0 ms, GB/s | {RTT}, GB/s |\n| --- | --- | --- |");
        println!("| direct | {:.2} | |", bulk(clock, &direct, NEAR));
        let (near, far) = (paths(Nanos::ZERO), paths(RTT));
        for ((name, near), (_, far)) in near.into_iter().zip(far) {
            println!("| {name} | {:.2} | {:.3} |", bulk(clock, &near, NEAR), bulk(clock, &far, FAR));
        }
    }
}

/// The best of some runs, in GB/s.
fn bulk(clock: Clock, path: &Path, bytes: u64) -> f64 {
    let runs = (0..RUNS).map(|_| rate(clock, path, bytes).expect("measured").bytes_per_second);
    runs.fold(0.0, f64::max) / 1e9
}
