//! `longhaul proxy` as a user meets it: through the binary, on real sockets.
#![expect(clippy::float_cmp, reason = "Prometheus' counters are whole numbers in floating point")]

mod proxied;

use std::io::{BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use longhaul::seed::Seed;
use proxied::*;
use rand::{Rng, RngExt};
use rustix::process::Signal;
use serde_json::{Value, json};

#[test]
fn what_listens_where_comes_first() {
    let echo = echo_server();
    let named = format!("echo=localhost:0=127.0.0.1:{}", echo.port());
    let upstream = format!("localhost:{}", echo.port());
    let proxied = Proxied::start(&[
        "--listen",
        "0",
        "--upstream",
        &upstream,
        "--listen",
        "127.0.0.1:0",
        "--upstream",
        &upstream,
        "--route",
        &named,
        "--rtt",
        "10ms",
        "--jitter",
        "uniform:1ms",
        "--bandwidth",
        "1Gbit/s",
        "--control",
        "0",
        "--speaks",
        "opaque",
    ]);
    let first = &proxied.listening;
    let called: Vec<_> = (0..3).map(|i| first["routes"][i]["name"].as_str().expect("a name").to_owned()).collect();
    assert_eq!(called, [upstream.clone(), format!("{upstream}-2"), "echo".into()]);
    assert_eq!(first["routes"][0]["upstream_addr"], echo.to_string());
    assert_eq!(first["routes"][0]["speaks"], "opaque");
    let link = json!({
        "name": "link", "kind": "stream", "rtt": "10ms", "jitter": { "uniform": "1ms" }, "loss": "0%",
        "bandwidth": "1Gbit/s", "congestion": "cubic", "cut": false
    });
    assert_eq!(first["links"], json!([link]));
    assert!(first["started_unix"].as_u64().is_some_and(|at| at > 1_700_000_000));
    assert_ne!(proxied.control().port(), 0);
    for route in 0..3 {
        let stream = connect(proxied.addr_of(route));
        assert!(proxied.addr_of(route).ip().is_loopback());
        round_trip(&stream);
        assert!(round_trip(&stream) >= Duration::from_millis(10), "never early");
    }
    let exchange = proxied.line_of("exchange");
    assert!(exchange["at_ns"].is_u64() && exchange["round_trips"].is_u64(), "{exchange}");
    let summary = proxied.summary();
    assert_eq!(summary["ledger"]["routes"].as_array().map(Vec::len), Some(3));
    assert_eq!(summary["routes"][2]["connections"], 1);
    assert!(summary["routes"][2]["lateness"]["round_trips"].as_u64().is_some_and(|n| n >= 1));
}

#[test]
fn text_is_for_people() {
    let echo = echo_server().to_string();
    let dir = tempfile::tempdir().expect("a directory");
    let schedule = dir.path().join("s.yaml");
    std::fs::write(&schedule, "changes: [{ at: 100ms, link: { rtt: 3ms } }, { at: 200ms, cut: true }]")
        .expect("written");
    let schedule = schedule.to_str().expect("UTF-8");
    let args =
        ["proxy", "-l", "0", "-u", &echo, "--rtt", "2ms", "--for", "400ms", "--format", "text", "--schedule", schedule];
    let ended = longhaul(&args).output().expect("it runs");
    let said = String::from_utf8(ended.stdout).expect("text");
    assert_eq!(ended.status.code(), Some(0), "{said}");
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[0], "link: 2ms round trip (stream link, seed 42)");
    assert!(lines[1].starts_with("listening on 127.0.0.1:") && lines[1].ends_with(&format!(" for {echo}")), "{said}");
    assert!(lines.iter().any(|line| line.ends_with("  link: 3ms round trip")), "{said}");
    assert!(lines.iter().any(|line| line.ends_with("  link: cut")), "{said}");
    assert!(said.contains("no round trip was seen"), "{said}");
    assert!(!said.contains('\x1b'), "no escape codes where there is no terminal");
}

