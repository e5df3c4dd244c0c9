//! Question: how true is the delay, and how much does the proxy carry?
//!
//! `cargo bench --bench proxy` prints a table in about two minutes: error of the delay (round trip less what was
//! injected) idle, at 200 and at 1,000 connections, drift over 1,000 messages, what the proxy adds with nothing
//! injected, and bulk throughput. Load and proxy share the machine. Rows that others on the machine can disturb
//! are run several times, and the best is shown.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

mod load;

use std::net::SocketAddr;
use std::time::Duration;

use load::{bulk, closed_loops, echo_one, listen, local, paced, ping_pong};
use longhaul::link::LinkKind;
use longhaul::measure::Hist;
use longhaul::proxy::{Proxy, Route, RouteSpec, RouteStats};
use longhaul::scenario::{Congestion, Jitter, Link};
use longhaul::seed::Seed;
use longhaul::timer::Clock;
use longhaul::units::{Fraction, Nanos, Rtt};

const RTT: Nanos = Nanos::from_millis(15);
const RUNS: usize = 3;

fn main() {
    let only: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |name: &str| only.is_empty() || only.iter().any(|arg| name.contains(arg.as_str()));
    let rows: [(&str, fn()); 6] = [
        ("zero", zero),
        ("idle", idle),
        ("200", || loops(200)),
        ("1000", || loops(1_000)),
        ("drift", drift),
        ("bulk", bulk_rates),
    ];
    println!("proxy under SCHED_FIFO: {}", Proxy::start(Clock::start(), LinkKind::Stream).expect("a proxy").realtime());
    for (_, row) in rows.iter().filter(|row| wanted(row.0)) {
        row();
    }
}

/// A route to `upstream` over a link of this round trip.
fn route(rtt: Nanos, upstream: SocketAddr) -> Route {
    let (jitter, loss, congestion) = (Jitter::None, Fraction(0.0), Congestion::Cubic);
    let proxy = Proxy::start(Clock::start(), LinkKind::Stream).expect("a proxy");
    let link = proxy
        .link(&Link { rtt: Rtt(rtt), jitter, loss, bandwidth: None, congestion }, Seed(1), "bench")
        .expect("a link");
    proxy.route(RouteSpec { link, listen: local(), upstream, tap: None }).expect("a route")
}

fn ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}

fn quantiles(hist: &Hist, less: Nanos) -> String {
    let of = |ns: u64| (ns as f64 - less.0 as f64) / 1e6;
    format!(
        "min {:.3}  p50 {:.3}  p99 {:.3}  p99.9 {:.3} ms  (n {})",
        of(hist.min()),
        of(hist.at(0.5)),
        of(hist.at(0.99)),
        of(hist.at(0.999)),
        hist.count()
    )
}

fn own(stats: &RouteStats) -> String {
    format!(
        "proxy's own account: round-trip lateness p50 {:.3} p99 {:.3}, of it stamps p50 {:.3} p99 {:.3} ms",
        ms(stats.round_trip_lateness.at(0.5)),
        ms(stats.round_trip_lateness.at(0.99)),
        ms(stats.stamp_lateness.at(0.5)),
        ms(stats.stamp_lateness.at(0.99))
    )
}

/// Processor time that the proxies' threads of this process have used: only one runs at a time.
fn proxy_cpu() -> Nanos {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux").flatten();
    let used = tasks.filter_map(|task| {
        let name = std::fs::read_to_string(task.path().join("comm")).ok()?;
        let times = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        (name.trim() == "longhaul-proxy").then(|| times.split(' ').next()?.parse::<u64>().ok()).flatten()
    });
    Nanos(used.sum())
}

/// The run with the smallest median.
fn best<T>(runs: impl Iterator<Item = (Hist, T)>) -> (Hist, T) {
    runs.min_by_key(|run| run.0.at(0.5)).expect("at least one run")
}

