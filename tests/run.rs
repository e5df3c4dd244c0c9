//! `longhaul run` as a user meets it: through the binary, against the stand-ins, on a small scenario.

mod shell;

use std::path::Path;
use std::time::Duration;

use longhaul::runfile::Run;
use shell::*;

/// Short windows, and limits that a busy test machine holds: what is tested is not the machine.
const SHORT: &[&str] = &[
    "--window",
    "600ms",
    "--warm-up",
    "200ms",
    "--median-error",
    "100%",
    "--p99-error",
    "100%",
    "--p99-error-floor",
    "1s",
];

#[test]
fn a_scenario_becomes_a_report() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let out = dir.path().join("report");
    let place = out.to_str().expect("UTF-8");
    let ended = run(&[&["run", SMOKE, "--out", place], SHORT].concat());
    let (said, progress) = (text(&ended.stdout), text(&ended.stderr));
    // 4 only if this machine did not hand the load over in time, which the report then says.
    let code = ended.status.code();
    assert!(code == Some(0) || (code == Some(4) && said.contains("INVALID")), "{code:?}\n{said}\n{progress}");
    assert!(said.contains("store-last") && said.contains("place-first"), "{said}");
    assert!(progress.contains("1/7 ") && progress.contains("left"), "{progress}");
    let page = std::fs::read_to_string(out.join("report.html")).expect("a page");
    assert!(page.contains("Content-Security-Policy") && page.len() < 500_000, "{}", page.len());
    assert!(std::fs::read_to_string(out.join("summary.md")).expect("a summary").contains("store-last"));
    measured(&read(&out));
    rendered_again(&out, &page);
}

/// Every placement once, every part with samples, every strategy pointing at them.
fn measured(run: &Run) {
    // Six, and the restart that is most apart.
    assert_eq!((run.placements.len(), run.strategies.len()), (7, 2));
    assert!(!run.provenance.partial);
    let phases = || run.strategies.iter().flat_map(|s| &s.phases);
    assert!(phases().all(|p| p.placement.is_some_and(|i| i < 6)));
    let events = || phases().flat_map(|p| &p.events);
    assert!(events().filter(|e| e.kind != "restart").all(|e| e.placement.is_some_and(|i| i < 6)));
    assert!(events().any(|e| e.kind == "restart" && e.placement == Some(6)));
    for placement in run.placements.iter().filter(|p| p.condition == "steady") {
        for arm in &placement.arms {
            let journeys: u64 = arm.parts.iter().map(|p| p.service.count()).sum();
            assert!(journeys > 0, "{}: nothing of {}", placement.label, arm.workload);
        }
        assert!(placement.links.iter().all(|l| l.round_trip_lateness.count() > 0), "{}", placement.label);
    }
    never_early(run);
}

/// No journey beats its distance: its round trips are sequential in `job`, so they bound its time from below.
fn never_early(run: &Run) {
    let mut seen = 0;
    for arm in run.placements.iter().flat_map(|p| &p.arms).filter(|a| a.workload == "mails") {
        let rtt = arm.stores.iter().map(|s| s.rtt_ns).min().expect("it uses stores");
        for part in arm.parts.iter().filter(|p| p.service.count() > 0) {
            seen += 1;
            let least = part.round_trips.min() * rtt;
            // The histogram's value may lie 0.1 % under the sample.
            assert!(part.service.min() as f64 >= least as f64 * 0.998, "{} < {least}", part.service.min());
        }
    }
    assert!(seen > 3);
}

/// `longhaul report` makes the same page from the file.
fn rendered_again(out: &Path, page: &str) {
    let again = out.join("again");
    let file = out.join("run.json");
    let ended = run(&["report", file.to_str().expect("UTF-8"), "--out", again.to_str().expect("UTF-8")]);
    assert!(matches!(ended.status.code(), Some(0 | 4)), "{}", text(&ended.stderr));
    assert_eq!(std::fs::read_to_string(again.join("report.html")).expect("a page"), page);
}

#[test]
fn what_cannot_be_asked_is_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let out = dir.path().join("report");
    let place = out.to_str().expect("UTF-8");
    let cases: &[(&[&str], &str)] = &[
        (&["run", "no-such.yaml"], "no-such.yaml"),
        (
            &["run", SMOKE, "--strategy", "store-lost"],
            "there is no strategy `store-lost`: the scenario has store-last, place-first",
        ),
        (&["run", SMOKE, "--scale", "0%"], "--scale must be more than 0%"),
        (&["run", SMOKE, "--scale", "2"], "`2` is more than 1"),
        (&["run", SMOKE, "--window", "5"], "`5` has no unit"),
        (&["run", SMOKE, "--window", "1us"], "--window must lie between"),
        (&["run", SMOKE, "--mysql", "nonsense", "--memcached", "127.0.0.1:1"], "is no address of a server"),
        (&["run", SMOKE, "--mysql", "mysql://root@127.0.0.1:1/"], "has no server: give its address with --memcached"),
        (&["run", SMOKE, "--stores", "spawn", "--mysql", "mysql://root@127.0.0.1:1/"], "leave it out"),
        (&["run"], "Usage: longhaul run"),
    ];
    for (args, message) in cases {
        let ended = run(&[*args, &["--out", place]].concat());
        let said = text(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(message), "{args:?}: {said}");
        assert!(ended.stdout.is_empty() && !out.exists(), "{args:?}");
    }
}

#[test]
fn a_run_that_fails_leaves_the_old_report_alone() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for file in ["run.json", "report.html", "summary.md"] {
        std::fs::write(dir.path().join(file), "old").expect("writable");
    }
    let place = dir.path().to_str().expect("UTF-8");
    // Nobody listens on port 1.
    let own = ["--mysql", "mysql://root@127.0.0.1:1/", "--memcached", "127.0.0.1:1"];
    let ended = run(&[&["run", SMOKE, "--out", place], &own[..]].concat());
    let said = text(&ended.stderr);
    assert_eq!(ended.status.code(), Some(75), "{said}");
    assert!(said.contains("127.0.0.1:1"), "{said}");
    for file in ["run.json", "report.html", "summary.md"] {
        assert_eq!(std::fs::read_to_string(dir.path().join(file)).expect("still there"), "old");
    }
}

#[test]
fn interrupted_it_writes_what_is_done() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let place = dir.path().to_str().expect("UTF-8");
    let child = longhaul(&[&["run", SMOKE, "--out", place], SHORT].concat()).spawn().expect("it starts");
    // Long enough for one placement and too short for six, on any machine: each takes at least 0.8 s.
    std::thread::sleep(Duration::from_millis(3_800));
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).expect("a pid")).expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    let ended = child.wait_with_output().expect("it ends");
    let said = text(&ended.stderr);
    match ended.status.code() {
        Some(4 | 5) if dir.path().join("run.json").exists() => {
            let run = read(dir.path());
            assert!(run.provenance.partial && !run.placements.is_empty() && run.placements.len() < 6, "{said}");
            assert!(run.strategies.iter().flat_map(|s| &s.phases).any(|p| p.placement.is_none()));
        }
        // A machine too slow to have measured one placement says so and writes nothing.
        code => assert!(code == Some(5) && said.contains("nothing was written"), "{code:?} {said}"),
    }
}
