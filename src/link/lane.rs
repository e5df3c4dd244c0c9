//! The bandwidth of a link in one direction, shared by all its connections.
//!
//! One transmitter sends packet after packet; what waits for it is the link's queue. The queue is
//! bounded by holding senders back, as a full window does, not by dropping. Measured, kernel to kernel at 15 ms
//! through a queue of the same bound that drops: bulk of one connection takes as long within 0.5 % at 10 and 100 Mbit/s.
//! What dropping costs and holding back does not is the repair: of the burst of a wide window into a small queue (200 kB over
//! 100 Mbit/s at 15 ms lose their tail, and wait for a probe or a time-out), and of connections that overflow it together: long ones
//! share the rate all the same, short ones that lose all they sent wait for a time-out. To drop here,
//! senders would have to leave slow start as the kernel does when delay grows (RFC 9406), or every long
//! transfer would lose half a window that a kernel's does not. Not for: propagation.

use super::Allowance;
use super::sender::MSS;
use crate::units::{Bandwidth, Nanos, Rtt};

/// IPv4 (20), TCP (20) and its timestamps (12; RFC 7323, 3.2), which take bandwidth too.
const HEADERS: u64 = 52;

/// A queue holds at least this many packets: a new connection's first flight (RFC 6928, 2).
const QUEUE_SEGMENTS: u64 = 10;

/// Pieces that take less time than this to send arrive together. It is about the lateness of a wait
/// (PHYSICS.md, 4), so finer steps would not be seen.
pub const STEP: Nanos = Nanos::from_micros(50);

/// The transmitter of one direction.
#[derive(Debug, Clone, Default)]
pub(super) struct Lane {
    /// When it has sent everything given to it.
    free_at: Nanos,
}

impl Lane {
    /// How much may be queued now. The bound is one round trip's worth of sending (the bandwidth-delay product).
    pub(super) fn allowance(&self, bandwidth: Bandwidth, rtt: Rtt, now: Nanos) -> Allowance {
        let bound = rtt.0.max(bandwidth.serialisation(QUEUE_SEGMENTS * (MSS + HEADERS)));
        let queued = self.free_at.saturating_sub(now);
        if queued >= bound && queued > Nanos::ZERO {
            // A step's worth of room, so that not every packet of a fast link is asked for by itself; of a short queue a
            // part, so that it never runs empty. At least a nanosecond ahead, so that asking again makes progress.
            let room = STEP.0.min(bound.0 / 4);
            return Allowance::From(now.saturating_add(Nanos((queued.0 - bound.0).saturating_add(room).max(1))));
        }
        let room = (bound - queued).as_secs_f64() * bandwidth.0 / 8.0;
        Allowance::Bytes((room as u64).max(MSS))
    }

    /// Sends the first of `bytes` bytes when all before them are sent: (when their last bit is out, how many).
    pub(super) fn serialise(&mut self, bandwidth: Bandwidth, now: Nanos, bytes: u64) -> (Nanos, u64) {
        let step = (bandwidth.0 / 8.0 * STEP.as_secs_f64()) as u64;
        let piece = bytes.min((step / MSS).max(1).saturating_mul(MSS));
        let packets = piece.div_ceil(MSS).max(1);
        let on_wire = piece.saturating_add(packets.saturating_mul(HEADERS));
        self.free_at = self.free_at.max(now).saturating_add(bandwidth.serialisation(on_wire));
        (self.free_at, piece)
    }
}
