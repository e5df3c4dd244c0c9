//! What a route counts and how late it was.
//!
//! Lateness is what the proxy adds to the link's own delay. It looks exactly like network latency to
//! whoever measures through the proxy, so it is kept for every crossing. Not for: judging it.

use crate::measure::Hist;
use crate::units::Nanos;

/// A route's counters and histograms, since its start or its last reset.
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
    /// Per piece of bytes: from when it should have been written, had it been read at once, until it was. Pieces
    /// that had to wait for a receiver with a full window are left out: that wait is not the proxy's.
    pub crossing_lateness: Hist,
    /// From when the kernel told of bytes until they were read and stamped.
    pub stamp_lateness: Hist,
    /// From the last byte of a request written to the upstream until the first byte of its reply was read.
    pub server_time: Hist,
    /// Upstreams that could not be connected to.
    pub dial_errors: u64,
    /// Connections that one side reset.
    pub resets: u64,
}

impl RouteStats {
    /// Zeroes everything but `open`.
    pub(super) fn reset(&mut self) {
        *self = Self { open: self.open, ..Self::default() };
    }

    /// An exchange whose reply's first bytes were just written; a lateness is `None` where the receiver was waited for.
    pub(super) fn exchange(&mut self, request: Option<Nanos>, reply: Option<Nanos>) {
        self.exchanges += 1;
        if let (Some(request), Some(reply)) = (request, reply) {
            self.round_trip_lateness.record(request.saturating_add(reply));
        }
    }
}
