//! Timers in the order of (time, registration).
//!
//! A heap of small entries; who is woken stands in a place that is used again. A timer that is cancelled leaves its entry
//! behind, and once most entries are such they are swept out, so the heap stays below twice what is waited for.
//! Not for: waking.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::Target;
use crate::units::Nanos;

/// Fewer than this are never swept.
pub(super) const SWEEP_FROM: usize = 64;

/// No timer.
const NONE: u64 = u64::MAX;

/// A timer that was set: its place, and its number in the order of registration, which no other has.
#[derive(Debug, Clone, Copy)]
pub(super) struct TimerId {
    place: u32,
    number: u64,
}

#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Entry>,
    places: Vec<Place>,
    free: Vec<u32>,
    /// The number given next.
    next: u64,
    /// Entries whose timer was cancelled.
    stale: usize,
}

#[derive(Debug)]
struct Place {
    number: u64,
    target: Option<Target>,
}

#[derive(Debug)]
struct Entry {
    at: u64,
    number: u64,
    place: u32,
}

impl Entry {
    /// As one number: compared without a branch.
    fn key(&self) -> u128 {
        u128::from(self.at) << 64 | u128::from(self.number)
    }
}
impl Ord for Entry {
    /// The earliest is the greatest, for the heap gives that first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl Eq for Entry {}

impl Timers {
    pub(super) fn set(&mut self, at: Nanos, target: Target) -> TimerId {
        let number = self.next;
        self.next += 1;
        let filled = Place { number, target: Some(target) };
        let place = if let Some(place) = self.free.pop() {
            self.places[place as usize] = filled;
            place
        } else {
            self.places.push(filled);
            u32::try_from(self.places.len() - 1).expect("memory ends before four thousand million timers")
        };
        self.heap.push(Entry { at: at.0, number, place });
        TimerId { place, number }
    }
    /// From now on the timer wakes this one; gives the one before.
    pub(super) fn retarget(&mut self, timer: TimerId, target: Target) -> Option<Target> {
        self.place(timer)?.target.replace(target)
    }
    /// The timer will not fire, if it has not; gives whom it would have woken.
    pub(super) fn cancel(&mut self, timer: TimerId) -> Option<Target> {
        let target = self.empty(timer)?;
        self.stale += 1;
        if self.stale > SWEEP_FROM && self.stale * 2 > self.heap.len() {
            self.sweep();
        }
        Some(target)
    }
    /// Takes the next: when it fires, and whom it wakes.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<(Nanos, Target)> {
        loop {
            let Entry { at, number, place } = self.heap.pop()?;
            if let Some(target) = self.empty(TimerId { place, number }) {
                return Some((Nanos(at), target));
            }
            self.stale -= 1;
        }
    }
    /// Takes the next that is due at `now`.
    pub(super) fn pop_until(&mut self, now: Nanos) -> Option<Target> {
        while self.any_until(now) {
            let Entry { number, place, .. } = self.heap.pop()?;
            let target = self.empty(TimerId { place, number });
            if target.is_some() {
                return target;
            }
            self.stale -= 1;
        }
        None
    }
    /// Whether any is due at `now`, cancelled ones included.
    #[inline]
    pub(super) fn any_until(&self, now: Nanos) -> bool {
        self.heap.peek().is_some_and(|first| first.at <= now.0)
    }
    fn place(&mut self, timer: TimerId) -> Option<&mut Place> {
        self.places.get_mut(timer.place as usize).filter(|place| place.number == timer.number)
    }
    fn empty(&mut self, timer: TimerId) -> Option<Target> {
        let place = self.place(timer)?;
        place.number = NONE;
        let target = place.target.take();
        self.free.push(timer.place);
        target
    }
    fn sweep(&mut self) {
        let places = &self.places;
        self.heap.retain(|entry| places[entry.place as usize].number == entry.number);
        self.stale = 0;
    }
    /// Entries, those of cancelled timers among them.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }
}
