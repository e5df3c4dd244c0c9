//! What a strategy costs: days split, exposure, slow journeys, late jobs, read-only minutes.
//!
//! Every sum says which days it leaves out because they were not measured or are invalid. Not for:
//! whether objectives are held (`strategy`).

use std::collections::BTreeMap;
use std::ops::Add;

use crate::measure::{Estimate, Z95};
use crate::runfile::{PhaseRun, StrategyRun};
use crate::scenario::{Scenario, Workload, WorkloadKind};
use crate::units::Nanos;

use super::PlacementAnalysis;
use super::verdict::{Quantity, Verdict};
use super::workload::{Blend, WorkloadAnalysis};

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
    /// Phases.
    pub phases: usize,
    /// Moves, over all phases.
    pub moves: usize,
    /// For each workload, in file order; start-up, which nobody waits for all day, has none.
    pub exposure: Vec<Exposure>,
    /// For each workload with an objective on response times.
    pub slow: Vec<Slow>,
    /// For each cron job that has a deadline.
    pub late: Vec<Late>,
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

/// Runs of a cron job that are late or do not happen.
#[derive(Debug, Clone, PartialEq)]
pub struct Late {
    /// The workload.
    pub workload: String,
    /// The job.
    pub job: String,
    /// Runs that take longer than their deadline.
    pub late: f64,
    /// Starts that find a run going: skipped, killing it, or running beside it.
    pub meeting: f64,
    /// Days of phases about which nobody can tell.
    pub days_unknown: f64,
}

impl Cost {
    /// What `strategy` costs.
    pub(super) fn of(strategy: &StrategyRun, placements: &[PlacementAnalysis], scenario: &Scenario) -> Self {
        let phases = Phases { phases: &strategy.phases, placements };
        let days_where = |test: &dyn Fn(&PlacementAnalysis) -> bool| {
            phases.each().filter(|(_, p)| p.is_some_and(test)).map(|(days, _)| days).fold(0.0, Add::add)
        };
        let read_only = strategy.phases.iter().flat_map(|p| &p.events).filter(|e| e.kind == "read-only");
        Self {
            days: phases.each().map(|(days, _)| days).sum(),
            days_split: days_where(&|p| p.workloads.iter().any(WorkloadAnalysis::split)),
            days_unknown: phases.each().filter(|(_, p)| p.is_none()).map(|(days, _)| days).fold(0.0, Add::add),
            read_only_minutes: read_only.map(|e| e.lasts_ns as f64 / 60e9).fold(0.0, Add::add),
            phases: strategy.phases.len(),
            moves: strategy.phases.iter().map(|p| p.moves.len()).sum(),
            exposure: (0..scenario.workloads.len())
                .filter_map(|w| phases.exposure(w, &scenario.workloads[w]))
                .collect(),
            slow: (0..scenario.workloads.len()).filter_map(|w| phases.slow(w, &scenario.workloads[w])).collect(),
            late: (0..scenario.workloads.len()).flat_map(|w| phases.late(w, &scenario.workloads[w])).collect(),
        }
    }
}

/// A strategy's phases with the placements that they point at.
#[derive(Clone, Copy)]
struct Phases<'a> {
    phases: &'a [PhaseRun],
    placements: &'a [PlacementAnalysis],
}

