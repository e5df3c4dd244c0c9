//! Journeys: what somebody waits for, as an ordered pattern of calls. Not for: who performs them, and when.

use rand::RngExt;

use super::random_time::{Z99, lognormal};
use super::{RandomTime, ServiceTime, StoreId};
use crate::seed::Stream;
use crate::units::{Bytes, Fraction};

/// What somebody waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct Journey {
    /// Its key in the file.
    pub name: String,
    /// In order.
    pub steps: Vec<Step>,
}

/// One step of a journey.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// One request to a store.
    Call(Call),
    /// The same steps several times, one after the other.
    Repeat {
        /// How often.
        times: Count,
        /// What.
        steps: Vec<Step>,
    },
    /// Branches that run at once; the step ends with the last of them.
    Parallel(Vec<Vec<Step>>),
    /// BEGIN, the steps, COMMIT.
    Transaction(Transaction),
    /// Time in which nothing is sent: computing, rendering, a third party.
    Think(Think),
}

/// Time between calls.
pub type Think = RandomTime;

/// How often a repeat runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Count {
    /// Always the same.
    Fixed(u32),
    /// Lognormal with this median and 99th percentile, rounded, never above `cap`.
    Lognormal {
        /// Median.
        median: f64,
        /// 99th percentile.
        p99: f64,
        /// Never more than this.
        cap: u32,
    },
    /// Once with this probability, else not at all.
    Chance(Fraction),
}

impl Count {
    /// Draws one count.
    pub fn draw(&self, stream: &mut Stream) -> u32 {
        match *self {
            Self::Fixed(n) => n,
            Self::Lognormal { median, p99, cap } => {
                let drawn = lognormal(median, p99, stream).round();
                (drawn as u32).min(cap)
            }
            Self::Chance(chance) => u32::from(stream.random::<f64>() < chance.0),
        }
    }
    /// The median, which is what `expect` counts; of a chance once if it is 50 % or more.
    pub fn typical(&self) -> u32 {
        match *self {
            Self::Fixed(n) => n,
            Self::Lognormal { median, cap, .. } => (median.round() as u32).min(cap),
            Self::Chance(chance) => u32::from(chance.0 >= 0.5),
        }
    }
    /// The mean of the distribution before rounding and capping: `median × exp(σ²/2)`.
    pub fn mean(&self) -> f64 {
        match *self {
            Self::Fixed(n) => f64::from(n),
            Self::Lognormal { median, p99, .. } => {
                let sigma = (p99 / median).ln() / Z99;
                median * (sigma * sigma / 2.0).exp()
            }
            Self::Chance(chance) => chance.0,
        }
    }
}

/// One request to a store and its reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// To which store.
    pub store: StoreId,
    /// What is asked.
    pub request: Request,
}

/// What a call asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Memcached: `get` of one or many keys in one request.
    Get(Get),
    /// Memcached: `set`, acknowledged.
    Set {
        /// Bytes of the value.
        size: Bytes,
    },
    /// Memcached: `add`, acknowledged; whether it stores is up to the cache.
    Add {
        /// Bytes of the value.
        size: Bytes,
    },
    /// Memcached: `delete`, acknowledged.
    Delete,
    /// Memcached: `incr`, acknowledged.
    Incr,
    /// MySQL: rows are read.
    Query(Query),
    /// MySQL: one row is written.
    Write(Write),
}

impl Request {
    /// The time that the step itself gives the store for it.
    pub const fn service(&self) -> Option<ServiceTime> {
        match self {
            Self::Query(query) => query.service,
            Self::Write(write) => write.service,
            Self::Get(_) | Self::Set { .. } | Self::Add { .. } | Self::Delete | Self::Incr => None,
        }
    }
}

/// A Memcached `get`.
#[derive(Debug, Clone, PartialEq)]
pub struct Get {
    /// Keys in the one request.
    pub keys: u32,
    /// Bytes of each value.
    pub size: Bytes,
    /// Probability that a key is found.
    pub hit: Fraction,
    /// What runs, once, when at least one key is missing.
    pub on_miss: Vec<Step>,
}

/// A MySQL read.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Rows in the reply.
    pub rows: u32,
    /// Bytes of each row.
    pub row_size: Bytes,
    /// Whether and how it is prepared on the server.
    pub prepared: Prepared,
    /// The user's own statement; `None` lets the tool make one over its own tables.
    pub sql: Option<String>,
    /// Overrides the store's read time.
    pub service: Option<ServiceTime>,
}

/// A MySQL write of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// Bytes that are written.
    pub row_size: Bytes,
    /// Whether and how it is prepared on the server.
    pub prepared: Prepared,
    /// The user's own statement; `None` lets the tool make one over its own tables.
    pub sql: Option<String>,
    /// Overrides the store's write time.
    pub service: Option<ServiceTime>,
    /// The row that it locks for as long as the store works on it. Inside a transaction it is the transaction that locks.
    pub locks: Option<RowLock>,
}

/// Server-side preparation of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prepared {
    /// Text protocol: one round trip.
    #[default]
    No,
    /// Prepared, executed and closed each time: two round trips (PDO without emulation).
    Each,
    /// Prepared once a connection, then executed: two round trips first, one after.
    Cached,
}

/// BEGIN, steps, COMMIT.
#[derive(Debug, Clone, PartialEq)]
pub struct Transaction {
    /// On which store.
    pub store: StoreId,
    /// The row that its first call on the store locks until the commit (two-phase locking, InnoDB).
    pub locks: Option<RowLock>,
    /// What runs inside; steps on other stores are allowed, and prolong the lock.
    pub steps: Vec<Step>,
}

/// A named row, or one of several of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowLock {
    /// Its name; workloads that use the same name contend.
    pub name: String,
    /// One of this many rows is drawn each time; 1 is a single hot row.
    pub rows: u32,
}
