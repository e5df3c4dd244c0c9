//! What a scenario needs to find in its stores before it starts.
//!
//! Collected by walking its journeys. Not for: putting it there (`server::prepare`).

use std::collections::{BTreeMap, BTreeSet};

use super::keys;
use super::tables::ROWS_APART;
use crate::scenario::{Request, RowLock, Scenario, Step};
use crate::units::Bytes;

/// The largest row or value that is taken to a store, below MySQL's usual `max_allowed_packet` of 16 MiB.
pub const ROW_MAX: u64 = 15 << 20;

/// What has to be there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// Rows of `items`, from [`super::tables::FIRST_ID`].
    pub items: u32,
    /// Names of `hot` rows and how many of each, slots from 0.
    pub hot: Vec<(String, u32)>,
    /// Sizes of the cache values that `get`s find.
    pub values: Vec<Bytes>,
    /// The largest row that is read or written, or value that is stored.
    pub largest: Bytes,
}

/// A key and the size of its value; `None` is a counter, and holds `0`.
pub type Preload = (String, Option<Bytes>);

impl Needs {
    /// Of all journeys of a scenario.
    pub fn of(scenario: &Scenario) -> Self {
        let mut found = Found::default();
        scenario.journeys.iter().for_each(|journey| found.steps(&journey.steps));
        Self {
            items: ROWS_APART.saturating_add(found.rows),
            hot: found.hot.into_iter().collect(),
            values: found.values.into_iter().map(Bytes).collect(),
            largest: Bytes(found.largest),
        }
    }
    /// Every key that has to be in the cache.
    pub fn preload(&self) -> impl Iterator<Item = Preload> + '_ {
        let values =
            self.values.iter().flat_map(|&size| (0..keys::pool(size)).map(move |n| (keys::hit(size, n), Some(size))));
        values.chain((0..keys::COUNTERS).map(|n| (keys::counter(n), None)))
    }
}

#[derive(Default)]
struct Found {
    rows: u32,
    hot: BTreeMap<String, u32>,
    values: BTreeSet<u64>,
    largest: u64,
}

impl Found {
    fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Call(call) => self.request(&call.request),
                Step::Repeat { steps, .. } => self.steps(steps),
                Step::Parallel(branches) => branches.iter().for_each(|branch| self.steps(branch)),
                Step::Transaction(transaction) => {
                    self.locks(transaction.locks.as_ref());
                    self.steps(&transaction.steps);
                }
                Step::Think(_) => {}
            }
        }
    }
    fn locks(&mut self, lock: Option<&RowLock>) {
        if let Some(lock) = lock {
            let rows = self.hot.entry(lock.name.clone()).or_default();
            *rows = lock.rows.max(*rows);
        }
    }
    fn request(&mut self, request: &Request) {
        let size = match request {
            Request::Get(get) => {
                self.values.insert(get.size.0);
                self.steps(&get.on_miss);
                get.size
            }
            Request::Set { size } | Request::Add { size } => *size,
            Request::Query(query) => {
                self.rows = self.rows.max(query.rows);
                query.row_size
            }
            Request::Write(write) => {
                self.locks(write.locks.as_ref());
                write.row_size
            }
            Request::Delete | Request::Incr => Bytes(0),
        };
        self.largest = self.largest.max(size.0);
    }
}