impl<'a> Phases<'a> {
    /// Each phase: its days, and its placement if it was measured.
    fn each(self) -> impl Iterator<Item = (f64, Option<&'a PlacementAnalysis>)> {
        let at = move |phase: &PhaseRun| phase.placement.map(|i| &self.placements[i]);
        self.phases.iter().map(move |phase| (Nanos(phase.lasts_ns).as_days_f64(), at(phase)))
    }
    /// Each phase: its days, the index of its placement, and the workload's blend if there is one.
    fn blends(self, workload: usize) -> impl Iterator<Item = (f64, Option<(usize, &'a Blend)>)> {
        let at = move |phase: &PhaseRun| {
            let index = phase.placement?;
            Some((index, self.placements[index].workloads[workload].blend.as_ref()?))
        };
        self.phases.iter().map(move |phase| (Nanos(phase.lasts_ns).as_days_f64(), at(phase)))
    }
    /// Σ days × (mean − first mean). Phases that share a placement share its error, so days are added up first.
    fn exposure(self, index: usize, workload: &Workload) -> Option<Exposure> {
        if matches!(workload.kind, WorkloadKind::Startup(_)) {
            return None;
        }
        let mut days: BTreeMap<usize, (f64, &Blend)> = BTreeMap::new();
        let (mut missing, mut at_least) = (0.0, false);
        let first = self.blends(index).next().and_then(|(_, blend)| blend);
        for (lasts, blend) in self.blends(index) {
            let (Some((placement, blend)), Some((base, from))) = (blend, first) else {
                missing += lasts;
                continue;
            };
            days.entry(placement).or_insert((0.0, blend)).0 += lasts;
            days.entry(base).or_insert((0.0, from)).0 -= lasts;
            at_least |= self.placements[placement].workloads[index].grows() || blend.unended > 0.01;
        }
        let value: f64 = days.values().map(|(d, b)| d * b.mean.value / 1e6).sum();
        let error = |(d, b): &(f64, &Blend)| if *d == 0.0 { 0.0 } else { d * (b.mean.high - b.mean.value) / 1e6 / Z95 };
        let half = Z95 * days.values().map(|d| error(d).powi(2)).sum::<f64>().sqrt();
        let n = days.values().map(|(_, b)| b.mix.count()).sum();
        let known = first.map(|_| Estimate { value, low: value - half, high: value + half, n });
        Some(Exposure { workload: workload.name.clone(), ms_days: known, at_least, days_missing: missing })
    }
    /// Journeys beyond the limit of the highest quantile, and those that failed.
    fn slow(self, index: usize, workload: &Workload) -> Option<Slow> {
        let limit = workload.objective.quantiles.iter().max_by(|a, b| a.0.total_cmp(&b.0))?.1;
        let rate = arrivals_per_day(workload)?;
        let mut slow =
            Slow { workload: workload.name.clone(), limit_ns: limit.0, journeys: 0.0, of: 0.0, days_missing: 0.0 };
        for (days, blend) in self.blends(index) {
            let Some((_, blend)) = blend else {
                slow.days_missing += days;
                continue;
            };
            let failed = blend.failed.map_or(0.0, |f| f.value);
            slow.journeys += days * rate * (failed + (1.0 - failed) * blend.mix.share_above(limit.0));
            slow.of += days * rate;
        }
        Some(slow)
    }
    /// Runs of each job that has a deadline.
    fn late(self, index: usize, workload: &Workload) -> Vec<Late> {
        let WorkloadKind::Cron(jobs) = &workload.kind else { return Vec::new() };
        let of = |job: &crate::scenario::CronJob| {
            let mut late = Late {
                workload: workload.name.clone(),
                job: job.name.clone(),
                late: 0.0,
                meeting: 0.0,
                days_unknown: 0.0,
            };
            for (days, placement) in self.each() {
                late.add(days, placement.map(|p| &p.workloads[index]));
            }
            late
        };
        let limited = |job: &&crate::scenario::CronJob| workload.objective.deadline.or(job.deadline).is_some();
        jobs.iter().filter(limited).map(of).collect()
    }
}

impl Late {
    /// Adds the runs of a phase.
    fn add(&mut self, days: f64, measured: Option<&WorkloadAnalysis>) {
        let check =
            measured.and_then(|w| w.checks.iter().find(|c| c.quantity == Quantity::Duration && c.part == self.job));
        let per_day = measured.and_then(|w| {
            let of_job = w.arms.iter().flat_map(|a| &a.jobs).filter(|j| j.name == self.job);
            of_job.filter_map(|j| j.per_day).max_by(|a, b| (a.skips + a.overlaps).total_cmp(&(b.skips + b.overlaps)))
        });
        match (check.map(|c| c.verdict), per_day) {
            (Some(Verdict::Missed), Some(day)) => {
                self.late += days * (day.starts - day.skips);
                self.meeting += days * (day.overlaps + day.skips + day.kills);
            }
            (Some(Verdict::Held), Some(day)) => self.meeting += days * (day.overlaps + day.skips + day.kills),
            _ => self.days_unknown += days,
        }
    }
}

/// Journeys a day at the scenario's full mean rate; `None` for what does not arrive.
pub(super) fn arrivals_per_day(workload: &Workload) -> Option<f64> {
    let per_second = match &workload.kind {
        WorkloadKind::Http(http) => http.arrivals.rate.0,
        WorkloadKind::Queue(queues) => queues.iter().map(|q| q.arrivals.rate.0).sum(),
        WorkloadKind::Cron(_) | WorkloadKind::Startup(_) => return None,
    };
    Some(per_second * 86_400.0)
}
