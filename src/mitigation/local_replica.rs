//! A local read replica: a copy of a MySQL store beside the workloads that are away from it.
//!
//! In every strategy, from the phase on in which a workload that reads from the store comes to a site where the store is
//! not, until the store itself moves there. Not for: whether stale reads are right for the application.

use super::{Notes, Refusal, Rewrite};
use crate::scenario::{
    CopyMove, Mitigation, Move, Phase, Scenario, SiteId, Store, StoreId, StoreKind, Strategy, WorkloadId, parse, render,
};
use crate::strategy::{expand, stores_called};
use crate::units::{Fraction, Nanos};

/// What is assumed where nobody says: half a second is what is usual, one journey in twenty follows a write of its user.
const LAG: Nanos = Nanos::from_millis(500);
const PINNED: Fraction = Fraction(0.05);

/// One for each store that a workload reads from at a distance.
pub(super) fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    let all = (0..scenario.stores.len()).map(StoreId);
    all.filter(|store| scenario.strategies.iter().any(|strategy| copied(scenario, strategy, *store).is_some()))
        .map(|store| Mitigation::LocalReplica { store, lag: LAG, pinned: PINNED })
        .collect()
}

pub(super) fn rewrite(scenario: &Scenario, store: StoreId, lag: Nanos, pinned: Fraction) -> Result<Rewrite, Refusal> {
    let mut after = scenario.clone();
    let mut any = false;
    for index in 0..scenario.strategies.len() {
        if let Some((phase, site)) = copied(scenario, &scenario.strategies[index], store) {
            let copy = copy_at(&mut after, store, site);
            let it = CopyMove { of: store, copy, lag, pinned, warm_up: Nanos::ZERO };
            after.strategies[index].phases[phase].moves.push(Move::Copy(it));
            any = true;
        }
    }
    let name = &scenario.stores[store.0].name;
    if !any {
        let why = format!("no workload reads from `{name}` at another site without a copy there");
        return Err(Refusal::nothing(why, "name a mysql whose readers move before it"));
    }
    // Copies are numbered in the order in which a file makes them.
    let text = render(&after).map_err(|error| Refusal::NotValid(error.to_string()))?;
    match parse("rewritten", &text) {
        Ok(after) => Ok(Rewrite::Whole(Box::new(after))),
        Err(error) => Err(Refusal::not_valid(&error)),
    }
}

pub(super) fn notes(scenario: &Scenario, store: StoreId, lag: Nanos, pinned: Fraction) -> Notes {
    let told = scenario.strategies.iter().filter_map(|strategy| {
        let (phase, site) = copied(scenario, strategy, store)?;
        let phase = &strategy.phases[phase].name;
        Some(format!("{}: in {} from `{phase}` on", strategy.name, scenario.sites[site.0].name))
    });
    let name = &scenario.stores[store.0].name;
    Notes {
        place: told.collect::<Vec<_>>().join("; "),
        assumes: vec![
            format!("reads outside of transactions may be {lag} old, except those of a journey that has written"),
            format!(
                "{pinned} of journeys read from {name} itself, because their user wrote lately: measure it, say \
                     `pinned` in a switch"
            ),
        ],
        costs: vec![format!(
            "a server more, and its replication over the link, which is not simulated; reads at the new site cost the \
             distance within it, which these round trips, all equally far, do not show; writes still go to {name}"
        )],
    }
}

/// The copy of a store at a site, made if there is none.
fn copy_at(scenario: &mut Scenario, of: StoreId, site: SiteId) -> StoreId {
    let there = |it: &Store| it.copy_of == Some(of) && it.site == site;
    if let Some(index) = scenario.stores.iter().position(there) {
        return StoreId(index);
    }
    let name = format!("{}@{}", scenario.stores[of.0].name, scenario.sites[site.0].name);
    let kind = scenario.stores[of.0].kind.clone();
    scenario.stores.push(Store { name, kind, site, copy_of: Some(of) });
    StoreId(scenario.stores.len() - 1)
}

/// The first phase in which a reader of the store is at a site where the store is not, and that site; `None` if there
/// is none, if the phase moves the store as well, or if it has a copy there anyway.
fn copied(scenario: &Scenario, strategy: &Strategy, store: StoreId) -> Option<(usize, SiteId)> {
    let it = &scenario.stores[store.0];
    if it.copy_of.is_some() || !matches!(it.kind, StoreKind::Mysql(_)) {
        return None;
    }
    let index = scenario.strategies.iter().position(|other| other.name == strategy.name)?;
    let placed = expand(scenario, index);
    let away = |placement: &crate::strategy::Placement| {
        let at = placement.stores[store.0];
        let reader = |arm: &&crate::strategy::Arm| arm.site != at && reads(scenario, arm.workload, store);
        placement.arms.iter().find(reader).map(|arm| arm.site)
    };
    let (phase, site) = placed.iter().enumerate().find_map(|(phase, it)| Some((phase, away(&it.placement)?)))?;
    let copies = |phase: &Phase| {
        let made =
            |it: &Move| matches!(it, Move::Copy(it) if it.of == store && scenario.stores[it.copy.0].site == site);
        phase.moves.iter().any(made)
    };
    let moves = |it: &Move| match it {
        Move::Store(it) => it.store == store,
        Move::Copy(it) => it.of == store,
        Move::Workload(_) => false,
    };
    let possible = !strategy.phases.iter().any(copies) && !strategy.phases[phase].moves.iter().any(moves);
    possible.then_some((phase, site))
}

/// Whether a workload reads from a store outside of transactions on it.
fn reads(scenario: &Scenario, workload: WorkloadId, store: StoreId) -> bool {
    let replica =
        [crate::strategy::CopyUse { of: store, copy: StoreId(usize::MAX), lag: Nanos::ZERO, pinned: Fraction(0.0) }];
    stores_called(scenario, workload, &replica).contains(&StoreId(usize::MAX))
}
