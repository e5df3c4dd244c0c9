//! Rewrites by hand against rewrites by [`super::apply`], and what is true of all of them.

use super::*;
use crate::scenario::{ConnectionPolicy, Move, Phase, PlatformId, SiteId, Step, WorkloadKind, arbitrary};
use crate::units::{Fraction, Nanos};

/// A scenario of two sites in which `web` performs `j` of these steps with these connections; `more` are further keys.
fn scenario(connections: &str, steps: &str, more: &str) -> Scenario {
    let text = format!(
        "format: 1\nname: t\nabout: t\nsites: {{ a: a, b: b }}\n\
         links: [{{ within: any, rtt: 1ms }}, {{ between: [a, b], rtt: 20ms }}]\n\
         stores: {{ db: {{ kind: mysql, site: a, service: {{ read: 1ms, write: 2ms, commit: 3ms }} }}, \
         cache: {{ kind: memcached, site: a }} }}\n\
         platforms: {{ vm: {{}}, pod: {{ restart: {{ every: 1h }} }} }}\n\
         journeys: {{ j: {{ steps: {steps} }}, load: {{ steps: [repeat: {{ times: 5, steps: [query: {{}}] }}, get: {{}}] }} }}\n\
         workloads:\n\
         \x20 web: {{ kind: http, site: a, journey: j, rate: 10/s, workers: 8, connections: {connections} }}\n\
         \x20 nightly: {{ kind: cron, site: a, journey: j, every: 1h, items: 9, parallel: 2, connections: {connections} }}\n\
         \x20 boot: {{ kind: startup, site: a, journey: load, instances: 36 }}\n\
         strategies:\n\
         \x20 s:\n\
         \x20   phases:\n\
         \x20     - {{ name: before, lasts: 1d }}\n\
         \x20     - {{ name: some, lasts: 2d, move: {{ web: {{ to: b, platform: pod, share: 10% }}, nightly: b }} }}\n\
         \x20     - {{ name: all, lasts: 3d, move: {{ web: {{ to: b, platform: pod }} }} }}\n\
         \x20     - {{ name: stores, lasts: 4d, move: {{ db: b, cache: b, boot: b }} }}\n{more}"
    );
    parse("t.yaml", &text).unwrap_or_else(|error| panic!("error: {error}"))
}

fn found(scenario: &Scenario, name: &str) -> Candidate {
    let all = find(scenario);
    let names: Vec<_> = all.iter().map(|it| it.name.as_str()).collect();
    let it = all.iter().find(|it| it.name == name);
    it.unwrap_or_else(|| panic!("no {name} among {names:?}")).clone()
}

fn done_by(scenario: &Scenario, names: &[&str]) -> Result<Applied, Refusal> {
    let all: Vec<_> = names.iter().map(|name| found(scenario, name).mitigation).collect();
    apply(scenario, &all)
}

/// What mitigation `name` makes of the steps of `j`.
fn check(name: &str, steps: &str, becomes: &str) {
    let before = scenario("persistent", steps, "");
    let after = done_by(&before, &[name]).unwrap_or_else(|refusal| panic!("{steps}: {refusal}")).scenario;
    let expected = scenario("persistent", becomes, "");
    assert_eq!(after.journeys[0].steps, expected.journeys[0].steps, "{name} of {steps}");
    assert_eq!(Scenario { journeys: before.journeys.clone(), ..after }, before, "nothing else changes");
}

fn not_found(kind: &str, steps: &str) {
    let all = find(&scenario("persistent", steps, ""));
    let names: Vec<_> =
        all.into_iter().map(|it| it.name).filter(|name| name.starts_with(&format!("{kind}:j"))).collect();
    assert!(names.is_empty(), "{kind} of {steps}: {names:?}");
}

