//! What all commands share that perform a scenario: their common arguments, how they end, what they say at the end.
//!
//! Not for: who performs it (`run`, `simulate`).

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use super::lang::Lang;
use super::{Exit, Failure, OrExit};
use crate::engine::EngineError;
use crate::engine::calibration::Calibration;
use crate::link::LinkKind;
use crate::report::{self, Beside, Language};
use crate::runfile::{self, Limits, Machine, PlacementRun, Provenance, Run, Windows};
use crate::scenario::{self, Loaded, Scenario};
use crate::seed::Seed;
use crate::server::ServerError;
use crate::units::{Fraction, Nanos};

/// What was typed for any of them.
#[derive(Debug, Args)]
pub(crate) struct ScenarioArgs {
    /// The scenario file
    pub(crate) scenario: PathBuf,
    /// Write run.json, report.html and summary.md here [default: reports/<scenario's name>, with -sim after it if
    /// simulated]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Perform only this strategy (may be given several times)
    #[arg(long, value_name = "NAME")]
    strategy: Vec<String>,
    /// Shrink arrivals and limits together, where the machine cannot deliver the whole load
    #[arg(long, value_name = "FRACTION", default_value = "100%")]
    pub(crate) scale: Fraction,
    /// Another seed than the scenario's
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    /// Then say what to fix, leave behind and move first, simulated as by `longhaul advise`: it takes some 20 s more
    #[arg(long)]
    pub(crate) advise: bool,
    /// Then say at which RTT and at which loss of the link objectives break, simulated as by `longhaul sweep`: it takes up to a
    /// minute more
    #[arg(long)]
    pub(crate) edges: bool,
    /// Language of the page and of summary.md; what is printed and what programs read is in English
    #[arg(long, value_enum, value_name = "LANG", default_value_t = Lang::En)]
    lang: Lang,
    /// Say nothing while running
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// How the distance is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LinkWord {
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

/// The scenario that is to be performed, with nothing left to default.
pub(crate) struct Asked {
    pub(crate) loaded: Loaded,
    pub(crate) out: PathBuf,
    pub(crate) scale: f64,
    pub(crate) language: Language,
}

impl ScenarioArgs {
    /// Loads the scenario; results go to `reports/<name><suffix>` unless another place was asked for.
    pub(crate) fn asked(&self, suffix: &str) -> Result<Asked, Failure> {
        let mut loaded = scenario::load(&self.scenario).or_exit(Exit::Usage)?;
        keep_strategies(&mut loaded.scenario, &self.strategy)?;
        if self.scale.0 <= 0.0 {
            return Err(Failure::new(Exit::Usage, anyhow!("--scale must be more than 0%: nothing would arrive")));
        }
        loaded.scenario.seed = self.seed.map_or(loaded.scenario.seed, Seed);
        let default = || PathBuf::from("reports").join(format!("{}{suffix}", loaded.scenario.name));
        let out = self.out.clone().unwrap_or_else(default);
        Ok(Asked { out, scale: self.scale.0, language: self.lang.into(), loaded })
    }
    /// The command without what changes no result of a simulation: places of files, threads, silence.
    pub(crate) fn canonical(&self, command: &str) -> Vec<String> {
        let mut words = vec![command.to_owned(), file_name(&self.scenario)];
        let mut option = |name: &str, value: String| words.extend([format!("--{name}"), value]);
        self.strategy.iter().for_each(|name| option("strategy", name.clone()));
        if self.scale.0 < 1.0 {
            option("scale", self.scale.to_string());
        }
        if let Some(seed) = self.seed {
            option("seed", seed.to_string());
        }
        words
    }
}

/// A file's name without the place where it is.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Keeps only the named strategies; all of them if none is named.
pub(crate) fn keep_strategies(scenario: &mut Scenario, names: &[String]) -> Result<(), Failure> {
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

/// How an engine that gave up ends the command.
pub(crate) fn gave_up(error: EngineError) -> Failure {
    match error {
        EngineError::Stopped => Failure::new(Exit::Inconclusive, error),
        EngineError::Environment(_) => Failure::new(Exit::Environment, error),
        EngineError::Internal(_) => Failure::new(Exit::Internal, error),
    }
}

/// Nothing was done before it was asked to stop.
pub(crate) fn gave_up_empty() -> Failure {
    Failure::new(Exit::Inconclusive, anyhow!("stopped before anything was measured; nothing was written"))
}

/// Writes the files and the summary, and says how it ended. `beside` is what belongs to it.
pub(crate) fn finish(
    asked: &Asked,
    run: &Run,
    beside: &Beside<'_>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Exit, Failure> {
    if run.placements.is_empty() {
        return Err(gave_up_empty());
    }
    let Asked { loaded, out: dir, language, .. } = asked;
    let report = report::write_all(dir, run, beside, &loaded.scenario, *language).or_exit(Exit::Environment)?;
    let colour = std::io::stdout().is_terminal();
    write!(out, "{}", report::text::summary(&report, colour)).or_exit(Exit::Environment)?;
    writeln!(err, "report: {}", dir.join("report.html").display()).or_exit(Exit::Environment)?;
    Ok(ended(run.provenance.partial, &run.placements))
}

/// The exit code of what was written: some of it invalid, not all of it measured, or fine.
pub(crate) fn ended<'a>(partial: bool, placements: impl IntoIterator<Item = &'a PlacementRun>) -> Exit {
    let invalid = placements.into_iter().any(|placement| !placement.invalid.is_empty());
    match partial {
        _ if invalid => Exit::Invalid,
        true => Exit::Inconclusive,
        false => Exit::Fine,
    }
}

/// The provenance of a whole simulation without a window: what measures instead, or ends early, says so on top.
///
/// A simulation is the same at any time, on any machine.
pub(crate) fn unmeasured(loaded: &Loaded, scale: f64) -> Provenance {
    Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        scenario: loaded.scenario.name.clone(),
        digest: loaded.digest.clone(),
        source: loaded.source.clone(),
        seed: loaded.scenario.seed.0,
        engine: "sim".to_owned(),
        link: LinkKind::Stream.word().to_owned(),
        stores: "model".to_owned(),
        servers: BTreeMap::new(),
        scale,
        windows: Windows { warm_up_ns: 0, measure_ns: 0, drain_ns: 0 },
        limits: Limits::default(),
        started_unix: 0,
        took_ns: 0,
        machine: Machine::default(),
        command: Vec::new(),
        partial: false,
        simulated: None,
    }
}

