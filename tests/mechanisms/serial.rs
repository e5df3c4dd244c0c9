//! Work that waits for one answer after the other: pages, workers, queues, cron jobs, cold caches.

use longhaul::runfile::{CronRun, PartRun};
use longhaul::strategy::Condition;
use longhaul::units::Nanos;

use super::simulated::*;

/// The same at a distance of so many milliseconds.
fn at(rtt_ms: f64, world: &World) -> World {
    World { link: format!("rtt: {rtt_ms}ms"), ..world.clone() }
}

/// Calls of no time at the store: what the numbers are about is the distance.
fn page(steps: &str, workload: &str) -> World {
    let world = World::of(steps, &format!("connections: persistent, {workload}"));
    World { db: "service: 0ms, max_connections: 5000".into(), cache: "service: 0ms".into(), ..world }
}

fn calls(n: u32) -> String {
    format!("repeat: {{ times: {n}, steps: [query: {{}}] }}")
}

#[test]
fn serial_calls_add_their_distance() {
    // At 15 ms, 16 calls add 240 ms, 29: 435, 59: 885, 100: 1.5 s, 184: 2.8 s, 300: 4.5 s. To the digits that are given.
    for (n, added_ms, digit_ms) in [
        (16, 240.0, 1.0),
        (29, 435.0, 1.0),
        (59, 885.0, 1.0),
        (100, 1_500.0, 100.0),
        (184, 2_800.0, 100.0),
        (300, 4_500.0, 100.0),
    ] {
        let world = page(&calls(n), "kind: http, rate: 0.1/s, pacing: constant, workers: 1");
        let time = |rtt| mean(&at(rtt, &world).part(secs(1.0, 40.0, 6.0))) / MS as f64;
        let added = time(15.0) - time(0.0);
        assert!((added - added_ms).abs() < digit_ms / 2.0, "{n} calls add {added} ms, not {added_ms}");
    }
}

/// A tenth of 400 requests a second of 60 calls; 150 ms each at 0.5 ms.
fn tier(workers: u32) -> World {
    let steps = format!("{}, think: 120ms", calls(60));
    let web = format!("kind: http, rate: 40/s, pacing: constant, workers: {workers}, backlog: 51, timeout: 3s");
    page(&steps, &web)
}

#[test]
fn workers_are_busy_as_long_as_their_calls() {
    // 400/s × 0.15 s keep 60 busy; at 15 ms it is 1.02 s, and 408 are needed. At a target of 70 %: 86 and 583.
    for (rtt, busy, seconds, target) in [(0.5, 6.0, 0.15, 8.6), (15.0, 40.8, 1.02, 58.3)] {
        let part = at(rtt, &tier(500)).part(secs(2.0, 2.0, 3.0));
        close("time in s", mean(&part) / S as f64, seconds, 1e-9);
        close("busy workers", part.busy.mean, busy, 1e-3);
        close("workers for 70 %", part.busy.mean / 0.7, target, 0.005);
    }
}

#[test]
fn a_tier_without_enough_workers_collapses_while_its_stores_idle() {
    // A tenth of 256 workers.
    let before = at(0.5, &tier(26)).part(secs(1.0, 2.0, 3.0));
    assert!(before.completed == before.offered && before.wait_worker.max() == 0, "{before:#?}");
    let world = World { db: "service: 0.05ms, max_connections: 5000".into(), ..tier(26) };
    let run = at(15.0, &world).run(secs(6.0, 4.0, 6.0));
    let part = of(&run, "work");
    // 26 workers do 25.4 a second of 40: more than a third is not served, and who is served has waited.
    let lost = 1.0 - part.completed as f64 / part.offered as f64;
    assert!(lost > 0.3 && errors(part, "refused") + errors(part, "timeout") + part.unfinished > 0, "{lost}: {part:#?}");
    close("busy workers", part.busy.mean, 26.0, 1e-6);
    assert!(part.response.at(0.5) > 2 * S, "{part:#?}");
    // Of the 4 s, the store worked on 0.3 s, of as many as it could do at once.
    let used = &run.arms[0].stores[0];
    assert!(used.store == "db" && used.server_time.sum() < 4e9 * 0.1, "{used:#?}");
}

/// Eight consumers; a job is 12 calls and 40 ms.
fn mails(arrivals: &str, consumers: u32) -> World {
    let queue = format!("kind: queue, pacing: constant, consumers: {consumers}, {arrivals}");
    page(&format!("{}, think: 40ms", calls(12)), &queue)
}

fn done_per_s(world: &World) -> f64 {
    let part = world.part(secs(1.0, 20.0, 0.1));
    part.queue.expect("a queue").done_per_s
}

#[test]
fn consumers_do_as_much_as_their_jobs_take() {
    // 174 jobs a second at 0.5 ms, 36 at 15 ms; 109 with 24 consumers.
    for (rtt, consumers, rate) in [(0.5, 8, 174.0), (15.0, 8, 36.0), (15.0, 24, 109.0)] {
        let done = done_per_s(&at(rtt, &mails("arrivals: 300/s", consumers)));
        assert!((done - rate).abs() < 0.6, "{done} a second at {rtt} ms, not {rate}");
    }
}

/// By how much the backlog grows in an hour.
fn growth(part: &PartRun, seconds: f64) -> f64 {
    let queue = part.queue.expect("a queue");
    (queue.backlog_end as f64 - queue.backlog_start as f64) * 3_600.0 / seconds
}

