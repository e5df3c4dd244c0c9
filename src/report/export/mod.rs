//! The report for other programs: tables as CSV, histograms as hgrm, thresholds as alert rules and as a dashboard.
//!
//! The same report gives the same bytes. Nothing here judges or measures. Not for: the report itself as JSON, text or
//! HTML.

pub(super) mod csv;
mod grafana;
pub(super) mod hgrm;
mod prometheus;
mod thresholds;

use std::io::Write as _;

use flate2::{Compression, GzBuilder};

use super::model::{Download, Report};
use crate::runfile::Run;

pub use csv::csv;
pub use grafana::dashboard;
pub use hgrm::{Distribution, distributions, together};
pub use prometheus::rules;

/// Larger texts travel compressed.
const PLAIN_MOST: usize = 60_000;

/// The files that the page offers; the report as JSON is added where it is rendered.
pub(super) fn downloads(report: &Report, run: &Run) -> Vec<Download> {
    let name = |end: &str| format!("{}{end}", file_name(&report.scenario));
    let command = |form: &str, end: &str| format!("longhaul report run.json --format {form} -o {}", name(end));
    vec![
        file(name(".csv"), "every table, a number a line", "text/csv", csv(report), command("csv", ".csv")),
        file(
            name(".hgrm"),
            "every arm's response times as HdrHistogram percentiles",
            "text/plain",
            together(&distributions(run)),
            command("hgrm", ".hgrm"),
        ),
        file(
            name("-rules.yaml"),
            "alert rules for Prometheus",
            "application/yaml",
            rules(report),
            command("prometheus-rules", "-rules.yaml"),
        ),
        file(
            name("-dashboard.json"),
            "a dashboard for Grafana",
            "application/json",
            dashboard(report),
            command("grafana", "-dashboard.json"),
        ),
        file(
            name(".yaml"),
            "the scenario",
            "application/yaml",
            report.source.clone(),
            "its text is in run.json under provenance.source".into(),
        ),
    ]
}

/// The report as JSON, for the page that shows it.
pub(super) fn json(report: &Report) -> Download {
    let name = format!("{}.json", file_name(&report.scenario));
    let command = format!("longhaul report run.json --format json -o {name}");
    file(name, "everything in this report", "application/json", report.json(), command)
}

fn file(name: String, what: &str, media: &'static str, text: String, command: String) -> Download {
    Download { name, what: what.into(), media, text, command }
}

/// A file as it travels within the page: its name, its media type, its bytes; compressed if it is long.
pub(super) fn packed(file: &Download) -> (String, &'static str, Vec<u8>) {
    if file.text.len() <= PLAIN_MOST {
        return (file.name.clone(), file.media, file.text.clone().into_bytes());
    }
    (format!("{}.gz", file.name), "application/gzip", compressed(file.text.as_bytes()))
}

/// As gzip, without name and time, so that the same text gives the same bytes.
fn compressed(text: &[u8]) -> Vec<u8> {
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    gzip.write_all(text).expect("writing into memory cannot fail");
    gzip.finish().expect("writing into memory cannot fail")
}

/// A scenario's name as a file's.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = name.chars().map(plain).collect();
    if name.is_empty() { "report".into() } else { name }
}
