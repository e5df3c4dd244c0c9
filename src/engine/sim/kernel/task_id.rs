//! The name of a task, for who keeps it (`tasks`) and who wakes it (`wakers`). Not for: what it does.

/// A task: its place, and its number in the order of spawning, which no other has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TaskId {
    pub(super) index: u32,
    pub(super) number: u64,
}

impl TaskId {
    /// None that ever is.
    pub(super) const NONE: Self = Self { index: u32::MAX, number: 0 };
}
