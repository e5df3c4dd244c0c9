//! `longhaul schema`: the JSON Schema of scenario files, as committed in `scenarios/schema.json`.

use std::io::Write;

use anyhow::Context;
use clap::Args;

use super::{Exit, Failure};

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {}

/// Prints the schema.
pub(crate) fn run(_: &SchemaArgs, out: &mut dyn Write, _: &mut dyn Write) -> Result<Exit, Failure> {
    let text = serde_json::to_string_pretty(&crate::scenario::schema()).context("the schema is JSON")?;
    writeln!(out, "{text}").context("the schema cannot be written")?;
    Ok(Exit::Fine)
}
