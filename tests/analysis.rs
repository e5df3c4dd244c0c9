//! Judging whole runs: sums over strategies against arithmetic by hand, and rules that always hold.

mod common;

use std::sync::LazyLock;

use common::{canned, canned_scenario};
use longhaul::analysis::strategy::Word;
use longhaul::analysis::summarise;
use longhaul::analysis::verdict::Verdict;
use longhaul::measure::Hist;
use longhaul::runfile::Run;
use longhaul::scenario::Scenario;
use longhaul::units::Nanos;
use proptest::prelude::*;

const DAY: u64 = 86_400_000_000_000;

fn constant(ms: u64, n: u64) -> Hist {
    let mut hist = Hist::new();
    (0..n).for_each(|_| hist.record(Nanos::from_millis(ms)));
    hist
}

/// The canned run with nothing but web in it.
static WEB: LazyLock<Run> = LazyLock::new(|| {
    let mut run = canned::run();
    run.strategies.truncate(1);
    run.placements.iter_mut().for_each(|p| p.arms.retain(|a| a.workload == "web"));
    run
});

/// The canned scenario with nothing but web in it.
fn web_scenario() -> Scenario {
    let mut scenario = canned_scenario::scenario();
    scenario.workloads.truncate(1);
    scenario
}

/// The canned run with one strategy of these (days, placement) and these web times, in ms, at placements 0 and 6.
fn simple(phases: &[(u64, usize)], before: u64, after: u64) -> Run {
    let mut run = WEB.clone();
    let template = run.strategies[0].phases[0].clone();
    run.strategies[0].phases = phases
        .iter()
        .map(|&(days, at)| {
            let mut phase = template.clone();
            phase.lasts_ns = days * DAY;
            phase.placement = Some(at);
            phase
        })
        .collect();
    for (at, ms) in [(0, before), (6, after)] {
        run.placements[at].arms[0].parts[0].response = constant(ms, 1_000);
    }
    run
}

fn web_exposure(run: &Run) -> (f64, f64) {
    let analysis = summarise(run, &web_scenario());
    let exposure = &analysis.strategies[0].cost.exposure[0];
    assert_eq!(exposure.workload, "web");
    (exposure.ms_days.expect("known").value, exposure.days_missing)
}

#[test]
fn exposure_is_days_times_added_time() {
    let (value, missing) = web_exposure(&simple(&[(7, 0), (14, 6), (7, 0)], 100, 600));
    assert!((value - 14.0 * 500.0).abs() < 14.0, "{value}");
    assert!(missing.abs() < 1e-9);
    let (value, missing) = web_exposure(&simple(&[(7, 0), (14, 6), (21, 5)], 100, 600));
    assert!(
        (value - 14.0 * 500.0).abs() < 14.0 && (missing - 21.0).abs() < 1e-9,
        "invalid days are left out: {value}, {missing}"
    );
}

#[test]
fn exposure_weighs_arms_by_share() {
    let mut run = simple(&[(10, 0), (10, 4)], 100, 600);
    for (arm, ms, n) in [(0, 100, 990), (1, 600, 10)] {
        run.placements[4].arms[arm].parts[0].response = constant(ms, n);
    }
    let (value, _) = web_exposure(&run);
    assert!((value - 10.0 * 0.01 * 500.0).abs() < 1.0, "{value}");
}

#[test]
fn the_canary_hides_in_the_blend_and_shows_alone() {
    let mut run = simple(&[(10, 0), (10, 4)], 100, 600);
    for (arm, ms, n) in [(0, 100, 9_900), (1, 2_000, 400)] {
        let part = &mut run.placements[4].arms[arm].parts[0];
        part.response = constant(ms, n);
        part.unfinished = 0;
    }
    let analysis = summarise(&run, &web_scenario());
    let web = &analysis.placements[4].workloads[0];
    let blend = web.blend.as_ref().expect("both arms have samples");
    assert!(blend.mix.weighted(), "400 of 10,300 are not 1 %");
    assert!((blend.mix.share_above(800_000_000) - 0.01).abs() < 1e-9);
    assert_eq!(web.arm_checks[1][0].verdict, Verdict::Missed);
    assert_eq!(web.arm_checks[0][0].verdict, Verdict::Held);
}

