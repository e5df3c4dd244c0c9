//! `longhaul gate`: fails a build when something became chattier, slower or misses its objective.
//!
//! One command, several gates: which one is chosen by what is given. Each is a file here that ends in one
//! [`Judged`](crate::analysis::gate::Judged); `end` prints it and says how the process ends. Not for: judging (`analysis::gate`).

mod end;
mod history;
mod simulated;
mod stored;

use std::io::Write;
use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;

use super::{Exit, Failure};

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    /// The scenario file
    #[arg(required_unless_present = "history")]
    scenario: Option<PathBuf>,
    #[command(flatten)]
    simulated: simulated::SimulatedArgs,
    #[command(flatten)]
    stored: stored::StoredArgs,
    #[command(flatten)]
    history: history::HistoryArgs,
    #[command(flatten)]
    end: end::EndArgs,
}

/// Judges what was asked for, prints it, and ends with what became of it.
pub(crate) fn run(args: &GateArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    args.end.check()?;
    if let Some(judged) = args.history.judge()? {
        return args.end.end(&judged, out, err);
    }
    let nothing = || Failure::new(Exit::Usage, anyhow!("name a scenario, or a folder with --history"));
    let scenario = args.scenario.as_deref().ok_or_else(nothing)?;
    let judged = simulated::judge(scenario, &args.simulated, &args.stored, &|judged| args.end.fails(judged), err)?;
    args.end.end(&judged, out, err)
}
