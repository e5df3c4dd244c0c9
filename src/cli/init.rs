//! `longhaul init`: a commented scenario to start from.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::Args;

use super::{Exit, Failure};

/// The file that is written, which is also one of the tested scenarios.
const STARTER: &str = include_str!("../../scenarios/starter.yaml");

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Where to write it
    #[arg(default_value = "scenario.yaml", value_name = "FILE")]
    file: PathBuf,
    /// Overwrite a file that is there
    #[arg(long)]
    force: bool,
}

/// Writes the starter; never over a file that is there, unless told to.
pub(crate) fn run(args: &InitArgs, out: &mut dyn Write, _: &mut dyn Write) -> Result<Exit, Failure> {
    let path = args.file.display();
    let mut options = OpenOptions::new();
    options.write(true);
    if args.force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let mut file = options.open(&args.file).map_err(|error| {
        if error.kind() == ErrorKind::AlreadyExists {
            return Failure::new(Exit::Usage, anyhow!("{path} is there already: name another file, or add --force"));
        }
        Failure::new(Exit::Environment, anyhow!(error).context(format!("{path} cannot be written")))
    })?;
    file.write_all(STARTER.as_bytes()).map_err(|error| {
        Failure::new(Exit::Environment, anyhow!(error).context(format!("{path} cannot be written")))
    })?;
    writeln!(out, "{path} written; `longhaul check {path}` says what it adds up to").context("stdout is closed")?;
    Ok(Exit::Fine)
}
