//! `longhaul advise` through the binary: a golden list, scenarios that it writes, wrong names.
//!
//! `UPDATE=1 cargo test --test advise` writes the golden file again.

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

const FOUNDING: &str = "scenarios/mercari-us.yaml";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn longhaul(args: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("longhaul"));
    command.current_dir(root()).args(args).output().expect("it runs")
}

fn text(args: &[&str]) -> String {
    let output = longhaul(args);
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn json(args: &[&str]) -> Value {
    serde_json::from_str(&text(args)).expect("JSON")
}

#[test]
fn the_list_of_the_founding_case_is_the_golden_one() {
    let told = text(&["advise", FOUNDING, "--list"]);
    let golden = root().join("tests/golden/advise.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&golden, &told).expect("writable");
    }
    let expected = std::fs::read_to_string(&golden).expect("committed");
    assert!(told == expected, "it says now:\n{told}\nwrite it again: UPDATE=1 cargo test --test advise");
}

#[test]
fn the_list_is_in_order_and_agrees_with_check() {
    for scenario in [FOUNDING, "scenarios/smoke.yaml", "scenarios/starter.yaml"] {
        let list = json(&["advise", scenario, "--list", "--format", "json"]);
        let all = list["mitigations"].as_array().expect("a list");
        let saved: Vec<f64> = all.iter().map(|it| it["saved_seconds_per_second"].as_f64().expect("a number")).collect();
        assert!(saved.len() > 5 && saved.is_sorted_by(|a, b| a >= b), "{saved:?}");
        let checked = json(&["check", "--json", scenario]);
        let journeys = checked[0]["journeys"].as_array().expect("journeys");
        for change in all.iter().flat_map(|it| it["round_trips"].as_array().expect("a list")) {
            let same = |it: &&Value| {
                let by = |it: &Value| it["performed_by"].as_array().expect("names").clone();
                it["journey"] == change["journey"] && by(change).iter().all(|name| by(it).contains(name))
            };
            let counted = journeys.iter().find(same).expect("it is counted");
            for word in ["connect", "calls", "sequential"] {
                assert_eq!(counted[word], change["before"][word], "{change}");
            }
        }
    }
}

/// The typical round trips of a journey, as `check` tells them.
fn counted(file: &str, journey: &str) -> (u64, u64) {
    let checked = json(&["check", "--json", file]);
    let all = checked[0]["journeys"].as_array().expect("journeys");
    let it = all.iter().find(|it| it["journey"] == journey).expect("performed");
    (it["connect"].as_u64().expect("a count"), it["sequential"].as_u64().expect("a count"))
}

#[test]
fn what_is_applied_is_valid_and_crosses_less_often() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("quicker.yaml");
    let file = file.to_str().expect("a path");
    let names = ["batch:item-page:6", "single-statement:item-page:8", "persistent:web", "batch:item-page:4"];
    let mut args = vec!["advise", FOUNDING, "--apply"];
    args.extend(names);
    args.extend(["-o", file]);
    let told = text(&args);
    assert!(told.contains("expected round trips of item-page are counted anew: `connect` is 0 instead of 4"), "{told}");
    // 20 statements and 16 gets became one each, BEGIN and COMMIT are gone.
    assert_eq!(counted(FOUNDING, "item-page"), (4, 51));
    assert_eq!(counted(file, "item-page"), (0, 51 - 19 - 2 - 15));
    let explained = json(&["explain", file, "--json", "--journey", "item-page"]);
    let before = json(&["explain", FOUNDING, "--json", "--journey", "item-page"]);
    let mean = |it: &Value| it["journeys"][0]["mean_round_trips"].as_f64().expect("a number");
    assert!(mean(&explained) < mean(&before) - 35.0, "{} of {}", mean(&explained), mean(&before));
    let written = std::fs::read_to_string(file).expect("written");
    assert!(written.contains("Made from mercari-us, with: batch a repeat of item-page, step 6 (batch:item-page:6)"));
    assert!(written.contains("\nname: quicker\n"), "a report of its own");

    // Never over a file that is there, unless asked.
    let refused = longhaul(&args);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("is there already: name another file, or add --force"));
    assert_eq!(std::fs::read_to_string(file).expect("still there"), written);
    args.push("--force");
    text(&args);
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 1, "nothing else is left there");
}

