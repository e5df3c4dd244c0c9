//! Temporary.
#![expect(missing_docs)]
use super::kernel::Kernel;
use crate::scenario::Store;
use crate::units::Nanos;
pub(super) struct StoreModel(Kernel);
pub(super) struct Seat;
pub(super) struct Worked {
    pub(super) waited_for_lock: Nanos,
}
pub(super) enum WorkError {
    Deadlock,
    LockTimeout,
}
impl Seat {
    pub(super) fn holds_locks(&self) -> bool {
        false
    }
}
impl StoreModel {
    pub(super) fn new(kernel: &Kernel, _store: &Store) -> Self {
        Self(kernel.clone())
    }
    pub(super) fn connect(&self) -> Option<Seat> {
        Some(Seat)
    }
    pub(super) fn is_plain(&self, _lock: Option<&(String, u32)>) -> bool {
        true
    }
    pub(super) async fn work(
        &self,
        _seat: &Seat,
        service: Nanos,
        _lock: Option<&(String, u32)>,
    ) -> Result<Worked, WorkError> {
        self.0.sleep(service).await;
        Ok(Worked { waited_for_lock: Nanos::ZERO })
    }
    pub(super) fn end_transaction(&self, _seat: &Seat) {}
}
