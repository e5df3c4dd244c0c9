//! The engine in virtual time: the same plan, no sockets, weeks in seconds.
//!
//! Not for: what is performed and when, which both engines share.

pub mod kernel;
pub mod store;
