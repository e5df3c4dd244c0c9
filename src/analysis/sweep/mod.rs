//! Sweeps: at which value of a quantity each objective breaks, and what distance costs a journey.
//!
//! Objectives are judged as everywhere (`analysis::workload`), at every value that was tried; [`Seeker`] says which
//! value to try next, so that whoever performs the sweep decides nothing. Not for: performing (`engine::sweep`),
//! rewriting scenarios (`strategy::vary`).

pub mod counted;
pub mod edge;
pub mod fit;
mod parts;
mod shown;

use crate::runfile::sweep::{Asked, SweepPoint, SweepRun};
use crate::scenario::Scenario;
use crate::strategy::exposed::{self, Exposed, ExposedError, Named};
use crate::strategy::vary::{self, VaryError};
use crate::strategy::{Placement, expand};

use super::verdict::{Check, Quantity, Verdict};
use super::workload::WorkloadAnalysis;
use edge::{Outcome, Seen};
use parts::PartSeen;

pub use parts::{Fit, QUEUES_MOST};
pub use shown::{named, shown};

/// A sweep file that does not fit its own scenario.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SweepError {
    /// The placement is not in the scenario.
    #[error(transparent)]
    Placement(#[from] ExposedError),
    /// A value cannot be.
    #[error(transparent)]
    Value(#[from] VaryError),
    /// A workload is not in the scenario.
    #[error("there is no workload `{name}`: the scenario has {}", known.join(", "))]
    Workload {
        /// What was written.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
}

/// What is swept, found in its scenario.
#[derive(Debug, Clone)]
pub struct Subject {
    scenario: Scenario,
    asked: Asked,
    scale: f64,
    /// Where it is in the scenario.
    pub exposed: Exposed,
    /// The placement, with the scenario's own links.
    pub placement: Placement,
}

impl Subject {
    /// Finds the placement that `asked` names.
    ///
    /// # Errors
    /// If the scenario does not have it, or would leave its bounds at an end of the range.
    pub fn of(scenario: &Scenario, asked: &Asked, scale: f64) -> Result<Self, SweepError> {
        let (strategy, phase) = (Some(asked.strategy.clone()), Some(asked.phase.clone()));
        let named = Named { strategy, phase, link: asked.link.clone() };
        let exposed = exposed::exposed(scenario, &named, asked.over.of_link())?;
        if let Some(name) = asked.workloads.iter().find(|name| !scenario.workloads.iter().any(|w| w.name == **name)) {
            let known = scenario.workloads.iter().map(|w| w.name.clone()).collect();
            return Err(SweepError::Workload { name: name.clone(), known });
        }
        let placement = expand(scenario, exposed.strategy).swap_remove(exposed.phase).placement;
        let subject = Self { scenario: scenario.clone(), asked: asked.clone(), scale, exposed, placement };
        subject.varied(asked.from)?;
        subject.varied(asked.to)?;
        Ok(subject)
    }
    /// The scenario at a value.
    fn varied(&self, value: f64) -> Result<Scenario, VaryError> {
        vary::vary(&self.scenario, self.asked.over, self.exposed.link, value)
    }
    /// How many workloads the scenario has.
    pub fn workloads(&self) -> usize {
        self.scenario.workloads.len()
    }
    /// The value that the scenario itself has.
    pub fn own(&self) -> Option<f64> {
        self.asked.over.own(&self.scenario, self.exposed.link)
    }
    /// The values that are tried in any case, from easy to hard: geometric steps, and the scenario's own if it lies
    /// within.
    pub fn steps(&self) -> Vec<f64> {
        let Asked { over, from, to, steps, .. } = &self.asked;
        let (a, b) = (over.hardship(*from), over.hardship(*to));
        let (easy, hard) = (a.min(b), a.max(b));
        let last = f64::from(steps.saturating_sub(1).max(1));
        let step = |i: u32| easy * (hard / easy).powf(f64::from(i) / last);
        let mut all: Vec<f64> = (0..=last as u32).map(step).collect();
        let own = self.own().map(|own| over.hardship(own)).filter(|own| easy < *own && *own < hard);
        if let Some(own) = own {
            // A step that is next to it would tell nothing more.
            let at_end = |step: f64| step <= easy * 1.000_001 || step >= hard * 0.999_999;
            all.retain(|step| (step / own).ln().abs() > 0.02 || at_end(*step));
            all.push(own);
            all.sort_by(f64::total_cmp);
        }
        all.into_iter().map(|hardship| over.value(hardship)).collect()
    }
    /// Whether any arm of a workload calls a store over the link.
    pub fn crosses(&self, workload: usize) -> bool {
        let arms = self.placement.arms.iter().filter(|arm| arm.workload.0 == workload).count();
        (0..arms).any(|number| parts::crosses(self, workload, number))
    }
    fn judged(&self, name: &str) -> bool {
        self.asked.workloads.is_empty() || self.asked.workloads.iter().any(|judged| judged == name)
    }
}

/// One value, judged.
#[derive(Debug, Clone)]
pub struct Point {
    /// The value.
    pub value: f64,
    hardship: f64,
    /// Why it has no numbers; empty if it has.
    pub invalid: Vec<String>,
    /// Each workload, in file order.
    pub workloads: Vec<WorkloadAnalysis>,
    parts: Vec<PartSeen>,
}

impl Point {
    fn of(subject: &Subject, point: &SweepPoint) -> Result<Self, VaryError> {
        let scenario = subject.varied(point.value)?;
        let run = &point.placement;
        let analyse = |workload| WorkloadAnalysis::of(workload, run, &scenario, subject.scale);
        Ok(Self {
            value: point.value,
            hardship: subject.asked.over.hardship(point.value),
            invalid: run.invalid.clone(),
            workloads: scenario.workloads.iter().map(analyse).collect(),
            parts: if run.invalid.is_empty() { parts::seen(&scenario, run) } else { Vec::new() },
        })
    }
    fn check(&self, target: &Target) -> Option<&Check> {
        let workload = self.workloads.get(target.workload)?;
        match target.arm {
            None => workload.checks.get(target.check),
            Some(arm) => workload.arm_checks.get(arm)?.get(target.check),
        }
    }
}

/// An objective: of a whole workload, or of one arm by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Target {
    workload: usize,
    arm: Option<usize>,
    check: usize,
}

/// One objective over the whole range.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// Index of the workload.
    pub workload: usize,
    /// The arm that is judged by itself; `None` for all of the workload.
    pub arm: Option<String>,
    /// The queue or job; the workload's own name where it has only one part.
    pub part: String,
    /// What is limited.
    pub quantity: Quantity,
    /// The limit, in the quantity's unit.
    pub limit: f64,
    /// What became of it.
    pub outcome: Outcome,
    /// The value at which its number passes the limit.
    pub at: Option<f64>,
    /// The last value tried within and the first beyond the limit.
    pub between: Option<(f64, f64)>,
    /// It surely holds at every value tried from the easy end to here.
    pub holds_to: Option<f64>,
    /// It is surely missed at every value tried from here to the hard end that has a number.
    pub misses_from: Option<f64>,
    /// It surely holds again at a harder value than one at which it is surely missed.
    pub again: bool,
    /// What was seen, from easy to hard: value and judgement.
    pub seen: Vec<(f64, Check)>,
}

