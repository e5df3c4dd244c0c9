//! `longhaul doctor` as a user meets it: through the binary. What is asserted is structure, and that nothing is early; how
//! late a busy test machine is, is its own matter.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn doctor(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_longhaul"));
    command.arg("doctor").args(args).stdin(Stdio::null()).output().expect("the binary starts")
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

#[test]
fn a_quick_check_of_the_stream_link_is_whole_and_never_early() {
    let ended = doctor(&["--quick", "--json", "--link", "stream", "--rtt", "4ms,9ms"]);
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    // 4 where this machine is too busy to hold the delay.
    let code = ended.status.code().expect("an exit code");
    assert!(matches!(code, 0 | 4), "{code}: {said}");
    assert!(said.contains("measuring small round trips over the stream link"), "{said}");
    let value: Value = serde_json::from_slice(&ended.stdout).expect("JSON and nothing else");
    assert_eq!(value["exit"], code);
    assert!(!list(&value["trust"]).is_empty());
    let found = &value["found"];
    assert_eq!((&found["format"], &found["loss"]), (&2.into(), &Value::Array(vec![])));
    assert!(number(&found["machine"]["processors"]) >= 1.0);
    assert!(number(&found["overhead"]["direct_p50_ms"]) > 0.0);
    let link = &list(&found["links"])[0];
    assert_eq!((&link["link"], &link["unavailable"]), (&Value::from("stream"), &Value::Null));
    assert_eq!((&link["round_trips"]["rtt_ms"], &link["round_trips"]["early"]), (&4.0.into(), &false.into()));
    assert!(number(&list(&link["crowds"])[0]["per_second"]) > 0.0);
    let distances = list(&found["distances"]);
    assert_eq!(distances.len(), 2);
    for (distance, rtt) in distances.iter().zip([4.0, 9.0]) {
        assert_eq!(distance["rtt_ms"], rtt);
        check_rows(list(&distance["rows"]), rtt);
    }
}

/// Round trips are exact below and generous above.
fn check_rows(rows: &[Value], rtt: f64) {
    let of = |case: &str| {
        let row = rows.iter().find(|row| row["case"] == case).unwrap_or_else(|| panic!("no row {case}"));
        let seen = list(&row["seen"]).iter().find(|seen| seen["path"] == "stream").expect("the stream link");
        (number(&seen["min_ms"]), number(&seen["max_ms"]))
    };
    for (case, trips) in [
        ("connect, greeting", 2.0),
        ("connect, reply of 64 B", 2.0),
        ("small round trip", 1.0),
        ("14,480 B fresh", 1.0),
    ] {
        let (min, max) = of(case);
        assert!(min >= trips * rtt - 1e-5 && max < 5_000.0, "{case} at {rtt} ms: {min} to {max}");
    }
    for row in rows {
        assert!(row["expected"]["source"].is_string() && list(&row["seen"]).len() == 2, "{row}");
    }
}

#[test]
fn the_text_says_what_may_be_trusted() {
    let ended = doctor(&["--quick", "--link", "stream", "--rtt", "3ms"]);
    let text = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(text.contains("R = 3 ms") && text.contains("What may be trusted here"), "{text}");
    assert!(text.contains("- stream link, small round trips: "), "{text}");
}

#[test]
fn replies_over_a_link_with_loss_are_told_with_what_they_can_tell() {
    let ended = doctor(&["--quick", "--link", "stream", "--rtt", "2ms", "--loss", "400", "--json"]);
    let value: Value = serde_json::from_slice(&ended.stdout).expect("JSON and nothing else");
    let loss = &list(&list(&value["found"]["links"])[0]["loss"])[0];
    assert_eq!((&loss["n"], &loss["loss"], &loss["early"]), (&400.into(), &0.01.into(), &false.into()));
    let intervals: Vec<_> = list(&loss["quantiles"]).iter().map(|it| it["interval_ms"].is_array()).collect();
    // Four replies are beyond the 99th percentile: too few to say how sure it is.
    assert_eq!(intervals, [true, true, false]);
    // Nothing to hold it against.
    assert_eq!(value["found"]["loss"], Value::Array(vec![]));
    assert_eq!(doctor(&["--loss", "99"]).status.code(), Some(2));
}

#[test]
fn a_distance_that_is_none_is_refused() {
    let ended = doctor(&["--rtt", "1h"]);
    assert_eq!(ended.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("at most 2s"));
}
