//! The [`Counts`] of a scenario: one pass of each journey by its typical path, statements named as a ledger names them.
//!
//! The rules are those of `scenario::trips`, and the requests those of [`crate::workset`], so that a scenario and a ledger of its
//! live run count the same. Text that longhaul makes stands for statements that nobody wrote down: two steps with the same made
//! text are two statements of the application, so repeats are counted by step; the author's own `sql` is counted by its text. Bytes are
//! those of `workset::wire`, to within a few for each call. Not for: means over random choices (`steps`).

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::analysis::gate::counts::{Counts, Statement, Unit};
use crate::ledger::fingerprint::{Keys, sql};
use crate::plan::script::{ScriptRequest, ScriptSql};
use crate::scenario::trips::{self, performers, size};
use crate::scenario::{
    Call, ConnectionPolicy, Connections, Get, JourneyId, OnReuse, Prepared, Query, Request, RowLock, Scenario, Step,
    StoreId, StoreKind, Workload, Write,
};
use crate::units::Bytes;
use crate::workset::wire::{self, Exchange};
use crate::workset::{keys, sql as made};

/// Payloads longer than this change no fingerprint: no more of a statement is read.
const PAYLOAD_MOST: u64 = 128 << 10;

/// Counts a scenario.
///
/// A unit is a journey; where workloads connect in different ways, a journey of a workload: `web/checkout`.
pub fn counts(scenario: &Scenario) -> Counts {
    let units = (0..scenario.journeys.len()).flat_map(|id| units(scenario, JourneyId(id))).collect();
    Counts { units, unknown: Vec::new() }
}

fn units(scenario: &Scenario, id: JourneyId) -> Vec<Unit> {
    let name = &scenario.journeys[id.0].name;
    let mut all: Vec<(&str, Unit)> =
        performers(scenario, id).map(|(_, workload)| (&*workload.name, unit(scenario, id, workload))).collect();
    if all.windows(2).all(|two| two[0].1 == two[1].1) {
        all.truncate(1);
        return all.into_iter().map(|(_, unit)| unit).collect();
    }
    all.into_iter().map(|(workload, unit)| Unit { name: format!("{workload}/{name}"), ..unit }).collect()
}

/// Counts one pass of a journey as this workload performs it.
pub fn unit(scenario: &Scenario, id: JourneyId, workload: &Workload) -> Unit {
    let journey = &scenario.journeys[id.0];
    let mut walk = Walk { scenario, workload, tally: Tally::default(), texts: BTreeMap::new(), changes: 0 };
    walk.steps(&journey.steps, 1, &mut 0, &mut Open::default());
    let trips = trips::count(scenario, id, &workload.mysql, &workload.memcached);
    walk.tally.unit(&journey.name, trips.sequential < trips.calls)
}

/// What was counted so far.
#[derive(Debug, Default)]
struct Tally {
    connecting: u64,
    /// Round trips without a statement: TCP, greeting, login.
    nameless: u64,
    bytes: Exchange,
    statements: BTreeMap<(&'static str, Rc<str>), Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    calls: u64,
    round_trips: u64,
    /// Calls by what makes them one statement: a step, or (0) the text.
    repeats: BTreeMap<u32, u64>,
}

/// One request, `times` over.
struct Asked<'a> {
    store: &'static str,
    text: &'a Rc<str>,
    /// The step that makes it a statement of its own; 0 for text of the author's.
    step: u32,
    times: u64,
}

