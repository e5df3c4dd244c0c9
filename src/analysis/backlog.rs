//! What a queue that falls behind comes to over the calendar, if nobody does anything.
//!
//! A window of seconds tells how quickly a backlog grows; phases tell for how long. It drains in later phases as quickly as their
//! spare capacity lets it. With a daily shape the measured hour is the busiest: what it leaves behind is reckoned over the day
//! (`load::QueueDay`), and is unknown where no hour drains it.
//! Not for: whether a queue keeps up (`load`).

use crate::runfile::StrategyRun;
use crate::scenario::{Queue, Scenario, Shape, WorkloadKind};

use super::PlacementAnalysis;
use super::load::{Growth, QueueFacts};

/// One queue over a strategy's calendar.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Backlog {
    /// The workload.
    pub workload: String,
    /// The queue.
    pub queue: String,
    /// The most jobs waiting: at the end of a phase in which it falls behind, or seen in a window.
    pub peak: f64,
    /// The phase with that many; empty if none waits anywhere.
    pub phase: String,
    /// It falls behind in some phase.
    pub grows: bool,
    /// The oldest job at worst, in nanoseconds: backlog ÷ arrivals where it falls behind, else as seen.
    pub oldest_ns: f64,
    /// Jobs that are done twice, over the calendar.
    pub duplicates: f64,
    /// Jobs killed at their time-out, over the calendar.
    pub killed: f64,
    /// Days of phases about which nobody can tell.
    pub days_unknown: f64,
}

impl Backlog {
    /// Every queue of every workload, in file order.
    pub(super) fn all(
        strategy: &StrategyRun,
        placements: &[PlacementAnalysis],
        scenario: &Scenario,
        scale: f64,
    ) -> Vec<Self> {
        let mut all = Vec::new();
        for (index, workload) in scenario.workloads.iter().enumerate() {
            let WorkloadKind::Queue(queues) = &workload.kind else { continue };
            for queue in queues {
                let mut it = Self { workload: workload.name.clone(), queue: queue.name.clone(), ..Self::default() };
                let mut waiting = 0.0;
                for phase in &strategy.phases {
                    let days = phase.lasts_ns as f64 / 86_400e9;
                    let arms = phase.placement.map_or(&[][..], |at| &placements[at].workloads[index].arms);
                    let facts = arms.iter().map(|arm| (arm.share, arm.queues.iter().find(|q| q.name == queue.name)));
                    let facts: Option<Vec<(f64, &QueueFacts)>> = facts.map(|(share, f)| Some((share, f?))).collect();
                    match facts.filter(|facts| !facts.is_empty()) {
                        Some(facts) => it.phase((&phase.name, days), queue, &facts, scale, &mut waiting),
                        None => it.days_unknown += days,
                    }
                }
                all.push(it);
            }
        }
        all
    }
    /// Adds a phase; `waiting` is the backlog that the phases before have left.
    fn phase(
        &mut self,
        (name, days): (&str, f64),
        queue: &Queue,
        facts: &[(f64, &QueueFacts)],
        scale: f64,
        waiting: &mut f64,
    ) {
        let seen = facts.iter().map(|(_, f)| f.backlog_end.max(f.backlog_start) as f64).sum::<f64>() / scale;
        let oldest = facts.iter().map(|(_, f)| f.oldest_ns as f64).fold(0.0, f64::max);
        self.oldest_ns = self.oldest_ns.max(oldest);
        let flat = queue.arrivals.shape == Shape::Flat;
        let per_hour = facts.iter().map(|(share, f)| change(queue, *share, f)).sum::<Option<f64>>();
        let per_day = 24.0 * 3_600.0 * queue.arrivals.rate.0;
        for (share, f) in facts.iter().filter(|(_, f)| f.jobs > 0) {
            let jobs = days * per_day * share / f.jobs as f64;
            self.duplicates += jobs * f.duplicates as f64;
            self.killed += jobs * f.killed as f64;
        }
        // What a day leaves behind in its busiest hours and drains in the others, where it drains all of it.
        let drained: Vec<_> = facts.iter().filter_map(|(_, f)| f.day).collect();
        let growing = facts.iter().filter(|(_, f)| matches!(f.growth, Growth::Growing(_))).count();
        let mut day = 0.0;
        match per_hour {
            Some(_) if growing > 0 && drained.len() == growing => {
                day = drained.iter().map(|day| day.backlog).sum();
                self.oldest_ns = drained.iter().map(|day| day.oldest.value).fold(self.oldest_ns, f64::max);
                *waiting = 0.0;
            }
            Some(per_hour) if per_hour > 0.0 && !flat => self.days_unknown += days,
            Some(per_hour) if per_hour > 0.0 => {
                self.grows = true;
                *waiting += per_hour * 24.0 * days;
                let age = *waiting / queue.arrivals.rate.0 * 1e9;
                self.oldest_ns = self.oldest_ns.max(age);
            }
            Some(per_hour) => *waiting = (*waiting + per_hour * 24.0 * days).max(0.0),
            None => self.days_unknown += days,
        }
        let now = waiting.max(seen).max(day);
        if now > self.peak {
            (self.peak, self.phase) = (now, name.into());
        }
    }
}

