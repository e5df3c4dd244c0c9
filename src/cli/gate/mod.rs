//! `longhaul gate`: fails a build when something became chattier, slower or misses its objective.
//!
//! One command, several gates: which one is chosen by what is given. Each is a file here that ends in one
//! [`Judged`](crate::analysis::gate::Judged); `end` prints it and says how the process ends. Not for: judging (`analysis::gate`).

mod counted;
mod end;
mod simulated;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::{Exit, Failure};
use crate::analysis::gate::Judged;

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    /// The scenario file
    scenario: PathBuf,
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
    let judged = judge(args)?;
    args.end.end(&judged, out, err)
}

/// Counts where a budget or a snapshot is given, and simulates where none is, or where it is asked for.
fn judge(args: &GateArgs) -> Result<Judged, Failure> {
    if !args.counted.asked() {
        return simulated::judge(&args.scenario, &args.simulated);
    }
    let counted = counted::scenario(&args.scenario, &args.counted)?;
    if !args.objectives {
        return Ok(counted);
    }
    let simulated = simulated::judge(&args.scenario, &args.simulated)?;
    let about = counted.about.into_iter().chain(simulated.about).collect();
    let checks = counted.checks.into_iter().chain(simulated.checks).collect();
    Ok(Judged { about, checks, ..simulated })
}
