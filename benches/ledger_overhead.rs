//! Question: what does it cost to be looked on by the ledger, and how much can it follow?
//!
//! `cargo bench --bench ledger_overhead` prints, in about half a minute: what a ledger that looks on adds to a round
//! trip of a MySQL query (nothing injected; runs with and without alternate, and the best median of each counts), and how
//! many calls, events and bytes a second the ledger follows by itself on one core.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use longhaul::ledger::{Event, Ledger, Seen, Speaks};
use longhaul::link::{Direction, LinkKind};
use longhaul::measure::Hist;
use longhaul::protocol::cursor::put_lenenc;
use longhaul::protocol::mysql::capability::{DEPRECATE_EOF, PLUGIN_AUTH, PROTOCOL_41, SECURE_CONNECTION};
use longhaul::protocol::mysql::command::Command;
use longhaul::protocol::mysql::execute::Cell;
use longhaul::protocol::mysql::handshake::{Greeting, Login};
use longhaul::protocol::mysql::reply::{Done, Header};
use longhaul::protocol::mysql::{column::Column, packet, row};
use longhaul::proxy::{Proxy, RouteSpec, Taps};
use longhaul::scenario::{Congestion, Jitter, Link};
use longhaul::seed::Seed;
use longhaul::timer::Clock;
use longhaul::units::{Fraction, Nanos, Rtt};

const CAPABILITIES: u32 = PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH | DEPRECATE_EOF | 1;
const CALLS: u64 = 100_000;
const RUNS: usize = 5;
const RUN: Duration = Duration::from_millis(1_500);

fn main() {
    overhead();
    println!("\nthe ledger by itself, one core, {CALLS} calls");
    follow("MySQL, 1 row", mysql_calls(1));
    follow("MySQL, 100 rows", mysql_calls(100));
    follow("Memcached, 1 key", memcached_calls(1));
    follow("Memcached, 100 keys", memcached_calls(100));
}

fn made(put: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out);
    out
}

fn messages(mut sequence: u8, payloads: &[Vec<u8>]) -> Vec<u8> {
    made(|out| payloads.iter().for_each(|p| packet::put(out, &mut sequence, |out| out.extend_from_slice(p))))
}

fn greeting() -> Vec<u8> {
    let greeting = Greeting {
        version: "8.0".into(),
        connection: 1,
        salt: [7; 20],
        capabilities: CAPABILITIES,
        collation: 45,
        status: 2,
        plugin: "mysql_native_password".into(),
    };
    messages(0, &[made(|out| greeting.put(out))])
}

fn login() -> Vec<u8> {
    let login = Login { capabilities: CAPABILITIES, user: "me".into(), proof: vec![9; 20], ..Login::default() };
    messages(1, &[made(|out| login.put(out))])
}

fn ok(sequence: u8) -> Vec<u8> {
    messages(sequence, &[made(|out| Done::default().put(out, Header::Answer))])
}

/// A query of a page: about 100 bytes, another value each time.
fn query(n: u64) -> Vec<u8> {
    let text = format!(
        "SELECT id, title, body FROM articles WHERE site_id = {} AND slug = 'an-article-{n:08}' AND deleted = 0 LIMIT 1",
        n % 7
    );
    messages(0, &[made(|out| Command::Query(text.as_bytes()).put(out))])
}

fn rows(rows: usize) -> Vec<u8> {
    let mut all = vec![made(|out| put_lenenc(out, 2))];
    all.extend(["id", "title"].map(|name| made(|out| Column::text(name).put(out))));
    let cells = [Cell::UInt(7), Cell::Bytes(vec![b'x'; 80])];
    all.extend((0..rows).map(|_| made(|out| row::put_text(out, &cells))));
    all.push(made(|out| Done::default().put(out, Header::EndOfRows)));
    messages(1, &all)
}

/// Answers one connection after another, each query with the same rows.
fn serve(listener: &TcpListener, reply: &[u8]) {
    let length = query(0).len();
    for stream in listener.incoming() {
        let mut stream = stream.expect("a connection");
        stream.set_nodelay(true).expect("nodelay");
        let mut buffer = vec![0; length.max(login().len())];
        let mut talk = || -> std::io::Result<()> {
            stream.write_all(&greeting())?;
            stream.read_exact(&mut buffer[..login().len()])?;
            stream.write_all(&ok(2))?;
            loop {
                stream.read_exact(&mut buffer[..length])?;
                stream.write_all(reply)?;
            }
        };
        // It ends when the client does.
        let _ = talk();
    }
}

/// Round trips of one query after the other.
fn ask(addr: SocketAddr, reply: usize) -> Hist {
    let mut stream = TcpStream::connect(addr).expect("connects");
    stream.set_nodelay(true).expect("nodelay");
    let mut buffer = vec![0; reply.max(greeting().len())];
    stream.read_exact(&mut buffer[..greeting().len()]).expect("a greeting");
    stream.write_all(&login()).expect("logs in");
    stream.read_exact(&mut buffer[..ok(2).len()]).expect("an answer");
    let (mut all, start) = (Hist::new(), Instant::now());
    for n in 0.. {
        let query = query(n % 1_000);
        let sent = Instant::now();
        stream.write_all(&query).expect("asks");
        stream.read_exact(&mut buffer[..reply]).expect("is answered");
        if n >= 100 {
            all.record(sent.elapsed().into());
        }
        if start.elapsed() > RUN {
            break;
        }
    }
    all
}

