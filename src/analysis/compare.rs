//! Two runs beside each other: two versions of a scenario, two scenarios, or live against simulated.
//!
//! Only what was performed at the same place is compared (`pairs`), with the interval of both and their ratio. Not for: whether a
//! difference is a regression, which takes repetitions (a gate), or how far a simulation agrees with a run (`agreement`).

use crate::measure::{Estimate, Hist};
use crate::runfile::{PartRun, Provenance, Run};

use super::last::Ratio;
use super::mix::Mix;
use super::pairs::{ArmPair, Incomparable, pairs};
use super::verdict;
use super::words;

/// The percentiles that are compared.
pub const QUANTILES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];

/// Two runs, arm by arm.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What differs in how they were made, in words: what, in the first, in the second.
    pub differs: Vec<(String, String, String)>,
    /// They performed the same journeys at the same times: what differs is not chance in what was asked.
    pub same_plan: bool,
    /// Each arm of each placement that is valid in both.
    pub arms: Vec<ArmCompared>,
    /// Arms of valid placements of the first, and of the second, that the other does not have.
    pub alone: (usize, usize),
}

/// One arm in both runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ArmCompared {
    /// The placement's index in the first run.
    pub index: usize,
    /// The placement's label.
    pub placement: String,
    /// `steady`, `read-only STORE` or `cold STORE`.
    pub condition: String,
    /// The arm: workload, place, share.
    pub arm: String,
    /// Samples of response times.
    pub n: (u64, u64),
    /// One for each of [`QUANTILES`]: of the response time.
    pub percentiles: Vec<Pair>,
    /// Of the response time.
    pub mean: Pair,
    /// Share of journeys that failed.
    pub failed: (Option<Estimate>, Option<Estimate>),
    /// Mean awaited round trips of a journey.
    pub trips: (Option<f64>, Option<f64>),
}

/// One number in both runs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pair {
    /// In the first, in nanoseconds; `None` where samples do not support it.
    pub first: Option<Estimate>,
    /// In the second.
    pub second: Option<Estimate>,
    /// Second ÷ first.
    pub ratio: Option<Ratio>,
}

impl Pair {
    fn of(first: Option<Estimate>, second: Option<Estimate>) -> Self {
        let ratio = first.zip(second).and_then(|(first, second)| Ratio::of(&first, &second));
        Self { first, second, ratio }
    }
}

/// Compares two runs.
///
/// # Errors
/// If no arm of a valid placement is in both.
pub fn compare(first: &Run, second: &Run) -> Result<Comparison, Incomparable> {
    let found = pairs(first, second)?;
    let arms: Vec<_> = found.iter().flat_map(ArmCompared::all).collect();
    let all = |run: &Run| run.placements.iter().filter(|p| p.invalid.is_empty()).map(|p| p.arms.len()).sum::<usize>();
    let alone = (all(first).saturating_sub(found.len()), all(second).saturating_sub(found.len()));
    let (a, b) = (&first.provenance, &second.provenance);
    let same_plan = super::pairs::same_plan(first, second).is_ok();
    Ok(Comparison { differs: differs(a, b), same_plan, arms, alone })
}

/// What differs in how two runs were made.
fn differs(a: &Provenance, b: &Provenance) -> Vec<(String, String, String)> {
    let windows = |p: &Provenance| match &p.simulated {
        Some(_) => format!("up to {}", words::time(p.windows.measure_ns as f64)),
        None => words::time(p.windows.measure_ns as f64),
    };
    let digest = |p: &Provenance| p.digest.chars().take(12).collect::<String>();
    let machine = |p: &Provenance| p.machine.processor.clone();
    let calibration = |p: &Provenance| p.simulated.as_ref().map_or(String::new(), |s| s.calibration.clone());
    let all = [
        ("scenario", a.scenario.clone(), b.scenario.clone()),
        ("scenario's text", digest(a), digest(b)),
        ("engine", a.engine.clone(), b.engine.clone()),
        ("longhaul", a.version.clone(), b.version.clone()),
        ("link", a.link.clone(), b.link.clone()),
        ("stores", a.stores.clone(), b.stores.clone()),
        ("calibration", calibration(a), calibration(b)),
        ("seed", a.seed.to_string(), b.seed.to_string()),
        ("scale", words::digits(a.scale), words::digits(b.scale)),
        ("window", windows(a), windows(b)),
        ("machine", machine(a), machine(b)),
    ];
    let differing = all.into_iter().filter(|(_, a, b)| a != b);
    differing.map(|(what, a, b)| (what.to_owned(), a, b)).collect()
}

impl ArmCompared {
    /// An arm; of cron each job by itself, for which of them a window sees depends on the window.
    fn all(pair: &ArmPair<'_>) -> Vec<Self> {
        if pair.first.kind != "cron" {
            return vec![Self::of(pair, pair.to_string(), &pair.first.parts, &pair.second.parts)];
        }
        let job = |part: &PartRun| {
            let other = pair.second.parts.iter().find(|other| other.name == part.name)?;
            let name = format!("{}: {pair}", part.name);
            Some(Self::of(pair, name, std::slice::from_ref(part), std::slice::from_ref(other)))
        };
        pair.first.parts.iter().filter_map(job).collect()
    }
    fn of(pair: &ArmPair<'_>, arm: String, first: &[PartRun], second: &[PartRun]) -> Self {
        let (a, b) = (merged(first, |part| &part.response), merged(second, |part| &part.response));
        let mean = |times: &Hist| {
            let mean = Mix::of(vec![(1.0, times.clone())]).map(|mix| mix.mean());
            // One sample has no interval.
            mean.filter(|mean| mean.high.is_finite())
        };
        Self {
            index: pair.index,
            placement: pair.placement.label.clone(),
            condition: pair.placement.condition.clone(),
            arm,
            n: (a.count(), b.count()),
            percentiles: QUANTILES.map(|q| Pair::of(a.estimate(q), b.estimate(q))).into(),
            mean: Pair::of(mean(&a), mean(&b)),
            failed: (failed(first), failed(second)),
            trips: (trips(first), trips(second)),
        }
    }
}

/// All samples of one kind.
pub(super) fn merged(parts: &[PartRun], of: impl Fn(&PartRun) -> &Hist) -> Hist {
    let mut all = Hist::new();
    for part in parts {
        all.merge(of(part));
    }
    all
}

fn failed(parts: &[PartRun]) -> Option<Estimate> {
    let failed = parts.iter().flat_map(|part| part.errors.values()).sum::<u64>();
    let others: u64 = parts.iter().map(|part| part.completed + part.unfinished).sum();
    verdict::share(failed, failed + others)
}

fn trips(parts: &[PartRun]) -> Option<f64> {
    let trips = merged(parts, |part| &part.round_trips);
    (!trips.is_empty()).then(|| trips.mean())
}
