//! Tests of advice: what is computed from tries, orders, choices. Simulated ones are in `tests/advice`.

use super::*;
use crate::measure::Estimate;
use crate::plan::fixtures::{CLOUD, KUBERNETES, query, scenario, share, store, strategy};
use crate::runfile::advice::{
    ADVICE_FORMAT, AdviceRun, CellRun, CellWorkload, CheckRun, MitigationRun, TryPhase, TryRun,
};
use crate::scenario::{Move, Scenario};

/// A mean of `ms` ± `half`, and a p99 of twice that against 100 ms.
fn cell(ms: f64, half: f64) -> CellRun {
    let of = |value: f64, half: f64| Estimate {
        value: value * 1e6,
        low: (value - half) * 1e6,
        high: (value + half) * 1e6,
        n: 100,
    };
    let p99 = of(2.0 * ms, half);
    let verdict = if p99.low > 100e6 { "missed" } else { "held" };
    let check = CheckRun {
        part: "web".into(),
        quantity: "p99".into(),
        limit: 100e6,
        verdict: verdict.into(),
        measured: Some(p99),
        at_least: false,
        extrapolated: false,
    };
    let web = CellWorkload {
        workload: "web".into(),
        split: false,
        mean: Some(of(ms, half)),
        p50: None,
        at_least: false,
        slow: None,
        checks: vec![check],
    };
    CellRun { measure_ns: 1, felt_ns: None, workloads: vec![web] }
}

/// One strategy of two phases of a day and ten; each try has the means of both.
fn run(tries: &[(&[usize], f64, f64)], half: f64) -> AdviceRun {
    let mut run = AdviceRun {
        advice_format: ADVICE_FORMAT,
        provenance: crate::analysis::advice::tests::provenance(),
        least_share: 0.05,
        weights: vec![1.0],
        mitigations: ["a", "b"]
            .map(|name| MitigationRun {
                name: name.into(),
                title: String::new(),
                place: String::new(),
                leaves: None,
                assumes: Vec::new(),
                costs: Vec::new(),
            })
            .into(),
        tries: Vec::new(),
        cells: Vec::new(),
        found: Vec::new(),
        left_out: Vec::new(),
    };
    for (set, first, second) in tries {
        let phase = |days: u64, cell| TryPhase {
            name: "p".into(),
            lasts_ns: days * 86_400_000_000_000,
            moves: Vec::new(),
            cell: Some(cell),
            events: Vec::new(),
        };
        let at = run.cells.len();
        run.cells.extend([cell(*first, half), cell(*second, half)]);
        run.tries.push(TryRun {
            set: set.to_vec(),
            reordered: None,
            strategies: vec![vec![phase(1, at), phase(10, at + 1)]],
        });
    }
    run
}

fn provenance() -> crate::runfile::Provenance {
    let nothing = crate::runfile::Windows::default();
    crate::runfile::Provenance {
        version: String::new(),
        scenario: String::new(),
        digest: String::new(),
        source: String::new(),
        seed: 0,
        engine: "sim".into(),
        link: String::new(),
        stores: String::new(),
        servers: std::collections::BTreeMap::new(),
        scale: 1.0,
        windows: nothing,
        limits: crate::runfile::Limits::default(),
        started_unix: 0,
        took_ns: 0,
        machine: crate::runfile::Machine::default(),
        command: Vec::new(),
        partial: false,
        simulated: None,
    }
}

#[test]
fn a_gain_is_days_times_means_and_what_is_turned() {
    let run = run(&[(&[], 10.0, 80.0), (&[0], 10.0, 40.0), (&[1], 10.0, 79.0)], 2.0);
    let a = judge::gain(&run, &run.tries[1], 0);
    assert_eq!((a.turned, a.turned_missed, a.opened), (1, 1, 0));
    // Ten days of 40 ms; each mean is known to 2 ms.
    assert!((a.saved.value - 400.0).abs() < 1e-6 && (a.saved.high - 400.0 - 20.0 * 2_f64.sqrt()).abs() < 1e-6, "{a:?}");
    assert_eq!(a.phases[0].turned, ["web p99"]);
    let b = judge::gain(&run, &run.tries[2], 0);
    assert!(!b.told() && b.turned == 0 && b.saved_as_told() == 0.0, "1 ms is less than the noise: {b:?}");
    assert!((judge::exposed(&run, &run.tries[0], 0) - 700.0).abs() < 1e-6);
    assert!(judge::feasible(&run, &run.tries[1], 0) && !judge::feasible(&run, &run.tries[2], 0));
    let open = judge::open(&run, &run.tries[0], 0);
    assert_eq!(judge::help(&run, &run.tries[1], 0, &open[0]), judge::Help::Held);
    assert_eq!(judge::help(&run, &run.tries[2], 0, &open[0]), judge::Help::None);
}

#[test]
fn places_are_equal_within_the_noise() {
    let of = |half| {
        let run = run(&[(&[], 10.0, 80.0), (&[0], 10.0, 40.0), (&[1], 10.0, 38.0)], half);
        rank::ranking(&run, 0).iter().map(|it| (it.mitigation, it.place)).collect::<Vec<_>>()
    };
    assert_eq!(of(0.5), [(1, 1), (0, 2)]);
    assert_eq!(of(3.0), [(1, 1), (0, 1)]);
}

#[test]
fn combinations_are_all_and_once() {
    let of = |n, k| search::combinations(n, k).collect::<Vec<_>>();
    assert_eq!(of(3, 2), [vec![0, 1], vec![0, 2], vec![1, 2]]);
    assert_eq!(of(4, 3).len(), 4);
    assert_eq!((of(2, 3).len(), of(2, 2).len()), (0, 1));
}

/// Two workloads, the first of which costs more to be away, move one after the other.
fn moving(first: usize, second: usize) -> Scenario {
    let mut scenario = scenario(vec![query()]);
    let all = |workload| vec![share(workload, CLOUD, KUBERNETES, 1.0)];
    let stores = || vec![store(crate::plan::fixtures::DB, CLOUD)];
    scenario.strategies = vec![strategy("s", vec![vec![], all(first), all(second), stores()])];
    scenario
}

#[test]
fn what_costs_most_a_day_moves_last() {
    let added = [100.0, 1.0];
    let order = |scenario: &Scenario| {
        let of = |it: &Move| if let Move::Workload(it) = it { it.workload.0 } else { 99 };
        scenario.strategies[0].phases.iter().flat_map(|phase| phase.moves.iter().map(of)).collect::<Vec<_>>()
    };
    let better = order::reordered(&moving(0, 1), 0, &added).expect("a better order");
    assert_eq!(order(&better), [1, 0, 99]);
    assert!(order::reordered(&moving(1, 0), 0, &added).is_none(), "it is in order");
    assert!(order::reordered(&moving(0, 1), 0, &[0.0, 0.0]).is_none(), "nothing is exposed");
}

#[test]
fn the_moves_of_a_workload_keep_their_order() {
    let mut scenario = moving(0, 1);
    let part = |part| vec![share(0, CLOUD, KUBERNETES, part)];
    let stores = vec![store(crate::plan::fixtures::DB, CLOUD)];
    let other = vec![share(1, CLOUD, KUBERNETES, 1.0)];
    scenario.strategies = vec![strategy("s", vec![vec![], part(0.5), part(1.0), other, stores])];
    let better = order::reordered(&scenario, 0, &[100.0, 1.0]).expect("a better order");
    let names: Vec<&str> = better.strategies[0].phases.iter().map(|phase| phase.name.as_str()).collect();
    assert_eq!(names, ["phase 0", "phase 3", "phase 1", "phase 2", "phase 4"]);
}