#[test]
fn links_come_from_scenarios() {
    let smoke = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/mercari-us.yaml");
    let proxied = Proxied::before(echo_server(), &["--scenario", smoke, "--between", "dc,cloud", "--loss", "0.5%"]);
    let link = &proxied.listening["links"][0];
    assert_eq!((link["name"].as_str(), link["loss"].as_str()), (Some("dc-cloud"), Some("0.5%")));
    assert_ne!(link["rtt"], "0s");
}

#[test]
fn the_control_api_changes_the_link() {
    let proxied = Proxied::before(echo_server(), &["--rtt", "1ms", "--control", "0"]);
    let control = proxied.control();
    let stream = connect(proxied.addr());
    round_trip(&stream);
    let changed = ask(control, "PATCH", "/links/link", r#"{"rtt": "60ms"}"#);
    assert_eq!((changed.status, &changed.json()["rtt"]), (200, &json!("60ms")));
    assert!(round_trip(&stream) >= Duration::from_millis(60), "never early");
    let line = proxied.line_of("change");
    assert_eq!(
        (&line["by"], &line["happening"], &line["link"]["rtt"]),
        (&json!("control"), &json!("change"), &json!("60ms"))
    );
    assert_eq!(ask(control, "PATCH", "/links/link", r#"{"rtt": "0s"}"#).status, 200);
    assert_eq!(ask(control, "POST", "/links/link/cut", "").json()["cut"], json!(true));
    (&stream).write_all(b"abc").expect("the kernel takes it");
    stream.set_read_timeout(Some(Duration::from_millis(100))).expect("a time-out");
    let nothing = (&stream).read(&mut [0; 8]).expect_err("nothing crosses");
    assert!(matches!(nothing.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{nothing}");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    assert_eq!(ask(control, "POST", "/links/link/mend", "").json()["cut"], json!(false));
    (&stream).read_exact(&mut [0; 3]).expect("comes back");
    let routes = ask(control, "GET", "/routes", "").json();
    assert_eq!(routes[0]["listen"], proxied.addr().to_string());
    let name = routes[0]["name"].as_str().expect("a name");
    assert_eq!(ask(control, "POST", &format!("/routes/{name}/reset"), "").json(), json!({ "connections": 1 }));
    assert_eq!((&stream).read(&mut [0]).expect_err("reset").kind(), ErrorKind::ConnectionReset);
    assert_eq!(proxied.line_of("reset")["connections"], 1);
    let ledger = ask(control, "GET", "/ledger", "").json();
    assert_eq!(ledger["routes"][0]["connections"], 1);
    assert!(ledger["sentences"].is_array());
    assert_eq!(ask(control, "POST", "/ledger/reset", "").json()["routes"][0]["connections"], 0);
    assert!(ask(control, "GET", "/", "").body.contains("PATCH /links/NAME"));
}

#[test]
fn strangers_are_not_answered() {
    let proxied = Proxied::before(echo_server(), &["--rtt", "1ms", "--control", "0"]);
    let port = proxied.control().port();
    let raw = |head: &str| {
        let mut stream = BufReader::new(connect(proxied.control()));
        let head = head.replace("PORT", &port.to_string());
        stream.get_mut().write_all(head.as_bytes()).expect("writes");
        response(&mut stream).status
    };
    for (head, status) in [
        ("GET /links HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n", 200),
        ("GET /links HTTP/1.1\r\nHost: [::1]:PORT\r\n\r\n", 200),
        ("GET /links HTTP/1.1\r\nHost: evil.test:PORT\r\n\r\n", 403),
        ("GET http://evil.test/links HTTP/1.1\r\nHost: localhost\r\n\r\n", 403),
        ("GET /links HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n\r\n", 403),
        ("GET /links HTTP/1.1\r\nHost: localhost\r\nHost: evil.test\r\n\r\n", 400),
        ("GET /links HTTP/1.1\r\n\r\n", 400),
        ("POST /links/link/cut HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n\r\n", 403),
        ("PATCH /links/link HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n\r\n", 413),
    ] {
        assert_eq!(raw(head), status, "{head}");
    }
    let long = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(40_000));
    assert_eq!(raw(&long), 431);
    let many = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: y\r\n".repeat(500));
    assert_eq!(raw(&many), 431);
    assert_eq!(ask(proxied.control(), "GET", "/links/link", "").json()["cut"], false);
}

#[test]
fn rubbish_does_the_control_api_no_harm() {
    let proxied = Proxied::before(echo_server(), &["--rtt", "1ms", "--control", "0"]);
    let mut random = Seed(7).stream("rubbish", 0);
    let valid = b"PATCH /links/link HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15\r\n\r\n{\"rtt\": \"50ms\"}";
    for round in 0..300 {
        let mut bytes = if round % 2 == 0 { valid.to_vec() } else { vec![0; random.random_range(1..3_000)] };
        if round % 2 == 0 {
            for _ in 0..random.random_range(1..6) {
                let at = random.random_range(0..bytes.len());
                bytes[at] = random.random();
            }
        } else {
            random.fill_bytes(&mut bytes);
        }
        let stream = connect(proxied.control());
        // It may have answered and hung up before all of it is written.
        let _ = (&stream).write_all(&bytes);
        if round % 3 == 0 {
            let _ = stream.shutdown(Shutdown::Write);
            stream.set_read_timeout(Some(Duration::from_millis(200))).expect("a time-out");
            let _ = (&stream).read_to_end(&mut Vec::new());
        }
    }
    assert_eq!(ask(proxied.control(), "GET", "/links", "").status, 200);
    assert_eq!(proxied.summary()["links"][0]["name"], "link");
}

/// Name, labels and value.
type Sample = (String, Vec<(String, String)>, f64);

/// Reads Prometheus' text format and refuses what its specification does not allow: (name, labels) to value.
fn prometheus(text: &str) -> Vec<Sample> {
    let (mut all, mut family, mut seen) = (Vec::new(), (String::new(), String::new()), Vec::new());
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let name = help.split(' ').next().expect("a name").to_owned();
            assert!(!seen.contains(&name), "{name} twice");
            seen.push(name);
            continue;
        }
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a name and a type");
            assert_eq!(Some(name), seen.last().map(String::as_str), "HELP comes before TYPE");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            family = (name.to_owned(), kind.to_owned());
            continue;
        }
        let (name, rest) = line.split_at(line.find(['{', ' ']).expect("a value"));
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'), "{line}");
        let base = match family.1.as_str() {
            "histogram" => ["_bucket", "_sum", "_count"].iter().find_map(|s| name.strip_suffix(s)).expect("a suffix"),
            _ => name,
        };
        assert_eq!(base, family.0, "{line}");
        let (labels, rest) = labels(rest);
        let value = rest.strip_prefix(' ').expect("a space");
        let value = if value == "+Inf" { f64::INFINITY } else { value.parse().expect("a number") };
        assert!(!all.iter().any(|(n, l, _)| n == name && *l == labels), "twice: {line}");
        all.push((name.to_owned(), labels, value));
    }
    histograms(&all);
    all
}

fn labels(text: &str) -> (Vec<(String, String)>, &str) {
    let Some(mut rest) = text.strip_prefix('{') else { return (Vec::new(), text) };
    let mut all = Vec::new();
    loop {
        let (name, after) = rest.split_once("=\"").expect("a label");
        let (mut value, mut chars) = (String::new(), after.char_indices());
        let end = loop {
            match chars.next().expect("a quote ends it") {
                (i, '"') => break i,
                (_, '\\') => value.push(match chars.next().expect("an escape").1 {
                    'n' => '\n',
                    c @ ('\\' | '"') => c,
                    c => panic!("\\{c} is no escape"),
                }),
                (_, c) => value.push(c),
            }
        };
        all.push((name.to_owned(), value));
        rest = &after[end + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return (all, rest.strip_prefix('}').expect("a brace")),
        }
    }
}

/// Buckets rise in bound and count, the last is infinite and is the count.
fn histograms(all: &[Sample]) {
    let counts = all.iter().filter(|(name, ..)| name.ends_with("_seconds_count"));
    for (name, labels, count) in counts {
        let bucket = name.replace("_count", "_bucket");
        let of = |l: &[(String, String)]| labels.iter().all(|label| l.contains(label));
        let buckets: Vec<(f64, f64)> = all
            .iter()
            .filter(|(n, l, _)| *n == bucket && of(l))
            .map(|(_, l, value)| {
                let le = &l.iter().find(|(name, _)| name == "le").expect("a bound").1;
                (if le == "+Inf" { f64::INFINITY } else { le.parse().expect("a number") }, *value)
            })
            .collect();
        assert!(buckets.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1), "{buckets:?}");
        assert_eq!(buckets.last(), Some(&(f64::INFINITY, *count)), "{name}");
    }
    assert!(all.iter().any(|(name, ..)| name.ends_with("_bucket")));
}