/// Everything that a sweep says.
#[derive(Debug, Clone)]
pub struct SweepAnalysis {
    /// What is swept.
    pub subject: Subject,
    /// From easy to hard.
    pub points: Vec<Point>,
    /// Every objective of the judged workloads; of split workloads also each arm's that crosses the link.
    pub edges: Vec<Edge>,
    /// Of every part of every arm that crosses the link, if the RTT is swept.
    pub fits: Vec<Fit>,
}

impl SweepAnalysis {
    /// Judges a sweep.
    ///
    /// # Errors
    /// If it does not fit its scenario.
    pub fn of(sweep: &SweepRun, scenario: &Scenario) -> Result<Self, SweepError> {
        let subject = Subject::of(scenario, &sweep.asked, sweep.provenance.scale)?;
        let mut seeker = Seeker::new(subject);
        for point in &sweep.points {
            seeker.add(point)?;
        }
        let Seeker { subject, points, .. } = seeker;
        let edges = targets(&subject, &points).iter().filter_map(|t| edge(&subject, &points, t)).collect();
        let fits = parts::fits(&subject, &points);
        Ok(Self { subject, points, edges, fits })
    }
}

/// Says which value to try next, from what was seen so far.
#[derive(Debug, Clone)]
pub struct Seeker {
    /// What is swept.
    pub subject: Subject,
    steps: Vec<f64>,
    /// From easy to hard.
    points: Vec<Point>,
    tried: Vec<f64>,
}

