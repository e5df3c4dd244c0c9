//! What was typed about two sides, and the request it becomes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use clap::{ArgGroup, Args};

use crate::analysis::gate::Place;
use crate::analysis::gate::paired::{Rules, flip, samples_needed};
use crate::cli::asked::{LinkWord, file_name};
use crate::cli::{Exit, Failure, OrExit};
use crate::engine::turns::{GROUP, Pace};
use crate::link::LinkKind;
use crate::scenario::{self, Places, Scenario};
use crate::seed::Seed;
use crate::server::{OwnServers, hidden};
use crate::strategy::exposed::{Named, exposed};
use crate::strategy::vary::{Over, vary};
use crate::strategy::{Placement, expand};
use crate::units::{Fraction, Nanos};

/// As many rounds as the sign-flip test enumerates; with fewer, two of them that a busy machine spoilt hide a difference.
const ROUNDS: u32 = 20;

/// What was typed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Two sides, measured by turns in one job")]
#[command(group = ArgGroup::new("sides").multiple(true).args(["against", "against_link", "against_rtt", "against_store"]))]
pub(in crate::cli::gate) struct MeasuredArgs {
    /// The base: another scenario file; is SCENARIO slower than it?
    #[arg(long, value_name = "BASE", conflicts_with_all = ["command", "history"])]
    against: Option<PathBuf>,
    /// The base goes over this kind of link
    #[arg(long, value_enum, value_name = "KIND", conflicts_with_all = ["command", "history"])]
    against_link: Option<LinkWord>,
    /// The base has this RTT between its sites
    #[arg(long, value_name = "RTT", conflicts_with_all = ["command", "history"])]
    against_rtt: Option<Nanos>,
    /// The base's stores are your own: [STORE=]mysql://user:password@host:port or [STORE=]host:port
    #[arg(long, value_name = "URL", conflicts_with_all = ["command", "history"])]
    against_store: Vec<String>,
    /// The same of SCENARIO; without it, stores are stand-ins in this process
    #[arg(long, value_name = "URL", requires = "sides")]
    store: Vec<String>,
    /// How the distance is made
    #[arg(long = "over", value_enum, value_name = "KIND", default_value_t = LinkWord::Stream, requires = "sides")]
    link: LinkWord,
    /// The phase whose placement is measured [default: the one with the largest shares of workloads apart from a store]
    #[arg(long, value_name = "NAME", requires = "sides")]
    phase: Option<String>,
    /// Compare only this journey, or WORKLOAD/JOURNEY (may be given several times)
    #[arg(long, value_name = "NAME", requires = "sides")]
    pub(super) journey: Vec<String>,
    /// Rounds, in each of which every lane is on both sides twice (A B B A) [default: 20, or as many as the number of
    /// comparisons needs]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(4..=1000), requires = "sides")]
    rounds: Option<u32>,
    /// Performances of each journey on each side in a round, at least
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u32).range(4..=100_000), requires = "sides")]
    per_round: u32,
    /// Journeys performed at once on both sides together, rounded up to a multiple of 4
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=256), requires = "sides")]
    at_once: u32,
    /// Quantiles to compare, e.g. p50 [default: those of p50, p90 and p99 that --per-round supports]
    #[arg(long, value_name = "PERCENTILE", value_parser = percentile, requires = "sides")]
    quantile: Vec<f64>,
    /// The smallest slow-down that you mind: one that cannot be excluded is inconclusive
    #[arg(long, value_name = "FRACTION", default_value = "5%", requires = "sides")]
    smallest: Fraction,
    /// No difference below this share is told
    #[arg(long, value_name = "FRACTION", default_value = "1%", requires = "sides")]
    least: Fraction,
    /// Nor one below this time
    #[arg(long, value_name = "DURATION", default_value = "0.5ms", requires = "sides")]
    least_time: Nanos,
    /// A difference must recur in a second, independent set of rounds
    #[arg(long, requires = "sides")]
    pub(super) confirm: bool,
    /// Where random choices start on both sides [default: the scenario's]
    #[arg(long, value_name = "NUMBER", requires = "sides")]
    seed: Option<u64>,
    /// Write every comparison and every response time here, as JSON
    #[arg(long, value_name = "FILE", requires = "sides")]
    pub(super) raw: Option<PathBuf>,
}

/// `p50`, `99.9`.
fn percentile(text: &str) -> Result<f64, String> {
    let percent = text
        .trim_start_matches('p')
        .parse::<f64>()
        .map_err(|_| format!("`{text}` is no percentile: write for example p90"))?;
    if (1.0..=99.99).contains(&percent) { Ok(percent / 100.0) } else { Err("must lie between p1 and p99.99".into()) }
}

