//! What a store does with a call, as arithmetic: who has a row, and whose turn it is.
//!
//! Shared by the stand-in servers and the simulator, so that both keep the same rules. Time is an argument.
//! Not for: waiting, connections, what is answered (`server`, `engine`).

mod locks;
mod turns;

pub use locks::{Asked, LOCK_WAIT, Locks, Owner};
pub use turns::Turns;
