//! Workloads of all kinds.

use serde_saphyr::Location;

use super::ask::Asker;
use super::connections::connections;
use super::limits::{self, LIMIT};
use super::{Known, world};
use crate::scenario::wire::leaf::{At, Leaf, Name, Opt, Short};
use crate::scenario::wire::workloads::{ArrivalShape, Flat, Job, KEYS, KindWord, Queue as WireQueue, Workload as Wire};
use crate::scenario::wire::{Key, Named};
use crate::scenario::{
    Arrivals, CronJob, Http, JourneyId, Mix, Objective, Overlap, Pacing, PlatformId, Queue, Shape, Startup, Workload,
    WorkloadKind,
};
use crate::units::{Fraction, Nanos, Rate};

pub(super) fn workload(ask: &mut Asker<'_>, known: &Known, key: &Key, wire: &Wire) -> Option<Workload> {
    let owner = format!("workload `{}`", key.text);
    let about = wire.about.get().and_then(|about| ask.read(about)).map_or_else(String::new, |about| about.0);
    let site = world::site(ask, known, &wire.site, key.at, &owner);
    let platform = wire.platform.get().map_or(Some(0), |leaf| ask.find(&known.platforms, leaf));
    let (mysql, memcached) = connections(ask, &wire.connections);
    let Some(kind) = wire.kind.get() else {
        ask.missing(key.at, &owner, "kind", "kind: http");
        return None;
    };
    let kind = ask.read(kind)?;
    foreign_keys(ask, wire, kind, &owner);
    let objective = objective(ask, wire, kind);
    let one = One { known, key, owner: &owner };
    let kind = match kind {
        KindWord::Http => one.http(ask, wire).map(WorkloadKind::Http),
        KindWord::Queue => one.queues(ask, wire).map(WorkloadKind::Queue),
        KindWord::Cron => one.jobs(ask, wire).map(WorkloadKind::Cron),
        KindWord::Startup => one.startup(ask, wire).map(WorkloadKind::Startup),
    };
    Some(Workload {
        name: key.text.clone(),
        about,
        kind: kind?,
        site: site?,
        platform: PlatformId(platform?),
        mysql,
        memcached,
        objective,
    })
}

const fn word(kind: KindWord) -> &'static str {
    match kind {
        KindWord::Http => "http",
        KindWord::Queue => "queue",
        KindWord::Cron => "cron",
        KindWord::Startup => "startup",
    }
}

/// Keys that belong to another kind of workload.
fn foreign_keys(ask: &mut Asker<'_>, wire: &Wire, kind: KindWord, owner: &str) {
    for (key, at) in places(wire) {
        let kinds = KEYS.iter().find(|(known, _)| *known == key).map_or(&[][..], |(_, kinds)| kinds);
        if !kinds.contains(&word(kind)) {
            let mine = KEYS.iter().filter(|(_, kinds)| kinds.contains(&word(kind))).map(|(key, _)| format!("`{key}`"));
            let help = format!("kind `{}` takes {}", word(kind), mine.collect::<Vec<_>>().join(", "));
            let kinds = kinds.iter().map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(" or ");
            let message = format!("`{key}` belongs to kind {kinds}; {owner} is of kind `{}`", word(kind));
            ask.say(at, message, Some(help));
        }
    }
}

/// Which of the keys in [`KEYS`] stand there, and where.
fn places(w: &Wire) -> Vec<(&'static str, Location)> {
    fn leaf<T>(opt: &Opt<Leaf<T>>) -> Option<Location> {
        opt.get().map(|leaf| leaf.at)
    }
    fn at<T>(opt: &Opt<At<T>>) -> Option<Location> {
        opt.get().map(|part| part.at)
    }
    let all = [
        ("journey", leaf(&w.journey)),
        ("journeys", at(&w.journeys)),
        ("rate", leaf(&w.rate)),
        ("arrivals", leaf(&w.arrivals)),
        ("pacing", leaf(&w.pacing)),
        ("shape", at(&w.shape)),
        ("workers", leaf(&w.workers)),
        ("backlog", leaf(&w.backlog)),
        ("timeout", leaf(&w.timeout)),
        ("retries", leaf(&w.retries)),
        ("consumers", leaf(&w.consumers)),
        ("job_timeout", leaf(&w.job_timeout)),
        ("redeliver_after", leaf(&w.redeliver_after)),
        ("queues", at(&w.queues)),
        ("every", leaf(&w.every)),
        ("items", leaf(&w.items)),
        ("parallel", leaf(&w.parallel)),
        ("overlap", leaf(&w.overlap)),
        ("lock", leaf(&w.lock)),
        ("deadline", leaf(&w.deadline)),
        ("jobs", at(&w.jobs)),
        ("instances", leaf(&w.instances)),
        ("stagger", leaf(&w.stagger)),
    ];
    all.into_iter().filter_map(|(key, at)| Some((key, at?))).collect()
}

