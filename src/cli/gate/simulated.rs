//! The objectives of a scenario's phases, and a stored run, in virtual time: the same bytes every time, without noise.
//!
//! Not for: judging (`analysis::gate`).

use std::io::Write;
use std::path::Path;

use anyhow::anyhow;
use clap::Args;

use super::stored::StoredArgs;
use crate::analysis::gate::comparable::{Same, comparable};
use crate::analysis::gate::{Judged, Place, baseline, objectives, snapshot};
use crate::analysis::pairs::same_plan;
use crate::analysis::summarise;
use crate::cli::asked::{can_be_simulated, file_name, jobs, keep_strategies};
use crate::cli::interrupt::stop_on_interrupt;
use crate::cli::progress::Shown;
use crate::cli::simulate::Simulation;
use crate::cli::{Exit, Failure, OrExit};
use crate::engine::calibration::Calibration;
use crate::explain;
use crate::plan::horizon;
use crate::runfile::Run;
use crate::scenario::{self, Journey, JourneyId, Loaded, Places, Scenario, trips};
use crate::strategy::distinct;

/// What was typed.
#[derive(Debug, Args)]
#[command(next_help_heading = "In virtual time")]
pub(super) struct SimulatedArgs {
    /// Judge only this strategy (may be given several times)
    #[arg(long, value_name = "NAME", conflicts_with_all = ["command", "run", "history"])]
    pub(super) strategy: Vec<String>,
    /// Judge objectives in the short states of phases, too: read-only windows, cold caches, restarts
    #[arg(long, conflicts_with_all = ["command", "sides", "run", "history"])]
    events: bool,
    /// Multiply the budget of 25 million calls that all placements share: less is quicker and knows fewer rare quantiles
    #[arg(long, value_name = "FACTOR", default_value = "1", conflicts_with_all = ["command", "sides", "run", "history"])]
    effort: f64,
    /// Placements simulated at once; the results are the same for any number [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024),
        conflicts_with_all = ["command", "sides", "run", "history"])]
    jobs: Option<u16>,
}

impl SimulatedArgs {
    /// The first flag that decides what is judged, if one was typed.
    pub(super) fn first_asked(&self) -> Option<&'static str> {
        match (self.strategy.is_empty(), self.events) {
            (false, _) => Some("--strategy"),
            (true, true) => Some("--events"),
            (true, false) => None,
        }
    }
}

/// Simulates the scenario; checks each objective in each phase, and everything against the baseline if there is one.
///
/// `fails` says whether the gate fails by what was judged: then a baseline that is compared with is not replaced.
pub(super) fn judge(
    path: &Path,
    args: &SimulatedArgs,
    stored: &StoredArgs,
    fails: &dyn Fn(&Judged) -> bool,
    (quiet, err): (bool, &mut dyn Write),
) -> Result<Judged, Failure> {
    let mut loaded = scenario::load(path).or_exit(Exit::Usage)?;
    keep_strategies(&mut loaded.scenario, &args.strategy)?;
    can_be_simulated(None, args.effort)?;
    // Before anything is simulated: a baseline that is not there or cannot be read is told at once.
    let before = stored.read()?;
    let run = simulate(path, &loaded, args, quiet)?;
    let (file, places) = (path.display().to_string(), Places::of(&loaded.source));
    let written =
        |workload: &str, part: &str, key: &str| places.objective(workload, part, key).map(|at| Place::of(&file, at));
    let mut judged = objectives::judge_with(&run, &summarise(&run, &loaded.scenario), args.events, &written);
    judged.place = Some(Place::whole(file.clone()));
    if let Some(before) = &before {
        judged.about.push(("baseline".into(), told(before)));
        let more = match comparable(&run.provenance, &before.provenance, Same::Migration) {
            Ok(()) => {
                judged.about.push(("compared".into(), how(&run, before).into()));
                let then = scenario::parse("the scenario in the baseline", &before.provenance.source).ok();
                let changed = |workload: &str| {
                    then.as_ref().map(|then| changed(&loaded.scenario, then, workload)).unwrap_or_default()
                };
                baseline::judge(&run, before, stored.tolerance(), &changed)
            }
            Err(differs) => vec![baseline::incomparable(&differs)],
        };
        judged.checks.extend(more);
    }
    if judged.checks.is_empty() && !stored.asked() {
        judged.checks.push(objectives::none());
    }
    stored.write(&run, fails(&judged), err)?;
    Ok(judged)
}

/// What gained or lost round trips in a workload's journeys, a line for each journey that both scenarios have.
fn changed(now: &Scenario, then: &Scenario, workload: &str) -> Vec<String> {
    let unit = |scenario: &Scenario, journey: &str| {
        let id = JourneyId(scenario.journeys.iter().position(|known| known.name == journey)?);
        let (_, workload) = trips::performers(scenario, id).find(|(_, known)| known.name == workload)?;
        Some(explain::unit(scenario, id, workload))
    };
    let differs = |journey: &Journey| snapshot::changed(&unit(now, &journey.name)?, &unit(then, &journey.name)?);
    now.journeys.iter().filter_map(differs).collect()
}

/// A baseline in a few words.
fn told(run: &Run) -> String {
    let digest: String = run.provenance.digest.chars().take(12).collect();
    format!("scenario digest {digest}, version {}", run.provenance.version)
}

/// How two runs are compared.
fn how(now: &Run, before: &Run) -> &'static str {
    if same_plan(now, before).is_ok() {
        "exactly: the same plan"
    } else {
        "by 95 % intervals: journeys or windows differ, so the plan is another"
    }
}

fn simulate(path: &Path, loaded: &Loaded, args: &SimulatedArgs, quiet: bool) -> Result<Run, Failure> {
    let placements = distinct(&loaded.scenario).placements;
    let placements: Vec<_> = placements.iter().map(|(_, placement)| placement).collect();
    let horizons = horizon::horizons(&loaded.scenario, &placements, 1.0, horizon::CALLS * args.effort, None);
    let simulation = Simulation {
        loaded,
        scale: 1.0,
        windows: horizons.iter().map(|h| h.windows).collect(),
        short: horizons.iter().map(|h| h.short.iter().map(ToString::to_string).collect()).collect(),
        calibration: Calibration::default(),
        jobs: jobs(args.jobs),
        command: command(path, args),
    };
    let stop = stop_on_interrupt().or_exit(Exit::Environment)?;
    let shown = Shown::simulating(quiet);
    let run = simulation.perform(&stop, &shown);
    shown.done();
    let run = run?;
    if run.provenance.partial {
        let text = "stopped before everything was simulated: nothing was judged and nothing written";
        return Err(Failure::new(Exit::Inconclusive, anyhow!(text)));
    }
    Ok(run)
}

/// The canonical command: what a baseline that this gate stores was made by.
fn command(path: &Path, args: &SimulatedArgs) -> Vec<String> {
    let mut words = vec!["gate".to_owned(), file_name(path)];
    args.strategy.iter().for_each(|name| words.extend(["--strategy".to_owned(), name.clone()]));
    if (args.effort - 1.0).abs() > f64::EPSILON {
        words.extend(["--effort".to_owned(), args.effort.to_string()]);
    }
    words
}
