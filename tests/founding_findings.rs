//! What the founding case found, found again by simulating the committed scenario: each finding is a test.
//!
//! A part of the work that `longhaul simulate` does by itself, for the sake of time; what it says is the same.

mod shell;

use std::path::Path;
use std::sync::LazyLock;

use longhaul::analysis::cost::Cost;
use longhaul::analysis::rollout::{SESSION, rollouts};
use longhaul::analysis::strategy::Word;
use longhaul::analysis::verdict::Verdict;
use longhaul::analysis::workload::WorkloadAnalysis;
use longhaul::analysis::{Analysis, summarise};
use longhaul::runfile::Run;
use longhaul::scenario::{self, Scenario};
use shell::*;

const FOUNDING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios/mercari-us.yaml");

/// The phases of what was done, in order.
const BEFORE: usize = 0;
const ONE_PERCENT: usize = 4;
const FIFTH: usize = 5;
const ALL: usize = 6;
const AFTERWARDS: usize = 7;

fn founding() -> Scenario {
    scenario::load(Path::new(FOUNDING)).unwrap_or_else(|error| panic!("error: {error}")).scenario
}

fn simulated(strategy: &str, effort: &str) -> (Run, Analysis) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let out = dir.path().to_str().expect("UTF-8");
    let ended = run(&["simulate", FOUNDING, "--quiet", "--out", out, "--strategy", strategy, "--effort", effort]);
    assert_eq!(ended.status.code(), Some(0), "{}", text(&ended.stderr));
    let run = read(dir.path());
    let analysis = summarise(&run, &founding());
    (run, analysis)
}

/// What was done: everything at once, the databases last.
static LIFT: LazyLock<(Run, Analysis)> = LazyLock::new(|| simulated("lift-and-shift", "0.2"));
/// What they name beside it: the place first, the platform afterwards.
static DC: LazyLock<(Run, Analysis)> = LazyLock::new(|| simulated("dc-first", "0.05"));

/// A workload in a phase of the only strategy.
fn at<'a>(analysis: &'a Analysis, phase: usize, workload: &str) -> &'a WorkloadAnalysis {
    let placement = analysis.strategies[0].phases[phase].placement.expect("measured");
    analysis.placements[placement].workloads.iter().find(|w| w.name == workload).expect("it is there")
}

fn cost(analysis: &Analysis) -> &Cost {
    &analysis.strategies[0].cost
}

/// How many times as long the longest-stretched run of a cron workload takes.
fn stretched(analysis: &Analysis, workload: &str, job: &str) -> f64 {
    let length = |phase| {
        let arm = &at(analysis, phase, workload).arms[0];
        arm.jobs.iter().find(|j| j.name == job).and_then(|j| j.duration).expect("a length").estimate.value
    };
    length(ALL) / length(BEFORE)
}

#[test]
fn cron_jobs_suffer_most_of_all_that_has_a_limit_by_ratio_to_it() {
    let worst = |workload: &str| at(&LIFT.1, ALL, workload).worst().expect("it has an objective").1;
    let cron = worst("cron");
    for other in ["web", "workers", "cs-web", "cs-workers", "cs-cron", "boot"] {
        assert!(cron > worst(other), "cron {cron}, {other} {}", worst(other));
    }
    // A run is longer by more than five times, and nothing else may be done meanwhile: they are not parallel.
    assert!(stretched(&LIFT.1, "cron", "settlement") > 5.0 && stretched(&LIFT.1, "cron", "ranking") > 4.0);
    let ranking = cost(&LIFT.1).runs.iter().find(|r| r.job == "ranking").expect("it is there");
    assert!(ranking.late > 3_000.0 && ranking.skipped > 3_000.0, "{ranking:?}");
}

#[test]
fn some_cron_jobs_must_stay_and_others_may_go() {
    let checks = &at(&LIFT.1, ALL, "cron").checks;
    let of = |verdict| checks.iter().filter(|c| c.verdict == verdict).map(|c| c.part.as_str()).collect::<Vec<_>>();
    assert_eq!(of(Verdict::Missed), ["ranking", "settlement"]);
    assert_eq!(of(Verdict::Held), ["expire-listings", "digests"]);
    assert_eq!(at(&LIFT.1, BEFORE, "cron").verdict(), Some(Verdict::Held));
}

#[test]
fn one_percent_hides_what_twenty_show() {
    let p99 = |phase| at(&LIFT.1, phase, "web").blend.as_ref().expect("measured").mix.at(0.99) / 1e6;
    assert!(p99(ONE_PERCENT) < 800.0, "the blend looks healthy: {}", p99(ONE_PERCENT));
    assert_ne!(at(&LIFT.1, ONE_PERCENT, "web").verdict(), Some(Verdict::Missed));
    assert!(p99(FIFTH) > 1_000.0, "at 20 % everybody sees it: {}", p99(FIFTH));
    assert_eq!(at(&LIFT.1, FIFTH, "web").verdict(), Some(Verdict::Missed));
    // The arm by itself shows it from the first day on.
    let canary = &at(&LIFT.1, ONE_PERCENT, "web").arms[1];
    let median = canary.response[0].1.expect("a median needs six requests").value / 1e6;
    let stays = at(&LIFT.1, ONE_PERCENT, "web").arms[0].response[0].1.expect("a median").value / 1e6;
    assert!((canary.share - 0.01).abs() < 1e-9 && median > 5.0 * stays, "{median} ms, {stays} ms");
    let alone = &at(&LIFT.1, ONE_PERCENT, "web").arm_checks[1][0];
    assert_eq!(alone.verdict, Verdict::Missed, "{alone:?}");
}

