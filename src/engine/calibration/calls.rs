//! What calls of the load cost beyond what the scenario says, where there are enough of them: as one distribution, arm by
//! arm and link by link.
//!
//! How a busy machine delays a call depends on the link: who waits 15 ms is woken up again, and may find the processor taken;
//! who waits 0.2 ms hardly ever does. It depends on the arm too: a job that asks one thing after the other meets nobody, and
//! pages that arrive together meet each other. No-ops are too few to tell what is rare, and rare costs are what a p99 is
//! made of. What the store took is in it: where both were drawn each for itself, a stall that a call met once would be met twice as
//! often. Not for: few calls, whose mean alone is told (`under_load`); stores that make calls wait for a
//! turn, since those waits are simulated.

use std::collections::BTreeMap;

use super::answers::asking;
use super::under_load::{crossing, link};
use super::{Costs, OfCalls, Times};
use crate::measure::Hist;
use crate::runfile::{PlacementRun, StoreUse};
use crate::scenario::Scenario;
use crate::units::Nanos;

/// Fewer calls say less of what is rare than all no-ops together: p99 needs 368.
const LEAST: u64 = 400;

/// Fewer calls of an arm do not even tell where its middle lies.
const MIDDLE_LEAST: u64 = 40;

/// What was seen of the calls to one store over one link.
#[derive(Debug, Default)]
struct Calls {
    beyond: Hist,
    crossing: Hist,
}

/// Exchanges cost what calls of the load did, wherever those tell it: of an arm its own, else those of all arms, as much slower or
/// quicker as half of its own were at least.
pub(super) fn take(costs: &mut Costs, placements: &[&PlacementRun], scenario: &Scenario) {
    let mut ways: BTreeMap<(usize, &str, Option<[&str; 3]>), Calls> = BTreeMap::new();
    for placement in placements {
        for arm in asking(&[placement]) {
            for used in &arm.stores {
                let store = scenario.stores.iter().position(|store| store.name == used.store);
                let store = store.filter(|store| scenario.stores[*store].concurrency().is_none());
                let (Some(store), Some(over)) = (store, link(placement, arm, used)) else { continue };
                let Some(crossing) = crossing(used, over, scenario) else { continue };
                let name = [&arm.workload, &arm.site, &arm.platform].map(String::as_str);
                for arm in [None, Some(name)] {
                    ways.entry((store, over.name.as_str(), arm)).or_default().add(used, &crossing);
                }
            }
        }
    }
    for ((store, link, arm), calls) in &ways {
        let (store, link) = (*store, *link);
        let of_all = || ways.get(&(store, link, None)).and_then(|all| all.moved_to(calls));
        if let (Some(whole), Some(costs)) = (calls.whole().or_else(of_all), costs.stores.get_mut(store)) {
            let arm = arm.map(|name| name.map(str::to_owned));
            costs.calls.push(OfCalls { arm, link: link.to_owned(), whole });
        }
    }
}

impl Calls {
    fn add(&mut self, used: &StoreUse, crossing: &Hist) {
        self.beyond.merge(&used.beyond);
        self.crossing.merge(crossing);
    }
    /// What is left when the link is taken off, by quantiles: a reply that takes long to cross is a call that takes long.
    fn left(&self) -> Times {
        Times::beyond(&self.beyond, &self.crossing)
    }
    fn whole(&self) -> Option<Times> {
        let whole = self.left();
        (self.beyond.count() >= LEAST && whole.mean() > Nanos::ZERO).then_some(whole)
    }
    /// The same for some of these calls that are too few to tell what is rare: about their own middle.
    fn moved_to(&self, some: &Self) -> Option<Times> {
        let whole = self.whole()?;
        let told = some.beyond.count() >= MIDDLE_LEAST;
        Some(if told { whole.moved(whole.at(0.5), some.left().at(0.5)) } else { whole })
    }
}
