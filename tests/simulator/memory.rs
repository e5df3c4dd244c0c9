//! Memory follows what is going on, not how long it has been going on.

use std::process::Command;

use super::simulated::*;

const LENGTH: &str = "LONGHAUL_TEST_LENGTH";

/// All kinds of load, for so many seconds, with patience enough that retries do not end in a storm: what waits in one is
/// bounded too, but it grows for minutes.
fn busy(seconds: f64) -> u64 {
    let workloads = "web: { kind: http, site: cloud, journey: page, rate: 60/s, workers: 8, timeout: 1s, retries: 1 },
        mails: { kind: queue, site: cloud, journey: job, arrivals: 20/s, consumers: 2, redeliver_after: 200ms, job_timeout: 150ms },
        ranks: { kind: cron, site: cloud, journey: job, every: 1s, items: 20, overlap: allow, connections: persistent }";
    let world = World {
        link: "rtt: 4ms, loss: 1e-3, jitter: { uniform: 0.2ms }, bandwidth: 100Mbit/s".into(),
        journeys: "page: { steps: [query: {}, get: {}, think: { exponential: 20ms }, transaction: { locks: { name: item, rows: 20 }, steps: [write: {}] }] }, job: { steps: [query: {}, think: { exponential: 10ms }] }".into(),
        workloads: workloads.into(),
        ..World::default()
    };
    let run = world.run(secs(1.0, seconds, 1.0));
    run.arms.iter().map(|arm| arm.parts[0].completed).sum()
}

#[test]
#[ignore = "a part of the test below, in a process of its own"]
fn child() {
    let length: f64 = std::env::var(LENGTH).expect("a length").parse().expect("a number");
    let completed = busy(length);
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kib: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    std::fs::write(std::env::var("LONGHAUL_TEST_OUT").expect("a file"), format!("{completed} {kib}")).expect("written");
}

fn peak(seconds: u64) -> (u64, u64) {
    let out = tempfile::NamedTempFile::new().expect("a file");
    let mut child = Command::new(std::env::current_exe().expect("this program"));
    child.args(["--ignored", "--exact", "memory::child"]).env(LENGTH, seconds.to_string());
    let status = child.env("LONGHAUL_TEST_OUT", out.path()).output().expect("runs");
    assert!(status.status.success(), "{status:?}");
    let text = std::fs::read_to_string(out.path()).expect("written");
    let (completed, kib) = text.split_once(' ').expect("two numbers");
    (completed.parse().expect("a number"), kib.parse().expect("a number"))
}

#[test]
#[cfg(target_os = "linux")]
fn ten_times_as_long_takes_no_more_memory() {
    let ((few, short), (many, long)) = (peak(50), peak(500));
    assert!(many > 8 * few && few > 2_500, "{few} and {many} journeys");
    // 100 bytes kept for each journey would be 4.4 MiB. What the allocator and the tails of the distributions take differs
    // by 0.8 MiB between runs of one length.
    assert!(long < short + 2_048, "{short} KiB for {few} journeys, {long} KiB for {many}");
}
