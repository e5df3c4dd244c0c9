//! Why a protocol is not followed any further.
//!
//! Not for: what is done then (`connection`).

use super::flights::Why;
use super::notes::NoteKind;

/// A parser gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) why: Why,
    pub(super) kind: NoteKind,
    /// What was expected, or what it is instead.
    pub(super) expected: &'static str,
    /// Bytes of the piece that it did not get to.
    pub(super) rest: usize,
}

impl Lost {
    /// The bytes are none that were expected.
    pub(super) const fn because(expected: &'static str) -> Self {
        Self::of(Why::Lost, NoteKind::NotUnderstood, expected)
    }
    pub(super) const fn of(why: Why, kind: NoteKind, expected: &'static str) -> Self {
        Self { why, kind, expected, rest: 0 }
    }
    #[must_use]
    pub(super) const fn with_rest(self, rest: usize) -> Self {
        Self { rest, ..self }
    }
}
