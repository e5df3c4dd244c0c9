//! Tests of [`super::distinct`]: which placements share a measurement.

use super::*;
use crate::plan::fixtures::{
    CACHE, CLOUD, DB, DC, KUBERNETES, VM, copy, get, link_of, query, scenario, share, store, strategy,
};
use crate::scenario::Move;
use crate::units::Bandwidth;

/// The placement index of each phase of each strategy.
fn indices(scenario: &Scenario) -> Vec<Vec<usize>> {
    distinct(scenario).strategies.iter().map(|phases| phases.iter().map(|p| p.placement).collect()).collect()
}

fn both(first: Vec<Vec<Move>>, second: Vec<Vec<Move>>) -> Scenario {
    let mut scenario = scenario(vec![get(1, 0.9, vec![query()])]);
    scenario.strategies = vec![strategy("a", first), strategy("b", second)];
    scenario
}

fn everything(to: SiteId) -> Vec<Move> {
    vec![store(DB, to), store(CACHE, to), share(0, to, VM, 1.0), share(1, to, VM, 1.0)]
}

#[test]
fn equal_placements_are_found_across_strategies() {
    let web = || vec![share(0, CLOUD, KUBERNETES, 0.2)];
    let scenario = both(vec![vec![], web(), vec![share(1, CLOUD, VM, 1.0)]], vec![vec![], vec![], web()]);
    assert_eq!(indices(&scenario), [vec![0, 1, 2], vec![0, 0, 1]]);
    let labels: Vec<_> = distinct(&scenario).placements.into_iter().map(|p| p.0).collect();
    assert_eq!(labels, ["phase 0", "phase 1", "phase 2"]);
}

#[test]
fn sites_have_no_names_but_links_have_numbers() {
    let mut scenario = both(vec![vec![], everything(CLOUD)], vec![everything(CLOUD), everything(DC)]);
    assert_eq!(indices(&scenario), [[0, 0], [0, 0]]);
    scenario.links.between.insert((CLOUD, CLOUD), link_of(700));
    assert_eq!(indices(&scenario), [[0, 1], [1, 0]]);
}

#[test]
fn who_shares_a_narrow_link_matters() {
    // Web in the old place and customer support in the new one, each beside a store of its own.
    let apart = vec![store(CACHE, CLOUD), share(1, CLOUD, VM, 1.0)];
    let mut scenario = both(vec![vec![]], vec![apart]);
    scenario.journeys = vec![scenario.journeys[0].clone(), scenario.journeys[0].clone()];
    scenario.journeys[0].steps = vec![query()];
    scenario.journeys[1].steps = vec![get(1, 1.0, vec![])];
    let crate::scenario::WorkloadKind::Http(http) = &mut scenario.workloads[1].kind else { panic!("a web workload") };
    http.mix.0[0].0 = crate::scenario::JourneyId(1);
    assert_eq!(indices(&scenario), [[0], [0]]);
    for link in scenario.links.between.values_mut() {
        link.bandwidth = Some(Bandwidth(1e9));
    }
    assert_eq!(indices(&scenario), [[0], [1]]);
}

#[test]
fn copies_make_a_placement_another_one() {
    let mut scenario = scenario(vec![query()]);
    let replica = copy(&mut scenario, DB, CLOUD, 0.0);
    let pinned = match replica.clone() {
        Move::Copy(it) => Move::Copy(crate::scenario::CopyMove { pinned: crate::units::Fraction(0.1), ..it }),
        other => other,
    };
    let web = || vec![share(0, CLOUD, VM, 0.5)];
    scenario.strategies = vec![strategy("a", vec![web(), vec![replica]]), strategy("b", vec![web(), vec![pinned]])];
    assert_eq!(indices(&scenario), [[0, 1], [0, 2]]);
}

#[test]
fn events_are_placements_of_their_own() {
    let mut cold = store(CACHE, CLOUD);
    if let Move::Store(to) = &mut cold {
        to.cold = true;
    }
    let found = distinct(&both(vec![vec![cold.clone()]], vec![vec![], vec![cold]]));
    assert_eq!(found.strategies[0][0].events, [1]);
    assert_eq!(found.strategies[1][1].events, [1]);
    assert_eq!(found.placements.len(), 3);
}
