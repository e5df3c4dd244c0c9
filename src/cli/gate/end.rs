//! How a gate ends: what is printed and written, and the exit code.
//!
//! The exit code is that of the gravest outcome that fails. Gravest is what is surest: more round trips than allowed were counted
//! (3), then something is worse (1), then nothing may be said because load or delay was not delivered (4), because there is nothing
//! to compare with (6), because data are too few (5). Not for: how any form looks (`report::gate`).

use std::fs::OpenOptions;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use super::files::{can_write, wrote};
use crate::analysis::gate::{Judged, Outcome};
use crate::cli::{Exit, Failure, OrExit};
use crate::report::gate::{
    Told, bencher, benchmark, csv, histograms, html, json, junit, markdown, prometheus, sarif, text,
};
use crate::runfile;

/// Where GitHub Actions takes the summary of a step from.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// What was typed about the end of any gate.
#[derive(Debug, Args)]
#[command(next_help_heading = "What becomes of it")]
pub(super) struct EndArgs {
    /// What ends with an exit code of its own; everything else is told and ends with 0. Of several the gravest counts:
    /// over-budget, regression, invalid, incomparable, inconclusive
    #[arg(
        long,
        value_enum,
        value_name = "OUTCOME",
        value_delimiter = ',',
        default_values_t = [FailOn::Regression, FailOn::OverBudget, FailOn::Invalid, FailOn::Inconclusive, FailOn::Incomparable]
    )]
    fail_on: Vec<FailOn>,
    /// What is printed
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Form::Text)]
    format: Form,
    /// Write a form to a file, whole or not at all (may be given several times): junit=gate.xml
    #[arg(long, short, value_name = "FORM=FILE")]
    output: Vec<Output>,
    /// Write every form here: gate.txt, gate.json, junit.xml, gate.md, comment.md, gate.sarif, benchmark.json, bencher.json,
    /// gate.csv, gate.prom, gate.html, and gate.hgrm and gate.hlog if there are response times
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Add the Markdown to the file that `GITHUB_STEP_SUMMARY` names (GitHub Actions), never beyond the 1,024 KiB that it takes
    #[arg(long)]
    step_summary: bool,
}

/// Outcomes that can fail a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Slower, or an objective missed: exit code 1
    Regression,
    /// More round trips, repeats or bytes than allowed: exit code 3
    OverBudget,
    /// Load or delay was not delivered: exit code 4
    Invalid,
    /// Too little data: exit code 5
    Inconclusive,
    /// Nothing to compare with: exit code 6
    Incomparable,
    /// Better than the baseline or budget, which should then be tightened: exit code 1
    Improvement,
    /// Nothing at all, if it is the only one given
    Nothing,
}

impl FailOn {
    const fn outcome(self) -> Option<Outcome> {
        Some(match self {
            Self::Regression => Outcome::Regression,
            Self::OverBudget => Outcome::OverBudget,
            Self::Invalid => Outcome::Invalid,
            Self::Inconclusive => Outcome::Inconclusive,
            Self::Incomparable => Outcome::Incomparable,
            Self::Improvement => Outcome::Improvement,
            Self::Nothing => return None,
        })
    }
}

/// The forms of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For a terminal
    Text,
    /// Everything, for programs (schema: `longhaul schema --gate`)
    Json,
    /// JUnit XML
    Junit,
    /// Markdown as `GITHUB_STEP_SUMMARY` takes it
    Markdown,
    /// Markdown for a comment on a pull request, with a hidden marker by which the next one replaces it
    Comment,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// github-action-benchmark, customSmallerIsBetter
    Benchmark,
    /// Bencher Metric Format
    Bencher,
    /// Response times as HdrHistogram percentiles
    Hgrm,
    /// Response times as a histogram log
    Hlog,
    /// A line a check
    Csv,
    /// Prometheus text, for a Pushgateway or a textfile collector
    Prometheus,
    /// The page
    Html,
}