#[test]
fn metrics_move_with_every_chunk() {
    let args = ["--rtt", "2ms", "--control", "0", "--speaks", "opaque"];
    let proxied = Proxied::before(echo_server(), &args);
    let read = || {
        let answer = ask(proxied.control(), "GET", "/metrics", "");
        assert!(answer.head.contains("text/plain; version=0.0.4"), "{}", answer.head);
        prometheus(&answer.body)
    };
    let value = |all: &[Sample], name: &str, label: &str| {
        let found = all.iter().find(|(n, l, _)| n == name && (label.is_empty() || l.iter().any(|(_, v)| v == label)));
        found.unwrap_or_else(|| panic!("{name} {label}")).2
    };
    let before = read();
    assert_eq!(value(&before, "longhaul_proxy_connections_total", ""), 0.0);
    assert_eq!(value(&before, "longhaul_proxy_link_rtt_seconds", "link"), 0.002);
    let stream = connect(proxied.addr());
    for _ in 0..5 {
        round_trip(&stream);
    }
    // Counters are copied ten times a second at most; the connection is open all the while.
    let start = Instant::now();
    let after = loop {
        let now = read();
        let seen = value(&now, "longhaul_proxy_ledger_round_trips_total", "query") >= 4.0
            && value(&now, "longhaul_proxy_exchanges_total", "") >= 5.0;
        if seen {
            break now;
        }
        assert!(start.elapsed() < PATIENCE, "the ledger sees nothing");
        thread::sleep(Duration::from_millis(20));
    };
    for (name, label, expected) in [
        ("longhaul_proxy_connections_total", "", 1.0),
        ("longhaul_proxy_connections_open", "", 1.0),
        ("longhaul_proxy_bytes_total", "up", 5.0),
        ("longhaul_proxy_bytes_total", "down", 5.0),
        ("longhaul_proxy_exchanges_total", "", 5.0),
        ("longhaul_proxy_round_trip_lateness_seconds_count", "", 5.0),
        ("longhaul_proxy_ledger_missed_bytes_total", "", 0.0),
        ("longhaul_proxy_resets_total", "", 0.0),
        ("longhaul_proxy_dial_errors_total", "", 0.0),
    ] {
        assert_eq!(value(&after, name, label), expected, "{name}");
    }
}

