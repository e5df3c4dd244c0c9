//! Tests of [`super::expand`]: scripts of journeys.

use proptest::prelude::*;

use super::*;
use crate::plan::fixtures::{CACHE, CLOUD, DB, copy, get, query, scenario, write};
use crate::scenario::{CopyMove, Count, Move, RandomTime, StoreKind, Think};
use crate::seed::Seed;
use crate::units::{Fraction, Nanos};

const STEADY: Expansion<'_> = Expansion { cold: None, read_only: None, copies: &[], away: false };

fn script(steps: Vec<Step>, seed: u64, how: Expansion<'_>) -> Script {
    expand(&scenario(steps), JourneyId(0), &mut Seed(seed).stream("journey", 0), how)
}

/// A script in short: `g2/3@0` (two of three keys found, step 0), `q`, `w`, `B`, `C`, `t`, `[…|…]`; `!` refused, `*row` locked.
fn short(script: &Script) -> String {
    let op = |op: &Op| match op {
        Op::Think(time) => format!("t{}", time.0 / 1_000_000),
        Op::Begin(_) => "B".into(),
        Op::Commit(..) => "C".into(),
        Op::Parallel(branches) => format!("[{}]", branches.iter().map(short).collect::<Vec<_>>().join("|")),
        Op::Call(ScriptCall { step, request, .. }) => match request {
            ScriptRequest::Get { keys, hits, .. } => format!("g{hits}/{keys}@{step}"),
            ScriptRequest::Sql(sql) => {
                let lock = sql.lock.as_ref().map_or(String::new(), |(name, row)| format!("*{name}{row}"));
                let refused = if sql.refused { "!" } else { "" };
                format!("{}@{step}{lock}{refused}", if sql.write { "w" } else { "q" })
            }
            other => format!("{other:?}@{step}"),
        },
    };
    script.0.iter().map(op).collect::<Vec<_>>().join(" ")
}

fn think(ms: u64) -> Step {
    Step::Think(Think::Constant(Nanos::from_millis(ms)))
}

fn transaction(locks: Option<RowLock>, steps: Vec<Step>) -> Step {
    Step::Transaction(Transaction { store: DB, locks, steps })
}

fn row(name: &str) -> RowLock {
    RowLock { name: name.into(), rows: 1 }
}

#[test]
fn scripts_have_every_choice_made() {
    let hour = Nanos::from_secs(3_600);
    let cold = Expansion { cold: Some(Cold { store: CACHE, warm_up: hour, age: Nanos::ZERO }), ..STEADY };
    let read_only = Expansion { read_only: Some(DB), ..STEADY };
    let miss = || get(2, 0.0, vec![query(), think(1)]);
    let repeat = |n, steps| Step::Repeat { times: Count::Fixed(n), steps };
    let chance = |chance| Step::Repeat { times: Count::Chance(Fraction(chance)), steps: vec![query()] };
    for (steps, how, expected) in [
        (vec![query(), think(3), write()], STEADY, "q@0 t3 w@2"),
        (vec![get(3, 1.0, vec![query()]), query()], STEADY, "g3/3@0 q@2"),
        (vec![get(3, 1.0, vec![query()]), query()], cold, "g0/3@0 q@1 q@2"),
        (vec![miss(), query()], STEADY, "g0/2@0 q@1 t1 q@3"),
        (vec![repeat(2, vec![query(), write()]), query()], STEADY, "q@1 w@2 q@1 w@2 q@3"),
        (vec![repeat(0, vec![query()]), query()], STEADY, "q@2"),
        (vec![chance(0.0), query()], STEADY, "q@2"),
        (vec![chance(1.0), query()], STEADY, "q@1 q@2"),
        (vec![Step::Parallel(vec![vec![query(), query()], vec![write()]]), query()], STEADY, "[q@1 q@2|w@3] q@4"),
        (vec![transaction(Some(row("item")), vec![think(1), query(), write()])], STEADY, "B t1 q@2*item0 w@3 C"),
        (
            vec![transaction(Some(row("a")), vec![get(1, 1.0, vec![]), repeat(2, vec![write()])])],
            STEADY,
            "B g1/1@1 w@3*a0 w@3 C",
        ),
        (vec![transaction(None, vec![write()]), query()], read_only, "B w@1! C q@2"),
    ] {
        assert_eq!(short(&script(steps.clone(), 1, how)), expected, "{steps:?}");
    }
}

