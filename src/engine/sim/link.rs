//! A link of the simulator: the model's state, shared by all connections over it.
//!
//! Seeds and the numbers of connections are those that the proxy gives, so that a simulated connection draws the same
//! losses and jitter as the live one of the same number. Not for: the rules (`link`).

use std::cell::{Cell, RefCell};

use super::kernel::{Gate, Kernel};
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
    /// Senders whom a full queue holds back, in line by direction: only the first of them asks again.
    lines: [Gate; 2],
}

/// Who does not let a sender go on until an instant.
pub(super) enum Held {
    /// Its own window.
    Window(Nanos),
    /// The link's queue.
    Link(Nanos),
}

impl SimLink {
    pub(super) fn new(kernel: &Kernel, name: &str, link: &Link, seed: Seed) -> Self {
        Self {
            shared: RefCell::new(Shared::new(link)),
            seed: seed_of(seed, name),
            connections: Cell::new(0),
            rtt: link.rtt.0,
            competed: link.bandwidth.is_some(),
            lines: [Gate::new(kernel, 1), Gate::new(kernel, 1)],
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
    /// The line of those whom a full queue holds back.
    pub(super) fn line(&self, direction: Direction) -> &Gate {
        match direction {
            Direction::Up => &self.lines[0],
            Direction::Down => &self.lines[1],
        }
    }
    /// Whether anybody stands in it.
    pub(super) fn has_line(&self, direction: Direction) -> bool {
        self.line(direction).free() == 0
    }
    /// Sends the first of `bytes` bytes, or says when that may be tried again.
    pub(super) fn send(&self, flow: &mut Flow, direction: Direction, now: Nanos, bytes: u64) -> Result<Crossing, Held> {
        let shared = &mut *self.shared.borrow_mut();
        if !self.competed {
            // Later flights of one connection can be told at once: nobody else is in their way.
            return Ok(flow.cross(direction, now, bytes, shared));
        }
        match flow.allowance(direction, now, shared) {
            Allowance::From(later) if shared.full_until(direction, now) == Some(later) => Err(Held::Link(later)),
            Allowance::From(later) => Err(Held::Window(later)),
            Allowance::Bytes(room) => Ok(flow.cross(direction, now, bytes.min(room), shared)),
        }
    }
}
