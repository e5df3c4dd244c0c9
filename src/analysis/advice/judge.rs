//! What tries say: which objectives stay open, what a try buys against the scenario as it is.
//!
//! Added time is always against the first phase of the scenario as it is: today. A difference of two means counts only
//! beyond the 95 % interval of the two taken as independent. Tries share arrivals and seeds, which makes their difference
//! steadier than that (common random numbers: the covariance is positive), so the interval errs towards "no difference".
//! Not for: choosing what is tried (`search`).

use std::collections::BTreeMap;

use super::short::{self, ShortGain};
use crate::measure::{Estimate, Z95};
use crate::runfile::advice::{AdviceRun, CellWorkload, CheckRun, TryRun};
use crate::units::Nanos;

/// An objective of a phase that is not held.
#[derive(Debug, Clone, PartialEq)]
pub struct Open<'a> {
    /// The phase, from 0.
    pub phase: usize,
    /// Whose.
    pub workload: &'a str,
    /// What came of it.
    pub check: &'a CheckRun,
}

impl Open<'_> {
    /// It is missed; else nobody can tell.
    pub fn missed(&self) -> bool {
        self.check.verdict == "missed"
    }
    /// The same objective in the same phase.
    fn same(&self, other: &Self) -> bool {
        (self.phase, self.workload) == (other.phase, other.workload)
            && (&self.check.part, &self.check.quantity) == (&other.check.part, &other.check.quantity)
    }
}

/// Whether an objective is held, as far as anyone can see.
pub fn holds(check: &CheckRun) -> bool {
    matches!(check.verdict.as_str(), "held" | "none seen")
}

/// The objectives of a strategy that a try does not hold, in the phases that were simulated.
pub fn open<'a>(run: &'a AdviceRun, it: &TryRun, strategy: usize) -> Vec<Open<'a>> {
    let of = |(phase, cell): (usize, usize)| {
        let workloads = run.cells[cell].workloads.iter();
        let checks = workloads.flat_map(|w| w.checks.iter().map(move |check| (w.workload.as_str(), check)));
        let open = checks.filter(|(_, check)| !holds(check));
        open.map(move |(workload, check)| Open { phase, workload, check })
    };
    cells(it, strategy).flat_map(of).collect()
}

/// The phases of a strategy that a try simulated: number and cell.
pub fn cells(it: &TryRun, strategy: usize) -> impl Iterator<Item = (usize, usize)> {
    it.strategies[strategy].iter().enumerate().filter_map(|(at, phase)| Some((at, phase.cell?)))
}

/// Every phase of a strategy was simulated, and everything is held in it.
pub fn feasible(run: &AdviceRun, it: &TryRun, strategy: usize) -> bool {
    it.strategies[strategy].iter().all(|phase| phase.cell.is_some()) && open(run, it, strategy).is_empty()
}

/// Every phase of a strategy was simulated, and nothing is missed in it, though some may be unknown.
pub fn feasible_but(run: &AdviceRun, it: &TryRun, strategy: usize) -> bool {
    let whole = it.strategies[strategy].iter().all(|phase| phase.cell.is_some());
    whole && !open(run, it, strategy).iter().any(Open::missed)
}

/// What a try does to one objective that is open in the scenario as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Help {
    /// Nothing that can be told.
    None,
    /// It comes nearer to its limit.
    Nearer,
    /// It is held.
    Held,
}

/// What a try does to an open objective; the same as before where its phase was not simulated.
pub fn help(run: &AdviceRun, it: &TryRun, strategy: usize, open: &Open<'_>) -> Help {
    let Some(after) = find(run, it, strategy, open) else { return Help::None };
    let nearer = match (open.check.measured, after.measured) {
        (Some(was), Some(is)) if !(open.check.at_least && after.at_least) => is.high < was.low,
        (None, Some(_)) => true,
        _ => false,
    };
    if holds(after) {
        Help::Held
    } else if nearer {
        Help::Nearer
    } else {
        Help::None
    }
}

fn find<'a>(run: &'a AdviceRun, it: &TryRun, strategy: usize, open: &Open<'_>) -> Option<&'a CheckRun> {
    let cell = it.strategies[strategy].get(open.phase)?.cell?;
    let workload = run.cells[cell].workloads.iter().find(|w| w.workload == open.workload)?;
    let same = |check: &&CheckRun| (&check.part, &check.quantity) == (&open.check.part, &open.check.quantity);
    workload.checks.iter().find(same)
}

