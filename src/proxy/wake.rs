//! When to wake for a deadline: a little early, by what waking usually takes.
//!
//! A halted processor takes tens of microseconds to run a thread again (PHYSICS.md, 4), so a wait
//! until the deadline ends after it. The thread asks to be woken earlier by as much as wakes have been late,
//! and looks at the clock for the short rest; on a busy machine wakes are quick, and the rest is nothing.
//! Not for: writing early, which the deadline itself forbids.

use crate::units::Nanos;

/// The head start is never more than this, which bounds what a rest can cost.
const MOST: u64 = 100_000;

/// Learns how late wakes are.
#[derive(Debug, Default)]
pub(super) struct Wake {
    head_start: u64,
}

impl Wake {
    /// How long to block before `next`; `None` is not at all.
    pub(super) fn block_for(&self, next: Nanos, now: Nanos) -> Option<Nanos> {
        let time = next.saturating_sub(now).0.saturating_sub(self.head_start);
        (time > 0).then_some(Nanos(time))
    }

    /// A wait that was to end at `planned` ended at `now` without an event.
    pub(super) fn woke(&mut self, planned: Nanos, now: Nanos) {
        let late = now.saturating_sub(planned).0;
        // Up by a quarter, down by a 32nd: settles where about one wake in nine is later.
        if late > self.head_start {
            self.head_start = (self.head_start + (late - self.head_start) / 4).min(MOST);
        } else {
            self.head_start -= (self.head_start - late) / 32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_start_follows_the_lateness_within_its_bound() {
        let mut wake = Wake::default();
        assert_eq!(wake.block_for(Nanos(50), Nanos(20)), Some(Nanos(30)));
        (0..100).for_each(|_| wake.woke(Nanos(0), Nanos(40_000)));
        assert!((39_000..=40_000).contains(&wake.head_start));
        assert_eq!(wake.block_for(Nanos(39_000), Nanos(0)), None);
        (0..1_000).for_each(|_| wake.woke(Nanos(0), Nanos(2_000)));
        assert!(wake.head_start < 3_000);
        (0..100).for_each(|_| wake.woke(Nanos(0), Nanos::MAX));
        assert_eq!(wake.head_start, MOST);
    }
}
