//! A judged gate in every form that people and other programs read.
//!
//! One file a format, each a pure function of [`Told`]: what was judged, and which outcomes fail the build. The same gate gives
//! the same bytes. Not for: judging (`analysis::gate`) or exit codes (`cli::exit`).

pub mod bencher;
pub mod benchmark;
pub mod csv;
pub mod histograms;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
mod next;
pub mod prometheus;
pub mod sarif;
pub mod text;

pub(crate) use next::steps;

use crate::analysis::gate::{Check, Judged, Kind, Outcome, Paired};
use crate::analysis::words;
use crate::report::model::Tone;

/// A judged gate, and what of it fails the build.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// What was judged.
    pub judged: &'a Judged,
    /// Outcomes that end with an exit code of their own.
    pub failing: &'a [Outcome],
}

impl<'a> Told<'a> {
    /// Whether a check with this outcome fails the build.
    pub fn fails(&self, outcome: Outcome) -> bool {
        self.failing.contains(&outcome)
    }
    /// Whether anything fails it.
    pub fn failed(&self) -> bool {
        self.judged.checks.iter().any(|check| self.fails(check.outcome))
    }
    /// Every check, those that fail first, then the gravest first, else in their order.
    pub fn checks(&self) -> Vec<&'a Check> {
        let mut all: Vec<_> = self.judged.checks.iter().collect();
        all.sort_by_key(|check| std::cmp::Reverse((self.fails(check.outcome), check.outcome)));
        all
    }
    /// Those of [`Told::checks`] that are not simply passed.
    pub(crate) fn notable(&self) -> Vec<&'a Check> {
        self.checks().into_iter().filter(|check| check.outcome != Outcome::Pass).collect()
    }
    /// The same with passes that have something to tell: a snapshot was written, or statements differ in what costs nothing.
    pub(crate) fn news(&self) -> Vec<&'a Check> {
        let told =
            |check: &&Check| matches!(check.kind, Kind::Snapshot | Kind::Comparison) && !check.details.is_empty();
        self.checks().into_iter().filter(|check| check.outcome != Outcome::Pass || told(check)).collect()
    }
    /// The answer in a word: `passed` or `failed`, with what it failed by.
    pub(crate) fn answer(&self) -> String {
        let worst = self.judged.checks.iter().map(|check| check.outcome).filter(|outcome| self.fails(*outcome)).max();
        match worst {
            Some(worst) => format!("failed: {}", worst.word()),
            None if self.judged.checks.is_empty() => "nothing was checked".into(),
            None => "passed".into(),
        }
    }
    /// `12 checks: 10 pass, 2 regression`.
    pub(crate) fn tally(&self) -> String {
        let parts: Vec<_> =
            self.judged.tally().into_iter().map(|(outcome, n)| format!("{n} {}", outcome.word())).collect();
        let n = self.judged.checks.len();
        let plural = if n == 1 { "" } else { "s" };
        if n == 0 { "no checks".into() } else { format!("{n} check{plural}: {}", parts.join(", ")) }
    }
}

/// What an outcome means to a reader.
pub(crate) const fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Pass | Outcome::Improvement => Tone::Held,
        Outcome::Inconclusive | Outcome::Incomparable => Tone::Unknown,
        Outcome::Invalid => Tone::Invalid,
        Outcome::Regression | Outcome::OverBudget => Tone::Missed,
    }
}

/// The word of a kind, as in JSON.
pub(crate) const fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Budget => "budget",
        Kind::Snapshot => "snapshot",
        Kind::Objective => "objective",
        Kind::Baseline => "baseline",
        Kind::Comparison => "comparison",
        Kind::History => "history",
    }
}

/// Nanoseconds of a unit of time; `None` of any other unit.
pub(crate) fn nanos(unit: &str) -> Option<f64> {
    match unit {
        "ns" => Some(1.0),
        "µs" | "us" => Some(1e3),
        "ms" => Some(1e6),
        "s" => Some(1e9),
        _ => None,
    }
}

/// A number of a check as a reader wants it.
pub(crate) fn shown(value: f64, unit: &str) -> String {
    match (nanos(unit), unit) {
        (Some(size), _) => words::time(value * size),
        (None, "") => words::digits(value),
        (None, "share") => words::percent(value),
        // What was counted is told to the last one.
        (None, unit) if value.fract() == 0.0 && (0.0..1e15).contains(&value) => {
            format!("{} {unit}", words::count(value as u64))
        }
        (None, unit) => format!("{} {unit}", words::digits(value)),
    }
}

/// A number and its interval: `412 ms (408 ms to 415 ms)`.
pub(crate) fn found(check: &Check) -> String {
    let Some(value) = check.found else { return "unknown".into() };
    let interval = check.interval.filter(|(low, high)| low < high);
    let unit = check.unit.as_str();
    let around = interval.map_or_else(String::new, |(low, high)| {
        let high = if high.is_finite() { shown(high, unit) } else { "unbounded".into() };
        format!(" ({} to {high})", shown(low, unit))
    });
    format!("{}{around}", shown(value, unit))
}

/// Whether a comparison has numbers: without a round that counts it has none.
pub(crate) const fn known(pair: &Paired) -> bool {
    pair.rounds > 0
}

/// A ratio as a reader wants it.
pub(crate) fn ratio(value: f64) -> String {
    if value < RATIO_MOST { format!("{value:.3}") } else { "unbounded".into() }
}

/// Ratios from here on say nothing but that there is no bound.
const RATIO_MOST: f64 = 1e6;

/// A text in one line, without characters that would move a cursor or end a field.
pub(crate) fn clean(text: &str) -> String {
    // Bidirectional controls, too: they make a line read as another.
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    text.chars().map(|c| if c.is_control() || turns(c) { ' ' } else { c }).collect()
}

/// Only what is a number: JSON has no other.
pub(crate) fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}
