//! Costs by hand against costs by [`super::explain`].

use super::*;
use crate::scenario::parse;
use crate::scenario::trips::Connecting;

/// A scenario with this journey and these workloads.
fn scenario(steps: &str, workloads: &str) -> Scenario {
    let text = format!(
        "format: 1\nname: t\nabout: t\nsites: {{ a: a }}\n\
         links: [{{ within: any, rtt: 0.5ms }}]\n\
         stores: {{ db: {{ kind: mysql, service: {{ read: 1ms, write: 1ms, commit: 1ms }} }}, cache: {{ kind: memcached, service: 0ms }} }}\n\
         journeys: {{ j: {{ steps: {steps} }} }}\nworkloads: {{ {workloads} }}\n\
         strategies: {{ s: {{ phases: [{{ name: p, lasts: 1d }}] }} }}\n"
    );
    parse("t.yaml", &text).unwrap_or_else(|error| panic!("error: {error}"))
}

fn ms(ms: u64) -> Nanos {
    Nanos::from_millis(ms)
}

fn near(rtt: Option<Nanos>, expected_ms: f64) {
    let rtt = rtt.expect("a limit").as_millis_f64();
    assert!((rtt - expected_ms).abs() < 0.01, "{rtt} ms, not {expected_ms} ms");
}

#[test]
fn steps_and_causes() {
    let steps = "[get: { hit: 50%, else: [query: {}] }, repeat: { times: 4, steps: [query: { prepared: each }] }, \
                 parallel: [[query: {}], [query: {}, query: {}]], transaction: { steps: [write: {}] }]";
    let it =
        scenario(steps, "w: { kind: http, journey: j, rate: 1/s, connections: { policy: per-journey, set_up: 2 } }");
    let explained = explain(&it, &[Nanos::ZERO, ms(10)]);
    let journey = &explained.journeys[0];
    let told: Vec<(&str, f64)> = journey.steps.iter().map(|step| (step.what.as_str(), step.round_trips)).collect();
    let expected = [
        ("get 100B", 1.0),
        ("else, 50 % of the times", 0.0),
        ("query 1 row of 200B", 0.5),
        ("repeat 4 times", 0.0),
        ("query 1 row of 200B, prepared each time", 8.0),
        ("parallel, 2 branches", 0.0),
        ("query 1 row of 200B", 1.0),
        ("query 1 row of 200B", 1.0),
        ("query 1 row of 200B", 1.0),
        ("begin", 1.0),
        ("write 200B", 1.0),
        ("commit", 1.0),
    ];
    let words = |all: &[(&str, f64)]| {
        all.iter().map(|(what, n)| (what.split(' ').next().map(str::to_owned), *n)).collect::<Vec<_>>()
    };
    assert_eq!(words(&told), words(&expected), "{told:#?}");
    // The database twice, since the second branch takes its own; each with two set-up statements.
    let db = Connecting { connect: 6, set_up: 4, reuse: 0, prepare: 0 };
    assert_eq!((journey.connecting[0].0.as_str(), journey.connecting[0].1.each), ("db", db));
    assert!((journey.mean_round_trips - 11.0 - 15.5).abs() < 1e-9, "{}", journey.mean_round_trips);
}

#[test]
fn connections_that_are_not_always_needed_count_with_their_mean() {
    // The typical path calls nothing of the database, and most journeys do: all but 0.8 ^ 10.
    let steps = "[get: {}, repeat: { times: 10, steps: [repeat: { times: { chance: 20% }, steps: [query: {}] }] }]";
    let it =
        scenario(steps, "w: { kind: http, journey: j, rate: 1/s, connections: { policy: per-journey, set_up: 1 } }");
    let explained = explain(&it, &[Nanos::ZERO, ms(10)]);
    let (journey, used) = (&explained.journeys[0], 1.0 - 0.8_f64.powi(10));
    assert_eq!(journey.typical.connect, 1, "only the cache");
    let mean = 1.0 + 1.0 + 4.0 * used + 10.0 * 0.2;
    assert!((journey.mean_round_trips - mean).abs() < 1e-9, "{}", journey.mean_round_trips);
    // Drawn journeys connect exactly when they call it.
    let drawn = (journey.times[1] - journey.times[0]).as_millis_f64() / 10.0;
    assert!((drawn - mean).abs() < 0.2, "{drawn} instead of {mean}");
    let connections = explained.costliest.iter().find(|it| it.step == "connections to db").expect("they cross too");
    assert!((connections.round_trips - 4.0 * used).abs() < 1e-9, "{connections:?}");
}

#[test]
fn times_are_fixed_time_and_round_trips_in_a_row() {
    let steps =
        "[think: 20ms, repeat: { times: 10, steps: [query: {}] }, parallel: [[query: {}], [query: {}, query: {}]]]";
    let it = scenario(steps, "w: { kind: http, journey: j, rate: 1/s, connections: persistent }");
    let journey = &explain(&it, &[Nanos::ZERO, ms(15)]).journeys[0];
    // 20 ms, 12 reads of 1 ms in a row, 12 round trips in a row.
    assert_eq!(journey.times, [ms(32), ms(32 + 180)]);
}

