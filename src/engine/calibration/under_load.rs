//! How much calls cost outside of link and store while there is load: what is left of them when both are taken off.
//!
//! No-ops beside the load tell what such a cost is like, and what it is over each link; they are some hundreds, and a machine
//! that is busy in bursts meets some of them and not others. Calls of journeys are many thousands, and say how much it is on
//! average: one number for all arms, links and stores of a placement, and one for those that boot, which do so after the
//! load. Not for: what no-ops say (`outside`), or what so many calls are like (`calls`).

use std::collections::BTreeMap;

use super::Costs;
use super::answers::{BOOTS, asking};
use super::outside::{asked, sites};
use crate::measure::Hist;
use crate::plan::expected;
use crate::runfile::{ArmRun, LinkRun, PlacementRun, StoreUse};
use crate::scenario::{Scenario, StoreId};
use crate::units::{Nanos, Rtt};

/// Fewer calls than this say no more than the no-ops.
const LEAST: u64 = 200;

/// Where nobody tells what crossings took, calls over links as short as this count: what slow start adds is little there.
const NEAR: Rtt = Rtt(Nanos::from_millis(1));

/// The mean of one is never told as more or less times the other than this: then something else is wrong.
const MOST: f64 = 10.0;

/// What calls of the load cost outside of link and store, divided by what `costs` say of them; `None` where too few of them
/// tell.
pub(super) fn factor(costs: &Costs, placements: &[&PlacementRun], scenario: &Scenario) -> Option<f64> {
    let mut sums = Sums::default();
    for placement in placements {
        asking(&[placement]).for_each(|arm| sums.add(placement, arm, costs, scenario));
    }
    sums.factor()
}

/// The same of calls of each arm that boots, by workload, site and platform.
pub(super) fn boots(costs: &Costs, placements: &[&PlacementRun], scenario: &Scenario) -> Vec<([String; 3], f64)> {
    let mut arms: BTreeMap<[String; 3], Sums> = BTreeMap::new();
    for placement in placements {
        for arm in placement.arms.iter().filter(|arm| arm.kind == BOOTS) {
            let name = [&arm.workload, &arm.site, &arm.platform].map(String::clone);
            arms.entry(name).or_default().add(placement, arm, costs, scenario);
        }
    }
    arms.into_iter().filter_map(|(arm, sums)| Some((arm, sums.factor()?))).collect()
}

/// What calls cost, and what is said that they do, in nanoseconds.
#[derive(Debug, Default)]
struct Sums {
    calls: u64,
    seen: f64,
    said: f64,
}

impl Sums {
    fn add(&mut self, placement: &PlacementRun, arm: &ArmRun, costs: &Costs, scenario: &Scenario) {
        for used in &arm.stores {
            let Some(link) = link(placement, arm, used) else { continue };
            let Some(left) = left(used, link, scenario) else { continue };
            let Some(predicted) = predicted(arm, used, link, costs, scenario) else { continue };
            let calls = used.beyond.count();
            self.calls += calls;
            self.seen += left * calls as f64;
            self.said += predicted * calls as f64;
        }
    }
    fn factor(&self) -> Option<f64> {
        let told = self.calls >= LEAST && self.seen > 0.0 && self.said > 0.0;
        told.then(|| (self.seen / self.said).clamp(MOST.recip(), MOST))
    }
}

/// The link between an arm and a store: one of the arm's site, with that RTT.
pub(super) fn link<'a>(placement: &'a PlacementRun, arm: &ArmRun, used: &StoreUse) -> Option<&'a LinkRun> {
    let ends = |link: &LinkRun| sites(&link.name).into_iter().any(|site| site == arm.site);
    placement.links.iter().find(|link| link.rtt_ns == used.rtt_ns && ends(link))
}

/// The mean of what is left of a call when link and store are taken off it, in nanoseconds.
fn left(used: &StoreUse, link: &LinkRun, scenario: &Scenario) -> Option<f64> {
    if used.beyond.is_empty() || used.exchanges == 0 {
        return None;
    }
    let crossing = crossing(used, link, scenario)?.mean();
    let store = (used.server_time.sum() - used.given_ns? as f64 - used.lock_wait_ns? as f64) / used.exchanges as f64;
    Some((used.beyond.mean() - store - crossing).max(0.0))
}

/// What the crossings of calls took beyond one RTT.
pub(super) fn crossing(used: &StoreUse, link: &LinkRun, scenario: &Scenario) -> Option<Hist> {
    if !used.crossing.is_empty() {
        return Some(used.crossing.clone());
    }
    let asked = asked(&link.name, scenario).filter(|asked| asked.rtt <= NEAR)?;
    let mut crossing = Hist::new();
    crossing.record_many(expected::round_trip(asked) - asked.rtt.0, used.beyond.count());
    Some(crossing)
}

/// What `costs` say of it.
fn predicted(arm: &ArmRun, used: &StoreUse, link: &LinkRun, costs: &Costs, scenario: &Scenario) -> Option<f64> {
    let store = scenario.stores.iter().position(|store| store.name == used.store).map(StoreId)?;
    let way = costs.way(store, &link.name, [&arm.workload, &arm.site, &arm.platform]);
    Some(way.outside.exchange.mean().0 as f64)
}
