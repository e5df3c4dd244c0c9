//! Batch: the calls of a repeat become one (N+1 statements to one with IN, n gets to one with n keys).
//!
//! Distance is saved, work is not: the one statement takes the store as long as all of them did, and asks for as many
//! rows as they did on average. What ran for each miss runs once for all misses. Not for: repeats with a statement of
//! the user's own, which only the user can rewrite, or with writes, whose order may matter.

use super::edit::{self, Edit};
use super::{Notes, Refusal, Rewrite, misses, words};
use crate::scenario::{
    Call, Count, Get, JourneyId, Mitigation, Query, Request, Scenario, ServiceTime, Step, StepPath, StoreId, StoreKind,
};
use crate::units::Nanos;

/// One for each repeat that can be.
pub(super) fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    let of = |journey: JourneyId| {
        let steps = places(scenario, journey).into_iter();
        steps.map(move |(step, _)| Mitigation::Batch { journey, step: Some(step) })
    };
    (0..scenario.journeys.len()).map(JourneyId).flat_map(of).collect()
}

/// The repeats of a journey that can be batched, with what they become.
fn places(scenario: &Scenario, journey: JourneyId) -> Vec<(StepPath, Vec<Step>)> {
    let mut found = Vec::new();
    edit::lists(&scenario.journeys[journey.0].steps, &mut |inside, steps| {
        for (index, step) in steps.iter().enumerate() {
            found.extend(batched(scenario, step).map(|batch| (inside.path(index), batch)));
        }
    });
    found
}

pub(super) fn rewrite(scenario: &Scenario, journey: JourneyId, step: Option<&StepPath>) -> Result<Rewrite, Refusal> {
    let name = &scenario.journeys[journey.0].name;
    let all = places(scenario, journey).into_iter().filter(|(at, _)| step.is_none_or(|step| step == at));
    let edits: Vec<Edit> = all.map(|(at, insert)| Edit::one(journey, at, insert)).collect();
    if edits.is_empty() {
        let help = "a repeat can be batched that typically runs twice or more and holds only queries without `sql`, \
                    gets and pauses";
        let why = words::at_step(name, step, "nothing can be batched");
        return Err(Refusal::nothing(why, help));
    }
    Ok(Rewrite::Steps(edits))
}

pub(super) fn notes(scenario: &Scenario, journey: JourneyId, step: Option<&StepPath>) -> Notes {
    let place = step.and_then(|at| edit::step(scenario, journey, at)).map(words::step).unwrap_or_default();
    Notes {
        place,
        assumes: vec!["the calls of the repeat do not depend on each other: all keys are known before the first".into()],
        costs: vec![
            "code that asks for lists; one slow or failed part fails the whole; the store is counted as busy as before, \
             rows or keys as their mean"
                .into(),
        ],
    }
}

/// What a repeat becomes, if it can be batched.
fn batched(scenario: &Scenario, step: &Step) -> Option<Vec<Step>> {
    let Step::Repeat { times, steps } = step else { return None };
    let typical = times.typical();
    let n = match times {
        Count::Fixed(n) => f64::from(*n),
        Count::Lognormal { cap, .. } => times.mean().min(f64::from(*cap)),
        Count::Chance(_) => return None,
    };
    if typical < 2 {
        return None;
    }
    let mut calls = Vec::new();
    let mut pauses = Vec::new();
    for step in steps {
        match step {
            Step::Call(Call { store, request }) => {
                let request = all_at_once(scenario, *store, request, n)?;
                calls.push(Step::Call(Call { store: *store, request }));
            }
            Step::Think(_) => pauses.push(step.clone()),
            _ => return None,
        }
    }
    if calls.is_empty() {
        return None;
    }
    if !pauses.is_empty() {
        calls.push(Step::Repeat { times: times.clone(), steps: pauses });
    }
    Some(calls)
}

/// `n` of these requests as one.
fn all_at_once(scenario: &Scenario, store: StoreId, request: &Request, n: f64) -> Option<Request> {
    match request {
        Request::Query(query) => many_rows(scenario, store, query, n).map(Request::Query),
        Request::Get(get) => many_keys(scenario, get, n).map(Request::Get),
        _ => None,
    }
}

/// One statement for the rows of `n`, which takes the store as long.
fn many_rows(scenario: &Scenario, store: StoreId, query: &Query, n: f64) -> Option<Query> {
    if query.sql.is_some() {
        return None;
    }
    let StoreKind::Mysql(mysql) = &scenario.stores[store.0].kind else { return None };
    let rows = (f64::from(query.rows) * n).ceil().min(f64::from(u32::MAX)) as u32;
    let each = mean(query.service.unwrap_or(mysql.read));
    let service = if each == Nanos::ZERO { query.service } else { Some(always(each.scale(n))) };
    Some(Query { rows, service, ..query.clone() })
}

/// One get for the keys of `n`; its `else` runs once, for all that are missing.
fn many_keys(scenario: &Scenario, get: &Get, n: f64) -> Option<Get> {
    let keys = f64::from(get.keys);
    let missing = misses::given_any(n, 1.0 - get.hit.0.powf(keys));
    let mut on_miss = Vec::new();
    for step in &get.on_miss {
        on_miss.push(for_misses(scenario, step, missing)?);
    }
    Some(Get { keys: (keys * n).ceil().min(f64::from(u32::MAX)) as u32, on_miss, ..get.clone() })
}

/// What is done for one miss, done for several: reads as one statement, everything else as often.
fn for_misses(scenario: &Scenario, step: &Step, missing: u32) -> Option<Step> {
    match step {
        Step::Call(Call { store, request: Request::Query(query) }) => {
            let query = many_rows(scenario, *store, query, f64::from(missing))?;
            Some(Step::Call(Call { store: *store, request: Request::Query(query) }))
        }
        Step::Call(Call { request: Request::Get(_) | Request::Write(_), .. }) => None,
        Step::Call(_) | Step::Think(_) if missing == 1 => Some(step.clone()),
        Step::Call(_) | Step::Think(_) => {
            Some(Step::Repeat { times: Count::Fixed(missing), steps: vec![step.clone()] })
        }
        _ => None,
    }
}

/// The mean of a service time.
fn mean(service: ServiceTime) -> Nanos {
    service.mean()
}

/// A service time that is always the same: a sum of many varies little.
const fn always(time: Nanos) -> ServiceTime {
    ServiceTime::Constant(time)
}
