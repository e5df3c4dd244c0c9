//! Scenarios of every shape that the domain types allow, for property tests.

use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop, prop_oneof};

use indexmap::IndexMap;

use crate::scenario::*;
use crate::seed::Seed;
use crate::units::{Bandwidth, Bytes, Fraction, Nanos, Rate, Rtt};

const DB: StoreId = StoreId(0);
const CACHE: StoreId = StoreId(1);

/// Files give times through floating-point numbers, so above 104 days not every nanosecond can be told.
fn exact(nanos: u64) -> Nanos {
    Nanos(nanos as f64 as u64)
}
fn nanos(from: u64, to: u64) -> BoxedStrategy<Nanos> {
    // Whole units as people write them, and any number of nanoseconds.
    prop_oneof![(from / 1_000_000 + 1..=to / 1_000_000).prop_map(Nanos::from_millis), (from..=to).prop_map(exact)]
        .boxed()
}
fn time() -> BoxedStrategy<Nanos> {
    nanos(1_000_000, 5_000_000_000).boxed()
}
fn fraction() -> BoxedStrategy<Fraction> {
    prop_oneof![Just(0.0), Just(1.0), (0.0..1.0), (1..100_u32).prop_map(|p| f64::from(p) / 100.0)]
        .prop_map(Fraction)
        .boxed()
}
fn size() -> BoxedStrategy<Bytes> {
    (1..=1_000_u64 << 10).prop_map(Bytes).boxed()
}
fn text() -> BoxedStrategy<String> {
    prop_oneof![
        "[a-zA-Z0-9 :,'\"#{}*&!|>%@`~^?.-]{0,30}x",
        Just("null".to_owned()),
        Just("- no: 0x1F # yes\nand\n\n  more\n".to_owned()),
        Just("1e3".to_owned()),
        "\\PC{0,20}x",
    ]
    .boxed()
}
/// A text of one line, as `lower` trims it.
fn title() -> BoxedStrategy<String> {
    text().prop_map(|text| text.lines().next().unwrap_or_default().trim().to_owned() + "x").boxed()
}

fn jitter() -> BoxedStrategy<Jitter> {
    let most = 10_000_000_000;
    prop_oneof![
        Just(Jitter::None),
        nanos(0, most).prop_map(Jitter::Constant),
        nanos(0, most).prop_map(Jitter::Uniform),
        nanos(0, most).prop_map(|sd| Jitter::Normal { sd }),
        (nanos(1, most), nanos(1, most)).prop_map(|(mean, sd)| Jitter::Lognormal { mean, sd }),
        (nanos(0, most), 1.06..99.0).prop_map(|(scale, shape)| Jitter::Pareto { scale, shape }),
        prop::collection::vec((1..10_000_u32, 0..most), 2..6).prop_map(|points| percentiles(&points)),
    ]
    .boxed()
}

/// Points that rise, at quantiles that a file can write.
fn percentiles(points: &[(u32, u64)]) -> Jitter {
    let mut quantiles: Vec<u32> = points.iter().map(|(q, _)| *q).chain([10_000]).collect();
    quantiles.sort_unstable();
    quantiles.dedup();
    if quantiles.len() < 2 {
        quantiles.insert(0, 0);
    }
    let mut times: Vec<u64> = points.iter().map(|(_, t)| *t).cycle().take(quantiles.len()).collect();
    times.sort_unstable();
    let point = |(q, t): (u32, u64)| (format!("{q}e-4").parse().expect("a number"), Nanos(t));
    Jitter::Percentiles(quantiles.into_iter().zip(times).map(point).collect())
}

fn link() -> BoxedStrategy<Link> {
    let bandwidth = prop::option::of((1e4..1e12).prop_map(Bandwidth));
    let congestion = prop_oneof![Just(Congestion::Cubic), Just(Congestion::Bbr)];
    (nanos(0, 10_000_000_000), jitter(), 0.0..0.2, bandwidth, congestion)
        .prop_map(|(rtt, jitter, loss, bandwidth, congestion)| Link {
            rtt: Rtt(rtt),
            jitter,
            loss: Fraction(loss),
            bandwidth,
            congestion,
        })
        .boxed()
}

fn prepared() -> BoxedStrategy<Prepared> {
    prop_oneof![Just(Prepared::No), Just(Prepared::Each), Just(Prepared::Cached)].boxed()
}

fn lock() -> BoxedStrategy<Option<RowLock>> {
    prop::option::of(("[a-z][a-z0-9.-]{0,8}", 1..1000_u32).prop_map(|(name, rows)| RowLock { name, rows })).boxed()
}

