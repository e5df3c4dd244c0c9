//! A plan, its windows and a calibration become a simulated run.
//!
//! Not for: which windows and which calibration.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::cli::Failure;
use crate::cli::asked::{gave_up, unmeasured};
use crate::engine::calibration::Calibration;
use crate::engine::sim::SimEngine;
use crate::engine::{Performed, Progress, Work, perform_parallel};
use crate::plan::Windows;
use crate::runfile::{self, Provenance, Run, Simulated};
use crate::scenario::Loaded;
use crate::units::Nanos;

/// What is to be simulated.
pub(in crate::cli) struct Simulation<'a> {
    pub(in crate::cli) loaded: &'a Loaded,
    pub(in crate::cli) scale: f64,
    /// By distinct placement.
    pub(in crate::cli) windows: Vec<Windows>,
    /// What each window is too short for, in words; by distinct placement, or nothing to say.
    pub(in crate::cli) short: Vec<Vec<String>>,
    pub(in crate::cli) calibration: Calibration,
    pub(in crate::cli) jobs: usize,
    /// The canonical command.
    pub(in crate::cli) command: Vec<String>,
}

impl Simulation<'_> {
    /// Simulates every placement.
    pub(in crate::cli) fn perform(&self, stop: &Arc<AtomicBool>, progress: &dyn Progress) -> Result<Run, Failure> {
        let scenario = &self.loaded.scenario;
        let make = || SimEngine::new(scenario, self.calibration.clone(), Arc::clone(stop));
        let work = Work { scenario, windows: &self.windows, scale: self.scale, jobs: self.jobs };
        let performed = perform_parallel(&make, &work, progress).map_err(gave_up)?;
        let provenance = self.provenance(&performed);
        let Performed { placements, strategies, .. } = performed;
        Ok(Run { format: runfile::FORMAT, provenance, placements, strategies })
    }
    fn provenance(&self, performed: &Performed) -> Provenance {
        let measured = performed.placements.len();
        let longest = |of: fn(&Windows) -> Nanos| self.windows.iter().map(of).max().unwrap_or_default();
        let windows =
            Windows { warm_up: longest(|w| w.warm_up), measure: longest(|w| w.measure), drain: longest(|w| w.drain) };
        Provenance {
            windows: windows.into(),
            command: self.command.clone(),
            partial: performed.partial,
            simulated: Some(Simulated {
                calibration: self.calibration.source().to_owned(),
                taken: self.calibration.taken().to_vec(),
                windows: self.windows.iter().take(measured).map(|w| (*w).into()).collect(),
                short: self.short.iter().take(measured).cloned().collect(),
            }),
            ..unmeasured(self.loaded, self.scale)
        }
    }
}
