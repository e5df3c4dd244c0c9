//! How often a client waited: round trips, however many requests shared them.
//!
//! A request comes after the replies that had reached the client when it was sent. The longest chain of
//! requests, each after the reply to the one before, is the number of round trips; a request that
//! makes no chain longer shares one. Not for: finding requests and replies.

use std::collections::VecDeque;

use crate::units::Nanos;

/// The round trips of one connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Rounds {
    /// The longest chain of which the client has the last reply.
    arrived: u64,
    /// The longest chain that was counted.
    counted: u64,
    /// Chains whose last reply is on its way, and when it is there; both rise.
    coming: VecDeque<(Nanos, u64)>,
}

impl Rounds {
    /// How long the chain is that a request ends which is sent now.
    pub(super) fn ask(&mut self, sent: Nanos) -> u64 {
        while let Some(&(_, chain)) = self.coming.front().filter(|(at, _)| *at <= sent) {
            self.arrived = chain;
            self.coming.pop_front();
        }
        self.arrived + 1
    }

    /// The request that ends this chain has its reply, at this instant: whether that is one round trip more.
    pub(super) fn answered(&mut self, chain: u64, arrives: Nanos) -> bool {
        if self.coming.back().map_or(self.arrived, |last| last.1) < chain {
            self.coming.push_back((arrives, chain));
        }
        let more = chain > self.counted;
        self.counted = self.counted.max(chain);
        more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests as (sent, reply arrives), in order; each reply is known before the next request that comes after it.
    fn count(all: &[(u64, u64)]) -> u64 {
        let mut rounds = Rounds::default();
        let mut waiting: VecDeque<(u64, u64)> = VecDeque::new();
        let mut trips = 0;
        for &(sent, arrives) in all {
            while waiting.front().is_some_and(|(_, at)| *at <= sent) {
                let (chain, at) = waiting.pop_front().expect("there is one");
                trips += u64::from(rounds.answered(chain, Nanos(at)));
            }
            waiting.push_back((rounds.ask(Nanos(sent)), arrives));
        }
        trips + waiting.into_iter().filter(|(chain, at)| rounds.answered(*chain, Nanos(*at))).count() as u64
    }

    #[test]
    fn waits_are_counted() {
        assert_eq!(count(&[]), 0);
        assert_eq!(count(&[(0, 10), (10, 20), (25, 35)]), 3, "one after the other");
        assert_eq!(count(&[(0, 10), (1, 11), (2, 12)]), 1, "all at once");
        assert_eq!(count(&[(0, 10), (1, 11), (12, 22), (12, 22)]), 2, "two by two");
        assert_eq!(count(&[(0, 10), (1, 11), (10, 20), (11, 21), (20, 30), (21, 31)]), 3, "a window of two");
    }
}
