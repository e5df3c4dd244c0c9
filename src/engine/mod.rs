//! Who performs plans: the narrow seam between what is asked and what is measured.
//!
//! An engine takes one plan and gives back what it measured; [`perform_all`] walks a scenario's
//! distinct placements through it and ties the results to strategies and phases. Engines do not know
//! each other. Not for: judging the numbers (`analysis`).

pub mod calibration;
pub mod live;
mod parallel;
mod perform;
pub mod sim;
pub mod sweep;
mod told;
pub mod tries;
pub mod turns;

pub use parallel::{Work, perform_parallel};

use crate::plan::{Plan, Windows, restart};
use crate::runfile::{EventRun, PhaseRun, PlacementRun, StrategyRun};
use crate::scenario::Scenario;
use crate::strategy::{Condition, Distinct, PhaseRef, Placement, distinct};
use crate::units::Nanos;

/// Something that performs plans.
pub trait Engine {
    /// Performs one plan to its end.
    fn perform(&mut self, plan: &Plan, progress: &dyn Progress) -> Result<PlacementRun, EngineError>;
}

/// Who wants to know how far it is. Called from the thread that called the engine, a few times a second.
pub trait Progress {
    /// Placement `number` (from 1) `of` so many begins.
    fn placement(&self, number: usize, of: usize, label: &str, condition: &str);
    /// So much of the current placement is done; `total` is what it may take at most.
    fn elapsed(&self, elapsed: Nanos, total: Nanos);
}

/// Nobody wants to know.
impl Progress for () {
    fn placement(&self, _: usize, _: usize, _: &str, _: &str) {}
    fn elapsed(&self, _: Nanos, _: Nanos) {}
}

/// Why a plan was not performed.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Asked to stop before it was done (Ctrl-C).
    #[error("stopped before the placement was measured")]
    Stopped,
    /// Something outside is missing, refuses, or is too slow (exit code 75).
    #[error("{0}")]
    Environment(String),
    /// longhaul itself is wrong (exit code 70).
    #[error("{0}")]
    Internal(String),
}

/// What came of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Performed {
    /// Each distinct placement that was measured, in order.
    pub placements: Vec<PlacementRun>,
    /// Every strategy's phases, pointing at placements.
    pub strategies: Vec<StrategyRun>,
    /// Stopped before all placements were measured.
    pub partial: bool,
}

/// So many placements of a run are measured a second time: a shared machine is busy now and then, one that cannot
/// deliver the load is slow every time.
const AGAIN_MOST: usize = 3;

/// So many restarts of platforms are measured where placements take real time.
const RESTARTS_MOST: usize = 1;

/// Performs every distinct placement of a scenario; one that came out invalid a second time, for the first few.
///
/// Validity is about the machine (load delivered, delay held), never about what was measured, so trying again
/// chooses no results. Placements of events (read-only, cold) are measured for half as long, and of restarts of
/// platforms only the one that is farthest from its stores: one after the other they would cost more time than the
/// phases themselves, and virtual time has them all. An engine that was stopped
/// leaves what is done, and `partial` says so; every other error is returned.
pub fn perform_all(
    engine: &mut dyn Engine,
    scenario: &Scenario,
    windows: Windows,
    scale: f64,
    progress: &dyn Progress,
) -> Result<Performed, EngineError> {
    let all = distinct(scenario);
    let mut placements: Vec<PlacementRun> = Vec::new();
    let mut again = AGAIN_MOST;
    let asked = all.with_restarts(RESTARTS_MOST);
    for (index, (label, placement)) in all.placements.iter().take(asked).enumerate() {
        progress.placement(index + 1, asked, label, &condition(scenario, placement));
        let windows = windows_for(scenario, placement, windows);
        let plan = Plan::new(scenario, label, placement, scale, windows);
        match perform_one(engine, &plan, &mut again, progress) {
            Ok(run) => placements.push(run),
            Err(EngineError::Stopped) => break,
            Err(error) => return Err(error),
        }
    }
    let partial = placements.len() < asked;
    Ok(Performed { strategies: strategies(scenario, &all, &placements), placements, partial })
}

