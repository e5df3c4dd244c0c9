//! What one arm showed: percentiles, failures, where its time went.
//!
//! Everything here is of one arm by itself, never blended. Not for: objectives (`workload`).

use std::collections::BTreeMap;

use crate::measure::{Estimate, Hist};
use crate::runfile::{ArmRun, PartRun};
use crate::scenario::{Arrivals, Queue, Scenario, Shape, Workload, WorkloadKind};
use crate::units::Nanos;

use super::load::{self, JobFacts, QueueFacts, StartFacts};
use super::mix::Mix;
use super::verdict::Failures;

/// The quantiles that are reported where samples support them.
pub const QUANTILES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];

/// One arm by itself.
#[derive(Debug, Clone)]
pub struct ArmAnalysis {
    /// Where it runs.
    pub site: String,
    /// How it runs.
    pub platform: String,
    /// Its share of the workload.
    pub share: f64,
    /// The largest RTT between it and a store that it uses, in nanoseconds.
    pub rtt_ns: u64,
    /// A store that it uses is behind another link than the one within its site.
    pub remote: bool,
    /// Journeys: what the plan asked for, what was handed over, what ended well, what had not ended.
    pub journeys: Journeys,
    /// Failed journeys by the kind of their last attempt.
    pub errors: BTreeMap<String, u64>,
    /// Quantiles of the response time, from the intended start.
    pub response: Vec<(f64, Option<Estimate>)>,
    /// Quantiles of the service time, from the actual start.
    pub service: Vec<(f64, Option<Estimate>)>,
    /// Samples behind the response times.
    pub n: u64,
    /// Where the mean journey's time went.
    pub time: Option<TimeSplit>,
    /// Mean awaited round trips of a journey, and how many of them were for connections.
    pub round_trips: Option<(f64, f64)>,
    /// Mean busy workers, the most at once, and the limit.
    pub busy: (f64, u32, u32),
    /// Workers that its arrivals take at the whole load: arrivals a second × mean working time (Little's law); `None` where
    /// nothing arrives, where arrivals change over time, or before any journey ended.
    pub offered: Option<Estimate>,
    /// (share of journeys, nanoseconds) of the percentile curve, up to what the samples support.
    pub curve: Vec<(f64, f64)>,
    /// Its queues.
    pub queues: Vec<QueueFacts>,
    /// Its cron jobs.
    pub jobs: Vec<JobFacts>,
    /// Its booting instances.
    pub startup: Option<StartFacts>,
}

/// Journeys by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Journeys {
    /// That the plan asked for.
    pub planned: u64,
    /// That were handed over in time.
    pub offered: u64,
    /// That ended well.
    pub completed: u64,
    /// That ended badly, each counted once, by the kind of its last attempt.
    pub failed: u64,
    /// That had not ended.
    pub unfinished: u64,
    /// Second and later attempts.
    pub retries: u64,
}

impl Journeys {
    /// That were performed, however they ended.
    pub const fn performed(&self) -> u64 {
        self.completed.saturating_add(self.failed).saturating_add(self.unfinished)
    }
}

/// The mean journey's time in nanoseconds, by where it went.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TimeSplit {
    /// Round trips × RTT, and what the link added to them.
    pub distance: f64,
    /// The stores' own time.
    pub store: f64,
    /// For a worker, a connection or a lock.
    pub waiting: f64,
    /// Think time and platform overhead.
    pub think: f64,
    /// Driver, runtime, lateness, jitter.
    pub rest: f64,
    /// All of it.
    pub total: f64,
}

impl ArmAnalysis {
    /// Analyses one arm of a valid placement.
    pub(super) fn of(arm: &ArmRun, workload: &Workload, scenario: &Scenario, scale: f64) -> Self {
        let mut analysis = Self::unmeasured(arm, scenario);
        let response = merged(arm, |p| &p.response);
        let service = merged(arm, |p| &p.service);
        for part in &arm.parts {
            analysis.journeys.planned += part.planned;
            analysis.journeys.offered += part.offered;
            analysis.journeys.completed += part.completed;
            analysis.journeys.unfinished += part.unfinished;
            analysis.journeys.retries += part.retries;
            for (kind, count) in &part.errors {
                *analysis.errors.entry(kind.clone()).or_default() += count;
                analysis.journeys.failed += count;
            }
            analysis.busy.0 += part.busy.mean;
            analysis.busy.1 += part.busy.max;
            analysis.busy.2 += part.busy.limit;
            analysis.loads(part, workload, scale);
        }
        analysis.n = response.count();
        analysis.response = QUANTILES.map(|q| (q, response.estimate(q))).into();
        analysis.service = QUANTILES.map(|q| (q, service.estimate(q))).into();
        analysis.offered = offered(arm, workload);
        analysis.curve = curve(&response);
        analysis.time = time(arm);
        let trips = merged(arm, |p| &p.round_trips);
        let connects = merged(arm, |p| &p.connect_round_trips);
        analysis.round_trips = (!trips.is_empty()).then(|| (trips.mean(), connects.mean()));
        analysis
    }
    /// Only where it is: an arm whose measurement is invalid has no numbers.
    pub(super) fn unmeasured(arm: &ArmRun, scenario: &Scenario) -> Self {
        let rtt_ns = arm.stores.iter().map(|s| s.rtt_ns).max().unwrap_or(0);
        Self {
            site: arm.site.clone(),
            platform: arm.platform.clone(),
            share: arm.share,
            rtt_ns,
            remote: local_rtt(scenario, &arm.site).is_some_and(|local| rtt_ns > local.0),
            journeys: Journeys::default(),
            errors: BTreeMap::new(),
            response: Vec::new(),
            service: Vec::new(),
            n: 0,
            time: None,
            round_trips: None,
            busy: (0.0, 0, 0),
            offered: None,
            curve: Vec::new(),
            queues: Vec::new(),
            jobs: Vec::new(),
            startup: None,
        }
    }
    /// Adds what a queue, a job or booting showed.
    fn loads(&mut self, part: &PartRun, workload: &Workload, scale: f64) {
        match &workload.kind {
            WorkloadKind::Queue(queues) => {
                let plan = queues.iter().find(|q| q.name == part.name);
                self.queues.extend(load::queue(part, plan, self.share, scale));
            }
            WorkloadKind::Cron(jobs) => {
                let plan = jobs.iter().find(|j| j.name == part.name);
                self.jobs.extend(plan.and_then(|plan| load::job(part, plan)));
            }
            WorkloadKind::Startup(_) => self.startup = part.startup.as_ref().map(|s| load::startup(s, &part.errors)),
            WorkloadKind::Http(_) => {}
        }
    }
    /// Its failures, for weighting.
    pub(super) fn failures(&self) -> Failures {
        Failures { share: self.share, failed: self.journeys.failed, of: self.journeys.performed() }
    }
    /// The share of its samples that are ages of journeys that had not ended.
    pub(super) fn unended(&self) -> f64 {
        if self.n == 0 { 0.0 } else { (self.journeys.unfinished as f64 / self.n as f64).min(1.0) }
    }
    /// A name that tells arms apart: `kubernetes, 15 ms to its stores`.
    pub fn name(&self) -> String {
        format!("{} on {}", self.site, self.platform)
    }
}

