//! The whole strategy: its calendar, its steps, what fails, and the exposure of everybody.

use crate::analysis::backlog::Backlog;
use crate::analysis::cost::{Cost, Everyone, Runs};
use crate::analysis::strategy::{StrategyAnalysis, Word};
use crate::analysis::words;
use crate::report::model::{Cell, Row};

use super::{harm, joined, missing, plain, row, sum, traced};

/// What must be said about all of the table.
pub(super) const NOTE: &str = "Split: some workload is behind a longer link than the one within its site to a store that it \
    uses. Exposure of everybody: the exposures of workloads with arrivals, each weighted by its requests or jobs a second; \
    cron items and boots do not arrive, and have rows of their own. Downtime: minutes of read-only windows and cold caches × \
    share of requests and jobs that fail in them. Place and platform at once: a workload, or a share of it, comes to a new site and \
    a new platform in one step, so that nobody can tell which of the two is to blame. Backlog: as it would be if nobody \
    did anything about a queue that falls behind.";

pub(super) fn rows(strategies: &[StrategyAnalysis]) -> Vec<Row> {
    let number = |head, unit, of: fn(&Cost) -> f64| row(head, unit, strategies, |s| plain(of(&s.cost)));
    let count = |word: Word| {
        move |s: &StrategyAnalysis| {
            let names: Vec<_> = s.answers.iter().filter(|a| a.word == word).map(|a| a.workload.clone()).collect();
            (names.len() as f64, words::list(&names))
        }
    };
    let mut rows = vec![
        number("Length", "d", |c| c.days),
        row("Split over two sites", "d", strategies, split),
        row("Exposure of everybody", "ms·d", strategies, |s| everyone(s.cost.everyone.as_ref())),
        row("Downtime", "min", strategies, downtime),
        number("Read-only", "min", |c| c.read_only_minutes),
        row("Phases", "", strategies, |s| {
            let names: Vec<_> = s.phases.iter().map(|p| p.name.clone()).collect();
            traced(s.cost.phases as f64, names.join("; "))
        }),
        row("Moves", "", strategies, |s| {
            let moves: Vec<_> = s.phases.iter().flat_map(|p| p.moves.clone()).collect();
            traced(s.cost.moves as f64, moves.join("; "))
        }),
        row("Place and platform at once", "moves", strategies, both),
        row("Workloads that miss an objective", "", strategies, |s| {
            let (missed, names) = count(Word::No)(s);
            harm(missed, names)
        }),
        row("Workloads about which nobody can tell", "", strategies, |s| {
            let (unknown, names) = count(Word::CannotTell)(s);
            traced(unknown, names)
        }),
    ];
    rows.extend(runs(strategies));
    rows.extend(queues(strategies));
    if strategies.iter().any(|s| s.cost.days_unknown > 0.0) {
        rows.push(number("Not measured", "d", |c| c.days_unknown));
    }
    rows
}

fn split(s: &StrategyAnalysis) -> Cell {
    let unknown = if s.cost.days_unknown > 0.0 { missing(s.cost.days_unknown) } else { String::new() };
    Cell {
        small: unknown,
        ..traced(s.cost.days_split, "days of phases in which some workload is away from a store that it uses")
    }
}

fn everyone(everyone: Option<&Everyone>) -> Cell {
    let Some(e) = everyone else { return Cell::absent("unknown") };
    let sign = if e.at_least { "≥ " } else { "" };
    let interval = format!("{} to {}", words::digits(e.ms_days.low), words::digits(e.ms_days.high));
    Cell {
        text: format!("{sign}{}", words::digits(e.ms_days.value)),
        small: joined([interval, missing(e.days_missing)]),
        detail: format!(
            "the mean request or job is {} ms·d longer on its way than if every phase were like the first: {} hours of waiting \
             altogether, at the full arrival rates",
            words::digits(e.ms_days.value),
            words::digits(e.hours)
        ),
        value: Some(e.ms_days.value),
        ..Cell::default()
    }
}

fn downtime(s: &StrategyAnalysis) -> Cell {
    let down = &s.cost.downtime;
    if down.of > 0.0 && down.unknown >= down.of {
        return Cell::absent("unknown");
    }
    let unknown =
        if down.unknown > 0.0 { format!("without {} min", words::digits(down.unknown)) } else { String::new() };
    let known = down.of - down.unknown;
    let share = if known > 0.0 { down.minutes / known } else { 0.0 };
    let detail = format!(
        "{} of requests and jobs fail in {} minutes of short states",
        words::percent(share),
        words::digits(known)
    );
    Cell { small: unknown, ..traced(down.minutes, detail) }
}

