//! The stand-ins, driven by the drivers that the live engine uses.

mod stores;

use std::time::{Duration, Instant};

use longhaul::plan::script::ScriptSql;
use longhaul::scenario::{MemcachedStore, MysqlStore, Prepared, Scenario};
use longhaul::server::{Backends, Endpoint};
use longhaul::units::{Bytes, Nanos};
use longhaul::workset::keys;
use longhaul::workset::sql::{Param, statement};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Params, Row, Value};
use stores::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufWriter};
use tokio::net::TcpStream;

fn both() -> (Scenario, Backends) {
    let scenario = scenario(database(), cache());
    let backends = stand_in(&scenario);
    (scenario, backends)
}

/// Sends a call as the live engine does: as text, or prepared with parameters.
async fn send(conn: &mut Conn, call: &ScriptSql, journey: u64) -> Result<Vec<Row>, Error> {
    let made = statement(call, journey, true);
    if call.prepared == Prepared::No {
        return conn.query(made.text).await;
    }
    let value = |param: Param| match param {
        Param::Int(n) => Value::UInt(n),
        Param::Bytes(bytes) => Value::Bytes(bytes),
    };
    let params: Vec<Value> = made.params.into_iter().map(value).collect();
    conn.exec(made.text, if params.is_empty() { Params::Empty } else { Params::Positional(params) }).await
}

fn code(error: Error) -> u16 {
    match error {
        Error::Server(error) => error.code,
        other => panic!("not an answer of the server: {other}"),
    }
}

#[tokio::test]
async fn rows_and_sizes_are_as_asked() {
    let (_, backends) = both();
    let mut conn = connect(backends.endpoint(DB)).await;
    for prepared in [Prepared::No, Prepared::Cached] {
        for (rows, size) in [(0, 100), (1, 300), (50, 20), (3, 70_000), (2, 2_000_000)] {
            let got = send(&mut conn, &read(rows, size, prepared), 7).await.expect("rows");
            assert_eq!(got.len(), rows as usize);
            for row in got {
                let (id, payload): (u32, Vec<u8>) = mysql_async::from_row(row);
                let fixed = if prepared == Prepared::No { 4 + 1 + 7 } else { 4 + 2 + 4 };
                let prefix = match payload.len() {
                    0..=250 => 1,
                    251..=65_535 => 3,
                    _ => 4,
                };
                assert_eq!(fixed + prefix + payload.len() as u64, size, "id {id}");
            }
        }
        send(&mut conn, &write(500, prepared), 7).await.expect("written");
        assert_eq!(conn.affected_rows(), 1);
        let refused = ScriptSql { refused: true, ..write(500, prepared) };
        assert_eq!(code(send(&mut conn, &refused, 7).await.expect_err("read-only")), 1290);
        send(&mut conn, &ScriptSql { sql: Some("SELECT my FROM own WHERE a = 1".into()), ..read(4, 50, prepared) }, 7)
            .await
            .map(|rows| assert_eq!(rows.len(), 4))
            .expect("a user's statement");
    }
    assert_eq!(code(conn.query_drop("SELECT my FROM own").await.expect_err("no hint")), 1064);
    conn.disconnect().await.expect("goodbye");
}

#[tokio::test]
async fn the_drivers_own_commands_work() {
    let (_, backends) = both();
    let mut conn = connect(backends.endpoint(DB)).await;
    conn.ping().await.expect("ping");
    let mut result = conn.query_iter("SELECT 1; SELECT 2; SELECT 3").await.expect("several");
    let mut several: Vec<u8> = Vec::new();
    while !result.is_empty() {
        several.extend(result.collect::<u8>().await.expect("rows"));
    }
    assert_eq!(several, [1, 2, 3]);
    drop(result);
    conn.query_drop("SET NAMES utf8mb4; BEGIN; ROLLBACK;").await.expect("several without rows");
    conn.reset().await.expect("reset");
    conn.change_user(mysql_async::ChangeUserOpts::default()).await.expect("change of user");
    let statement = conn.prep("SELECT ?, DATABASE()").await.expect("prepared");
    let row: Option<(u32, Option<String>)> = conn.exec_first(&statement, (5,)).await.expect("executed");
    assert_eq!(row.map(|row| row.0), Some(5));
    conn.close(statement).await.expect("closed");
    // Without the settings that spare it, the driver asks for them.
    let endpoint = backends.endpoint(DB);
    let asking = options(endpoint).max_allowed_packet(None).wait_timeout(None);
    Conn::new(asking).await.expect("connects").disconnect().await.expect("goodbye");
}

