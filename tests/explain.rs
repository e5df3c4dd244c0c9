//! `longhaul explain` through the binary: a golden text, JSON, wrong input.
//!
//! `UPDATE=1 cargo test --test explain` writes the golden file again.

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn explain(args: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("longhaul"));
    command.current_dir(root()).arg("explain").args(args).output().expect("it runs")
}

fn text(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

#[test]
fn the_text_is_the_golden_one() {
    let told = text(&explain(&["scenarios/smoke.yaml", "--rtt", "4ms,0.5ms,100ms"]));
    let golden = root().join("tests/golden/explain.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&golden, &told).expect("writable");
    }
    let expected = std::fs::read_to_string(&golden).expect("committed");
    assert!(told == expected, "it says now:\n{told}\nwrite it again: UPDATE=1 cargo test --test explain");
}

#[test]
fn json_says_the_same_as_check() {
    for scenario in ["scenarios/smoke.yaml", "scenarios/mercari-us.yaml"] {
        let explained: serde_json::Value = serde_json::from_str(&text(&explain(&[scenario, "--json"]))).expect("JSON");
        let mut check = Command::new(assert_cmd::cargo::cargo_bin!("longhaul"));
        let checked = check.current_dir(root()).args(["check", "--json", scenario]).output().expect("it runs");
        let checked: serde_json::Value = serde_json::from_slice(&checked.stdout).expect("JSON");
        let journeys = explained["journeys"].as_array().expect("journeys");
        for counted in checked[0]["journeys"].as_array().expect("journeys") {
            let same = journeys.iter().any(|it| {
                it["journey"] == counted["journey"]
                    && it["performed_by"] == counted["performed_by"]
                    && ["connect", "calls", "sequential"].iter().all(|word| it["typical"][word] == counted[word])
            });
            assert!(same, "{counted}");
        }
    }
}

#[test]
fn wrong_input_is_told() {
    for (args, exit, message) in [
        (&["scenarios/none.yaml"][..], 2, "scenarios/none.yaml"),
        (&["scenarios/smoke.yaml", "--rtt", "15"], 2, "has no unit"),
        (&["scenarios/smoke.yaml", "--journey", "pag"], 2, "no workload performs a journey `pag`: there are page, job"),
    ] {
        let output = explain(args);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), told.contains(message)), (Some(exit), true), "{told}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("longhaul"));
    command.current_dir(root()).args(["explain", "scenarios/mercari-us.yaml"]).stdout(writer);
    let output = command.output().expect("it runs");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(75), ""));
}
