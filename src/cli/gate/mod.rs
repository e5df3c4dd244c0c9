//! `longhaul gate`: fails a build when something became chattier, slower or misses its objective.
//!
//! One command, several gates: which one is chosen by what is given. Each is a file here that ends in one
//! [`Judged`](crate::analysis::gate::Judged); `end` prints it and says how the process ends. Not for: judging (`analysis::gate`).

mod end;
mod measured;
mod session;
mod simulated;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::{Exit, Failure};

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    /// The scenario file
    scenario: PathBuf,
    #[command(flatten)]
    simulated: simulated::SimulatedArgs,
    #[command(flatten)]
    measured: measured::MeasuredArgs,
    #[command(flatten)]
    session: session::SessionArgs,
    #[command(flatten)]
    end: end::EndArgs,
}

/// Judges what was asked for, prints it, and ends with what became of it.
pub(crate) fn run(args: &GateArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    let judged = match args.session.asked() {
        Some(runs) => session::judge(&args.scenario, runs)?,
        None if args.measured.asked() => measured::judge(&args.scenario, &args.simulated.strategy, &args.measured)?,
        None => simulated::judge(&args.scenario, &args.simulated)?,
    };
    args.end.end(&judged, out, err)
}
