//! Tests of [`super`]: sweeps of a formula, whose break points and lines are known by hand.

use super::*;
use crate::measure::Hist;
use crate::plan::fixtures::{CLOUD, DB, DC, KUBERNETES, query, scenario, share, store, strategy};
use crate::runfile::{ArmRun, Busy, Limits, Machine, PartRun, PlacementRun, Provenance, Windows};
use crate::scenario::{Count, Step};
use crate::strategy::vary::Over;
use crate::units::{Fraction, Nanos};

/// A web workload, all in the cloud, of a connection (3 round trips) and 7 queries of 1 ms to the data centre.
fn ten_round_trips() -> Scenario {
    let mut scenario = scenario(vec![Step::Repeat { times: Count::Fixed(7), steps: vec![query()] }]);
    scenario.workloads.truncate(1);
    scenario.workloads[0].objective.quantiles = vec![(0.9, Nanos::from_millis(200))];
    scenario.strategies = vec![strategy("s", vec![vec![], vec![share(0, CLOUD, KUBERNETES, 1.0)]])];
    scenario
}

fn asked(over: Over) -> Asked {
    let (from, to) = over.range(over.default_range()).expect("a range");
    Asked {
        over,
        from,
        to,
        steps: 8,
        precision: 0.01,
        refine: 100,
        strategy: "s".into(),
        phase: "phase 1".into(),
        link: Some(("dc".into(), "cloud".into())),
        workloads: Vec::new(),
    }
}

/// A placement whose arms' journeys all take as long as `time` says of the arm's RTT to the data centre.
fn canned(scenario: &Scenario, placement: &Placement, time: impl Fn(f64) -> f64, errors: u64) -> PlacementRun {
    let arm = |arm: &crate::strategy::Arm| {
        let rtt = arm.links[DB.0].as_ref().map_or(0.0, |link| link.rtt.0.0 as f64);
        let mut response = Hist::new();
        (0..1_000).for_each(|_| response.record(Nanos(time(rtt).round() as u64)));
        let part = PartRun {
            name: scenario.workloads[arm.workload.0].name.clone(),
            planned: 1_000,
            offered: 1_000,
            completed: 1_000 - errors,
            service: response.clone(),
            response,
            busy: Busy { limit: 8, mean: 1.0, max: 2 },
            errors: (errors > 0).then(|| ("timeout".to_owned(), errors)).into_iter().collect(),
            ..PartRun::default()
        };
        ArmRun {
            workload: scenario.workloads[arm.workload.0].name.clone(),
            kind: "http".into(),
            site: scenario.sites[arm.site.0].name.clone(),
            platform: scenario.platforms[arm.platform.0].name.clone(),
            share: arm.share.0,
            parts: vec![part],
            stores: Vec::new(),
        }
    };
    PlacementRun {
        label: String::new(),
        condition: "steady".into(),
        arms: placement.arms.iter().map(arm).collect(),
        links: Vec::new(),
        probes: Vec::new(),
        generator_lateness: Hist::new(),
        clusters: Vec::new(),
        took_ns: 0,
        invalid: Vec::new(),
        discarded: Vec::new(),
        restart: None,
    }
}

fn provenance() -> Provenance {
    Provenance {
        version: String::new(),
        scenario: "small".into(),
        digest: String::new(),
        source: String::new(),
        seed: 1,
        engine: "sim".into(),
        link: "stream".into(),
        stores: "model".into(),
        servers: std::collections::BTreeMap::new(),
        scale: 1.0,
        windows: Windows { warm_up_ns: 0, measure_ns: 1, drain_ns: 0 },
        limits: Limits::default(),
        started_unix: 0,
        took_ns: 0,
        machine: Machine::default(),
        command: Vec::new(),
        partial: false,
        simulated: None,
    }
}

