//! What is due when: a heap ordered by (instant, order of registration).
//!
//! Not for: waiting.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::slots::Key;
use crate::link::Direction;
use crate::units::Nanos;

/// What happens at a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// The handshake has crossed: the upstream is dialled.
    Dial(Key),
    /// Bytes arrive.
    Deliver(Key, Direction),
    /// A reset that went this way arrives.
    Reset(Key, Direction),
    /// A sender may go on.
    Resume(Key, Direction),
    /// A listener that could not accept tries again.
    Accept(u32),
}

/// Deadlines, earliest first; equal ones in the order they were set.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    heap: BinaryHeap<Reverse<(Nanos, u64, Due)>>,
    sequence: u64,
}

impl Deadlines {
    pub(super) fn set(&mut self, at: Nanos, due: Due) {
        self.sequence += 1;
        self.heap.push(Reverse((at, self.sequence, due)));
    }

    /// The earliest.
    pub(super) fn next(&self) -> Option<Nanos> {
        self.heap.peek().map(|first| first.0.0)
    }

    /// Takes the earliest that is due at `now`.
    pub(super) fn pop(&mut self, now: Nanos) -> Option<Due> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|first| first.0.2)
    }
}