/// How the backlog of one arm changes in an hour, at the whole load; `None` if nobody can tell.
fn change(queue: &Queue, share: f64, facts: &QueueFacts) -> Option<f64> {
    match facts.growth {
        Growth::Growing(per_hour) => Some(per_hour),
        // What its consumers could do beyond what arrives.
        Growth::Stable => Some(-3_600.0 * queue.arrivals.rate.0 * share * (1.0 / facts.load?.value - 1.0)),
        Growth::CannotTell => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::load::QueueDay;
    use crate::measure::Estimate;
    use crate::scenario::{Arrivals, Mix, Pacing};
    use crate::units::Rate;

    fn facts(load: f64) -> QueueFacts {
        let growth = if load > 1.0 { Growth::Growing(36_000.0 * (1.0 - 1.0 / load)) } else { Growth::Stable };
        QueueFacts {
            name: "mails".into(),
            arrived_per_s: 10.0,
            done_per_s: 10.0,
            consumers: 4,
            jobs: 1_000,
            load: Some(Estimate { value: load, low: load, high: load, n: 1_000 }),
            growth,
            day: None,
            backlog_start: 0,
            backlog_end: 2,
            oldest_ns: 5,
            redelivered: 1,
            duplicates: 1,
            killed: 0,
        }
    }

    fn mails(shape: Shape) -> Queue {
        Queue {
            name: "mails".into(),
            mix: Mix(vec![]),
            arrivals: Arrivals { rate: Rate(10.0), pacing: Pacing::Poisson, shape },
            consumers: 4,
            job_timeout: None,
            redeliver_after: None,
        }
    }

    #[test]
    fn a_day_that_drains_its_own_backlog_leaves_nothing_to_the_next() {
        let queue = mails(Shape::Daily((0..24).map(|hour| if hour == 12 { 2.0 } else { 0.9 }).collect()));
        let oldest = Estimate { value: 60e9, low: 50e9, high: 70e9, n: 9 };
        let drains = QueueFacts { day: Some(QueueDay { backlog: 500.0, oldest }), ..facts(1.5) };
        let mut it = Backlog::default();
        let mut waiting = 0.0;
        it.phase(("noon", 14.0), &queue, &[(1.0, &drains)], 1.0, &mut waiting);
        assert_eq!((it.peak, it.grows, it.oldest_ns, it.days_unknown, waiting), (500.0, false, 60e9, 0.0, 0.0));
        // Nothing drains it, and the busiest hour does not last all day: nobody knows.
        it.phase(("more", 2.0), &queue, &[(1.0, &facts(1.5))], 1.0, &mut waiting);
        assert_eq!((it.days_unknown, it.grows), (2.0, false));
    }

    #[test]
    fn a_backlog_grows_for_as_long_as_its_phase_and_drains_afterwards() {
        let queue = mails(Shape::Flat);
        let mut it = Backlog::default();
        let mut waiting = 0.0;
        let mut phase = |it: &mut Backlog, name: &str, load: f64| {
            it.phase((name, 1.0), &queue, &[(1.0, &facts(load))], 1.0, &mut waiting);
            waiting
        };
        assert!(phase(&mut it, "before", 0.5).abs() < 1e-9 && !it.grows && (it.peak - 2.0).abs() < 1e-9);
        // At twice what its consumers do, half of 864,000 a day is left; at half of it, one day drains two such days.
        assert!((phase(&mut it, "away", 2.0) - 432_000.0).abs() < 1e-6);
        assert!((it.oldest_ns - 43_200e9).abs() < 1.0 && it.phase == "away", "{it:?}");
        assert!(phase(&mut it, "back", 0.5).abs() < 1e-9);
        assert!((it.peak - 432_000.0).abs() < 1e-6 && (it.duplicates - 3.0 * 864.0).abs() < 1e-6, "{it:?}");
    }
}
