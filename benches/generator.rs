//! What the load generator costs: calls per second of its own processor time, against real servers, without links.
//!
//! 32 serial loops of journeys of ten calls each, through the live engine with all its recording, beside
//! the field's own tools against the same servers in the same minute. The servers are processes of their
//! own, so this process's time is the generator's alone. `cargo bench --bench generator`; `-- --seconds N`,
//! `-- --memory MINUTES` watches this process's memory at 5,000 calls a second instead.

#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use longhaul::engine::live::LiveEngine;
use longhaul::engine::{Engine, Progress};
use longhaul::link::LinkKind;
use longhaul::plan::{Plan, Windows};
use longhaul::proxy::Proxy;
use longhaul::runfile::{Limits, PlacementRun};
use longhaul::scenario::{Count, Overlap, Prepared, Scenario, Step, StoreId, WorkloadKind};
use longhaul::server::Backends;
use longhaul::strategy::distinct;
use longhaul::timer::{Clock, Timer};
use longhaul::units::Nanos;
use support::{DB, block_on, cron, get, http, ms, persistent, query, scenario, text};

/// Loops at once.
const LOOPS: u32 = 32;
/// Calls of a journey.
const CALLS: u32 = 10;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let given = |flag: &str| {
        let at = arguments.iter().position(|argument| argument == flag)?;
        arguments.get(at + 1)?.parse::<u64>().ok()
    };
    let base = scenario(
        1,
        vec![text(), get(1, Vec::new())],
        cron(Nanos::from_secs(86_400), u64::MAX / 4, LOOPS, Overlap::Forbid),
        persistent(),
    );
    let backends = block_on(Backends::spawn(&base)).expect("MariaDB and memcached are installed");
    block_on(backends.prepare(&base)).expect("the servers are prepared");
    match given("--memory") {
        Some(minutes) => memory(&base, &backends, minutes),
        None => throughput(&base, &backends, given("--seconds").unwrap_or(5)),
    }
    backends.shutdown();
}

/// Calls per second and per processor second, ours and theirs.
fn throughput(base: &Scenario, backends: &Backends, seconds: u64) {
    println!("{:<44} {:>12} {:>16}", "32 connections", "calls/s", "calls/CPU-s");
    for (name, step) in [
        ("longhaul, point select as text", text()),
        ("longhaul, point select prepared once", query(Prepared::Cached)),
        ("longhaul, get", get(1, Vec::new())),
        ("longhaul, get of 10 keys", get(10, Vec::new())),
    ] {
        let mut asked = base.clone();
        asked.journeys[0].steps = vec![Step::Repeat { times: Count::Fixed(CALLS), steps: vec![step] }];
        let windows = Windows { warm_up: ms(100), measure: Nanos::from_secs(seconds), drain: ms(500) };
        let before = processor_seconds(&Whose::Own);
        let run = perform_direct(&asked, backends, windows, &());
        let cpu = processor_seconds(&Whose::Own) - before;
        let calls = run.arms[0].parts[0].call_service.count() as f64;
        println!("{name:<44} {:>12.0} {:>16.0}", calls / seconds as f64, calls / cpu);
    }
    sysbench(backends, seconds);
    memcslap(backends);
}

fn perform_direct(asked: &Scenario, backends: &Backends, windows: Windows, progress: &dyn Progress) -> PlacementRun {
    let clock = Clock::start();
    let timer = Timer::start(clock).expect("a timer starts");
    let proxy = Proxy::start(clock, LinkKind::Stream).expect("a proxy starts");
    let stop = Arc::new(AtomicBool::new(false));
    let engine = LiveEngine::new(asked, backends, proxy, timer, Limits::default(), stop);
    let (label, placement) = distinct(asked).placements.swap_remove(0);
    let plan = Plan::new(asked, &label, &placement, 1.0, windows);
    engine.without_links().perform(&plan, progress).expect("the load runs")
}

