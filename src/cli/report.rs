//! `longhaul report`: renders run files again; nothing is measured.
//!
//! Without `--format` the page and the summary are written beside the run file (or to `--out`) and
//! the summary is printed; with it that one form goes to standard output and nothing is written.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use super::{Exit, Failure, OrExit};
use crate::analysis::rollout::SESSION;
use crate::analysis::weigh::Weights;
use crate::report::sweep::{self, SweepReport};
use crate::report::{self, Report, ReportError, html, markdown, text};
use crate::runfile::sweep::SweepRun;
use crate::runfile::{self, Run};
use crate::scenario;
use crate::seed::Seed;

/// What was typed.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Files that `longhaul run` or `longhaul sweep` wrote
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Write report.html and summary.md here instead of beside the run file; a folder for each scenario if there are several
    #[arg(long, value_name = "DIR", conflicts_with = "format")]
    out: Option<PathBuf>,
    /// A simulation of the same plan (the sim.json of `longhaul run --engine both`), to say how far it agrees
    #[arg(long, value_name = "SIM.JSON")]
    against: Option<PathBuf>,
    /// One ranking of the strategies by what each cost is worth to you: exposure=1,downtime=10 (also split, days, read-only,
    /// missed, slow, runs, phases, moves, both); none by default
    #[arg(long, value_name = "COST=WEIGHT,…")]
    weights: Option<Weights>,
    /// Requests of a session, for how many sessions meet a slow page while a workload is split
    #[arg(long, value_name = "N", default_value_t = SESSION, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    session: u32,
    /// Print this form instead of writing files
    #[arg(long, value_enum, value_name = "FORM")]
    format: Option<Form>,
}

/// The forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The summary for a terminal
    Text,
    /// The summary as Markdown
    Markdown,
    /// Everything, for programs
    Json,
    /// The page
    Html,
}

/// A report of either kind.
enum Read {
    Run(Box<Report>),
    Sweep(Box<SweepReport>),
}

impl Read {
    fn scenario(&self) -> &str {
        match self {
            Self::Run(report) => &report.scenario,
            Self::Sweep(report) => &report.scenario,
        }
    }
    fn write(&self, dir: &Path) -> Result<(), ReportError> {
        match self {
            Self::Run(report) => report::write_report(dir, report),
            Self::Sweep(report) => sweep::write_report(dir, report),
        }
    }
    fn form(&self, form: Form) -> String {
        let colour = std::io::stdout().is_terminal();
        match (self, form) {
            (Self::Run(report), Form::Text) => text::summary(report, colour),
            (Self::Run(report), Form::Markdown) => markdown::summary(report),
            (Self::Run(report), Form::Json) => report.json(),
            (Self::Run(report), Form::Html) => html::page(report),
            (Self::Sweep(report), Form::Text) => sweep::text::summary(report, colour),
            (Self::Sweep(report), Form::Markdown) => report.markdown(),
            (Self::Sweep(report), Form::Json) => report.json(),
            (Self::Sweep(report), Form::Html) => report.html(),
        }
    }
}

/// Renders every run file; all are read before anything is written.
pub(crate) fn run(args: &ReportArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    if args.against.is_some() && args.runs.len() > 1 {
        let text = "--against belongs to one run: render the others by themselves";
        return Err(Failure::new(Exit::Usage, anyhow!(text)));
    }
    let against = args.against.as_deref().map(runfile::read).transpose().or_exit(Exit::Usage)?;
    let reports = args.runs.iter().map(|path| read(path, against.as_ref(), args)).collect::<Result<Vec<_>, _>>()?;
    let mut exit = Exit::Fine;
    let mut written = Vec::new();
    for (path, (report, invalid)) in args.runs.iter().zip(reports) {
        if invalid {
            exit = Exit::Invalid;
        }
        if let Some(form) = args.format {
            print(&report, form, out)?;
            continue;
        }
        let dir = place(args, path, &report);
        if written.contains(&dir) {
            let told = anyhow!("two runs would be written to {}; render them one at a time", dir.display());
            return Err(Failure::new(Exit::Usage, told));
        }
        report.write(&dir).or_exit(Exit::Environment)?;
        print(&report, Form::Text, out)?;
        writeln!(err, "report: {}", dir.join("report.html").display()).or_exit(Exit::Environment)?;
        written.push(dir);
    }
    Ok(exit)
}

/// A run file as a report, and whether some of its placements are invalid.
fn read(path: &Path, against: Option<&Run>, args: &ReportArgs) -> Result<(Read, bool), Failure> {
    let name = format!("{} (scenario inside)", path.display());
    if let Some(run) = SweepRun::read(path).or_exit(Exit::Usage)? {
        let mut scenario = scenario::parse(&name, &run.provenance.source).or_exit(Exit::Usage)?;
        scenario.seed = Seed(run.provenance.seed);
        let invalid = run.points.iter().any(|p| !p.placement.invalid.is_empty());
        let report = SweepReport::of(&run, &scenario).or_exit(Exit::Usage)?;
        return Ok((Read::Sweep(Box::new(report)), invalid));
    }
    let run = runfile::read(path).or_exit(Exit::Usage)?;
    let scenario = scenario::parse(&name, &run.provenance.source).or_exit(Exit::Usage)?;
    let invalid = run.placements.iter().any(|p| !p.invalid.is_empty());
    let mut report = match against {
        None => Report::of(&run, &scenario),
        Some(simulated) => Report::of_both(&run, simulated, &scenario)
            .map_err(|error| Failure::new(Exit::Incomparable, anyhow!("the two runs cannot be compared: {error}")))?,
    };
    if args.session != SESSION {
        report.sessions(&run, &scenario, args.session);
    }
    if let Some(weights) = &args.weights {
        report.weigh(&run, &scenario, weights);
    }
    Ok((Read::Run(Box::new(report)), invalid))
}

/// Where the files of a run go.
fn place(args: &ReportArgs, run: &Path, report: &Read) -> PathBuf {
    let beside = run.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match &args.out {
        None => beside.to_owned(),
        Some(dir) if args.runs.len() == 1 => dir.clone(),
        Some(dir) => dir.join(report.scenario()),
    }
}

fn print(report: &Read, form: Form, out: &mut dyn Write) -> Result<(), Failure> {
    out.write_all(report.form(form).as_bytes()).or_exit(Exit::Environment)
}