#[test]
fn batch() {
    for (name, steps, becomes) in [
        // As many rows, and as long for the store.
        ("batch:j:1", "[repeat: { times: 20, steps: [query: { rows: 2 }] }]", "[query: { rows: 40, service: 20ms }]"),
        (
            "batch:j:2.1",
            "[think: 1ms, repeat: { times: 3, steps: [repeat: { times: 4, steps: [query: { service: 5ms }] }] }]",
            "[think: 1ms, repeat: { times: 3, steps: [query: { rows: 4, service: 20ms }] }]",
        ),
        // Of a distribution the mean: 20 × exp(σ²/2), σ = ln 5 / 2.3263.
        (
            "batch:j:1",
            "[repeat: { times: { lognormal: { median: 20, p99: 100 } }, steps: [query: { service: 0s }] }]",
            "[query: { rows: 26, service: 0s }]",
        ),
        ("batch:j:1", "[repeat: { times: 8, steps: [get: { keys: 2 }] }]", "[get: { keys: 16 }]"),
        // Pauses stay as many as they were; calls stay in their order.
        (
            "batch:j:1",
            "[repeat: { times: 8, steps: [get: {}, think: 1ms, query: { service: 0s }] }]",
            "[get: { keys: 8 }, query: { rows: 8, service: 0s }, repeat: { times: 8, steps: [think: 1ms] }]",
        ),
        // Misses: 16 × 0.5 / (1 − 0.5^16) = 8.0001, so 9 at once; what stores them is sent as often.
        (
            "batch:j:1",
            "[repeat: { times: 16, steps: [get: { hit: 50%, else: [query: {}, set: {}] }] }]",
            "[get: { keys: 16, hit: 50%, else: [query: { rows: 9, service: 9ms }, repeat: { times: 9, steps: [set: {}] }] }]",
        ),
        // 4 × 0.01 / (1 − 0.99^4) = 1.015, so 2.
        (
            "batch:j:1",
            "[repeat: { times: 4, steps: [get: { hit: 99%, else: [query: {}] }] }]",
            "[get: { keys: 4, hit: 99%, else: [query: { rows: 2, service: 2ms }] }]",
        ),
        (
            "batch:j:1.1",
            "[transaction: { steps: [repeat: { times: 3, steps: [query: {}] }, write: {}] }]",
            "[transaction: { steps: [query: { rows: 3, service: 3ms }, write: {}] }]",
        ),
        (
            "batch:j:1",
            "[repeat: { times: 3, steps: [query: { prepared: each }] }]",
            "[query: { rows: 3, service: 3ms, prepared: each }]",
        ),
    ] {
        check(name, steps, becomes);
    }
    for steps in [
        "[repeat: { times: 1, steps: [query: {}] }]",
        "[repeat: { times: 9, steps: [think: 1ms] }]",
        "[repeat: { times: 9, steps: [write: {}] }]",
        "[repeat: { times: 9, steps: [query: { sql: SELECT 1 }] }]",
        "[repeat: { times: 9, steps: [get: { else: [transaction: { steps: [write: {}] }] }] }]",
        "[repeat: { times: { lognormal: { median: 1.2, p99: 9 } }, steps: [query: {}] }]",
        "[repeat: { times: { chance: 50% }, steps: [query: {}] }]",
        // No request may have so many rows, or keys.
        "[repeat: { times: 100000, steps: [query: { rows: 2, service: 0s }] }]",
        "[repeat: { times: 100000, steps: [get: {}] }]",
    ] {
        not_found("batch", steps);
    }
}

#[test]
fn parallel() {
    for (name, steps, becomes) in [
        ("parallel:j:1", "[query: {}, get: {}]", "[parallel: [[query: {}], [get: {}]]]"),
        (
            "parallel:j:2",
            "[think: 1ms, query: {}, repeat: { times: 9, steps: [get: {}] }, write: {}, query: {}]",
            "[think: 1ms, parallel: [[query: {}], [repeat: { times: 9, steps: [get: {}] }]], write: {}, query: {}]",
        ),
        // A repeat of a fixed number is shared out.
        (
            "parallel:j:1",
            "[repeat: { times: 10, steps: [query: {}, think: 1ms] }]",
            "[parallel: [[repeat: { times: 2, steps: &b [query: {}, think: 1ms] }], [repeat: { times: 2, steps: *b }], \
             [repeat: { times: 1, steps: *b }], [repeat: { times: 1, steps: *b }], [repeat: { times: 1, steps: *b }], \
             [repeat: { times: 1, steps: *b }], [repeat: { times: 1, steps: *b }], [repeat: { times: 1, steps: *b }]]]",
        ),
    ] {
        check(name, steps, becomes);
    }
    let pauses = "[query: {}, repeat: { times: 2, steps: [think: 1ms] }]";
    for steps in [pauses, "[query: {}]", "[write: {}, write: {}]", "[query: {}, write: {}, query: {}]"] {
        not_found("parallel", steps);
    }
    not_found("parallel", "[transaction: { steps: [query: {}, query: {}] }]");
    // Two statements at once on connections of their own cost more than they save when both have to connect.
    let connects = find(&scenario("per-journey", "[query: {}, query: {}]", ""));
    assert!(!connects.iter().any(|it| it.name.starts_with("parallel:j")));
}

