//! Counts of scenarios, by hand, and against what `trips` counts for every scenario that is shipped.

use super::*;
use crate::scenario::parse;

/// A scenario with these journeys and workloads.
fn scenario(journeys: &str, workloads: &str) -> Scenario {
    let text = format!(
        "format: 1\nname: t\nabout: t\nsites: {{ a: a }}\nlinks: [{{ within: any, rtt: 0.5ms }}]\n\
         stores: {{ db: {{ kind: mysql }}, cache: {{ kind: memcached }} }}\n\
         journeys: {{ {journeys} }}\nworkloads: {{ {workloads} }}\n\
         strategies: {{ s: {{ phases: [{{ name: p, lasts: 1d }}] }} }}\n"
    );
    parse("t.yaml", &text).unwrap_or_else(|error| panic!("error: {error}"))
}

const READ: &str = "SELECT id, REPEAT(?, ?) AS payload FROM longhaul.items WHERE id BETWEEN ? AND ?";

/// `name round_trips(connecting): text calls/round_trips/repeats, …`
fn told(scenario: &Scenario) -> Vec<String> {
    let statement = |it: &Statement| {
        let text = it.text.replace(READ, "READ");
        format!(" {text} {}/{}/{}", it.calls, it.round_trips, it.most_repeats)
    };
    let unit = |unit: &Unit| {
        let all: Vec<String> = unit.statements.iter().map(statement).collect();
        format!("{} {}({}):{}", unit.name, unit.round_trips, unit.connecting, all.join(","))
    };
    counts(scenario).units.iter().map(unit).collect()
}

fn of(steps: &str, connections: &str) -> String {
    let it = scenario(
        &format!("j: {{ steps: {steps} }}"),
        &format!("w: {{ kind: http, journey: j, rate: 1/s, connections: {connections} }}"),
    );
    told(&it).concat()
}

#[test]
fn steps_are_counted_by_hand() {
    for (steps, connections, expected) in [
        ("[query: {}, query: {}]", "persistent", "j 2(0): READ 2/2/1"),
        ("[repeat: { times: 7, steps: [query: {}] }, query: {}]", "persistent", "j 8(0): READ 8/8/7"),
        ("[query: {}]", "per-journey", "j 4(3): READ 1/1/1"),
        ("[query: {}]", "{ policy: per-journey, set_up: 2 }", "j 6(5): SET NAMES utf8mb4 2/2/1, READ 1/1/1"),
        ("[query: {}]", "{ policy: persistent, on_reuse: ping }", "j 2(1): COM_PING 1/1/1, READ 1/1/1"),
        ("[query: {}]", "{ policy: persistent, on_reuse: relogin }", "j 3(2): READ 1/1/1"),
        ("[repeat: { times: 3, steps: [query: { prepared: each }] }]", "persistent", "j 6(0): READ 3/6/3"),
        ("[repeat: { times: 3, steps: [query: { prepared: cached }] }]", "per-journey", "j 7(3): READ 3/4/3"),
        ("[repeat: { times: 3, steps: [query: { prepared: cached }] }]", "persistent", "j 3(0): READ 3/3/3"),
        (
            "[repeat: { times: 2, steps: [query: { sql: SELECT 1 }] }, query: { sql: SELECT 2 }]",
            "persistent",
            "j 3(0): SELECT ? 3/3/3",
        ),
        ("[get: { hit: 90%, else: [query: {}] }]", "per-journey", "j 2(1): get lh:hit:*:* 1/1/1"),
        ("[get: { hit: 10%, else: [query: {}] }]", "persistent", "j 2(0): READ 1/1/1, get lh:miss:*:* 1/1/1"),
        ("[get: { keys: 20 }]", "persistent", "j 1(0): get lh:hit:*:* (10-99 keys) 1/1/1"),
        (
            "[set: {}, add: {}, delete: {}, incr: {}]",
            "persistent",
            "j 4(0): add lh:scratch:*:* 1/1/1, delete lh:scratch:*:* 1/1/1, incr lh:count:* 1/1/1, set lh:scratch:*:* 1/1/1",
        ),
        ("[parallel: [[query: {}], [query: {}]]]", "per-journey", "j 8(6): READ 2/2/1"),
    ] {
        assert_eq!(of(steps, connections), expected, "{steps}, {connections}");
    }
}

