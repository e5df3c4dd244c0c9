//! `longhaul check`: is a scenario valid, and what does it add up to?
//!
//! Loads, resolves and counts; no store is touched. Not for: predicting times of a loaded system.

mod summary;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::{Exit, Failure};
use crate::scenario;

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Scenario files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write what was found as one JSON value instead of text
    #[arg(long)]
    json: bool,
}

/// Checks every file, also after one that is not valid.
pub(crate) fn run(args: &CheckArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    let mut exit = Exit::Fine;
    let mut found = Vec::new();
    for file in &args.files {
        match scenario::load(file) {
            Ok(loaded) => found.push((file.display().to_string(), Ok(summary::summarise(&loaded)))),
            Err(error) => {
                exit = Exit::Usage;
                found.push((file.display().to_string(), Err(error)));
            }
        }
    }
    write(args.json, &found, out, err).context("the result cannot be written")?;
    Ok(exit)
}

type Found = (String, Result<summary::Summary, scenario::LoadError>);

fn write(json: bool, found: &[Found], out: &mut dyn Write, err: &mut dyn Write) -> std::io::Result<()> {
    if json {
        let all: Vec<_> = found.iter().map(|(file, result)| summary::json(file, result)).collect();
        serde_json::to_writer_pretty(&mut *out, &all)?;
        return writeln!(out);
    }
    let mut first = true;
    for (file, result) in found {
        match result {
            Ok(summary) => {
                if !std::mem::take(&mut first) {
                    writeln!(out)?;
                }
                summary::text(file, summary, out)?;
            }
            Err(error) => writeln!(err, "error: {error}")?,
        }
    }
    Ok(())
}
