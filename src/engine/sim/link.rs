//! A link of the simulator: the model's state, shared by all connections over it.
//!
//! Seeds and the numbers of connections are those that the proxy gives, so that a simulated connection draws the same
//! losses and jitter as the live one of the same number. Not for: the rules (`link`).

use std::cell::{Cell, RefCell};

use crate::link::{Allowance, Crossing, Direction, Flow, Shared, seed_of};
use crate::scenario::Link;
use crate::seed::Seed;
use crate::units::Nanos;

/// One link.
pub(super) struct SimLink {
    shared: RefCell<Shared>,
    seed: Seed,
    connections: Cell<u64>,
    pub(super) rtt: Nanos,
    /// Connections compete for its bandwidth: what is sent must be told in the order of time.
    pub(super) competed: bool,
}

impl SimLink {
    pub(super) fn new(name: &str, link: &Link, seed: Seed) -> Self {
        Self {
            shared: RefCell::new(Shared::new(link)),
            seed: seed_of(seed, name),
            connections: Cell::new(0),
            rtt: link.rtt.0,
            competed: link.bandwidth.is_some(),
        }
    }
    /// A crossing without jitter, queue or loss.
    pub(super) fn one_way(&self) -> Nanos {
        self.shared.borrow().one_way()
    }
    /// The next connection, whose first packet is sent now.
    pub(super) fn open(&self, now: Nanos) -> Flow {
        let number = self.connections.get();
        self.connections.set(number + 1);
        Flow::new(&self.shared.borrow(), self.seed, number, now)
    }
    /// Sends the first of `bytes` bytes, or says when that may be tried again.
    pub(super) fn send(
        &self,
        flow: &mut Flow,
        direction: Direction,
        now: Nanos,
        bytes: u64,
    ) -> Result<Crossing, Nanos> {
        let shared = &mut *self.shared.borrow_mut();
        if !self.competed {
            // Later flights of one connection can be told at once: nobody else is in their way.
            return Ok(flow.cross(direction, now, bytes, shared));
        }
        match flow.allowance(direction, now, shared) {
            Allowance::From(later) => Err(later),
            Allowance::Bytes(room) => Ok(flow.cross(direction, now, bytes.min(room), shared)),
        }
    }
}
