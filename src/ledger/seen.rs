//! What a looker-on is shown of proxied connections.
//!
//! All instants are on the proxy's one clock. Not for: what it means.

use crate::link::Direction;
use crate::units::Nanos;

/// Something that happened to a connection. Those of one connection come in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which route, by its reader's number.
    pub route: u32,
    /// Which of that route's connections, from 0 in the order of acceptance.
    pub connection: u64,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A client connected.
    Opened {
        /// When it was accepted.
        at: Nanos,
    },
    /// The store was connected to; of one that refuses or never answers, this does not come.
    Dialled {
        /// When the connect was begun: the end of the handshake's crossings.
        at: Nanos,
    },
    /// Bytes were sent.
    Bytes {
        /// Which way.
        direction: Direction,
        /// When their last byte reached the link.
        sent: Nanos,
        /// When the first of them leave it, by the link's model.
        first_arrives: Nanos,
        /// When the last of them do.
        arrives: Nanos,
        /// They themselves.
        data: Box<[u8]>,
    },
    /// Bytes were sent that the looker-on was too slow for: their number only.
    Missed {
        /// Which way.
        direction: Direction,
        /// How many.
        bytes: u64,
    },
    /// One side sent its last byte.
    Ended {
        /// Which side's: the way its bytes go.
        direction: Direction,
        /// When.
        at: Nanos,
    },
    /// The connection is gone.
    Closed {
        /// When.
        at: Nanos,
    },
}