/// Sweeps until nothing more is asked for.
fn swept(
    scenario: &Scenario,
    asked: &Asked,
    measure: impl Fn(&Scenario, &Placement, f64) -> PlacementRun,
) -> SweepAnalysis {
    let subject = Subject::of(scenario, asked, 1.0).expect("in the scenario");
    let mut seeker = Seeker::new(subject);
    let mut points = Vec::new();
    while let Some(value) = seeker.next() {
        let varied = seeker.subject.varied(value).expect("can be");
        let place = &seeker.subject.exposed;
        let placement = expand(&varied, place.strategy).swap_remove(place.phase).placement;
        let point = SweepPoint { value, placement: measure(&varied, &placement, value) };
        seeker.add(&point).expect("can be");
        points.push(point);
        assert!(points.len() <= 200, "it ends");
    }
    let sweep = SweepRun { sweep_format: 1, provenance: provenance(), asked: asked.clone(), points };
    SweepAnalysis::of(&sweep, scenario).expect("fits its scenario")
}

#[test]
fn a_serial_journey_breaks_and_rises_as_by_hand() {
    let scenario = ten_round_trips();
    // 7 ms and 10 round trips: 200 ms are passed at 19.3 ms.
    let done = swept(&scenario, &asked(Over::Rtt), |s, p, _| canned(s, p, |rtt| 7e6 + 10.0 * rtt, 0));
    let [edge] = &done.edges[..] else { panic!("{:?}", done.edges) };
    assert_eq!((edge.outcome, edge.again), (Outcome::Breaks, false));
    // Histograms have three digits.
    assert!((edge.at.expect("breaks") / 19.3e6 - 1.0).abs() < 0.002, "{:?}", edge.at);
    let (holds, misses) = (edge.holds_to.expect("holds"), edge.misses_from.expect("misses"));
    assert!(holds <= 19.3e6 && 19.25e6 <= misses && misses / holds < 1.011, "{holds} {misses}");
    let [fit] = &done.fits[..] else { panic!("{:?}", done.fits) };
    let line = fit.line.expect("nothing queues");
    assert!((line.k.value / 10.0 - 1.0).abs() < 0.002 && (line.base / 7e6 - 1.0).abs() < 0.05, "{line:?}");
    assert_eq!((fit.counted.mean, fit.agreement), (10.0, Some(fit::Agreement::Agree)));
    assert_eq!(fit.points.0, fit.points.1);
    assert!(done.points.iter().any(|p| (p.value - 15e6).abs() < 0.5), "the scenario's own value is among them");
    assert!(done.points.len() < 16, "{} values were tried", done.points.len());
}

#[test]
fn more_round_trips_than_counted_are_told() {
    let done = swept(&ten_round_trips(), &asked(Over::Rtt), |s, p, _| canned(s, p, |rtt| 7e6 + 11.0 * rtt, 0));
    assert_eq!(done.fits[0].agreement, Some(fit::Agreement::Apart));
}

#[test]
fn points_that_fail_are_no_part_of_a_line() {
    let measure = |s: &Scenario, p: &Placement, rtt: f64| {
        let errors = if rtt > 20e6 { 500 } else { 0 };
        canned(s, p, |rtt| if rtt > 20e6 { 3e9 } else { 7e6 + 10.0 * rtt }, errors)
    };
    let done = swept(&ten_round_trips(), &asked(Over::Rtt), measure);
    let fit = &done.fits[0];
    assert!(fit.points.0 < fit.points.1 && fit.range.expect("a range").1 <= 20e6, "{fit:?}");
    assert!((fit.line.expect("a line").k.value / 10.0 - 1.0).abs() < 0.002);
}

#[test]
fn fewer_workers_are_harder() {
    let measure = |s: &Scenario, p: &Placement, workers: f64| canned(s, p, |_| 100e6 / workers, 0);
    let done = swept(&ten_round_trips(), &asked(Over::Workers), measure);
    let edge = &done.edges[0];
    assert_eq!(edge.outcome, Outcome::Breaks);
    assert!((edge.at.expect("breaks") / 0.5 - 1.0).abs() < 0.01, "{:?}", edge.at);
    assert!(edge.holds_to > edge.misses_from, "it holds with more workers");
    assert!(done.fits.is_empty() && (done.points[0].value - 2.0).abs() < 1e-9, "from easy to hard");
}

