//! Each committed scenario performed live as well as simulated: the same calls in both, and never early.
//!
//! A tenth of the load for a second: what is shown is that the scenario can be performed, not what it measures. Not for: the
//! shapes that scenarios promise (`shapes`), nor the founding case, whose live run ends `scripts/test`.

mod shell;

use std::time::Duration;

use longhaul::analysis::agreement::agreement;
use longhaul::runfile::{self, Run};
use shell::*;

/// As short as it can be, and with limits that a busy machine holds.
const SHORT: &[&str] = &[
    "--window",
    "1s",
    "--warm-up",
    "200ms",
    "--scale",
    "10%",
    "--median-error",
    "100%",
    "--p99-error",
    "100%",
    "--p99-error-floor",
    "1s",
];

/// How often, and after how long, a machine that was too busy is tried again.
const TRIES: u32 = 5;
const REST: Duration = Duration::from_secs(3);

fn performed(name: &str) {
    let dir = tempfile::tempdir().expect("a folder");
    let place = dir.path().to_str().expect("UTF-8");
    let scenario = format!("{}/scenarios/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    let once = || run(&[&["run", &scenario, "--engine", "both", "--out", place], SHORT].concat());
    let mut ended = once();
    // A machine that cannot hold the delay now is refused, rightly; it may be able to in a moment.
    for _ in 0..TRIES {
        if !(ended.status.code() == Some(75) && text(&ended.stderr).contains("let the machine come to rest")) {
            break;
        }
        std::thread::sleep(REST);
        ended = once();
    }
    let (said, progress) = (text(&ended.stdout), text(&ended.stderr));
    let code = ended.status.code();
    assert!(code == Some(0) || (code == Some(4) && said.contains("INVALID")), "{name}: {code:?}\n{said}\n{progress}");
    let live = read(dir.path());
    let simulated = runfile::read(&dir.path().join("sim.json")).expect("a whole run file");
    something_of_everything(name, &live);
    let both = agreement(&live, &simulated).expect("they are of one plan");
    assert_eq!(both.trips.1, 0, "{name}: arms whose round trips differ: {:#?}", both.arms);
    for link in live.placements.iter().flat_map(|placement| &placement.links) {
        assert!(link.noop_ns >= link.rtt_ns, "{name}: early: {link:?}");
    }
}

/// Every placement was performed, and something ended or failed in each.
fn something_of_everything(name: &str, run: &Run) {
    assert!(!run.provenance.partial && run.placements.len() >= 2, "{name}");
    for placement in run.placements.iter().filter(|p| p.condition == "steady") {
        let parts = || placement.arms.iter().flat_map(|arm| &arm.parts);
        let ended: u64 = parts().map(|p| p.service.count() + p.errors.values().sum::<u64>() + p.unfinished).sum();
        assert!(ended > 0, "{name}: nothing happened in {}", placement.label);
    }
}

#[test]
fn scenarios_of_pages() {
    for name in ["chatty-cms-page", "commerce-n-plus-1", "bad-link-day", "replica-and-cache-first"] {
        performed(name);
    }
}

#[test]
fn scenarios_of_limits() {
    for name in ["cron-night", "queue-backlog", "hot-item-sale", "worker-exhaustion", "pod-restart-herd"] {
        performed(name);
    }
}
