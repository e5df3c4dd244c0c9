//! `longhaul run`: a scenario performed live, and its report.

mod args;

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::anyhow;
use tokio::runtime::Runtime;

pub(crate) use args::RunArgs;
use args::{Request, StoresWord};

use super::interrupt::stop_on_interrupt;
use super::progress::Shown;
use super::{Exit, Failure, OrExit, machine};
use crate::engine::live::LiveEngine;
use crate::engine::{self, EngineError, Performed};
use crate::plan::Windows;
use crate::proxy::Proxy;
use crate::report;
use crate::runfile::{self, Provenance, Run};
use crate::scenario::{Scenario, StoreId};
use crate::server::{self, Backends, ServerError};
use crate::timer::{Clock, Timer};
use crate::units::Nanos;

/// Performs the scenario and writes its report.
pub(crate) fn run(args: &RunArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    let request = Request::new(args)?;
    let started = (Instant::now(), SystemTime::now());
    let stop = stop_on_interrupt().or_exit(Exit::Environment)?;
    let timer = Timer::start(Clock::start()).or_exit(Exit::Environment)?;
    let proxy = Proxy::start(timer.clock(), request.link).or_exit(Exit::Environment)?;
    let realtime = proxy.realtime();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().or_exit(Exit::Environment)?;
    let backends = backends(&runtime, args, &request, &timer)?;
    let shown = Shown::new(args.quiet);
    let performed = perform(&request, &backends, proxy, timer, &stop, &shown);
    shown.done();
    let servers = servers(&request.loaded.scenario, &backends);
    let dropped = if args.stores.drop_schema { runtime.block_on(backends.drop_schema()) } else { Ok(()) };
    backends.shutdown();
    let performed = performed?;
    let provenance = provenance(&request, stores_word(args, &request), servers, realtime, started, performed.partial);
    let run =
        Run { format: runfile::FORMAT, provenance, placements: performed.placements, strategies: performed.strategies };
    let exit = finish(&request, &run, out, err)?;
    // Last: what was measured is not lost because a server could not be tidied.
    dropped.or_exit(Exit::Environment)?;
    Ok(exit)
}

/// Writes the files and the summary, and says how it ended.
fn finish(request: &Request, run: &Run, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    if run.placements.is_empty() {
        return Err(Failure::new(
            Exit::Inconclusive,
            anyhow!("stopped before anything was measured; nothing was written"),
        ));
    }
    let report = report::write_all(&request.out, run, &request.loaded.scenario).or_exit(Exit::Environment)?;
    let colour = std::io::stdout().is_terminal();
    write!(out, "{}", report::text::summary(&report, colour)).or_exit(Exit::Environment)?;
    let shown = request.out.join("report.html");
    writeln!(err, "report: {}", shown.display()).or_exit(Exit::Environment)?;
    let invalid = run.placements.iter().any(|p| !p.invalid.is_empty());
    Ok(match run.provenance.partial {
        _ if invalid => Exit::Invalid,
        true => Exit::Inconclusive,
        false => Exit::Fine,
    })
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
    let scenario = &request.loaded.scenario;
    let mut engine = LiveEngine::new(scenario, backends, proxy, timer, request.limits, Arc::clone(stop));
    engine::perform_all(&mut engine, scenario, request.windows, request.scale, shown).map_err(|error| match error {
        EngineError::Stopped => Failure::new(Exit::Inconclusive, error),
        EngineError::Environment(_) => Failure::new(Exit::Environment, error),
        EngineError::Internal(_) => Failure::new(Exit::Internal, error),
    })
}

/// The stores that were asked for, seeded.
fn backends(runtime: &Runtime, args: &RunArgs, request: &Request, timer: &Timer) -> Result<Backends, Failure> {
    let scenario = &request.loaded.scenario;
    let made = runtime.block_on(async {
        let backends = match (&request.own, args.stores.stores) {
            (Some(own), _) => Backends::own(scenario, own).await?,
            (None, StoresWord::StandIn) => Backends::stand_in(scenario, timer)?,
            (None, StoresWord::Spawn) => Backends::spawn(scenario).await?,
        };
        backends.prepare(scenario).await?;
        Ok::<_, ServerError>(backends)
    });
    made.map_err(|error| Failure::new(exit_of(&error), error))
}

/// What the user wrote is a matter of usage; what a server did is one of the environment.
fn exit_of(error: &ServerError) -> Exit {
    match error {
        ServerError::BadAddress { .. }
        | ServerError::NoAddress { .. }
        | ServerError::UnknownStore { .. }
        | ServerError::TooLarge { .. }
        | ServerError::TooManyRows { .. } => Exit::Usage,
        _ => Exit::Environment,
    }
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
    let Windows { warm_up, measure, drain } = request.windows;
    Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: request.loaded.scenario.name.clone(),
        digest: request.loaded.digest.clone(),
        source: request.loaded.source.clone(),
        seed: request.loaded.scenario.seed.0,
        engine: "live".to_owned(),
        link: request.link.word().to_owned(),
        stores: stores.to_owned(),
        servers,
        scale: request.scale,
        windows: runfile::Windows { warm_up_ns: warm_up.0, measure_ns: measure.0, drain_ns: drain.0 },
        limits: request.limits,
        started_unix: started.1.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()),
        took_ns: Nanos::from(started.0.elapsed()).0,
        machine: machine::describe(realtime),
        // Reports are passed around; passwords are not.
        command: std::env::args().skip(1).map(|word| server::hidden(&word)).collect(),
        partial,
    }
}
