//! Parallel: reads that follow each other are sent at once, each branch on connections of its own.
//!
//! A row is a run of reads, or of repeats of nothing but reads and pauses; a repeat of a fixed number that stands
//! alone is shared out. Not for: writes, whose order may matter, or anything inside a transaction, which has one
//! connection.

use super::edit::{self, Edit};
use super::{Notes, Refusal, Rewrite, keep, words};
use crate::scenario::trips::in_a_row;
use crate::scenario::{Call, Count, JourneyId, Mitigation, Request, Scenario, Step, StepPath};

/// Branches that are proposed at most.
const BRANCHES: u32 = 8;

/// One for each row.
pub(super) fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    let of = |journey: JourneyId| {
        let rows = rows(scenario, journey, BRANCHES).into_iter();
        rows.map(move |edit| Mitigation::Parallel { journey, step: Some(edit.at), branches: BRANCHES })
    };
    (0..scenario.journeys.len()).map(JourneyId).flat_map(of).collect()
}

pub(super) fn rewrite(
    scenario: &Scenario,
    journey: JourneyId,
    step: Option<&StepPath>,
    branches: u32,
) -> Result<Rewrite, Refusal> {
    let mut edits = rows(scenario, journey, branches);
    edits.retain(|edit| step.is_none_or(|step| *step == edit.at));
    if edits.is_empty() {
        let help = "two reads (queries, gets, repeats of them) must follow each other outside of transactions, or a \
                    repeat of a fixed number of them; `step` is the first of a row";
        let why = words::at_step(&scenario.journeys[journey.0].name, step, "nothing can run in parallel");
        return Err(Refusal::nothing(why, help));
    }
    Ok(Rewrite::Steps(edits))
}

pub(super) fn notes(scenario: &Scenario, journey: JourneyId, step: Option<&StepPath>, branches: u32) -> Notes {
    let mut notes = Notes::default();
    notes.assumes.push("none of these reads, nor the pauses among them, needs the answer of another".into());
    if let Ok(Rewrite::Steps(edits)) = rewrite(scenario, journey, step, branches) {
        let row = |edit: &Edit| {
            let first = edit.at.0.last().copied().unwrap_or_default();
            let place = |offset: usize| {
                let mut path = edit.at.clone();
                if let Some(last) = path.0.last_mut() {
                    *last = first + offset;
                }
                edit::step(scenario, journey, &path).map(words::step)
            };
            (0..edit.remove).filter_map(place).collect::<Vec<_>>().join(", ")
        };
        if step.is_some() {
            notes.place = edits.iter().map(row).collect::<Vec<_>>().join("; ");
        }
    }
    notes.costs.push(keep::wider(scenario, journey, |after| rewritten(after, journey, step, branches)));
    notes
}

fn rewritten(scenario: &Scenario, journey: JourneyId, step: Option<&StepPath>, branches: u32) -> Option<Scenario> {
    let Ok(Rewrite::Steps(edits)) = rewrite(scenario, journey, step, branches) else { return None };
    let mut after = scenario.clone();
    edit::Done::default().perform(&mut after, edits);
    Some(after)
}

/// Every row of a journey as the edit that makes it parallel; none that stands inside another.
fn rows(scenario: &Scenario, journey: JourneyId, branches: u32) -> Vec<Edit> {
    let mut found: Vec<Edit> = Vec::new();
    edit::lists(&scenario.journeys[journey.0].steps, &mut |inside, steps| {
        if inside.transaction {
            return;
        }
        let mut start = 0;
        while start < steps.len() {
            let length = steps[start..].iter().take_while(|step| reads(step)).count();
            let at = inside.path(start);
            if let Some(branches) = shared_out(&steps[start..start + length], branches) {
                let within = |edit: &Edit| covers(edit, &at);
                if !found.iter().any(within) {
                    found.push(Edit { journey, at, remove: length, insert: vec![Step::Parallel(branches)] });
                }
            }
            start += length.max(1);
        }
    });
    found
}

/// Whether a step stands inside one that the edit replaces.
fn covers(edit: &Edit, path: &StepPath) -> bool {
    let Some((first, list)) = edit.at.0.split_last() else { return false };
    let number = path.0.get(list.len()).filter(|_| path.0.starts_with(list));
    number.is_some_and(|number| (*first..first + edit.remove).contains(number))
}

/// A read, or nothing but reads and pauses again and again.
fn reads(step: &Step) -> bool {
    match step {
        Step::Call(Call { request: Request::Query(_), .. }) => true,
        Step::Call(Call { request: Request::Get(get), .. }) => get.on_miss.iter().all(fills),
        Step::Repeat { steps, .. } => {
            let pause = |step: &Step| matches!(step, Step::Think(_));
            steps.iter().all(|step| reads(step) || pause(step)) && steps.iter().any(reads)
        }
        _ => false,
    }
}

/// What may follow a miss: reads, and storing what was read.
fn fills(step: &Step) -> bool {
    let stores = matches!(step, Step::Call(Call { request: Request::Set { .. } | Request::Add { .. }, .. }));
    stores || reads(step) || matches!(step, Step::Think(_))
}

/// The branches of a row: each read to the one that has least to do.
fn shared_out(row: &[Step], most: u32) -> Option<Vec<Vec<Step>>> {
    let parts: Vec<Step> = match row {
        [Step::Repeat { times: Count::Fixed(n), steps }] => {
            let ways = most.min(*n).max(1);
            let part = |way: u32| n / ways + u32::from(way < n % ways);
            (0..ways).map(|way| Step::Repeat { times: Count::Fixed(part(way)), steps: steps.clone() }).collect()
        }
        row => row.to_vec(),
    };
    let mut branches: Vec<(u64, Vec<Step>)> = vec![(0, Vec::new()); parts.len().min(most as usize)];
    for part in parts {
        let least = branches.iter_mut().min_by_key(|(load, steps)| (*load, steps.len()))?;
        least.0 += in_a_row(std::slice::from_ref(&part));
        least.1.push(part);
    }
    let branches: Vec<Vec<Step>> = branches.into_iter().map(|(_, steps)| steps).filter(|s| !s.is_empty()).collect();
    (branches.len() > 1).then_some(branches)
}