/// All parts' samples of one kind.
pub(super) fn merged(arm: &ArmRun, of: impl Fn(&PartRun) -> &Hist) -> Hist {
    let mut all = Hist::new();
    arm.parts.iter().for_each(|part| all.merge(of(part)));
    all.pack();
    all
}

/// The RTT within a site.
fn local_rtt(scenario: &Scenario, site: &str) -> Option<Nanos> {
    let id = scenario.sites.iter().position(|s| s.name == site).map(crate::scenario::SiteId)?;
    scenario.links.get(id, id).map(|link| link.rtt.0)
}

/// The mean journey's time, by where it went.
fn time(arm: &ArmRun) -> Option<TimeSplit> {
    let completed: u64 = arm.parts.iter().map(|p| p.completed).sum();
    if completed == 0 {
        return None;
    }
    let mean = |of: fn(&PartRun) -> u64| arm.parts.iter().map(|p| of(p) as f64).sum::<f64>() / completed as f64;
    Some(TimeSplit {
        distance: mean(|p| p.time.distance_ns),
        store: mean(|p| p.time.store_ns),
        waiting: mean(|p| p.time.waiting_ns),
        think: mean(|p| p.time.think_ns),
        rest: mean(|p| p.time.rest_ns),
        total: mean(|p| p.time.total_ns),
    })
}

/// Arrivals × mean working time, added up over queues.
fn offered(arm: &ArmRun, workload: &Workload) -> Option<Estimate> {
    let flat = |arrivals: &Arrivals| (arrivals.shape == Shape::Flat).then_some(arrivals.rate.0 * arm.share);
    let work = |arrivals: &Arrivals, part: &PartRun| {
        let (rate, mean) = (flat(arrivals)? / 1e9, Mix::of(vec![(1.0, part.service.clone())])?.mean());
        Some(Estimate { value: rate * mean.value, low: rate * mean.low, high: rate * mean.high, n: mean.n })
    };
    match &workload.kind {
        WorkloadKind::Http(http) => work(&http.arrivals, arm.parts.first()?),
        WorkloadKind::Queue(queues) => {
            let of = |queue: &Queue| work(&queue.arrivals, arm.parts.iter().find(|part| part.name == queue.name)?);
            let each: Option<Vec<Estimate>> = queues.iter().map(of).collect();
            let each = each?;
            let value = each.iter().map(|e| e.value).sum();
            let half = each.iter().map(|e| (e.high - e.value).powi(2)).sum::<f64>().sqrt();
            Some(Estimate { value, low: value - half, high: value + half, n: each.iter().map(|e| e.n).sum() })
        }
        WorkloadKind::Cron(_) | WorkloadKind::Startup(_) => None,
    }
}

/// Points of the percentile curve, evenly in nines (a tenth of a decade each), as far as the samples go.
///
/// The last share that has an interval is `0.025^(1/n)` (see [`Hist::estimate`]); nothing is drawn beyond.
fn curve(hist: &Hist) -> Vec<(f64, f64)> {
    if hist.count() < 6 {
        return Vec::new();
    }
    let last = 0.025_f64.powf(1.0 / hist.count() as f64);
    let steps = (1..=40).map(|i| 1.0 - 10_f64.powf(-f64::from(i) / 10.0));
    steps.take_while(|q| *q <= last).map(|q| (q, hist.at(q) as f64)).collect()
}

/// The blend of a workload's arms.
pub(super) fn blend(arms: &[&ArmRun]) -> Option<Mix> {
    Mix::of(arms.iter().map(|arm| (arm.share, merged(arm, |p| &p.response))).collect())
}
