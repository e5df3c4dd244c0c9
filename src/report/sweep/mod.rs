//! The report of a sweep: one plain value, and what is written from it.
//!
//! As with the report of a run, texts, numbers and curves are here in the order of reading, and the renderings only lay
//! them out. Not for: judging (`analysis::sweep`).

mod markdown;
pub mod text;

use std::path::Path;

use serde::Serialize;

use super::model::{Notice, Table, Tone};
use super::{Language, ReportError, build, html, ja, make, put};
use crate::analysis::sweep::{SweepAnalysis, SweepError};
use crate::runfile::sweep::SweepRun;
use crate::scenario::Scenario;
use crate::strategy::vary::Over;

pub use build::sweep::swept;

/// The version of the JSON form.
pub const FORMAT: u32 = 1;

/// Everything that a reader is told about a sweep, in the order of reading.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepReport {
    /// [`FORMAT`].
    pub sweep_report_format: u32,
    /// What its texts are written in; programs get English.
    #[serde(skip)]
    pub language: Language,
    /// The scenario's name.
    pub scenario: String,
    /// What it shows.
    pub about: String,
    /// One line: engine, link, stores, date.
    pub measured: String,
    /// The quantity.
    pub over: Over,
    /// What is swept, and how it was chosen.
    pub swept: String,
    /// What changes how every number is to be read.
    pub notices: Vec<Notice>,
    /// For each workload with an objective: where the first of them breaks.
    pub answers: Vec<EdgeAnswer>,
    /// The one of them that breaks first; none if there is no objective.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<EdgeAnswer>,
    /// Every objective and where it breaks.
    pub edges: Table,
    /// time = base + k × RTT, if the RTT is swept.
    pub fits: Option<Table>,
    /// A chart each.
    pub panels: Vec<EdgePanel>,
    /// The same as numbers, a workload each.
    pub curves: Vec<Table>,
    /// Validity of each value, those that are not valid first.
    pub validity: Table,
    /// What calls and stores cost as a live run showed it; none if nothing was taken from one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Table>,
    /// What this report cannot tell.
    pub unknowns: Vec<String>,
    /// How to do it again: name and value.
    pub again: Vec<(String, String)>,
    /// The scenario's text.
    pub source: String,
}

/// How close one workload is to its edge.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EdgeAnswer {
    /// The workload.
    pub workload: String,
    /// `22.9 ms`, `holds throughout`, `missed throughout`, `cannot tell`.
    pub word: String,
    /// What that means.
    pub tone: Tone,
    /// In plain words.
    pub sentence: String,
}

/// One workload's times over the values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EdgePanel {
    /// The workload.
    pub workload: String,
    /// What is drawn: `p99`, `ranking run`.
    pub measure: String,
    /// Numbers are shares, not times.
    pub share: bool,
    /// The limit and as shown.
    pub limit: Option<(f64, String)>,
    /// The easiest and the hardest value.
    pub range: (f64, f64),
    /// The scenario's own value and as shown, if it lies within the range.
    pub own: Option<(f64, String)>,
    /// Where the number passes the limit, and as shown.
    pub at: Option<(f64, String)>,
    /// It surely holds up to this value.
    pub holds_to: Option<f64>,
    /// It is surely missed from this value on.
    pub misses_from: Option<f64>,
    /// A measure of an arm or of all arms each.
    pub curves: Vec<EdgeCurve>,
}

/// One measure over the values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EdgeCurve {
    /// What it is: `p99`, `p50, all arms`.
    pub label: String,
    /// It crosses the link (of split workloads: this arm does).
    pub remote: bool,
    /// It is the number that the objective limits.
    pub main: bool,
    /// (value, nanoseconds or share, as shown).
    pub points: Vec<(f64, f64, String)>,
}

impl SweepReport {
    /// The report of a sweep of a scenario.
    ///
    /// # Errors
    /// If the sweep does not fit the scenario.
    pub fn of(sweep: &SweepRun, scenario: &Scenario) -> Result<Self, SweepError> {
        Ok(build::sweep::report(sweep, scenario, &SweepAnalysis::of(sweep, scenario)?))
    }
    /// The same in another language.
    #[must_use]
    pub fn told_in(self, language: Language, scenario: &Scenario) -> Self {
        match language {
            Language::English => self,
            Language::Japanese => ja::sweep(&self, scenario),
        }
    }
    /// The report as JSON, indented, with stable keys.
    pub fn json(&self) -> String {
        super::json(self)
    }
    /// The summary as Markdown.
    pub fn markdown(&self) -> String {
        markdown::summary(self)
    }
    /// The page.
    pub fn html(&self) -> String {
        html::sweep::page(self)
    }
}

/// Writes `sweep.json`, `report.html` and `summary.md` into `dir`, making it if need be, each whole or untouched.
///
/// # Errors
/// If the file system refuses.
pub fn write_all(dir: &Path, sweep: &SweepRun, report: &SweepReport) -> Result<(), ReportError> {
    let files = rendered(report);
    make(dir)?;
    sweep.write(&dir.join("sweep.json"))?;
    put(dir, &files)
}

/// Writes `report.html` and `summary.md` into `dir`, making it if need be, each whole or untouched.
///
/// # Errors
/// If the file system refuses.
pub fn write_report(dir: &Path, report: &SweepReport) -> Result<(), ReportError> {
    let files = rendered(report);
    make(dir)?;
    put(dir, &files)
}

fn rendered(report: &SweepReport) -> [(&'static str, String); 2] {
    [("report.html", report.html()), ("summary.md", report.markdown())]
}
