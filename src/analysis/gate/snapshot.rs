//! What was counted against a snapshot: who gained a round trip, by which statement, and what that costs.
//!
//! A unit that gained a round trip is over budget, and so is one in which a statement of the snapshot gained one, also where others
//! lost as many. A new statement that takes the place of others (a batch instead of a loop, a column more) is named, and fails
//! only if the sum grew. A snapshot that has nothing in common with what was counted is of something else. A unit that lost is an improvement, and the snapshot can be taken anew; one that is only in the snapshot
//! was not checked. Not for: the file (`budget::snapshot`).

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::words;
use crate::budget::snapshot::{Line, Snapshot, Store, Taken};
use crate::scenario::reading::nearest;
use crate::units::Nanos;

use super::budget::{NAMES, nothing, place, unsure};
use super::counts::{Counts, Statement, Unit};
use super::telling::{capped, changes, cost, difference, signed, trips};
use super::{Check, Kind, Outcome, id};

/// What round trips of no statement are for.
const OPENING: &str = "opening connections";

/// What to do when the change is meant.
const ACCEPT: &str = "if this is meant, run it again with `--update` and commit the snapshot";

/// The snapshot of what was counted.
pub fn take(counts: &Counts) -> Snapshot {
    let mut units: BTreeMap<&str, Taken> = BTreeMap::new();
    for unit in &counts.units {
        let taken = units.entry(&unit.name).or_insert_with(|| Taken { name: unit.name.clone(), ..Taken::default() });
        taken.times = taken.times.saturating_add(unit.times);
        taken.round_trips = taken.round_trips.saturating_add(unit.round_trips);
        taken.statements.extend(unit.statements.iter().map(line));
    }
    let sorted = |mut taken: Taken| {
        taken.statements.sort_by(|a, b| (a.store, &a.text).cmp(&(b.store, &b.text)));
        taken.statements.dedup_by(|again, first| {
            let same = (again.store, &again.text) == (first.store, &first.text);
            if same {
                first.calls = first.calls.saturating_add(again.calls);
                first.round_trips = first.round_trips.saturating_add(again.round_trips);
                first.repeats = first.repeats.max(again.repeats);
            }
            same
        });
        taken
    };
    Snapshot { file: String::new(), units: units.into_values().map(sorted).collect() }
}

fn line(statement: &Statement) -> Line {
    Line {
        store: if statement.store == Store::Memcached.word() { Store::Memcached } else { Store::Mysql },
        text: statement.text.clone(),
        calls: statement.calls,
        round_trips: statement.round_trips,
        repeats: statement.most_repeats,
    }
}

/// Judges what was counted; `rtts` are those at which a sentence says what round trips cost.
pub fn judge(counts: &Counts, before: &Snapshot, rtts: &[Nanos]) -> Vec<Check> {
    let now = take(counts);
    let happened: BTreeSet<&str> = now.units.iter().map(|taken| taken.name.as_str()).collect();
    let strange = |taken: &Taken| !happened.contains(taken.name.as_str());
    if !now.units.is_empty() && !before.units.is_empty() && before.units.iter().all(strange) {
        return vec![of_another(&now, before)];
    }
    let side_by_side: BTreeSet<&str> =
        counts.units.iter().filter(|unit| unit.side_by_side).map(|unit| unit.name.as_str()).collect();
    let known: BTreeMap<&str, &Taken> = before.units.iter().map(|taken| (taken.name.as_str(), taken)).collect();
    let judged = |taken: &Taken| {
        let name = taken.name.as_str();
        let bytes = counts.units.iter().filter(|unit| unit.name == name).map(pass_bytes).max().unwrap_or_default();
        Judging { file: &before.file, rtts, side_by_side: side_by_side.contains(name), bytes }
            .unit(taken, known.get(taken.name.as_str()).copied())
    };
    let mut checks: Vec<Check> = now.units.iter().map(judged).collect();
    for check in &mut checks {
        unsure(check, counts);
    }
    let gone = before.units.iter().filter(|taken| strange(taken));
    checks.extend(gone.map(|taken| absent(taken, before, &now)));
    checks.extend(nothing(counts, "snapshot", Kind::Snapshot));
    checks
}

struct Judging<'a> {
    file: &'a str,
    rtts: &'a [Nanos],
    side_by_side: bool,
    /// What a pass of it moves now.
    bytes: u64,
}

/// What a pass moves: the most of one where that was kept, else the mean.
fn pass_bytes(unit: &Unit) -> u64 {
    unit.most_bytes.unwrap_or(unit.bytes_up.saturating_add(unit.bytes_down) / unit.times.max(1))
}

/// So much a TCP connection sends at once when it begins (RFC 6928: ten segments of 1,460 bytes); what is longer can cost round
/// trips that nobody counts by statement.
const WINDOW: u64 = 14_600;