#[test]
fn every_mitigation_of_the_committed_scenarios_can_be_applied() {
    let folder = tempfile::tempdir().expect("a folder");
    for scenario in [FOUNDING, "scenarios/dc-first-only.yaml", "scenarios/smoke.yaml", "scenarios/starter.yaml"] {
        let list = json(&["advise", scenario, "--list", "--format", "json"]);
        for (number, it) in list["mitigations"].as_array().expect("a list").iter().enumerate() {
            let name = it["name"].as_str().expect("a name");
            // Some of each scenario, by number: that it is true of all, a property test says.
            if number % 9 > 0 {
                continue;
            }
            let file = folder.path().join(format!("{number}.yaml"));
            let file = file.to_str().expect("a path");
            text(&["advise", scenario, "--apply", name, "-o", file, "--force"]);
            text(&["check", file]);
        }
    }
}

#[test]
fn switches_of_the_file_are_shown_listed_and_applied() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = folder.path().join("own.yaml");
    let scenario = std::fs::read_to_string(root().join(FOUNDING)).expect("readable");
    let switches = "mitigations:\n  n-plus-one: { batch: { journey: item-page, step: 6 } }\n  all: { batch: item-page }\n  \
                    near: { link: { between: [dc, cloud], to: { rtt: 5ms } } }\n  pooled: { pool: { workload: web, size: 40 } }\n";
    std::fs::write(&own, scenario + switches).expect("writable");
    let own = own.to_str().expect("a path");
    let checked = text(&["check", own]);
    assert!(checked.contains("\n  mitigation n-plus-one, off: batch a repeat of item-page, step 6\n"), "{checked}");
    let listed = text(&["advise", own, "--list"]);
    assert!(listed.contains("\npooled*  saves 60.0 ms, 5.700 s in each second\n"), "{listed}");
    let to = folder.path().join("to.yaml");
    let to = to.to_str().expect("a path");
    text(&["advise", own, "--apply", "n-plus-one", "near", "-o", to]);
    // What is left to be switched on still is; a number may stand for a step in another list now.
    let checked = text(&["check", to]);
    assert!(checked.contains("mitigation all, off") && !checked.contains("n-plus-one"), "{checked}");
    assert!(checked.contains("at 5ms"), "{checked}");
}

#[test]
fn wrong_input_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().join("to.yaml");
    let to = to.to_str().expect("a path");
    let absent = folder.path().join("absent/to.yaml");
    let absent = absent.to_str().expect("a path");
    for (args, exit, message) in [
        (
            &["--apply", "batch:item-pag:6", "-o", to][..],
            2,
            "error: no mitigation `batch:item-pag:6` applies to mercari-us: did you mean `batch:item-page:6`? \
             `longhaul advise scenarios/mercari-us.yaml --list` tells all\n",
        ),
        (&["--apply", "parallel:item-page:1", "batch:item-page:6", "-o", to], 2, "step 6 of `item-page` was replaced"),
        (&["--apply", "persistent:web"], 2, "--output"),
        (&["-o", to], 2, "--apply"),
        (&["--list", "--apply", "persistent:web", "-o", to], 2, "cannot be used with"),
        (&["--apply", "persistent:web", "-o", absent], 75, "cannot be written"),
    ] {
        let output = longhaul(&[&["advise", FOUNDING], args].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), told.contains(message)), (Some(exit), true), "{args:?}: {told}");
        assert!(output.stdout.is_empty());
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 0, "nothing was written");
}
