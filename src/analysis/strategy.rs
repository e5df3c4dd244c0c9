//! One strategy: its phases on the calendar, and the answer for each workload in plain words.
//!
//! A workload's answer is *no* if an objective is missed in some phase, *cannot tell* if none is
//! missed but some phase is unknown, *yes* otherwise. Short states (read-only windows, cold caches)
//! are told beside the answer and do not decide it. Not for: sums over days (`cost`).

use std::collections::BTreeSet;

use crate::runfile::{EventRun, StrategyRun};
use crate::scenario::Scenario;

use super::PlacementAnalysis;
use super::cost::Cost;
use super::verdict::{Check, Quantity, Verdict};
use super::words;

/// One strategy.
#[derive(Debug, Clone)]
pub struct StrategyAnalysis {
    /// Its name.
    pub name: String,
    /// What it is.
    pub about: String,
    /// In order.
    pub phases: Vec<PhaseAnalysis>,
    /// What it costs.
    pub cost: Cost,
    /// The answer for each workload, in file order.
    pub answers: Vec<Answer>,
    /// The answer for all together.
    pub answer: Word,
    /// The answer as a sentence, without the strategy's name.
    pub sentence: String,
}

/// One phase on the calendar.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseAnalysis {
    /// Its name.
    pub name: String,
    /// When it starts, in nanoseconds from the strategy's first day.
    pub starts_ns: u64,
    /// How long it lasts.
    pub lasts_ns: u64,
    /// What moves at its start.
    pub moves: Vec<String>,
    /// Its placement; `None` if it was not measured.
    pub placement: Option<usize>,
    /// Short states at its start.
    pub events: Vec<EventRun>,
    /// The worst verdict on any objective; `None` if no workload has one.
    pub verdict: Option<Verdict>,
    /// The objective that is farthest beyond its limit, or nearest to it: workload, check, value ÷ limit.
    pub worst: Option<(String, Check, f64)>,
}

/// The answer to "can we do it this way".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// The workload has no objective.
    NoObjective,
    /// Every objective is held in every phase.
    Yes,
    /// Nothing is missed, but not everything is known.
    CannotTell,
    /// An objective is missed.
    No,
}

impl Word {
    /// What a reader sees.
    pub const fn shown(self) -> &'static str {
        match self {
            Self::NoObjective => "no objective",
            Self::Yes => "yes",
            Self::CannotTell => "cannot tell",
            Self::No => "no",
        }
    }
}

/// The answer for one workload under one strategy.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The workload.
    pub workload: String,
    /// Yes, no or cannot tell.
    pub word: Word,
    /// It is missed in the first phase already, before anything has moved.
    pub already: bool,
    /// Days of the phases in which an objective is missed.
    pub days_missed: f64,
    /// Why, in words.
    pub reason: String,
    /// The phase that decides, by index.
    pub phase: Option<usize>,
}

impl StrategyAnalysis {
    /// Analyses one strategy.
    pub(super) fn of(
        strategy: &StrategyRun,
        placements: &[PlacementAnalysis],
        scenario: &Scenario,
        scale: f64,
    ) -> Self {
        let phases = phases(strategy, placements);
        let answers: Vec<_> = (0..scenario.workloads.len())
            .map(|w| Answer::of(&scenario.workloads[w].name, w, &phases, placements))
            .collect();
        let answer = answers.iter().map(|a| a.word).max().unwrap_or(Word::NoObjective);
        Self {
            name: strategy.name.clone(),
            about: strategy.about.clone(),
            cost: Cost::of(strategy, placements, scenario, scale),
            sentence: sentence(&answers, phases.len()),
            phases,
            answers,
            answer,
        }
    }
}

/// Puts phases on the calendar.
fn phases(strategy: &StrategyRun, placements: &[PlacementAnalysis]) -> Vec<PhaseAnalysis> {
    let mut starts_ns = 0_u64;
    let of = |phase: &crate::runfile::PhaseRun| {
        let workloads = phase.placement.map_or(&[][..], |i| &placements[i].workloads);
        let worst =
            workloads.iter().filter_map(|w| w.worst().map(|(check, ratio)| (w.name.clone(), check.clone(), ratio)));
        let starts = starts_ns;
        starts_ns = starts_ns.saturating_add(phase.lasts_ns);
        PhaseAnalysis {
            name: phase.name.clone(),
            starts_ns: starts,
            lasts_ns: phase.lasts_ns,
            moves: phase.moves.clone(),
            placement: phase.placement,
            events: phase.events.clone(),
            verdict: match phase.placement {
                None => Some(Verdict::NotMeasured),
                Some(_) => workloads.iter().filter_map(super::workload::WorkloadAnalysis::verdict).max(),
            },
            worst: worst.rev().max_by(|a, b| a.1.heavier(&b.1)),
        }
    };
    strategy.phases.iter().map(of).collect()
}

