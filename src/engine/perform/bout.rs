//! A closed loop: a few lanes perform given journeys, each the next one as soon as its last is done.
//!
//! What two sides are compared by. A journey that waits for nobody takes what its round trips and stores take, so that
//! little noise is in it: no arrivals that happen to meet, no queue. What a load does to a system is not seen by it (`load`).

use std::rc::Rc;

use super::connections::warm;
use super::host::Host;
use super::kept::Kept;
use super::place::Place;
use super::record::Part;
use super::walk::Walk;
use crate::plan::expand::{Expansion, expand};
use crate::plan::script::Script;
use crate::plan::width;
use crate::scenario::{JourneyId, Mix};
use crate::seed::Stream;
use crate::units::Nanos;

/// A journey that has not ended by then has failed.
const PATIENCE: Nanos = Nanos::from_secs(60);

/// Those who perform journeys, and the connections that they keep.
pub(in crate::engine) struct Lanes<H: Host> {
    /// By arm.
    parts: Vec<Rc<Part<H>>>,
    /// By arm, then by lane.
    kept: Vec<Vec<Rc<Kept<H>>>>,
}

/// A journey to perform.
pub(in crate::engine) struct Errand {
    /// For whom it is counted.
    pub(in crate::engine) subject: usize,
    arm: usize,
    script: Script,
}

/// What an errand came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Ran {
    pub(in crate::engine) subject: usize,
    /// Its time and its awaited round trips; `None` if it failed.
    pub(in crate::engine) done: Option<(Nanos, u32)>,
}

impl<H: Host> Lanes<H> {
    /// So many lanes on every arm of a placement, without connections.
    pub(in crate::engine) fn new(place: &Place<H>, lanes: u32) -> Self {
        let part = |(index, arm)| Part::new(arm, index, 0, "by turns", lanes);
        let kept = || (0..lanes).map(|lane| Rc::new(Kept::numbered(lane))).collect();
        Self {
            parts: place.arms.iter().enumerate().map(part).collect(),
            kept: place.arms.iter().map(|_| kept()).collect(),
        }
    }
    /// Opens what the lanes keep in steady state, for the journeys that an arm will perform.
    pub(in crate::engine) async fn warm(&self, journeys: &[(usize, JourneyId)]) {
        for (index, part) in self.parts.iter().enumerate() {
            let own = journeys.iter().filter(|(arm, _)| *arm == index).map(|(_, journey)| (*journey, 1.0));
            let mix = Mix(own.collect());
            let width = width::of_mix(&part.arm.world.scenario, &mix, &part.arm.arm.copies);
            warm(&part.arm, &self.kept[index], &width).await;
        }
    }
    /// A journey with its random choices made, so that nothing is left to do but to perform it. Of two lanes with the same
    /// draws one is `away`: it locks other rows.
    pub(in crate::engine) fn errand(
        &self,
        subject: usize,
        (arm, journey): (usize, JourneyId),
        (mut draws, away): (Stream, bool),
    ) -> Errand {
        let of = &self.parts[arm].arm;
        let steady = Expansion::new(of.world.plan.placement.condition, &of.arm.copies, Nanos::ZERO);
        let how = Expansion { away, ..steady };
        Errand { subject, arm, script: expand(&of.world.scenario, journey, &mut draws, how) }
    }
    /// Lane `lane` performs errands one after the other, the first at `start`.
    pub(in crate::engine) async fn lane(&self, lane: usize, start: Nanos, errands: &[Errand]) -> Vec<Ran> {
        let mut ran = Vec::with_capacity(errands.len());
        let Some(first) = errands.first() else { return ran };
        self.parts[first.arm].arm.world.host.sleep_until(start).await;
        for errand in errands {
            let part = &self.parts[errand.arm];
            let world = &part.arm.world;
            let start = world.now();
            let walk = Walk::new(part, &self.kept[errand.arm][lane], false);
            let walked = tokio::select! {
                biased;
                walked = walk.journey(&errand.script, start) => walked.ok(),
                _ = world.host.sleep_until(start + PATIENCE) => None,
            };
            ran.push(Ran { subject: errand.subject, done: walked.map(|tally| (world.now() - start, tally.trips)) });
        }
        ran
    }
}