#[test]
fn few_branches_share_the_reads() {
    let it = scenario("persistent", "[query: {}, query: {}, query: {}, repeat: { times: 3, steps: [get: {}] }]", "");
    let after = apply(&it, &[Mitigation::Parallel { journey: JourneyId(0), step: None, branches: 2 }]).expect("rows");
    let [Step::Parallel(branches)] = after.scenario.journeys[0].steps.as_slice() else { panic!("one group") };
    // Each read goes to the branch with least to do so far: 1 and 3, then the other one and the repeat.
    assert_eq!(branches.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn single_statements() {
    for (steps, becomes) in [
        ("[transaction: { steps: [write: {}] }]", "[write: { service: 5ms }]"),
        (
            "[transaction: { locks: x, steps: [think: 1ms, write: { service: 4ms, prepared: each }] }]",
            "[think: 1ms, write: { service: 7ms, prepared: each, locks: x }]",
        ),
        (
            "[transaction: { locks: { name: x, rows: 9 }, steps: [query: { service: 1ms }, write: {}, write: { row_size: 1KiB }] }]",
            "[write: { row_size: 1224B, service: 8ms, locks: { name: x, rows: 9 } }]",
        ),
    ] {
        check("single-statement:j:1", steps, becomes);
    }
    // One statement could do the first two as well, but nobody waits for a row of theirs: only if asked for.
    for steps in [
        "[transaction: { steps: [write: {}, write: {}] }]",
        "[transaction: { steps: [query: {}, write: {}] }]",
        "[transaction: { steps: [delete: {}, write: {}] }]",
        "[transaction: { locks: x, steps: [query: {}] }]",
        "[transaction: { locks: x, steps: [query: {}, think: 1ms, write: {}] }]",
        "[transaction: { locks: x, steps: [query: { sql: SELECT 1 }, write: {}] }]",
    ] {
        not_found("single-statement", steps);
    }
    let asked = Mitigation::SingleStatement { journey: JourneyId(0), step: None };
    let it = scenario("persistent", "[transaction: { steps: [query: {}, write: {}] }]", "");
    let after = apply(&it, &[asked]).expect("asked for").scenario;
    assert_eq!(trips::count(&after, JourneyId(0), &it.workloads[0].mysql, &it.workloads[0].memcached).calls, 1);
}

#[test]
fn statements_as_text() {
    let each = "prepared: each";
    check(
        "emulate-prepare:j",
        &format!(
            "[query: {{ {each} }}, repeat: {{ times: 2, steps: [write: {{ {each} }}, query: {{ prepared: cached }}] }}]"
        ),
        "[query: {}, repeat: { times: 2, steps: [write: {}, query: { prepared: cached }] }]",
    );
    not_found("emulate-prepare", "[query: { prepared: cached }]");
}

#[test]
fn local_caches() {
    let it = |steps: &str| scenario("persistent", steps, "");
    let steps =
        "[query: {}, transaction: { steps: [query: {}, write: {}] }, get: { keys: 10, hit: 50%, else: [query: {}] }]";
    let after = |store, hit| {
        let cache = Mitigation::LocalCache { store, journey: Some(JourneyId(0)), hit: Fraction(hit) };
        apply(&it(steps), &[cache]).expect("reads").scenario.journeys[0].steps.clone()
    };
    // Half of the values are there: reads in transactions and behind a miss stay.
    let database = "[repeat: { times: { chance: 50% }, steps: [query: {}] }, transaction: { steps: [query: {}, write: {}] }, \
                    get: { keys: 10, hit: 50%, else: [query: {}] }]";
    assert_eq!(after(crate::scenario::StoreId(0), 0.5), it(database).journeys[0].steps);
    // Of ten keys none is missing with 0.5^10; if any is, 10 × 0.5 / (1 − 0.5^10) = 5.005 are, so 6.
    let steps = after(crate::scenario::StoreId(1), 0.5);
    let Some(Step::Repeat { times: crate::scenario::Count::Chance(chance), steps }) = steps.get(2) else {
        panic!("wrapped")
    };
    assert!((chance.0 - (1.0 - 0.5_f64.powi(10))).abs() < 1e-12);
    assert!(matches!(steps.as_slice(), [Step::Call(call)]
        if matches!(&call.request, crate::scenario::Request::Get(get) if get.keys == 6 && get.on_miss.len() == 1)));
}

#[test]
fn kept_connections() {
    let it = scenario("{ policy: per-journey, set_up: 2 }", "[query: {}, get: {}]", "");
    let policy = |name: &str| {
        let web = &done_by(&it, &[name]).expect("applies").scenario.workloads[0];
        (web.mysql.policy, web.memcached.policy, web.mysql.set_up)
    };
    let (persistent, pool) = (ConnectionPolicy::Persistent, ConnectionPolicy::Pool(4));
    assert_eq!(policy("persistent:web"), (persistent, persistent, 2));
    assert_eq!(policy("proxy:web"), (persistent, persistent, 2));
    assert_eq!(policy("pool:web"), (pool, pool, 2));
    let change = &found(&it, "persistent:web").trips;
    assert_eq!(change.len(), 1, "nightly goes on as before");
    assert_eq!((change[0].before.connect, change[0].after.connect), (6, 0));
    // A store that is not called keeps its policy; one that is kept already is left alone.
    let only = scenario("per-journey", "[query: {}]", "");
    let web = &done_by(&only, &["persistent:web"]).expect("applies").scenario.workloads[0];
    assert_eq!((web.mysql.policy, web.memcached.policy), (persistent, ConnectionPolicy::PerJourney));
    assert!(!find(&scenario("persistent", "[query: {}]", "")).iter().any(|it| it.name == "persistent:web"));
    // Too small a pool would wait for itself.
    let wide = scenario("per-journey", "[parallel: [[query: {}], [query: {}]]]", "");
    let small = Mitigation::Pool {
        workload: crate::scenario::WorkloadId(0),
        size: 1,
        on_reuse: crate::scenario::OnReuse::Nothing,
    };
    assert!(apply(&wide, &[small]).expect_err("too small").to_string().contains("needs 2 connections at once"));
}

#[test]
fn more_at_once() {
    let it = scenario("persistent", "[query: {}]", "");
    let after = |name: &str| done_by(&it, &[name]).expect("applies").scenario;
    assert!(matches!(&after("workers:web").workloads[0].kind, WorkloadKind::Http(http) if http.workers == 16));
    assert!(matches!(&after("workers:nightly").workloads[1].kind, WorkloadKind::Cron(jobs) if jobs[0].parallel == 8));
    assert!(
        matches!(&after("stagger:boot").workloads[2].kind, WorkloadKind::Startup(s) if s.stagger == Nanos::from_secs(45))
    );
}

#[test]
fn restarts_in_smaller_parts() {
    let it = scenario(
        "persistent",
        "[query: {}]",
        "mitigations: { less: { rolling_restart: { platform: pod, rolling: 5% } } }\n",
    );
    let rolling = |it: &Scenario| it.platforms[1].restart.as_ref().expect("it restarts").rolling;
    assert_eq!(rolling(&it), Fraction(1.0));
    let candidate = found(&it, "rolling-restart:pod");
    assert_eq!((rolling(&candidate.after), candidate.title.as_str()), (Fraction(0.1), "pod restarts 10% at a time"));
    assert_eq!(candidate.costs, ["a restart takes 10 waves instead of 1, each as long as its slowest start"]);
    assert_eq!(rolling(&done_by(&it, &["less"]).expect("applies").scenario), Fraction(0.05));
    assert!(!find(&candidate.after).iter().any(|it| it.name == "rolling-restart:pod"), "it does");
    let vm = Mitigation::RollingRestart { platform: PlatformId(0), part: Fraction(0.1) };
    assert_eq!(apply(&it, &[vm]).expect_err("refused").to_string(), "`vm` restarts nothing");
    let refused = done_by(&it, &["less", "rolling-restart:pod"]).expect_err("refused");
    assert_eq!(refused.to_string(), "`pod` restarts 5% at once already");
}

#[test]
fn a_cache_is_filled_before_it_serves() {
    let text = render(&scenario("persistent", "[get: {}]", "")).expect("plain text renders");
    let cold = text.replace("cache: {to: b}", "cache: {to: b, cold: true, warm_up: 20min}");
    assert_ne!(text, cold, "{text}");
    let (it, plain) = (parse("t.yaml", &cold).expect("a scenario"), parse("t.yaml", &text).expect("a scenario"));
    let candidate = found(&it, "warm:cache");
    assert_eq!(
        (candidate.place.as_str(), candidate.title.as_str()),
        ("s: in `stores`", "cache is filled before it serves")
    );
    assert_eq!(candidate.after, plain, "as if it had never been cold");
    let warm = Mitigation::Warm { store: crate::scenario::StoreId(1) };
    assert_eq!(apply(&plain, &[warm]).expect_err("refused").to_string(), "`cache` starts empty in no strategy");
}

#[test]
fn on_demand() {
    let it = scenario("persistent", "[write: {}]", "");
    let after = done_by(&it, &["on-demand:boot"]).expect("applies").scenario;
    // 36 instances an hour, 36,000 journeys: each part is first used by one in a thousand.
    let moved = "[repeat: { times: 5, steps: [repeat: { times: { chance: 0.1% }, steps: [query: {}] }] }, \
                 repeat: { times: { chance: 0.1% }, steps: [get: {}] }, write: {}]";
    assert_eq!(after.journeys[0].steps, scenario("persistent", moved, "").journeys[0].steps);
    assert!(matches!(after.journeys[1].steps.as_slice(), [Step::Think(_)]));
}

#[test]
fn local_replica() {
    let it = scenario("persistent", "[query: {}, write: {}]", "");
    let candidate = found(&it, "local-replica:db");
    assert_eq!(candidate.place, "s: in b from `some` on");
    let after = done_by(&it, &["local-replica:db"]).expect("applies").scenario;
    let copies = |phase: usize| {
        let copy = |it: &Move| if let Move::Copy(copy) = it { Some((copy.of.0, copy.lag, copy.pinned)) } else { None };
        after.strategies[0].phases[phase].moves.iter().filter_map(copy).collect::<Vec<_>>()
    };
    let usual = (0, Nanos::from_millis(500), Fraction(0.05));
    assert_eq!((copies(0), copies(1), copies(2)), (vec![], vec![usual], vec![]));
    assert!(after.stores.iter().any(|store| store.name == "db@b" && store.site == SiteId(1)));
    assert!(!find(&after).iter().any(|it| it.name == "local-replica:db"), "it is there");
    let switch =
        "mitigations: { near: { local_replica: { store: db, lag: 2s, pinned: 10% } }, plain: { local_replica: db } }\n";
    let it = scenario("persistent", "[query: {}]", switch);
    let numbers = |at: usize| {
        let Mitigation::LocalReplica { lag, pinned, .. } = it.mitigations[at].mitigation else { panic!("a replica") };
        (lag, pinned)
    };
    assert_eq!((numbers(0), numbers(1)), ((Nanos::from_secs(2), Fraction(0.1)), (usual.1, usual.2)));
    let text = render(&it).expect("renders");
    assert_eq!(parse("again", &text).unwrap_or_else(|error| panic!("{error}")).mitigations, it.mitigations);
    // Only writes, or reads inside of transactions: a replica serves nothing.
    for steps in ["[write: {}]", "[transaction: { steps: [query: {}, write: {}] }]"] {
        let it = scenario("persistent", steps, "");
        assert!(!find(&it).iter().any(|it| it.name == "local-replica:db"), "{steps}");
    }
}

#[test]
fn leave_behind() {
    let it = scenario("persistent", "[query: {}]", "");
    let moves = |scenario: &Scenario, name: &str| {
        let workload = scenario.workloads.iter().position(|w| w.name == name).expect("there");
        let of = |phase: &Phase| {
            let its = |it: &&Move| matches!(it, Move::Workload(it) if it.workload.0 == workload);
            phase.moves.iter().filter(its).count()
        };
        scenario.strategies[0].phases.iter().map(of).collect::<Vec<_>>()
    };
    for (workload, before, after) in [("web", [0, 1, 1, 0], [0, 0, 0, 1]), ("nightly", [0, 1, 0, 0], [0, 0, 0, 1])] {
        assert_eq!(moves(&it, workload), before);
        let applied = done_by(&it, &[&format!("leave-behind:{workload}")]).expect("applies").scenario;
        assert_eq!(moves(&applied, workload), after, "{workload}");
        let Some(Move::Workload(last)) = applied.strategies[0].phases[3].moves.last() else { panic!("it moves") };
        assert_eq!((last.to, last.share), (Some(SiteId(1)), Fraction(1.0)));
    }
    assert_eq!(found(&it, "leave-behind:web").place, "s: moves with `stores`, 5d after `some`");
    assert!(!find(&it).iter().any(|it| it.name == "leave-behind:boot"), "it moves with its stores already");
}

#[test]
fn better_links() {
    let it = scenario("persistent", "[query: {}]", "");
    let candidate = found(&it, "link:a:b");
    assert_eq!(candidate.place, "rtt 10ms instead of 20ms");
    let between = (SiteId(0), SiteId(1));
    assert_eq!(candidate.after.links.between[&between].rtt.0, Nanos::from_millis(10));
}

const TWO: &str = "[query: {}, get: {}, repeat: { times: 4, steps: [query: {}] }, transaction: { steps: [write: {}] }]";

#[test]
fn several_compose_whatever_their_order() {
    let it = scenario("persistent", &format!("{}, think: 1ms, {}", &TWO[..TWO.len() - 1], &TWO[1..]), "");
    let names = ["parallel:j:1", "batch:j:8", "single-statement:j:4", "single-statement:j:9", "persistent:boot"];
    let forward = done_by(&it, &names).expect("they compose").scenario;
    let backward: Vec<_> = names.iter().rev().copied().collect();
    assert_eq!(done_by(&it, &backward).expect("they compose").scenario, forward);
    let counted = trips::count(&forward, JourneyId(0), &it.workloads[0].mysql, &it.workloads[0].memcached);
    // 4 (the longest of query, get and four queries) + 1 + query, get, 1 batched, 1: from 18.
    assert_eq!(counted.sequential, 4 + 1 + 2 + 1 + 1);
}

#[test]
fn what_does_not_go_together_is_told() {
    let it = scenario("persistent", TWO, "");
    for (names, told) in [
        (&["parallel:j:1", "batch:j:3"][..], "step 3 of `j` was replaced by a mitigation before this one"),
        (&["batch:j:3", "batch:j:3"], "step 3 of `j` was replaced by a mitigation before this one"),
        (&["workers:web", "stagger:boot", "stagger:boot"], "the starts of `boot` are spread over 45s already"),
    ] {
        assert_eq!(done_by(&it, names).expect_err("refused").to_string(), told);
    }
    let at = |text: &str| Some(text.parse().expect("a path"));
    let none = Mitigation::Batch { journey: JourneyId(0), step: at("9.9") };
    assert_eq!(apply(&it, &[none]).expect_err("refused").to_string(), "at step 9.9 of `j`, nothing can be batched");
}

#[test]
fn expectations_and_switches_follow() {
    let more = "mitigations:\n\
                \x20 batched: { batch: { journey: j, step: 3 } }\n\
                \x20 alone: { single_statement: { journey: j, step: 4 } }\n\
                \x20 reads: { parallel: { journey: j, step: 1 } }\n\
                expect: { round_trips: { j: { calls: 9, sequential: 9 } } }\n";
    let it = scenario("persistent", TWO, more);
    assert_eq!(find(&it).iter().filter(|it| it.switch).count(), 3);
    let Applied { scenario: after, notes } = done_by(&it, &["reads"]).expect("applies");
    assert_eq!((after.expect[0].1.calls, after.expect[0].1.sequential), (Some(9), Some(7)));
    // The transaction is the second step now; the repeat is inside the group, which no switch can follow.
    let left: Vec<_> = after.mitigations.iter().map(|it| (it.name.as_str(), name(&after, &it.mitigation))).collect();
    assert_eq!(left, [("alone", "single-statement:j:2".to_owned())]);
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert_eq!(notes[0], "expected round trips of j are counted anew: `sequential` is 7 instead of 9");
    assert!(notes[1].starts_with("switch `batched` no longer applies and is left out: step 3"), "{notes:?}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(12))]
    #[test]
    fn whatever_is_found_can_be_done_written_and_loaded(scenario in arbitrary::scenario()) {
        let all = find(&scenario);
        for it in &all {
            let text = render(&it.after).expect("plain text renders");
            let again = parse("rendered", &text).unwrap_or_else(|error| panic!("{}: error: {error}\n{text}", it.name));
            proptest::prop_assert_eq!(&again, &it.after, "{}", it.name);
            for change in &it.trips {
                proptest::prop_assert!(change.after.sequential <= change.before.sequential, "{}: {change:?}", it.name);
            }
        }
        // As switches of a file they load as what they are.
        let mitigations = all.iter().enumerate().map(|(i, it)| {
            Switch { name: format!("m{i}"), mitigation: it.mitigation.clone() }
        });
        let named = Scenario { mitigations: mitigations.collect(), ..scenario };
        let again = parse("rendered", &render(&named).expect("plain text renders"));
        proptest::prop_assert_eq!(again.unwrap_or_else(|error| panic!("error: {error}")), named);
    }
}
