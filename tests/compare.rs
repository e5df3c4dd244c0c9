//! `longhaul compare`: two runs beside each other, as a value and through the binary.

mod common;
mod shell;

use std::collections::BTreeMap;
use std::path::Path;

use common::{canned, canned_scenario};
use longhaul::measure::Hist;
use longhaul::report::compare::{CompareReport, text as lines};
use longhaul::report::model::Tone;
use longhaul::runfile::Run;
use shell::*;

/// The canned run with every response time multiplied.
fn scaled(factor: f64) -> Run {
    let mut run = canned::run();
    for part in run.placements.iter_mut().flat_map(|p| &mut p.arms).flat_map(|a| &mut a.parts) {
        let mut times = Hist::new();
        for (value, count) in part.response.recorded() {
            (0..count).for_each(|_| times.record_value((value as f64 * factor) as u64));
        }
        part.response = times;
    }
    run
}

fn compared(second: &Run) -> CompareReport {
    let scenario = canned_scenario::scenario();
    CompareReport::of((&canned::run(), &scenario), (second, &scenario)).expect("they have everything in common")
}

#[test]
fn what_is_the_same_has_the_ratio_one() {
    let report = compared(&canned::run());
    assert!(report.sentence.contains("quicker on average in 0, slower in 0"), "{}", report.sentence);
    assert!(report.differs.rows.is_empty() && report.tone == Tone::Plain);
    for row in report.arms.iter().flat_map(|table| &table.rows) {
        assert!(row.cells[2].value.is_none_or(|ratio| (ratio - 1.0).abs() < 1e-9), "{row:?}");
    }
    assert!(report.arms.iter().all(|table| table.caption != "web 20 %"), "an invalid placement is left out");
    assert!(
        report.notices.iter().any(|n| n.tone == Tone::Invalid)
            && report.notices.iter().any(|n| n.text.contains("same plan"))
    );
}

#[test]
fn what_is_twice_as_slow_is_told_with_its_interval() {
    let report = compared(&scaled(2.0));
    let web = &report.arms[0].rows[0];
    let (median, bounds) = (&web.cells[2], &web.cells[2].small);
    assert!(median.value.is_some_and(|r| (r - 2.0).abs() < 0.01) && median.tone == Tone::Missed, "{median:?}");
    assert!(bounds.contains('–') && report.tone == Tone::Missed, "{bounds}");
    let quick = compared(&scaled(0.5));
    assert_eq!((quick.arms[0].rows[0].cells[2].tone, quick.tone), (Tone::Held, Tone::Held));
}

#[test]
fn what_differs_in_the_making_is_told() {
    let mut other = canned::run();
    other.provenance.version = "0.2.0".into();
    other.provenance.engine = "sim".into();
    other.provenance.servers = BTreeMap::new();
    let report = compared(&other);
    let differs: Vec<_> = report.differs.rows.iter().map(|row| row.head.as_str()).collect();
    assert_eq!((report.title.as_str(), differs), ("mercari-us, live against simulated", vec!["engine", "longhaul"]));
    let forms = [lines::summary(&report, false), report.markdown(), report.html(), report.json()];
    for form in &forms {
        let form = form.split_whitespace().collect::<Vec<_>>().join(" ").replace('\u{a0}', " ");
        for said in
            ["live against simulated", "INVALID", "never for one another", "0.2.0", "lift-and-shift, A", "web 1 %"]
        {
            assert!(form.contains(said), "{said}: {form:.300}");
        }
    }
    assert!(forms[2].contains("default-src 'none'") && forms[2].contains("script-src 'sha256-"));
}

#[test]
fn two_runs_of_other_scenarios_have_nothing_in_common() {
    let scenario = canned_scenario::scenario();
    let mut other = canned::run();
    other.strategies.iter_mut().for_each(|strategy| strategy.name.push_str(" otherwise"));
    let told = CompareReport::of((&canned::run(), &scenario), (&other, &scenario)).expect_err("nothing").to_string();
    assert_eq!(told, "no valid placement is in both");
}

#[test]
fn the_command_prints_writes_and_refuses() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = |name: &str| dir.path().join(name).to_str().expect("UTF-8").to_owned();
    let starter = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/starter.yaml");
    for (scenario, name, seed) in [(SMOKE, "one", "1"), (SMOKE, "two", "2"), (starter, "other", "1")] {
        let ended = run(&["simulate", scenario, "--quiet", "--out", &path(name), "--window", "1s", "--seed", seed]);
        assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
    }
    let [one, two, other] = ["one/run.json", "two/run.json", "other/run.json"].map(path);
    let ended = run(&["compare", &one, &two]);
    let said = text(&ended.stdout);
    assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
    assert!(said.starts_with("smoke, two runs\n") && said.contains("B ÷ A") && said.contains("seed"), "{said}");
    let mut files: Vec<_> =
        std::fs::read_dir(dir.path()).expect("lists").map(|e| e.expect("entry").file_name()).collect();
    files.sort();
    assert_eq!(files, ["one", "other", "two"], "nothing is written unless asked");
    let out = path("out");
    let ended = run(&["compare", &one, &two, "--out", &out, "--format", "json"]);
    assert!(serde_json::from_slice::<serde_json::Value>(&ended.stdout).is_ok());
    for file in ["compare.html", "compare.md", "compare.json"] {
        assert!(Path::new(&out).join(file).is_file(), "{file}");
    }
    let ended = run(&["compare", &one, &other]);
    let told = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(6), "{told}");
    assert!(told.contains("no valid placement is in both; compare runs that share a strategy"), "{told}");
    assert_eq!(run(&["compare", &one, &path("absent.json")]).status.code(), Some(2));
}
