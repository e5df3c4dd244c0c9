//! What the tests of stores share: a scenario of two stores, and clients for them.

#![allow(dead_code, unreachable_pub, reason = "each test file has this as a module, and uses its own part of it")]

use std::process::{Command, Output};

use longhaul::plan::script::ScriptSql;
use longhaul::scenario::{
    Call, Get, Journey, MemcachedStore, MysqlStore, Prepared, Query, Request, RowLock, Scenario, ServiceTime, Site,
    SiteId, Step, Store, StoreId, StoreKind, Transaction,
};
use longhaul::seed::Seed;
use longhaul::server::{Backends, Endpoint};
use longhaul::timer::{Clock, Timer};
use longhaul::units::{Bytes, Fraction};
use mysql_async::{Conn, OptsBuilder};

pub const DB: StoreId = StoreId(0);
pub const CACHE: StoreId = StoreId(1);

pub fn database() -> MysqlStore {
    let none = ServiceTime::ZERO;
    MysqlStore { max_connections: 200, concurrency: None, read: none, write: none, commit: none }
}

pub fn cache() -> MemcachedStore {
    MemcachedStore { max_connections: 200, concurrency: None, service: ServiceTime::ZERO, memory: Bytes(64 << 20) }
}

/// Two stores, and a journey that needs cache values of 100 bytes, 50 rows and the hot rows `item` 0 to 3.
pub fn scenario(database: MysqlStore, cache: MemcachedStore) -> Scenario {
    let get = Get { keys: 1, size: Bytes(100), hit: Fraction::ONE, on_miss: Vec::new() };
    let query = Query { rows: 50, row_size: Bytes(100), prepared: Prepared::No, sql: None, service: None };
    let locked = Transaction {
        store: DB,
        locks: Some(RowLock { name: "item".into(), rows: 4 }),
        steps: vec![Step::Call(Call { store: DB, request: Request::Query(query) })],
    };
    let steps = vec![Step::Call(Call { store: CACHE, request: Request::Get(get) }), Step::Transaction(locked)];
    let store = |name: &str, kind| Store { name: name.into(), kind, site: SiteId(0), copy_of: None };
    Scenario {
        name: "stores".into(),
        about: String::new(),
        seed: Seed(1),
        sites: vec![Site { name: "here".into(), about: String::new() }],
        links: longhaul::scenario::Links::default(),
        stores: vec![store("db", StoreKind::Mysql(database)), store("cache", StoreKind::Memcached(cache))],
        platforms: Vec::new(),
        journeys: vec![Journey { name: "page".into(), steps }],
        workloads: Vec::new(),
        strategies: Vec::new(),
        mitigations: Vec::new(),
        expect: Vec::new(),
    }
}

pub fn timer() -> Timer {
    Timer::start(Clock::start()).expect("a timer starts")
}

pub fn stand_in(scenario: &Scenario) -> Backends {
    Backends::stand_in(scenario, &timer()).expect("stand-ins start")
}

pub fn options(endpoint: &Endpoint) -> OptsBuilder {
    let login = endpoint.login.clone().expect("a MySQL endpoint");
    OptsBuilder::default()
        .ip_or_hostname(endpoint.addr.ip().to_string())
        .tcp_port(endpoint.addr.port())
        .user(Some(login.user))
        .pass(Some(login.password))
        .prefer_socket(false)
        .tcp_nodelay(true)
        .max_allowed_packet(Some(16 << 20))
        .wait_timeout(Some(28_800))
}

pub async fn connect(endpoint: &Endpoint) -> Conn {
    Conn::new(options(endpoint)).await.expect("connects")
}

pub fn read(rows: u32, row_size: u64, prepared: Prepared) -> ScriptSql {
    ScriptSql {
        write: false,
        rows,
        row_size: Bytes(row_size),
        prepared,
        sql: None,
        service: None,
        lock: None,
        refused: false,
    }
}

pub fn write(row_size: u64, prepared: Prepared) -> ScriptSql {
    ScriptSql { write: true, ..read(1, row_size, prepared) }
}

/// The call, taking a row of `item` first.
pub fn locking(slot: u32, call: ScriptSql) -> ScriptSql {
    ScriptSql { lock: Some(("item".into(), slot)), ..call }
}

/// Runs a program, which must be installed and succeed, and gives what it printed.
pub fn run(program: &str, args: &[&str]) -> String {
    let output = run_any(program, args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} failed: {said}{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn run_any(program: &str, args: &[&str]) -> Output {
    match Command::new(program).args(args).output() {
        Ok(output) => output,
        Err(error) => panic!("`{program}` must be installed for this test: {error}"),
    }
}
