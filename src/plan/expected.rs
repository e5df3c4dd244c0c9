//! How long steps should take: distance, the store's own time, and pauses.
//!
//! From these follow the intended starts of a journey's later calls (the intended start of the call
//! before plus its expected time), the length of the warm-up, and how far a start-up has come. Nothing
//! that is reported as measured comes from here. Waiting of any kind is not expected.

use super::script::{Op, Script, ScriptRequest, ScriptSql};
use crate::scenario::{
    Call, ConnectionPolicy, Connections, Get, Jitter, JourneyId, Link, Mix, OnReuse, Prepared, Query, Request,
    Scenario, Step, StoreId, StoreKind, Write,
};
use crate::strategy::{Arm, Condition, copy_of, targets};
use crate::units::Nanos;

/// The mean of what jitter adds to one crossing.
pub fn jitter_mean(jitter: &Jitter) -> Nanos {
    match jitter {
        Jitter::None => Nanos::ZERO,
        Jitter::Constant(time) => *time,
        Jitter::Uniform(most) => most.scale(0.5),
        // Half of a normal distribution, the other half at zero: sd / √(2π).
        Jitter::Normal { sd } => sd.scale(1.0 / (2.0 * std::f64::consts::PI).sqrt()),
        Jitter::Lognormal { mean, .. } => *mean,
        // Lomax: scale / (shape − 1).
        Jitter::Pareto { scale, shape } => scale.scale(1.0 / (shape - 1.0)),
        Jitter::Percentiles(points) => percentiles_mean(points),
    }
}

/// The mean of a distribution that is linear between points: its quantile function's integral.
fn percentiles_mean(points: &[(f64, Nanos)]) -> Nanos {
    let between = points.windows(2).map(|p| (p[1].0 - p[0].0) * (p[0].1.0 + p[1].1.0) as f64 / 2.0);
    let before = points.first().map_or(0.0, |p| p.0 * p.1.0 as f64);
    let after = points.last().map_or(0.0, |p| (1.0 - p.0) * p.1.0 as f64);
    Nanos((before + between.sum::<f64>() + after).round() as u64)
}

/// A round trip over a link: the RTT and the mean jitter of both crossings.
pub fn round_trip(link: &Link) -> Nanos {
    link.rtt.0 + jitter_mean(&link.jitter) * 2
}

/// Round trips of one call on a connection that knows its statement already.
pub fn trips(request: &ScriptRequest) -> u32 {
    match request {
        ScriptRequest::Sql(ScriptSql { prepared: Prepared::Each, .. }) => 2,
        _ => 1,
    }
}

/// Round trips until a connection may be used: MySQL TCP, greeting, login and set-up; Memcached TCP.
pub fn connect_trips(kind: &StoreKind, connections: &Connections) -> u32 {
    match kind {
        StoreKind::Mysql(_) => 3 + connections.set_up,
        StoreKind::Memcached(_) => 1,
    }
}

/// The time of all steps, parallel branches by the longest; connections are not in it.
pub fn script(arm: &Arm, script: &Script) -> Nanos {
    script.0.iter().map(|step| op(arm, step)).sum()
}

/// The time of one step.
pub fn op(arm: &Arm, step: &Op) -> Nanos {
    match step {
        Op::Think(time) => *time,
        Op::Call(call) => trip(arm, call.store) * u64::from(trips(&call.request)) + call.service,
        Op::Begin(store) => trip(arm, *store),
        Op::Commit(store, service) => trip(arm, *store) + *service,
        Op::Parallel(branches) => branches.iter().map(|b| script(arm, b)).max().unwrap_or_default(),
    }
}

/// A round trip between an arm and a store.
pub fn trip(arm: &Arm, store: StoreId) -> Nanos {
    arm.links[store.0].as_ref().map_or(Nanos::ZERO, round_trip)
}

