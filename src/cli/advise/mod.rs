//! `longhaul advise`: ways to do the same with fewer round trips, found or done.
//!
//! Not for: what they buy under load, which an engine says of the written scenario.

mod apply;
mod json;
mod list;
mod text;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::{ArgGroup, Args, ValueEnum};

use super::{Exit, Failure, OrExit};
use crate::scenario;

/// What was typed.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["list", "apply"])))]
pub(crate) struct AdviseArgs {
    /// The scenario file
    scenario: PathBuf,
    /// Every mitigation that applies, with the round trips before and after, those that save most first
    #[arg(long)]
    list: bool,
    /// How to write the list
    #[arg(long, value_name = "FORMAT", default_value = "text", conflicts_with = "apply")]
    format: Format,
    /// Do these, in this order: switches of the file, or names that --list tells
    #[arg(long, value_name = "NAME", num_args = 1.., requires = "output")]
    apply: Vec<String>,
    /// Where to write the changed scenario
    #[arg(short, long, value_name = "FILE", requires = "apply")]
    output: Option<PathBuf>,
    /// Overwrite a file that is there
    #[arg(long, requires = "output")]
    force: bool,
}

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Lists mitigations, or writes the scenario with some of them done.
pub(crate) fn run(args: &AdviseArgs, out: &mut dyn Write, _err: &mut dyn Write) -> Result<Exit, Failure> {
    let scenario = scenario::load(&args.scenario).or_exit(Exit::Usage)?.scenario;
    if let Some(to) = &args.output {
        let request = apply::Request { from: &args.scenario, names: &args.apply, to, force: args.force };
        return apply::run(&scenario, &request, out);
    }
    let advice = list::of(&scenario);
    let written = match args.format {
        Format::Text => text::write(&advice, out),
        Format::Json => json::write(&advice, out),
    };
    written.context("the result cannot be written")?;
    Ok(Exit::Fine)
}
