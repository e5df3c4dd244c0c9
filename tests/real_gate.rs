//! `longhaul gate -- COMMAND` as people use it: the test suites of `tests/gate` with the system's PHP and Python, the mysql shell and
//! sysbench, in front of a real MariaDB and a real Memcached.

mod asking;
mod stores;

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use asking::ends;
use longhaul::server::Backends;
use stores::{CACHE, DB, cache, database, run, scenario};

/// The system's, which has the packages python3-django, python3-pymysql and python3-pymemcache.
const PYTHON: &str = "/usr/bin/python3";

/// MariaDB and Memcached, once for all tests of this program; they end with it.
fn servers() -> (String, String) {
    static SERVERS: OnceLock<Backends> = OnceLock::new();
    let servers = SERVERS.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(Backends::spawn(&scenario(database(), cache()))).expect("servers start")
    });
    (servers.endpoint(DB).addr.to_string(), servers.endpoint(CACHE).addr.to_string())
}

/// A gate in front of both, in a directory of the repository.
fn gate(folder: &str, args: &[&str], command: &[&str], environment: &[(&str, &str)]) -> Output {
    let (db, cache) = servers();
    let mut gate = Command::new(env!("CARGO_BIN_EXE_longhaul"));
    gate.args(["gate", "--mysql", &db, "--memcached", &cache]).args(args).arg("--").args(command);
    gate.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).stdin(Stdio::null());
    gate.env("PYTHONDONTWRITEBYTECODE", "1")
        .env("DB_USER", "longhaul")
        .env("DB_PASSWORD", "longhaul")
        .envs(environment.iter().copied());
    gate.output().expect("longhaul runs")
}

/// An example: its folder, its command, its journeys, and its statement that is an N+1.
struct Example {
    folder: &'static str,
    command: &'static [&'static str],
    sizes: &'static [&'static str],
    checkout: &'static str,
    statement: &'static str,
}

const PHP: Example = Example {
    folder: "tests/gate/php",
    command: &["php", "tests.php"],
    sizes: &["--sizes", "2,12"],
    checkout: "checkout",
    statement: "SELECT … FROM prices",
};

const DJANGO: Example = Example {
    folder: "tests/gate/django",
    command: &[PYTHON, "-m", "django", "test", "--settings=settings"],
    sizes: &[],
    checkout: "test_checkout",
    statement: "SELECT … FROM `shop_item`",
};

const N_PLUS_ONE: (&str, &str) = ("SHOP_PRICES", "one-by-one");

impl Example {
    fn gate(&self, args: &[&str], environment: &[(&str, &str)]) -> Output {
        // The database that Django's tests make has one name; two at a time would take it from each other.
        static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
        let _turn = ONE_AT_A_TIME.lock();
        gate(self.folder, args, self.command, environment)
    }

    /// The budget holds, and tells the N+1 by name.
    fn is_held_by_its_budget(&self) {
        let args = [&["--budget", "budget.yaml"], self.sizes].concat();
        ends(&self.gate(&args, &[]), 0, &["checks: ", " pass"]);
        let repeated = format!("{}: 12 × {} in one pass, at most 5: +105 ms at 15 ms", self.checkout, self.statement);
        ends(&self.gate(&args, &[N_PLUS_ONE]), 3, &["over-budget", &repeated]);
    }

    /// The snapshot that is committed is the one that is written, and tells what a change of the code costs.
    fn is_held_by_its_snapshot(&self) {
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join(self.folder).join("snapshot.yaml");
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("snapshot.yaml");
        let file = file.to_str().expect("a path of letters");
        ends(&self.gate(&["--snapshot", file], &[]), 6, &["there is no snapshot", "--update -- "]);
        ends(&self.gate(&["--snapshot", file, "--update"], &[]), 0, &[]);
        let lines = |path: &Path| {
            let text = std::fs::read_to_string(path).expect("a snapshot");
            text.lines().filter(|line| !line.starts_with("# made by")).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(lines(Path::new(file)), lines(&committed), "{}", committed.display());
        for _ in 0..3 {
            ends(&self.gate(&["--snapshot", "snapshot.yaml"], &[]), 0, &["pass"]);
        }
        let output = self.gate(&["--snapshot", "snapshot.yaml", "--rtt", "15ms,80ms"], &[N_PLUS_ONE]);
        let gained = format!("{}: ", self.checkout);
        ends(&output, 3, &[&gained, &format!("× {}", self.statement), " ms at 15 ms, +"]);
    }
}

#[test]
fn php() {
    PHP.is_held_by_its_budget();
    PHP.is_held_by_its_snapshot();
}

#[test]
fn django() {
    DJANGO.is_held_by_its_budget();
    DJANGO.is_held_by_its_snapshot();
}

#[test]
fn a_test_that_fails_is_the_commands_own_matter() {
    let failing = ["php", "-r", "require 'shop.php'; exit(1);"];
    ends(&gate("tests/gate/php", &[], &failing, &[]), 7, &["ended with exit code 1: nothing was judged"]);
}

#[test]
fn the_mysql_shell() {
    let shell =
        "mariadb --no-defaults -h127.0.0.1 -P$LONGHAUL_MYSQL_PORT -ulonghaul -plonghaul -e 'SELECT 1; SELECT 2'";
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("shell.yaml");
    let file = file.to_str().expect("a path of letters");
    ends(&gate(".", &["--snapshot", file, "--update"], &["sh", "-c", shell], &[]), 0, &[]);
    let text = std::fs::read_to_string(file).expect("a snapshot");
    assert!(text.contains("\"mysql\":\n    times: 1\n") && text.contains("mysql: \"SELECT ?\""), "{text}");
}

#[test]
fn sysbench() {
    let (db, _) = servers();
    let port = db.rsplit_once(':').map(|(_, port)| port.to_owned()).expect("a port");
    let flags = "--db-driver=mysql --mysql-host=127.0.0.1 --mysql-user=longhaul --mysql-password=longhaul --mysql-db=bench --tables=1 \
                 --table-size=100 --threads=2 --events=200 --time=0 --db-ps-mode=disable";
    let create = "CREATE DATABASE IF NOT EXISTS bench";
    run("mariadb", &["--no-defaults", "-h127.0.0.1", "-P", &port, "-ulonghaul", "-plonghaul", "-e", create]);
    let prepare = format!("sysbench oltp_point_select {flags} --mysql-port={port} prepare");
    run("sh", &["-c", &prepare]);
    let script = format!("sysbench oltp_point_select {flags} --mysql-port=$LONGHAUL_MYSQL_PORT run");
    let budget = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(budget.path(), "format: 1\ndefault: { repeats: none }\ntotal: { round_trips: 205 }\n")
        .expect("written");
    let budget = budget.path().to_str().expect("a path of letters");
    // Two connections of three round trips each and 200 of the load.
    ends(
        &gate(".", &["--budget", budget], &["sh", "-c", &script], &[]),
        3,
        &["206 round trips, 1 more than the budget of 205"],
    );
}
