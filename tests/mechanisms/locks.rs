//! Rows that are held over a distance.

use super::simulated::*;

/// Transactions on one row: a lock, two more round trips, the commit's; 2 ms of work and flush.
fn hot(rtt_ms: f64, rate: f64, workers: u32) -> World {
    let steps = "transaction: { locks: { name: item }, steps: [write: {}, write: {}, write: {}] }";
    let web = format!("kind: http, rate: {rate}/s, workers: {workers}, backlog: 100000, connections: persistent");
    World {
        link: format!("rtt: {rtt_ms}ms"),
        db: "max_connections: 5000, service: { read: 0.5ms, write: 0.5ms, commit: 0.5ms }".into(),
        ..World::of(steps, &web)
    }
}

/// Transactions that end in a window, from response times: those that were offered are all answered in the end.
fn throughput(world: &World, seconds: f64) -> f64 {
    // The row is never idle: the mean time between commits is that between the ends of two waits.
    let part = world.part(secs(2.0, seconds, 10_000.0));
    assert_eq!((part.completed, part.unfinished), (part.offered, 0), "{part:#?}");
    let spread = (part.response.max() - part.response.min()) as f64 / 1e9;
    // The first of the window is done when the last of the warm-up are, the last `spread` and the window later.
    (part.completed - 1) as f64 / (seconds + spread)
}

#[test]
fn a_hot_row_gives_one_transaction_a_holding_time() {
    // Three round trips and 2 ms: 286 a second at 0.5 ms, 21 at 15 ms, 5 at 66 ms.
    for (rtt, rate, window) in [(0.5, 286.0, 3.0), (15.0, 21.0, 10.0), (66.0, 5.0, 30.0)] {
        let got = throughput(&hot(rtt, rate * 2.0, 64), window);
        assert!((got - rate).abs() < 0.02 * rate, "{got} a second at {rtt} ms, not {rate}");
    }
}
