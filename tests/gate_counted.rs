//! `longhaul gate` with a budget and a snapshot, as a build runs it: exit codes, sentences, files, and the same bytes each time.

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

/// A shop whose checkout asks for each price.
const SHOP: &str = "\
format: 1
name: shop
about: A checkout that asks for the price of each item.
sites: { old: data centre, new: cloud }
links: [{ within: any, rtt: 0.5ms }, { between: [old, new], rtt: 15ms }]
stores: { db: { kind: mysql, site: old }, cache: { kind: memcached, site: old } }
journeys:
  checkout:
    steps:
      - get: { store: cache }
      - repeat:
          times: 4
          steps:
            - query: { store: db, sql: SELECT price FROM prices WHERE item = 1 }
workloads:
  web: { kind: http, site: old, journey: checkout, rate: 2/s, connections: per-journey }
strategies:
  move: { phases: [{ name: before, lasts: 7d }, { name: after, lasts: 7d, move: { web: new } }] }
";

/// Four round trips of connecting, five of calls.
const BUDGET: &str = "\
format: 1
units:
  checkout:
    round_trips: 9
";

struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let shop = Self { folder };
        shop.write("shop.yaml", SHOP);
        shop.write("budget.yaml", BUDGET);
        shop
    }
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("writable");
    }
    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("readable")
    }
    /// One query more (or fewer) in the loop.
    fn loop_of(&self, queries: usize) {
        let query = "            - query: { store: db, sql: SELECT price FROM prices WHERE item = 1 }\n";
        self.write("shop.yaml", &SHOP.replace(query, &query.repeat(queries)));
    }
    fn gate(&self, args: &str) -> Output {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("longhaul"));
        command.current_dir(self.folder.path()).arg("gate").arg("shop.yaml").args(args.split_whitespace());
        command.output().expect("it runs")
    }
    /// Exit code, what was printed (without its line breaks), what was complained about.
    fn told(&self, args: &str) -> (Option<i32>, String, String) {
        let output = self.gate(args);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let words = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        (output.status.code(), words(text(&output.stdout)), text(&output.stderr))
    }
}

#[test]
fn one_query_more_in_a_loop_fails_and_is_named() {
    let shop = Shop::new();
    assert_eq!(shop.told("--snapshot s.yaml --update").0, Some(0));
    let args = "--budget budget.yaml --snapshot s.yaml";
    let (exit, out, _) = shop.told(args);
    assert_eq!(exit, Some(0), "{out}");
    shop.loop_of(2);
    let (exit, out, _) = shop.told(args);
    assert_eq!(exit, Some(3), "{out}");
    assert!(out.contains("checkout: 9 → 13 round trips (+4 × SELECT … FROM prices): +60 ms at 15 ms"), "{out}");
    assert!(
        out.contains(
            "checkout: 13 round trips, 4 more than the budget of 9 (most: 8 × SELECT … FROM prices): +60 ms at 15 ms"
        ),
        "{out}"
    );
    assert!(out.contains("checkout: 8 × SELECT … FROM prices in one pass, at most 5: +45 ms at 15 ms"), "{out}");
    let (_, out, _) = shop.told("--snapshot s.yaml --rtt 50ms,1ms");
    assert!(out.contains(": +4 ms at 1 ms, +200 ms at 50 ms"), "{out}");
}

#[test]
fn one_query_fewer_passes_with_a_hint_to_tighten() {
    let shop = Shop::new();
    assert_eq!(shop.told("--snapshot s.yaml --update").0, Some(0));
    shop.write("shop.yaml", &SHOP.replace("times: 4", "times: 3"));
    let (exit, out, _) = shop.told("--budget budget.yaml --snapshot s.yaml");
    assert_eq!(exit, Some(0), "{out}");
    assert!(out.contains("checkout: 9 → 8 round trips (−1 × SELECT … FROM prices)"), "{out}");
    assert!(out.contains("tighten it: `round_trips: 8` at budget.yaml:4:18"), "{out}");
    assert_eq!(shop.told("--snapshot s.yaml --fail-on improvement").0, Some(1));
}

#[test]
fn a_snapshot_that_is_not_there_is_no_baseline() {
    let shop = Shop::new();
    let (exit, out, err) = shop.told("--snapshot s.yaml");
    assert_eq!((exit, out.as_str()), (Some(6), ""));
    let command = "longhaul gate shop.yaml --snapshot s.yaml --update";
    assert!(err.contains(command), "{err}");
    assert!(!shop.path("s.yaml").exists());
    assert_eq!(shop.told("--update").0, Some(2), "--update of what?");
    assert_eq!(shop.told("--snapshot s.yaml --update").0, Some(0));
    let text = shop.read("s.yaml");
    assert!(text.contains(&format!("# made by: {command}\n")), "{text}");
    assert!(
        text.contains("{ round_trips: 4, calls: 4, repeats: 4, mysql: \"SELECT price FROM prices WHERE item = ?\" }"),
        "{text}"
    );
    assert!(text.contains("{ round_trips: 1, calls: 1, repeats: 1, memcached: \"get lh:hit:*:*\" }"), "{text}");
}

