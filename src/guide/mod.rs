//! The guide: how to come to a decision about your own service, and what the numbers mean.
//!
//! Text only. The commands of the tutorial are performed, and its scenario loaded, by `tests/guide.rs`. Not for: the map of
//! the source, which is the crate's own text.

#[doc = include_str!("tutorial.md")]
pub mod tutorial {}

#[doc = include_str!("numbers.md")]
pub mod numbers {}

#[doc = include_str!("misleading.md")]
pub mod misleading {}

#[doc = include_str!("gate.md")]
pub mod gate {}

#[doc = include_str!("scenario.md")]
pub mod scenario {}