/// A form and its file.
#[derive(Debug, Clone)]
struct Output {
    form: Form,
    file: PathBuf,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (form, file) = text.split_once('=').ok_or("it is FORM=FILE, for example junit=gate.xml")?;
        let known = || {
            let names = Form::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            names.map(|name| name.get_name().to_owned()).collect::<Vec<_>>().join(", ")
        };
        let form = Form::from_str(form, true).map_err(|_| format!("there is no form `{form}`: {}", known()))?;
        if file.is_empty() { Err("the file has no name".into()) } else { Ok(Self { form, file: file.into() }) }
    }
}

impl Form {
    /// The gate in this form; `None` if it has nothing for it.
    fn render(self, told: &Told, colour: bool) -> Option<String> {
        let text = match self {
            Self::Text => text::text(told, colour),
            Self::Json => json::json(told),
            Self::Junit => junit::junit(told),
            Self::Markdown => markdown::summary(told),
            Self::Comment => markdown::comment(told),
            Self::Sarif => sarif::sarif(told),
            Self::Benchmark => benchmark::benchmark(told),
            Self::Bencher => bencher::bencher(told),
            Self::Hgrm => histograms::hgrm(told),
            Self::Hlog => histograms::hlog(told),
            Self::Csv => csv::csv(told),
            Self::Prometheus => prometheus::prometheus(told),
            Self::Html => html::page(told),
        };
        let times = matches!(self, Self::Hgrm | Self::Hlog);
        (!times || !told.judged.distributions.is_empty()).then_some(text)
    }
    /// Its name in `--out`.
    const fn file(self) -> &'static str {
        match self {
            Self::Text => "gate.txt",
            Self::Json => "gate.json",
            Self::Junit => "junit.xml",
            Self::Markdown => "gate.md",
            Self::Comment => "comment.md",
            Self::Sarif => "gate.sarif",
            Self::Benchmark => "benchmark.json",
            Self::Bencher => "bencher.json",
            Self::Hgrm => "gate.hgrm",
            Self::Hlog => "gate.hlog",
            Self::Csv => "gate.csv",
            Self::Prometheus => "gate.prom",
            Self::Html => "gate.html",
        }
    }
}

impl EndArgs {
    /// Whether what is printed is for programs, and nothing else may stand beside it.
    pub(super) fn is_for_programs(&self) -> bool {
        self.format != Form::Text
    }
    /// Whether what was asked for can be done at all: told before anything is judged.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.step_summary && std::env::var_os(STEP_SUMMARY).is_none() {
            let text = "--step-summary is for GitHub Actions: GITHUB_STEP_SUMMARY is not set; write a file with --output markdown=FILE";
            return Err(Failure::new(Exit::Usage, anyhow!(text)));
        }
        if self.step_summary {
            can_write(&summary_file())?;
        }
        self.out.as_deref().map_or(Ok(()), make)?;
        self.output.iter().try_for_each(|output| can_write(&output.file))
    }
    fn failing(&self) -> Vec<Outcome> {
        self.fail_on.iter().filter_map(|fail_on| fail_on.outcome()).collect()
    }
    /// Whether what was judged fails the build.
    pub(super) fn fails(&self, judged: &Judged) -> bool {
        Told { judged, failing: &self.failing() }.failed()
    }
    /// Prints and writes what was judged, and ends with the gravest of what was asked to fail.
    pub(super) fn end(&self, judged: &Judged, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
        let failing = self.failing();
        let mut judged = judged.clone();
        judged.distinct_ids();
        let told = Told { judged: &judged, failing: &failing };
        let nothing = "nothing was timed, so there are no response times to write";
        let printed = self.format.render(&told, std::io::stdout().is_terminal());
        let printed = printed.ok_or_else(|| Failure::new(Exit::Usage, anyhow!(nothing)))?;
        out.write_all(printed.as_bytes()).or_exit(Exit::Environment)?;
        for Output { form, file } in &self.output {
            match form.render(&told, false) {
                Some(text) => put(file, &text)?,
                None => writeln!(err, "{} is not written: {nothing}", file.display()).or_exit(Exit::Environment)?,
            }
        }
        if let Some(dir) = &self.out {
            all(dir, &told)?;
            writeln!(err, "gate: {}", dir.join(Form::Html.file()).display()).or_exit(Exit::Environment)?;
        }
        if self.step_summary {
            step_summary(&told)?;
        }
        Ok(exit(&told))
    }
}

