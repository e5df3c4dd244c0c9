//! From a journey to a script: every random choice made.
//!
//! The draws come from the stream in the order of the steps, so the same journey, stream and
//! [`Expansion`] give the same script on any machine. Not for: what the script costs (`expected`).

use rand::RngExt;

use super::script::{Op, Script, ScriptCall, ScriptRequest, ScriptSql};
use crate::scenario::{
    Call, Get, JourneyId, Mix, Query, Request, RowLock, Scenario, Step, StoreId, Transaction, Write,
};
use crate::seed::Stream;
use crate::strategy::Condition;

/// What is different from the steady state while a script is expanded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expansion {
    /// No key of this cache is found.
    pub cold: Option<StoreId>,
    /// This store refuses writes.
    pub read_only: Option<StoreId>,
}

impl From<Condition> for Expansion {
    fn from(condition: Condition) -> Self {
        match condition {
            Condition::Steady => Self::default(),
            Condition::ReadOnly(store) => Self { read_only: Some(store), cold: None },
            Condition::Cold(store) => Self { cold: Some(store), read_only: None },
        }
    }
}

/// Makes the script of one journey.
pub fn expand(scenario: &Scenario, journey: JourneyId, stream: &mut Stream, how: Expansion) -> Script {
    let mut writer = Writer { scenario, stream, how, locks: Vec::new() };
    let mut ops = Vec::new();
    writer.steps(&scenario.journeys[journey.0].steps, 0, &mut ops);
    Script(ops)
}

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
    how: Expansion,
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
        let branches = branches.iter().map(|branch| {
            let mut ops = Vec::new();
            self.steps(branch, number, &mut ops);
            number += count(branch);
            Script(ops)
        });
        Op::Parallel(branches.collect())
    }
    fn transaction(&mut self, transaction: &Transaction, number: u32, ops: &mut Vec<Op>) {
        let Transaction { store, locks, steps } = transaction;
        let draw = |RowLock { name, rows }: &RowLock, stream: &mut Stream| {
            (name.clone(), stream.random_range(0..(*rows).max(1)))
        };
        let lock = locks.as_ref().map(|lock| draw(lock, self.stream));
        self.locks.push((*store, lock));
        ops.push(Op::Begin(*store));
        self.steps(steps, number + 1, ops);
        let service = self.scenario.stores[store.0].commit().draw(self.stream);
        ops.push(Op::Commit(*store, service));
        self.locks.pop();
    }
    fn call(&mut self, Call { store, request }: &Call, step: u32, ops: &mut Vec<Op>) {
        let asked = match request {
            Request::Get(get) => self.get(*store, get),
            Request::Set { size } => ScriptRequest::Set(*size),
            Request::Add { size } => ScriptRequest::Add(*size),
            Request::Delete => ScriptRequest::Delete,
            Request::Incr => ScriptRequest::Incr,
            Request::Query(query) => ScriptRequest::Sql(self.query(*store, query)),
            Request::Write(write) => ScriptRequest::Sql(self.write(*store, write)),
        };
        let missed = matches!(asked, ScriptRequest::Get { keys, hits, .. } if hits < keys);
        ops.push(Op::Call(self.timed(*store, step, request, asked)));
        if let (Request::Get(get), true) = (request, missed) {
            self.steps(&get.on_miss, step + 1, ops);
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
        let found = (0..get.keys).filter(|_| self.stream.random::<f64>() < get.hit.0).count() as u32;
        let hits = if self.how.cold == Some(store) { 0 } else { found };
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
            lock: self.take_lock(store),
            refused: self.how.read_only == Some(store),
        }
    }
    /// The row that this call locks: that of the innermost open transaction on its store, once.
    fn take_lock(&mut self, store: StoreId) -> Option<(String, u32)> {
        self.locks.iter_mut().rev().find(|(on, _)| *on == store)?.1.take()
    }
}

#[cfg(test)]
#[path = "expand_tests.rs"]
mod tests;