/// A statement that locks for itself, outside of transactions.
fn locking() -> BoxedStrategy<Step> {
    (sql(), lock())
        .prop_map(|(mut step, lock)| {
            if let Step::Call(Call { request: Request::Write(write), .. }) = &mut step {
                write.locks = lock;
            }
            step
        })
        .boxed()
}

fn sql() -> BoxedStrategy<Step> {
    let service = prop::option::of(random(nanos(1, 60_000_000_000)));
    (any::<bool>(), 0..200_u32, size(), prepared(), prop::option::of(text()), service)
        .prop_map(|(write, rows, row_size, prepared, sql, service)| {
            let request = if write {
                Request::Write(Write { row_size, prepared, sql, service, locks: None })
            } else {
                Request::Query(Query { rows, row_size, prepared, sql, service })
            };
            Step::Call(Call { store: DB, request })
        })
        .boxed()
}

/// Constant or drawn, from times that are not zero.
fn random(time: BoxedStrategy<Nanos>) -> BoxedStrategy<RandomTime> {
    prop_oneof![
        Just(RandomTime::ZERO),
        time.clone().prop_map(RandomTime::Constant),
        time.clone().prop_map(RandomTime::Exponential),
        (time.clone(), time).prop_map(|(a, b)| RandomTime::Lognormal { median: a.min(b), p99: a.max(b) }),
    ]
    .boxed()
}

fn pause() -> BoxedStrategy<Step> {
    random(time()).prop_map(Step::Think).boxed()
}

fn cache(on_miss: Vec<Step>) -> BoxedStrategy<Step> {
    let get = (1..200_u32, size(), fraction())
        .prop_map(move |(keys, size, hit)| Request::Get(Get { keys, size, hit, on_miss: on_miss.clone() }));
    let other = prop_oneof![
        size().prop_map(|size| Request::Set { size }),
        size().prop_map(|size| Request::Add { size }),
        Just(Request::Delete),
        Just(Request::Incr),
    ];
    prop_oneof![get, other].prop_map(|request| Step::Call(Call { store: CACHE, request })).boxed()
}

fn times() -> BoxedStrategy<Count> {
    prop_oneof![
        (1..5_u32).prop_map(Count::Fixed),
        fraction().prop_map(Count::Chance),
        (0.01..3.0, 3.0..9.0, 9..20_u32).prop_map(|(median, p99, cap)| Count::Lognormal { median, p99, cap }),
    ]
    .boxed()
}

/// Steps without a transaction around them; `open` allows one inside.
fn steps() -> BoxedStrategy<Vec<Step>> {
    let leaf = prop_oneof![locking(), pause(), cache(Vec::new())];
    let step = leaf.prop_recursive(3, 12, 3, |inner| {
        let some = prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            some.clone().prop_flat_map(cache),
            (times(), some.clone()).prop_map(|(times, steps)| Step::Repeat { times, steps }),
            (some.clone(), some).prop_map(|(a, b)| Step::Parallel(vec![a, b])),
        ]
    });
    let transaction = (lock(), prop::collection::vec(prop_oneof![sql(), pause()], 0..3), sql()).prop_map(
        |(locks, mut steps, one)| {
            steps.push(one);
            Step::Transaction(Transaction { store: DB, locks, steps })
        },
    );
    prop::collection::vec(prop_oneof![4 => step, 1 => transaction], 1..5).boxed()
}

fn connections() -> BoxedStrategy<Connections> {
    let kept = prop_oneof![Just(ConnectionPolicy::Persistent), (1..100_u32).prop_map(ConnectionPolicy::Pool)];
    let reuse = prop_oneof![Just(OnReuse::Nothing), Just(OnReuse::Ping), Just(OnReuse::Reset), Just(OnReuse::Relogin)];
    prop_oneof![
        (0..9_u32).prop_map(|set_up| (ConnectionPolicy::PerJourney, set_up, OnReuse::Nothing)),
        (kept, 0..9_u32, reuse),
    ]
    .prop_map(|(policy, set_up, on_reuse)| Connections { policy, set_up, on_reuse })
    .boxed()
}

fn arrivals() -> BoxedStrategy<Arrivals> {
    let rate = || (1e-6..1e6).prop_map(Rate);
    let daily = prop::collection::vec(0.01..9.0, 24).prop_map(|hours: Vec<f64>| {
        let mean = hours.iter().sum::<f64>() / 24.0;
        Shape::Daily(hours.iter().map(|hour| hour / mean).collect())
    });
    let shape = prop_oneof![
        Just(Shape::Flat),
        (rate(), nanos(1_000_000_000, 9_000_000_000_000)).prop_map(|(to, over)| Shape::Ramp { to, over }),
        daily,
    ];
    let pacing = prop_oneof![Just(Pacing::Poisson), Just(Pacing::Constant)];
    (rate(), pacing, shape).prop_map(|(rate, pacing, shape)| Arrivals { rate, pacing, shape }).boxed()
}

