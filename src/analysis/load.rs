//! What queues, cron jobs and booting instances showed, beyond response times.
//!
//! A window of seconds is turned into statements about days here: whether a queue keeps up (from
//! its load, not from how its backlog wandered), how often runs of a job meet. Not for: verdicts
//! (`workload`).

use std::collections::BTreeMap;

use crate::measure::{Estimate, Z95};
use crate::runfile::{CronRun, PartRun, StartupRun};
use crate::scenario::{CronJob, Overlap, Queue, Shape};
use crate::units::Nanos;

use super::mix::Mix;
use super::verdict::Measured;

/// Whether a queue keeps up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Growth {
    /// Consumers are quicker than arrivals: the backlog stays bounded.
    Stable,
    /// Arrivals are quicker: the backlog grows by this many jobs an hour, at full scale.
    Growing(f64),
    /// The interval of the load holds 1, or too few jobs were done.
    CannotTell,
}

/// One queue on one arm.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueFacts {
    /// Its name.
    pub name: String,
    /// Jobs a second that arrive here, as measured (scaled).
    pub arrived_per_s: f64,
    /// Jobs a second that were done (scaled).
    pub done_per_s: f64,
    /// Jobs performed at once (scaled).
    pub consumers: u32,
    /// Jobs that were worked on to their end, in the measured time.
    pub jobs: u64,
    /// Arrivals × mean working time ÷ consumers: above 1 no queue keeps up.
    pub load: Option<Estimate>,
    /// What follows from it.
    pub growth: Growth,
    /// It falls behind in the busiest hours of a daily shape, and drains in the others: what waits at worst.
    pub day: Option<QueueDay>,
    /// Waiting at the start of the measured time.
    pub backlog_start: u64,
    /// Waiting at its end.
    pub backlog_end: u64,
    /// The oldest wait seen, in nanoseconds.
    pub oldest_ns: u64,
    /// Jobs handed out twice because they took too long.
    pub redelivered: u64,
    /// Jobs done twice.
    pub duplicates: u64,
    /// Jobs killed at their time-out.
    pub killed: u64,
}

/// The day of a queue that falls behind in its busiest hours and drains in the others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QueueDay {
    /// Jobs that wait at worst, at full scale.
    pub backlog: f64,
    /// How long the oldest job waits at worst, in nanoseconds.
    pub oldest: Estimate,
}

/// Hours in which a backlog may settle, before the day that is told.
const SETTLES: usize = 7 * 24;

impl QueueDay {
    /// Reckoned hour by hour, as if jobs were a fluid (waiting from one hour to the next is of so many jobs that their
    /// chance does not count): what arrives beyond the capacity waits, what is left of the capacity drains it. `busiest` is
    /// what arrives a second in the busiest hour; `None` if the shape is flat, or nothing drains it.
    fn of(shape: &Shape, busiest: f64, load: Estimate, scale: f64) -> Option<Self> {
        let Shape::Daily(hours) = shape else { return None };
        let most = busiest_factor(shape);
        let worst = |load: f64| {
            let capacity = busiest / load;
            let over = |hour: usize| (busiest * hours[hour % hours.len()] / most - capacity) * 3_600.0;
            if (0..hours.len()).map(over).sum::<f64>() >= 0.0 {
                return None;
            }
            let (mut waiting, mut worst) = (0.0_f64, 0.0_f64);
            for hour in 0..SETTLES + hours.len() {
                waiting = (waiting + over(hour)).max(0.0);
                worst = if hour < SETTLES { 0.0 } else { worst.max(waiting) };
            }
            Some((worst / scale, worst / capacity * 1e9))
        };
        let (backlog, value) = worst(load.value)?;
        let (_, low) = worst(load.low)?;
        let (_, high) = worst(load.high)?;
        Some(Self { backlog, oldest: Estimate { value, low, high, n: load.n } })
    }
}

/// The busiest hour of a shape, as a multiple of its rate.
fn busiest_factor(shape: &Shape) -> f64 {
    if let Shape::Daily(hours) = shape { hours.iter().copied().fold(0.0, f64::max) } else { 1.0 }
}

