//! How many requests a second do the stand-in stores answer, when nothing else limits them?
//!
//! The answer bounds what a live run can be asked for: a stand-in that is busy near this rate adds
//! waiting of its own, which the lateness of a run shows. 32 connections in closed loops over
//! loopback, no service time, no proxy; the clients are the leanest there can be (a prepared
//! request is written, the known length of the reply is read, without looking at it) and share the
//! machine's cores with the server. Best of several windows, for other load only ever lowers it; the
//! CPU time of the stand-in's thread per request hardly depends on other load. The same is asked of
//! MariaDB and memcached, if they are installed, for comparison.
//!
//! `cargo bench --bench standin`

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use longhaul::plan::script::ScriptSql;
use longhaul::protocol::mysql::command::Command;
use longhaul::protocol::mysql::handshake::Login;
use longhaul::protocol::mysql::{capability, packet};
use longhaul::scenario::{
    MemcachedStore, MysqlStore, Prepared, Scenario, ServiceTime, Site, SiteId, Store, StoreId, StoreKind,
};
use longhaul::seed::Seed;
use longhaul::server::Backends;
use longhaul::timer::{Clock, Timer};
use longhaul::units::Bytes;
use longhaul::workset::sql::statement;

const CONNECTIONS: usize = 32;
const WINDOW: Duration = Duration::from_secs(1);
const WINDOWS: usize = 5;

/// A request whose reply is always of the same length.
struct Exchange {
    request: Vec<u8>,
    reply: usize,
}

fn scenario() -> Scenario {
    let zero = ServiceTime::ZERO;
    let database = MysqlStore { max_connections: 100, concurrency: None, read: zero, write: zero, commit: zero };
    let cache = MemcachedStore { max_connections: 100, concurrency: None, service: zero, memory: Bytes(64 << 20) };
    let store = |name: &str, kind| Store { name: name.into(), kind, site: SiteId(0), copy_of: None };
    Scenario {
        name: "bench".into(),
        about: String::new(),
        seed: Seed(1),
        sites: vec![Site { name: "here".into(), about: String::new() }],
        links: longhaul::scenario::Links::default(),
        stores: vec![store("db", StoreKind::Mysql(database)), store("cache", StoreKind::Memcached(cache))],
        platforms: Vec::new(),
        journeys: Vec::new(),
        workloads: Vec::new(),
        strategies: Vec::new(),
        mitigations: Vec::new(),
        expect: Vec::new(),
    }
}

fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).expect("connects");
    stream.set_nodelay(true).expect("set");
    stream
}

/// Sends once and reads until nothing more comes: the length of the reply.
fn learn(stream: &mut TcpStream, request: &[u8]) -> usize {
    stream.write_all(request).expect("sent");
    stream.set_read_timeout(Some(Duration::from_millis(100))).expect("set");
    let mut buffer = vec![0; 1 << 16];
    let mut length = 0;
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        length += read;
    }
    stream.set_read_timeout(None).expect("set");
    length
}

fn log_in(addr: SocketAddr) -> TcpStream {
    let mut stream = connect(addr);
    let login = Login {
        capabilities: capability::PROTOCOL_41 | capability::SECURE_CONNECTION | capability::DEPRECATE_EOF,
        // Who has no password at a server that was just spawned.
        user: "root".into(),
        ..Login::default()
    };
    let mut request = Vec::new();
    packet::put(&mut request, &mut 1, |out| login.put(out));
    let mut greeting = [0; 4];
    stream.read_exact(&mut greeting).expect("greeted");
    let length = usize::from(greeting[0]);
    stream.read_exact(&mut vec![0; length]).expect("greeted");
    assert!(learn(&mut stream, &request) > 0);
    stream
}

/// Nanoseconds that the thread of a stand-in has run, as Linux counts them.
fn cpu(thread: &str) -> Option<u64> {
    for task in std::fs::read_dir("/proc/self/task").ok()?.flatten() {
        if std::fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.trim() == thread) {
            return std::fs::read_to_string(task.path().join("schedstat")).ok()?.split(' ').next()?.parse().ok();
        }
    }
    None
}

