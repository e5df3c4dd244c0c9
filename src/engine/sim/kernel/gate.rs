//! So many may be in at once; the rest wait in line, first come first served.
//!
//! A permit that is dropped goes to the first in line at once, so nobody who comes later can be faster. Whoever gives up
//! leaves the line, and a permit that was handed to him goes on. Not for: tasks outside of the kernel.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use super::{Kernel, Target};

/// End of the line.
const NONE: u32 = u32::MAX;

/// A counting resource. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Gate(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    kernel: Kernel,
    line: RefCell<Line>,
}

/// Those who wait, as a list in both directions through places that are used again.
#[derive(Debug)]
struct Line {
    free: u32,
    waiting: u32,
    first: u32,
    last: u32,
    places: Vec<Place>,
    unused: Vec<u32>,
}

#[derive(Debug)]
struct Place {
    before: u32,
    after: u32,
    /// `None`: the permit is his.
    target: Option<Target>,
}

/// The right to be in; dropped, it goes to the next.
#[derive(Debug)]
#[must_use = "it is given back when it is dropped"]
pub struct Permit(Rc<Inner>);

/// Waits for a permit.
#[derive(Debug)]
#[must_use = "it waits when it is awaited"]
pub struct Acquire {
    gate: Rc<Inner>,
    place: u32,
}

impl Gate {
    /// Lets in `permits` at once.
    pub fn new(kernel: &Kernel, permits: u32) -> Self {
        let line = Line { free: permits, waiting: 0, first: NONE, last: NONE, places: Vec::new(), unused: Vec::new() };
        Self(Rc::new(Inner { kernel: kernel.clone(), line: RefCell::new(line) }))
    }
    /// Waits in line for a permit.
    pub fn acquire(&self) -> Acquire {
        Acquire { gate: Rc::clone(&self.0), place: NONE }
    }
    /// A permit, if one is free now.
    pub fn try_acquire(&self) -> Option<Permit> {
        let line = &mut *self.0.line.borrow_mut();
        line.take().then(|| Permit(Rc::clone(&self.0)))
    }
    /// Permits that nobody has.
    pub fn free(&self) -> u32 {
        self.0.line.borrow().free
    }
    /// How many wait.
    pub fn waiting(&self) -> u32 {
        self.0.line.borrow().waiting
    }
}

impl Line {
    /// While anybody waits nothing is free: permits are handed on.
    fn take(&mut self) -> bool {
        let any = self.free > 0;
        self.free -= u32::from(any);
        any
    }
    fn join(&mut self, target: Target) -> u32 {
        let filled = Place { before: self.last, after: NONE, target: Some(target) };
        let place = if let Some(place) = self.unused.pop() {
            self.places[place as usize] = filled;
            place
        } else {
            self.places.push(filled);
            u32::try_from(self.places.len() - 1).expect("memory ends before four thousand million waiters")
        };
        match self.last {
            NONE => self.first = place,
            last => self.places[last as usize].after = place,
        }
        self.last = place;
        self.waiting += 1;
        place
    }
    fn leave(&mut self, place: u32) {
        let Place { before, after, .. } = self.places[place as usize];
        match before {
            NONE => self.first = after,
            before => self.places[before as usize].after = after,
        }
        match after {
            NONE => self.last = before,
            after => self.places[after as usize].before = before,
        }
        self.waiting -= 1;
    }
    /// Whether it has become his who waits here; if so, the place is free.
    fn collect(&mut self, place: u32) -> bool {
        let his = self.places[place as usize].target.is_none();
        if his {
            self.unused.push(place);
        }
        his
    }
    /// Frees the place; gives whom it would have woken, if it was waiting still.
    fn give_up(&mut self, place: u32) -> Option<Target> {
        self.unused.push(place);
        let target = self.places[place as usize].target.take()?;
        self.leave(place);
        Some(target)
    }
    /// Gives a permit to the first in line, who is to be woken, or keeps it.
    fn hand_on(&mut self) -> Option<Target> {
        let first = self.first;
        if first == NONE {
            self.free += 1;
            return None;
        }
        self.leave(first);
        self.places[first as usize].target.take()
    }
}

impl Inner {
    fn hand_on(&self) {
        let next = self.line.borrow_mut().hand_on();
        if let Some(target) = next {
            self.kernel.wake(target);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.hand_on();
    }
}

impl Future for Acquire {
    type Output = Permit;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Permit> {
        let had = match self.place {
            NONE => self.gate.line.borrow_mut().take(),
            place => self.gate.line.borrow_mut().collect(place),
        };
        if had {
            self.place = NONE;
            return Poll::Ready(Permit(Rc::clone(&self.gate)));
        }
        let target = self.gate.kernel.target(context);
        if self.place == NONE {
            let place = self.gate.line.borrow_mut().join(target);
            self.place = place;
        } else {
            // Polled once more, perhaps by another task than before.
            let before = self.gate.line.borrow_mut().places[self.place as usize].target.replace(target);
            drop(before);
        }
        Poll::Pending
    }
}

impl Drop for Acquire {
    fn drop(&mut self) {
        if self.place == NONE {
            return;
        }
        let target = self.gate.line.borrow_mut().give_up(self.place);
        if target.is_none() {
            // It was his already.
            self.gate.hand_on();
        }
    }
}
