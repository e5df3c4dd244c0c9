//! What a simulation takes over from a live run: what stores, calls and pauses cost beyond what the scenario says.
//!
//! Without one a simulated call costs its distance and the scenario's own service time, and nothing else. A live
//! call costs more: load generator, driver, proxy, loopback, a store that wakes up late. Taken over are no-ops that
//! were sent beside the load, what the proxy saw of stores, how late pauses ended, and what single calls took beyond
//! their crossings and the scenario's service time: where they are many as they are spread, else their mean. Times of
//! journeys never are, so that comparing those of both engines says something: how calls add up, wait and meet. An exchange has one luck
//! for all of it, since what delays a store's answer is in what its caller waits; costs at about the same time have as
//! much in common as they had: a busy machine delays several calls of a journey together. Not for: judging whether the
//! two agree (`analysis`).

mod answers;
mod calls;
mod clusters;
mod from_run;
mod grounds;
mod outside;
mod times;
mod under_load;

pub use clusters::{Clusters, SLOTS};
pub use grounds::CalibrationError;
pub use times::Times;

use crate::runfile::TakenRun;
use crate::scenario::StoreId;
use crate::units::Nanos;

/// What a simulation costs beyond what the scenario says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Calibration {
    /// What holds wherever no placement has its own.
    everywhere: Costs,
    /// Empty unless the same placements are simulated.
    placements: Vec<OfPlacement>,
    /// What was taken from where, for provenance; empty for none.
    taken: Vec<TakenRun>,
    /// Which run it was taken from, in words; empty for none.
    source: String,
}

/// What everything cost at a placement that was measured.
#[derive(Debug, Clone, PartialEq)]
struct OfPlacement {
    label: String,
    condition: String,
    /// The RTT in nanoseconds from each arm (workload, site, platform) to each store that it called.
    rtts: Vec<([String; 3], String, u64)>,
    costs: Costs,
}

/// The RTT in nanoseconds from an arm (workload, site, platform) to a store, where there is such a way.
pub type RttOf<'a> = &'a dyn Fn([&str; 3], &str) -> Option<u64>;

/// What everything costs at one placement.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Costs {
    /// How late one who waits for an instant goes on: a journey's start, the end of a pause.
    pub lateness: Times,
    /// What costs at about the same time have in common.
    pub clusters: Clusters,
    /// By [`StoreId`]; a store beyond the last is as the scenario says.
    stores: Vec<StoreCosts>,
    /// Arms to which everything outside of link and store costs so many times as much: those that boot do so while nothing
    /// else goes on. By workload, site and platform.
    apart: Vec<([String; 3], f64)>,
}

/// What exchanges with one store cost.
#[derive(Debug, Clone, PartialEq, Default)]
struct StoreCosts {
    /// By the link's name, where that link was measured.
    links: Vec<(String, Outside)>,
    /// Over any other link.
    outside: Outside,
    /// Where calls of the load are enough to tell it.
    calls: Vec<OfCalls>,
    replaces_service: bool,
    /// By workload, site and platform of the arm that asks, where enough was seen of it.
    arms: Vec<([String; 3], Answer)>,
    /// Whoever else asks.
    answer: Answer,
}

/// What exchanges with a store took beyond crossings and the scenario's service time, as calls of the load say.
#[derive(Debug, Clone, PartialEq)]
struct OfCalls {
    /// Workload, site, platform; `None` for all arms together.
    arm: Option<[String; 3]>,
    /// The link's name.
    link: String,
    whole: Times,
}

/// What an exchange costs outside of link and store: load generator, driver, proxy, loopback.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outside {
    /// Once for every exchange, a login included.
    pub exchange: Times,
    /// Once for handshake and greeting together.
    pub greeting: Times,
}

/// What a store takes for an exchange beyond the time that the scenario gives it, or in its place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// Where the scenario gives no time: it answers at once.
    pub at_once: Times,
    /// Where it gives some: it has to wait, and wake up.
    pub after_service: Times,
}

impl Outside {
    fn scaled(&self, factor: f64) -> Self {
        Self { exchange: self.exchange.scaled(factor), greeting: self.greeting.scaled(factor) }
    }
}

impl Answer {
    /// For an exchange that is given this time.
    pub fn of(&self, service: Nanos) -> &Times {
        if service == Nanos::ZERO { &self.at_once } else { &self.after_service }
    }
}

