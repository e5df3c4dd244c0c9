//! Row locks: exclusive, first come first served, held until the transaction ends.
//!
//! Who waits in a circle is told at once (InnoDB's deadlock detection; here the one who closes the
//! circle loses). Pure but for the channel that wakes a waiter. Not for: time-outs.

use std::collections::{HashMap, VecDeque};

use tokio::sync::oneshot;

use crate::units::Nanos;
use crate::workset::sql::RowKey;

/// The connection that holds or waits.
pub(super) type Owner = u32;

#[derive(Debug, Default)]
pub(super) struct Locks {
    rows: HashMap<RowKey, Row>,
    held: HashMap<Owner, Vec<RowKey>>,
    waiting: HashMap<Owner, RowKey>,
}

#[derive(Debug)]
struct Row {
    owner: Owner,
    queue: VecDeque<(Owner, oneshot::Sender<Nanos>)>,
}

/// What came of asking for a row.
#[derive(Debug)]
pub(super) enum Asked {
    /// It is had.
    Had,
    /// It will be had when this tells the time from which on.
    Wait(oneshot::Receiver<Nanos>),
    /// It never would be had.
    Deadlock,
}

impl Locks {
    pub(super) fn ask(&mut self, owner: Owner, key: &RowKey) -> Asked {
        let Some(row) = self.rows.get(key) else {
            self.rows.insert(key.clone(), Row { owner, queue: VecDeque::new() });
            self.held.entry(owner).or_default().push(key.clone());
            return Asked::Had;
        };
        if row.owner == owner {
            return Asked::Had;
        }
        if self.leads_to(row.owner, owner) {
            return Asked::Deadlock;
        }
        let (granted, wait) = oneshot::channel();
        if let Some(row) = self.rows.get_mut(key) {
            row.queue.push_back((owner, granted));
        }
        self.waiting.insert(owner, key.clone());
        Asked::Wait(wait)
    }
    /// Whether `from` waits for a row of `to`, or for one of somebody who does.
    ///
    /// Each waits for one row at most, and there was no circle before, so this ends.
    fn leads_to(&self, mut from: Owner, to: Owner) -> bool {
        loop {
            let Some(next) = self.waiting.get(&from).and_then(|key| self.rows.get(key)) else {
                return false;
            };
            from = next.owner;
            if from == to {
                return true;
            }
        }
    }
    /// Stops waiting; false if the row has been granted meanwhile.
    pub(super) fn give_up(&mut self, owner: Owner) -> bool {
        let Some(key) = self.waiting.remove(&owner) else {
            return false;
        };
        if let Some(row) = self.rows.get_mut(&key) {
            row.queue.retain(|(waiter, _)| *waiter != owner);
        }
        true
    }
    /// Everything that `owner` holds goes to the next in line, from `at` on.
    pub(super) fn release(&mut self, owner: Owner, at: Nanos) {
        for key in self.held.remove(&owner).unwrap_or_default() {
            let Some(row) = self.rows.get_mut(&key) else {
                continue;
            };
            let Some((next, granted)) = row.queue.pop_front() else {
                self.rows.remove(&key);
                continue;
            };
            row.owner = next;
            self.waiting.remove(&next);
            self.held.entry(next).or_default().push(key);
            // A waiter whose connection is just being dropped releases again in a moment.
            let _ = granted.send(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(slot: u32) -> RowKey {
        RowKey::Hot("row".into(), slot)
    }

    fn wait(asked: Asked) -> oneshot::Receiver<Nanos> {
        let Asked::Wait(wait) = asked else { panic!("{asked:?} instead of waiting") };
        wait
    }

    #[test]
    fn waiters_are_served_in_order() {
        let mut locks = Locks::default();
        assert!(matches!(locks.ask(1, &row(0)), Asked::Had));
        assert!(matches!(locks.ask(1, &row(0)), Asked::Had), "again");
        let mut second = wait(locks.ask(2, &row(0)));
        let mut third = wait(locks.ask(3, &row(0)));
        locks.release(1, Nanos(10));
        assert_eq!(second.try_recv(), Ok(Nanos(10)));
        assert!(third.try_recv().is_err());
        assert!(!locks.give_up(2), "already granted");
        locks.release(2, Nanos(20));
        assert_eq!(third.try_recv(), Ok(Nanos(20)));
        locks.release(3, Nanos(30));
        assert!(locks.rows.is_empty() && locks.held.is_empty() && locks.waiting.is_empty());
    }

    #[test]
    fn who_gives_up_is_passed_over() {
        let mut locks = Locks::default();
        locks.ask(1, &row(0));
        let _second = wait(locks.ask(2, &row(0)));
        let mut third = wait(locks.ask(3, &row(0)));
        assert!(locks.give_up(2));
        locks.release(1, Nanos(1));
        assert_eq!(third.try_recv(), Ok(Nanos(1)));
    }

    #[test]
    fn a_circle_is_found_by_who_closes_it() {
        let mut locks = Locks::default();
        (1..=3).for_each(|n| drop(locks.ask(n, &row(n))));
        let _one = wait(locks.ask(1, &row(2)));
        let _two = wait(locks.ask(2, &row(3)));
        assert!(matches!(locks.ask(3, &row(1)), Asked::Deadlock));
        locks.release(3, Nanos(0));
        assert_eq!(locks.rows.get(&row(3)).map(|row| row.owner), Some(2));
    }
}
