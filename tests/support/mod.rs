//! Scenarios built in code, and one door to the live engine over stand-ins. Not for: scenario files.
#![allow(dead_code, unreachable_pub, reason = "every test program uses a part of it")]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use indexmap::IndexMap;
use longhaul::engine::live::LiveEngine;
use longhaul::engine::{Engine, EngineError};
use longhaul::plan::{Plan, Windows};
use longhaul::proxy::Proxy;
use longhaul::runfile::{Limits, PartRun, PlacementRun};
use longhaul::scenario::{
    Arrivals, Call, Congestion, ConnectionPolicy, Connections, CronJob, Get, Http, Jitter, Journey, JourneyId, Link,
    Links, MemcachedStore, Mix, MysqlStore, Objective, OnReuse, Overlap, Pacing, Phase, Platform, PlatformId, Prepared,
    Query, Queue, Request, RowLock, Scenario, Shape, Site, SiteId, Startup, Step, Store, StoreId, StoreKind, Strategy,
    Think, Transaction, Workload, WorkloadKind, Write,
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
    let mysql_store = MysqlStore { max_connections: 200, read: STORE_TIME, write: STORE_TIME, commit: STORE_TIME };
    let memcached_store = MemcachedStore { max_connections: 200, service: CACHE_TIME, memory: Bytes(64 << 20) };
    Scenario {
        name: "small".into(),
        about: String::new(),
        seed: Seed(1),
        sites: ["dc", "cloud"].map(|name| Site { name: name.into(), about: String::new() }).into(),
        links: Links { between: IndexMap::from([((dc, dc), link(ms(1))), ((dc, cloud), link(ms(rtt_ms)))]) },
        stores: vec![
            Store { name: "main-db".into(), kind: StoreKind::Mysql(mysql_store), site: dc },
            Store { name: "cache".into(), kind: StoreKind::Memcached(memcached_store), site: dc },
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
    let job = CronJob { name: "rank".into(), journey: JourneyId(0), every, items, parallel, overlap, deadline: None };
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
    let write = Write { row_size: Bytes(100), prepared: Prepared::No, sql: None, service: None };
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

/// Performs the scenario's first placement on stand-ins.
pub fn perform(scenario: &Scenario, windows: Windows) -> PlacementRun {
    perform_as(scenario, windows, Condition::Steady, 1.0, false).expect("the placement is performed")
}

/// How often a busy machine is given another chance to hold the link's delay before the load.
const CHANCES: u32 = 10;

/// The same in a condition, at a scale; `stop` is set from the beginning.
pub fn perform_as(
    scenario: &Scenario,
    windows: Windows,
    condition: Condition,
    scale: f64,
    stop: bool,
) -> Result<PlacementRun, EngineError> {
    let clock = Clock::start();
    let timer = Timer::start(clock).expect("a timer starts");
    let proxy = Proxy::start(clock).expect("a proxy starts");
    let backends = Backends::stand_in(scenario, &timer).expect("stand-ins start");
    block_on(backends.prepare(scenario)).expect("stand-ins are prepared");
    let stop = Arc::new(AtomicBool::new(stop));
    let mut engine = LiveEngine::new(scenario, &backends, proxy, timer, Limits::default(), stop);
    let (label, mut placement) = distinct(scenario).placements.swap_remove(0);
    placement.condition = condition;
    let plan = Plan::new(scenario, 0, &label, &placement, scale, windows);
    let mut chances = (1..=CHANCES).map(|_| engine.perform(&plan, &()));
    let fit = chances.find(|run| !matches!(run, Err(EngineError::Environment(_))));
    let run = fit.expect("the machine holds a delay of milliseconds at least once");
    drop(engine);
    backends.shutdown();
    run
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
