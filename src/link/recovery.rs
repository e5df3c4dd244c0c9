//! Which segments a link loses, and when a sender has repaired the hole.
//!
//! Each segment is lost by itself with the link's probability, retransmissions too. Not modelled: lost
//! acknowledgements (the next one makes up for it) and segments of a later write that tell of a hole
//! before its time-out. Not for: the window (`sender`).

use rand_distr::{Distribution, StandardUniform};

use super::rtt::{RttEstimate, TICKS};
use crate::seed::Stream;
use crate::units::{Fraction, Nanos};

/// Retransmissions of one segment before it is let through (`tcp_retries2`; the kernel then gives the connection up).
const RETRIES: u32 = 15;

/// Retransmissions of a SYN (`tcp_syn_retries`; the kernel then gives up).
const SYN_RETRIES: u32 = 6;

/// First time-out of a handshake, which doubles (RFC 6298, 2.1 and 5.5).
const SYN_TIMEOUT: Nanos = Nanos::from_secs(1);

/// Later segments that must arrive for the hole to be certain at once (RFC 5681, 3.2; RFC 8985, 6.2).
pub(super) const DUPLICATES: u64 = 3;

/// Draws lost segments: it counts those that come through until the next is lost.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Losses {
    /// The probability that `clean` was drawn with.
    drawn_with: f64,
    clean: u64,
}

impl Losses {
    /// `clean` come through before the next is lost.
    #[cfg(test)]
    pub(super) fn with(loss: Fraction, clean: u64) -> Self {
        Self { drawn_with: loss.0, clean }
    }

    /// How many of the next segments come through before one is lost.
    pub(super) fn clean(&mut self, loss: Fraction, stream: impl FnOnce() -> Stream, slot: &mut Option<Stream>) -> u64 {
        if loss.0 <= 0.0 || loss.0.is_nan() {
            return u64::MAX;
        }
        // Losses have no memory, so that another probability begins with another draw.
        if self.drawn_with.to_bits() != loss.0.to_bits() {
            self.drawn_with = loss.0;
            self.clean = gap(loss.0, slot.get_or_insert_with(stream));
        }
        self.clean
    }

    /// `segments` have come through.
    pub(super) fn passed(&mut self, segments: u64) {
        self.clean = self.clean.saturating_sub(segments);
    }

    /// One was lost: draws the next.
    pub(super) fn lost(&mut self, stream: &mut Stream) {
        self.clean = gap(self.drawn_with, stream);
    }
}

/// Segments that come through before the next loss: geometric.
fn gap(loss: f64, stream: &mut Stream) -> u64 {
    let u: f64 = StandardUniform.sample(stream);
    // In (0, 1], so that its logarithm is finite; the division is by −∞ where everything is lost.
    ((1.0 - u).ln() / (-loss.min(1.0)).ln_1p()) as u64
}

/// Whether one packet is lost.
fn is_lost(loss: Fraction, stream: &mut Stream) -> bool {
    let u: f64 = StandardUniform.sample(stream);
    u < loss.0
}

/// What a handshake waits for lost SYNs and SYN-ACKs.
pub(super) fn handshake_wait(loss: Fraction, stream: &mut Stream) -> Nanos {
    let again = (0..SYN_RETRIES).take_while(|_| is_lost(loss, stream) || is_lost(loss, stream)).count();
    syn_backoff(again as u32)
}

/// When a SYN has been sent for the `n`th time again: 1, 3, 7 … seconds after the first.
pub(super) fn syn_backoff(n: u32) -> Nanos {
    Nanos(SYN_TIMEOUT.0 * ((1 << n.min(SYN_RETRIES)) - 1))
}

/// A segment that was lost, and what its sender knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hole {
    /// When what was sent with it is acknowledged.
    pub(super) acked: Nanos,
    /// When what was sent before it is; when it was sent itself if nothing is.
    pub(super) before_acked: Nanos,
    /// Segments sent with it and behind it that came through.
    pub(super) behind: u64,
    /// More are sent as soon as the window opens.
    pub(super) more: bool,
    /// The segment behind it was the last, and was lost too.
    pub(super) two: bool,
    /// The link's round trip.
    pub(super) round_trip: Nanos,
}

/// What a sender does when it learns of a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reaction {
    /// The window shrinks (RFC 5681, 3.2; RFC 9438, 4.6).
    Shrink,
    /// After a retransmission time-out, one segment is left of it (RFC 5681, 3.1).
    Collapse,
}

/// When the hole's last retransmission, the one that comes through, is sent, and how the sender reacts meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Repair {
    pub(super) sent: Nanos,
    pub(super) reaction: (Nanos, Reaction),
}

impl Hole {
    /// When the sender first sends it again.
    fn found(&self, rtt: RttEstimate) -> Nanos {
        let add = Nanos::saturating_add;
        // With fewer than three later segments, it might be reordering: a quarter round trip (RFC 8985, 6.2).
        let reordering = add(Nanos(self.round_trip.0 / 4), TICKS);
        match (self.behind, self.more) {
            (DUPLICATES.., _) => self.acked,
            (1.., false) => add(self.acked, reordering),
            (1.., true) => add(self.acked, reordering.min(self.round_trip)),
            // What the window lets go next tells of it.
            (0, true) => add(self.acked, self.round_trip),
            // The last segment is probed (RFC 8985, 7.3); its acknowledgement tells of the one before it.
            (0, false) if self.two => add(add(self.before_acked, rtt.probe(2)), self.round_trip),
            (0, false) => add(self.before_acked, rtt.probe(1)),
        }
    }

    /// Draws the fate of its retransmissions.
    pub(super) fn repair(&self, loss: Fraction, rtt: RttEstimate, stream: &mut Stream) -> Repair {
        let found = self.found(rtt);
        let mut repair = Repair { sent: found, reaction: (found, Reaction::Shrink) };
        // One that is lost again is found out by later segments, if any follow (RFC 8985, 6.2), …
        let mut quick = self.more || self.behind > 0;
        let mut backoff = 0;
        for _ in 0..RETRIES {
            if !is_lost(loss, stream) {
                break;
            }
            if quick && self.more {
                repair.sent = repair.sent.saturating_add(self.round_trip);
            } else {
                // … or else by a time-out (RFC 6298, 5.4 to 5.6).
                repair.sent = repair.sent.saturating_add(rtt.rto(backoff));
                if backoff == 0 {
                    repair.reaction = (repair.sent, Reaction::Collapse);
                }
                backoff += 1;
            }
            quick = false;
        }
        repair
    }
}
