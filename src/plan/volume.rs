//! How many exchanges with stores a placement asks for: what performing it costs a simulation.
//!
//! Means, like `expected`: nothing that is reported as measured comes from here, and what fails or is asked again
//! is not in it. Not for: how long any of it takes.

use super::{day, expected, portion};
use crate::scenario::{
    Arrivals, Call, ConnectionPolicy, Connections, CronJob, JourneyId, Mix, OnReuse, Prepared, Request, Scenario,
    Shape, Step, StoreKind, WorkloadKind,
};
use crate::strategy::{Arm, Condition, copy_of};
use crate::units::Nanos;

/// What one arm asks for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Volume {
    /// Journeys a second that arrive (http, queue), at the busiest; none of other kinds.
    pub arrivals: f64,
    /// Exchanges a second while its load goes on; what workers cannot take up is not in it.
    pub per_second: f64,
    /// Jobs on a schedule.
    pub jobs: Vec<Job>,
    /// Exchanges of all instances that boot.
    pub boot: f64,
    /// The longest mean journey of http and queue, and the time until all instances are ready.
    pub longest: Nanos,
    /// How long it takes until what is in flight is steady.
    pub settles: Nanos,
    /// How long callers wait before they give up for good.
    pub patience: Nanos,
    /// How long a ramp of the arrivals takes.
    pub ramp: Nanos,
}

/// A job on a schedule.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Job {
    /// From one start to the next, in seconds.
    pub every: f64,
    /// Items of a run.
    pub items: f64,
    /// Items a second while a run goes on.
    pub pace: f64,
    /// Exchanges of one item.
    pub exchanges: f64,
}

impl Job {
    /// How long a run takes, in seconds.
    pub fn run(&self) -> f64 {
        self.items / self.pace
    }
    /// Items done until `t` seconds after the first start; runs that meet are not counted twice.
    pub fn items_until(&self, t: f64) -> f64 {
        let of_run = |t: f64| (t * self.pace).min(self.items);
        let whole = (t / self.every).floor();
        whole * of_run(self.every) + of_run(t - whole * self.every)
    }
}

/// The volume of one arm, at `scale`, in a condition.
pub fn of_arm(scenario: &Scenario, arm: &Arm, condition: Condition, scale: f64) -> Volume {
    let part = arm.share.0 * scale;
    let of = Of { scenario, arm, condition };
    let mut volume = Volume::default();
    match &scenario.workloads[arm.workload.0].kind {
        WorkloadKind::Http(http) => {
            let workers = super::limit(http.workers, part);
            volume.serve(
                &of,
                &http.mix,
                busiest(&day::at(scenario, condition, &http.arrivals)) * part,
                workers,
                f64::from(http.backlog) * part,
            );
            volume.patience = http.timeout.map_or(Nanos::ZERO, |timeout| timeout * (u64::from(http.retries) + 1));
            volume.ramp = ramp(&http.arrivals);
        }
        WorkloadKind::Queue(queues) => {
            for queue in queues {
                let consumers = super::limit(queue.consumers, part);
                volume.serve(
                    &of,
                    &queue.mix,
                    busiest(&day::at(scenario, condition, &queue.arrivals)) * part,
                    consumers,
                    0.0,
                );
                volume.ramp = volume.ramp.max(ramp(&queue.arrivals));
            }
        }
        WorkloadKind::Cron(jobs) => volume.jobs = jobs.iter().map(|job| of.job(job, part)).collect(),
        WorkloadKind::Startup(startup) => {
            let instances = portion(startup.instances, part);
            volume.boot = f64::from(instances) * of.journey(startup.journey);
            volume.longest = startup.stagger + expected::journey(scenario, arm, startup.journey, condition);
        }
    }
    volume
}