#[test]
fn one_percent_foretells_the_workers_that_all_of_it_takes() {
    let (run, scenario) = (&LIFT.0, founding());
    let all = rollouts(run, &scenario, &LIFT.1, SESSION);
    assert_eq!(all.iter().map(|r| r.phase.as_str()).collect::<Vec<_>>(), ["web 1 %", "web 20 %"]);
    for rollout in &all {
        let whole = rollout.whole.as_ref().expect("it can be told");
        let (phase, measured) = whole.measured.as_ref().expect("a later phase has all of it");
        let e = whole.workers;
        // Half as wide again: the measured mean has its own error.
        let half = 1.5 * (e.high - e.value) + 2.0;
        assert!((measured - e.value).abs() < half && phase == "web 100 %", "{measured}, foretold {e:?}");
        assert_ne!(whole.reached(), Some(true), "{e:?}");
        let sessions = rollout.sessions;
        assert!(sessions.slow_sticky < sessions.slow_per_request, "{sessions:?}");
    }
    let (one, fifth) = (&all[0].sessions, &all[1].sessions);
    assert!((one.moved_per_request - 0.26).abs() < 0.005 && fifth.moved_per_request > 0.998, "{one:?} {fifth:?}");
}

#[test]
fn the_whole_web_before_the_databases_is_most_of_the_exposure() {
    let web = cost(&LIFT.1).exposure.iter().find(|e| e.workload == "web").expect("it has one");
    // 14 days of 1 %, 14 of 20 %, 28 of all: 0.14 + 2.8 + 28.
    assert!((web.apart - 30.94).abs() < 1e-6, "{}", web.apart);
    let mean = |phase| at(&LIFT.1, phase, "web").blend.as_ref().expect("measured").mean.expect("known").value / 1e6;
    let (all, of) = (28.0 * (mean(ALL) - mean(BEFORE)), web.ms_days.expect("known").value);
    assert!(all / of > 0.85, "{all} of {of}");
    let canaries: f64 = [ONE_PERCENT, FIFTH].map(|phase| 14.0 * (mean(phase) - mean(BEFORE))).iter().sum();
    assert!(canaries / of < 0.15, "four weeks of canary are a tenth of it: {canaries} of {of}");
}

#[test]
fn afterwards_everything_is_quicker_than_before() {
    assert!(matches!(at(&LIFT.1, AFTERWARDS, "cron").verdict(), Some(Verdict::Held)));
    for last in &cost(&LIFT.1).last {
        let mean = last.mean.expect("measured");
        assert!(!last.worse() && mean.value < 1.0 && !last.same, "{last:?}");
    }
    let web = &cost(&LIFT.1).last[0];
    assert!(web.mean.is_some_and(|m| m.better()), "{web:?}");
}

#[test]
fn dc_first_takes_more_moves_and_has_almost_no_exposure() {
    let (lift, dc) = (cost(&LIFT.1), cost(&DC.1));
    assert!(dc.moves > lift.moves, "{} moves, {}", dc.moves, lift.moves);
    assert!(dc.days_split == 0.0 && lift.days_split > 90.0);
    let both = |cost: &Cost| cost.steps.as_ref().expect("the scenario has the phases").total();
    // Six workloads, the web thrice.
    assert_eq!((both(lift), both(dc)), (9, 0));
    let everyone = |cost: &Cost| cost.everyone.expect("measured").ms_days.value;
    assert!(everyone(dc) < 0.01 * everyone(lift), "{} ms·d, {}", everyone(dc), everyone(lift));
    assert!(dc.read_only_minutes > 0.0 && dc.downtime.minutes > 0.0, "it is not free: {:?}", dc.downtime);
    assert_eq!((LIFT.1.strategies[0].answer, DC.1.strategies[0].answer), (Word::No, Word::Yes));
}

#[test]
fn workers_are_needed_while_it_lasts_and_not_afterwards() {
    let web = &cost(&LIFT.1).needs.workers[0];
    assert!(web.extra().is_some_and(|extra| (70.0..90.0).contains(&extra)), "{web:?}");
    assert!(web.short.is_empty() && web.load > 0.7 && web.phase == "web 100 %", "{web:?}");
    let db = cost(&LIFT.1).needs.connections.iter().find(|n| n.name == "main-db").expect("it is used");
    assert!(db.short.is_empty() && db.extra().is_some_and(|extra| extra > 80.0), "{db:?}");
    assert!(cost(&DC.1).needs.workers[0].extra().is_some_and(|extra| extra < 1.0));
}
