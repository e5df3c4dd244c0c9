//! From a journey to a script: every random choice made.
//!
//! The draws come from the stream in the order of the steps, so the same journey, stream and
//! [`Expansion`] give the same script on any machine. Not for: what the script costs (`expected`).

use rand::{RngExt, SeedableRng};

use super::script::{Op, Script, ScriptCall, ScriptRequest, ScriptSql};
use crate::scenario::{
    Call, Get, JourneyId, Mix, Query, Request, RowLock, Scenario, Step, StoreId, Transaction, Write,
};
use crate::seed::Stream;
use crate::strategy::{Condition, CopyUse, copy_of};
use crate::units::Nanos;

/// What a journey meets where and when it is performed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Expansion<'a> {
    /// This cache started empty.
    pub cold: Option<Cold>,
    /// This store refuses writes.
    pub read_only: Option<StoreId>,
    /// The copies that the journey's arm uses.
    pub copies: &'a [CopyUse],
}

/// A cache that started empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cold {
    /// Which.
    pub store: StoreId,
    /// How long until it is warm.
    pub warm_up: Nanos,
    /// How long ago it started.
    pub age: Nanos,
}

impl Cold {
    /// Which part of its hit rate is back: `1 − exp(−3 × age / warm_up)`.
    ///
    /// Every miss fills, so what is missing shrinks in proportion to itself: an exponential. After `warm_up` 95 % of
    /// the rate is back (`1 − exp(−3)`), which is how the scenario's "until it is warm" is read.
    pub fn recovered(&self) -> f64 {
        if self.warm_up == Nanos::ZERO {
            return 1.0;
        }
        -(-3.0 * self.age.as_secs_f64() / self.warm_up.as_secs_f64()).exp_m1()
    }
}

impl<'a> Expansion<'a> {
    /// For a journey of an arm with these copies, which starts `age` after the condition began.
    pub fn new(condition: Condition, copies: &'a [CopyUse], age: Nanos) -> Self {
        let steady = Self { copies, ..Self::default() };
        match condition {
            Condition::Steady | Condition::Restarting(_) | Condition::Quarter(_) => steady,
            Condition::ReadOnly(store) => Self { read_only: Some(store), ..steady },
            Condition::Cold(store, warm_up) => Self { cold: Some(Cold { store, warm_up, age }), ..steady },
        }
    }
}

/// Makes the script of one journey.
pub fn expand(scenario: &Scenario, journey: JourneyId, stream: &mut Stream, how: Expansion<'_>) -> Script {
    let luck = pinned_luck(how.copies, stream);
    let mut writer = Writer { scenario, stream, how, luck, locks: Vec::new(), written: Vec::new() };
    let mut ops = Vec::new();
    writer.steps(&scenario.journeys[journey.0].steps, 0, &mut ops);
    Script(ops)
}

/// Decides whether the journey is pinned: a number that is compared with the share of those that are.
///
/// It comes from a stream beside the journey's own, so that a journey draws the same with copies and without.
fn pinned_luck(copies: &[CopyUse], stream: &Stream) -> f64 {
    if copies.iter().all(|copy| copy.pinned.0 <= 0.0) {
        return 1.0;
    }
    let mut beside = Stream::from_seed(stream.get_seed());
    beside.set_stream(PINNED);
    beside.random()
}

/// The number of that stream.
const PINNED: u64 = 1;

/// Chooses one journey of a mix by weight.
pub fn choose(mix: &Mix, stream: &mut Stream) -> JourneyId {
    let total: f64 = mix.0.iter().map(|(_, weight)| weight).sum();
    let mut left = stream.random::<f64>() * total;
    let found = mix.0.iter().find(|(_, weight)| {
        left -= weight;
        left < 0.0
    });
    // Rounding can leave a crumb behind the last one.
    found.or(mix.0.last()).expect("a mix has at least one journey").0
}

/// How many steps there are in `steps`, depth first.
fn count(steps: &[Step]) -> u32 {
    steps.iter().map(|step| 1 + inner(step)).sum()
}

/// How many steps there are inside `step`.
fn inner(step: &Step) -> u32 {
    match step {
        Step::Call(Call { request: Request::Get(get), .. }) => count(&get.on_miss),
        Step::Call(_) | Step::Think(_) => 0,
        Step::Repeat { steps, .. } => count(steps),
        Step::Parallel(branches) => branches.iter().map(|branch| count(branch)).sum(),
        Step::Transaction(transaction) => count(&transaction.steps),
    }
}

struct Writer<'a> {
    scenario: &'a Scenario,
    stream: &'a mut Stream,
    how: Expansion<'a>,
    /// Below the pinned share of a copy, the journey does not read from it.
    luck: f64,
    /// Stores that the journey has written to.
    written: Vec<StoreId>,
    /// Open transactions: their store, and the row that its first call will lock.
    locks: Vec<(StoreId, Option<(String, u32)>)>,
}

