//! [`Counts`] of what a ledger saw: by connection, or by journeys that were named while it looked on.
//!
//! Every exchange belongs to one pass: of the journey that was named last before it was sent, whichever connection carried
//! it, or, while none is, to its own connection. What could not be counted becomes a sentence in [`Counts::unknown`], and is never
//! silently less. Not for: recognising exchanges (`ledger`), or judging.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::counts::{Counts, Statement, Unit};
use crate::ledger::{Exchange, Finished, NoteKind, Phase, View};
use crate::units::Nanos;

/// Journeys are named at most so often; an hour of tests names one every 36 ms.
pub const NAMINGS_MOST: usize = 100_000;

/// Statements of all passes together that are told apart; 100,000 passes of ten statements.
const ENTRIES_MOST: usize = 1_000_000;

/// Stores, as [`Statement::store`] has them.
pub const MYSQL: &str = "mysql";
/// See [`MYSQL`].
pub const MEMCACHED: &str = "memcached";

/// What the ledger calls a prepared statement whose text it does not have.
const UNNAMED: &str = "(prepared before it was followed)";

/// A journey was named, or ended.
#[derive(Debug, Clone)]
struct Naming {
    at: Nanos,
    journey: Option<Arc<str>>,
}

/// What is counted together before passes are added up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Pass {
    /// Of a journey: which naming began it.
    Named(usize),
    /// A connection of a route, outside of journeys.
    Connection(usize, u64),
}

/// One pass.
#[derive(Debug, Clone, Default)]
struct Tally {
    round_trips: u64,
    connecting: u64,
    bytes_up: u64,
    bytes_down: u64,
    /// Which connection the last call was of, and when it had its reply.
    last: Option<((usize, u64), u64)>,
    side_by_side: bool,
    /// By store and text.
    statements: HashMap<(&'static str, Arc<str>), Told>,
}

/// One statement.
#[derive(Debug, Clone, Copy, Default)]
struct Told {
    calls: u64,
    prepares: u64,
    round_trips: u64,
}

impl Told {
    /// Requests that performed it; of one that was only prepared, those that did that.
    fn calls(self) -> u64 {
        if self.calls == 0 { self.prepares } else { self.calls }
    }
}

/// A route that is looked at.
#[derive(Debug, Clone)]
struct Route {
    name: Arc<str>,
    /// [`MYSQL`] or [`MEMCACHED`].
    store: &'static str,
}

/// Everything that was seen of one run of a command.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    routes: Vec<Route>,
    namings: Vec<Naming>,
    unnamed_namings: u64,
    passes: HashMap<Pass, Tally>,
    entries: usize,
    /// Exchanges whose statement is not among the entries.
    uncounted: u64,
    /// Exchanges that the ledger could not hand out.
    dropped: u64,
    /// Calls of a journey that were still under way when the next one was named, by the names of both.
    overlapping: BTreeMap<(Arc<str>, Arc<str>), u64>,
}

/// What was seen, added up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// By journey where any was named, else by route.
    pub counts: Counts,
    /// Round trips outside of journeys, where any was named: they are in no unit.
    pub outside: u64,
    /// Journeys were named.
    pub named: bool,
}

