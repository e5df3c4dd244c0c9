//! The same scenario against real servers: started by longhaul, and given to it by address.

use std::process::Command;

use longhaul::runfile;

const SMOKE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/smoke.yaml");

#[test]
fn spawned_servers_give_a_report() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let place = dir.path().to_str().expect("UTF-8");
    let args = ["run", SMOKE, "--out", place, "--stores", "spawn", "--window", "1s", "--warm-up", "300ms"];
    let loose = ["--median-error", "100%", "--p99-error", "100%", "--p99-error-floor", "1s"];
    let ended = Command::new(env!("CARGO_BIN_EXE_longhaul")).args(args).args(loose).output().expect("it starts");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(matches!(ended.status.code(), Some(0 | 4)), "{:?} {said}", ended.status);
    let run = runfile::read(&dir.path().join("run.json")).expect("a whole run file");
    assert_eq!((run.placements.len(), run.provenance.stores.as_str()), (6, "spawn"));
    assert!(run.provenance.servers.values().any(|v| v.contains("MariaDB")), "{:?}", run.provenance.servers);
    for placement in run.placements.iter().filter(|p| p.condition == "steady") {
        for part in placement.arms.iter().flat_map(|arm| &arm.parts) {
            assert!(part.errors.is_empty(), "{}: {} failed: {:?}", placement.label, part.name, part.errors);
        }
    }
}
