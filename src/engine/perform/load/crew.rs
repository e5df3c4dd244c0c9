//! Workers or consumers that have nothing to do, by what connections they keep.
//!
//! Who became free last is taken first, so that few connections are used where few are needed. Not for: what they do.

use std::cell::RefCell;
use std::rc::Rc;

use crate::engine::perform::connections::Kept;
use crate::engine::perform::host::Host;

/// Those who are free.
pub(super) struct Crew<H: Host>(RefCell<Vec<Rc<Kept<H>>>>);

impl<H: Host> Crew<H> {
    /// So many, without connections.
    pub(super) fn new(count: u32) -> Self {
        Self(RefCell::new((0..count).map(|_| Rc::default()).collect()))
    }
    /// One who is free.
    pub(super) fn take(&self) -> Option<Rc<Kept<H>>> {
        self.0.borrow_mut().pop()
    }
    /// One is free again.
    pub(super) fn put(&self, member: Rc<Kept<H>>) {
        self.0.borrow_mut().push(member);
    }
    /// The connections of all who are free, those first that are taken first: where a store has not enough for all, the
    /// others go without.
    pub(super) fn kept(&self) -> Vec<Rc<Kept<H>>> {
        self.0.borrow().iter().rev().cloned().collect()
    }
}