fn both(s: &StrategyAnalysis) -> Cell {
    let Some(steps) = &s.cost.steps else { return Cell::absent("unknown") };
    let phases = s.phases.iter().zip(&steps.both).filter(|(_, names)| !names.is_empty());
    let each: Vec<_> = phases.map(|(phase, names)| format!("“{}”: {}", phase.name, words::list(names))).collect();
    let most = if steps.most() > 1 { format!("{} in one phase", steps.most()) } else { String::new() };
    Cell { small: most, ..traced(steps.total() as f64, each.join("; ")) }
}

/// Late, missed and overlapping runs of all cron jobs together; nothing where there are no jobs.
fn runs(strategies: &[StrategyAnalysis]) -> Vec<Row> {
    if strategies.iter().all(|s| s.cost.runs.is_empty()) {
        return Vec::new();
    }
    let of = |head: &str, count: fn(&Runs) -> f64| {
        row(head, "", strategies, |s| {
            let runs = &s.cost.runs;
            let each = runs.iter().filter(|r| count(r) > 0.0);
            let detail = sum(each.map(|r| format!("{} {}", words::digits(count(r)), r.job)));
            let unknown = runs.iter().map(|r| r.days_unknown).fold(0.0, f64::max);
            if runs.iter().all(|r| r.starts == 0.0) {
                return Cell::absent("unknown");
            }
            Cell { small: missing(unknown), ..harm(runs.iter().map(count).sum(), detail) }
        })
    };
    vec![
        of("Cron runs late", |r| r.late),
        of("Cron runs missed: skipped or killed", |r| r.skipped + r.killed),
        of("Cron runs that overlap", |r| r.overlapped),
    ]
}

/// The largest backlog, the oldest job and duplicates of all queues; nothing where there are none.
fn queues(strategies: &[StrategyAnalysis]) -> Vec<Row> {
    if strategies.iter().all(|s| s.cost.backlogs.is_empty()) {
        return Vec::new();
    }
    let worst = |s: &StrategyAnalysis, of: fn(&Backlog) -> f64| {
        let mut found = s.cost.backlogs.iter().collect::<Vec<_>>();
        found.sort_by(|a, b| of(b).total_cmp(&of(a)));
        found.first().copied().cloned()
    };
    let whole: f64 = strategies.iter().map(|s| s.cost.days).fold(0.0, f64::max);
    let cell = |worst: Option<Backlog>, value: fn(&Backlog) -> f64| {
        let Some(it) = worst.filter(|b| b.days_unknown < whole) else { return Cell::absent("unknown") };
        let how = if it.grows { "falls behind, at the end of" } else { "keeps up; most in the window of" };
        let detail = format!("{} {}: {how} “{}”", it.workload, it.queue, it.phase);
        let cell = if it.grows { harm(value(&it), detail) } else { traced(value(&it), detail) };
        Cell { small: joined([it.queue, missing(it.days_unknown)]), ..cell }
    };
    let total = |s: &StrategyAnalysis, of: fn(&Backlog) -> f64| {
        let each = s.cost.backlogs.iter().filter(|b| of(b) > 0.0);
        let detail = sum(each.map(|b| format!("{} {} {}", words::digits(of(b)), b.workload, b.queue)));
        let unknown = s.cost.backlogs.iter().map(|b| b.days_unknown).fold(0.0, f64::max);
        Cell { small: missing(unknown), ..harm(s.cost.backlogs.iter().map(of).sum(), detail) }
    };
    let mut rows = vec![
        row("Largest backlog", "jobs", strategies, |s| cell(worst(s, |b| b.peak), |b| b.peak)),
        row("Oldest job", "s", strategies, |s| {
            let shown = cell(worst(s, |b| b.oldest_ns), |b| b.oldest_ns / 1e9);
            // Base units beside what is shown, as everywhere.
            Cell { value: shown.value.map(|seconds| seconds * 1e9), ..shown }
        }),
        row("Jobs done twice", "", strategies, |s| total(s, |b| b.duplicates)),
    ];
    if strategies.iter().flat_map(|s| &s.cost.backlogs).any(|b| b.killed > 0.0) {
        rows.push(row("Jobs killed at their time-out", "", strategies, |s| total(s, |b| b.killed)));
    }
    rows
}
