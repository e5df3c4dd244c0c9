//! The tasks that there are, in places that are used again.
//!
//! Not for: their order (`ready` of the kernel).

use std::pin::Pin;
use std::sync::Arc;
use std::task::Waker;

use super::task_id::TaskId;
use super::wakers::{Foreign, Wakeable};

/// What a task is.
pub(super) type Work = Pin<Box<dyn Future<Output = ()>>>;

#[derive(Debug, Default)]
pub(super) struct Tasks {
    places: Vec<Place>,
    free: Vec<u32>,
    /// The number given last.
    last: u64,
}

struct Place {
    /// Zero: nobody is here.
    number: u64,
    /// In line to be polled.
    queued: bool,
    /// Not there while it is polled, nor ever for the main task.
    work: Option<Work>,
    wakeable: Wakeable,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").field("number", &self.number).field("queued", &self.queued).finish_non_exhaustive()
    }
}

impl Tasks {
    fn place(&mut self, task: TaskId) -> Option<&mut Place> {
        self.places.get_mut(task.index as usize).filter(|place| place.number == task.number)
    }
    pub(super) fn add(&mut self, work: Option<Work>, foreign: &Arc<Foreign>) -> TaskId {
        self.last += 1;
        let number = self.last;
        if let Some(index) = self.free.pop() {
            let id = TaskId { index, number };
            let place = &mut self.places[index as usize];
            place.wakeable.rename(id);
            (place.number, place.queued, place.work) = (number, false, work);
            return id;
        }
        let index = u32::try_from(self.places.len()).expect("memory ends before four thousand million tasks");
        let id = TaskId { index, number };
        self.places.push(Place { number, queued: false, work, wakeable: Wakeable::new(id, foreign) });
        id
    }
    pub(super) fn is_there(&self, task: TaskId) -> bool {
        self.places.get(task.index as usize).is_some_and(|place| place.number == task.number)
    }
    /// Notes that it is in line; false if it was, or is not there.
    #[inline]
    pub(super) fn queue(&mut self, task: TaskId) -> bool {
        self.place(task).is_some_and(|place| !std::mem::replace(&mut place.queued, true))
    }
    /// Takes it out of its place and out of the line, to be polled.
    #[inline]
    pub(super) fn take(&mut self, task: TaskId) -> Option<(Work, Waker)> {
        let place = self.place(task)?;
        place.queued = false;
        Some((place.work.take()?, place.wakeable.lend()?))
    }
    /// Puts it back after a poll; gives it to be dropped if it was aborted meanwhile.
    #[inline]
    pub(super) fn give_back(&mut self, task: TaskId, work: Work, waker: Waker) -> Option<Work> {
        let place = &mut self.places[task.index as usize];
        place.wakeable.put_back(waker);
        if place.number == task.number {
            place.work = Some(work);
            return None;
        }
        self.free.push(task.index);
        Some(work)
    }
    /// Its poll was its last.
    #[inline]
    pub(super) fn end(&mut self, task: TaskId, waker: Waker) {
        let place = &mut self.places[task.index as usize];
        place.wakeable.put_back(waker);
        place.number = 0;
        self.free.push(task.index);
    }
    /// Takes it away, to be dropped; one that is being polled is dropped after that.
    pub(super) fn abort(&mut self, task: TaskId) -> Option<Work> {
        let place = self.place(task)?;
        place.number = 0;
        let polled = !place.wakeable.is_here();
        let work = place.work.take();
        if !polled {
            self.free.push(task.index);
        }
        work
    }
    /// The same for the main task, which is kept elsewhere.
    pub(super) fn lend_waker(&mut self, task: TaskId) -> Option<Waker> {
        let place = self.place(task)?;
        place.queued = false;
        place.wakeable.lend()
    }
    pub(super) fn return_waker(&mut self, task: TaskId, waker: Waker) {
        if let Some(place) = self.place(task) {
            place.wakeable.put_back(waker);
        }
    }
    /// All there are, in the order of spawning.
    pub(super) fn in_order(&self) -> Vec<TaskId> {
        let places = (0..).zip(&self.places).filter(|(_, place)| place.number != 0);
        let mut all: Vec<_> = places.map(|(index, place)| TaskId { index, number: place.number }).collect();
        all.sort_unstable_by_key(|task| task.number);
        all
    }
    /// Places that there are, used or not.
    #[cfg(test)]
    pub(super) fn places(&self) -> usize {
        self.places.len()
    }
}
