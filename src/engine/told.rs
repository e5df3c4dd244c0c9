//! How far a placement is, told from the thread that performs it to the one that waits.
//!
//! Not for: showing it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::units::Nanos;

/// How often the progress is told.
pub(super) const TELL_EVERY: Duration = Duration::from_millis(100);

/// How far a placement is.
#[derive(Default)]
pub(super) struct Told {
    elapsed: AtomicU64,
    total: AtomicU64,
}

impl Told {
    pub(super) fn set(&self, elapsed: Nanos, total: Nanos) {
        self.elapsed.store(elapsed.0, Ordering::Relaxed);
        self.total.store(total.0, Ordering::Relaxed);
    }
    pub(super) fn get(&self) -> (Nanos, Nanos) {
        (Nanos(self.elapsed.load(Ordering::Relaxed)), Nanos(self.total.load(Ordering::Relaxed)))
    }
}
