//! `longhaul proxy` between clients that nobody here wrote and real servers: a MySQL and a Memcached cost the round
//! trips that they cost over a real distance (mysql shell, sysbench, mysqli, PyMySQL, Memcached's tools, curl).
#![expect(clippy::print_stdout, reason = "what was measured is shown with --nocapture")]

mod proxied;
mod stores;

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use longhaul::server::Backends;
use proxied::*;
use serde_json::Value;
use stores::{CACHE, DB, cache, database, run, scenario};

/// Both kinds of link are held to the same round trips.
const LINKS: &[&str] = &["stream", "packet"];

/// The round-trip time: long beside what servers and clients take.
const RTT: Duration = Duration::from_millis(40);

/// The share of a round trip that may be added, by servers, clients and a busy machine: one more would be seen. On a
/// machine with nothing else to do it is below 0.15 (what was found is printed).
const TOLERANCE: f64 = 0.5;

/// The system's, which has the packages python3-pymysql and python3-pymemcache.
const PYTHON: &str = "/usr/bin/python3";

/// MariaDB and Memcached, once for all tests of this program; they end with it.
fn servers() -> (SocketAddr, SocketAddr) {
    static SERVERS: OnceLock<Backends> = OnceLock::new();
    let servers = SERVERS.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(Backends::spawn(&scenario(database(), cache()))).expect("servers start")
    });
    (servers.endpoint(DB).addr, servers.endpoint(CACHE).addr)
}

/// A proxy in front of both, MySQL first.
fn both(link: &str) -> Proxied {
    let (db, cache) = servers();
    let (db, cache) = (format!("db=0={db}"), format!("cache=0={cache}"));
    let rtt = format!("{}ms", RTT.as_millis());
    Proxied::start(&["--route", &db, "--route", &cache, "--rtt", &rtt, "--link", link, "--control", "0"])
}

fn ports(proxied: &Proxied) -> (String, String) {
    (proxied.addr_of(0).port().to_string(), proxied.addr_of(1).port().to_string())
}

/// Of this many round trips, and never early.
fn holds(what: &str, ms: f64, trips: f64) {
    let rtt = RTT.as_secs_f64() * 1e3;
    let found = ms / rtt;
    println!("{what}: {ms:.2} ms, {found:.3} R for {trips}");
    assert!(found >= trips, "{what} took {ms} ms, which is early: {trips} round trips are {}", trips * rtt);
    assert!(found <= trips + TOLERANCE, "{what} took {ms} ms, {found:.2} R instead of {trips}");
}

/// `name: 12.34` lines against the round trips of each.
fn all_hold(link: &str, printed: &str, expected: &[(&str, f64)]) {
    let lines: Vec<(&str, &str)> = printed.lines().filter_map(|line| line.split_once(": ")).collect();
    assert_eq!(lines.iter().map(|line| line.0).collect::<Vec<_>>(), expected.iter().map(|e| e.0).collect::<Vec<_>>());
    for ((name, ms), (_, trips)) in lines.iter().zip(expected) {
        let ms: f64 = ms.parse().expect("a number");
        if *trips == 0.0 {
            assert!(ms < RTT.as_secs_f64() * 1e3, "{name} waits for nothing, and took {ms} ms");
        } else {
            holds(&format!("{link}: {name}"), ms, *trips);
        }
    }
}

/// The ledger's count agrees: of each route the round trips that connected, greeted, logged in, and the others.
fn counted(proxied: &Proxied, expected: [[u64; 4]; 2]) {
    // The client may have ended before the ledger was shown the last of it.
    let start = Instant::now();
    let (mut ledger, mut found) = counts(proxied);
    while found != expected && start.elapsed() < Duration::from_secs(5) {
        (ledger, found) = counts(proxied);
    }
    assert_eq!(found, expected, "{ledger:#}");
    assert_eq!(ledger["routes"][0]["speaks"], "mysql");
    assert_eq!(ledger["routes"][1]["speaks"], "memcached");
}