#[test]
fn an_update_says_what_changed_and_overwrites_snapshots_only() {
    let shop = Shop::new();
    assert_eq!(shop.told("--snapshot s.yaml --update").0, Some(0));
    let first = shop.read("s.yaml");
    shop.loop_of(2);
    let (exit, out, _) = shop.told("--snapshot s.yaml --update");
    assert!(exit == Some(0) && out.contains("+4 × SELECT … FROM prices"), "{out}");
    let merged = format!("<<<<<<< ours\n{first}=======\n{}>>>>>>> theirs\n", shop.read("s.yaml"));
    shop.write("s.yaml", &merged);
    let (exit, _, err) = shop.told("--snapshot s.yaml");
    assert!(exit == Some(2) && err.contains("s.yaml:1:"), "{err}");
    assert_eq!(shop.told("--snapshot s.yaml --update").0, Some(0), "a merge's marks are written over");
    shop.write("notes.txt", "not to be lost");
    let (exit, _, err) = shop.told("--snapshot notes.txt --update");
    assert!(exit == Some(2) && err.contains("is no snapshot"), "{err}");
    assert_eq!(shop.read("notes.txt"), "not to be lost");
    let left: Vec<_> = std::fs::read_dir(shop.folder.path()).expect("readable").collect();
    assert_eq!(left.len(), 4, "no temporary file stays: {left:?}");
}

#[test]
fn a_budget_that_is_wrong_or_checks_nothing_does_not_pass() {
    let shop = Shop::new();
    shop.write("budget.yaml", &BUDGET.replace("round_trips", "roundtrips"));
    let (exit, out, err) = shop.told("--budget budget.yaml");
    assert_eq!((exit, out.as_str()), (Some(2), ""));
    assert!(err.contains("budget.yaml:4:5") && err.contains("did you mean `round_trips`?"), "{err}");
    shop.write("budget.yaml", &BUDGET.replace("checkout", "check-out"));
    let (exit, out, _) = shop.told("--budget budget.yaml");
    assert!(exit == Some(5) && out.contains("did you mean `checkout`?"), "{out}");
    assert_eq!(shop.told("--budget absent.yaml").0, Some(2));
    shop.write("budget.yaml", "format: 1\ndefault: { repeats: none }\n");
    let (exit, out, _) = shop.told("--budget budget.yaml");
    assert!(exit == Some(5) && out.contains("limits nothing that was counted: nothing was checked"), "{out}");
    shop.write("budget.yaml", "format: 1\ntotal: { growth: linear }\n");
    let (exit, out, _) = shop.told("--budget budget.yaml");
    assert!(exit == Some(5) && out.contains("at one size of the data only"), "{out}");
}

#[test]
fn objectives_are_simulated_beside_a_budget_only_if_asked_for() {
    let shop = Shop::new();
    shop.write(
        "shop.yaml",
        &SHOP.replace("connections: per-journey", "connections: per-journey, objective: { p99: 1s }"),
    );
    let (exit, counted, _) = shop.told("--budget budget.yaml");
    assert_eq!(exit, Some(0), "{counted}");
    assert!(counted.contains("2 checks: 2 pass"), "{counted}");
    let (exit, both, _) = shop.told("--budget budget.yaml --objectives");
    assert_eq!(exit, Some(0), "{both}");
    assert!(both.contains("4 checks: 4 pass"), "{both}");
}

#[test]
fn a_hundred_times_the_same_bytes() {
    let shop = Shop::new();
    assert_eq!(shop.told("--snapshot s.yaml --update").0, Some(0));
    shop.loop_of(2);
    let args = ["--budget", "budget.yaml", "--snapshot", "s.yaml"];
    let path = |name: &str| shop.path(name).display().to_string();
    let gate = || {
        let named = [args[0].to_owned(), path(args[1]), args[2].to_owned(), path(args[3])];
        let all = ["longhaul".to_owned(), "gate".into(), path("shop.yaml")].into_iter().chain(named);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let exit = longhaul::cli::run(all.map(Into::into), &mut out, &mut err);
        (exit as u8, out, err)
    };
    let first = gate();
    assert_eq!(first.0, 3);
    assert!((1..100).all(|_| gate() == first));
    let snapshot = shop.read("s.yaml");
    for _ in 0..3 {
        shop.write("shop.yaml", SHOP);
        assert_eq!(shop.told("--snapshot s.yaml --update").0, Some(0));
        assert_eq!(shop.read("s.yaml"), snapshot);
    }
}

#[test]
fn the_schema_of_budgets_is_printed() {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("longhaul"));
    let output = command.args(["schema", "--budget"]).output().expect("it runs");
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/budget-schema.json");
    let committed = std::fs::read_to_string(committed).expect("readable");
    assert!(
        String::from_utf8_lossy(&output.stdout) == committed,
        "cargo run -- schema --budget > scenarios/budget-schema.json"
    );
}