impl Tally {
    fn bytes(&mut self, exchange: Exchange, times: u64) {
        let add = |sum: &mut u64, of: u64| *sum = sum.saturating_add(of.saturating_mul(times));
        add(&mut self.bytes.up, exchange.up);
        add(&mut self.bytes.down, exchange.down);
    }
    /// Adds a request that performs something.
    fn call(&mut self, asked: &Asked<'_>, exchange: Exchange) {
        self.trips(asked, asked.times, exchange);
        let counted = self.statements.entry((asked.store, Rc::clone(asked.text))).or_default();
        counted.calls = counted.calls.saturating_add(asked.times);
        let repeats = counted.repeats.entry(asked.step).or_default();
        *repeats = repeats.saturating_add(asked.times);
    }
    /// Adds round trips of a statement that perform nothing: preparing it.
    fn trips(&mut self, asked: &Asked<'_>, times: u64, exchange: Exchange) {
        self.bytes(exchange, times);
        let counted = self.statements.entry((asked.store, Rc::clone(asked.text))).or_default();
        counted.round_trips = counted.round_trips.saturating_add(times);
    }
    fn unit(self, name: &str, side_by_side: bool) -> Unit {
        let statement = |((store, text), counted): ((&str, Rc<str>), Counted)| Statement {
            store: store.to_owned(),
            text: text.to_string(),
            calls: counted.calls,
            round_trips: counted.round_trips,
            most_repeats: counted.repeats.into_values().max().unwrap_or_default(),
        };
        let mut statements: Vec<Statement> = self.statements.into_iter().map(statement).collect();
        statements.sort_by(|a, b| {
            b.round_trips.cmp(&a.round_trips).then_with(|| (&a.text, &a.store).cmp(&(&b.text, &b.store)))
        });
        let named = statements.iter().fold(0, |sum: u64, it| sum.saturating_add(it.round_trips));
        let round_trips = named.saturating_add(self.nameless);
        Unit {
            name: name.to_owned(),
            times: 1,
            round_trips,
            connecting: self.connecting,
            most_round_trips: round_trips,
            bytes_up: self.bytes.up,
            bytes_down: self.bytes.down,
            most_bytes: Some(self.bytes.up.saturating_add(self.bytes.down)),
            side_by_side,
            statements,
        }
    }
}

/// The connections of one branch.
#[derive(Debug, Default)]
struct Open {
    stores: BTreeSet<StoreId>,
    /// Statements that are prepared on these connections, by step and text.
    prepared: BTreeSet<(u32, Rc<str>)>,
    /// Open transactions: their store, and the row that its first call locks.
    locks: Vec<(StoreId, Option<String>)>,
    /// Those of the further branches of parallel groups, by branch.
    further: Vec<Open>,
}

/// Walks the typical path.
struct Walk<'s> {
    scenario: &'s Scenario,
    workload: &'s Workload,
    tally: Tally,
    /// Texts that were made, by what makes them.
    texts: BTreeMap<(u32, bool), Rc<str>>,
    /// Connections that were taken, statements that were prepared, rows that were locked: a round of a repeat
    /// that changes nothing of it is like every later one.
    changes: u64,
}

