//! `longhaul run`: a scenario performed live, in virtual time or both, and its report.

mod args;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tokio::runtime::Runtime;

pub(crate) use args::RunArgs;
use args::{EngineWord, Request, StoresWord};

use super::asked::{Asked, finish, gave_up, jobs, no_servers, unmeasured};
use super::interrupt::stop_on_interrupt;
use super::progress::Shown;
use super::simulate::Simulation;
use super::sweep::Edges;
use super::{Exit, Failure, OrExit, machine};
use crate::analysis::agreement::agreement;
use crate::engine::calibration::Calibration;
use crate::engine::live::LiveEngine;
use crate::engine::{self, Performed};
use crate::proxy::Proxy;
use crate::report::Beside;
use crate::runfile::advice::AdviceRun;
use crate::runfile::sweep::SweepRun;
use crate::runfile::{self, Provenance, Run};
use crate::scenario::{Scenario, StoreId};
use crate::server::{self, Backends, ServerError};
use crate::timer::{Clock, Timer};
use crate::units::Nanos;

/// Performs the scenario and writes its report.
pub(crate) fn run(args: &RunArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    let request = Request::new(args)?;
    let stop = stop_on_interrupt().or_exit(Exit::Environment)?;
    let advised = |run: &Run| super::advise::advised(&args.common, &request.asked, run, jobs(None), &stop);
    let (common, asked) = (&args.common, &request.asked);
    let edges = |calibrated| Edges { common, asked, calibrated, effort: 1.0, jobs: jobs(None) };
    if args.engine == EngineWord::Sim {
        let run = simulated(&request, Calibration::default(), &stop, args.common.quiet)?;
        let (advice, edges) = (advised(&run)?, edges(None).beside(&run, &stop, err)?);
        return finish(&request.asked, &run, &with(None, advice.as_ref(), &edges), out, err);
    }
    let (run, tidied) = measured(args, &request, &stop)?;
    let beside = if args.engine == EngineWord::Both { beside(args, &request, &run, &stop, err)? } else { None };
    let advice = advised(&run)?;
    // Simulated values beside a live run cost what calls and stores cost there.
    let calibrated = || Some((Calibration::from_run(&run, &asked.loaded.scenario).ok()?, PathBuf::from("run.json")));
    let edges = edges(if common.edges { calibrated() } else { None }).beside(&run, &stop, err)?;
    let exit = finish(&request.asked, &run, &with(beside.as_ref(), advice.as_ref(), &edges), out, err)?;
    // Last: what was measured is not lost because a server could not be tidied.
    tidied.or_exit(Exit::Environment)?;
    Ok(exit)
}

fn with<'a>(simulated: Option<&'a Run>, advice: Option<&'a AdviceRun>, edges: &'a [SweepRun]) -> Beside<'a> {
    Beside { simulated, advice, edges: edges.iter().collect() }
}

/// Performs it live. The second value says whether the servers were left as they were.
fn measured(
    args: &RunArgs,
    request: &Request,
    stop: &Arc<AtomicBool>,
) -> Result<(Run, Result<(), ServerError>), Failure> {
    let started = (Instant::now(), SystemTime::now());
    let timer = Timer::start(Clock::start()).or_exit(Exit::Environment)?;
    let proxy = Proxy::start(timer.clock(), request.link).or_exit(Exit::Environment)?;
    let realtime = proxy.realtime();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().or_exit(Exit::Environment)?;
    let backends = backends(&runtime, args, request, &timer)?;
    let shown = Shown::new(args.common.quiet);
    let performed = perform(request, &backends, proxy, timer, stop, &shown);
    shown.done();
    let servers = servers(&request.asked.loaded.scenario, &backends);
    let dropped = if args.stores.drop_schema { runtime.block_on(backends.drop_schema()) } else { Ok(()) };
    backends.shutdown();
    let Performed { placements, strategies, partial } = performed?;
    let provenance = provenance(request, stores_word(args, request), servers, realtime, started, partial);
    Ok((Run { format: runfile::FORMAT, provenance, placements, strategies }, dropped))
}

