//! What was counted against a budget: round trips, repeats and bytes of each unit, and of all together.
//!
//! What exceeds its limit is over budget; what holds it with round trips to spare can be tightened; what could not be counted whole
//! never passes; an entry that means nothing that happened checks nothing, and says so. Not for: growth (`growth`).

use std::cmp::Ordering;

use crate::budget::{Budget, Entry, Limit, Limits, REPEATS, Spot};
use crate::scenario::reading::nearest;
use crate::units::Nanos;

use super::counts::{Counts, Statement, Unit};
use super::telling::{brief, capped, cost, difference, trips};
use super::{Check, Kind, Outcome, Place, id};

/// So many names are looked at for the one that was meant.
pub(super) const NAMES: usize = 1_000;

/// Judges what was counted; `rtts` are those at which a sentence says what round trips cost.
pub fn judge(counts: &Counts, budget: &Budget, rtts: &[Nanos]) -> Vec<Check> {
    let units = counts.units.iter().map(|unit| (unit, budget.entry(&unit.name))).collect();
    let judging = Judging { counts, units, budget, rtts };
    let mut checks: Vec<Check> = judging.units.iter().flat_map(|(unit, entry)| judging.unit(unit, *entry)).collect();
    checks.extend(judging.total());
    for check in &mut checks {
        unsure(check, counts);
    }
    checks.extend(judging.absent());
    checks.extend(judging.needless());
    checks.extend(nothing(counts, "budget", Kind::Budget));
    checks
}

/// What passes although not everything could be counted does not: more might have been found.
pub(super) fn unsure(check: &mut Check, counts: &Counts) {
    let passes = matches!(check.outcome, Outcome::Pass | Outcome::Improvement);
    if passes && !counts.unknown.is_empty() {
        check.outcome = Outcome::Inconclusive;
        check.sentence.push_str("; but not everything could be counted");
        check.details.extend(counts.unknown.iter().cloned());
    }
}

/// Where nothing happened, nothing was checked.
pub(super) fn nothing(counts: &Counts, gate: &str, kind: Kind) -> Option<Check> {
    counts.units.is_empty().then(|| Check {
        id: id(&[gate, "nothing-counted"]),
        subject: "everything".into(),
        quantity: "round trips".into(),
        unit: "round trips".into(),
        outcome: Outcome::Inconclusive,
        sentence: "no journey and no connection was seen: nothing was checked".into(),
        details: vec!["does the command connect to the addresses that it was given?".into()],
        ..Check::blank(kind)
    })
}

/// A budget that says nothing about what was counted has let it pass, but held it to nothing.
pub fn limits_nothing(budget: &Budget) -> Check {
    Check {
        id: id(&["budget", "limits-nothing"]),
        subject: "everything".into(),
        quantity: "limits".into(),
        outcome: Outcome::Inconclusive,
        sentence: format!("the budget {} limits nothing that was counted: nothing was checked", budget.file),
        details: vec!["write for example `default: { round_trips: 40 }`".into()],
        place: Some(place(&budget.file, Spot { line: 1, column: 1 })),
        ..Check::blank(Kind::Budget)
    }
}

/// The place of a limit.
pub(super) fn place(file: &str, at: Spot) -> Place {
    Place::of(file, at)
}

struct Judging<'a> {
    counts: &'a Counts,
    /// Each with its entry.
    units: Vec<(&'a Unit, Option<&'a Entry>)>,
    budget: &'a Budget,
    rtts: &'a [Nanos],
}

/// A quantity with its limit.
struct Asked<'a> {
    id: String,
    subject: &'a str,
    /// As a sentence and a table call it.
    quantity: &'a str,
    /// The key of the file.
    key: &'a str,
    limit: Limit<u64>,
}

