//! Section 4: every objective in every phase, with value, limit, interval and samples.

use crate::analysis::PlacementAnalysis;
use crate::analysis::strategy::{PhaseAnalysis, StrategyAnalysis};
use crate::analysis::verdict::{Check, Quantity};
use crate::report::model::{Cell, Column, Row, Table};

use super::shown::{self, TimeUnit};
use super::{Source, anchor};

/// One table a strategy: objectives down, phases across.
pub(super) fn tables(from: &Source) -> Vec<Table> {
    from.analysis.strategies.iter().map(|s| table(from, s)).collect()
}

fn table(from: &Source, strategy: &StrategyAnalysis) -> Table {
    let phases = strategy.phases.iter().enumerate().map(|(i, p)| Column::number(&format!("{}. {}", i + 1, p.name), ""));
    let rows = (0..from.scenario.workloads.len()).flat_map(|w| workload(from, strategy, w)).collect();
    Table {
        id: anchor("objectives", &strategy.name),
        caption: format!("{}: objectives by phase", strategy.name),
        columns: std::iter::once(Column::text("Objective")).chain(phases).collect(),
        rows,
        note: "Small: 95 % interval and samples. ≈ extrapolated from a part; ≥ a lower bound, for some had not ended. \
               ✓ held: the whole interval lies within the limit; ✗ missed: the whole interval lies beyond; ? nobody can \
               tell; errors without a mark: none seen, in too few journeys to prove the limit. Journeys that failed are in the errors, not in the times."
            .into(),
    }
}

/// The rows of one workload: each objective by the blend, and by its worst arm alone where there are several.
fn workload(from: &Source, strategy: &StrategyAnalysis, index: usize) -> Vec<Row> {
    let placement = |phase: &PhaseAnalysis| phase.placement.map(|at| &from.analysis.placements[at]);
    let Some(known) = strategy.phases.iter().find_map(placement) else { return Vec::new() };
    let workload = &known.workloads[index];
    let mut rows = Vec::new();
    for (at, objective) in workload.checks.iter().enumerate() {
        let blend = |p: &PlacementAnalysis| p.workloads[index].checks.get(at).cloned();
        rows.extend(row(from, strategy, &head(&workload.name, objective), blend));
        let alone = |p: &PlacementAnalysis| {
            let of_arm = p.workloads[index].arm_checks.iter().flatten();
            of_arm
                .filter(|c| c.quantity == objective.quantity)
                .max_by(|a, b| a.verdict.cmp(&b.verdict).then(a.heavier(b)))
                .cloned()
        };
        if strategy.phases.iter().filter_map(placement).any(|p| alone(p).is_some()) {
            let head = format!("{}, worst arm alone", head(&workload.name, objective));
            rows.extend(row(from, strategy, &head, alone));
        }
    }
    rows
}

/// `web p99`, `mails push oldest job`.
pub(super) fn head(workload: &str, check: &Check) -> String {
    let part = if check.part == workload { String::new() } else { format!(" {}", check.part) };
    format!("{workload}{part} {}", check.quantity.name())
}

/// One objective across the phases, all in one unit.
fn row(
    from: &Source,
    strategy: &StrategyAnalysis,
    head: &str,
    of: impl Fn(&PlacementAnalysis) -> Option<Check>,
) -> Option<Row> {
    let placements = strategy.phases.iter().map(|p| p.placement.map(|at| &from.analysis.placements[at]));
    let checks: Vec<Option<Option<Check>>> = placements.map(|p| p.map(&of)).collect();
    let first = checks.iter().flatten().flatten().next()?.clone();
    let values = checks.iter().flatten().flatten().filter_map(|c| c.measured).map(|m| m.estimate.value);
    let unit = TimeUnit::for_most(values.reduce(f64::max).unwrap_or(first.limit).max(1e6));
    let shown_in = if first.quantity == Quantity::Errors { "%" } else { unit.name };
    let limit = format!("{shown_in}, limit {}", first.quantity.shown(first.limit));
    let engine = &from.run.provenance.engine;
    let cell = |check: &Option<Option<Check>>| match check {
        None => Cell::absent("not measured"),
        Some(None) => Cell::default(),
        Some(Some(check)) => shown::check(check, unit, engine),
    };
    Some(Row { head: head.into(), unit: limit, cells: checks.iter().map(cell).collect() })
}
