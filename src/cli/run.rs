//! `longhaul run`: a scenario performed live, and its report.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use super::progress::Shown;
use super::{Exit, Failure, OrExit, machine};
use crate::engine::live::LiveEngine;
use crate::engine::{self, EngineError, Performed};
use crate::plan::Windows;
use crate::proxy::Proxy;
use crate::runfile::{self, Limits, Provenance, Run};
use crate::scenario::{self, Loaded, Scenario};
use crate::seed::Seed;
use crate::server::{Backends, OwnServers};
use crate::timer::{Clock, Timer};
use crate::units::{Fraction, Nanos};
use crate::{analysis, report};

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The scenario file
    scenario: PathBuf,
    /// Write run.json, report.html and summary.md here [default: reports/<scenario's name>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Perform only this strategy (may be given several times)
    #[arg(long, value_name = "NAME")]
    strategy: Vec<String>,
    /// Shrink arrivals and limits together, where the machine cannot deliver the whole load
    #[arg(long, value_name = "FRACTION", default_value = "100%")]
    scale: Fraction,
    /// Another seed than the scenario's
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    #[command(flatten)]
    windows: WindowArgs,
    #[command(flatten)]
    stores: StoreArgs,
    #[command(flatten)]
    limits: LimitArgs,
    /// Say nothing while running
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "How long each placement is measured")]
struct WindowArgs {
    /// Load without recording, before; at most doubled where journeys take longer
    #[arg(long, value_name = "DURATION", default_value = "1s")]
    warm_up: Nanos,
    /// Arrivals in this time are recorded
    #[arg(long, value_name = "DURATION", default_value = "4s")]
    window: Nanos,
    /// How long recorded journeys may still take afterwards
    #[arg(long, value_name = "DURATION", default_value = "2s")]
    drain: Nanos,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Stores")]
struct StoreArgs {
    /// Which servers to use
    #[arg(long, value_enum, default_value_t = StoresWord::StandIn)]
    stores: StoresWord,
    /// Your own MySQL: [STORE=]mysql://user:password@host:port
    #[arg(long, value_name = "URL")]
    mysql: Vec<String>,
    /// Your own Memcached: [STORE=]host:port
    #[arg(long, value_name = "HOST:PORT")]
    memcached: Vec<String>,
    /// Drop the schema `longhaul` from your own MySQL afterwards
    #[arg(long)]
    drop_schema: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StoresWord {
    /// Inside this process: nothing to install
    StandIn,
    /// mariadbd and memcached from the installed packages, started and stopped by longhaul
    Spawn,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What counts as valid")]
struct LimitArgs {
    /// Median error of a round trip, as a share of the RTT
    #[arg(long, value_name = "FRACTION", default_value = "3%")]
    median_error: Fraction,
    /// Median error of a round trip that is always allowed
    #[arg(long, value_name = "DURATION", default_value = "0.1ms")]
    median_error_floor: Nanos,
    /// 99th percentile of the error, as a share of the RTT
    #[arg(long, value_name = "FRACTION", default_value = "10%")]
    p99_error: Fraction,
    /// 99th percentile of the error that is always allowed
    #[arg(long, value_name = "DURATION", default_value = "1ms")]
    p99_error_floor: Nanos,
}

impl LimitArgs {
    fn limits(&self) -> Limits {
        Limits {
            median_share: self.median_error.0,
            median_ns: self.median_error_floor.0,
            p99_share: self.p99_error.0,
            p99_ns: self.p99_error_floor.0,
            ..Limits::default()
        }
    }
}

/// What is to be done, with nothing left to default.
struct Request {
    loaded: Loaded,
    out: PathBuf,
    seed: Seed,
    scale: f64,
    windows: Windows,
    limits: Limits,
    own: OwnServers,
}

impl Request {
    fn new(args: &RunArgs) -> Result<Self, Failure> {
        let mut loaded = scenario::load(&args.scenario).or_exit(Exit::Usage)?;
        keep_strategies(&mut loaded.scenario, &args.strategy)?;
        if args.scale.0 <= 0.0 {
            return Err(Failure::new(Exit::Usage, anyhow!("--scale must be more than 0%: nothing would arrive")));
        }
        if args.windows.window < Nanos::from_millis(200) || args.windows.window > Nanos::from_secs(3600) {
            return Err(Failure::new(Exit::Usage, anyhow!("--window must lie between 200ms and 1h")));
        }
        let own = OwnServers::parse(&args.stores.mysql, &args.stores.memcached).or_exit(Exit::Usage)?;
        if !own.is_empty() && args.stores.stores == StoresWord::Spawn {
            let text = "--stores spawn starts servers; leave it out to use those of --mysql and --memcached";
            return Err(Failure::new(Exit::Usage, anyhow!(text)));
        }
        let seed = args.seed.map_or(loaded.scenario.seed, Seed);
        Ok(Self {
            out: args.out.clone().unwrap_or_else(|| PathBuf::from("reports").join(&loaded.scenario.name)),
            seed,
            scale: args.scale.0,
            windows: Windows {
                warm_up: args.windows.warm_up,
                measure: args.windows.window,
                drain: args.windows.drain,
            },
            limits: args.limits.limits(),
            own,
            loaded,
        })
    }
}

/// Keeps only the named strategies; all of them if none is named.
fn keep_strategies(scenario: &mut Scenario, names: &[String]) -> Result<(), Failure> {
    for name in names {
        if !scenario.strategies.iter().any(|s| s.name == *name) {
            let known: Vec<_> = scenario.strategies.iter().map(|s| s.name.as_str()).collect();
            let text = anyhow!("there is no strategy `{name}`: the scenario has {}", known.join(", "));
            return Err(Failure::new(Exit::Usage, text));
        }
    }
    if !names.is_empty() {
        scenario.strategies.retain(|s| names.contains(&s.name));
    }
    Ok(())
}

/// Performs the scenario and writes its report.
pub(crate) fn run(args: &RunArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    let request = Request::new(args)?;
    let started = (Instant::now(), SystemTime::now());
    let stop = stop_on_interrupt().or_exit(Exit::Environment)?;
    let timer = Timer::start(Clock::start()).or_exit(Exit::Environment)?;
    let proxy = Proxy::start(timer.clock()).or_exit(Exit::Environment)?;
    let realtime = proxy.realtime();
    let backends = backends(args, &request, &timer)?;
    let shown = Shown::new(args.quiet);
    let performed = perform(&request, &backends, proxy, timer, &stop, &shown);
    shown.done();
    let servers = servers(&request.loaded.scenario, &backends);
    if args.stores.drop_schema {
        backends.drop_schema().or_exit(Exit::Environment)?;
    }
    backends.shutdown();
    let performed = performed?;
    let provenance = provenance(&request, &stores_word(args), servers, realtime, started, performed.partial);
    let run = Run {
        format: runfile::FORMAT,
        provenance,
        placements: performed.placements,
        strategies: performed.strategies,
    };
    finish(&request, &run, out, err)
}

/// Writes the files and the summary, and says how it ended.
fn finish(request: &Request, run: &Run, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    if run.placements.is_empty() {
        return Err(Failure::new(Exit::Inconclusive, anyhow!("stopped before anything was measured; nothing was written")));
    }
    report::write_all(&request.out, run, &request.loaded.scenario).or_exit(Exit::Environment)?;
    let analysis = analysis::summarise(run, &request.loaded.scenario);
    let summary = report::text(&analysis, std::io::stdout().is_terminal());
    write!(out, "{summary}").or_exit(Exit::Environment)?;
    let shown = request.out.join("report.html");
    writeln!(err, "report: {}", shown.display()).or_exit(Exit::Environment)?;
    let invalid = run.placements.iter().filter(|p| !p.invalid.is_empty()).count();
    Ok(if invalid > 0 { Exit::Invalid } else { Exit::Fine })
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
    })
}

/// The stores that were asked for, seeded.
fn backends(args: &RunArgs, request: &Request, timer: &Timer) -> Result<Backends, Failure> {
    let scenario = &request.loaded.scenario;
    let backends = match args.stores.stores {
        _ if !request.own.is_empty() => Backends::own(scenario, &request.own),
        StoresWord::StandIn => Backends::stand_in(scenario, timer.clone()),
        StoresWord::Spawn => Backends::spawn(scenario),
    };
    let backends = backends.or_exit(Exit::Environment)?;
    backends.prepare(scenario).or_exit(Exit::Environment)?;
    Ok(backends)
}

/// What the servers say they are.
fn servers(scenario: &Scenario, backends: &Backends) -> std::collections::BTreeMap<String, String> {
    let stores = scenario.stores.iter().enumerate();
    stores.map(|(id, store)| (store.name.clone(), backends.endpoint(scenario::StoreId(id)).version.clone())).collect()
}

/// `stand-in`, `spawn` or `own`.
fn stores_word(args: &RunArgs) -> String {
    let own = !args.stores.mysql.is_empty() || !args.stores.memcached.is_empty();
    let word = match args.stores.stores {
        _ if own => "own",
        StoresWord::StandIn => "stand-in",
        StoresWord::Spawn => "spawn",
    };
    word.to_owned()
}

/// Sets a flag at the first Ctrl-C; the second ends the process as it always does.
fn stop_on_interrupt() -> std::io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    std::thread::Builder::new().name("longhaul-signal".into()).spawn(move || {
        runtime.block_on(async {
            if tokio::signal::ctrl_c().await.is_ok() {
                flag.store(true, Ordering::Relaxed);
            }
        });
    })?;
    Ok(stop)
}

fn provenance(
    request: &Request,
    stores: &str,
    servers: std::collections::BTreeMap<String, String>,
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
        seed: request.seed.0,
        engine: "live".to_owned(),
        link: "stream".to_owned(),
        stores: stores.to_owned(),
        servers,
        scale: request.scale,
        windows: runfile::Windows { warm_up_ns: warm_up.0, measure_ns: measure.0, drain_ns: drain.0 },
        limits: request.limits,
        started_unix: started.1.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()),
        took_ns: Nanos::from(started.0.elapsed()).0,
        machine: machine::describe(realtime),
        command: std::env::args().skip(1).collect(),
        partial,
    }
}
