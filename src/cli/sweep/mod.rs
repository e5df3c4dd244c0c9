//! `longhaul sweep`: one placement at many values of one quantity, and where its objectives break.
//!
//! Not for: judging (`analysis::sweep`), choosing values (its `Seeker`), rewriting scenarios (`strategy::vary`).

mod args;
mod edges;
mod live;
mod virtual_time;

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::anyhow;

pub(crate) use args::SweepArgs;
use args::{EngineWord, Form, Request};
pub(super) use edges::Edges;
use live::Live;
use virtual_time::VirtualTime;

use super::asked::{ended, gave_up, unmeasured};
use super::interrupt::stop_on_interrupt;
use super::progress::Shown;
use super::{Exit, Failure, OrExit, machine};
use crate::analysis::sweep::{Seeker, shown};
use crate::engine::sim::SimEngine;
use crate::engine::sweep::{By, Sweep, Swept, Wanted, perform_sweep};
use crate::engine::{Engine, EngineError, Progress};
use crate::report;
use crate::report::sweep::SweepReport;
use crate::runfile::sweep::{SWEEP_FORMAT, SweepPoint, SweepRun};
use crate::runfile::{Machine, Provenance, Simulated, Windows};
use crate::scenario::Scenario;
use crate::strategy::Placement;
use crate::units::Nanos;

/// Sweeps and writes the report.
pub(crate) fn run(args: &SweepArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    let request = Request::new(args)?;
    let stop = stop_on_interrupt().or_exit(Exit::Environment)?;
    let (run, failed) = sweep(args, &request, &stop, err)?;
    let Some(run) = run else { return failed.map_or(Ok(Exit::Fine), Err) };
    let exit = finish(args, &request, &run, out, err)?;
    // Last: what was measured before is not lost because one value could not be.
    failed.map_or(Ok(exit), Err)
}

/// What was swept, if anything was, and why not all of it.
fn sweep(
    args: &SweepArgs,
    request: &Request,
    stop: &Arc<AtomicBool>,
    err: &mut dyn Write,
) -> Result<(Option<SweepRun>, Option<Failure>), Failure> {
    let started = (Instant::now(), SystemTime::now());
    if !args.quiet {
        writeln!(err, "{}", report::sweep::swept(&request.asked, &request.subject)).or_exit(Exit::Environment)?;
    }
    let shown = Shown::new(args.quiet);
    let (swept, stores) = perform(args.engine, request, stop, &shown)?;
    shown.done();
    let partial = swept.ended.is_some();
    let failed = match swept.ended {
        Some(EngineError::Stopped) if swept.points.is_empty() => {
            let text = "stopped before anything was measured; nothing was written";
            return Err(Failure::new(Exit::Inconclusive, anyhow!(text)));
        }
        Some(EngineError::Stopped) | None => None,
        Some(error) => Some(gave_up(error)),
    };
    if swept.points.is_empty() {
        return Ok((None, failed));
    }
    let provenance = provenance(args, request, (swept.longest, stores), started, partial);
    let run = SweepRun { sweep_format: SWEEP_FORMAT, provenance, asked: request.asked.clone(), points: swept.points };
    Ok((Some(run), failed))
}

/// What stood in for the stores: the word of the report, and versions by store.
type Stores = (&'static str, BTreeMap<String, String>);

/// Performs every value with the engine that was asked for.
fn perform(
    engine: EngineWord,
    request: &Request,
    stop: &Arc<AtomicBool>,
    shown: &Shown,
) -> Result<(Swept, Stores), Failure> {
    let scenario = &request.loaded.scenario;
    match engine {
        EngineWord::Live => {
            let live = Live::start(scenario, stop)?;
            let swept = perform_with(request, By::Turns(&mut |varied: &Scenario| live.engine(varied)), shown);
            let servers = live.servers(scenario);
            live.shutdown();
            Ok((swept?, ("stand-in", servers)))
        }
        EngineWord::Sim => {
            let make = |varied: &Scenario| {
                Box::new(SimEngine::new(varied, request.calibration.clone(), Arc::clone(stop))) as Box<dyn Engine>
            };
            let by = By::Threads(&make, request.jobs);
            Ok((perform_with(request, by, &VirtualTime::new(shown))?, ("model", BTreeMap::new())))
        }
    }
}

/// Performs one value after the other, as what was seen so far asks for.
fn perform_with(request: &Request, by: By, progress: &dyn Progress) -> Result<Swept, Failure> {
    let windows = |scenario: &Scenario, placement: &Placement| request.lengths.of(scenario, placement, request.scale);
    let sweep = Sweep {
        scenario: &request.loaded.scenario,
        over: request.asked.over,
        exposed: &request.subject.exposed,
        windows: &windows,
        scale: request.scale,
    };
    let mut seeker = Seeker::new(request.subject.clone());
    let mut failed = None;
    let mut next = |point: Option<&SweepPoint>| {
        if let Some(Err(error)) = point.map(|point| seeker.add(point)) {
            failed = Some(error);
            return Vec::new();
        }
        let label = |value| format!("{} {}", request.asked.over.word(), shown(request.asked.over, value));
        seeker.ahead().into_iter().map(|value| Wanted { value, label: label(value), of: seeker.steps() }).collect()
    };
    let swept = perform_sweep(sweep, by, &mut next, progress);
    failed.map_or(Ok(swept), Err).or_exit(Exit::Internal)
}

/// Writes the files and what was asked for, and says how it ended.
fn finish(
    args: &SweepArgs,
    request: &Request,
    run: &SweepRun,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Exit, Failure> {
    let report = SweepReport::of(run, &request.loaded.scenario).or_exit(Exit::Internal)?;
    report::sweep::write_all(&request.out, run, &report.clone().told_in(args.lang.into(), &request.loaded.scenario))
        .or_exit(Exit::Environment)?;
    let text = match args.format {
        Form::Text => report::sweep::text::summary(&report, std::io::stdout().is_terminal()),
        Form::Json => report.json(),
    };
    out.write_all(text.as_bytes()).or_exit(Exit::Environment)?;
    writeln!(err, "report: {}", request.out.join("report.html").display()).or_exit(Exit::Environment)?;
    Ok(ended(run.provenance.partial, run.points.iter().map(|point| &point.placement)))
}

fn provenance(
    args: &SweepArgs,
    request: &Request,
    (longest, (stores, servers)): (crate::plan::Windows, Stores),
    started: (Instant, SystemTime),
    partial: bool,
) -> Provenance {
    let windows = Windows::from(longest);
    let live = args.engine == EngineWord::Live;
    Provenance {
        engine: args.engine.word().to_owned(),
        stores: stores.to_owned(),
        servers,
        windows,
        // A simulation is the same at any time, on any machine, whatever its files are called.
        started_unix: if live { started.1.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()) } else { 0 },
        took_ns: if live { Nanos::from(started.0.elapsed()).0 } else { 0 },
        machine: if live { machine::describe(false) } else { Machine::default() },
        command: args.canonical(&request.asked),
        partial,
        // Windows are those above for every point.
        simulated: (!live).then(|| Simulated {
            calibration: request.calibration.source().to_owned(),
            taken: request.calibration.taken().to_vec(),
            windows: vec![windows],
            ..Simulated::default()
        }),
        ..unmeasured(&request.loaded, request.scale)
    }
}
