//! The value behind every rendering of a report.
//!
//! Texts are ready to be shown, numbers stand beside them in base units (nanoseconds, shares,
//! days), and nothing is markup. Key names are what `--format json` promises: they are added to,
//! never renamed, within one [`FORMAT`]. Not for: layout.

pub mod decision;

use serde::Serialize;

use super::words::Language;

pub use decision::{Download, EdgesShown, Missing, Panel, Threshold, Watch, Waterfall, WaterfallBar, WaterfallSide};

/// The version of the JSON form.
pub const FORMAT: u32 = 1;

/// Everything that a reader is told, in the order of reading.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// [`FORMAT`].
    pub report_format: u32,
    /// What its texts are written in; programs get English.
    #[serde(skip)]
    pub language: Language,
    /// The scenario's name.
    pub scenario: String,
    /// What it shows.
    pub about: String,
    /// One line: engine, link, stores, scale, date.
    pub measured: String,
    /// What changes how every number is to be read.
    pub notices: Vec<Notice>,
    /// The answer for each strategy.
    pub answers: Vec<Answer>,
    /// Workload × strategy.
    pub answer_table: Table,
    /// The rest of the one page on top.
    pub decision: Vec<Panel>,
    /// Strategies on the calendar.
    pub calendar: Calendar,
    /// Each strategy's phases, with what moves.
    pub phases: Vec<Table>,
    /// What strategies cost, side by side.
    pub cost: Vec<Table>,
    /// Each strategy's objectives by phase.
    pub objectives: Vec<Table>,
    /// Percentile curves by arm, a workload each.
    pub curves: Vec<CurvePanel>,
    /// Percentiles by arm, a workload each.
    pub percentiles: Vec<Table>,
    /// Where the time goes, a workload each.
    pub time: Vec<TimePanel>,
    /// The same as numbers.
    pub time_table: Table,
    /// Workloads that move by percentage, as users feel it; empty if none does.
    pub rollout: RolloutShown,
    /// The calls of each journey in their order.
    pub waterfalls: Vec<Waterfall>,
    /// How close to the edge: a sweep each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<EdgesShown>,
    /// What to watch in production: a strategy each.
    pub watch: Vec<Watch>,
    /// Cron jobs, queues, start-up: those that there are.
    pub loads: Vec<Table>,
    /// Validity and lateness.
    pub validity: Vec<Table>,
    /// Live against simulated; absent if one engine alone performed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementShown>,
    /// What to fix first, and what that buys; absent if nobody asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<AdviceShown>,
    /// What this report cannot tell.
    pub unknowns: Vec<String>,
    /// How to do it again: name and value.
    pub again: Vec<(String, String)>,
    /// The scenario's text.
    pub source: String,
    /// Files for other programs; the report itself as JSON is not among them.
    #[serde(skip)]
    pub downloads: Vec<Download>,
}

/// What to fix, leave behind and move first, each simulated; never mixed with what was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AdviceShown {
    /// In plain words, for all strategies together.
    pub sentence: String,
    /// A strategy each, in the order of the answers.
    pub strategies: Vec<StrategyAdvice>,
    /// The calls that cost most, and what fixing each buys.
    pub costliest: Table,
    /// Every mitigation alone and the best sets together: what they buy, phase by phase.
    pub gains: Vec<Table>,
    /// What read-only windows, cold caches and restarts miss beyond their phases, and what helps.
    pub short_states: Table,
    /// What must not move before its stores do.
    pub leave_behind: Table,
    /// In which order the workloads should move.
    pub order: Table,
    /// How to write the changed scenario: strategy and command.
    pub apply: Vec<(String, String)>,
}

/// What would make one strategy hold its objectives.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StrategyAdvice {
    /// The strategy.
    pub strategy: String,
    /// `yes`, `yes, with fixes`, `no`, `cannot tell`.
    pub word: String,
    /// What that means.
    pub tone: Tone,
    /// The smallest set found, by the names that `advise --apply` takes; empty if none is needed or none helps.
    pub fixes: Vec<String>,
    /// What each of them does, in words.
    pub titles: Vec<String>,
    /// In plain words.
    pub sentence: String,
}

/// Workloads that move by percentage, as users feel it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RolloutShown {
    /// One for each phase in which a workload is split, and what none can show.
    pub sentences: Vec<String>,
    /// Arms and blends a strategy each; what shares hide; sessions; all of it foretold; how long to watch.
    pub tables: Vec<Table>,
}

/// How far a simulation of the same plan agrees with what was measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgreementShown {
    /// In plain words.
    pub sentence: String,
    /// What that means: held, or nobody can tell.
    pub tone: Tone,
    /// Each percentile over all arms.
    pub summary: Table,
    /// Each arm, a placement each.
    pub placements: Vec<Table>,
}

/// What changes how every number is to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// How grave it is.
    pub tone: Tone,
    /// In words.
    pub text: String,
}

/// What a text or number means for the reader; never told by colour alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Nothing in particular.
    #[default]
    Plain,
    /// Beside the point.
    Muted,
    /// An objective is held.
    Held,
    /// Nobody can tell.
    Unknown,
    /// The measurement failed its own checks.
    Invalid,
    /// An objective is missed.
    Missed,
}

impl Tone {
    /// The mark that stands before a text of this tone.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Plain | Self::Muted => "",
            Self::Held => "✓",
            Self::Unknown => "?",
            Self::Invalid => "⊘",
            Self::Missed => "✗",
        }
    }
}

/// The answer for one strategy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The strategy.
    pub strategy: String,
    /// What it is.
    pub about: String,
    /// `yes`, `no`, `cannot tell`, `no objective`.
    pub word: String,
    /// What that means.
    pub tone: Tone,
    /// In plain words.
    pub sentence: String,
    /// Its length.
    pub days: f64,
}

