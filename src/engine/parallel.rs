//! Placements on all cores, for engines that keep to themselves.
//!
//! Each placement has an engine of its own, so that what one shows does not depend on which came before it, and
//! results stand in the order of the plan: the same for any number of threads. Not for: engines on real time, whose
//! placements would measure each other.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};

use super::told::TELL_EVERY;
use super::{Engine, EngineError, Performed, Progress, condition, strategies};
use crate::plan::{Plan, Windows};
use crate::runfile::PlacementRun;
use crate::scenario::Scenario;
use crate::strategy::{Distinct, distinct};
use crate::units::Nanos;

/// What is to be performed.
#[derive(Debug)]
pub struct Work<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// Windows of each distinct placement, in their order; the last stands for any beyond.
    pub windows: &'a [Windows],
    /// Arrivals and limits are multiplied by this.
    pub scale: f64,
    /// Threads; at least one is used.
    pub jobs: usize,
}

/// Performs every distinct placement, each with an engine that `make` makes on the thread that uses it.
///
/// `make` is called once a placement. An engine that was stopped keeps those before it that are done, and `partial`
/// says so; of other errors the first in the order of the plan is returned. The progress is that of all together, told
/// from the thread that called.
pub fn perform_parallel<E: Engine>(
    make: &(dyn Fn() -> E + Sync),
    work: &Work<'_>,
    progress: &dyn Progress,
) -> Result<Performed, EngineError> {
    let all = distinct(work.scenario);
    let board = Board::new(work, &all);
    let mut results: Vec<Option<Result<PlacementRun, EngineError>>> = all.placements.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        let (done, finished) = channel();
        for _ in 0..work.jobs.clamp(1, all.placements.len().max(1)) {
            let (board, all, done) = (&board, &all, done.clone());
            scope.spawn(move || perform_next(make, work, all, board, &done));
        }
        drop(done);
        loop {
            match finished.recv_timeout(TELL_EVERY) {
                Ok((index, result)) => results[index] = Some(result),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            board.tell(work.scenario, &all, progress);
        }
    });
    let mut placements = Vec::new();
    for result in results {
        match result {
            Some(Ok(run)) => placements.push(run),
            None | Some(Err(EngineError::Stopped)) => break,
            Some(Err(error)) => return Err(error),
        }
    }
    let partial = placements.len() < all.placements.len();
    Ok(Performed { strategies: strategies(work.scenario, &all, &placements), placements, partial })
}

/// What one thread does: one placement after the other, until none is left or one has failed.
fn perform_next<E: Engine>(
    make: &(dyn Fn() -> E + Sync),
    work: &Work<'_>,
    all: &Distinct,
    board: &Board,
    done: &Sender<(usize, Result<PlacementRun, EngineError>)>,
) {
    while !board.over.load(Ordering::Relaxed) {
        let index = board.next.fetch_add(1, Ordering::Relaxed);
        let Some((label, placement)) = all.placements.get(index) else { return };
        let plan = Plan::new(work.scenario, label, placement, work.scale, windows(work, index));
        let result = make().perform(&plan, &At { board, index });
        // The others end what they do: what comes before this one is still wanted.
        board.over.fetch_or(result.is_err(), Ordering::Relaxed);
        board.finished[index].store(true, Ordering::Relaxed);
        if done.send((index, result)).is_err() {
            return;
        }
    }
}

fn windows(work: &Work<'_>, index: usize) -> Windows {
    work.windows.get(index).or(work.windows.last()).copied().unwrap_or_default()
}

/// What the threads tell of themselves.
struct Board {
    next: AtomicUsize,
    over: AtomicBool,
    finished: Vec<AtomicBool>,
    elapsed: Vec<AtomicU64>,
    /// What each may take at most.
    total: Vec<AtomicU64>,
}

impl Board {
    fn new(work: &Work<'_>, all: &Distinct) -> Self {
        let length = |index| {
            let Windows { warm_up, measure, drain } = windows(work, index);
            AtomicU64::new((warm_up + measure + drain).0)
        };
        let of = 0..all.placements.len();
        Self {
            next: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            finished: of.clone().map(|_| AtomicBool::new(false)).collect(),
            elapsed: of.clone().map(|_| AtomicU64::new(0)).collect(),
            total: of.map(length).collect(),
        }
    }
    /// Tells of the first placement that is not done, and how far all of them are.
    fn tell(&self, scenario: &Scenario, all: &Distinct, progress: &dyn Progress) {
        let done = |index: usize| self.finished[index].load(Ordering::Relaxed);
        let Some(first) = (0..all.placements.len()).find(|index| !done(*index)) else { return };
        let (label, placement) = &all.placements[first];
        let (mut elapsed, mut total) = (0_u64, 0_u64);
        for (index, (gone, of)) in self.elapsed.iter().zip(&self.total).enumerate() {
            let of = of.load(Ordering::Relaxed);
            let gone = if done(index) { of } else { gone.load(Ordering::Relaxed).min(of) };
            (elapsed, total) = (elapsed.saturating_add(gone), total.saturating_add(of));
        }
        progress.placement(first + 1, all.placements.len(), label, &condition(scenario, placement));
        progress.elapsed(Nanos(elapsed), Nanos(total));
    }
}

