//! What a scenario costs before anything is performed: round trips by step and cause, and what distance makes of them.
//!
//! Pure arithmetic over the scenario, in milliseconds. All times are those of an idle system: no waiting for
//! workers, connections, row locks or a busy store, and no bandwidth limit, so a loaded system takes at least as
//! long. What waiting adds is for the engines. Not for: text (`cli::explain`).

mod connecting;
mod counts;
mod load;
mod path;
mod saving;
mod steps;
pub mod waterfall;

pub use connecting::{StoreConnecting, connecting};
pub use counts::{counts, unit};
pub use load::{Limit, Need, WorkloadCost};
pub use saving::{Saving, Times, savings, times};
pub use steps::{StepCost, Wait};

use crate::scenario::trips::{self, Trips};
use crate::scenario::{JourneyId, Scenario, Workload};
use crate::units::Nanos;

/// A scenario, explained.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// Its name.
    pub name: String,
    /// The round-trip times that are looked at, rising.
    pub rtts: Vec<Nanos>,
    /// Every journey that a workload performs, once for each way of connecting.
    pub journeys: Vec<JourneyCost>,
    /// Every workload; of a queue or cron workload each queue or job.
    pub workloads: Vec<WorkloadCost>,
    /// The steps that cross the link most often, all workloads together, most first.
    pub costliest: Vec<Costly>,
}

/// One journey as some workloads perform it.
#[derive(Debug, Clone, PartialEq)]
pub struct JourneyCost {
    /// Its name.
    pub name: String,
    /// The workloads that perform it this way.
    pub performers: Vec<String>,
    /// For its connections, by store.
    pub connecting: Vec<(String, StoreConnecting)>,
    /// Its steps, in order.
    pub steps: Vec<StepCost>,
    /// On the typical path.
    pub typical: Trips,
    /// The mean over its random choices, connections included, parallel branches each counted.
    pub mean_round_trips: f64,
    /// Mean bytes of requests and of replies, protocol included, connections not.
    pub bytes: (f64, f64),
    /// The mean time at each RTT, with all its stores at that distance.
    pub times: Vec<Nanos>,
}

/// A step with all the load on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Costly {
    /// Who performs it.
    pub workload: String,
    /// In which journey.
    pub journey: String,
    /// What is asked.
    pub step: String,
    /// Of which store.
    pub store: String,
    /// Mean round trips a journey.
    pub round_trips: f64,
    /// Mean round trips a second.
    pub per_second: f64,
}

/// How many costliest steps are told.
const COSTLIEST: usize = 10;

/// Explains a scenario at these round-trip times.
pub fn explain(scenario: &Scenario, rtts: &[Nanos]) -> Explained {
    Explained {
        name: scenario.name.clone(),
        rtts: rtts.to_vec(),
        journeys: (0..scenario.journeys.len()).flat_map(|id| journey(scenario, JourneyId(id), rtts)).collect(),
        workloads: scenario.workloads.iter().flat_map(|w| load::costs(scenario, w, rtts)).collect(),
        costliest: costliest(scenario),
    }
}

/// The steps that cross the link most often, all workloads together, most first.
pub fn costliest(scenario: &Scenario) -> Vec<Costly> {
    let mut all: Vec<Costly> = scenario.workloads.iter().flat_map(|w| costly(scenario, w)).collect();
    all.sort_by(|a, b| b.per_second.total_cmp(&a.per_second));
    all.truncate(COSTLIEST);
    all
}

/// The distinct round-trip times of the scenario's own links, rising.
pub fn rtts_of(scenario: &Scenario) -> Vec<Nanos> {
    let mut all: Vec<Nanos> = scenario.links.between.values().map(|link| link.rtt.0).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Workloads that connect alike are told together; a journey that nobody performs is only part of others.
fn journey(scenario: &Scenario, id: JourneyId, rtts: &[Nanos]) -> Vec<JourneyCost> {
    let mut found: Vec<JourneyCost> = Vec::new();
    for (_, workload) in trips::performers(scenario, id) {
        let all = connecting(scenario, id, workload).into_iter();
        let named: Vec<(String, StoreConnecting)> =
            all.map(|its| (scenario.stores[its.store.0].name.clone(), its)).collect();
        match found.iter_mut().find(|known| known.connecting == named) {
            Some(known) => known.performers.push(workload.name.clone()),
            None => found.push(cost(scenario, id, workload, named, rtts)),
        }
    }
    found
}

fn cost(
    scenario: &Scenario,
    id: JourneyId,
    workload: &Workload,
    connecting: Vec<(String, StoreConnecting)>,
    rtts: &[Nanos],
) -> JourneyCost {
    let steps = steps::of_journey(scenario, id);
    let connect: f64 = connecting.iter().map(|(_, its)| its.mean()).sum();
    let paths = path::sample(scenario, id, workload, path::SAMPLES_FOR_MEAN);
    JourneyCost {
        name: scenario.journeys[id.0].name.clone(),
        performers: vec![workload.name.clone()],
        typical: trips::count(scenario, id, &workload.mysql, &workload.memcached),
        mean_round_trips: connect + steps.iter().map(|step| step.round_trips).sum::<f64>(),
        bytes: steps.iter().fold((0.0, 0.0), |sum, step| (sum.0 + step.bytes.0, sum.1 + step.bytes.1)),
        times: rtts.iter().map(|rtt| path::mean(&paths, *rtt)).collect(),
        connecting,
        steps,
    }
}

/// The steps of all journeys of a workload, connecting among them, with their rates.
pub fn costly(scenario: &Scenario, workload: &Workload) -> Vec<Costly> {
    let mut all: Vec<Costly> = Vec::new();
    for (id, rate) in load::journey_rates(workload) {
        let journey = &scenario.journeys[id.0].name;
        let connects = connecting(scenario, id, workload).into_iter().map(|its| {
            let store = scenario.stores[its.store.0].name.clone();
            (format!("connections to {store}"), store, its.mean())
        });
        let steps = steps::of_journey(scenario, id).into_iter();
        let steps = steps.filter_map(|step| Some((step.what, step.store?, step.round_trips)));
        let costs = connects.chain(steps).filter(|(_, _, round_trips)| *round_trips > 0.0);
        all.extend(costs.map(|(step, store, round_trips)| Costly {
            store,
            workload: workload.name.clone(),
            journey: journey.clone(),
            step,
            round_trips,
            per_second: round_trips * rate,
        }));
    }
    all
}

#[cfg(test)]
mod tests;