#[test]
fn a_schedule_is_kept() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("schedule.yaml");
    let text = "changes:\n  - { at: 50ms, link: { rtt: 40ms } }\n  - { at: 100ms, cut: true }\n  - at: 150ms\n    mend: true\nrepeat_every: 300ms\n";
    std::fs::write(&file, text).expect("written");
    let args = ["--rtt", "1ms", "--schedule", file.to_str().expect("UTF-8"), "--for", "1s"];
    let proxied = Proxied::before(echo_server(), &args);
    let (status, lines) = proxied.end();
    assert_eq!(status.code(), Some(0));
    let changes: Vec<&Value> = lines.iter().filter(|line| line["type"] == "change").collect();
    // Three in each of 300 ms, for a second; the last may be late.
    assert!(changes.len() >= 6, "{changes:?}");
    let start = changes[0]["at_ns"].as_u64().expect("an instant") - 50_000_000;
    for (i, change) in changes.iter().enumerate() {
        let (word, at_ms) = [("change", 50), ("cut", 100), ("mend", 150)][i % 3];
        assert_eq!((&change["happening"], &change["by"]), (&json!(word), &json!("schedule")));
        let due = (at_ms + 300 * (i as u64 / 3)) * 1_000_000;
        let at = change["at_ns"].as_u64().expect("an instant") - start;
        // The first gives the beginning, and may itself have been late.
        assert!(at + 50_000_000 >= due && at < due + 5_000_000_000, "{at} for {due}");
    }
    assert_eq!(lines.last().map(|line| &line["links"][0]["rtt"]), Some(&json!("40ms")));
}

