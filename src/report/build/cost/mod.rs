//! Section 3: what strategies cost, side by side.
//!
//! Not for: which of them is better (`weigh`), or whether objectives are held (`objectives`).

mod capacity;
mod last;
mod weigh;
mod whole;
mod workload;

use crate::analysis::strategy::StrategyAnalysis;
use crate::analysis::weigh::{Weights, rank};
use crate::analysis::words;
use crate::report::model::{Cell, Column, Row, Table, Tone};

use super::Source;

/// The whole strategy, by workload, what it needs, and its last phase against its first; a ranking by the reader's weights,
/// if there are any.
pub(super) fn tables(from: &Source, weights: Option<&Weights>) -> Vec<Table> {
    let strategies = &from.analysis.strategies;
    let table = |id: &str, caption: &str, rows: Vec<Row>, note: &str| Table {
        id: id.into(),
        caption: caption.into(),
        columns: columns("Measure", strategies),
        rows,
        note: note.into(),
    };
    let all = vec![
        whole(strategies),
        table(
            "cost-by-workload",
            "What each workload pays",
            workload::rows(strategies),
            &(workload::NOTE.to_owned() + restarts(from)),
        ),
        table("cost-capacity", "Workers and connections that it takes", capacity::rows(strategies), capacity::NOTE),
        table("cost-last", "The last phase against the first", last::rows(strategies), last::NOTE),
    ];
    let ranking = weights.map(|weights| weigh::table(&rank(strategies, weights), weights));
    all.into_iter().filter(|t| !t.rows.is_empty()).chain(ranking).collect()
}

/// How restarts of platforms are counted, if there are any.
fn restarts(from: &Source) -> &'static str {
    let mut events = from.run.strategies.iter().flat_map(|s| &s.phases).flat_map(|phase| &phase.events);
    if events.any(|event| event.kind == "restart") {
        " Restarts of platforms count with the part of each day in which they are felt."
    } else {
        ""
    }
}

/// What whole strategies cost; they may be of several runs.
pub(super) fn whole(strategies: &[StrategyAnalysis]) -> Table {
    Table {
        id: "cost".into(),
        caption: "What each strategy costs".into(),
        columns: columns("Measure", strategies),
        rows: if strategies.is_empty() { Vec::new() } else { whole::rows(strategies) },
        note: whole::NOTE.into(),
    }
}

/// A column for each strategy.
fn columns(first: &str, strategies: &[StrategyAnalysis]) -> Vec<Column> {
    let each = strategies.iter().map(|s| Column::number(&s.name, ""));
    std::iter::once(Column::text(first)).chain(each).collect()
}

/// A row with a cell for each strategy.
fn row(head: &str, unit: &str, strategies: &[StrategyAnalysis], of: impl Fn(&StrategyAnalysis) -> Cell) -> Row {
    Row { head: head.into(), unit: unit.into(), cells: strategies.iter().map(of).collect() }
}

fn plain(value: f64) -> Cell {
    Cell::number(value, words::digits(value))
}

/// A number and how it came about.
fn traced(value: f64, detail: impl Into<String>) -> Cell {
    Cell { detail: detail.into(), ..plain(value) }
}

/// The same, marked as missed if it is more than nothing.
fn harm(value: f64, detail: impl Into<String>) -> Cell {
    let tone = if value > 0.0 { Tone::Missed } else { Tone::Plain };
    traced(value, detail).toned(tone)
}

/// `without 14 d`, or nothing.
fn missing(days: f64) -> String {
    if days > 0.0 { format!("without {} d", words::digits(days)) } else { String::new() }
}

/// Those that say something, with dots between them.
fn joined(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// `a + b + c`; nothing of nothing.
fn sum(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().collect::<Vec<_>>().join(" + ")
}
