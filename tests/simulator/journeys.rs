//! Journeys without chance: the simulated time is the one that a hand computes, to the nanosecond.
//!
//! R is the RTT, s the database's time for anything, c the cache's. The rules are those of PHYSICS: 10 segments of
//! 1,448 B first, doubled each R; halved for each time-out (R + 200 ms) without sending.

use super::simulated::*;

const R: u64 = 4 * MS;
const SERVICE: u64 = MS;
const C: u64 = MS / 20;

const FRESH: &str = "connections: per-journey";
const KEPT: &str = "connections: persistent";

/// 20 journeys on one worker, far enough apart that none waits: all of them take exactly so long.
#[track_caller]
fn takes(world: &World, nanos: u64) {
    let part = world.part(secs(5.0, 100.0, 10.0));
    assert_eq!((part.completed, part.offered, part.unfinished), (20, 20, 0), "{part:#?}");
    assert_eq!(part.time.total_ns, 20 * nanos, "{} is not {} times 20: {part:#?}", part.time.total_ns, nanos);
    assert_eq!((part.response.min(), part.response.max()), (part.service.min(), part.service.max()));
}

fn page(steps: &str, connections: &str) -> World {
    World::of(steps, &format!("kind: http, rate: 0.2/s, pacing: constant, workers: 1, {connections}"))
}

#[test]
fn calls_take_their_round_trips() {
    let set_up = "connections: { policy: per-journey, set_up: 2 }";
    let reuse = |how: &str| format!("connections: {{ policy: persistent, on_reuse: {how} }}");
    for (steps, connections, nanos) in [
        // Handshake R, greeting R, login R; the query R + s.
        ("query: {}", FRESH, 4 * R + SERVICE),
        // Two statements after the login, each R.
        ("query: {}", set_up, 6 * R + SERVICE),
        ("query: {}, query: {}, write: {}", KEPT, 3 * (R + SERVICE)),
        // Prepare R, execute R + s.
        ("query: { prepared: each }, query: { prepared: each }", KEPT, 2 * (2 * R + SERVICE)),
        // Connect 3 R; prepared once R; three executions R + s.
        ("repeat: { times: 3, steps: [query: { prepared: cached }] }", FRESH, 7 * R + 3 * SERVICE),
        // The connection has kept it since the warm-up.
        ("repeat: { times: 3, steps: [query: { prepared: cached }] }", KEPT, 3 * (R + SERVICE)),
        // Two steps are two statements.
        ("query: { prepared: cached }, query: { prepared: cached }", FRESH, 7 * R + 2 * SERVICE),
        // BEGIN R, two statements R + s, COMMIT R + s.
        ("transaction: { steps: [query: {}, write: {}] }", KEPT, 4 * R + 3 * SERVICE),
        ("query: {}", &reuse("ping"), 2 * R + SERVICE),
        ("query: {}", &reuse("reset"), 2 * R + SERVICE),
        // A reset forgets what was prepared: prepared again, R.
        ("query: { prepared: cached }", &reuse("reset"), 3 * R + SERVICE),
        // COM_CHANGE_USER, and one more round trip for the method.
        ("query: {}", &reuse("relogin"), 3 * R + SERVICE),
        // The handshake R; the client speaks first: R + c.
        ("get: {}", FRESH, 2 * R + C),
        ("get: { keys: 8, size: 1KiB }", KEPT, R + C),
        ("get: { hit: 0%, else: [query: {}, set: {}] }", KEPT, 3 * R + 2 * C + SERVICE),
        ("set: {}, add: {}, delete: {}, incr: {}", KEPT, 4 * (R + C)),
        ("query: {}, query: {}", "connections: { pool: 1 }", 2 * (R + SERVICE)),
        ("query: { service: 7ms }", KEPT, R + 7 * MS),
        ("think: 7ms, query: {}", KEPT, 7 * MS + R + SERVICE),
    ] {
        takes(&page(steps, connections), nanos);
    }
}

#[test]
fn branches_take_as_long_as_the_longest() {
    for (steps, connections, nanos) in [
        ("parallel: [[query: {}], [get: {}], [think: 3ms]]", KEPT, R + SERVICE),
        // 3 R + R + s beside R + R + c.
        ("parallel: [[query: {}], [get: {}]]", FRESH, 4 * R + SERVICE),
        // The first branch's connection stays the journey's own; the second group finds both connections open.
        ("parallel: [[query: {}], [query: {}, query: {}]], query: {}", FRESH, 3 * R + 3 * (R + SERVICE)),
        (
            "parallel: [[query: {}], [query: {}]], parallel: [[query: {}], [query: {}]]",
            FRESH,
            3 * R + 2 * (R + SERVICE),
        ),
        ("parallel: [[get: {}, get: {}], [think: 60ms]]", KEPT, 60 * MS),
    ] {
        takes(&page(steps, connections), nanos);
    }
}

