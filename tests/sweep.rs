//! `longhaul sweep` as a user meets it: through the binary, simulated, with an answer that is known by hand.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const SMOKE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/smoke.yaml");

/// Three round trips to connect and seven queries of 1 ms in a row: 10 × RTT + 7 ms. The p90 of 200 ms is passed at 19.3 ms.
/// The cron job has 100 items of one query each over a connection that is kept: 103 × RTT + 0.1 s, 3 s at 28.2 ms.
const SERIAL: &str = "\
format: 1
name: serial
about: Serial calls, constant everything.
seed: 7
sites: { here: old, there: new }
links:
  - { within: any, rtt: 0.5ms }
  - { between: [here, there], rtt: 15ms }
stores:
  db: { kind: mysql, site: here, service: { read: 1ms, write: 1ms, commit: 1ms } }
platforms:
  vm: {}
  pods: {}
journeys:
  page: { steps: [ repeat: { times: 7, steps: [ query: {} ] } ] }
  item: { steps: [ query: {} ] }
workloads:
  web:
    kind: http
    site: here
    journey: page
    rate: 5/s
    pacing: constant
    workers: 50
    connections: { mysql: { policy: per-journey }, memcached: persistent }
    objective: { p90: 200ms, errors: 50% }
  nightly:
    kind: cron
    site: here
    connections: persistent
    journey: item
    every: 1h
    items: 100
    objective: { deadline: 3s }
  stays:
    kind: http
    site: here
    journey: item
    rate: 1/s
    workers: 5
    connections: persistent
strategies:
  go:
    phases:
      - { name: before, lasts: 1d }
      - { name: apart, lasts: 1d, move: { web: there, nightly: there } }
      - { name: together, lasts: 1d, move: { stays: there, db: there } }
";

/// Long enough for 200 requests and a whole run of the job at 100 ms.
const SHORT: &[&str] = &["--window", "40s", "--warm-up", "1s", "--drain", "15s"];

fn longhaul(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_longhaul"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.output().expect("the binary starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("longhaul speaks UTF-8")
}

/// A scenario file in a directory of its own.
fn file(dir: &Path, scenario: &str) -> String {
    let path = dir.join("serial.yaml");
    std::fs::write(&path, scenario).expect("writes");
    path.to_str().expect("UTF-8").to_owned()
}

/// What a sweep with these arguments prints as JSON.
fn swept(scenario: &str, out: &Path, args: &[&str]) -> serde_json::Value {
    let place = out.to_str().expect("UTF-8");
    let all = [&["sweep", scenario, "--out", place, "--format", "json", "--quiet"], args].concat();
    let ended = longhaul(&all);
    assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
    serde_json::from_slice(&ended.stdout).expect("JSON")
}

/// The numbers of a row of a table.
fn row<'j>(table: &'j serde_json::Value, head: &str) -> Vec<&'j serde_json::Value> {
    let rows = table["rows"].as_array().expect("rows");
    let found = rows.iter().find(|row| row["head"] == head).unwrap_or_else(|| panic!("{head} in {table}"));
    found["cells"].as_array().expect("cells").iter().collect()
}

fn near(cell: &serde_json::Value, exact: f64, within: f64) {
    let value = cell["value"].as_f64().unwrap_or_else(|| panic!("a number: {cell}"));
    assert!((value / exact - 1.0).abs() <= within, "{value} is not {exact}");
}

#[test]
fn what_is_known_by_hand_is_found() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let scenario = file(dir.path(), SERIAL);
    let report = swept(&scenario, &dir.path().join("out"), &[&["--rtt", "0.5ms..100ms"], SHORT].concat());
    let told = report["swept"].as_str().expect("a sentence");
    assert!(told.contains("“apart” of go: 2 of 3 workloads are apart"), "{told}");
    let p90 = row(&report["edges"], "web p90");
    near(p90[1], 19.3e6, 0.002);
    near(p90[2], 19.3e6, 0.011);
    near(p90[3], 19.3e6, 0.011);
    assert!(p90[2]["value"].as_f64() < p90[3]["value"].as_f64());
    assert!(p90[4]["text"].as_str().is_some_and(|text| text.starts_with("157 ms")), "10 × 15 + 7: {}", p90[4]);
    near(row(&report["edges"], "nightly run")[1], 2.9e9 / 103.0, 0.002);
    assert_eq!(row(&report["edges"], "web errors")[1]["text"], "holds throughout");
    // The job's connection takes three round trips more, once in 100 items.
    for (journeys, base, k, counted) in [("web", 7e6, 10.0, 10.0), ("nightly", 1e6, 1.03, 1.0)] {
        let fit = row(report["fits"].as_object().map(|_| &report["fits"]).expect("fits"), journeys);
        near(fit[0], base, 0.02);
        near(fit[1], k, 0.001);
        assert_eq!(fit[2]["value"].as_f64(), Some(counted));
        assert_eq!(fit[3]["tone"], "plain", "they agree: {}", fit[3]);
    }
    assert_eq!(report["fits"]["rows"].as_array().map(Vec::len), Some(2), "the one that stays has no distance");
}