impl Judging<'_> {
    fn unit(&self, now: &Taken, before: Option<&Taken>) -> Check {
        let Some(before) = before else { return self.appeared(now) };
        let all = differences(now, before);
        let (more, opening) = (difference(now.round_trips, before.round_trips), opening(now, before, &all));
        let gained = more > 0 || opening > 0 || all.iter().any(|it| it.round_trips > 0 && it.before.is_some());
        let same = opening == 0 && all.iter().all(|it| it.round_trips == 0);
        let named = named(&all, opening);
        let Taken { name, round_trips, .. } = now;
        let sentence = match more {
            0 if same => format!("{name}: {} as in the snapshot", trips(*round_trips)),
            0 => format!("{name}: {} as before, but not the same ones{named}", trips(*round_trips)),
            _ => {
                let cost = cost(more, self.rtts, self.side_by_side);
                let passes = if now.times > 1 { format!(" in {} passes", now.times) } else { String::new() };
                format!("{name}: {} → {}{passes}{named}{cost}", before.round_trips, trips(*round_trips))
            }
        };
        let mut details: Vec<String> = all.iter().filter_map(Difference::line).collect();
        if now.times != before.times {
            details.push(format!("it happened {} → {} times", before.times, now.times));
        }
        let changed = !same || !details.is_empty();
        let came = all.iter().any(|it| it.before.is_none() && it.round_trips > 0);
        let mut details = capped(details);
        // One long reply in the place of many short ones: what it weighs is in no snapshot, for it differs from run to run.
        let long = came && !gained && self.bytes > WINDOW;
        details.extend(long.then(|| {
            let bytes = words::count(self.bytes);
            format!("a pass moves {bytes} bytes now: hold that with `bytes` in a budget, a snapshot keeps none")
        }));
        details.extend(changed.then(|| ACCEPT.to_owned()));
        let outcome = match more {
            _ if gained => Outcome::OverBudget,
            0 => Outcome::Pass,
            _ => Outcome::Improvement,
        };
        let limit = Some(before.round_trips as f64);
        let place = Some(place(self.file, before.at));
        Check { limit, outcome, sentence, details, place, ..check(name, *round_trips) }
    }

    /// Not in the snapshot: all of it is new.
    fn appeared(&self, now: &Taken) -> Check {
        let by = now.statements.iter().map(|line| (line.text.clone(), i128::from(line.round_trips)));
        let named = now.statements.iter().fold(0, |sum: i128, line| sum + i128::from(line.round_trips));
        let opening = (OPENING.to_owned(), i128::from(now.round_trips) - named);
        let trips = trips(now.round_trips);
        let cost = cost(i128::from(now.round_trips), self.rtts, self.side_by_side);
        let line = |it: &Line| format!("+{} {} {} (new)", it.round_trips, it.store.word(), it.text);
        let mut details = capped(now.statements.iter().map(line).collect());
        details.push(ACCEPT.into());
        Check {
            limit: Some(0.0),
            // What costs nothing exceeds nothing, but is not what was reviewed either.
            outcome: if now.round_trips > 0 { Outcome::OverBudget } else { Outcome::Inconclusive },
            sentence: format!(
                "{}: not in the snapshot: {trips}{}{cost}",
                now.name,
                changes(by.chain([opening]).collect())
            ),
            details,
            ..check(&now.name, now.round_trips)
        }
    }
}

/// The snapshot was written anew; what it was `before`, where that could be read, tells what changed.
pub fn updated(file: &str, before: Option<&Snapshot>, counts: &Counts) -> Check {
    let units = counts.units.len();
    let of = format!("{units} unit{}, {}", if units == 1 { "" } else { "s" }, trips(counts.round_trips()));
    let changed = |check: Check| (check.outcome != Outcome::Pass).then_some(check.sentence);
    let details = before.into_iter().flat_map(|before| judge(counts, before, &[])).filter_map(changed).collect();
    let mut details = capped(details);
    details.push("commit it together with what changed it".into());
    let was = before.map(|before| before.units.iter().fold(0, |sum: u64, taken| sum.saturating_add(taken.round_trips)));
    Check {
        id: id(&["snapshot-written"]),
        limit: was.map(|was| was as f64),
        sentence: format!("snapshot written to {file}: {of}"),
        details,
        ..check("in total", counts.round_trips())
    }
}

/// Nothing of the snapshot happened, and nothing that happened is in it.
fn of_another(now: &Snapshot, before: &Snapshot) -> Check {
    let names = |all: &Snapshot| {
        let names: Vec<String> = all.units.iter().map(|taken| taken.name.clone()).collect();
        capped_list(&names)
    };
    let at = before.units.first().map(|taken| taken.at).unwrap_or_default();
    Check {
        id: id(&["snapshot", "of-another"]),
        found: None,
        outcome: Outcome::Incomparable,
        sentence: format!("the snapshot is of something else: it has {}; counted were {}", names(before), names(now)),
        details: vec![
            "name the snapshot that belongs here; if everything was renamed, run it again with `--update`".into(),
        ],
        place: Some(place(&before.file, at)),
        ..check("everything", 0)
    }
}

