//! How one judged number becomes a cell. Not for: which numbers (the other files here).

use crate::analysis::verdict::{Check, Measured, Quantity, Verdict};
use crate::analysis::words;
use crate::measure::Estimate;
use crate::report::model::{Cell, Tone};

/// A unit of time that a whole row or column is shown in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct TimeUnit {
    /// Its name.
    pub(super) name: &'static str,
    nanos: f64,
}

impl TimeUnit {
    /// Milliseconds.
    pub(super) const MS: Self = Self { name: "ms", nanos: 1e6 };
    /// The unit in which `most` nanoseconds are still easy to read.
    pub(super) fn for_most(most: f64) -> Self {
        match most {
            m if m < 1e6 => Self { name: "µs", nanos: 1e3 },
            m if m < 10e9 => Self::MS,
            m if m < 600e9 => Self { name: "s", nanos: 1e9 },
            m if m < 36_000e9 => Self { name: "min", nanos: 60e9 },
            _ => Self { name: "h", nanos: 3_600e9 },
        }
    }
    /// A value in this unit, without its name.
    pub(super) fn shown(self, nanos: f64) -> String {
        words::digits(nanos / self.nanos)
    }
    /// An interval in this unit: `1,300–1,610`.
    pub(super) fn interval(self, estimate: &Estimate) -> String {
        format!("{}–{}", self.shown(estimate.low), self.shown(estimate.high))
    }
}

/// The tone of a verdict.
pub(super) const fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Held => Tone::Held,
        Verdict::NoneSeen => Tone::Plain,
        Verdict::CannotTell => Tone::Unknown,
        Verdict::NotMeasured => Tone::Muted,
        Verdict::Invalid => Tone::Invalid,
        Verdict::Missed => Tone::Missed,
    }
}

/// `≈` before what is extrapolated, `≥` before what is a lower bound.
pub(super) const fn sign(measured: &Measured) -> &'static str {
    match (measured.at_least, measured.extrapolated) {
        (true, _) => "≥ ",
        (false, true) => "≈ ",
        (false, false) => "",
    }
}

/// A judged objective in a row's unit.
pub(super) fn check(check: &Check, unit: TimeUnit, engine: &str) -> Cell {
    let Some(measured) = check.measured else {
        let why = if check.verdict == Verdict::CannotTell { &check.why } else { check.verdict.word() };
        let (text, small) = why.split_once(", ").unwrap_or((why, ""));
        let (text, small) = (text.to_owned(), small.to_owned());
        return Cell { text, small, detail: check.why.clone(), value: None, tone: tone(check.verdict) };
    };
    let Estimate { value, low, high, n } = measured.estimate;
    let in_unit = |v: f64| if check.quantity == Quantity::Errors { words::digits(v * 100.0) } else { unit.shown(v) };
    let samples = format!("n {}", words::count(n));
    let small = if (high - low).abs() < f64::EPSILON {
        samples
    } else {
        format!("{}–{} · {samples}", in_unit(low), in_unit(high))
    };
    let grows = check.quantity == Quantity::Oldest && measured.at_least;
    Cell {
        text: if grows { "grows".into() } else { format!("{}{}", sign(&measured), in_unit(value)) },
        small: if grows {
            check.why.replace("falls behind by ", "+").replace(" jobs an hour", " jobs/h")
        } else {
            small
        },
        detail: detail(check, &measured, engine),
        value: Some(value),
        tone: tone(check.verdict),
    }
}

/// The whole truth about a judged number.
pub(super) fn detail(check: &Check, measured: &Measured, engine: &str) -> String {
    let q = check.quantity;
    let Estimate { value, low, high, n } = measured.estimate;
    let mut text = format!(
        "{} {}{}: {}95 % interval {} to {}, n = {}, {engine}",
        q.name(),
        sign(measured),
        q.shown(value),
        if check.limit.is_finite() { format!("limit {}, ", q.shown(check.limit)) } else { String::new() },
        q.shown(low),
        q.shown(high),
        words::count(n)
    );
    if measured.extrapolated {
        text.push_str(", extrapolated");
    }
    if !check.why.is_empty() {
        text.push_str("; ");
        text.push_str(&check.why);
    }
    text
}

/// An unjudged time with its interval.
pub(super) fn time(estimate: Option<&Estimate>, n: u64, unit: TimeUnit, engine: &str) -> Cell {
    let Some(e) = estimate else {
        return Cell {
            text: "too few".into(),
            detail: format!("n = {} too few", words::count(n)),
            tone: Tone::Muted,
            ..Cell::default()
        };
    };
    Cell {
        text: unit.shown(e.value),
        small: unit.interval(e),
        detail: format!(
            "{}, 95 % interval {} to {}, n = {}, {engine}",
            words::time(e.value),
            words::time(e.low),
            words::time(e.high),
            words::count(e.n)
        ),
        value: Some(e.value),
        tone: Tone::Plain,
    }
}

/// How many numbers of these tables nobody can tell.
pub(super) fn unknown(tables: &[crate::report::model::Table]) -> usize {
    let cells = tables.iter().flat_map(|table| &table.rows).flat_map(|row| &row.cells);
    cells.filter(|cell| cell.tone == Tone::Unknown).count()
}
