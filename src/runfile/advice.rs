//! Advice on disk: what was tried, and what each workload felt in it.
//!
//! It holds the judged quantities of every simulated placement once ([`CellRun`]) and, for each try (a set of
//! mitigations, or an order of phases), which of them each phase of each strategy is; rankings, sets and sentences are
//! computed from it. Not for: choosing or judging (`analysis::advice`).

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::file::{bytes_of, io_error, put};
use super::{Provenance, RunFileError};
use crate::measure::Estimate;

/// The version of the advice-file format that this build writes.
pub const ADVICE_FORMAT: u32 = 2;

/// Mitigations, strategies, tries, cells: none of them comes in more than this.
const ITEMS_MAX: usize = 100_000;

/// What was simulated to advise on one scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdviceRun {
    /// [`ADVICE_FORMAT`], or 1 of a build that did not simulate short states.
    pub advice_format: u32,
    /// Who, with what, on what; `windows` are the longest of all placements.
    pub provenance: Provenance,
    /// A fix that saves less than this share of a strategy's exposure does not count.
    pub least_share: f64,
    /// Each workload's share of all requests and jobs, in file order; 0 of what does not arrive (cron items, boots). All 1 where
    /// nothing arrives.
    pub weights: Vec<f64>,
    /// Every mitigation that applies, by the names that `advise --apply` takes.
    pub mitigations: Vec<MitigationRun>,
    /// The first is the scenario as it is.
    pub tries: Vec<TryRun>,
    /// What was simulated, each once.
    pub cells: Vec<CellRun>,
    /// What each strategy's search came to.
    pub found: Vec<FoundRun>,
    /// What was left out, in words; empty if nothing was.
    pub left_out: Vec<String>,
}

/// One mitigation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MitigationRun {
    /// Its name.
    pub name: String,
    /// What it does, in words.
    pub title: String,
    /// What stands where it does it; may be empty.
    pub place: String,
    /// The workload that it leaves behind, if that is what it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaves: Option<String>,
    /// What must be true for it.
    pub assumes: Vec<String>,
    /// What it costs.
    pub costs: Vec<String>,
}

/// A changed scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TryRun {
    /// Indices into [`AdviceRun::mitigations`]; none is the scenario as it is, or another order.
    pub set: Vec<usize>,
    /// The strategy whose phases are in another order, by index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reordered: Option<usize>,
    /// By strategy, then by phase.
    pub strategies: Vec<Vec<TryPhase>>,
}

/// One phase of a try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TryPhase {
    /// Its name.
    pub name: String,
    /// How long it lasts.
    pub lasts_ns: u64,
    /// What moves at its start, in words.
    pub moves: Vec<String>,
    /// Index into [`AdviceRun::cells`]; `None` if it was not simulated.
    pub cell: Option<usize>,
    /// Its read-only windows, cold caches and restarts, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<TryEvent>,
}

/// A short state of a phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TryEvent {
    /// `read-only main-db`, `cold cache` or `restart kubernetes`.
    pub name: String,
    /// How long it is expected to last.
    pub lasts_ns: u64,
    /// It recurs through the phase, from one start to the next; absent if it happens once, at the start of the phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_ns: Option<u64>,
    /// Index into [`AdviceRun::cells`]; `None` if it was not simulated.
    pub cell: Option<usize>,
}

/// A simulated placement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellRun {
    /// How long it was measured, in virtual time.
    pub measure_ns: u64,
    /// Of a restart: how long it is felt, in nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub felt_ns: Option<u64>,
    /// In file order.
    pub workloads: Vec<CellWorkload>,
}

/// What one workload felt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellWorkload {
    /// Its name.
    pub workload: String,
    /// Some part of it is away from a store that it uses.
    pub split: bool,
    /// Mean response time of all its parts, in nanoseconds; absent for start-up and where nobody knows.
    pub mean: Option<Estimate>,
    /// The median.
    pub p50: Option<Estimate>,
    /// A queue grows without bound, or much had not ended: the times are at least these.
    pub at_least: bool,
    /// Share of journeys that fail or take longer than the objective of the highest percentile; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow: Option<f64>,
    /// Its objectives.
    pub checks: Vec<CheckRun>,
}

/// One objective.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckRun {
    /// The queue or job; the workload's own name if it has one part.
    pub part: String,
    /// `p99`, `errors`, `oldest job`, `run`, `ready`.
    pub quantity: String,
    /// The limit: nanoseconds, or a share for `errors`.
    pub limit: f64,
    /// `held`, `none seen`, `cannot tell`, `INVALID`, `missed`.
    pub verdict: String,
    /// The number, in the limit's unit.
    pub measured: Option<Estimate>,
    /// It is a lower bound.
    pub at_least: bool,
    /// It was extrapolated.
    pub extrapolated: bool,
}

