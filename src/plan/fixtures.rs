//! A small scenario for the unit tests of the pure parts. Not for: anything but tests.

use indexmap::IndexMap;

use crate::scenario::{
    Arrivals, Call, Congestion, ConnectionPolicy, Connections, CopyMove, Get, Http, Jitter, Journey, JourneyId, Link,
    Links, MemcachedStore, Mix, Move, MysqlStore, Objective, OnReuse, Pacing, Phase, Platform, PlatformId, Prepared,
    Query, Request, Scenario, Shape, Site, SiteId, Step, Store, StoreId, StoreKind, StoreMove, Strategy, Workload,
    WorkloadId, WorkloadKind, WorkloadMove, Write,
};
use crate::seed::Seed;
use crate::units::{Bytes, Fraction, Nanos, Rate, Rtt};

pub(crate) const DC: SiteId = SiteId(0);
pub(crate) const CLOUD: SiteId = SiteId(1);
pub(crate) const DB: StoreId = StoreId(0);
pub(crate) const CACHE: StoreId = StoreId(1);
pub(crate) const VM: PlatformId = PlatformId(0);
pub(crate) const KUBERNETES: PlatformId = PlatformId(1);

/// Two sites 15 ms apart, a database, a cache, two web workloads with one journey of `steps`.
pub(crate) fn scenario(steps: Vec<Step>) -> Scenario {
    let between = [((DC, DC), link_of(500)), ((CLOUD, CLOUD), link_of(500)), ((DC, CLOUD), link_of(15_000))];
    Scenario {
        name: "small".into(),
        about: String::new(),
        seed: Seed(1),
        sites: ["dc", "cloud"].map(|name| Site { name: name.into(), about: String::new() }).into(),
        links: Links { between: IndexMap::from(between) },
        stores: vec![
            Store { name: "main-db".into(), kind: StoreKind::Mysql(mysql_store()), site: DC, copy_of: None },
            Store { name: "cache".into(), kind: StoreKind::Memcached(memcached_store()), site: DC, copy_of: None },
        ],
        platforms: ["vm", "kubernetes"]
            .map(|name| Platform { name: name.into(), overhead: Nanos::ZERO, restart: None })
            .into(),
        journeys: vec![Journey { name: "page".into(), steps }],
        workloads: vec![web("web"), web("cs-web")],
        strategies: Vec::new(),
        mitigations: Vec::new(),
        expect: Vec::new(),
    }
}

pub(crate) fn link_of(rtt_us: u64) -> Link {
    Link {
        rtt: Rtt(Nanos::from_micros(rtt_us)),
        jitter: Jitter::None,
        loss: Fraction(0.0),
        bandwidth: None,
        congestion: Congestion::Cubic,
    }
}

fn mysql_store() -> MysqlStore {
    let ms = Nanos::from_millis(1).into();
    MysqlStore { max_connections: 100, concurrency: None, read: ms, write: ms, commit: ms }
}

fn memcached_store() -> MemcachedStore {
    let service = Nanos::from_micros(50).into();
    MemcachedStore { max_connections: 100, concurrency: None, service, memory: Bytes(64 << 20) }
}

fn web(name: &str) -> Workload {
    let connections = Connections { policy: ConnectionPolicy::PerJourney, set_up: 0, on_reuse: OnReuse::Nothing };
    Workload {
        name: name.into(),
        about: String::new(),
        kind: WorkloadKind::Http(Http {
            mix: Mix(vec![(JourneyId(0), 1.0)]),
            arrivals: flat(100.0, Pacing::Poisson),
            workers: 8,
            backlog: 100,
            timeout: None,
            retries: 0,
        }),
        site: DC,
        platform: VM,
        mysql: connections,
        memcached: connections,
        objective: Objective::default(),
    }
}

pub(crate) fn flat(rate: f64, pacing: Pacing) -> Arrivals {
    Arrivals { rate: Rate(rate), pacing, shape: Shape::Flat }
}

/// A text query of one row.
pub(crate) fn query() -> Step {
    let query = Query { rows: 1, row_size: Bytes(100), prepared: Prepared::No, sql: None, service: None };
    Step::Call(Call { store: DB, request: Request::Query(query) })
}

/// A text write of one row.
pub(crate) fn write() -> Step {
    let write = Write { row_size: Bytes(100), prepared: Prepared::No, sql: None, service: None, locks: None };
    Step::Call(Call { store: DB, request: Request::Write(write) })
}

/// A `get`.
pub(crate) fn get(keys: u32, hit: f64, on_miss: Vec<Step>) -> Step {
    let get = Get { keys, size: Bytes(100), hit: Fraction(hit), on_miss };
    Step::Call(Call { store: CACHE, request: Request::Get(get) })
}

/// A strategy of phases, one a list of moves.
pub(crate) fn strategy(name: &str, phases: Vec<Vec<Move>>) -> Strategy {
    let phase = |(i, moves)| Phase { name: format!("phase {i}"), lasts: Nanos::from_secs(86_400), moves };
    Strategy { name: name.into(), about: String::new(), phases: phases.into_iter().enumerate().map(phase).collect() }
}

/// Moves a share of a workload.
pub(crate) fn share(workload: usize, to: SiteId, platform: PlatformId, share: f64) -> Move {
    let (to, platform) = (Some(to), Some(platform));
    Move::Workload(WorkloadMove { workload: WorkloadId(workload), to, platform, share: Fraction(share) })
}

/// Gives a store a copy, which is added to the stores: a share of `pinned` journeys does not read from a replica.
pub(crate) fn copy(scenario: &mut Scenario, of: StoreId, site: SiteId, pinned: f64) -> Move {
    let store = scenario.stores[of.0].clone();
    let name = format!("{}@{}", store.name, scenario.sites[site.0].name);
    scenario.stores.push(Store { name, site, copy_of: Some(of), ..store });
    let (copy, lag, warm_up) = (StoreId(scenario.stores.len() - 1), Nanos::from_millis(500), Nanos::from_secs(600));
    let mysql = matches!(scenario.stores[of.0].kind, StoreKind::Mysql(_));
    let lag = if mysql { lag } else { Nanos::ZERO };
    Move::Copy(CopyMove { of, copy, lag, pinned: Fraction(pinned), warm_up: if mysql { Nanos::ZERO } else { warm_up } })
}

/// Moves a store.
pub(crate) fn store(store: StoreId, to: SiteId) -> Move {
    Move::Store(StoreMove { store, to, read_only: Nanos::ZERO, cold: false, warm_up: Nanos::ZERO })
}
