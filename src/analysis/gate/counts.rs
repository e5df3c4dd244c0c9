//! What was counted: round trips, repeats and bytes, by journey or connection and by statement.
//!
//! Filled from a scenario (exact, by its typical path) or from a ledger. A budget and a snapshot judge the same [`Counts`], wherever
//! they come from. Not for: where they come from.

use serde::Serialize;

/// Everything that was counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Each journey, or each kind of connection, in the order of telling.
    pub units: Vec<Unit>,
    /// What could not be counted, in sentences: a budget that needs it is inconclusive, never passed.
    pub unknown: Vec<String>,
}

/// A journey, or connections of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Unit {
    /// The journey's name, or the route's.
    pub name: String,
    /// How often it happened: passes of a journey, connections.
    pub times: u64,
    /// Awaited round trips of all of them together, connecting included.
    pub round_trips: u64,
    /// Of them, those of opening and setting up connections.
    pub connecting: u64,
    /// The most of a single one.
    pub most_round_trips: u64,
    /// Bytes of requests.
    pub bytes_up: u64,
    /// Bytes of replies.
    pub bytes_down: u64,
    /// The most bytes of a single one, requests and replies; `None` if that was not kept.
    pub most_bytes: Option<u64>,
    /// Some of its round trips are waited for at the same time as others, so that their number times an RTT is the most that they
    /// cost.
    pub side_by_side: bool,
    /// By statement, most round trips first, then by text.
    pub statements: Vec<Statement>,
}

/// A statement without its literals.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Statement {
    /// `mysql` or `memcached`.
    pub store: String,
    /// Its text without literals; of a cache, the command and the pattern of its keys.
    pub text: String,
    /// Requests.
    pub calls: u64,
    /// Awaited round trips.
    pub round_trips: u64,
    /// The most calls of it in a single journey or connection: what an N+1 repeats.
    pub most_repeats: u64,
}

impl Counts {
    /// Awaited round trips of everything.
    pub fn round_trips(&self) -> u64 {
        self.units.iter().map(|unit| unit.round_trips).fold(0, u64::saturating_add)
    }
    /// Bytes of requests and replies of everything.
    pub fn bytes(&self) -> u64 {
        self.units.iter().map(|unit| unit.bytes_up.saturating_add(unit.bytes_down)).fold(0, u64::saturating_add)
    }
}