impl Judging<'_> {
    fn unit(&self, unit: &Unit, entry: Option<&Entry>) -> Vec<Check> {
        let limits = self.budget.limits_of(entry);
        let asked = |key: &'static str, quantity, limit| Asked {
            id: id(&["budget", &unit.name, &key.replace('_', "-")]),
            subject: &unit.name,
            quantity,
            key,
            limit,
        };
        let mut checks = Vec::new();
        if let Some(limit) = limits.round_trips {
            let asked = asked("round_trips", "round trips", limit);
            checks.push(self.round_trips(&asked, unit.most_round_trips, &[unit]));
        }
        checks.extend(self.repeats(unit, &limits));
        if let Some(Limit { most, at }) = limits.bytes {
            let asked = asked("bytes", "bytes", Limit { most: most.0, at });
            checks.push(self.bytes(&asked, pass_bytes(unit, most.0)));
        }
        if let Some(limit) = limits.all_passes.round_trips {
            let quantity = "round trips of all passes";
            let asked =
                Asked { id: id(&["budget", &unit.name, "all-round-trips"]), ..asked("round_trips", quantity, limit) };
            checks.push(self.round_trips(&asked, unit.round_trips, &[unit]));
        }
        if let Some(Limit { most, at }) = limits.all_passes.bytes {
            let limit = Limit { most: most.0, at };
            let asked =
                Asked { id: id(&["budget", &unit.name, "all-bytes"]), ..asked("bytes", "bytes of all passes", limit) };
            checks.push(self.bytes(&asked, Some(unit.bytes_up.saturating_add(unit.bytes_down))));
        }
        checks
    }

    fn total(&self) -> Vec<Check> {
        let sums = self.budget.total.sums;
        let units: Vec<&Unit> = self.counts.units.iter().collect();
        let asked = |key: &'static str, quantity, limit| Asked {
            id: id(&["budget-total", &key.replace('_', "-")]),
            subject: "in total",
            quantity,
            key,
            limit,
        };
        let trips = sums.round_trips.map(|limit| {
            self.round_trips(&asked("round_trips", "round trips", limit), self.counts.round_trips(), &units)
        });
        let bytes = sums.bytes.map(|Limit { most, at }| {
            self.bytes(&asked("bytes", "bytes", Limit { most: most.0, at }), Some(self.counts.bytes()))
        });
        trips.into_iter().chain(bytes).collect()
    }

    fn check(&self, asked: &Asked<'_>, unit: &str, found: Option<u64>) -> Check {
        Check {
            id: asked.id.clone(),
            subject: asked.subject.to_owned(),
            quantity: asked.quantity.to_owned(),
            unit: unit.to_owned(),
            found: found.map(|found| found as f64),
            limit: Some(asked.limit.most as f64),
            place: Some(place(&self.budget.file, asked.limit.at)),
            ..Check::blank(Kind::Budget)
        }
    }

    fn round_trips(&self, asked: &Asked<'_>, found: u64, units: &[&Unit]) -> Check {
        let Asked { subject, quantity, limit: Limit { most, at }, .. } = *asked;
        let mut check = self.check(asked, "round trips", Some(found));
        let sum = if quantity == "round trips" { trips(found) } else { format!("{found} {quantity}") };
        match found.cmp(&most) {
            Ordering::Greater => {
                let side_by_side = units.len() > 1 || units.iter().any(|unit| unit.side_by_side);
                check.outcome = Outcome::OverBudget;
                check.sentence = format!(
                    "{subject}: {sum}, {} more than the budget of {most}{}{}",
                    found - most,
                    costliest(units, quantity == "round trips" && asked.subject != "in total"),
                    cost(difference(found, most), self.rtts, side_by_side)
                );
                check.details = capped(units.iter().flat_map(|unit| statements(unit)).collect());
            }
            Ordering::Less => {
                check.outcome = Outcome::Improvement;
                check.sentence = format!("{subject}: {sum}, {} fewer than the budget of {most}", most - found);
                let file = &self.budget.file;
                check.details =
                    vec![format!("tighten it: `{}: {found}` at {file}:{}:{}", asked.key, at.line, at.column)];
                if found == 0 {
                    check.details.push("no round trip at all: does it go through the link that is looked at?".into());
                }
            }
            Ordering::Equal => check.sentence = format!("{subject}: {sum}, as many as the budget allows"),
        }
        check
    }

    /// Bytes differ with the data, so that holding a limit by far is no news.
    fn bytes(&self, asked: &Asked<'_>, found: Option<u64>) -> Check {
        let Asked { subject, quantity, limit: Limit { most, .. }, .. } = *asked;
        let mut check = self.check(asked, "B", found);
        match found {
            None => {
                check.outcome = Outcome::Inconclusive;
                check.sentence = format!("{subject}: the bytes of each pass are not known, only those of all together");
            }
            Some(found) if found > most => {
                check.outcome = Outcome::OverBudget;
                check.sentence =
                    format!("{subject}: {found} {quantity}, {} more than the budget of {most}", found - most);
            }
            Some(found) => check.sentence = format!("{subject}: {found} {quantity} of {most} in the budget"),
        }
        check
    }

    /// No statement more often in one pass than it may: the worst is named, all that exceed are in the details.
    fn repeats(&self, unit: &Unit, limits: &Limits) -> Option<Check> {
        let judged = unit.statements.iter().filter_map(|statement| {
            let (most, at) = repeats_of(statement, limits);
            Some((statement, most?, at))
        });
        let over = |(statement, most, _): &(&Statement, u64, _)| statement.most_repeats.saturating_sub(*most);
        let mut judged: Vec<_> = judged.collect();
        judged.sort_by(|a, b| {
            let key = |it: &(&Statement, u64, Option<Spot>)| (over(it), it.0.most_repeats);
            key(b).cmp(&key(a)).then_with(|| a.0.text.cmp(&b.0.text))
        });
        let (worst, most, at) = *judged.first()?;
        let asked = Asked {
            id: id(&["budget", &unit.name, "repeats"]),
            subject: &unit.name,
            quantity: "repeats of a statement",
            key: "repeats",
            limit: Limit { most, at: at.unwrap_or_default() },
        };
        let found = worst.most_repeats;
        let mut check = self.check(&asked, "repeats", Some(found));
        check.place = at.map(|at| place(&self.budget.file, at));
        let exceeding: Vec<_> = judged.iter().filter(|it| over(it) > 0).collect();
        if exceeding.is_empty() {
            check.sentence = format!("{}: no statement more than {} in one pass", unit.name, times(found));
            return Some(check);
        }
        let others = match exceeding.len() - 1 {
            0 => String::new(),
            1 => " (another statement too)".into(),
            n => format!(" ({n} other statements too)"),
        };
        // Statements that shared round trips cost less than their number.
        let alone = worst.round_trips >= worst.calls;
        let more = if alone { cost(difference(found, most), self.rtts, unit.side_by_side) } else { String::new() };
        let statement = brief(&worst.text);
        check.outcome = Outcome::OverBudget;
        check.sentence = format!("{}: {found} × {statement} in one pass, at most {most}{others}{more}", unit.name);
        let line = |(statement, most, _): &&(&Statement, u64, Option<Spot>)| {
            format!("{} × {} {} (at most {most})", statement.most_repeats, statement.store, statement.text)
        };
        check.details = capped(exceeding.iter().map(line).collect());
        Some(check)
    }

    /// Entries that mean nothing that happened.
    fn absent(&self) -> Vec<Check> {
        let names = || self.counts.units.iter().map(|unit| unit.name.as_str());
        let idle = |entry: &&Entry| !names().any(|name| entry.name.means_unit(name));
        let told = |entry: &Entry| {
            let name = entry.name.text();
            let near = nearest(name, names().take(NAMES)).map(|near| format!("did you mean `{near}`?"));
            let asked = Asked {
                id: id(&["budget", name, "happened"]),
                subject: name,
                quantity: "times",
                key: "",
                limit: Limit { most: 0, at: entry.at },
            };
            Check {
                limit: None,
                outcome: Outcome::Inconclusive,
                sentence: format!("{name}: it never happened, so its budget checks nothing"),
                details: near.into_iter().collect(),
                ..self.check(&asked, "", Some(0))
            }
        };
        self.budget.units.iter().filter(idle).map(told).collect()
    }

    /// Exceptions of entries that no statement needs.
    fn needless(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        for entry in &self.budget.units {
            if entry.limits.allow.is_empty() {
                continue;
            }
            let its = self.units.iter().filter(|(_, its)| its.is_some_and(|its| std::ptr::eq(its, entry)));
            let units: Vec<&Unit> = its.map(|(unit, _)| *unit).collect();
            let used = |pattern: &crate::budget::Pattern| {
                units.iter().flat_map(|unit| &unit.statements).any(|statement| pattern.means_statement(&statement.text))
            };
            for allow in entry.limits.allow.iter().filter(|allow| !units.is_empty() && !used(&allow.statement)) {
                let (name, text) = (entry.name.text(), allow.statement.text());
                let asked = Asked {
                    id: id(&["budget", name, "allow", text]),
                    subject: name,
                    quantity: "exceptions",
                    key: "allow",
                    limit: Limit { most: 0, at: allow.at },
                };
                let mut check = Check {
                    limit: None,
                    outcome: Outcome::Improvement,
                    sentence: format!("{name}: no statement needs the exception for `{text}` any more: remove it"),
                    details: vec![format!("its reason was: {}", allow.reason)],
                    ..self.check(&asked, "", Some(0))
                };
                unsure(&mut check, self.counts);
                checks.push(check);
            }
        }
        checks
    }
}

