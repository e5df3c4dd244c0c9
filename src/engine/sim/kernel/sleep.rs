//! Waiting for an instant, and for one's turn within an instant.
//!
//! Not for: the order of timers (`timers`).

use std::pin::Pin;
use std::task::{Context, Poll};

use super::Kernel;
use super::timers::TimerId;
use crate::units::Nanos;

/// Ready from an instant on, never before. [`Nanos::MAX`] never comes. Allocates nothing; dropped, it is as if it had not been.
#[derive(Debug)]
#[must_use = "it waits when it is awaited"]
pub struct Sleep {
    kernel: Kernel,
    at: Nanos,
    timer: Option<TimerId>,
}

impl Sleep {
    pub(super) fn new(kernel: Kernel, at: Nanos) -> Self {
        Self { kernel, at, timer: None }
    }
    /// The instant.
    pub fn at(&self) -> Nanos {
        self.at
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.kernel.now() >= self.at {
            return Poll::Ready(());
        }
        if self.at == Nanos::MAX {
            return Poll::Pending;
        }
        let target = self.kernel.target(context);
        if let Some(timer) = self.timer {
            // Polled once more, perhaps by another task than before.
            let before = self.kernel.0.state.borrow_mut().timers.retarget(timer, target);
            drop(before);
        } else {
            let timer = self.kernel.0.state.borrow_mut().timers.set(self.at, target);
            self.timer = Some(timer);
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(timer) = self.timer.filter(|_| self.kernel.now() < self.at) {
            let target = self.kernel.0.state.borrow_mut().timers.cancel(timer);
            drop(target);
        }
    }
}

/// Lets everything else that is ready at this instant run first.
#[derive(Debug)]
#[must_use = "it waits when it is awaited"]
pub struct Yield {
    kernel: Kernel,
    yielded: bool,
}

impl Yield {
    pub(super) fn new(kernel: Kernel) -> Self {
        Self { kernel, yielded: false }
    }
}

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.yielded, true) {
            return Poll::Ready(());
        }
        let target = self.kernel.target(context);
        self.kernel.wake(target);
        Poll::Pending
    }
}
