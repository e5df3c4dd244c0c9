//! What a sender knows of its round-trip time, and the time-outs that follow from it.
//!
//! As Linux keeps them; where its timers tick (every 4 ms at 250 Hz, coarser beyond 256 ms) they fire later by up to
//! a tick, which is the machine's, not the link's. Not for: what a time-out does (`recovery`).

use crate::units::Nanos;

/// The least that Linux adds to the smoothed round trip (`TCP_RTO_MIN`; RFC 6298, 2.4 asks for 1 s in all).
pub(super) const RTO_VARIANCE_MIN: Nanos = Nanos::from_millis(200);

/// Back-off ends here (`TCP_RTO_MAX`; RFC 6298, 2.5 asks for 60 s or more).
const RTO_MAX: Nanos = Nanos::from_secs(120);

/// Two ticks of a 250 Hz kernel, which Linux adds to a probe's and a reordering time-out (`TCP_TIMEOUT_MIN`).
pub(super) const TICKS: Nanos = Nanos::from_millis(8);

/// Smoothed round-trip time and its deviation (RFC 6298, 2).
#[derive(Debug, Clone, Copy)]
pub(super) struct RttEstimate {
    smoothed: Nanos,
    deviation: Nanos,
}

impl RttEstimate {
    /// After the first sample, which the handshake gives (RFC 6298, 2.2).
    pub(super) fn new(sample: Nanos) -> Self {
        Self { smoothed: sample, deviation: Nanos(sample.0 / 2) }
    }

    /// One more sample (RFC 6298, 2.3: 1/8 and 1/4).
    pub(super) fn sample(&mut self, sample: Nanos) {
        let error = sample.0.abs_diff(self.smoothed.0);
        self.deviation = Nanos(self.deviation.0 - self.deviation.0 / 4).saturating_add(Nanos(error / 4));
        self.smoothed = Nanos(self.smoothed.0 - self.smoothed.0 / 8).saturating_add(Nanos(sample.0 / 8));
    }

    /// The retransmission time-out after `backoff` others: each doubles it (RFC 6298, 5.5).
    pub(super) fn rto(self, backoff: u32) -> Nanos {
        let variance = Nanos(self.deviation.0.saturating_mul(4)).max(RTO_VARIANCE_MIN);
        let base = self.smoothed.saturating_add(variance);
        Nanos(base.0.saturating_mul(1 << backoff.min(20))).min(RTO_MAX.max(base))
    }

    /// When a tail that is not acknowledged is probed (RFC 8985, 7.2): two round trips, and for a segment on its own the
    /// receiver's worst delayed acknowledgement, for which Linux takes 200 ms; never after the retransmission time-out.
    pub(super) fn probe(self, segments: u64) -> Nanos {
        let spare = if segments == 1 { RTO_VARIANCE_MIN } else { TICKS };
        Nanos(self.smoothed.0.saturating_mul(2)).saturating_add(spare).min(self.rto(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_outs_are_those_of_linux() {
        let ms = Nanos::from_millis;
        // Measured at 15 ms: tcp_info's rto is 216 ms, which is 215 and a tick.
        let rtt = RttEstimate::new(ms(15));
        assert_eq!([0, 1, 2].map(|n| rtt.rto(n)), [ms(215), ms(430), ms(860)]);
        assert_eq!((rtt.probe(1), rtt.probe(2)), (ms(215), ms(38)));
        // Half of a first sample of 200 ms, four times, is more than the least.
        assert_eq!(RttEstimate::new(ms(200)).rto(0), ms(600));
        assert_eq!(RttEstimate::new(Nanos::MAX).rto(30), Nanos::MAX);
        assert_eq!(rtt.rto(30), Nanos::from_secs(120));
    }

    #[test]
    fn samples_are_smoothed() {
        let mut rtt = RttEstimate::new(Nanos::from_millis(100));
        (0..100).for_each(|_| rtt.sample(Nanos::from_millis(20)));
        let rto = rtt.rto(0);
        assert!(rto.0.abs_diff(220_000_000) < 100_000, "{rto}");
        rtt.sample(Nanos::MAX);
        (0..10).for_each(|_| rtt.sample(Nanos::MAX));
        assert!(rtt.rto(5) >= rto);
    }
}