/// How often a statement may be called in one pass, and where that is written; `None` is any number.
fn repeats_of(statement: &Statement, limits: &Limits) -> (Option<u64>, Option<Spot>) {
    match limits.allow.iter().find(|allow| allow.statement.means_statement(&statement.text)) {
        Some(allow) => (allow.repeats, Some(allow.at)),
        None => limits.repeats.map_or((Some(REPEATS), None), |limit| (limit.most, Some(limit.at))),
    }
}

/// The most bytes of one pass. Where only the sum is known, it decides if it can: the most is between the mean and the sum.
fn pass_bytes(unit: &Unit, limit: u64) -> Option<u64> {
    let sum = unit.bytes_up.saturating_add(unit.bytes_down);
    let mean = sum.div_ceil(unit.times.max(1));
    unit.most_bytes.or((sum <= limit || unit.times <= 1).then_some(sum)).or((mean > limit).then_some(mean))
}

/// The statement with the most round trips: ` (most: 27 × SELECT … FROM prices)`; `one_pass`: without the number where that is of
/// several passes.
fn costliest(units: &[&Unit], one_pass: bool) -> String {
    let all = units.iter().flat_map(|unit| &unit.statements);
    let most = all.max_by(|a, b| a.round_trips.cmp(&b.round_trips).then_with(|| b.text.cmp(&a.text)));
    let most = most.filter(|statement| statement.round_trips > 0);
    let several = one_pass && units.iter().any(|unit| unit.times > 1);
    let count = |it: &Statement| if several { String::new() } else { format!("{} × ", it.round_trips) };
    most.map_or_else(String::new, |it| format!(" (most: {}{})", count(it), brief(&it.text)))
}

/// A unit's statements that cost round trips, a line each, most first.
fn statements(unit: &Unit) -> Vec<String> {
    let mut all: Vec<&Statement> = unit.statements.iter().filter(|statement| statement.round_trips > 0).collect();
    all.sort_by(|a, b| b.round_trips.cmp(&a.round_trips).then_with(|| a.text.cmp(&b.text)));
    let line = |it: &&Statement| format!("{}: {} × {} {}", unit.name, it.round_trips, it.store, it.text);
    let named = all.iter().fold(0, |sum: u64, it| sum.saturating_add(it.round_trips));
    let opening = unit.round_trips.saturating_sub(named);
    let opening = (opening > 0).then(|| format!("{}: {opening} × opening connections", unit.name));
    all.iter().map(line).chain(opening).collect()
}

fn times(n: u64) -> String {
    match n {
        1 => "once".into(),
        2 => "twice".into(),
        n => format!("{n} times"),
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
pub(super) mod tests;
