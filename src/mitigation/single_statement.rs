//! Single statement: a transaction becomes one statement that commits itself.
//!
//! One write and nothing else is that already; several statements become a conditional `UPDATE` or a stored procedure.
//! BEGIN, COMMIT and all but one statement no longer cross the link; the store works as long as before, and holds the row for
//! just so long. Not for: transactions that call other stores or think in between.

use super::edit::{self, Edit};
use super::{Notes, Refusal, Rewrite, words};
use crate::scenario::{
    Call, JourneyId, Mitigation, Request, Scenario, ServiceTime, Step, StepPath, StoreKind, Transaction, Write,
};
use crate::units::{Bytes, Nanos};

/// One for each transaction around one write, and for each that keeps a row over several statements: others that could be one
/// statement are left to whoever asks for it, since it changes more than it mostly buys.
pub(super) fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    let of = |journey: JourneyId| {
        let worth = move |edit: &Edit| match edit::step(scenario, journey, &edit.at) {
            Some(Step::Transaction(transaction)) => transaction.locks.is_some() || calls(&transaction.steps) == 1,
            _ => false,
        };
        let edits = edits(scenario, journey).into_iter().filter(worth);
        edits.map(move |edit| Mitigation::SingleStatement { journey, step: Some(edit.at) })
    };
    (0..scenario.journeys.len()).map(JourneyId).flat_map(of).collect()
}

pub(super) fn rewrite(scenario: &Scenario, journey: JourneyId, step: Option<&StepPath>) -> Result<Rewrite, Refusal> {
    let mut edits = edits(scenario, journey);
    edits.retain(|edit| step.is_none_or(|step| *step == edit.at));
    if edits.is_empty() {
        let name = &scenario.journeys[journey.0].name;
        let why = words::at_step(
            name,
            step,
            "no transaction writes and could be one statement (one store, no pauses between, no SQL of your own)",
        );
        return Err(Refusal::nothing(why, "remove this mitigation, or name another step"));
    }
    Ok(Rewrite::Steps(edits))
}

pub(super) fn notes(scenario: &Scenario, journey: JourneyId, step: Option<&StepPath>) -> Notes {
    let place = step.and_then(|at| edit::step(scenario, journey, at)).map(words::step).unwrap_or_default();
    let several = edits(scenario, journey).iter().filter(|edit| step.is_none_or(|step| *step == edit.at)).any(|edit| {
        let whole = edit::step(scenario, journey, &edit.at);
        matches!(whole, Some(Step::Transaction(transaction)) if calls(&transaction.steps) > 1)
    });
    let (assumes, costs) = if several {
        (
            "one conditional UPDATE or a stored procedure can do all of it: what it reads only decides what it writes",
            "the application's logic moves into the statement; the store works as long as before, and holds the row for \
             just so long",
        )
    } else {
        (
            "autocommit is on, and the transaction is there for nothing but this write",
            "none in work; a row lock is then held for the statement's own time only",
        )
    };
    Notes { place, assumes: vec![assumes.into()], costs: vec![costs.into()] }
}

/// How many statements there are, pauses not counted.
fn calls(steps: &[Step]) -> usize {
    steps.iter().filter(|step| !matches!(step, Step::Think(_))).count()
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

/// What a transaction becomes, if it can be one statement.
fn alone(scenario: &Scenario, step: &Step) -> Option<Vec<Step>> {
    let Step::Transaction(Transaction { store, locks, steps }) = step else { return None };
    let StoreKind::Mysql(mysql) = &scenario.stores[store.0].kind else { return None };
    let (mut written, mut time) = (None::<Write>, ServiceTime::Constant(Nanos::ZERO));
    for step in steps {
        let request = match step {
            Step::Think(_) if calls(steps) == 1 => continue,
            Step::Call(Call { store: of, request }) if of == store => request,
            _ => return None,
        };
        let (own, service) = match request {
            Request::Query(query) => (&query.sql, query.service.unwrap_or(mysql.read)),
            Request::Write(write) => (&write.sql, write.service.unwrap_or(mysql.write)),
            _ => return None,
        };
        if own.is_some() && calls(steps) > 1 {
            return None;
        }
        time = sum(time, service);
        if let Request::Write(write) = request {
            let before = written.map_or(0, |written| written.row_size.0);
            written = Some(Write { row_size: Bytes(before + write.row_size.0), ..write.clone() });
        }
    }
    let (written, time) = (written?, sum(time, mysql.commit));
    let service = (time != mysql.write || written.service.is_some()).then_some(time);
    let request = Request::Write(Write { service, locks: locks.clone(), ..written });
    let statement = Step::Call(Call { store: *store, request });
    let of = |step: &Step| if let Step::Think(_) = step { step.clone() } else { statement.clone() };
    Some(if calls(steps) == 1 { steps.iter().map(of).collect() } else { vec![statement] })
}

/// One time after the other: exact if one of them is constant and the other no exponential, else their means.
fn sum(a: ServiceTime, b: ServiceTime) -> ServiceTime {
    match (a, b) {
        (ServiceTime::Constant(Nanos::ZERO), other) | (other, ServiceTime::Constant(Nanos::ZERO)) => other,
        (ServiceTime::Lognormal { median, p99 }, ServiceTime::Constant(more))
        | (ServiceTime::Constant(more), ServiceTime::Lognormal { median, p99 }) => {
            ServiceTime::Lognormal { median: median.saturating_add(more), p99: p99.saturating_add(more) }
        }
        (a, b) => ServiceTime::Constant(a.mean().saturating_add(b.mean())),
    }
}
