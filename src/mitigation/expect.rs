//! The round trips that an author expects, after a rewrite: counted anew, never left wrong. Not for: counting (`trips`).

use crate::scenario::trips::{self, Trips};
use crate::scenario::{ExpectedTrips, JourneyId, Scenario};

/// What the scenario's expectations are now: as many numbers as before, except that what to connect is not said where
/// workloads differ in it.
pub(super) fn counted(scenario: &Scenario) -> Vec<(JourneyId, ExpectedTrips)> {
    scenario.expect.iter().map(|(journey, expected)| (*journey, recount(scenario, *journey, expected))).collect()
}

fn recount(scenario: &Scenario, journey: JourneyId, expected: &ExpectedTrips) -> ExpectedTrips {
    let all: Vec<Trips> = trips::performers(scenario, journey)
        .map(|(_, w)| trips::count(scenario, journey, &w.mysql, &w.memcached))
        .collect();
    let nobody = || {
        let any = scenario.workloads.first();
        any.map_or_else(Trips::default, |w| trips::count(scenario, journey, &w.mysql, &w.memcached))
    };
    let first = all.first().copied().unwrap_or_else(nobody);
    let alike = !all.is_empty() && all.iter().all(|one| one.connect == first.connect);
    let number = |was: Option<u32>, is: u64| was.and_then(|_| u32::try_from(is).ok());
    ExpectedTrips {
        connect: number(expected.connect.filter(|_| alike), first.connect),
        calls: number(expected.calls, first.calls),
        sequential: number(expected.sequential, first.sequential),
    }
}

/// What became of expectations, one sentence for each journey that differs.
pub(super) fn corrected(before: &Scenario, after: &Scenario) -> Vec<String> {
    let pairs = before.expect.iter().zip(&after.expect).filter(|(was, is)| was != is);
    let told = pairs.map(|((journey, was), (_, is))| {
        let name = &before.journeys[journey.0].name;
        let words = [
            ("connect", was.connect, is.connect),
            ("calls", was.calls, is.calls),
            ("sequential", was.sequential, is.sequential),
        ]
        .into_iter()
        .filter_map(|(word, was, is)| match (was, is) {
            (Some(was), Some(is)) if was != is => Some(format!("`{word}` is {is} instead of {was}")),
            (Some(_), None) => Some(format!("`{word}` is left out, since workloads differ in it")),
            _ => None,
        });
        let words = words.collect::<Vec<_>>().join(", ");
        format!("expected round trips of {name} are counted anew: {words}")
    });
    told.collect()
}
