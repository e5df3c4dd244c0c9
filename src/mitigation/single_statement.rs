//! Single statement: a transaction around one write becomes the write, which commits itself.
//!
//! BEGIN and COMMIT no longer cross the link; the commit's own time is added to that of the write. Not for:
//! transactions that read, or that call other stores.

use super::edit::{self, Edit};
use super::{Notes, Refusal, Rewrite, words};
use crate::scenario::{
    Call, JourneyId, Mitigation, Request, Scenario, ServiceTime, Step, StepPath, StoreKind, Transaction, Write,
};

/// One for each transaction around one write.
pub(super) fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    let of = |journey: JourneyId| {
        let edits = edits(scenario, journey).into_iter();
        edits.map(move |edit| Mitigation::SingleStatement { journey, step: Some(edit.at) })
    };
    (0..scenario.journeys.len()).map(JourneyId).flat_map(of).collect()
}

pub(super) fn rewrite(scenario: &Scenario, journey: JourneyId, step: Option<&StepPath>) -> Result<Rewrite, Refusal> {
    let mut edits = edits(scenario, journey);
    edits.retain(|edit| step.is_none_or(|step| *step == edit.at));
    if edits.is_empty() {
        let name = &scenario.journeys[journey.0].name;
        let why = words::at_step(name, step, "no transaction holds one write and nothing else but pauses");
        return Err(Refusal::nothing(why, "remove this mitigation, or name another step"));
    }
    Ok(Rewrite::Steps(edits))
}

pub(super) fn notes(scenario: &Scenario, journey: JourneyId, step: Option<&StepPath>) -> Notes {
    let place = step.and_then(|at| edit::step(scenario, journey, at)).map(words::step).unwrap_or_default();
    Notes {
        place,
        assumes: vec!["autocommit is on, and the transaction is there for nothing but this write".into()],
        costs: vec![
            "none in work; a row lock is then held for the statement's own time only, which is no longer modelled"
                .into(),
        ],
    }
}

fn edits(scenario: &Scenario, journey: JourneyId) -> Vec<Edit> {
    let mut found = Vec::new();
    edit::lists(&scenario.journeys[journey.0].steps, &mut |inside, steps| {
        for (index, step) in steps.iter().enumerate() {
            found.extend(alone(scenario, step).map(|steps| Edit::one(journey, inside.path(index), steps)));
        }
    });
    found
}

/// The steps of a transaction that is not needed, if it is one.
fn alone(scenario: &Scenario, step: &Step) -> Option<Vec<Step>> {
    let Step::Transaction(Transaction { store, steps, .. }) = step else { return None };
    let StoreKind::Mysql(mysql) = &scenario.stores[store.0].kind else { return None };
    let mut writes = 0;
    let mut alone = Vec::new();
    for step in steps {
        alone.push(match step {
            Step::Think(_) => step.clone(),
            Step::Call(Call { store: of, request: Request::Write(write) }) if of == store => {
                writes += 1;
                // The sum of two drawn times is of no kind that a scenario can write down.
                let (work, commit) = (write.service.unwrap_or(mysql.write).constant()?, mysql.commit.constant()?);
                let time = ServiceTime::Constant(work.saturating_add(commit));
                let service = (time != mysql.write || write.service.is_some()).then_some(time);
                Step::Call(Call { store: *of, request: Request::Write(Write { service, ..write.clone() }) })
            }
            _ => return None,
        });
    }
    (writes == 1).then_some(alone)
}
