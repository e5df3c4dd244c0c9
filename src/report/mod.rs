//! The report: one plain value, and what is written from it.
//!
//! [`Report`] holds every text, number and curve of a report in the order of reading, without
//! markup; `text`, `markdown`, `html` and JSON only lay it out, so they cannot disagree. The same
//! run gives the same bytes on any machine. Not for: judging (`analysis`).

pub mod build;
pub mod chart;
pub mod compare;
pub mod html;
pub mod markdown;
pub mod model;
pub mod sweep;
pub mod text;

use std::path::{Path, PathBuf};

pub use model::Report;

use crate::analysis::rollout;
use crate::analysis::weigh::{self, Weights};
use crate::analysis::{self, pairs::Incomparable};
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
    /// The run file could not be written.
    #[error(transparent)]
    Run(#[from] RunFileError),
}

impl Report {
    /// The report of a run of a scenario.
    pub fn of(run: &Run, scenario: &Scenario) -> Self {
        build::report(run, scenario, &analysis::summarise(run, scenario))
    }
    /// The report of a live run, with how far a simulation of the same plan agrees with it.
    pub fn of_both(live: &Run, simulated: &Run, scenario: &Scenario) -> Result<Self, Incomparable> {
        let agreement = analysis::agreement::agreement(live, simulated)?;
        Ok(Self { agreement: Some(build::agreement(&agreement)), ..Self::of(live, scenario) })
    }
    /// Adds one ranking of the strategies by the reader's own weights.
    pub fn weigh(&mut self, run: &Run, scenario: &Scenario, weights: &Weights) {
        let ranking = weigh::rank(&analysis::summarise(run, scenario).strategies, weights);
        self.cost.push(build::ranking(&ranking, weights));
    }
    /// Tells roll-outs for sessions of another length than [`rollout::SESSION`].
    pub fn sessions(&mut self, run: &Run, scenario: &Scenario, requests: u32) {
        let all = rollout::rollouts(run, scenario, &analysis::summarise(run, scenario), requests);
        self.rollout = build::rollout(&all, &run.provenance.engine);
    }
    /// The report as JSON, indented, with stable keys.
    #[expect(clippy::missing_panics_doc, reason = "a Report holds no map with keys that JSON cannot have")]
    pub fn json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("plain data serialises");
        text.push('\n');
        text
    }
}

/// Writes `run.json`, `report.html` and `summary.md` into `dir`, making it if need be; a simulation of what was measured
/// beside it as `sim.json`.
///
/// Everything is rendered before anything is written, and each file is whole or untouched; the run
/// file comes first, so that whatever else fails can be rendered again from it.
pub fn write_all(dir: &Path, run: &Run, against: Option<&Run>, scenario: &Scenario) -> Result<Report, ReportError> {
    let report = match against {
        Some(simulated) => Report::of_both(run, simulated, scenario)?,
        None => Report::of(run, scenario),
    };
    let files = rendered(&report);
    make(dir)?;
    runfile::write(&dir.join("run.json"), run)?;
    if let Some(sim) = against {
        runfile::write(&dir.join("sim.json"), sim)?;
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
