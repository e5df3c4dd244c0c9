//! Exchanges as a ledger hands them out, and what becomes of them.

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
    let statement = |s: &Statement| format!(" {} {} {}/{}/{}", s.store, s.text, s.calls, s.round_trips, s.most_repeats);
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
fn many_passes_are_added_up() {
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