#[test]
fn unended_journeys_make_a_lower_bound() {
    let mut run = simple(&[(10, 0)], 100, 600);
    run.placements[0].arms[0].parts[0].unfinished = 200;
    let analysis = summarise(&run, &web_scenario());
    let check = &analysis.placements[0].workloads[0].checks[0];
    assert!(check.measured.expect("has samples").at_least);
    assert_eq!(check.verdict, Verdict::CannotTell, "a fifth had not ended: they may take any time");
}

#[test]
fn too_few_samples_can_still_tell_that_it_is_missed() {
    for (ms, n, verdict) in
        [(900, 100, Verdict::Missed), (900, 5, Verdict::CannotTell), (700, 100, Verdict::CannotTell)]
    {
        let mut run = simple(&[(10, 0)], 100, 600);
        run.placements[0].arms[0].parts[0].response = constant(ms, n);
        let analysis = summarise(&run, &web_scenario());
        let check = &analysis.placements[0].workloads[0].checks[0];
        assert_eq!(check.verdict, verdict, "{n} of {ms} ms: {}", check.why);
        assert_eq!(check.measured.is_some(), verdict == Verdict::Missed, "p99 of {n} is a bound or nothing");
    }
}

#[test]
fn answers_follow_from_phases() {
    let scenario = web_scenario();
    let web = |run: &Run| summarise(run, &scenario).strategies[0].answers[0].clone();
    assert_eq!(web(&simple(&[(7, 0), (7, 6)], 100, 600)).word, Word::Yes);
    let missed = web(&simple(&[(7, 0), (7, 6)], 100, 900));
    assert_eq!((missed.word, missed.already, missed.days_missed), (Word::No, false, 7.0));
    let already = web(&simple(&[(7, 0), (7, 6)], 900, 900));
    assert_eq!((already.word, already.already, already.days_missed), (Word::No, true, 14.0));
    assert_eq!(web(&simple(&[(7, 0), (7, 5)], 100, 600)).word, Word::CannotTell, "an invalid phase");
    assert_eq!(web(&simple(&[(7, 0), (7, 5), (7, 6)], 100, 900)).word, Word::No, "missed is missed");
}

#[test]
fn invalid_placements_have_verdicts_without_numbers() {
    let analysis = summarise(&canned::run(), &canned_scenario::scenario());
    let invalid = analysis.placements.iter().find(|p| !p.invalid.is_empty()).expect("one is invalid");
    for workload in &invalid.workloads {
        assert!(workload.blend.is_none() && workload.arms.iter().all(|a| a.n == 0 && a.time.is_none()));
        assert!(workload.checks.iter().all(|c| c.verdict == Verdict::Invalid && c.measured.is_none()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn exposure_adds_up(split in 1..20_u64, rest in 1..20_u64, before in 10..300_u64, after in 10..3_000_u64) {
        let whole = web_exposure(&simple(&[(7, 0), (split + rest, 6)], before, after)).0;
        let parts = web_exposure(&simple(&[(7, 0), (split, 6), (3, 0), (rest, 6)], before, after)).0;
        prop_assert!((whole - parts).abs() < 1e-6 * whole.abs() + 1e-6, "{whole} {parts}");
        prop_assert_eq!(whole > 0.0, after > before);
    }
    #[test]
    fn a_slower_link_never_turns_a_no_into_a_yes(ms in 100..2_000_u64, more in 0..2_000_u64) {
        let word = |ms| summarise(&simple(&[(7, 6)], 100, ms), &web_scenario()).strategies[0].answers[0].word;
        prop_assert!(word(ms + more) >= word(ms));
    }
}