#[test]
fn a_simulation_is_told_with_its_edges_if_they_are_asked_for() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let simulated = |scenario: &str, name: &str, more: &[&str]| {
        let (file, out) = (file(dir.path(), scenario), dir.path().join(name));
        let place = out.to_str().expect("UTF-8");
        let ended = longhaul(&[&["simulate", &file, "--out", place, "--edges"], more].concat());
        assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
        (out, text(&ended.stderr))
    };
    let (out, _) = simulated(SERIAL, "apart", &["--quiet", "--effort", "0.02"]);
    let summary = std::fs::read_to_string(out.join("summary.md")).expect("a summary");
    // 19.3 ms by hand, of the first page; the job's 28.2 ms is beyond it.
    let told = summary.lines().find(|line| line.starts_with("| web p90 | 200 ms |")).expect("a row of the edges");
    assert!(told.starts_with("| web p90 | 200 ms | 19."), "{told}");
    assert!(!summary.contains("Not in this report: the highest RTT"), "{summary}");
    // The files are those that `sweep` writes, by the command that they tell.
    for (over, range) in [("rtt", "0.5ms..100ms"), ("loss", "0.001%..5%")] {
        let beside = std::fs::read_to_string(out.join(format!("sweep-{over}.json"))).expect("a sweep");
        let own = dir.path().join(over);
        let place = own.to_str().expect("UTF-8");
        let file = file(dir.path(), SERIAL);
        let args = ["--over", over, "--range", range, "--effort", "0.02", "--out", place, "--quiet"];
        let ended = longhaul(&[&["sweep", file.as_str()], &args[..]].concat());
        assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
        let swept: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(own.join("sweep.json")).expect("a sweep")).expect("JSON");
        let beside: serde_json::Value = serde_json::from_str(&beside).expect("JSON");
        assert_eq!(beside["points"], swept["points"], "{over}");
        assert_eq!(beside["provenance"]["command"], swept["provenance"]["command"], "{over}");
    }
    // Where nothing is ever apart there is no edge to look for.
    let together = SERIAL.replace("move: { web: there, nightly: there }", "move: { web: { platform: pods } }");
    let together = together.replace("move: { stays: there, db: there }", "move: { nightly: { platform: pods } }");
    let (out, told) = simulated(&together, "together", &["--effort", "0.02"]);
    assert!(told.contains("no edges: in no phase is a workload on another site"), "{told}");
    assert!(!out.join("sweep-rtt.json").exists() && out.join("report.html").exists());
}

#[test]
fn the_same_sweep_has_the_same_bytes_and_is_rendered_again() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let scenario = file(dir.path(), SERIAL);
    let args = [&["--steps", "4", "--precision", "5%"], SHORT].concat();
    let (a, b) = (dir.path().join("a"), dir.path().join("b"));
    let with = |jobs| [&args[..], &["--jobs", jobs]].concat();
    assert_eq!(swept(&scenario, &a, &with("1")), swept(&scenario, &b, &with("3")));
    let read = |dir: &Path, name: &str| std::fs::read(dir.join(name)).expect("was written");
    for name in ["sweep.json", "report.html", "summary.md"] {
        assert_eq!(read(&a, name), read(&b, name), "{name}");
    }
    let (sweep, again) = (a.join("sweep.json"), dir.path().join("again"));
    let (sweep, place) = (sweep.to_str().expect("UTF-8"), again.to_str().expect("UTF-8"));
    let ended = longhaul(&["report", sweep, "--out", place]);
    assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
    assert!(text(&ended.stdout).contains("web: ✓ breaks at 19.3 ms"), "{}", text(&ended.stdout));
    assert_eq!(read(&a, "report.html"), read(&again, "report.html"));
    assert_eq!(read(&a, "summary.md"), read(&again, "summary.md"));
    let json = longhaul(&["report", sweep, "--format", "json"]);
    assert!(text(&json.stdout).contains("\"sweep_report_format\": 1"));
}