#[test]
fn a_platform_adds_its_overhead_once() {
    let world = World { overhead: "0.6ms".into(), ..page("query: {}, query: {}", KEPT) };
    takes(&world, 2 * (R + SERVICE) + 600_000);
}

/// A reply of one value: `VALUE lh:hit:SIZE:123 0 SIZE`, two line ends, `END`: 39 B around a value of five digits, 41 of six.
const fn value(reply: u64) -> u64 {
    if reply - 39 < 100_000 { reply - 39 } else { reply - 41 }
}

#[test]
fn large_replies_on_a_new_connection_take_slow_starts_steps() {
    // 14,480 × (2^n − 1): 14,480; 43,440; 101,360; 217,200; 448,880.
    for (reply, trips) in [
        (14_480, 1),
        (14_481, 2),
        (43_440, 2),
        (43_441, 3),
        (101_360, 3),
        (101_361, 4),
        (217_200, 4),
        (217_201, 5),
        (448_880, 5),
        (448_881, 6),
    ] {
        takes(&page(&format!("get: {{ size: {}B }}", value(reply)), FRESH), R + trips * R + C);
    }
}

#[test]
fn large_requests_on_a_new_connection_take_slow_starts_steps() {
    // `set lh:scratch:10:12 0 0 SIZE` and two line ends are 34 B around a value of five digits; R for the handshake.
    for (request, trips) in [(14_480, 1), (14_481, 2), (43_440, 2), (43_441, 3)] {
        takes(&page(&format!("set: {{ size: {}B }}", request - 34), FRESH), R + trips * R + C);
    }
}

#[test]
fn an_idle_connection_begins_slowly_again() {
    let get = format!("get: {{ size: {}B }}", value(200_000));
    for (steps, nanos) in [
        // 139 segments. Idle for seconds: 10 + 20 + 40 + 69, 4 R; then the window is 149, and at once all go: 1 R.
        (format!("{get}, {get}"), 4 * R + R + 2 * C),
        // 304 ms are one time-out of 204 ms: 149 halved is 74; 74 + 65, 2 R.
        (format!("{get}, think: 300ms, {get}"), 4 * R + 300 * MS + 2 * R + 2 * C),
        // 504 ms are two: 37 + 74 + 28, 3 R.
        (format!("{get}, think: 500ms, {get}"), 4 * R + 500 * MS + 3 * R + 2 * C),
        // 1,004 ms are four, and the initial window the least: 10 again, 4 R.
        (format!("{get}, think: 1s, {get}"), 4 * R + S + 4 * R + 2 * C),
        // Less than a time-out changes nothing.
        (format!("{get}, think: 190ms, {get}"), 4 * R + 190 * MS + R + 2 * C),
    ] {
        takes(&page(&steps, KEPT), nanos);
    }
    // BBR is exempt from the restart.
    let world = World { link: "rtt: 4ms, congestion: bbr".into(), ..page(&format!("{get}, think: 1s, {get}"), KEPT) };
    takes(&world, S + 2 * (R + C));
}

#[test]
fn a_bandwidth_adds_the_bytes_on_the_wire() {
    // 8 Mbit/s are 1 µs a byte. `get lh:hit:1000:123` and its line end are 21 B, the reply 1,000 B and 37 around it, each
    // with 52 B of headers.
    let world = World { link: "rtt: 4ms, bandwidth: 8Mbit/s".into(), ..page("get: { size: 1000B }", KEPT) };
    let part = world.part(secs(5.0, 100.0, 10.0));
    let bytes = part.time.total_ns / 20 - (R + C);
    // The number of the key has two digits here or three: in the request and in the reply.
    assert!((bytes / 1_000).abs_diff(21 + 52 + 1_037 + 52) <= 4, "{bytes} ns: {part:#?}");
}

#[test]
fn jitter_is_added_to_each_crossing() {
    // Constant jitter of 1 ms is one more each way: the handshake has three crossings, of which two are waited for.
    let jitter = |world| World { link: "rtt: 4ms, jitter: { constant: 1ms }".into(), ..world };
    takes(&jitter(page("query: {}", KEPT)), R + 2 * MS + SERVICE);
    takes(&jitter(page("get: {}", FRESH)), 2 * (R + 2 * MS) + C);
    takes(&jitter(page("query: {}", FRESH)), 4 * (R + 2 * MS) + SERVICE);
}
