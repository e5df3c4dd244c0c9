//! Wakers for what is not ours: they name a task and put it in line through a queue that is safe to share.
//!
//! Not for: our own waits, which name the task themselves and are several times cheaper.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

use super::task_id::TaskId;

/// Tasks that were woken through a waker, in order, until the kernel takes them in.
#[derive(Debug, Default)]
pub(super) struct Foreign {
    /// Some are there.
    any: AtomicBool,
    woken: Mutex<Vec<TaskId>>,
}

impl Foreign {
    /// Hands out what has come, in order.
    #[inline]
    pub(super) fn take(&self, give: impl FnMut(TaskId)) {
        if self.any.load(Ordering::Acquire) {
            self.take_all(give);
        }
    }
    #[cold]
    fn take_all(&self, give: impl FnMut(TaskId)) {
        let mut woken = self.woken.lock().unwrap_or_else(PoisonError::into_inner);
        self.any.store(false, Ordering::Release);
        woken.drain(..).for_each(give);
    }
    pub(super) fn clear(&self) {
        self.take(|_| ());
    }
    fn put(&self, task: TaskId) {
        let mut woken = self.woken.lock().unwrap_or_else(PoisonError::into_inner);
        woken.push(task);
        self.any.store(true, Ordering::Release);
    }
}

/// What a waker knows.
#[derive(Debug)]
struct Named {
    index: u32,
    number: AtomicU64,
    foreign: Arc<Foreign>,
}

impl Wake for Named {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        self.foreign.put(TaskId { index: self.index, number: self.number.load(Ordering::Relaxed) });
    }
}

/// The waker of a place for tasks, and what it names.
#[derive(Debug)]
pub(super) struct Wakeable {
    named: Arc<Named>,
    /// Lent while its task is polled.
    waker: Option<Waker>,
}

impl Wakeable {
    pub(super) fn new(task: TaskId, foreign: &Arc<Foreign>) -> Self {
        let (number, foreign) = (AtomicU64::new(task.number), Arc::clone(foreign));
        let named = Arc::new(Named { index: task.index, number, foreign });
        let waker = Some(Waker::from(Arc::clone(&named)));
        Self { named, waker }
    }
    /// For the next task at this place. If somebody still holds a waker of the one before, that one stays as it is.
    pub(super) fn rename(&mut self, task: TaskId) {
        if self.waker.is_some() && Arc::strong_count(&self.named) == 2 {
            self.named.number.store(task.number, Ordering::Relaxed);
        } else {
            *self = Self::new(task, &self.named.foreign);
        }
    }
    /// Whether it is not lent.
    pub(super) fn is_here(&self) -> bool {
        self.waker.is_some()
    }
    pub(super) fn lend(&mut self) -> Option<Waker> {
        self.waker.take()
    }
    pub(super) fn put_back(&mut self, waker: Waker) {
        self.waker = Some(waker);
    }
}
