//! Tests of [`super::expand`]: what moves mean.

use proptest::prelude::*;

use super::*;
use crate::plan::fixtures::{
    CACHE, CLOUD, DB, DC, KUBERNETES, VM, copy, get, query, scenario, share, store, strategy, write,
};
use crate::scenario::Strategy;

fn with(phases: Vec<Vec<Move>>) -> Scenario {
    let mut scenario = scenario(vec![get(1, 0.9, vec![query()])]);
    scenario.strategies = vec![strategy("s", phases)];
    scenario
}

/// (site, platform, share in percent) of each arm of workload 0 in each phase.
fn arms(phases: Vec<Vec<Move>>) -> Vec<Vec<(usize, usize, u32)>> {
    let of = |phase: PlacedPhase| {
        let mine = phase.placement.arms.into_iter().filter(|arm| arm.workload == WorkloadId(0));
        mine.map(|arm| (arm.site.0, arm.platform.0, (arm.share.0 * 100.0).round() as u32)).collect()
    };
    expand(&with(phases), 0).into_iter().map(of).collect()
}

#[test]
fn shares_move_and_the_rest_stays() {
    let to_cloud = |p| share(0, CLOUD, KUBERNETES, p);
    assert_eq!(
        arms(vec![vec![], vec![to_cloud(0.01)], vec![to_cloud(0.2)], vec![], vec![to_cloud(1.0)]]),
        [
            vec![(0, 0, 100)],
            vec![(0, 0, 99), (1, 1, 1)],
            vec![(0, 0, 80), (1, 1, 20)],
            vec![(0, 0, 80), (1, 1, 20)],
            vec![(1, 1, 100)],
        ]
    );
}

#[test]
fn moves_to_several_places_and_back() {
    let to = |site, platform, p| vec![share(0, site, platform, p)];
    for (phases, last) in [
        // A roll-back by share, and whole.
        (vec![to(CLOUD, KUBERNETES, 0.2), to(CLOUD, KUBERNETES, 0.05)], vec![(0, 0, 95), (1, 1, 5)]),
        (vec![to(CLOUD, KUBERNETES, 0.2), to(DC, VM, 1.0)], vec![(0, 0, 100)]),
        (vec![to(CLOUD, KUBERNETES, 0.4), to(DC, VM, 0.9)], vec![(0, 0, 90), (1, 1, 10)]),
        // Two places beside home; more than all takes from what moved first.
        (vec![to(CLOUD, VM, 0.2), to(CLOUD, KUBERNETES, 0.3)], vec![(0, 0, 50), (1, 0, 20), (1, 1, 30)]),
        (vec![to(CLOUD, VM, 0.8), to(CLOUD, KUBERNETES, 0.5)], vec![(1, 0, 50), (1, 1, 50)]),
        // Nothing moved.
        (vec![to(CLOUD, VM, 0.0)], vec![(0, 0, 100)]),
    ] {
        assert_eq!(arms(phases.clone()).pop(), Some(last), "{phases:?}");
    }
}

#[test]
fn what_a_move_leaves_out_is_what_moved_last() {
    let part = |to, platform, p| {
        let (workload, share) = (WorkloadId(0), Fraction(p));
        vec![Move::Workload(WorkloadMove { workload, to, platform, share })]
    };
    assert_eq!(arms(vec![part(None, Some(KUBERNETES), 1.0)]), [[(0, 1, 100)]]);
    assert_eq!(
        arms(vec![part(Some(CLOUD), Some(KUBERNETES), 0.1), part(None, None, 1.0)]),
        [vec![(0, 0, 90), (1, 1, 10)], vec![(1, 1, 100)]]
    );
}

#[test]
fn stores_move_with_their_events_and_links() {
    let moves = vec![
        Move::Store(StoreMove {
            store: DB,
            to: CLOUD,
            read_only: Nanos::from_secs(600),
            cold: false,
            warm_up: Nanos::ZERO,
        }),
        Move::Store(StoreMove { store: CACHE, to: CLOUD, read_only: Nanos::ZERO, cold: true, warm_up: Nanos::ZERO }),
    ];
    let phases = expand(&with(vec![vec![], moves]), 0);
    let rtts = |p: &Placement| p.arms[0].links.iter().map(|l| l.as_ref().map(|l| l.rtt.0.0 / 1000)).collect::<Vec<_>>();
    assert_eq!(rtts(&phases[0].placement), [Some(500), Some(500)]);
    assert_eq!(rtts(&phases[1].placement), [Some(15_000), Some(15_000)]);
    let events: Vec<_> = phases[1].events.iter().map(|(p, lasts)| (p.condition, *lasts)).collect();
    assert_eq!(events, [(Condition::ReadOnly(DB), Nanos::from_secs(600)), (Condition::Cold(CACHE, WARM_UP), WARM_UP)]);
    assert_eq!(phases[1].moves, ["main-db to cloud, read-only 10min", "cache to cloud, cold"]);
}

/// Web in the cloud with copies of both stores, then the database moves there.
fn copied(steps: Vec<Step>, pinned: f64) -> Vec<PlacedPhase> {
    let mut scenario = scenario(steps);
    let copies = vec![copy(&mut scenario, DB, CLOUD, pinned), copy(&mut scenario, CACHE, CLOUD, 0.0)];
    let web = vec![share(0, CLOUD, VM, 0.5)];
    scenario.strategies = vec![strategy("s", vec![web, copies, vec![store(DB, CLOUD)]])];
    expand(&scenario, 0)
}

