//! What a strategy costs: days split, exposure, slow journeys, cron runs, downtime, steps, needs.
//!
//! Every sum says which days it leaves out because they were not measured or are invalid. Not for:
//! whether objectives are held (`strategy`), or which cost weighs more (`weigh`).

use std::collections::BTreeMap;
use std::ops::Add;

use crate::measure::{Estimate, Z95};
use crate::plan::day;
use crate::runfile::{PhaseRun, StrategyRun};
use crate::scenario::{CronJob, Scenario, Workload, WorkloadKind};
use crate::units::Nanos;

use super::backlog::Backlog;
use super::last::LastToFirst;
use super::needs::Needs;
use super::steps::Steps;
use super::verdict::{Quantity, Verdict};
use super::workload::{Blend, WorkloadAnalysis};
use super::{PlacementAnalysis, restart};

/// What one strategy costs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cost {
    /// Days from the first phase to the end of the last.
    pub days: f64,
    /// Days in which some workload is away from a store that it uses.
    pub days_split: f64,
    /// Days of phases that were not measured, so that nobody knows.
    pub days_unknown: f64,
    /// Minutes in which a store refuses writes.
    pub read_only_minutes: f64,
    /// Failures of its short states (read-only windows, cold caches).
    pub downtime: Downtime,
    /// Phases.
    pub phases: usize,
    /// Moves, over all phases.
    pub moves: usize,
    /// What changes its place and its platform in one step; `None` if the scenario does not have the phases.
    pub steps: Option<Steps>,
    /// The exposure of all requests and jobs together.
    pub everyone: Option<Everyone>,
    /// For each workload, in file order; start-up, which nobody waits for all day, has none.
    pub exposure: Vec<Exposure>,
    /// For each workload with an objective on response times.
    pub slow: Vec<Slow>,
    /// For each cron job.
    pub runs: Vec<Runs>,
    /// For each queue.
    pub backlogs: Vec<Backlog>,
    /// Workers and connections.
    pub needs: Needs,
    /// The last phase against the first, a workload each.
    pub last: Vec<LastToFirst>,
}

/// Failures of short states, as minutes in which everything would have failed.
///
/// Minutes × share of requests and jobs that fail in them, workloads weighted by their arrivals.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Downtime {
    /// So many of those minutes.
    pub minutes: f64,
    /// Of short states of this length altogether.
    pub of: f64,
    /// Minutes of short states that have no numbers.
    pub unknown: f64,
}

/// The exposure of all requests and jobs together: of workloads with arrivals, each weighted by its arrivals a second.
///
/// Cron items and boots do not arrive: runs and start-up have numbers of their own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Everyone {
    /// Millisecond-days of the mean journey, with the 95 % interval.
    pub ms_days: Estimate,
    /// Hours that all journeys together take longer than in the first phase.
    pub hours: f64,
    /// It is more than this for some workload.
    pub at_least: bool,
    /// Days that are left out for the workload of which most are.
    pub days_missing: f64,
}

/// Days × share × added mean response time, against the first phase.
///
/// The mean, because it adds up: arms weighted by share, phases weighted by days, and what one
/// journey waits more another does not wait less. Percentiles do not add up.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposure {
    /// The workload.
    pub workload: String,
    /// Millisecond-days, with the 95 % interval; `None` if the first phase has no mean.
    pub ms_days: Option<Estimate>,
    /// In some phase times grow without bound, or many journeys had not ended: it is more than this.
    pub at_least: bool,
    /// Days that are left out.
    pub days_missing: f64,
    /// Full-traffic days apart: days × share of the arms that are away from a store that they use.
    pub apart: f64,
}

/// Journeys that took longer than their objective, or failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Slow {
    /// The workload.
    pub workload: String,
    /// The limit, in nanoseconds.
    pub limit_ns: u64,
    /// How many, at the scenario's full arrival rate held all day.
    pub journeys: f64,
    /// Of how many.
    pub of: f64,
    /// Days that are left out.
    pub days_missing: f64,
}