/// Rows under columns.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Table {
    /// A name that is unique in the report: lower-case words with hyphens.
    pub id: String,
    /// What the table shows.
    pub caption: String,
    /// The first is the rows' own heading.
    pub columns: Vec<Column>,
    /// In order.
    pub rows: Vec<Row>,
    /// What must be said about all of it; empty for nothing.
    pub note: String,
}

/// A column's heading.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Column {
    /// What it holds.
    pub title: String,
    /// The unit of its numbers; empty for none, or where each row has its own.
    pub unit: String,
    /// It holds numbers: shown to the right.
    pub number: bool,
}

/// A row: its heading and its cells.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Row {
    /// What the row is about.
    pub head: String,
    /// The unit of its numbers, or another word beside the heading; empty for none.
    pub unit: String,
    /// One for each column but the first.
    pub cells: Vec<Cell>,
}

/// One cell.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Cell {
    /// What is shown.
    pub text: String,
    /// What is shown smaller beside it: interval and samples; empty for nothing.
    pub small: String,
    /// The whole truth of it, for hovering; empty for nothing more.
    pub detail: String,
    /// The number in base units (nanoseconds, shares, counts, days); `None` if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// What it means.
    pub tone: Tone,
}

impl Cell {
    /// A cell of plain text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
    /// A number and what is shown of it.
    pub fn number(value: f64, text: impl Into<String>) -> Self {
        Self { text: text.into(), value: value.is_finite().then_some(value), ..Self::default() }
    }
    /// What is not there, and why.
    pub fn absent(why: impl Into<String>) -> Self {
        Self { text: why.into(), tone: Tone::Muted, ..Self::default() }
    }
    /// The same with this tone.
    #[must_use]
    pub fn toned(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}

impl Column {
    /// A column of text.
    pub fn text(title: &str) -> Self {
        Self { title: title.into(), ..Self::default() }
    }
    /// A column of numbers in `unit`.
    pub fn number(title: &str, unit: &str) -> Self {
        Self { title: title.into(), unit: unit.into(), number: true }
    }
}

/// Strategies over the same weeks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calendar {
    /// The length of the longest.
    pub days: f64,
    /// A strategy each.
    pub lanes: Vec<Lane>,
}

/// One strategy on the calendar.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lane {
    /// The strategy.
    pub strategy: String,
    /// Its phases.
    pub blocks: Vec<Block>,
    /// One line for each workload.
    pub lines: Vec<Line>,
}

/// One phase on the calendar.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Block {
    /// From 1.
    pub number: usize,
    /// The phase's name.
    pub name: String,
    /// Its first day, from 0.
    pub starts: f64,
    /// Its length.
    pub days: f64,
    /// How near the worst objective is to its limit.
    pub shade: Shade,
    /// The worst objective, shortly: `web p99 1.84×`.
    pub label: String,
    /// The same at length.
    pub detail: String,
    /// How many moves are at its start.
    pub moves: usize,
    /// Read-only windows and cold caches at its start, in words.
    pub events: Vec<String>,
}

/// How near the worst objective of a phase is to its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shade {
    /// Nothing comes near half of its limit.
    Far,
    /// Something comes beyond half of its limit.
    Near,
    /// Something is missed, by less than twice.
    Missed,
    /// Something is missed by twice or more.
    MissedFar,
    /// There is no number.
    Unknown,
    /// The measurement failed its own checks.
    Invalid,
    /// It was not measured.
    NotMeasured,
}

/// One workload's line under a lane.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// The workload.
    pub workload: String,
    /// What is drawn: `p99`, `longest run`, `ready`.
    pub measure: String,
    /// The objective, in nanoseconds.
    pub limit: Option<f64>,
    /// The objective as shown.
    pub limit_text: String,
    /// A phase each.
    pub points: Vec<Point>,
}

/// One phase of a line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// Its first day.
    pub starts: f64,
    /// Its length in days.
    pub days: f64,
    /// In nanoseconds; `None` if there is none to show.
    pub value: Option<f64>,
    /// As shown, or why there is none.
    pub text: String,
    /// The whole truth of it.
    pub detail: String,
    /// What it means.
    pub tone: Tone,
}

/// Percentile curves of one workload.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurvePanel {
    /// The workload.
    pub workload: String,
    /// What its journeys are: requests, jobs, items, instances.
    pub journeys: String,
    /// Objectives: (share, nanoseconds, as shown).
    pub limits: Vec<(f64, f64, String)>,
    /// An arm each.
    pub curves: Vec<Curve>,
}

/// One arm's percentile curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// The arm: platform and distance.
    pub label: String,
    /// The phase that it was measured in, and samples.
    pub detail: String,
    /// It is away from a store that it uses.
    pub remote: bool,
    /// (share of journeys, nanoseconds).
    pub points: Vec<(f64, f64)>,
}

/// Where the time of one workload goes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimePanel {
    /// The workload.
    pub workload: String,
    /// What its journeys are: requests, jobs, items, instances.
    pub journeys: String,
    /// An arm each.
    pub bars: Vec<TimeBar>,
}

/// The mean journey of one arm, in nanoseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimeBar {
    /// The arm: platform and distance.
    pub label: String,
    /// The phase that it was measured in.
    pub detail: String,
    /// Round trips × RTT, and what the link added to them.
    pub distance: f64,
    /// The stores' own time.
    pub store: f64,
    /// For a worker, a connection or a lock.
    pub waiting: f64,
    /// Think time and platform overhead.
    pub think: f64,
    /// Driver, runtime, lateness, jitter.
    pub rest: f64,
    /// All of it.
    pub total: f64,
}