/// The exit code of the gravest outcome that fails.
fn exit(told: &Told) -> Exit {
    let worst = told.judged.checks.iter().map(|check| check.outcome).filter(|outcome| told.fails(*outcome)).max();
    match worst {
        None | Some(Outcome::Pass) => Exit::Fine,
        Some(Outcome::Improvement | Outcome::Regression) => Exit::Regression,
        Some(Outcome::Inconclusive) => Exit::Inconclusive,
        Some(Outcome::Incomparable) => Exit::Incomparable,
        Some(Outcome::Invalid) => Exit::Invalid,
        Some(Outcome::OverBudget) => Exit::Budget,
    }
}

/// Writes every form that there is something for.
fn all(dir: &Path, told: &Told) -> Result<(), Failure> {
    make(dir)?;
    for form in Form::value_variants() {
        if let Some(text) = form.render(told, false) {
            put(&dir.join(form.file()), &text)?;
        }
    }
    Ok(())
}

/// Makes the folder of `--out`, if it is not there.
fn make(dir: &Path) -> Result<(), Failure> {
    let made = std::fs::create_dir_all(dir);
    made.map_err(|error| anyhow!("cannot make {}: {error}; choose another place with --out", dir.display()))
        .or_exit(Exit::Environment)?;
    can_write(&dir.join(Form::Html.file()))
}

fn put(path: &Path, text: &str) -> Result<(), Failure> {
    wrote(path, runfile::put(path, text.as_bytes()))
}

/// The file of the step's summary.
fn summary_file() -> PathBuf {
    PathBuf::from(std::env::var_os(STEP_SUMMARY).unwrap_or_default())
}

/// Adds the Markdown to what the step has said already.
fn step_summary(told: &Told) -> Result<(), Failure> {
    let path = summary_file();
    let add = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).open(&path)?;
        let there = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
        let room = markdown::SUMMARY_MOST.saturating_sub(there).saturating_sub(1);
        let text = markdown::summary_within(told, room);
        if text.len() <= room {
            file.write_all(format!("{}{text}", if there > 0 { "\n" } else { "" }).as_bytes())
        } else {
            Ok(())
        }
    };
    wrote(&path, add())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::gate::{Check, Kind};

    fn judged(outcomes: &[Outcome]) -> Judged {
        let check = |outcome: &Outcome| Check {
            id: "x".into(),
            subject: String::new(),
            outcome: *outcome,
            ..Check::blank(Kind::Budget)
        };
        Judged { checks: outcomes.iter().map(check).collect(), ..Judged::default() }
    }

    #[test]
    fn every_check_has_an_id_of_its_own() {
        let mut judged = judged(&[Outcome::Pass; 3]);
        judged.distinct_ids();
        assert_eq!(judged.checks.iter().map(|check| check.id.as_str()).collect::<Vec<_>>(), ["x", "x~2", "x~3"]);
    }

    #[test]
    fn the_gravest_that_fails_is_the_exit_code() {
        use Outcome::{Improvement, Incomparable, Inconclusive, Invalid, OverBudget, Pass, Regression};
        let all = Outcome::ALL;
        for (outcomes, failing, exit) in [
            (&[][..], &all[..], Exit::Fine),
            (&[Pass], &all, Exit::Fine),
            (&[Improvement], &all, Exit::Regression),
            (&[Improvement], &[Regression], Exit::Fine),
            (&[Inconclusive, Pass], &all, Exit::Inconclusive),
            (&[Inconclusive, Incomparable], &all, Exit::Incomparable),
            (&[Incomparable, Invalid], &all, Exit::Invalid),
            (&[Invalid, Regression], &all, Exit::Regression),
            (&[Regression, OverBudget], &all, Exit::Budget),
            (&[Regression, OverBudget, Invalid], &[Invalid, Inconclusive], Exit::Invalid),
            (&all, &[], Exit::Fine),
        ] {
            assert_eq!(super::exit(&Told { judged: &judged(outcomes), failing }), exit, "{outcomes:?} {failing:?}");
        }
    }
}
