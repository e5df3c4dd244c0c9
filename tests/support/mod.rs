//! Scenarios built in code, and one door to the live engine over stand-ins. Not for: scenario files.
#![allow(dead_code, unreachable_pub, reason = "every test program uses a part of it")]

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use indexmap::IndexMap;
use longhaul::engine::calibration::Calibration;
use longhaul::engine::live::LiveEngine;
use longhaul::engine::sim::SimEngine;
use longhaul::engine::{Engine, EngineError};
use longhaul::link::LinkKind;
use longhaul::measure::Hist;
use longhaul::plan::{Plan, Windows};
use longhaul::proxy::Proxy;
use longhaul::runfile::{Limits, PartRun, PlacementRun};
use longhaul::scenario::{
    Arrivals, Call, Congestion, ConnectionPolicy, Connections, CronJob, Get, Http, Jitter, Journey, JourneyId, Link,
    Links, MemcachedStore, Mix, MysqlStore, Objective, OnReuse, Overlap, Pacing, Phase, Platform, PlatformId, Prepared,
    Query, Queue, Request, RowLock, Scenario, Shape, Site, SiteId, Startup, Step, Store, StoreId, StoreKind, Strategy,
    Think, Transaction, Workload, WorkloadKind, Write, trips,
};
use longhaul::seed::Seed;
use longhaul::server::Backends;
use longhaul::strategy::{Condition, distinct};
use longhaul::timer::{Clock, Timer};
use longhaul::units::{Bytes, Fraction, Nanos, Rate, Rtt};

pub const DB: StoreId = StoreId(0);
pub const CACHE: StoreId = StoreId(1);
/// The store's own time for a read, a write and a commit.
pub const STORE_TIME: Nanos = Nanos::from_millis(1);
/// The cache's own time.
pub const CACHE_TIME: Nanos = Nanos::from_micros(50);

pub fn ms(ms: u64) -> Nanos {
    Nanos::from_millis(ms)
}

/// Short windows; the warm-up may double.
pub fn windows(measure: u64, drain: u64) -> Windows {
    Windows { warm_up: ms(200), measure: ms(measure), drain: ms(drain) }
}

/// One workload in the cloud, both stores in the old place, `rtt_ms` between them.
pub fn scenario(rtt_ms: u64, steps: Vec<Step>, kind: WorkloadKind, mysql: Connections) -> Scenario {
    let link = |rtt| Link {
        rtt: Rtt(rtt),
        jitter: Jitter::None,
        loss: Fraction(0.0),
        bandwidth: None,
        congestion: Congestion::Cubic,
    };
    let (dc, cloud) = (SiteId(0), SiteId(1));
    let time = STORE_TIME.into();
    let mysql_store = MysqlStore { max_connections: 200, concurrency: None, read: time, write: time, commit: time };
    let (service, memory) = (CACHE_TIME.into(), Bytes(64 << 20));
    let memcached_store = MemcachedStore { max_connections: 200, concurrency: None, service, memory };
    Scenario {
        name: "small".into(),
        about: String::new(),
        seed: Seed(1),
        sites: ["dc", "cloud"].map(|name| Site { name: name.into(), about: String::new() }).into(),
        links: Links { between: IndexMap::from([((dc, dc), link(ms(1))), ((dc, cloud), link(ms(rtt_ms)))]) },
        stores: vec![
            Store { name: "main-db".into(), kind: StoreKind::Mysql(mysql_store), site: dc, copy_of: None },
            Store { name: "cache".into(), kind: StoreKind::Memcached(memcached_store), site: dc, copy_of: None },
        ],
        platforms: vec![Platform { name: "vm".into(), overhead: Nanos::ZERO, restart: None }],
        journeys: vec![Journey { name: "page".into(), steps }],
        workloads: vec![Workload {
            name: "work".into(),
            about: String::new(),
            kind,
            site: cloud,
            platform: PlatformId(0),
            mysql,
            memcached: Connections { set_up: 0, on_reuse: OnReuse::Nothing, ..mysql },
            objective: Objective::default(),
        }],
        strategies: vec![Strategy {
            name: "stay".into(),
            about: String::new(),
            phases: vec![Phase { name: "before".into(), lasts: ms(1), moves: Vec::new() }],
        }],
        mitigations: Vec::new(),
        expect: Vec::new(),
    }
}

pub fn connections(policy: ConnectionPolicy) -> Connections {
    Connections { policy, set_up: 0, on_reuse: OnReuse::Nothing }
}

pub fn per_journey() -> Connections {
    connections(ConnectionPolicy::PerJourney)
}

pub fn persistent() -> Connections {
    connections(ConnectionPolicy::Persistent)
}

fn mix() -> Mix {
    Mix(vec![(JourneyId(0), 1.0)])
}

