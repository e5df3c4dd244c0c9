//! Two runs of one scenario, arm by arm: which numbers belong together, and whether they may be compared.
//!
//! Runs are matched by what was performed (placement, workload, arm), never by position. Not for: what the differences
//! mean (`agreement`).

use std::fmt;

use crate::runfile::{ArmRun, PlacementRun, Provenance, Run};

/// Why two runs say nothing about each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Incomparable {
    /// They are of other scenarios.
    #[error("they are of other scenarios: {0}")]
    Scenario(String),
    /// Other journeys, or at other times, or a part of them.
    #[error("they performed other plans: {0}")]
    Plan(String),
    /// No valid placement is in both.
    #[error("no valid placement is in both")]
    Nothing,
}

/// An arm of a placement that both runs have.
#[derive(Debug, Clone, Copy)]
pub struct ArmPair<'a> {
    /// The placement, as the first run has it.
    pub placement: &'a PlacementRun,
    /// The arm in the first run.
    pub first: &'a ArmRun,
    /// The arm in the second.
    pub second: &'a ArmRun,
}

impl fmt::Display for ArmPair<'_> {
    /// `web, cloud on kubernetes, 1 %`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ArmRun { workload, site, platform, share, .. } = self.first;
        write!(f, "{workload}, {site} on {platform}")?;
        if *share < 1.0 { write!(f, ", {}", super::words::percent(*share)) } else { Ok(()) }
    }
}

/// Checks that two runs are of the same scenario, word for word.
pub fn same_scenario(first: &Provenance, second: &Provenance) -> Result<(), Incomparable> {
    if first.scenario != second.scenario {
        return Err(Incomparable::Scenario(format!("`{}` and `{}`", first.scenario, second.scenario)));
    }
    if first.digest == second.digest {
        Ok(())
    } else {
        Err(Incomparable::Scenario(format!("`{}` has another text in each", first.scenario)))
    }
}

/// Checks that two runs performed the same journeys at the same times.
pub fn same_plan(first: &Run, second: &Run) -> Result<(), Incomparable> {
    let (a, b) = (&first.provenance, &second.provenance);
    same_scenario(a, b)?;
    let differ = |what: &str, a: String, b: String| Err(Incomparable::Plan(format!("{what} {a} and {b}")));
    if a.seed != b.seed {
        return differ("seeds", a.seed.to_string(), b.seed.to_string());
    }
    if (a.scale - b.scale).abs() > 1e-12 {
        return differ("scales", a.scale.to_string(), b.scale.to_string());
    }
    if a.windows != b.windows {
        let shown = |p: &Provenance| super::words::time(p.windows.measure_ns as f64);
        return differ("windows of", shown(a), shown(b));
    }
    Ok(())
}

/// The arms that valid placements of both runs have, in the order of the first.
pub fn pairs<'a>(first: &'a Run, second: &'a Run) -> Result<Vec<ArmPair<'a>>, Incomparable> {
    let mut found = Vec::new();
    for placement in first.placements.iter().filter(|p| p.invalid.is_empty()) {
        let same = |p: &&PlacementRun| p.label == placement.label && p.condition == placement.condition;
        let Some(other) = second.placements.iter().filter(|p| p.invalid.is_empty()).find(same) else { continue };
        for arm in &placement.arms {
            let same = |a: &&ArmRun| {
                (&a.workload, &a.site, &a.platform) == (&arm.workload, &arm.site, &arm.platform)
                    && (a.share - arm.share).abs() < 1e-9
            };
            found.extend(other.arms.iter().find(same).map(|second| ArmPair { placement, first: arm, second }));
        }
    }
    if found.is_empty() { Err(Incomparable::Nothing) } else { Ok(found) }
}
