//! Journeys: steps resolved, included journeys written out in place.

use serde_saphyr::Location;

use super::Known;
use super::ask::Asker;
use super::limits::{self, ALL_STEPS_MAX, BRANCHES_MAX, NESTING_MAX, REPLY_MAX, STEPS_MAX};
use super::time;
use crate::scenario::wire::leaf::{At, Leaf, Name, Opt, Short};
use crate::scenario::wire::steps::{self as wire, StepEntry, TimesShape};
use crate::scenario::wire::time::TimeShape;
use crate::scenario::wire::world::StoreWord;
use crate::scenario::wire::{Journey as WireJourney, Key};
use crate::scenario::{
    Call, Count, Get, Journey, Prepared, Query, Request, RowLock, ServiceTime, Step, StoreId, Think, Transaction, Write,
};
use crate::units::{Bytes, Fraction, Nanos};

/// All journeys, in file order.
pub(super) fn journeys(ask: &mut Asker<'_>, known: &Known, all: &[(&Key, &WireJourney)]) -> Vec<Journey> {
    let mut written_out = 0;
    (0..all.len())
        .map(|index| {
            let mut walk = Walk { ask: &mut *ask, known, all, including: vec![index], steps: 0, before: written_out };
            let steps = walk.journey(index, &Inside::default());
            written_out += walk.steps;
            Journey { name: all[index].0.text.clone(), steps }
        })
        .collect()
}

/// What surrounds a step.
#[derive(Debug, Clone, Default)]
struct Inside {
    depth: usize,
    /// Stores with an open transaction, the innermost last.
    transactions: Vec<StoreId>,
    /// Stores whose transaction began outside of a parallel group.
    barred: Vec<StoreId>,
}

struct Walk<'w, 'a> {
    ask: &'w mut Asker<'a>,
    known: &'w Known,
    all: &'w [(&'w Key, &'w WireJourney)],
    /// The journey that is lowered, then those included on the way here.
    including: Vec<usize>,
    /// Written out so far.
    steps: usize,
    /// Written out for the journeys before this one.
    before: usize,
}

