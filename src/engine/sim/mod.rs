//! The simulator: a plan performed in virtual time.
//!
//! The same load, journeys, connections and recording as live (`engine::perform`), over the same link model (`link`);
//! only the clock, the wire and the stores are models. The same scenario, seed and version give the same bytes on every
//! machine. Not for: what a real driver, server or kernel does beyond its model; a
//! [`Calibration`] takes over what was measured of that.

mod busyness;
mod connection;
mod host;
pub mod kernel;
mod link;
mod paths;
mod placement;
pub mod store;
mod way;
mod way_state;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::calibration::Calibration;
use super::told::Told;
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
        told.while_performing("longhaul-sim", progress, || placement::on_this_thread(self, plan, &told))
    }
}
