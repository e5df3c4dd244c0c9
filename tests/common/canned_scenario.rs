//! A scenario of the founding case's shape, built in code. Not for: being loaded or performed.

use indexmap::IndexMap;
use longhaul::scenario::{
    Arrivals, Congestion, ConnectionPolicy, Connections, CronJob, Http, Jitter, Journey, JourneyId, Link, Links,
    MemcachedStore, Mix, MysqlStore, Objective, OnReuse, Overlap, Pacing, Platform, PlatformId, Queue, Scenario, Shape,
    Site, SiteId, Startup, Store, StoreKind, Strategy, Workload, WorkloadKind,
};
use longhaul::seed::Seed;
use longhaul::units::{Bytes, Fraction, Nanos, Rate, Rtt};

/// Seven workloads, two sites 15 ms apart; strategies are in the run, as they are for the report.
pub fn scenario() -> Scenario {
    Scenario {
        name: "mercari-us".into(),
        about: "A PHP monolith moves to Kubernetes in another cloud; its databases follow last. The alternative moves \
                the data centre first and the platform afterwards."
            .into(),
        seed: Seed(42),
        sites: vec![site("dc", "the old cloud"), site("cloud", "the new cloud")],
        links: links(),
        stores: stores(),
        platforms: ["vm", "kubernetes"].map(platform).into(),
        journeys: vec![Journey { name: "item-page".into(), steps: vec![] }],
        workloads: workloads(),
        strategies: ["lift-and-shift", "dc-first"].map(strategy).into(),
        mitigations: vec![],
        expect: vec![],
    }
}

fn site(name: &str, about: &str) -> Site {
    Site { name: name.into(), about: about.into() }
}

fn strategy(name: &str) -> Strategy {
    Strategy { name: name.into(), about: String::new(), phases: vec![] }
}

fn platform(name: &str) -> Platform {
    Platform { name: name.into(), overhead: Nanos::ZERO, restart: None }
}

fn links() -> Links {
    let link = |rtt| Link {
        rtt: Rtt(rtt),
        jitter: Jitter::None,
        loss: Fraction(0.0),
        bandwidth: None,
        congestion: Congestion::Cubic,
    };
    let (dc, cloud) = (SiteId(0), SiteId(1));
    let local = link(Nanos::from_micros(500));
    let between = IndexMap::from([
        ((dc, dc), local.clone()),
        ((dc, cloud), link(Nanos::from_millis(15))),
        ((cloud, cloud), local),
    ]);
    Links { between }
}

fn stores() -> Vec<Store> {
    let service = Nanos::from_micros(400).into();
    let mysql = MysqlStore { max_connections: 500, concurrency: None, read: service, write: service, commit: service };
    let (service, memory) = (Nanos::from_micros(50).into(), Bytes(64 << 20));
    let memcached = MemcachedStore { max_connections: 1024, concurrency: None, service, memory };
    vec![
        Store { name: "main-db".into(), kind: StoreKind::Mysql(mysql), site: SiteId(0), copy_of: None },
        Store { name: "cache".into(), kind: StoreKind::Memcached(memcached), site: SiteId(0), copy_of: None },
    ]
}

fn workloads() -> Vec<Workload> {
    let p99 = |ms| vec![(0.99, Nanos::from_millis(ms))];
    let fails = |share| Some(Fraction(share));
    let minutes = |n: u64| Some(Nanos::from_secs(60 * n));
    vec![
        workload("web", http(200.0), Objective { quantiles: p99(800), errors: fails(0.001), ..Objective::default() }),
        workload(
            "mails",
            queues(&[("mail-high", 20.0), ("mail-low", 12.0), ("push", 30.0), ("search-index", 8.0)]),
            Objective { oldest: minutes(5), ..Objective::default() },
        ),
        workload(
            "jobs",
            crons(&[("ranking", 15, 20_000), ("cleanup", 60, 4_000), ("billing", 60, 9_000)]),
            Objective { deadline: None, ..Objective::default() },
        ),
        workload(
            "cs-web",
            http(80.0),
            Objective { quantiles: p99(1_500), errors: fails(0.01), ..Objective::default() },
        ),
        workload(
            "cs-queues",
            queues(&[("cs-mail", 4.0), ("cs-export", 1.0)]),
            Objective { oldest: minutes(10), ..Objective::default() },
        ),
        workload("cs-cron", crons(&[("reports", 30, 3_000)]), Objective::default()),
        workload(
            "boot",
            WorkloadKind::Startup(Startup { journey: JourneyId(0), instances: 100, stagger: Nanos::ZERO }),
            Objective { ready: Some(Nanos::from_secs(60)), ..Objective::default() },
        ),
    ]
}

fn workload(name: &str, kind: WorkloadKind, objective: Objective) -> Workload {
    let connections = Connections { policy: ConnectionPolicy::PerJourney, set_up: 0, on_reuse: OnReuse::Nothing };
    Workload {
        name: name.into(),
        about: String::new(),
        kind,
        site: SiteId(0),
        platform: PlatformId(0),
        mysql: connections,
        memcached: connections,
        objective,
    }
}

fn mix() -> Mix {
    Mix(vec![(JourneyId(0), 1.0)])
}

fn arrivals(rate: f64) -> Arrivals {
    Arrivals { rate: Rate(rate), pacing: Pacing::Poisson, shape: Shape::Flat }
}

fn http(rate: f64) -> WorkloadKind {
    WorkloadKind::Http(Http {
        mix: mix(),
        arrivals: arrivals(rate),
        workers: 256,
        backlog: 511,
        timeout: Some(Nanos::from_secs(3)),
        retries: 1,
    })
}

fn queues(all: &[(&str, f64)]) -> WorkloadKind {
    let queue = |&(name, rate): &(&str, f64)| Queue {
        name: name.into(),
        mix: mix(),
        arrivals: arrivals(rate),
        consumers: 8,
        job_timeout: Some(Nanos::from_secs(60)),
        redeliver_after: Some(Nanos::from_secs(90)),
    };
    WorkloadKind::Queue(all.iter().map(queue).collect())
}

fn crons(all: &[(&str, u64, u64)]) -> WorkloadKind {
    let job = |&(name, minutes, items): &(&str, u64, u64)| CronJob {
        name: name.into(),
        journey: JourneyId(0),
        every: Nanos::from_secs(60 * minutes),
        items,
        parallel: 1,
        overlap: Overlap::Forbid,
        lock: None,
        deadline: Some(Nanos::from_secs(60 * minutes)),
    };
    WorkloadKind::Cron(all.iter().map(job).collect())
}
