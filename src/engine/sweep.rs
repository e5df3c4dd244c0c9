//! Performs one placement at many values of one quantity, as whoever judges them asks for.
//!
//! An engine performs the plans of one scenario, and every value is a scenario of its own, so each gets an engine of
//! its own. Which value comes next is asked of the caller, who judges. Not for: judging (`analysis::sweep`).

use super::{AGAIN_MOST, Engine, EngineError, Progress, perform_one};
use crate::plan::{Plan, Windows};
use crate::runfile::PlacementRun;
use crate::runfile::sweep::SweepPoint;
use crate::scenario::Scenario;
use crate::strategy::exposed::Exposed;
use crate::strategy::vary::{Over, vary};
use crate::strategy::{Placement, expand};

/// What is performed.
#[derive(Clone, Copy)]
pub struct Sweep<'a> {
    /// The scenario with its own values.
    pub scenario: &'a Scenario,
    /// The quantity.
    pub over: Over,
    /// The placement and the link.
    pub exposed: &'a Exposed,
    /// How long a value is measured: its scenario and its placement.
    pub windows: &'a dyn Fn(&Scenario, &Placement) -> Windows,
    /// Arrivals and limits are multiplied by this.
    pub scale: f64,
}

/// A value that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The value.
    pub value: f64,
    /// What a reader should call it.
    pub label: String,
    /// How many values there will be, as far as one knows.
    pub of: usize,
}

/// What came of a sweep.
#[derive(Debug)]
pub struct Swept {
    /// In the order of measuring.
    pub points: Vec<SweepPoint>,
    /// Why it ended before all was measured; `None` if it did not.
    pub ended: Option<EngineError>,
}

/// Makes an engine for a scenario.
pub type Make<'a> = &'a mut dyn FnMut(&Scenario) -> Result<Box<dyn Engine>, EngineError>;

/// Performs values until no more is wanted; `next` is told each point once, as soon as it is measured.
///
/// A value that makes the same scenario as one before (half a worker) is not performed again. An engine that was stopped
/// or failed leaves what is done before, and `ended` says why.
pub fn perform_sweep(
    sweep: Sweep,
    make: Make,
    next: &mut dyn FnMut(Option<&SweepPoint>) -> Option<Wanted>,
    progress: &dyn Progress,
) -> Swept {
    let mut points: Vec<SweepPoint> = Vec::new();
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut again = AGAIN_MOST;
    while let Some(wanted) = next(points.last()) {
        let varied = match vary(sweep.scenario, sweep.over, sweep.exposed.link, wanted.value) {
            Ok(varied) => varied,
            Err(error) => return Swept { points, ended: Some(EngineError::Environment(error.to_string())) },
        };
        progress.placement(points.len() + 1, wanted.of.max(points.len() + 1), &wanted.label, "steady");
        let known = scenarios.iter().position(|known| *known == varied);
        let placement = match known {
            Some(at) => PlacementRun { label: wanted.label.clone(), ..points[at].placement.clone() },
            None => match perform_value(sweep, &varied, &wanted.label, make, &mut again, progress) {
                Ok(run) => run,
                Err(error) => return Swept { points, ended: Some(error) },
            },
        };
        scenarios.push(varied);
        points.push(SweepPoint { value: wanted.value, placement });
    }
    Swept { points, ended: None }
}

fn perform_value(
    sweep: Sweep,
    varied: &Scenario,
    label: &str,
    make: Make,
    again: &mut usize,
    progress: &dyn Progress,
) -> Result<PlacementRun, EngineError> {
    let placement = expand(varied, sweep.exposed.strategy).swap_remove(sweep.exposed.phase).placement;
    let plan = Plan::new(varied, label, &placement, sweep.scale, (sweep.windows)(varied, &placement));
    let mut engine = make(varied)?;
    perform_one(engine.as_mut(), &plan, again, progress)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Hist;
    use crate::plan::fixtures::{CLOUD, KUBERNETES, query, scenario, share, strategy};
    use crate::strategy::exposed::{Named, exposed};

    /// Says nothing but which RTT it was made for; stops when told to.
    struct Canned {
        rtt: u64,
        stop: bool,
    }

    impl Engine for Canned {
        fn perform(&mut self, plan: &Plan, _: &dyn Progress) -> Result<PlacementRun, EngineError> {
            if self.stop {
                return Err(EngineError::Stopped);
            }
            Ok(PlacementRun {
                label: plan.label.clone(),
                condition: "steady".into(),
                arms: Vec::new(),
                links: Vec::new(),
                probes: Vec::new(),
                generator_lateness: Hist::new(),
                took_ns: self.rtt,
                invalid: Vec::new(),
                discarded: Vec::new(),
                restart: None,
            })
        }
    }

    /// The RTT that each engine was made for, how many were made, and whether the sweep is partial.
    fn swept(over: Over, values: &[f64], stop_at: usize) -> (Vec<u64>, usize, bool) {
        let mut scenario = scenario(vec![query()]);
        scenario.strategies = vec![strategy("s", vec![vec![], vec![share(0, CLOUD, KUBERNETES, 1.0)]])];
        let exposed = exposed(&scenario, &Named::default(), true).expect("apart");
        let (windows, mut engines) = (|_: &Scenario, _: &Placement| Windows::default(), 0);
        let sweep = Sweep { scenario: &scenario, over, exposed: &exposed, windows: &windows, scale: 1.0 };
        let mut make = |varied: &Scenario| {
            engines += 1;
            let (a, b) = exposed.link.expect("a link");
            let rtt = varied.links.get(a, b).expect("the link").rtt.0.0;
            Ok(Box::new(Canned { rtt, stop: engines > stop_at }) as Box<dyn Engine>)
        };
        let mut all = values.iter();
        let mut next = |_: Option<&SweepPoint>| {
            all.next().map(|value| Wanted { value: *value, label: format!("{value}"), of: values.len() })
        };
        let done = perform_sweep(sweep, &mut make, &mut next, &());
        (done.points.iter().map(|p| p.placement.took_ns).collect(), engines, done.ended.is_some())
    }

    #[test]
    fn each_value_has_an_engine_of_its_own() {
        assert_eq!(swept(Over::Rtt, &[1e6, 5e6], 9), (vec![1_000_000, 5_000_000], 2, false));
    }

    #[test]
    fn what_rounds_to_the_same_is_performed_once() {
        // Eight workers: 0.5 and 0.51 of them are four.
        assert_eq!(swept(Over::Workers, &[0.5, 0.51, 1.0], 9).1, 2);
    }

    #[test]
    fn what_was_stopped_keeps_what_is_done() {
        assert_eq!(swept(Over::Rtt, &[1e6, 5e6, 9e6], 2), (vec![1_000_000, 5_000_000], 2 + 1, true));
    }
}
