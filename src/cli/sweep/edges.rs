//! What `--edges` puts beside a run: how far apart, and how lossy, its plan may be.
//!
//! The placement with the largest shares apart, with all that `longhaul sweep` does by default. Not for: judging it
//! (`analysis::sweep`).

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::{OverWord, Request, SweepArgs};
use crate::cli::asked::{Asked, ScenarioArgs};
use crate::cli::{Exit, Failure, OrExit};
use crate::engine::calibration::Calibration;
use crate::runfile::Run;
use crate::runfile::sweep::SweepRun;
use crate::strategy::exposed::{Named, exposed};

/// Sweeps over RTT and loss, to be performed after a run.
pub(in crate::cli) struct Edges<'a> {
    pub(in crate::cli) common: &'a ScenarioArgs,
    pub(in crate::cli) asked: &'a Asked,
    /// What calls and stores cost, and the run file that says so, if there is one.
    pub(in crate::cli) calibrated: Option<(Calibration, PathBuf)>,
    /// A factor on the budget of calls for each value.
    pub(in crate::cli) effort: f64,
    pub(in crate::cli) jobs: usize,
}

impl Edges<'_> {
    /// None if they were not asked for, if `run` was stopped, or if nothing is ever apart.
    pub(in crate::cli) fn beside(
        &self,
        run: &Run,
        stop: &Arc<AtomicBool>,
        err: &mut dyn Write,
    ) -> Result<Vec<SweepRun>, Failure> {
        let mut found = Vec::new();
        if !self.common.edges || run.provenance.partial {
            return Ok(found);
        }
        if exposed(&self.asked.loaded.scenario, &Named::default(), true).is_err() {
            let text = "no edges: in no phase is a workload on another site than a store that it calls";
            writeln!(err, "{text}").or_exit(Exit::Environment)?;
            return Ok(found);
        }
        for over in [OverWord::Rtt, OverWord::Loss] {
            let (calibration, file) = self.calibrated.clone().unzip();
            let args = SweepArgs::beside(self.common, over, self.effort, file);
            let request = Request::of(&args, self.asked.loaded.clone(), calibration.unwrap_or_default(), self.jobs)?;
            match super::sweep(&args, &request, stop, err) {
                Ok((run, None)) => found.extend(run),
                // What was performed before is not lost because nobody waited for its edges.
                Ok((_, Some(_))) | Err(_) if stop.load(Ordering::Relaxed) => return Ok(found),
                Ok((_, Some(failure))) | Err(failure) => return Err(failure),
            }
        }
        Ok(found)
    }
}
