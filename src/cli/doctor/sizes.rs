//! How much a check measures: quick, default, full.
//!
//! Not for: measuring.

use crate::fidelity::Case;
use crate::link::LinkKind;
use crate::units::{Bandwidth, Nanos};

/// What a check measures and how often.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sizes {
    pub(super) links: Vec<LinkKind>,
    /// At least one; what is not a table is measured at the first.
    pub(super) rtts: Vec<Nanos>,
    /// Each case over each link.
    pub(super) rounds: usize,
    pub(super) every_case: bool,
    pub(super) pauses: Vec<Nanos>,
    /// Waits of the timer.
    pub(super) waits: usize,
    /// Paired round trips with nothing injected.
    pub(super) pairs: usize,
    /// Small round trips over each link.
    pub(super) pings: usize,
    pub(super) crowds: Vec<usize>,
    pub(super) warm_up: Nanos,
    /// Each crowd is recorded this long.
    pub(super) crowd: Nanos,
    pub(super) bandwidths: Vec<Bandwidth>,
    /// Over each link that loses packets; none are measured where it is 0.
    pub(super) lossy_replies: usize,
}

/// Replies over each link with loss where nobody says how many: 20 are beyond the 99th percentile.
pub(super) const LOSSY_REPLIES: u32 = 2_000;
/// At most: some minutes at 15 ms.
pub(super) const LOSSY_REPLIES_MAX: usize = 32_000;

/// Above this a reply's time is the processor's, unless the link is long.
const LARGEST_NEAR: u64 = 1_048_576;
/// Long enough for 16 MB.
const FAR: Nanos = Nanos::from_millis(10);

const MBIT: f64 = 1e6;

impl Sizes {
    /// About five seconds a link.
    pub(super) fn quick() -> Self {
        Self {
            links: vec![LinkKind::Stream, LinkKind::Packet],
            rtts: vec![Nanos::from_millis(15)],
            rounds: 3,
            every_case: false,
            pauses: vec![],
            waits: 100,
            pairs: 300,
            pings: 100,
            crowds: vec![50],
            warm_up: Nanos::from_millis(200),
            crowd: Nanos::from_millis(500),
            bandwidths: vec![],
            lossy_replies: 0,
        }
    }

    /// Less than half a minute with both links.
    pub(super) fn usual() -> Self {
        Self {
            rtts: [15, 50].map(Nanos::from_millis).to_vec(),
            pauses: vec![Nanos::from_secs(1)],
            waits: 400,
            pairs: 1_000,
            // A 99th percentile needs 368.
            pings: 400,
            crowds: vec![50, 200],
            crowd: Nanos::from_secs(1),
            bandwidths: vec![Bandwidth(100.0 * MBIT)],
            ..Self::quick()
        }
    }

    /// Some minutes.
    pub(super) fn full() -> Self {
        Self {
            rtts: [15_000, 50_000, 100_000, 2_000, 500].map(Nanos::from_micros).to_vec(),
            rounds: 7,
            every_case: true,
            pauses: Case::PAUSES.to_vec(),
            pairs: 5_000,
            pings: 2_000,
            crowds: vec![50, 200, 1_000],
            warm_up: Nanos::from_secs(1),
            crowd: Nanos::from_secs(3),
            bandwidths: [10.0, 100.0, 1_000.0].map(|mbit| Bandwidth(mbit * MBIT)).to_vec(),
            lossy_replies: LOSSY_REPLIES as usize,
            ..Self::usual()
        }
    }

    /// The rows of the table at this distance.
    pub(super) fn cases(&self, rtt: Nanos) -> Vec<Case> {
        let largest = if rtt >= FAR { u64::MAX } else { LARGEST_NEAR };
        let mut cases = if self.every_case { Case::all(largest) } else { Case::few() };
        // Pauses are long: without `--full` the first distance has to do.
        if self.every_case || self.rtts.first() == Some(&rtt) {
            cases.extend(Case::after_pauses(&self.pauses));
        }
        cases
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_check_has_all_of_a_smaller_one() {
        for (small, large) in [(Sizes::quick(), Sizes::usual()), (Sizes::usual(), Sizes::full())] {
            for rtt in &small.rtts {
                let more = large.cases(*rtt);
                assert!(large.rtts.contains(rtt) && small.cases(*rtt).iter().all(|case| more.contains(case)));
            }
            assert!(small.crowds.iter().all(|crowd| large.crowds.contains(crowd)));
            assert!(small.rounds <= large.rounds && small.pings <= large.pings);
        }
    }
}
