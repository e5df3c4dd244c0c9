//! What one sender may do, and when what it did was done, however late the proxy looks.
//!
//! Bytes that are read now were sent before. How many of them the window let go is asked for the instant since when they
//! may have been sent, not for now: else acknowledgements that came meanwhile would allow what was not allowed then, and
//! the bytes would be early by as much as the proxy is late. So the instant stays what it was until all that is there has been
//! read, over however many turns. Not for: reading (`conn`), the window (`link`).

use crate::link::{Allowance, Direction, Flow, Shared};
use crate::units::Nanos;

/// The instants of one direction's sender.
#[derive(Debug, Default)]
pub(super) struct Sending {
    /// What has not been read was sent no earlier.
    after: Nanos,
    /// It was sent then, if it had been there already.
    held: bool,
    /// Since when the sender has not been held back: what it sent before that was sent then.
    free_since: Nanos,
    /// Nothing is read before this instant, or before the link changes.
    paused: Option<Nanos>,
}

impl Sending {
    /// Whether nothing may be read for now.
    pub(super) fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// Whether it waits for an instant that has come. A wait that was set before the link changed says nothing about now.
    pub(super) fn may_resume(&self, now: Nanos) -> bool {
        self.paused.is_some_and(|at| at <= now)
    }

    /// How much may be read; or from when on, if nothing may now.
    pub(super) fn most(
        &mut self,
        direction: Direction,
        now: Nanos,
        (flow, link): (&mut Flow, &mut Shared),
    ) -> Result<u64, Nanos> {
        let then = (self.after, if self.held { self.after } else { now });
        match flow.allowance_then(direction, then, now, link) {
            Allowance::Bytes(most) => Ok(most),
            Allowance::From(at) => {
                (self.paused, self.free_since) = (Some(at), at);
                Err(at)
            }
        }
    }

    /// The wait is over, or the link has changed: what is there was sent then.
    pub(super) fn resume(&mut self, now: Nanos) {
        if let Some(at) = self.paused.take() {
            (self.after, self.held) = (at.min(now), true);
        }
        self.free_since = self.free_since.min(now);
    }

    /// All that had been sent at `now` has been read.
    pub(super) fn drained(&mut self, now: Nanos) {
        (self.after, self.held) = (self.after.max(now), false);
    }

    /// The proxy had no room for what was sent, and has from `now` on.
    pub(super) fn released(&mut self, now: Nanos) {
        (self.after, self.held, self.free_since) = (now, true, now);
    }

    /// When bytes were sent that are read at `now`, and came at `stamp` if that is known.
    pub(super) fn sent(&self, stamp: Option<Nanos>, now: Nanos) -> Nanos {
        stamp.map_or(now, |at| at.max(self.free_since).min(now))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::scenario::Link;
    use crate::seed::Seed;
    use proptest::prelude::*;

    /// A store writes `writes` (when, how many bytes), and a proxy that takes `turns` (how late it wakes, how many reads
    /// before others have their turn) carries them down a link of 15 ms: when each byte arrives, as (end, at).
    fn carried(writes: &[(u64, u64)], turns: &[(u64, usize)]) -> Vec<(u64, Nanos)> {
        let mut link = Shared::new(&Link::plain(Nanos::from_millis(15)));
        let mut flow = Flow::new(&link, Seed(1), 0, Nanos::ZERO);
        let mut sending = Sending::default();
        let mut there: VecDeque<(Nanos, u64)> = VecDeque::new();
        let mut writes: VecDeque<_> = writes.iter().map(|(us, bytes)| (Nanos::from_micros(*us), *bytes)).collect();
        let (mut now, mut end, mut arrivals) = (Nanos::from_secs(1), 0, Vec::new());
        let start = now;
        let mut turns = turns.iter().cycle();
        while !there.is_empty() || !writes.is_empty() {
            let (late, reads) = turns.next().copied().unwrap_or((0, 4));
            // What wakes it: the end of a pause, or bytes.
            let wakes = sending.paused.or_else(|| there.front().map(|_| now));
            let wakes = wakes.or_else(|| writes.front().map(|write| start + write.0)).unwrap_or(now);
            now = now.max(wakes) + Nanos(late);
            while let Some((at, bytes)) = writes.pop_front_if(|write| start + write.0 <= now) {
                there.push_back((start + at, bytes));
            }
            if sending.is_paused() {
                assert!(sending.may_resume(now));
                sending.resume(now);
            }
            for _ in 0..reads {
                let Ok(most) = sending.most(Direction::Down, now, (&mut flow, &mut link)) else { break };
                // One read takes 256 KiB at most, and what is stamped with the last packet's arrival.
                let (mut room, mut stamp, mut n) = (most.min(1 << 18), Nanos::ZERO, 0);
                while let Some((at, bytes)) = there.front_mut().filter(|_| room > 0) {
                    let taken = room.min(*bytes);
                    (stamp, n, room, *bytes) = (*at, n + taken, room - taken, *bytes - taken);
                    there.pop_front_if(|(_, bytes)| *bytes == 0);
                }
                if room > 0 {
                    sending.drained(now);
                }
                if n == 0 {
                    break;
                }
                let sent = sending.sent(Some(stamp), now);
                while n > 0 {
                    let crossing = flow.cross(Direction::Down, sent, n, &mut link);
                    (n, end) = (n - crossing.bytes, end + crossing.bytes);
                    arrivals.push((end, crossing.at));
                }
            }
        }
        arrivals
    }

    fn arrives(carried: &[(u64, Nanos)], byte: u64) -> Nanos {
        carried[carried.partition_point(|(end, _)| *end <= byte)].1
    }

    #[test]
    fn a_long_reply_read_in_many_turns_takes_its_round_trips() {
        // 4 MB take 9 flights, the first of which leaves at once: 8 × 15 ms and half of it.
        let due = Nanos::from_millis(1_120) + Nanos::from_micros(7_500);
        for turns in [[(0, 4)], [(3_000_000, 4)], [(14_000_000, 1)], [(40_000_000, 4)]] {
            let seen = carried(&[(0, 4_000_000)], &turns);
            let last = arrives(&seen, 3_999_999);
            assert!(last >= due, "{last} with {turns:?}");
            assert!(turns[0].0 > 0 || last == due, "{last}");
        }
    }

    proptest! {
        /// Whoever looks late is never early: nothing arrives before it would with a proxy that is always punctual. Whole
        /// segments only: of parts of them, one that looks late sees more together, and so makes fewer.
        #[test]
        fn late_looks_make_nothing_early(
            gaps in prop::collection::vec((0..20_000_u64, 1..280_u64), 1..12),
            turns in prop::collection::vec((0..20_000_000_u64, 1..5_usize), 1..20),
        ) {
            let mut at = 0;
            let writes: Vec<_> = gaps.iter().map(|(gap, bytes)| { at += gap; (at, bytes * 1_448) }).collect();
            let (punctual, late) = (carried(&writes, &[(0, 4)]), carried(&writes, &turns));
            let total: u64 = writes.iter().map(|write| write.1).sum();
            for byte in (0..total).step_by(1_448).chain([total - 1]) {
                let (due, is) = (arrives(&punctual, byte), arrives(&late, byte));
                prop_assert!(is >= due, "byte {} of {}: {} before {}", byte, total, is, due);
            }
        }
    }
}
