//! Edits of a journey's steps, and where a step stands once others have been edited.
//!
//! All mitigations that are applied together name steps as the file numbers them; what was done before moves those
//! numbers, and a step that was replaced is gone. Not for: deciding what to edit.

use super::Refusal;
use crate::scenario::{Call, JourneyId, Mitigation, Request, Scenario, Step, StepPath, Transaction};

/// `remove` steps from `at` on become `insert`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Edit {
    pub(super) journey: JourneyId,
    pub(super) at: StepPath,
    pub(super) remove: usize,
    pub(super) insert: Vec<Step>,
}

impl Edit {
    /// One step becomes others.
    pub(super) const fn one(journey: JourneyId, at: StepPath, insert: Vec<Step>) -> Self {
        Self { journey, at, remove: 1, insert }
    }
}

/// What surrounds a list of steps.
#[derive(Debug, Clone, Default)]
pub(super) struct Inside {
    path: Vec<usize>,
    /// A transaction, at any depth.
    pub(super) transaction: bool,
    /// The `else` of a get, at any depth.
    pub(super) missed: bool,
}

impl Inside {
    /// Where the step at `index` (from 0) of this list stands.
    pub(super) fn path(&self, index: usize) -> StepPath {
        StepPath(self.path.iter().copied().chain([index + 1]).collect())
    }
    fn below(&self, index: usize) -> Self {
        Self { path: self.path(index).0, ..self.clone() }
    }
}

/// Visits every list of steps, a list before those inside it.
pub(super) fn lists(steps: &[Step], visit: &mut dyn FnMut(&Inside, &[Step])) {
    walk(steps, &Inside::default(), visit);
}

fn walk(steps: &[Step], inside: &Inside, visit: &mut dyn FnMut(&Inside, &[Step])) {
    visit(inside, steps);
    for (index, step) in steps.iter().enumerate() {
        let below = inside.below(index);
        match step {
            Step::Call(Call { request: Request::Get(get), .. }) if !get.on_miss.is_empty() => {
                walk(&get.on_miss, &Inside { missed: true, ..below }, visit);
            }
            Step::Call(_) | Step::Think(_) => {}
            Step::Repeat { steps, .. } => walk(steps, &below, visit),
            Step::Transaction(Transaction { steps, .. }) => walk(steps, &Inside { transaction: true, ..below }, visit),
            Step::Parallel(branches) => {
                for (branch, steps) in branches.iter().enumerate() {
                    walk(steps, &below.below(branch), visit);
                }
            }
        }
    }
}

/// The list in which a step stands, and its index there.
fn list_of<'s>(steps: &'s mut Vec<Step>, path: &[usize]) -> Option<(&'s mut Vec<Step>, usize)> {
    let (first, rest) = path.split_first()?;
    let index = first.checked_sub(1)?;
    if rest.is_empty() {
        return Some((steps, index));
    }
    match steps.get_mut(index)? {
        Step::Call(Call { request: Request::Get(get), .. }) => list_of(&mut get.on_miss, rest),
        Step::Call(_) | Step::Think(_) => None,
        Step::Repeat { steps, .. } => list_of(steps, rest),
        Step::Transaction(transaction) => list_of(&mut transaction.steps, rest),
        Step::Parallel(branches) => {
            let (branch, rest) = rest.split_first()?;
            list_of(branches.get_mut(branch.checked_sub(1)?)?, rest)
        }
    }
}

/// The step at a place, if there is one.
pub(super) fn step<'s>(scenario: &'s Scenario, journey: JourneyId, at: &StepPath) -> Option<&'s Step> {
    let (number, above) = at.0.split_last()?;
    descend(&scenario.journeys[journey.0].steps, above)?.get(number.checked_sub(1)?)
}

