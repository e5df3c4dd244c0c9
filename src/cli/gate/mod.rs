//! `longhaul gate`: fails a build when something became chattier, slower or misses its objective.
//!
//! One command, several gates: which one is chosen by what is given. Each is a file here that ends in one
//! [`Judged`](crate::analysis::gate::Judged); `end` prints it and says how the process ends. Not for: judging (`analysis::gate`).

mod command;
mod counted;
mod end;
mod simulated;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;

use super::{Exit, Failure};
use crate::analysis::gate::Judged;

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    /// The scenario file, if no command is given
    scenario: Option<PathBuf>,
    #[command(flatten)]
    command: command::CommandArgs,
    #[command(flatten)]
    counted: counted::CountedArgs,
    /// Simulate it and check its objectives too: what is done where neither `--budget` nor `--snapshot` is given
    #[arg(long)]
    objectives: bool,
    #[command(flatten)]
    simulated: simulated::SimulatedArgs,
    #[command(flatten)]
    end: end::EndArgs,
}

/// Judges what was asked for, prints it, and ends with what became of it.
pub(crate) fn run(args: &GateArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    let judged = match &args.scenario {
        Some(_) if args.command.is_asked() => {
            return Err(usage("a scenario or a command, not both: leave one of them out"));
        }
        Some(scenario) => of_scenario(scenario, args)?,
        None if args.command.is_asked() => command::judge(&args.command, &args.counted, err)?,
        None => return Err(usage("nothing to judge: name a scenario, or give a command after --")),
    };
    args.end.end(&judged, out, err)
}

fn usage(text: &str) -> Failure {
    Failure::new(Exit::Usage, anyhow!(text.to_owned()))
}

/// Counts where a budget or a snapshot is given, and simulates where none is, or where it is asked for.
fn of_scenario(scenario: &Path, args: &GateArgs) -> Result<Judged, Failure> {
    if !args.counted.asked() {
        return simulated::judge(scenario, &args.simulated);
    }
    let counted = counted::scenario(scenario, &args.counted)?;
    if !args.objectives {
        return Ok(counted);
    }
    let simulated = simulated::judge(scenario, &args.simulated)?;
    let about = counted.about.into_iter().chain(simulated.about).collect();
    let checks = counted.checks.into_iter().chain(simulated.checks).collect();
    Ok(Judged { about, checks, ..simulated })
}
