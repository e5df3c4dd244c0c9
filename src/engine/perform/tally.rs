//! What one journey cost, counted while it is walked.
//!
//! Of parallel branches all round trips count, but the time of the longest only. Not for: sums over
//! journeys (`record`).

use crate::units::Nanos;

/// Round trips to one store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Use {
    /// Awaited crossings, connects included.
    pub(super) trips: u32,
    /// Of these, requests that the store answered.
    pub(super) answered: u32,
    /// What the scenario gives the store for these calls.
    pub(super) service: Nanos,
}

/// What a journey cost, or one branch of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// All awaited round trips, connects included.
    pub(super) trips: u32,
    /// Of these, for opening and preparing connections.
    pub(super) connect: u32,
    /// On the critical path, by store.
    pub(super) stores: Vec<Use>,
    /// Pauses on the critical path, as planned.
    pub(super) think: Nanos,
    /// Waiting for connections of pools, on the critical path; `None` if no pool was used.
    pub(super) wait_connection: Option<Nanos>,
    /// Waiting for row locks, on the critical path.
    pub(super) wait_lock: Nanos,
}

impl Tally {
    pub(super) fn new(stores: usize) -> Self {
        Self { stores: vec![Use::default(); stores], ..Self::default() }
    }
    /// Counts round trips of a call, and the time that the scenario gives the store for it.
    pub(super) fn called(&mut self, store: usize, trips: u32, service: Nanos) {
        self.trips += trips;
        self.stores[store].trips += trips;
        self.stores[store].answered += trips;
        self.stores[store].service += service;
    }
    /// Counts round trips of a connection.
    pub(super) fn connected(&mut self, store: usize, trips: u32, answered: u32) {
        self.trips += trips;
        self.connect += trips;
        self.stores[store].trips += trips;
        self.stores[store].answered += answered;
    }
    /// Counts the wait for a place in a pool.
    pub(super) fn waited(&mut self, time: Nanos) {
        *self.wait_connection.get_or_insert_default() += time;
    }
    /// Adds parallel branches, each with when it ended.
    pub(super) fn join(&mut self, branches: &[(Self, Nanos)]) {
        self.trips += branches.iter().map(|b| b.0.trips).sum::<u32>();
        self.connect += branches.iter().map(|b| b.0.connect).sum::<u32>();
        let Some((longest, _)) = branches.iter().max_by_key(|b| b.1) else { return };
        for (mine, its) in self.stores.iter_mut().zip(&longest.stores) {
            mine.trips += its.trips;
            mine.answered += its.answered;
            mine.service += its.service;
        }
        self.think += longest.think;
        self.wait_lock += longest.wait_lock;
        if let Some(waited) = longest.wait_connection {
            self.waited(waited);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_trips_count_but_only_the_longest_branch_takes_time() {
        let branch = |trips, think| {
            let mut tally = Tally::new(2);
            tally.connected(0, 3, 1);
            tally.called(0, trips, Nanos(100));
            tally.think = Nanos(think);
            tally
        };
        let mut tally = Tally::new(2);
        tally.called(1, 1, Nanos(7));
        tally.join(&[(branch(5, 1), Nanos(10)), (branch(2, 7), Nanos(20))]);
        assert_eq!((tally.trips, tally.connect, tally.think), (14, 6, Nanos(7)));
        let used = |trips, answered, service| Use { trips, answered, service: Nanos(service) };
        assert_eq!(tally.stores, [used(5, 3, 100), used(1, 1, 7)]);
        assert_eq!(tally.wait_connection, None);
    }
}
