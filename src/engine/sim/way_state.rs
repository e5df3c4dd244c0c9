//! What the connections of a way share in virtual time. Not for: opening them (`way`), what goes over them (`connection`).

use std::cell::RefCell;
use std::rc::Rc;

use super::busyness::Busyness;
use super::kernel::Kernel;
use super::link::SimLink;
use super::store::StoreModel;
use crate::engine::calibration::WayCosts;
use crate::engine::perform::Seen;
use crate::scenario::Connections;
use crate::seed::Stream;
use crate::units::Nanos;

/// What the connections of a way share.
pub(super) struct WayState {
    pub(super) kernel: Kernel,
    pub(super) link: Rc<SimLink>,
    pub(super) store: StoreModel,
    pub(super) connections: Connections,
    /// It is a MySQL.
    pub(super) transacts: bool,
    pub(super) costs: WayCosts,
    pub(super) busyness: Rc<Busyness>,
    pub(super) luck: RefCell<Stream>,
    pub(super) seen: RefCell<Seen>,
}

impl WayState {
    /// The luck of an exchange, the same for all of it: whatever delays the store's answer is in what the caller waits.
    pub(super) fn luck(&self) -> f64 {
        if self.costs.is_constant() { 0.0 } else { self.busyness.luck(self.kernel.now(), &mut self.luck.borrow_mut()) }
    }
    /// What handshake and greeting cost outside of link and store.
    pub(super) fn greeting_overhead(&self) -> Nanos {
        self.busyness.draw(&self.costs.outside.greeting, self.kernel.now(), &mut self.luck.borrow_mut())
    }
    /// An exchange that has ended.
    pub(super) fn exchanged(&self, server: Nanos, beyond: Nanos) {
        let mut seen = self.seen.borrow_mut();
        seen.exchanges += 1;
        seen.server_time.record(server);
        seen.beyond_rtt.record(beyond);
    }
}