#[tokio::test]
async fn service_times_are_never_cut_short() {
    let ms = Nanos::from_millis;
    let slow = MysqlStore { read: ms(4).into(), write: ms(8).into(), commit: ms(12).into(), ..database() };
    let scenario = scenario(slow, MemcachedStore { service: ms(3).into(), ..cache() });
    let backends = stand_in(&scenario);
    let mut conn = connect(backends.endpoint(DB)).await;
    let took = |start: Instant, least: u64| {
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(least) && took < Duration::from_millis(least + 500), "{took:?}, {least}");
    };
    let now = Instant::now;
    let start = now();
    send(&mut conn, &read(1, 100, Prepared::No), 1).await.expect("read");
    took(start, 4);
    let start = now();
    send(&mut conn, &write(100, Prepared::No), 1).await.expect("written");
    took(start, 8);
    let start = now();
    conn.query_drop("BEGIN").await.expect("begin");
    conn.query_drop("COMMIT").await.expect("commit");
    took(start, 12);
    let own = ScriptSql { service: Some(ms(20)), ..read(1, 100, Prepared::No) };
    let start = now();
    send(&mut conn, &own, 1).await.expect("read");
    took(start, 20);
    let mut stream = TcpStream::connect(backends.endpoint(CACHE).addr).await.expect("connects");
    let start = now();
    stream.write_all(b"get a\r\nget b\r\n").await.expect("sent");
    let mut reply = [0; 10];
    stream.read_exact(&mut reply).await.expect("answered");
    took(start, 6);
    let lateness = backends.lateness();
    assert_eq!(lateness.count(), 5, "one for each wait: {lateness:?}");
}

/// Sends calls on connections of their own at once; gives how long it took until each was answered, shortest first.
async fn at_once(endpoint: &Endpoint, calls: Vec<ScriptSql>) -> Vec<Duration> {
    let mut ready = Vec::new();
    for call in calls {
        ready.push((connect(endpoint).await, call));
    }
    let start = Instant::now();
    let tasks: Vec<_> = ready
        .into_iter()
        .zip(1..)
        .map(|((mut conn, call), journey)| {
            tokio::spawn(async move {
                send(&mut conn, &call, journey).await.expect("answered");
                start.elapsed()
            })
        })
        .collect();
    let mut took = Vec::new();
    for task in tasks {
        took.push(task.await.expect("no panic"));
    }
    took.sort();
    took
}

#[tokio::test]
async fn calls_wait_for_their_turn() {
    let ms = Nanos::from_millis;
    let one = MysqlStore { concurrency: Some(2), read: ms(20).into(), ..database() };
    let scenario = scenario(one, MemcachedStore { concurrency: Some(1), service: ms(5).into(), ..cache() });
    let backends = stand_in(&scenario);
    let took = at_once(backends.endpoint(DB), vec![read(1, 100, Prepared::No); 5]).await;
    for (took, least) in took.iter().zip([20, 20, 40, 40, 60]) {
        assert!(
            *took >= Duration::from_millis(least) && *took < Duration::from_millis(least + 500),
            "{took:?}, {least}"
        );
    }
    let addr = backends.endpoint(CACHE).addr;
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(TcpStream::connect(addr).await.expect("connects"));
    }
    let start = Instant::now();
    for stream in &mut streams {
        stream.write_all(b"get a\r\nget b\r\n").await.expect("sent");
    }
    for stream in &mut streams {
        stream.read_exact(&mut [0; 10]).await.expect("answered");
    }
    assert!(start.elapsed() >= Duration::from_millis(30), "{:?}", start.elapsed());
}

#[tokio::test]
async fn who_waits_for_a_row_holds_no_turn() {
    let scenario = scenario(MysqlStore { concurrency: Some(1), ..database() }, cache());
    let backends = stand_in(&scenario);
    let (mut first, mut second) = two(backends.endpoint(DB)).await;
    let locked = locking(2, write(100, Prepared::No));
    first.query_drop("BEGIN").await.expect("begin");
    send(&mut first, &locked, 1).await.expect("locked");
    let wanted = locked.clone();
    let waiting = tokio::spawn(async move { send(&mut second, &wanted, 2).await.map(|_| second) });
    tokio::time::sleep(Duration::from_millis(50)).await;
    // The only turn is free: the holder of the row goes on.
    send(&mut first, &read(1, 100, Prepared::No), 1).await.expect("read");
    first.query_drop("COMMIT").await.expect("commit");
    waiting.await.expect("no panic").expect("had at last");
}

