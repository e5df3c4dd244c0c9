//! Section 3: what strategies cost, side by side.

use crate::analysis::cost::{Cost, Exposure, Late, Slow};
use crate::analysis::strategy::{StrategyAnalysis, Word};
use crate::analysis::words;
use crate::report::model::{Cell, Column, Row, Table, Tone};

use super::Source;

/// Two tables: the whole strategy, and by workload.
pub(super) fn tables(from: &Source) -> Vec<Table> {
    let strategies = &from.analysis.strategies;
    let columns = || -> Vec<Column> {
        let each = strategies.iter().map(|s| Column::number(&s.name, ""));
        std::iter::once(Column::text("Measure")).chain(each).collect()
    };
    let whole = Table {
        id: "cost".into(),
        caption: "What each strategy costs".into(),
        columns: columns(),
        rows: whole(strategies),
        note: "Split: some workload is behind a longer link than the one within its site to a store that it uses."
            .into(),
    };
    let by_workload = Table {
        id: "cost-by-workload".into(),
        caption: "What each workload pays".into(),
        columns: columns(),
        rows: by_workload(strategies),
        note:
            "Exposure: days × share × added mean response time against the first phase, summed over phases; the mean, \
               because means add up over arms and days and percentiles do not. Journeys are counted at the scenario's \
               full mean arrival rate, as if every hour were like the measured one."
                .to_owned()
                + restarts(from),
    };
    vec![whole, by_workload].into_iter().filter(|t| !t.rows.is_empty()).collect()
}

/// How restarts of platforms are counted, if there are any.
fn restarts(from: &Source) -> &'static str {
    let events = from.run.strategies.iter().flat_map(|s| &s.phases).flat_map(|phase| &phase.events);
    if events.into_iter().any(|event| event.kind == "restart") {
        " Restarts of platforms count with the part of each day in which they are felt."
    } else {
        ""
    }
}

fn row(head: &str, unit: &str, strategies: &[StrategyAnalysis], of: impl Fn(&StrategyAnalysis) -> Cell) -> Row {
    Row { head: head.into(), unit: unit.into(), cells: strategies.iter().map(of).collect() }
}

fn plain(value: f64) -> Cell {
    Cell::number(value, words::digits(value))
}

fn whole(strategies: &[StrategyAnalysis]) -> Vec<Row> {
    let number = |head, unit, of: fn(&Cost) -> f64| row(head, unit, strategies, |s| plain(of(&s.cost)));
    let mut rows = vec![
        number("Length", "d", |c| c.days),
        number("Split over two sites", "d", |c| c.days_split),
        number("Read-only", "min", |c| c.read_only_minutes),
        number("Phases", "", |c| c.phases as f64),
        number("Moves", "", |c| c.moves as f64),
        row("Workloads that miss an objective", "", strategies, |s| {
            let missed = s.answers.iter().filter(|a| a.word == Word::No).count() as f64;
            let tone = if missed > 0.0 { Tone::Missed } else { Tone::Plain };
            plain(missed).toned(tone)
        }),
        row("Workloads about which nobody can tell", "", strategies, |s| {
            plain(s.answers.iter().filter(|a| a.word == Word::CannotTell).count() as f64)
        }),
    ];
    if strategies.iter().any(|s| s.cost.days_unknown > 0.0) {
        rows.push(number("Not measured", "d", |c| c.days_unknown));
    }
    rows
}

fn by_workload(strategies: &[StrategyAnalysis]) -> Vec<Row> {
    let Some(first) = strategies.first() else { return Vec::new() };
    let exposures = first.cost.exposure.iter().enumerate().map(|(i, exposure)| {
        row(&format!("{} exposure", exposure.workload), "ms·d", strategies, |s| self::exposure(&s.cost.exposure[i]))
    });
    let slow = first.cost.slow.iter().enumerate().map(|(i, slow)| {
        let head = format!("{} journeys failed or over {}", slow.workload, words::time(slow.limit_ns as f64));
        row(&head, "", strategies, |s| self::slow(&s.cost.slow[i]))
    });
    let late = first.cost.late.iter().enumerate().flat_map(|(i, late)| {
        let name = if late.job == late.workload { late.job.clone() } else { format!("{} {}", late.workload, late.job) };
        let runs =
            row(&format!("{name} runs late"), "", strategies, |s| self::late(&s.cost.late[i], s.cost.late[i].late));
        let meeting = row(&format!("{name} starts that find a run going"), "", strategies, |s| {
            self::late(&s.cost.late[i], s.cost.late[i].meeting)
        });
        [runs, meeting]
    });
    let something = |row: &Row| row.cells.iter().any(|c| c.value.is_some_and(|v| v > 0.0));
    exposures.chain(slow).chain(late.filter(something)).collect()
}

/// `+ 14 d unknown`, or nothing.
fn missing(days: f64) -> String {
    if days > 0.0 { format!("without {} d", words::digits(days)) } else { String::new() }
}

fn exposure(exposure: &Exposure) -> Cell {
    let Some(e) = exposure.ms_days else { return Cell::absent("unknown") };
    let nothing = e.low <= 0.0 && e.high >= 0.0;
    let sign = if exposure.at_least { "≥ " } else { "" };
    let interval = format!("{} to {}", words::digits(e.low), words::digits(e.high));
    let parts = [interval.clone(), missing(exposure.days_missing)];
    Cell {
        text: format!("{sign}{}", words::digits(e.value)),
        small: parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" · "),
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
    let share = if slow.of > 0.0 { slow.journeys / slow.of } else { 0.0 };
    let parts = [words::percent(share), missing(slow.days_missing)];
    Cell {
        text: words::digits(slow.journeys),
        small: parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" · "),
        detail: format!("{} of {}", words::digits(slow.journeys), words::digits(slow.of)),
        value: Some(slow.journeys),
        tone: Tone::Plain,
    }
}

fn late(late: &Late, value: f64) -> Cell {
    Cell { small: missing(late.days_unknown), ..plain(value) }
}
