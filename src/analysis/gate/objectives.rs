//! Each objective of each workload in each phase of each strategy.
//!
//! Held is a pass and missed a regression; what nobody can tell is inconclusive, never a pass. Not for: how an objective is judged
//! (`verdict`).

use crate::analysis::Analysis;
use crate::analysis::verdict::{self, Verdict};
use crate::runfile::Run;

use super::{Check, Judged, Kind, Outcome, id};

/// Judges a run by the objectives of its scenario.
pub fn judge(run: &Run, analysis: &Analysis) -> Judged {
    let mut checks = Vec::new();
    for strategy in &analysis.strategies {
        for phase in &strategy.phases {
            let Some(placement) = phase.placement.map(|at| &analysis.placements[at]) else { continue };
            for workload in &placement.workloads {
                let at = (strategy.name.as_str(), phase.name.as_str());
                checks.extend(workload.checks.iter().map(|found| check(at, &workload.name, found)));
            }
        }
    }
    let provenance = &run.provenance;
    let about = [
        ("engine", provenance.engine.clone()),
        ("seed", provenance.seed.to_string()),
        ("version", provenance.version.clone()),
    ];
    Judged {
        title: provenance.scenario.clone(),
        about: about.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        checks,
        pairs: Vec::new(),
    }
}

fn check((strategy, phase): (&str, &str), workload: &str, found: &verdict::Check) -> Check {
    let part = if found.part == workload { String::new() } else { format!(" {}", found.part) };
    let subject = format!("{workload}{part} in {strategy}, {phase}");
    let quantity = found.quantity.name();
    let limit = found.quantity.shown(found.limit);
    let value = found.measured.map_or_else(String::new, |m| format!(" {}", found.quantity.shown(m.estimate.value)));
    let why = if found.why.is_empty() { String::new() } else { format!(" ({})", found.why) };
    Check {
        id: id(&["objective", strategy, phase, workload, &found.part, &quantity]),
        kind: Kind::Objective,
        sentence: format!("{subject}: {quantity}{value} {}, limit {limit}{why}", found.verdict.word()),
        subject,
        quantity,
        unit: if found.quantity == verdict::Quantity::Errors { String::new() } else { "ns".into() },
        found: found.measured.map(|m| m.estimate.value),
        interval: found.measured.map(|m| (m.estimate.low, m.estimate.high)),
        limit: Some(found.limit),
        outcome: outcome(found.verdict),
        details: Vec::new(),
        place: None,
    }
}

fn outcome(verdict: Verdict) -> Outcome {
    match verdict {
        Verdict::Held | Verdict::NoneSeen => Outcome::Pass,
        Verdict::CannotTell | Verdict::NotMeasured => Outcome::Inconclusive,
        Verdict::Invalid => Outcome::Invalid,
        Verdict::Missed => Outcome::Regression,
    }
}
