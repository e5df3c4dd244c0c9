//! How far a placement is, told from the thread that performs it to the one that waits.
//!
//! Not for: showing it, or several placements at once (`parallel`).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::{Builder, scope};
use std::time::Duration;

use super::{EngineError, Progress};
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
    fn get(&self) -> (Nanos, Nanos) {
        (Nanos(self.elapsed.load(Ordering::Relaxed)), Nanos(self.total.load(Ordering::Relaxed)))
    }
    /// Performs `work` on a thread called `name`; this one waits and tells the progress meanwhile.
    pub(super) fn while_performing<T: Send>(
        &self,
        name: &str,
        progress: &dyn Progress,
        work: impl FnOnce() -> Result<T, EngineError> + Send,
    ) -> Result<T, EngineError> {
        let (ended, end) = channel::<()>();
        scope(|scope| {
            let spawned = Builder::new().name(name.into()).spawn_scoped(scope, move || {
                let _ended = ended;
                work()
            });
            let thread = spawned.map_err(|e| EngineError::Environment(format!("no thread `{name}`: {e}")))?;
            while end.recv_timeout(TELL_EVERY) == Err(RecvTimeoutError::Timeout) {
                let (elapsed, total) = self.get();
                progress.elapsed(elapsed, total);
            }
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}
