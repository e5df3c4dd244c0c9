//! Each objective of each workload in each phase of each strategy.
//!
//! Held is a pass and missed a regression; what nobody can tell is inconclusive, never a pass. Short states of a phase (a read-only
//! window, a cold cache, a restart) decide nothing, as in the report, unless they are asked for: an objective is what a workload
//! must hold on any day, and a migration is planned to break it for minutes. Not for: how an objective is judged (`verdict`).

use crate::analysis::verdict::{self, Quantity, Verdict};
use crate::analysis::{Analysis, words};
use crate::measure::Hist;
use crate::runfile::{ArmRun, PlacementRun, Run};

use super::{Check, Distribution, Judged, Kind, Outcome, Place, id};

/// Judges a run by the objectives of its scenario, in steady phases.
pub fn judge(run: &Run, analysis: &Analysis) -> Judged {
    judge_with(run, analysis, false, &|_, _, _| None)
}

/// Where the limit of a workload, of this part of it and with this key in `objective` is written.
pub type Written<'a> = dyn Fn(&str, &str, &str) -> Option<Place> + 'a;

/// The same; with `events` in the short states of phases, too, and each check with its place.
pub fn judge_with(run: &Run, analysis: &Analysis, events: bool, written: &Written) -> Judged {
    let mut checks = Vec::new();
    let mut not_judged = 0;
    for strategy in &analysis.strategies {
        for phase in &strategy.phases {
            let short = phase.events.iter().map(|event| (format!("{}, {}", phase.name, event.name), event.placement));
            let all = std::iter::once((phase.name.clone(), phase.placement)).chain(short);
            for (at, (phase, placement)) in all.enumerate() {
                if at > 0 && !events {
                    not_judged += 1;
                    continue;
                }
                checks.extend(phase_checks(analysis, (&strategy.name, &phase), placement, written));
            }
        }
    }
    Judged {
        title: run.provenance.scenario.clone(),
        about: about(run, not_judged),
        checks,
        distributions: distributions(run),
        ..Judged::default()
    }
}

/// Every objective at one placement; one check that it was not measured if there is none.
fn phase_checks(
    analysis: &Analysis,
    (strategy, phase): (&str, &str),
    placement: Option<usize>,
    written: &Written,
) -> Vec<Check> {
    let Some(placement) = placement.and_then(|at| analysis.placements.get(at)) else {
        return vec![not_measured(strategy, phase)];
    };
    let of = |workload: &crate::analysis::workload::WorkloadAnalysis| {
        let place = |found: &verdict::Check| written(&workload.name, &found.part, &key(found.quantity));
        let of = |found| Check { place: place(found), ..check((strategy, phase), &workload.name, found) };
        workload.checks.iter().map(of).collect::<Vec<_>>()
    };
    placement.workloads.iter().flat_map(of).collect()
}

/// No workload has an objective: whatever was simulated, nothing was asked of it.
pub fn none() -> Check {
    Check {
        id: id(&["objective", "none"]),
        subject: "everything".into(),
        quantity: "objectives".into(),
        outcome: Outcome::Inconclusive,
        sentence: "no workload of the scenario has an objective: nothing was checked".into(),
        details: vec!["give a workload one, such as `objective: { p99: 800ms }`".into()],
        ..Check::blank(Kind::Objective)
    }
}

fn not_measured(strategy: &str, phase: &str) -> Check {
    Check {
        id: id(&["objective", strategy, phase]),
        subject: format!("{strategy}, {phase}"),
        quantity: "all objectives".into(),
        outcome: Outcome::Inconclusive,
        sentence: format!("{strategy}, {phase}: not measured"),
        ..Check::blank(Kind::Objective)
    }
}

fn about(run: &Run, not_judged: usize) -> Vec<(String, String)> {
    let provenance = &run.provenance;
    let mut about = vec![
        ("engine", provenance.engine.clone()),
        ("link", provenance.link.clone()),
        ("seed", provenance.seed.to_string()),
        ("scale", words::percent(provenance.scale)),
        ("version", provenance.version.clone()),
        ("scenario digest", provenance.digest.chars().take(12).collect()),
    ];
    if not_judged > 0 {
        about.push((
            "short states",
            format!("{not_judged} not judged: --events judges read-only windows, cold caches and restarts"),
        ));
    }
    about.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Response times of each arm of each valid placement.
pub(crate) fn distributions(run: &Run) -> Vec<Distribution> {
    let valid = run.placements.iter().enumerate().filter(|(_, placement)| placement.invalid.is_empty());
    valid
        .flat_map(|(index, placement)| placement.arms.iter().filter_map(move |arm| distribution(index, placement, arm)))
        .collect()
}

fn distribution(index: usize, placement: &PlacementRun, arm: &ArmRun) -> Option<Distribution> {
    let mut times = Hist::new();
    arm.parts.iter().for_each(|part| times.merge(&part.response));
    if times.is_empty() {
        return None;
    }
    let condition = if placement.condition == "steady" { String::new() } else { format!(", {}", placement.condition) };
    let share = if arm.share < 1.0 { format!(", {}", words::percent(arm.share)) } else { String::new() };
    let title =
        format!("{}, {} on {}{share}, in “{}”{condition}", arm.workload, arm.site, arm.platform, placement.label);
    let number = (index + 1).to_string();
    Some(Distribution { id: id(&["times", &number, &arm.workload, &arm.site, &arm.platform]), title, times })
}

fn check((strategy, phase): (&str, &str), workload: &str, found: &verdict::Check) -> Check {
    let part = if found.part == workload { String::new() } else { format!(" {}", found.part) };
    let subject = format!("{workload}{part} in {strategy}, {phase}");
    let quantity = found.quantity.name();
    let limit = found.quantity.shown(found.limit);
    let value = found.measured.map_or_else(String::new, |m| format!(" {}", found.quantity.shown(m.estimate.value)));
    let why = if found.why.is_empty() { String::new() } else { format!(" ({})", found.why) };
    Check {
        id: id(&["objective", strategy, phase, workload, &found.part, &quantity]),
        kind: Kind::Objective,
        sentence: format!("{subject}: {quantity}{value} {}, limit {limit}{why}", found.verdict.word()),
        subject,
        quantity,
        unit: if found.quantity == Quantity::Errors { "share".into() } else { "ns".into() },
        found: found.measured.map(|m| m.estimate.value),
        interval: found.measured.map(|m| (m.estimate.low, m.estimate.high)),
        limit: Some(found.limit),
        outcome: outcome(found.verdict),
        details: Vec::new(),
        place: None,
    }
}

/// The key of a quantity in `objective`.
fn key(quantity: Quantity) -> String {
    match quantity {
        Quantity::Quantile(q) => words::quantile(q),
        Quantity::Errors => "errors".into(),
        Quantity::Oldest => "oldest".into(),
        Quantity::Duration => "deadline".into(),
        Quantity::Ready => "ready".into(),
    }
}

fn outcome(verdict: Verdict) -> Outcome {
    match verdict {
        Verdict::Held | Verdict::NoneSeen => Outcome::Pass,
        Verdict::CannotTell | Verdict::NotMeasured => Outcome::Inconclusive,
        Verdict::Invalid => Outcome::Invalid,
        Verdict::Missed => Outcome::Regression,
    }
}