impl Walk<'_, '_> {
    fn journey(&mut self, index: usize, inside: &Inside) -> Vec<Step> {
        let (key, journey) = self.all[index];
        let owner = format!("journey `{}`", key.text);
        self.list(&journey.steps, key.at, &owner, inside)
    }
    /// A list of steps that must be there and hold one at least.
    fn list(&mut self, steps: &Opt<Vec<StepEntry>>, at: Location, owner: &str, inside: &Inside) -> Vec<Step> {
        match steps.get() {
            None => self.ask.missing(at, owner, "steps", "steps: [ query: { rows: 1 } ]"),
            Some(steps) if steps.is_empty() => {
                self.ask.say(at, format!("{owner} has no steps"), Some("write one at least, or remove it".into()));
            }
            Some(steps) => return self.entries(steps, inside),
        }
        Vec::new()
    }
    fn entries(&mut self, steps: &[StepEntry], inside: &Inside) -> Vec<Step> {
        if let (true, Some(first)) = (inside.depth > NESTING_MAX, steps.first()) {
            self.ask.say(first.at, format!("steps inside steps, more than {NESTING_MAX} deep"), None);
            return Vec::new();
        }
        let inside = Inside { depth: inside.depth + 1, ..inside.clone() };
        steps.iter().flat_map(|entry| self.entry(entry, &inside)).collect()
    }
    fn entry(&mut self, entry: &StepEntry, inside: &Inside) -> Vec<Step> {
        self.steps += 1;
        if self.before + self.steps > ALL_STEPS_MAX {
            self.steps -= 1;
            let at = self.all[self.including[0]].0.at;
            self.ask.say(at, format!("all journeys together have more than {ALL_STEPS_MAX} steps"), None);
            return Vec::new();
        }
        if self.steps > STEPS_MAX {
            let name = &self.all[self.including[0]].0.text;
            let message = format!("journey `{name}` has more than {STEPS_MAX} steps with all that it includes");
            self.ask.say(self.all[self.including[0]].0.at, message, Some("use `repeat`".into()));
            return Vec::new();
        }
        match self.ask.short(&entry.value, entry.at) {
            Some(Err(wire::Step::Journey(name))) => self.include(name, inside),
            Some(Err(step)) => self.step(step, entry.at, inside).into_iter().collect(),
            Some(Ok(_)) | None => Vec::new(),
        }
    }
    /// The steps of another journey; a journey that includes itself is told once, where its cycle begins in the file.
    fn include(&mut self, name: &Leaf<Name>, inside: &Inside) -> Vec<Step> {
        let Some(index) = self.ask.find(&self.known.journeys, name) else { return Vec::new() };
        if let Some(from) = self.including.iter().position(|on_the_way| *on_the_way == index) {
            if from == 0 && self.including.iter().min() == Some(&index) {
                let path = self.including.iter().chain([&index]).map(|i| format!("`{}`", self.all[*i].0.text));
                let path = path.collect::<Vec<_>>().join(" includes ");
                self.ask.say(name.at, format!("a journey that includes itself never ends: {path}"), None);
            }
            return Vec::new();
        }
        self.including.push(index);
        let steps = self.journey(index, inside);
        self.including.pop();
        steps
    }
    fn step(&mut self, step: &wire::Step, at: Location, inside: &Inside) -> Option<Step> {
        match step {
            wire::Step::Get(get) => self.get(get, at, inside),
            wire::Step::Set(put) => {
                let size = self.value(&put.size);
                self.cache_call(&put.store, at, Request::Set { size }, inside)
            }
            wire::Step::Add(put) => {
                let size = self.value(&put.size);
                self.cache_call(&put.store, at, Request::Add { size }, inside)
            }
            wire::Step::Delete(keyed) => self.cache_call(&keyed.store, at, Request::Delete, inside),
            wire::Step::Incr(keyed) => self.cache_call(&keyed.store, at, Request::Incr, inside),
            wire::Step::Query(query) => self.query(query, at, inside),
            wire::Step::Write(write) => self.write(write, at, inside),
            wire::Step::Repeat(repeat) => {
                let times = self.times(repeat, at);
                let steps = self.list(&repeat.steps, at, "this repeat", inside);
                Some(Step::Repeat { times: times?, steps })
            }
            wire::Step::Parallel(branches) => self.parallel(branches, at, inside),
            wire::Step::Transaction(transaction) => self.transaction(transaction, at, inside),
            wire::Step::Think(think) => self.think(think).map(Step::Think),
            wire::Step::Journey(_) => None,
        }
    }
    fn value(&mut self, size: &Opt<Leaf<Bytes>>) -> Bytes {
        self.ask.or(size, "size", limits::VALUE, Bytes(1024))
    }
    fn get(&mut self, get: &wire::Get, at: Location, inside: &Inside) -> Option<Step> {
        let keys = self.ask.count(&get.keys, "keys", limits::KEYS, 1);
        let size = self.value(&get.size);
        self.reply(at, u64::from(keys) * size.0);
        let hit = self.ask.or(&get.hit, "hit", (Fraction(0.0), Fraction(1.0)), Fraction(1.0));
        let on_miss = match get.r#else.get() {
            Some(_) => self.list(&get.r#else, at, "the `else` of this get", inside),
            None => Vec::new(),
        };
        self.cache_call(&get.store, at, Request::Get(Get { keys, size, hit, on_miss }), inside)
    }
    /// Replies of absurd size are told, whatever they are made of.
    fn reply(&mut self, at: Location, bytes: u64) {
        if bytes > REPLY_MAX {
            self.ask.say(at, format!("one reply of {}: at most {}", Bytes(bytes), Bytes(REPLY_MAX)), None);
        }
    }
    fn cache_call(&mut self, store: &Opt<Leaf<Name>>, at: Location, request: Request, inside: &Inside) -> Option<Step> {
        let store = self.store(store, StoreWord::Memcached, at, inside)?;
        Some(Step::Call(Call { store, request }))
    }
    fn query(&mut self, query: &wire::Query, at: Location, inside: &Inside) -> Option<Step> {
        let rows = self.ask.count(&query.rows, "rows", limits::ROWS, 1);
        let row_size = self.ask.or(&query.row_size, "row_size", limits::ROW, Bytes(200));
        self.reply(at, u64::from(rows) * row_size.0);
        let request = Request::Query(Query {
            rows,
            row_size,
            prepared: self.ask.word(&query.prepared, Prepared::No),
            sql: query.sql.get().and_then(|sql| self.ask.read(sql)).map(|sql| sql.0),
            service: self.service(&query.service),
        });
        self.sql_call(&query.store, at, request, inside)
    }
    fn write(&mut self, write: &wire::Write, at: Location, inside: &Inside) -> Option<Step> {
        let locks = write.locks.get().and_then(|locks| Some((self.locks(locks)?, locks.at)));
        let request = Request::Write(Write {
            row_size: self.ask.or(&write.row_size, "row_size", limits::ROW, Bytes(200)),
            prepared: self.ask.word(&write.prepared, Prepared::No),
            sql: write.sql.get().and_then(|sql| self.ask.read(sql)).map(|sql| sql.0),
            service: self.service(&write.service),
            locks: locks.as_ref().map(|(lock, _)| lock.clone()),
        });
        let step = self.sql_call(&write.store, at, request, inside)?;
        if let (Some((_, at)), Step::Call(Call { store, .. })) = (locks, &step) {
            self.locks_alone(*store, at, inside);
        }
        Some(step)
    }
    /// A write locks for itself only outside of a transaction, which keeps its rows until the commit.
    fn locks_alone(&mut self, store: StoreId, at: Location, inside: &Inside) {
        if inside.transactions.contains(&store) {
            let message =
                format!("a write inside a transaction on `{}` locks for itself", self.known.stores.all[store.0]);
            self.ask.say(
                at,
                message,
                Some("a transaction keeps its rows until the commit: write `locks` there".into()),
            );
        }
    }
    fn sql_call(&mut self, store: &Opt<Leaf<Name>>, at: Location, request: Request, inside: &Inside) -> Option<Step> {
        let store = self.store(store, StoreWord::Mysql, at, inside)?;
        self.not_barred(store, at, inside);
        Some(Step::Call(Call { store, request }))
    }
    fn not_barred(&mut self, store: StoreId, at: Location, inside: &Inside) {
        if inside.barred.contains(&store) {
            let name = &self.known.stores.all[store.0];
            let help =
                "a transaction has one connection: take this step out of the parallel group, or the group out of it";
            let message = format!("a parallel group inside a transaction on `{name}` calls `{name}`");
            self.ask.say(at, message, Some(help.into()));
        }
    }
    /// The store of a call: as named, else that of the transaction, else the only one of its kind.
    fn store(&mut self, named: &Opt<Leaf<Name>>, kind: StoreWord, at: Location, inside: &Inside) -> Option<StoreId> {
        let (word, other) = match kind {
            StoreWord::Mysql => ("mysql", "memcached"),
            StoreWord::Memcached => ("memcached", "mysql"),
        };
        if let Some(leaf) = named.get() {
            let store = self.ask.find(&self.known.stores, leaf)?;
            if self.known.kinds[store].is_some_and(|it| it != kind) {
                let message = format!("`{}` is a {other}", self.known.stores.all[store]);
                self.ask.say(leaf.at, message, Some(format!("this step needs a {word}")));
                return None;
            }
            return Some(StoreId(store));
        }
        if let (StoreWord::Mysql, Some(store)) = (kind, inside.transactions.last()) {
            return Some(*store);
        }
        let of_kind: Vec<usize> =
            (0..self.known.kinds.len()).filter(|store| self.known.kinds[*store] == Some(kind)).collect();
        match of_kind.as_slice() {
            [only] => return Some(StoreId(*only)),
            [] => {
                let help = format!("add one under `stores`, for example `name: {{ kind: {word} }}`");
                self.ask.say(at, format!("there is no {word} that this step could call"), Some(help));
            }
            several => {
                let all: Vec<_> = several.iter().map(|store| format!("`{}`", self.known.stores.all[*store])).collect();
                let help = format!("write `store:` with one of {}", all.join(", "));
                self.ask.say(at, format!("this step does not say which {word} it calls"), Some(help));
            }
        }
        None
    }
    fn times(&mut self, repeat: &wire::Repeat, at: Location) -> Option<Count> {
        let Some(times) = repeat.times.get() else {
            self.ask.missing(at, "this repeat", "times", "times: 30");
            return None;
        };
        let shape = match self.ask.short(&times.value, times.at)? {
            Ok(number) => {
                let leaf = Leaf { value: Ok(number), at: times.at };
                return self.ask.within(&leaf, "times", limits::TIMES).map(|n| Count::Fixed(n as u32));
            }
            Err(TimesShape::Chance(leaf)) => {
                return self.ask.within(leaf, "chance", limits::CHANCE).map(Count::Chance);
            }
            Err(TimesShape::Lognormal(shape)) => shape,
        };
        let owner = (times.at, "this distribution");
        let median = self.ask.need(&shape.median, owner, ("median", "median: 30"), limits::TIMES_MEDIAN)?;
        let p99 = self.ask.need(&shape.p99, owner, ("p99", "p99: 150"), limits::TIMES_MEDIAN)?;
        let default = (p99 * 10.0).ceil().min(limits::TIMES.1 as f64) as u32;
        let cap = self.ask.count(&shape.cap, "cap", limits::TIMES, default.max(1));
        time::rises(self.ask, &median, &p99, times.at)?;
        if f64::from(cap) < median {
            self.ask.say(times.at, format!("the cap {cap} lies below the median {median}"), None);
            return None;
        }
        Some(Count::Lognormal { median, p99, cap })
    }
    fn think(&mut self, think: &At<Short<Nanos, TimeShape>>) -> Option<Think> {
        time::random(self.ask, think, time::Key { word: "think", bounds: limits::THINK })
    }
    fn service(&mut self, service: &Opt<At<Short<Nanos, TimeShape>>>) -> Option<ServiceTime> {
        time::maybe(self.ask, service, time::Key { word: "service", bounds: limits::SERVICE })
    }
    fn parallel(&mut self, branches: &[At<Vec<StepEntry>>], at: Location, inside: &Inside) -> Option<Step> {
        if branches.len() < 2 || branches.len() > BRANCHES_MAX {
            let message = format!("{} branches in parallel: write 2 to {BRANCHES_MAX}", branches.len());
            self.ask.say(at, message, Some("for example `parallel: [ [ think: 3ms ], [ query: {} ] ]`".into()));
            return None;
        }
        let inside = Inside { barred: inside.transactions.clone(), ..inside.clone() };
        let branches = branches.iter().map(|At { value, at }| {
            if value.is_empty() {
                self.ask.say(*at, "this branch has no steps", Some("write one at least, or remove it".into()));
            }
            self.entries(value, &inside)
        });
        Some(Step::Parallel(branches.collect()))
    }
    fn transaction(&mut self, transaction: &wire::Transaction, at: Location, inside: &Inside) -> Option<Step> {
        let outside = Inside { transactions: Vec::new(), ..inside.clone() };
        let store = self.store(&transaction.store, StoreWord::Mysql, at, &outside);
        let locks = transaction.locks.get().and_then(|locks| self.locks(locks));
        let mut within = inside.clone();
        if let Some(store) = store {
            self.not_barred(store, at, inside);
            if inside.transactions.contains(&store) && !inside.barred.contains(&store) {
                let name = &self.known.stores.all[store.0];
                let help = "MySQL has no nested transactions: BEGIN would commit the outer one";
                self.ask.say(
                    at,
                    format!("a transaction on `{name}` inside a transaction on `{name}`"),
                    Some(help.into()),
                );
            }
            within.transactions.push(store);
        }
        let steps = self.list(&transaction.steps, at, "this transaction", &within);
        let store = store?;
        if locks.is_some() && !steps.is_empty() && !calls(&steps, store) {
            let name = &self.known.stores.all[store.0];
            let help = "the first query or write on the store takes the lock: add one, or remove `locks`";
            self.ask.say(
                at,
                format!("nothing in this transaction calls `{name}`, so nothing is locked"),
                Some(help.into()),
            );
        }
        Some(Step::Transaction(Transaction { store, locks, steps }))
    }
    fn locks(&mut self, locks: &At<Short<Name, wire::Locks>>) -> Option<RowLock> {
        match self.ask.short(&locks.value, locks.at)? {
            Ok(name) => Some(RowLock { name: name.0, rows: 1 }),
            Err(map) => {
                let rows = self.ask.count(&map.rows, "rows", limits::LOCK_ROWS, 1);
                let Some(leaf) = map.name.get() else {
                    self.ask.missing(locks.at, "this lock", "name", "name: item");
                    return None;
                };
                Some(RowLock { name: self.ask.read(leaf)?.0, rows })
            }
        }
    }
}

/// Whether any of the steps calls the store.
fn calls(steps: &[Step], store: StoreId) -> bool {
    steps.iter().any(|step| match step {
        Step::Call(call) => {
            call.store == store || matches!(&call.request, Request::Get(get) if calls(&get.on_miss, store))
        }
        Step::Repeat { steps, .. } => calls(steps, store),
        Step::Parallel(branches) => branches.iter().any(|branch| calls(branch, store)),
        Step::Transaction(inner) => calls(&inner.steps, store),
        Step::Think(_) => false,
    })
}