#[test]
fn a_backlog_grows_by_the_hour_and_takes_longer_to_go() {
    // 80 a second at 15 ms: 157,000 an hour. With 24 consumers it takes 1.5 h to go.
    let growing = at(15.0, &mails("arrivals: 80/s", 8)).part(secs(1.0, 60.0, 0.1));
    close("jobs an hour", growth(&growing, 60.0), 157_000.0, 0.005);
    // A backlog to begin with, from the warm-up.
    let burst = "arrivals: 800/s, shape: { ramp: { to: 80/s, over: 1s } }";
    let falling = at(15.0, &mails(burst, 24)).part(secs(2.0, 21.0, 0.1));
    let queue = falling.queue.expect("a queue");
    assert!(queue.backlog_start > 1_000 && queue.backlog_end > 500, "{queue:?}");
    // In the first second, the ramp's, 440 arrive; 80 in each of the others.
    let per_hour = (growth(&falling, 21.0) * 21.0 - 360.0 * 3_600.0) / 21.0;
    close("hours to drain an hour's", 157_000.0 / -per_hour, 1.5, 0.02);
}

#[test]
fn jobs_that_cross_a_limit_are_killed_or_run_twice() {
    // 4,100 calls: 2 s at 0.5 ms, 61.5 s at 15 ms; over the time-out of 60 s.
    let job = |n, limits: &str| {
        page(&calls(n), &format!("kind: queue, arrivals: 0.02/s, pacing: constant, consumers: 8, {limits}"))
    };
    let killed = job(4_100, "job_timeout: 60s");
    let (near, far) = (at(0.5, &killed).part(secs(1.0, 250.0, 100.0)), at(15.0, &killed).part(secs(1.0, 250.0, 100.0)));
    assert!(near.completed == 5 && near.errors.is_empty(), "{near:#?}");
    assert!(far.completed == 0 && errors(&far, "job timeout") == 5, "{far:#?}");
    // 6,100 calls: 3 s and 91.5 s; handed out again after 90 s.
    let twice = job(6_100, "redeliver_after: 90s");
    let (near, far) = (at(0.5, &twice).part(secs(1.0, 250.0, 300.0)), at(15.0, &twice).part(secs(1.0, 250.0, 300.0)));
    let seen = |part: &PartRun| part.queue.map(|queue| (queue.redelivered > 0, queue.duplicates > 0)).expect("a queue");
    assert_eq!((near.completed, seen(&near)), (5, (false, false)), "{near:#?}");
    assert_eq!((far.completed, seen(&far)), (5, (true, true)), "{far:#?}");
}

/// Items of three queries and 2 ms, one after the other.
fn items(items: u32, every: &str, overlap: &str) -> World {
    let cron = format!("kind: cron, every: {every}, items: {items}, overlap: {overlap}");
    page(&format!("{}, think: 2ms", calls(3)), &cron)
}

fn cron(world: &World, seconds: f64) -> CronRun {
    let part = world.part(secs(0.0, seconds, 0.1));
    part.cron.expect("a cron job")
}

#[test]
fn a_serial_loop_takes_thirteen_times_as_long() {
    // 20,000 items: 70 s at 0.5 ms, 940 s at 15 ms, 13.4 times as long. A tenth of them in a tenth of the time; then all,
    // extrapolated from 20 s. The run's own connection comes first: 3 R, once.
    let check = |rtt, n, window, seconds, extrapolated| {
        let CronRun { duration, extrapolated: was, .. } = cron(&at(rtt, &items(n, "1000s", "forbid")), window);
        close("duration in s", duration.expect("enough items").value / 1e9, seconds, 1e-12);
        assert_eq!(was, extrapolated);
    };
    check(0.5, 2_000, 8.0, 7.001_5, false);
    check(15.0, 2_000, 95.0, 94.045, false);
    check(0.5, 20_000, 20.0, 70.001_5, true);
    check(15.0, 20_000, 20.0, 940.045, true);
}

#[test]
fn runs_that_became_longer_than_their_schedule_are_skipped_overlap_or_are_replaced() {
    // A tenth of 20,000 items, every 90 s: 94 s at 15 ms, 7 s at 0.5 ms.
    for (overlap, counts) in [("forbid", (2, 2, 0, 0)), ("allow", (4, 0, 3, 0)), ("replace", (4, 0, 0, 3))] {
        let seen = |rtt| {
            let CronRun { started, skipped, overlapped, replaced, .. } =
                cron(&at(rtt, &items(2_000, "90s", overlap)), 300.0);
            (started, skipped, overlapped, replaced)
        };
        assert_eq!(seen(0.5), (4, 0, 0, 0), "{overlap} near");
        assert_eq!(seen(15.0), counts, "{overlap} far");
    }
}

#[test]
fn a_cache_that_misses_asks_the_database() {
    // q_eff = q_db + (1 − h) × q_cache: 5 + 20 × (1 − 95 %) = 6; with the cache cold 25.
    let steps = "repeat: { times: 20, steps: [get: { hit: 95%, else: [query: {}] }] }, repeat: { times: 5, steps: [query: {}] }";
    let world = page(steps, "kind: http, rate: 50/s, workers: 100");
    let asked = |condition| {
        let run = world.run_as(condition, secs(1.0, 20.0, 1.0));
        run.arms[0].stores[0].exchanges as f64 / of(&run, "work").completed as f64
    };
    // 1,000 pages: 20 × 5 % × 95 % has a standard error of 0.5 %.
    close("queries of a page", asked(Condition::Steady), 6.0, 0.02);
    // It fills over a month, so that it is as good as empty for 20 s.
    let month = Nanos::from_secs(30 * 86_400);
    close("queries of a page, cold", asked(Condition::Cold(CACHE, month)), 25.0, 0.01);
}
