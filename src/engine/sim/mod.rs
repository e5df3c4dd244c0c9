//! The simulator: a plan performed in virtual time.
//!
//! The same load, journeys, connections and recording as live (`engine::perform`), over the same link model (`link`);
//! only the clock, the wire and the stores are models. The same scenario, seed and version give the same bytes on every
//! machine. Not for: what a real driver, server or kernel does beyond its model; a
//! [`Calibration`] takes over what was measured of that.

mod connection;
mod host;
pub mod kernel;
mod link;
mod placement;
pub mod store;
mod way;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{RecvTimeoutError, channel};

use super::calibration::Calibration;
use super::told::{TELL_EVERY, Told};
use super::{Engine, EngineError, Progress};
use crate::plan::Plan;
use crate::runfile::PlacementRun;
use crate::scenario::Scenario;

/// Performs plans of one scenario in virtual time.
pub struct SimEngine {
    scenario: Arc<Scenario>,
    calibration: Calibration,
    stop: Arc<AtomicBool>,
}

impl SimEngine {
    /// An engine for `scenario`. Setting `stop` ends it soon.
    pub fn new(scenario: &Scenario, calibration: Calibration, stop: Arc<AtomicBool>) -> Self {
        Self { scenario: Arc::new(scenario.clone()), calibration, stop }
    }
}

impl Engine for SimEngine {
    fn perform(&mut self, plan: &Plan, progress: &dyn Progress) -> Result<PlacementRun, EngineError> {
        let told = Arc::new(Told::default());
        let (ended, end) = channel::<()>();
        let engine = &*self;
        std::thread::scope(|scope| {
            let simulator = std::thread::Builder::new().name("longhaul-sim".into());
            let spawned = simulator.spawn_scoped(scope, || {
                let _ended = ended;
                placement::on_this_thread(engine, plan, &told)
            });
            let thread = spawned.map_err(|e| EngineError::Environment(format!("no thread to simulate on: {e}")))?;
            while end.recv_timeout(TELL_EVERY) == Err(RecvTimeoutError::Timeout) {
                let (elapsed, total) = told.get();
                progress.elapsed(elapsed, total);
            }
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}
