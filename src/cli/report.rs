//! `longhaul report`: renders run files again; nothing is measured.
//!
//! Without `--format` the page and the summary are written beside the run file (or to `--out`) and
//! the summary is printed; with it that one form goes to standard output and nothing is written.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::{Args, ValueEnum};

use super::lang::Lang;
use super::{Exit, Failure, OrExit};
use crate::analysis::rollout::SESSION;
use crate::analysis::weigh::Weights;
use crate::report::export::{self, Distribution};
use crate::report::sweep::{self, SweepReport};
use crate::report::{self, Beside, Report, ReportError, Wishes, html, markdown, text};
use crate::runfile::advice::{self, AdviceRun};
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
    /// What stands beside the run (may be given several times): a simulation of the same plan (the sim.json of `longhaul run
    /// --engine both`), sweeps of the scenario (sweep.json), advice on it (advice.json)
    #[arg(long = "with", value_name = "FILE", visible_alias = "against")]
    with: Vec<PathBuf>,
    /// One ranking of the strategies by what each cost is worth to you: exposure=1,downtime=10 (also split, days, read-only,
    /// missed, slow, runs, phases, moves, both); none by default
    #[arg(long, value_name = "COST=WEIGHT,…")]
    weights: Option<Weights>,
    /// Requests of a session, for how many sessions meet a slow page while a workload is split
    #[arg(long, value_name = "N", default_value_t = SESSION, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    session: u32,
    /// Language of the page and of the Markdown summary; the summary for a terminal and what programs read is in English
    #[arg(long, value_enum, value_name = "LANG", default_value_t = Lang::En)]
    lang: Lang,
    /// Print this form instead of writing files
    #[arg(long, value_enum, value_name = "FORM")]
    format: Option<Form>,
    /// Write the form here instead of printing it; for hgrm a directory gets a file for each arm
    #[arg(long, short, value_name = "FILE", requires = "format")]
    output: Option<PathBuf>,
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
    /// Every table, a number a line
    Csv,
    /// Every arm's response times as HdrHistogram percentiles
    Hgrm,
    /// Alert rules over the metrics of a mesh, phase by phase
    PrometheusRules,
    /// A dashboard over the same
    Grafana,
}

/// A report of either kind.
enum Read {
    Run(Box<Told<Report>>, Vec<Distribution>),
    Sweep(Box<Told<SweepReport>>),
}

/// A report in English, for programs and terminals, and in the language of its readers.
struct Told<T> {
    english: T,
    told: T,
}

impl Read {
    fn scenario(&self) -> &str {
        match self {
            Self::Run(report, _) => &report.english.scenario,
            Self::Sweep(report) => &report.english.scenario,
        }
    }
    fn write(&self, dir: &Path) -> Result<(), ReportError> {
        match self {
            Self::Run(report, _) => report::write_report(dir, &report.told),
            Self::Sweep(report) => sweep::write_report(dir, &report.told),
        }
    }
    /// The report in this form; `None` if there is no such form of a sweep.
    fn form(&self, form: Form) -> Option<String> {
        let colour = std::io::stdout().is_terminal();
        Some(match (self, form) {
            (Self::Run(report, _), Form::Text) => text::summary(&report.english, colour),
            (Self::Run(report, _), Form::Markdown) => markdown::summary(&report.told),
            (Self::Run(report, _), Form::Json) => report.english.json(),
            (Self::Run(report, _), Form::Html) => html::page(&report.told),
            (Self::Run(report, _), Form::Csv) => export::csv(&report.english),
            (Self::Run(_, distributions), Form::Hgrm) => export::together(distributions),
            (Self::Run(report, _), Form::PrometheusRules) => export::rules(&report.english),
            (Self::Run(report, _), Form::Grafana) => export::dashboard(&report.english),
            (Self::Sweep(report), Form::Text) => sweep::text::summary(&report.english, colour),
            (Self::Sweep(report), Form::Markdown) => report.told.markdown(),
            (Self::Sweep(report), Form::Json) => report.english.json(),
            (Self::Sweep(report), Form::Html) => report.told.html(),
            (Self::Sweep(_), Form::Csv | Form::Hgrm | Form::PrometheusRules | Form::Grafana) => return None,
        })
    }
}

/// What was given with `--with`, by the kind that each file says it is.
#[derive(Default)]
struct With {
    simulated: Option<Run>,
    edges: Vec<SweepRun>,
    advice: Option<AdviceRun>,
}

