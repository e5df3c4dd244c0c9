//! Each part of a scenario as YAML.

use std::fmt::Display;
use std::str::FromStr;

use indexmap::IndexMap;

use super::{Node, entries};
use crate::scenario::{
    Arrivals, Call, Congestion, ConnectionPolicy, Connections, Count, CronJob, ExpectedTrips, Jitter, Link, Mix, Move,
    Objective, OnReuse, Overlap, Pacing, Phase, Platform, Prepared, Query, Queue, RandomTime, Request, RowLock,
    Scenario, Shape, Step, Store, StoreKind, Transaction, Workload, WorkloadKind, Write,
};
use crate::units::{Bytes, Fraction, Nanos};

/// A quantity as its `Display` writes it, or with `exact` where that does not read back as the same value.
pub(super) fn quantity<T: Display + FromStr + PartialEq>(value: &T, exact: String) -> Node {
    let text = value.to_string();
    let same = text.parse::<T>().is_ok_and(|read| read == *value);
    Node::Text(if same { text } else { exact })
}
pub(super) fn time(value: Nanos) -> Node {
    quantity(&value, format!("{}ns", value.0))
}
pub(super) fn fraction(value: Fraction) -> Node {
    quantity(&value, value.0.to_string())
}
fn size(value: Bytes) -> Node {
    quantity(&value, format!("{}B", value.0))
}
pub(super) fn whole(value: u32) -> Node {
    Node::Whole(value.into())
}

pub(super) fn file(it: &Scenario) -> Node {
    let site = |s: &crate::scenario::Site| (s.name.clone(), Node::text(&s.about));
    let journey = |j: &crate::scenario::Journey| {
        (j.name.clone(), Node::Map(entries([("steps", Some(Node::List(steps(it, &j.steps))))])))
    };
    let strategy = |s: &crate::scenario::Strategy| {
        let phases = s.phases.iter().map(|p| phase(it, p)).collect();
        let about = (!s.about.is_empty()).then(|| Node::text(&s.about));
        (s.name.clone(), Node::Map(entries([("about", about), ("phases", Some(Node::List(phases)))])))
    };
    // Copies follow from the phases that make them.
    let stores = it.stores.iter().filter(|store| store.copy_of.is_none());
    Node::Map(entries([
        ("format", Some(Node::Whole(1))),
        ("name", Some(Node::text(&it.name))),
        ("about", Some(Node::text(&it.about))),
        ("seed", Some(Node::Whole(it.seed.0))),
        ("sites", Some(Node::Map(it.sites.iter().map(site).collect()))),
        ("links", Some(Node::List(it.links.between.iter().map(|(pair, l)| link(it, *pair, l)).collect()))),
        ("stores", Some(Node::Map(stores.map(|s| (s.name.clone(), store(it, s))).collect()))),
        ("platforms", Some(Node::Map(it.platforms.iter().map(|p| (p.name.clone(), platform(p))).collect()))),
        ("journeys", Some(Node::Map(it.journeys.iter().map(journey).collect()))),
        ("workloads", Some(Node::Map(it.workloads.iter().map(|w| (w.name.clone(), workload(it, w))).collect()))),
        ("strategies", Some(Node::Map(it.strategies.iter().map(strategy).collect()))),
        ("mitigations", super::mitigations::all(it)),
        ("expect", (!it.expect.is_empty()).then(|| expect(it))),
    ]))
}

fn site(it: &Scenario, id: crate::scenario::SiteId) -> Node {
    Node::text(&it.sites[id.0].name)
}

