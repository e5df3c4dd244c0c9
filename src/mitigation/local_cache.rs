//! A local cache: processes keep what they read, so a share of the reads needs no call at all.
//!
//! A read becomes a read with the probability that something is missing (`repeat: { times: { chance } }`), of the keys
//! that are missing on average. Reads inside transactions, and those behind a missed get, stay as they are. Not for: a
//! cache server in the same site, which is a store.

use super::edit::{self, Edit};
use super::{Notes, Refusal, Rewrite, misses};
use crate::scenario::{Call, Count, Get, JourneyId, Mitigation, Request, Scenario, Step, StoreId};
use crate::units::Fraction;

/// Share of values that is assumed to be there where nobody says.
const HIT: Fraction = Fraction(0.8);

/// One for each store that is read.
pub(super) fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    let all = (0..scenario.stores.len()).map(StoreId);
    all.filter(|store| !edits(scenario, *store, None, HIT).is_empty())
        .map(|store| Mitigation::LocalCache { store, journey: None, hit: HIT })
        .collect()
}

pub(super) fn rewrite(
    scenario: &Scenario,
    store: StoreId,
    journey: Option<JourneyId>,
    hit: Fraction,
) -> Result<Rewrite, Refusal> {
    let edits = edits(scenario, store, journey, hit);
    if edits.is_empty() {
        let store = &scenario.stores[store.0].name;
        let who =
            journey.map_or_else(|| "no journey".to_owned(), |id| format!("`{}` never", scenario.journeys[id.0].name));
        let why = format!("{who} reads from `{store}` outside of transactions and misses");
        return Err(Refusal::nothing(why, "name another `store` or `journey`"));
    }
    Ok(Rewrite::Steps(edits))
}

pub(super) fn notes(scenario: &Scenario, store: StoreId, hit: Fraction) -> Notes {
    let store = &scenario.stores[store.0].name;
    Notes {
        place: String::new(),
        assumes: vec![
            "values may be as old as the cache keeps them (its TTL)".into(),
            format!(
                "{hit} of values are in the process already, each independently: measure it, say `hit` in a switch"
            ),
        ],
        costs: vec![format!(
            "memory in each process; one that has just started has nothing, and its first reads all go to {store}, which \
             is not in these numbers"
        )],
    }
}

fn edits(scenario: &Scenario, store: StoreId, only: Option<JourneyId>, hit: Fraction) -> Vec<Edit> {
    let mut found = Vec::new();
    for id in (0..scenario.journeys.len()).map(JourneyId).filter(|id| only.is_none_or(|only| only == *id)) {
        edit::lists(&scenario.journeys[id.0].steps, &mut |inside, steps| {
            if inside.transaction || inside.missed {
                return;
            }
            for (index, step) in steps.iter().enumerate() {
                if let Some(asked) = asked_less(step, store, hit) {
                    found.push(Edit::one(id, inside.path(index), vec![asked]));
                }
            }
        });
    }
    found
}

/// The read with the probability that the process has not all of it.
fn asked_less(step: &Step, store: StoreId, hit: Fraction) -> Option<Step> {
    let Step::Call(Call { store: of, request }) = step else { return None };
    if *of != store {
        return None;
    }
    let (request, keys) = match request {
        Request::Query(query) => (Request::Query(query.clone()), 1.0),
        Request::Get(get) => {
            let keys = misses::given_any(f64::from(get.keys), 1.0 - hit.0).min(get.keys);
            (Request::Get(Get { keys, ..get.clone() }), f64::from(get.keys))
        }
        _ => return None,
    };
    let chance = Fraction(misses::any(keys, hit.0));
    Some(Step::Repeat { times: Count::Chance(chance), steps: vec![Step::Call(Call { store, request })] })
}
