//! Advice and `simulate` say the same of the scenario as it is: of phases, and of the short states in them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use longhaul::analysis::{PlacementAnalysis, summarise};
use longhaul::engine::calibration::Calibration;
use longhaul::engine::sim::SimEngine;
use longhaul::engine::{Work, perform_parallel};
use longhaul::plan::horizon;
use longhaul::runfile::advice::{AdviceRun, CellRun};
use longhaul::runfile::{FORMAT, Run};
use longhaul::scenario::{Scenario, load};
use longhaul::strategy::distinct;

use crate::worlds::{as_it_is, provenance};

/// The share of the usual exchanges, small enough for a debug build.
const EFFORT: f64 = 0.01;

/// Every verdict by where and what: the short state is empty for the phase itself.
type Verdicts = BTreeMap<[String; 4], String>;

fn simulated(scenario: &Scenario, effort: f64) -> Verdicts {
    let placements = distinct(scenario).placements;
    let placements: Vec<_> = placements.iter().map(|(_, placement)| placement).collect();
    let horizons = horizon::horizons(scenario, &placements, 1.0, horizon::CALLS * effort, None);
    let windows: Vec<_> = horizons.iter().map(|it| it.windows).collect();
    let make = || SimEngine::new(scenario, Calibration::default(), Arc::new(AtomicBool::new(false)));
    let work = Work { scenario, windows: &windows, scale: 1.0, jobs: 2 };
    let performed = perform_parallel(&make, &work, &()).expect("it is simulated");
    let (placements, strategies) = (performed.placements, performed.strategies);
    let run = Run { format: FORMAT, provenance: provenance(scenario), placements, strategies };
    let analysis = summarise(&run, scenario);
    let mut all = Verdicts::new();
    let mut add = |s: &str, p: &str, event: &str, at: &PlacementAnalysis| {
        for workload in &at.workloads {
            for check in &workload.checks {
                let what = format!("{} {} {}", workload.name, check.part, check.quantity.name());
                let key = [s.to_owned(), p.to_owned(), event.to_owned(), what];
                all.insert(key, check.verdict.word().to_owned());
            }
        }
    };
    for strategy in &analysis.strategies {
        for phase in &strategy.phases {
            add(&strategy.name, &phase.name, "", &analysis.placements[phase.placement.expect("simulated")]);
            for event in phase.events.iter().filter(|event| event.kind != "quarter of the day") {
                let at = &analysis.placements[event.placement.expect("simulated")];
                add(&strategy.name, &phase.name, &event.name, at);
            }
        }
    }
    all
}

fn advised(run: &AdviceRun) -> Verdicts {
    let mut all = Verdicts::new();
    let mut add = |s: &str, p: &str, event: &str, cell: &CellRun| {
        for workload in &cell.workloads {
            for check in &workload.checks {
                let what = format!("{} {} {}", workload.workload, check.part, check.quantity);
                let key = [s.to_owned(), p.to_owned(), event.to_owned(), what];
                all.insert(key, check.verdict.clone());
            }
        }
    };
    for (phases, found) in run.tries[0].strategies.iter().zip(&run.found) {
        for phase in phases {
            add(&found.strategy, &phase.name, "", &run.cells[phase.cell.expect("simulated")]);
            for event in &phase.events {
                add(&found.strategy, &phase.name, &event.name, &run.cells[event.cell.expect("simulated")]);
            }
        }
    }
    all
}

/// What the two say differently; how many they were asked.
fn differing(scenario: &Scenario, effort: f64) -> (Vec<String>, usize) {
    let (simulated, advised) = (simulated(scenario, effort), advised(&as_it_is(scenario, effort)));
    let keys = |all: &Verdicts| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&simulated), keys(&advised), "{}: they judge the same", scenario.name);
    let holds = |verdict: &str| matches!(verdict, "held" | "none seen");
    let differs = |(key, said): (&[String; 4], &String)| {
        let (other, [s, p, event, what]) = (&advised[key], key);
        // A short state is one simulation for both. Phases have windows of their own, so one may know what the other
        // cannot tell; they never say the contrary.
        let alike = if event.is_empty() {
            said == other || holds(said) == holds(other) || [said, other].iter().any(|it| *it == "cannot tell")
        } else {
            said == other
        };
        (!alike).then(|| format!("{s}, {p} {event}: {what} {said}, advised {other}"))
    };
    (simulated.iter().filter_map(differs).collect(), simulated.len())
}

fn scenarios() -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = std::fs::read_dir(folder).expect("readable").map(|it| it.expect("an entry").path());
    let mut files: Vec<_> = files.filter(|it| it.extension().is_some_and(|end| end == "yaml")).collect();
    files.sort();
    files.iter().map(|file| load(file).expect("it loads").scenario).collect()
}

#[test]
fn advice_and_simulate_say_the_same_of_the_first_strategy_of_every_committed_scenario() {
    let mut all = 0;
    for mut scenario in scenarios() {
        scenario.strategies.truncate(1);
        let (differing, asked) = differing(&scenario, EFFORT);
        assert!(differing.is_empty(), "{}:\n{}", scenario.name, differing.join("\n"));
        all += asked;
    }
    assert!(all > 300, "{all}");
}

#[test]
#[ignore = "minutes in a debug build; `cargo test --release --test advice -- --ignored`"]
fn they_say_the_same_of_all_with_all_their_exchanges() {
    for scenario in scenarios() {
        let (differing, _) = differing(&scenario, 1.0);
        assert!(differing.is_empty(), "{}:\n{}", scenario.name, differing.join("\n"));
    }
}
