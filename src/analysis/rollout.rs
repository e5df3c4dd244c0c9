//! A roll-out by percentage as users feel it: what a share shows, what it hides, and how long it must last to tell.
//!
//! Each arm is felt by those who meet it, the blend by nobody: it is what a dashboard shows. What only shows when all have moved
//! (pools, locks, links) is not in a small share's numbers; workers and connections are foretold from them by Little's law.
//! Not for: whether objectives are held (`workload`).

use crate::measure::{Estimate, Hist, Z95};
use crate::runfile::Run;
use crate::scenario::{Scenario, Workload, WorkloadKind};

use super::arm::ArmAnalysis;
use super::needs::{connections, needed};
use super::verdict;
use super::workload::WorkloadAnalysis;
use super::{Analysis, PlacementAnalysis};

/// The percentiles of a roll-out.
pub const QUANTILES: [f64; 5] = [0.5, 0.9, 0.95, 0.99, 0.999];
/// Requests of a session, if nobody says otherwise.
pub const SESSION: u32 = 30;
/// A p99 is known when its 95 % interval reaches no farther than this to either side.
pub const WITHIN: f64 = 0.1;
/// The shortest observation: traffic has weekly cycles.
pub const WEEK: f64 = 7.0;

/// One workload in one phase in which it is split.
#[derive(Debug, Clone)]
pub struct Rollout {
    /// The strategy.
    pub strategy: String,
    /// The phase.
    pub phase: String,
    /// Its length in days.
    pub days: f64,
    /// The workload.
    pub workload: String,
    /// The objective on response times that `over` counts against: nanoseconds; `None` without one.
    pub limit_ns: Option<u64>,
    /// The part that has not moved, then those that have.
    pub arms: Vec<Felt>,
    /// All together.
    pub blend: Felt,
    /// Sessions that meet something slow.
    pub sessions: Sessions,
    /// What the smallest share that has moved foretells of all of it.
    pub whole: Option<Whole>,
    /// How long until its p99 is known.
    pub lasting: Option<Lasting>,
}

/// Response times as somebody feels them.
#[derive(Debug, Clone, PartialEq)]
pub struct Felt {
    /// Where and how it runs; `all together` for the blend.
    pub name: String,
    /// Its share of the workload.
    pub share: f64,
    /// Samples.
    pub n: u64,
    /// Of [`QUANTILES`], where samples allow.
    pub times: Vec<(f64, Option<Estimate>)>,
    /// Share of journeys that fail or take longer than the objective.
    pub over: Option<Estimate>,
}

impl Felt {
    /// A percentile, if samples allow one.
    pub fn time(&self, quantile: f64) -> Option<Estimate> {
        self.times.iter().find(|t| (t.0 - quantile).abs() < 1e-9).and_then(|t| t.1)
    }
}

/// Shares of sessions of so many requests that meet something.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sessions {
    /// Requests of a session.
    pub requests: u32,
    /// That meet what has moved at least once, each request sent anywhere: `1 − (1 − share)^n`.
    pub moved_per_request: f64,
    /// The same, a session sent to one place for good: the share itself.
    pub moved_sticky: f64,
    /// That meet a failure or a page over the objective, each request sent anywhere: `1 − (1 − Σ share × over)^n`.
    pub slow_per_request: Option<f64>,
    /// The same, a session sent to one place for good: `Σ share × (1 − (1 − over)^n)`.
    pub slow_sticky: Option<f64>,
}

impl Sessions {
    /// From each arm's share, whether it has moved, and its share of journeys over the objective.
    ///
    /// Requests of a session are taken as independent: one user's pages are more alike than that, so fewer sessions meet something and
    /// those meet it more often.
    pub fn of(arms: &[(f64, bool, Option<f64>)], requests: u32) -> Self {
        let meets = |p: f64| 1.0 - (1.0 - p.clamp(0.0, 1.0)).powf(f64::from(requests));
        let moved = arms.iter().filter(|arm| arm.1).map(|arm| arm.0).sum();
        let each: Option<Vec<(f64, f64)>> = arms.iter().map(|(share, _, over)| Some((*share, (*over)?))).collect();
        Self {
            requests,
            moved_per_request: meets(moved),
            moved_sticky: moved,
            slow_per_request: each.as_ref().map(|each| meets(each.iter().map(|(share, over)| share * over).sum())),
            slow_sticky: each.map(|each| each.iter().map(|(share, over)| share * meets(*over)).sum()),
        }
    }
}

/// What a share foretells of the whole, by Little's law: busy workers ÷ share.
#[derive(Debug, Clone, PartialEq)]
pub struct Whole {
    /// The share that it is foretold from.
    pub share: f64,
    /// Busy workers if all had moved.
    pub workers: Estimate,
    /// How many there are.
    pub limit: f64,
    /// Connections that would be open, of those that are opened for each journey: store, how many, how many it allows.
    pub connections: Vec<(String, f64, f64)>,
    /// What a later phase of the strategy shows, in which the same kind of arm is all of it: phase, busy workers.
    pub measured: Option<(String, f64)>,
}

