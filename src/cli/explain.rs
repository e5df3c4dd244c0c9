//! `longhaul explain`: what a scenario costs, without performing it.
//!
//! Not for: anything that waits; that is measured or simulated.

mod json;
mod text;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::Args;

use super::{Exit, Failure, OrExit};
use crate::explain::{Explained, explain, rtts_of};
use crate::scenario;
use crate::units::Nanos;

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The scenario file
    scenario: PathBuf,
    /// Round-trip times to look at, such as 0.5ms,15ms [default: those of the scenario's links]
    #[arg(long, value_name = "RTT,…", value_delimiter = ',')]
    rtt: Vec<Nanos>,
    /// Only this journey (may be given several times)
    #[arg(long, value_name = "NAME")]
    journey: Vec<String>,
    /// Write one JSON value instead of text
    #[arg(long)]
    json: bool,
}

/// Explains one scenario.
pub(crate) fn run(args: &ExplainArgs, out: &mut dyn Write, _err: &mut dyn Write) -> Result<Exit, Failure> {
    let scenario = scenario::load(&args.scenario).or_exit(Exit::Usage)?.scenario;
    let mut rtts = args.rtt.clone();
    rtts.sort_unstable();
    rtts.dedup();
    if rtts.is_empty() {
        rtts = rtts_of(&scenario);
    }
    let mut explained = explain(&scenario, &rtts);
    keep(&mut explained, &args.journey)?;
    let written = if args.json { json::write(&explained, out) } else { text::write(&explained, out) };
    written.context("the result cannot be written")?;
    Ok(Exit::Fine)
}

/// Keeps only the named journeys; all of them if none is named.
fn keep(explained: &mut Explained, names: &[String]) -> Result<(), Failure> {
    for name in names {
        if !explained.journeys.iter().any(|journey| journey.name == *name) {
            let mut known: Vec<&str> = explained.journeys.iter().map(|journey| journey.name.as_str()).collect();
            known.dedup();
            let text = anyhow!("no workload performs a journey `{name}`: there are {}", known.join(", "));
            return Err(Failure::new(Exit::Usage, text));
        }
    }
    if !names.is_empty() {
        explained.journeys.retain(|journey| names.contains(&journey.name));
        explained.costliest.retain(|costly| names.contains(&costly.journey));
    }
    Ok(())
}
