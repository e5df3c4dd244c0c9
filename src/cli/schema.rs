//! `longhaul schema`: the JSON Schema of scenario files, as committed in `scenarios/schema.json`, or the same for people; or that
//! of what a gate writes, as committed in `schemas/gate.json`.

use std::io::Write;

use anyhow::Context;
use clap::Args;

use super::{Exit, Failure};

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Print the scenario reference instead: every key and what it means, as Markdown
    #[arg(long)]
    reference: bool,
    /// Print the schema of the JSON that `longhaul gate` writes
    #[arg(long, conflicts_with = "reference")]
    gate: bool,
}

/// Prints the schema, or the reference.
pub(crate) fn run(args: &SchemaArgs, out: &mut dyn Write, _: &mut dyn Write) -> Result<Exit, Failure> {
    if args.reference {
        write!(out, "{}", crate::scenario::reference()).context("the reference cannot be written")?;
        return Ok(Exit::Fine);
    }
    if args.gate {
        write!(out, "{}", crate::report::gate::json::schema()).context("the schema cannot be written")?;
        return Ok(Exit::Fine);
    }
    let text = serde_json::to_string_pretty(&crate::scenario::schema()).context("the schema is JSON")?;
    writeln!(out, "{text}").context("the schema cannot be written")?;
    Ok(Exit::Fine)
}
