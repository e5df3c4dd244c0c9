//! Many placements of many scenarios on all cores, each judged as soon as it is performed.
//!
//! What a placement shows is a matter of megabytes, what is kept of it of a few numbers; so whoever asks says what to
//! keep, and histograms live no longer than their placement. Results stand in the order of asking, the same for any
//! number of threads. Not for: choosing what is tried (`analysis::advice`).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use super::{Engine, EngineError, Progress};
use crate::plan::{Plan, Windows};
use crate::runfile::PlacementRun;
use crate::scenario::Scenario;
use crate::strategy::Placement;
use crate::units::Nanos;

/// One placement of one scenario.
#[derive(Debug, Clone)]
pub struct Try<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// What a reader should call it.
    pub label: &'a str,
    /// Where everything is.
    pub placement: &'a Placement,
    /// How long it is measured.
    pub windows: Windows,
}

/// How tries are performed.
#[derive(Debug, Clone, Copy)]
pub struct How {
    /// Arrivals and limits are multiplied by this.
    pub scale: f64,
    /// Threads; at least one is used.
    pub jobs: usize,
}

/// Performs all, each with an engine that `make` makes for its scenario, and keeps what `judge` makes of each.
///
/// # Errors
/// The first in the order of asking; what was performed beside it is lost.
pub fn perform_tries<E: Engine, T: Send>(
    make: &(dyn Fn(&Scenario) -> E + Sync),
    tries: &[Try<'_>],
    how: How,
    judge: &(dyn Fn(&Try<'_>, &PlacementRun) -> T + Sync),
    progress: &dyn Progress,
) -> Result<Vec<T>, EngineError> {
    let (next, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let mut results: Vec<Option<Result<T, EngineError>>> = tries.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        let (done, finished) = channel();
        for _ in 0..how.jobs.clamp(1, tries.len().max(1)) {
            let (done, next, over) = (done.clone(), &next, &over);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(it) = tries.get(index) else { return };
                    let plan = Plan::new(it.scenario, it.label, it.placement, how.scale, it.windows);
                    let result = make(it.scenario).perform(&plan, &()).map(|run| judge(it, &run));
                    over.fetch_or(result.is_err(), Ordering::Relaxed);
                    if done.send((index, result)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let mut count = 0;
        for (index, result) in finished {
            results[index] = Some(result);
            count += 1;
            let label = tries.get(count).map_or("", |it| it.label);
            progress.placement(count, tries.len(), label, "steady");
            progress.elapsed(Nanos::from_secs(count as u64), Nanos::from_secs(tries.len() as u64));
        }
    });
    results.into_iter().map(|result| result.unwrap_or(Err(EngineError::Stopped))).collect()
}
