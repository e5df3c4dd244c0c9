//! `longhaul gate`: fails a build when something became chattier, slower or misses its objective.
//!
//! One command, several gates: which one is chosen by what is given. Each is a file here that ends in one
//! [`Judged`]; `end` prints it and says how the process ends. Not for: judging (`analysis::gate`).

mod command;
mod counted;
mod end;
mod files;
mod history;
mod measured;
mod session;
mod simulated;
mod stored;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;

use super::{Exit, Failure};
use crate::analysis::gate::Judged;

const EXAMPLES: &str = "\
Examples:
  A test suite that gets no chattier (the first time with --update):
    longhaul gate --mysql 127.0.0.1:3306 --snapshot round-trips.yaml -- vendor/bin/phpunit
  A migration plan whose objectives hold, and nothing worse than it was:
    longhaul gate plan.yaml --baseline base.json
  Two versions, measured by turns on this machine:
    longhaul gate new.yaml --against old.yaml
  When did it change?
    longhaul gate --history results/";

/// What was typed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GateArgs {
    /// The scenario file, if neither a command nor a history is judged
    scenario: Option<PathBuf>,
    #[command(flatten)]
    command: command::CommandArgs,
    #[command(flatten)]
    counted: counted::CountedArgs,
    /// Simulate it and check its objectives too: what is done where neither `--budget` nor `--snapshot` is given
    #[arg(long, help_heading = "In virtual time", conflicts_with_all = ["command", "sides", "history"])]
    objectives: bool,
    #[command(flatten)]
    simulated: simulated::SimulatedArgs,
    #[command(flatten)]
    stored: stored::StoredArgs,
    #[command(flatten)]
    measured: measured::MeasuredArgs,
    #[command(flatten)]
    history: history::HistoryArgs,
    /// Say nothing while simulating or measuring
    #[arg(long, short, help_heading = "What becomes of it")]
    quiet: bool,
    #[command(flatten)]
    end: end::EndArgs,
}

impl GateArgs {
    /// What is asked of a simulation or a command is not passed over in silence where there is none; the rest of what does not go
    /// together the parser knows.
    fn is_of_one_gate(&self) -> Result<(), Failure> {
        let simulates = self.objectives || self.stored.asked() || !self.counted.asked();
        if let (false, Some(flag)) = (self.command.is_asked(), self.command.first_asked()) {
            return Err(usage(&format!("{flag} is of a command, which stands last, after --: there is none")));
        }
        if !self.command.is_asked() && !self.counted.asked() && !self.counted.rtts().is_empty() {
            let text =
                "--rtt is what counted round trips are told to cost: add --budget or --snapshot, or leave it out";
            return Err(usage(text));
        }
        match self.simulated.first_asked() {
            Some(flag) if !simulates => Err(usage(&format!(
                "{flag} is of a simulation, which --budget and --snapshot do not make: add --objectives, or leave it out"
            ))),
            _ => Ok(()),
        }
    }
}

/// Judges what was asked for, prints it, and ends with what became of it.
pub(crate) fn run(args: &GateArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    args.is_of_one_gate()?;
    args.end.check()?;
    let judged = match (&args.scenario, args.command.is_asked(), args.history.judge()?) {
        (None, false, Some(judged)) => judged,
        (Some(scenario), false, None) => of_scenario(scenario, args, err)?,
        (None, true, None) => command::judge(&args.command, &args.counted, args.end.is_for_programs(), err)?,
        (None, false, None) => {
            return Err(usage("nothing to judge: name a scenario, a folder with --history, or a command after --"));
        }
        _ => {
            return Err(usage(
                "a scenario, a command or a history, one at a time: leave the others out (a command stands after --)",
            ));
        }
    };
    args.end.end(&judged, out, err)
}

fn usage(text: &str) -> Failure {
    Failure::new(Exit::Usage, anyhow!(text.to_owned()))
}

/// Counts where a budget or a snapshot is given, measures where there is another side, and simulates where neither is, or where
/// it is asked for.
fn of_scenario(scenario: &Path, args: &GateArgs, err: &mut dyn Write) -> Result<Judged, Failure> {
    if let Some((run, baseline)) = args.stored.live() {
        return session::judge(scenario, (run, baseline));
    }
    if args.measured.asked() {
        return measured::judge(scenario, &args.simulated.strategy, &args.measured, args.quiet);
    }
    let counted = args.counted.asked().then(|| counted::scenario(scenario, &args.counted)).transpose()?;
    if let (Some(counted), false) = (&counted, args.objectives || args.stored.asked()) {
        return Ok(counted.clone());
    }
    let fails = |judged: &Judged| args.end.fails(judged);
    let simulated = simulated::judge(scenario, &args.simulated, &args.stored, &fails, (args.quiet, err))?;
    let Some(counted) = counted else { return Ok(simulated) };
    let about = counted.about.into_iter().chain(simulated.about).collect();
    let checks = counted.checks.into_iter().chain(simulated.checks).collect();
    Ok(Judged { about, checks, ..simulated })
}
