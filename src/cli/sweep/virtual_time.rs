//! Progress in virtual time, told in real time: how long the rest takes goes by how long the part that is done took.
//!
//! Not for: showing it (`cli::progress`).

use std::cell::Cell;
use std::time::Instant;

use crate::engine::Progress;
use crate::units::Nanos;

/// Tells another in real time.
pub(super) struct VirtualTime<'a> {
    to: &'a dyn Progress,
    started: Instant,
    /// Values before the current one.
    before: Cell<usize>,
}

impl<'a> VirtualTime<'a> {
    pub(super) fn new(to: &'a dyn Progress) -> Self {
        Self { to, started: Instant::now(), before: Cell::new(0) }
    }
}

impl Progress for VirtualTime<'_> {
    fn placement(&self, number: usize, of: usize, label: &str, condition: &str) {
        self.before.set(number.saturating_sub(1));
        self.to.placement(number, of, label, condition);
    }
    fn elapsed(&self, elapsed: Nanos, total: Nanos) {
        let inside = elapsed.as_secs_f64() / total.as_secs_f64().max(1e-9);
        let each = self.started.elapsed().as_secs_f64() / (self.before.get() as f64 + inside).max(1e-3);
        self.to.elapsed(Nanos::from_secs_f64(each * inside), Nanos::from_secs_f64(each));
    }
}
