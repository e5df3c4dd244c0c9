//! Stored results over time: where each number changed, and whether what it is now is worse than what it was.
//!
//! A result stands for itself and its noise; only many of them tell a change from chance (`divisive`). Every number of a gate is
//! better when smaller. With several series the significance is divided by their number (Bonferroni), so that many series make no
//! more false alarms than one. Not for: reading files.

use std::collections::BTreeMap;

use crate::analysis::{summarise, words};
use crate::measure::Hist;
use crate::runfile::{ArmRun, Run};
use crate::scenario::Scenario;
use crate::seed::Seed;

use super::{Change, Check, Judged, Kind, Outcome, Series, divisive, id, objectives};

/// Numbers of one stored result.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// What a reader should call it: the file's name.
    pub name: String,
    /// Its numbers.
    pub values: Vec<Value>,
}

/// One number of a stored result.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// The same in every result.
    pub id: String,
    /// What it is about.
    pub subject: String,
    /// Which quantity of it.
    pub quantity: String,
    /// Its unit, as of a [`Check`].
    pub unit: String,
    /// The number.
    pub value: f64,
}

/// What was asked of a history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// The largest probability of a change if there is none, of all series together.
    pub significance: f64,
    /// A change by less than this share is none to speak of.
    pub least: f64,
    /// A change counts only if it came with the newest so many results; `None` is always.
    pub within: Option<usize>,
    /// Where shuffling starts.
    pub seed: Seed,
}

/// Judges each series of stored results, which are in order, the newest last.
pub fn judge(title: &str, stored: &[Stored], asked: &Asked) -> Judged {
    let mut all = series(stored);
    let significance = asked.significance / all.len().max(1) as f64;
    let least = divisive::least(significance);
    let short: Vec<_> = all.iter().filter(|one| one.points.len() < least).map(|one| one.id.clone()).collect();
    all.retain(|one| one.points.len() >= least);
    for one in &mut all {
        one.changes = changes(one, significance, asked);
    }
    let mut checks: Vec<Check> = all.iter().map(|one| check(one, asked)).collect();
    if checks.is_empty() {
        checks.push(too_few(stored.len(), least));
    }
    Judged {
        title: title.to_owned(),
        about: about(stored, all.len(), &short, least, asked),
        checks,
        series: all,
        ..Judged::default()
    }
}

/// Every number over all results that have it, by id.
fn series(stored: &[Stored]) -> Vec<Series> {
    let mut all: BTreeMap<&str, Series> = BTreeMap::new();
    for result in stored {
        for value in result.values.iter().filter(|value| value.value.is_finite()) {
            let one = all.entry(&value.id).or_insert_with(|| Series {
                id: value.id.clone(),
                subject: value.subject.clone(),
                quantity: value.quantity.clone(),
                unit: value.unit.clone(),
                points: Vec::new(),
                changes: Vec::new(),
            });
            // A unit that changed makes other numbers.
            if one.unit == value.unit && one.points.last().is_none_or(|point| point.0 != result.name) {
                one.points.push((result.name.clone(), value.value));
            }
        }
    }
    all.into_values().collect()
}

