//! One workload at one placement: its arms, their blend, and what became of each objective.
//!
//! The blend is what the workload's users feel together, so objectives are judged by it; each arm
//! is judged by itself too, because 1 % of the journeys can be very slow without moving a p99.
//! An invalid placement has objectives and verdicts, and no numbers. Not for: strategies (`cost`).

use crate::measure::{Estimate, Hist, Z95};
use crate::runfile::{ArmRun, PlacementRun};
use crate::scenario::{CronJob, Scenario, Workload, WorkloadKind};
use crate::units::Nanos;

use super::arm::{ArmAnalysis, QUANTILES, blend};
use super::load::{self, Growth, StartFacts};
use super::mix::Mix;
use super::verdict::{self, Check, Measured, Quantity, Verdict};
use super::words;

/// One workload at one placement.
#[derive(Debug, Clone)]
pub struct WorkloadAnalysis {
    /// Its name.
    pub name: String,
    /// `http`, `queue`, `cron` or `startup`.
    pub kind: &'static str,
    /// Its arms by themselves, the part that has not moved first.
    pub arms: Vec<ArmAnalysis>,
    /// What each arm's own numbers say about the objectives on response times and failures.
    pub arm_checks: Vec<Vec<Check>>,
    /// All arms together; `None` if there is no valid measurement of every arm.
    pub blend: Option<Blend>,
    /// Every objective, judged.
    pub checks: Vec<Check>,
}

/// All arms of a workload together.
#[derive(Debug, Clone)]
pub struct Blend {
    /// The distribution.
    pub mix: Mix,
    /// Quantiles of the response time; `None` where samples do not support one.
    pub response: Vec<(f64, Option<Measured>)>,
    /// The mean response time. Of cron: of an item, each job weighted by the items that its schedule asks for, since how many
    /// of which job a window sees depends on the window; `None` if a job has none.
    pub mean: Option<Estimate>,
    /// The share of journeys that failed.
    pub failed: Option<Estimate>,
    /// Share of samples that are ages of journeys that had not ended.
    pub unended: f64,
}

impl WorkloadAnalysis {
    /// Analyses one workload at one placement.
    pub(in crate::analysis) fn of(
        workload: &Workload,
        placement: &PlacementRun,
        scenario: &Scenario,
        scale: f64,
    ) -> Self {
        let runs: Vec<&ArmRun> = placement.arms.iter().filter(|a| a.workload == workload.name).collect();
        let valid = placement.invalid.is_empty();
        let analyse = |arm: &&ArmRun| {
            if valid { ArmAnalysis::of(arm, workload, scenario, scale) } else { ArmAnalysis::unmeasured(arm, scenario) }
        };
        let arms: Vec<_> = runs.iter().map(analyse).collect();
        let blend = if valid { Blend::of(workload, &runs, &arms) } else { None };
        let mut checks = checks(workload, &arms, blend.as_ref());
        if !valid {
            let told = |check: Check| check.without(Verdict::Invalid, "this placement's measurement is invalid");
            checks = checks.into_iter().map(told).collect();
        }
        let arm_checks = if valid && runs.len() > 1 {
            runs.iter().zip(&arms).map(|(run, arm)| arm_alone(workload, run, arm)).collect()
        } else {
            Vec::new()
        };
        Self { name: workload.name.clone(), kind: workload.kind.word(), arms, arm_checks, blend, checks }
    }
    /// The verdict on all objectives together: the worst; `None` without objectives.
    pub fn verdict(&self) -> Option<Verdict> {
        self.checks.iter().map(|c| c.verdict).max()
    }
    /// The objective that is farthest beyond its limit (or nearest to it), with value ÷ limit.
    pub fn worst(&self) -> Option<(&Check, f64)> {
        let rated = self.checks.iter().filter_map(|c| c.ratio().map(|r| (c, r)));
        rated.rev().max_by(|a, b| a.0.heavier(b.0))
    }
    /// Some arm is away from a store that it uses.
    pub fn split(&self) -> bool {
        self.arms.iter().any(|a| a.remote && a.share > 0.0)
    }
    /// The share of its journeys that fail, whether or not any ended well; `None` without a valid measurement of every arm.
    pub fn failed(&self) -> Option<f64> {
        let failures: Vec<_> = self.arms.iter().map(ArmAnalysis::failures).collect();
        verdict::failure_share(&failures).map(|share| share.value)
    }
    /// A queue of it grows without bound.
    pub fn grows(&self) -> bool {
        let growing = |q: &load::QueueFacts| matches!(q.growth, Growth::Growing(_)) && q.day.is_none();
        self.arms.iter().flat_map(|a| &a.queues).any(growing)
    }
}