/// Requests a second of the best window, and requests of all windows.
///
/// One thread writes to every connection, then reads from every connection: all of them are waiting at
/// once, and the client costs two system calls a request and no switch of threads.
fn rate(mut streams: Vec<TcpStream>, exchange: &Exchange) -> (f64, u64) {
    let mut reply = vec![0; exchange.reply];
    let (mut best, mut all) = (0.0_f64, 0);
    for _ in 0..WINDOWS {
        let (mut done, start) = (0_u64, Instant::now());
        while start.elapsed() < WINDOW {
            for stream in &mut streams {
                stream.write_all(&exchange.request).expect("sent");
            }
            for stream in &mut streams {
                stream.read_exact(&mut reply).expect("answered");
            }
            done += streams.len() as u64;
        }
        best = best.max(done as f64 / start.elapsed().as_secs_f64());
        all += done;
    }
    (best, all)
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its result")]
fn measure(name: &str, open: impl Fn() -> TcpStream, request: Vec<u8>) {
    let mut streams: Vec<TcpStream> = (0..CONNECTIONS).map(|_| open()).collect();
    let reply = learn(&mut streams[0], &request);
    let exchange = Exchange { request, reply };
    let thread = if name.starts_with("MySQL") { "stand-in db" } else { "stand-in cache" };
    let before = cpu(thread);
    let (best, all) = rate(streams, &exchange);
    let each = cpu(thread).zip(before).map(|(after, before)| (after - before) as f64 / 1e3 / all as f64);
    let each = each.map_or_else(|| "?".to_owned(), |each| format!("{each:.2}"));
    println!("{name:<40} {best:>9.0}/s {each:>8} us CPU ({} B up, {} B down)", exchange.request.len(), exchange.reply);
}

fn query(call: &ScriptSql) -> Vec<u8> {
    let text = statement(call, 7, false).text;
    let mut request = Vec::new();
    packet::put(&mut request, &mut 0, |out| Command::Query(text.as_bytes()).put(out));
    request
}

fn measure_all(db: SocketAddr, cache: SocketAddr) {
    let read = ScriptSql {
        write: false,
        rows: 1,
        row_size: Bytes(100),
        prepared: Prepared::No,
        sql: None,
        service: None,
        lock: None,
        refused: false,
    };
    measure("MySQL, point select of 100 B", || log_in(db), query(&read));
    measure("MySQL, 100 rows of 100 B", || log_in(db), query(&ScriptSql { rows: 100, ..read.clone() }));
    measure("MySQL, update of 100 B", || log_in(db), query(&ScriptSql { write: true, ..read }));
    let set = format!("set key 0 0 100\r\n{}\r\n", "x".repeat(100));
    measure("Memcached, set of 100 B", || connect(cache), set.into_bytes());
    measure("Memcached, get of 100 B", || connect(cache), b"get key\r\n".to_vec());
    let many = format!("get{}\r\n", " key".repeat(50));
    measure("Memcached, get of 50 keys of 100 B", || connect(cache), many.into_bytes());
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its result")]
fn main() {
    let scenario = scenario();
    println!("{CONNECTIONS} connections, best of {WINDOWS} windows of {WINDOW:?}");
    println!("stand-ins:");
    let backends = Backends::stand_in(&scenario, &Timer::start(Clock::start()).expect("a timer")).expect("stand-ins");
    measure_all(backends.endpoint(StoreId(0)).addr, backends.endpoint(StoreId(1)).addr);
    backends.shutdown();

    println!("the real ones:");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let started = runtime.block_on(async {
        let backends = Backends::spawn(&scenario).await?;
        backends.prepare(&scenario).await.map(|()| backends)
    });
    match started {
        Ok(backends) => measure_all(backends.endpoint(StoreId(0)).addr, backends.endpoint(StoreId(1)).addr),
        Err(error) => println!("{error}"),
    }
}
