//! Advice by simulation: the search, performed on all cores.
//!
//! Not for: what is tried (`analysis::advice`), what is shown (`report`).

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::analysis::advice::{Asked, Ended, Wanted, cell, search};
use crate::cli::Failure;
use crate::cli::asked::{gave_up, unmeasured};
use crate::engine::calibration::Calibration;
use crate::engine::sim::SimEngine;
use crate::engine::tries::{How, Try, perform_tries};
use crate::engine::{EngineError, Progress};
use crate::runfile::advice::{AdviceRun, CellRun};
use crate::runfile::{PlacementRun, Simulated};
use crate::scenario::{Loaded, Scenario};

/// A fix that saves less than this share of a strategy's exposure does not count.
const LEAST_SHARE: f64 = 0.05;

/// What is to be advised on.
pub(in crate::cli) struct Advising<'a> {
    pub(in crate::cli) loaded: &'a Loaded,
    pub(in crate::cli) scale: f64,
    pub(in crate::cli) effort: f64,
    pub(in crate::cli) jobs: usize,
    /// The canonical command.
    pub(in crate::cli) command: Vec<String>,
}

impl Advising<'_> {
    /// Searches; what was stopped leaves what was tried before, and says so.
    pub(in crate::cli) fn perform(
        &self,
        stop: &Arc<AtomicBool>,
        progress: &dyn Progress,
    ) -> Result<AdviceRun, Failure> {
        let make = |scenario: &Scenario| SimEngine::new(scenario, Calibration::default(), Arc::clone(stop));
        let how = How { scale: self.scale, jobs: self.jobs };
        let judge = |it: &Try<'_>, run: &PlacementRun| cell(run, it.scenario, self.scale, it.windows.measure);
        let mut failed: Option<EngineError> = None;
        let mut perform = |wanted: &[Wanted]| -> Result<Vec<CellRun>, Ended> {
            let tries = wanted.iter().map(|it| Try {
                scenario: &it.scenario,
                label: &it.label,
                placement: &it.placement,
                windows: it.windows,
            });
            perform_tries(&make, &tries.collect::<Vec<_>>(), how, &judge, progress).map_err(|error| {
                failed = Some(error);
                Ended::Stopped
            })
        };
        let provenance = crate::runfile::Provenance {
            command: self.command.clone(),
            simulated: Some(Simulated {
                calibration: Calibration::default().source().to_owned(),
                ..Simulated::default()
            }),
            ..unmeasured(self.loaded, self.scale)
        };
        let asked = Asked { scale: self.scale, effort: self.effort, least_share: LEAST_SHARE };
        let (run, _) = search(&self.loaded.scenario, asked, provenance, &mut perform);
        match failed {
            Some(error) if run.tries.is_empty() || !matches!(error, EngineError::Stopped) => Err(gave_up(error)),
            _ => Ok(run),
        }
    }
}
