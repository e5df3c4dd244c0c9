//! What holds for every run: Little's law, repeatability, random streams that do not disturb each other.

use std::path::Path;

use longhaul::runfile::PartRun;
use longhaul::scenario;

use super::simulated::*;

/// Arrivals fall to none half way through a window that begins with them: no journey crosses an edge.
const FADING: &str = "shape: { ramp: { to: 0/s, over: 20s } }";

/// The integral of busy workers over the window is the sum of what they worked (Little 1961, on every sample path; Stidham
/// 1974). The mean is a double, so exact is to 15 digits.
#[track_caller]
fn littles_law(part: &PartRun, worked_ns: u64) {
    assert!(part.unfinished == 0 && part.completed > 100 && part.errors.is_empty(), "{part:#?}");
    close("busy workers × time", part.busy.mean * 40e9, worked_ns as f64, 1e-12);
}

fn page(steps: &str, workload: &str) -> PartRun {
    World::of(steps, workload).part(secs(0.0, 40.0, 5.0))
}

#[test]
fn busy_workers_of_requests_are_what_they_worked() {
    let web = format!("kind: http, rate: 40/s, workers: 4, connections: persistent, {FADING}");
    let part = page("query: {}, think: { exponential: 100ms }", &web);
    assert!(part.time.waiting_ns > 0 && part.busy.max == 4);
    littles_law(&part, part.time.total_ns - part.time.waiting_ns);
}

#[test]
fn busy_consumers_of_a_queue_are_what_they_worked() {
    let queue = format!("kind: queue, arrivals: 40/s, consumers: 3, connections: persistent, {FADING}");
    let part = page("query: {}, think: { exponential: 80ms }", &queue);
    assert!(part.time.waiting_ns > 0 && part.busy.max == 3);
    littles_law(&part, part.time.total_ns - part.time.waiting_ns);
}

#[test]
fn who_waits_for_a_pool_is_busy_too() {
    let web = format!("kind: http, rate: 40/s, workers: 10000, connections: {{ pool: 3 }}, {FADING}");
    let part = page("query: {}, think: { exponential: 90ms }", &web);
    assert!(part.wait_connection.max() > 100 * MS && part.wait_worker.max() == 0);
    littles_law(&part, part.time.total_ns);
}

#[test]
fn loops_of_a_cron_job_are_busy_from_item_to_item() {
    let part = page(
        "query: {}, think: { exponential: 20ms }",
        "kind: cron, every: 60s, items: 1000, parallel: 2, connections: persistent",
    );
    littles_law(&part, part.time.total_ns);
}

fn committed(name: &str) -> scenario::Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    scenario::load(&path).expect("a scenario").scenario
}

#[test]
fn the_same_plan_gives_the_same_run() {
    let (mut smoke, windows) = (committed("smoke.yaml"), secs(0.5, 2.0, 1.0));
    let first = all(&smoke, windows);
    assert_eq!(first, all(&smoke, windows));
    smoke.seed.0 += 1;
    let other = all(&smoke, windows);
    assert!(first.iter().zip(&other).all(|(one, other)| one != other), "every placement draws");
}

#[test]
fn a_change_of_one_workload_leaves_the_draws_of_others() {
    let world = |journeys: &str, one: &str| World {
        journeys: format!("page: {{ steps: [query: {{}}] }}, {journeys}"),
        workloads: format!(
            "one: {{ kind: http, site: cloud, workers: 100, connections: persistent, {one} }},
             two: {{ kind: http, site: cloud, journey: item, rate: 50/s, workers: 100 }},
             jobs: {{ kind: queue, site: cloud, journey: item, arrivals: 20/s, consumers: 3 }},
             loops: {{ kind: cron, site: cloud, journey: item, every: 1s, items: 10, overlap: allow }}"
        ),
        ..World::default()
    };
    let item = "item: { steps: [get: { keys: 3, hit: 80%, else: [query: {}] }, think: { exponential: 9ms }] }";
    let windows = secs(1.0, 5.0, 5.0);
    let before = world(item, "journey: page, rate: 20/s").run(windows);
    let more = format!("{item}, more: {{ steps: [query: {{}}, think: {{ exponential: 3ms }}, get: {{ hit: 50% }}] }}");
    let after = world(&more, "journeys: { page: 1, more: 2 }, rate: 35/s").run(windows);
    assert_ne!(of(&before, "one"), of(&after, "one"));
    for other in ["two", "jobs", "loops"] {
        assert!(of(&before, other).completed > 40);
        assert_eq!(of(&before, other), of(&after, other), "{other}");
    }
}