/// What a try buys in one strategy, in the phases that it simulated.
#[derive(Debug, Clone, PartialEq)]
pub struct Gain {
    /// Objectives (each in each phase) that it turns from not held to held.
    pub turned: usize,
    /// Of these, those that were missed.
    pub turned_missed: usize,
    /// Objectives that it opens.
    pub opened: usize,
    /// Exposure that it saves, in millisecond-days of everybody: workloads by their share of requests and jobs.
    pub saved: Estimate,
    /// Some mean is only a lower bound.
    pub at_least: bool,
    /// By phase.
    pub phases: Vec<PhaseGain>,
    /// What it does in short states, where it was tried in them.
    pub short: ShortGain,
}

impl Gain {
    /// The saving can be told from nothing.
    pub fn told(&self) -> bool {
        self.saved.low > 0.0 || self.saved.high < 0.0
    }
    /// Ranks gains: what is turned, missed first, less what is opened; the same in short states, which decide no answer;
    /// then what is saved.
    pub fn rank(&self) -> (i64, i64, i64, f64) {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let opened = count(self.opened);
        let short = count(self.short.turned.len()) - count(self.short.opened.len());
        (count(self.turned_missed) - opened, count(self.turned) - opened, short, self.saved_as_told())
    }
    /// What is saved; nothing where that cannot be told from nothing.
    pub fn saved_as_told(&self) -> f64 {
        if self.told() { self.saved.value } else { 0.0 }
    }
    /// Compares what is turned, then what is saved.
    pub fn against(&self, other: &Self) -> std::cmp::Ordering {
        let (a, b) = (self.rank(), other.rank());
        (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)).then(a.3.total_cmp(&b.3))
    }
}

/// What a try buys in one phase.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseGain {
    /// The phase, from 0.
    pub phase: usize,
    /// For each workload whose mean differs so that it can be told: name, before, after.
    pub means: Vec<(String, Estimate, Estimate)>,
    /// Objectives that are held now.
    pub turned: Vec<String>,
    /// Objectives that were held before.
    pub opened: Vec<String>,
}

/// What a try buys against the scenario as it is.
pub fn gain(run: &AdviceRun, it: &TryRun, strategy: usize) -> Gain {
    let base = &run.tries[0];
    let mut gain = Gain {
        turned: 0,
        turned_missed: 0,
        opened: 0,
        saved: Estimate { value: 0.0, low: 0.0, high: 0.0, n: 0 },
        at_least: false,
        phases: Vec::new(),
        short: short::gain(run, it, strategy),
    };
    let mut days: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    for (phase, after) in cells(it, strategy) {
        let Some(before) = base.strategies[strategy].get(phase).and_then(|phase| phase.cell) else { continue };
        *days.entry((before, after)).or_default() += days_of(it, strategy, phase);
        gain.phases.extend(of_phase(run, phase, (before, after)));
    }
    let (was, is) = (open_in(run, base, it, strategy), open(run, it, strategy));
    let turned: Vec<&Open> = was.iter().filter(|open| !is.iter().any(|other| other.same(open))).collect();
    gain.turned = turned.len();
    gain.turned_missed = turned.iter().filter(|open| open.missed()).count();
    gain.opened = is.iter().filter(|open| open.missed() && !was.iter().any(|other| other.same(open))).count();
    let mut variance = 0.0;
    for ((before, after), days) in days.into_iter().filter(|((a, b), _)| a != b) {
        let pairs = run.cells[before].workloads.iter().zip(&run.cells[after].workloads);
        for ((was, is), weight) in pairs.zip(&run.weights).filter(|(_, weight)| **weight > 0.0) {
            let (Some(a), Some(b)) = (was.mean, is.mean) else { continue };
            let days = days * weight;
            gain.saved.value += days * (a.value - b.value) / 1e6;
            gain.saved.n += a.n.min(b.n);
            gain.at_least |= was.at_least;
            let same = (a.value - b.value).abs() < f64::EPSILON;
            variance += if same { 0.0 } else { (days / 1e6).powi(2) * (error(a).powi(2) + error(b).powi(2)) };
        }
    }
    let half = Z95 * variance.sqrt();
    (gain.saved.low, gain.saved.high) = (gain.saved.value - half, gain.saved.value + half);
    gain
}

/// What is open in the scenario as it is, in the phases that a try simulated.
fn open_in<'a>(run: &'a AdviceRun, base: &TryRun, it: &TryRun, strategy: usize) -> Vec<Open<'a>> {
    let all = open(run, base, strategy).into_iter();
    all.filter(|open| it.strategies[strategy].get(open.phase).is_some_and(|phase| phase.cell.is_some())).collect()
}

