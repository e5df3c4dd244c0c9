//! The report: one plain value, and what is written from it.
//!
//! [`Report`] holds every text, number and curve of a report in the order of reading, without
//! markup; `text`, `markdown`, `html` and JSON only lay it out, so they cannot disagree. The same
//! run gives the same bytes on any machine. Not for: judging (`analysis`).

pub mod advised;
mod beside;
pub mod build;
pub mod chart;
pub mod compare;
pub mod export;
pub mod gate;
pub mod html;
mod ja;
pub mod markdown;
pub mod model;
pub mod sweep;
pub mod text;
mod words;

use std::path::{Path, PathBuf};

pub use beside::Beside;
pub use model::Report;
pub use words::Language;

use crate::analysis::pairs::Incomparable;
use crate::analysis::sweep::SweepError;
use crate::analysis::weigh::Weights;
use crate::analysis::{self, rollout};
use crate::runfile::{self, Run, RunFileError};
use crate::scenario::Scenario;

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The directory could not be made.
    #[error("cannot make {}: {source}; choose another place with --out", path.display())]
    Directory {
        /// Which.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source}; what was there before is still there", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the file system said.
        source: std::io::Error,
    },
    /// The simulation is of something else than the run.
    #[error("the two runs cannot be compared: {0}")]
    Incomparable(#[from] Incomparable),
    /// A sweep does not fit the scenario.
    #[error("the sweep does not fit the run's scenario: {0}")]
    Sweep(#[from] SweepError),
    /// The run file could not be written.
    #[error(transparent)]
    Run(#[from] RunFileError),
}

/// What a reader may ask for.
#[derive(Debug, Clone)]
pub struct Wishes {
    /// Requests of a session, for how many sessions meet a slow page while a workload is split.
    pub session: u32,
    /// One ranking of the strategies by the reader's own weights; none by default.
    pub weights: Option<Weights>,
}

impl Default for Wishes {
    fn default() -> Self {
        Self { session: rollout::SESSION, weights: None }
    }
}

impl Report {
    /// The report of a run of a scenario.
    #[expect(clippy::missing_panics_doc, reason = "nothing stands beside it that could be of another scenario")]
    pub fn of(run: &Run, scenario: &Scenario) -> Self {
        Self::with(run, scenario, &Beside::default(), &Wishes::default())
            .expect("nothing beside it is of another scenario")
    }
    /// The report of a run with what stands beside it.
    ///
    /// # Errors
    /// If something of it is of another scenario, or is no simulation of what was measured.
    pub fn with(run: &Run, scenario: &Scenario, beside: &Beside, wishes: &Wishes) -> Result<Self, ReportError> {
        beside.belongs_to(run)?;
        let analysis = analysis::summarise(run, scenario);
        let mut report = build::report(run, scenario, &analysis, wishes);
        if let Some(simulated) = beside.simulated {
            report.agreement = Some(build::agreement(&analysis::agreement::agreement(run, simulated)?));
        }
        report.edges = build::edges(&beside.edges, scenario)?;
        report.advice = beside.advice.map(|advice| build::advice::shown(advice, scenario));
        build::finish(&mut report, run, scenario, &analysis);
        Ok(report)
    }
    /// The same in another language; what programs read of it stays in English.
    #[must_use]
    pub fn told_in(self, language: Language, scenario: &Scenario) -> Self {
        match language {
            Language::English => self,
            Language::Japanese => ja::report(&self, scenario),
        }
    }
    /// The report as JSON, indented, with stable keys.
    pub fn json(&self) -> String {
        json(self)
    }
}

/// Plain data as JSON, indented, with a line's end.
#[expect(clippy::missing_panics_doc, reason = "no report holds a map with keys that JSON cannot have")]
pub fn json(report: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(report).expect("plain data serialises");
    text.push('\n');
    text
}

/// Writes `run.json`, `report.html` and `summary.md` into `dir`, making it if need be; what stands beside the run as
/// `sim.json`, `sweep-….json` and `advice.json`.
///
/// Everything is rendered before anything is written, and each file is whole or untouched; the run
/// file comes first, so that whatever else fails can be rendered again from it. Page and summary are in `language`; what
/// is returned is in English.
///
/// # Errors
/// If what stands beside the run does not belong to it, or the file system refuses.
pub fn write_all(
    dir: &Path,
    run: &Run,
    beside: &Beside,
    scenario: &Scenario,
    language: Language,
) -> Result<Report, ReportError> {
    let report = Report::with(run, scenario, beside, &Wishes::default())?;
    let files = rendered(&report.clone().told_in(language, scenario));
    make(dir)?;
    runfile::write(&dir.join("run.json"), run)?;
    if let Some(sim) = beside.simulated {
        runfile::write(&dir.join("sim.json"), sim)?;
    }
    for (name, sweep) in beside.named_edges() {
        sweep.write(&dir.join(name))?;
    }
    if let Some(advice) = beside.advice {
        advice.write(&dir.join("advice.json"))?;
    }
    put(dir, &files)?;
    Ok(report)
}

/// Writes `report.html` and `summary.md` into `dir`, making it if need be, each whole or untouched.
pub fn write_report(dir: &Path, report: &Report) -> Result<(), ReportError> {
    let files = rendered(report);
    make(dir)?;
    put(dir, &files)
}

/// The files that a report consists of.
fn rendered(report: &Report) -> [(&'static str, String); 2] {
    [("report.html", html::page(report)), ("summary.md", markdown::summary(report))]
}

fn make(dir: &Path) -> Result<(), ReportError> {
    std::fs::create_dir_all(dir).map_err(|source| ReportError::Directory { path: dir.into(), source })
}

fn put(dir: &Path, files: &[(&str, String)]) -> Result<(), ReportError> {
    for (name, text) in files {
        let path = dir.join(name);
        runfile::put(&path, text.as_bytes()).map_err(|source| ReportError::File { path, source })?;
    }
    Ok(())
}