impl Observed {
    /// Of these routes: names, and what is behind them, `mysql` or `memcached`.
    pub fn new<'a>(routes: impl IntoIterator<Item = (&'a str, &'static str)>) -> Self {
        let route = |(name, store): (&str, _)| Route { name: name.into(), store };
        Self { routes: routes.into_iter().map(route).collect(), ..Self::default() }
    }

    /// From this instant on, on the clock of the exchanges, a pass of this journey goes on; with `None`, no journey. To be told
    /// before any exchange that is sent later, and in order.
    pub fn name(&mut self, at: Nanos, journey: Option<&str>) {
        if self.namings.len() >= NAMINGS_MOST {
            self.unnamed_namings += 1;
            return;
        }
        self.namings.push(Naming { at, journey: journey.map(Into::into) });
    }

    /// Adds what the ledger has finished.
    pub fn add(&mut self, finished: &Finished) {
        self.dropped += finished.dropped;
        for exchange in &finished.exchanges {
            self.exchange(exchange);
        }
    }

    fn exchange(&mut self, exchange: &Exchange) {
        let Some(route) = self.routes.iter().position(|route| route.name == exchange.route) else { return };
        let next = self.namings.partition_point(|naming| naming.at.0 <= exchange.at_ns);
        self.overlaps(exchange, next);
        let named = next.checked_sub(1).filter(|at| self.namings[*at].journey.is_some());
        let pass = named.map_or(Pass::Connection(route, exchange.connection), Pass::Named);
        let tally = self.passes.entry(pass).or_default();
        tally.add(route, exchange);
        let store = self.routes[route].store;
        let Some(text) = exchange.statement.as_ref().filter(|text| is_call(store, text, exchange)) else { return };
        let key = (store, Arc::clone(text));
        if let Some(told) = tally.statements.get_mut(&key) {
            told.add(exchange);
        } else if self.entries < ENTRIES_MOST {
            self.entries += 1;
            tally.statements.entry(key).or_default().add(exchange);
        } else {
            self.uncounted += 1;
        }
    }

    /// A call that was under way when another journey was named may be of that one: then they do not run one at a time.
    fn overlaps(&mut self, exchange: &Exchange, next: usize) {
        let Some(naming) = self.namings.get(next) else { return };
        let ended = exchange.at_ns.saturating_add(exchange.time.waited_ns());
        if exchange.phase != Phase::Query || !exchange.answered || ended <= naming.at.0 {
            return;
        }
        let name = |naming: Option<&Naming>| naming.and_then(|naming| naming.journey.clone());
        let before = name(next.checked_sub(1).and_then(|at| self.namings.get(at)));
        if let (Some(before), Some(after)) = (before, name(Some(naming))) {
            *self.overlapping.entry((before, after)).or_default() += 1;
        }
    }

    /// Everything added up. `view` is the ledger's own, for what it could not tell.
    pub fn seen(&self, view: &View) -> Seen {
        let named = self.namings.iter().any(|naming| naming.journey.is_some());
        let (units, outside) = if named { self.journeys() } else { (self.connections(), 0) };
        let unknown = self.unknown(view, &units);
        Seen { counts: Counts { units, unknown }, outside, named }
    }

    /// A unit for each journey, by name: tests may run in any order.
    fn journeys(&self) -> (Vec<Unit>, u64) {
        let mut units: BTreeMap<&str, Adding> = BTreeMap::new();
        let none = Tally::default();
        for (at, naming) in self.namings.iter().enumerate() {
            let Some(journey) = &naming.journey else { continue };
            let tally = self.passes.get(&Pass::Named(at)).unwrap_or(&none);
            units.entry(journey).or_default().add(tally);
        }
        let outside = self.passes.iter().filter(|(pass, _)| matches!(pass, Pass::Connection(..)));
        let outside = outside.map(|(_, tally)| tally.round_trips).fold(0, u64::saturating_add);
        (units.into_iter().map(|(name, adding)| adding.unit(name)).collect(), outside)
    }

    /// A unit for each route that was connected to, in the order in which they were given.
    fn connections(&self) -> Vec<Unit> {
        let mut units: BTreeMap<usize, Adding> = BTreeMap::new();
        for (pass, tally) in &self.passes {
            if let Pass::Connection(route, _) = pass {
                units.entry(*route).or_default().add(tally);
            }
        }
        units.into_iter().map(|(route, adding)| adding.unit(&self.routes[route].name)).collect()
    }

    fn unknown(&self, view: &View, units: &[Unit]) -> Vec<String> {
        let mut unknown = Vec::new();
        for route in &view.routes {
            let blind = |kind| !matches!(kind, NoteKind::Refused | NoteKind::NotReached);
            let notes = route.notes.iter().filter(|note| blind(note.kind));
            unknown.extend(notes.map(|note| {
                let hint = if note.kind == NoteKind::Encrypted {
                    "; the proxies are on this machine: turn TLS off"
                } else {
                    ""
                };
                format!("{}: {}{hint}", route.name, note.sentence())
            }));
        }
        let mut tell = |n: u64, text: String| unknown.extend((n > 0).then_some(text));
        tell(self.dropped, format!("{} calls came faster than they could be counted", self.dropped));
        let (uncounted, most) = (self.uncounted, ENTRIES_MOST);
        tell(
            uncounted,
            format!("{uncounted} calls are not told by statement: {most} statements of all passes are kept"),
        );
        let refused = self.unnamed_namings;
        tell(refused, format!("journeys were named {refused} times more than the {NAMINGS_MOST} times that are kept"));
        let texts = units.iter().flat_map(|unit| &unit.statements);
        let unnamed: u64 = texts.filter(|statement| &*statement.text == UNNAMED).map(|statement| statement.calls).sum();
        tell(
            unnamed,
            format!("{unnamed} calls of prepared statements whose texts were not kept: there were too many at a time"),
        );
        for ((before, after), calls) in &self.overlapping {
            unknown.push(format!(
                "`{after}` was named while {calls} calls of `{before}` were under way: journeys are told apart only one at a time"
            ));
        }
        unknown
    }
}

