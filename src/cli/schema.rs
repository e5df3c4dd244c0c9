//! `longhaul schema`: the JSON Schema of scenario files, as committed in `scenarios/schema.json`, or the same for people; or that
//! of budget files, of schedule files, or of what a gate writes, committed beside it.

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
    /// Print the JSON Schema of budget files instead, as `longhaul gate --budget` reads them
    #[arg(long, conflicts_with = "reference")]
    budget: bool,
    /// Print the JSON Schema of schedule files instead, as `longhaul proxy --schedule` reads them
    #[arg(long, conflicts_with_all = ["reference", "budget"])]
    schedule: bool,
    /// Print the JSON Schema of what `longhaul gate --format json` writes instead
    #[arg(long, conflicts_with_all = ["reference", "budget", "schedule"])]
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
    let schema = match args {
        SchemaArgs { budget: true, .. } => crate::budget::schema(),
        SchemaArgs { schedule: true, .. } => crate::scenario::schedule_schema(),
        _ => crate::scenario::schema(),
    };
    let text = serde_json::to_string_pretty(&schema).context("the schema is JSON")?;
    writeln!(out, "{text}").context("the schema cannot be written")?;
    Ok(Exit::Fine)
}