/// The highest rate of a shape, a second.
fn busiest(arrivals: &Arrivals) -> f64 {
    let rate = arrivals.rate.0;
    match &arrivals.shape {
        Shape::Flat => rate,
        Shape::Ramp { to, .. } => rate.max(to.0),
        Shape::Daily(hours) => rate * hours.iter().copied().fold(0.0, f64::max),
    }
}

fn ramp(arrivals: &Arrivals) -> Nanos {
    if let Shape::Ramp { over, .. } = &arrivals.shape { *over } else { Nanos::ZERO }
}

/// Longest time that is waited for what may never be steady.
const SETTLES_MOST: f64 = 60.0;

impl Volume {
    /// Adds journeys that arrive `rate` times a second for `workers`, with room for `backlog` more.
    ///
    /// A queue with c servers that are busy for ρ of their time forgets its beginning at about the rate
    /// c/S × (1 − √ρ)² of the M/M/1 queue (Kleinrock, *Queueing Systems* I); one that is overloaded needs the time to fill.
    fn serve(&mut self, of: &Of, mix: &Mix, rate: f64, workers: u32, backlog: f64) {
        let time = expected::mix(of.scenario, of.arm, mix, of.condition);
        let capacity = f64::from(workers) / time.as_secs_f64().max(1e-6);
        self.arrivals += rate;
        self.per_second += rate.min(capacity) * of.mix(mix);
        self.longest = self.longest.max(time);
        let busy = rate / capacity;
        let forgets =
            if busy < 1.0 { 3.0 / (capacity * (1.0 - busy.sqrt()).powi(2)) } else { backlog / (rate - capacity) };
        let settles = (5.0 * time.as_secs_f64() + forgets).min(SETTLES_MOST);
        self.settles = self.settles.max(Nanos::from_secs_f64(settles));
    }
}

struct Of<'a> {
    scenario: &'a Scenario,
    arm: &'a Arm,
    condition: Condition,
}