#[test]
fn what_was_stopped_is_written_and_marked_partial() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let scenario = file(dir.path(), SERIAL);
    let out = dir.path().join("out");
    let place = out.to_str().expect("UTF-8");
    // Values of six hours: the first is done in no time, all of them are not.
    let args = ["sweep", &scenario, "--out", place, "--steps", "200", "--window", "6h", "--warm-up", "1s"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_longhaul"));
    let child = command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.expect("the binary starts");
    std::thread::sleep(Duration::from_secs(8));
    let pid = child.id().to_string();
    let told = Command::new("kill").args(["-INT", &pid]).status().expect("kill is there");
    assert!(told.success(), "it was still going");
    let ended = child.wait_with_output().expect("ends");
    let (said, progress) = (text(&ended.stdout), text(&ended.stderr));
    assert_eq!(ended.status.code(), Some(5), "{said}\n{progress}");
    // On a very busy machine not even one value was done, which is then said.
    if out.exists() {
        assert!(said.contains("Partial: the sweep was stopped"), "{said}");
        assert!(out.join("report.html").exists() && out.join("sweep.json").exists());
    } else {
        assert!(progress.contains("nothing was written"), "{progress}");
    }
}

#[test]
fn the_smoke_scenario_is_swept_over_everything() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for (over, range) in
        [("rtt", "1ms..20ms"), ("loss", "0.01%..2%"), ("rate", "0.5..2"), ("workers", "0.2..1"), ("hit", "50%..99%")]
    {
        let out = dir.path().join(over);
        let short = ["--steps", "3", "--refine", "2", "--window", "5s", "--warm-up", "1s", "--drain", "2s"];
        let report = swept(SMOKE, &out, &[&["--over", over, "--range", range], &short[..]].concat());
        assert_eq!(report["over"], over);
        assert!(report["edges"]["rows"].as_array().is_some_and(|rows| rows.len() >= 5), "{over}");
        assert_eq!(report["fits"].is_null(), over != "rtt", "{over}");
        let page = std::fs::read_to_string(out.join("report.html")).expect("a page");
        assert!(page.contains("How close to the edge") && !page.contains("NaN"), "{over}");
    }
}

#[test]
fn what_cannot_be_swept_is_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let out = dir.path().join("out");
    let place = out.to_str().expect("UTF-8");
    let stay = SERIAL
        .replace("web: there, nightly: there", "stays: { platform: pods }")
        .replace("stays: there, db: there", "web: { platform: pods }");
    let stay = file(dir.path(), &stay);
    let cases: &[(&[&str], &str)] = &[
        (&["no-such.yaml"], "no-such.yaml"),
        (&[SMOKE, "--rtt", "100ms..1ms"], "the range `100ms..1ms` runs backwards"),
        (&[SMOKE, "--rtt", "5ms"], "`5ms` is no range: write for example `0.5ms..100ms`"),
        (&[SMOKE, "--rtt", "1..5"], "`1` has no unit"),
        (&[SMOKE, "--over", "loss", "--range", "1%..90%"], "reaches beyond 0.00001%..20%"),
        (&[SMOKE, "--over", "rate", "--rtt", "1ms..2ms"], "cannot be used with"),
        (&[SMOKE, "--workload", "wbe"], "there is no workload `wbe`: the scenario has web, mails, nightly, boot"),
        (&[SMOKE, "--strategy", "gone"], "there is no strategy `gone`: the scenario has store-last, place-first"),
        (&[SMOKE, "--phase", "gone"], "there is no phase `gone`: the scenario has before, half"),
        (&[SMOKE, "--link", "here,moon"], "there is no site `moon`: the scenario has here, there"),
        (&[SMOKE, "--link", "here"], "--link takes the two sites at its ends"),
        (&[SMOKE, "--phase", "before"], "name the sites of a link with --link"),
        (&[SMOKE, "--phase", "before", "--link", "here,there"], "no workload calls a store over the link"),
        (&[&stay], "in no phase is a workload on another site than a store that it calls"),
        (&[SMOKE, "--steps", "2"], "--steps must lie between 3 and 200"),
        (&[SMOKE, "--precision", "90%"], "--precision must lie between"),
        (&[SMOKE, "--window", "1us"], "--window must lie between"),
        (&[SMOKE, "--scale", "0%"], "--scale must be more than 0%"),
        (&[SMOKE, "--engine", "live", "--jobs", "2"], "--jobs and --calibrate are about simulating"),
        (&[SMOKE, "--calibrate", "absent.json"], "absent.json"),
    ];
    for (args, message) in cases {
        let ended = longhaul(&[&["sweep"], *args, &["--out", place]].concat());
        let said = text(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(message), "{args:?}: {said}");
        assert!(ended.stdout.is_empty() && !out.exists(), "{args:?}");
    }
}
