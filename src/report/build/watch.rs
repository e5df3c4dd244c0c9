//! Section: go and no-go, phase by phase. What is expected is the upper end of the run's interval, and what must hold
//! is the objective; between the two a phase is slower than predicted, and somebody should know why before the next.

use crate::analysis::strategy::{PhaseAnalysis, StrategyAnalysis};
use crate::analysis::verdict::{Check, Quantity, Verdict};
use crate::analysis::words;
use crate::report::model::{Cell, Column, Row, Table, Threshold, Tone, Watch};

use super::shown::{self, TimeUnit};
use super::{Source, anchor, objectives};

/// A strategy each.
pub(super) fn watches(from: &Source) -> Vec<Watch> {
    from.analysis.strategies.iter().map(|strategy| watch(from, strategy)).collect()
}

/// An objective of a workload: the same place in the checks of every phase; of an arm alone, its site.
#[derive(Clone)]
struct Objective {
    workload: usize,
    check: usize,
}

fn watch(from: &Source, strategy: &StrategyAnalysis) -> Watch {
    let objectives = all(from);
    let phases = strategy.phases.iter().enumerate();
    let columns = phases.clone().map(|(i, phase)| Column::number(&format!("{}. {}", i + 1, phase.name), ""));
    Watch {
        strategy: strategy.name.clone(),
        table: Table {
            id: anchor("watch", &strategy.name),
            caption: format!("{}: go up to, no-go beyond", strategy.name),
            columns: std::iter::once(Column::text("Objective")).chain(columns).collect(),
            rows: objectives.iter().map(|objective| row(from, strategy, objective)).collect(),
            note: "Go: at or below the upper end of what this run expects. Beyond the objective: no-go, go back. Between the \
                   two: slower than predicted; find out why before the next phase. ✗: the run itself expects the objective \
                   to be missed, so do not begin that phase. All arms of a workload together; watch each arm by itself too."
                .into(),
        },
        thresholds: phases.flat_map(|(i, phase)| thresholds(from, i, phase, &objectives)).collect(),
    }
}

/// Every objective of every workload.
fn all(from: &Source) -> Vec<Objective> {
    let checks = |workload: usize| from.analysis.placements.first().map_or(0, |p| p.workloads[workload].checks.len());
    let all = (0..from.scenario.workloads.len())
        .flat_map(|workload| (0..checks(workload)).map(move |check| Objective { workload, check }));
    all.collect()
}

/// The check of an objective in a phase, if it was measured.
fn check<'a>(from: &'a Source, phase: &PhaseAnalysis, objective: &Objective) -> Option<&'a Check> {
    let placement = &from.analysis.placements[phase.placement?];
    placement.workloads[objective.workload].checks.get(objective.check)
}

fn row(from: &Source, strategy: &StrategyAnalysis, objective: &Objective) -> Row {
    let checks: Vec<_> = strategy.phases.iter().map(|phase| check(from, phase, objective)).collect();
    let known = checks.iter().flatten().next();
    let name = &from.scenario.workloads[objective.workload].name;
    let head = known.map_or_else(|| name.clone(), |check| objectives::head(name, check));
    let limit = known.map_or(0.0, |check| check.limit);
    let values = checks.iter().flatten().filter_map(|check| expected(check));
    let unit = TimeUnit::for_most(values.fold(limit, f64::max));
    let errors = known.is_some_and(|check| check.quantity == Quantity::Errors);
    let shown = |value: f64| if errors { words::digits(value * 100.0) } else { unit.shown(value) };
    let cell = |found: Option<&Check>| match found {
        None => Cell::absent("not measured"),
        Some(check) => cell(check, expected(check).map(|value| (value, shown(value)))),
    };
    Row {
        head,
        unit: format!("{}, no-go beyond {}", if errors { "%" } else { unit.name }, shown(limit)),
        cells: checks.iter().copied().map(cell).collect(),
    }
}

/// The upper end of what is expected; none where the number is a lower bound or there is none.
fn expected(check: &Check) -> Option<f64> {
    check.measured.filter(|measured| !measured.at_least).map(|measured| measured.estimate.high)
}

/// The same as a threshold for programs: where nothing failed or waited, one single case in production tells nothing.
fn threshold(check: &Check) -> Option<f64> {
    let seen = check.measured.is_some_and(|measured| measured.estimate.value > 0.0);
    expected(check).filter(|_| seen)
}

fn cell(check: &Check, expected: Option<(f64, String)>) -> Cell {
    let tone = if check.verdict == Verdict::NoneSeen { Tone::Plain } else { shown::tone(check.verdict) };
    match expected {
        Some((value, text)) => Cell::number(value, text).toned(tone),
        None => Cell { detail: check.why.clone(), ..Cell::text("no number").toned(tone) },
    }
}

fn thresholds(from: &Source, index: usize, phase: &PhaseAnalysis, objectives: &[Objective]) -> Vec<Threshold> {
    let of = |objective: &Objective| {
        let workload = &from.scenario.workloads[objective.workload];
        Some(one((index, phase), (&workload.name, workload.kind.word()), None, check(from, phase, objective)?))
    };
    let together = objectives.iter().filter_map(of);
    together.chain(alone(from, index, phase)).collect()
}

/// What is to be watched for one objective of a workload (name and kind), altogether or at one site.
fn one(
    (index, phase): (usize, &PhaseAnalysis),
    (workload, kind): (&str, &str),
    site: Option<&str>,
    check: &Check,
) -> Threshold {
    Threshold {
        number: index + 1,
        phase: phase.name.clone(),
        workload: workload.into(),
        kind: kind.into(),
        site: site.map(Into::into),
        part: check.part.clone(),
        quantity: check.quantity.name(),
        quantile: if let Quantity::Quantile(q) = check.quantity { Some(q) } else { None },
        expected: threshold(check),
        limit: check.limit,
        tone: shown::tone(check.verdict),
    }
}

/// What each arm of a split workload is expected to do by itself.
fn alone(from: &Source, index: usize, phase: &PhaseAnalysis) -> Vec<Threshold> {
    let Some(at) = phase.placement else { return Vec::new() };
    let workloads = from.analysis.placements[at].workloads.iter();
    let of_workload = |analysed: &crate::analysis::workload::WorkloadAnalysis| -> Vec<Threshold> {
        let arms = analysed.arms.iter().zip(&analysed.arm_checks);
        let of_arm = arms.flat_map(|(arm, checks)| {
            let workload = (analysed.name.as_str(), analysed.kind);
            checks.iter().map(move |check| one((index, phase), workload, Some(&arm.site), check))
        });
        of_arm.collect()
    };
    workloads.flat_map(of_workload).collect()
}
