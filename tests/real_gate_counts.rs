//! A scenario counted and the ledger of its live run against real servers say the same: statements, calls, round trips, and
//! bytes nearly.

mod ledger;
mod support;

use std::collections::BTreeMap;

use ledger::Watched;
use longhaul::analysis::gate::counts::Unit;
use longhaul::explain::counts;
use longhaul::ledger::{Exchange, Ledger, Phase, Seen, Speaks};
use longhaul::scenario::{ConnectionPolicy, Connections, Count, OnReuse, Prepared, Request, Step, WorkloadKind};
use longhaul::server::{Backends, OwnServers};
use longhaul::strategy::Condition;
use longhaul::timer::{Clock, Timer};
use longhaul::units::{Bytes, Nanos};
use support::{CACHE, DB, block_on, cache, get, http, perform_on, query, scenario, text, transaction, windows, write};

/// Text of a statement: calls and round trips.
type Statements = BTreeMap<String, (u64, u64)>;

/// One connection: its statements, its round trips, those of connecting, its bytes up and down.
type Told = (Statements, u64, u64, (u64, u64));

fn steps() -> Vec<Step> {
    let repeat = |times, steps| Step::Repeat { times: Count::Fixed(times), steps };
    vec![
        repeat(6, vec![text()]),
        repeat(3, vec![query(Prepared::Each)]),
        repeat(4, vec![query(Prepared::Cached), get(1, Vec::new())]),
        get(12, Vec::new()),
        cache(Request::Set { size: Bytes(300) }),
        cache(Request::Add { size: Bytes(300) }),
        cache(Request::Incr),
        cache(Request::Delete),
        transaction(Some("row"), vec![repeat(3, vec![write()]), text()]),
        transaction(None, vec![write()]),
    ]
}

/// What a ledger says of each connection on which `mark` was asked.
fn connections(seen: Vec<Seen>, speaks: Speaks, mark: &str) -> Vec<Told> {
    let mut ledger = Ledger::new();
    ledger.route(0, "store", speaks);
    ledger.keep_finished();
    let mut all: BTreeMap<u64, Vec<Exchange>> = BTreeMap::new();
    for seen in seen {
        ledger.see(seen);
        for exchange in ledger.take_finished().exchanges {
            all.entry(exchange.connection).or_default().push(exchange);
        }
    }
    let marked = |all: &&Vec<Exchange>| {
        all.iter().any(|exchange| exchange.statement.as_deref().is_some_and(|text| text.contains(mark)))
    };
    all.values().filter(marked).map(|all| told(all)).collect()
}

fn told(all: &[Exchange]) -> Told {
    let mut statements = Statements::new();
    for exchange in all.iter().filter(|exchange| exchange.answered) {
        let Some(text) = exchange.statement.as_deref() else { continue };
        let (calls, trips) = statements.entry(text.to_owned()).or_default();
        *calls += u64::from(!exchange.prepare);
        *trips += exchange.round_trips;
    }
    let sum = |of: fn(&Exchange) -> u64| all.iter().map(of).sum::<u64>();
    let connecting = |it: &Exchange| if it.phase == Phase::Query { 0 } else { it.round_trips };
    (statements, sum(|it| it.round_trips), sum(connecting), (sum(|it| it.bytes_up), sum(|it| it.bytes_down)))
}

fn of(unit: &Unit, store: &str) -> Statements {
    let its = unit.statements.iter().filter(|statement| statement.store == store);
    its.map(|it| (it.text.clone(), (it.calls, it.round_trips))).collect()
}

#[test]
fn a_scenario_and_the_ledger_of_its_run_count_the_same() {
    let mysql = Connections { policy: ConnectionPolicy::PerJourney, set_up: 2, on_reuse: OnReuse::Nothing };
    let asked = scenario(1, steps(), WorkloadKind::Http(http(10.0, 4)), mysql);
    let servers = block_on(Backends::spawn(&asked)).expect("MariaDB and Memcached are installed");
    let database = Watched::new(servers.endpoint(DB).addr, Nanos::ZERO);
    let memory = Watched::new(servers.endpoint(CACHE).addr, Nanos::ZERO);
    let login = servers.endpoint(DB).login.clone().expect("MySQL has a login");
    let url = format!("mysql://{}:{}@127.0.0.1:{}/{}", login.user, login.password, database.port(), login.database);
    let own = OwnServers::parse(&[url], &[format!("127.0.0.1:{}", memory.port())]).expect("addresses");
    let mut of_cache = Vec::new();
    let of_database = database.during(|| {
        of_cache = memory.during(|| {
            let backends = block_on(Backends::own(&asked, &own)).expect("both answer");
            let timer = Timer::start(Clock::start()).expect("a timer");
            let run = perform_on(&backends, timer, &asked, windows(600, 2_000), Condition::Steady, 1.0, false);
            assert!(run.is_ok(), "{run:?}");
        });
    });
    let counted = counts(&asked);
    let [unit] = &counted.units[..] else { panic!("one journey: {counted:?}") };
    let database = connections(of_database, Speaks::Mysql, "REPEAT(");
    let memory = connections(of_cache, Speaks::Memcached, "get lh:hit");
    assert!(database.len() >= 5 && memory.len() >= 5, "{} and {}", database.len(), memory.len());
    for (found, store, connecting) in [(&database, "mysql", unit.connecting - 1), (&memory, "memcached", 1)] {
        let expected = of(unit, store);
        let trips = connecting + asked_for(unit, store);
        for (statements, round_trips, its_connecting, _) in found {
            assert_eq!((statements, *its_connecting), (&expected, connecting), "{store}");
            assert_eq!(*round_trips, trips, "{store}");
        }
    }
    let mean = |found: &[Told], way: fn(&Told) -> u64| found.iter().map(way).sum::<u64>() as f64 / found.len() as f64;
    for (way, counted) in [((|it| it.3.0) as fn(&Told) -> u64, unit.bytes_up), (|it| it.3.1, unit.bytes_down)] {
        let seen = mean(&database, way) + mean(&memory, way);
        assert!((seen / counted as f64 - 1.0).abs() < 0.1, "{seen} bytes seen, {counted} counted");
    }
}

/// Round trips of a unit's statements on a store, those of connecting aside.
fn asked_for(unit: &Unit, store: &str) -> u64 {
    let its = unit.statements.iter().filter(|it| it.store == store && !it.text.starts_with("SET NAMES"));
    its.map(|it| it.round_trips).sum()
}
