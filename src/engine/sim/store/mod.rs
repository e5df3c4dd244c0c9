//! One store in virtual time: how many connections it takes, and what it does with a call.
//!
//! The rules are those of the stand-in servers: a call waits for its row first and then for its turn, is worked on for
//! its service time, and keeps its row until its transaction ends. A server does not look for hang-ups while it works, so a
//! call whose client has gone is worked on to its end, and only then its connection counts no more. Not for: the way to the
//! store and back, and what a driver sends beside calls (a login takes no time here).

mod work;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::sync::oneshot;

use super::kernel::Kernel;
use crate::scenario::{Store, StoreKind};
use crate::service::{Locks, Owner, Turns};
use crate::workset::sql::RowKey;
pub use work::{Call, Work, WorkError, Worked};

/// A store. Clones are the same one.
#[derive(Debug, Clone)]
pub struct StoreModel(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    kernel: Kernel,
    max_connections: u32,
    connections: Cell<u32>,
    /// The number of the connection that came last.
    last: Cell<Owner>,
    limited: bool,
    turns: RefCell<Turns>,
    locks: RefCell<Locks<RowKey, oneshot::Sender<()>>>,
}

/// A connection, as the store knows it.
///
/// Dropped, it is as if the store had read the client's goodbye: after what it is doing, its locks go to those who wait and
/// its place is free.
#[derive(Debug)]
pub struct Seat(Rc<Taken>);

#[derive(Debug)]
struct Taken {
    store: Rc<Inner>,
    owner: Owner,
}

impl StoreModel {
    /// An idle store that takes `max_connections` and works on `concurrency` calls at once; `None` is as many as there are.
    pub fn new(kernel: &Kernel, max_connections: u32, concurrency: Option<u32>) -> Self {
        let turns = Turns::new(concurrency);
        Self(Rc::new(Inner {
            kernel: kernel.clone(),
            max_connections,
            connections: Cell::new(0),
            last: Cell::new(0),
            limited: turns.limited(),
            turns: RefCell::new(turns),
            locks: RefCell::default(),
        }))
    }
    /// A scenario's store, idle.
    pub fn of(kernel: &Kernel, store: &Store) -> Self {
        let max_connections = match &store.kind {
            StoreKind::Mysql(mysql) => mysql.max_connections,
            StoreKind::Memcached(memcached) => memcached.max_connections,
        };
        Self::new(kernel, max_connections, store.concurrency())
    }
    /// A connection; `None` if there are too many.
    pub fn connect(&self) -> Option<Seat> {
        let connections = self.0.connections.get();
        if connections >= self.0.max_connections {
            return None;
        }
        self.0.connections.set(connections + 1);
        self.0.last.set(self.0.last.get() + 1);
        Some(Seat(Rc::new(Taken { store: Rc::clone(&self.0), owner: self.0.last.get() })))
    }
    /// Connections that count.
    pub fn connections(&self) -> u32 {
        self.0.connections.get()
    }
}

impl Seat {
    /// Whether the call takes its service time and nothing else can happen: then it need not be performed here.
    pub fn is_plain(&self, call: &Call) -> bool {
        let Taken { store, owner } = &*self.0;
        !store.limited && call.lock.is_none() && !(call.ends && store.locks.borrow().holds(*owner))
    }
    /// The store has the call now. What is returned is ready when the reply is; dropped, the call is worked on nevertheless.
    pub fn work(&self, call: Call) -> Work {
        Work::begin(Rc::clone(&self.0), call)
    }
    /// Ends the transaction in no time, as a rollback does: its rows go to those who wait.
    pub fn end_transaction(&self) {
        self.0.release();
    }
}

impl Taken {
    fn release(&self) {
        self.store.locks.borrow_mut().release(self.owner, |granted| {
            // Whoever is just giving up releases again in a moment.
            let _ = granted.send(());
        });
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.store.locks.borrow_mut().give_up(self.owner);
        self.release();
        self.store.connections.set(self.store.connections.get() - 1);
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod theory;
