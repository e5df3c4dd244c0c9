//! Tests of the whole judgement: made-up machines with known noise and known differences.

use proptest::prelude::*;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use super::*;
use crate::measure::turns::{ORDER, Turn};
use crate::seed::Stream;

/// A machine: how its times are spread.
#[derive(Debug, Clone, Copy)]
struct Machine {
    /// Of each journey, as a share.
    journey: f64,
    /// Of each turn: everything in it is as much slower.
    turn: f64,
    /// Of each round.
    round: f64,
    /// The chance that a turn stalls and takes half as long again.
    stalls: f64,
}

const QUIET: Machine = Machine { journey: 0.01, turn: 0.003, round: 0.02, stalls: 0.0 };
const NOISY: Machine = Machine { journey: 0.05, turn: 0.02, round: 0.1, stalls: 0.02 };

fn normal(stream: &mut Stream, sd: f64) -> f64 {
    let draw: f64 = StandardNormal.sample(stream);
    draw * sd
}

/// Rounds of 20 journeys a side and 200 ms, the second side `factor` times as slow.
fn subject(machine: Machine, factor: f64, rounds: u32, stream: &mut Stream) -> Subject {
    let round = |stream: &mut Stream| {
        let common = normal(stream, machine.round);
        ORDER.map(|side| {
            let stall = if stream.random::<f64>() < machine.stalls { 0.4 } else { 0.0 };
            let level = common + normal(stream, machine.turn) + stall;
            let factor = if side == Side::Second { factor } else { 1.0 };
            let time =
                |stream: &mut Stream| (200e6 * factor * (level + normal(stream, machine.journey).abs()).exp()) as u64;
            Turn { times_ns: (0..10).map(|_| time(stream)).collect(), trips: 100, failed: 0 }
        })
    };
    let rounds = (0..rounds).map(|_| round(stream)).collect();
    Subject { rounds, ..Subject::new("web: page".into(), false) }
}

fn outcomes(machine: Machine, factor: f64, number: u64) -> Vec<Outcome> {
    let mut stream = Seed(number).stream("machine", 0);
    let turns = Turns { subjects: vec![subject(machine, factor, 12, &mut stream)], held: [Vec::new(), Vec::new()] };
    judge(&turns, &Rules { seed: Seed(number), ..Rules::default() }).iter().map(|pair| pair.outcome).collect()
}

#[test]
fn the_same_code_is_never_said_to_be_slower() {
    let jobs = 30;
    for machine in [QUIET, NOISY] {
        let all: Vec<Outcome> = (0..jobs).flat_map(|number| outcomes(machine, 1.0, number)).collect();
        let told = all.iter().filter(|outcome| matches!(outcome, Outcome::Regression | Outcome::Improvement)).count();
        // Stated is one job in a hundred, by the sign-flip test alone; floor and interval ask for more.
        assert!(told <= 1, "{machine:?}: {told} of {}", all.len());
    }
    let quiet = (0..jobs).flat_map(|number| outcomes(QUIET, 1.0, number));
    assert!(quiet.filter(|outcome| *outcome == Outcome::Pass).count() as u64 > 2 * jobs * 9 / 10);
}

#[test]
fn five_per_cent_are_found_on_a_quiet_machine_in_either_direction() {
    for number in 0..12 {
        assert_eq!(outcomes(QUIET, 1.05, number)[0], Outcome::Regression, "{number}");
        assert_eq!(outcomes(QUIET, 1.0 / 1.05, number)[0], Outcome::Improvement, "{number}");
    }
}

#[test]
fn a_noisy_machine_is_inconclusive_rather_than_passed() {
    let told = (0..20).map(|number| outcomes(NOISY, 1.05, number)[0]);
    assert!(told.clone().filter(|outcome| *outcome == Outcome::Pass).count() <= 2, "{:?}", told.collect::<Vec<_>>());
}

#[test]
fn a_control_that_drifts_explains_what_it_can_and_fails_nothing() {
    let made = |factor, drift, number| {
        let mut stream = Seed(number).stream("machine", 1);
        let control = Subject { control: true, name: "control".into(), ..subject(QUIET, drift, 12, &mut stream) };
        let turns =
            Turns { subjects: vec![subject(QUIET, factor, 12, &mut stream), control], held: Default::default() };
        judge(&turns, &Rules { quantiles: vec![0.5], ..Rules::default() })
    };
    let pairs = made(1.05, 1.05, 1);
    assert_eq!((pairs.len(), pairs[1].control), (2, true));
    assert_eq!([pairs[0].outcome, pairs[1].outcome], [Outcome::Inconclusive; 2], "the machine did it");
    let told = checks(&pairs, &Rules::default());
    assert!(told.len() == 1 && told[0].details[0].contains("the machine drifted"), "{told:?}");
    assert_eq!(made(1.2, 1.05, 2)[0].outcome, Outcome::Regression, "the machine did not do all of it");
    let pairs = made(1.0, 1.05, 3);
    assert_eq!([pairs[0].outcome, pairs[1].outcome], [Outcome::Pass, Outcome::Inconclusive]);
    assert_eq!(checks(&pairs, &Rules::default()).iter().map(|check| check.outcome).max(), Some(Outcome::Pass));
}

