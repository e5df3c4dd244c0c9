//! The stand-ins, used by other people's clients: the mysql shell, PyMySQL, PHP's mysqli, PDO and
//! Memcached, pymemcache.

mod stores;

use longhaul::scenario::{Prepared, StoreId};
use longhaul::server::Backends;
use longhaul::workset::sql::statement;
use stores::*;

/// The system's, which has the packages python3-pymysql and python3-pymemcache.
const PYTHON: &str = "/usr/bin/python3";

fn both() -> (Backends, String, String) {
    let backends = stand_in(&scenario(database(), cache()));
    let port = |store: StoreId| backends.endpoint(store).addr.port().to_string();
    let (db, cache) = (port(DB), port(CACHE));
    (backends, db, cache)
}

fn shell<'a>(port: &'a str, sql: &'a str) -> [&'a str; 9] {
    ["--no-defaults", "-h127.0.0.1", "-P", port, "-ulonghaul", "-plonghaul", "longhaul", "-e", sql]
}

#[test]
fn the_mysql_shell_works() {
    let (_backends, port, _) = both();
    let read = statement(&read(2, 30, Prepared::No), 0, false).text;
    let write = statement(&write(30, Prepared::No), 0, false).text;
    let shown = |id: u32| format!("{id}\t{}\n", "x".repeat(17));
    for (sql, printed) in [
        ("SELECT 1 + 1 AS two", "two\n2\n".to_owned()),
        (
            "SHOW DATABASES; USE longhaul; SHOW TABLES LIKE 'i%'",
            "Database\nlonghaul\nTables_in_longhaul\nitems\n".into(),
        ),
        (&read, format!("id\tpayload\n{}{}", shown(1_000_000), shown(1_000_001))),
        (&format!("BEGIN; {write}; COMMIT; SELECT @@autocommit"), "@@autocommit\n1\n".into()),
    ] {
        assert_eq!(run("mariadb", &shell(&port, sql)), printed, "{sql}");
    }
    let refused = run_any("mariadb", &shell(&port, "SELECT * FROM users"));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("1064") && said.contains("stand-in"), "{said}");
}

#[test]
fn pymysql_works() {
    let (_backends, port, _) = both();
    let read = statement(&read(3, 100, Prepared::No), 0, false).text;
    let write = statement(&write(100, Prepared::No), 0, false).text;
    assert_eq!(run(PYTHON, &["tests/clients/mysql.py", &port, &read, &write]), "fine\n");
}

#[test]
fn mysqli_and_pdo_work() {
    let (_backends, port, _) = both();
    assert_eq!(run("php", &["tests/clients/mysql.php", &port]), "fine\n");
}

#[test]
fn pymemcache_works() {
    let (_backends, _, port) = both();
    assert_eq!(run(PYTHON, &["tests/clients/cache.py", &port]), "fine\n");
}

#[test]
fn phps_memcached_works() {
    let (_backends, _, port) = both();
    assert_eq!(run("php", &["tests/clients/cache.php", &port]), "fine\n");
}
