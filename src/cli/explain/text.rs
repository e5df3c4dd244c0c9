//! An explained scenario as text, for people.

use std::io::{self, Write};

use crate::analysis::words;
use crate::explain::{Explained, JourneyCost, Limit, StepCost, StoreConnecting, Wait, WorkloadCost};
use crate::units::Nanos;

/// Writes everything.
pub(super) fn write(it: &Explained, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: what distance alone costs", it.name)?;
    writeln!(
        out,
        "Times are of an idle system with all stores at that distance; waiting for workers, connections, locks"
    )?;
    writeln!(out, "or busy stores comes on top. `run` measures it.")?;
    for journey in &it.journeys {
        writeln!(out)?;
        self::journey(journey, &it.rtts, out)?;
    }
    writeln!(out, "\nworkloads")?;
    for workload in &it.workloads {
        self::workload(workload, out)?;
    }
    writeln!(out, "\nthe costliest steps, by round trips a second of all workloads")?;
    writeln!(out, "  {:>10} {:>11}  step", "per second", "per journey")?;
    for c in &it.costliest {
        writeln!(
            out,
            "  {:>10} {:>11}  {} ({}, {})",
            count(c.per_second),
            count(c.round_trips),
            c.step,
            c.journey,
            c.workload
        )?;
    }
    Ok(())
}

fn journey(it: &JourneyCost, rtts: &[Nanos], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} ({})", it.name, it.performers.join(", "))?;
    writeln!(
        out,
        "  {} round trips on average ({} typically: {} to connect, {} for calls, {} of them in a row)",
        count(it.mean_round_trips),
        it.typical.connect + it.typical.calls,
        it.typical.connect,
        it.typical.calls,
        it.typical.sequential
    )?;
    let times = rtts.iter().zip(&it.times).map(|(rtt, time)| format!("{} at {}", shown(*time), distance(*rtt)));
    writeln!(out, "  mean time: {}", times.collect::<Vec<_>>().join(", "))?;
    writeln!(out, "  {:>11} {:>10} {:>10}  step", "round trips", "sent", "received")?;
    for (store, connecting) in &it.connecting {
        writeln!(out, "  {:>11} {:>10} {:>10}  {}", count(connecting.mean()), "", "", causes(store, connecting))?;
    }
    for step in &it.steps {
        writeln!(out, "{}", line(step))?;
    }
    Ok(())
}

/// `connections to main-db: 3 connect, 1 set-up`.
fn causes(store: &str, StoreConnecting { each: it, used, .. }: &StoreConnecting) -> String {
    let parts = [(it.connect, "connect"), (it.set_up, "set-up"), (it.reuse, "take up"), (it.prepare, "prepare")];
    let parts = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}"));
    // As a journey that calls it does, and how many do.
    let some = if *used < 0.9995 { format!(", {} of the times", words::percent(*used)) } else { String::new() };
    format!("connections to {store}: {}{some}", parts.collect::<Vec<_>>().join(", "))
}

fn line(step: &StepCost) -> String {
    let indent = "  ".repeat(step.depth);
    let store = step.store.as_ref().map(|store| format!(" [{store}]")).unwrap_or_default();
    let parallel = if step.wait == Wait::Parallel && step.store.is_some() { ", beside others" } else { "" };
    let slow = match step.slow_start {
        0 => String::new(),
        1 => ", and 1 round trip of slow start while the connection is cold".to_owned(),
        n => format!(", and {n} round trips of slow start while the connection is cold"),
    };
    let (trips, up, down) = match step.store {
        Some(_) => (count(step.round_trips), size(step.bytes.0), size(step.bytes.1)),
        None => (String::new(), String::new(), String::new()),
    };
    format!("  {trips:>11} {up:>10} {down:>10}  {indent}{}{store}{parallel}{slow}", step.what)
}

fn workload(it: &WorkloadCost, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  {} ({}): {}", it.name, it.kind, it.load)?;
    for need in &it.needs {
        let busy = need.busy.map(|busy| format!(", {} busy", count(busy))).unwrap_or_default();
        let connections = need.connections.iter().map(|(store, n)| format!("{} to {store}", count(*n)));
        let what = match it.kind {
            "cron" => "a run",
            "startup" => "all ready after",
            _ => "each",
        };
        let rate = match it.kind {
            "startup" => String::new(),
            "cron" => format!(", {} items a second", count(need.highest_rate)),
            _ => format!(", {} a second at most", count(need.highest_rate)),
        };
        let turns = need.turns.iter().map(|(store, busy, of)| format!("{} of {of} at {store}", count(*busy)));
        let turns = turns.collect::<Vec<_>>().join(", ");
        let turns = if turns.is_empty() { turns } else { format!("; busy turns: {turns}") };
        writeln!(
            out,
            "    at {:<6} {} {}{busy}{rate}; connections: {}{turns}",
            distance(need.rtt),
            what,
            shown(need.time),
            connections.collect::<Vec<_>>().join(", ")
        )?;
    }
    for limit in &it.limits {
        writeln!(out, "    {}", self::limit(limit))?;
    }
    Ok(())
}

fn limit(it: &Limit) -> String {
    match it.rtt {
        None => format!("{}: not at any distance", it.what),
        Some(Nanos::MAX) => format!("{}: at any distance on earth", it.what),
        Some(rtt) => format!("{}: up to {:.1} ms", it.what, (rtt.as_millis_f64() * 10.0).floor() / 10.0),
    }
}

/// Three digits that matter, whole numbers from 100 on.
fn count(n: f64) -> String {
    match n {
        n if n.fract() == 0.0 || n >= 100.0 => format!("{n:.0}"),
        n if n >= 10.0 => format!("{n:.1}"),
        n => format!("{n:.2}"),
    }
}

/// `0.5 ms`.
fn distance(rtt: Nanos) -> String {
    format!("{} ms", rtt.as_millis_f64())
}

fn size(bytes: f64) -> String {
    match bytes {
        b if b < 1e3 => format!("{b:.0} B"),
        b if b < 1e6 => format!("{:.1} kB", b / 1e3),
        b => format!("{:.1} MB", b / 1e6),
    }
}

fn shown(time: Nanos) -> String {
    match time.as_secs_f64() {
        s if s >= 7_200.0 => format!("{:.1} h", s / 3_600.0),
        s if s >= 120.0 => format!("{:.1} min", s / 60.0),
        s if s >= 1.0 => format!("{s:.2} s"),
        s => format!("{:.1} ms", s * 1e3),
    }
}
