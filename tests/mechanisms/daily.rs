//! A day has quiet hours and busy ones: objectives meet the busiest, sums over days all of them.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use longhaul::engine::calibration::Calibration;
use longhaul::engine::sim::SimEngine;
use longhaul::engine::{Work, perform_parallel};

use super::simulated::*;

#[test]
fn quarters_of_a_day_are_simulated_at_their_own_rates() {
    // Six hours each at 0.2, 0.6, 1.2 and 2 times 50 a second.
    let hours: Vec<String> = [0.2, 0.6, 1.2, 2.0].iter().flat_map(|f| vec![f.to_string(); 6]).collect();
    let rate = format!("rate: 50/s, pacing: constant, shape: {{ daily: [{}] }}", hours.join(", "));
    let world = World::of("query: {}", &format!("kind: http, {rate}, workers: 50, connections: persistent"));
    let scenario = world.scenario();
    let make = || SimEngine::new(&scenario, Calibration::default(), Arc::new(AtomicBool::new(false)));
    let windows = [secs(1.0, 20.0, 2.0)];
    let performed = |jobs| {
        let work = Work { scenario: &scenario, windows: &windows, scale: 1.0, jobs };
        perform_parallel(&make, &work, &()).expect("performs")
    };
    let one = performed(1);
    let rates: Vec<u64> = one.placements.iter().map(|run| run.arms[0].parts[0].planned / 20).collect();
    assert_eq!(rates, [100, 10, 30, 60, 100], "the busiest hour first, then the quarters");
    let events = &one.strategies[0].phases[0].events;
    assert!(events.iter().all(|event| event.every_ns == Some(86_400 * S) && event.lasts_ns == 21_600 * S));
    assert_eq!(one.placements[1].condition, "quarter of the day 1 of 4, the busiest last");
    assert_eq!(one, performed(3), "the same with any number of threads");
    // Live, they are not measured one after the other.
    assert_eq!(world.run_all(windows[0]).len(), 1);
}
