//! `longhaul gate` in virtual time and over stored results, through the binary: answers, exit codes, files.

#[path = "common/canned_gate.rs"]
mod canned_gate;
#[path = "common/serial.rs"]
mod serial;
mod shell;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use canned_gate::{plain, told};
use longhaul::analysis::gate::{Check, Judged, Kind, Outcome};
use longhaul::report::gate::json;
use serial::SERIAL;
use shell::*;

/// With a read-only window: a short state.
fn serial() -> String {
    SERIAL.replace("move: { db: there }", "move: { db: { to: there, read_only: 10min } }")
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    fn text(&self, name: &str) -> String {
        self.path(name).to_str().expect("UTF-8").to_owned()
    }
    /// Writes a scenario; gives its path.
    fn scenario(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).expect("writes");
        self.text(name)
    }
}

fn gate(args: &[&str]) -> Output {
    run(&[&["gate", "--quiet", "--effort", "0.002"], args].concat())
}

/// The gate must end with this code; gives what it printed and what it told.
fn ends(code: i32, args: &[&str]) -> (String, String) {
    let ended = gate(args);
    let (said, told) = (text(&ended.stdout), text(&ended.stderr));
    assert_eq!(ended.status.code(), Some(code), "{args:?}: {told}\n{said}");
    (said, told)
}

#[test]
fn the_same_gate_gives_the_same_bytes() {
    let all = |jobs: &str, out: &str, place: &Place| {
        let (said, _) =
            ends(0, &[SMOKE, "--fail-on", "nothing", "--jobs", jobs, "--format", "json", "--out", &place.text(out)]);
        said
    };
    let place = Place::new();
    let (one, two, again) = (all("1", "one", &place), all("2", "two", &place), all("2", "again", &place));
    assert!(one == two && two == again && one.contains("\"gate_format\": 1"));
    let files = std::fs::read_dir(place.path("one")).expect("lists").map(|entry| entry.expect("an entry").file_name());
    let mut files: Vec<String> = files.map(|name| name.to_string_lossy().into_owned()).collect();
    files.sort();
    let expected = [
        "bencher.json",
        "benchmark.json",
        "comment.md",
        "gate.csv",
        "gate.hgrm",
        "gate.hlog",
        "gate.html",
        "gate.json",
        "gate.md",
        "gate.prom",
        "gate.sarif",
        "gate.txt",
        "junit.xml",
    ];
    assert_eq!(files, expected);
    for file in files {
        let of = |out: &str| std::fs::read(place.path(out).join(&file)).expect("written");
        assert!(of("one") == of("two") && of("two") == of("again"), "{file} differs");
    }
}

#[test]
fn objectives_decide() {
    let place = Place::new();
    let held = place.scenario("held.yaml", &serial());
    let (said, _) = ends(0, &[&held]);
    assert!(said.starts_with("serial: passed\n") && said.contains("6 checks: 6 pass"), "{said}");
    assert!(said.contains("1 not judged: --events judges read-only windows"), "{said}");
    let missed = place.scenario("missed.yaml", &serial().replace("p90: 200ms", "p90: 100ms"));
    let (said, _) = ends(1, &[&missed]);
    assert!(said.contains("✗ regression: web in go, apart: p90 157 ms missed, limit 100 ms"), "{said}");
    assert!(said.contains("next:\n  - see where the time goes with `longhaul explain"), "{said}");
    let rare = place.scenario("rare.yaml", &serial().replace("p90: 200ms", "p99.9: 200ms"));
    let ended = run(&["gate", "--quiet", "--effort", "0.001", &rare]);
    let said = text(&ended.stdout);
    assert!(ended.status.code() == Some(5) && said.contains("? inconclusive"), "{said}");
    for (fail_on, code) in
        [("nothing", 0), ("improvement,invalid", 0), ("regression", 1), ("over-budget,regression", 1)]
    {
        let (said, _) = ends(code, &[&missed, "--fail-on", fail_on]);
        assert_eq!(said.starts_with("serial: passed\n"), code == 0, "{said}");
    }
}

#[test]
fn short_states_decide_only_if_asked() {
    let place = Place::new();
    let writes = serial().replace("query: {}", "write: {}").replace("errors: 50%", "errors: 10%");
    let scenario = place.scenario("writes.yaml", &writes);
    let (said, _) = ends(0, &[&scenario]);
    assert!(!said.contains("read-only db"), "{said}");
    let (said, _) = ends(1, &[&scenario, "--events"]);
    assert!(said.contains("✗ regression: web in go, together, read-only db: errors 100 % missed"), "{said}");
}

