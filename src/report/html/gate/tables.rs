//! Tables of the page of a gate. Not for: markup.

use crate::analysis::gate::{Check, Kind, Outcome, Paired, Series};
use crate::analysis::words;
use crate::report::gate::{Told, clean, found, kind_word, known, ratio, shown, tone};
use crate::report::model::{Cell, Column, Row, Table, Tone};

use super::words::SAY;

/// Every check, those that fail first.
pub(super) fn checks(told: &Told) -> Table {
    let row = |check: &Check| {
        let limit = check.limit.map_or(Cell::absent("–"), |limit| Cell::number(limit, shown(limit, &check.unit)));
        let number = Cell { text: found(check), detail: clean(&check.sentence), value: check.found, ..Cell::default() };
        let fails = told.fails(check.outcome);
        let word = if fails || check.outcome == Outcome::Pass { String::new() } else { SAY.quiet.to_owned() };
        Row {
            head: clean(&format!("{} {}", check.subject, check.quantity)),
            unit: String::new(),
            cells: vec![
                Cell { small: word, ..Cell::text(check.outcome.word()).toned(tone(check.outcome)) },
                if check.found.is_some() { number } else { Cell::absent(SAY.unknown) },
                limit,
                Cell::text(kind_word(check.kind)),
                Cell::text(clean(&check.id)),
            ],
        }
    };
    Table {
        id: "checks".into(),
        caption: told.tally(),
        columns: vec![
            Column::text("Check"),
            Column::text("Outcome"),
            Column::number("Found", ""),
            Column::number("Limit", ""),
            Column::text("Gate"),
            Column::text("Id"),
        ],
        rows: told.checks().into_iter().map(row).collect(),
        note: String::new(),
    }
}

/// Every comparison, controls last.
pub(super) fn pairs(pairs: &[Paired]) -> Table {
    let row = |pair: &Paired| {
        let (low, middle, high) = pair.ratio;
        let cell = |value: f64, text: String| if known(pair) { Cell::number(value, text) } else { Cell::absent("–") };
        let time = |nanos: f64| cell(nanos, words::time(nanos));
        let interval = if known(pair) { format!("{}–{}", ratio(low), ratio(high)) } else { String::new() };
        Row {
            head: clean(&format!("{} {}", pair.subject, pair.quantity)),
            unit: if pair.control { SAY.control.into() } else { String::new() },
            cells: vec![
                Cell::text(pair.outcome.word()).toned(tone(pair.outcome)),
                time(pair.first_ns),
                time(pair.second_ns),
                Cell { small: interval, ..cell(middle, ratio(middle)) },
                cell(pair.p, words::digits(pair.p)),
                cell(pair.floor, ratio(pair.floor)),
                Cell::number(f64::from(pair.rounds), pair.rounds.to_string()),
            ],
        }
    };
    let (controls, compared): (Vec<&Paired>, Vec<&Paired>) = pairs.iter().partition(|pair| pair.control);
    Table {
        id: "pairs".into(),
        caption: SAY.pairs_caption.into(),
        columns: vec![
            Column::text("Comparison"),
            Column::text("Verdict"),
            Column::number("First", "all rounds"),
            Column::number("Second", "all rounds"),
            Column::number("Second ÷ first", "by rounds, 95 % interval"),
            Column::number("p", "corrected"),
            Column::number("Noise floor", ""),
            Column::number("Rounds", ""),
        ],
        rows: compared.into_iter().chain(controls).map(row).collect(),
        note: SAY.pairs_note.into(),
    }
}

/// Deciles of one comparison on both sides.
pub(super) fn deciles(pair: &Paired, number: usize) -> Table {
    let (first, second) = &pair.deciles_ns;
    let row = |(at, (first, second)): (usize, (&f64, &f64))| Row {
        head: format!("{} %", (at + 1) * 10),
        unit: String::new(),
        cells: vec![
            Cell::number(*first, words::time(*first)),
            Cell::number(*second, words::time(*second)),
            Cell::number(second - first, signed(second - first)),
            Cell::number(second / first, format!("{:.3}", second / first)),
        ],
    };
    Table {
        id: format!("deciles-{}", number + 1),
        caption: clean(&format!("{} {}", pair.subject, pair.quantity)),
        columns: vec![
            Column::text("Percentile"),
            Column::number("First", ""),
            Column::number("Second", ""),
            Column::number("Difference", ""),
            Column::number("Second ÷ first", ""),
        ],
        rows: first.iter().zip(second).enumerate().map(row).collect(),
        note: String::new(),
    }
}