#[test]
fn ctrl_c_ends_with_what_was_seen() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("new");
    let proxied = Proxied::before(echo_server(), &["--rtt", "1ms", "--out", out.to_str().expect("UTF-8")]);
    let stream = connect(proxied.addr());
    round_trip(&stream);
    let mut summary = proxied.summary();
    assert_eq!(summary["routes"][0]["open"], 1, "as it was when it ended");
    let written: Value = read_json(&out.join("ledger.json"));
    summary.as_object_mut().expect("a map").remove("type");
    assert_eq!(written, summary);
    assert_eq!((&stream).read(&mut [0]).unwrap_or(0), 0, "its connections are gone");
}

fn read_json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("written")).expect("JSON")
}

#[test]
fn sigterm_ends_in_order_and_quiet_says_little() {
    let proxied = Proxied::before(echo_server(), &["--rtt", "1ms", "--quiet"]);
    round_trip(&connect(proxied.addr()));
    proxied.signal(Signal::TERM);
    let (status, lines) = proxied.end();
    assert_eq!(status.code(), Some(0));
    assert_eq!(lines.iter().map(|line| &line["type"]).collect::<Vec<_>>(), ["summary"]);
}

#[test]
fn a_reader_that_goes_ends_it() {
    let echo = echo_server().to_string();
    let args = ["proxy", "-l", "0", "-u", &echo, "--rtt", "1ms", "--format", "ndjson", "--control", "0"];
    let mut child = longhaul(&args).spawn().expect("it starts");
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    let mut first = String::new();
    std::io::BufRead::read_line(&mut stdout, &mut first).expect("a line");
    drop(stdout);
    let first: Value = serde_json::from_str(&first).expect("JSON");
    let control: SocketAddr = first["control"].as_str().expect("an address").parse().expect("an address");
    assert_eq!(ask(control, "POST", "/links/link/cut", "").status, 200);
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if start.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("it goes on for nobody");
        }
        thread::sleep(Duration::from_millis(5));
    };
    let mut complaint = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut complaint).expect("text");
    assert_eq!((status.code(), complaint.as_str()), (Some(0), ""));
}

#[test]
fn a_reader_that_is_slow_holds_nobody_up_and_the_second_signal_ends_at_once() {
    let echo = echo_server().to_string();
    let args =
        ["proxy", "-l", "0", "-u", &echo, "--rtt", "0s", "--format", "ndjson", "--control", "0", "--speaks", "opaque"];
    let mut child = longhaul(&args).spawn().expect("it starts");
    let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
    let mut first = String::new();
    std::io::BufRead::read_line(&mut stdout, &mut first).expect("a line");
    let first: Value = serde_json::from_str(&first).expect("JSON");
    let addr = |text: &Value| text.as_str().expect("an address").parse().expect("an address");
    let stream = connect(addr(&first["routes"][0]["listen"]));
    // Some hundred bytes a line: far more than the pipe holds.
    for _ in 0..3_000 {
        round_trip(&stream);
    }
    assert_eq!(ask(addr(&first["control"]), "PATCH", "/links/link", r#"{"rtt": "1ms"}"#).status, 200);
    assert!(round_trip(&stream) >= Duration::from_millis(1), "never early");
    let pid = rustix::process::Pid::from_raw(child.id().cast_signed()).expect("a process id");
    let signal = |signal| rustix::process::kill_process(pid, signal).expect("it runs");
    signal(Signal::INT);
    thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().expect("a child").is_none(), "it waits for its reader");
    signal(Signal::INT);
    assert_eq!(child.wait().expect("a child").code(), Some(5));
}

#[test]
fn an_upstream_that_is_not_there_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("bound");
    drop(listener);
    let proxied = Proxied::before(addr, &["--rtt", "1ms"]);
    let stream = connect(proxied.addr());
    assert_eq!((&stream).read(&mut [0]).expect_err("reset").kind(), ErrorKind::ConnectionReset);
    let summary = proxied.summary();
    let told = summary["sentences"].to_string();
    assert!(told.contains(&format!("1 of 1 connections could not be made: {addr} did not accept them")), "{told}");
    assert_eq!(summary["routes"][0]["dial_errors"], 1);
    // Nothing was connected to, and no connection was made ready.
    assert!(told.contains("the store was not reached (connection 0)") && !told.contains("ready"), "{told}");
    assert_eq!(summary["ledger"]["sums"]["round_trips"], 0);
}

