//! What was typed after `longhaul run`, and the request it becomes.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use crate::cli::{Exit, Failure, OrExit};
use crate::link::LinkKind;
use crate::plan::Windows;
use crate::runfile::Limits;
use crate::scenario::{self, Loaded, Scenario};
use crate::seed::Seed;
use crate::server::OwnServers;
use crate::units::{Fraction, Nanos};

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
    /// How the distance is made
    #[arg(long, value_enum, default_value_t = LinkWord::Stream)]
    link: LinkWord,
    #[command(flatten)]
    windows: WindowArgs,
    #[command(flatten)]
    pub(super) stores: StoreArgs,
    #[command(flatten)]
    limits: LimitArgs,
    /// Say nothing while running
    #[arg(long, short)]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "How long each placement is measured")]
struct WindowArgs {
    /// Load without recording, before; at most doubled where journeys take longer
    #[arg(long, value_name = "DURATION", default_value = "1s")]
    warm_up: Nanos,
    /// Arrivals in this time are recorded
    #[arg(long, value_name = "DURATION", default_value = "4.5s")]
    window: Nanos,
    /// How long recorded journeys may still take afterwards
    #[arg(long, value_name = "DURATION", default_value = "2s")]
    drain: Nanos,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Stores")]
pub(super) struct StoreArgs {
    /// Which servers to use
    #[arg(long, value_enum, default_value_t = StoresWord::StandIn)]
    pub(super) stores: StoresWord,
    /// Your own MySQL: [STORE=]mysql://user:password@host:port
    #[arg(long, value_name = "URL")]
    pub(super) mysql: Vec<String>,
    /// Your own Memcached: [STORE=]host:port
    #[arg(long, value_name = "HOST:PORT")]
    pub(super) memcached: Vec<String>,
    /// Drop the schema `longhaul` from your own MySQL afterwards
    #[arg(long)]
    pub(super) drop_schema: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LinkWord {
    /// A model of TCP delays bytes: no privileges, thousands of connections
    Stream,
    /// Packets of the kernel's own TCP are delayed: Linux, network namespaces, hundreds of connections
    Packet,
}

impl From<LinkWord> for LinkKind {
    fn from(word: LinkWord) -> Self {
        match word {
            LinkWord::Stream => Self::Stream,
            LinkWord::Packet => Self::Packet,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum StoresWord {
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

impl StoreArgs {
    fn own(&self) -> bool {
        !self.mysql.is_empty() || !self.memcached.is_empty()
    }
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
pub(super) struct Request {
    pub(super) loaded: Loaded,
    pub(super) out: PathBuf,
    pub(super) scale: f64,
    pub(super) link: LinkKind,
    pub(super) windows: Windows,
    pub(super) limits: Limits,
    /// The user's own servers, if any were given.
    pub(super) own: Option<OwnServers>,
}

impl Request {
    pub(super) fn new(args: &RunArgs) -> Result<Self, Failure> {
        let mut loaded = scenario::load(&args.scenario).or_exit(Exit::Usage)?;
        keep_strategies(&mut loaded.scenario, &args.strategy)?;
        if args.scale.0 <= 0.0 {
            return Err(Failure::new(Exit::Usage, anyhow!("--scale must be more than 0%: nothing would arrive")));
        }
        if args.windows.window < Nanos::from_millis(200) || args.windows.window > Nanos::from_secs(3600) {
            return Err(Failure::new(Exit::Usage, anyhow!("--window must lie between 200ms and 1h")));
        }
        let StoreArgs { mysql, memcached, .. } = &args.stores;
        let own = args.stores.own().then(|| OwnServers { mysql: mysql.clone(), memcached: memcached.clone() });
        if own.is_some() && args.stores.stores == StoresWord::Spawn {
            let text = "--stores spawn starts servers; leave it out to use those of --mysql and --memcached";
            return Err(Failure::new(Exit::Usage, anyhow!(text)));
        }
        loaded.scenario.seed = args.seed.map_or(loaded.scenario.seed, Seed);
        Ok(Self {
            out: args.out.clone().unwrap_or_else(|| PathBuf::from("reports").join(&loaded.scenario.name)),
            scale: args.scale.0,
            link: args.link.into(),
            windows: Windows { warm_up: args.windows.warm_up, measure: args.windows.window, drain: args.windows.drain },
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