#[test]
fn workers_by_littles_law() {
    // DOMAIN: 400 requests a second with 60 calls: T = 0.15 s + 60 × 15 ms keeps 420 workers busy.
    let steps = "[think: 90ms, repeat: { times: 60, steps: [query: {}] }]";
    let it = scenario(steps, "w: { kind: http, journey: j, rate: 400/s, workers: 256, connections: persistent }");
    let load = &explain(&it, &[Nanos::ZERO, ms(15)]).workloads[0];
    let busy: Vec<f64> = load.needs.iter().filter_map(|need| need.busy).collect();
    assert!((busy[0] - 60.0).abs() < 1e-6 && (busy[1] - 420.0).abs() < 1e-6, "{busy:?}");
    assert!((load.needs[1].highest_rate - 256.0 / 1.05).abs() < 1e-6);
    // 256 workers / 400 a second = 640 ms = 150 ms + 60 R.
    near(load.limits[0].rtt, 490.0 / 60.0);
    assert_eq!(load.needs[1].connections, [("db".to_owned(), 256.0)]);
}

#[test]
fn cron_runs_one_item_after_the_other() {
    // DOMAIN: 20,000 items × (3 queries × R + 2 ms): 940 s at 15 ms.
    let it = scenario(
        "[think: 1ms, query: {}, get: {}, get: {}]",
        "w: { kind: cron, journey: j, every: 15min, items: 20000, connections: persistent, objective: { deadline: 10min } }",
    );
    let load = &explain(&it, &[Nanos::from_micros(500), ms(15)]).workloads[0];
    assert_eq!([load.needs[0].time, load.needs[1].time], [Nanos::from_secs(70), Nanos::from_secs(940)]);
    // 600 s / 20,000 = 30 ms = 2 ms + 3 R; 900 s: 45 ms.
    near(load.limits[0].rtt, 28.0 / 3.0);
    near(load.limits[1].rtt, 43.0 / 3.0);
}

#[test]
fn limits_that_never_or_always_hold_say_so() {
    for (limit, rtt) in [("10ms", None), ("100s", Some(Nanos::MAX))] {
        let it = scenario(
            "[think: 20ms, query: {}]",
            &format!(
                "w: {{ kind: http, journey: j, rate: 1/s, workers: 9000, connections: persistent, objective: {{ p99: {limit} }} }}"
            ),
        );
        let limits = &explain(&it, &[ms(1)]).workloads[0].limits;
        let found = limits.iter().find(|limit| limit.what.starts_with("p99")).expect("an objective");
        assert_eq!(found.rtt, rtt, "{limits:?}");
    }
}

#[test]
fn costliest_by_round_trips_a_second() {
    let it = scenario(
        "[query: {}, repeat: { times: 30, steps: [get: {}] }]",
        "a: { kind: http, journey: j, rate: 10/s, connections: persistent }, b: { kind: queue, journey: j, arrivals: 20/s, consumers: 99, connections: persistent }",
    );
    let told: Vec<(String, f64)> =
        explain(&it, &[ms(1)]).costliest.into_iter().map(|c| (c.workload, c.per_second)).collect();
    let expected = [("b", 600.0), ("a", 300.0), ("b", 20.0), ("a", 10.0)];
    assert_eq!(told, expected.map(|(workload, n)| (workload.to_owned(), n)));
}

#[test]
fn long_replies_pay_slow_start_once_a_connection() {
    for (rows, row_size, further) in [(1, "14kB", 0), (1, "15kB", 1), (10, "9kB", 2), (1_000, "1kB", 6)] {
        let steps = format!("[query: {{ rows: {rows}, row_size: {row_size} }}]");
        let it = scenario(&steps, "w: { kind: http, journey: j, rate: 1/s }");
        assert_eq!(explain(&it, &[ms(1)]).journeys[0].steps[0].slow_start, further, "{rows} × {row_size}");
    }
}

#[test]
fn busy_turns_follow_from_the_stores_own_time() {
    let steps = "[query: {}, transaction: { steps: [write: {}] }]";
    let mut it = scenario(steps, "w: { kind: http, journey: j, rate: 100/s, workers: 500 }");
    let turns = |it: &Scenario| explain(it, &[ms(10)]).workloads[0].needs[0].turns.clone();
    assert!(turns(&it).is_empty(), "it works on any number of calls at once");
    let crate::scenario::StoreKind::Mysql(db) = &mut it.stores[0].kind else { panic!("a MySQL") };
    db.concurrency = Some(4);
    // Query, write and commit of 1 ms each, 100 times a second.
    let [(store, busy, of)] = &turns(&it)[..] else { panic!("{:?}", turns(&it)) };
    assert!((store.as_str(), *of) == ("db", 4) && (busy - 0.3).abs() < 1e-9, "{busy}");
}