/// The mean time of a mix's longest journey, with what its connections cost.
pub fn mix(scenario: &Scenario, arm: &Arm, mix: &Mix, condition: Condition) -> Nanos {
    let longest = mix.0.iter().map(|(id, _)| journey(scenario, arm, *id, condition)).max();
    longest.unwrap_or_default()
}

/// The mean time of a journey, with what its connections cost and its platform adds.
pub fn journey(scenario: &Scenario, arm: &Arm, id: JourneyId, condition: Condition) -> Nanos {
    let steps = &scenario.journeys[id.0].steps;
    let mut mean = Mean { scenario, arm, condition, called: vec![false; scenario.stores.len()], inside: Vec::new() };
    let work = mean.steps(steps);
    let called = std::mem::take(&mut mean.called);
    let connect = (0..called.len()).filter(|store| called[*store]).map(|store| mean.connect(StoreId(store)));
    let connect: f64 = connect.sum();
    scenario.platforms[arm.platform.0].overhead + Nanos((work + connect).round() as u64)
}

/// Sums the means of steps, in nanoseconds.
struct Mean<'a> {
    scenario: &'a Scenario,
    arm: &'a Arm,
    condition: Condition,
    called: Vec<bool>,
    /// Stores with an open transaction.
    inside: Vec<StoreId>,
}

impl Mean<'_> {
    fn steps(&mut self, steps: &[Step]) -> f64 {
        steps.iter().map(|step| self.step(step)).sum()
    }
    fn step(&mut self, step: &Step) -> f64 {
        match step {
            Step::Call(call) => self.call(call),
            Step::Repeat { times, steps } => times.mean() * self.steps(steps),
            Step::Parallel(branches) => branches.iter().map(|b| self.steps(b)).fold(0.0, f64::max),
            Step::Transaction(transaction) => {
                let store = transaction.store;
                self.called[store.0] = true;
                let ends = trip(self.arm, store) * 2 + self.scenario.stores[store.0].commit().mean();
                self.inside.push(store);
                let steps = self.steps(&transaction.steps);
                self.inside.pop();
                ends.0 as f64 + steps
            }
            Step::Think(think) => think.mean().0 as f64,
        }
    }
    fn call(&mut self, Call { store, request }: &Call) -> f64 {
        let work = self.scenario.stores[store.0].service(request).mean().0 as f64;
        let trips = match request {
            Request::Query(Query { prepared, .. }) | Request::Write(Write { prepared, .. }) => {
                prepared_trips(*prepared)
            }
            _ => 1.0,
        };
        let trip = self.trip(*store, request);
        let missed = match request {
            Request::Get(get) => self.missed(*store, get) * self.steps(&get.on_miss),
            _ => 0.0,
        };
        trip * trips + work + missed
    }
    /// The mean of a round trip for a call, to the store or to a copy of it. Reads after a write count as others do.
    fn trip(&mut self, store: StoreId, request: &Request) -> f64 {
        let to = |target: StoreId| trip(self.arm, target).0 as f64;
        let pinned = copy_of(&self.arm.copies, store).map_or(0.0, |copy| copy.pinned.0);
        let targets: Vec<StoreId> = targets(&self.arm.copies, store, request, &self.inside).collect();
        let mean = match targets.as_slice() {
            [copy, itself, ..] => (1.0 - pinned) * to(*copy) + pinned * to(*itself),
            one => one.iter().map(|target| to(*target)).sum(),
        };
        targets.iter().for_each(|target| self.called[target.0] = true);
        mean
    }
    /// How likely a `get` misses a key at least.
    fn missed(&self, store: StoreId, get: &Get) -> f64 {
        let store = copy_of(&self.arm.copies, store).map_or(store, |copy| copy.copy);
        if matches!(self.condition, Condition::Cold(cold, _) if cold == store) {
            1.0
        } else {
            1.0 - get.hit.0.powf(f64::from(get.keys))
        }
    }
    /// What a journey pays for its connection to a store.
    fn connect(&self, store: StoreId) -> f64 {
        let workload = &self.scenario.workloads[self.arm.workload.0];
        let kind = &self.scenario.stores[store.0].kind;
        let connections = match kind {
            StoreKind::Mysql(_) => &workload.mysql,
            StoreKind::Memcached(_) => &workload.memcached,
        };
        let trips = match (connections.policy, connections.on_reuse, kind) {
            (ConnectionPolicy::PerJourney, ..) => connect_trips(kind, connections),
            (_, OnReuse::Nothing, _) | (.., StoreKind::Memcached(_)) => 0,
            (_, OnReuse::Ping | OnReuse::Reset, _) => 1,
            (_, OnReuse::Relogin, _) => 2,
        };
        f64::from(trips) * trip(self.arm, store).0 as f64
    }
}