#[test]
fn only_the_first_call_of_a_transaction_takes_its_row() {
    let steps = "[transaction: { locks: item, steps: [repeat: { times: 4, steps: [write: {}] }] }]";
    let expected = "j 6(0): UPDATE longhaul.items SET payload = ?, writes = writes + ? WHERE id = ? 3/3/3, BEGIN 1/1/1, \
                    COMMIT 1/1/1, UPDATE longhaul.hot SET payload = ?, writes = writes + ? WHERE name = ? AND slot = ? 1/1/1";
    assert_eq!(of(steps, "persistent"), expected);
    let twice = steps.replace("[transaction", "[repeat: { times: 2, steps: [transaction").replace("] }]", "] }] }]");
    let all = of(&twice, "persistent");
    assert!(
        all.starts_with("j 12(0): ")
            && all.contains("longhaul.hot SET payload = ?, writes = writes + ? WHERE name = ? AND slot = ? 2/2/2"),
        "{all}"
    );
}

#[test]
fn a_journey_is_told_by_workload_where_they_connect_differently() {
    let web = "web: { kind: http, journey: j, rate: 1/s, connections: persistent }";
    let like = web.replace("web", "api");
    let other = "job: { kind: http, journey: j, rate: 1/s, connections: per-journey }";
    let journey = "j: { steps: [query: {}] }, unused: { steps: [query: {}] }";
    assert_eq!(told(&scenario(journey, &format!("{web}, {like}"))), ["j 1(0): READ 1/1/1"]);
    assert_eq!(
        told(&scenario(journey, &format!("{web}, {other}"))),
        ["web/j 1(0): READ 1/1/1", "job/j 4(3): READ 1/1/1"]
    );
}

/// Every scenario that is shipped.
fn shipped() -> Vec<(String, Scenario)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let paths = std::fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("readable").path());
    let scenarios = paths.filter(|path| path.extension().is_some_and(|it| it == "yaml"));
    let load =
        |path: std::path::PathBuf| crate::scenario::load(&path).map(|it| (path.display().to_string(), it.scenario));
    scenarios.filter_map(|path| load(path).ok()).collect()
}

#[test]
fn the_sum_is_what_trips_counts() {
    let all = shipped();
    assert!(all.len() > 10);
    for (file, scenario) in all {
        for id in (0..scenario.journeys.len()).map(JourneyId) {
            for (_, workload) in performers(&scenario, id) {
                let unit = unit(&scenario, id, workload);
                let trips = trips::count(&scenario, id, &workload.mysql, &workload.memcached);
                assert_eq!(unit.round_trips, trips.connect + trips.calls, "{file} {} {}", workload.name, unit.name);
                let kept = trips::connecting(&scenario, id, &workload.mysql, &workload.memcached);
                let connecting: u64 = kept.iter().map(|it| it.total() - it.prepare).sum();
                assert_eq!(unit.connecting, connecting, "{file} {} {}", workload.name, unit.name);
            }
        }
    }
}

#[test]
fn counting_takes_no_longer_for_large_repeats() {
    let deep = (0..5).fold("query: { prepared: cached }".to_owned(), |inner, _| {
        format!("repeat: {{ times: 9, steps: [{inner}, query: {{}}] }}")
    });
    let it = scenario(
        &format!("j: {{ steps: [{deep}] }}"),
        "w: { kind: http, journey: j, rate: 1/s, connections: per-journey }",
    );
    let unit = &counts(&it).units[0];
    let trips = trips::count(&it, JourneyId(0), &it.workloads[0].mysql, &it.workloads[0].memcached);
    assert_eq!(unit.round_trips, trips.connect + trips.calls);
}