/// A phase's check of one workload.
type Seen<'a> = (usize, &'a PhaseAnalysis, Check);

impl Answer {
    fn of(name: &str, index: usize, phases: &[PhaseAnalysis], placements: &[PlacementAnalysis]) -> Self {
        let seen: Vec<Seen> = phases
            .iter()
            .enumerate()
            .flat_map(|(at, phase)| {
                let checks = phase.placement.map_or(&[][..], |i| &placements[i].workloads[index].checks);
                checks.iter().map(move |check| (at, phase, check.clone()))
            })
            .collect();
        let unmeasured = phases.iter().position(|p| p.placement.is_none());
        let has = |verdict| seen.iter().any(|(_, _, c)| c.verdict == verdict);
        let (word, phase, reason) = if has(Verdict::Missed) {
            let (phase, reason) = missed(name, &seen);
            (Word::No, Some(phase), reason)
        } else if has(Verdict::Invalid) || has(Verdict::CannotTell) || (unmeasured.is_some() && !seen.is_empty()) {
            let (phase, reason) = unknown(&seen, unmeasured.map(|at| (at, &phases[at])));
            (Word::CannotTell, phase, reason)
        } else if seen.is_empty() && unmeasured.is_some() {
            (Word::CannotTell, unmeasured, "not measured".into())
        } else if seen.is_empty() {
            (Word::NoObjective, None, "it has no objective".into())
        } else {
            let (phase, reason) = held(&seen);
            (Word::Yes, Some(phase), reason)
        };
        let days = phases
            .iter()
            .enumerate()
            .filter(|(at, _)| seen.iter().any(|(i, _, c)| i == at && c.verdict == Verdict::Missed));
        Self {
            workload: name.into(),
            word,
            already: seen.iter().any(|(at, _, c)| *at == 0 && c.verdict == Verdict::Missed),
            days_missed: days.map(|(_, p)| p.lasts_ns as f64 / 86_400e9).fold(0.0, std::ops::Add::add),
            reason,
            phase,
        }
    }
}

/// The check that is farthest beyond its limit, of those with this verdict.
fn farthest<'a>(seen: &'a [Seen<'a>], verdict: Verdict) -> Option<&'a Seen<'a>> {
    let rated = seen.iter().filter(|s| s.2.verdict == verdict);
    // The first of equals: `max_by` would take the last.
    rated.rev().max_by(|a, b| a.2.ratio().unwrap_or(0.0).total_cmp(&b.2.ratio().unwrap_or(0.0)))
}

/// What is missed most, in words, and in which phase.
fn missed(name: &str, seen: &[Seen]) -> (usize, String) {
    let Some((at, _, check)) = farthest(seen, Verdict::Missed) else { return (0, String::new()) };
    let mut days = 0;
    let mut last = usize::MAX;
    for (i, phase, _) in seen.iter().filter(|s| s.2.verdict == Verdict::Missed) {
        if *i != last {
            days += phase.lasts_ns;
            last = *i;
        }
    }
    let mut reason = format!("{} for {}", clause(name, check), words::days(days));
    let others: BTreeSet<String> = seen
        .iter()
        .filter(|s| s.2.verdict == Verdict::Missed)
        .filter(|s| s.2.part != check.part || s.2.quantity != check.quantity)
        .map(|s| format!("{} {}", s.2.part, s.2.quantity.name()))
        .collect();
    if !others.is_empty() {
        let plural = if others.len() == 1 { "" } else { "s" };
        reason = format!("{reason} (and {} more objective{plural})", others.len());
    }
    (*at, reason)
}