impl With {
    fn read(paths: &[PathBuf]) -> Result<Self, Failure> {
        let mut with = Self::default();
        for path in paths {
            if let Some(sweep) = SweepRun::read(path).or_exit(Exit::Usage)? {
                with.edges.push(sweep);
                continue;
            }
            if let Some(advice) = advice::read(path).or_exit(Exit::Usage)? {
                if with.advice.replace(advice).is_some() {
                    let text = format!("{} is the second advice: one is shown", path.display());
                    return Err(Failure::new(Exit::Usage, anyhow!(text)));
                }
                continue;
            }
            let run = runfile::read(path).or_exit(Exit::Usage)?;
            if with.simulated.replace(run).is_some() {
                let text = format!("{} is the second simulation: one run is compared with one", path.display());
                return Err(Failure::new(Exit::Usage, anyhow!(text)));
            }
        }
        Ok(with)
    }
    fn beside(&self) -> Beside<'_> {
        Beside { simulated: self.simulated.as_ref(), edges: self.edges.iter().collect(), advice: self.advice.as_ref() }
    }
}

/// Renders every run file; all are read before anything is written.
pub(crate) fn run(args: &ReportArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    let several = args.runs.len() > 1;
    if several && !(args.with.is_empty() && args.output.is_none()) {
        let text = "--with and --output belong to one run: render the others by themselves";
        return Err(Failure::new(Exit::Usage, anyhow!(text)));
    }
    let with = With::read(&args.with)?;
    let reports = args.runs.iter().map(|path| read(path, &with.beside(), args)).collect::<Result<Vec<_>, _>>()?;
    let mut exit = Exit::Fine;
    let mut written = Vec::new();
    for (path, (report, invalid)) in args.runs.iter().zip(reports) {
        if invalid {
            exit = Exit::Invalid;
        }
        if let Some(form) = args.format {
            put(&report, form, args.output.as_deref(), out)?;
            continue;
        }
        let dir = place(args, path, &report);
        if written.contains(&dir) {
            let told = anyhow!("two runs would be written to {}; render them one at a time", dir.display());
            return Err(Failure::new(Exit::Usage, told));
        }
        report.write(&dir).or_exit(Exit::Environment)?;
        put(&report, Form::Text, None, out)?;
        writeln!(err, "report: {}", dir.join("report.html").display()).or_exit(Exit::Environment)?;
        written.push(dir);
    }
    Ok(exit)
}

/// A run file as a report, and whether some of its placements are invalid.
fn read(path: &Path, beside: &Beside<'_>, args: &ReportArgs) -> Result<(Read, bool), Failure> {
    let name = format!("{} (scenario inside)", path.display());
    if let Some(run) = SweepRun::read(path).or_exit(Exit::Usage)? {
        if beside.simulated.is_some() || !beside.edges.is_empty() || beside.advice.is_some() {
            let text = "--with belongs to the file of a run, not of a sweep";
            return Err(Failure::new(Exit::Usage, anyhow!(text)));
        }
        let mut scenario = scenario::parse(&name, &run.provenance.source).or_exit(Exit::Usage)?;
        scenario.seed = Seed(run.provenance.seed);
        let invalid = run.points.iter().any(|p| !p.placement.invalid.is_empty());
        let english = SweepReport::of(&run, &scenario).or_exit(Exit::Usage)?;
        let told = english.clone().told_in(args.lang.into(), &scenario);
        return Ok((Read::Sweep(Box::new(Told { english, told })), invalid));
    }
    let run = runfile::read(path).or_exit(Exit::Usage)?;
    let scenario = scenario::parse(&name, &run.provenance.source).or_exit(Exit::Usage)?;
    let invalid = run.placements.iter().any(|p| !p.invalid.is_empty());
    let wishes = Wishes { session: args.session, weights: args.weights.clone() };
    let english = Report::with(&run, &scenario, beside, &wishes).map_err(|error| {
        let exit = if matches!(error, ReportError::Incomparable(_)) { Exit::Incomparable } else { Exit::Usage };
        Failure::new(exit, error)
    })?;
    let told = english.clone().told_in(args.lang.into(), &scenario);
    Ok((Read::Run(Box::new(Told { english, told }), export::distributions(&run)), invalid))
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

/// Prints a form, or writes it.
fn put(report: &Read, form: Form, to: Option<&Path>, out: &mut dyn Write) -> Result<(), Failure> {
    let text = report.form(form).ok_or_else(|| {
        let text = "a sweep has no such form: text, markdown, json and html are there";
        Failure::new(Exit::Usage, anyhow!(text))
    })?;
    let file = |path: &Path, text: &str| {
        let told = |error| anyhow!("cannot write {}: {error}", path.display());
        runfile::put(path, text.as_bytes()).map_err(|error| Failure::new(Exit::Environment, told(error)))
    };
    match (to, report) {
        (None, _) => out.write_all(text.as_bytes()).or_exit(Exit::Environment),
        (Some(dir), Read::Run(_, distributions)) if form == Form::Hgrm && dir.is_dir() => {
            distributions.iter().try_for_each(|one| file(&dir.join(&one.name), &one.text))
        }
        (Some(path), _) => file(path, &text),
    }
}
