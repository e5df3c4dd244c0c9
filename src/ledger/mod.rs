//! The round-trip ledger: what crossed a link, and what was waited for.
//!
//! Pure: it is shown events with their instants and bytes, and keeps accounts: [`Ledger::see`] each
//! event, ask [`Ledger::view`] for sums, [`Ledger::take_finished`] for single exchanges. What it does not
//! understand it says, and counts by flights. Nothing panics on any bytes, and memory is bounded. Not for: sockets
//! (`proxy` shows the events), or terminals (`cli`).

mod account;
mod book;
mod connection;
mod desk;
mod exchange;
pub mod fingerprint;
mod flights;
mod lost;
mod memcached;
mod mysql;
mod notes;
mod rounds;
mod seen;
mod sentences;
#[cfg(test)]
mod talk;
pub mod text;
mod times;
mod view;

pub use account::STATEMENTS_MOST;
pub use book::{FINISHED_MOST, Ledger};
pub use connection::Speaks;
pub use exchange::{Exchange, Finished, Phase};
pub use notes::{Note, NoteKind};
pub use seen::{Event, Seen};
pub use times::Times;
pub use view::{PhaseView, RouteView, StatementView, Sums, View, Waits};
