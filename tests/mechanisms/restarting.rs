//! All instances of a platform restart once a day: all at once or in waves, beside the load.

use longhaul::scenario::PlatformId;
use longhaul::strategy::Condition;

use super::simulated::*;

const RESTART: Condition = Condition::Restarting(PlatformId(0));

/// Of the one platform.
fn every_day(how: &str) -> String {
    format!("0ms, restart: {{ every: 24h, {how} }}")
}

/// 100 pods that read 50 MB each through 1.5 Gbit/s, and the pages that are served meanwhile; data and link scaled by 1/500.
fn herd(rolling: &str) -> World {
    let tables = "repeat: { times: 5, steps: [query: { rows: 20, row_size: 500B }] }";
    World {
        link: "rtt: 15ms, bandwidth: 3Mbit/s".into(),
        db: "service: 0ms, max_connections: 151".into(),
        overhead: every_day(rolling),
        journeys: format!("page: {{ steps: [query: {{}}] }}, data: {{ steps: [parallel: [[{tables}], [{tables}]]] }}"),
        workloads: "web: { kind: http, site: cloud, journey: page, rate: 20/s, workers: 40, backlog: 10000, connections: persistent }, \
                    boot: { kind: startup, site: cloud, journey: data, instances: 100 }"
            .into(),
        ..World::default()
    }
}

#[test]
fn a_herd_meets_the_connection_limit_and_waves_do_not() {
    // 100 pods × 2 connections are more than MySQL's 151, 25 × 2 beside 40 workers are not. 5 GB are 27 s of the link
    // either way: waves take no less, and leave three quarters of the workers to those who ask.
    let windows = secs(1.0, 45.0, 20.0);
    let seen = ["rolling: 100%", "rolling: 25%"].map(|rolling| {
        let run = herd(rolling).run_as(RESTART, windows);
        let restart = run.restart.clone().expect("a restart");
        let waited = of(&run, "web").wait_worker.at(0.9);
        (restart, waited)
    });
    let [(all, behind_all), (waves, behind_waves)] = seen;
    assert_eq!((all.waves, waves.waves, waves.waves_done), (1, 4, 4));
    assert!(all.failed_starts >= 20 && waves.failed_starts == 0, "{all:?} {waves:?}");
    assert_eq!((all.ready, waves.ready), (100, 100));
    let took = waves.took_ns.expect("seen to its end") as f64 / 1e9;
    assert!(took > 26.7 && took < 33.0, "{took} s");
    assert!(all.took_ns.is_some_and(|took| took > 27 * S), "{all:?}");
    assert!(behind_all > 5 * S && behind_waves < S, "{behind_all} and {behind_waves} ns waited for a worker");
}

#[test]
fn jobs_longer_than_the_time_of_grace_are_killed() {
    // Jobs of 40 s that began at any time: a quarter has more than 30 s to go.
    let jobs = |grace: &str, redeliver: &str| {
        let queue = format!("kind: queue, arrivals: 2/s, consumers: 200{redeliver}");
        let world =
            World { overhead: every_day(&format!("boot: 5s{grace}")), ..World::of("think: 40s, query: {}", &queue) };
        let run = world.run_as(RESTART, secs(60.0, 120.0, 120.0));
        let restart = run.restart.clone().expect("a restart");
        (restart.killed, only(run))
    };
    let (killed, part) = jobs("", "");
    assert!((8..=32).contains(&killed), "{killed}, not 20 of 80");
    // Those that began before the window are not in its numbers.
    assert!(errors(&part, "killed") <= killed);
    let (killed, part) = jobs(", grace: 41s", "");
    assert_eq!((killed, errors(&part, "killed")), (0, 0));
    let (killed, part) = jobs("", ", redeliver_after: 50s");
    let queue = part.queue.expect("a queue");
    assert!(killed > 0 && queue.redelivered >= killed && queue.duplicates == 0, "{queue:?}");
    assert_eq!((part.errors.len(), part.unfinished), (0, 0), "{part:#?}");
}

#[test]
fn kept_connections_are_made_anew_and_a_start_without_words_takes_ten_seconds() {
    let world = World {
        overhead: every_day("rolling: 50%"),
        ..World::of("query: {}", "kind: http, rate: 100/s, workers: 20, connections: persistent")
    };
    let windows = secs(1.0, 25.0, 5.0);
    let steady = world.run(windows);
    assert_eq!((steady.arms[0].stores[0].connections, &steady.restart), (0, &None));
    let run = world.run_as(RESTART, windows);
    let restart = run.restart.expect("a restart");
    assert!(restart.took_ns.is_some_and(|took| (20 * S..21 * S).contains(&took)), "{restart:?}");
    assert!(run.arms[0].stores[0].connections > 0 && run.arms[0].parts[0].errors.is_empty());
    assert_eq!(restart.killed, 0);
    assert_eq!(world.run_as(RESTART, windows).arms, run.arms, "the same bytes");
}
