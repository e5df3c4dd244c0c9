//! `longhaul compare`: two run files beside each other; nothing is measured.
//!
//! Prints one form; with `--out` all of them are written too. Runs without anything in common end with exit code 6 and why.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use super::lang::Lang;
use super::{Exit, Failure, OrExit};
use crate::report::compare::{CompareReport, text, write_report};
use crate::runfile::{self, Run};
use crate::scenario::{self, Scenario};
use crate::seed::Seed;

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// A file that `longhaul run` or `longhaul simulate` wrote
    #[arg(value_name = "A")]
    first: PathBuf,
    /// The one to compare with it: of another version, another scenario, or the other engine
    #[arg(value_name = "B")]
    second: PathBuf,
    /// Write compare.html, compare.md and compare.json here
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Language of compare.html and compare.md, and of those forms if they are printed
    #[arg(long, value_enum, value_name = "LANG", default_value_t = Lang::En)]
    lang: Lang,
    /// What is printed
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Form::Text)]
    format: Form,
}

/// The forms of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For a terminal
    Text,
    /// As Markdown
    Markdown,
    /// Everything, for programs
    Json,
    /// The page
    Html,
}

/// Compares; both files are read before anything is written.
pub(crate) fn run(args: &CompareArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    let (first, second) = (read(&args.first)?, read(&args.second)?);
    let report = CompareReport::of((&first.0, &first.1), (&second.0, &second.1)).map_err(|error| {
        let next = "compare runs that share a strategy and its phases";
        Failure::new(Exit::Incomparable, anyhow!("the two runs cannot be compared: {error}; {next}"))
    })?;
    let told = report.clone().told_in(args.lang.into(), &[&first.1, &second.1]);
    if let Some(dir) = &args.out {
        write_report(dir, &told).or_exit(Exit::Environment)?;
        writeln!(err, "comparison: {}", dir.join("compare.html").display()).or_exit(Exit::Environment)?;
    }
    let shown = match args.format {
        Form::Text => text::summary(&report, std::io::stdout().is_terminal()),
        Form::Markdown => told.markdown(),
        Form::Json => report.json(),
        Form::Html => told.html(),
    };
    out.write_all(shown.as_bytes()).or_exit(Exit::Environment)?;
    let invalid = [&first.0, &second.0].iter().any(|run| run.placements.iter().any(|p| !p.invalid.is_empty()));
    Ok(if invalid { Exit::Invalid } else { Exit::Fine })
}

/// A run with its own scenario.
fn read(path: &Path) -> Result<(Run, Scenario), Failure> {
    let run = runfile::read(path).or_exit(Exit::Usage)?;
    let name = format!("{} (scenario inside)", path.display());
    let mut scenario = scenario::parse(&name, &run.provenance.source).or_exit(Exit::Usage)?;
    scenario.seed = Seed(run.provenance.seed);
    Ok((run, scenario))
}
