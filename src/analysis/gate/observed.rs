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
            unknown.extend(notes.map(|note| format!("{}: {}", route.name, note.sentence())));
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
mod tests {
    use super::*;
    use crate::ledger::{Note, Times};

    /// A call that takes 10 units of time.
    fn call(route: &str, connection: u64, at_ns: u64, statement: &str) -> Exchange {
        Exchange {
            route: route.into(),
            connection,
            at_ns,
            phase: Phase::Query,
            statement: Some(statement.into()),
            prepare: false,
            answered: true,
            round_trips: 1,
            bytes_up: 10,
            bytes_down: 100,
            rows: None,
            keys: None,
            failed: false,
            time: Times { distance_ns: 10, ..Times::default() },
        }
    }

    fn connect(route: &str, connection: u64, at_ns: u64) -> Exchange {
        Exchange { phase: Phase::Connect, statement: None, ..call(route, connection, at_ns, "") }
    }

    fn observed() -> Observed {
        Observed::new([("db", MYSQL), ("cache", MEMCACHED)])
    }

    fn added(mut observed: Observed, exchanges: Vec<Exchange>) -> Seen {
        observed.add(&Finished { exchanges, dropped: 0 });
        observed.seen(&View::default())
    }

    /// `name times round_trips(connecting, most): calls/round_trips/most of each statement`
    fn lines(seen: &Seen) -> Vec<String> {
        let statement =
            |s: &Statement| format!(" {} {} {}/{}/{}", s.store, s.text, s.calls, s.round_trips, s.most_repeats);
        let line = |unit: &Unit| {
            let told: String = unit.statements.iter().map(statement).collect();
            let Unit { name, times, round_trips, connecting, most_round_trips, .. } = unit;
            format!("{name} {times} {round_trips}({connecting}, {most_round_trips}):{told}")
        };
        seen.counts.units.iter().map(line).collect()
    }

    #[test]
    fn without_journeys_a_route_is_a_unit_and_a_connection_a_pass() {
        let close = Exchange { answered: false, round_trips: 0, ..call("db", 1, 90, "SELECT ?") };
        let silent = Exchange { answered: false, round_trips: 0, ..call("cache", 0, 90, "set a") };
        let exchanges = vec![
            connect("db", 0, 1),
            call("db", 0, 20, "SELECT ?"),
            connect("db", 1, 1),
            Exchange { prepare: true, ..call("db", 1, 20, "SELECT ?") },
            call("db", 1, 30, "SELECT ?"),
            call("db", 1, 40, "SELECT ?"),
            close,
            silent,
            call("elsewhere", 0, 1, "x"),
        ];
        let seen = added(observed(), exchanges);
        assert_eq!(lines(&seen), ["db 2 6(2, 4): mysql SELECT ? 3/4/2", "cache 1 0(0, 0): memcached set a 1/0/1"]);
        assert_eq!((seen.named, seen.outside, seen.counts.bytes()), (false, 0, 880));
        assert!(seen.counts.unknown.is_empty());
    }

    #[test]
    fn journeys_take_calls_of_all_connections_by_the_instant_they_were_sent() {
        let mut observed = observed();
        observed.name(Nanos(100), Some("pay"));
        observed.name(Nanos(200), None);
        observed.name(Nanos(300), Some("look"));
        observed.name(Nanos(400), Some("pay"));
        let exchanges = vec![
            call("db", 0, 50, "CREATE"),
            call("db", 0, 100, "SELECT ?"),
            call("cache", 0, 120, "get a"),
            call("db", 0, 250, "ROLLBACK"),
            call("db", 0, 410, "SELECT ?"),
            call("db", 0, 430, "SELECT ?"),
        ];
        let seen = added(observed, exchanges);
        assert_eq!(
            lines(&seen),
            ["look 1 0(0, 0):", "pay 2 4(0, 2): mysql SELECT ? 3/3/2 memcached get a 1/1/1"],
            "{seen:?}"
        );
        assert_eq!((seen.named, seen.outside), (true, 2));
        assert!(seen.counts.unknown.is_empty());
    }

    #[test]
    fn what_the_ledger_could_not_tell_is_unknown() {
        let note = |kind| Note {
            kind,
            connections: 1,
            first_connection: 0,
            direction: None,
            offset: 0,
            expected: "login, error 1045".into(),
        };
        let mut ledger = crate::ledger::Ledger::new();
        ledger.route(0, "db", crate::ledger::Speaks::MySql);
        let mut view = ledger.view();
        view.routes[0].notes = vec![note(NoteKind::Encrypted), note(NoteKind::Refused), note(NoteKind::NotReached)];
        let unknown = observed().seen(&view).counts.unknown;
        assert_eq!(unknown.len(), 1, "{unknown:?}");
        assert!(unknown[0].starts_with("db: encrypted (connection 0)"), "{unknown:?}");
    }

    #[test]
    fn a_hundred_thousand_calls_take_no_time() {
        let started = std::time::Instant::now();
        let mut observed = observed();
        for pass in 0..1_000_u64 {
            observed.name(Nanos(pass * 10_000), Some("page"));
            let calls = (0..100).map(|n| call("db", pass % 7, pass * 10_000 + n * 20, &format!("SELECT {}", n % 25)));
            observed.add(&Finished { exchanges: calls.collect(), dropped: 0 });
        }
        let seen = observed.seen(&View::default());
        let unit = &seen.counts.units[0];
        assert_eq!((unit.times, unit.round_trips, unit.most_round_trips), (1_000, 100_000, 100));
        assert!(unit.statements.iter().all(|statement| statement.most_repeats == 4), "{unit:?}");
        assert!(started.elapsed() < std::time::Duration::from_secs(2), "{:?}", started.elapsed());
    }

    #[test]
    fn calls_side_by_side_are_told() {
        for (other, at, beside) in [("cache", 104, true), ("cache", 110, false), ("db", 104, false)] {
            let mut observed = observed();
            observed.name(Nanos(100), Some("page"));
            let seen = added(observed, vec![call("db", 0, 100, "SELECT ?"), call(other, 0, at, "get a")]);
            assert_eq!(seen.counts.units[0].side_by_side, beside, "{other} {at}");
            assert_eq!(seen.counts.units[0].most_bytes, Some(220));
        }
    }

    #[test]
    fn journeys_at_the_same_time_are_told() {
        let mut observed = observed();
        observed.name(Nanos(100), Some("a"));
        observed.name(Nanos(200), Some("b"));
        let seen = added(observed, vec![call("db", 0, 195, "SELECT ?")]);
        assert_eq!(
            seen.counts.unknown,
            ["`b` was named while 1 calls of `a` were under way: journeys are told apart only one at a time"]
        );
    }

    #[test]
    fn what_was_not_counted_is_never_silently_less() {
        let mut limited = observed();
        limited.entries = ENTRIES_MOST;
        limited.add(&Finished { exchanges: vec![call("db", 0, 1, "SELECT ?")], dropped: 3 });
        limited.namings = vec![Naming { at: Nanos(0), journey: None }; NAMINGS_MOST];
        limited.name(Nanos(5), Some("late"));
        let seen = limited.seen(&View::default());
        assert_eq!(seen.counts.unknown.len(), 3, "{:?}", seen.counts.unknown);
        assert_eq!(seen.counts.round_trips(), 1, "round trips are known all the same");
    }
}
