//! Spawned and own servers: the same calls on a real MariaDB and Memcached as on the stand-ins.

mod stores;

use std::time::Duration;

use longhaul::plan::script::ScriptSql;
use longhaul::scenario::{MysqlStore, Prepared};
use longhaul::server::{Backends, OwnServers, ServerError};
use longhaul::units::Bytes;
use longhaul::workset::keys;
use longhaul::workset::sql::{Param, statement};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Params, Row, Value};
use stores::*;
use tokio::io::BufWriter;
use tokio::net::TcpStream;

async fn send(conn: &mut Conn, call: &ScriptSql, journey: u64, hints: bool) -> Result<Vec<Row>, Error> {
    let made = statement(call, journey, hints);
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

/// What a call brings, in a form that two servers can be compared by.
async fn outcome(conn: &mut Conn, call: &ScriptSql, journey: u64, hints: bool) -> String {
    match send(conn, call, journey, hints).await {
        Ok(rows) => {
            let rows: Vec<(u32, usize)> = rows
                .into_iter()
                .map(|row| {
                    let (id, payload): (u32, Vec<u8>) = mysql_async::from_row(row);
                    (id, payload.len())
                })
                .collect();
            format!("{rows:?}, {} affected", conn.affected_rows())
        }
        Err(Error::Server(error)) => format!("error {} {}", error.code, error.state),
        Err(other) => panic!("{other}"),
    }
}

fn calls() -> Vec<ScriptSql> {
    let mut all = Vec::new();
    for prepared in [Prepared::No, Prepared::Each, Prepared::Cached] {
        let mut some = vec![ScriptSql { refused: true, ..write(300, prepared) }];
        some.extend([0, 1, 2, 50].map(|rows| read(rows, 300, prepared)));
        some.extend([0, 1, 100, 100_000].map(|size| write(size, prepared)));
        all.extend(some.iter().cloned().map(|call| locking(3, call)));
        all.extend(some);
    }
    all
}

#[tokio::test]
async fn a_real_server_answers_as_the_stand_in_does() {
    let scenario = scenario(database(), cache());
    let real = Backends::spawn(&scenario).await.expect("servers start");
    let stand_in = stand_in(&scenario);
    real.prepare(&scenario).await.expect("seeded");
    assert!(real.endpoint(DB).version.contains("MariaDB"), "{:?}", real.endpoint(DB));
    assert!(real.endpoint(CACHE).version.starts_with("memcached 1."), "{:?}", real.endpoint(CACHE));
    let mut conns = [connect(real.endpoint(DB)).await, connect(stand_in.endpoint(DB)).await];
    for (journey, call) in calls().iter().enumerate() {
        for transaction in [false, true] {
            let mut found = Vec::new();
            for (hints, conn) in [false, true].into_iter().zip(&mut conns) {
                if transaction {
                    conn.query_drop("BEGIN").await.expect("begin");
                }
                found.push(outcome(conn, call, journey as u64, hints).await);
                if transaction {
                    conn.query_drop("COMMIT").await.expect("commit");
                }
            }
            assert_eq!(found[0], found[1], "real and stand-in differ for {call:?}");
        }
    }
    // A second preparation finds its own schema, and makes it anew.
    real.prepare(&scenario).await.expect("seeded again");
    let written: Option<u32> = conns[0].query_first("SELECT SUM(writes) FROM longhaul.items").await.expect("read");
    assert_eq!(written, Some(0));
}

/// Whether two calls, each in a transaction of its own, wait for each other.
async fn collide(backends: &Backends, first: &ScriptSql, second: &ScriptSql, hints: bool) -> bool {
    let (mut one, mut two) = (connect(backends.endpoint(DB)).await, connect(backends.endpoint(DB)).await);
    for conn in [&mut one, &mut two] {
        conn.query_drop("BEGIN").await.expect("begin");
    }
    send(&mut one, first, 1, hints).await.expect("done");
    let waited = tokio::time::timeout(Duration::from_millis(300), send(&mut two, second, 2, hints)).await;
    one.query_drop("COMMIT").await.expect("commit");
    match waited {
        Ok(done) => done.map(|_| false).expect("done"),
        Err(_) => true,
    }
}

#[tokio::test]
async fn the_same_rows_are_locked() {
    let scenario = scenario(database(), cache());
    let real = Backends::spawn(&scenario).await.expect("servers start");
    real.prepare(&scenario).await.expect("seeded");
    let stand_in = stand_in(&scenario);
    let reading = |rows, slot| locking(slot, read(rows, 100, Prepared::No));
    let writing = |slot| locking(slot, write(100, Prepared::Each));
    for (first, second, wait) in [
        (reading(1, 0), reading(1, 0), true),
        (reading(1, 0), reading(1, 1), false),
        (reading(0, 0), reading(0, 0), true),
        (reading(0, 0), reading(1, 1), false),
        (reading(20, 0), reading(20, 0), true),
        (reading(20, 0), reading(20, 1), false),
        (reading(20, 0), write(100, Prepared::No), false),
        (reading(20, 0), read(20, 100, Prepared::No), false),
        (writing(2), writing(2), true),
        (writing(2), reading(3, 2), true),
        (writing(2), writing(3), false),
        (write(100, Prepared::No), write(100, Prepared::No), false),
    ] {
        for (backends, hints) in [(&real, false), (&stand_in, true)] {
            assert_eq!(
                collide(backends, &first, &second, hints).await,
                wait,
                "hints {hints}: {first:?} and {second:?}"
            );
        }
    }
}

#[tokio::test]
async fn caches_are_loaded_and_own_servers_respected() {
    let scenario = scenario(MysqlStore { max_connections: 50, ..database() }, cache());
    let spawned = Backends::spawn(&scenario).await.expect("servers start");
    let (db, cache) = (spawned.endpoint(DB), spawned.endpoint(CACHE).addr);
    let login = db.login.clone().expect("MySQL");
    let url = format!("mysql://{}:{}@127.0.0.1:{}/", login.user, login.password, db.addr.port());
    let servers = OwnServers { mysql: vec![format!("db={url}")], memcached: vec![cache.to_string()] };
    let own = Backends::own(&scenario, &servers).await.expect("reached");
    assert_eq!(own.endpoint(DB).version, db.version);

    // Somebody else's schema of that name stays as it is.
    let mut conn = connect(db).await;
    conn.query_drop("CREATE DATABASE longhaul").await.expect("made");
    conn.query_drop("CREATE TABLE longhaul.precious (id INT)").await.expect("made");
    for refused in [own.prepare(&scenario).await, own.drop_schema().await] {
        assert!(matches!(refused, Err(ServerError::NotOurs { .. })), "{refused:?}");
    }
    let tables: Vec<String> = conn.query("SHOW TABLES FROM longhaul").await.expect("shown");
    assert_eq!(tables, ["precious"]);
    conn.query_drop("DROP TABLE longhaul.precious").await.expect("dropped");

    own.prepare(&scenario).await.expect("an empty schema is taken");
    own.drop_schema().await.expect("dropped");
    own.drop_schema().await.expect("nothing to drop");
    let schemas: Vec<String> = conn.query("SHOW DATABASES LIKE 'longhaul'").await.expect("shown");
    assert!(schemas.is_empty());

    let stream = TcpStream::connect(cache).await.expect("connects");
    stream.set_nodelay(true).expect("set");
    let mut client = memcache_async::ascii::Protocol::new(BufWriter::new(stream));
    let value = client.get(keys::hit(Bytes(100), 12_345)).await.expect("loaded");
    assert_eq!(value.len(), 100);
    assert_eq!(client.increment(keys::counter(0), 1).await.expect("a number"), 1);
}

#[tokio::test]
async fn what_cannot_be_reached_is_told() {
    let scenario = scenario(database(), cache());
    let own = |mysql: &[&str], memcached: &[&str]| {
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect();
        OwnServers { mysql: texts(mysql), memcached: texts(memcached) }
    };
    let url = "mysql://a:b@127.0.0.1:1/";
    for (servers, says) in [
        (own(&[], &["127.0.0.1:1"]), "the store `db` has no server: give its address with --mysql"),
        (own(&[url, "nobody=mysql://a:b@h/"], &["127.0.0.1:1"]), "no such store of that kind as `nobody`"),
        (own(&["mysqll://a:secret@h/"], &["127.0.0.1:1"]), "`mysqll://a:…@h/` is no address of a server"),
        (own(&[url], &["127.0.0.1:1"]), "the MySQL server at 127.0.0.1:1"),
    ] {
        let error = Backends::own(&scenario, &servers).await.expect_err(says).to_string();
        assert!(error.contains(says) && !error.contains("secret"), "{error}");
    }
}
