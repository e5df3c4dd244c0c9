//! Rows that are held over a distance.

use super::simulated::*;

/// Jobs a second that consumers get done while there are always more.
fn done_per_s(world: &World, seconds: f64) -> f64 {
    world.part(secs(3.0, seconds, 0.01)).queue.expect("a queue").done_per_s
}

/// Transactions on one row: three round trips from the lock to the end of the commit, and 2 ms of work and flush.
const THREE_TRIPS: &str = "transaction: { locks: { name: item }, steps: [write: {}, write: {}, write: {}] }";
const TWO_MS: &str = "max_connections: 5000, service: 0.5ms";

#[test]
fn a_hot_row_gives_one_transaction_a_holding_time() {
    // 286 a second at 0.5 ms, 21 at 15 ms, 5 at 66 ms; exactly 1 / 3.5 ms, 1 / 47 ms and 1 / 200 ms.
    for (rtt, rounded, exactly, seconds) in
        [("0.5ms", 286.0, 1e3 / 3.5, 3.5), ("15ms", 21.0, 1e3 / 47.0, 9.4), ("66ms", 5.0, 1e3 / 200.0, 20.0)]
    {
        let world = World {
            link: format!("rtt: {rtt}"),
            db: TWO_MS.into(),
            ..World::of(THREE_TRIPS, "kind: queue, arrivals: 600/s, consumers: 64, connections: persistent")
        };
        let done = done_per_s(&world, seconds);
        // The window is a multiple of the holding time: one transaction more or less is at its edges.
        assert!((done - exactly).abs() * seconds < 1.001 && (done - rounded).abs() < 0.5, "{done} at {rtt}");
    }
}

#[test]
fn a_single_statement_holds_no_distance() {
    // Autocommit, and a row of its own each time: a statement never waits, not even for 1 ms.
    let web = "kind: http, rate: 300/s, workers: 500, connections: persistent";
    let world = World {
        link: "rtt: 66ms".into(),
        db: "max_connections: 500, service: 1ms".into(),
        ..World::of("write: {}", web)
    };
    let part = world.part(secs(1.0, 2.0, 5.0));
    assert_eq!((part.completed, part.time.waiting_ns), (part.offered, 0), "{part:#?}");
    close("time in ms", mean(&part) / MS as f64, 67.0, 1e-9);
}

#[test]
fn a_hot_row_of_single_statements_is_held_by_the_store_alone() {
    // 1,000 a second whatever the distance, where a transaction of three statements gets 5.
    let world = World {
        link: "rtt: 66ms".into(),
        db: "max_connections: 5000, service: 1ms".into(),
        ..World::of("write: { locks: item }", "kind: queue, arrivals: 2000/s, consumers: 256, connections: persistent")
    };
    let done = done_per_s(&world, 3.0);
    assert!((done - 1_000.0).abs() * 3.0 < 1.001, "{done} a second");
    // M/D/1 at ρ = 0.3: 0.3 × 1 ms / (2 × 0.7).
    let web = "kind: http, rate: 300/s, workers: 500, connections: persistent";
    let part = World { ..World::of("write: { locks: item }", web) }.part(secs(1.0, 60.0, 1.0));
    close("wait for the row in ms", part.wait_lock.mean() / MS as f64, 0.3 / 1.4, 0.1);
}

#[test]
fn one_hot_row_bounds_all_transactions() {
    // Two serial statements of 2 ms, one transaction of five on one row: 250 a second there, so 1,250 in all.
    let queue = "kind: queue, arrivals: 2000/s, consumers: 200, connections: persistent, journeys: { hot: 1, cold: 4 }";
    let world = |hot: &str| World {
        link: "rtt: 2ms".into(),
        db: "max_connections: 5000, service: 0ms".into(),
        journeys: format!(
            "hot: {{ steps: [transaction: {{ {hot} steps: [write: {{}}, write: {{}}] }}] }},
             cold: {{ steps: [transaction: {{ steps: [write: {{}}, write: {{}}] }}] }}"
        ),
        workloads: format!("work: {{ site: cloud, {queue} }}"),
        ..World::default()
    };
    // 4,000 jobs, of which a fifth ± 0.6 % is hot: 3 % of 250 a second.
    close("jobs a second", done_per_s(&world("locks: { name: row },"), 4.0), 1_250.0, 0.08);
    close("jobs a second without the row", done_per_s(&world(""), 4.0), 2_000.0, 0.05);
}

#[test]
fn remote_holders_slow_the_local_users_of_a_row() {
    // 100 a second on one row, held for 3.5 ms where the database is, and for 47 ms by one in a hundred from 15 ms away.
    let web = "kind: http, rate: 100/s, workers: 200, connections: persistent";
    let world = |share: &str| World {
        link: "rtt: 15ms".into(),
        db: TWO_MS.into(),
        workloads: format!("work: {{ site: dc, journey: page, {web} }}"),
        strategies: format!("roll-out: {{ phases: [{{ name: some, lasts: 1d, {share} }}] }}"),
        ..World::of(THREE_TRIPS, web)
    };
    let local = |share: &str| {
        let run = world(share).run(secs(2.0, 80.0, 5.0));
        let part = &run.arms[0].parts[0];
        assert!(part.completed > 7_000 && run.arms[0].site == "dc", "{part:#?}");
        (part.wait_lock.mean() / MS as f64, part.response.at(0.99) as f64 / MS as f64)
    };
    let ((wait, p99), (wait_with, p99_with)) = (local(""), local("move: { work: { to: cloud, share: 1% } }"));
    // M/G/1 in all: E[S] 3.5 and 3.935 ms, E[S²] 12.25 and 34.2 ms²: they wait 0.94 ms, and then 2.8.
    close("wait for the row in ms", wait, 0.94, 0.1);
    close("wait for the row beside a canary in ms", wait_with, 2.8, 0.3);
    assert!(p99_with > 1.5 * p99, "{p99} and {p99_with} ms");
}