impl Walk<'_> {
    /// Steps whose first has the number `number + 1`, `times` over.
    fn steps(&mut self, steps: &[Step], times: u64, number: &mut u32, open: &mut Open) {
        for step in steps {
            self.step(step, times, number, open);
        }
    }
    fn step(&mut self, step: &Step, times: u64, number: &mut u32, open: &mut Open) {
        *number += 1;
        match step {
            Step::Call(call) => self.call(call, times, number, open),
            Step::Repeat { times: count, steps } => self.repeat(count.typical(), steps, times, number, open),
            Step::Parallel(branches) => self.parallel(branches, times, number, open),
            Step::Transaction(transaction) => {
                let (store, here) = (transaction.store, *number);
                self.take(store, open);
                self.verb("BEGIN", here, times);
                let lock = transaction.locks.as_ref().map(|RowLock { name, .. }| name.clone());
                open.locks.push((store, lock));
                self.steps(&transaction.steps, times, number, open);
                open.locks.pop();
                self.verb("COMMIT", here, times);
            }
            Step::Think(_) => {}
        }
    }
    /// Round by round until one changes nothing, then all that are left at once.
    fn repeat(&mut self, count: u32, steps: &[Step], times: u64, number: &mut u32, open: &mut Open) {
        let first = *number;
        let mut left = u64::from(count);
        while left > 0 {
            *number = first;
            let before = self.changes;
            self.steps(steps, times, number, open);
            left -= 1;
            if self.changes == before && left > 0 {
                *number = first;
                self.steps(steps, times.saturating_mul(left), number, open);
                left = 0;
            }
        }
        *number = first + size(steps);
    }
    /// The first branch goes on with the connections of the steps around it, every further one has its own.
    fn parallel(&mut self, branches: &[Vec<Step>], times: u64, number: &mut u32, open: &mut Open) {
        let further = branches.len().saturating_sub(1);
        if open.further.len() < further {
            open.further.resize_with(further, Open::default);
        }
        for (branch, steps) in branches.iter().enumerate() {
            let Some(own) = branch.checked_sub(1) else {
                self.steps(steps, times, number, open);
                continue;
            };
            let mut its = std::mem::take(&mut open.further[own]);
            // A transaction around the group is known to all of its branches.
            its.locks = std::mem::take(&mut open.locks);
            self.steps(steps, times, number, &mut its);
            open.locks = std::mem::take(&mut its.locks);
            open.further[own] = its;
        }
    }
    fn call(&mut self, Call { store, request }: &Call, times: u64, number: &mut u32, open: &mut Open) {
        self.take(*store, open);
        let here = *number;
        match request {
            Request::Query(Query { rows, row_size, prepared, sql, .. }) => {
                self.sql((*store, here, times), false, (*rows, *row_size), (*prepared, sql.as_ref()), open);
            }
            Request::Write(Write { row_size, prepared, sql, .. }) => {
                self.sql((*store, here, times), true, (1, *row_size), (*prepared, sql.as_ref()), open);
            }
            Request::Get(get) => {
                let missed = get.hit.0 < 0.5;
                self.cache(&asked(get, missed), here, times);
                if missed {
                    self.steps(&get.on_miss, times, number, open);
                } else {
                    *number += size(&get.on_miss);
                }
            }
            Request::Set { size } => self.cache(&ScriptRequest::Set(*size), here, times),
            Request::Add { size } => self.cache(&ScriptRequest::Add(*size), here, times),
            Request::Delete => self.cache(&ScriptRequest::Delete, here, times),
            Request::Incr => self.cache(&ScriptRequest::Incr, here, times),
        }
    }
    fn sql(
        &mut self,
        (store, step, times): (StoreId, u32, u64),
        write: bool,
        (rows, row_size): (u32, Bytes),
        (prepared, own): (Prepared, Option<&String>),
        open: &mut Open,
    ) {
        let lock = open.locks.iter_mut().rev().find(|(on, _)| *on == store).and_then(|(_, lock)| lock.take());
        self.changes += u64::from(lock.is_some());
        let locks = lock.is_some();
        let lock = lock.map(|name| (name, 0));
        let sql = own.cloned();
        let call = ScriptSql { write, rows, row_size, prepared, sql, service: None, lock, refused: false };
        let text = Rc::clone(self.texts.entry((step, locks)).or_insert_with(|| fingerprint(&call)));
        let asked = Asked { store: "mysql", text: &text, step: if own.is_some() { 0 } else { step }, times };
        match prepared {
            Prepared::No => {}
            Prepared::Each => self.tally.trips(&asked, times, wire::prepare(&call)),
            Prepared::Cached => {
                if !self.keeps_statements() && open.prepared.insert((step, Rc::clone(&text))) {
                    self.changes += 1;
                    self.tally.trips(&asked, 1, wire::prepare(&call));
                }
            }
        }
        self.tally.call(&asked, wire::perform(&call));
    }
    /// A kept connection knows its statements, unless taking it up begins it anew.
    fn keeps_statements(&self) -> bool {
        let Connections { policy, on_reuse, .. } = self.workload.mysql;
        policy != ConnectionPolicy::PerJourney && matches!(on_reuse, OnReuse::Nothing | OnReuse::Ping)
    }
    fn verb(&mut self, verb: &str, step: u32, times: u64) {
        let text = sql(verb.as_bytes(), true).into();
        self.tally.call(&Asked { store: "mysql", text: &text, step, times }, wire::text(verb));
    }
    fn cache(&mut self, request: &ScriptRequest, step: u32, times: u64) {
        let text = self.texts.entry((step, false)).or_insert_with(|| keyed(request).into());
        let text = Rc::clone(text);
        self.tally.call(&Asked { store: "memcached", text: &text, step, times }, wire::memcached(request));
    }
    /// A connection to the store, if this branch has none yet.
    fn take(&mut self, store: StoreId, open: &mut Open) {
        if !open.stores.insert(store) {
            return;
        }
        self.changes += 1;
        match &self.scenario.stores[store.0].kind {
            StoreKind::Mysql(_) => self.take_mysql(),
            StoreKind::Memcached(_) if self.workload.memcached.policy == ConnectionPolicy::PerJourney => {
                self.nameless(1, Exchange::default());
            }
            StoreKind::Memcached(_) => {}
        }
    }
    fn take_mysql(&mut self) {
        let Connections { policy, set_up, on_reuse } = self.workload.mysql;
        if policy == ConnectionPolicy::PerJourney {
            let down = wire::GREETING.saturating_add(wire::LOGIN.down);
            self.nameless(3, Exchange { up: wire::LOGIN.up + wire::QUIT, down });
            for nth in 0..set_up {
                // They stand for statements of several kinds, so that each is one of its own.
                self.connecting("SET NAMES utf8mb4", u32::MAX - nth, wire::SET_UP);
            }
            return;
        }
        match on_reuse {
            OnReuse::Nothing => {}
            OnReuse::Ping => self.connecting("COM_PING", 0, wire::PING),
            OnReuse::Reset => self.connecting("COM_RESET_CONNECTION", 0, wire::PING),
            // A fresh scramble, and the login.
            OnReuse::Relogin => self.nameless(2, wire::RELOGIN),
        }
    }
    fn nameless(&mut self, trips: u64, bytes: Exchange) {
        self.tally.nameless = self.tally.nameless.saturating_add(trips);
        self.tally.connecting = self.tally.connecting.saturating_add(trips);
        self.tally.bytes(bytes, 1);
    }
    fn connecting(&mut self, text: &str, step: u32, bytes: Exchange) {
        self.tally.connecting = self.tally.connecting.saturating_add(1);
        let text = if text.starts_with("COM_") { text.into() } else { sql(text.as_bytes(), true).into() };
        self.tally.call(&Asked { store: "mysql", text: &text, step, times: 1 }, bytes);
    }
}

