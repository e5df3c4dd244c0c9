//! What was compared, in sentences. Not for: deciding.

use super::super::{Check, Distribution, Kind, Outcome, Paired, id};
use super::Rules;
use crate::analysis::words::time;
use crate::measure::Hist;
use crate::measure::turns::{Side, Subject, Turns};
use crate::units::Nanos;

/// `p50`, `p99.9`.
pub(super) fn quantity(at: f64) -> String {
    let percent = format!("{:.3}", at * 100.0);
    format!("p{}", percent.trim_end_matches('0').trim_end_matches('.'))
}

/// A check for each comparison; a control is none, it only explains the others.
pub fn checks(pairs: &[Paired], rules: &Rules) -> Vec<Check> {
    let drifted = pairs.iter().find(|pair| pair.control && pair.outcome == Outcome::Inconclusive);
    pairs.iter().filter(|pair| !pair.control).map(|pair| check(pair, drifted, rules)).collect()
}

fn check(pair: &Paired, drifted: Option<&Paired>, rules: &Rules) -> Check {
    let known = pair.rounds > 0;
    let (low, middle, high) = pair.ratio;
    Check {
        id: pair.id.clone(),
        kind: Kind::Comparison,
        subject: pair.subject.clone(),
        quantity: pair.quantity.clone(),
        unit: "ns".into(),
        // What the interval is of: the base, as much longer as the change takes by rounds.
        found: known.then_some(pair.first_ns * middle),
        interval: known.then_some((pair.first_ns * low, pair.first_ns * high)),
        limit: known.then_some(pair.first_ns),
        outcome: pair.outcome,
        sentence: sentence(pair),
        details: details(pair, drifted, rules),
        place: None,
    }
}

fn sentence(pair: &Paired) -> String {
    let Paired { subject, quantity, .. } = pair;
    if pair.rounds == 0 {
        return format!("{subject}: {quantity} cannot be compared, no round has enough journeys that ended well");
    }
    let (low, middle, high) = pair.ratio;
    format!(
        "{subject}: {quantity} {} (95 % {} to {}, {}, {} rounds; the same code against itself ±{:.1} %); over all rounds {} → {}",
        change(middle),
        change(low),
        change(high),
        probability(pair.p),
        pair.rounds,
        (pair.floor - 1.0) * 100.0,
        time(pair.first_ns),
        time(pair.second_ns),
    )
}

/// `p 0.0312`; what would be written as nothing is never nothing.
fn probability(p: f64) -> String {
    const LEAST: f64 = 1e-4;
    if p < LEAST { format!("p < {LEAST}") } else { format!("p {p:.4}") }
}

/// `+5.0 %`.
fn change(ratio: f64) -> String {
    format!("{:+.1} %", (ratio - 1.0) * 100.0).replace('-', "−")
}

fn details(pair: &Paired, drifted: Option<&Paired>, rules: &Rules) -> Vec<String> {
    let mut details = Vec::new();
    if let (Some(control), Outcome::Inconclusive) = (drifted, pair.outcome) {
        let change = change(control.ratio.1);
        details.push(format!(
            "a control that is the same on both sides changed by {change}: the machine drifted, measure again"
        ));
    }
    if pair.outcome == Outcome::Inconclusive && pair.rounds > 0 {
        details.push(match () {
            () if super::rule::excludes_the_smallest(&seen(pair), rules) => {
                "the sides seem to differ, but not beyond doubt: ask for more --rounds".into()
            }
            () if pair.p <= rules.alpha && pair.ratio.0 > 1.0 => format!(
                "slower, but by no more than the same code differs from itself on this machine (±{:.1} %): measure on a quieter one",
                (pair.floor - 1.0) * 100.0
            ),
            () => format!(
                "a slow-down of {:.0} % cannot be excluded: ask for more --rounds, or a quieter machine",
                rules.smallest * 100.0
            ),
        });
    }
    details
}

fn seen(pair: &Paired) -> super::Seen {
    super::Seen { ratio: pair.ratio, p: pair.p, floor: pair.floor, first_ns: pair.first_ns }
}

/// Every response time of each subject on each side.
pub fn distributions(turns: &Turns) -> Vec<Distribution> {
    let subjects = turns.subjects.iter().filter(|subject| !subject.control);
    let of_side = |subject: &Subject, side, word: &str| {
        let mut times = Hist::new();
        subject.turns(side).flat_map(|turn| &turn.times_ns).for_each(|ns| times.record(Nanos(*ns)));
        Distribution { id: id(&["comparison", &subject.name, word]), title: format!("{}, {word}", subject.name), times }
    };
    let both = |subject| [of_side(subject, Side::First, "base"), of_side(subject, Side::Second, "change")];
    subjects.flat_map(both).collect()
}

/// A check for each subject of which journeys failed: what is left does not say how fast it is.
pub fn failures(turns: &Turns) -> Vec<Check> {
    let subjects = turns.subjects.iter().filter(|subject| !subject.control);
    let checks = subjects.filter_map(|subject| {
        let count = |side| {
            subject.turns(side).fold((0, 0), |(ok, failed), turn| (ok + turn.times_ns.len(), failed + turn.failed))
        };
        let ((first_ok, first), (second_ok, second)) = (count(Side::First), count(Side::Second));
        if first + second == 0 {
            return None;
        }
        let (first_all, second_all) = (first_ok as u64 + first, second_ok as u64 + second);
        Some(Check {
            id: id(&["comparison", &subject.name, "failed"]),
            subject: subject.name.clone(),
            quantity: "failed journeys".into(),
            unit: "journeys".into(),
            found: Some(second as f64),
            limit: Some(first as f64),
            outcome: Outcome::Invalid,
            sentence: format!(
                "{}: {first} of {first_all} journeys failed on the first side, {second} of {second_all} on the second",
                subject.name
            ),
            details: vec![
                "times of those that ended well say nothing about the others: mend the failures first".into(),
            ],
            ..Check::blank(Kind::Comparison)
        })
    });
    checks.collect()
}
