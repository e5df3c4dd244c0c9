//! Judging: numbers about a run, each with its interval, and what follows from them.
//!
//! Pure and deterministic: the same run and scenario give the same analysis on any machine. It
//! never sees a socket, a clock or a file, never shows a percentile that its samples do not
//! support, and draws no number from an invalid placement. Not for: how anything looks (`report`).

pub mod advice;
pub mod agreement;
pub mod arm;
pub mod backlog;
pub mod compare;
pub mod cost;
pub mod felt;
pub mod gate;
pub mod last;
pub mod load;
pub mod mix;
pub mod needs;
pub mod pairs;
pub mod restart;
pub mod rollout;
pub mod steps;
pub mod strategy;
pub mod sweep;
pub mod verdict;
pub mod weigh;
pub mod words;
pub mod workload;

use crate::runfile::{RestartRun, Run};
use crate::scenario::Scenario;

use strategy::StrategyAnalysis;
use workload::WorkloadAnalysis;

/// Everything that a run says about a scenario.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// Each measured placement, in the order of the run.
    pub placements: Vec<PlacementAnalysis>,
    /// Each strategy, in file order.
    pub strategies: Vec<StrategyAnalysis>,
}

/// One measured placement.
#[derive(Debug, Clone)]
pub struct PlacementAnalysis {
    /// The first phase that has it.
    pub label: String,
    /// `steady`, `read-only STORE`, `cold STORE` or `restart PLATFORM`.
    pub condition: String,
    /// What the restart showed, where the condition is one.
    pub restart: Option<RestartRun>,
    /// Why it has no numbers; empty if it has.
    pub invalid: Vec<String>,
    /// Each workload, in file order.
    pub workloads: Vec<WorkloadAnalysis>,
}

/// Judges a run of a scenario.
pub fn summarise(run: &Run, scenario: &Scenario) -> Analysis {
    let scale = run.provenance.scale;
    let placements: Vec<_> = run
        .placements
        .iter()
        .map(|placement| PlacementAnalysis {
            label: placement.label.clone(),
            condition: placement.condition.clone(),
            restart: placement.restart.clone(),
            invalid: placement.invalid.clone(),
            workloads: scenario
                .workloads
                .iter()
                .map(|workload| WorkloadAnalysis::of(workload, placement, scenario, scale))
                .collect(),
        })
        .collect();
    let strategies = run.strategies.iter().map(|s| StrategyAnalysis::of(s, &placements, scenario, scale)).collect();
    Analysis { placements, strategies }
}