/// A queue's facts; `share` of it is on this arm, and everything is `scale` times the real size.
pub(super) fn queue(part: &PartRun, plan: Option<&Queue>, share: f64, scale: f64) -> Option<QueueFacts> {
    let seen = part.queue?;
    let flat = plan.filter(|q| q.arrivals.shape == Shape::Flat);
    let arrives = flat.map_or(seen.arrived_per_s, |q| q.arrivals.rate.0 * share * scale);
    let load = load(part, arrives);
    let growth = match load {
        Some(load) if load.low > 1.0 => Growth::Growing(arrives * (1.0 - 1.0 / load.value) * 3_600.0 / scale),
        Some(load) if load.high < 1.0 => Growth::Stable,
        _ => Growth::CannotTell,
    };
    Some(QueueFacts {
        name: part.name.clone(),
        arrived_per_s: seen.arrived_per_s,
        done_per_s: seen.done_per_s,
        consumers: part.busy.limit,
        jobs: part.service.count(),
        load,
        growth,
        day: load.filter(|_| matches!(growth, Growth::Growing(_))).and_then(|load| {
            let queue = plan?;
            // By the rate of the busiest hour as the scenario has it: what arrived in a window of seconds is chance.
            let busiest = queue.arrivals.rate.0 * share * scale * busiest_factor(&queue.arrivals.shape);
            let of = |value: f64| value * busiest / arrives;
            let load = Estimate { value: of(load.value), low: of(load.low), high: of(load.high), n: load.n };
            QueueDay::of(&queue.arrivals.shape, busiest, load, scale)
        }),
        backlog_start: seen.backlog_start,
        backlog_end: seen.backlog_end,
        oldest_ns: seen.oldest_ns,
        redelivered: seen.redelivered,
        duplicates: seen.duplicates,
        killed: seen.killed,
    })
}

/// Offered load with the interval of the mean working time; `None` under two jobs or without consumers.
fn load(part: &PartRun, arrives_per_s: f64) -> Option<Estimate> {
    if part.service.count() < 2 || part.busy.limit == 0 {
        return None;
    }
    let mean = Mix::of(vec![(1.0, part.service.clone())])?.mean();
    let half = (mean.high - mean.value) * student(mean.n - 1) / Z95;
    let of = |nanos: f64| arrives_per_s * nanos / 1e9 / f64::from(part.busy.limit);
    let (low, high) = (of(mean.value - half).max(0.0), of(mean.value + half));
    Some(Estimate { value: of(mean.value), low, high, n: mean.n })
}

/// The two-sided 95 % quantile of Student's t, which few jobs need.
///
/// Tabled up to four degrees of freedom, then the expansion of Abramowitz and Stegun, 26.7.5 (within 1 %).
pub(super) fn student(freedom: u64) -> f64 {
    const FEW: [f64; 5] = [f64::INFINITY, 12.706, 4.303, 3.182, 2.776];
    let few = usize::try_from(freedom).ok().and_then(|f| FEW.get(f).copied());
    few.unwrap_or_else(|| {
        let (z, n) = (Z95, freedom as f64);
        z + (z.powi(3) + z) / (4.0 * n) + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * n * n)
    })
}

/// One cron job on one arm.
#[derive(Debug, Clone, PartialEq)]
pub struct JobFacts {
    /// Its name.
    pub name: String,
    /// From one start to the next, in nanoseconds.
    pub every_ns: u64,
    /// What happens when runs meet.
    pub overlap: Overlap,
    /// How long a whole run takes.
    pub duration: Option<Measured>,
    /// What follows for a day.
    pub per_day: Option<PerDay>,
    /// Items of a run.
    pub items: u64,
    /// Items that were done in the measured time.
    pub items_done: u64,
    /// The median time of an item, in nanoseconds.
    pub item: Option<Estimate>,
}