#[tokio::test]
async fn times_are_told_or_drawn() {
    let ms = Nanos::from_millis;
    let drawn = longhaul::scenario::RandomTime::Exponential(ms(2));
    let slow = MysqlStore { read: drawn, commit: drawn, ..database() };
    let scenario = scenario(slow, MemcachedStore { service: drawn, ..cache() });
    let backends = stand_in(&scenario);
    let mut conn = connect(backends.endpoint(DB)).await;
    // A kept statement carries another time each time.
    for time in [30, 1, 40] {
        let told = ScriptSql { service: Some(ms(time)), ..read(2, 100, Prepared::Cached) };
        let start = Instant::now();
        assert_eq!(send(&mut conn, &told, 1).await.expect("read").len(), 2);
        assert!(start.elapsed() >= Duration::from_millis(time), "{:?}", start.elapsed());
    }
    conn.query_drop("BEGIN").await.expect("begin");
    let start = Instant::now();
    conn.query_drop(longhaul::workset::sql::commit(Some(ms(30)))).await.expect("commit");
    assert!(start.elapsed() >= Duration::from_millis(30), "{:?}", start.elapsed());
    // What is not told is drawn: twenty draws of 2 ms on average take 3 ms together but once in 10^8 times.
    let start = Instant::now();
    for _ in 0..20 {
        send(&mut conn, &read(1, 100, Prepared::No), 1).await.expect("read");
    }
    assert!(start.elapsed() >= Duration::from_millis(3), "{:?}", start.elapsed());
    let mut stream = TcpStream::connect(backends.endpoint(CACHE).addr).await.expect("connects");
    let start = Instant::now();
    stream.write_all(&b"get a\r\n".repeat(20)).await.expect("sent");
    stream.read_exact(&mut [0; 100]).await.expect("answered");
    assert!(start.elapsed() >= Duration::from_millis(3), "{:?}", start.elapsed());
}

async fn two(endpoint: &Endpoint) -> (Conn, Conn) {
    (connect(endpoint).await, connect(endpoint).await)
}

#[tokio::test]
async fn a_locked_row_is_waited_for_until_the_commit() {
    let (_, backends) = both();
    let (mut first, mut second) = two(backends.endpoint(DB)).await;
    let locked = locking(2, read(3, 100, Prepared::No));
    for (journey, end) in [(1, "COMMIT"), (2, "ROLLBACK"), (3, "SET autocommit = 1")] {
        first.query_drop(if end.starts_with("SET") { "SET autocommit = 0" } else { "BEGIN" }).await.expect("begin");
        assert_eq!(send(&mut first, &locked, journey).await.expect("locked").len(), 3);
        // Other rows are free, and so are reads without a lock.
        second.query_drop("BEGIN").await.expect("begin");
        send(&mut second, &locking(1, locked.clone()), 9).await.expect("another row");
        send(&mut second, &read(1, 100, Prepared::No), 1).await.expect("read");
        let wanted = locking(2, write(100, Prepared::Each));
        let waiting = tokio::spawn(async move {
            send(&mut second, &wanted, 9).await.expect("had at last");
            second.query_drop("COMMIT").await.expect("commit");
            second
        });
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!waiting.is_finished(), "{end}");
        first.query_drop(end).await.expect("ends");
        second = waiting.await.expect("no panic");
    }
}

#[tokio::test]
async fn a_lock_goes_with_its_connection() {
    let (_, backends) = both();
    let (mut first, mut second) = two(backends.endpoint(DB)).await;
    let locked = locking(0, write(10, Prepared::No));
    first.query_drop("BEGIN").await.expect("begin");
    send(&mut first, &locked, 1).await.expect("locked");
    let waiting = tokio::spawn(async move { send(&mut second, &locked, 2).await.map(drop) });
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert!(!waiting.is_finished());
    drop(first);
    waiting.await.expect("no panic").expect("had");
}

