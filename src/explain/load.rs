//! What a workload needs at a distance, and how far away its stores may be.
//!
//! Busy workers follow from Little's law (L = λ W: arrivals a second times the time of each). The highest RTT is a
//! bound from above: beyond it the objective cannot hold even if nothing ever waits. Not for: waiting times,
//! which grow long before all workers are busy.

use super::path::{self, Path};
use crate::plan::width;
use crate::scenario::{
    ConnectionPolicy, CronJob, Http, JourneyId, Mix, Queue, Scenario, Shape, Startup, StoreId, StoreKind, Workload,
    WorkloadKind,
};
use crate::units::Nanos;

/// One workload, queue or job.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkloadCost {
    /// `web`, or `workers: mails`.
    pub name: String,
    /// `http`, `queue`, `cron` or `startup`.
    pub kind: &'static str,
    /// In words: how much of what.
    pub load: String,
    /// At each RTT.
    pub needs: Vec<Need>,
    /// The highest RTT at which each condition can hold; the lowest of them first.
    pub limits: Vec<Limit>,
}

/// What it takes at one RTT.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// With all its stores at this distance.
    pub rtt: Nanos,
    /// Mean time of a journey; of a cron job's run or a boot as a whole.
    pub time: Nanos,
    /// Workers or consumers that are busy on average; absent for cron and startup.
    pub busy: Option<f64>,
    /// Connections to each store.
    pub connections: Vec<(String, f64)>,
    /// Turns that each store with a `concurrency` is busy with on average (its own time × calls a second), and of how
    /// many.
    pub turns: Vec<(String, f64, u32)>,
    /// Journeys a second with all workers busy all the time; for cron, items a second.
    pub highest_rate: f64,
}

/// A condition and the RTT up to which it can hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// What must hold.
    pub what: String,
    /// `None` if it does not hold at any distance; [`Nanos::MAX`] if it holds at 2 s and beyond.
    pub rtt: Option<Nanos>,
}

/// Nobody plans with more: round the world and back by satellite.
const RTT_MOST: Nanos = Nanos::from_secs(2);

/// Journeys drawn for a quantile: those beyond it are at least this many.
const BEYOND: f64 = 20.0;

/// And never more than this altogether.
const SAMPLES_MOST: usize = 4_000;

/// The journeys of a workload and how often a second each is performed, at its busiest.
pub(super) fn journey_rates(workload: &Workload) -> Vec<(JourneyId, f64)> {
    let of_mix = |mix: &Mix, rate: f64| {
        let total: f64 = mix.0.iter().map(|(_, weight)| weight).sum();
        mix.0.iter().map(|(id, weight)| (*id, rate * weight / total)).collect::<Vec<_>>()
    };
    match &workload.kind {
        WorkloadKind::Http(http) => of_mix(&http.mix, busiest(http.arrivals.rate.0, &http.arrivals.shape)),
        WorkloadKind::Queue(queues) => {
            let each = queues.iter().map(|q| of_mix(&q.mix, busiest(q.arrivals.rate.0, &q.arrivals.shape)));
            each.flatten().collect()
        }
        WorkloadKind::Cron(jobs) => jobs.iter().map(|job| (job.journey, per_second(job))).collect(),
        WorkloadKind::Startup(startup) => vec![(startup.journey, 0.0)],
    }
}

/// Items a second, averaged over the time from one start to the next.
fn per_second(job: &CronJob) -> f64 {
    job.items as f64 / job.every.as_secs_f64()
}

/// The highest rate of a shape.
fn busiest(rate: f64, shape: &Shape) -> f64 {
    match shape {
        Shape::Flat => rate,
        Shape::Ramp { to, .. } => rate.max(to.0),
        Shape::Daily(factors) => rate * factors.iter().copied().fold(0.0, f64::max),
    }
}

/// What a workload costs; each queue and each job by itself.
pub(super) fn costs(scenario: &Scenario, workload: &Workload, rtts: &[Nanos]) -> Vec<WorkloadCost> {
    let named = |name: &str| {
        if name == workload.name { name.to_owned() } else { format!("{}: {name}", workload.name) }
    };
    let of = Of { scenario, workload, rtts };
    match &workload.kind {
        WorkloadKind::Http(http) => vec![of.http(http)],
        WorkloadKind::Queue(queues) => queues.iter().map(|queue| of.queue(queue, named(&queue.name))).collect(),
        WorkloadKind::Cron(jobs) => jobs.iter().map(|job| of.cron(job, named(&job.name))).collect(),
        WorkloadKind::Startup(startup) => vec![of.startup(startup)],
    }
}

struct Of<'s> {
    scenario: &'s Scenario,
    workload: &'s Workload,
    rtts: &'s [Nanos],
}