fn link(it: &Scenario, (a, b): (crate::scenario::SiteId, crate::scenario::SiteId), link: &Link) -> Node {
    let within = (a == b).then(|| site(it, a));
    let between = (a != b).then(|| Node::FlowList(vec![site(it, a), site(it, b)]));
    Node::FlowMap(entries([
        ("within", within),
        ("between", between),
        ("rtt", Some(time(link.rtt.0))),
        ("jitter", jitter(&link.jitter)),
        ("loss", (link.loss.0 > 0.0).then(|| fraction(link.loss))),
        ("bandwidth", link.bandwidth.map(|b| quantity(&b, format!("{}bit/s", b.0)))),
        ("congestion", (link.congestion == Congestion::Bbr).then(|| Node::text("bbr"))),
    ]))
}

/// A map of one key.
pub(super) fn single(key: &str, value: Node) -> Node {
    Node::FlowMap(IndexMap::from([(key.to_owned(), value)]))
}

pub(super) fn jitter(jitter: &Jitter) -> Option<Node> {
    Some(match jitter {
        Jitter::None => return None,
        Jitter::Constant(added) => single("constant", time(*added)),
        Jitter::Uniform(most) => single("uniform", time(*most)),
        Jitter::Normal { sd } => single("normal", single("sd", time(*sd))),
        Jitter::Lognormal { mean, sd } => {
            single("lognormal", Node::FlowMap(entries([("mean", Some(time(*mean))), ("sd", Some(time(*sd)))])))
        }
        Jitter::Pareto { scale, shape } => single(
            "pareto",
            Node::FlowMap(entries([("scale", Some(time(*scale))), ("shape", Some(Node::Number(*shape)))])),
        ),
        Jitter::Percentiles(points) => {
            let point = |(quantile, added): &(f64, Nanos)| (format!("p{}", percent(*quantile)), time(*added));
            single("percentiles", Node::FlowMap(points.iter().map(point).collect()))
        }
    })
}

/// 0.999 as `99.9`: the decimal point moves, no digit changes.
fn percent(quantile: f64) -> f64 {
    format!("{quantile}e2").parse().unwrap_or(quantile * 100.0)
}

fn store(it: &Scenario, store: &Store) -> Node {
    Node::FlowMap(match &store.kind {
        StoreKind::Mysql(mysql) => {
            let service = entries([
                ("read", Some(random(&mysql.read))),
                ("write", Some(random(&mysql.write))),
                ("commit", Some(random(&mysql.commit))),
            ]);
            entries([
                ("kind", Some(Node::text("mysql"))),
                ("site", Some(site(it, store.site))),
                ("max_connections", Some(whole(mysql.max_connections))),
                ("concurrency", mysql.concurrency.map(whole)),
                ("service", Some(Node::FlowMap(service))),
            ])
        }
        StoreKind::Memcached(memcached) => entries([
            ("kind", Some(Node::text("memcached"))),
            ("site", Some(site(it, store.site))),
            ("max_connections", Some(whole(memcached.max_connections))),
            ("concurrency", memcached.concurrency.map(whole)),
            ("service", Some(random(&memcached.service))),
            ("memory", Some(size(memcached.memory))),
        ]),
    })
}

fn platform(platform: &Platform) -> Node {
    let restart = platform.restart.as_ref().map(|restart| {
        Node::FlowMap(entries([
            ("every", Some(time(restart.every))),
            ("rolling", Some(fraction(restart.rolling))),
            ("grace", Some(time(restart.grace))),
            ("boot", restart.boot.map(time)),
        ]))
    });
    Node::FlowMap(entries([("overhead", Some(time(platform.overhead))), ("restart", restart)]))
}

fn steps(it: &Scenario, all: &[Step]) -> Vec<Node> {
    all.iter().map(|one| step(it, one)).collect()
}

/// A step that holds steps: a block of its own.
fn block(key: &str, value: Node) -> Node {
    Node::Map(IndexMap::from([(key.to_owned(), value)]))
}

fn step(it: &Scenario, step: &Step) -> Node {
    match step {
        Step::Call(call) => self::call(it, call),
        Step::Repeat { times, steps } => block(
            "repeat",
            Node::Map(entries([("times", Some(count(times))), ("steps", Some(Node::List(self::steps(it, steps))))])),
        ),
        Step::Parallel(branches) => {
            block("parallel", Node::List(branches.iter().map(|branch| Node::List(steps(it, branch))).collect()))
        }
        Step::Transaction(transaction) => block("transaction", self::transaction(it, transaction)),
        Step::Think(think) => block("think", random(think)),
    }
}

