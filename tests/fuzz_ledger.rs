//! The ledger on damaged conversations: random bytes, and transcripts of real ones with damage, cut anywhere.
//!
//! Nothing may panic; every byte is counted once; no time is told twice. `FUZZ_SECONDS` says for how long (3 unless it
//! is set), `FUZZ_SEED` from where.

mod ledger;

use std::time::{Duration, Instant};

use longhaul::ledger::{Event, Ledger, Seen, Speaks, fingerprint};
use longhaul::link::Direction;
use longhaul::seed::{Seed, Stream};
use longhaul::units::Nanos;
use rand::RngExt;

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect("a number"))
}

fn noise(stream: &mut Stream, longest: usize) -> Vec<u8> {
    (0..stream.random_range(0..=longest)).map(|_| stream.random()).collect()
}

/// Bytes that mean something somewhere.
const TELLING: [u8; 12] = [0, 1, 2, 0x0a, 0x0d, 0x16, 0x80, 0x81, 0xfa, 0xfb, 0xfe, 0xff];

fn damage(stream: &mut Stream, bytes: &mut Vec<u8>) {
    for _ in 0..stream.random_range(0..3_u8) {
        if bytes.is_empty() {
            return;
        }
        let at = stream.random_range(0..bytes.len());
        match stream.random_range(0..5_u8) {
            0 => bytes[at] = stream.random(),
            1 => bytes[at] = TELLING[stream.random_range(0..TELLING.len())],
            2 => bytes.truncate(at),
            3 => drop(bytes.splice(at..at, noise(stream, 20))),
            _ => bytes.insert(at, stream.random()),
        }
    }
}

/// A conversation with damage: bytes changed, events left out, twice, or unseen.
fn damaged(stream: &mut Stream, seen: &[Seen]) -> Vec<Seen> {
    let mut all = Vec::new();
    let often = stream.random_range(1..60_u32);
    for one in seen {
        let mut one = one.clone();
        let hit = stream.random_range(0..often) == 0;
        if let Event::Bytes { direction, data, .. } = &mut one.event
            && hit
        {
            let mut bytes = data.to_vec();
            damage(stream, &mut bytes);
            *data = bytes.into();
            match stream.random_range(0..8_u8) {
                0 => continue,
                1 => all.push(one.clone()),
                2 => one.event = Event::Missed { direction: *direction, bytes: 7 },
                _ => {}
            }
        }
        all.push(one);
    }
    all
}

/// A conversation of nothing but noise, whose beginning may be a protocol's.
fn random(stream: &mut Stream) -> Vec<Seen> {
    const BEGINNINGS: [&[u8]; 8] =
        [b"", b"\x80", b"get ", b"mg a q\r\n", b"J\0\0\0\x0a8.0\0", b"set a 0 0 99999\r\n", b"\xff", b"\x81\x09"];
    let mut at = Nanos(0);
    let event = |event| Seen { route: 0, connection: 0, event };
    let mut all = vec![event(Event::Opened { at }), event(Event::Dialled { at: Nanos(5) })];
    for _ in 0..stream.random_range(0..12_u8) {
        at += Nanos(stream.random_range(0..20));
        let mut data = BEGINNINGS[stream.random_range(0..BEGINNINGS.len())].to_vec();
        data.extend(noise(stream, 60));
        let direction = Direction::BOTH[stream.random_range(0..2_usize)];
        let arrives = at + Nanos(10);
        all.push(event(Event::Bytes { direction, sent: at, first_arrives: arrives, arrives, data: data.into() }));
    }
    all.push(event(Event::Closed { at }));
    all
}

/// Bytes that went a way, and the last instant there is.
fn totals(seen: &[Seen]) -> ([u64; 2], u64) {
    let (mut bytes, mut last) = ([0; 2], 0);
    for seen in seen {
        match &seen.event {
            Event::Opened { at } | Event::Dialled { at } | Event::Closed { at } | Event::Ended { at, .. } => {
                last = last.max(at.0);
            }
            Event::Bytes { direction, arrives, data, .. } => {
                bytes[*direction as usize] += data.len() as u64;
                last = last.max(arrives.0);
            }
            Event::Missed { .. } => {}
        }
    }
    (bytes, last)
}

/// Shows it to a ledger, and checks what must hold whatever it was.
fn check(seen: &[Seen], speaks: Speaks) {
    let mut ledger = Ledger::new();
    ledger.route(0, "store", speaks);
    ledger.keep_finished();
    seen.iter().cloned().for_each(|seen| ledger.see(seen));
    let (view, finished) = (ledger.view(), ledger.take_finished().exchanges);
    let (bytes, last) = totals(seen);
    assert_eq!([view.sums.bytes_up, view.sums.bytes_down], bytes, "every byte is counted once");
    let connections = view.routes.first().map_or(0, |route| route.connections);
    let time = view.sums.time;
    assert!(time.client_ns + time.waited_ns() <= last * connections, "no time is told twice");
    assert_eq!(view.sums.calls, finished.len() as u64);
    assert_eq!(view.sums.round_trips, finished.iter().map(|exchange| exchange.round_trips).sum::<u64>());
    let _ = (view.sentences(), longhaul::ledger::text::table(&view, 10, 80));
    serde_json::to_string(&view).expect("a view is JSON");
    serde_json::to_string(&finished).expect("exchanges are JSON");
}

#[test]
fn the_ledger_stands_any_bytes() {
    let (seconds, seed) = (variable("FUZZ_SECONDS", 3), variable("FUZZ_SEED", 1));
    let transcripts = ledger::all();
    let start = Instant::now();
    let mut round = 0;
    while start.elapsed() < Duration::from_secs(seconds) {
        let mut stream = Seed(seed).stream("ledger", round);
        round += 1;
        let (name, transcript) = &transcripts[stream.random_range(0..transcripts.len())];
        let told = format!("round {round} from seed {seed}: {name}");
        let speaks = [Speaks::Auto, Speaks::Auto, Speaks::MySql, Speaks::Memcached][stream.random_range(0..4_usize)];
        let events = damaged(&mut stream, transcript);
        let longest = stream.random_range(1..200_usize);
        let outcome = std::panic::catch_unwind(|| {
            check(&events, speaks);
            let mut cuts = Seed(seed).stream("cuts", round);
            check(&ledger::pieces(&events, || cuts.random_range(1..=longest)), speaks);
        });
        assert!(outcome.is_ok(), "{told}");
        check(&random(&mut stream), speaks);
        let text = noise(&mut stream, 200);
        let _ = (fingerprint::sql(&text, true), fingerprint::pattern(&text));
        let mut text = b"SELECT /* x */ a FROM `t` WHERE b IN (1, 'it''s', (2,3)) AND c = -5 -- end".to_vec();
        damage(&mut stream, &mut text);
        let _ = (fingerprint::sql(&text, false), fingerprint::sql(&text, true));
    }
    println!("{round} rounds from seed {seed}");
}
