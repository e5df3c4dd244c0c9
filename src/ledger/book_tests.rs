//! The ledger as a whole: bounds, several routes, links that are seen from one side.

use super::*;
use crate::ledger::{STATEMENTS_MOST, Times};
use crate::link::Direction;
use crate::units::Nanos;

const MS: u64 = 1_000_000;

fn see(ledger: &mut Ledger, route: u32, connection: u64, event: Event) {
    ledger.see(Seen { route, connection, event });
}

fn open(ledger: &mut Ledger, route: u32, connection: u64) {
    see(ledger, route, connection, Event::Opened { at: Nanos(0) });
    see(ledger, route, connection, Event::Dialled { at: Nanos(15 * MS) });
}

fn bytes(direction: Direction, sent: u64, arrives: u64, data: &str) -> Event {
    let (sent, arrives) = (Nanos(sent * MS), Nanos(arrives * MS));
    Event::Bytes { direction, sent, first_arrives: arrives, arrives, data: data.as_bytes().into() }
}

/// A `get` that takes 10 ms of distance and 1 ms in the store.
fn get(ledger: &mut Ledger, route: u32, connection: u64, at: u64, key: &str) {
    see(ledger, route, connection, bytes(Direction::Up, at, at + 5, &format!("get {key}\r\n")));
    see(ledger, route, connection, bytes(Direction::Down, at + 6, at + 11, "END\r\n"));
}

#[test]
fn statements_are_bounded_and_the_rest_is_counted() {
    let mut ledger = Ledger::new();
    ledger.route(0, "cache", Speaks::Memcached);
    open(&mut ledger, 0, 0);
    let letters = |n: u64| (0..3).map(|i| char::from(b'a' + (n / 26_u64.pow(i) % 26) as u8)).collect::<String>();
    for n in 0..600 {
        get(&mut ledger, 0, 0, 20 + n * 20, &letters(n));
    }
    let view = ledger.view();
    let others = view.routes[0].others.as_ref().expect("there are more than fit");
    assert_eq!((view.routes[0].statements.len(), others.calls), (STATEMENTS_MOST, 100));
    assert_eq!((view.sums.calls, view.sums.round_trips), (601, 601));
}

#[test]
fn what_is_not_taken_is_dropped_and_counted() {
    let mut ledger = Ledger::new();
    ledger.keep_finished();
    open(&mut ledger, 7, 0);
    let calls = FINISHED_MOST as u64 + 9;
    for n in 0..calls {
        get(&mut ledger, 7, 0, 20 + n * 20, "a");
    }
    let finished = ledger.take_finished();
    assert_eq!((finished.exchanges.len(), finished.dropped), (FINISHED_MOST, 10));
    assert_eq!((&*finished.exchanges[1].route, finished.exchanges[1].connection), ("route 7", 0));
    let line = serde_json::to_value(&finished.exchanges[1]).expect("JSON");
    assert_eq!(
        (&line["statement"], &line["round_trips"], &line["phase"]),
        (&"get a".into(), &1.into(), &"query".into())
    );
    assert_eq!(line["time"]["store_ns"], MS);
    let again = ledger.take_finished();
    assert!(again.exchanges.is_empty() && again.dropped == 0);
    assert_eq!(ledger.view().sums.calls, calls + 1);
}

#[test]
fn from_one_side_distance_and_store_are_one_sum() {
    let mut ledger = Ledger::new();
    ledger.route(0, "far", Speaks::Auto);
    ledger.near_side_only(0);
    open(&mut ledger, 0, 0);
    see(&mut ledger, 0, 0, bytes(Direction::Up, 30, 30, "get a\r\n"));
    see(&mut ledger, 0, 0, bytes(Direction::Down, 41, 41, "END\r\n"));
    let view = ledger.view();
    let time = view.routes[0].statements[0].sums.time;
    assert_eq!(time, Times { client_ns: 30 * MS, unsplit_ns: 11 * MS, ..Times::default() });
    assert_eq!(view.sums.time.distance_ns, 0, "no part of it was seen");
    assert!(super::super::text::table(&view, 5, 100).contains("11.0 ms*"));
    assert!(view.sentences()[0].contains("11.0 ms of distance and store"), "{:?}", view.sentences());
}

#[test]
fn connections_are_forgotten_and_unknown_ones_passed_over() {
    let mut ledger = Ledger::new();
    see(&mut ledger, 0, 5, bytes(Direction::Up, 1, 2, "get a\r\n"));
    open(&mut ledger, 0, 0);
    see(&mut ledger, 0, 1, Event::Opened { at: Nanos(0) });
    assert_eq!(ledger.view().routes[0].open, 2);
    for connection in 0..2 {
        see(&mut ledger, 0, connection, Event::Closed { at: Nanos(MS) });
        see(&mut ledger, 0, connection, Event::Closed { at: Nanos(MS) });
    }
    let view = ledger.view();
    assert!(ledger.connections.is_empty());
    assert_eq!((view.routes[0].connections, view.routes[0].open, view.sums.round_trips), (2, 0, 1));
    assert_eq!(view.routes[0].notes[0].sentence(), "the store was not reached (connection 1)");
}