fn counts(proxied: &Proxied) -> (Value, [[u64; 4]; 2]) {
    let ledger = ask(proxied.control(), "GET", "/ledger", "").json();
    let found = [0, 1].map(|route| {
        let phases = ledger["routes"][route]["phases"].as_array().expect("phases");
        let of = |word: &str| {
            let phase = phases.iter().find(|phase| phase["phase"] == word);
            phase.map_or(0, |phase| phase["sums"]["round_trips"].as_u64().expect("a number"))
        };
        [of("connect"), of("greeting"), of("login"), of("set-up") + of("query")]
    });
    (ledger, found)
}

/// The best of nine runs of a program, in milliseconds.
fn best(program: &str, args: &[&str]) -> f64 {
    let once = || {
        let start = Instant::now();
        run(program, args);
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..9).map(|_| once()).fold(f64::INFINITY, f64::min)
}

/// Whole programs: what the link adds to the same against the server itself.
fn adds(what: &str, program: &str, args: impl Fn(&str) -> Vec<String>, (direct, through): (u16, u16), trips: f64) {
    let took = |port: u16| {
        let args = args(&port.to_string());
        best(program, &args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let (direct, through) = (took(direct), took(through));
    let rtt = RTT.as_secs_f64() * 1e3;
    println!("{what}: {direct:.1} ms, {through:.1} ms through the link: {:.3} R for {trips}", (through - direct) / rtt);
    assert!(through >= trips * rtt, "{what} took {through} ms: early");
    let added = (through - direct) / rtt;
    assert!((added - trips).abs() <= TOLERANCE, "{what}: the link added {added:.2} R instead of {trips}");
}

#[test]
fn mysqli_and_phps_memcached() {
    for link in LINKS {
        let proxied = both(link);
        let (db, cache) = ports(&proxied);
        let printed = run("php", &["tests/clients/trips.php", &db, &cache]);
        let expected = [
            ("connect and query", 4.0),
            ("query", 1.0),
            ("prepare and execute", 2.0),
            ("begin and commit", 2.0),
            ("memcached connect and get", 2.0),
            ("memcached get", 1.0),
            ("memcached multi-get", 1.0),
        ];
        all_hold(link, &printed, &expected);
        counted(&proxied, [[9, 9, 9, 9 * 6], [9, 0, 0, 9 * 3]]);
    }
}

#[test]
fn pymysql_and_pymemcache() {
    for link in LINKS {
        let proxied = both(link);
        let (db, cache) = ports(&proxied);
        let printed = run(PYTHON, &["tests/clients/trips.py", &db, &cache]);
        let expected = [
            ("connect and query", 4.0),
            // PyMySQL asks for what it was told: SET AUTOCOMMIT.
            ("connect with autocommit and query", 5.0),
            ("query", 1.0),
            ("memcached connect and get", 2.0),
            ("memcached set", 1.0),
            ("memcached multi-get", 1.0),
            ("memcached set without reply", 0.0),
        ];
        all_hold(link, &printed, &expected);
        counted(&proxied, [[18, 18, 18, 9 * 4], [9, 0, 0, 9 * 3]]);
    }
}

#[test]
fn the_mysql_shell() {
    for link in LINKS {
        let proxied = both(link);
        let args = |port: &str| {
            ["--no-defaults", "-h127.0.0.1", "-P", port, "-ulonghaul", "-plonghaul", "-e", "SELECT 1"]
                .map(String::from)
                .to_vec()
        };
        let ports = (servers().0.port(), proxied.addr().port());
        adds(&format!("{link}: mysql shell"), "mariadb", args, ports, 4.0);
    }
}

#[test]
fn memcacheds_tools() {
    let mut stream = connect(servers().1);
    stream.write_all(b"set tools 0 0 3\r\nabc\r\n").expect("writes");
    stream.read_exact(&mut [0; 8]).expect("STORED");
    for link in LINKS {
        let proxied = both(link);
        let ports = (servers().1.port(), proxied.addr_of(1).port());
        let with = |port: &str, more: &[&str]| {
            let mut args = vec![format!("--servers=127.0.0.1:{port}")];
            args.extend(more.iter().map(|word| (*word).to_owned()));
            args
        };
        adds(&format!("{link}: memcping"), "memcping", |port| with(port, &[]), ports, 2.0);
        adds(&format!("{link}: memccat"), "memccat", |port| with(port, &["tools"]), ports, 2.0);
        let slap = |what: &str, keys: &str| {
            let args =
                ["--concurrency=1", "--initial-load=3", &format!("--execute-number={keys}"), &format!("--test={what}")];
            let args = with(&ports.1.to_string(), &args);
            let once = || seconds(&run("memcslap", &args.iter().map(String::as_str).collect::<Vec<_>>()), what);
            (0..5).map(|_| once()).fold(f64::INFINITY, f64::min) * 1e3
        };
        // It connects at the first key; many keys at once are one round trip, if their values, of some kilobytes, fit
        // the first window. It tells whole milliseconds.
        holds(&format!("{link}: memcslap set"), slap("set", "1") + 0.5, 2.0);
        holds(&format!("{link}: memcslap mget"), slap("mget", "3") + 0.5, 2.0);
    }
}

/// `Time to set   20 keys by   1 threads:   0.645 seconds.`
fn seconds(printed: &str, what: &str) -> f64 {
    let line = printed.lines().find(|line| line.starts_with(&format!("Time to {what}")) && line.contains("threads"));
    let number = line.and_then(|line| line.split_whitespace().rev().nth(1)).expect("memcslap tells its time");
    number.parse().expect("a number")
}

/// The smallest latency that sysbench tells.
fn sysbench(port: u16, more: &[&str]) -> f64 {
    let port = format!("--mysql-port={port}");
    let mut args =
        vec!["oltp_point_select", "--db-driver=mysql", "--mysql-host=127.0.0.1", &port, "--mysql-user=longhaul"];
    args.extend(["--mysql-password=longhaul", "--mysql-db=test", "--tables=1", "--table-size=100", "--threads=1"]);
    args.extend(more);
    let printed = run("sysbench", &args);
    let min = printed.lines().find_map(|line| line.trim().strip_prefix("min:"));
    min.map_or(0.0, |text| text.trim().parse().expect("a number"))
}

#[test]
fn sysbench_point_selects() {
    let (db, _) = servers();
    let direct =
        ["--no-defaults", "-h127.0.0.1", "-P", &db.port().to_string(), "-ulonghaul", "-plonghaul"].map(String::from);
    let mut create: Vec<&str> = direct.iter().map(String::as_str).collect();
    create.extend(["-e", "CREATE DATABASE IF NOT EXISTS test"]);
    run("mariadb", &create);
    sysbench(db.port(), &["prepare"]);
    for link in LINKS {
        let proxied = both(link);
        for ps in ["--db-ps-mode=disable", "--db-ps-mode=auto"] {
            let ms = sysbench(proxied.addr().port(), &["--events=10", "--time=0", ps, "run"]);
            holds(&format!("{link}: sysbench {ps}"), ms, 1.0);
        }
    }
}

#[test]
fn curl_speaks_with_the_control_api() {
    let proxied = both("stream");
    let base = format!("http://{}", proxied.control());
    let curl = |args: &[&str]| run("curl", &[&["-sS", "--noproxy", "*", "--max-time", "20"], args].concat());
    let url = format!("{base}/links/link");
    let changed = curl(&["-X", "PATCH", &url, "-d", r#"{"rtt": "50ms"}"#]);
    assert!(changed.contains(r#""rtt": "50ms""#), "{changed}");
    assert!(curl(&["-X", "POST", &format!("{url}/cut")]).contains(r#""cut": true"#));
    assert!(curl(&[&format!("{base}/metrics")]).contains("longhaul_proxy_link_cut{link=\"link\"} 1"));
    assert!(curl(&["-I", &base]).starts_with("HTTP/1.1 200"));
    assert!(curl(&["-H", "Origin: http://page.test", &base]).contains("error"));
}
