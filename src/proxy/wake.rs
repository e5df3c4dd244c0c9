//! When to wake for a deadline: a little early, by what waking usually takes.
//!
//! A halted processor takes tens of microseconds to run a thread again (PHYSICS.md, 4), so a wait
//! until the deadline ends after it. The thread asks to be woken earlier by as much as wakes have been late,
//! and looks at the clock for the short rest. These rests have a budget, so that many deadlines do not become
//! a spinning processor: beyond it, wakes are simply as late as they are. Not for: writing early, which
//! the deadline itself forbids.

use crate::units::Nanos;

/// The head start is never more than this.
const HEAD_START_MOST: u64 = 100_000;

/// Of all time, one part in this many may be spent on rests.
const SHARE: u64 = 10;

/// What may be saved up for later.
const BUDGET_MOST: u64 = 1_000_000;

/// What to do until the next deadline.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// Block this long.
    Block(Nanos),
    /// Look at sockets and clock again and again.
    Rest,
}

/// Learns how late wakes are.
#[derive(Debug, Default)]
pub(super) struct Wake {
    head_start: u64,
    budget: u64,
    seen: Nanos,
}

impl Wake {
    /// What to do at `now` until `next`.
    pub(super) fn until(&mut self, next: Nanos, now: Nanos) -> Until {
        self.budget = (self.budget + now.saturating_sub(self.seen).0 / SHARE).min(BUDGET_MOST);
        self.seen = now;
        let left = next.saturating_sub(now).0;
        let head_start = if self.budget < self.head_start { 0 } else { self.head_start };
        if left <= head_start { Until::Rest } else { Until::Block(Nanos(left - head_start)) }
    }

    /// A part of a rest took this long.
    pub(super) fn rested(&mut self, time: Nanos) {
        self.budget = self.budget.saturating_sub(time.0);
    }

    /// A wait that was to end at `planned` ended at `now` without being cut short.
    pub(super) fn woke(&mut self, planned: Nanos, now: Nanos) {
        let late = now.saturating_sub(planned).0;
        // Up by a quarter, down by a 32nd: settles where about one wake in nine is later.
        if late > self.head_start {
            self.head_start = (self.head_start + (late - self.head_start) / 4).min(HEAD_START_MOST);
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
        assert_eq!(wake.until(Nanos(50), Nanos(20)), Until::Block(Nanos(30)));
        (0..100).for_each(|_| wake.woke(Nanos(0), Nanos(40_000)));
        assert!((39_000..=40_000).contains(&wake.head_start));
        (0..1_000).for_each(|_| wake.woke(Nanos(0), Nanos(2_000)));
        assert!(wake.head_start < 3_000);
        (0..100).for_each(|_| wake.woke(Nanos(0), Nanos::MAX));
        assert_eq!(wake.head_start, HEAD_START_MOST);
    }

    #[test]
    fn rests_have_a_budget() {
        let mut wake = Wake::default();
        (0..100).for_each(|_| wake.woke(Nanos(0), Nanos(40_000)));
        let (now, soon) = (Nanos::from_millis(5), Nanos::from_millis(5) + Nanos(10_000));
        assert_eq!(wake.until(soon, now), Until::Rest);
        wake.rested(Nanos::from_millis(1));
        assert_eq!(wake.until(soon, now), Until::Block(Nanos(10_000)));
        // A tenth of a millisecond is earned in one.
        let (now, soon) = (Nanos::from_millis(6), Nanos::from_millis(6) + Nanos(10_000));
        assert_eq!(wake.until(soon, now), Until::Rest);
    }
}
