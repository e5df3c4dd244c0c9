//! Advice: which mitigations, sets of them and orders of phases are tried, and what they buy.
//!
//! [`search()`] says what is to be simulated and is told what came of it; everything shown is computed again from the
//! [`AdviceRun`](crate::runfile::advice::AdviceRun) that it fills ([`judge`]). Pure: whoever calls performs the tries.
//! Not for: rewriting ([`crate::mitigation`]), words for readers ([`crate::report`]).

mod bench;
mod cell;
mod in_short;
pub mod judge;
mod order;
pub mod rank;
mod search;
pub mod short;

pub use bench::{Ended, Perform, Wanted};
pub use cell::cell;
pub use search::{Asked, CALLS, search};

#[cfg(test)]
mod tests;