/// Runs of a cron job over the calendar.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Runs {
    /// The workload.
    pub workload: String,
    /// The job.
    pub job: String,
    /// It has a deadline.
    pub limited: bool,
    /// Starts on its schedule, in phases that have numbers.
    pub starts: f64,
    /// Runs that take longer than their deadline.
    pub late: f64,
    /// Starts that do not happen, because a run is still going.
    pub skipped: f64,
    /// Runs that the next one kills.
    pub killed: f64,
    /// Runs that start beside one that is still going.
    pub overlapped: f64,
    /// Days of phases about whose runs nobody can tell.
    pub days_unknown: f64,
}

impl Cost {
    /// What `strategy` costs.
    pub(super) fn of(
        strategy: &StrategyRun,
        placements: &[PlacementAnalysis],
        scenario: &Scenario,
        scale: f64,
    ) -> Self {
        let phases = Phases { phases: &strategy.phases, placements, scenario };
        let days_where = |test: &dyn Fn(&PlacementAnalysis) -> bool| {
            phases.each().filter(|(_, p)| p.is_some_and(test)).map(|(days, _)| days).fold(0.0, Add::add)
        };
        let each = 0..scenario.workloads.len();
        let exposure: Vec<_> = each.clone().filter_map(|w| phases.exposure(w, &scenario.workloads[w])).collect();
        let read_only = strategy.phases.iter().flat_map(|p| &p.events).filter(|e| e.kind == "read-only");
        Self {
            days: phases.each().map(|(days, _)| days).sum(),
            days_split: days_where(&|p| p.workloads.iter().any(WorkloadAnalysis::split)),
            days_unknown: phases.each().filter(|(_, p)| p.is_none()).map(|(days, _)| days).fold(0.0, Add::add),
            read_only_minutes: read_only.map(|e| e.lasts_ns as f64 / 60e9).fold(0.0, Add::add),
            phases: strategy.phases.len(),
            moves: strategy.phases.iter().map(|p| p.moves.len()).sum(),
            everyone: everyone(&exposure, scenario),
            exposure,
            downtime: phases.downtime(scenario),
            steps: Steps::of(strategy, scenario),
            slow: each.clone().filter_map(|w| phases.slow(w, &scenario.workloads[w])).collect(),
            runs: each.flat_map(|w| phases.runs(w, &scenario.workloads[w])).collect(),
            backlogs: Backlog::all(strategy, placements, scenario, scale),
            needs: Needs::of(strategy, placements, scenario, scale),
            last: LastToFirst::all(strategy, placements, scenario),
        }
    }
}

/// The exposure of workloads with arrivals, weighted by them; `None` if one is unknown or there are none.
fn everyone(exposures: &[Exposure], scenario: &Scenario) -> Option<Everyone> {
    let arriving = scenario.workloads.iter().filter_map(|w| Some((w, w.arrivals_per_day()?)));
    let each: Option<Vec<_>> = arriving
        .map(|(workload, per_day)| {
            let exposure = exposures.iter().find(|e| e.workload == workload.name)?;
            Some((per_day, exposure, exposure.ms_days?))
        })
        .collect();
    let each = each.filter(|each| !each.is_empty())?;
    let all: f64 = each.iter().map(|e| e.0).sum();
    let value = each.iter().map(|(per_day, _, e)| per_day / all * e.value).sum();
    let half = each.iter().map(|(per_day, _, e)| (per_day / all * (e.high - e.value)).powi(2)).sum::<f64>().sqrt();
    let n = each.iter().map(|e| e.2.n).sum();
    Some(Everyone {
        ms_days: Estimate { value, low: value - half, high: value + half, n },
        hours: value * all / 3.6e6,
        at_least: each.iter().any(|e| e.1.at_least),
        days_missing: each.iter().map(|e| e.1.days_missing).fold(0.0, f64::max),
    })
}

/// A strategy's phases with the placements that they point at.
#[derive(Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "the phases of a strategy are phases")]
struct Phases<'a> {
    phases: &'a [PhaseRun],
    placements: &'a [PlacementAnalysis],
    scenario: &'a Scenario,
}

/// The kind of events that are quarters of a day.
pub const QUARTER: &str = "quarter of the day";