/// `sysbench oltp_point_select` with as many connections.
fn sysbench(backends: &Backends, seconds: u64) {
    let endpoint = backends.endpoint(DB);
    let (user, password) = endpoint.login.as_ref().map_or(("root", ""), |l| (l.user.as_str(), l.password.as_str()));
    let flags = [
        format!("--mysql-host={}", endpoint.addr.ip()),
        format!("--mysql-port={}", endpoint.addr.port()),
        format!("--mysql-user={user}"),
        format!("--mysql-password={password}"),
        "--mysql-db=longhaul".into(),
        "--table-size=10000".into(),
        format!("--threads={LOOPS}"),
        format!("--time={seconds}"),
    ];
    let run = |more: &[&str], step: &str| {
        Command::new("sysbench").arg("oltp_point_select").args(&flags).args(more).arg(step).output()
    };
    if run(&[], "prepare").is_err() {
        println!("sysbench is not installed");
        return;
    }
    for (name, more) in
        [("sysbench, point select as text", "--db-ps-mode=disable"), ("sysbench, prepared once", "--db-ps-mode=auto")]
    {
        let before = processor_seconds(&Whose::Children);
        let Ok(output) = run(&[more], "run") else { continue };
        let cpu = processor_seconds(&Whose::Children) - before;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let queries = said.lines().find_map(|line| line.trim().strip_prefix("total:")?.trim().parse::<f64>().ok());
        let queries = queries.unwrap_or(f64::NAN);
        println!("{name:<44} {:>12.0} {:>16.0}", queries / seconds as f64, queries / cpu);
    }
    drop(run(&[], "cleanup"));
}

/// `memcslap --test=get` with as many connections.
fn memcslap(backends: &Backends) {
    const EACH: u64 = 10_000;
    let before = processor_seconds(&Whose::Children);
    let started = std::time::Instant::now();
    let mut command = Command::new("memcslap");
    command
        .arg(format!("--servers={}", backends.endpoint(StoreId(1)).addr))
        .args(["--test=get", "--tcp-nodelay", "--initial-load=10000"])
        .arg(format!("--concurrency={LOOPS}"))
        .arg(format!("--execute-number={EACH}"))
        .stdout(Stdio::null());
    if command.status().is_err() {
        println!("memcslap is not installed");
        return;
    }
    let cpu = processor_seconds(&Whose::Children) - before;
    let gets = (EACH * u64::from(LOOPS)) as f64;
    println!(
        "{:<44} {:>12.0} {:>16.0}",
        "memcslap, get (loading included)",
        gets / started.elapsed().as_secs_f64(),
        gets / cpu
    );
}

/// 5,000 calls a second for some minutes: what this process holds, every few seconds.
fn memory(base: &Scenario, backends: &Backends, minutes: u64) {
    let mut asked = base.clone();
    asked.workloads[0].kind = WorkloadKind::Http(http(500.0, LOOPS));
    let calls = |step| Step::Repeat { times: Count::Fixed(CALLS / 2), steps: vec![step] };
    asked.journeys[0].steps = vec![calls(text()), calls(get(1, Vec::new()))];
    let windows = Windows { warm_up: ms(1_000), measure: Nanos::from_secs(60 * minutes), drain: ms(2_000) };
    println!("{:>8} {:>12}", "seconds", "memory, KiB");
    let run = perform_direct(&asked, backends, windows, &Resident::default());
    let part = &run.arms[0].parts[0];
    println!("{} journeys, {} calls, errors {:?}", part.completed, part.call_service.count(), part.errors);
}

/// Prints the resident memory every ten seconds.
#[derive(Default)]
struct Resident(std::cell::Cell<u64>);

impl Progress for Resident {
    fn placement(&self, _: usize, _: usize, _: &str, _: &str) {}
    fn elapsed(&self, elapsed: Nanos, _: Nanos) {
        let tens = elapsed.0 / 10_000_000_000;
        if tens > self.0.replace(tens) {
            let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
            let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("?");
            println!("{:>8} {:>12}", tens * 10, resident.trim().trim_end_matches(" kB"));
        }
    }
}

/// Whose processor time.
enum Whose {
    /// This process's.
    Own,
    /// That of children that have ended.
    Children,
}

/// Processor seconds so far, user and system, from `/proc/self/stat` (proc(5), in hundredths).
fn processor_seconds(whose: &Whose) -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux tells a process about itself");
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> = after_name.split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect();
    // Field 3 of proc(5) is the first one here.
    let ticks = match whose {
        Whose::Own => fields[11] + fields[12],
        Whose::Children => fields[13] + fields[14],
    };
    ticks / 100.0
}
