//! `longhaul gate`: fails a build when something became chattier, slower or misses its objective.
//!
//! One command, several gates: which one is chosen by what is given. Each is a file here that ends in one
//! [`Judged`](crate::analysis::gate::Judged); `end` prints it and says how the process ends. Not for: judging (`analysis::gate`).

mod command;
mod end;
mod simulated;

use std::io::Write;
use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;

use super::{Exit, Failure};
use crate::analysis::gate::Judged;

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    /// The scenario file; or give a command after --
    scenario: Option<PathBuf>,
    #[command(flatten)]
    command: command::CommandArgs,
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
        Some(scenario) => simulated::judge(scenario, &args.simulated)?,
        None if args.command.is_asked() => of_command(&args.command, err)?,
        None => return Err(usage("nothing to judge: name a scenario, or give a command after --")),
    };
    args.end.end(&judged, out, err)
}

fn usage(text: &str) -> Failure {
    Failure::new(Exit::Usage, anyhow!(text.to_owned()))
}

fn of_command(args: &command::CommandArgs, err: &mut dyn Write) -> Result<Judged, Failure> {
    let ran = command::perform(args, crate::units::Rtt::default(), err)?;
    let checks = ran.nothing_counted();
    Ok(Judged { about: ran.about(), title: ran.title, checks, pairs: Vec::new() })
}