/// A scenario whose stores take times from a distribution.
fn slow(steps: Vec<Step>) -> Scenario {
    let mut scenario = scenario(steps);
    let drawn = RandomTime::Lognormal { median: Nanos::from_millis(2), p99: Nanos::from_millis(20) };
    for store in &mut scenario.stores {
        match &mut store.kind {
            StoreKind::Mysql(mysql) => (mysql.read, mysql.write, mysql.commit) = (drawn, drawn, drawn),
            StoreKind::Memcached(memcached) => memcached.service = drawn,
        }
    }
    scenario
}

/// The times of the store, in order; of parallel branches one after the other.
fn times(script: &Script) -> Vec<Nanos> {
    let of = |op: &Op| match op {
        Op::Call(call) => vec![call.service],
        Op::Commit(_, service) => vec![*service],
        Op::Parallel(branches) => branches.iter().flat_map(times).collect(),
        Op::Think(_) | Op::Begin(_) => Vec::new(),
    };
    script.0.iter().flat_map(of).collect()
}

#[test]
fn every_call_and_commit_has_a_time_of_its_own() {
    let steps = || {
        let branches = vec![vec![get(2, 1.0, vec![])], vec![query()]];
        vec![query(), Step::Parallel(branches), transaction(None, vec![write()])]
    };
    let (constant, drawn) = (scenario(steps()), slow(steps()));
    let of = |scenario: &Scenario, seed: u64| {
        times(&expand(scenario, JourneyId(0), &mut Seed(seed).stream("journey", 0), STEADY))
    };
    let us = Nanos::from_micros;
    assert_eq!(of(&constant, 1), [us(1_000), us(50), us(1_000), us(1_000), us(1_000)]);
    let mut all = of(&drawn, 1);
    assert_eq!(all, of(&drawn, 1));
    assert_ne!(all, of(&drawn, 2));
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 5, "{all:?}");
}

#[test]
fn a_stand_in_is_told_what_it_cannot_know() {
    let told = |scenario: &Scenario| {
        let script = expand(scenario, JourneyId(0), &mut Seed(1).stream("journey", 0), STEADY);
        let Op::Call(ScriptCall { service, request: ScriptRequest::Sql(sql), .. }) = &script.0[0] else {
            panic!("a query")
        };
        sql.service.map(|told| told == *service)
    };
    let of_step = |service| {
        let mut step = query();
        let Step::Call(Call { request: Request::Query(query), .. }) = &mut step else { panic!("a query") };
        query.service = Some(service);
        step
    };
    assert_eq!(told(&scenario(vec![query()])), None);
    assert_eq!(told(&slow(vec![query()])), Some(true));
    for service in [RandomTime::Constant(Nanos(7)), RandomTime::Exponential(Nanos(7))] {
        assert_eq!(told(&scenario(vec![of_step(service)])), Some(true));
    }
}

/// The stores of all calls, in order; of parallel branches one after the other.
fn stores(script: &Script) -> Vec<usize> {
    let of = |op: &Op| match op {
        Op::Call(call) => vec![call.store.0],
        Op::Parallel(branches) => branches.iter().flat_map(stores).collect(),
        Op::Think(_) | Op::Begin(_) | Op::Commit(..) => Vec::new(),
    };
    script.0.iter().flat_map(of).collect()
}

/// A journey with a replica of the database (store 2) and a second cache (store 3).
fn with_copies(steps: Vec<Step>, seed: u64, pinned: f64) -> Script {
    let mut scenario = scenario(steps);
    let moves = [copy(&mut scenario, DB, CLOUD, pinned), copy(&mut scenario, CACHE, CLOUD, 0.0)];
    let used = moves.map(|made| match made {
        Move::Copy(CopyMove { of, copy, lag, pinned, .. }) => CopyUse { of, copy, lag, pinned },
        _ => panic!("a copy"),
    });
    let how = Expansion { copies: &used, ..STEADY };
    expand(&scenario, JourneyId(0), &mut Seed(seed).stream("journey", 0), how)
}

#[test]
fn a_replica_serves_reads_until_the_journey_writes() {
    let group = |branches| Step::Parallel(branches);
    for (steps, expected) in [
        (vec![query(), query()], vec![2, 2]),
        (vec![query(), write(), query()], vec![2, 0, 0]),
        (vec![transaction(None, vec![query()]), query()], vec![0, 2]),
        (vec![transaction(None, vec![write()]), query()], vec![0, 0]),
        (vec![get(1, 0.0, vec![query()])], vec![3, 2]),
        // What one branch writes, the others do not know of before all have ended.
        (vec![group(vec![vec![write(), query()], vec![query()]]), query()], vec![0, 0, 2, 0]),
    ] {
        assert_eq!(stores(&with_copies(steps.clone(), 1, 0.0)), expected, "{steps:?}");
        let pinned = stores(&with_copies(steps, 1, 1.0));
        assert!(pinned.iter().all(|store| *store != 2), "{pinned:?}");
    }
}