fn mix() -> BoxedStrategy<Mix> {
    prop_oneof![
        Just(Mix(vec![(JourneyId(0), 1.0)])),
        (1e-6..1e6, 1e-6..1e6).prop_map(|(a, b)| Mix(vec![(JourneyId(1), a), (JourneyId(0), b)])),
    ]
    .boxed()
}

fn kind() -> BoxedStrategy<WorkloadKind> {
    let limit = || prop::option::of(time());
    let http = (mix(), arrivals(), 1..999_u32, 0..999_u32, limit(), 0..10_u32).prop_map(
        |(mix, arrivals, workers, backlog, timeout, retries)| {
            WorkloadKind::Http(Http { mix, arrivals, workers, backlog, timeout, retries })
        },
    );
    let queue = (mix(), arrivals(), 1..99_u32, limit(), limit()).prop_map(
        |(mix, arrivals, consumers, job_timeout, redeliver_after)| {
            let name = "q.1".to_owned();
            WorkloadKind::Queue(vec![Queue { name, mix, arrivals, consumers, job_timeout, redeliver_after }])
        },
    );
    let overlap = prop_oneof![Just(Overlap::Allow), Just(Overlap::Forbid), Just(Overlap::Replace)];
    let every = nanos(1_000_000_000, 9_000_000_000_000);
    let cron = (every, 1..1_000_000_000_u64, 1..99_u32, overlap, limit(), limit()).prop_map(
        |(every, items, parallel, overlap, lock, deadline)| {
            let (name, journey) = ("j_1".to_owned(), JourneyId(1));
            let lock = lock.filter(|_| overlap == Overlap::Forbid);
            WorkloadKind::Cron(vec![CronJob { name, journey, every, items, parallel, overlap, lock, deadline }])
        },
    );
    let startup = (1..100_u32, nanos(0, 9_000_000_000))
        .prop_map(|(instances, stagger)| WorkloadKind::Startup(Startup { journey: JourneyId(0), instances, stagger }));
    prop_oneof![http, queue, cron, startup].boxed()
}

fn workload(name: &'static str) -> BoxedStrategy<Workload> {
    let limits = (prop::option::of(time()), prop::option::of(fraction()), time());
    (prop_oneof![Just(String::new()), text()], kind(), connections(), connections(), limits)
        .prop_map(move |(about, kind, mysql, memcached, (quantile, errors, other))| {
            let mut objective = Objective { errors, ..Objective::default() };
            match &kind {
                WorkloadKind::Http(_) => {
                    objective.quantiles = quantile.into_iter().map(|limit| (0.999, limit)).collect();
                }
                WorkloadKind::Queue(_) => objective.oldest = Some(other),
                WorkloadKind::Cron(_) => objective.deadline = Some(other),
                WorkloadKind::Startup(_) => objective.ready = Some(other),
            }
            let memcached = Connections { set_up: 0, on_reuse: OnReuse::Nothing, ..memcached };
            let (name, site, platform) = (name.to_owned(), SiteId(0), PlatformId(1));
            Workload { name, about, kind, site, platform, mysql, memcached, objective }
        })
        .boxed()
}

fn phases() -> BoxedStrategy<Vec<Phase>> {
    let lasts = || nanos(86_400_000_000_000, 3_653 * 86_400_000_000_000);
    let ends = (1e-4..0.5_f64, nanos(0, 80_000_000_000_000), any::<bool>(), nanos(1_000_000_000, 80_000_000_000_000));
    let copies = (any::<[bool; 2]>(), nanos(0, 86_400_000_000_000), fraction());
    (lasts(), lasts(), ends, copies, title())
        .prop_map(|(first, second, (share, read_only, cold, warm_up), ([replica, split], lag, pinned), title)| {
            let part = |to, platform, share| {
                Move::Workload(WorkloadMove {
                    workload: WorkloadId(0),
                    to: Some(SiteId(to)),
                    platform: Some(PlatformId(platform)),
                    share: Fraction(share),
                })
            };
            let replica = replica.then_some(CopyMove { of: DB, copy: StoreId(2), lag, pinned, warm_up: Nanos::ZERO });
            let second_cache = split.then_some(CopyMove {
                of: CACHE,
                copy: StoreId(2 + usize::from(replica.is_some())),
                lag: Nanos::ZERO,
                pinned: Fraction(0.0),
                warm_up,
            });
            let copies = replica.into_iter().chain(second_cache).map(Move::Copy);
            let warm_up = if cold { warm_up } else { Nanos::ZERO };
            let stores = [
                Move::Store(StoreMove { store: DB, to: SiteId(1), read_only, cold: false, warm_up: Nanos::ZERO }),
                Move::Store(StoreMove { store: CACHE, to: SiteId(1), read_only: Nanos::ZERO, cold, warm_up }),
            ];
            vec![
                Phase {
                    name: format!("{title} a"),
                    lasts: first,
                    moves: std::iter::once(part(1, 0, share)).chain(copies).collect(),
                },
                Phase { name: "b".into(), lasts: second, moves: [part(1, 0, 1.0)].into_iter().chain(stores).collect() },
            ]
        })
        .boxed()
}