impl<'a> Phases<'a> {
    /// Each phase: its days, and its placement if it was measured.
    fn each(self) -> impl Iterator<Item = (f64, Option<&'a PlacementAnalysis>)> {
        let at = move |phase: &PhaseRun| phase.placement.map(|i| &self.placements[i]);
        self.phases.iter().map(move |phase| (Nanos(phase.lasts_ns).as_days_f64(), at(phase)))
    }
    /// Each phase: its days, the index of its placement, and the workload's blend if there is one. What recurs in it
    /// (a platform restarts) follows with the part of its days that it takes.
    ///
    /// Where arrivals have a daily shape the quarters of a day take all of it, each with the part of its arrivals; where
    /// they were not simulated (live) the busiest hour stands for the day.
    fn blends(self, workload: usize) -> impl Iterator<Item = (f64, Option<(usize, &'a Blend)>)> {
        let at = move |index: usize| Some((index, self.placements[index].workloads[workload].blend.as_ref()?));
        self.phases.iter().flat_map(move |phase| {
            let days = Nanos(phase.lasts_ns).as_days_f64();
            let quarters = phase.events.iter().filter(|event| event.kind == QUARTER);
            let known = quarters.clone().all(|event| event.placement.and_then(at).is_some());
            let mut number = 0;
            let recurs = phase.events.iter().filter_map(|event| {
                let placement = event.placement?;
                let felt = match &self.placements[placement].restart {
                    Some(run) => restart::felt_ns(run),
                    None if event.kind == QUARTER && known => event.lasts_ns,
                    None => return None,
                };
                let part = (felt as f64 / event.every_ns.filter(|every| *every > 0)? as f64).min(1.0);
                let weight = if event.kind == QUARTER {
                    number += 1;
                    part * day::factor(self.scenario, &self.scenario.workloads[workload], number - 1)
                } else {
                    part
                };
                Some((part, weight, Some(at(placement)?)))
            });
            let recurs: Vec<_> = recurs.collect();
            let rest = 1.0 - recurs.iter().map(|(part, ..)| part).sum::<f64>();
            let steady = (days * rest.max(0.0), phase.placement.and_then(at));
            std::iter::once(steady).chain(recurs.into_iter().map(move |(_, weight, blend)| (days * weight, blend)))
        })
    }
    /// Σ days × (mean − first mean). Phases that share a placement share its error, so days are added up first.
    fn exposure(self, index: usize, workload: &Workload) -> Option<Exposure> {
        if matches!(workload.kind, WorkloadKind::Startup(_)) {
            return None;
        }
        let mut days: BTreeMap<usize, (f64, &Blend)> = BTreeMap::new();
        let (mut missing, mut at_least) = (0.0, false);
        let known = |(_, blend): &(usize, &Blend)| blend.mean.is_some();
        // A quarter of the day is compared with the same quarter of the first phase.
        let before = Phases { phases: &self.phases[..self.phases.len().min(1)], ..self };
        let bases: Vec<(usize, &Blend)> = before.blends(index).filter_map(|(_, blend)| blend).filter(known).collect();
        let first = before.blends(index).next().and_then(|(_, blend)| blend).filter(known);
        let base = |placement: usize| {
            let condition = |at: usize| &self.placements[at].condition;
            bases.iter().find(|(at, _)| condition(*at) == condition(placement)).copied().or(first)
        };
        for (lasts, blend) in self.blends(index) {
            let Some(((placement, blend), (base, from))) = blend.filter(known).and_then(|it| Some((it, base(it.0)?)))
            else {
                missing += lasts;
                continue;
            };
            days.entry(placement).or_insert((0.0, blend)).0 += lasts;
            days.entry(base).or_insert((0.0, from)).0 -= lasts;
            at_least |= self.placements[placement].workloads[index].grows() || blend.unended > 0.01;
        }
        let means = || days.values().filter_map(|(d, b)| Some((d, b.mean?))).filter(|(d, _)| **d != 0.0);
        let value: f64 = means().map(|(d, mean)| d * mean.value / 1e6).sum();
        let error = |(d, mean): (&f64, Estimate)| d * (mean.high - mean.value) / 1e6 / Z95;
        let half = Z95 * means().map(|d| error(d).powi(2)).sum::<f64>().sqrt();
        let n = days.values().map(|(_, b)| b.mix.count()).sum();
        let known = first.map(|_| Estimate { value, low: value - half, high: value + half, n });
        let apart = self.each().filter_map(|(days, placement)| {
            let remote = placement?.workloads[index].arms.iter().filter(|arm| arm.remote);
            Some(days * remote.map(|arm| arm.share).sum::<f64>())
        });
        let apart = apart.fold(0.0, Add::add);
        Some(Exposure { workload: workload.name.clone(), ms_days: known, at_least, days_missing: missing, apart })
    }
    /// Journeys beyond the limit of the highest quantile, and those that failed.
    fn slow(self, index: usize, workload: &Workload) -> Option<Slow> {
        let limit = workload.objective.quantiles.iter().max_by(|a, b| a.0.total_cmp(&b.0))?.1;
        let rate = workload.arrivals_per_day()?;
        let mut slow =
            Slow { workload: workload.name.clone(), limit_ns: limit.0, journeys: 0.0, of: 0.0, days_missing: 0.0 };
        for (days, blend) in self.blends(index) {
            let Some((_, blend)) = blend else {
                slow.days_missing += days;
                continue;
            };
            slow.journeys += days * rate * blend.slow_share(limit.0);
            slow.of += days * rate;
        }
        Some(slow)
    }
    /// Runs of each job.
    fn runs(self, index: usize, workload: &Workload) -> Vec<Runs> {
        let WorkloadKind::Cron(jobs) = &workload.kind else { return Vec::new() };
        let of = |job: &CronJob| {
            let mut runs = Runs {
                workload: workload.name.clone(),
                job: job.name.clone(),
                limited: workload.objective.deadline.or(job.deadline).is_some(),
                ..Runs::default()
            };
            for (days, placement) in self.each() {
                runs.add(days, placement.map(|p| &p.workloads[index]));
            }
            runs
        };
        jobs.iter().map(of).collect()
    }
    /// Failures of the short states.
    fn downtime(self, scenario: &Scenario) -> Downtime {
        let mut down = Downtime::default();
        for event in self.phases.iter().flat_map(|phase| &phase.events) {
            let minutes = event.lasts_ns as f64 / 60e9;
            let failed = event.placement.and_then(|at| failed(&self.placements[at], scenario));
            down.of += minutes;
            match failed {
                Some(share) => down.minutes += minutes * share,
                None => down.unknown += minutes,
            }
        }
        down
    }
}

/// The share of all requests and jobs that fail at a placement; `None` if some workload has no numbers.
fn failed(placement: &PlacementAnalysis, scenario: &Scenario) -> Option<f64> {
    let arriving = scenario.workloads.iter().zip(&placement.workloads);
    let each = arriving.filter_map(|(workload, seen)| Some((workload.arrivals_per_day()?, seen)));
    let each: Option<Vec<_>> = each.map(|(per_day, seen)| Some((per_day, seen.failed()?))).collect();
    let each = each.filter(|each| !each.is_empty())?;
    Some(each.iter().map(|(per_day, share)| per_day * share).sum::<f64>() / each.iter().map(|e| e.0).sum::<f64>())
}

impl Runs {
    /// Adds the runs of a phase.
    fn add(&mut self, days: f64, measured: Option<&WorkloadAnalysis>) {
        let check =
            measured.and_then(|w| w.checks.iter().find(|c| c.quantity == Quantity::Duration && c.part == self.job));
        let per_day = measured.and_then(|w| {
            let of_job = w.arms.iter().flat_map(|a| &a.jobs).filter(|j| j.name == self.job);
            of_job.filter_map(|j| j.per_day).max_by(|a, b| (a.skips + a.overlaps).total_cmp(&(b.skips + b.overlaps)))
        });
        let late = match check.map(|c| c.verdict) {
            Some(Verdict::Missed) => Some(true),
            Some(Verdict::Held) => Some(false),
            Some(_) => None,
            None => (!self.limited).then_some(false),
        };
        let (Some(late), Some(day)) = (late, per_day) else {
            self.days_unknown += days;
            return;
        };
        self.starts += days * day.starts;
        self.skipped += days * day.skips;
        self.killed += days * day.kills;
        self.overlapped += days * day.overlaps;
        if late {
            self.late += days * (day.starts - day.skips - day.kills);
        }
    }
}