#[tokio::test]
async fn a_circle_of_waiters_is_a_deadlock() {
    let (_, backends) = both();
    let (mut first, mut second) = two(backends.endpoint(DB)).await;
    let row = |slot| locking(slot, write(10, Prepared::No));
    for conn in [&mut first, &mut second] {
        conn.query_drop("BEGIN").await.expect("begin");
    }
    send(&mut first, &row(0), 1).await.expect("locked");
    send(&mut second, &row(1), 2).await.expect("locked");
    let waiting = tokio::spawn(async move { send(&mut first, &row(1), 1).await.map(drop) });
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(code(send(&mut second, &row(0), 2).await.expect_err("a circle")), 1213);
    waiting.await.expect("no panic").expect("the other goes on");
}

#[tokio::test]
async fn one_connection_too_many_is_refused() {
    let few =
        scenario(MysqlStore { max_connections: 2, ..database() }, MemcachedStore { max_connections: 1, ..cache() });
    let backends = stand_in(&few);
    let (first, _second) = two(backends.endpoint(DB)).await;
    let refused = Conn::new(options(backends.endpoint(DB))).await.expect_err("one too many");
    assert_eq!(code(refused), 1040);
    first.disconnect().await.expect("goodbye");
    tokio::time::sleep(Duration::from_millis(50)).await;
    connect(backends.endpoint(DB)).await;

    let addr = backends.endpoint(CACHE).addr;
    let _held = TcpStream::connect(addr).await.expect("connects");
    tokio::time::sleep(Duration::from_millis(20)).await;
    let mut refused = TcpStream::connect(addr).await.expect("connects");
    let mut said = String::new();
    refused.read_to_string(&mut said).await.expect("told");
    assert_eq!(said, "ERROR Too many open connections\r\n");
}

#[tokio::test]
async fn the_cache_driver_finds_what_was_loaded() {
    let (scenario, backends) = both();
    backends.prepare(&scenario).await.expect("prepared");
    let stream = TcpStream::connect(backends.endpoint(CACHE).addr).await.expect("connects");
    stream.set_nodelay(true).expect("set");
    let mut client = memcache_async::ascii::Protocol::new(BufWriter::new(stream));
    let names: Vec<String> = (0..100).map(|n| keys::hit(Bytes(100), n)).collect();
    let found = client.get_multi(&names).await.expect("answered");
    assert!(found.len() == 100 && found.values().all(|value| value.len() == 100));
    let missing = client.get(keys::miss(1, 1)).await.expect_err("a miss");
    assert_eq!(missing.kind(), std::io::ErrorKind::NotFound);
    assert_eq!(client.increment(keys::counter(3), 5).await.expect("counted"), 5);
    client.add(&keys::scratch(1, 1), b"x".as_slice(), 0).await.expect("added");
    assert!(client.version().await.expect("version").contains("longhaul"));
}

#[tokio::test]
async fn shutdown_ends_connections_and_frees_the_port() {
    let (_, backends) = both();
    let addr = backends.endpoint(DB).addr;
    let mut conn = connect(backends.endpoint(DB)).await;
    backends.shutdown();
    conn.ping().await.expect_err("gone");
    TcpStream::connect(addr).await.expect_err("nobody listens");
}

#[tokio::test]
async fn nonsense_harms_nobody_else() {
    let (_, backends) = both();
    let mut stream = longhaul::seed::Seed(3).stream("nonsense", 0);
    for addr in [backends.endpoint(DB).addr, backends.endpoint(CACHE).addr] {
        for round in 0..60_usize {
            let mut client = TcpStream::connect(addr).await.expect("connects");
            let mut bytes: Vec<u8> = (0..round * 40).map(|_| rand::RngExt::random(&mut stream)).collect();
            if round % 2 == 0 {
                // A login that is let in, so that commands are reached, and short packets behind it.
                bytes.splice(0..0, [36, 0, 0, 1, 0, 0x82, 0, 0].into_iter().chain([0; 32]));
                bytes.iter_mut().skip(40).step_by(5).for_each(|byte| *byte %= 32);
            }
            // It may be hung up on in the middle of it.
            drop(client.write_all(&bytes).await);
            drop(client.shutdown().await);
            drop(
                tokio::time::timeout(Duration::from_secs(5), client.read_to_end(&mut Vec::new())).await.expect("ends"),
            );
        }
    }
    connect(backends.endpoint(DB)).await.ping().await.expect("still there");
    let mut client = TcpStream::connect(backends.endpoint(CACHE).addr).await.expect("connects");
    client.write_all(b"get a\r\n").await.expect("sent");
    let mut reply = [0; 5];
    client.read_exact(&mut reply).await.expect("still there");
}
