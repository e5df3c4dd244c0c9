//! Two runs of one scenario, arm by arm: which numbers belong together, and whether they may be compared.
//!
//! Runs are matched by what was performed (placement, workload, arm), never by position. Not for: what the differences
//! mean (`agreement`).

use std::collections::{BTreeMap, BTreeSet};
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
    /// The placement's index in the first run.
    pub index: usize,
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
///
/// Placements belong together when a phase of the same strategy points at both: labels are not unique.
pub fn pairs<'a>(first: &'a Run, second: &'a Run) -> Result<Vec<ArmPair<'a>>, Incomparable> {
    let others = phases(second);
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, index) in phases(first) {
        let both = others.get(&at).and_then(|other| second.placements.get(*other)).zip(first.placements.get(index));
        let Some((other, placement)) = both.filter(|(a, b)| a.invalid.is_empty() && b.invalid.is_empty()) else {
            continue;
        };
        if seen.insert(index) {
            found.push((index, placement, other));
        }
    }
    found.sort_by_key(|(index, ..)| *index);
    let arms: Vec<_> = found.into_iter().flat_map(|(index, first, second)| arms(index, first, second)).collect();
    if arms.is_empty() { Err(Incomparable::Nothing) } else { Ok(arms) }
}

/// Strategy, number of the phase, number of the event (0 is the steady state).
type At<'a> = (&'a str, usize, usize);

/// Where each phase and event of a run finds its placement.
fn phases(run: &Run) -> BTreeMap<At<'_>, usize> {
    let mut found = BTreeMap::new();
    for strategy in &run.strategies {
        for (number, phase) in strategy.phases.iter().enumerate() {
            let events = phase.events.iter().map(|event| event.placement);
            for (event, placement) in std::iter::once(phase.placement).chain(events).enumerate() {
                found.extend(placement.map(|index| ((strategy.name.as_str(), number, event), index)));
            }
        }
    }
    found
}

/// The arms that two measurements of a placement share.
fn arms<'a>(index: usize, placement: &'a PlacementRun, other: &'a PlacementRun) -> impl Iterator<Item = ArmPair<'a>> {
    placement.arms.iter().filter_map(move |arm| {
        let same = |a: &&ArmRun| {
            (&a.workload, &a.site, &a.platform) == (&arm.workload, &arm.site, &arm.platform)
                && (a.share - arm.share).abs() < 1e-9
        };
        other.arms.iter().find(same).map(|second| ArmPair { index, placement, first: arm, second })
    })
}