#[test]
fn errors_break_too_and_arms_are_judged_alone() {
    let mut scenario = ten_round_trips();
    scenario.workloads[0].objective.errors = Some(Fraction(0.02));
    scenario.strategies = vec![strategy("s", vec![vec![], vec![share(0, CLOUD, KUBERNETES, 0.05)]])];
    let measure =
        |s: &Scenario, p: &Placement, rtt: f64| canned(s, p, |rtt| 7e6 + 10.0 * rtt, if rtt < 10e6 { 0 } else { 100 });
    let done = swept(&scenario, &asked(Over::Rtt), measure);
    let told: Vec<_> = done.edges.iter().map(|e| (e.arm.as_deref(), e.quantity, e.outcome)).collect();
    // All together, 95 % stay near: p90 holds throughout; the moved arm by itself does not.
    let away = Some("cloud on kubernetes");
    assert_eq!(
        told,
        [
            (None, Quantity::Quantile(0.9), Outcome::HoldsThroughout),
            (None, Quantity::Errors, Outcome::Breaks),
            (away, Quantity::Quantile(0.9), Outcome::Breaks),
            (away, Quantity::Errors, Outcome::Breaks),
        ]
    );
    let errors = done.edges[1].between.expect("breaks");
    assert!(errors.0 < 10e6 && 10e6 <= errors.1 && errors.1 / errors.0 < 1.011, "{errors:?}");
    assert_eq!(done.fits.len(), 1, "the arm that stayed does not cross the link");
}

#[test]
fn invalid_points_have_no_numbers() {
    let measure = |s: &Scenario, p: &Placement, rtt: f64| {
        let invalid = if rtt > 50e6 { vec!["late".to_owned()] } else { Vec::new() };
        PlacementRun { invalid, ..canned(s, p, |_| 1e6, 0) }
    };
    let done = swept(&ten_round_trips(), &asked(Over::Rtt), measure);
    assert_eq!(done.edges[0].outcome, Outcome::HoldsThroughout);
    assert!(done.edges[0].holds_to.expect("holds") <= 50e6);
    assert!(done.edges[0].seen.iter().any(|(_, check)| check.verdict == Verdict::Invalid));
}

#[test]
fn what_is_not_in_the_scenario_is_told() {
    let scenario = ten_round_trips();
    let told = |asked: Asked| Subject::of(&scenario, &asked, 1.0).expect_err("cannot be").to_string();
    let all = asked(Over::Rtt);
    assert!(told(Asked { phase: "gone".into(), ..all.clone() }).contains("no phase `gone`"));
    let unknown = told(Asked { workloads: vec!["wb".into()], ..all.clone() });
    assert_eq!(unknown, "there is no workload `wb`: the scenario has web");
    assert!(told(Asked { over: Over::Rate, to: 1e5, ..all }).contains("more than any scenario may have"));
}

#[test]
fn a_store_that_is_near_is_not_counted() {
    let mut scenario = ten_round_trips();
    scenario.strategies = vec![strategy("s", vec![vec![], vec![share(0, CLOUD, KUBERNETES, 1.0), store(DB, CLOUD)]])];
    let near = Asked { link: Some(("cloud".into(), "cloud".into())), ..asked(Over::Rtt) };
    let done = swept(&scenario, &near, |s, p, _| canned(s, p, |rtt| 10.0 * rtt, 0));
    assert_eq!((done.fits[0].counted.mean, done.subject.own()), (10.0, Some(500e3)));
    let far = Asked { link: Some(("dc".into(), "cloud".into())), ..near };
    assert!(Subject::of(&scenario, &far, 1.0).is_err(), "nothing crosses it");
    assert_eq!(scenario.links.get(DC, CLOUD).map(|link| link.rtt.0), Some(Nanos::from_millis(15)));
}