impl Of<'_> {
    fn http(&self, http: &Http) -> WorkloadCost {
        let rate = busiest(http.arrivals.rate.0, &http.arrivals.shape);
        let paths = self.mix(&http.mix);
        let mut limits = self.quantiles(&paths);
        limits.push(limit(format!("{} workers are enough", http.workers), |rtt| {
            path::mean(&paths, rtt).as_secs_f64() * rate < f64::from(http.workers)
        }));
        self.told(
            self.workload.name.clone(),
            format!("{} requests a second, {} workers", shown(rate), http.workers),
            self.steady(&paths, &http.mix, rate, http.workers),
            limits,
        )
    }

    fn queue(&self, queue: &Queue, name: String) -> WorkloadCost {
        let rate = busiest(queue.arrivals.rate.0, &queue.arrivals.shape);
        let paths = self.mix(&queue.mix);
        let mut limits = self.quantiles(&paths);
        limits.push(limit(format!("{} consumers keep up", queue.consumers), |rtt| {
            path::mean(&paths, rtt).as_secs_f64() * rate < f64::from(queue.consumers)
        }));
        for (what, most) in [("killed", queue.job_timeout), ("handed out twice", queue.redeliver_after)] {
            if let Some(most) = most {
                let text = format!("99 % of jobs are not {what} ({most})");
                limits.push(limit(text, |rtt| path::quantile(&paths, rtt, 0.99) < most));
            }
        }
        let load = format!("{} jobs a second, {} consumers", shown(rate), queue.consumers);
        self.told(name, load, self.steady(&paths, &queue.mix, rate, queue.consumers), limits)
    }

    fn cron(&self, job: &CronJob, name: String) -> WorkloadCost {
        let paths = path::sample(self.scenario, job.journey, self.workload, path::SAMPLES_FOR_MEAN);
        let rounds = job.items.div_ceil(u64::from(job.parallel.max(1)));
        let run = |rtt: Nanos| Nanos(path::mean(&paths, rtt).0.saturating_mul(rounds));
        let deadline = job.deadline.or(self.workload.objective.deadline);
        let mut limits = Vec::new();
        if let Some(deadline) = deadline {
            limits.push(limit(format!("a run is done within {deadline}"), |rtt| run(rtt) <= deadline));
        }
        limits.push(limit(format!("a run ends before the next starts ({})", job.every), |rtt| run(rtt) <= job.every));
        let mix = Mix(vec![(job.journey, 1.0)]);
        let works = Works::of(self.scenario, &mix);
        let need = |rtt: &Nanos| Need {
            rtt: *rtt,
            time: run(*rtt),
            busy: None,
            connections: self.connections(&mix, f64::from(job.parallel), job.parallel),
            // While a run goes on: all its loops, one item after the other.
            turns: works.busy(f64::from(job.parallel) / path::mean(&paths, *rtt).as_secs_f64()),
            highest_rate: f64::from(job.parallel) / path::mean(&paths, *rtt).as_secs_f64(),
        };
        let load = format!("{} items every {}, {} at once", job.items, job.every, job.parallel);
        self.told(name, load, self.rtts.iter().map(need).collect(), limits)
    }

    fn startup(&self, startup: &Startup) -> WorkloadCost {
        let paths = path::sample(self.scenario, startup.journey, self.workload, path::SAMPLES_FOR_MEAN);
        let last =
            startup.stagger.scale(f64::from(startup.instances.saturating_sub(1)) / f64::from(startup.instances.max(1)));
        let ready = |rtt: Nanos| last.saturating_add(path::mean(&paths, rtt));
        let limits = self
            .workload
            .objective
            .ready
            .map(|most| limit(format!("all are ready within {most}"), |rtt| ready(rtt) <= most));
        let mix = Mix(vec![(startup.journey, 1.0)]);
        let works = Works::of(self.scenario, &mix);
        let need = |rtt: &Nanos| Need {
            rtt: *rtt,
            time: ready(*rtt),
            busy: None,
            connections: self.connections(&mix, f64::from(startup.instances), startup.instances),
            turns: works.busy(f64::from(startup.instances) / path::mean(&paths, *rtt).as_secs_f64()),
            highest_rate: f64::from(startup.instances) / path::mean(&paths, *rtt).as_secs_f64(),
        };
        let load = format!("{} instances, started over {}", startup.instances, startup.stagger);
        self.told(self.workload.name.clone(), load, self.rtts.iter().map(need).collect(), limits.into_iter().collect())
    }

    fn told(&self, name: String, load: String, needs: Vec<Need>, mut limits: Vec<Limit>) -> WorkloadCost {
        limits.sort_by_key(|limit| limit.rtt.unwrap_or(Nanos::ZERO));
        WorkloadCost { name, kind: self.workload.kind.word(), load, needs, limits }
    }

    /// Journeys of a mix, as many of each as its weight and the finest quantile ask for.
    fn mix(&self, mix: &Mix) -> Vec<Path> {
        let finest = self.workload.objective.quantiles.iter().map(|(q, _)| *q).fold(0.99, f64::max);
        let n = ((BEYOND / (1.0 - finest)).ceil() as usize).clamp(path::SAMPLES_FOR_MEAN, SAMPLES_MOST);
        let total: f64 = mix.0.iter().map(|(_, weight)| weight).sum();
        let of = |(id, weight): &(JourneyId, f64)| {
            let part = ((n as f64 * weight / total).round() as usize).max(1);
            path::sample(self.scenario, *id, self.workload, part)
        };
        mix.0.iter().flat_map(of).collect()
    }

    fn quantiles(&self, paths: &[Path]) -> Vec<Limit> {
        let of = |(quantile, most): &(f64, Nanos)| {
            let text = format!("p{} within {most}", shown(quantile * 100.0));
            limit(text, |rtt| path::quantile(paths, rtt, *quantile) <= *most)
        };
        self.workload.objective.quantiles.iter().map(of).collect()
    }

    fn steady(&self, paths: &[Path], mix: &Mix, rate: f64, workers: u32) -> Vec<Need> {
        let works = Works::of(self.scenario, mix);
        let need = |rtt: &Nanos| {
            let time = path::mean(paths, *rtt);
            let busy = rate * time.as_secs_f64();
            Need {
                rtt: *rtt,
                time,
                busy: Some(busy),
                connections: self.connections(mix, busy, workers),
                // What workers cannot take up does not reach the store.
                turns: works.busy(rate.min(f64::from(workers) / time.as_secs_f64())),
                highest_rate: f64::from(workers) / time.as_secs_f64(),
            }
        };
        self.rtts.iter().map(need).collect()
    }

    /// Connections to each store that is called, with so many journeys at once of so many workers: per journey as
    /// many as are busy (at most), kept ones as many as there are workers.
    fn connections(&self, mix: &Mix, busy: f64, workers: u32) -> Vec<(String, f64)> {
        let widest = width::of_mix(self.scenario, mix, &[]);
        let stores = self.scenario.stores.iter().zip(widest).filter(|(_, width)| *width > 0);
        let count = |(store, width): (&crate::scenario::Store, usize)| {
            let policy = match store.kind {
                StoreKind::Mysql(_) => self.workload.mysql.policy,
                StoreKind::Memcached(_) => self.workload.memcached.policy,
            };
            let count = match policy {
                ConnectionPolicy::PerJourney => busy.min(f64::from(workers)) * width as f64,
                ConnectionPolicy::Persistent => f64::from(workers) * width as f64,
                ConnectionPolicy::Pool(n) => f64::from(n),
            };
            (store.name.clone(), count)
        };
        stores.map(count).collect()
    }
}