/// Names in a sentence, the first few of many.
fn capped_list(names: &[String]) -> String {
    const MOST: usize = 5;
    match names.len() {
        n if n > MOST => format!("{} and {} more", names[..MOST].join(", "), n - MOST),
        _ => words::list(names),
    }
}

/// Only in the snapshot.
fn absent(taken: &Taken, before: &Snapshot, now: &Snapshot) -> Check {
    let near = nearest(&taken.name, now.units.iter().take(NAMES).map(|unit| unit.name.as_str()));
    let near = near.map(|near| format!("did you mean `{near}`?"));
    Check {
        found: None,
        limit: Some(taken.round_trips as f64),
        outcome: Outcome::Inconclusive,
        sentence: format!("{}: it is in the snapshot, but never happened: nothing was checked", taken.name),
        details: near.into_iter().chain(["if it is gone for good, run it again with `--update`".to_owned()]).collect(),
        place: Some(place(&before.file, taken.at)),
        ..check(&taken.name, 0)
    }
}

fn check(name: &str, found: u64) -> Check {
    Check {
        id: id(&["snapshot", name, "round-trips"]),
        subject: name.to_owned(),
        quantity: "round trips".into(),
        unit: "round trips".into(),
        found: Some(found as f64),
        ..Check::blank(Kind::Snapshot)
    }
}

/// What became of one statement.
struct Difference {
    store: Store,
    text: String,
    /// Its round trips more, or fewer.
    round_trips: i128,
    before: Option<(u64, u64, u64)>,
    now: Option<(u64, u64, u64)>,
}

impl Difference {
    /// A line of what changed; `None` if nothing did.
    fn line(&self) -> Option<String> {
        let (store, text) = (self.store.word(), &self.text);
        let signed = signed(self.round_trips);
        match (self.before, self.now) {
            (Some(before), Some(now)) if before == now => None,
            (Some((_, before, _)), Some((_, now, _))) if before != now => {
                Some(format!("{signed} {store} {text} ({before} → {now})"))
            }
            (Some((calls_before, _, repeats_before)), Some((calls, _, repeats))) => Some(format!(
                "+0 {store} {text} (calls {calls_before} → {calls}, at most {repeats_before} → {repeats} in one pass)"
            )),
            (None, _) => Some(format!("{signed} {store} {text} (new)")),
            (_, None) => Some(format!("{signed} {store} {text} (gone)")),
        }
    }
}

/// What one pass gained and lost over another, for a sentence, and a line for each statement of which anything differs.
pub(super) fn told(now: &Unit, before: &Unit) -> (String, Vec<String>) {
    let of = |unit: &Unit| {
        let snapshot = take(&Counts { units: vec![unit.clone()], unknown: Vec::new() });
        snapshot.units.into_iter().next().unwrap_or_default()
    };
    let (now, before) = (of(now), of(before));
    let all = differences(&now, &before);
    let named = named(&all, opening(&now, &before, &all));
    (named, capped(all.iter().filter_map(Difference::line).collect()))
}

/// What a journey gained and lost: `checkout: 34 → 61 round trips (+27 × SELECT … FROM prices)`; `None` if nothing.
pub fn changed(now: &Unit, before: &Unit) -> Option<String> {
    let (named, _) = told(now, before);
    (!named.is_empty()).then(|| format!("{}: {} → {}{named}", now.name, before.round_trips, trips(now.round_trips)))
}

/// Round trips more of no statement.
fn opening(now: &Taken, before: &Taken, all: &[Difference]) -> i128 {
    difference(now.round_trips, before.round_trips) - all.iter().map(|it| it.round_trips).sum::<i128>()
}

/// What gained and what lost, for a sentence.
fn named(all: &[Difference], opening: i128) -> String {
    let by = all.iter().map(|it| (it.text.clone(), it.round_trips));
    changes(by.chain([(OPENING.to_owned(), opening)]).collect())
}

/// Every statement of both sides, those that gained most first.
fn differences(now: &Taken, before: &Taken) -> Vec<Difference> {
    let mut both: BTreeMap<(Store, &str), [Option<&Line>; 2]> = BTreeMap::new();
    for (side, taken) in [before, now].into_iter().enumerate() {
        for line in &taken.statements {
            both.entry((line.store, &line.text)).or_default()[side] = Some(line);
        }
    }
    let counts = |line: &Line| (line.calls, line.round_trips, line.repeats);
    let trips = |line: Option<&Line>| line.map_or(0, |line| line.round_trips);
    let told = |((store, text), [before, now]): ((Store, &str), [Option<&Line>; 2])| Difference {
        store,
        text: text.to_owned(),
        round_trips: difference(trips(now), trips(before)),
        before: before.map(counts),
        now: now.map(counts),
    };
    let mut all: Vec<Difference> = both.into_iter().map(told).collect();
    all.sort_by_key(|it| (it.round_trips <= 0, -it.round_trips.abs()));
    all
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
