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
use crate::units::Nanos;

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
    /// The longest windows that any of them had.
    pub longest: Windows,
    /// Why it ended before all was measured; `None` if it did not.
    pub ended: Option<EngineError>,
}

/// Makes an engine for a scenario.
pub type Make<'a> = &'a mut dyn FnMut(&Scenario) -> Result<Box<dyn Engine>, EngineError>;

/// Who performs values.
pub enum By<'a> {
    /// One value after the other, each by the engine that is made for its scenario.
    Turns(Make<'a>),
    /// So many values at once, each on a thread of its own, by engines that keep to themselves.
    Threads(&'a (dyn Fn(&Scenario) -> Box<dyn Engine> + Sync), usize),
}

/// One value, ready to be performed.
struct Value {
    scenario: Scenario,
    plan: Plan,
}

/// Performs values until no more is wanted; `next` is told each point once, as soon as it is measured. It says what is
/// wanted, and behind that what may be wanted later: threads that have nothing else to do perform that meanwhile. The
/// points and their order are the same for any number of threads.
///
/// A value that makes the same scenario as one before (half a worker) is not performed again. An engine that was stopped
/// or failed leaves what is done before, and `ended` says why.
pub fn perform_sweep(
    sweep: Sweep,
    mut by: By,
    next: &mut dyn FnMut(Option<&SweepPoint>) -> Vec<Wanted>,
    progress: &dyn Progress,
) -> Swept {
    let longest = Windows { warm_up: Nanos::ZERO, measure: Nanos::ZERO, drain: Nanos::ZERO };
    let mut swept = Swept { points: Vec::new(), longest, ended: None };
    let mut known: Vec<(Value, PlacementRun)> = Vec::new();
    let mut again = AGAIN_MOST;
    loop {
        let wanted = next(swept.points.last());
        let Some(first) = wanted.first() else { return swept };
        let number = swept.points.len() + 1;
        progress.placement(number, first.of.max(number), &first.label, "steady");
        let found = varied(sweep, first).and_then(|value| {
            if let Some(at) = at(&known, &value) {
                return Ok(at);
            }
            let mut guesses = wanted[1..].iter().filter_map(|guess| varied(sweep, guess).ok());
            perform(value, &mut guesses, &mut by, &mut again, &mut known, progress)
        });
        match found {
            Ok(at) => {
                let (value, run) = &known[at];
                swept.longest = longer(swept.longest, value.plan.windows);
                let placement = PlacementRun { label: first.label.clone(), ..run.clone() };
                swept.points.push(SweepPoint { value: first.value, placement });
            }
            Err(error) => return Swept { ended: Some(error), ..swept },
        }
    }
}

/// The scenario and the plan of a value.
fn varied(sweep: Sweep, wanted: &Wanted) -> Result<Value, EngineError> {
    let scenario = vary(sweep.scenario, sweep.over, sweep.exposed.link, wanted.value)
        .map_err(|error| EngineError::Environment(error.to_string()))?;
    let placement = expand(&scenario, sweep.exposed.strategy).swap_remove(sweep.exposed.phase).placement;
    let windows = (sweep.windows)(&scenario, &placement);
    let plan = Plan::new(&scenario, &wanted.label, &placement, sweep.scale, windows);
    Ok(Value { scenario, plan })
}

/// Where among those that are performed there is one of the same scenario.
fn at(known: &[(Value, PlacementRun)], value: &Value) -> Option<usize> {
    known.iter().position(|(known, _)| known.scenario == value.scenario)
}

fn longer(a: Windows, b: Windows) -> Windows {
    Windows { warm_up: a.warm_up.max(b.warm_up), measure: a.measure.max(b.measure), drain: a.drain.max(b.drain) }
}

/// Performs a value, and guesses beside it where there are threads; gives its place among the known. A guess that came to
/// nothing says nothing.
fn perform(
    value: Value,
    guesses: &mut dyn Iterator<Item = Value>,
    by: &mut By,
    again: &mut usize,
    known: &mut Vec<(Value, PlacementRun)>,
    progress: &dyn Progress,
) -> Result<usize, EngineError> {
    let place = known.len();
    match by {
        By::Turns(make) => {
            let run = perform_one(make(&value.scenario)?.as_mut(), &value.plan, again, progress)?;
            known.push((value, run));
        }
        By::Threads(make, threads) => {
            let mut values = vec![value];
            while values.len() < *threads
                && let Some(guess) = guesses.next()
            {
                if at(known, &guess).is_none() && values.iter().all(|value| value.scenario != guess.scenario) {
                    values.push(guess);
                }
            }
            let mut runs = side_by_side(*make, &values, progress).into_iter();
            let first = runs.next().unwrap_or(Err(EngineError::Stopped))?;
            let mut values = values.into_iter();
            known.extend(values.next().map(|value| (value, first)));
            known.extend(values.zip(runs).filter_map(|(guess, run)| Some((guess, run.ok()?))));
        }
    }
    Ok(place)
}

/// Performs all of them at once, the first on this thread, which tells its progress.
fn side_by_side(
    make: &(dyn Fn(&Scenario) -> Box<dyn Engine> + Sync),
    values: &[Value],
    progress: &dyn Progress,
) -> Vec<Result<PlacementRun, EngineError>> {
    let perform = |value: &Value, progress: &dyn Progress| make(&value.scenario).perform(&value.plan, progress);
    std::thread::scope(|scope| {
        let others: Vec<_> = values.iter().skip(1).map(|value| scope.spawn(move || perform(value, &()))).collect();
        let first = values.first().map(|value| perform(value, progress));
        let lost = || Err(EngineError::Internal("a thread that simulated a value panicked".into()));
        let others = others.into_iter().map(|other| other.join().unwrap_or_else(|_| lost()));
        first.into_iter().chain(others).collect()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

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
                clusters: Vec::new(),
                took_ns: self.rtt,
                invalid: Vec::new(),
                discarded: Vec::new(),
                restart: None,
            })
        }
    }

    /// The RTT that each engine was made for, how many were made, and whether the sweep is partial; by turns with 0 threads.
    fn swept(over: Over, values: &[f64], stop_at: usize, threads: usize) -> (Vec<u64>, usize, bool) {
        let mut scenario = scenario(vec![query()]);
        scenario.strategies = vec![strategy("s", vec![vec![], vec![share(0, CLOUD, KUBERNETES, 1.0)]])];
        let exposed = exposed(&scenario, &Named::default(), true).expect("apart");
        let windows = |_: &Scenario, _: &Placement| Windows::default();
        let sweep = Sweep { scenario: &scenario, over, exposed: &exposed, windows: &windows, scale: 1.0 };
        let engines = AtomicUsize::new(0);
        let make = |varied: &Scenario| {
            let made = engines.fetch_add(1, Ordering::SeqCst) + 1;
            let (a, b) = exposed.link.expect("a link");
            let rtt = varied.links.get(a, b).expect("the link").rtt.0.0;
            Box::new(Canned { rtt, stop: made > stop_at }) as Box<dyn Engine>
        };
        let mut told = 0;
        let mut next = |point: Option<&SweepPoint>| {
            told += usize::from(point.is_some());
            let wanted = |value: &f64| Wanted { value: *value, label: format!("{value}"), of: values.len() };
            values[told..].iter().map(wanted).collect()
        };
        let mut in_turn = |varied: &Scenario| Ok(make(varied));
        let by = if threads == 0 { By::Turns(&mut in_turn) } else { By::Threads(&make, threads) };
        let done = perform_sweep(sweep, by, &mut next, &());
        let labelled = done.points.iter().all(|p| p.placement.label == format!("{}", p.value));
        assert!(labelled && (done.points.is_empty() || done.longest == Windows::default()));
        let took = done.points.iter().map(|p| p.placement.took_ns).collect();
        (took, engines.into_inner(), done.ended.is_some())
    }

    #[test]
    fn each_value_has_an_engine_of_its_own() {
        assert_eq!(swept(Over::Rtt, &[1e6, 5e6], 9, 0), (vec![1_000_000, 5_000_000], 2, false));
    }

    #[test]
    fn any_number_of_threads_gives_the_same_points() {
        let values = [1e6, 5e6, 9e6, 5e6, 2e6];
        let due = (vec![1_000_000, 5_000_000, 9_000_000, 5_000_000, 2_000_000], 4, false);
        for threads in [0, 1, 2, 3, 50] {
            assert_eq!(swept(Over::Rtt, &values, 9, threads), due, "{threads} threads");
        }
    }

    #[test]
    fn what_rounds_to_the_same_is_performed_once() {
        // Eight workers: 0.5 and 0.51 of them are four.
        for threads in [0, 1, 3] {
            assert_eq!(swept(Over::Workers, &[0.5, 0.51, 1.0], 9, threads).1, 2);
        }
    }

    #[test]
    fn what_was_stopped_keeps_what_is_done() {
        for threads in [0, 1] {
            let due = (vec![1_000_000, 5_000_000], 2 + 1, true);
            assert_eq!(swept(Over::Rtt, &[1e6, 5e6, 9e6], 2, threads), due);
        }
    }
}
