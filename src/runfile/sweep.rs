//! A sweep on disk: one placement performed at many values of one quantity.
//!
//! Like a run file it holds what was asked and what was measured, never derived numbers; curves, fits and break
//! points are computed from it. Not for: judging (`analysis::sweep`).

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::file::{bytes_of, check_placement, io_error, put};
use super::{PlacementRun, Provenance, RunFileError};
use crate::strategy::vary::Over;

/// The version of the sweep-file format that this build writes.
pub const SWEEP_FORMAT: u32 = 1;

/// No sweep has more points.
pub const POINTS_MAX: usize = 2_000;

/// What one engine did with one placement at many values of one quantity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepRun {
    /// [`SWEEP_FORMAT`].
    pub sweep_format: u32,
    /// Who, with what, on what.
    pub provenance: Provenance,
    /// What was asked.
    pub asked: Asked,
    /// In the order of measuring.
    pub points: Vec<SweepPoint>,
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The quantity.
    pub over: Over,
    /// The smallest value.
    pub from: f64,
    /// The largest value.
    pub to: f64,
    /// Values between them, both ends included, in geometric steps.
    pub steps: u32,
    /// Break points are sought until they are known to this share of their value.
    pub precision: f64,
    /// At most so many values besides the steps.
    pub refine: u32,
    /// The strategy of the placement.
    pub strategy: String,
    /// The phase of the placement.
    pub phase: String,
    /// The names of the sites at the ends of the link that changes, or that most shares cross.
    pub link: Option<(String, String)>,
    /// The workloads whose break points are sought; all if empty.
    pub workloads: Vec<String>,
}

/// The placement at one value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepPoint {
    /// The value: nanoseconds, a share, or a factor.
    pub value: f64,
    /// What was measured.
    pub placement: PlacementRun,
}

impl SweepRun {
    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn write(&self, path: &Path) -> Result<(), RunFileError> {
        let mut json = serde_json::to_vec(self).map_err(|e| io_error(path, e.into()))?;
        json.push(b'\n');
        put(path, &json).map_err(|source| io_error(path, source))
    }

    /// Reads a sweep; `None` if the file is JSON of another kind.
    ///
    /// # Errors
    /// If it cannot be read, is of another version, or says something impossible.
    pub fn read(path: &Path) -> Result<Option<Self>, RunFileError> {
        Self::parse(path, &bytes_of(path)?)
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Option<Self>, RunFileError> {
        #[derive(Deserialize)]
        struct Version {
            sweep_format: Option<u64>,
        }
        let not_a_run = |e: serde_json::Error| RunFileError::NotARun { path: path.into(), reason: e.to_string() };
        let version = serde_json::from_slice::<Version>(bytes).map_err(not_a_run)?;
        let Some(found) = version.sweep_format else { return Ok(None) };
        if found != u64::from(SWEEP_FORMAT) {
            return Err(RunFileError::Format { path: path.into(), found, reads: SWEEP_FORMAT });
        }
        let sweep: Self = serde_json::from_slice(bytes).map_err(not_a_run)?;
        match sweep.check() {
            Ok(()) => Ok(Some(sweep)),
            Err(reason) => Err(RunFileError::Damaged { path: path.into(), reason }),
        }
    }

    /// Says what is impossible in it.
    fn check(&self) -> Result<(), String> {
        let Asked { over, from, to, precision, .. } = &self.asked;
        let positive = |value: f64| value.is_finite() && over.hardship(value) > 0.0 && over.hardship(value).is_finite();
        if !(positive(*from) && positive(*to) && from < to) {
            return Err(format!("its range is {from} to {to}"));
        }
        if !(precision.is_finite() && *precision > 0.0) {
            return Err(format!("its precision is {precision}"));
        }
        if !(self.provenance.scale.is_finite() && self.provenance.scale > 0.0) {
            return Err(format!("scale is {}", self.provenance.scale));
        }
        if self.points.len() > POINTS_MAX {
            return Err(format!("it has more than {POINTS_MAX} points"));
        }
        if let Some(point) = self.points.iter().find(|p| !positive(p.value)) {
            return Err(format!("it has a point at {}", point.value));
        }
        self.points.iter().try_for_each(|point| check_placement(&point.placement))
    }
}