pub fn constant(rate: f64) -> Arrivals {
    Arrivals { rate: Rate(rate), pacing: Pacing::Constant, shape: Shape::Flat }
}

/// Requests at a constant rate, without time-out and with room for all.
pub fn http(rate: f64, workers: u32) -> Http {
    Http { mix: mix(), arrivals: constant(rate), workers, backlog: 10_000, timeout: None, retries: 0 }
}

pub fn queue(rate: f64, consumers: u32) -> Queue {
    let name = "mails".into();
    Queue { name, mix: mix(), arrivals: constant(rate), consumers, job_timeout: None, redeliver_after: None }
}

pub fn cron(every: Nanos, items: u64, parallel: u32, overlap: Overlap) -> WorkloadKind {
    let (name, journey) = ("rank".into(), JourneyId(0));
    let job = CronJob { name, journey, every, items, parallel, overlap, lock: None, deadline: None };
    WorkloadKind::Cron(vec![job])
}

pub fn startup(instances: u32) -> WorkloadKind {
    WorkloadKind::Startup(Startup { journey: JourneyId(0), instances, stagger: Nanos::ZERO })
}

pub fn query(prepared: Prepared) -> Step {
    let query = Query { rows: 1, row_size: Bytes(100), prepared, sql: None, service: None };
    Step::Call(Call { store: DB, request: Request::Query(query) })
}

pub fn text() -> Step {
    query(Prepared::No)
}

pub fn write() -> Step {
    let write = Write { row_size: Bytes(100), prepared: Prepared::No, sql: None, service: None, locks: None };
    Step::Call(Call { store: DB, request: Request::Write(write) })
}

pub fn get(keys: u32, on_miss: Vec<Step>) -> Step {
    let get = Get { keys, size: Bytes(100), hit: Fraction(1.0), on_miss };
    Step::Call(Call { store: CACHE, request: Request::Get(get) })
}

pub fn cache(request: Request) -> Step {
    Step::Call(Call { store: CACHE, request })
}

pub fn think(time: u64) -> Step {
    Step::Think(Think::Constant(ms(time)))
}

pub fn transaction(locks: Option<&str>, steps: Vec<Step>) -> Step {
    let locks = locks.map(|name| RowLock { name: name.into(), rows: 1 });
    Step::Transaction(Transaction { store: DB, locks, steps })
}

/// Which engine performs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// On stand-ins, through the proxy.
    Live,
    /// In virtual time.
    Sim,
}

/// Performs the scenario's first placement.
pub fn perform(on: On, scenario: &Scenario, windows: Windows) -> PlacementRun {
    perform_as(on, scenario, windows, Condition::Steady, 1.0, false).expect("the placement is performed")
}

static ALONE: Mutex<()> = Mutex::new(());

/// How often a busy machine is given another chance.
const CHANCES: u32 = 10;

/// The same in a condition, at a scale; `stop` is set from the beginning.
pub fn perform_as(
    on: On,
    scenario: &Scenario,
    windows: Windows,
    condition: Condition,
    scale: f64,
    stop: bool,
) -> Result<PlacementRun, EngineError> {
    if on == On::Sim {
        let mut engine = SimEngine::new(scenario, Calibration::default(), Arc::new(AtomicBool::new(stop)));
        return engine.perform(&first_plan(scenario, windows, condition, scale), &());
    }
    let timer = Timer::start(Clock::start()).expect("a timer starts");
    let backends = Backends::stand_in(scenario, &timer).expect("stand-ins start");
    let run = perform_on(&backends, timer, scenario, windows, condition, scale, stop);
    backends.shutdown();
    run
}

/// The same on any stores.
pub fn perform_on(
    backends: &Backends,
    timer: Timer,
    scenario: &Scenario,
    windows: Windows,
    condition: Condition,
    scale: f64,
    stop: bool,
) -> Result<PlacementRun, EngineError> {
    // One at a time: loads that run beside each other measure each other.
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let proxy = Proxy::start(timer.clock(), LinkKind::Stream).expect("a proxy starts");
    block_on(backends.prepare(scenario)).expect("the stores are prepared");
    let stop = Arc::new(AtomicBool::new(stop));
    let mut engine = LiveEngine::new(scenario, backends, proxy, timer, Limits::default(), stop);
    let plan = first_plan(scenario, windows, condition, scale);
    let mut run = engine.perform(&plan, &());
    for _ in 1..CHANCES {
        if stalled(&run) {
            run = engine.perform(&plan, &());
        }
    }
    run
}

/// The scenario's first placement in a condition.
fn first_plan(scenario: &Scenario, windows: Windows, condition: Condition, scale: f64) -> Plan {
    let (label, mut placement) = distinct(scenario).placements.swap_remove(0);
    placement.condition = condition;
    Plan::new(scenario, &label, &placement, scale, windows)
}

