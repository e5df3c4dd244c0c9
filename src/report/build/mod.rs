//! From an analysis to a report: which texts and numbers a reader gets, in which order.
//!
//! One file a group of sections; each makes plain data and decides nothing that `analysis` has not
//! decided. Not for: layout and markup (`text`, `markdown`, `html`).

pub mod advice;
mod agreement;
mod arms;
mod calendar;
pub mod compare;
mod cost;
mod decision;
mod edges;
mod loads;
mod objectives;
mod rollout;
mod shown;
mod simulated;
pub mod sweep;
mod trust;
mod watch;
mod waterfall;

use crate::analysis::rollout::rollouts;
use crate::analysis::strategy::{StrategyAnalysis, Word};
use crate::analysis::{Analysis, words};
use crate::runfile::Run;
use crate::scenario::Scenario;

pub(super) use agreement::shown as agreement;
pub(super) use edges::shown as edges;
pub(super) use rollout::shown as rollout;

use super::model::{Answer, Cell, Column, FORMAT, Notice, Report, Row, Table, Tone};
use super::{Language, Wishes, export};

/// What every section is made from.
struct Source<'a> {
    run: &'a Run,
    scenario: &'a Scenario,
    analysis: &'a Analysis,
}

/// Builds the report.
pub fn report(run: &Run, scenario: &Scenario, analysis: &Analysis, wishes: &Wishes) -> Report {
    let from = Source { run, scenario, analysis };
    Report {
        report_format: FORMAT,
        language: Language::English,
        scenario: scenario.name.clone(),
        about: scenario.about.split_whitespace().collect::<Vec<_>>().join(" "),
        measured: measured(run),
        notices: notices(&from),
        answers: analysis.strategies.iter().map(answer).collect(),
        answer_table: answer_table(&from),
        decision: Vec::new(),
        calendar: calendar::calendar(&from),
        phases: calendar::phases(&from),
        cost: cost::tables(&from, wishes.weights.as_ref()),
        objectives: objectives::tables(&from),
        curves: arms::curves(&from),
        percentiles: arms::percentiles(&from),
        time: arms::time(&from),
        time_table: arms::time_table(&from),
        rollout: rollout(&rollouts(run, scenario, analysis, wishes.session), &run.provenance.engine),
        waterfalls: Vec::new(),
        edges: Vec::new(),
        watch: watch::watches(&from),
        loads: loads::tables(&from),
        validity: trust::validity(&from),
        agreement: None,
        advice: None,
        unknowns: trust::unknowns(&from),
        again: trust::again(run),
        source: run.provenance.source.clone(),
        downloads: Vec::new(),
    }
}

/// Adds what follows from the sections that stand beside the run: fixed journeys, the one page, downloads.
pub(super) fn finish(report: &mut Report, run: &Run, scenario: &Scenario, analysis: &Analysis) {
    let from = Source { run, scenario, analysis };
    decision::advised(report);
    report.waterfalls = waterfall::waterfalls(scenario, report.advice.as_ref());
    report.decision = decision::panels(report, &from);
    report.downloads = export::downloads(report, run);
}

/// One line: how, with what, when.
fn measured(run: &Run) -> String {
    let p = &run.provenance;
    if let Some(simulated) = &p.simulated {
        return simulated::measured(run, simulated);
    }
    format!(
        "measured live through the {} link against {} stores, {}, in {}",
        p.link,
        p.stores,
        words::date(p.started_unix),
        words::time(p.took_ns as f64)
    )
}

/// What changes how every number is to be read, gravest first.
fn notices(from: &Source) -> Vec<Notice> {
    let p = &from.run.provenance;
    let mut all = Vec::new();
    let mut say = |tone, text: String| all.push(Notice { tone, text });
    for placement in from.run.placements.iter().filter(|p| !p.invalid.is_empty()) {
        let condition =
            if placement.condition == "steady" { String::new() } else { format!(", {}", placement.condition) };
        say(Tone::Invalid, format!("INVALID: {}{condition}: {}", placement.label, placement.invalid.join("; ")));
    }
    if p.partial {
        say(Tone::Unknown, "Partial: the run was stopped before all placements were measured.".into());
    }
    if (p.scale - 1.0).abs() > 1e-9 {
        let scale = words::digits(p.scale);
        say(
            Tone::Unknown,
            format!(
                "Scale {scale}: arrivals and limits were multiplied by {scale}; the real load is {} times this.",
                words::digits(1.0 / p.scale)
            ),
        );
    }
    for text in p.simulated.iter().flat_map(|simulated| simulated::notices(&from.run.placements, simulated)) {
        say(Tone::Plain, text);
    }
    if p.stores.starts_with("stand-in") {
        say(
            Tone::Plain,
            "Stand-in stores: they answer after the service times that the scenario gives, and do no other work."
                .into(),
        );
    }
    let extrapolated = from.analysis.placements.iter().flat_map(|p| &p.workloads).flat_map(|w| &w.checks);
    if extrapolated.filter_map(|c| c.measured).any(|m| m.extrapolated) {
        say(Tone::Plain, "Numbers with ≈ are extrapolated: a part of the work was measured.".into());
    }
    all
}

/// The answer for one strategy.
fn answer(strategy: &StrategyAnalysis) -> Answer {
    Answer {
        strategy: strategy.name.clone(),
        about: strategy.about.clone(),
        word: strategy.answer.shown().into(),
        tone: tone(strategy.answer),
        sentence: strategy.sentence.clone(),
        days: strategy.cost.days,
    }
}

const fn tone(word: Word) -> Tone {
    match word {
        Word::NoObjective => Tone::Muted,
        Word::Yes => Tone::Held,
        Word::CannotTell => Tone::Unknown,
        Word::No => Tone::Missed,
    }
}

/// Workload × strategy: yes, no, cannot tell, each with its reason.
fn answer_table(from: &Source) -> Table {
    let strategies = &from.analysis.strategies;
    let columns = strategies.iter().map(|s| Column::text(&s.name));
    let cell = |strategy: &StrategyAnalysis, index: usize| {
        let answer = &strategy.answers[index];
        let already = if answer.already { ", already before any move" } else { "" };
        Cell {
            text: answer.word.shown().into(),
            small: format!("{}{already}", answer.reason),
            tone: tone(answer.word),
            ..Cell::default()
        }
    };
    let row = |(index, workload): (usize, &crate::scenario::Workload)| Row {
        head: workload.name.clone(),
        unit: workload.kind.word().into(),
        cells: strategies.iter().map(|s| cell(s, index)).collect(),
    };
    Table {
        id: "answers".into(),
        caption: "Can it be done this way?".into(),
        columns: std::iter::once(Column::text("Workload")).chain(columns).collect(),
        rows: from.scenario.workloads.iter().enumerate().map(row).collect(),
        note: String::new(),
    }
}

/// A name made fit for an anchor: lower-case letters, digits and hyphens.
fn anchor(prefix: &str, name: &str) -> String {
    let plain = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    format!("{prefix}-{}", plain.collect::<String>())
}
