//! What a rewritten scenario saves by distance alone: the mean time of its journeys against those of another.
//!
//! Means are those from which the plan derives intended starts ([`crate::plan::expected`]): exact over the journey's
//! own choices, so that two scenarios which differ in one step differ in that step's time and nothing else (drawn
//! journeys would differ by chance too). All stores are at the same distance, nothing waits. Not for: load.

use crate::plan::expected;
use crate::scenario::{ConnectionPolicy, Connections, JourneyId, Link, OnReuse, Scenario, Workload, WorkloadId};
use crate::strategy::{Arm, Condition};
use crate::units::{Fraction, Nanos};

use super::connecting::{StoreConnecting, connecting};
use super::load::journey_rates;

/// A journey of a workload, before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct Saving {
    /// Which journey.
    pub journey: String,
    /// Who performs it.
    pub workload: String,
    /// Performed so often a second, at its busiest; 0 for startup, which is not steady.
    pub rate: f64,
    /// Its mean time before.
    pub before: Nanos,
    /// Its mean time after.
    pub after: Nanos,
}

impl Saving {
    /// Seconds that one journey is quicker; negative if it is slower.
    pub fn seconds(&self) -> f64 {
        self.before.as_secs_f64() - self.after.as_secs_f64()
    }
    /// Seconds saved in each second of load.
    pub fn per_second(&self) -> f64 {
        self.seconds() * self.rate
    }
}

/// The times of a scenario's journeys with all stores at one distance.
#[derive(Debug, Clone)]
pub struct Times {
    all: Vec<(WorkloadId, JourneyId, f64, Nanos)>,
}

/// The mean time of every journey that a workload performs, at this RTT.
pub fn times(scenario: &Scenario, rtt: Nanos) -> Times {
    let still = connected(scenario);
    let mut all: Vec<(WorkloadId, JourneyId, f64, Nanos)> = Vec::new();
    for (index, workload) in scenario.workloads.iter().enumerate() {
        let id = WorkloadId(index);
        for (journey, rate) in journey_rates(workload) {
            match all.iter_mut().find(|it| (it.0, it.1) == (id, journey)) {
                Some(known) => known.2 += rate,
                None => all.push((id, journey, rate, time(scenario, &still, (id, workload), journey, rtt))),
            }
        }
    }
    Times { all }
}

/// The scenario with connections that cost nothing, to tell what calls cost from what connections cost.
fn connected(scenario: &Scenario) -> Scenario {
    let mut still = scenario.clone();
    for workload in &mut still.workloads {
        let kept = Connections { policy: ConnectionPolicy::Persistent, set_up: 0, on_reuse: OnReuse::Nothing };
        (workload.mysql, workload.memcached) = (kept, kept);
    }
    still
}

/// The work, and the connections to each store with the probability that the journey calls it at all.
fn time(
    scenario: &Scenario,
    still: &Scenario,
    (id, workload): (WorkloadId, &Workload),
    journey: JourneyId,
    rtt: Nanos,
) -> Nanos {
    let links = vec![Some(Link::plain(rtt)); scenario.stores.len()];
    let (site, platform) = (workload.site, workload.platform);
    let arm = Arm { workload: id, site, platform, share: Fraction(1.0), links, copies: Vec::new() };
    let connect = rtt.scale(connecting(scenario, journey, workload).iter().map(StoreConnecting::mean).sum());
    expected::journey(still, &arm, journey, Condition::Steady).saturating_add(connect)
}

/// Journeys whose time differs. Both scenarios have the same workloads, which perform the same journeys.
pub fn savings(scenario: &Scenario, before: &Times, after: &Times) -> Vec<Saving> {
    let pairs = before.all.iter().zip(&after.all).filter(|(was, is)| was.3 != is.3);
    pairs
        .map(|(was, is)| Saving {
            journey: scenario.journeys[was.1.0].name.clone(),
            workload: scenario.workloads[was.0.0].name.clone(),
            rate: was.2,
            before: was.3,
            after: is.3,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{get, query, scenario};
    use crate::scenario::{Count, Step};

    #[test]
    fn a_saving_is_round_trips_times_distance() {
        let repeat = |times| vec![Step::Repeat { times: Count::Fixed(times), steps: vec![query()] }];
        let (long, short) = (scenario(repeat(20)), scenario(repeat(5)));
        let rtt = Nanos::from_millis(15);
        let all = savings(&long, &times(&long, rtt), &times(&short, rtt));
        assert_eq!(all.len(), 2, "two workloads perform it");
        // 15 calls less, each 15 ms away and 1 ms of work; connecting is the same.
        assert!((all[0].seconds() - 15.0 * 0.016).abs() < 1e-9, "{all:?}");
        assert!((all[0].per_second() - all[0].rate * 15.0 * 0.016).abs() < 1e-9);
        assert!(savings(&long, &times(&long, rtt), &times(&long, rtt)).is_empty());
    }

    #[test]
    fn connections_count_as_often_as_they_are_needed() {
        // Per journey: three round trips to MySQL, one to Memcached.
        let rtt = Nanos::from_millis(10);
        let maybe = |chance| Step::Repeat { times: Count::Chance(Fraction(chance)), steps: vec![query()] };
        let work = 11.0;
        for (steps, millis) in [
            (vec![query()], 30.0 + work),
            (vec![maybe(0.2)], 0.2 * (30.0 + work)),
            (vec![maybe(0.5), maybe(0.5)], 0.75 * 30.0 + work),
            (vec![get(1, 0.9, vec![query()])], 20.05 + 0.1 * (30.0 + work)),
            (vec![Step::Parallel(vec![vec![query()], vec![query()]])], 60.0 + work),
        ] {
            let found = times(&scenario(steps.clone()), rtt).all[0].3.as_millis_f64();
            assert!((found - millis).abs() < 1e-3, "{steps:?}: {found} instead of {millis}");
        }
    }
}
