//! Where connections are kept between journeys: by a worker, in a pool. Not for: when they are taken and given back
//! (`connections`).

use std::cell::RefCell;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::host::Host;
use crate::scenario::StoreId;

/// A worker, by the connections that it keeps from journey to journey.
pub(super) struct Kept<H: Host> {
    /// By store.
    open: RefCell<Vec<Vec<H::Connection>>>,
    /// Which of the workers it is, from 0.
    pub(super) number: u32,
}

impl<H: Host> Default for Kept<H> {
    fn default() -> Self {
        Self::numbered(0)
    }
}

impl<H: Host> Kept<H> {
    pub(super) fn numbered(number: u32) -> Self {
        Self { open: RefCell::default(), number }
    }
    pub(super) fn take(&self, store: StoreId) -> Option<H::Connection> {
        self.open.borrow_mut().get_mut(store.0)?.pop()
    }
    pub(super) fn put(&self, store: StoreId, connection: H::Connection) {
        let mut all = self.open.borrow_mut();
        if all.len() <= store.0 {
            all.resize_with(store.0 + 1, Vec::new);
        }
        all[store.0].push(connection);
    }
    /// Forgets them all, as a killed process does.
    pub(super) fn drop_all(&self) {
        self.open.borrow_mut().clear();
    }
}

/// Connections that are shared by an arm; who finds none free waits, first come, first served.
pub(super) struct Pool<H: Host> {
    free: Arc<Semaphore>,
    idle: RefCell<Vec<H::Connection>>,
}

impl<H: Host> Pool<H> {
    pub(super) fn new(size: u32) -> Self {
        Self { free: Arc::new(Semaphore::new(size as usize)), idle: RefCell::new(Vec::new()) }
    }
    /// How many connections it has yet to open, before there is load.
    pub(super) fn missing(&self) -> usize {
        self.free.available_permits().saturating_sub(self.idle.borrow().len())
    }
    pub(super) fn put(&self, connection: H::Connection) {
        self.idle.borrow_mut().push(connection);
    }
    /// The connection that was used last of those that are free.
    pub(super) fn take(&self) -> Option<H::Connection> {
        self.idle.borrow_mut().pop()
    }
    /// Places for connections in use: one for each that it may have.
    pub(super) fn places(&self) -> Arc<Semaphore> {
        Arc::clone(&self.free)
    }
    /// Loses one of `waves` equal parts of its connections, those that were idle for longest: their instances restart.
    pub(super) fn lose(&self, waves: u32) {
        let mut idle = self.idle.borrow_mut();
        let lost = idle.len().div_ceil(waves.max(1) as usize);
        idle.drain(..lost);
    }
}
