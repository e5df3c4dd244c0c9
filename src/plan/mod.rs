//! A placement made ready to be performed: arrivals and journeys, expanded and seeded.
//!
//! Both engines walk what is made here, so that they do the same calls in the same order. Pure:
//! pacing is arithmetic over an index, a journey's random choices (repeat counts, hits, pauses,
//! rows) are drawn from the seed when it is expanded, and nothing here knows a clock. Not for:
//! waiting, sending, measuring.

#[cfg(test)]
pub(crate) mod fixtures;
pub mod script;

use crate::seed::Seed;
use crate::strategy::Placement;
use crate::units::Nanos;

/// One placement, ready to be performed.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What a reader should call it: the first phase that has it.
    pub label: String,
    /// Where everything is.
    pub placement: Placement,
    /// Where random choices start; differs for each placement of a scenario.
    pub seed: Seed,
    /// Arrivals and limits are multiplied by this.
    pub scale: f64,
    /// How long to warm up, measure and drain.
    pub windows: Windows,
}

/// How long the parts of a measurement are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// Load without recording.
    pub warm_up: Nanos,
    /// Arrivals in this time are recorded.
    pub measure: Nanos,
    /// How long recorded journeys may still take.
    pub drain: Nanos,
}
