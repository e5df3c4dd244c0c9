//! `longhaul advise`: what to fix, leave behind and move first, simulated; or ways to do the same with fewer round trips,
//! listed or done.
//!
//! Not for: what is tried (`analysis::advice`), what is shown (`report`).

mod apply;
mod json;
mod list;
mod simulated;
mod text;

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, anyhow};
use clap::{ArgGroup, Args, ValueEnum};

use super::asked::{Asked, ScenarioArgs, can_be_simulated, file_name, gave_up_empty, jobs, keep_strategies};
use super::interrupt::stop_on_interrupt;
use super::progress::Shown;
use super::{Exit, Failure, OrExit};
use crate::report::{self, advised, build};
use crate::runfile::Run;
use crate::runfile::advice::AdviceRun;
use crate::scenario::{self, Loaded};
use crate::seed::Seed;

use simulated::Advising;

/// What was typed.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").args(["list", "apply"])))]
pub(crate) struct AdviseArgs {
    /// The scenario file
    scenario: PathBuf,
    /// Every mitigation that applies, with the round trips before and after, those that save most first; nothing is simulated
    #[arg(long)]
    list: bool,
    /// How to write the answer
    #[arg(long, value_name = "FORMAT", default_value = "text", conflicts_with = "apply")]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with_all = ["apply", "format"])]
    json: bool,
    /// Do these, in this order: switches of the file, or names that --list tells; nothing is simulated
    #[arg(long, value_name = "NAME", num_args = 1.., requires = "output")]
    apply: Vec<String>,
    /// Where to write the changed scenario
    #[arg(short, long, value_name = "FILE", requires = "apply")]
    output: Option<PathBuf>,
    /// Overwrite a file that is there
    #[arg(long, requires = "output")]
    force: bool,
    #[command(flatten)]
    how: How,
}

/// What only concerns a simulation.
#[derive(Debug, Args)]
#[command(next_help_heading = "Simulation")]
struct How {
    /// Write advice.json here, for `longhaul report RUN --with`
    #[arg(long, value_name = "DIR", conflicts_with = "what")]
    out: Option<PathBuf>,
    /// Advise on this strategy only (may be given several times)
    #[arg(long, value_name = "NAME", conflicts_with = "what")]
    strategy: Vec<String>,
    /// Multiply the budget of 95 million calls to stores that all tries share
    #[arg(long, value_name = "FACTOR", default_value = "1", conflicts_with = "what")]
    effort: f64,
    /// Placements simulated at once; the results are the same for any number [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), conflicts_with = "what")]
    jobs: Option<u16>,
    /// Another seed than the scenario's
    #[arg(long, value_name = "NUMBER", conflicts_with = "what")]
    seed: Option<u64>,
    /// Say nothing while simulating
    #[arg(long, short, conflicts_with = "what")]
    quiet: bool,
}

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Advises by simulation, lists mitigations, or writes the scenario with some of them done.
pub(crate) fn run(args: &AdviseArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    let mut loaded = scenario::load(&args.scenario).or_exit(Exit::Usage)?;
    if let Some(to) = &args.output {
        let request = apply::Request { from: &args.scenario, names: &args.apply, to, force: args.force };
        return apply::run(&loaded.scenario, &request, out);
    }
    let format = if args.json { Format::Json } else { args.format };
    if !args.list {
        keep_strategies(&mut loaded.scenario, &args.how.strategy)?;
        loaded.scenario.seed = args.how.seed.map_or(loaded.scenario.seed, Seed);
        return advise(args, format, &loaded, out, err);
    }
    let advice = list::of(&loaded.scenario);
    let written = match format {
        Format::Text => text::write(&advice, out),
        Format::Json => json::write(&advice, out),
    };
    written.context("the result cannot be written")?;
    Ok(Exit::Fine)
}

/// Simulates and says what came of it.
fn advise(
    args: &AdviseArgs,
    format: Format,
    loaded: &Loaded,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<Exit, Failure> {
    can_be_simulated(None, args.how.effort)?;
    let stop = stop_on_interrupt().or_exit(Exit::Environment)?;
    let shown = Shown::simulating(args.how.quiet);
    let advising =
        Advising { loaded, scale: 1.0, effort: args.how.effort, jobs: jobs(args.how.jobs), command: command(args) };
    let run = advising.perform(&stop, &shown);
    shown.done();
    let run = run?;
    if run.tries.is_empty() {
        return Err(gave_up_empty());
    }
    let advice = build::advice::shown(&run, &loaded.scenario);
    let text = match format {
        Format::Text => advised::text(&advice, std::io::stdout().is_terminal()),
        Format::Json => report::json(&advice),
    };
    if let Some(dir) = &args.how.out {
        std::fs::create_dir_all(dir)
            .map_err(|error| anyhow!("cannot make {}: {error}; choose another place with --out", dir.display()))
            .or_exit(Exit::Environment)?;
        let path = dir.join("advice.json");
        run.write(&path).or_exit(Exit::Environment)?;
        writeln!(err, "advice: {}", path.display()).or_exit(Exit::Environment)?;
    }
    out.write_all(text.as_bytes()).or_exit(Exit::Environment)?;
    Ok(if run.provenance.partial { Exit::Inconclusive } else { Exit::Fine })
}

/// What `--advise` asks for after a run; nothing if it was not asked for, or the run was stopped.
pub(super) fn advised(
    common: &ScenarioArgs,
    asked: &Asked,
    run: &Run,
    jobs: usize,
    stop: &Arc<AtomicBool>,
) -> Result<Option<AdviceRun>, Failure> {
    if !common.advise || run.provenance.partial {
        return Ok(None);
    }
    let shown = Shown::simulating(common.quiet);
    let command = common.canonical("advise");
    let advising = Advising { loaded: &asked.loaded, scale: asked.scale, effort: 1.0, jobs, command };
    let advice = advising.perform(stop, &shown);
    shown.done();
    match advice {
        Ok(advice) => Ok((!advice.tries.is_empty()).then_some(advice)),
        // What was performed before is not lost because nobody waited for advice.
        Err(_) if stop.load(Ordering::Relaxed) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The canonical command.
fn command(args: &AdviseArgs) -> Vec<String> {
    let mut words = vec!["advise".to_owned(), file_name(&args.scenario)];
    let mut option = |name: &str, value: String| words.extend([format!("--{name}"), value]);
    args.how.strategy.iter().for_each(|name| option("strategy", name.clone()));
    if (args.how.effort - 1.0).abs() > f64::EPSILON {
        option("effort", args.how.effort.to_string());
    }
    if let Some(seed) = args.how.seed {
        option("seed", seed.to_string());
    }
    words
}
