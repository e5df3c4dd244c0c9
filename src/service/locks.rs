//! Row locks: exclusive, first come first served, held until the transaction ends.
//!
//! Who waits in a circle is told at once (InnoDB's deadlock detection; here the one who closes the
//! circle loses). What wakes a waiter is the caller's. Not for: time-outs, and waiting itself.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use crate::units::Nanos;

/// InnoDB's `innodb_lock_wait_timeout`, as it is installed.
pub const LOCK_WAIT: Nanos = Nanos::from_secs(50);

/// The connection that holds or waits.
pub type Owner = u64;

/// The locked rows of one store, named by `K`; a `W` wakes who waits.
#[derive(Debug)]
pub struct Locks<K, W> {
    rows: HashMap<K, Row<W>>,
    held: HashMap<Owner, Vec<K>>,
    waiting: HashMap<Owner, K>,
}

#[derive(Debug)]
struct Row<W> {
    owner: Owner,
    queue: VecDeque<(Owner, W)>,
}

/// What came of asking for a row.
#[derive(Debug)]
pub enum Asked<R> {
    /// It is had.
    Had,
    /// It will be had when this is told.
    Wait(R),
    /// It never would be had.
    Deadlock,
}

impl<K, W> Default for Locks<K, W> {
    fn default() -> Self {
        Self { rows: HashMap::new(), held: HashMap::new(), waiting: HashMap::new() }
    }
}

impl<K: Clone + Eq + Hash, W> Locks<K, W> {
    /// Asks for a row; if it has to be waited for, `channel` makes what wakes and what is woken.
    pub fn ask<R>(&mut self, owner: Owner, key: &K, channel: impl FnOnce() -> (W, R)) -> Asked<R> {
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
        let (granted, wait) = channel();
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
    pub fn give_up(&mut self, owner: Owner) -> bool {
        let Some(key) = self.waiting.remove(&owner) else {
            return false;
        };
        if let Some(row) = self.rows.get_mut(&key) {
            row.queue.retain(|(waiter, _)| *waiter != owner);
        }
        true
    }
    /// Everything that `owner` holds goes to the next in line, who is told through `grant`.
    pub fn release(&mut self, owner: Owner, mut grant: impl FnMut(W)) {
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
            grant(granted);
        }
    }
    /// Whether `owner` holds any row.
    pub fn holds(&self, owner: Owner) -> bool {
        self.held.contains_key(&owner)
    }
    /// Whether nobody holds or waits for anything.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.held.is_empty() && self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    /// Who was woken, in order.
    type Woken = Rc<RefCell<Vec<Owner>>>;

    /// Rows by number; a waiter is known by the number of its connection.
    #[derive(Default)]
    struct Store {
        locks: Locks<u32, Owner>,
        woken: Woken,
    }

    impl Store {
        fn ask(&mut self, owner: Owner, row: u32) -> Asked<()> {
            self.locks.ask(owner, &row, || (owner, ()))
        }
        fn release(&mut self, owner: Owner) {
            self.locks.release(owner, |woken| self.woken.borrow_mut().push(woken));
        }
        fn woken(&self) -> Vec<Owner> {
            self.woken.take()
        }
    }

    #[test]
    fn waiters_are_served_in_order() {
        let mut store = Store::default();
        assert!(matches!(store.ask(1, 0), Asked::Had));
        assert!(matches!(store.ask(1, 0), Asked::Had), "again");
        assert!(matches!(store.ask(2, 0), Asked::Wait(())));
        assert!(matches!(store.ask(3, 0), Asked::Wait(())));
        assert!(store.locks.holds(1) && !store.locks.holds(2));
        store.release(1);
        assert_eq!(store.woken(), [2]);
        assert!(!store.locks.give_up(2), "already granted");
        store.release(2);
        assert_eq!(store.woken(), [3]);
        store.release(3);
        assert!(store.locks.is_empty());
    }

    #[test]
    fn who_gives_up_is_passed_over() {
        let mut store = Store::default();
        let asked = [1, 2, 3].map(|owner| store.ask(owner, 0));
        assert!(matches!(asked, [Asked::Had, Asked::Wait(()), Asked::Wait(())]));
        assert!(store.locks.give_up(2));
        store.release(1);
        assert_eq!(store.woken(), [3]);
    }

    #[test]
    fn a_circle_is_found_by_who_closes_it() {
        let mut store = Store::default();
        let asked = [1, 2, 3].map(|n| store.ask(u64::from(n), n));
        assert!(matches!(asked, [Asked::Had, Asked::Had, Asked::Had]));
        assert!(matches!(store.ask(1, 2), Asked::Wait(())));
        assert!(matches!(store.ask(2, 3), Asked::Wait(())));
        assert!(matches!(store.ask(3, 1), Asked::Deadlock));
        store.release(3);
        assert_eq!(store.woken(), [2]);
        assert_eq!(store.locks.rows.get(&3).map(|row| row.owner), Some(2));
    }
}