/// Whether the machine did something else for so long that the numbers are about that.
fn stalled(run: &Result<PlacementRun, EngineError>) -> bool {
    match run {
        Ok(run) => {
            let late = |hist: &Hist| hist.max() > ms(20).0;
            late(&run.generator_lateness) || run.links.iter().any(|link| late(&link.round_trip_lateness))
        }
        Err(error) => matches!(error, EngineError::Environment(_)),
    }
}

/// A journey with what it must cost.
pub struct Case {
    pub steps: Vec<Step>,
    pub mysql: Connections,
    /// Round trips, connects included.
    pub trips: u64,
    /// Of these, for connections and for preparing statements that are kept.
    pub connect: u64,
    /// Of all, those on the critical path.
    pub critical: u64,
}

/// Every kind of call and every way to keep connections, whose round trips are known.
pub fn cases() -> Vec<Case> {
    let reuse = |on_reuse| Connections { on_reuse, ..persistent() };
    let pool = connections(ConnectionPolicy::Pool(2));
    let parallel = || Step::Parallel(vec![vec![text(), text()], vec![text()], vec![get(1, vec![])]]);
    let sets = || {
        let size = Bytes(100);
        [Request::Set { size }, Request::Add { size }, Request::Delete, Request::Incr].map(cache).to_vec()
    };
    let case = |steps, mysql, trips, connect, critical| Case { steps, mysql, trips, connect, critical };
    vec![
        case(vec![text(), text(), text()], per_journey(), 6, 3, 6),
        case(vec![text()], Connections { set_up: 2, ..per_journey() }, 6, 5, 6),
        case(vec![get(1, vec![text()]), get(8, vec![text()]), text()], per_journey(), 7, 4, 7),
        case(sets(), persistent(), 4, 0, 4),
        case(vec![query(Prepared::Each), query(Prepared::Each)], persistent(), 4, 0, 4),
        case(vec![query(Prepared::Cached), query(Prepared::Cached)], per_journey(), 7, 5, 7),
        case(vec![transaction(None, vec![write(), text()])], persistent(), 4, 0, 4),
        case(vec![text()], reuse(OnReuse::Ping), 2, 1, 2),
        case(vec![text()], reuse(OnReuse::Reset), 2, 1, 2),
        case(vec![text(), text()], pool, 2, 0, 2),
        case(vec![parallel(), text()], per_journey(), 12, 7, 6),
        case(vec![parallel(), parallel()], persistent(), 8, 0, 4),
    ]
}

/// Every recorded journey is counted once.
pub fn adds_up(part: &PartRun) {
    let errors: u64 = part.errors.values().sum();
    assert_eq!(part.completed + errors + part.unfinished, part.offered, "{part:#?}");
    assert_eq!(part.response.count(), part.completed + part.unfinished, "{part:#?}");
    let time = part.time;
    let parts = time.distance_ns + time.store_ns + time.think_ns + time.waiting_ns + time.rest_ns;
    assert!(parts == time.total_ns, "{time:?}");
}

/// Slack of a histogram of three digits.
pub fn at_least(value: u64, bound: Nanos) -> bool {
    value as f64 >= bound.0 as f64 * 0.998
}

/// Round trips are those of the case and of the scenario's own count, and nothing is earlier than its distance.
pub fn check(case: &Case, asked: &Scenario, rtt: Nanos, run: &PlacementRun) {
    let (part, mysql) = (only(run), case.mysql);
    let say = format!("{:?} with {mysql:?}: {part:#?}", case.steps);
    adds_up(part);
    assert!(part.completed >= 19 && part.errors.is_empty() && part.unfinished == 0, "{say}");
    assert_eq!((part.round_trips.min(), part.round_trips.max()), (case.trips, case.trips), "{say}");
    let connect = &part.connect_round_trips;
    assert_eq!((connect.min(), connect.max()), (case.connect, case.connect), "{say}");
    let typical = trips::count(asked, JourneyId(0), &mysql, &asked.workloads[0].memcached);
    assert_eq!((typical.connect, typical.connect + typical.calls), (case.connect, case.trips), "{say}");
    let distance = rtt * case.critical;
    assert!(at_least(part.response.min(), distance), "{say}");
    assert!(part.response.at(0.5) < distance.0 * 4, "{say}");
    // Which of two branches ends last may be decided by microseconds.
    let (is, most) = (part.time.distance_ns, distance.0 * part.completed);
    let branches = case.steps.iter().any(|step| matches!(step, Step::Parallel(_)));
    assert!(is == most || (branches && is < most && is > most / 2), "{say}");
}

/// Awaits on a runtime of its own.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime starts").block_on(future)
}

/// The only part of the only arm.
pub fn only(run: &PlacementRun) -> &PartRun {
    assert_eq!((run.arms.len(), run.arms[0].parts.len()), (1, 1));
    &run.arms[0].parts[0]
}
