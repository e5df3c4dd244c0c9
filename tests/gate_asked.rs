//! What is asked of `longhaul gate` and cannot be done: told before anything is run, in words that say what to do instead.
//!
//! Not for: what was judged.

mod asking;

use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use asking::{ends, told};
use tempfile::TempDir;

const SCENARIO: &str = "\
format: 1
name: shop
about: A page that moves away from its database.
sites: { old: data centre, new: cloud }
links: [{ within: any, rtt: 0.5ms }, { between: [old, new], rtt: 15ms }]
stores: { db: { kind: mysql, site: old } }
journeys: { page: { steps: [query: { store: db }] } }
workloads: { web: { kind: http, site: old, journey: page, rate: 2/s } }
strategies: { move: { phases: [{ name: before, lasts: 7d }, { name: after, lasts: 7d, move: { web: new } }] } }
";

/// A folder with a scenario, a budget, and a command that leaves a mark if it is run.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a folder"));
        place.write("shop.yaml", SCENARIO);
        place.write("budget.yaml", "format: 1\ndefault: { round_trips: 40 }\n");
        std::fs::create_dir(place.path("folder")).expect("a folder");
        place
    }
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("writable");
    }
    fn gate(&self, args: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_longhaul"));
        command.current_dir(self.0.path()).arg("gate").args(args.split_whitespace());
        command.output().expect("longhaul runs")
    }
    /// What is left behind: nothing but what was there.
    fn names(&self) -> Vec<String> {
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("read").file_name().into_string();
        let mut names: Vec<String> =
            std::fs::read_dir(self.0.path()).expect("a folder").map(|entry| name(entry).expect("text")).collect();
        names.sort();
        names
    }
}

#[test]
fn what_belongs_to_another_gate_is_not_passed_over() {
    let place = Place::new();
    for args in [
        "shop.yaml --against shop.yaml --budget budget.yaml",
        "shop.yaml --against shop.yaml --snapshot s.yaml",
        "shop.yaml --against shop.yaml --baseline base.json",
        "shop.yaml --against shop.yaml --objectives",
        "shop.yaml --against shop.yaml --rtt 15ms",
        "shop.yaml --rounds 9",
        "shop.yaml --confirm",
        "shop.yaml --raw raw.json",
        "shop.yaml --sizes 1,10",
        "shop.yaml --against shop.yaml --sizes 1,10",
        "shop.yaml --inject --budget budget.yaml",
        "shop.yaml --tolerance 5%",
        "shop.yaml --rtt 15ms",
        "shop.yaml --objectives --rtt 15ms",
        "--mysql 127.0.0.1:1 --sizes 1,10 -- touch mark",
        "--mysql 127.0.0.1:1 --sizes 1,10 --budget budget.yaml -- touch mark",
        "--history folder --within 0",
        "shop.yaml --within 3",
        "shop.yaml --budget budget.yaml --events",
        "shop.yaml --budget budget.yaml --strategy move",
        "--history folder --budget budget.yaml",
        "--history folder --against shop.yaml",
        "--history folder -- touch mark",
        "--mysql 127.0.0.1:1 --strategy move -- touch mark",
        "--mysql 127.0.0.1:1 --baseline base.json -- touch mark",
        "--mysql 127.0.0.1:1 --against shop.yaml -- touch mark",
    ] {
        let output = place.gate(args);
        assert_eq!(output.status.code(), Some(2), "{args}: {}", told(&output));
    }
    assert_eq!(place.names(), ["budget.yaml", "folder", "shop.yaml"]);
    ends(&place.gate("shop.yaml --budget budget.yaml --events"), 2, &["--events is of a simulation", "--objectives"]);
    ends(&place.gate("shop.yaml --rtt 15ms"), 2, &["add --budget or --snapshot"]);
    let sized = place.gate("--mysql 127.0.0.1:1 --sizes 1,10 --budget budget.yaml -- touch mark");
    ends(&sized, 2, &["nothing says how round trips may grow", "default: { growth: constant }"]);
    ends(&place.gate("--history folder --within 0"), 2, &["write 1 or more"]);
}

#[test]
fn what_cannot_be_written_is_told_before_anything_is_run() {
    let place = Place::new();
    for (args, says) in [
        ("-o json=folder", "cannot write folder: is a directory"),
        ("-o json=absent/gate.json", "cannot write absent/gate.json: No such file"),
        ("--out budget.yaml", "cannot make budget.yaml"),
        ("--snapshot folder --update", "cannot write folder: is a directory"),
        ("--snapshot absent/s.yaml --update", "cannot write absent/s.yaml: No such file"),
    ] {
        ends(&place.gate(&format!("{args} --mysql 127.0.0.1:1 -- touch mark")), 75, &[says]);
    }
    let mut summary = Command::new(env!("CARGO_BIN_EXE_longhaul"));
    summary.current_dir(place.0.path()).env("GITHUB_STEP_SUMMARY", "absent/summary.md");
    summary.args("gate --step-summary --mysql 127.0.0.1:1 -- touch mark".split(' '));
    ends(&summary.output().expect("longhaul runs"), 75, &["cannot write absent/summary.md: No such file"]);
    for (args, says) in [
        ("--write-baseline folder", "cannot write folder: is a directory"),
        ("--against shop.yaml --raw absent/raw.json", "cannot write absent/raw.json: No such file"),
    ] {
        ends(&place.gate(&format!("shop.yaml {args}")), 75, &[says]);
    }
    assert_eq!(place.names(), ["budget.yaml", "folder", "shop.yaml"]);
}

#[test]
fn a_device_is_written_to_and_not_replaced() {
    let place = Place::new();
    ends(&place.gate("shop.yaml --budget budget.yaml -o json=/dev/null"), 0, &["pass"]);
    assert!(Path::new("/dev/null").metadata().expect("there").file_type().is_char_device());
}

#[test]
fn stores_that_are_not_there_are_named() {
    let place = Place::new();
    for (args, says) in [
        ("--against-store nobody=mysql://root@127.0.0.1:1", "no such store of that kind as `nobody`: it has db"),
        ("--against-store 127.0.0.1:1", "the store `db` has no server: give its address with --against-store"),
        ("--against shop.yaml --store 127.0.0.1:1", "the store `db` has no server: give its address with --store"),
        ("--against shop.yaml --quantile median", "`median` is no percentile: write for example p90"),
    ] {
        ends(&place.gate(&format!("shop.yaml {args}")), 2, &[says]);
    }
}

#[test]
fn a_history_with_something_else_in_it_says_what() {
    let place = Place::new();
    for (text, says) in [
        ("hello", "expected value at line 1"),
        ("{}", "it has neither `gate_format` nor `format`"),
        ("[1]", "it is a list"),
        (r#"{"gate_format": 1}"#, "a.json"),
        (r#"{"gate_format": 99}"#, "a.json"),
        (r#"{"format": 1}"#, "a.json is no run file"),
    ] {
        place.write("folder/a.json", text);
        place.write("folder/notes.txt", "not looked at");
        ends(&place.gate("--history folder"), 2, &["folder/a.json", says]);
    }
}

#[test]
fn a_scenario_without_objectives_has_not_passed() {
    let place = Place::new();
    let quick = "shop.yaml --quiet --effort 0.01";
    let nothing = place.gate(quick);
    ends(&nothing, 5, &["no workload of the scenario has an objective: nothing was checked"]);
    assert!(!told(&nothing).contains("--effort"), "more samples are of no use: {}", told(&nothing));
    ends(&place.gate(&format!("{quick} --write-baseline base.json")), 0, &["baseline: base.json"]);
}