/// Performs the same plan in virtual time.
fn simulated(request: &Request, calibration: Calibration, stop: &Arc<AtomicBool>, quiet: bool) -> Result<Run, Failure> {
    let Asked { loaded, scale, .. } = &request.asked;
    let simulation = Simulation {
        loaded,
        scale: *scale,
        windows: engine::windows_of(&loaded.scenario, request.windows),
        short: Vec::new(),
        calibration,
        jobs: jobs(None),
        command: request.canonical.clone(),
    };
    let shown = Shown::simulating(quiet);
    let run = simulation.perform(stop, &shown);
    shown.done();
    // The windows that were asked for, as a live run tells them: short states take more or less of them in both.
    run.map(|mut run| {
        run.provenance.windows = request.windows.into();
        run
    })
}

/// A simulation of what `live` measured, calibrated from it; `None`, and the reason told, if the two cannot be compared.
fn beside(
    args: &RunArgs,
    request: &Request,
    live: &Run,
    stop: &Arc<AtomicBool>,
    err: &mut dyn Write,
) -> Result<Option<Run>, Failure> {
    if live.provenance.partial {
        return Ok(None);
    }
    let compared = match Calibration::beside(live, &request.asked.loaded.scenario) {
        Ok(calibration) => {
            let run = simulated(request, calibration, stop, args.common.quiet)?;
            agreement(live, &run).map(|_| run).map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    };
    match compared {
        Ok(run) => Ok(Some(run)),
        Err(why) => {
            writeln!(err, "not compared with a simulation: {why}").or_exit(Exit::Environment)?;
            Ok(None)
        }
    }
}

/// Performs every placement.
fn perform(
    request: &Request,
    backends: &Backends,
    proxy: Proxy,
    timer: Timer,
    stop: &Arc<AtomicBool>,
    shown: &Shown,
) -> Result<Performed, Failure> {
    let scenario = &request.asked.loaded.scenario;
    let mut engine = LiveEngine::new(scenario, backends, proxy, timer, request.limits, Arc::clone(stop));
    engine::perform_all(&mut engine, scenario, request.windows, request.asked.scale, shown).map_err(gave_up)
}

/// The stores that were asked for, seeded.
fn backends(runtime: &Runtime, args: &RunArgs, request: &Request, timer: &Timer) -> Result<Backends, Failure> {
    let scenario = &request.asked.loaded.scenario;
    let made = runtime.block_on(async {
        let backends = match (&request.own, args.stores.stores) {
            (Some(own), _) => Backends::own(scenario, own).await?,
            (None, StoresWord::StandIn) => Backends::stand_in(scenario, timer)?,
            (None, StoresWord::Spawn) => Backends::spawn(scenario).await?,
        };
        backends.prepare(scenario).await?;
        Ok::<_, ServerError>(backends)
    });
    made.map_err(no_servers)
}

/// What the servers say they are.
fn servers(scenario: &Scenario, backends: &Backends) -> BTreeMap<String, String> {
    let stores = scenario.stores.iter().enumerate();
    stores.map(|(id, store)| (store.name.clone(), backends.endpoint(StoreId(id)).version.clone())).collect()
}

/// The word of the report for where the stores came from.
fn stores_word(args: &RunArgs, request: &Request) -> &'static str {
    match (&request.own, args.stores.stores) {
        (Some(_), _) => "own",
        (None, StoresWord::StandIn) => "stand-in",
        (None, StoresWord::Spawn) => "spawn",
    }
}

fn provenance(
    request: &Request,
    stores: &str,
    servers: BTreeMap<String, String>,
    realtime: bool,
    started: (Instant, SystemTime),
    partial: bool,
) -> Provenance {
    Provenance {
        engine: "live".to_owned(),
        link: request.link.word().to_owned(),
        stores: stores.to_owned(),
        servers,
        windows: request.windows.into(),
        limits: request.limits,
        started_unix: started.1.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()),
        took_ns: Nanos::from(started.0.elapsed()).0,
        machine: machine::describe(realtime),
        // Reports are passed around; passwords are not.
        command: std::env::args().skip(1).map(|word| server::hidden(&word)).collect(),
        partial,
        ..unmeasured(&request.asked.loaded, request.asked.scale)
    }
}
