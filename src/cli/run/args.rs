//! What was typed after `longhaul run`, and the request it becomes.

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use crate::cli::asked::{Asked, LinkWord, ScenarioArgs};
use crate::cli::{Exit, Failure};
use crate::link::LinkKind;
use crate::plan::Windows;
use crate::runfile::Limits;
use crate::server::OwnServers;
use crate::units::{Fraction, Nanos};

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(super) common: ScenarioArgs,
    /// Who performs it
    #[arg(long, value_enum, default_value_t = EngineWord::Live)]
    pub(super) engine: EngineWord,
    /// How the distance is made
    #[arg(long, value_enum, default_value_t = LinkWord::Stream)]
    link: LinkWord,
    #[command(flatten)]
    windows: WindowArgs,
    #[command(flatten)]
    pub(super) stores: StoreArgs,
    #[command(flatten)]
    limits: LimitArgs,
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
pub(super) enum EngineWord {
    /// Real sockets in real time
    Live,
    /// The same plan in virtual time; `longhaul simulate` chooses windows that suit it
    Sim,
    /// Live, then the same plan simulated with what calls and stores cost live; the report says how far they agree
    Both,
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
    pub(super) asked: Asked,
    pub(super) link: LinkKind,
    pub(super) windows: Windows,
    pub(super) limits: Limits,
    /// The user's own servers, if any were given.
    pub(super) own: Option<OwnServers>,
    /// The command as a simulation tells it.
    pub(super) canonical: Vec<String>,
}

impl Request {
    pub(super) fn new(args: &RunArgs) -> Result<Self, Failure> {
        let asked = args.common.asked(if args.engine == EngineWord::Sim { "-sim" } else { "" })?;
        if args.engine == EngineWord::Sim && args.link == LinkWord::Packet {
            let text = "--engine sim has no packets: leave --link packet out, or compare both with --engine both";
            return Err(Failure::new(Exit::Usage, anyhow!(text)));
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
        Ok(Self {
            asked,
            link: args.link.into(),
            windows: Windows { warm_up: args.windows.warm_up, measure: args.windows.window, drain: args.windows.drain },
            limits: args.limits.limits(),
            own,
            canonical: canonical(args),
        })
    }
}

/// The command without what changes no result of a simulation.
fn canonical(args: &RunArgs) -> Vec<String> {
    let mut words = args.common.canonical("run");
    let mut option = |name: &str, value: String| words.extend([format!("--{name}"), value]);
    option("engine", if args.engine == EngineWord::Both { "both" } else { "sim" }.to_owned());
    let WindowArgs { warm_up, window, drain } = &args.windows;
    for (name, time) in [("warm-up", warm_up), ("window", window), ("drain", drain)] {
        option(name, time.to_string());
    }
    words
}