fn signed(nanos: f64) -> String {
    let sign = if nanos > 0.0 { "+" } else { "" };
    format!("{sign}{}", words::time(nanos))
}

/// What changed in round trips: counted by budgets and snapshots, or measured on both sides.
pub(super) fn trips(told: &Told) -> Table {
    let measured = told.judged.pairs.iter().filter_map(|pair| {
        let (first, second) = (pair.round_trips.0?, pair.round_trips.1?);
        // The same journey by several quantities has the same round trips.
        Some((clean(&pair.subject), first, second, SAY.measured))
    });
    let counts = |check: &&Check| {
        let of = matches!(check.kind, Kind::Budget | Kind::Snapshot | Kind::Baseline);
        of && check.unit == "round trips"
    };
    let counted = told.judged.checks.iter().filter(counts).filter_map(|check| {
        let (first, second) = (check.limit?, check.found?);
        if check.kind == Kind::Baseline && check.outcome == Outcome::Pass {
            return None;
        }
        let word = match check.kind {
            Kind::Budget => SAY.budgeted,
            Kind::Snapshot => SAY.reviewed,
            _ => SAY.stored,
        };
        Some((clean(&check.subject), first, second, word))
    });
    let mut all: Vec<(String, f64, f64, &str)> = counted.chain(measured).collect();
    all.dedup_by(|a, b| a.0 == b.0 && a.3 == b.3);
    // What gained first, then what lost: of many journeys most are as they were.
    all.sort_by_key(|(_, first, second, _)| (second <= first, second >= first));
    let row = |(head, first, second, word): (String, f64, f64, &str)| {
        let more = second - first;
        let cell = Cell::number(more, format!("{}{}", if more > 0.0 { "+" } else { "" }, words::digits(more)));
        let tone = if more > 1e-9 { Tone::Missed } else { Tone::Plain };
        Row {
            head,
            unit: String::new(),
            cells: vec![
                Cell::number(first, words::digits(first)),
                Cell::number(second, words::digits(second)),
                cell.toned(tone),
                Cell::text(word),
            ],
        }
    };
    Table {
        id: "trips".into(),
        caption: SAY.trips_caption.into(),
        columns: vec![
            Column::text("What"),
            Column::number("First, or limit", ""),
            Column::number("Second, or found", ""),
            Column::number("Difference", ""),
            Column::text("First is"),
        ],
        rows: all.into_iter().map(row).collect(),
        note: String::new(),
    }
}

/// Every change of every series.
pub(super) fn changes(series: &[Series]) -> Table {
    let of = |one: &Series| {
        let rows = one.changes.iter().map(|change| {
            let at = one.points.get(change.at).map_or("", |point| &point.0);
            let share = (change.to / change.from - 1.0) * 100.0;
            let by = if share.is_finite() {
                format!("{}{} %", if share > 0.0 { "+" } else { "" }, words::digits(share))
            } else {
                "–".into()
            };
            let worse = if change.to > change.from { Tone::Missed } else { Tone::Held };
            Row {
                head: clean(&format!("{} {}", one.subject, one.quantity)),
                unit: String::new(),
                cells: vec![
                    Cell::text(clean(at)),
                    Cell::number(change.from, shown(change.from, &one.unit)),
                    Cell::number(change.to, shown(change.to, &one.unit)),
                    Cell::text(by).toned(worse),
                    Cell::number(change.p, words::digits(change.p)),
                ],
            }
        });
        rows.collect::<Vec<_>>()
    };
    Table {
        id: "changes".into(),
        caption: SAY.changes_caption.into(),
        columns: vec![
            Column::text("Series"),
            Column::text("With"),
            Column::number("From", "median"),
            Column::number("To", "median"),
            Column::number("Change", ""),
            Column::number("p", ""),
        ],
        rows: series.iter().flat_map(of).collect(),
        note: String::new(),
    }
}