#[test]
fn pinned_journeys_are_as_many_as_asked_and_read_from_the_store_throughout() {
    let of = |seed| stores(&with_copies(vec![query(), query(), query()], seed, 0.2));
    let all: Vec<_> = (0..2_000).map(of).collect();
    assert!(all.iter().all(|stores| *stores == [0, 0, 0] || *stores == [2, 2, 2]));
    let pinned = all.iter().filter(|stores| stores[0] == 0).count();
    // Five standard deviations around 400.
    assert!(pinned.abs_diff(400) < 90, "{pinned}");
}

#[test]
fn a_cold_cache_recovers() {
    let hour = Nanos::from_secs(3_600);
    let hits = |age| {
        let how = Expansion { cold: Some(Cold { store: CACHE, warm_up: hour, age }), ..STEADY };
        let made = script(vec![get(10_000, 0.9, vec![])], 1, how);
        let Op::Call(ScriptCall { request: ScriptRequest::Get { hits, .. }, .. }) = made.0[0] else { panic!("a get") };
        f64::from(hits) / 10_000.0
    };
    assert!(hits(Nanos::ZERO) <= 0.0);
    for (seconds, recovered) in [(600, 0.3935), (1_800, 0.7769), (3_600, 0.9502), (36_000, 1.0)] {
        // Five standard deviations of 10,000 draws.
        let found = hits(Nanos::from_secs(seconds));
        assert!((found - 0.9 * recovered).abs() < 0.025, "after {seconds} s: {found}");
    }
}

#[test]
fn a_mix_is_chosen_by_weight() {
    let mix = Mix(vec![(JourneyId(0), 9.0), (JourneyId(1), 0.0), (JourneyId(2), 1.0)]);
    let mut stream = Seed(3).stream("mix", 0);
    let mut counts = [0_u32; 3];
    (0..10_000).for_each(|_| counts[choose(&mix, &mut stream).0] += 1);
    assert!(counts[0].abs_diff(9_000) < 150 && counts[1] == 0, "{counts:?}");
}

proptest! {
    #[test]
    fn hits_follow_their_probability_and_the_seed(hit in 0.0..=1.0f64, seed in any::<u64>()) {
        let steps = vec![get(2_000, hit, vec![query()])];
        let made = script(steps.clone(), seed, STEADY);
        prop_assert_eq!(&made, &script(steps, seed, STEADY));
        let Op::Call(ScriptCall { request: ScriptRequest::Get { hits, .. }, .. }) = made.0[0] else { panic!("a get") };
        // Six standard deviations of 2,000 draws.
        prop_assert!((f64::from(hits) / 2_000.0 - hit).abs() < 0.07);
        prop_assert_eq!(made.0.len(), if hits < 2_000 { 2 } else { 1 });
    }
    /// Constant times draw nothing: what is chosen does not depend on them.
    #[test]
    fn constant_times_leave_the_draws_alone(hit in 0.0..=1.0f64, seed in any::<u64>(), ns in 0..1_000_000_u64) {
        let steps = vec![get(20, hit, vec![query()]), get(20, hit, vec![])];
        let mut other = scenario(steps.clone());
        for store in &mut other.stores {
            if let StoreKind::Memcached(memcached) = &mut store.kind {
                memcached.service = Nanos(ns).into();
            }
        }
        let made = expand(&other, JourneyId(0), &mut Seed(seed).stream("journey", 0), STEADY);
        prop_assert_eq!(short(&made), short(&script(steps, seed, STEADY)));
    }
    /// Copies change where calls go, and nothing else.
    #[test]
    fn copies_leave_the_draws_alone(hit in 0.0..=1.0f64, pinned in 0.0..=1.0f64, seed in any::<u64>()) {
        let steps = vec![get(9, hit, vec![query(), write()]), think(1), query(), get(9, hit, vec![])];
        prop_assert_eq!(short(&with_copies(steps.clone(), seed, pinned)), short(&script(steps, seed, STEADY)));
    }
    #[test]
    fn every_begin_has_its_commit_and_one_lock(times in 0..5u32, seed in any::<u64>()) {
        let lock = Some(RowLock { name: "item".into(), rows: 10 });
        let steps = vec![Step::Repeat { times: Count::Fixed(times), steps: vec![transaction(lock, vec![write(), query()])] }];
        let text = short(&script(steps, seed, STEADY));
        for sign in ["B", "C", "*item"] {
            prop_assert_eq!(text.matches(sign).count(), times as usize, "{}", text);
        }
    }
}
