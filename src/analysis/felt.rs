//! The worst phase of a strategy, and how many requests and jobs feel it.
//!
//! Worst is where the most workloads miss an objective; of equals, where the most journeys are slow; of equals, where
//! something is nearest to its limit or farthest beyond it. Phases without numbers cannot be the worst, and
//! are told. Not for: sums over all phases (`cost`).

use super::Analysis;
use super::strategy::StrategyAnalysis;
use super::verdict::Verdict;
use super::workload::WorkloadAnalysis;
use crate::scenario::{Scenario, Workload};

/// The worst phase of one strategy.
#[derive(Debug, Clone, PartialEq)]
pub struct Worst {
    /// Its index among the phases.
    pub phase: usize,
    /// Workloads that miss an objective in it.
    pub missed: Vec<String>,
    /// Journeys a day that take longer than their objective or fail, of all that arrive with an objective on response
    /// times; at the scenario's full mean rate.
    pub slow: f64,
    /// Of how many.
    pub of: f64,
    /// Days of phases that have no numbers.
    pub days_unknown: f64,
}

/// Finds it; `None` if no phase has numbers.
pub fn worst(strategy: &StrategyAnalysis, analysis: &Analysis, scenario: &Scenario) -> Option<Worst> {
    let mut found: Option<((usize, f64, f64), Worst)> = None;
    let mut days_unknown = 0.0;
    for (index, phase) in strategy.phases.iter().enumerate() {
        let placement = phase.placement.map(|i| &analysis.placements[i]).filter(|p| p.invalid.is_empty());
        let Some(placement) = placement else {
            days_unknown += phase.lasts_ns as f64 / 86_400e9;
            continue;
        };
        let felt = felt(index, &placement.workloads, scenario);
        let share = if felt.missed.is_empty() || felt.of <= 0.0 { 0.0 } else { felt.slow / felt.of };
        let rank = (felt.missed.len(), share, phase.worst.as_ref().map_or(0.0, |worst| worst.2));
        let worse = found.as_ref().is_none_or(|(known, _)| {
            rank.0.cmp(&known.0).then(rank.1.total_cmp(&known.1)).then(rank.2.total_cmp(&known.2)).is_gt()
        });
        if worse {
            found = Some((rank, felt));
        }
    }
    found.map(|(_, worst)| Worst { days_unknown, ..worst })
}

fn felt(phase: usize, workloads: &[WorkloadAnalysis], scenario: &Scenario) -> Worst {
    let mut felt = Worst { phase, missed: Vec::new(), slow: 0.0, of: 0.0, days_unknown: 0.0 };
    for (workload, analysed) in scenario.workloads.iter().zip(workloads) {
        if analysed.verdict() == Some(Verdict::Missed) {
            felt.missed.push(analysed.name.clone());
        }
        if let Some((slow, of)) = slow_a_day(workload, analysed) {
            felt.slow += slow;
            felt.of += of;
        }
    }
    felt
}

/// Journeys a day beyond the limit of the highest quantile and those that failed, of how many.
fn slow_a_day(workload: &Workload, analysed: &WorkloadAnalysis) -> Option<(f64, f64)> {
    let limit = workload.objective.quantiles.iter().max_by(|a, b| a.0.total_cmp(&b.0))?.1;
    let rate = workload.arrivals_per_day()?;
    let blend = analysed.blend.as_ref()?;
    let failed = blend.failed.map_or(0.0, |share| share.value);
    Some((rate * (failed + (1.0 - failed) * blend.mix.share_above(limit.0)), rate))
}