impl Writer<'_> {
    /// Expands `steps`, whose first has the number `number`.
    fn steps(&mut self, steps: &[Step], mut number: u32, ops: &mut Vec<Op>) {
        for step in steps {
            self.step(step, number, ops);
            number += 1 + inner(step);
        }
    }
    fn step(&mut self, step: &Step, number: u32, ops: &mut Vec<Op>) {
        match step {
            Step::Call(call) => self.call(call, number, ops),
            Step::Repeat { times, steps } => {
                for _ in 0..times.draw(self.stream) {
                    self.steps(steps, number + 1, ops);
                }
            }
            Step::Parallel(branches) => ops.push(self.parallel(branches, number + 1)),
            Step::Transaction(transaction) => self.transaction(transaction, number, ops),
            Step::Think(think) => ops.push(Op::Think(think.draw(self.stream))),
        }
    }
    fn parallel(&mut self, branches: &[Vec<Step>], mut number: u32) -> Op {
        // What one branch writes, the others do not know of before all have ended.
        let (before, mut after) = (self.written.clone(), self.written.clone());
        let branches = branches.iter().map(|branch| {
            let mut ops = Vec::new();
            self.written.clone_from(&before);
            self.steps(branch, number, &mut ops);
            after.append(&mut self.written);
            number += count(branch);
            Script(ops)
        });
        let op = Op::Parallel(branches.collect());
        self.written = after;
        op
    }
    fn transaction(&mut self, transaction: &Transaction, number: u32, ops: &mut Vec<Op>) {
        let Transaction { store, locks, steps } = transaction;
        let lock = locks.as_ref().map(|lock| self.row(lock));
        self.locks.push((*store, lock));
        ops.push(Op::Begin(*store));
        self.steps(steps, number + 1, ops);
        let service = self.scenario.stores[store.0].commit().draw(self.stream);
        ops.push(Op::Commit(*store, service));
        self.locks.pop();
    }
    fn call(&mut self, Call { store: asked, request }: &Call, step: u32, ops: &mut Vec<Op>) {
        let store = self.target(*asked, request);
        let made = match request {
            Request::Get(get) => self.get(store, get),
            Request::Set { size } => ScriptRequest::Set(*size),
            Request::Add { size } => ScriptRequest::Add(*size),
            Request::Delete => ScriptRequest::Delete,
            Request::Incr => ScriptRequest::Incr,
            Request::Query(query) => ScriptRequest::Sql(self.query(store, query)),
            Request::Write(write) => ScriptRequest::Sql(self.write(store, write)),
        };
        let missed = matches!(made, ScriptRequest::Get { keys, hits, .. } if hits < keys);
        ops.push(Op::Call(self.timed(store, step, request, made)));
        if let (Request::Get(get), true) = (request, missed) {
            self.steps(&get.on_miss, step + 1, ops);
        }
    }
    /// The store that a call goes to: a copy, where the arm uses one for such a call.
    fn target(&mut self, store: StoreId, request: &Request) -> StoreId {
        let Some(copy) = copy_of(self.how.copies, store) else { return store };
        match request {
            Request::Write(_) => {
                if !self.written.contains(&store) {
                    self.written.push(store);
                }
                store
            }
            Request::Query(_) => {
                let inside = self.locks.iter().any(|(on, _)| *on == store);
                let itself = inside || self.written.contains(&store) || self.luck < copy.pinned.0;
                if itself { store } else { copy.copy }
            }
            _ => copy.copy,
        }
    }
    /// Draws the time that the store takes.
    fn timed(&mut self, store: StoreId, step: u32, request: &Request, mut asked: ScriptRequest) -> ScriptCall {
        let time = self.scenario.stores[store.0].service(request);
        let service = time.draw(self.stream);
        if let ScriptRequest::Sql(sql) = &mut asked {
            sql.service = (request.service().is_some() || time.constant().is_none()).then_some(service);
        }
        ScriptCall { store, step, service, request: asked }
    }
    fn get(&mut self, store: StoreId, get: &Get) -> ScriptRequest {
        let cold = self.how.cold.filter(|cold| cold.store == store);
        let hit = cold.map_or(get.hit.0, |cold| get.hit.0 * cold.recovered());
        let hits = (0..get.keys).filter(|_| self.stream.random::<f64>() < hit).count() as u32;
        ScriptRequest::Get { keys: get.keys, hits, size: get.size }
    }
    fn query(&mut self, store: StoreId, query: &Query) -> ScriptSql {
        ScriptSql {
            write: false,
            rows: query.rows,
            row_size: query.row_size,
            prepared: query.prepared,
            sql: query.sql.clone(),
            service: None,
            lock: self.take_lock(store),
            refused: false,
        }
    }
    fn write(&mut self, store: StoreId, write: &Write) -> ScriptSql {
        ScriptSql {
            write: true,
            rows: 1,
            row_size: write.row_size,
            prepared: write.prepared,
            sql: write.sql.clone(),
            service: None,
            lock: write.locks.as_ref().map(|lock| self.row(lock)).or_else(|| self.take_lock(store)),
            refused: self.how.read_only == Some(store),
        }
    }
    /// Draws one of the rows of a lock.
    fn row(&mut self, RowLock { name, rows }: &RowLock) -> (String, u32) {
        (name.clone(), self.stream.random_range(0..(*rows).max(1)))
    }
    /// The row that this call locks: that of the innermost open transaction on its store, once.
    fn take_lock(&mut self, store: StoreId) -> Option<(String, u32)> {
        self.locks.iter_mut().rev().find(|(on, _)| *on == store)?.1.take()
    }
}

#[cfg(test)]
#[path = "expand_tests.rs"]
mod tests;
