//! The steps of a journey, as the file writes them: one-key maps such as `- get: { store: cache }`.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;

use super::leaf::{At, Leaf, Name, Opt, Short, Text, Written, shorten, words};
use super::time::TimeShape;
use crate::scenario::Prepared;
use crate::units::{Bytes, Fraction, Nanos};

/// A step and its place.
pub(crate) type StepEntry = At<Short<NoStep, Step>>;

/// No step is a single word.
#[derive(Debug, Clone)]
pub(crate) struct NoStep;

impl Written for NoStep {
    const WHAT: &'static str = "a step such as `- think: 20ms`";
    fn read(text: &str) -> Result<Self, String> {
        Err(format!(
            "`{}` alone is no step: a step is a map with one key, such as `- think: 20ms` or `- get: {{ store: cache }}`",
            shorten(text)
        ))
    }
    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        None
    }
}

/// One step of a journey; boxed, so that steps inside steps take little stack.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "step")]
pub(crate) enum Step {
    /// Memcached: `get` of one or many keys in one request.
    Get(Box<Get>),
    /// Memcached: `set`, acknowledged.
    Set(Box<Put>),
    /// Memcached: `add`, acknowledged.
    Add(Box<Put>),
    /// Memcached: `delete`, acknowledged.
    Delete(Box<Keyed>),
    /// Memcached: `incr`, acknowledged.
    Incr(Box<Keyed>),
    /// MySQL: rows are read.
    Query(Box<Query>),
    /// MySQL: one row is written.
    Write(Box<Write>),
    /// The same steps several times, one after the other.
    Repeat(Box<Repeat>),
    /// Branches that run at once, each a list of steps, those beyond the first on connections of their own.
    Parallel(Vec<At<Vec<StepEntry>>>),
    /// BEGIN, the steps, COMMIT.
    Transaction(Box<Transaction>),
    /// Time in which nothing is sent: computing, rendering, a third party.
    Think(Box<At<Short<Nanos, TimeShape>>>),
    /// The steps of another journey, at this place.
    Journey(Box<Leaf<Name>>),
}

/// A Memcached `get`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "get")]
pub(crate) struct Get {
    /// Which store; may be left out if there is one memcached only.
    pub(crate) store: Opt<Leaf<Name>>,
    /// Keys in the one request; 1 if left out.
    pub(crate) keys: Opt<Leaf<u64>>,
    /// Bytes of each value; 1KiB if left out.
    pub(crate) size: Opt<Leaf<Bytes>>,
    /// Probability that a key is found; 100% if left out.
    pub(crate) hit: Opt<Leaf<Fraction>>,
    /// What runs, once, when at least one key is missing.
    pub(crate) r#else: Opt<Vec<StepEntry>>,
}

/// A Memcached `set` or `add`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "put")]
pub(crate) struct Put {
    /// Which store; may be left out if there is one memcached only.
    pub(crate) store: Opt<Leaf<Name>>,
    /// Bytes of the value; 1KiB if left out.
    pub(crate) size: Opt<Leaf<Bytes>>,
}

/// A Memcached `delete` or `incr`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "keyed")]
pub(crate) struct Keyed {
    /// Which store; may be left out if there is one memcached only.
    pub(crate) store: Opt<Leaf<Name>>,
}

/// A MySQL read.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "query")]
pub(crate) struct Query {
    /// Which store; may be left out in a transaction, or if there is one mysql only.
    pub(crate) store: Opt<Leaf<Name>>,
    /// Rows in the reply; 1 if left out.
    pub(crate) rows: Opt<Leaf<u64>>,
    /// Bytes of each row; 200B if left out.
    pub(crate) row_size: Opt<Leaf<Bytes>>,
    /// `each`: prepared, executed and closed every time, two round trips. `cached`: prepared once a connection. Left out: text protocol, one round trip.
    pub(crate) prepared: Opt<Leaf<Prepared>>,
    /// A statement of your own, for your own database; left out, the tool makes one over tables it seeds.
    pub(crate) sql: Opt<Leaf<Text>>,
    /// Overrides the store's read time: a duration, or a distribution such as `{ lognormal: { median: 2ms, p99: 20ms } }`.
    pub(crate) service: Opt<At<Short<Nanos, TimeShape>>>,
}

/// A MySQL write of one row.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "write")]
pub(crate) struct Write {
    /// Which store; may be left out in a transaction, or if there is one mysql only.
    pub(crate) store: Opt<Leaf<Name>>,
    /// Bytes that are written; 200B if left out.
    pub(crate) row_size: Opt<Leaf<Bytes>>,
    /// `each`: prepared, executed and closed every time, two round trips. `cached`: prepared once a connection. Left out: text protocol, one round trip.
    pub(crate) prepared: Opt<Leaf<Prepared>>,
    /// A statement of your own, for your own database; left out, the tool makes one over tables it seeds.
    pub(crate) sql: Opt<Leaf<Text>>,
    /// Overrides the store's write time: a duration, or a distribution such as `{ lognormal: { median: 2ms, p99: 20ms } }`.
    pub(crate) service: Opt<At<Short<Nanos, TimeShape>>>,
    /// The row that it locks while the store works on it; whoever uses the same name waits. In a transaction on the store, write it there.
    pub(crate) locks: Opt<At<Short<Name, Locks>>>,
}

words! {
    Prepared, "`each` or `cached`": { "each" = Prepared::Each, "cached" = Prepared::Cached }
}

/// The same steps several times.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "repeat", extend("required" = ["times", "steps"]))]
pub(crate) struct Repeat {
    /// How often: a number, a distribution such as `{ lognormal: { median: 30, p99: 150 } }`, or whether at all: `{ chance: 20% }`.
    pub(crate) times: Opt<At<Short<u64, TimesShape>>>,
    /// What, in order.
    pub(crate) steps: Opt<Vec<StepEntry>>,
}

/// A distribution of repetitions.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "times")]
pub(crate) enum TimesShape {
    /// Lognormal, rounded.
    Lognormal(TimesLognormal),
    /// Once with this probability, else not at all.
    Chance(Leaf<Fraction>),
}

/// Lognormal repetitions.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "lognormal-times", extend("required" = ["median", "p99"]))]
pub(crate) struct TimesLognormal {
    /// Half of the journeys repeat less often.
    pub(crate) median: Opt<Leaf<f64>>,
    /// One journey in a hundred repeats more often.
    pub(crate) p99: Opt<Leaf<f64>>,
    /// Never more often than this; ten times `p99` if left out.
    pub(crate) cap: Opt<Leaf<u64>>,
}

/// BEGIN, steps, COMMIT.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "transaction", extend("required" = ["steps"]))]
pub(crate) struct Transaction {
    /// Which store; may be left out if there is one mysql only.
    pub(crate) store: Opt<Leaf<Name>>,
    /// The row that the first query or write on the store locks until the commit; whoever uses the same name waits.
    pub(crate) locks: Opt<At<Short<Name, Locks>>>,
    /// What runs inside; steps on other stores prolong the lock.
    pub(crate) steps: Opt<Vec<StepEntry>>,
}

/// One of several rows of a name.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "locks", extend("required" = ["name"]))]
pub(crate) struct Locks {
    /// The name that journeys share.
    pub(crate) name: Opt<Leaf<Name>>,
    /// One of this many rows is drawn each time; 1, a single hot row, if left out.
    pub(crate) rows: Opt<Leaf<u64>>,
}
