//! The report of two runs beside each other: one plain value, and what is written from it.
//!
//! Tables are those that other reports are made of, laid out by the same renderers. Not for: comparing (`analysis::compare`).

mod markdown;
pub mod text;

use std::path::Path;

use serde::Serialize;

use super::model::{Notice, Table, Tone};
use super::{Language, ReportError, build, html, ja, make, put};
use crate::analysis::compare::compare;
use crate::analysis::pairs::Incomparable;
use crate::analysis::summarise;
use crate::runfile::Run;
use crate::scenario::Scenario;

/// The version of the JSON form.
pub const FORMAT: u32 = 1;

/// Everything that a reader is told about two runs, in the order of reading.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CompareReport {
    /// [`FORMAT`].
    pub compare_report_format: u32,
    /// What its texts are written in; programs get English.
    #[serde(skip)]
    pub language: Language,
    /// What is compared: `mercari-us, live against simulated`.
    pub title: String,
    /// One line for each run: its name (A, B), how and when it was made.
    pub sides: [(String, String); 2],
    /// What changes how every number is to be read.
    pub notices: Vec<Notice>,
    /// In plain words.
    pub sentence: String,
    /// What that means.
    pub tone: Tone,
    /// What differs in how they were made.
    pub differs: Table,
    /// Answers of both, workload × strategy; of strategies that both have.
    pub answers: Table,
    /// What strategies that both have cost in each.
    pub cost: Table,
    /// Every arm that both have, a placement each.
    pub arms: Vec<Table>,
}

impl CompareReport {
    /// Compares two runs of scenarios.
    ///
    /// # Errors
    /// If they have nothing in common.
    pub fn of(first: (&Run, &Scenario), second: (&Run, &Scenario)) -> Result<Self, Incomparable> {
        let comparison = compare(first.0, second.0)?;
        let analyses = (summarise(first.0, first.1), summarise(second.0, second.1));
        Ok(build::compare::report((first, &analyses.0), (second, &analyses.1), &comparison))
    }
    /// The same in another language.
    #[must_use]
    pub fn told_in(self, language: Language, scenarios: &[&Scenario]) -> Self {
        match language {
            Language::English => self,
            Language::Japanese => ja::compare(&self, scenarios),
        }
    }
    /// The report as JSON, indented, with stable keys.
    pub fn json(&self) -> String {
        super::json(self)
    }
    /// The comparison as Markdown.
    pub fn markdown(&self) -> String {
        markdown::summary(self)
    }
    /// The page.
    pub fn html(&self) -> String {
        html::compare::page(self)
    }
}

/// Writes `compare.html`, `compare.md` and `compare.json` into `dir`, making it if need be, each whole or untouched.
///
/// # Errors
/// If the file system refuses.
pub fn write_report(dir: &Path, report: &CompareReport) -> Result<(), ReportError> {
    let files = [("compare.html", report.html()), ("compare.md", report.markdown()), ("compare.json", report.json())];
    make(dir)?;
    put(dir, &files)
}