/// Limits of quantiles, in the order of quantiles.
fn objective(ask: &mut Asker<'_>, wire: &Wire, kind: KindWord) -> Objective {
    let Some(At { value: it, .. }) = wire.objective.get() else { return Objective::default() };
    let mut quantiles: Vec<(f64, Nanos)> = Vec::new();
    let limits = [
        (0.5, "p50", &it.p50),
        (0.9, "p90", &it.p90),
        (0.95, "p95", &it.p95),
        (0.99, "p99", &it.p99),
        (0.999, "p99.9", &it.p99_9),
    ];
    for (quantile, key, opt) in limits {
        let Some((leaf, limit)) = opt.get().and_then(|leaf| Some((leaf, ask.within(leaf, key, LIMIT)?))) else {
            continue;
        };
        if kind == KindWord::Cron {
            misplaced(ask, leaf.at, key, "http, queue and startup workloads", kind);
        }
        if let Some((_, lower)) = quantiles.last().filter(|(_, lower)| limit < *lower) {
            let help = "a higher quantile cannot be quicker: remove the other limit, or raise this one";
            ask.say(
                leaf.at,
                format!("`{key}: {limit}` is below the limit {lower} of a lower quantile"),
                Some(help.into()),
            );
        }
        quantiles.push((quantile, limit));
    }
    for (key, opt, owner) in [
        ("oldest", &it.oldest, KindWord::Queue),
        ("deadline", &it.deadline, KindWord::Cron),
        ("ready", &it.ready, KindWord::Startup),
    ] {
        if let Some(leaf) = opt.get().filter(|_| kind != owner) {
            misplaced(ask, leaf.at, key, &format!("{} workloads", word(owner)), kind);
        }
    }
    Objective {
        quantiles,
        errors: ask.maybe(&it.errors, "errors", (Fraction(0.0), Fraction(1.0))),
        oldest: ask.maybe(&it.oldest, "oldest", LIMIT),
        deadline: ask.maybe(&it.deadline, "deadline", LIMIT),
        ready: ask.maybe(&it.ready, "ready", LIMIT),
    }
}

fn misplaced(ask: &mut Asker<'_>, at: Location, key: &str, owners: &str, kind: KindWord) {
    let help = match kind {
        KindWord::Http => "an http workload takes `p50` to `p99.9` and `errors`",
        KindWord::Queue => "a queue takes `oldest`, `p50` to `p99.9` and `errors`",
        KindWord::Cron => "a cron takes `deadline` and `errors`",
        KindWord::Startup => "a startup takes `ready`, `p50` to `p99.9` and `errors`",
    };
    ask.say(at, format!("`{key}` is an objective of {owners}"), Some(help.into()));
}

/// One workload that is being read.
struct One<'k> {
    known: &'k Known,
    key: &'k Key,
    owner: &'k str,
}