#[test]
fn arms_beside_a_copy_use_it_until_the_store_itself_is_there() {
    let phases = copied(vec![get(1, 0.9, vec![query()])], 0.0);
    let used = |phase: &PlacedPhase, arm: usize| {
        phase.placement.arms[arm].copies.iter().map(|it| (it.of.0, it.copy.0)).collect::<Vec<_>>()
    };
    let rtts = |phase: &PlacedPhase, arm: usize| {
        let links = phase.placement.arms[arm].links.iter();
        links.map(|link| link.as_ref().map(|link| link.rtt.0.0 / 1_000)).collect::<Vec<_>>()
    };
    // Stores: main-db, cache, main-db@cloud, cache@cloud. The rest of web stays in the old place (arm 0).
    assert_eq!((used(&phases[0], 1), rtts(&phases[0], 1)), (vec![], vec![Some(15_000), Some(15_000), None, None]));
    assert_eq!(used(&phases[1], 1), [(0, 2), (1, 3)]);
    assert_eq!(rtts(&phases[1], 1), [None, None, Some(500), Some(500)]);
    assert_eq!((used(&phases[1], 0), rtts(&phases[1], 0)), (vec![], vec![Some(500), Some(500), None, None]));
    assert_eq!((used(&phases[2], 1), rtts(&phases[2], 1)), (vec![(1, 3)], vec![Some(500), None, None, Some(500)]));
    let ten_minutes = Nanos::from_secs(600);
    let events: Vec<_> = phases[1].events.iter().map(|(p, lasts)| (p.condition, *lasts)).collect();
    assert_eq!(events, [(Condition::Cold(StoreId(3), ten_minutes), ten_minutes)]);
    assert_eq!(phases[1].moves, ["copy of main-db at cloud, lag 500ms", "copy of cache at cloud"]);
}

#[test]
fn a_replica_leaves_what_it_cannot_serve_to_the_store() {
    let transaction = |steps| Step::Transaction(crate::scenario::Transaction { store: DB, locks: None, steps });
    let both = [true, true];
    for (steps, pinned, linked) in [
        (vec![query()], 0.0, [false, true]),
        (vec![query()], 0.05, both),
        (vec![query()], 1.0, [true, false]),
        (vec![query(), write()], 0.0, both),
        (vec![transaction(vec![query()])], 0.0, [true, false]),
        (vec![transaction(vec![query()]), query()], 0.0, both),
    ] {
        let links = &copied(steps.clone(), pinned)[1].placement.arms[1].links;
        assert_eq!([links[0].is_some(), links[2].is_some()], linked, "{steps:?} {pinned}");
    }
}

#[test]
fn a_store_that_is_never_called_has_no_link() {
    let mut scenario = with(vec![vec![share(0, CLOUD, KUBERNETES, 0.2)]]);
    scenario.journeys[0].steps = vec![query()];
    let phases = expand(&scenario, 0);
    assert!(phases[0].placement.arms.iter().all(|arm| arm.links[0].is_some() && arm.links[1].is_none()));
    assert_eq!(phases[0].moves, ["web to cloud on kubernetes, 20%"]);
}

#[test]
fn a_move_tells_what_changes() {
    let all = |site| share(0, site, PlatformId(0), 1.0);
    let moves = vec![
        vec![all(CLOUD)],
        vec![share(0, CLOUD, KUBERNETES, 0.2)],
        vec![share(0, CLOUD, KUBERNETES, 1.0)],
        vec![share(0, CLOUD, KUBERNETES, 1.0)],
    ];
    let told: Vec<String> = expand(&with(moves), 0).into_iter().flat_map(|phase| phase.moves).collect();
    let expected = ["web to cloud", "web on kubernetes, 20%", "web on kubernetes", "web to cloud on kubernetes"];
    assert_eq!(told, expected);
}

prop_compose! {
    fn any_move()(workload in 0..2usize, site in 0..2usize, platform in 0..2usize, percent in 0..=100u32, is_store in any::<bool>()) -> Move {
        if is_store { store(StoreId(workload), SiteId(site)) } else { share(workload, SiteId(site), PlatformId(platform), f64::from(percent) / 100.0) }
    }
}

proptest! {
    #[test]
    fn every_workload_is_somewhere_whole(phases in prop::collection::vec(prop::collection::vec(any_move(), 0..4), 1..8)) {
        let scenario = with(phases);
        let Strategy { phases: asked, .. } = &scenario.strategies[0];
        let placed = expand(&scenario, 0);
        prop_assert_eq!(placed.len(), asked.len());
        for phase in placed {
            let order: Vec<_> = phase.placement.arms.iter().map(|a| a.workload).collect();
            prop_assert!(order.is_sorted());
            for workload in 0..2 {
                let mine: Vec<_> = phase.placement.arms.iter().filter(|a| a.workload == WorkloadId(workload)).collect();
                let total: f64 = mine.iter().map(|a| a.share.0).sum();
                prop_assert!((total - 1.0).abs() < 1e-6, "workload {} adds up to {}", workload, total);
                prop_assert!(mine.iter().all(|a| a.share.0 > 0.0 && a.share.0 <= 1.0));
                let places: BTreeSet<_> = mine.iter().map(|a| (a.site, a.platform)).collect();
                prop_assert_eq!(places.len(), mine.len());
            }
        }
    }
}
