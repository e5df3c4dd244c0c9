//! The committed scenarios and their schema, through the binary.

use std::path::{Path, PathBuf};

use assert_cmd::Command;

fn longhaul() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("longhaul"))
}

fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let all = std::fs::read_dir(folder).expect("the folder is there").map(|entry| entry.expect("readable").path());
    let mut all: Vec<_> = all.filter(|path| path.extension().is_some_and(|e| e == "yaml")).collect();
    all.sort();
    assert!(all.len() >= 4);
    all
}

#[test]
fn the_schema_is_current() {
    for (args, file) in
        [(&["schema"][..], "scenarios/schema.json"), (&["schema", "--schedule"], "scenarios/schedule-schema.json")]
    {
        let output = longhaul().args(args).output().expect("it runs");
        assert_eq!(output.status.code(), Some(0));
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let committed = std::fs::read_to_string(&committed).expect("committed");
        let current = String::from_utf8(output.stdout).expect("text");
        assert!(committed == current, "write it again: cargo run -- {} > {file}", args.join(" "));
    }
}

#[test]
fn every_scenario_is_valid_expects_something_and_points_editors_at_the_schema() {
    for file in scenarios() {
        let text = std::fs::read_to_string(&file).expect("readable");
        assert!(text.starts_with("# yaml-language-server: $schema=schema.json\n"), "{}", file.display());
        let loaded = longhaul::scenario::load(&file).unwrap_or_else(|error| panic!("error: {error}"));
        assert!(!loaded.scenario.expect.is_empty(), "{} expects nothing", file.display());
        assert_eq!(file.file_stem().and_then(|stem| stem.to_str()), Some(loaded.scenario.name.as_str()));
    }
    let output = longhaul().arg("check").args(scenarios()).output().expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("to measure: 13 distinct placements and 15 short states"), "{text}");
    let restart = "  restart kubernetes: every 1d in 4 waves, about 6.7 s to 14.6 s; a start takes what the start-up \
                   workload boot does; who works has 30s to end, then is killed; runs of cron jobs are left alone\n";
    assert!(text.contains(restart), "{text}");
    assert!(text.contains("strategy lift-and-shift: 8 phases, 119d"), "{text}");
}

#[test]
fn check_tells_json() {
    let output = longhaul().args(["check", "--json"]).args(scenarios()).output().expect("it runs");
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let all = value.as_array().expect("an array");
    assert_eq!(all.len(), scenarios().len());
    assert!(all.iter().all(|one| one["valid"] == true && one["digest"].as_str().is_some_and(|d| d.len() == 64)));
}

#[test]
fn init_writes_a_starter_that_is_valid_and_never_overwrites_unasked() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |args: &[&str]| longhaul().current_dir(folder.path()).args(args).output().expect("it runs");
    assert_eq!(run(&["init", "mine.yaml"]).status.code(), Some(0));
    assert_eq!(run(&["check", "mine.yaml"]).status.code(), Some(0));
    std::fs::write(folder.path().join("mine.yaml"), "mine").expect("writable");
    let refused = run(&["init", "mine.yaml"]);
    assert_eq!(refused.status.code(), Some(2));
    let expected = "error: mine.yaml is there already: name another file, or add --force\n";
    assert_eq!(String::from_utf8_lossy(&refused.stderr), expected);
    assert_eq!(std::fs::read_to_string(folder.path().join("mine.yaml")).expect("readable"), "mine");
    assert_eq!(run(&["init", "mine.yaml", "--force"]).status.code(), Some(0));
    assert_eq!(run(&["check", "mine.yaml"]).status.code(), Some(0));
    assert_eq!(run(&["init", "absent/mine.yaml"]).status.code(), Some(75));
}
