//! The live engine against MariaDB and memcached as installed: the stand-ins' round trips are the real ones.
//!
//! Needs `mariadbd` and `memcached`; fails where they are missing.

mod support;

use longhaul::scenario::{Connections, OnReuse, Scenario, WorkloadKind};
use longhaul::server::Backends;
use longhaul::strategy::Condition;
use longhaul::timer::{Clock, Timer};
use support::*;

const RTT: u64 = 4;

fn asked(case: &Case) -> Scenario {
    scenario(RTT, case.steps.clone(), WorkloadKind::Http(http(25.0, 4)), case.mysql)
}

fn spawned(asked: &Scenario) -> Backends {
    block_on(Backends::spawn(asked)).expect("mariadbd and memcached are installed")
}

fn perform_real(backends: &Backends, asked: &Scenario, condition: Condition) -> longhaul::runfile::PlacementRun {
    let timer = Timer::start(Clock::start()).expect("a timer starts");
    let run = perform_on(backends, timer, asked, windows(800, 1_000), condition, 1.0, false);
    run.expect("the placement is performed")
}

#[test]
fn round_trips_are_the_same_with_real_servers() {
    let backends = spawned(&asked(&cases()[0]));
    for case in cases() {
        let asked = asked(&case);
        check(&case, &asked, ms(RTT), &perform_real(&backends, &asked, Condition::Steady));
    }
}

#[test]
fn real_servers_lock_refuse_and_log_in_again() {
    let relogin = Connections { on_reuse: OnReuse::Relogin, ..persistent() };
    let web = |rate, steps, mysql| scenario(RTT, steps, WorkloadKind::Http(http(rate, 32)), mysql);
    let first = web(25.0, vec![text()], relogin);
    let backends = spawned(&first);
    // MariaDB asks to switch the method with a fresh scramble: a re-login is two round trips.
    let run = perform_real(&backends, &first, Condition::Steady);
    let part = only(&run);
    adds_up(part);
    assert_eq!((part.round_trips.min(), part.round_trips.max()), (3, 3), "{part:#?}");

    let locks = web(100.0, vec![transaction(Some("item"), vec![write(), think(20)])], persistent());
    let run = perform_real(&backends, &locks, Condition::Steady);
    let part = only(&run);
    adds_up(part);
    // A window of 0.8 s and a drain of 1 s; the row is held for 20 ms and the commit's round trip.
    assert!(part.completed <= 1_800 / 24 && part.completed > 5 && part.wait_lock.max() > ms(100).0, "{part:#?}");

    let refused = web(25.0, vec![text(), write()], persistent());
    let run = perform_real(&backends, &refused, Condition::ReadOnly(DB));
    let part = only(&run);
    adds_up(part);
    assert_eq!(part.errors.get("read-only"), Some(&part.offered), "{part:#?}");
}