/// What a day of a cron job looks like.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PerDay {
    /// Starts on the schedule.
    pub starts: f64,
    /// Starts that find a run going and run beside it.
    pub overlaps: f64,
    /// Starts that find a run going and are skipped.
    pub skips: f64,
    /// Runs that are killed by the next.
    pub kills: f64,
}

impl PerDay {
    /// A day of a job of this length on this schedule: nothing meets while a run fits its interval.
    pub fn expected(duration_ns: f64, every_ns: u64, overlap: Overlap) -> Self {
        let starts = 86_400e9 / every_ns.max(1) as f64;
        let slots = (duration_ns / every_ns.max(1) as f64).ceil().max(1.0);
        let meets = slots > 1.0;
        let when = |policy, value| if meets && overlap == policy { value } else { 0.0 };
        Self {
            starts,
            overlaps: when(Overlap::Allow, starts),
            skips: when(Overlap::Forbid, starts * (1.0 - 1.0 / slots)),
            kills: when(Overlap::Replace, starts),
        }
    }
}

/// A job's facts. A scaled run has fewer items; its duration is put back to the whole.
pub(super) fn job(part: &PartRun, plan: &CronJob) -> Option<JobFacts> {
    let seen = part.cron.as_ref()?;
    let duration = seen.duration.map(|estimate| whole(estimate, seen, part.busy.limit, plan));
    Some(JobFacts {
        name: part.name.clone(),
        every_ns: plan.every.0,
        overlap: plan.overlap,
        duration,
        per_day: duration.map(|d| PerDay::expected(d.estimate.value, plan.every.0, plan.overlap)),
        items: plan.items,
        items_done: seen.items_done,
        item: seen.item_time.estimate(0.5),
    })
}

/// The duration of a run of all items with all its workers.
///
/// Items and workers may have been scaled differently (one worker cannot be halved), so the ratio of
/// items a worker is restored; where that changes anything the result is an extrapolation.
fn whole(estimate: Estimate, seen: &CronRun, workers: u32, plan: &CronJob) -> Measured {
    let each = |items: u64, workers: u32| items as f64 / f64::from(workers.max(1));
    let measured = each(seen.items, if workers == 0 { plan.parallel } else { workers });
    let factor = if seen.items == 0 { 1.0 } else { each(plan.items, plan.parallel) / measured };
    let changed = (factor - 1.0).abs() > 0.01;
    let factor = if changed { factor } else { 1.0 };
    let Estimate { value, low, high, n } = estimate;
    Measured {
        estimate: Estimate { value: value * factor, low: low * factor, high: high * factor, n },
        extrapolated: seen.extrapolated || changed,
        at_least: false,
    }
}

/// Booting instances on one arm.
#[derive(Debug, Clone, PartialEq)]
pub struct StartFacts {
    /// How many were started (scaled).
    pub instances: u32,
    /// How many became ready.
    pub ready: u32,
    /// Why instances ended without being ready: most frequent kind and how many of all kinds; `None` if none did.
    pub failed: Option<(String, u64)>,
    /// Until the last one was.
    pub last: Option<Measured>,
}

/// What booting showed; an instance that never became ready makes the time a lower bound.
pub(super) fn startup(seen: &StartupRun, errors: &BTreeMap<String, u64>) -> StartFacts {
    // Of kinds that are as frequent the first by name, so that the words are the same every time.
    let most = errors.iter().filter(|(_, n)| **n > 0).max_by_key(|(kind, n)| (**n, std::cmp::Reverse(*kind)));
    let unready = seen.ready < seen.instances && !seen.extrapolated;
    let at_least = unready || most.is_some();
    let last = seen.last_ready.map(|estimate| Measured { estimate, extrapolated: seen.extrapolated, at_least });
    let failed = most.map(|(kind, _)| (kind.clone(), errors.values().sum()));
    StartFacts { instances: seen.instances, ready: seen.ready, failed, last }
}