/// One connection without a proxy: what loopback itself takes.
fn direct() -> Hist {
    let runs = (0..RUNS).map(|_| {
        let (listener, addr) = listen();
        let server = echo_one(listener);
        let hist = ping_pong(addr, Duration::from_secs(1));
        server.join().expect("the server has ended");
        (hist, ())
    });
    best(runs).0
}

/// One connection through a proxy.
fn through(rtt: Nanos, run: Duration) -> (Hist, RouteStats) {
    best((0..RUNS).map(|_| {
        let (listener, addr) = listen();
        let server = echo_one(listener);
        let route = route(rtt, addr);
        let hist = ping_pong(route.addr(), run);
        let stats = route.stats();
        server.join().expect("the server has ended");
        (hist, stats)
    }))
}

fn zero() {
    let (direct, (zero, _)) = (direct(), through(Nanos::ZERO, Duration::from_secs(1)));
    println!("\nnothing injected, 1 connection, 64 bytes");
    println!("  direct           {}", quantiles(&direct, Nanos::ZERO));
    println!("  through proxy    {}", quantiles(&zero, Nanos::ZERO));
    println!("  added, p50       {:.3} ms (target 0.060)", ms(zero.at(0.5).saturating_sub(direct.at(0.5))));
}

fn idle() {
    let (floor, (hist, stats)) = (direct(), through(RTT, Duration::from_secs(8)));
    println!("\n{RTT}, 1 connection, 64 bytes");
    println!("  error            {}", quantiles(&hist, RTT));
    println!(
        "  less loopback    p50 {:.3} ms (direct p50 {:.3})",
        ms(hist.at(0.5).saturating_sub(RTT.0 + floor.at(0.5))),
        ms(floor.at(0.5))
    );
    println!("  {}", own(&stats));
}

fn loops(connections: usize) {
    let run = Duration::from_secs(4);
    let (hist, (stats, cpu)) = best((0..RUNS).map(|_| {
        let (listener, addr) = listen();
        let route = route(RTT, addr);
        let hist = closed_loops(&listener, route.addr(), connections, run);
        (hist, (route.stats(), proxy_cpu()))
    }));
    println!("\n{RTT}, {connections} connections in closed loops");
    println!("  error            {}", quantiles(&hist, RTT));
    let each = ms(cpu.0) * 1e3 / stats.exchanges.max(1) as f64;
    println!(
        "  round trips      {:.0}/s, {each:.1} µs of the proxy's processor time each",
        hist.count() as f64 / run.as_secs_f64()
    );
    println!("  {}", own(&stats));
}

fn drift() {
    let (listener, addr) = listen();
    let server = echo_one(listener);
    let route = route(RTT, addr);
    let all = paced(route.addr(), 1_000, Duration::from_millis(1));
    drop(route);
    server.join().expect("the server has ended");
    let median = |part: &[Nanos]| {
        let mut sorted = part.to_vec();
        sorted.sort();
        sorted[sorted.len() / 2].as_millis_f64()
    };
    println!("\n{RTT}, 1,000 messages 1 ms apart on one connection");
    println!("  round trip       first 100 p50 {:.3}, last 100 p50 {:.3} ms", median(&all[..100]), median(&all[900..]));
}

fn bulk_rates() {
    let run = Duration::from_secs(2);
    let rate = |rtt: Option<Nanos>| {
        let runs = (0..RUNS).map(|_| {
            let (listener, addr) = listen();
            let route = rtt.map(|rtt| route(rtt, addr));
            bulk(listener, route.as_ref().map_or(addr, Route::addr), run)
        });
        runs.fold(0.0, f64::max) / 1e9
    };
    let (direct, zero, distant) = (rate(None), rate(Some(Nanos::ZERO)), rate(Some(RTT)));
    println!("\nbulk, 1 connection");
    println!("  direct           {direct:.2} GB/s");
    println!("  0 ms             {zero:.2} GB/s (target 1)");
    // The link's window: 2,582 segments of 1,448 bytes under way.
    let window = 2_582.0 * 1_448.0 / RTT.as_secs_f64() / 1e9;
    println!("  {RTT}             {distant:.2} GB/s, {:.0} % of a window per round trip", distant / window * 100.0);
}
