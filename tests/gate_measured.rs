//! `longhaul gate` on two sides as a user meets it: through the binary, on real sockets.
//!
//! A busy machine may make a comparison inconclusive, never a regression of equal sides; so these tests hold on any machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/data/gate.yaml");
/// Eight rounds are what one comparison needs.
const SHORT: &[&str] = &["--quantile", "p50", "--rounds", "8", "--per-round", "8", "--at-once", "4", "--quiet"];

fn longhaul(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_longhaul"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.output().expect("the binary starts")
}

fn gate(scenario: &str, args: &[&str]) -> (Option<i32>, String) {
    let ended = longhaul(&[&["gate", scenario], SHORT, args].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let told = text(&ended.stdout) + &text(&ended.stderr);
    // Lines are wrapped anywhere.
    (ended.status.code(), told.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The page at 2 ms, so that a test is short, with something replaced.
fn page(dir: &Path, name: &str, was: &str, is: &str) -> String {
    let text = std::fs::read_to_string(PAGE).expect("the scenario is there").replace("rtt: 20ms", "rtt: 2ms");
    assert!(text.contains(was), "the scenario still has {was}");
    let path: PathBuf = dir.join(name);
    std::fs::write(&path, text.replace(was, is)).expect("writes");
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn the_same_on_both_sides_is_no_regression_and_its_raw_data_are_whole() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let base = page(dir.path(), "base.yaml", "8ms", "8ms");
    let raw = dir.path().join("raw.json");
    let (exit, told) = gate(&base, &["--against", &base, "--raw", raw.to_str().expect("UTF-8")]);
    assert!(matches!(exit, Some(0 | 5)), "{told}");
    assert!(told.starts_with("gate-decisions: "), "{told}");
    let raw: serde_json::Value = serde_json::from_slice(&std::fs::read(raw).expect("written")).expect("JSON");
    let page = &raw["sets"][0]["subjects"][0];
    assert_eq!((page["name"].as_str(), page["rounds"].as_array().map(Vec::len)), (Some("web/page"), Some(8)));
    for place in page["rounds"].as_array().expect("rounds").iter().flat_map(|round| round.as_array().expect("places")) {
        assert_eq!((place["times_ns"].as_array().map(Vec::len), place["trips"].as_u64()), (Some(4), Some(32)));
        // 8 × 2 ms and 8 ms of thinking, never early.
        assert!(
            place["times_ns"].as_array().expect("times").iter().all(|ns| ns.as_u64() >= Some(24_000_000)),
            "{place}"
        );
    }
    let pairs = raw["pairs"].as_array().expect("pairs");
    assert_eq!((pairs.len(), pairs[0]["rounds"].as_u64(), pairs[1]["control"].as_bool()), (2, Some(8), Some(true)));
}

#[test]
fn what_takes_half_as_long_again_fails_and_is_confirmed() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let base = page(dir.path(), "base.yaml", "8ms", "8ms");
    let slower = page(dir.path(), "slower.yaml", "think: 8ms", "think: 23ms");
    let (exit, told) = gate(&slower, &["--against", &base, "--confirm"]);
    assert_eq!(exit, Some(1), "{told}");
    assert!(told.contains("regression: web/page: p50 ") && told.contains("8 rounds"), "{told}");
}

#[test]
fn one_more_round_trip_is_told_whatever_the_machine_does() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let base = page(dir.path(), "base.yaml", "8ms", "8ms");
    let more = page(dir.path(), "more.yaml", "times: 5", "times: 6");
    // A scenario is also a test of itself.
    let text = std::fs::read_to_string(&more).expect("written").replace("calls: 8", "calls: 9");
    std::fs::write(&more, text).expect("writes");
    let (exit, told) = gate(&more, &["--against", &base]);
    assert_eq!(exit, Some(1), "{told}");
    let named = "web/page: 8 → 9 round trips (+1 × SELECT … FROM longhaul.items): +2 ms at 2 ms";
    assert!(told.contains(named) && told.contains("(6 → 7)"), "{told}");
}

#[test]
fn journeys_that_fail_make_it_invalid() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    // The control and five of the eight lanes find no room.
    let few = page(dir.path(), "few.yaml", "kind: mysql,", "kind: mysql, max_connections: 4,");
    let (exit, told) = gate(&few, &["--against", &few]);
    assert_eq!(exit, Some(4), "{told}");
    assert!(told.contains("invalid: web/page: ") && told.contains("journeys failed on the first side"), "{told}");
    assert!(told.contains("mend what makes journeys fail"), "{told}");
}

#[test]
fn another_rtt_is_a_base_too() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let base = page(dir.path(), "base.yaml", "8ms", "8ms");
    let (exit, told) = gate(&base, &["--against-rtt", "6ms", "--fail-on", "improvement"]);
    assert_eq!(exit, Some(1), "{told}");
    assert!(told.contains("improvement: web/page: p50 "), "{told}");
}

#[test]
fn what_cannot_be_asked_is_said_before_anything_is_measured() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let base = page(dir.path(), "base.yaml", "8ms", "8ms");
    let renamed = page(dir.path(), "renamed.yaml", "as-it-is", "otherwise");
    let elsewhere = page(dir.path(), "elsewhere.yaml", "web:", "shop:");
    for (args, exit, says) in [
        (&["--against", &base, "--journey", "nothing"][..], 2, "they have web/page"),
        (&["--against", "absent.yaml"], 2, "absent.yaml"),
        (&["--against", &base, "--quantile", "p99"], 2, "p99 needs --per-round 200 or more"),
        (&["--against", &base, "--quantile", "p0"], 2, "must lie between p1 and p99.99"),
        (&["--against", &renamed], 6, "the base has no strategy `as-it-is`"),
        (&["--against", &elsewhere], 6, "shop/page, web/page"),
        (&["--against", &base, "--smallest", "0%"], 2, "--smallest must lie between"),
    ] {
        let (ended, told) = gate(&base, args);
        assert!(ended == Some(exit) && told.contains(says), "{args:?}: {ended:?} {told}");
    }
    let few = longhaul(&["gate", &base, "--against", &base, "--rounds", "6"]);
    assert_eq!(few.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&few.stderr).contains("2 comparisons need 9 or more"), "{few:?}");
}
