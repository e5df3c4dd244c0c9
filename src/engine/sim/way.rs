//! A way from an arm to a store in virtual time: a link, the model of the store, and what was seen.
//!
//! Not for: what goes over it (`connection`), how it is laid (`paths`).

use std::rc::Rc;

use super::connection::SimConnection;
use super::way_state::WayState;
use crate::engine::perform::{Failure, Opened, Seen, Way};
use crate::units::Nanos;

/// A way.
pub(super) struct SimWay(pub(super) Rc<WayState>);

impl Way for SimWay {
    type Connection = SimConnection;
    const MEASURED: bool = false;

    fn rtt(&self) -> Nanos {
        self.0.link.rtt
    }
    async fn connect(&self) -> Result<Opened<SimConnection>, Failure> {
        SimConnection::open(&self.0).await
    }
    fn keeps_times(&self) -> bool {
        !self.0.costs.replaces_service
    }
    fn seen(&self) -> Option<Seen> {
        Some(self.0.seen.borrow().clone())
    }
    fn restart(&self) {
        self.0.seen.take();
    }
}
