//! What the committed decisions of the measured gate claim: no false regression among equal sides, and no injected one missed.
//!
//! `benches/data/gate-decisions.csv` was written by `scripts/gate-decisions`, which says how, and what the files beside it are; this
//! test performs nothing.

use std::collections::BTreeMap;

const CSV: &str = include_str!("../benches/data/gate-decisions.csv");

type Line<'a> = BTreeMap<&'a str, &'a str>;

fn lines() -> Vec<Line<'static>> {
    let mut lines = CSV.lines();
    let head: Vec<&str> = lines.next().expect("a head").split(',').collect();
    let line = |text: &'static str| -> Line<'static> {
        let cells: Vec<&str> = text.split(',').collect();
        assert_eq!(cells.len(), head.len(), "{text}");
        head.iter().copied().zip(cells).collect()
    };
    lines.map(line).collect()
}

fn number(line: &Line<'_>, column: &str) -> f64 {
    line[column].parse().unwrap_or_else(|_| panic!("{column} of {line:?}"))
}

fn of<'a>(all: &'a [Line<'static>], kind: &str) -> Vec<&'a Line<'static>> {
    all.iter().filter(|line| line["kind"] == kind).collect()
}

/// A regression of response times, whatever the exact count of round trips says beside it.
fn caught(line: &Line<'_>) -> bool {
    [line["p50_outcome"], line["p90_outcome"]].contains(&"regression")
}

#[test]
fn equal_sides_are_never_a_regression() {
    let all = lines();
    let equal = of(&all, "aa");
    assert!(equal.len() >= 300, "{}", equal.len());
    for line in equal {
        assert!(!caught(line) && line["exit"] != "1", "{line:?}");
    }
}

#[test]
fn every_injected_slow_down_is_caught() {
    let all = lines();
    let (time, trip) = (of(&all, "time"), of(&all, "trip"));
    assert!(time.len() >= 30 && trip.len() >= 30, "{} {}", time.len(), trip.len());
    for line in time.into_iter().chain(trip) {
        assert!(caught(line) && line["exit"] == "1", "{line:?}");
    }
}

#[test]
fn outcomes_are_what_the_rule_makes_of_the_numbers() {
    for line in lines() {
        for at in ["p50", "p90"] {
            let of = |what: &str| number(&line, &format!("{at}_{what}"));
            let told = line[format!("{at}_outcome").as_str()];
            let slower = of("p") <= 0.01 && of("low") > 1.0 && of("ratio") > of("floor");
            // Where the control drifted a regression may have become inconclusive.
            let drifted = line["control_outcome"] != "pass";
            assert!((told == "regression") == slower || (slower && drifted), "{at} of {line:?}");
        }
    }
}

#[test]
fn the_machine_was_shared() {
    let all = lines();
    let mut loads: Vec<f64> = all.iter().map(|line| number(line, "load")).collect();
    loads.sort_by(f64::total_cmp);
    assert!(loads[loads.len() / 2] > 1.0, "the median load average was {}", loads[loads.len() / 2]);
}
