//! The last phase against the first: is everybody better or worse off when it is over?
//!
//! A ratio of two estimates has the interval of their worst cases (lowest ÷ highest, highest ÷ lowest), which is wider than 95 %
//! and needs no assumption. Not for: the way there (`cost`).

use crate::measure::Estimate;
use crate::runfile::StrategyRun;
use crate::scenario::{Scenario, WorkloadKind};

use super::PlacementAnalysis;
use super::load::JobFacts;
use super::workload::{Blend, WorkloadAnalysis};

/// One workload at the end, against its beginning.
#[derive(Debug, Clone, PartialEq)]
pub struct LastToFirst {
    /// The workload.
    pub workload: String,
    /// One measurement serves both phases: nothing has changed that a response time depends on.
    pub same: bool,
    /// Of the median response time (of boots: their time); not of cron items, which are of several jobs.
    pub p50: Option<Ratio>,
    /// Of the 99th percentile.
    pub p99: Option<Ratio>,
    /// Of the mean.
    pub mean: Option<Ratio>,
    /// Of the run whose length has changed most (cron).
    pub run: Option<(String, Ratio)>,
}

/// A number divided by the same number of the first phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// The quotient.
    pub value: f64,
    /// Not less than this.
    pub low: f64,
    /// Not more than this.
    pub high: f64,
    /// The first phase's number, in nanoseconds.
    pub first: f64,
    /// The last phase's.
    pub last: f64,
}

impl Ratio {
    /// `last ÷ first`; `None` where the first is nothing.
    pub fn of(first: &Estimate, last: &Estimate) -> Option<Self> {
        (first.low > 0.0).then(|| Self {
            value: last.value / first.value,
            low: last.low / first.high,
            high: last.high / first.low,
            first: first.value,
            last: last.value,
        })
    }
    /// Surely less.
    pub fn better(&self) -> bool {
        self.high < 1.0
    }
    /// Surely more.
    pub fn worse(&self) -> bool {
        self.low > 1.0
    }
}

impl LastToFirst {
    /// Each workload, in file order.
    pub(super) fn all(strategy: &StrategyRun, placements: &[PlacementAnalysis], scenario: &Scenario) -> Vec<Self> {
        let at = |phase: Option<&crate::runfile::PhaseRun>| phase.and_then(|p| p.placement);
        let ends = (at(strategy.phases.first()), at(strategy.phases.last()));
        let of = |(index, workload): (usize, &crate::scenario::Workload)| {
            let mut it = Self {
                workload: workload.name.clone(),
                same: ends.0.is_some() && ends.0 == ends.1,
                p50: None,
                p99: None,
                mean: None,
                run: None,
            };
            if let (Some(first), Some(last)) = ends {
                let ends = (&placements[first].workloads[index], &placements[last].workloads[index]);
                it.compare(ends, matches!(workload.kind, WorkloadKind::Cron(_)));
            }
            it
        };
        scenario.workloads.iter().enumerate().map(of).collect()
    }
    fn compare(&mut self, (first, last): (&WorkloadAnalysis, &WorkloadAnalysis), runs: bool) {
        if let (Some(first), Some(last)) = (&first.blend, &last.blend) {
            // Percentiles of items of several jobs depend on which of them a window saw.
            let quantile = |q| (!runs).then(|| Ratio::of(&known(first, q)?, &known(last, q)?)).flatten();
            (self.p50, self.p99) = (quantile(0.5), quantile(0.99));
            self.mean = first.mean.zip(last.mean).and_then(|(first, last)| Ratio::of(&first, &last));
        }
        if runs {
            let jobs = |w: &WorkloadAnalysis| w.arms.iter().flat_map(|a| a.jobs.clone()).collect::<Vec<JobFacts>>();
            let later = jobs(last);
            let ratio = |job: &JobFacts| {
                let after = later.iter().find(|other| other.name == job.name)?.duration?.estimate;
                Some((job.name.clone(), Ratio::of(&job.duration?.estimate, &after)?))
            };
            let far = |ratio: &Ratio| (ratio.value.ln()).abs();
            self.run = jobs(first).iter().filter_map(ratio).max_by(|a, b| far(&a.1).total_cmp(&far(&b.1)));
        }
    }
    /// Surely worse in its median, its mean or a run.
    pub fn worse(&self) -> bool {
        !self.same && [self.p50, self.mean, self.run.as_ref().map(|r| r.1)].iter().flatten().any(Ratio::worse)
    }
}

/// A quantile that is no mere bound.
fn known(blend: &Blend, quantile: f64) -> Option<Estimate> {
    let found = blend.response.iter().find(|r| (r.0 - quantile).abs() < 1e-9)?.1?;
    (!found.at_least).then_some(found.estimate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_takes_the_worst_of_both_intervals() {
        let of = |value: f64, half: f64| Estimate { value, low: value - half, high: value + half, n: 10 };
        let ratio = Ratio::of(&of(100.0, 10.0), &of(150.0, 30.0)).expect("something to divide by");
        assert!((ratio.value - 1.5).abs() < 1e-9 && (ratio.low - 120.0 / 110.0).abs() < 1e-9, "{ratio:?}");
        assert!((ratio.high - 2.0).abs() < 1e-9 && ratio.worse() && !ratio.better());
        let equal = Ratio::of(&of(100.0, 10.0), &of(105.0, 10.0)).expect("something to divide by");
        assert!(!equal.worse() && !equal.better());
        assert_eq!(Ratio::of(&of(0.0, 0.0), &of(1.0, 0.0)), None);
    }
}
