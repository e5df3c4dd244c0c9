//! A placement made ready to be performed: arrivals and journeys, expanded and seeded.
//!
//! Both engines walk what is made here, so that they do the same calls in the same order. Pure:
//! pacing is arithmetic over an index, a journey's random choices (repeat counts, hits, pauses,
//! rows) are drawn from the seed when it is expanded, and nothing here knows a clock. Not for:
//! waiting, sending, measuring.

pub mod day;
pub mod expand;
pub mod expected;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod horizon;
pub mod pacer;
pub mod restart;
pub mod script;
pub mod volume;
pub mod width;

use rand::Rng;

use crate::scenario::{Scenario, WorkloadKind};
use crate::seed::Seed;
use crate::strategy::{Arm, Placement};
use crate::units::Nanos;

/// One placement, ready to be performed.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What a reader should call it: the first phase that has it.
    pub label: String,
    /// Where everything is.
    pub placement: Placement,
    /// Where random choices start: the same for all placements of a scenario, so that the same journeys arrive at the
    /// same times in each, and their differences are of the placements (common random numbers).
    pub seed: Seed,
    /// Arrivals and limits are multiplied by this.
    pub scale: f64,
    /// How long to warm up, measure and drain.
    pub windows: Windows,
}

/// How long the parts of a measurement are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Load without recording.
    pub warm_up: Nanos,
    /// Arrivals in this time are recorded.
    pub measure: Nanos,
    /// How long recorded journeys may still take.
    pub drain: Nanos,
}

impl Default for Windows {
    /// What lets a scenario of a dozen placements pass in under 100 s.
    fn default() -> Self {
        Self { warm_up: Nanos::from_secs(1), measure: Nanos::from_millis(4_500), drain: Nanos::from_secs(2) }
    }
}

impl Plan {
    /// The plan of a placement.
    pub fn new(scenario: &Scenario, label: &str, placement: &Placement, scale: f64, windows: Windows) -> Self {
        let seed = Seed(scenario.seed.stream("plan", 0).next_u64());
        Self { label: label.to_owned(), placement: placement.clone(), seed, scale, windows }
    }
    /// How long to load before recording: grows with the longest expected http or queue journey, up to
    /// twice the asked time, so that what is in flight is steady when recording starts.
    pub fn warm_up(&self, scenario: &Scenario) -> Nanos {
        let of = |arm: &Arm| match &scenario.workloads[arm.workload.0].kind {
            WorkloadKind::Http(http) => expected::mix(scenario, arm, &http.mix, self.placement.condition),
            WorkloadKind::Queue(queues) => {
                let each = queues.iter().map(|q| expected::mix(scenario, arm, &q.mix, self.placement.condition));
                each.max().unwrap_or_default()
            }
            WorkloadKind::Cron(_) | WorkloadKind::Startup(_) => Nanos::ZERO,
        };
        let longest = self.placement.arms.iter().map(of).max().unwrap_or_default();
        longest.min(self.windows.warm_up * 2).max(self.windows.warm_up)
    }
}

/// The part of a limit of `n` (workers, consumers, connections of a pool) that goes with `part` of the load.
///
/// As many as fall to the part on average, and one standard deviation more (of `n` things of which each
/// falls to it with this probability), rounded up. A small part varies more in relation, so in exact
/// proportion it would wait where the whole does not: 1 % of 128 workers is 3, 20 % is 31, all is all.
pub fn limit(n: u32, part: f64) -> u32 {
    let part = part.clamp(0.0, 1.0);
    let mean = f64::from(n) * part;
    // Decimal fractions are not exact: a crumb above a whole number is none.
    ((mean + (mean * (1.0 - part)).sqrt() - 1e-6).ceil() as u32).clamp(1, n.max(1))
}

/// The same in exact proportion, rounded, at least one: for what decides how long work takes (serial loops of a
/// cron job) or is counted (instances that boot).
pub fn portion(n: u32, part: f64) -> u32 {
    ((f64::from(n) * part).round() as u32).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{CLOUD, KUBERNETES, query, scenario, share, strategy};
    use crate::scenario::{Count, Step};
    use crate::strategy::distinct;

    fn plan(queries: u32) -> (Scenario, Plan) {
        let mut scenario = scenario(vec![Step::Repeat { times: Count::Fixed(queries), steps: vec![query()] }]);
        scenario.strategies = vec![strategy("s", vec![vec![share(0, CLOUD, KUBERNETES, 1.0)]])];
        let placements = distinct(&scenario).placements;
        let plan = Plan::new(&scenario, &placements[0].0, &placements[0].1, 1.0, Windows::default());
        (scenario, plan)
    }

    #[test]
    fn warm_up_grows_with_the_longest_journey_to_twice() {
        // 3 round trips for the connection and 1 + 15 ms for each query.
        for (queries, ms) in [(1, 1_000), (100, 1_645), (10_000, 2_000)] {
            let (scenario, plan) = plan(queries);
            assert_eq!(plan.warm_up(&scenario), Nanos::from_millis(ms), "{queries} queries");
        }
    }

    #[test]
    fn placements_share_their_random_numbers_and_scenarios_do_not() {
        let (mut scenario, first) = plan(1);
        let seed = |scenario: &Scenario| Plan::new(scenario, "x", &first.placement, 1.0, Windows::default()).seed;
        assert_eq!(seed(&scenario), first.seed);
        scenario.seed = Seed(scenario.seed.0 + 1);
        assert_ne!(seed(&scenario), first.seed);
    }

    #[test]
    fn limits_shrink_with_the_load_and_small_parts_keep_some_room() {
        for (n, part, with_room, exact) in [
            (128, 0.01, 3, 1),
            (128, 0.2, 31, 26),
            (128, 0.99, 128, 127),
            (128, 1.0, 128, 128),
            (8, 0.2, 3, 2),
            (4, 1.0, 4, 4),
            (1, 0.001, 1, 1),
            (10, 0.5, 7, 5),
        ] {
            assert_eq!((limit(n, part), portion(n, part)), (with_room, exact), "{n} × {part}");
        }
    }
}