impl Blend {
    /// The share of journeys that failed or took longer than `limit`, in nanoseconds.
    pub(super) fn slow_share(&self, limit: u64) -> f64 {
        let failed = self.failed.map_or(0.0, |f| f.value);
        failed + (1.0 - failed) * self.mix.share_above(limit)
    }
    fn of(workload: &Workload, runs: &[&ArmRun], arms: &[ArmAnalysis]) -> Option<Self> {
        let mix = blend(runs)?;
        let total: f64 = arms.iter().map(|a| a.share).sum();
        let unended = arms.iter().map(|a| a.share / total * a.unended()).sum();
        let failures: Vec<_> = arms.iter().map(ArmAnalysis::failures).collect();
        Some(Self {
            response: QUANTILES.map(|q| (q, quantile(&mix, q, unended))).into(),
            mean: if let WorkloadKind::Cron(jobs) = &workload.kind { items(jobs, runs) } else { Some(mix.mean()) },
            failed: verdict::failure_share(&failures),
            unended,
            mix,
        })
    }
}

/// A quantile of response times of which some are ages of journeys that had not ended.
///
/// Those could belong anywhere above: the upper end of the interval is taken as much farther up
/// the distribution as there are of them, and where that leaves the distribution the quantile is a
/// lower bound.
fn quantile(mix: &Mix, q: f64, unended: f64) -> Option<Measured> {
    let mut measured = Measured::plain(mix.estimate(q)?);
    if unended > 0.0 {
        let reach = q + Z95 * (q * (1.0 - q) / mix.count() as f64).sqrt() + unended;
        measured.at_least = reach >= 1.0;
        measured.estimate.high = measured.estimate.high.max(mix.at(reach.min(1.0)));
    }
    Some(measured)
}

/// Every objective of a workload, judged.
fn checks(workload: &Workload, arms: &[ArmAnalysis], blend: Option<&Blend>) -> Vec<Check> {
    let objective = &workload.objective;
    let name = &workload.name;
    let mix = blend.map(|b| (&b.mix, b.unended));
    let judge = |&(q, limit): &(f64, Nanos)| judge_quantile(name, q, limit, mix, arms.len());
    let mut all: Vec<Check> = objective.quantiles.iter().map(judge).collect();
    if let Some(limit) = objective.errors {
        let failures: Vec<_> = arms.iter().map(ArmAnalysis::failures).collect();
        all.push(verdict::errors(name, &failures, limit.0));
    }
    match &workload.kind {
        WorkloadKind::Queue(_) => all.extend(oldest(workload, arms)),
        WorkloadKind::Cron(_) => all.extend(durations(workload, arms)),
        WorkloadKind::Startup(_) => all.extend(ready(workload, arms)),
        WorkloadKind::Http(_) => {}
    }
    all
}

/// A quantile against its limit; `mix` has the times, with the share of them that are ages of the unended.
///
/// Where the samples do not support the quantile, a lower quantile beyond the limit still tells that it is missed.
fn judge_quantile(name: &str, q: f64, limit: Nanos, mix: Option<(&Mix, f64)>, arms: usize) -> Check {
    let quantity = Quantity::Quantile(q);
    let absent = |why: &str| Check::of(name, quantity, limit.0 as f64, None, why);
    let Some((mix, unended)) = mix else {
        return absent(if arms > 1 { "an arm has no sample" } else { "no sample" });
    };
    if let Some(measured) = quantile(mix, q, unended) {
        return Check::of(name, quantity, limit.0 as f64, Some(measured), "");
    }
    let n = words::count(mix.count());
    if let Some(estimate) = mix.at_least(q).filter(|e| e.low > limit.0 as f64) {
        let bound = Measured { estimate, extrapolated: false, at_least: true };
        return Check::of(
            name,
            quantity,
            limit.0 as f64,
            Some(bound),
            &format!("n = {n} too few for more than a bound"),
        );
    }
    match mix.over(limit.0) {
        0 => absent(&format!("n = {n} too few, none over {}", words::time(limit.0 as f64))),
        over => absent(&format!("n = {n} too few, {over} over {}", words::time(limit.0 as f64))),
    }
}

/// The mean item of a cron workload: jobs weighted by items × runs a day.
fn items(jobs: &[CronJob], runs: &[&ArmRun]) -> Option<Estimate> {
    let each = jobs.iter().map(|job| {
        let parts = runs.iter().flat_map(|run| &run.parts).filter(|part| part.name == job.name);
        let mut times = Hist::new();
        parts.filter_map(|part| part.cron.as_ref()).for_each(|seen| times.merge(&seen.item_time));
        (job.items as f64 / job.every.0.max(1) as f64, times)
    });
    let mean = Mix::of(each.collect())?.mean();
    mean.high.is_finite().then_some(mean)
}

