//! What is kept of a simulated placement. Not for: judging objectives (`analysis::verdict`).

use crate::analysis::restart;
use crate::analysis::verdict::{Check, Quantity};
use crate::analysis::workload::WorkloadAnalysis;
use crate::measure::Estimate;
use crate::runfile::PlacementRun;
use crate::runfile::advice::{CellRun, CellWorkload, CheckRun};
use crate::scenario::{Scenario, WorkloadKind};
use crate::units::Nanos;

/// Share of journeys that may be unended before their mean is only a lower bound, as for exposure.
const UNENDED_MOST: f64 = 0.01;

/// Judges a placement that was measured for `measure`.
pub fn cell(run: &PlacementRun, scenario: &Scenario, scale: f64, measure: Nanos) -> CellRun {
    let of = |workload: &crate::scenario::Workload| {
        let it = WorkloadAnalysis::of(workload, run, scenario, scale);
        let startup = matches!(workload.kind, WorkloadKind::Startup(_));
        let blend = it.blend.as_ref().filter(|_| !startup);
        CellWorkload {
            workload: workload.name.clone(),
            split: it.split(),
            mean: blend.and_then(|blend| blend.mean).filter(known),
            p50: blend.and_then(|blend| blend.mix.estimate(0.5)).filter(known),
            at_least: it.grows() || blend.is_some_and(|blend| blend.unended > UNENDED_MOST),
            slow: blend.and_then(|blend| Some(blend.slow_share(restart::slow_beyond(workload)?.0))),
            checks: it.checks.iter().map(check).collect(),
        }
    };
    CellRun {
        measure_ns: measure.0,
        felt_ns: run.restart.as_ref().map(restart::felt_ns),
        workloads: scenario.workloads.iter().map(of).collect(),
    }
}

/// JSON has no infinity, and a mean of one sample has no interval.
fn known(it: &Estimate) -> bool {
    [it.value, it.low, it.high].iter().all(|value| value.is_finite())
}

fn check(it: &Check) -> CheckRun {
    let measured = it.measured.filter(|measured| known(&measured.estimate));
    CheckRun {
        part: it.part.clone(),
        quantity: it.quantity.name(),
        limit: it.limit,
        verdict: it.verdict.word().to_owned(),
        measured: measured.map(|measured| measured.estimate),
        // A queue that grows has no oldest job that stays.
        at_least: it.measured.is_some_and(|measured| measured.at_least),
        extrapolated: it.measured.is_some_and(|measured| measured.extrapolated) && it.quantity != Quantity::Errors,
    }
}
