//! A journey with every random choice made: what is sent, in which order.
//!
//! [`Script`]s are what engines walk. A script has no branch left in it except failure: repeats are
//! unrolled, misses have their follow-up steps in place, pauses have their length. Not for: making
//! connections, which depend on the arm's policy and stand before the first call to a store.

use crate::scenario::{Prepared, StoreId};
use crate::units::{Bytes, Nanos};

/// Steps in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Script(pub Vec<Op>);

/// One step of a script.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// Nothing is sent for this long.
    Think(Nanos),
    /// One request and its reply.
    Call(ScriptCall),
    /// Branches that run at once, each on connections of its own beyond the first.
    Parallel(Vec<Script>),
    /// BEGIN on this store; what follows up to the matching commit is on the same connection.
    Begin(StoreId),
    /// COMMIT on this store, which works on it for this long.
    Commit(StoreId, Nanos),
}

/// One request with everything decided.
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptCall {
    /// To which store.
    pub store: StoreId,
    /// The step of the journey it comes from, in depth-first order: calls of one step share it.
    pub step: u32,
    /// How long the store works on it, without network and without waiting.
    pub service: Nanos,
    /// What is asked.
    pub request: ScriptRequest,
}

impl ScriptCall {
    /// The row that it locks, if any.
    pub fn lock(&self) -> Option<&(String, u32)> {
        match &self.request {
            ScriptRequest::Sql(sql) => sql.lock.as_ref(),
            _ => None,
        }
    }
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum ScriptRequest {
    /// Memcached `get`; the first `hits` of `keys` are keys that are there.
    Get {
        /// Keys in the request.
        keys: u32,
        /// How many of them are found.
        hits: u32,
        /// Bytes of each value.
        size: Bytes,
    },
    /// Memcached `set`, acknowledged.
    Set(Bytes),
    /// Memcached `add`, acknowledged.
    Add(Bytes),
    /// Memcached `delete`, acknowledged.
    Delete,
    /// Memcached `incr`, acknowledged.
    Incr,
    /// MySQL, rows read or one row written.
    Sql(ScriptSql),
}

/// A MySQL statement.
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptSql {
    /// One row is written; else rows are read.
    pub write: bool,
    /// Rows in the reply of a read.
    pub rows: u32,
    /// Bytes of a row.
    pub row_size: Bytes,
    /// Whether and how it is prepared.
    pub prepared: Prepared,
    /// The user's own statement.
    pub sql: Option<String>,
    /// Its time, where that is not the one constant time of the store: overridden by the step, or drawn. The same as
    /// [`ScriptCall::service`]; a stand-in is told of it.
    pub service: Option<Nanos>,
    /// The row to lock: name and number. Only on the first call of a transaction with `locks`, or on a write with its own.
    pub lock: Option<(String, u32)>,
    /// The store refuses writes just now (a read-only window).
    pub refused: bool,
}