impl One<'_> {
    fn http(&self, ask: &mut Asker<'_>, wire: &Wire) -> Option<Http> {
        let (at, owner) = (self.key.at, self.owner);
        let mix = self.mix(ask, &wire.journey, &wire.journeys, (at, owner));
        let rate = ask.need(&wire.rate, (at, owner), ("rate", "rate: 200/s"), limits::RATE);
        Some(Http {
            mix: mix?,
            arrivals: arrivals(ask, rate?, &wire.pacing, &wire.shape),
            workers: ask.count(&wire.workers, "workers", limits::WORKERS, 256),
            backlog: ask.count(&wire.backlog, "backlog", limits::BACKLOG, 511),
            timeout: ask.maybe(&wire.timeout, "timeout", LIMIT),
            retries: ask.count(&wire.retries, "retries", limits::RETRIES, 0),
        })
    }
    fn queues(&self, ask: &mut Asker<'_>, wire: &Wire) -> Option<Vec<Queue>> {
        let own = WireQueue {
            journey: wire.journey.clone(),
            journeys: wire.journeys.clone(),
            arrivals: wire.arrivals.clone(),
            pacing: wire.pacing.clone(),
            shape: wire.shape.clone(),
            consumers: wire.consumers.clone(),
            job_timeout: wire.job_timeout.clone(),
            redeliver_after: wire.redeliver_after.clone(),
        };
        let Some(At { value: Named(queues), at }) = wire.queues.get() else {
            return self.queue(ask, &own, &own, self.key, self.owner).map(|queue| vec![queue]);
        };
        self.not_empty(ask, *at, "queues", queues.len());
        let read = queues.iter().map(|(key, queue)| {
            ask.name(key);
            self.queue(ask, queue, &own, key, &format!("queue `{}` of {}", key.text, self.owner))
        });
        read.collect::<Vec<_>>().into_iter().collect()
    }
    fn not_empty(&self, ask: &mut Asker<'_>, at: Location, key: &str, count: usize) {
        if count == 0 {
            ask.say(at, format!("`{key}` of {} is empty", self.owner), Some("name one at least".into()));
        }
    }
    fn queue(&self, ask: &mut Asker<'_>, it: &WireQueue, own: &WireQueue, key: &Key, owner: &str) -> Option<Queue> {
        let named = it.journey.get().is_some() || it.journeys.get().is_some();
        let journeys = if named { it } else { own };
        let mix = self.mix(ask, &journeys.journey, &journeys.journeys, (key.at, owner));
        let here = (key.at, owner);
        let rate = ask.need(it.arrivals.or(&own.arrivals), here, ("arrivals", "arrivals: 20/s"), limits::RATE);
        let consumers = it.consumers.or(&own.consumers);
        let consumers = ask.need(consumers, here, ("consumers", "consumers: 8"), limits::WORKERS);
        let job_timeout = ask.maybe(it.job_timeout.or(&own.job_timeout), "job_timeout", LIMIT);
        let redeliver_after = ask.maybe(it.redeliver_after.or(&own.redeliver_after), "redeliver_after", LIMIT);
        Some(Queue {
            name: key.text.clone(),
            mix: mix?,
            arrivals: arrivals(ask, rate?, it.pacing.or(&own.pacing), it.shape.or(&own.shape)),
            consumers: consumers? as u32,
            job_timeout,
            redeliver_after,
        })
    }
    fn jobs(&self, ask: &mut Asker<'_>, wire: &Wire) -> Option<Vec<CronJob>> {
        let own = Job {
            journey: wire.journey.clone(),
            every: wire.every.clone(),
            items: wire.items.clone(),
            parallel: wire.parallel.clone(),
            overlap: wire.overlap.clone(),
            lock: wire.lock.clone(),
            deadline: wire.deadline.clone(),
        };
        let Some(At { value: Named(jobs), at }) = wire.jobs.get() else {
            return self.job(ask, &own, &own, self.key, self.owner).map(|job| vec![job]);
        };
        self.not_empty(ask, *at, "jobs", jobs.len());
        let read = jobs.iter().map(|(key, job)| {
            ask.name(key);
            self.job(ask, job, &own, key, &format!("job `{}` of {}", key.text, self.owner))
        });
        read.collect::<Vec<_>>().into_iter().collect()
    }
    fn job(&self, ask: &mut Asker<'_>, it: &Job, own: &Job, key: &Key, owner: &str) -> Option<CronJob> {
        let here = (key.at, owner);
        let journey = self.journey(ask, it.journey.or(&own.journey), here);
        let every = ask.need(it.every.or(&own.every), here, ("every", "every: 15min"), limits::EVERY);
        let items = ask.need(it.items.or(&own.items), here, ("items", "items: 20000"), limits::ITEMS);
        let parallel = ask.count(it.parallel.or(&own.parallel), "parallel", limits::PARALLEL, 1);
        let overlap = ask.word(it.overlap.or(&own.overlap), Overlap::Allow);
        let lock = ask.maybe(it.lock.or(&own.lock), "lock", LIMIT).filter(|_| overlap == Overlap::Forbid);
        // A job with an overlap of its own does without the lock of the others.
        let meant = it.lock.get().is_some() || it.overlap.get().is_none();
        if let (Some(leaf), true) = (it.lock.or(&own.lock).get(), meant && overlap != Overlap::Forbid) {
            let help = "write `overlap: forbid` beside it, or remove `lock`";
            ask.say(leaf.at, format!("a lock without `overlap: forbid` locks nothing in {owner}"), Some(help.into()));
        }
        let deadline = ask.maybe(it.deadline.or(&own.deadline), "deadline", LIMIT);
        Some(CronJob {
            name: key.text.clone(),
            journey: journey?,
            every: every?,
            items: items?,
            parallel,
            overlap,
            lock,
            deadline,
        })
    }
    fn startup(&self, ask: &mut Asker<'_>, wire: &Wire) -> Option<Startup> {
        let here = (self.key.at, self.owner);
        let journey = self.journey(ask, &wire.journey, here);
        let instances = ask.need(&wire.instances, here, ("instances", "instances: 100"), limits::INSTANCES);
        let stagger = ask.or(&wire.stagger, "stagger", limits::STAGGER, Nanos::ZERO);
        Some(Startup { journey: journey?, instances: instances? as u32, stagger })
    }
    fn journey(&self, ask: &mut Asker<'_>, leaf: &Opt<Leaf<Name>>, (at, owner): (Location, &str)) -> Option<JourneyId> {
        let Some(leaf) = leaf.get() else {
            let example = self.known.journeys.all.first().map_or("page", String::as_str);
            ask.missing(at, owner, "journey", &format!("journey: {example}"));
            return None;
        };
        ask.find(&self.known.journeys, leaf).map(JourneyId)
    }
    /// One journey, or several with weights.
    fn mix(
        &self,
        ask: &mut Asker<'_>,
        one: &Opt<Leaf<Name>>,
        several: &Opt<At<Named<Leaf<f64>>>>,
        here: (Location, &str),
    ) -> Option<Mix> {
        let Some(At { value: Named(several), at }) = several.get() else {
            return self.journey(ask, one, here).map(|journey| Mix(vec![(journey, 1.0)]));
        };
        if one.get().is_some() {
            ask.say(*at, format!("{} has both `journey` and `journeys`", here.1), Some("write one of the two".into()));
        }
        if several.is_empty() {
            ask.say(*at, "`journeys` is empty", Some("write for example `journeys: { page: 9, checkout: 1 }`".into()));
            return None;
        }
        let read = several.iter().map(|(key, weight)| {
            let journey = ask.look_up(&self.known.journeys, &key.text, key.at);
            let weight = ask.within(weight, &key.text, limits::WEIGHT);
            Some((JourneyId(journey?), weight?))
        });
        read.collect::<Vec<_>>().into_iter().collect::<Option<Vec<_>>>().map(Mix)
    }
}

