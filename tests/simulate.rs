//! `longhaul simulate` as a user meets it: through the binary, on every scenario that is shipped.

mod shell;

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use longhaul::runfile;
use shell::*;

fn utf8(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Every scenario that is shipped.
fn scenarios() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = std::fs::read_dir(dir).expect("lists").map(|entry| entry.expect("an entry").path());
    let mut found: Vec<_> = files.filter(|path| path.extension().is_some_and(|e| e == "yaml")).collect();
    found.sort();
    assert!(found.len() > 2, "{found:?}");
    found
}

/// Simulates into `out`; it must end well.
fn simulate(scenario: &str, out: &Path, more: &[&str]) -> Output {
    let ended = run(&[&["simulate", scenario, "--quiet", "--out", utf8(out)], more].concat());
    assert_eq!(ended.status.code(), Some(0), "{scenario} {more:?}: {}", text(&ended.stderr));
    ended
}

#[test]
fn the_same_scenario_gives_the_same_bytes_with_any_number_of_threads() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for scenario in scenarios() {
        let scenario = utf8(&scenario);
        let outs = ["one", "two", "again"].map(|name| dir.path().join(name));
        for (out, jobs) in outs.iter().zip(["1", "2", "2"]) {
            // A hundredth of the work: the same code, in a time that suits a test.
            simulate(scenario, out, &["--jobs", jobs, "--effort", "0.01"]);
        }
        for file in ["run.json", "report.html", "summary.md"] {
            let [one, two, again] = outs.each_ref().map(|out| std::fs::read(out.join(file)).expect("written"));
            assert!(one == two && two == again, "{scenario}: {file} differs");
        }
    }
}

#[test]
fn every_placement_is_simulated_in_a_window_of_its_own() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let ended = simulate(SMOKE, dir.path(), &["--effort", "0.05"]);
    assert!(text(&ended.stdout).contains("simulated") && text(&ended.stdout).contains("store-last"));
    let run = read(dir.path());
    let p = &run.provenance;
    assert_eq!((p.engine.as_str(), p.started_unix, p.took_ns, p.machine.cores), ("sim", 0, 0, 0));
    assert_eq!(p.command, ["simulate", "smoke.yaml", "--effort", "0.05"]);
    let simulated = p.simulated.as_ref().expect("it says how");
    assert_eq!((run.placements.len(), simulated.windows.len(), simulated.short.len()), (9, 9, 9));
    assert_eq!(simulated.calibration, "none");
    assert!(
        simulated
            .short
            .iter()
            .flatten()
            .any(|short| short.contains(" p99.9: ") && short.ends_with(" of 3688 journeys")),
        "{simulated:?}"
    );
    for placement in &run.placements {
        assert!(placement.invalid.is_empty(), "{:?}", placement.invalid);
        for part in placement.arms.iter().flat_map(|arm| &arm.parts) {
            let errors: u64 = part.errors.values().sum();
            assert_eq!(part.completed + errors + part.unfinished, part.offered, "{}", part.name);
        }
    }
}

#[test]
fn a_window_may_be_chosen() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    simulate(SMOKE, dir.path(), &["--window", "3s", "--strategy", "store-last", "--seed", "9"]);
    let p = read(dir.path()).provenance;
    let windows = p.simulated.expect("it says how").windows;
    assert!(windows.iter().all(|w| w.measure_ns == 3_000_000_000), "{windows:?}");
    assert_eq!(p.command, ["simulate", "smoke.yaml", "--strategy", "store-last", "--seed", "9", "--window", "3s"]);
}

