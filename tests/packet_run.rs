//! Packet links through the binary: as root, as nobody, and what is left after it was killed.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use longhaul::runfile;

const SMOKE: &str = include_str!("../scenarios/smoke.yaml");

/// The number of the user that owns nothing.
const NOBODY: u32 = 65_534;

/// What a refusal must contain one of.
const ADVICE: &[&str] = &["run as root", "modprobe", "sysctl -w", "needs network namespaces", "must be writable"];

/// One test at a time: a file that is being written cannot be run, and a process that another test starts has it open.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The binary and a scenario where anybody may read them.
fn place() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o777)).expect("permissions");
    std::fs::copy(env!("CARGO_BIN_EXE_longhaul"), dir.path().join("longhaul")).expect("a copy");
    std::fs::write(dir.path().join("smoke.yaml"), SMOKE).expect("a scenario");
    dir
}

/// `longhaul run --link packet`, short, with limits that a busy machine holds.
fn command(place: &Path, window: &str) -> Command {
    let mut command = Command::new(place.join("longhaul"));
    command.current_dir(place).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.args(["run", "smoke.yaml", "--link", "packet", "--out", "out", "--window", window, "--warm-up", "200ms"]);
    command.args(["--median-error", "100%", "--p99-error", "100%", "--p99-error-floor", "1s"]);
    command
}

/// It ran over packet links, or says what to do.
fn ran_or_told(ended: &Output, place: &Path) -> bool {
    let told = String::from_utf8_lossy(&ended.stderr);
    match ended.status.code() {
        Some(0 | 4) => {
            let run = runfile::read(&place.join("out/run.json")).expect("a run file");
            assert_eq!(run.provenance.link, "packet");
            assert!(run.placements.iter().flat_map(|p| &p.links).any(|l| l.round_trip_lateness.count() > 0));
            true
        }
        Some(75) => {
            let errors: Vec<_> = told.lines().filter(|line| line.starts_with("error: ")).collect();
            assert!(errors.len() == 1 && ADVICE.iter().any(|words| errors[0].contains(words)), "{told}");
            false
        }
        other => panic!("{other:?}: {told}"),
    }
}

#[test]
fn a_run_says_that_its_links_were_packet_links() {
    let _alone = alone();
    let place = place();
    let ended = command(place.path(), "300ms").output().expect("the binary starts");
    if ran_or_told(&ended, place.path()) {
        let page = std::fs::read_to_string(place.path().join("out/report.html")).expect("a page");
        assert!(page.contains("packet link"), "the page says what was measured");
    }
}

#[test]
fn nobody_has_packet_links_too_where_user_namespaces_are_allowed() {
    let _alone = alone();
    let place = place();
    let mut command = command(place.path(), "300ms");
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let ended = command.output().expect("the binary starts");
    ran_or_told(&ended, place.path());
    assert_eq!(running(&place.path().join("longhaul")), BTreeSet::new(), "its helper has ended");
}

#[test]
fn nothing_is_left_of_a_run_that_was_killed() {
    let _alone = alone();
    for as_nobody in [false, true] {
        let place = place();
        let before = namespaces();
        let mut command = command(place.path(), "20s");
        if as_nobody && rustix::process::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        let mut child = command.spawn().expect("the binary starts");
        if !carries(&mut child) {
            let ended = child.wait_with_output().expect("it ended");
            assert!(!ran_or_told(&ended, place.path()));
            continue;
        }
        child.kill().expect("it is killed");
        child.wait().expect("it is dead");
        let start = Instant::now();
        let binary = place.path().join("longhaul");
        while !running(&binary).is_empty() || !namespaces().is_subset(&before) {
            assert!(start.elapsed() < Duration::from_mins(1), "left: {:?} {:?}", running(&binary), namespaces());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A namespace whose connections live on has no process to be seen by, but counts against its owner's limit. So the run
/// has an owner of its own, who may have as many as it needs: afterwards they must be free again.
#[test]
fn namespaces_are_free_again_after_an_end_and_after_a_kill() {
    let _alone = alone();
    let works = Command::new("unshare").args(["-Ur", "true"]).stderr(Stdio::null()).status();
    if !works.is_ok_and(|status| status.success()) {
        eprintln!("no user namespaces here, so none of their limits");
        return;
    }
    for ending in ["wait $run", "sleep 2; kill -9 $run; wait $run"] {
        let place = place();
        let window = if ending.starts_with("wait") { "300ms" } else { "20s" };
        let script = format!(
            "echo 2 > /proc/sys/user/max_net_namespaces || exit 3
            ./longhaul run smoke.yaml --link packet --out out --quiet --window {window} --warm-up 200ms & run=$!
            {ending}; code=$?
            [ $code = 75 ] && exit 3
            for i in $(seq 100); do unshare -n unshare -n true && exit 0; sleep 0.1; done; exit 1"
        );
        let mut command = Command::new("unshare");
        command.args(["-Ur", "sh", "-c", &script]).current_dir(place.path()).stdin(Stdio::null());
        let ended = command.output().expect("unshare starts");
        let code = ended.status.code();
        assert!(matches!(code, Some(0 | 3)), "{code:?} after `{ending}`: {}", String::from_utf8_lossy(&ended.stderr));
    }
}

/// Waits until the run has started its load; false if it ended before.
fn carries(child: &mut Child) -> bool {
    let start = Instant::now();
    let of = format!("/proc/{}/task", child.id());
    while start.elapsed() < Duration::from_secs(20) {
        if child.try_wait().expect("a child").is_some() {
            return false;
        }
        let threads = std::fs::read_dir(&of).into_iter().flatten().filter_map(Result::ok);
        let names = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok());
        if names.into_iter().any(|name| name.trim() == "longhaul-load") {
            std::thread::sleep(Duration::from_millis(500));
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("it did not start its load");
}

/// Processes that run this file.
fn running(binary: &Path) -> BTreeSet<u32> {
    let all = std::fs::read_dir("/proc").expect("/proc").filter_map(Result::ok);
    let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|n: &u32| std::fs::read_link(format!("/proc/{n}/exe")).is_ok_and(|exe| exe == binary)).collect()
}

/// Network namespaces that any thread is in, but this process's own.
fn namespaces() -> BTreeSet<String> {
    let entries = |dir: String| std::fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    let own = std::fs::read_link("/proc/self/ns/net").ok();
    let threads = entries("/proc".into())
        .flat_map(|process| entries(format!("{}/task", process.path().display())).map(|thread| thread.path()));
    let spaces = threads.filter_map(|thread| std::fs::read_link(thread.join("ns/net")).ok());
    spaces.filter(|space| Some(space) != own.as_ref()).map(|space| space.display().to_string()).collect()
}
