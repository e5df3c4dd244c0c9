//! What the ledger says: sums per route, phase and statement, and remarks.
//!
//! Every field with a unit has it in its name. Not for: tables (`text`) and sentences (`sentences`).

use std::sync::Arc;

use serde::Serialize;

use super::exchange::Phase;
use super::notes::Note;
use super::times::Times;

/// Sums of exchanges.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Sums {
    /// Requests.
    pub calls: u64,
    /// Of them, those that only prepared a statement.
    pub prepares: u64,
    /// Of them, those that nobody answered, or that wanted no reply.
    pub unanswered: u64,
    /// Of them, those whose reply was an error.
    pub failed: u64,
    /// How often the client waited.
    pub round_trips: u64,
    /// Bytes of requests.
    pub bytes_up: u64,
    /// Bytes of replies.
    pub bytes_down: u64,
    /// Rows in replies, or values found in a cache.
    pub rows: u64,
    /// Keys that a cache was asked for.
    pub keys: u64,
    /// Where the time went.
    pub time: Times,
}

/// Quantiles of the time from a request to the end of its reply, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Waits {
    /// The median, exact to one part in a hundred.
    pub p50_ns: u64,
    /// 99 of 100 are no longer, exact to one part in a hundred.
    pub p99_ns: u64,
    /// The longest.
    pub max_ns: u64,
}

/// The sums of a phase of connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhaseView {
    /// Which.
    pub phase: Phase,
    /// Its sums.
    pub sums: Sums,
}

/// The sums of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementView {
    /// Its text without literals; of a cache, the command and the pattern of its keys.
    pub statement: Arc<str>,
    /// Its sums.
    pub sums: Sums,
    /// How long its replies took.
    pub waits: Waits,
}

/// What crossed one route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteView {
    /// Its name.
    pub name: Arc<str>,
    /// What it was found to speak: `mysql`, `memcached`, both, or `unknown`.
    pub speaks: String,
    /// Connections that were opened.
    pub connections: u64,
    /// Connections that are open.
    pub open: u64,
    /// All exchanges.
    pub sums: Sums,
    /// By what the connection was doing, in order; only what there is.
    pub phases: Vec<PhaseView>,
    /// By statement, most round trips first.
    pub statements: Vec<StatementView>,
    /// Statements that came when the list was full, together.
    pub others: Option<Sums>,
    /// Bytes that the ledger was too slow to be shown.
    pub missed_bytes: u64,
    /// What could not be told.
    pub notes: Vec<Note>,
}

/// Everything the ledger knows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct View {
    /// All routes together.
    pub sums: Sums,
    /// Each route, by number.
    pub routes: Vec<RouteView>,
}

impl Sums {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.calls, other.calls),
            (&mut self.prepares, other.prepares),
            (&mut self.unanswered, other.unanswered),
            (&mut self.failed, other.failed),
            (&mut self.round_trips, other.round_trips),
            (&mut self.bytes_up, other.bytes_up),
            (&mut self.bytes_down, other.bytes_down),
            (&mut self.rows, other.rows),
            (&mut self.keys, other.keys),
        ];
        for (sum, part) in pairs {
            *sum = sum.saturating_add(part);
        }
        self.time += other.time;
    }
}

impl RouteView {
    /// The sums of one phase; of nothing, if there was none of it.
    pub fn phase(&self, phase: Phase) -> Sums {
        self.phases.iter().find(|view| view.phase == phase).map_or_else(Sums::default, |view| view.sums.clone())
    }
}