fn refused(args: &[&str]) -> (Option<i32>, String) {
    let ended = longhaul(&[&["proxy"], args].concat()).output().expect("it runs");
    assert!(ended.stdout.is_empty(), "{}", String::from_utf8_lossy(&ended.stdout));
    (ended.status.code(), String::from_utf8(ended.stderr).expect("text"))
}

#[test]
fn errors_name_the_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("bound").to_string();
    let (listen, up) = ("--listen=0", "--upstream=127.0.0.1:1");
    let (rtt, taken_listen, taken_control) = ("--rtt=1ms", format!("--listen={taken}"), format!("--control={taken}"));
    for (args, code, message) in [
        (vec![rtt, listen, "--upstream=db"], 2, "error: --upstream: `db` has no port: write for example `db:3306`\n"),
        (vec!["--rtt=15", listen, up], 2, "error: --rtt: `15` has no unit: write for example `15ms`"),
        (vec![listen, up], 2, "error: no round-trip time: give --rtt 15ms, or --scenario FILE --between SITE,SITE\n"),
        (vec![rtt], 2, "error: nothing to connect: give --listen and --upstream"),
        (vec![rtt, &taken_listen, up], 75, "choose another address, or port 0 for any free one"),
        (vec![rtt, listen, up, &taken_control], 75, "choose another address, or port 0 for any free one"),
        (
            vec![rtt, listen, "--upstream=no-such-host.invalid:1"],
            75,
            "error: --upstream: the host `no-such-host.invalid` is not known",
        ),
        (vec![rtt, listen, up, "--schedule=/no/such/file"], 2, "the file cannot be read"),
        (vec![rtt, listen, up, "--ledger=/"], 2, "is a directory"),
        (vec![rtt, listen, up, "--ledger=/proc/no/ledger.json"], 75, "the ledger cannot be written to"),
        (vec!["--scenario=/no/such/file", "--between=a,b", listen, up], 2, "the file cannot be read"),
        (vec![rtt, listen, up, "--for=3"], 2, "`3` has no unit"),
    ] {
        let (found, told) = refused(&args);
        assert!(found == Some(code) && told.contains(message), "{args:?}: {found:?} {told}");
    }
}

#[test]
fn a_bad_schedule_is_refused_with_its_place() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(
        dir.path().join("bad.yaml"),
        "changes:\n  - { at: 30s, link: { rtt: 50 } }\n  - { at: 20s, cut: true }\n  - { at: 40s, link: { rtt: 5ms }, mend: true }\n",
    )
    .expect("written");
    let args = ["proxy", "--listen=0", "--upstream=127.0.0.1:1", "--rtt=1ms", "--schedule=bad.yaml"];
    let ended = longhaul(&args).current_dir(dir.path()).output().expect("it runs");
    let expected = "\
error: `50` has no unit: write for example `15ms` (units: ns, us, µs, ms, s, min, h, d, w)
 --> bad.yaml:2:29
  |
2 |   - { at: 30s, link: { rtt: 50 } }
  |                             ^^

error: `20s` does not come after `30s`
 --> bad.yaml:3:11
  |
3 |   - { at: 20s, cut: true }
  |           ^^^
  |
  = help: write changes in the order in which they happen, each later than the one before

error: two changes in one entry
 --> bad.yaml:4:5
  |
4 |   - { at: 40s, link: { rtt: 5ms }, mend: true }
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write one of `link`, `cut` and `mend`, and another entry for the other
";
    assert_eq!(String::from_utf8_lossy(&ended.stderr), expected);
    assert_eq!(ended.status.code(), Some(2));
}