/// What exchanges on one way cost.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WayCosts {
    /// Outside of link and store.
    pub outside: Outside,
    /// The store has times of its own: [`Self::answer`] stands in the place of the scenario's service times. Else it
    /// is added to them.
    pub replaces_service: bool,
    /// What the store took.
    pub answer: Answer,
    /// Both together, of one luck, where calls of the load tell it: what the store takes is in it.
    pub whole: Option<Times>,
}

impl WayCosts {
    /// Nothing of it is left to luck.
    pub fn is_constant(&self) -> bool {
        let Answer { at_once, after_service } = &self.answer;
        [&self.outside.exchange, at_once, after_service].into_iter().chain(&self.whole).all(Times::is_constant)
    }
    /// What the store takes beyond the scenario's time `service`, or in its place, with this luck in [0, 1).
    pub fn of_store(&self, service: Nanos, luck: f64) -> Nanos {
        self.answer.of(service).at(luck)
    }
    /// What an exchange costs outside of link and store, with the luck with which the store took `store`.
    pub fn of_exchange(&self, store: Nanos, luck: f64) -> Nanos {
        let outside = || self.outside.exchange.at(luck);
        self.whole.as_ref().map_or_else(outside, |whole| whole.at(luck).saturating_sub(store))
    }
}

impl Costs {
    /// What it costs outside of link and store is as it is there.
    fn take_outside(&mut self, other: &Self) {
        for (mine, its) in self.stores.iter_mut().zip(&other.stores) {
            (mine.links, mine.outside) = (its.links.clone(), its.outside.clone());
        }
    }
    /// Everything outside of link and store takes so many times as long.
    fn scale_outside(&mut self, factor: f64) {
        for store in &mut self.stores {
            store.outside = store.outside.scaled(factor);
            store.links.iter_mut().for_each(|(_, outside)| *outside = outside.scaled(factor));
        }
    }
    /// What an exchange with `store` costs over a link of this name, asked by this workload at a site on a platform.
    pub fn way(&self, store: StoreId, link: &str, arm: [&str; 3]) -> WayCosts {
        let Some(costs) = self.stores.get(store.0) else { return WayCosts::default() };
        let outside = costs.links.iter().find(|(name, _)| name == link).map_or(&costs.outside, |(_, times)| times);
        let apart = self.apart.iter().find(|(name, _)| is_it(name, arm));
        let of_calls =
            |of: fn(&OfCalls, [&str; 3]) -> bool| costs.calls.iter().find(|it| it.link == link && of(it, arm));
        let own = of_calls(|calls, arm| calls.arm.as_ref().is_some_and(|name| is_it(name, arm)));
        let calls = own.or_else(|| of_calls(|calls, _| calls.arm.is_none())).filter(|_| apart.is_none());
        WayCosts {
            outside: apart.map_or_else(|| outside.clone(), |(_, factor)| outside.scaled(*factor)),
            replaces_service: costs.replaces_service,
            answer: costs.answer(arm).clone(),
            whole: calls.map(|calls| calls.whole.clone()),
        }
    }
}

impl StoreCosts {
    /// What it takes for an exchange, asked by this arm.
    fn answer(&self, arm: [&str; 3]) -> &Answer {
        self.arms.iter().find(|(name, _)| is_it(name, arm)).map_or(&self.answer, |(_, answer)| answer)
    }
}

/// Whether an arm is called that.
fn is_it(name: &[String; 3], arm: [&str; 3]) -> bool {
    name.each_ref().map(String::as_str) == arm
}

impl Calibration {
    /// What holds at a placement. Strategies may have phases of one name: of those, the placement that has most RTTs as they
    /// are asked for.
    pub fn at(&self, label: &str, condition: &str, rtt: RttOf<'_>) -> &Costs {
        let same = |it: &&OfPlacement| (it.label.as_str(), it.condition.as_str()) == (label, condition);
        let alike = |it: &&OfPlacement| {
            let as_asked = |(arm, store, measured): &&([String; 3], String, u64)| {
                rtt(arm.each_ref().map(String::as_str), store) == Some(*measured)
            };
            it.rtts.iter().filter(as_asked).count()
        };
        let own = self.placements.iter().filter(same).max_by_key(alike);
        own.map_or(&self.everywhere, |it| &it.costs)
    }
    /// What was taken over; empty if nothing was.
    pub fn taken(&self) -> &[TakenRun] {
        &self.taken
    }
    /// In words, for provenance: `none`, or the run that it was taken from.
    pub fn source(&self) -> &str {
        if self.source.is_empty() { "none" } else { &self.source }
    }
}