impl Whole {
    /// The foretold workers reach what there is: surely, surely not, or nobody can tell.
    pub fn reached(&self) -> Option<bool> {
        match self.workers {
            Estimate { low, .. } if low >= self.limit => Some(true),
            Estimate { high, .. } if high < self.limit => Some(false),
            _ => None,
        }
    }
}

/// How long a share must be watched until its p99 is known within [`WITHIN`].
#[derive(Debug, Clone, PartialEq)]
pub struct Lasting {
    /// Journeys that it takes.
    pub samples: u64,
    /// Days until the share has seen so many.
    pub days: f64,
    /// The same, and at least a week.
    pub watch: f64,
    /// The rarest journey of the mix, its part of all, and days for its own p99, were its times as spread as those of all.
    pub rarest: Option<(String, f64, f64)>,
    /// Samples that the spread was taken from.
    pub n: u64,
}

/// Journeys that it takes until the 95 % interval of a quantile reaches no farther than `within` of it to either side.
///
/// The distribution-free interval of order statistics, whose ranks are `q ± z √(q(1−q)/n)` (Conover, *Practical Nonparametric
/// Statistics*, 3.2; the one of [`Hist::estimate`]), solved for n: the widest pair of ranks `q ± h` whose times lie within the
/// bound is found in the samples, and `n = z² q(1−q) / h²`. With the density f at the quantile that is about the usual
/// `z² q(1−q) / (within · x · f)²`, and more where times stretch upwards, which is the side that counts. `None` if the samples do not support the quantile itself.
pub fn samples_for(hist: &Hist, quantile: f64, within: f64) -> Option<u64> {
    hist.estimate(quantile)?;
    let x = hist.at(quantile) as f64;
    let fits = |h: f64| {
        let (low, high) = (hist.at((quantile - h).max(0.0)) as f64, hist.at((quantile + h).min(1.0)) as f64);
        high - x <= within * x && x - low <= within * x
    };
    // Ranks closer than one sample are the same sample: no narrower pair can be judged.
    let (mut low, mut high) = (1.0 / hist.count() as f64, 1.0 - quantile);
    if !fits(low) {
        return None;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if fits(middle) { low = middle } else { high = middle }
    }
    let by_width = Z95 * Z95 * quantile * (1.0 - quantile) / (low * low);
    let supported = crate::plan::horizon::samples(quantile);
    Some((by_width.ceil() as u64).max(supported))
}

/// Every workload in every phase in which it is split, with valid numbers of every arm.
pub fn rollouts(run: &Run, scenario: &Scenario, analysis: &Analysis, session: u32) -> Vec<Rollout> {
    let from = From { scenario, analysis, scale: run.provenance.scale, session };
    let mut found = Vec::new();
    for (at, strategy) in analysis.strategies.iter().enumerate() {
        for phase in 0..strategy.phases.len() {
            for workload in 0..scenario.workloads.len() {
                found.extend(from.rollout(at, phase, workload));
            }
        }
    }
    found
}

struct From<'a> {
    scenario: &'a Scenario,
    analysis: &'a Analysis,
    scale: f64,
    session: u32,
}

