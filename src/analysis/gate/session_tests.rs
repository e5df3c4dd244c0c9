//! Two runs made by hand: what is told of them, and what is not.

use std::collections::BTreeMap;

use super::*;
use crate::measure::Hist;
use crate::runfile::{ArmRun, FORMAT, Limits, Machine, PartRun, PhaseRun, PlacementRun, StrategyRun, Windows};
use crate::units::Nanos;

/// Makes a run one of something else.
type Change = fn(&mut Provenance);

fn provenance() -> Provenance {
    Provenance {
        version: "0.1.0".into(),
        scenario: "shop".into(),
        digest: "0123456789abcdef".into(),
        source: String::new(),
        seed: 42,
        engine: "live".into(),
        link: "stream".into(),
        stores: "stand-in".into(),
        servers: BTreeMap::new(),
        scale: 1.0,
        windows: Windows { warm_up_ns: 1, measure_ns: 4_500_000_000, drain_ns: 1 },
        limits: Limits::default(),
        started_unix: 1,
        took_ns: 1,
        machine: Machine { cores: 2, ..Machine::default() },
        command: Vec::new(),
        partial: false,
        simulated: None,
    }
}

/// A run of 1,000 journeys around so many milliseconds, with so many round trips each.
fn run(ms: f64, trips: u64) -> Run {
    let mut part = PartRun { name: "web".into(), ..PartRun::default() };
    for n in 0..1_000 {
        part.response.record(Nanos::from_secs_f64(ms * (1.0 + f64::from(n) * 1e-4) / 1e3));
        part.round_trips.record_value(trips);
    }
    let arm = ArmRun {
        workload: "web".into(),
        kind: "http".into(),
        site: "cloud".into(),
        platform: "vm".into(),
        share: 1.0,
        parts: vec![part],
        stores: Vec::new(),
    };
    let placement = PlacementRun {
        label: "apart".into(),
        condition: "steady".into(),
        arms: vec![arm],
        links: Vec::new(),
        probes: Vec::new(),
        generator_lateness: Hist::new(),
        clusters: Vec::new(),
        took_ns: 1,
        invalid: Vec::new(),
        discarded: Vec::new(),
        restart: None,
    };
    let phase =
        PhaseRun { name: "apart".into(), lasts_ns: 1, moves: Vec::new(), placement: Some(0), events: Vec::new() };
    let strategy = StrategyRun { name: "go".into(), about: String::new(), phases: vec![phase] };
    Run { format: FORMAT, provenance: provenance(), placements: vec![placement], strategies: vec![strategy] }
}

fn outcomes(now: &Run, stored: &Run) -> Vec<Outcome> {
    judge(now, stored).iter().map(|check| check.outcome).collect()
}

#[test]
fn only_what_is_more_than_sessions_differ_by_is_told() {
    use Outcome::{Improvement, Pass, Regression};
    let elsewhere = |ms| {
        let mut run = run(ms, 8);
        run.provenance.machine.cores = 64;
        run
    };
    for (what, now, expected) in [
        ("the same", run(200.0, 8), [Pass; 3]),
        ("15 % slower", run(230.0, 8), [Pass; 3]),
        ("30 % slower", run(260.0, 8), [Regression, Regression, Pass]),
        ("30 % slower on another machine", elsewhere(260.0), [Pass; 3]),
        ("60 % slower on another machine", elsewhere(320.0), [Regression, Regression, Pass]),
        ("a third faster", run(140.0, 8), [Improvement, Improvement, Pass]),
        ("one more round trip", run(200.0, 9), [Pass, Pass, Regression]),
        ("one fewer", run(200.0, 7), [Pass, Pass, Improvement]),
    ] {
        assert_eq!(outcomes(&now, &run(200.0, 8)), expected, "{what}");
    }
}

#[test]
fn what_cannot_be_told_is_said() {
    let checks = judge(&run(230.0, 8), &run(200.0, 8));
    assert_eq!(checks[0].id, "baseline/web--cloud-on-vm-in-apart/p50");
    assert!(checks[0].sentence.contains("+15.0 %), within what sessions differ by (±20 %)"), "{}", checks[0].sentence);
    assert!(checks[0].details[0].contains("--against"), "{:?}", checks[0].details);
}

#[test]
fn everything_that_differs_is_told_and_nothing_is_compared() {
    let stored = run(200.0, 8);
    let changes: [(&str, Change); 7] = [
        ("the scenario's text is f", |p| p.digest = "f".into()),
        ("the engine is sim, was live", |p| p.engine = "sim".into()),
        ("the link is packet, was stream", |p| p.link = "packet".into()),
        ("the seed is 7, was 42", |p| p.seed = 7),
        ("the rate (--scale) is 0.5, was 1", |p| p.scale = 0.5),
        ("the major version is 0.2, was 0.1", |p| p.version = "0.2.3".into()),
        ("the window is 1", |p| p.windows.measure_ns = 1_000_000_000),
    ];
    for (told, change) in changes {
        let mut now = run(900.0, 9);
        change(&mut now.provenance);
        let checks = judge(&now, &stored);
        assert_eq!(checks.len(), 1, "{told}");
        assert!(
            checks[0].outcome == Outcome::Incomparable && checks[0].sentence.contains(told),
            "{}",
            checks[0].sentence
        );
    }
    let mut same = run(200.0, 8);
    (same.provenance.version, same.provenance.started_unix) = ("0.1.9".into(), 77);
    assert_eq!(differs(&same.provenance, &stored.provenance), Vec::<String>::new());
}
