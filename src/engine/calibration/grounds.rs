//! What calibrating from a run rests on: why one may say nothing, and how far what several placements say lies apart.
//!
//! Not for: what is taken over (`answers`, `outside`).

use crate::measure::Estimate;

/// Why a run says nothing about a scenario's stores.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CalibrationError {
    /// It was not measured.
    #[error("it was made by the engine `{0}`: calibrate from a live run (`longhaul run`)")]
    NotLive(String),
    /// The scenario inside it does not load in this build.
    #[error("the scenario inside it does not load: {0}")]
    Scenario(String),
    /// Its stores are others.
    #[error(
        "it is of other stores: `{0}` differs; calibrate from a run of this scenario, or of one with the same stores and journeys"
    )]
    Stores(String),
    /// Its journeys are others.
    #[error(
        "it is of other journeys: `{0}` differs; calibrate from a run of this scenario, or of one with the same stores and journeys"
    )]
    Journeys(String),
    /// Nothing in it may be used.
    #[error("none of its placements is valid: {0}")]
    Invalid(String),
    /// It was written before runs had what is needed.
    #[error("it was written by an older build and does not tell what stores were given: run the scenario again")]
    Old,
}

/// An estimate whose interval is the lowest and highest of `means`.
pub(super) fn spread(value: f64, means: impl Iterator<Item = f64>, n: u64) -> Estimate {
    let (low, high) = means.fold((value, value), |(low, high), mean| (low.min(mean), high.max(mean)));
    Estimate { value, low, high, n }
}