/// What one arm's own numbers say, beside the other arms of its workload.
fn arm_alone(workload: &Workload, run: &ArmRun, arm: &ArmAnalysis) -> Vec<Check> {
    let alone = blend(&[&ArmRun { share: 1.0, ..run.clone() }]);
    let mix = alone.as_ref().map(|mix| (mix, arm.unended()));
    let objective = &workload.objective;
    let quantiles = objective.quantiles.iter().map(|&(q, limit)| judge_quantile(&workload.name, q, limit, mix, 1));
    let failures = [arm.failures()];
    let errors = objective.errors.map(|limit| verdict::errors(&workload.name, &failures, limit.0));
    quantiles.chain(errors).collect()
}

/// The worst of several judgements of one thing.
fn worst(all: impl Iterator<Item = Check>) -> Option<Check> {
    all.max_by(|a, b| a.verdict.cmp(&b.verdict).then(a.heavier(b)))
}

/// The oldest job of each queue. A queue that grows passes every limit in time.
fn oldest(workload: &Workload, arms: &[ArmAnalysis]) -> Vec<Check> {
    let Some(limit) = workload.objective.oldest else { return Vec::new() };
    let WorkloadKind::Queue(queues) = &workload.kind else { return Vec::new() };
    let judged = |queue: &load::QueueFacts| {
        let value = queue.oldest_ns as f64;
        let n = queue.jobs;
        let seen = Measured::plain(Estimate { value, low: value, high: value, n });
        if let Some(day) = queue.day {
            let worst = Measured { estimate: day.oldest, extrapolated: true, at_least: false };
            let mut check = Check::of(&queue.name, Quantity::Oldest, limit.0 as f64, Some(worst), "");
            check.why =
                format!("{} jobs wait at worst, and are drained in the quieter hours", words::digits(day.backlog));
            return check;
        }
        let mut check = Check::of(&queue.name, Quantity::Oldest, limit.0 as f64, Some(seen), "");
        match queue.growth {
            Growth::Growing(per_hour) => {
                check.verdict = Verdict::Missed;
                check.measured = Some(Measured { at_least: true, ..seen });
                check.why = format!("falls behind by {} jobs an hour", words::digits(per_hour));
            }
            Growth::CannotTell if check.verdict == Verdict::Held => {
                check.verdict = Verdict::CannotTell;
                check.why = "cannot tell whether it keeps up".into();
            }
            _ => {}
        }
        check
    };
    let of = |name: &str| {
        let seen = arms.iter().flat_map(|a| &a.queues).filter(|q| q.name == name).map(judged);
        worst(seen).unwrap_or_else(|| Check::of(name, Quantity::Oldest, limit.0 as f64, None, "was not seen"))
    };
    queues.iter().map(|q| of(&q.name)).collect()
}

/// The length of a run of each job.
fn durations(workload: &Workload, arms: &[ArmAnalysis]) -> Vec<Check> {
    let WorkloadKind::Cron(jobs) = &workload.kind else { return Vec::new() };
    let of = |plan: &crate::scenario::CronJob| {
        let limit = load::deadline(workload.objective.deadline, plan)?.0 as f64;
        let judge =
            |measured| Check::of(&plan.name, Quantity::Duration, limit, measured, absent(measured, "no item ended"));
        let seen = arms.iter().flat_map(|a| &a.jobs).filter(|j| j.name == plan.name).map(|j| judge(j.duration));
        Some(worst(seen).unwrap_or_else(|| judge(None)))
    };
    jobs.iter().filter_map(of).collect()
}

/// The time until all instances are ready.
fn ready(workload: &Workload, arms: &[ArmAnalysis]) -> Option<Check> {
    let limit = workload.objective.ready?.0 as f64;
    let judge = |measured| {
        Check::of(&workload.name, Quantity::Ready, limit, measured, absent(measured, "no instance became ready"))
    };
    let of_arm = |seen: &StartFacts| {
        let mut check = judge(seen.last);
        // However long the limit: what has failed never becomes ready.
        if let Some((kind, failed)) = &seen.failed {
            check.verdict = Verdict::Missed;
            check.why = format!("{failed} of {} instances fail ({kind})", seen.instances);
        }
        check
    };
    let seen = arms.iter().filter_map(|a| a.startup.as_ref()).map(of_arm);
    Some(worst(seen).unwrap_or_else(|| judge(None)))
}

/// The reason, if there is no number.
const fn absent(measured: Option<Measured>, why: &str) -> &str {
    if measured.is_none() { why } else { "" }
}
