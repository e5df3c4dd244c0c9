//! The working times of each part of each arm, and the line that they lie on.
//!
//! A line is fitted to the mean working time of journeys (from the actual start of the work to its end), in which
//! waiting for a worker or a consumer is not. Of the points only those count at which nothing queues: waiting for
//! connections and row locks is at most [`QUEUES_MOST`] of the working time, and at most that share of the journeys
//! failed, was tried again, or had not ended. Not for: response times, which objectives are about.

use crate::analysis::arm::ArmAnalysis;
use crate::measure::Hist;
use crate::runfile::{PartRun, PlacementRun};
use crate::scenario::{Mix, Scenario, WorkloadKind};
use crate::strategy::vary::{Ends, Over};
use crate::strategy::{Arm, exposed};

use super::counted::{self, Counted};
use super::fit::{self, Agreement, At, Line};
use super::{Point, Subject};

/// What counts as no queueing.
pub const QUEUES_MOST: f64 = 0.01;

/// One part of one arm at one value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PartSeen {
    pub(super) workload: usize,
    /// Index among the workload's arms.
    pub(super) arm: usize,
    pub(super) part: String,
    /// Mean working time and its standard error, in nanoseconds.
    mean: f64,
    error: f64,
    /// Nothing queues.
    free: bool,
}

/// A line through the working times of one part of one arm.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Index of the workload.
    pub workload: usize,
    /// The arm, if its workload is split.
    pub arm: Option<String>,
    /// The queue or job; the workload's own name where it has only one part.
    pub part: String,
    /// The line; `None` if points at which nothing queues are too few or too near to each other.
    pub line: Option<Line>,
    /// Points at which nothing queues, of how many.
    pub points: (usize, usize),
    /// The range of RTTs of these points, in nanoseconds.
    pub range: Option<(f64, f64)>,
    /// Sequential round trips over the link, as the scenario says.
    pub counted: Counted,
    /// Whether both agree; `None` without a line.
    pub agreement: Option<Agreement>,
}

/// Everything that was seen at one value.
pub(super) fn seen(scenario: &Scenario, run: &PlacementRun) -> Vec<PartSeen> {
    let mut all = Vec::new();
    for (index, workload) in scenario.workloads.iter().enumerate() {
        let arms = run.arms.iter().filter(|arm| arm.workload == workload.name);
        for (number, arm) in arms.enumerate() {
            all.extend(arm.parts.iter().filter_map(|part| part_seen(index, number, part)));
        }
    }
    all
}

fn part_seen(workload: usize, arm: usize, part: &PartRun) -> Option<PartSeen> {
    let n = part.service.count();
    if n < 2 {
        return None;
    }
    let worked = part.service.sum();
    let waited = part.wait_connection.sum().max(0.0) + part.wait_lock.sum().max(0.0);
    let spoiled = part.errors.values().sum::<u64>() + part.retries + part.unfinished;
    let waited = if part.wait_connection.is_empty() && part.wait_lock.is_empty() { 0.0 } else { waited };
    let mean = part.service.mean();
    Some(PartSeen {
        workload,
        arm,
        part: part.name.clone(),
        mean,
        error: standard_error(&part.service),
        free: waited <= QUEUES_MOST * worked && spoiled as f64 <= QUEUES_MOST * n as f64,
    })
}

fn standard_error(hist: &Hist) -> f64 {
    let (n, mean) = (hist.count() as f64, hist.mean());
    let squares: f64 = hist.recorded().map(|(value, count)| count as f64 * (value as f64 - mean).powi(2)).sum();
    (squares / (n - 1.0) / n).sqrt()
}

/// The arm of a workload by its number.
fn arm_of(subject: &Subject, workload: usize, number: usize) -> Option<&Arm> {
    subject.placement.arms.iter().filter(|arm| arm.workload.0 == workload).nth(number)
}

/// Whether an arm calls a store over the link of the sweep.
pub(super) fn crosses(subject: &Subject, workload: usize, number: usize) -> bool {
    let arm = arm_of(subject, workload, number);
    arm.zip(subject.exposed.link).is_some_and(|(arm, link)| exposed::crosses(&subject.placement, arm, link))
}

/// The journeys of a part.
fn mix(scenario: &Scenario, workload: usize, part: &str) -> Option<Mix> {
    let one = |journey| Mix(vec![(journey, 1.0)]);
    match &scenario.workloads[workload].kind {
        WorkloadKind::Http(http) => Some(http.mix.clone()),
        WorkloadKind::Queue(queues) => queues.iter().find(|queue| queue.name == part).map(|queue| queue.mix.clone()),
        WorkloadKind::Cron(jobs) => jobs.iter().find(|job| job.name == part).map(|job| one(job.journey)),
        WorkloadKind::Startup(startup) => Some(one(startup.journey)),
    }
}

/// A line for every part of every arm that crosses the link, in file order.
pub(super) fn fits(subject: &Subject, points: &[Point]) -> Vec<Fit> {
    let Some(link) = subject.exposed.link.filter(|_| subject.asked.over == Over::Rtt) else { return Vec::new() };
    let mut known: Vec<(usize, usize, &str)> = Vec::new();
    for seen in points.iter().flat_map(|p| &p.parts) {
        let key = (seen.workload, seen.arm, seen.part.as_str());
        if !known.contains(&key) {
            known.push(key);
        }
    }
    known.sort_by_key(|(workload, arm, _)| (*workload, *arm));
    let judged = |key: &&(usize, usize, &str)| {
        subject.judged(&subject.scenario.workloads[key.0].name) && crosses(subject, key.0, key.1)
    };
    known.iter().filter(judged).filter_map(|key| fit_of(subject, points, link, *key)).collect()
}

fn fit_of(subject: &Subject, points: &[Point], ends: Ends, key: (usize, usize, &str)) -> Option<Fit> {
    let (workload, number, part) = key;
    let arm = arm_of(subject, workload, number)?;
    let seen = points.iter().filter_map(|point| {
        let seen = point.parts.iter().find(|s| (s.workload, s.arm, s.part.as_str()) == key)?;
        Some((seen, At { rtt: point.value, time: seen.mean, error: seen.error }))
    });
    let seen: Vec<_> = seen.collect();
    let free: Vec<At> = seen.iter().filter(|(seen, _)| seen.free).map(|(_, at)| *at).collect();
    let range = free.first().zip(free.last()).map(|(a, b)| (a.rtt, b.rtt)).filter(|(a, b)| a < b);
    let line = fit::line(&free);
    let stores: Vec<bool> =
        subject.placement.stores.iter().map(|store| (arm.site.min(*store), arm.site.max(*store)) == ends).collect();
    let over = range.unwrap_or((subject.asked.from, subject.asked.to));
    let mix = mix(&subject.scenario, workload, part)?;
    let counted = counted::round_trips(&subject.scenario, &subject.placement, arm, &mix, &stores, over);
    let split = subject.placement.arms.iter().filter(|arm| arm.workload.0 == workload).count() > 1;
    let analysed = points.first().and_then(|p| p.workloads[workload].arms.get(number));
    Some(Fit {
        workload,
        arm: analysed.filter(|_| split).map(ArmAnalysis::name),
        part: part.to_owned(),
        line,
        points: (free.len(), points.iter().filter(|point| point.invalid.is_empty()).count()),
        range,
        counted,
        agreement: line.map(|line| fit::agreement(&line.k, counted)),
    })
}