#[test]
fn what_is_told_is_in_the_sentence() {
    let mut stream = Seed(4).stream("machine", 2);
    let turns = Turns { subjects: vec![subject(QUIET, 1.05, 12, &mut stream)], held: Default::default() };
    let rules = Rules::default();
    let checks = checks(&judge(&turns, &rules), &rules);
    assert_eq!(checks[0].id, "comparison/web--page/p50");
    let sentence = &checks[0].sentence;
    assert!(sentence.starts_with("web: page: p50 +5.1 % (95 % ") && sentence.contains("12 rounds"), "{sentence}");
    assert!(sentence.ends_with("over all rounds 203 ms → 214 ms"), "{sentence}");
    for (p, told) in [(0.031_25, ", p 0.0312, 12 rounds;"), (3.8e-6, ", p < 0.0001, 12 rounds;")] {
        let pairs: Vec<Paired> = judge(&turns, &rules).into_iter().map(|pair| Paired { p, ..pair }).collect();
        let sentence = &super::checks(&pairs, &rules)[0].sentence;
        assert!(sentence.contains(told), "{sentence}");
    }
    let ((low, high), found) = (checks[0].interval.expect("known"), checks[0].found.expect("known"));
    assert!((low..=high).contains(&found), "{found} is what {low} to {high} is the interval of");
    assert!(failures(&turns).is_empty());
    let times = distributions(&turns);
    assert_eq!(
        times.iter().map(|side| (side.id.as_str(), side.times.count())).collect::<Vec<_>>(),
        [("comparison/web--page/base", 240), ("comparison/web--page/change", 240)]
    );
    let mut broken = turns;
    broken.subjects[0].rounds[0][1].failed = 3;
    assert_eq!(failures(&broken)[0].outcome, Outcome::Invalid);
}

#[test]
fn nothing_that_ended_well_is_inconclusive() {
    let rounds = vec![std::array::from_fn(|_| Turn { failed: 5, ..Turn::default() })];
    let subject = Subject { rounds, ..Subject::new("web: page".into(), false) };
    let pairs = judge(&Turns { subjects: vec![subject], held: Default::default() }, &Rules::default());
    assert!(pairs.iter().all(|pair| pair.outcome == Outcome::Inconclusive && pair.rounds == 0));
    assert!(checks(&pairs, &Rules::default())[0].sentence.contains("cannot be compared"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10))]
    /// Slower code is never judged better: improvement, pass or inconclusive, regression.
    #[test]
    fn the_verdict_follows_the_difference(number in 0..1_000_u64, small in 0.9..1.1_f64, more in 1.0..1.1_f64) {
        let rank = |outcome: &Outcome| match outcome {
            Outcome::Improvement => 0,
            Outcome::Regression => 2,
            _ => 1,
        };
        let (less, more) = (outcomes(QUIET, small, number), outcomes(QUIET, small * more, number));
        for (less, more) in less.iter().zip(&more) {
            prop_assert!(rank(less) <= rank(more), "{:?} {:?}", less, more);
        }
    }
    /// The same measurements and seed give the same judgement, and exchanging the sides turns it around.
    #[test]
    fn exchanged_sides_give_the_inverse(number in 0..1_000_u64, factor in 0.9..1.1_f64) {
        let mut stream = Seed(number).stream("machine", 3);
        let subject = subject(QUIET, factor, 12, &mut stream);
        let mut turned = subject.clone();
        for round in &mut turned.rounds {
            round.swap(0, 1);
            round.swap(2, 3);
        }
        let judged = |subject: &Subject| {
            judge(&Turns { subjects: vec![subject.clone()], held: Default::default() }, &Rules::default())
        };
        let (one, other) = (judged(&subject), judged(&turned));
        prop_assert_eq!(&one, &judged(&subject));
        for (one, other) in one.iter().zip(&other) {
            prop_assert!((one.ratio.1 * other.ratio.1 - 1.0).abs() < 1e-9 && (one.p - other.p).abs() < 1e-9);
            let turned = match one.outcome {
                Outcome::Regression => Outcome::Improvement,
                Outcome::Improvement => Outcome::Regression,
                same => same,
            };
            prop_assert!(other.outcome == turned || [one.outcome, other.outcome].contains(&Outcome::Inconclusive));
        }
    }
}