/// Performs a plan, and once more if it came out invalid and there are tries left.
fn perform_one(
    engine: &mut dyn Engine,
    plan: &Plan,
    again: &mut usize,
    progress: &dyn Progress,
) -> Result<PlacementRun, EngineError> {
    let first = engine.perform(plan, progress)?;
    if first.invalid.is_empty() || *again == 0 {
        return Ok(first);
    }
    *again -= 1;
    match engine.perform(plan, progress) {
        Ok(second) => Ok(PlacementRun { discarded: first.invalid, ..second }),
        // What there is is better than nothing.
        Err(EngineError::Stopped) => Ok(first),
        Err(error) => Err(error),
    }
}

/// How long each distinct placement of a scenario is measured by [`perform_all`].
pub fn windows_of(scenario: &Scenario, windows: Windows) -> Vec<Windows> {
    distinct(scenario).placements.iter().map(|(_, placement)| windows_for(scenario, placement, windows)).collect()
}

/// How long a placement is measured.
fn windows_for(scenario: &Scenario, placement: &Placement, windows: Windows) -> Windows {
    match placement.condition {
        Condition::Steady | Condition::Quarter(_) => windows,
        Condition::ReadOnly(_) | Condition::Cold(..) => Windows { measure: windows.measure.scale(0.5), ..windows },
        Condition::Restarting(platform) => restart::live_windows(scenario, placement, platform, windows),
    }
}

/// What a placement's state is called.
pub fn condition(scenario: &Scenario, placement: &Placement) -> String {
    placement.condition_name(scenario)
}

