//! A canary of 1 % hides in the blend: percentiles of all requests stay while those of the canary are several times as high.
//!
//! The published draw adds to each remote request one jitter for all its calls (exponential, mean 0.5 ms, centred);
//! a scenario's jitter is drawn for each crossing, and 45 of them average out. So there is none here; it moves
//! no percentile by as much as the samples do. Counts are whole and at most 1,000.

use longhaul::measure::Hist;

use super::simulated::*;

const WORK: &str = "think: { lognormal: { median: 120ms, p99: 600ms } }";
const CALLS: &str = "repeat: { times: { lognormal: { median: 40, p99: 200, cap: 1000 } }, steps: [query: {}] }";
/// Handshake, greeting, login and two statements: five round trips.
const CONNECT: &str = "connections: { policy: per-journey, set_up: 2 }";

/// Local work lognormal p50 120 / p99 600 ms; remote requests connect and call, lognormal p50 40 / p99 200, at 15 ms.
fn shop(rate: u32, steps: &str) -> World {
    let web = format!("kind: http, rate: {rate}/s, workers: 10000, {CONNECT}");
    World {
        link: "rtt: 15ms".into(),
        local: "rtt: 0ms".into(),
        db: "service: 0ms, max_connections: 50000".into(),
        ..World::of(steps, &web)
    }
}

/// A share of times at or below `x`, and its variance.
fn below(hist: &Hist, x: f64) -> (f64, f64) {
    let under: u64 = hist.recorded().filter(|(value, _)| (*value as f64) <= x * 1e6).map(|(_, count)| count).sum();
    let share = under as f64 / hist.count() as f64;
    (share, share * (1.0 - share) / hist.count() as f64)
}

/// What part of a blend is at or below `x`, and its standard error.
fn blended([local, remote]: [&Hist; 2], remote_share: f64, x: f64) -> (f64, f64) {
    let ((a, va), (b, vb)) = (below(local, x), below(remote, x));
    let share = (1.0 - remote_share) * a + remote_share * b;
    (share, ((1.0 - remote_share).powi(2) * va + remote_share.powi(2) * vb).sqrt())
}

#[test]
fn percentiles_of_a_roll_out_are_those_published() {
    // 20,000 local requests need no calls: they cost no time there. 1,500 remote ones make 65,000.
    let local = shop(1_000, WORK).part(secs(1.0, 20.0, 20.0)).response;
    let remote = shop(100, &format!("{CALLS}, {WORK}")).part(secs(1.0, 15.0, 30.0)).response;
    // Share, then p50, p90, p95, p99 in ms, and the share over 500 ms.
    for (share, percentiles, over_500) in [
        (0.0, [120.0, 292.0, 374.0, 599.0], 0.02),
        (0.01, [121.0, 302.0, 399.0, 740.0], 0.028),
        (0.05, [126.0, 363.0, 571.0, 1_323.0], 0.06),
        (0.2, [150.0, 841.0, 1_202.0, 2_123.0], 0.185),
        (0.5, [377.0, 1_319.0, 1_708.0, 2_738.0], 0.43),
        (1.0, [833.0, 1_704.0, 2_123.0, 3_244.0], 0.85),
    ] {
        let points = percentiles.into_iter().zip([0.5, 0.9, 0.95, 0.99]).chain([(500.0, 1.0 - over_500)]);
        for (x, expected) in points {
            let (got, error) = blended([&local, &remote], share, x);
            // Four standard errors; what is given to whole percent is known to half of one, times to half a millisecond.
            let rounding = if x == 500.0 { 0.005 } else { 0.003 };
            let told = format!("{share} remote: {got:.4} are at or below {x} ms, not {expected} ± 4 × {error:.4}");
            assert!((got - expected).abs() < 4.0 * error + rounding, "{told}");
        }
    }
}

#[test]
fn arms_tell_what_the_blend_hides() {
    let canary = "roll-out: { phases: [{ name: some, lasts: 1d, move: { work: { to: cloud, share: 5% } } }] }";
    let mut world = shop(100, &format!("{CALLS}, {WORK}"));
    world.workloads = world.workloads.replace("site: cloud", "site: dc");
    world.strategies = canary.into();
    let run = world.run(secs(1.0, 10.0, 30.0));
    let [stays, moved] = [0, 1].map(|arm| &run.arms[arm].parts[0].response);
    assert_eq!((run.arms[1].site.as_str(), run.arms[1].share), ("cloud", 0.05));
    let mut all = stays.clone();
    all.merge(moved);
    // The median of all is 126 ms, not 120; that of the canary is seven times as high: 833.
    assert!(all.at(0.5) < stays.at(0.5) * 11 / 10, "{stays:?} {all:?}");
    assert!(moved.count() > 30 && moved.at(0.5) > 4 * all.at(0.5), "{moved:?} {all:?}");
}
