//! Which workloads change their place and their platform in one step: two causes for whatever goes wrong.
//!
//! Told from the scenario's moves, not from measurements: placements that are measured once may be at other sites than their
//! names say. Not for: what a step costs (`cost`).

use std::collections::BTreeSet;

use crate::runfile::StrategyRun;
use crate::scenario::{PlatformId, Scenario, SiteId, WorkloadId};
use crate::strategy::{PlacedPhase, Placement, expand};

/// Shares closer than this are the same.
const SAME: f64 = 1e-9;

/// The workloads that change both in one step, phase by phase.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steps {
    /// Their names, a phase each.
    pub both: Vec<Vec<String>>,
}

impl Steps {
    /// The steps of a strategy; `None` if the scenario does not have its phases.
    pub(super) fn of(strategy: &StrategyRun, scenario: &Scenario) -> Option<Self> {
        let placed = placed(strategy, scenario)?;
        let both = |at: usize| {
            let before = at.checked_sub(1).map(|before| &placed[before].placement)?;
            Some(changing(before, &placed[at].placement, scenario))
        };
        Some(Self { both: (0..placed.len()).map(|at| both(at).unwrap_or_default()).collect() })
    }
    /// Over all phases.
    pub fn total(&self) -> usize {
        self.both.iter().map(Vec::len).sum()
    }
    /// In the phase with the most.
    pub fn most(&self) -> usize {
        self.both.iter().map(Vec::len).max().unwrap_or(0)
    }
}

/// The phases of a strategy as the scenario places them; `None` if it does not have them.
pub(super) fn placed(strategy: &StrategyRun, scenario: &Scenario) -> Option<Vec<PlacedPhase>> {
    let index = scenario.strategies.iter().position(|known| known.name == strategy.name)?;
    let known = &scenario.strategies[index].phases;
    let same =
        known.len() == strategy.phases.len() && known.iter().zip(&strategy.phases).all(|(a, b)| a.name == b.name);
    same.then(|| expand(scenario, index))
}

/// The workloads of which a part comes to a place and a platform that are both new to it.
fn changing(before: &Placement, after: &Placement, scenario: &Scenario) -> Vec<String> {
    let both = |workload: usize| {
        let share = |placement: &Placement, at: &(SiteId, PlatformId)| -> f64 {
            let here = placement.arms.iter().filter(|arm| arm.workload == WorkloadId(workload));
            here.filter(|arm| (arm.site, arm.platform) == *at).map(|arm| arm.share.0).sum()
        };
        let arms = before.arms.iter().chain(&after.arms).filter(|arm| arm.workload == WorkloadId(workload));
        let places: BTreeSet<_> = arms.map(|arm| (arm.site, arm.platform)).collect();
        let grown = |at: &(SiteId, PlatformId)| share(after, at) - share(before, at);
        let left: Vec<_> = places.iter().filter(|at| grown(at) < -SAME).collect();
        let new = |at: &(SiteId, PlatformId)| left.iter().all(|from| from.0 != at.0 && from.1 != at.1);
        !left.is_empty() && places.iter().any(|at| grown(at) > SAME && new(at))
    };
    let names = scenario.workloads.iter().enumerate().filter(|(workload, _)| both(*workload));
    names.map(|(_, workload)| workload.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{CLOUD, KUBERNETES, query, scenario, share, strategy};
    use crate::runfile::PhaseRun;
    use crate::scenario::{Move, WorkloadMove};
    use crate::units::Fraction;

    fn moved(to: Option<SiteId>, platform: Option<PlatformId>, part: f64) -> Move {
        Move::Workload(WorkloadMove { workload: WorkloadId(0), to, platform, share: Fraction(part) })
    }

    fn steps(phases: Vec<Vec<Move>>) -> Vec<usize> {
        let mut scenario = scenario(vec![query()]);
        scenario.strategies = vec![strategy("a", phases)];
        let phase = |name: &str| PhaseRun {
            name: name.into(),
            lasts_ns: 1,
            moves: Vec::new(),
            placement: None,
            events: Vec::new(),
        };
        let phases = scenario.strategies[0].phases.iter().map(|p| phase(&p.name)).collect();
        let run = StrategyRun { name: "a".into(), about: String::new(), phases };
        Steps::of(&run, &scenario).expect("its phases are there").both.iter().map(Vec::len).collect()
    }

    #[test]
    fn place_and_platform_in_one_step_are_two_problems() {
        let all = share(0, CLOUD, KUBERNETES, 1.0);
        assert_eq!(steps(vec![vec![], vec![all.clone()]]), [0, 1]);
        let part = |part| share(0, CLOUD, KUBERNETES, part);
        assert_eq!(steps(vec![vec![], vec![part(0.01)], vec![part(0.2)], vec![], vec![all]]), [0, 1, 1, 0, 1]);
        let apart = vec![vec![], vec![moved(Some(CLOUD), None, 1.0)], vec![moved(None, Some(KUBERNETES), 0.2)]];
        assert_eq!(steps(apart), [0, 0, 0]);
    }
}
