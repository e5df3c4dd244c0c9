//! What the person who decides reads first, and what backs it: the one page, edges, waterfalls, thresholds, downloads.
//!
//! Plain data as in the rest of the model. Not for: layout.

use serde::Serialize;

use super::{Notice, Table, Tone};
use crate::report::sweep::{EdgeAnswer, EdgePanel};
use crate::strategy::vary::Over;

/// One part of the one page on top: a few lines, a small table, and where the rest of it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Panel {
    /// A name that is unique in the report: lower-case words with hyphens.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// In plain words, the most important first.
    pub lines: Vec<Notice>,
    /// At most a few rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<Table>,
    /// The anchor of the section with the details, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// What is not known yet and the command that tells it; empty if nothing is absent.
    pub missing: Vec<Missing>,
}

/// Something that this report does not have, and which command gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// What it would tell.
    pub what: String,
    /// What to type.
    pub command: String,
}

/// How close to the edge, over one quantity: a sweep of its own, never mixed with what the run measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EdgesShown {
    /// The quantity.
    pub over: Over,
    /// What a reader calls it: `RTT`.
    pub name: String,
    /// One line: engine, link, stores, date.
    pub measured: String,
    /// What is swept, and how it was chosen.
    pub swept: String,
    /// What changes how every number is to be read.
    pub notices: Vec<Notice>,
    /// For each workload with an objective: where the first of them breaks.
    pub answers: Vec<EdgeAnswer>,
    /// The one of them that breaks first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<EdgeAnswer>,
    /// Every objective and where it breaks.
    pub edges: Table,
    /// time = base + k × RTT, if the RTT is swept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fits: Option<Table>,
    /// A chart each.
    pub panels: Vec<EdgePanel>,
    /// The same as numbers, a workload each.
    pub curves: Vec<Table>,
}

/// The calls of one journey in their order, near its stores and away from them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waterfall {
    /// The journey.
    pub journey: String,
    /// The workloads that perform it like this.
    pub performers: Vec<String>,
    /// The same journey at several distances, nearest first; then after mitigation.
    pub sides: Vec<WaterfallSide>,
    /// The same as numbers.
    pub table: Table,
}

/// A journey at one distance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaterfallSide {
    /// `beside its stores, 0.5 ms`, `15 ms away`, `15 ms away, after batch-item-page`.
    pub label: String,
    /// The round-trip time to every store, in nanoseconds.
    pub rtt_ns: u64,
    /// It is behind the longer link.
    pub remote: bool,
    /// The mean journey on an idle system, in nanoseconds.
    pub total: f64,
    /// One for each call, in order.
    pub bars: Vec<WaterfallBar>,
}

/// One call of a waterfall; all times in nanoseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaterfallBar {
    /// `30.4 × query 1 row of 300 B`, `connect to main-db`, `think`.
    pub what: String,
    /// How deep in parallel branches it is.
    pub depth: usize,
    /// From the start of the journey.
    pub starts: f64,
    /// Round trips × RTT.
    pub distance: f64,
    /// The store's own time.
    pub store: f64,
    /// The application's own time.
    pub think: f64,
    /// Mean round trips of all its repetitions.
    pub round_trips: f64,
}

impl WaterfallBar {
    /// How long it lasts.
    pub fn total(&self) -> f64 {
        self.distance + self.store + self.think
    }
}

/// What to watch while one strategy is carried out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Watch {
    /// The strategy.
    pub strategy: String,
    /// Objective × phase: as expected up to the first number, no-go beyond the second.
    pub table: Table,
    /// The same for programs.
    pub thresholds: Vec<Threshold>,
}

/// One number to watch in one phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Threshold {
    /// The phase, from 1.
    pub number: usize,
    /// Its name.
    pub phase: String,
    /// The workload.
    pub workload: String,
    /// `http`, `queue`, `cron` or `startup`.
    pub kind: String,
    /// The site of one arm by itself; none for all arms together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The queue or job; the workload's own name where it has only one part.
    pub part: String,
    /// `p99`, `errors`, `oldest job`, `run`, `ready`.
    pub quantity: String,
    /// The quantile that is watched; none for what is no quantile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantile: Option<f64>,
    /// The upper end of what is expected: nanoseconds or a share; none if nobody can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<f64>,
    /// The objective: nanoseconds or a share.
    pub limit: f64,
    /// What the run says of it.
    pub tone: Tone,
}

/// A file that the page carries within itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub what: String,
    /// Its media type.
    pub media: &'static str,
    /// Itself.
    pub bytes: Vec<u8>,
    /// The command that writes it.
    pub command: String,
}
