//! Both engines do the same: one suite of known scenarios, live on stand-ins and a link of known length, and in virtual time.
//!
//! Times are asserted exactly from below (nothing is ever early) and generously from above; what virtual time gives to the
//! nanosecond is asserted so in `tests/simulator.rs`.

mod support;

use longhaul::engine::EngineError;
use longhaul::scenario::{
    Call, ConnectionPolicy, Connections, CopyMove, Move, OnReuse, Overlap, PlatformId, Prepared, Query, RandomTime,
    Request, Restart, RowLock, ServiceTime, SiteId, Step, Store, StoreId, StoreKind, Workload, WorkloadKind, Write,
};
use longhaul::strategy::{Condition, WARM_UP};
use longhaul::units::{Bytes, Fraction, Nanos};
use support::*;

const RTT: u64 = 4;

/// Each case as two tests, one an engine.
macro_rules! both {
    ($($case:ident),* $(,)?) => {
        mod live {
            $(#[test] fn $case() { super::$case(super::On::Live) })*
        }
        mod sim {
            $(#[test] fn $case() { super::$case(super::On::Sim) })*
        }
    };
}

both! {
    round_trips_are_those_of_the_journey_and_take_at_least_their_distance,
    a_relogin_costs_what_the_server_makes_of_it,
    arrivals_do_not_wait_for_replies,
    callers_give_up_and_ask_again,
    what_finds_no_room_is_refused,
    late_jobs_are_handed_out_again_and_run_twice,
    jobs_beyond_their_time_out_are_killed,
    a_queue_without_enough_consumers_grows,
    long_cron_runs_are_extrapolated,
    short_cron_runs_are_measured_and_keep_their_overlap_policy,
    a_lock_that_expires_lets_runs_overlap,
    a_serial_loop_is_as_long_at_any_scale,
    who_finds_the_pool_empty_waits,
    row_locks_make_transactions_take_turns,
    row_locks_of_single_statements_go_with_the_statement,
    a_read_only_store_refuses_writes_only,
    a_platform_restarts_in_waves,
    a_cold_cache_misses_everything,
    copies_serve_what_is_beside_them,
    a_store_works_on_so_many_calls_at_once,
    a_store_takes_only_so_many_connections,
    instances_boot_at_once,
    boots_longer_than_the_window_are_extrapolated,
    an_engine_that_is_stopped_says_so,
}

fn round_trips_are_those_of_the_journey_and_take_at_least_their_distance(on: On) {
    for case in cases() {
        let asked = scenario(RTT, case.steps.clone(), WorkloadKind::Http(http(25.0, 4)), case.mysql);
        check(&case, &asked, ms(RTT), &perform(on, &asked, windows(800, 1_000)));
    }
}

fn a_relogin_costs_what_the_server_makes_of_it(on: On) {
    let mysql = Connections { on_reuse: OnReuse::Relogin, ..persistent() };
    let asked = scenario(RTT, vec![text()], WorkloadKind::Http(http(25.0, 2)), mysql);
    let run = perform(on, &asked, windows(800, 1_000));
    let part = only(&run);
    adds_up(part);
    assert!(part.errors.is_empty() && (2..=3).contains(&part.round_trips.max()), "{part:#?}");
    assert!(at_least(part.response.min(), ms(RTT) * part.round_trips.min()), "{part:#?}");
}

#[test]
fn what_the_proxy_saw_agrees_with_what_was_counted() {
    let on = On::Live;
    let asked = scenario(RTT, vec![text(), get(1, vec![])], WorkloadKind::Http(http(50.0, 4)), persistent());
    let run = perform(on, &asked, windows(1_000, 1_000));
    let part = only(&run);
    for (used, own) in run.arms[0].stores.iter().zip([STORE_TIME, CACHE_TIME]) {
        // Journeys across the edges of the window make the difference.
        assert!(used.exchanges.abs_diff(part.completed) <= 2, "{used:?} beside {} journeys", part.completed);
        assert!(at_least(used.server_time.min(), own), "{used:?}");
    }
    assert_eq!(run.links.len(), 1);
    assert_eq!((run.links[0].name.as_str(), run.links[0].rtt_ns), ("dc–cloud", ms(RTT).0));
    assert!(at_least(run.links[0].noop_ns, ms(RTT)));
    // Each journey asks the database and the cache once.
    let own = (STORE_TIME + CACHE_TIME).0 * part.completed;
    assert!(part.time.store_ns >= own * 95 / 100 && part.time.store_ns < own * 3, "{:?}", part.time);
}

fn arrivals_do_not_wait_for_replies(on: On) {
    // 40 a second, and one worker that does 20: waiting grows by 25 ms with every arrival.
    let asked = scenario(RTT, vec![think(50)], WorkloadKind::Http(http(40.0, 1)), per_journey());
    let run = perform(on, &asked, windows(1_000, 300));
    let part = only(&run);
    adds_up(part);
    assert!(part.planned.abs_diff(40) <= 1 && part.offered == part.planned, "{part:#?}");
    assert!(part.service.at(0.5) < ms(70).0, "{part:#?}");
    assert!(part.response.max() > ms(400).0 && part.unfinished > 0, "{part:#?}");
    assert!(part.wait_worker.max() > ms(300).0, "{part:#?}");
    assert!((part.busy.limit, part.busy.max) == (1, 1) && part.busy.mean > 0.95, "{part:#?}");
}

fn callers_give_up_and_ask_again(on: On) {
    for (retries, attempts) in [(0, 0), (2, 2)] {
        let http = longhaul::scenario::Http { timeout: Some(ms(60)), retries, ..http(20.0, 50) };
        let asked = scenario(RTT, vec![think(150)], WorkloadKind::Http(http), per_journey());
        let run = perform(on, &asked, windows(600, 1_000));
        let part = only(&run);
        adds_up(part);
        assert_eq!(part.errors.get("timeout"), Some(&part.offered), "{part:#?}");
        assert_eq!(part.retries, part.offered * attempts, "{part:#?}");
        // The workers went on although nobody waited.
        assert!(at_least(part.service.min(), ms(150)), "{part:#?}");
    }
}

fn what_finds_no_room_is_refused(on: On) {
    let http = longhaul::scenario::Http { backlog: 2, ..http(50.0, 1) };
    let asked = scenario(RTT, vec![think(100)], WorkloadKind::Http(http), per_journey());
    let run = perform(on, &asked, windows(1_000, 1_000));
    let part = only(&run);
    adds_up(part);
    let refused = part.errors["refused"];
    assert!(refused > part.offered / 2 && part.completed > 5, "{part:#?}");
    // Two may wait, each for 100 ms, behind the one that is served.
    assert!(part.wait_worker.max() < ms(400).0, "{part:#?}");
}

fn late_jobs_are_handed_out_again_and_run_twice(on: On) {
    let queue = longhaul::scenario::Queue { redeliver_after: Some(ms(100)), ..queue(4.0, 20) };
    let asked = scenario(RTT, vec![think(250), text()], WorkloadKind::Queue(vec![queue]), persistent());
    let run = perform(on, &asked, windows(1_500, 1_500));
    let part = only(&run);
    adds_up(part);
    let seen = part.queue.expect("a queue");
    assert!(part.completed > 4 && seen.redelivered > 0 && seen.duplicates > 0, "{part:#?}");
    assert!((seen.arrived_per_s - 4.0).abs() < 1.0 && (seen.done_per_s - 4.0).abs() < 2.5, "{part:#?}");
}

fn jobs_beyond_their_time_out_are_killed(on: On) {
    let queue = longhaul::scenario::Queue { job_timeout: Some(ms(50)), ..queue(10.0, 4) };
    let asked = scenario(RTT, vec![text(), think(200)], WorkloadKind::Queue(vec![queue]), persistent());
    let run = perform(on, &asked, windows(800, 800));
    let part = only(&run);
    adds_up(part);
    let seen = part.queue.expect("a queue");
    assert_eq!(part.errors.get("job timeout"), Some(&part.offered), "{part:#?}");
    assert!(seen.killed >= part.offered && part.completed == 0, "{part:#?}");
}

fn a_queue_without_enough_consumers_grows(on: On) {
    let asked = scenario(RTT, vec![think(100)], WorkloadKind::Queue(vec![queue(40.0, 1)]), persistent());
    let run = perform(on, &asked, windows(1_000, 100));
    let part = only(&run);
    adds_up(part);
    let seen = part.queue.expect("a queue");
    assert!(seen.backlog_end > seen.backlog_start + 20 && seen.oldest_ns > ms(600).0, "{part:#?}");
}

fn long_cron_runs_are_extrapolated(on: On) {
    let kind = cron(Nanos::from_secs(900), 20_000, 2, Overlap::Forbid);
    let asked = scenario(RTT, vec![text(), text()], kind, persistent());
    let run = perform(on, &asked, windows(1_000, 200));
    let part = only(&run);
    adds_up(part);
    let seen = part.cron.as_ref().expect("a cron job");
    let duration = seen.duration.expect("enough items");
    assert!(seen.extrapolated && seen.started == 1 && seen.items == 20_000, "{seen:#?}");
    // 10,000 rounds of two queries of RTT and the store's time.
    let least = (ms(RTT) + STORE_TIME) * 2 * 10_000;
    assert!(at_least(duration.value as u64, least) && duration.value < least.0 as f64 * 3.0, "{seen:#?}");
    // In virtual time all items are equally long.
    let varies = duration.low < duration.value && duration.value < duration.high;
    assert!(varies == (on == On::Live), "{seen:#?}");
    assert!(duration.n == seen.items_done && seen.items_done > 20, "{seen:#?}");
}

fn short_cron_runs_are_measured_and_keep_their_overlap_policy(on: On) {
    // A run of 5 × 60 ms, every 200 ms, in 1 s.
    for (overlap, started) in [(Overlap::Allow, 5), (Overlap::Forbid, 3), (Overlap::Replace, 5)] {
        let asked = scenario(RTT, vec![think(60)], cron(ms(200), 5, 1, overlap), persistent());
        let run = perform(on, &asked, windows(1_000, 1_000));
        let part = only(&run);
        adds_up(part);
        let seen = part.cron.as_ref().expect("a cron job");
        assert_eq!(seen.started, started, "{overlap:?} {seen:#?}");
        match overlap {
            Overlap::Allow => assert!(seen.overlapped == 4 && seen.skipped == 0, "{seen:#?}"),
            Overlap::Forbid => assert!(seen.skipped == 2 && seen.overlapped == 0, "{seen:#?}"),
            Overlap::Replace => assert!(seen.replaced == 4 && part.errors["replaced"] == 4, "{seen:#?}"),
        }
        let duration = seen.duration.expect("enough items");
        assert!(at_least(duration.value as u64, ms(300)), "{overlap:?} {seen:#?}");
        // Every run but the last is killed, and that one goes on after the window.
        assert!(seen.extrapolated == (overlap == Overlap::Replace), "{overlap:?} {seen:#?}");
    }
}

fn a_lock_that_expires_lets_runs_overlap(on: On) {
    // A run of 5 × 60 ms, every 200 ms, in 1 s, behind a lock that lives for half of a run.
    let mut kind = cron(ms(200), 5, 1, Overlap::Forbid);
    let WorkloadKind::Cron(jobs) = &mut kind else { panic!("cron") };
    jobs[0].lock = Some(ms(150));
    let run = perform(on, &scenario(RTT, vec![think(60)], kind, persistent()), windows(1_000, 1_000));
    let seen = only(&run).cron.as_ref().expect("a cron job");
    assert_eq!((seen.started, seen.overlapped, seen.skipped), (5, 4, 0), "{seen:#?}");
}

fn a_serial_loop_is_as_long_at_any_scale(on: On) {
    let asked = scenario(RTT, vec![text()], cron(Nanos::from_secs(900), 1_000, 1, Overlap::Forbid), persistent());
    let run = perform_as(on, &asked, windows(600, 100), Condition::Steady, 0.1, false).expect("performs");
    assert_eq!(only(&run).cron.as_ref().map(|seen| seen.items), Some(1_000));
}

fn who_finds_the_pool_empty_waits(on: On) {
    let mysql = connections(ConnectionPolicy::Pool(1));
    let asked = scenario(RTT, vec![text(), think(30)], WorkloadKind::Http(http(25.0, 10)), mysql);
    let run = perform(on, &asked, windows(1_000, 2_000));
    let part = only(&run);
    adds_up(part);
    // 25 a second at 35 ms each need less than one connection; the pacing is even, so none waits long.
    assert_eq!(part.wait_connection.count(), part.completed, "{part:#?}");
    let busier = scenario(RTT, vec![text(), think(30)], WorkloadKind::Http(http(50.0, 10)), mysql);
    let run = perform(on, &busier, windows(1_000, 2_000));
    let part = only(&run);
    assert!(part.wait_connection.max() > ms(100).0 && part.time.waiting_ns > ms(500).0, "{part:#?}");
}

fn row_locks_make_transactions_take_turns(on: On) {
    // The row is held for 20 ms of thinking and a commit of 5 ms: 40 a second at most.
    let steps = vec![transaction(Some("item"), vec![write(), think(20)])];
    let asked = scenario(RTT, steps, WorkloadKind::Http(http(100.0, 64)), persistent());
    let run = perform(on, &asked, windows(800, 400));
    let part = only(&run);
    adds_up(part);
    assert!(part.completed <= (800 + 400) / 25 && part.completed > 5, "{part:#?}");
    assert!(part.wait_lock.max() > ms(100).0, "{part:#?}");
    assert!(part.time.waiting_ns > part.time.distance_ns, "{part:#?}");
}

fn row_locks_of_single_statements_go_with_the_statement(on: On) {
    // 40 a second on a row that is held for the store's 20 ms, whatever the distance; held until the reply is there, it could
    // be had 28 times a second.
    let Step::Call(Call { store, request: Request::Write(write) }) = write() else { panic!("a write") };
    let locks = Some(RowLock { name: "item".into(), rows: 1 });
    let service = Some(ServiceTime::Constant(ms(20)));
    let steps = vec![Step::Call(Call { store, request: Request::Write(Write { locks, service, ..write }) })];
    let asked = scenario(15, steps, WorkloadKind::Http(http(40.0, 64)), persistent());
    let run = perform(on, &asked, windows(1_600, 200));
    let part = only(&run);
    adds_up(part);
    assert!(part.completed > 5 && part.errors.is_empty(), "{part:#?}");
    if let On::Sim = on {
        assert!(part.completed + 2 >= part.offered, "{part:#?}");
        assert!(part.response.at(0.99) < ms(100).0, "{part:#?}");
    }
}

fn a_read_only_store_refuses_writes_only(on: On) {
    let asked = scenario(RTT, vec![text(), write()], WorkloadKind::Http(http(25.0, 4)), persistent());
    let run = perform_as(on, &asked, windows(600, 500), Condition::ReadOnly(DB), 1.0, false).expect("performs");
    assert_eq!(run.condition, "read-only main-db");
    let part = only(&run);
    adds_up(part);
    assert_eq!(part.errors.get("read-only"), Some(&part.offered), "{part:#?}");
    let reads = scenario(RTT, vec![text()], WorkloadKind::Http(http(25.0, 4)), persistent());
    let run = perform_as(on, &reads, windows(600, 500), Condition::ReadOnly(DB), 1.0, false).expect("performs");
    assert!(only(&run).errors.is_empty());
}

fn a_platform_restarts_in_waves(on: On) {
    let mut asked = scenario(RTT, vec![text()], WorkloadKind::Http(http(50.0, 4)), persistent());
    let (every, grace, boot) = (ms(86_400_000), ms(500), Some(ms(200)));
    asked.platforms[0].restart = Some(Restart { every, rolling: Fraction(0.5), grace, boot });
    asked.workloads.push(Workload { name: "boot".into(), kind: startup(4), ..asked.workloads[0].clone() });
    let restarting = Condition::Restarting(PlatformId(0));
    let run = perform_as(on, &asked, windows(1_500, 500), restarting, 1.0, false).expect("performs");
    assert_eq!(run.condition, "restart vm");
    let seen = run.restart.as_ref().expect("a restart");
    assert_eq!((seen.waves, seen.waves_done, seen.ready, seen.failed_starts, seen.killed), (2, 2, 4, 0, 0), "{seen:?}");
    // Two waves, each of which boots for 200 ms and then connects (three round trips) and asks.
    let least = ms(2 * (200 + 4 * RTT));
    assert!(at_least(seen.took_ns.expect("seen to its end"), least), "{seen:?}");
    let part = &run.arms[0].parts[0];
    adds_up(part);
    assert!(part.errors.is_empty() && part.completed == part.offered, "{part:#?}");
    // Every worker that was busy before connects again; none connects in a steady window.
    assert!((1..=4).contains(&run.arms[0].stores[0].connections), "{:?}", run.arms[0].stores);
    // The boot has its own window, without load, as before.
    let boot = run.arms[1].parts[0].startup.as_ref().expect("a startup");
    assert_eq!((boot.instances, boot.ready), (4, 4));
}

fn copies_serve_what_is_beside_them(on: On) {
    let set = Step::Call(Call { store: CACHE, request: Request::Set { size: Bytes(100) } });
    let steps = vec![text(), set, write(), text()];
    let mut asked = scenario(RTT, steps, WorkloadKind::Http(http(25.0, 4)), persistent());
    let (dc, cloud) = (SiteId(0), SiteId(1));
    let near = asked.links.between[&(dc, dc)].clone();
    asked.links.between.insert((cloud, cloud), near);
    for of in [DB, CACHE] {
        let store = asked.stores[of.0].clone();
        let copy = StoreId(asked.stores.len());
        let name = format!("{}@cloud", store.name);
        asked.stores.push(Store { name, site: cloud, copy_of: Some(of), ..store });
        let (lag, pinned, warm_up) = (ms(500), Fraction(0.0), WARM_UP);
        asked.strategies[0].phases[0].moves.push(Move::Copy(CopyMove { of, copy, lag, pinned, warm_up }));
    }
    let run = perform(on, &asked, windows(600, 500));
    let part = only(&run);
    adds_up(part);
    assert!(part.errors.is_empty() && part.round_trips.max() == 4, "{part:#?}");
    // One read goes to the replica, the write and the read after it to the store itself.
    let used: Vec<_> = run.arms[0].stores.iter().map(|used| (used.store.as_str(), used.rtt_ns, used.stale)).collect();
    let n = Some(part.completed);
    let expected = [("main-db", ms(RTT).0, None), ("main-db@cloud", ms(1).0, n), ("cache@cloud", ms(1).0, n)];
    assert_eq!(used, expected);
    let itself: Vec<_> = run.arms[0].stores.iter().map(|used| used.itself_read).collect();
    assert_eq!(itself, [n, None, None]);
}

fn a_store_works_on_so_many_calls_at_once(on: On) {
    // 100 a second of 25 ms each, one at a time: 40 a second are served.
    let mut asked = scenario(RTT, vec![text()], WorkloadKind::Http(http(100.0, 64)), persistent());
    let StoreKind::Mysql(store) = &mut asked.stores[0].kind else { panic!("a MySQL store") };
    (store.concurrency, store.read) = (Some(1), ms(25).into());
    let run = perform(on, &asked, windows(800, 200));
    let part = only(&run);
    adds_up(part);
    assert!(part.completed <= (800 + 200) / 25 + 1 && part.completed > 5, "{part:#?}");
}

#[test]
fn drawn_times_are_the_same_in_both_engines() {
    let kind = || WorkloadKind::Http(http(25.0, 8));
    let statement = |prepared| match text() {
        Step::Call(Call { store, request: Request::Query(query) }) => {
            Step::Call(Call { store, request: Request::Query(Query { prepared, ..query }) })
        }
        other => other,
    };
    let steps = vec![statement(Prepared::No), statement(Prepared::Cached), transaction(None, vec![write()])];
    let mut asked = scenario(RTT, steps, kind(), persistent());
    let StoreKind::Mysql(store) = &mut asked.stores[0].kind else { panic!("a MySQL store") };
    let drawn = RandomTime::Lognormal { median: ms(5), p99: ms(100) };
    (store.read, store.write, store.commit) = (drawn, drawn, drawn);
    let [live, model] = [On::Live, On::Sim].map(|on| perform(on, &asked, windows(1_000, 1_000)));
    let (live, model) = (only(&live), only(&model));
    assert_eq!((live.completed, live.round_trips.max()), (model.completed, model.round_trips.max()));
    // The same journey takes the same times in both, and live at least as long: so do all quantiles, which of other draws
    // would not be true.
    for quantile in [0.1, 0.3, 0.5, 0.7, 0.9, 1.0] {
        let (live, model) = (live.response.at(quantile), model.response.at(quantile));
        assert!(live as f64 > model as f64 * 0.99, "p{}: {live} beside {model}", quantile * 100.0);
    }
}

fn a_cold_cache_misses_everything(on: On) {
    let asked = scenario(RTT, vec![get(4, vec![text()])], WorkloadKind::Http(http(25.0, 4)), persistent());
    for (condition, trips) in [(Condition::Steady, 1), (Condition::Cold(CACHE, WARM_UP), 2)] {
        let run = perform_as(on, &asked, windows(600, 500), condition, 1.0, false).expect("performs");
        let part = only(&run);
        adds_up(part);
        assert_eq!((part.round_trips.min(), part.round_trips.max()), (trips, trips), "{part:#?}");
    }
}

fn a_store_takes_only_so_many_connections(on: On) {
    let mut asked = scenario(RTT, vec![text(), think(150)], WorkloadKind::Http(http(40.0, 20)), per_journey());
    let StoreKind::Mysql(store) = &mut asked.stores[0].kind else { panic!("a MySQL store") };
    store.max_connections = 2;
    let run = perform(on, &asked, windows(600, 500));
    let part = only(&run);
    adds_up(part);
    assert!(part.errors["too many connections"] > 5 && part.completed > 0, "{part:#?}");
}

fn instances_boot_at_once(on: On) {
    let asked = scenario(RTT, vec![text(), text(), think(50)], startup(6), per_journey());
    let run = perform(on, &asked, windows(1_000, 500));
    let part = only(&run);
    adds_up(part);
    let seen = part.startup.as_ref().expect("a startup");
    let last = seen.last_ready.expect("all are ready");
    assert!((seen.instances, seen.ready, seen.extrapolated) == (6, 6, false), "{part:#?}");
    let bound = (ms(RTT) + STORE_TIME) * 2 + ms(RTT) * 3 + ms(50);
    assert!(at_least(last.value as u64, bound) && last.value < bound.0 as f64 * 4.0, "{part:#?}");
}

fn boots_longer_than_the_window_are_extrapolated(on: On) {
    let steps = vec![Step::Repeat { times: longhaul::scenario::Count::Fixed(1_000), steps: vec![text()] }];
    let run = perform(on, &scenario(RTT, steps, startup(3), per_journey()), windows(700, 300));
    let part = only(&run);
    adds_up(part);
    let seen = part.startup.as_ref().expect("a startup");
    let last = seen.last_ready.expect("all have begun");
    let bound = (ms(RTT) + STORE_TIME).0 as f64 * 1_000.0;
    assert!(seen.extrapolated && seen.ready == 0 && part.unfinished == 3, "{part:#?}");
    assert!(last.value > bound * 0.95 && last.value < bound * 3.0, "{part:#?}");
}

fn an_engine_that_is_stopped_says_so(on: On) {
    let asked = scenario(RTT, vec![text()], WorkloadKind::Http(http(25.0, 4)), persistent());
    let run = perform_as(on, &asked, windows(60_000, 500), Condition::Steady, 1.0, true);
    assert!(matches!(run, Err(EngineError::Stopped)), "{run:?}");
}

/// The same plan on both: the same round trips, and no live journey quicker than the model says.
#[test]
fn live_is_never_quicker_than_simulated() {
    for case in cases() {
        let asked = scenario(RTT, case.steps.clone(), WorkloadKind::Http(http(25.0, 4)), case.mysql);
        // Draining ends with the last journey, so a long one costs nothing but where the machine stalls for seconds.
        let [live, model] = [On::Live, On::Sim].map(|on| perform(on, &asked, windows(800, 10_000)));
        let (live, model) = (only(&live), only(&model));
        let say = format!("{:?}: {live:#?} beside {model:#?}", case.steps);
        assert_eq!((live.planned, live.completed), (model.planned, model.completed), "{say}");
        assert!(live.round_trips.max() == model.round_trips.max(), "{say}");
        assert!(at_least(live.response.min(), longhaul::units::Nanos(model.response.min())), "{say}");
        // How much slower is the machine's affair: a trip takes 2 ms more where others keep the processors busy.
        assert!(live.response.at(0.5) < model.response.at(0.5) * 4, "{say}");
    }
}