impl Seeker {
    /// Nothing was tried yet.
    pub fn new(subject: Subject) -> Self {
        Self { steps: subject.steps(), subject, points: Vec::new(), tried: Vec::new() }
    }
    /// How many values are tried in any case.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }
    /// Takes in what was measured at a value.
    ///
    /// # Errors
    /// If the value cannot be.
    pub fn add(&mut self, point: &SweepPoint) -> Result<(), VaryError> {
        self.tried.push(point.value);
        self.points.push(Point::of(&self.subject, point)?);
        self.points.sort_by(|a, b| a.hardship.total_cmp(&b.hardship));
        Ok(())
    }
    /// The next value to try; `None` when everything is known to the precision that was asked for, or nothing more
    /// may be tried.
    pub fn next(&self) -> Option<f64> {
        self.ahead().first().copied()
    }
    /// The next value to try, and behind it those that may well be asked for after it: whoever has time may try them
    /// meanwhile. What is asked for does not depend on that.
    pub fn ahead(&self) -> Vec<f64> {
        let Some(turn) = self.tried.len().checked_sub(self.steps.len()) else {
            return self.steps[self.tried.len()..].to_vec();
        };
        let Asked { over, precision, refine, .. } = &self.subject.asked;
        if turn >= *refine as usize {
            return Vec::new();
        }
        let targets = targets(&self.subject, &self.points);
        let seen: Vec<Vec<Seen>> = targets.iter().map(|target| seen(&self.points, target)).collect();
        let wanted = (0..3).flat_map(|which| seen.iter().map(move |seen| (which, seen)));
        let mut values = Vec::new();
        for (which, seen) in wanted {
            let Some(value) = edge::next(seen, which, *precision, turn + 1).map(|hardship| over.value(hardship)) else {
                continue;
            };
            // A value that rounds to one that was tried cannot be told from it.
            if !self.tried.contains(&value) && !values.contains(&value) {
                values.push(value);
            }
        }
        values
    }
}

/// The objectives that are judged.
fn targets(subject: &Subject, points: &[Point]) -> Vec<Target> {
    let Some(first) = points.iter().find(|p| p.invalid.is_empty()) else { return Vec::new() };
    let mut all = Vec::new();
    for (index, workload) in first.workloads.iter().enumerate().filter(|(_, w)| subject.judged(&w.name)) {
        let count = workload.checks.len();
        all.extend((0..count).map(|check| Target { workload: index, arm: None, check }));
        for (arm, checks) in workload.arm_checks.iter().enumerate() {
            if parts::crosses(subject, index, arm) {
                all.extend((0..checks.len()).map(|check| Target { workload: index, arm: Some(arm), check }));
            }
        }
    }
    all
}

/// What valid points say about an objective.
fn seen(points: &[Point], target: &Target) -> Vec<Seen> {
    let valid = points.iter().filter(|p| p.invalid.is_empty());
    valid.filter_map(|p| p.check(target).map(|check| Seen::of(p.hardship, check))).collect()
}

fn edge(subject: &Subject, points: &[Point], target: &Target) -> Option<Edge> {
    let place = edge::place(&seen(points, target));
    let judged: Vec<(f64, Check)> =
        points.iter().filter_map(|p| p.check(target).map(|check| (p.value, check.clone()))).collect();
    let (_, check) = judged.iter().find(|(_, check)| check.verdict != Verdict::Invalid).or(judged.first())?;
    let arm = target.arm.and_then(|arm| points.first()?.workloads[target.workload].arms.get(arm));
    let value = |hardship: f64| subject.asked.over.value(hardship);
    Some(Edge {
        workload: target.workload,
        arm: arm.map(super::arm::ArmAnalysis::name),
        part: check.part.clone(),
        quantity: check.quantity,
        limit: check.limit,
        outcome: place.outcome,
        at: place.at.map(value),
        between: place.between.map(|(a, b)| (value(a), value(b))),
        holds_to: place.holds_to.map(value),
        misses_from: place.misses_from.map(value),
        again: place.again,
        seen: judged,
    })
}

#[cfg(test)]
#[path = "sweep_tests.rs"]
mod tests;