/// The limit of a job: the workload's objective, or the job's own deadline.
pub(super) fn deadline(objective: Option<Nanos>, plan: &CronJob) -> Option<Nanos> {
    objective.or(plan.deadline)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Hist;
    use crate::runfile::{Busy, QueueRun};
    use proptest::prelude::*;

    const MINUTE: u64 = 60_000_000_000;

    #[test]
    fn runs_meet_only_when_they_do_not_fit() {
        let at = |minutes: u64, policy| PerDay::expected((minutes * MINUTE) as f64, 15 * MINUTE, policy);
        assert_eq!(at(15, Overlap::Allow), PerDay { starts: 96.0, ..PerDay::default() });
        assert!((at(16, Overlap::Allow).overlaps - 96.0).abs() < 1e-9);
        assert!((at(16, Overlap::Forbid).skips - 48.0).abs() < 1e-9);
        assert!((at(31, Overlap::Forbid).skips - 64.0).abs() < 1e-9);
        assert!((at(16, Overlap::Replace).kills - 96.0).abs() < 1e-9);
    }

    fn worked(ms: u64, jobs: u64, consumers: u32) -> PartRun {
        let mut service = Hist::new();
        (0..jobs).for_each(|i| service.record(Nanos::from_millis(ms + i % 3)));
        let queue = Some(QueueRun { arrived_per_s: 20.0, done_per_s: 10.0, ..QueueRun::default() });
        PartRun { service, queue, busy: Busy { limit: consumers, mean: 1.0, max: 1 }, ..PartRun::default() }
    }

    #[test]
    fn a_queue_keeps_up_by_its_load() {
        // 20 jobs a second of 400 ms need 8 consumers.
        let growth = |consumers| queue(&worked(399, 100, consumers), None, 1.0, 1.0).expect("a queue").growth;
        assert_eq!(growth(9), Growth::Stable);
        assert_eq!(growth(8), Growth::CannotTell);
        let Growth::Growing(per_hour) = growth(4) else { panic!("half of the consumers do not do") };
        assert!((per_hour - 36_000.0).abs() < 300.0, "{per_hour}");
        let few = |jobs| queue(&worked(399, jobs, 16), None, 1.0, 1.0).expect("a queue").growth;
        assert_eq!((few(1), few(3)), (Growth::CannotTell, Growth::Stable));
    }

    #[test]
    fn what_waits_at_noon_is_drained_at_night() {
        // 12 hours at 1.5 times the mean rate and 12 at half of it; 20 jobs a second at noon.
        let shape = Shape::Daily([[1.5; 12], [0.5; 12]].concat());
        let load = |value: f64| Estimate { value, low: value, high: value, n: 100 };
        // Capacity 16: 4 a second wait for 12 hours, and 9.33 a second are drained.
        let day = QueueDay::of(&shape, 20.0, load(1.25), 1.0).expect("it drains");
        assert!((day.backlog - 4.0 * 12.0 * 3_600.0).abs() < 1e-3, "{day:?}");
        assert!((day.oldest.value - 172_800.0 / 16.0 * 1e9).abs() < 1.0, "{day:?}");
        // Capacity 13.2 is less than what arrives on average: it never drains. A flat shape has no night.
        assert_eq!(QueueDay::of(&shape, 20.0, load(1.51), 1.0), None);
        assert_eq!(QueueDay::of(&Shape::Flat, 20.0, load(1.25), 1.0), None);
    }

    #[test]
    fn few_jobs_have_a_wide_interval() {
        for (freedom, known) in [(1, 12.706), (5, 2.571), (10, 2.228), (30, 2.042), (1_000, 1.962)] {
            assert!((student(freedom) / known - 1.0).abs() < 0.01, "{freedom}: {}", student(freedom));
        }
    }

    proptest! {
        #[test]
        fn skips_never_exceed_starts(duration in 1.0..1e15_f64, every in 1_000_000_000..1_000_000_000_000_u64) {
            for policy in [Overlap::Allow, Overlap::Forbid, Overlap::Replace] {
                let day = PerDay::expected(duration, every, policy);
                prop_assert!(day.skips < day.starts && day.overlaps <= day.starts && day.kills <= day.starts);
            }
        }
    }
}
