//! What each workload pays: exposure, days apart, journeys beyond the objective, cron runs.

use crate::analysis::cost::{Exposure, Runs, Slow};
use crate::analysis::strategy::StrategyAnalysis;
use crate::analysis::words;
use crate::report::model::{Cell, Row, Tone};

use super::{joined, missing, row, traced};

/// What must be said about all of the table.
pub(super) const NOTE: &str = "Exposure: days × share × added mean response time against the first phase, summed over phases; the \
    mean, because means add up over arms and days and percentiles do not. Phases that are quicker than the first count against slower ones. Of cron: of an item, jobs weighted by the items \
    that their schedules ask for. Full-traffic days apart: days × share of the \
    workload that is away from a store that it uses. Journeys are counted at the scenario's full mean arrival rate, as if every \
    hour were like the measured one, or with a daily shape each quarter of the day like its own; runs of cron jobs as their schedule and the length of a run give them.";

pub(super) fn rows(strategies: &[StrategyAnalysis]) -> Vec<Row> {
    let Some(first) = strategies.first() else { return Vec::new() };
    let exposures = first.cost.exposure.iter().enumerate().flat_map(|(i, exposure)| {
        let name = &exposure.workload;
        let cell = |s: &StrategyAnalysis| self::exposure(&s.cost.exposure[i]);
        let apart = |s: &StrategyAnalysis| {
            traced(s.cost.exposure[i].apart, "days × share of the arms that are away from a store that they use")
        };
        [
            row(&format!("{name} exposure"), "ms·d", strategies, cell),
            row(&format!("{name} full-traffic days apart"), "d", strategies, apart),
        ]
    });
    let slow = first.cost.slow.iter().enumerate().map(|(i, slow)| {
        let head = format!("{} journeys failed or over {}", slow.workload, words::time(slow.limit_ns as f64));
        row(&head, "", strategies, |s| self::slow(&s.cost.slow[i]))
    });
    let runs = first.cost.runs.iter().enumerate().flat_map(|(i, runs)| {
        let name = if runs.job == runs.workload { runs.job.clone() } else { format!("{} {}", runs.workload, runs.job) };
        let of = |what: &str, count: fn(&Runs) -> f64| {
            row(&format!("{name} runs {what}"), "", strategies, |s| self::runs(&s.cost.runs[i], count))
        };
        [
            of("late", |r| r.late),
            of("skipped", |r| r.skipped),
            of("killed", |r| r.killed),
            of("beside another", |r| r.overlapped),
        ]
    });
    let something = |row: &Row| row.cells.iter().any(|c| c.value.is_some_and(|v| v > 0.0));
    exposures.chain(slow).chain(runs.filter(something)).collect()
}

fn exposure(exposure: &Exposure) -> Cell {
    let Some(e) = exposure.ms_days else { return Cell::absent("unknown") };
    let nothing = e.low <= 0.0 && e.high >= 0.0;
    let sign = if exposure.at_least { "≥ " } else { "" };
    let interval = format!("{} to {}", words::digits(e.low), words::digits(e.high));
    Cell {
        text: format!("{sign}{}", words::digits(e.value)),
        small: joined([interval.clone(), missing(exposure.days_missing)]),
        detail: format!(
            "{} ms·d, 95 % interval {interval}{}",
            words::digits(e.value),
            if nothing { ": not distinguishable from nothing" } else { "" }
        ),
        value: Some(e.value),
        tone: if nothing { Tone::Muted } else { Tone::Plain },
    }
}

fn slow(slow: &Slow) -> Cell {
    if slow.of <= 0.0 {
        return Cell::absent("unknown");
    }
    let share = slow.journeys / slow.of;
    Cell {
        small: joined([words::percent(share), missing(slow.days_missing)]),
        ..traced(slow.journeys, format!("{} of {}", words::digits(slow.journeys), words::digits(slow.of)))
    }
}

fn runs(runs: &Runs, count: fn(&Runs) -> f64) -> Cell {
    if runs.starts <= 0.0 {
        return Cell::absent("unknown");
    }
    let detail = format!("{} of {} starts", words::digits(count(runs)), words::digits(runs.starts));
    Cell { small: missing(runs.days_unknown), ..traced(count(runs), detail) }
}