fn changes(series: &Series, significance: f64, asked: &Asked) -> Vec<Change> {
    let values: Vec<f64> = series.points.iter().map(|point| point.1).collect();
    let found = divisive::points(&values, significance, asked.seed, &series.id);
    let ends = found.iter().skip(1).map(|point| point.at).chain([values.len()]);
    let starts = std::iter::once(0).chain(found.iter().map(|point| point.at));
    let all = found.iter().zip(starts).zip(ends).map(|((point, start), end)| Change {
        at: point.at,
        from: median(&values[start..point.at]),
        to: median(&values[point.at..end]),
        p: point.p,
    });
    all.filter(|change| share(change).abs() >= asked.least).collect()
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// By how much a change changes, as a share of what was before.
fn share(change: &Change) -> f64 {
    if change.from == 0.0 { f64::INFINITY.copysign(change.to) } else { (change.to - change.from) / change.from.abs() }
}

fn check(series: &Series, asked: &Asked) -> Check {
    let newest = series.changes.last();
    let age = newest.map_or(0, |change| series.points.len() - change.at);
    let counts = newest.filter(|_| asked.within.is_none_or(|most| age <= most));
    let outcome = match counts {
        Some(change) if change.to > change.from => Outcome::Regression,
        Some(change) if change.to < change.from => Outcome::Improvement,
        _ => Outcome::Pass,
    };
    let values: Vec<f64> = series.points.iter().map(|point| point.1).collect();
    let now = newest.map_or_else(|| median(&values), |change| change.to);
    let (name, shown) = (format!("{} {}", series.subject, series.quantity), |value| shown(value, &series.unit));
    let n = series.points.len();
    let sentence = match newest {
        None => format!("{name}: {} in all {n} results", shown(now)),
        Some(change) => format!(
            "{name}: {} → {}{} with {}, {} ago (p = {})",
            shown(change.from),
            shown(change.to),
            by(change),
            series.points[change.at].0,
            results(age),
            words::digits(change.p)
        ),
    };
    Check {
        id: format!("history/{}", series.id),
        subject: series.subject.clone(),
        quantity: series.quantity.clone(),
        unit: series.unit.clone(),
        found: Some(now),
        limit: newest.map(|change| change.from),
        outcome,
        sentence,
        details: earlier(series),
        ..Check::blank(Kind::History)
    }
}

/// What changed before the newest change.
fn earlier(series: &Series) -> Vec<String> {
    let before = series.changes.iter().rev().skip(1);
    before
        .map(|change| {
            let (from, to) = (shown(change.from, &series.unit), shown(change.to, &series.unit));
            format!("before: {from} → {to}{} with {}", by(change), series.points[change.at].0)
        })
        .collect()
}

fn by(change: &Change) -> String {
    let share = share(change);
    if share.is_finite() {
        format!(" ({}{} %)", if share > 0.0 { "+" } else { "" }, words::digits(share * 100.0))
    } else {
        String::new()
    }
}

fn results(n: usize) -> String {
    if n == 1 { "1 result".into() } else { format!("{n} results") }
}

fn shown(value: f64, unit: &str) -> String {
    match unit {
        "ns" => words::time(value),
        "ms" => words::time(value * 1e6),
        "share" => words::percent(value),
        "" => words::digits(value),
        // What was counted is told to the last one.
        unit if value.fract() == 0.0 && (0.0..1e15).contains(&value) => {
            format!("{} {unit}", words::count(value as u64))
        }
        unit => format!("{} {unit}", words::digits(value)),
    }
}

fn too_few(n: usize, least: usize) -> Check {
    Check {
        id: "history/results".into(),
        subject: "stored results".into(),
        quantity: "number".into(),
        unit: "results".into(),
        found: Some(n as f64),
        outcome: Outcome::Inconclusive,
        sentence: format!(
            "{} stored: no number is in {least} of them, and fewer cannot tell a change from chance",
            results(n)
        ),
        ..Check::blank(Kind::History)
    }
}

fn about(stored: &[Stored], long: usize, short: &[String], least: usize, asked: &Asked) -> Vec<(String, String)> {
    let mut about = vec![
        ("results".to_owned(), stored.len().to_string()),
        ("series".to_owned(), long.to_string()),
        (
            "change points".to_owned(),
            format!("E-divisive means, significance {} over all series", words::digits(asked.significance)),
        ),
    ];
    if let (Some(first), Some(last)) = (stored.first(), stored.last()) {
        about.push(("from".to_owned(), first.name.clone()));
        about.push(("to".to_owned(), last.name.clone()));
    }
    if !short.is_empty() {
        let told =
            format!("{} (fewer than {least} results): {}", short.len(), words::list(&short[..short.len().min(5)]));
        about.push(("too short to judge".to_owned(), told));
    }
    about
}

/// Numbers of a run: what its objectives limit, and each arm's median, p99 and mean round trips.
pub fn values(run: &Run, scenario: &Scenario) -> Vec<Value> {
    let judged = objectives::judge(run, &summarise(run, scenario));
    let of = |check: Check| {
        let Check { id, subject, quantity, unit, found, .. } = check;
        found.map(|value| Value { id, subject, quantity, unit, value })
    };
    let mut all: Vec<Value> = judged.checks.into_iter().filter_map(of).collect();
    for strategy in &run.strategies {
        for phase in &strategy.phases {
            let placement = phase.placement.and_then(|at| run.placements.get(at)).filter(|p| p.invalid.is_empty());
            for arm in placement.iter().flat_map(|placement| &placement.arms) {
                all.extend(arm_values(&strategy.name, &phase.name, arm));
            }
        }
    }
    all
}

fn arm_values(strategy: &str, phase: &str, arm: &ArmRun) -> Vec<Value> {
    let merged = |of: fn(&crate::runfile::PartRun) -> &Hist| {
        let mut all = Hist::new();
        arm.parts.iter().for_each(|part| all.merge(of(part)));
        all
    };
    let (times, trips) = (merged(|part| &part.response), merged(|part| &part.round_trips));
    let where_it_is = format!("{} {} {}", arm.site, arm.platform, words::percent(arm.share));
    let value = |quantity: &str, unit: &str, value: f64| Value {
        id: id(&["arm", strategy, phase, &arm.workload, &where_it_is, quantity]),
        subject: format!("{}, {} on {} in {strategy}, {phase}", arm.workload, arm.site, arm.platform),
        quantity: quantity.to_owned(),
        unit: unit.to_owned(),
        value,
    };
    let quantile = |q: f64| Some(value(&words::quantile(q), "ns", times.estimate(q)?.value));
    let trips = (!trips.is_empty()).then(|| value("round trips", "round trips", trips.mean()));
    [quantile(0.5), quantile(0.99), trips].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked = Asked { significance: 0.01, least: 0.0, within: None, seed: Seed(42) };

    fn stored(values: &[f64]) -> Vec<Stored> {
        let one = |(i, value): (usize, &f64)| Stored {
            name: format!("{:03}.json", i + 1),
            values: vec![Value {
                id: "objective/go/apart/web/p99".into(),
                subject: "web".into(),
                quantity: "p99".into(),
                unit: "ns".into(),
                value: *value,
            }],
        };
        values.iter().enumerate().map(one).collect()
    }

    fn wobbling(level: f64, n: usize) -> Vec<f64> {
        (0..n).map(|i| level + [0.0, 2e6, -1e6, 1e6, -2e6][i * 7 % 5]).collect()
    }

    #[test]
    fn a_rise_is_a_regression_and_a_fall_an_improvement() {
        let series = |levels: &[f64]| levels.iter().flat_map(|level| wobbling(*level, 15)).collect::<Vec<_>>();
        for (levels, outcome) in [
            (&[200e6, 230e6][..], Outcome::Regression),
            (&[230e6, 200e6], Outcome::Improvement),
            (&[200e6, 240e6, 210e6], Outcome::Improvement),
            (&[200e6], Outcome::Pass),
        ] {
            let judged = judge("web", &stored(&series(levels)), &ASKED);
            assert_eq!((judged.outcome(), judged.checks.len()), (outcome, 1), "{levels:?}");
            assert_eq!(judged.series[0].changes.len(), levels.len() - 1);
        }
        let judged = judge("web", &stored(&series(&[200e6, 230e6])), &ASKED);
        let told = &judged.checks[0].sentence;
        assert!(told.starts_with("web p99: 200 ms → 230 ms (+15 %) with 016.json, 15 results ago (p = "), "{told}");
    }

    #[test]
    fn old_and_small_changes_need_not_count() {
        let series: Vec<f64> = [wobbling(200e6, 20), wobbling(230e6, 20)].concat();
        let of = |asked: &Asked| judge("web", &stored(&series), asked).outcome();
        assert_eq!(of(&Asked { within: Some(19), ..ASKED }), Outcome::Pass);
        assert_eq!(of(&Asked { within: Some(20), ..ASKED }), Outcome::Regression);
        assert_eq!(of(&Asked { least: 0.2, ..ASKED }), Outcome::Pass);
    }

    #[test]
    fn too_few_results_tell_nothing() {
        let judged = judge("web", &stored(&wobbling(200e6, 9)), &ASKED);
        assert_eq!((judged.outcome(), judged.checks[0].id.as_str()), (Outcome::Inconclusive, "history/results"));
        assert!(judged.checks[0].sentence.contains("in 10 of them"), "{}", judged.checks[0].sentence);
        assert_eq!(judge("web", &[], &ASKED).outcome(), Outcome::Inconclusive);
    }

    #[test]
    fn a_new_series_waits_while_the_others_are_judged() {
        let mut all = stored(&wobbling(200e6, 30));
        let mut newcomer = all[0].values[0].clone();
        newcomer.id = "objective/go/apart/mails/oldest".into();
        for result in all.iter_mut().skip(25) {
            result.values.push(newcomer.clone());
        }
        let judged = judge("web", &all, &ASKED);
        assert_eq!((judged.outcome(), judged.checks.len()), (Outcome::Pass, 1));
        assert!(judged.about.iter().any(|(name, value)| name == "too short to judge" && value.contains("mails")));
    }
}
