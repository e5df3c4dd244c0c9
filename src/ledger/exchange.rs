//! One finished exchange, as the ledger hands it out and adds it up.
//!
//! Not for: how it was recognised.

use std::sync::Arc;

use serde::Serialize;

use super::times::Times;

/// What a connection is doing, in the order in which it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// TCP's handshake.
    Connect,
    /// A store that speaks first has the word.
    Greeting,
    /// TLS's handshake, as far as it is told from what follows.
    Tls,
    /// The client proves who it is: at the start, or again later.
    Login,
    /// Statements before the first that is none of: `SET …`, `SELECT @@…`, `SELECT` of functions without a table,
    /// `SHOW VARIABLES …`, `SHOW COLLATION …`, `SHOW WARNINGS`, `USE …`, and MySQL's commands for a database, a ping and a fresh session.
    /// A fresh session or a change of user begins it anew.
    #[serde(rename = "set-up")]
    SetUp,
    /// Everything after.
    Query,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [Self::Connect, Self::Greeting, Self::Tls, Self::Login, Self::SetUp, Self::Query];

    /// As in tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Greeting => "greeting",
            Self::Tls => "tls",
            Self::Login => "login",
            Self::SetUp => "set-up",
            Self::Query => "query",
        }
    }
}

/// One line of an NDJSON feed: a request and its reply, or a step of the connection's beginning.
///
/// Times of requests that were sent before the reply to an earlier one count from that reply's end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Exchange {
    /// The route's name.
    pub route: Arc<str>,
    /// Which of the route's connections, from 0.
    pub connection: u64,
    /// When its first byte was sent, on the proxy's clock, in nanoseconds.
    pub at_ns: u64,
    /// What the connection was doing.
    pub phase: Phase,
    /// The statement or command without its literals; none while connecting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<Arc<str>>,
    /// It prepared the statement and did not perform it.
    pub prepare: bool,
    /// There was a reply; some requests want none.
    pub answered: bool,
    /// How often the client waited: 0 if it shared the round trip of a request before it, or wanted no reply.
    pub round_trips: u64,
    /// Bytes of the request.
    pub bytes_up: u64,
    /// Bytes of the reply.
    pub bytes_down: u64,
    /// Rows in the reply, or values found in a cache, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Keys that a cache was asked for, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<u64>,
    /// The reply was an error.
    pub failed: bool,
    /// Where its time went.
    pub time: Times,
}

/// What [`super::Ledger::take_finished`] gives.
#[derive(Debug, Clone, Default)]
pub struct Finished {
    /// Since the last call, in order.
    pub exchanges: Vec<Exchange>,
    /// How many more there were than are kept between two calls: they are in the sums all the same.
    pub dropped: u64,
}
