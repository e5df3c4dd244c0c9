//! Time-outs and retries: load that multiplies itself, and an overload that stays when its cause is gone.
//!
//! A caller here is one layer; three layers of four tries (64 attempts) are three callers behind each other, which a
//! scenario does not have.

use super::simulated::*;

#[test]
fn a_time_out_below_the_new_time_turns_slow_into_failed_and_multiplies_the_load() {
    // 60 calls: 60 ms at 0.5 ms with 30 ms of work, 0.93 s at 15 ms; callers wait for 0.5 s and ask four times.
    let steps = "repeat: { times: 60, steps: [query: {}] }, think: 30ms";
    let web =
        "kind: http, rate: 5/s, pacing: constant, workers: 100, connections: persistent, timeout: 500ms, retries: 3";
    let world = |rtt: &str| World { link: rtt.into(), db: "service: 0ms".into(), ..World::of(steps, web) };
    let near = world("rtt: 0.5ms").part(secs(3.0, 10.0, 5.0));
    assert!(near.completed == near.offered && near.retries == 0, "{near:#?}");
    let far = world("rtt: 15ms").part(secs(3.0, 10.0, 5.0));
    assert_eq!((errors(&far, "timeout"), far.completed, far.retries), (far.offered, 0, 3 * far.offered), "{far:#?}");
    // 5/s × 0.06 s before; four attempts of 0.93 s each, which nobody waits for.
    close("busy before", near.busy.mean, 0.3, 0.01);
    close("busy after", far.busy.mean, 5.0 * 4.0 * 0.93, 0.01);
}

/// 10 workers for 100 a second, 80 asked for; `before` the window something else may be.
fn tier(arrivals: &str, retries: u32) -> World {
    let web = format!(
        "kind: http, {arrivals}, pacing: constant, workers: 10, backlog: 200, timeout: 500ms, retries: {retries}"
    );
    World::of("think: 100ms", &web)
}

#[test]
fn retries_keep_a_collapse_going_when_its_trigger_is_gone() {
    let (steady, burst) = ("rate: 80/s", "rate: 300/s, shape: { ramp: { to: 80/s, over: 1s } }");
    // The last part of a minute, long after the burst: the ramp is over within its first second.
    let share = |world: World| {
        let part = world.part(secs(5.0, 60.0, 5.0));
        (part.completed as f64 / part.offered as f64, part.busy.mean)
    };
    let (good, busy) = share(tier(steady, 3));
    assert!(good == 1.0 && busy < 8.1, "the load alone is fine: {good}, {busy}");
    let (good, busy) = share(tier(burst, 3));
    assert!(good < 0.1 && busy > 9.99, "workers are busy with what nobody waits for: {good}, {busy}");
    let (good, busy) = share(tier(burst, 0));
    assert!(good > 0.7 && busy < 9.5, "without retries it recovers: {good}, {busy}");
}
