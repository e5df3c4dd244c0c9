//! What a simulation takes over from a live run: what stores and calls cost beyond what the scenario says.
//!
//! Without one a simulated call costs its distance and the scenario's own service time, and nothing else. A live
//! call costs more: driver, proxy, loopback, a store that wakes up late. Taken over are no-ops that were measured
//! before the load, and what the proxy saw of stores; times of journeys never are, so that comparing those of both
//! engines says something. Not for: judging whether the two agree (`analysis`).

mod from_run;
mod times;

pub use from_run::CalibrationError;
pub use times::Times;

use crate::runfile::TakenRun;
use crate::scenario::StoreId;
use crate::units::Nanos;

/// What a simulated call costs beyond distance and the scenario's service time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Calibration {
    /// By [`StoreId`]; a store beyond the last is as the scenario says.
    stores: Vec<StoreCalibration>,
    /// What was taken from where, for provenance; empty for none.
    taken: Vec<TakenRun>,
    /// Which run it was taken from, in words; empty for none.
    source: String,
}

/// One store.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StoreCalibration {
    /// Added to every exchange with the store (connecting included), once, outside of link and store: driver, proxy, loopback.
    pub call_overhead: Nanos,
    /// The store has times of its own: [`Self::service_extra`] stands in the place of the scenario's service times. Else it
    /// is added to them.
    pub replaces_service: bool,
    /// What the store took for each exchange, beyond the scenario's service time or in its place.
    pub service_extra: Times,
}

impl Calibration {
    /// What an exchange with `store` costs beyond distance and service time.
    pub fn store(&self, store: StoreId) -> StoreCalibration {
        self.stores.get(store.0).cloned().unwrap_or_default()
    }
    /// What was taken over; empty if nothing was.
    pub fn taken(&self) -> &[TakenRun] {
        &self.taken
    }
    /// In words, for provenance: `none`, or the run that it was taken from.
    pub fn source(&self) -> &str {
        if self.source.is_empty() { "none" } else { &self.source }
    }
}
