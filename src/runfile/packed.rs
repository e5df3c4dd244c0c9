//! What was measured, in the little room that its samples need.
//!
//! A histogram that is forgotten here answers the same; it only takes more room. Not for: how one is packed (`measure`).

use super::{ArmRun, LinkRun, PartRun, PlacementRun, ProbeRun, StoreUse};
use crate::measure::Hist;

impl PlacementRun {
    /// The same, with its histograms [packed](Hist::pack): placements add up while others are still performed.
    #[must_use]
    pub fn packed(mut self) -> Self {
        self.arms.iter_mut().for_each(pack_arm);
        for LinkRun { round_trip_lateness, stamp_lateness, .. } in &mut self.links {
            pack([round_trip_lateness, stamp_lateness]);
        }
        for ProbeRun { beyond_link, server_time, connect, .. } in &mut self.probes {
            pack([beyond_link, server_time, connect]);
        }
        self.generator_lateness.pack();
        self
    }
}

fn pack_arm(arm: &mut ArmRun) {
    for StoreUse { server_time, given_times, beyond, .. } in &mut arm.stores {
        pack([server_time, given_times, beyond]);
    }
    for part in &mut arm.parts {
        let PartRun { response, service, wait_worker, wait_connection, wait_lock, .. } = part;
        pack([response, service, wait_worker, wait_connection, wait_lock]);
        let PartRun { round_trips, connect_round_trips, call_response, call_service, .. } = part;
        pack([round_trips, connect_round_trips, call_response, call_service]);
        pack(part.cron.iter_mut().map(|cron| &mut cron.item_time));
    }
}

fn pack<'a>(hists: impl IntoIterator<Item = &'a mut Hist>) {
    hists.into_iter().for_each(Hist::pack);
}