/// A run through a proxy, with or without somebody who looks on every 5 ms.
fn run(upstream: SocketAddr, reply: usize, looked_on: bool) -> Hist {
    let proxy = Proxy::start(Clock::start(), LinkKind::Stream).expect("a proxy");
    let (jitter, loss, congestion) = (Jitter::None, Fraction(0.0), Congestion::Cubic);
    let link = Link { rtt: Rtt(Nanos::ZERO), jitter, loss, bandwidth: None, congestion };
    let link = proxy.link(&link, Seed(1), "bench").expect("a link");
    let taps = Taps::default();
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let tap = looked_on.then(|| taps.tap(0));
    let route = proxy.route(RouteSpec { link, listen, upstream, tap }).expect("a route");
    let stop = Arc::new(AtomicBool::new(false));
    let reader = {
        let stop = Arc::clone(&stop);
        thread::spawn(move || {
            let mut ledger = Ledger::new();
            ledger.route(0, "store", Speaks::Auto);
            while !stop.load(Ordering::Relaxed) {
                taps.take().into_iter().for_each(|seen| ledger.see(seen));
                thread::sleep(Duration::from_millis(5));
            }
            taps.take().into_iter().for_each(|seen| ledger.see(seen));
            ledger.view().sums.calls
        })
    };
    let hist = ask(route.addr(), reply);
    stop.store(true, Ordering::Relaxed);
    let calls = reader.join().expect("the reader ends");
    assert!(!looked_on || calls >= hist.count(), "all calls were seen: {calls} of {}", hist.count());
    hist
}

fn overhead() {
    println!("a round trip of one query, nothing injected, one connection");
    for count in [1, 100] {
        let reply = rows(count);
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let upstream = listener.local_addr().expect("bound");
        let length = reply.len();
        thread::spawn(move || serve(&listener, &reply));
        let mut best = [u64::MAX; 2];
        for _ in 0..RUNS {
            for (best, looked_on) in best.iter_mut().zip([false, true]) {
                *best = (*best).min(run(upstream, length, looked_on).at(0.5));
            }
        }
        let [without, with] = best.map(|ns| ns as f64 / 1e3);
        println!(
            "  {count:>3} rows, {length:>5} bytes: p50 {without:.1} µs without, {with:.1} µs with, added {:.1} µs (target 20)",
            with - without
        );
    }
}

/// A connection's events: each request is answered after 1 ms.
fn events(first: Event, calls: impl Iterator<Item = (Vec<u8>, Vec<u8>)>) -> Vec<Seen> {
    let seen = |event| Seen { route: 0, connection: 0, event };
    let mut all = vec![seen(Event::Opened { at: Nanos(0) }), seen(Event::Dialled { at: Nanos(30) }), seen(first)];
    for (n, (up, down)) in (1..).zip(calls) {
        for (direction, data, part) in [(Direction::Up, up, 0), (Direction::Down, down, 500_000)] {
            let sent = Nanos::from_millis(n) + Nanos(part);
            let arrives = sent + Nanos(250_000);
            all.push(seen(Event::Bytes { direction, sent, first_arrives: arrives, arrives, data: data.into() }));
        }
    }
    all
}

fn bytes(direction: Direction, data: Vec<u8>) -> Event {
    let (sent, arrives) = (Nanos(100), Nanos(200));
    Event::Bytes { direction, sent, first_arrives: arrives, arrives, data: data.into() }
}

fn mysql_calls(count: usize) -> Vec<Seen> {
    let reply = rows(count);
    let calls = (0..CALLS).map(move |n| (query(n), reply.clone()));
    events(bytes(Direction::Down, greeting()), std::iter::once((login(), ok(2))).chain(calls))
}

fn memcached_calls(keys: u64) -> Vec<Seen> {
    let calls = (0..CALLS).map(move |n| {
        let all = (0..keys).map(|key| format!("article:{}", n * 1_000 + key));
        let found: Vec<_> = all.clone().map(|key| format!("VALUE {key} 0 20\r\n{}\r\n", "v".repeat(20))).collect();
        (
            format!("get {}\r\n", all.collect::<Vec<_>>().join(" ")).into_bytes(),
            format!("{}END\r\n", found.concat()).into_bytes(),
        )
    });
    events(bytes(Direction::Up, b"verbosity 1 noreply\r\n".to_vec()), calls)
}

fn follow(name: &str, all: Vec<Seen>) {
    let (count, size) = (all.len(), all.iter().map(size).sum::<usize>());
    let mut ledger = Ledger::new();
    ledger.route(0, "store", Speaks::Auto);
    let start = Instant::now();
    for seen in all {
        ledger.see(seen);
    }
    let seconds = start.elapsed().as_secs_f64();
    let sums = ledger.view().sums;
    assert!(sums.calls >= CALLS && sums.round_trips >= CALLS, "all were told apart: {sums:?}");
    println!(
        "  {name:<20} {:.2} s ({:.0} calls/s, {:.0} events/s, {:.0} MB/s)",
        seconds,
        CALLS as f64 / seconds,
        count as f64 / seconds,
        size as f64 / 1e6 / seconds
    );
}

fn size(seen: &Seen) -> usize {
    if let Event::Bytes { data, .. } = &seen.event { data.len() } else { 0 }
}