/// `p99 reaches 1.92 s (objective 800 ms)`.
fn clause(name: &str, check: &Check) -> String {
    let value = check.measured.map_or(f64::NAN, |m| m.estimate.value);
    let (value, limit) = (check.quantity.shown(value), check.quantity.shown(check.limit));
    let part = if check.part == name { String::new() } else { format!("“{}” ", check.part) };
    let told = match check.quantity {
        Quantity::Quantile(_) if check.measured.is_some_and(|m| m.at_least) => {
            format!("{} is {value} or more (objective {limit})", check.quantity.name())
        }
        Quantity::Quantile(_) => format!("{} reaches {value} (objective {limit})", check.quantity.name()),
        Quantity::Errors => format!("errors reach {value} (objective {limit})"),
        Quantity::Oldest if check.never() => format!("{part}{}", check.why),
        Quantity::Oldest => format!("{part}oldest job waits {value} (objective {limit})"),
        Quantity::Duration => format!("{part}takes {value} of its {limit}"),
        Quantity::Ready if check.never() => check.why.clone(),
        Quantity::Ready => format!("is ready after {value} (objective {limit})"),
    };
    let extrapolated = check.measured.is_some_and(|m| m.extrapolated);
    if extrapolated { format!("{told} (extrapolated)") } else { told }
}

/// Why nobody can tell, and in which phase.
fn unknown(seen: &[Seen], unmeasured: Option<(usize, &PhaseAnalysis)>) -> (Option<usize>, String) {
    let first = |verdict| seen.iter().find(|s| s.2.verdict == verdict);
    if let Some((at, phase, _)) = first(Verdict::Invalid) {
        return (Some(*at), format!("the measurement of “{}” is invalid", phase.name));
    }
    if let Some((at, phase)) = unmeasured {
        return (Some(at), format!("“{}” was not measured", phase.name));
    }
    match first(Verdict::CannotTell) {
        Some((at, phase, check)) => {
            (Some(*at), format!("{} in “{}”: {}", check.quantity.name(), phase.name, check.why))
        }
        None => (None, String::new()),
    }
}

/// How near the limits the worst phase comes.
fn held(seen: &[Seen]) -> (usize, String) {
    let near = farthest(seen, Verdict::Held).or(seen.first());
    let Some((at, phase, check)) = near else { return (0, String::new()) };
    let unproven = seen.iter().any(|s| s.2.verdict == Verdict::NoneSeen);
    let mut reason = match check.measured {
        Some(m) if check.verdict == Verdict::Held => format!(
            "{} at most {} of {} (“{}”)",
            check.quantity.name(),
            check.quantity.shown(m.estimate.value),
            check.quantity.shown(check.limit),
            phase.name
        ),
        _ => String::new(),
    };
    if unproven {
        reason.push_str(if reason.is_empty() { "no failure seen" } else { "; no failure seen" });
    }
    (*at, reason)
}

/// The answer for all workloads together.
fn sentence(answers: &[Answer], phases: usize) -> String {
    let of = |word| answers.iter().filter(move |a| a.word == word);
    let names = |word| words::list(&of(word).map(|a| a.workload.clone()).collect::<Vec<_>>());
    let mut clauses: Vec<String> = of(Word::No)
        .map(|a| {
            let before = if a.already { " (already before any move)" } else { "" };
            format!("{} {}{before}", a.workload, a.reason)
        })
        .collect();
    let unknown = names(Word::CannotTell);
    if !unknown.is_empty() {
        let reasons: BTreeSet<_> = of(Word::CannotTell).map(|a| &a.reason).collect();
        let why = reasons.first().filter(|_| reasons.len() == 1).map_or(String::new(), |why| format!(" ({why})"));
        let nobody = if clauses.is_empty() { "Nobody" } else { "nobody" };
        clauses.push(format!("{nobody} can tell about {unknown}{why}"));
    }
    let fine = of(Word::Yes).count();
    if clauses.is_empty() && fine > 0 {
        let held = match (fine, answers.len()) {
            (1, 1) => "The workload holds its objectives".into(),
            (1, _) => "The one workload with objectives holds them".into(),
            (n, all) if n == all => format!("All {n} workloads hold their objectives"),
            (n, _) => format!("The {n} workloads with objectives hold them"),
        };
        return format!("{held} in all {phases} phases.");
    }
    if fine > 0 {
        clauses.push(format!("{} {} fine", names(Word::Yes), if fine == 1 { "is" } else { "are" }));
    }
    if clauses.is_empty() { "No workload has an objective.".into() } else { format!("{}.", clauses.join("; ")) }
}