/// What the search of one strategy came to. What the tries that it points at hold, they say themselves.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundRun {
    /// The strategy.
    pub strategy: String,
    /// The try with the smallest set that holds everything; absent if none was found or needed.
    pub smallest: Option<usize>,
    /// The tries that leave one member of it out.
    pub without: Vec<usize>,
    /// All sets of fewer members that could help were tried, so none smaller holds.
    pub exact: bool,
    /// Tries with one mitigation more each, those that save most first.
    pub best: Vec<usize>,
    /// The try with the phases in the order that exposes least; absent if there is nothing to choose or the order is it.
    pub order: Option<usize>,
}

impl AdviceRun {
    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// If the file system refuses.
    pub fn write(&self, path: &Path) -> Result<(), RunFileError> {
        put(path, &self.bytes()).map_err(|source| io_error(path, source))
    }
    /// What is written.
    fn bytes(&self) -> Vec<u8> {
        // Plain data without maps; what a writer into memory cannot do is fail.
        let mut json = serde_json::to_vec(self).unwrap_or_default();
        json.push(b'\n');
        json
    }
}

/// Reads advice; `None` if the file is JSON of another kind.
///
/// # Errors
/// If it cannot be read, is of another version, or says something impossible.
pub fn read(path: &Path) -> Result<Option<AdviceRun>, RunFileError> {
    parse(path, &bytes_of(path)?)
}

/// Reads advice's bytes; `path` is only for messages.
///
/// # Errors
/// As [`read`].
pub fn parse(path: &Path, bytes: &[u8]) -> Result<Option<AdviceRun>, RunFileError> {
    #[derive(Deserialize)]
    struct Version {
        advice_format: Option<u64>,
    }
    let not_a_run = |e: serde_json::Error| RunFileError::NotARun { path: path.into(), reason: e.to_string() };
    let version = serde_json::from_slice::<Version>(bytes).map_err(not_a_run)?;
    let Some(found) = version.advice_format else { return Ok(None) };
    // The first knew no short states, and is the same otherwise.
    if !(1..=u64::from(ADVICE_FORMAT)).contains(&found) {
        return Err(RunFileError::Format { path: path.into(), found, reads: ADVICE_FORMAT });
    }
    let advice: AdviceRun = serde_json::from_slice(bytes).map_err(not_a_run)?;
    match check(&advice) {
        Ok(()) => Ok(Some(advice)),
        Err(reason) => Err(RunFileError::Damaged { path: path.into(), reason }),
    }
}

/// Says what is impossible in advice.
fn check(advice: &AdviceRun) -> Result<(), String> {
    let AdviceRun { mitigations, tries, cells, found, weights, .. } = advice;
    if [mitigations.len(), tries.len(), cells.len(), found.len()].iter().any(|n| *n > ITEMS_MAX) {
        return Err("it lists more than any advice does".into());
    }
    let Some(first) = tries.first() else { return Err("it has no try".into()) };
    if cells.iter().any(|cell| cell.workloads.len() != weights.len()) {
        return Err("a placement has other workloads than the scenario".into());
    }
    if tries.iter().any(|it| it.reordered.is_some_and(|at| at >= found.len())) {
        return Err("a try puts a strategy into order that is not there".into());
    }
    let lengths = |it: &TryRun| it.strategies.iter().map(Vec::len).collect::<Vec<_>>();
    for it in tries {
        if it.set.iter().any(|at| *at >= mitigations.len()) || lengths(it) != lengths(first) {
            return Err("a try is of another scenario".into());
        }
        let phases = || it.strategies.iter().flatten();
        let of_events = phases().flat_map(|phase| &phase.events).map(|event| event.cell);
        if phases().map(|phase| phase.cell).chain(of_events).flatten().any(|at| at >= cells.len()) {
            return Err("a phase points at a placement that is not there".into());
        }
    }
    let pointed = |it: &FoundRun| {
        [it.smallest, it.order]
            .into_iter()
            .flatten()
            .chain(it.without.clone())
            .chain(it.best.clone())
            .collect::<Vec<_>>()
    };
    if found.len() != first.strategies.len() || found.iter().flat_map(pointed).any(|at| at >= tries.len()) {
        return Err("what was found points at a try that is not there".into());
    }
    Ok(())
}