/// Whether a window and a factor on the budget of calls can be simulated.
pub(crate) fn can_be_simulated(window: Option<Nanos>, effort: f64) -> Result<(), Failure> {
    let window_most = Nanos::from_secs(31 * 86_400);
    if window.is_some_and(|window| window < Nanos::from_millis(200) || window > window_most) {
        return Err(Failure::new(Exit::Usage, anyhow!("--window must lie between 200ms and 31d")));
    }
    if !(1e-3..=1e6).contains(&effort) {
        return Err(Failure::new(Exit::Usage, anyhow!("--effort must lie between 0.001 and 1000000")));
    }
    Ok(())
}

/// The calibration that a run file holds.
pub(crate) fn calibration(file: &Path, scenario: &Scenario) -> Result<Calibration, Failure> {
    let run = runfile::read(file).or_exit(Exit::Usage)?;
    Calibration::from_run(&run, scenario).map_err(|error| {
        Failure::new(Exit::Usage, anyhow!("{} cannot calibrate this scenario: {error}", file.display()))
    })
}

/// As many threads as were asked for, or as there are cores.
pub(crate) fn jobs(asked: Option<u16>) -> usize {
    asked.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
}

/// What the user wrote about servers is a matter of usage; what a server did is one of the environment.
pub(crate) fn no_servers(error: ServerError) -> Failure {
    let exit = match &error {
        ServerError::BadAddress { .. }
        | ServerError::NoAddress { .. }
        | ServerError::UnknownStore { .. }
        | ServerError::TooLarge { .. }
        | ServerError::TooManyRows { .. } => Exit::Usage,
        _ => Exit::Environment,
    };
    Failure::new(exit, error)
}