/// What a `get` asks on the typical path: every key is there, or none is.
fn asked(get: &Get, missed: bool) -> ScriptRequest {
    ScriptRequest::Get { keys: get.keys, hits: if missed { 0 } else { get.keys }, size: get.size }
}

/// A statement as the ledger names it.
fn fingerprint(call: &ScriptSql) -> Rc<str> {
    let row_size = Bytes(call.row_size.0.min(PAYLOAD_MOST));
    let text = made::statement(&ScriptSql { row_size, ..call.clone() }, 0, false).text;
    sql(text.as_bytes(), true).into()
}

/// A request to a cache as the ledger names it.
fn keyed(request: &ScriptRequest) -> String {
    let named = |command: &str, all: &[String]| all.iter().map(String::as_bytes).collect::<Keys>().statement(command);
    match request {
        ScriptRequest::Get { keys, hits, size } => {
            let key = |n: u64| if n < u64::from(*hits) { keys::hit(*size, n) } else { keys::miss(0, n) };
            named("get", &(0..u64::from(*keys)).map(key).collect::<Vec<_>>())
        }
        ScriptRequest::Set(_) => named("set", &[keys::scratch(0, 1)]),
        ScriptRequest::Add(_) => named("add", &[keys::scratch(0, 1)]),
        ScriptRequest::Delete => named("delete", &[keys::scratch(0, 1)]),
        ScriptRequest::Incr => named("incr", &[keys::counter(0)]),
        ScriptRequest::Sql(call) => fingerprint(call).to_string(),
    }
}

#[cfg(test)]
#[path = "counts_tests.rs"]
mod tests;
