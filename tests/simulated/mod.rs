//! Small worlds as scenario text, performed in virtual time. Not for: what is asserted of them.
#![allow(dead_code, unreachable_pub, reason = "every test program uses a part of it")]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use longhaul::engine::calibration::Calibration;
use longhaul::engine::sim::SimEngine;
use longhaul::engine::{Engine, perform_all};
use longhaul::plan::{Plan, Windows};
use longhaul::runfile::{PartRun, PlacementRun};
use longhaul::scenario::{self, Scenario, StoreId};
use longhaul::strategy::{Condition, distinct};
use longhaul::units::Nanos;

/// The stores, by their order in the text.
pub const DB: StoreId = StoreId(0);
pub const CACHE: StoreId = StoreId(1);

/// Nanoseconds of a millisecond and of a second.
pub const MS: u64 = 1_000_000;
pub const S: u64 = 1_000 * MS;

/// Workloads in the cloud, both stores in the data centre, a link between them.
#[derive(Debug, Clone)]
pub struct World {
    pub seed: u64,
    /// Between the sites.
    pub link: String,
    /// Within each site.
    pub local: String,
    pub db: String,
    pub cache: String,
    /// Of the one platform.
    pub overhead: String,
    pub journeys: String,
    pub workloads: String,
    pub strategies: String,
}

impl Default for World {
    fn default() -> Self {
        Self {
            seed: 1,
            link: "rtt: 4ms".into(),
            local: "rtt: 0.5ms".into(),
            db: "service: 1ms".into(),
            cache: "service: 0.05ms".into(),
            overhead: "0ms".into(),
            journeys: String::new(),
            workloads: String::new(),
            strategies: "stay: { phases: [{ name: before, lasts: 1d }] }".into(),
        }
    }
}

impl World {
    /// One journey of these steps, and one workload with these keys in the cloud.
    pub fn of(steps: &str, workload: &str) -> Self {
        Self {
            journeys: format!("page: {{ steps: [{steps}] }}"),
            workloads: format!("work: {{ site: cloud, journey: page, {workload} }}"),
            ..Self::default()
        }
    }
    pub fn text(&self) -> String {
        let Self { seed, link, local, db, cache, overhead, journeys, workloads, strategies } = self;
        format!(
            "format: 1
name: small
about: A test.
seed: {seed}
sites: {{ dc: old, cloud: new }}
links: [{{ within: any, {local} }}, {{ between: [dc, cloud], {link} }}]
stores: {{ db: {{ kind: mysql, site: dc, {db} }}, cache: {{ kind: memcached, site: dc, {cache} }} }}
platforms: {{ vm: {{ overhead: {overhead} }} }}
journeys: {{ {journeys} }}
workloads: {{ {workloads} }}
strategies: {{ {strategies} }}
"
        )
    }
    pub fn scenario(&self) -> Scenario {
        let text = self.text();
        scenario::parse("small", &text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }
    /// Performs the first placement.
    pub fn run(&self, windows: Windows) -> PlacementRun {
        self.run_as(Condition::Steady, windows)
    }
    pub fn run_as(&self, condition: Condition, windows: Windows) -> PlacementRun {
        let scenario = self.scenario();
        let (label, mut placement) = distinct(&scenario).placements.swap_remove(0);
        placement.condition = condition;
        engine(&scenario).perform(&Plan::new(&scenario, &label, &placement, 1.0, windows), &()).expect("performs")
    }
    /// Performs all placements, in the order in which strategies have them.
    pub fn run_all(&self, windows: Windows) -> Vec<PlacementRun> {
        all(&self.scenario(), windows)
    }
    /// The only part of the first placement.
    pub fn part(&self, windows: Windows) -> PartRun {
        only(self.run(windows))
    }
}

fn engine(scenario: &Scenario) -> SimEngine {
    SimEngine::new(scenario, Calibration::default(), Arc::new(AtomicBool::new(false)))
}

/// Performs all placements of a scenario.
pub fn all(scenario: &Scenario, windows: Windows) -> Vec<PlacementRun> {
    perform_all(&mut engine(scenario), scenario, windows, 1.0, &()).expect("performs").placements
}

/// A committed scenario.
pub fn committed(name: &str) -> Scenario {
    edited(name, &[])
}

/// A committed scenario with texts replaced, each of which it must have.
pub fn edited(name: &str, edits: &[(&str, &str)]) -> Scenario {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/{name}.yaml"));
    let mut text = std::fs::read_to_string(path).expect("it is there");
    for (from, to) in edits {
        assert!(text.contains(from), "{name} has no `{from}`");
        text = text.replace(from, to);
    }
    scenario::parse(name, &text).unwrap_or_else(|error| panic!("{error}"))
}

/// Performs the steady state of one phase.
pub fn phase(scenario: &Scenario, strategy: &str, phase: &str, windows: Windows) -> PlacementRun {
    let at = scenario.strategies.iter().position(|s| s.name == strategy).expect("the strategy is there");
    let found = distinct(scenario);
    let of = found.strategies[at].iter().find(|p| p.phase.name == phase).expect("the phase is there");
    let (label, placement) = &found.placements[of.placement];
    engine(scenario).perform(&Plan::new(scenario, label, placement, 1.0, windows), &()).expect("performs")
}

/// Warm-up, measuring and draining in seconds.
pub fn secs(warm_up: f64, measure: f64, drain: f64) -> Windows {
    let [warm_up, measure, drain] = [warm_up, measure, drain].map(Nanos::from_secs_f64);
    Windows { warm_up, measure, drain }
}

/// The only part of the only arm.
pub fn only(mut run: PlacementRun) -> PartRun {
    assert_eq!((run.arms.len(), run.arms[0].parts.len()), (1, 1));
    run.arms.remove(0).parts.remove(0)
}

/// The part of a workload's only arm.
pub fn of<'a>(run: &'a PlacementRun, workload: &str) -> &'a PartRun {
    let mut arms = run.arms.iter().filter(|arm| arm.workload == workload);
    let arm = arms.next().expect("the workload has an arm");
    assert!(arms.next().is_none() && arm.parts.len() == 1);
    &arm.parts[0]
}

/// Exact mean time of the completed journeys, in nanoseconds.
pub fn mean(part: &PartRun) -> f64 {
    part.time.total_ns as f64 / part.completed as f64
}

/// How often the part ended with this error.
pub fn errors(part: &PartRun, kind: &str) -> u64 {
    part.errors.get(kind).copied().unwrap_or_default()
}

/// Asserts that a value is the expected one within a share of it.
#[track_caller]
pub fn close(what: &str, got: f64, expected: f64, share: f64) {
    assert!((got - expected).abs() <= expected.abs() * share, "{what}: {got}, not {expected} ± {} %", share * 100.0);
}