#[test]
fn a_baseline_is_held_to_the_round_trip() {
    let place = Place::new();
    let (scenario, stored) = (place.scenario("serial.yaml", &serial()), place.text("baseline.json"));
    let (_, told) = ends(0, &[&scenario, "--write-baseline", &stored]);
    assert!(told.contains("baseline: "), "{told}");
    let (said, _) = ends(0, &[&scenario, "--baseline", &stored]);
    assert!(said.contains("checks: 18 pass\n") && said.contains("compared exactly: the same plan"), "{said}");
    let written = std::fs::read(&stored).expect("is there");

    let added = place.scenario("added.yaml", &serial().replace("times: 7", "times: 8"));
    let (said, told) = ends(1, &[&added, "--baseline", &stored, "--write-baseline", &stored]);
    assert!(said.contains("web, there on vm in go, apart: round trips 10 → 11 (+10 %)"), "{said}");
    let named = "page: 10 → 11 round trips (+1 × SELECT … FROM longhaul.items)";
    assert_eq!(said.matches(named).count(), 1, "named once, not in every phase: {said}");
    assert!(said.contains("if it is meant, store the new run\n    with `--write-baseline`"), "{said}");
    assert!(told.contains("stays as it is") && std::fs::read(&stored).expect("is there") == written, "{told}");

    let removed = place.scenario("removed.yaml", &serial().replace("times: 7", "times: 6"));
    let (said, _) = ends(0, &[&removed, "--baseline", &stored]);
    assert!(said.contains("✓ improvement") && said.contains("store the better run"), "{said}");
    ends(1, &[&removed, "--baseline", &stored, "--fail-on", "improvement"]);
    ends(0, &[&added, "--baseline", &stored, "--tolerance", "20%"]);
    ends(1, &[&added, "--baseline", &stored, "--tolerance", "5%"]);
}

#[test]
fn what_cannot_be_compared_is_told_and_is_six() {
    let place = Place::new();
    let (scenario, stored) = (place.scenario("serial.yaml", &serial()), place.text("baseline.json"));
    let (_, told) = ends(6, &[&scenario, "--baseline", &stored]);
    assert!(told.contains("there is no baseline") && told.contains("make it with --write-baseline"), "{told}");
    ends(0, &[&scenario, "--write-baseline", &stored]);
    for (was, is, expected) in [
        ("rtt: 15ms", "rtt: 17ms", "link here–there is 17ms, was 15ms"),
        ("rate: 5/s", "rate: 6/s", "arrivals of `web` are 6/s constant, were 5/s constant"),
        ("seed: 7", "seed: 8", "seed is 8, was 7"),
        ("read: 1ms", "read: 2ms", "store `db` is another, was otherwise"),
    ] {
        let other = place.scenario("other.yaml", &serial().replace(was, is));
        let (said, _) = ends(6, &[&other, "--baseline", &stored]);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(expected), "{expected}: {said}");
        ends(0, &[&other, "--baseline", &stored, "--fail-on", "regression"]);
    }
    std::fs::write(&stored, "{}").expect("writes");
    ends(2, &[&scenario, "--baseline", &stored]);
}

#[test]
fn what_was_typed_wrongly_is_two() {
    let place = Place::new();
    let scenario = place.scenario("serial.yaml", &serial());
    for wrong in [
        &["--output", "xml=a"][..],
        &["--output", "json"],
        &["--fail-on", "slow"],
        &["--strategy", "absent"],
        &["--step-summary"],
        &["--effort", "0"],
    ] {
        let ended =
            longhaul(&[&["gate", "--quiet", &scenario], wrong].concat()).env_remove("GITHUB_STEP_SUMMARY").output();
        assert_eq!(ended.expect("starts").status.code(), Some(2), "{wrong:?}");
    }
    assert_eq!(run(&["gate"]).status.code(), Some(2), "nothing was named");
    assert_eq!(run(&["gate", &place.text("absent.yaml")]).status.code(), Some(2));
    let committed = include_str!("../scenarios/gate-schema.json");
    assert_eq!(text(&run(&["schema", "--gate"]).stdout), committed);
}

#[test]
fn forms_go_where_they_are_asked_to() {
    let place = Place::new();
    let scenario = place.scenario("serial.yaml", &serial());
    let at = |form: &str| format!("{form}={}", place.text(form));
    let (junit, sarif) = (at("junit"), at("sarif"));
    let (said, _) = ends(0, &[&scenario, "--format", "csv", "-o", &junit, "--output", &sarif]);
    assert!(said.starts_with("id,kind,outcome,"), "{said}");
    let read = |form: &str| std::fs::read_to_string(place.path(form)).expect("written");
    assert!(read("junit").starts_with("<?xml") && read("sarif").contains("\"2.1.0\""));

    let summary = place.path("summary.md");
    std::fs::write(&summary, "# said before\n").expect("writes");
    let ended = longhaul(&["gate", "--quiet", "--effort", "0.002", &scenario, "--step-summary"])
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .expect("starts");
    assert_eq!(ended.status.code(), Some(0));
    let page = std::fs::read_to_string(&summary).expect("is there");
    assert!(page.starts_with("# said before\n\n### ✓ longhaul gate: serial: passed\n"), "{page}");
    let ended =
        longhaul(&["gate", "--quiet", "--effort", "0.002", &scenario]).env("GITHUB_STEP_SUMMARY", &summary).output();
    assert_eq!(ended.expect("starts").status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(&summary).expect("is there"), page, "nothing is written unless asked");
}