pub(super) fn usage(text: &str) -> Failure {
    Failure::new(Exit::Usage, anyhow!("{text}"))
}

/// One side, with nothing left to default.
pub(super) struct Way {
    pub(super) scenario: Arc<Scenario>,
    pub(super) placement: Placement,
    pub(super) label: String,
    pub(super) link: LinkKind,
    /// The user's own servers, if any were given.
    pub(super) own: Option<OwnServers>,
    /// What they are given with.
    pub(super) flag: &'static str,
    /// What a reader calls it.
    pub(super) told: String,
}

/// Both sides.
pub(super) struct Request {
    /// The base.
    pub(super) first: Way,
    /// The change.
    pub(super) second: Way,
    /// Strategy and phase.
    pub(super) label: String,
    pub(super) seed: Seed,
    /// The file of the change.
    file: String,
    places: Places,
}

impl MeasuredArgs {
    /// Whether a measurement was asked for.
    pub(in crate::cli::gate) fn asked(&self) -> bool {
        self.against.is_some()
            || self.against_link.is_some()
            || self.against_rtt.is_some()
            || !self.against_store.is_empty()
    }
    pub(super) fn rules(&self, seed: Seed) -> Rules {
        Rules {
            quantiles: self.quantiles(),
            smallest: self.smallest.0,
            least: self.least.0,
            least_ns: self.least_time.0 as f64,
            seed,
            ..Rules::default()
        }
    }
    /// Journeys at once, in whole groups.
    const fn lanes(&self) -> u32 {
        self.at_once.div_ceil(GROUP) * GROUP
    }
    /// What each lane performs of each journey in a turn.
    const fn per_lane(&self) -> u32 {
        self.per_round.div_ceil(2 * self.lanes())
    }
    /// What is performed of each journey on a side in a round: half of the lanes are there in each of four turns.
    const fn samples(&self) -> u32 {
        2 * self.lanes() * self.per_lane()
    }
    fn quantiles(&self) -> Vec<f64> {
        if !self.quantile.is_empty() {
            return self.quantile.clone();
        }
        let supported = |at: &f64| samples_needed(*at) <= self.samples() as usize;
        [0.5, 0.9, 0.99].into_iter().filter(supported).collect()
    }
    /// How so many journeys are performed.
    pub(super) fn pace(&self, request: &Request, journeys: usize) -> Result<Pace, Failure> {
        let quantiles = self.quantiles();
        if let Some(at) = quantiles.iter().find(|at| samples_needed(**at) > self.samples() as usize) {
            let text = format!("p{} needs --per-round {} or more", at * 100.0, samples_needed(*at));
            return Err(usage(&text));
        }
        let needed = flip::rounds_needed(Rules::default().alpha, journeys * quantiles.len());
        if let Some(rounds) = self.rounds.filter(|rounds| *rounds < needed) {
            return Err(usage(&format!(
                "--rounds {rounds} cannot show any difference: {} comparisons need {needed} or more",
                journeys * quantiles.len()
            )));
        }
        let rounds = self.rounds.unwrap_or(needed.max(ROUNDS));
        Ok(Pace { rounds, per_lane: self.per_lane(), lanes: self.lanes(), seed: request.seed, before: 0 })
    }
    /// The base's scenario.
    fn base(&self, change: &Scenario) -> Result<Scenario, Failure> {
        let Some(path) = &self.against else { return Ok(change.clone()) };
        Ok(scenario::load(path).or_exit(Exit::Usage)?.scenario)
    }
}

/// The user's own servers of a side.
fn own(stores: &[String]) -> Result<Option<OwnServers>, Failure> {
    if stores.is_empty() {
        return Ok(None);
    }
    let (mysql, memcached): (Vec<String>, Vec<String>) =
        stores.iter().cloned().partition(|url| url.contains("mysql://"));
    OwnServers::parse(&mysql, &memcached).map(Some).or_exit(Exit::Usage)
}

