//! How many calls a store works on at once: the others wait, first come first served.
//!
//! Arithmetic over times, without waiting: a call that arrives is told when it will be done. Calls have to
//! ask in the order in which they arrive, and each when it could begin: whoever waits for something else (a
//! row) has no turn meanwhile. A call whose client has gone keeps its turn, as the server that does not look
//! for hang-ups while it works. Not for: row locks (`locks`), waiting itself.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::units::Nanos;

/// The turns of one store.
#[derive(Debug)]
pub struct Turns {
    /// `None` is as many as there are calls.
    most: Option<u32>,
    /// When the turns that have been given end.
    ends: BinaryHeap<Reverse<Nanos>>,
}

impl Turns {
    /// A store that works on `most` calls at once; `None` is as many as there are.
    pub const fn new(most: Option<u32>) -> Self {
        Self { most, ends: BinaryHeap::new() }
    }
    /// Whether anybody may have to wait.
    pub const fn limited(&self) -> bool {
        self.most.is_some()
    }
    /// When a call that arrives at `at` and takes `service` is done.
    pub fn take(&mut self, at: Nanos, service: Nanos) -> Nanos {
        let Some(most) = self.most else { return at.saturating_add(service) };
        // Those that are over by now have made room; one that ends later is busy for whoever comes next, too.
        while self.ends.peek().is_some_and(|Reverse(end)| *end <= at) {
            self.ends.pop();
        }
        let full = self.ends.len() >= most.max(1) as usize;
        let begin = if full { self.ends.pop().map_or(at, |Reverse(first)| first) } else { at };
        let end = begin.saturating_add(service);
        self.ends.push(Reverse(end));
        end
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// When calls of (arrival, service) are done.
    fn done(most: Option<u32>, calls: &[(u64, u64)]) -> Vec<u64> {
        let mut turns = Turns::new(most);
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
        let mut turns = Turns::new(Some(3));
        for call in 0..1_000 {
            turns.take(Nanos(call * 10), Nanos(5));
        }
        assert_eq!(turns.ends.len(), 1);
    }

    proptest! {
        /// Kiefer and Wolfowitz: each call, in order of arrival, goes to the server that is free first.
        #[test]
        fn turns_are_servers(gaps in vec((0..20_u64, 0..60_u64), 1..60), most in 1..5_u32) {
            let mut at = 0;
            let calls: Vec<_> = gaps.iter().map(|(gap, service)| { at += gap; (at, *service) }).collect();
            let mut free_at = vec![0; most as usize];
            for ((at, service), end) in calls.iter().zip(done(Some(most), &calls)) {
                let first = free_at.iter_mut().min().expect("one server at least");
                *first = (*first).max(*at) + service;
                prop_assert_eq!(end, *first);
            }
        }
    }
}