#[test]
fn the_first_interrupt_ends_it_without_an_answer() {
    let mut child = longhaul(&["gate", SMOKE, "--effort", "1000"]).spawn().expect("starts");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let first = lines.next().expect("it says how far it is").expect("UTF-8");
    assert!(first.contains("gone, about"), "{first}");
    let signalled = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(signalled.success());
    let told = lines.map(|line| line.expect("UTF-8")).collect::<Vec<_>>().join("\n");
    assert_eq!(child.wait().expect("ends").code(), Some(5), "{told}");
    assert!(told.contains("stopped before"), "{told}");
}

/// Writes one result of a gate for each number.
fn store(dir: &Path, p99s: &[f64]) {
    std::fs::create_dir_all(dir).expect("a directory");
    for (i, p99) in p99s.iter().enumerate() {
        let check = Check {
            subject: "web in go, apart".into(),
            quantity: "p99".into(),
            unit: "ns".into(),
            found: Some(*p99),
            ..plain(Kind::Objective, "objective/go/apart/web/web/p99", Outcome::Pass, "held")
        };
        let judged = Judged { title: "serial".into(), checks: vec![check], ..Judged::default() };
        std::fs::write(dir.join(format!("gate-{}.json", i + 1)), json::json(&told(&judged))).expect("writes");
    }
}

fn noisy(level: f64, n: usize) -> Vec<f64> {
    (0..n).map(|i| level + [0.0, 2e6, -1e6, 1e6, -2e6, 0.5e6, 1.5e6][i * 5 % 7]).collect()
}

#[test]
fn history_finds_where_it_changed() {
    let place = Place::new();
    let judge = |name: &str, p99s: &[f64], code: i32, more: &[&str]| {
        let dir = place.path(name);
        store(&dir, p99s);
        let ended = run(&[&["gate", "--history", &place.text(name)], more].concat());
        let said = text(&ended.stdout);
        assert_eq!(ended.status.code(), Some(code), "{name}: {}\n{said}", text(&ended.stderr));
        said.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let risen = [noisy(200e6, 15), noisy(230e6, 9)].concat();
    let said = judge("risen", &risen, 1, &[]);
    assert!(said.contains("201 ms → 231 ms (+15 %) with gate-16.json, 9 results ago (p = 0.002)"), "{said}");
    judge("risen", &risen, 0, &["--fail-on", "over-budget"]);
    judge("risen", &risen, 0, &["--within", "8"]);
    judge("risen", &risen, 0, &["--min-change", "20%"]);
    judge("risen", &risen, 2, &["--significance", "50%"]);
    let fallen = [noisy(230e6, 15), noisy(200e6, 9)].concat();
    assert!(judge("fallen", &fallen, 0, &[]).contains("✓ improvement"));
    assert!(judge("flat", &noisy(200e6, 24), 0, &[]).contains("1 check: 1 pass"));
    assert!(judge("few", &noisy(200e6, 5), 5, &[]).contains("wait for more stored results"));
    let page = judge("risen", &risen, 1, &["--format", "json"]);
    let page: serde_json::Value = serde_json::from_str(&page).expect("is JSON");
    assert_eq!(
        (&page["series"][0]["changes"][0]["name"], page["series"][0]["points"].as_array().map(Vec::len)),
        (&"gate-16.json".into(), Some(24))
    );
    assert_eq!(run(&["gate", "--history", &place.text("absent")]).status.code(), Some(2));
    std::fs::create_dir(place.path("empty")).expect("a directory");
    assert_eq!(run(&["gate", "--history", &place.text("empty")]).status.code(), Some(6));
    std::fs::write(place.path("few/gate-3.json"), "[]").expect("writes");
    assert_eq!(run(&["gate", "--history", &place.text("few")]).status.code(), Some(2));
}

#[test]
fn history_is_of_runs_too_and_of_one_world() {
    let place = Place::new();
    std::fs::create_dir(place.path("runs")).expect("a directory");
    let versions = [(1..=8, "times: 7"), (9..=16, "times: 9")];
    for (numbers, times) in versions {
        let scenario = place.scenario("serial.yaml", &serial().replace("times: 7", times));
        for n in numbers {
            ends(0, &[&scenario, "--write-baseline", &place.text(&format!("runs/{n}.json"))]);
        }
    }
    let other = place.scenario("far.yaml", &serial().replace("rtt: 15ms", "rtt: 18ms"));
    ends(0, &[&other, "--write-baseline", &place.text("runs/5b.json")]);
    let ended = run(&["gate", "--history", &place.text("runs")]);
    let said = text(&ended.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("round trips: 10 round trips → 12 round trips (+20 %) with 9.json, 8 results ago"), "{said}");
    assert!(
        said.contains("left out 1 stored under other conditions: 5b.json (link here–there is 15ms, was 18ms)"),
        "{said}"
    );
}