fn days_of(it: &TryRun, strategy: usize, phase: usize) -> f64 {
    Nanos(it.strategies[strategy][phase].lasts_ns).as_days_f64()
}

/// The standard error of a mean.
fn error(mean: Estimate) -> f64 {
    (mean.high - mean.value) / Z95
}

fn of_phase(run: &AdviceRun, phase: usize, (before, after): (usize, usize)) -> Option<PhaseGain> {
    if before == after {
        return None;
    }
    let mut found = PhaseGain { phase, means: Vec::new(), turned: Vec::new(), opened: Vec::new() };
    for (was, is) in run.cells[before].workloads.iter().zip(&run.cells[after].workloads) {
        if let (Some(a), Some(b)) = (was.mean, is.mean)
            && differ(a, b)
        {
            found.means.push((was.workload.clone(), a, b));
        }
        for (x, y) in was.checks.iter().zip(&is.checks) {
            let name = named(was, x);
            match (holds(x), holds(y)) {
                (false, true) => found.turned.push(name),
                (true, false) if y.verdict == "missed" => found.opened.push(name),
                _ => {}
            }
        }
    }
    (!(found.means.is_empty() && found.turned.is_empty() && found.opened.is_empty())).then_some(found)
}

/// Two means that are farther apart than their noise.
pub fn differ(a: Estimate, b: Estimate) -> bool {
    (a.value - b.value).abs() > Z95 * error(a).hypot(error(b))
}

/// `web p99`, `cron settlement run`.
pub fn named(workload: &CellWorkload, check: &CheckRun) -> String {
    named_of(&workload.workload, check)
}

/// The same by name.
pub fn named_of(workload: &str, check: &CheckRun) -> String {
    if check.part == workload {
        format!("{workload} {}", check.quantity)
    } else {
        format!("{workload} {} {}", check.part, check.quantity)
    }
}

/// Exposure of a try in one strategy against the first phase of the scenario as it is, by workload: millisecond-days, times the
/// workload's share of requests and jobs.
///
/// Workloads whose mean is unknown in some phase are left out.
pub fn exposure(run: &AdviceRun, it: &TryRun, strategy: usize) -> Vec<(String, f64)> {
    let base = run.tries[0].strategies[strategy].first().and_then(|phase| phase.cell);
    let Some(today) = base.map(|cell| &run.cells[cell]) else { return Vec::new() };
    let of = |(index, workload): (usize, &CellWorkload)| {
        let from = workload.mean?.value;
        let all = cells(it, strategy).map(|(phase, cell)| {
            Some(days_of(it, strategy, phase) * (run.cells[cell].workloads[index].mean?.value - from) / 1e6)
        });
        Some((workload.workload.clone(), run.weights[index] * all.sum::<Option<f64>>()?))
    };
    today.workloads.iter().enumerate().filter_map(of).collect()
}

/// The same over all workloads.
pub fn exposed(run: &AdviceRun, it: &TryRun, strategy: usize) -> f64 {
    exposure(run, it, strategy).iter().map(|(_, it)| it).sum()
}

/// The same by phase, over all workloads.
pub fn exposed_by_phase(run: &AdviceRun, it: &TryRun, strategy: usize) -> Vec<f64> {
    let base = run.tries[0].strategies[strategy].first().and_then(|phase| phase.cell);
    let Some(today) = base.map(|cell| &run.cells[cell]) else { return Vec::new() };
    let of = |phase: usize| {
        let Some(cell) = it.strategies[strategy][phase].cell else { return 0.0 };
        let pairs = today.workloads.iter().zip(&run.cells[cell].workloads);
        let added =
            pairs.zip(&run.weights).filter_map(|((a, b), weight)| Some(weight * (b.mean?.value - a.mean?.value)));
        days_of(it, strategy, phase) * added.sum::<f64>() / 1e6
    };
    (0..it.strategies[strategy].len()).map(of).collect()
}

/// How far an objective is from its limit: 1 is at it; of what grows, infinitely far.
pub fn ratio(check: &CheckRun) -> f64 {
    match check.measured {
        Some(_) if check.at_least && check.quantity == "oldest job" => f64::INFINITY,
        Some(measured) if measured.value > 0.0 => measured.value / check.limit,
        Some(_) => 0.0,
        None => 1.0,
    }
}
