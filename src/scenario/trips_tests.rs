//! Counts by hand against counts by [`super::count`].

use super::*;
use crate::scenario::parse;

/// The trips of journey `j` with these steps, performed by an http workload with these connections.
fn trips(connections: &str, steps: &str) -> Trips {
    let text = format!(
        "format: 1\nname: t\nabout: t\nsites: {{ a: a }}\nlinks: [{{ within: any, rtt: 1ms }}]\n\
         stores: {{ db: {{ kind: mysql }}, cache: {{ kind: memcached }} }}\n\
         journeys: {{ j: {{ steps: {steps} }} }}\n\
         workloads: {{ w: {{ kind: http, journey: j, rate: 1/s, connections: {connections} }} }}\n\
         strategies: {{ s: {{ phases: [{{ name: p, lasts: 1d }}] }} }}\n"
    );
    let scenario = parse("t.yaml", &text).unwrap_or_else(|error| panic!("error: {error}"));
    let workload = &scenario.workloads[0];
    count(&scenario, JourneyId(0), &workload.mysql, &workload.memcached)
}

fn check(connections: &str, steps: &str, (connect, calls, sequential): (u64, u64, u64)) {
    assert_eq!(trips(connections, steps), Trips { connect, calls, sequential }, "{connections}: {steps}");
}

#[test]
fn calls() {
    for (steps, calls) in [
        ("[query: {}]", 1),
        ("[query: { rows: 9, row_size: 4KiB }, write: {}]", 2),
        ("[query: { prepared: each }]", 2),
        ("[query: { prepared: cached }]", 1),
        ("[get: { keys: 100 }, set: {}, add: {}, delete: {}, incr: {}]", 5),
        ("[get: { hit: 50%, else: [query: {}, set: {}] }]", 1),
        ("[get: { hit: 49%, else: [query: {}, set: {}] }]", 3),
        ("[transaction: { steps: [query: {}, write: {}] }]", 4),
        ("[think: 5ms]", 0),
        ("[repeat: { times: 30, steps: [query: {}, get: {}] }]", 60),
        ("[repeat: { times: { lognormal: { median: 10.4, p99: 99 } }, steps: [query: {}] }]", 10),
        ("[repeat: { times: { lognormal: { median: 0.3, p99: 2 } }, steps: [query: {}] }]", 0),
        ("[repeat: { times: { chance: 49% }, steps: [query: {}] }]", 0),
        ("[repeat: { times: { chance: 0.5 }, steps: [query: {}] }]", 1),
        ("[repeat: { times: 3, steps: [repeat: { times: 4, steps: [query: { prepared: each }] }] }]", 24),
    ] {
        check("persistent", steps, (0, calls, calls));
    }
}

#[test]
fn parallel_branches_count_once_in_a_row() {
    check("persistent", "[parallel: [[query: {}, query: {}], [get: {}], [think: 9ms]]]", (0, 3, 2));
    check(
        "persistent",
        "[query: {}, repeat: { times: 2, steps: [parallel: [[query: {}], [get: {}, get: {}]]] }]",
        (0, 7, 5),
    );
}

#[test]
fn connecting_by_policy() {
    for (connections, both, mysql, memcached) in [
        ("per-journey", 4, 3, 1),
        ("{ policy: per-journey, set_up: 2 }", 6, 5, 1),
        ("persistent", 0, 0, 0),
        ("{ pool: 5 }", 0, 0, 0),
        ("{ pool: 5, set_up: 9 }", 0, 0, 0),
        ("{ policy: persistent, on_reuse: ping }", 1, 1, 0),
        ("{ pool: 5, on_reuse: reset }", 1, 1, 0),
        ("{ policy: persistent, on_reuse: relogin }", 2, 2, 0),
        ("{ mysql: { policy: per-journey, set_up: 1 }, memcached: persistent }", 4, 4, 0),
    ] {
        assert_eq!(trips(connections, "[query: {}, get: {}, query: {}]").connect, both, "{connections}");
        assert_eq!(trips(connections, "[transaction: { steps: [get: { hit: 0%, else: [write: {}] }] }]").connect, both);
        assert_eq!(trips(connections, "[query: {}]").connect, mysql, "{connections}");
        assert_eq!(trips(connections, "[get: { hit: 90%, else: [query: {}] }]").connect, memcached, "{connections}");
    }
    assert_eq!(trips("per-journey", "[think: 1ms]").connect, 0);
}

#[test]
fn further_branches_connect_too_and_once() {
    let group = "parallel: [[query: {}], [query: {}], [get: {}]]";
    // Two connections to MySQL, one to Memcached.
    assert_eq!(trips("per-journey", &format!("[{group}]")).connect, 7);
    // The first branch goes on with what is open; later groups use the connections of the same branch again.
    assert_eq!(trips("per-journey", &format!("[query: {{}}, {group}, {group}]")).connect, 7);
    assert_eq!(trips("per-journey", &format!("[repeat: {{ times: 9, steps: [{group}] }}]")).connect, 7);
    // What a later branch needs in addition is opened then.
    assert_eq!(trips("per-journey", &format!("[{group}, parallel: [[get: {{}}], [get: {{}}]]]")).connect, 9);
    assert_eq!(trips("{ pool: 9, on_reuse: ping }", &format!("[{group}]")).connect, 2);
}

#[test]
fn statements_are_prepared_once_a_connection() {
    let steps = "[query: { prepared: cached }, repeat: { times: 5, steps: [write: { prepared: cached }] }, query: {}]";
    check("per-journey", steps, (3 + 2, 7, 7));
    check("persistent", steps, (0, 7, 7));
    check("{ pool: 3, on_reuse: ping }", steps, (1, 7, 7));
    check("{ pool: 3, on_reuse: reset }", steps, (1 + 2, 7, 7));
    check("{ policy: persistent, on_reuse: relogin }", steps, (2 + 2, 7, 7));
    let parallel = "[parallel: [[query: { prepared: cached }], [query: { prepared: cached }]]]";
    check("per-journey", parallel, (3 + 1 + 3 + 1, 2, 1));
}

#[test]
fn the_largest_path_has_every_branch_and_miss() {
    let scenario = |steps: &str| {
        let text = format!(
            "format: 1\nname: t\nabout: t\nsites: {{ a: a }}\nlinks: [{{ within: any, rtt: 1ms }}]\n\
             stores: {{ db: {{ kind: mysql }}, cache: {{ kind: memcached }} }}\njourneys: {{ j: {{ steps: {steps} }} }}\n\
             workloads: {{ w: {{ kind: http, journey: j, rate: 1/s }} }}\n\
             strategies: {{ s: {{ phases: [{{ name: p, lasts: 1d }}] }} }}\n"
        );
        parse("t.yaml", &text).unwrap_or_else(|error| panic!("error: {error}"))
    };
    let steps = "[repeat: { times: { lognormal: { median: 2, p99: 9, cap: 50 } }, steps: [get: { else: [query: {}] }] }, \
                 parallel: [[query: {}], [query: {}]], repeat: { times: { chance: 1% }, steps: [query: {}] }]";
    assert_eq!(largest(&scenario(steps).journeys[0].steps), 103);
    assert_eq!(typical(&scenario(steps).journeys[0].steps), 4);
}