fn arrivals(
    ask: &mut Asker<'_>,
    rate: Rate,
    pacing: &Opt<Leaf<Pacing>>,
    shape: &Opt<At<Short<Flat, ArrivalShape>>>,
) -> Arrivals {
    let pacing = ask.word(pacing, Pacing::Poisson);
    let shape = shape.get().and_then(|At { value, at }| match ask.short(value, *at)? {
        Ok(Flat) => Some(Shape::Flat),
        Err(ArrivalShape::Ramp(ramp)) => {
            let here = (*at, "this ramp");
            let to = ask.need(&ramp.to, here, ("to", "to: 400/s"), limits::RAMP_RATE);
            let over = ask.need(&ramp.over, here, ("over", "over: 10min"), limits::RAMP_TIME);
            Some(Shape::Ramp { to: to?, over: over? })
        }
        Err(ArrivalShape::Daily(hours)) => daily(ask, hours).map(Shape::Daily),
    });
    Arrivals { rate, pacing, shape: shape.unwrap_or_default() }
}

/// 24 factors, brought to a mean of 1.
fn daily(ask: &mut Asker<'_>, hours: &At<Vec<Leaf<f64>>>) -> Option<Vec<f64>> {
    let read: Vec<_> = hours.value.iter().filter_map(|hour| ask.within(hour, "daily", (0.0, 1000.0))).collect();
    if hours.value.len() != 24 {
        let message = format!("a daily shape has 24 factors, one an hour; here are {}", hours.value.len());
        ask.say(hours.at, message, None);
        return None;
    }
    let mean = read.iter().sum::<f64>() / 24.0;
    if read.len() < 24 || mean <= 0.0 {
        ask.say(hours.at, "a daily shape needs an hour with arrivals", None);
        return None;
    }
    // Factors that have been brought to a mean of 1 before stay as they are, bit for bit.
    let normal = (mean - 1.0).abs() < 1e-9;
    Some(if normal { read } else { read.iter().map(|factor| factor / mean).collect() })
}
