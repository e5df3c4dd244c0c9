//! How many calls a stand-in works on at once: the others wait, first come first served.
//!
//! Arithmetic over times, without waiting: a call that arrives is told when it will be done. Calls have to
//! ask in the order in which they arrive, and each when it could begin: whoever waits for something else (a
//! row) has no turn meanwhile. Not for: row locks (`mysql::locks`), waiting itself (`standin`).

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::units::Nanos;

/// The turns of one store.
#[derive(Debug)]
pub(super) struct Turns {
    /// `None` is as many as there are calls.
    most: Option<u32>,
    /// When the turns that have been given end.
    ends: RefCell<BinaryHeap<Reverse<Nanos>>>,
}

impl Turns {
    pub(super) fn new(most: Option<u32>) -> Self {
        Self { most, ends: RefCell::default() }
    }
    /// Whether anybody may have to wait.
    pub(super) const fn limited(&self) -> bool {
        self.most.is_some()
    }
    /// When a call that arrives at `at` and takes `service` is done.
    pub(super) fn take(&self, at: Nanos, service: Nanos) -> Nanos {
        let Some(most) = self.most else { return at.saturating_add(service) };
        let mut ends = self.ends.borrow_mut();
        while ends.peek().is_some_and(|Reverse(end)| *end <= at) {
            ends.pop();
        }
        // The turn that ends first is taken over.
        let full = ends.len() >= most.max(1) as usize;
        let begin = if full { ends.pop().map_or(at, |Reverse(end)| end) } else { at };
        let end = begin.saturating_add(service);
        ends.push(Reverse(end));
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When calls of (arrival, service) are done.
    fn done(most: Option<u32>, calls: &[(u64, u64)]) -> Vec<u64> {
        let turns = Turns::new(most);
        calls.iter().map(|(at, service)| turns.take(Nanos(*at), Nanos(*service)).0).collect()
    }

    #[test]
    fn calls_beyond_the_limit_wait_in_order() {
        let crowd = [(0, 10), (0, 10), (0, 10), (5, 10), (40, 1)];
        for (most, ends) in [
            (None, [10, 10, 10, 15, 41]),
            (Some(1), [10, 20, 30, 40, 41]),
            (Some(2), [10, 10, 20, 20, 41]),
            (Some(9), [10, 10, 10, 15, 41]),
        ] {
            assert_eq!(done(most, &crowd), ends, "{most:?}");
        }
        // A long call keeps one of two turns, and the others share the other one.
        assert_eq!(done(Some(2), &[(0, 100), (0, 10), (0, 10), (0, 10)]), [100, 10, 20, 30]);
        // A call that takes no time waits for its turn as well.
        assert_eq!(done(Some(1), &[(0, 10), (3, 0), (4, 0)]), [10, 10, 10]);
    }

    #[test]
    fn turns_that_are_over_are_forgotten() {
        let turns = Turns::new(Some(3));
        for call in 0..1_000 {
            turns.take(Nanos(call * 10), Nanos(5));
        }
        assert_eq!(turns.ends.borrow().len(), 1);
    }

    proptest::proptest! {
        /// The Lindley recursion of a single server: done(i) = max(arrival(i), done(i-1)) + service(i).
        #[test]
        fn one_turn_is_a_single_server(gaps in proptest::collection::vec((0..20_u64, 0..20_u64), 1..60)) {
            let mut at = 0;
            let calls: Vec<_> = gaps.iter().map(|(gap, service)| { at += gap; (at, *service) }).collect();
            let mut before = 0;
            for ((at, service), end) in calls.iter().zip(done(Some(1), &calls)) {
                before = before.max(*at) + service;
                proptest::prop_assert_eq!(end, before);
            }
        }
    }
}
