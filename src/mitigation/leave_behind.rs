//! Leave behind: a workload stays where it is until the phase in which the last of its stores moves.
//!
//! Its moves up to that phase become one move in it, in every strategy where that can be said. Not for: leaving it for good.

use super::{Notes, Refusal, Rewrite};
use crate::scenario::{
    Mitigation, Move, Phase, PlatformId, Scenario, SiteId, StoreId, Strategy, WorkloadId, WorkloadMove,
};
use crate::strategy::{expand, stores_called};
use crate::units::{Fraction, Nanos};

/// One for each workload that moves before its stores somewhere.
pub(super) fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    let all = (0..scenario.workloads.len()).map(WorkloadId);
    all.filter(|id| scenario.strategies.iter().any(|strategy| later(scenario, strategy, *id).is_some()))
        .map(|workload| Mitigation::LeaveBehind { workload })
        .collect()
}

pub(super) fn rewrite(scenario: &Scenario, id: WorkloadId) -> Result<Rewrite, Refusal> {
    let mut after = scenario.clone();
    let mut any = false;
    for (strategy, changed) in after.strategies.iter_mut().zip(&scenario.strategies) {
        if let Some(later) = later(scenario, changed, id) {
            strategy.phases = later.phases;
            any = true;
        }
    }
    let name = &scenario.workloads[id.0].name;
    let refusal = || {
        let why = format!("`{name}` moves before the last of its stores in no strategy");
        Refusal::nothing(why, "remove this mitigation")
    };
    any.then(|| Rewrite::Whole(Box::new(after))).ok_or_else(refusal)
}

pub(super) fn notes(scenario: &Scenario, id: WorkloadId) -> Notes {
    let told = scenario.strategies.iter().filter_map(|strategy| {
        let Later { from, to, waits, .. } = later(scenario, strategy, id)?;
        let name = &strategy.name;
        Some(format!("{name}: moves with `{to}`, {} after `{from}`", Nanos(waits.0)))
    });
    Notes {
        place: told.collect::<Vec<_>>().join("; "),
        assumes: vec!["nothing else asks for it at the new place before".into()],
        costs: vec!["the old place is kept that long, and more moves fall into one phase".into()],
    }
}

/// What a strategy becomes.
struct Later {
    phases: Vec<Phase>,
    /// The phase in which the workload moved first.
    from: String,
    /// The phase in which it moves now.
    to: String,
    /// From the one to the other.
    waits: Nanos,
}

/// A site and a platform.
type Place = (SiteId, PlatformId);

fn later(scenario: &Scenario, strategy: &Strategy, id: WorkloadId) -> Option<Later> {
    // What it calls where it is before the phase: a store that it has a copy of there need not be waited for.
    let index = scenario.strategies.iter().position(|known| known == strategy)?;
    let placed = expand(scenario, index);
    let calls = |phase: usize, store: StoreId| match phase.checked_sub(1) {
        Some(before) => {
            let mut arms = placed[before].placement.arms.iter().filter(|arm| arm.workload == id);
            arms.any(|arm| arm.links[store.0].is_some())
        }
        None => stores_called(scenario, id, &[]).contains(&store),
    };
    let of_store = |(at, phase): (usize, &Phase)| {
        let moves = |it: &Move| matches!(it, Move::Store(it) if calls(at, it.store));
        phase.moves.iter().any(moves).then_some(at)
    };
    let last = strategy.phases.iter().enumerate().rev().find_map(of_store)?;
    let first = strategy.phases.iter().position(|phase| of_workload(phase, id).next().is_some())?;
    if first >= last {
        return None;
    }
    let together = together(scenario, &strategy.phases[..=last], id)?;
    let mut phases = strategy.phases.clone();
    for phase in &mut phases[..=last] {
        phase.moves.retain(|it| !matches!(it, Move::Workload(it) if it.workload == id));
    }
    phases[last].moves.extend(together.map(Move::Workload));
    let waits = strategy.phases[first..last].iter().fold(Nanos::ZERO, |sum, phase| sum.saturating_add(phase.lasts));
    let name = |phase: usize| strategy.phases[phase].name.clone();
    Some(Later { phases, from: name(first), to: name(last), waits })
}

fn of_workload(phase: &Phase, id: WorkloadId) -> impl Iterator<Item = &WorkloadMove> {
    phase.moves.iter().filter_map(move |it| match it {
        Move::Workload(it) if it.workload == id => Some(it),
        _ => None,
    })
}

/// All moves of a workload in these phases as one, or as none if it ends where it began; outer `None` if one move
/// cannot say it.
#[expect(clippy::option_option, reason = "no move at all is an answer too")]
fn together(scenario: &Scenario, phases: &[Phase], id: WorkloadId) -> Option<Option<WorkloadMove>> {
    let workload = &scenario.workloads[id.0];
    let start: Place = (workload.site, workload.platform);
    let (mut home, mut parts, mut latest) = (start, Vec::<(Place, Fraction)>::new(), start);
    for it in phases.iter().flat_map(|phase| of_workload(phase, id)) {
        latest = (it.to.unwrap_or(latest.0), it.platform.unwrap_or(latest.1));
        if it.share.0 >= 1.0 {
            home = latest;
            parts.clear();
        } else {
            parts.retain(|(place, _)| *place != latest);
            parts.push((latest, it.share));
        }
    }
    let one = |place: Place, share| WorkloadMove { workload: id, to: Some(place.0), platform: Some(place.1), share };
    match (home == start, parts.as_slice()) {
        (true, []) => Some(None),
        (true, [(place, share)]) => Some(Some(one(*place, *share))),
        (false, []) => Some(Some(one(home, Fraction(1.0)))),
        _ => None,
    }
}