fn prepared_trips(prepared: Prepared) -> f64 {
    if prepared == Prepared::Each { 2.0 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::expand::{Expansion, expand};
    use crate::plan::fixtures::{CLOUD, KUBERNETES, get, query, scenario, share, strategy, write};
    use crate::scenario::{Count, Think, Transaction};
    use crate::seed::Seed;

    fn remote(steps: Vec<Step>) -> (Scenario, Arm) {
        let mut scenario = scenario(steps);
        scenario.strategies = vec![strategy("s", vec![vec![share(0, CLOUD, KUBERNETES, 1.0)]])];
        let arm = crate::strategy::expand(&scenario, 0)[0].placement.arms[0].clone();
        (scenario, arm)
    }

    #[test]
    fn jitter_means() {
        let ms = Nanos::from_millis;
        for (jitter, us) in [
            (Jitter::None, 0),
            (Jitter::Constant(ms(2)), 2_000),
            (Jitter::Uniform(ms(2)), 1_000),
            (Jitter::Normal { sd: ms(1) }, 398),
            (Jitter::Lognormal { mean: ms(1), sd: ms(9) }, 1_000),
            (Jitter::Pareto { scale: ms(2), shape: 3.0 }, 1_000),
            (Jitter::Percentiles(vec![(0.0, ms(0)), (0.5, ms(2)), (1.0, ms(4))]), 2_000),
        ] {
            assert_eq!(jitter_mean(&jitter).0 / 1_000, us, "{jitter:?}");
        }
    }

    #[test]
    fn a_journey_takes_what_its_parts_take() {
        // Over 15 ms: per-journey connections cost 3 and 1 round trips; a query takes 1 ms, a get 0.05 ms.
        let think = Step::Think(Think::Constant(Nanos::from_millis(4)));
        let transaction = Step::Transaction(Transaction { store: StoreId(0), locks: None, steps: vec![write()] });
        let repeat = Step::Repeat { times: Count::Fixed(3), steps: vec![query()] };
        for (steps, us) in [
            (vec![query()], 45_000 + 16_000),
            (vec![repeat], 45_000 + 48_000),
            (vec![think.clone()], 4_000),
            (vec![get(2, 1.0, vec![query()])], 60_000 + 15_050),
            (vec![get(1, 0.5, vec![query()])], 60_000 + 15_050 + 8_000),
            (vec![transaction], 45_000 + 15_000 + 16_000 + 16_000),
            (vec![Step::Parallel(vec![vec![query(), query()], vec![think]])], 45_000 + 32_000),
        ] {
            let (scenario, arm) = remote(steps.clone());
            let mean = journey(&scenario, &arm, JourneyId(0), Condition::Steady);
            assert_eq!(mean, Nanos::from_micros(us), "{steps:?}");
        }
    }

    #[test]
    fn a_fixed_journey_and_its_script_agree() {
        let steps = vec![get(2, 1.0, vec![]), query(), Step::Parallel(vec![vec![write()], vec![query(), query()]])];
        let (scenario, arm) = remote(steps);
        let made = expand(&scenario, JourneyId(0), &mut Seed(1).stream("j", 0), Expansion::default());
        let connect = Nanos::from_millis(60);
        assert_eq!(script(&arm, &made) + connect, journey(&scenario, &arm, JourneyId(0), Condition::Steady));
    }
}
