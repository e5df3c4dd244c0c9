//! What only a simulated run tells of itself.
//!
//! Not for: anything that both engines have.

use serde::{Deserialize, Serialize};

use super::Windows;
use crate::measure::Estimate;

/// How a run was simulated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Simulated {
    /// Where what calls and stores cost beyond the scenario was taken from, in words; `none` if they cost nothing more.
    pub calibration: String,
    /// What was taken over.
    pub taken: Vec<TakenRun>,
    /// The windows of each placement, as in [`super::Run::placements`]: each is as long as its arms need.
    pub windows: Vec<Windows>,
    /// What each placement's window is too short for, in words, as in [`super::Run::placements`].
    pub short: Vec<Vec<String>>,
}

/// One number that was taken over from a live run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakenRun {
    /// What it is: `main-db: beyond the scenario's service time`.
    pub what: String,
    /// Its mean in nanoseconds; the interval is the lowest and highest mean among placements, `n` what was measured.
    pub time: Estimate,
    /// It was drawn from the measured distribution; else it was the same for every exchange.
    pub drawn: bool,
}
