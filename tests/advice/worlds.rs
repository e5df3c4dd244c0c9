//! Small scenarios whose best fix is known, and advice on them. Not for: what is asserted of it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use longhaul::analysis::advice::{Asked, Ended, Wanted, cell, search};
use longhaul::engine::calibration::Calibration;
use longhaul::engine::sim::SimEngine;
use longhaul::engine::tries::{How, Try, perform_tries};
use longhaul::runfile::advice::AdviceRun;
use longhaul::runfile::{PlacementRun, Provenance};
use longhaul::scenario::{Scenario, parse};

/// A workload `web` leaves its stores behind, 15 ms away, for two weeks.
pub(crate) fn apart(journey: &str, workload: &str) -> String {
    format!(
        "format: 1
name: blind
about: A small world whose best fix is known.
seed: 7
sites: {{ dc: old, cloud: new }}
links:
  - {{ within: any, rtt: 0.5ms }}
  - {{ between: [dc, cloud], rtt: 15ms }}
stores:
  main-db: {{ kind: mysql, site: dc, max_connections: 500, service: {{ read: 0.3ms, write: 0.6ms, commit: 1ms }} }}
  cache: {{ kind: memcached, site: dc, service: 0.05ms }}
platforms: {{ vm: {{}} }}
journeys: {{ page: {{ steps: {journey} }} }}
workloads:
  web: {{ site: dc, platform: vm, journey: page, {workload} }}
strategies:
  move:
    phases:
      - {{ name: before, lasts: 7d }}
      - {{ name: web away, lasts: 14d, move: {{ web: cloud }} }}
      - {{ name: all there, lasts: 7d, move: {{ main-db: cloud, cache: cloud }} }}
"
    )
}

/// A world, its best fix, and whether the fix alone holds everything.
pub(crate) struct Known {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    pub(crate) best: &'static str,
}

const PAGES: &str = "kind: http, rate: 20/s, workers: 64, connections: persistent";

pub(crate) fn known() -> Vec<Known> {
    let known = |name, best, text| Known { name, text, best };
    vec![
        known(
            "one statement for each thing on the page",
            "batch:page:2",
            apart(
                "[query: {}, repeat: { times: 30, steps: [query: { row_size: 200B }] }, think: 5ms]",
                &format!("{PAGES}, objective: {{ p90: 120ms }}"),
            ),
        ),
        known(
            "a connection for each page",
            "persistent:web",
            apart(
                "[query: {}, think: 5ms, write: {}]",
                "kind: http, rate: 20/s, workers: 64, connections: { mysql: { policy: per-journey, set_up: 3 } }, \
                 objective: { p90: 60ms }",
            ),
        ),
        known(
            "the same settings again and again",
            "local-cache:cache",
            apart(
                &format!("[{} query: {{}}]", "get: { size: 100B }, think: 1ms, ".repeat(12)),
                &format!("{PAGES}, objective: {{ p90: 120ms }}"),
            ),
        ),
        known(
            "too few consumers",
            "workers:web",
            apart(
                "[query: {}, think: 100ms, query: {}, think: 1ms, query: {}, think: 1ms, write: {}]",
                "kind: queue, arrivals: 18/s, consumers: 2, job_timeout: 60s, redeliver_after: 90s, \
                 connections: persistent, objective: { p90: 2s }",
            ),
        ),
        known(
            "a hot row",
            "single-statement:page:1",
            apart(
                "[transaction: { store: main-db, locks: { name: counter, rows: 1 }, steps: [write: { store: main-db }] }]",
                "kind: http, rate: 130/s, workers: 256, connections: persistent, timeout: 5s, objective: { p90: 200ms }",
            ),
        ),
    ]
}

/// Advice on a scenario, with this share of the usual budget and so many threads.
pub(crate) fn advised(text: &str, effort: f64, jobs: usize) -> (AdviceRun, Scenario) {
    let scenario = parse("world", text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    (advised_on(&scenario, effort, jobs), scenario)
}

pub(crate) fn advised_on(scenario: &Scenario, effort: f64, jobs: usize) -> AdviceRun {
    let (run, ended) = searched(scenario, effort, jobs, &|_| true);
    assert!(ended != Some(Ended::Stopped), "nobody stopped it");
    run
}

/// Advice that stops before anything is changed.
pub(crate) fn as_it_is(scenario: &Scenario, effort: f64) -> AdviceRun {
    searched(scenario, effort, 2, &|wanted| wanted.iter().all(|it| *it.scenario == *scenario)).0
}

/// A search for as long as `goes` says so.
fn searched(
    scenario: &Scenario,
    effort: f64,
    jobs: usize,
    goes: &dyn Fn(&[Wanted]) -> bool,
) -> (AdviceRun, Option<Ended>) {
    let stop = Arc::new(AtomicBool::new(false));
    let make = |it: &Scenario| SimEngine::new(it, Calibration::default(), Arc::clone(&stop));
    let judge = |it: &Try<'_>, run: &PlacementRun| cell(run, it.scenario, 1.0, it.windows.measure);
    let mut perform = |wanted: &[Wanted]| {
        if !goes(wanted) {
            return Err(Ended::Stopped);
        }
        let tries: Vec<Try<'_>> = wanted
            .iter()
            .map(|it| Try { scenario: &it.scenario, label: &it.label, placement: &it.placement, windows: it.windows })
            .collect();
        perform_tries(&make, &tries, How { scale: 1.0, jobs }, &judge, &()).map_err(|_| Ended::Stopped)
    };
    let asked = Asked { scale: 1.0, effort, least_share: 0.05 };
    search(scenario, asked, provenance(scenario), &mut perform)
}

pub(crate) fn provenance(scenario: &Scenario) -> Provenance {
    let text = r#"{"version":"0","scenario":"","digest":"","source":"","seed":0,"engine":"sim","link":"stream","stores":"model",
        "servers":{},"scale":1.0,"windows":{"warm_up_ns":0,"measure_ns":0,"drain_ns":0},
        "limits":{"delivered":0.99,"median_share":0.03,"median_ns":100000,"p99_share":0.1,"p99_ns":1000000},
        "started_unix":0,"took_ns":0,"machine":{"system":"","processor":"","cores":0,"memory":0,"realtime":false},
        "command":["advise","world.yaml"],"partial":false}"#;
    Provenance { scenario: scenario.name.clone(), ..serde_json::from_str(text).expect("a provenance") }
}