#[test]
fn ten_thousand_changes_by_http_lose_nothing() {
    let proxied = Proxied::before(echo_server(), &["--rtt", "1ms", "--control", "0", "--quiet"]);
    let stream = connect(proxied.addr());
    let stop = Arc::new(AtomicBool::new(false));
    let (writer, stopped) = (stream.try_clone().expect("a clone"), Arc::clone(&stop));
    let writing = thread::spawn(move || {
        let mut next = 0_u64;
        while !stopped.load(Ordering::Relaxed) {
            let chunk: Vec<u8> = (next..next + 200).flat_map(u64::to_le_bytes).collect();
            (&writer).write_all(&chunk).expect("writes");
            next += 200;
        }
        writer.shutdown(Shutdown::Write).expect("half-closes");
        next * 8
    });
    let reading = thread::spawn(move || {
        let (mut reader, mut word, mut next) = (BufReader::new(stream), [0; 8], 0_u64);
        while reader.read_exact(&mut word).is_ok() {
            assert_eq!(u64::from_le_bytes(word), next, "lost or overtaken");
            next += 1;
        }
        next * 8
    });
    let mut control = BufReader::new(connect(proxied.control()));
    let mut random = Seed(9).stream("changes", 0);
    for change in 0..10_000 {
        let answer = match change % 10 {
            8 => request(&mut control, "POST", "/links/link/cut", ""),
            9 => request(&mut control, "POST", "/links/link/mend", ""),
            _ => {
                let rtt = random.random_range(0..4_000);
                request(&mut control, "PATCH", "/links/link", &format!(r#"{{"rtt": "{rtt}us"}}"#))
            }
        };
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    stop.store(true, Ordering::Relaxed);
    let (sent, read) = (writing.join().expect("sent"), reading.join().expect("nothing lost, nothing overtaken"));
    assert_eq!(sent, read);
    assert!(sent > 100_000, "traffic flowed meanwhile: {sent}");
    assert_eq!(proxied.summary()["routes"][0]["bytes_down"], read);
}

/// More clients than there are descriptors for: those that fit are served, the others are not blamed on the upstream, and the
/// end is in order.
fn runs_out_of_descriptors(most: u32, clients: usize, link: &str) {
    let upstream = echo_server().to_string();
    let args = ["--listen", "0", "--upstream", &upstream, "--rtt", "2ms", "--link", link];
    let proxied = Proxied::with_descriptors(most, &args);
    let all: Vec<_> = (0..clients).map(|_| connect(proxied.addr())).collect();
    thread::sleep(Duration::from_millis(300));
    drop(all);
    // Those that waited are accepted now, and find nobody; then there is room again.
    thread::sleep(Duration::from_millis(300));
    let answered = (0..100).any(|_| {
        let mut stream = connect(proxied.addr());
        stream.write_all(b"abc").is_ok() && stream.read_exact(&mut [0; 3]).is_ok()
    });
    assert!(answered, "nobody is served any more");
    let ending = Instant::now();
    let summary = proxied.summary();
    assert!(ending.elapsed() < PATIENCE / 3, "{:?}", ending.elapsed());
    let told = summary["sentences"].to_string();
    assert!(told.contains("no descriptors or ports left: see `ulimit -n`"), "{told}");
    assert!(!told.contains("did not accept them"), "{told}");
    // Once for each connection, not for each time that it was looked for.
    let exhausted = summary["routes"][0]["exhausted"].as_u64().expect("a number");
    assert!((1..=2 * clients as u64).contains(&exhausted), "{exhausted}");
}

#[test]
fn who_finds_no_descriptor_left_is_told_so() {
    runs_out_of_descriptors(60, 100, "stream");
}

#[test]
fn a_packet_link_without_descriptors_does_not_stand_still() {
    let mut probe = longhaul(&[
        "proxy",
        "--listen",
        "0",
        "--upstream",
        "127.0.0.1:1",
        "--rtt",
        "1ms",
        "--link",
        "packet",
        "--for",
        "1ms",
    ]);
    if probe.output().expect("it runs").status.success() {
        runs_out_of_descriptors(500, 200, "packet");
    }
}
