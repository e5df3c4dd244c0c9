//! Warm: a cache that moves is filled before it serves, so that nobody meets it empty.
//!
//! What fills it (a copy of its entries, or writing to both for a while) is not performed. Not for: a cache of processes
//! (`local_cache`), a second cache beside the first, which always starts empty.

use super::{Notes, Refusal, Rewrite};
use crate::scenario::{Mitigation, Move, Scenario, StoreId, StoreMove};
use crate::units::Nanos;

/// One for each cache that starts empty somewhere.
pub(super) fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    let all = (0..scenario.stores.len()).map(StoreId);
    all.filter(|id| !cold(scenario, *id).is_empty()).map(|store| Mitigation::Warm { store }).collect()
}

/// Where it starts empty: strategy and phase.
fn cold(scenario: &Scenario, id: StoreId) -> Vec<(&str, &str)> {
    let is = |it: &Move| matches!(it, Move::Store(StoreMove { store, cold: true, .. }) if *store == id);
    let of = scenario.strategies.iter().flat_map(|s| s.phases.iter().map(move |phase| (s, phase)));
    of.filter(|(_, phase)| phase.moves.iter().any(is))
        .map(|(s, phase)| (s.name.as_str(), phase.name.as_str()))
        .collect()
}

pub(super) fn rewrite(scenario: &Scenario, id: StoreId) -> Result<Rewrite, Refusal> {
    if cold(scenario, id).is_empty() {
        let why = format!("`{}` starts empty in no strategy", scenario.stores[id.0].name);
        return Err(Refusal::nothing(why, "name a cache that moves with `cold: true`"));
    }
    let mut after = scenario.clone();
    let phases = after.strategies.iter_mut().flat_map(|strategy| &mut strategy.phases);
    for change in phases.flat_map(|phase| &mut phase.moves) {
        if let Move::Store(it) = change
            && it.store == id
        {
            (it.cold, it.warm_up) = (false, Nanos::ZERO);
        }
    }
    Ok(Rewrite::Whole(Box::new(after)))
}

pub(super) fn notes(scenario: &Scenario, id: StoreId) -> Notes {
    let told = cold(scenario, id).into_iter().map(|(strategy, phase)| format!("{strategy}: in `{phase}`"));
    Notes {
        place: told.collect::<Vec<_>>().join("; "),
        assumes: vec![
            "its entries can be copied to the new place before it serves, or are written at both for a while, and what is \
             copied is still true"
                .into(),
        ],
        costs: vec!["a tool that copies or writes twice; what it sends over the link is not counted".into()],
    }
}
