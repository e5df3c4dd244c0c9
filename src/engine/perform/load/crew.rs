//! Workers or consumers, by what connections they keep: who has nothing to do, and who is away because its instance restarts.
//!
//! Who became free last is taken first, so that few connections are used where few are needed. A wave of a restart takes
//! every n-th of them, so that the busy and the idle are hit alike. Not for: what they do, or when waves come
//! (`restart`).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tokio::sync::Notify;

use crate::engine::perform::host::Host;
use crate::engine::perform::kept::Kept;

/// A wave of a restart: its number, and of how many it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine::perform) struct Wave {
    pub(in crate::engine::perform) number: u32,
    pub(in crate::engine::perform) of: u32,
}

impl Wave {
    /// Whether it takes this one of a row.
    pub(in crate::engine::perform) const fn takes(self, member: u32) -> bool {
        member % self.of == self.number
    }
}

/// All who are free, and who is away.
pub(in crate::engine::perform) struct Crew<H: Host> {
    free: RefCell<Vec<Rc<Kept<H>>>>,
    count: u32,
    /// The wave that restarts just now.
    wave: Cell<Option<Wave>>,
    /// Those of it that have stopped.
    away: RefCell<Vec<Rc<Kept<H>>>>,
    /// Those of it that have not stopped are killed.
    killing: Cell<bool>,
    kill: Notify,
}

impl<H: Host> Crew<H> {
    /// So many, without connections.
    pub(super) fn new(count: u32) -> Self {
        Self {
            free: RefCell::new((0..count).map(|number| Rc::new(Kept::numbered(number))).collect()),
            count,
            wave: Cell::new(None),
            away: RefCell::default(),
            killing: Cell::new(false),
            kill: Notify::new(),
        }
    }
    /// One who is free.
    pub(super) fn take(&self) -> Option<Rc<Kept<H>>> {
        self.free.borrow_mut().pop()
    }
    /// One has nothing to do any more, or stops because it restarts.
    pub(super) fn put(&self, member: Rc<Kept<H>>) {
        if self.stays(&member) {
            self.free.borrow_mut().push(member);
        } else {
            member.drop_all();
            self.away.borrow_mut().push(member);
        }
    }
    /// Whether this one may take up more.
    pub(super) fn stays(&self, member: &Kept<H>) -> bool {
        self.wave.get().is_none_or(|wave| !wave.takes(member.number))
    }
    /// The connections of all who are free, those first that are taken first: where a store has not enough for all, the
    /// others go without.
    pub(super) fn kept(&self) -> Vec<Rc<Kept<H>>> {
        self.free.borrow().iter().rev().cloned().collect()
    }
    /// A wave is told to stop: who is free does at once, the others when they have done what they do.
    pub(in crate::engine::perform) fn leave(&self, wave: Wave) {
        self.wave.set(Some(wave));
        for member in self.free.take() {
            self.put(member);
        }
    }
    /// Whether all of the wave have stopped.
    pub(in crate::engine::perform) fn has_left(&self) -> bool {
        let wave = |wave: Wave| (0..self.count).filter(|member| wave.takes(*member)).count();
        self.wave.get().is_none_or(|it| self.away.borrow().len() == wave(it))
    }
    /// The time of grace is over.
    pub(in crate::engine::perform) fn kill(&self) {
        self.killing.set(true);
        self.kill.notify_waiters();
    }
    /// Whether the time of grace is over.
    pub(super) fn killing(&self) -> bool {
        self.killing.get()
    }
    /// Waits until this one is killed.
    pub(super) async fn killed(&self, member: &Kept<H>) {
        loop {
            let told = self.kill.notified();
            if self.killing.get() && !self.stays(member) {
                return;
            }
            told.await;
        }
    }
    /// The wave is ready: gives those who were away.
    pub(super) fn back(&self) -> Vec<Rc<Kept<H>>> {
        self.wave.set(None);
        self.killing.set(false);
        self.away.take()
    }
}
