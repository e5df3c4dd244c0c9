//! What a recurring restart of a platform does, beside the phase that it recurs in.
//!
//! A restart lasts minutes of a day, so that it never decides a phase: what is told is how many more journeys are slow
//! or fail each time, and which objective is missed meanwhile that the phase itself holds. Not for: sums over days
//! (`cost`).

use crate::runfile::RestartRun;
use crate::scenario::{Scenario, Workload, WorkloadKind};
use crate::units::Nanos;

use super::PlacementAnalysis;
use super::verdict::{Check, Verdict};

/// How long one restart is felt, in nanoseconds: what was measured of it, or all of it where that is longer.
pub fn felt_ns(run: &RestartRun) -> u64 {
    let whole = || (run.waves_done > 0).then(|| run.window_ns / u64::from(run.waves_done) * u64::from(run.waves));
    run.took_ns.or_else(whole).unwrap_or(0).max(run.window_ns)
}

/// What one restart does to a workload.
#[derive(Debug, Clone, PartialEq)]
pub struct Harm {
    /// The workload.
    pub workload: String,
    /// Journeys that fail or take longer than the objective each time, beyond those of the phase itself; absent without an
    /// objective on response times.
    pub more: Option<f64>,
    /// An objective that is missed meanwhile and that the phase does not miss: the one farthest beyond its limit.
    pub missed: Option<Check>,
}

/// Journeys that take longer are told to be slow: the objective of the highest percentile.
pub(super) fn slow_beyond(workload: &Workload) -> Option<Nanos> {
    workload.objective.quantiles.iter().max_by(|a, b| a.0.total_cmp(&b.0)).map(|it| it.1)
}

/// What a restart does to each workload that serves all the time.
///
/// Runs of cron jobs are left alone by it, and a boot is judged by itself.
pub fn harms(scenario: &Scenario, phase: &PlacementAnalysis, restart: &PlacementAnalysis) -> Vec<Harm> {
    let of = |(index, workload): (usize, &Workload)| {
        if !matches!(workload.kind, WorkloadKind::Http(_) | WorkloadKind::Queue(_)) {
            return None;
        }
        let (steady, meanwhile) = (&phase.workloads[index], &restart.workloads[index]);
        let share = |of: &super::workload::WorkloadAnalysis| {
            let limit = slow_beyond(workload)?;
            of.blend.as_ref().map(|blend| blend.slow_share(limit.0))
        };
        let seconds = restart.restart.as_ref().map(|run| felt_ns(run) as f64 / 1e9)?;
        let journeys = workload.arrivals_per_day()? / 86_400.0 * seconds;
        let more = share(meanwhile).zip(share(steady)).map(|(now, then)| journeys * (now - then));
        let held = |check: &&Check| {
            let same = |other: &&Check| other.part == check.part && other.quantity == check.quantity;
            steady.checks.iter().find(same).is_none_or(|other| other.verdict != Verdict::Missed)
        };
        let newly = meanwhile.checks.iter().filter(|check| check.verdict == Verdict::Missed).filter(held);
        let missed = newly.max_by(|a, b| a.heavier(b)).cloned();
        Some(Harm { workload: workload.name.clone(), more, missed })
    };
    scenario.workloads.iter().enumerate().filter_map(of).collect()
}