/// The strategies with the placements that were measured, which are the first ones.
fn strategies(scenario: &Scenario, all: &Distinct, measured: &[PlacementRun]) -> Vec<StrategyRun> {
    let found = |index: usize| (index < measured.len()).then_some(index);
    let event = |((placement, expected), index): (&(Placement, Nanos), &usize)| {
        let (kind, store) = placement.condition.kind(scenario);
        let restart = measured.get(*index).and_then(|run| run.restart.as_ref());
        EventRun {
            name: condition(scenario, placement),
            kind: kind.to_owned(),
            store: store.to_owned(),
            lasts_ns: restart.and_then(|run| run.took_ns).unwrap_or(expected.0),
            every_ns: placement.condition.every(scenario),
            placement: found(*index),
        }
    };
    let phase = |PhaseRef { phase, placement, events }: &PhaseRef| PhaseRun {
        name: phase.name.clone(),
        lasts_ns: phase.lasts.0,
        moves: phase.moves.clone(),
        placement: found(*placement),
        events: phase.events.iter().zip(events).map(event).collect(),
    };
    let strategy = |(strategy, phases): (&crate::scenario::Strategy, &Vec<PhaseRef>)| StrategyRun {
        name: strategy.name.clone(),
        about: strategy.about.clone(),
        phases: phases.iter().map(phase).collect(),
    };
    scenario.strategies.iter().zip(&all.strategies).map(strategy).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::measure::Hist;
    use crate::plan::fixtures::{CACHE, CLOUD, KUBERNETES, get, query, scenario, share, store, strategy};
    use crate::scenario::Move;

    /// Answers with nothing measured, and stops before its `stop`-th plan.
    #[derive(Default)]
    struct Canned {
        performed: Vec<(String, Nanos)>,
        stop: usize,
        /// Which plans come out invalid, by their number.
        invalid: Vec<usize>,
    }

    impl Engine for Canned {
        fn perform(&mut self, plan: &Plan, progress: &dyn Progress) -> Result<PlacementRun, EngineError> {
            if self.performed.len() == self.stop {
                return Err(EngineError::Stopped);
            }
            progress.elapsed(Nanos::ZERO, plan.windows.measure);
            self.performed.push((plan.label.clone(), plan.windows.measure));
            let number = self.performed.len();
            Ok(PlacementRun {
                label: plan.label.clone(),
                condition: String::new(),
                arms: Vec::new(),
                links: Vec::new(),
                probes: Vec::new(),
                generator_lateness: Hist::new(),
                clusters: Vec::new(),
                took_ns: 0,
                invalid: self.invalid.contains(&number).then(|| format!("late at {number}")).into_iter().collect(),
                discarded: Vec::new(),
                restart: None,
            })
        }
    }

    #[derive(Default)]
    struct Heard(RefCell<Vec<String>>);

    impl Progress for Heard {
        fn placement(&self, number: usize, of: usize, label: &str, condition: &str) {
            self.0.borrow_mut().push(format!("{number}/{of} {label} {condition}"));
        }
        fn elapsed(&self, _: Nanos, _: Nanos) {}
    }

    fn small() -> Scenario {
        let mut scenario = scenario(vec![get(1, 0.9, vec![query()])]);
        let mut cold = store(CACHE, CLOUD);
        if let Move::Store(to) = &mut cold {
            to.cold = true;
        }
        let web = || vec![share(0, CLOUD, KUBERNETES, 1.0)];
        scenario.strategies = vec![strategy("a", vec![vec![], web(), vec![cold]]), strategy("b", vec![vec![], web()])];
        scenario
    }

    #[test]
    fn every_distinct_placement_is_performed_once() {
        let (mut engine, heard) = (Canned { stop: 99, ..Canned::default() }, Heard::default());
        let done = perform_all(&mut engine, &small(), Windows::default(), 1.0, &heard).expect("performs");
        let whole = Windows::default().measure;
        let half = whole.scale(0.5);
        let asked = [("phase 0", whole), ("phase 1", whole), ("phase 2", whole), ("phase 2", half)];
        assert_eq!(engine.performed, asked.map(|(label, time)| (label.to_owned(), time)));
        assert_eq!(heard.0.into_inner()[3], "4/4 phase 2 cold cache");
        let found: Vec<Vec<_>> =
            done.strategies.iter().map(|s| s.phases.iter().map(|p| p.placement).collect()).collect();
        assert_eq!(found, [vec![Some(0), Some(1), Some(2)], vec![Some(0), Some(1)]]);
        let event = &done.strategies[0].phases[2].events[0];
        assert_eq!((event.name.as_str(), event.kind.as_str(), event.placement), ("cold cache", "cold", Some(3)));
        assert!(!done.partial);
    }

    #[test]
    fn what_came_out_invalid_is_measured_again_a_few_times() {
        let measured = |invalid: &[usize]| {
            let mut engine = Canned { stop: 99, invalid: invalid.to_vec(), ..Canned::default() };
            let done = perform_all(&mut engine, &small(), Windows::default(), 1.0, &()).expect("performs");
            let told = |p: &PlacementRun| (p.invalid.concat(), p.discarded.concat());
            (engine.performed.len(), done.placements.iter().map(told).collect::<Vec<_>>())
        };
        let of = |told: [(&str, &str); 4]| told.map(|(now, before)| (now.to_owned(), before.to_owned())).to_vec();
        assert_eq!(measured(&[2]), (5, of([("", ""), ("", "late at 2"), ("", ""), ("", "")])));
        let tired =
            of([("late at 2", "late at 1"), ("late at 4", "late at 3"), ("late at 6", "late at 5"), ("late at 7", "")]);
        assert_eq!(measured(&[1, 2, 3, 4, 5, 6, 7]), (7, tired));
    }

    #[test]
    fn what_was_stopped_keeps_what_is_done() {
        let mut engine = Canned { stop: 1, ..Canned::default() };
        let done = perform_all(&mut engine, &small(), Windows::default(), 1.0, &()).expect("ends cleanly");
        assert_eq!((done.placements.len(), done.partial), (1, true));
        let found: Vec<_> = done.strategies[0].phases.iter().map(|p| p.placement).collect();
        assert_eq!(found, [Some(0), None, None]);
    }
}
