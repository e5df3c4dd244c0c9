//! The round-trip ledger: what crossed a link, and what was waited for.
//!
//! Pure: it is shown events with their instants and bytes, and keeps accounts. Not for: sockets
//! (`proxy` shows the events), or terminals (`cli`).

mod seen;

pub use seen::{Event, Seen};