fn transaction(it: &Scenario, transaction: &Transaction) -> Node {
    Node::Map(entries([
        ("store", Some(Node::text(&it.stores[transaction.store.0].name))),
        ("locks", transaction.locks.as_ref().map(locks)),
        ("steps", Some(Node::List(steps(it, &transaction.steps)))),
    ]))
}

fn locks(lock: &RowLock) -> Node {
    Node::FlowMap(entries([("name", Some(Node::text(&lock.name))), ("rows", Some(whole(lock.rows)))]))
}

fn call(it: &Scenario, call: &Call) -> Node {
    let store = Some(Node::text(&it.stores[call.store.0].name));
    match &call.request {
        Request::Get(get) => {
            let map = entries([
                ("store", store),
                ("keys", Some(whole(get.keys))),
                ("size", Some(size(get.size))),
                ("hit", Some(fraction(get.hit))),
                ("else", (!get.on_miss.is_empty()).then(|| Node::List(steps(it, &get.on_miss)))),
            ]);
            block("get", if get.on_miss.is_empty() { Node::FlowMap(map) } else { Node::Map(map) })
        }
        Request::Set { size: bytes } => {
            block("set", Node::FlowMap(entries([("store", store), ("size", Some(size(*bytes)))])))
        }
        Request::Add { size: bytes } => {
            block("add", Node::FlowMap(entries([("store", store), ("size", Some(size(*bytes)))])))
        }
        Request::Delete => block("delete", Node::FlowMap(entries([("store", store)]))),
        Request::Incr => block("incr", Node::FlowMap(entries([("store", store)]))),
        Request::Query(Query { rows, row_size, prepared, sql, service }) => block(
            "query",
            Node::FlowMap(entries([
                ("store", store),
                ("rows", Some(whole(*rows))),
                ("row_size", Some(size(*row_size))),
                ("prepared", self::prepared(*prepared)),
                ("sql", sql.as_ref().map(Node::text)),
                ("service", service.as_ref().map(random)),
            ])),
        ),
        Request::Write(Write { row_size, prepared, sql, service, locks }) => block(
            "write",
            Node::FlowMap(entries([
                ("store", store),
                ("row_size", Some(size(*row_size))),
                ("prepared", self::prepared(*prepared)),
                ("sql", sql.as_ref().map(Node::text)),
                ("service", service.as_ref().map(random)),
                ("locks", locks.as_ref().map(self::locks)),
            ])),
        ),
    }
}

fn prepared(prepared: Prepared) -> Option<Node> {
    match prepared {
        Prepared::No => None,
        Prepared::Each => Some(Node::text("each")),
        Prepared::Cached => Some(Node::text("cached")),
    }
}

fn count(count: &Count) -> Node {
    match count {
        Count::Fixed(times) => whole(*times),
        Count::Lognormal { median, p99, cap } => {
            let map = entries([
                ("median", Some(Node::Number(*median))),
                ("p99", Some(Node::Number(*p99))),
                ("cap", Some(whole(*cap))),
            ]);
            single("lognormal", Node::FlowMap(map))
        }
        Count::Chance(chance) => single("chance", fraction(*chance)),
    }
}

fn random(it: &RandomTime) -> Node {
    match it {
        RandomTime::Constant(always) => time(*always),
        RandomTime::Exponential(mean) => single("exponential", time(*mean)),
        RandomTime::Lognormal { median, p99 } => {
            let map = entries([("median", Some(time(*median))), ("p99", Some(time(*p99)))]);
            single("lognormal", Node::FlowMap(map))
        }
    }
}