impl Of<'_> {
    fn job(&self, job: &CronJob, part: f64) -> Job {
        let parallel = portion(job.parallel, part);
        let items = job.items as f64 * f64::from(parallel) / f64::from(job.parallel.max(1));
        let item = expected::journey(self.scenario, self.arm, job.journey, self.condition);
        Job {
            every: job.every.as_secs_f64().max(1e-3),
            items: items.round().max(1.0),
            pace: f64::from(parallel) / item.as_secs_f64().max(1e-6),
            exchanges: self.journey(job.journey),
        }
    }
    /// Exchanges of the mean journey of a mix.
    fn mix(&self, mix: &Mix) -> f64 {
        let total: f64 = mix.0.iter().map(|(_, weight)| weight).sum();
        mix.0.iter().map(|(id, weight)| self.journey(*id) * weight / total).sum()
    }
    /// Exchanges of the mean journey, with those of its connections.
    fn journey(&self, id: JourneyId) -> f64 {
        let mut called = vec![false; self.scenario.stores.len()];
        let calls = self.steps(&self.scenario.journeys[id.0].steps, &mut called);
        let connects = called.iter().enumerate().filter(|(_, called)| **called).map(|(store, _)| self.connect(store));
        calls + connects.sum::<f64>()
    }
    fn connect(&self, store: usize) -> f64 {
        let workload = &self.scenario.workloads[self.arm.workload.0];
        let kind = &self.scenario.stores[store].kind;
        let connections: &Connections = match kind {
            StoreKind::Mysql(_) => &workload.mysql,
            StoreKind::Memcached(_) => &workload.memcached,
        };
        match (connections.policy, connections.on_reuse) {
            (ConnectionPolicy::PerJourney, _) => f64::from(expected::connect_trips(kind, connections)),
            (_, OnReuse::Nothing) => 0.0,
            _ => 1.0,
        }
    }
    fn steps(&self, steps: &[Step], called: &mut [bool]) -> f64 {
        steps.iter().map(|step| self.step(step, called)).sum()
    }
    fn step(&self, step: &Step, called: &mut [bool]) -> f64 {
        match step {
            Step::Call(call) => self.call(call, called),
            Step::Repeat { times, steps } => times.mean() * self.steps(steps, called),
            Step::Parallel(branches) => branches.iter().map(|branch| self.steps(branch, called)).sum(),
            Step::Transaction(transaction) => {
                called[transaction.store.0] = true;
                2.0 + self.steps(&transaction.steps, called)
            }
            Step::Think(_) => 0.0,
        }
    }
    fn call(&self, Call { store, request }: &Call, called: &mut [bool]) -> f64 {
        called[store.0] = true;
        let trips = |prepared: Prepared| if prepared == Prepared::Each { 2.0 } else { 1.0 };
        match request {
            Request::Get(get) => {
                let asked = copy_of(&self.arm.copies, *store).map_or(*store, |copy| copy.copy);
                let cold = matches!(self.condition, Condition::Cold(cold, _) if cold == asked);
                let missed = if cold { 1.0 } else { 1.0 - get.hit.0.powf(f64::from(get.keys)) };
                1.0 + missed * self.steps(&get.on_miss, called)
            }
            Request::Query(query) => trips(query.prepared),
            Request::Write(write) => trips(write.prepared),
            _ => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{CLOUD, KUBERNETES, get, query, scenario, share, strategy, write};
    use crate::scenario::{Count, StoreId, Transaction};

    fn volume(steps: Vec<Step>) -> Volume {
        let mut scenario = scenario(steps);
        scenario.strategies = vec![strategy("s", vec![vec![share(0, CLOUD, KUBERNETES, 1.0)]])];
        let arm = crate::strategy::expand(&scenario, 0)[0].placement.arms[0].clone();
        of_arm(&scenario, &arm, Condition::Steady, 1.0)
    }

    #[test]
    fn exchanges_are_counted_with_their_connections() {
        let transaction = Step::Transaction(Transaction { store: StoreId(0), locks: None, steps: vec![write()] });
        let repeat = Step::Repeat { times: Count::Fixed(3), steps: vec![query()] };
        let branches = Step::Parallel(vec![vec![query()], vec![query(), query()]]);
        // Connecting: 3 to MySQL, 1 to Memcached.
        for (steps, exchanges) in [
            (vec![query()], 4.0),
            (vec![repeat], 6.0),
            (vec![get(1, 0.5, vec![query()])], 4.0 + 1.5),
            (vec![transaction], 6.0),
            (vec![branches], 6.0),
        ] {
            let volume = volume(steps.clone());
            // 8 workers take 100 a second if a journey takes less than 80 ms.
            let served = (8.0 / volume.longest.as_secs_f64()).min(100.0);
            assert!((volume.per_second - served * exchanges).abs() < 1e-6, "{steps:?}: {volume:?}");
        }
    }

    #[test]
    fn runs_of_a_job_do_their_items_and_rest() {
        let job = Job { every: 100.0, items: 50.0, pace: 2.0, exchanges: 3.0 };
        assert!((job.run() - 25.0).abs() < 1e-9);
        for (t, items) in [(10.0, 20.0), (60.0, 50.0), (100.0, 50.0), (110.0, 70.0), (250.0, 150.0)] {
            assert!((job.items_until(t) - items).abs() < 1e-9, "{t}");
        }
        let long = Job { items: 1e6, ..job };
        assert!((long.items_until(250.0) - 500.0).abs() < 1e-9);
    }

    #[test]
    fn a_busier_pool_of_workers_takes_longer_to_settle() {
        let (little, much) = (volume(vec![query()]), volume(vec![query(), query()]));
        // 61 ms and 77 ms of 80: 5 journeys and what the queue remembers.
        assert!(little.settles < much.settles && much.settles <= Nanos::from_secs(60), "{little:?} {much:?}");
        assert!((little.arrivals - 100.0).abs() < 1e-9 && little.longest == Nanos::from_millis(61));
    }
}
