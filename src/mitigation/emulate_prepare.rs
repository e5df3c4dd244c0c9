//! Emulated prepare: statements that are prepared on the server each time are sent as text. Not for: those that are
//! prepared once a connection.

use super::{Notes, Refusal, Rewrite};
use crate::scenario::{Call, JourneyId, Mitigation, Prepared, Query, Request, Scenario, Step, Write};

/// One for each journey that prepares each time.
pub(super) fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    let all = (0..scenario.journeys.len()).map(JourneyId);
    all.filter(|id| as_text(&mut scenario.journeys[id.0].steps.clone()))
        .map(|journey| Mitigation::EmulatePrepare { journey })
        .collect()
}

pub(super) fn rewrite(scenario: &Scenario, journey: JourneyId) -> Result<Rewrite, Refusal> {
    let mut after = scenario.clone();
    if as_text(&mut after.journeys[journey.0].steps) {
        return Ok(Rewrite::Whole(Box::new(after)));
    }
    let name = &scenario.journeys[journey.0].name;
    Err(Refusal::nothing(format!("no statement of `{name}` is `prepared: each`"), "remove this mitigation"))
}

pub(super) fn notes() -> Notes {
    Notes {
        assumes: vec!["the driver can (PDO: `ATTR_EMULATE_PREPARES`), and knows the connection's character set".into()],
        costs: vec!["values are quoted by the driver, and come back as text".into()],
        ..Notes::default()
    }
}

/// Makes every statement text; false if none was prepared each time.
fn as_text(steps: &mut [Step]) -> bool {
    let mut any = false;
    for step in steps {
        any |= match step {
            Step::Call(Call {
                request: Request::Query(Query { prepared, .. }) | Request::Write(Write { prepared, .. }),
                ..
            }) => {
                let each = *prepared == Prepared::Each;
                if each {
                    *prepared = Prepared::No;
                }
                each
            }
            Step::Call(Call { request: Request::Get(get), .. }) => as_text(&mut get.on_miss),
            Step::Call(_) | Step::Think(_) => false,
            Step::Repeat { steps, .. } => as_text(steps),
            Step::Transaction(transaction) => as_text(&mut transaction.steps),
            Step::Parallel(branches) => branches.iter_mut().map(|branch| u32::from(as_text(branch))).sum::<u32>() > 0,
        };
    }
    any
}