/// Whether it is a request for something. MySQL's good-bye, the release of a prepared statement and a piece of a long value
/// have no reply, and are none; what a cache is told without a reply is one.
fn is_call(store: &str, text: &str, exchange: &Exchange) -> bool {
    exchange.answered || (store == MEMCACHED && text != "quit")
}

impl Tally {
    fn add(&mut self, route: usize, exchange: &Exchange) {
        self.beside(route, exchange);
        let add = |sum: &mut u64, n: u64| *sum = sum.saturating_add(n);
        add(&mut self.round_trips, exchange.round_trips);
        add(&mut self.bytes_up, exchange.bytes_up);
        add(&mut self.bytes_down, exchange.bytes_down);
        if exchange.phase != Phase::Query {
            add(&mut self.connecting, exchange.round_trips);
        }
    }
}

impl Tally {
    /// Whether a call was sent while another connection of the same pass still waited: calls come in the order in which they end.
    fn beside(&mut self, route: usize, exchange: &Exchange) {
        if exchange.phase != Phase::Query || !exchange.answered {
            return;
        }
        let connection = (route, exchange.connection);
        let ended = exchange.at_ns.saturating_add(exchange.time.waited_ns());
        let beside = |(other, until)| other != connection && exchange.at_ns < until;
        self.side_by_side |= self.last.is_some_and(beside);
        self.last = Some((connection, ended));
    }
}

impl Told {
    fn add(&mut self, exchange: &Exchange) {
        *(if exchange.prepare { &mut self.prepares } else { &mut self.calls }) += 1;
        self.round_trips += exchange.round_trips;
    }
}

/// Passes of one unit, being added up.
#[derive(Debug, Default)]
struct Adding<'a> {
    unit: Unit,
    statements: BTreeMap<(&'static str, &'a str), Statement>,
}

impl<'a> Adding<'a> {
    fn add(&mut self, tally: &'a Tally) {
        let unit = &mut self.unit;
        unit.times += 1;
        unit.round_trips += tally.round_trips;
        unit.connecting += tally.connecting;
        unit.most_round_trips = unit.most_round_trips.max(tally.round_trips);
        unit.bytes_up += tally.bytes_up;
        unit.bytes_down += tally.bytes_down;
        unit.most_bytes = unit.most_bytes.max(Some(tally.bytes_up + tally.bytes_down));
        unit.side_by_side |= tally.side_by_side;
        for ((store, text), told) in &tally.statements {
            let statement = self.statements.entry((store, text)).or_default();
            statement.calls += told.calls();
            statement.round_trips += told.round_trips;
            statement.most_repeats = statement.most_repeats.max(told.calls());
        }
    }

    fn unit(self, name: &str) -> Unit {
        let named = |((store, text), statement): ((&str, &str), Statement)| Statement {
            store: store.to_owned(),
            text: text.to_owned(),
            ..statement
        };
        let mut statements: Vec<Statement> = self.statements.into_iter().map(named).collect();
        statements.sort_by(|a, b| {
            b.round_trips.cmp(&a.round_trips).then_with(|| (&a.text, &a.store).cmp(&(&b.text, &b.store)))
        });
        Unit { name: name.to_owned(), statements, ..self.unit }
    }
}

#[cfg(test)]
#[path = "observed_tests.rs"]
mod tests;