impl Request {
    /// Whether the stores of both sides are the same: then they are the same servers.
    pub(super) fn shares_servers(&self) -> bool {
        let Self { first, second, .. } = self;
        first.own == second.own && first.scenario.stores == second.scenario.stores
    }
    pub(super) fn new(path: &Path, strategies: &[String], args: &MeasuredArgs) -> Result<Self, Failure> {
        if !(0.001..=1.0).contains(&args.smallest.0) || !(0.0..=args.smallest.0).contains(&args.least.0) {
            return Err(usage("--smallest must lie between 0.1% and 100%, and --least no higher than it"));
        }
        if strategies.len() > 1 {
            return Err(usage("two sides are measured in one strategy: give --strategy once"));
        }
        let loaded = scenario::load(path).or_exit(Exit::Usage)?;
        let places = Places::of(&loaded.source);
        let mut change = loaded.scenario;
        let mut base = args.base(&change)?;
        change.seed = args.seed.map_or(change.seed, Seed);
        // The same draws on both sides: what differs is the sides.
        base.seed = change.seed;
        let named = Named { strategy: strategies.first().cloned(), phase: args.phase.clone(), link: None };
        let found = exposed(&change, &named, false).or_exit(Exit::Usage)?;
        let strategy = &change.strategies[found.strategy];
        let at = (strategy.name.clone(), strategy.phases[found.phase].name.clone());
        let label = format!("{}, {}", at.0, at.1);
        let told = |path: &Path, stores: &[String], link: LinkWord| {
            let stores: Vec<String> = stores.iter().map(|url| hidden(url)).collect();
            let stores = if stores.is_empty() { "stand-in stores".to_owned() } else { stores.join(", ") };
            format!("{} over {} links, {stores}", file_name(path), LinkKind::from(link).word())
        };
        let base_link = args.against_link.unwrap_or(args.link);
        let base_told = told(args.against.as_deref().unwrap_or(path), &args.against_store, base_link);
        let base_told = args.against_rtt.map_or(base_told.clone(), |rtt| format!("{base_told}, RTT {rtt}"));
        let base = farther(base, &at, args.against_rtt)?;
        let (seed, second_told) = (change.seed, told(path, &args.store, args.link));
        Ok(Self {
            first: Way::new(base, &at, base_link, (own(&args.against_store)?, "--against-store"), base_told)?,
            second: Way::new(change, &at, args.link, (own(&args.store)?, "--store"), second_told)?,
            label,
            seed,
            file: path.display().to_string(),
            places,
        })
    }
    /// Where a journey of the change is written, or all of it.
    pub(super) fn place(&self, journey: Option<&str>) -> Place {
        let at = journey.and_then(|journey| self.places.journey(journey));
        at.map_or_else(|| Place::whole(self.file.clone()), |at| Place::of(&self.file, at))
    }
    /// What was done, in the order of telling.
    pub(super) fn about(&self, args: &MeasuredArgs, alone: &[String]) -> Vec<(String, String)> {
        let mut about = vec![
            ("base", self.first.told.clone()),
            ("change", self.second.told.clone()),
            ("placement", self.label.clone()),
            ("engine", "live, by turns".into()),
            ("seed", self.seed.0.to_string()),
            ("servers", if self.shares_servers() { "the same for both sides" } else { "of each side's own" }.into()),
            ("performed", format!("{} of each journey a side and round, {} at once", args.samples(), args.lanes())),
            ("version", env!("CARGO_PKG_VERSION").into()),
        ];
        if !alone.is_empty() {
            about.push(("only on one side, not compared", alone.join(", ")));
        }
        about.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// The scenario with another RTT over the link that is crossed most at this strategy and phase.
fn farther(scenario: Scenario, (strategy, phase): &(String, String), rtt: Option<Nanos>) -> Result<Scenario, Failure> {
    let Some(rtt) = rtt else { return Ok(scenario) };
    let named = Named { strategy: Some(strategy.clone()), phase: Some(phase.clone()), link: None };
    let found = exposed(&scenario, &named, true).or_exit(Exit::Usage)?;
    vary(&scenario, Over::Rtt, found.link, rtt.0 as f64).or_exit(Exit::Usage)
}

impl Way {
    /// A side at a strategy's phase.
    fn new(
        scenario: Scenario,
        (strategy, phase): &(String, String),
        link: LinkWord,
        (own, flag): (Option<OwnServers>, &'static str),
        told: String,
    ) -> Result<Self, Failure> {
        let lacks = |what: &str, name: &str| {
            Failure::new(
                Exit::Incomparable,
                anyhow!("the base has no {what} `{name}`: there is nothing to compare with"),
            )
        };
        let at = scenario.strategies.iter().position(|known| known.name == *strategy);
        let at = at.ok_or_else(|| lacks("strategy", strategy))?;
        let placed = expand(&scenario, at).into_iter().find(|placed| placed.name == *phase);
        let placed = placed.ok_or_else(|| lacks("phase", phase))?;
        Ok(Self {
            scenario: Arc::new(scenario),
            placement: placed.placement,
            label: placed.name,
            link: link.into(),
            own,
            flag,
            told,
        })
    }
}