fn workload(it: &Scenario, workload: &Workload) -> Node {
    let mut map = entries([
        ("kind", Some(Node::text(workload.kind.word()))),
        ("about", (!workload.about.is_empty()).then(|| Node::text(&workload.about))),
        ("site", Some(site(it, workload.site))),
        ("platform", Some(Node::text(&it.platforms[workload.platform.0].name))),
        ("connections", Some(connections(workload))),
    ]);
    map.extend(match &workload.kind {
        WorkloadKind::Http(http) => entries([
            ("journeys", Some(mix(it, &http.mix))),
            ("rate", Some(rate(&http.arrivals))),
            ("pacing", pacing(&http.arrivals)),
            ("shape", shape(&http.arrivals)),
            ("workers", Some(whole(http.workers))),
            ("backlog", Some(whole(http.backlog))),
            ("timeout", http.timeout.map(time)),
            ("retries", Some(whole(http.retries))),
        ]),
        WorkloadKind::Queue(queues) => {
            let queue = |q: &Queue| (q.name.clone(), queue(it, q));
            entries([("queues", Some(Node::Map(queues.iter().map(queue).collect())))])
        }
        WorkloadKind::Cron(jobs) => {
            let job = |j: &CronJob| (j.name.clone(), job(it, j));
            entries([("jobs", Some(Node::Map(jobs.iter().map(job).collect())))])
        }
        WorkloadKind::Startup(startup) => entries([
            ("journey", Some(Node::text(&it.journeys[startup.journey.0].name))),
            ("instances", Some(whole(startup.instances))),
            ("stagger", Some(time(startup.stagger))),
        ]),
    });
    if workload.objective != Objective::default() {
        map.insert("objective".into(), objective(&workload.objective));
    }
    Node::Map(map)
}

fn mix(it: &Scenario, mix: &Mix) -> Node {
    let entry = |(journey, weight): &(crate::scenario::JourneyId, f64)| {
        (it.journeys[journey.0].name.clone(), Node::Number(*weight))
    };
    Node::FlowMap(mix.0.iter().map(entry).collect())
}

fn rate(arrivals: &Arrivals) -> Node {
    Node::text(&arrivals.rate)
}

fn pacing(arrivals: &Arrivals) -> Option<Node> {
    (arrivals.pacing == Pacing::Constant).then(|| Node::text("constant"))
}

fn shape(arrivals: &Arrivals) -> Option<Node> {
    match &arrivals.shape {
        Shape::Flat => None,
        Shape::Ramp { to, over } => {
            let map = entries([("to", Some(Node::text(to))), ("over", Some(time(*over)))]);
            Some(single("ramp", Node::FlowMap(map)))
        }
        Shape::Daily(hours) => {
            Some(single("daily", Node::FlowList(hours.iter().map(|factor| Node::Number(*factor)).collect())))
        }
    }
}

fn queue(it: &Scenario, queue: &Queue) -> Node {
    Node::FlowMap(entries([
        ("journeys", Some(mix(it, &queue.mix))),
        ("arrivals", Some(rate(&queue.arrivals))),
        ("pacing", pacing(&queue.arrivals)),
        ("shape", shape(&queue.arrivals)),
        ("consumers", Some(whole(queue.consumers))),
        ("job_timeout", queue.job_timeout.map(time)),
        ("redeliver_after", queue.redeliver_after.map(time)),
    ]))
}

fn job(it: &Scenario, job: &CronJob) -> Node {
    let overlap = match job.overlap {
        Overlap::Allow => "allow",
        Overlap::Forbid => "forbid",
        Overlap::Replace => "replace",
    };
    Node::FlowMap(entries([
        ("journey", Some(Node::text(&it.journeys[job.journey.0].name))),
        ("every", Some(time(job.every))),
        ("items", Some(Node::Whole(job.items))),
        ("parallel", Some(whole(job.parallel))),
        ("overlap", Some(Node::text(overlap))),
        ("lock", job.lock.map(time)),
        ("deadline", job.deadline.map(time)),
    ]))
}