/// Stores with a `concurrency`: name, the mean time in seconds that one works for a journey, and its turns.
struct Works(Vec<(String, f64, u32)>);

impl Works {
    fn of(scenario: &Scenario, mix: &Mix) -> Self {
        let total: f64 = mix.0.iter().map(|(_, weight)| weight).sum();
        let limited = scenario.stores.iter().enumerate().filter_map(|(id, store)| {
            let turns = store.concurrency()?;
            let time = |(journey, weight): &(JourneyId, f64)| {
                weight / total * path::store_time(scenario, *journey, StoreId(id))
            };
            let time: f64 = mix.0.iter().map(time).sum();
            (time > 0.0).then(|| (store.name.clone(), time, turns))
        });
        Self(limited.collect())
    }
    /// The turns that are busy at so many journeys a second: Little's law on the store's own time, for which a call holds
    /// one.
    fn busy(&self, rate: f64) -> Vec<(String, f64, u32)> {
        self.0.iter().map(|(store, time, turns)| (store.clone(), rate * time, *turns)).collect()
    }
}

/// The highest RTT at which `holds`, which must not hold again once it has ceased to; to a thousandth of a millisecond.
fn limit(what: String, holds: impl Fn(Nanos) -> bool) -> Limit {
    if !holds(Nanos::ZERO) {
        return Limit { what, rtt: None };
    }
    if holds(RTT_MOST) {
        return Limit { what, rtt: Some(Nanos::MAX) };
    }
    let (mut good, mut bad) = (0, RTT_MOST.0);
    while bad - good > 1_000 {
        let middle = good.midpoint(bad);
        if holds(Nanos(middle)) { good = middle } else { bad = middle }
    }
    Limit { what, rtt: Some(Nanos(good)) }
}

/// At most one decimal.
fn shown(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}