fn descend<'s>(steps: &'s [Step], path: &[usize]) -> Option<&'s [Step]> {
    let Some((first, rest)) = path.split_first() else { return Some(steps) };
    match steps.get(first.checked_sub(1)?)? {
        Step::Call(Call { request: Request::Get(get), .. }) => descend(&get.on_miss, rest),
        Step::Call(_) | Step::Think(_) => None,
        Step::Repeat { steps, .. } => descend(steps, rest),
        Step::Transaction(transaction) => descend(&transaction.steps, rest),
        Step::Parallel(branches) => {
            let (branch, rest) = rest.split_first()?;
            descend(branches.get(branch.checked_sub(1)?)?, rest)
        }
    }
}

/// Edits that were performed, in order.
#[derive(Debug, Default)]
pub(super) struct Done(Vec<Edit>);

impl Done {
    /// Performs edits whose places are those of `scenario` as it is, and that do not stand in each other.
    pub(super) fn perform(&mut self, scenario: &mut Scenario, mut edits: Vec<Edit>) {
        // From the last to the first, so that no edit moves the place of another.
        edits.sort_by(|a, b| (b.journey, &b.at).cmp(&(a.journey, &a.at)));
        for edit in edits {
            if let Some((list, index)) = list_of(&mut scenario.journeys[edit.journey.0].steps, &edit.at.0) {
                let end = (index + edit.remove).min(list.len());
                list.splice(index.min(end)..end, edit.insert.iter().cloned());
                self.0.push(edit);
            }
        }
    }

    /// The mitigation with its step where it stands now.
    pub(super) fn follow(&self, scenario: &Scenario, mitigation: &Mitigation) -> Result<Mitigation, Refusal> {
        let mut followed = mitigation.clone();
        if let Some((journey, Some(step))) = place(&mut followed) {
            for edit in self.0.iter().filter(|edit| edit.journey == journey) {
                if !moved(step, edit) {
                    let name = scenario.journeys[journey.0].name.clone();
                    return Err(Refusal::Gone { journey: name, step: step.to_string() });
                }
            }
        }
        Ok(followed)
    }
}

/// The journey and step that a mitigation names.
fn place(mitigation: &mut Mitigation) -> Option<(JourneyId, Option<&mut StepPath>)> {
    match mitigation {
        Mitigation::Batch { journey, step }
        | Mitigation::Parallel { journey, step, .. }
        | Mitigation::SingleStatement { journey, step } => Some((*journey, step.as_mut())),
        _ => None,
    }
}

/// Moves a path as an edit moved its step; false if the step is among those that were replaced.
fn moved(path: &mut StepPath, edit: &Edit) -> bool {
    let Some((at, list)) = edit.at.0.split_last() else { return true };
    let here = path.0.len() > list.len() && path.0.starts_with(list);
    let Some(number) = path.0.get_mut(list.len()).filter(|_| here) else { return true };
    if *number >= at + edit.remove {
        *number = *number - edit.remove + edit.insert.len();
        return true;
    }
    *number < *at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_edits() {
        let path = |text: &str| text.parse::<StepPath>().expect("a path");
        let edit = |at: &str, remove, insert| Edit {
            journey: JourneyId(0),
            at: path(at),
            remove,
            insert: vec![Step::Parallel(Vec::new()); insert],
        };
        for (from, at, remove, insert, to) in [
            ("4", "2", 2, 1, Some("3")),
            ("4.1", "2", 2, 1, Some("3.1")),
            ("1.9", "2", 2, 1, Some("1.9")),
            ("2", "2", 2, 1, None),
            ("3.1", "2", 2, 1, None),
            ("4.3", "4.1", 1, 3, Some("4.5")),
            ("5.3", "4.1", 1, 3, Some("5.3")),
            ("4", "4.1", 1, 3, Some("4")),
            ("1", "1", 0, 2, Some("3")),
        ] {
            let mut moving = path(from);
            let there = moved(&mut moving, &edit(at, remove, insert));
            assert_eq!(there.then(|| moving.to_string()).as_deref(), to, "{from} after {at}");
        }
    }
}