impl<'a> From<'a> {
    fn placement(&self, strategy: usize, phase: usize) -> Option<&'a PlacementAnalysis> {
        self.analysis.strategies[strategy].phases[phase].placement.map(|at| &self.analysis.placements[at])
    }
    fn rollout(&self, strategy: usize, phase: usize, workload: usize) -> Option<Rollout> {
        let planned = &self.scenario.workloads[workload];
        let seen = &self.placement(strategy, phase)?.workloads[workload];
        let blend = seen.blend.as_ref().filter(|_| seen.arms.len() > 1)?;
        let limit_ns = planned.objective.quantiles.iter().max_by(|a, b| a.0.total_cmp(&b.0)).map(|limit| limit.1.0);
        let arms: Vec<Felt> =
            seen.arms.iter().zip(blend.mix.arms()).map(|(arm, times)| arm_felt(arm, times, limit_ns)).collect();
        let each: Vec<_> =
            arms.iter().enumerate().map(|(i, arm)| (arm.share, i > 0, arm.over.map(|over| over.value))).collect();
        let its = &self.analysis.strategies[strategy];
        Some(Rollout {
            strategy: its.name.clone(),
            phase: its.phases[phase].name.clone(),
            days: its.phases[phase].lasts_ns as f64 / 86_400e9,
            workload: planned.name.clone(),
            limit_ns,
            blend: all_felt(seen, limit_ns)?,
            sessions: Sessions::of(&each, self.session),
            whole: self.whole(strategy, phase, workload),
            lasting: self.lasting(workload, seen.arms.last()?),
            arms,
        })
    }
    /// What the part that moved last foretells.
    fn whole(&self, strategy: usize, phase: usize, workload: usize) -> Option<Whole> {
        let planned = &self.scenario.workloads[workload];
        let arm = self.placement(strategy, phase)?.workloads[workload].arms.last()?;
        let limit = match &planned.kind {
            WorkloadKind::Http(http) => f64::from(http.workers),
            WorkloadKind::Queue(queues) => queues.iter().map(|q| f64::from(q.consumers)).sum(),
            WorkloadKind::Cron(_) | WorkloadKind::Startup(_) => return None,
        };
        let offered = arm.offered?;
        let whole = |value: f64| value / arm.share;
        let workers =
            Estimate { value: whole(offered.value), low: whole(offered.low), high: whole(offered.high), n: offered.n };
        let later = (phase + 1..self.analysis.strategies[strategy].phases.len()).find_map(|later| {
            let placement = self.placement(strategy, later).filter(|p| p.invalid.is_empty())?;
            let [only] = placement.workloads[workload].arms.as_slice() else { return None };
            let name = self.analysis.strategies[strategy].phases[later].name.clone();
            same_kind(only, arm).then(|| (name, needed(only, self.scale)))
        });
        let connections = connections(self.scenario, planned, workers.value);
        Some(Whole { share: arm.share, workers, limit, connections, measured: later })
    }
    /// How long until the p99 of an arm is known; its spread is that of the largest measurement of the same kind of arm.
    fn lasting(&self, workload: usize, arm: &ArmAnalysis) -> Option<Lasting> {
        let planned = &self.scenario.workloads[workload];
        let steady = self.analysis.placements.iter().filter(|p| p.invalid.is_empty() && p.condition == "steady");
        let same = steady.flat_map(|p| {
            let seen = &p.workloads[workload];
            let times = seen.blend.iter().flat_map(|blend| blend.mix.arms());
            seen.arms.iter().zip(times).filter(|(other, _)| same_kind(other, arm)).map(|(_, times)| times)
        });
        let times = same.max_by_key(|times| times.count())?;
        let samples = samples_for(times, 0.99, WITHIN)?;
        let days = samples as f64 / (planned.arrivals_per_day()? * arm.share);
        let rarest = rarest(planned, self.scenario).map(|(name, part)| (name, part, (days / part).max(WEEK)));
        Some(Lasting { samples, days, watch: days.max(WEEK), rarest, n: times.count() })
    }
}

/// The same platform at the same distance from its stores.
fn same_kind(a: &ArmAnalysis, b: &ArmAnalysis) -> bool {
    (a.rtt_ns, &a.platform) == (b.rtt_ns, &b.platform)
}

/// The rarest journey of a mix of several, and its part of all.
fn rarest(workload: &Workload, scenario: &Scenario) -> Option<(String, f64)> {
    let WorkloadKind::Http(http) = &workload.kind else { return None };
    let all: f64 = http.mix.0.iter().map(|(_, weight)| weight).sum();
    let (journey, weight) = http.mix.0.iter().filter(|_| http.mix.0.len() > 1).min_by(|a, b| a.1.total_cmp(&b.1))?;
    Some((scenario.journeys[journey.0].name.clone(), weight / all))
}

fn arm_felt(arm: &ArmAnalysis, times: &Hist, limit: Option<u64>) -> Felt {
    let over = limit.and_then(|limit| {
        let slow = times.count() as f64 * (1.0 - times.share_at_or_below(crate::units::Nanos(limit)));
        let of = times.count() + arm.journeys.failed;
        verdict::failure_share(&[verdict::Failures {
            share: 1.0,
            failed: slow.round() as u64 + arm.journeys.failed,
            of,
        }])
    });
    Felt {
        name: arm.name(),
        share: arm.share,
        n: times.count(),
        times: QUANTILES.map(|q| (q, times.estimate(q))).into(),
        over,
    }
}

fn all_felt(seen: &WorkloadAnalysis, limit: Option<u64>) -> Option<Felt> {
    let mix = &seen.blend.as_ref()?.mix;
    let over = limit.and_then(|limit| {
        let arm = |(arm, times): (&ArmAnalysis, &Hist)| {
            let slow = times.count() as f64 * (1.0 - times.share_at_or_below(crate::units::Nanos(limit)));
            let failed = slow.round() as u64 + arm.journeys.failed;
            verdict::Failures { share: arm.share, failed, of: times.count() + arm.journeys.failed }
        };
        verdict::failure_share(&seen.arms.iter().zip(mix.arms()).map(arm).collect::<Vec<_>>())
    });
    let times = QUANTILES.map(|q| (q, mix.estimate(q))).into();
    Some(Felt { name: "all together".into(), share: 1.0, n: mix.count(), times, over })
}

#[cfg(test)]
#[path = "rollout_tests.rs"]
mod tests;