pub(crate) fn scenario() -> BoxedStrategy<Scenario> {
    let world = (text(), any::<u64>(), title(), [link(), link(), link()], prop::option::of((time(), fraction())));
    let service = || random(nanos(1, 9_000_000_000));
    let turns = || prop::option::of(1..999_u32);
    let stores = (1..999_u32, [turns(), turns()], [service(), service(), service()], 1_u64 << 20..64 << 30, time());
    let work = (steps(), steps(), workload("web"), workload("other"), phases());
    (world, stores, work)
        .prop_map(|((about, seed, title, [a, b, c], restart), stores, work)| {
            let (most, [turns, at_once], [read, write, commit], memory, overhead) = stores;
            let (first, second, web, other, phases) = work;
            // Only http and queue workloads move by share.
            let shared = matches!(web.kind, WorkloadKind::Http(_) | WorkloadKind::Queue(_));
            let phases = if shared { phases } else { phases[1..].to_vec() };
            let pair = |a, b| (SiteId(a), SiteId(b));
            let mysql = MysqlStore { max_connections: most, concurrency: turns, read, write, commit };
            let service = write;
            let memcached =
                MemcachedStore { max_connections: most, concurrency: at_once, service, memory: Bytes(memory) };
            let restart = restart.map(|(every, rolling)| Restart {
                every: every.saturating_add(Nanos::from_secs(1)),
                rolling: Fraction(rolling.0.max(0.001)),
                grace: Nanos(every.0 % 3_600_000_000_000),
                boot: (every.0 % 2 == 0).then_some(Nanos(every.0 % 60_000_000_000)),
            });
            let mut scenario = Scenario {
                name: "any.1".into(),
                about,
                seed: Seed(seed),
                sites: vec![
                    Site { name: "dc".into(), about: title.clone() },
                    Site { name: "x".into(), about: title.clone() },
                ],
                links: Links { between: IndexMap::from([(pair(0, 0), a), (pair(0, 1), b), (pair(1, 1), c)]) },
                stores: vec![
                    Store { name: "db".into(), kind: StoreKind::Mysql(mysql), site: SiteId(0), copy_of: None },
                    Store {
                        name: "cache".into(),
                        kind: StoreKind::Memcached(memcached),
                        site: SiteId(0),
                        copy_of: None,
                    },
                ],
                platforms: vec![
                    Platform { name: "k8s".into(), overhead, restart },
                    Platform { name: "vm".into(), overhead: Nanos::ZERO, restart: None },
                ],
                journeys: vec![Journey { name: "j".into(), steps: first }, Journey { name: "k".into(), steps: second }],
                workloads: vec![web, other],
                strategies: vec![crate::scenario::Strategy { name: "s".into(), about: title, phases }],
                mitigations: Vec::new(),
                expect: Vec::new(),
            };
            scenario.stores.extend(copies(&scenario));
            scenario.expect = expected(&scenario);
            scenario
        })
        .boxed()
}

/// The stores that its phases make.
fn copies(scenario: &Scenario) -> Vec<Store> {
    let moves = scenario.strategies[0].phases.iter().flat_map(|phase| &phase.moves);
    let of = |made: &Move| match made {
        Move::Copy(CopyMove { of, .. }) => {
            let store = scenario.stores[of.0].clone();
            Some(Store { name: format!("{}@x", store.name), site: SiteId(1), copy_of: Some(*of), ..store })
        }
        Move::Workload(_) | Move::Store(_) => None,
    };
    moves.filter_map(of).collect()
}

/// What counting gives, where all performers agree.
fn expected(scenario: &Scenario) -> Vec<(JourneyId, ExpectedTrips)> {
    let of = |journey| {
        let counted: Vec<_> = trips::performers(scenario, journey)
            .map(|(_, w)| trips::count(scenario, journey, &w.mysql, &w.memcached))
            .collect();
        let first = *counted.first()?;
        let connect = counted.iter().all(|one| *one == first).then_some(first.connect as u32);
        let (calls, sequential) = (Some(first.calls as u32), Some(first.sequential as u32));
        Some((journey, ExpectedTrips { connect, calls, sequential }))
    };
    (0..scenario.journeys.len()).filter_map(|index| of(JourneyId(index))).collect()
}
