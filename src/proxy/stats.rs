//! What a route counts and how late it was.
//!
//! Lateness is what the proxy adds to the link's own delay. It looks exactly like network latency to
//! whoever measures through the proxy, so it is kept for every crossing. Not for: judging it.

use super::packet::Lateness;
use crate::measure::Hist;
use crate::units::Nanos;

/// A route's counters and histograms, since its start or its last reset.
///
/// Over a packet link, a crossing is a packet's, and a round trip's lateness is that of both relays and of
/// the packets between them: what it took longer than link, TCP and server would have.
#[derive(Debug, Clone, Default)]
pub struct RouteStats {
    /// Connections accepted.
    pub connections: u64,
    /// Connections open now (a reset leaves it as it is).
    pub open: u64,
    /// Bytes written to the upstream.
    pub bytes_up: u64,
    /// Bytes written to clients.
    pub bytes_down: u64,
    /// Times that a connection's bytes up were followed by bytes down: awaited round trips.
    pub exchanges: u64,
    /// Per exchange: lateness of the request's last crossing and of the reply's first, added up.
    pub round_trip_lateness: Hist,
    /// Per piece of bytes: from when the link would have delivered it until it was written. Pieces that had
    /// to wait for a receiver with a full window are left out: that wait is not the proxy's.
    pub crossing_lateness: Hist,
    /// From when the kernel received bytes until they were read. It delays nothing while it is shorter than the
    /// crossing, which counts from the former; where the kernel does not stamp, from when it told of them.
    pub stamp_lateness: Hist,
    /// From the last byte of a request written to the upstream until the first bytes of its reply came.
    pub server_time: Hist,
    /// Per exchange that has ended: what its crossings took beyond one RTT, by the link's model: flights more than one,
    /// queues, jitter, repaired losses. Empty for packet links, where the kernel does not tell.
    pub beyond_rtt: Hist,
    /// Upstreams that could not be connected to.
    pub dial_errors: u64,
    /// Times that a connection had to wait to be accepted, or was ended before its upstream was tried, because this process had
    /// no descriptor, port or memory left.
    pub exhausted: u64,
    /// Connections that one side reset.
    pub resets: u64,
}

impl RouteStats {
    /// Zeroes everything but `open`.
    pub(super) fn reset(&mut self) {
        *self = Self { open: self.open, ..Self::default() };
    }

    /// An exchange whose reply's first bytes were just written; a lateness is `None` where the receiver was waited
    /// for. Both together, if they are known.
    pub(super) fn exchange(&mut self, request: Option<Nanos>, reply: Option<Nanos>) -> Option<Nanos> {
        self.exchanges += 1;
        let late = request?.saturating_add(reply?);
        self.round_trip_lateness.record(late);
        Some(late)
    }

    /// What is known of a packet route: these are the near relay's.
    pub(super) fn with_packets(mut self, far: &Self, lateness: Lateness) -> Self {
        self.bytes_up = far.bytes_up;
        self.server_time = far.server_time.clone();
        self.dial_errors += far.dial_errors;
        self.exhausted += far.exhausted;
        self.round_trip_lateness = lateness.round_trip;
        // Both relays cross at once: what is between them took, the kernel does not tell.
        self.beyond_rtt = Hist::new();
        self.crossing_lateness = lateness.crossing;
        for late in [&far.stamp_lateness, &lateness.stamp] {
            self.stamp_lateness.merge(late);
        }
        self
    }
}