/// One placement's place on the board.
struct At<'a> {
    board: &'a Board,
    index: usize,
}

impl Progress for At<'_> {
    fn placement(&self, _: usize, _: usize, _: &str, _: &str) {}
    fn elapsed(&self, elapsed: Nanos, total: Nanos) {
        self.board.elapsed[self.index].store(elapsed.0, Ordering::Relaxed);
        self.board.total[self.index].fetch_max(total.0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Duration;

    use super::*;
    use crate::measure::Hist;
    use crate::plan::fixtures::{CLOUD, KUBERNETES, query, scenario, share, strategy};

    /// Answers with the plan's windows; plan `stops` is stopped, plan `fails` fails; earlier ones take longer.
    #[derive(Clone, Copy)]
    struct Canned {
        stops: &'static str,
        fails: &'static str,
    }

    const FINE: Canned = Canned { stops: "", fails: "" };

    impl Engine for Canned {
        fn perform(&mut self, plan: &Plan, progress: &dyn Progress) -> Result<PlacementRun, EngineError> {
            progress.elapsed(plan.windows.warm_up, plan.windows.measure);
            if plan.label == "phase 0" {
                std::thread::sleep(Duration::from_millis(250));
            }
            if plan.label == self.stops {
                return Err(EngineError::Stopped);
            }
            if plan.label == self.fails {
                return Err(EngineError::Environment("no".into()));
            }
            Ok(PlacementRun {
                label: plan.label.clone(),
                condition: String::new(),
                arms: Vec::new(),
                links: Vec::new(),
                probes: Vec::new(),
                generator_lateness: Hist::new(),
                clusters: Vec::new(),
                took_ns: plan.windows.measure.0,
                invalid: Vec::new(),
                discarded: Vec::new(),
                restart: None,
            })
        }
    }

    #[derive(Default)]
    struct Heard(RefCell<Vec<(usize, Nanos, Nanos)>>);

    impl Progress for Heard {
        fn placement(&self, number: usize, _: usize, _: &str, _: &str) {
            self.0.borrow_mut().push((number, Nanos::ZERO, Nanos::ZERO));
        }
        fn elapsed(&self, elapsed: Nanos, total: Nanos) {
            let mut heard = self.0.borrow_mut();
            if let Some(last) = heard.last_mut() {
                (last.1, last.2) = (elapsed, total);
            }
        }
    }

    fn windows_of(n: u64) -> Vec<Windows> {
        (1..=n).map(|s| Windows { measure: Nanos::from_secs(s), ..Windows::default() }).collect()
    }

    fn performed(engine: Canned, jobs: usize, progress: &dyn Progress) -> Result<Performed, EngineError> {
        let mut scenario = scenario(vec![query()]);
        let web = |part| vec![share(0, CLOUD, KUBERNETES, part)];
        scenario.strategies = vec![strategy("a", vec![vec![], web(0.1), web(0.5), web(1.0)])];
        let windows = windows_of(4);
        perform_parallel(&|| engine, &Work { scenario: &scenario, windows: &windows, scale: 1.0, jobs }, progress)
    }

    #[test]
    fn results_stand_in_order_for_any_number_of_threads() {
        let one = performed(FINE, 1, &()).expect("performs");
        let took: Vec<_> = one.placements.iter().map(|p| p.took_ns / 1_000_000_000).collect();
        assert_eq!(took, [1, 2, 3, 4]);
        assert!(!one.partial);
        for jobs in [0, 2, 3, 50] {
            assert_eq!(performed(FINE, jobs, &()).expect("performs"), one, "{jobs} jobs");
        }
    }

    #[test]
    fn what_is_done_before_a_stop_is_kept() {
        let stopped = Canned { stops: "phase 2", ..FINE };
        for jobs in [1, 2, 4] {
            let done = performed(stopped, jobs, &()).expect("ends cleanly");
            assert!(done.partial && done.placements.len() == 2, "{jobs} jobs: {done:?}");
            assert_eq!(done.strategies[0].phases[3].placement, None, "what stands after a gap is not kept");
        }
    }

    #[test]
    fn an_error_is_told() {
        let failing = Canned { fails: "phase 1", ..FINE };
        assert!(matches!(performed(failing, 2, &()), Err(EngineError::Environment(_))));
    }

    #[test]
    fn progress_is_of_all_together() {
        let heard = Heard::default();
        performed(FINE, 2, &heard).expect("performs");
        let heard = heard.0.into_inner();
        assert!(!heard.is_empty() && heard.is_sorted_by_key(|told| (told.0, told.1)), "{heard:?}");
        // Warm-up 1 s and drain 2 s for each, and windows of 1 to 4 s.
        assert!(heard.iter().all(|told| told.2 == Nanos::from_secs(22)), "{heard:?}");
    }
}