#[test]
fn what_cannot_be_asked_is_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let out = dir.path().join("report");
    let broken = dir.path().join("broken.json");
    std::fs::write(&broken, "{}").expect("writable");
    let own = dir.path().join("own");
    simulate(SMOKE, &own, &["--window", "1s"]);
    let (broken, own) = (utf8(&broken).to_owned(), utf8(&own.join("run.json")).to_owned());
    let cases: &[(&[&str], &str)] = &[
        (&["--window", "1us"], "--window must lie between 200ms and 31d"),
        (&["--effort", "0"], "--effort must lie between"),
        (&["--effort", "nan"], "--effort must lie between"),
        (&["--effort", "2", "--window", "1s"], "cannot be used with"),
        (&["--jobs", "0"], "0 is not in 1..=1024"),
        (&["--strategy", "store-lost"], "there is no strategy `store-lost`"),
        (&["--calibrate", "absent.json"], "absent.json"),
        (&["--calibrate", &broken], "is no run file"),
        (&["--calibrate", &own], "calibrate from a live run"),
    ];
    for (args, message) in cases {
        let ended = run(&[&["simulate", SMOKE, "--out", utf8(&out)], *args].concat());
        let said = text(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(message), "{args:?}: {said}");
        assert!(ended.stdout.is_empty() && !out.exists(), "{args:?}");
    }
}

#[test]
fn interrupted_it_keeps_what_is_done() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let place = utf8(dir.path());
    // A budget that no machine gets through while this waits.
    let child =
        longhaul(&["simulate", SMOKE, "--out", place, "--window", "2d", "--jobs", "2"]).spawn().expect("it starts");
    std::thread::sleep(Duration::from_millis(2_500));
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    let ended = child.wait_with_output().expect("it ends");
    let said = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(5), "{said}");
    assert!(said.contains("nothing was written") && said.contains("1/9 before"), "{said}");
}

#[test]
fn both_engines_perform_one_plan_and_are_compared() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let place = utf8(dir.path());
    let loose = ["--median-error", "100%", "--p99-error", "100%", "--p99-error-floor", "1s"];
    let ended = run(&[
        &["run", SMOKE, "--engine", "both", "--out", place, "--window", "1s", "--strategy", "place-first"],
        &loose[..],
    ]
    .concat());
    let (said, told) = (text(&ended.stdout), text(&ended.stderr));
    let code = ended.status.code();
    assert!(code == Some(0) || (code == Some(4) && said.contains("INVALID")), "{code:?}\n{said}\n{told}");
    let (live, sim) = (read(dir.path()), runfile::read(&dir.path().join("sim.json")).expect("a simulation beside it"));
    assert_eq!((live.provenance.engine.as_str(), sim.provenance.engine.as_str()), ("live", "sim"));
    assert_eq!(live.provenance.windows, sim.provenance.windows);
    let simulated = sim.provenance.simulated.as_ref().expect("it says how");
    assert!(simulated.calibration.starts_with("a live run of smoke") && simulated.taken.len() == 4, "{simulated:?}");
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("live against simulated") && flat.contains("no journey's time"), "{said}");
    let page = std::fs::read_to_string(dir.path().join("report.html")).expect("a page");
    assert!(page.contains("Live against simulated"));
    rendered_again(dir.path(), &page);
    calibrates(dir.path());
}

/// `longhaul report --against` makes the same page from both files, and refuses what is no simulation of it.
fn rendered_again(out: &Path, page: &str) {
    let (again, live, sim) = (out.join("again"), out.join("run.json"), out.join("sim.json"));
    let ended = run(&["report", utf8(&live), "--against", utf8(&sim), "--out", utf8(&again)]);
    assert!(matches!(ended.status.code(), Some(0 | 4)), "{}", text(&ended.stderr));
    assert_eq!(std::fs::read_to_string(again.join("report.html")).expect("a page"), page);
    let ended = run(&["report", utf8(&sim), "--against", utf8(&live), "--out", utf8(&again)]);
    assert_eq!(ended.status.code(), Some(6), "{}", text(&ended.stderr));
}

/// The live run calibrates a simulation of its scenario, and of no other.
fn calibrates(out: &Path) {
    let live = out.join("run.json");
    let to = out.join("calibrated");
    simulate(SMOKE, &to, &["--calibrate", utf8(&live), "--window", "1s"]);
    let p = read(&to).provenance;
    assert!(p.simulated.is_some_and(|s| s.calibration.contains("live run of smoke")));
    assert_eq!(p.command, ["simulate", "smoke.yaml", "--window", "1s", "--calibrate", "run.json"]);
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/starter.yaml");
    let ended = run(&["simulate", other, "--calibrate", utf8(&live), "--out", utf8(&to)]);
    let said = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("cannot calibrate this scenario: it is of other"), "{said}");
}