fn connections(workload: &Workload) -> Node {
    let map = entries([("mysql", Some(keep(&workload.mysql))), ("memcached", Some(keep(&workload.memcached)))]);
    Node::FlowMap(map)
}

fn keep(it: &Connections) -> Node {
    let (policy, pool) = match it.policy {
        ConnectionPolicy::PerJourney => (Some(Node::text("per-journey")), None),
        ConnectionPolicy::Persistent => (Some(Node::text("persistent")), None),
        ConnectionPolicy::Pool(size) => (None, Some(whole(size))),
    };
    let on_reuse = match it.on_reuse {
        OnReuse::Nothing => None,
        OnReuse::Ping => Some(Node::text("ping")),
        OnReuse::Reset => Some(Node::text("reset")),
        OnReuse::Relogin => Some(Node::text("relogin")),
    };
    let set_up = (it.set_up > 0).then(|| whole(it.set_up));
    Node::FlowMap(entries([("policy", policy), ("pool", pool), ("set_up", set_up), ("on_reuse", on_reuse)]))
}

fn objective(it: &Objective) -> Node {
    let quantile = |(quantile, limit): &(f64, Nanos)| (format!("p{}", percent(*quantile)), time(*limit));
    let mut map: IndexMap<String, Node> = it.quantiles.iter().map(quantile).collect();
    map.extend(entries([
        ("errors", it.errors.map(fraction)),
        ("oldest", it.oldest.map(time)),
        ("deadline", it.deadline.map(time)),
        ("ready", it.ready.map(time)),
    ]));
    Node::FlowMap(map)
}

fn phase(it: &Scenario, phase: &Phase) -> Node {
    let moves = phase.moves.iter().map(|change| match change {
        Move::Workload(to) => (
            it.workloads[to.workload.0].name.clone(),
            Node::FlowMap(entries([
                ("to", to.to.map(|id| site(it, id))),
                ("platform", to.platform.map(|id| Node::text(&it.platforms[id.0].name))),
                ("share", (to.share.0 < 1.0).then(|| fraction(to.share))),
            ])),
        ),
        Move::Store(to) => (
            it.stores[to.store.0].name.clone(),
            Node::FlowMap(entries([
                ("to", Some(site(it, to.to))),
                ("read_only", (to.read_only > Nanos::ZERO).then(|| time(to.read_only))),
                ("cold", to.cold.then_some(Node::Bool(true))),
                ("warm_up", to.cold.then(|| time(to.warm_up))),
            ])),
        ),
        Move::Copy(to) => {
            let mysql = matches!(it.stores[to.of.0].kind, StoreKind::Mysql(_));
            let map = entries([
                ("copy", Some(site(it, it.stores[to.copy.0].site))),
                ("lag", mysql.then(|| time(to.lag))),
                ("pinned", mysql.then(|| fraction(to.pinned))),
                ("warm_up", (!mysql).then(|| time(to.warm_up))),
            ]);
            (it.stores[to.of.0].name.clone(), Node::FlowMap(map))
        }
    });
    let moves: IndexMap<String, Node> = moves.collect();
    Node::Map(entries([
        ("name", Some(Node::text(&phase.name))),
        ("lasts", Some(time(phase.lasts))),
        ("move", (!moves.is_empty()).then_some(Node::Map(moves))),
    ]))
}

fn expect(it: &Scenario) -> Node {
    let trips = it.expect.iter().map(|(journey, trips)| {
        let ExpectedTrips { connect, calls, sequential } = trips;
        let map = entries([
            ("connect", connect.map(whole)),
            ("calls", calls.map(whole)),
            ("sequential", sequential.map(whole)),
        ]);
        (it.journeys[journey.0].name.clone(), Node::FlowMap(map))
    });
    Node::Map(entries([("round_trips", Some(Node::Map(trips.collect())))]))
}
