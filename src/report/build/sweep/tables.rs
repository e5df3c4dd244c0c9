//! The tables of a sweep: break points, fits, every value, validity. Not for: sentences.

use crate::analysis::sweep::edge::Outcome;
use crate::analysis::sweep::fit::Agreement;
use crate::analysis::sweep::{Edge, Fit, Point, QUEUES_MOST, named};
use crate::analysis::verdict::{Check, Measured, Quantity, Verdict};
use crate::analysis::words;
use crate::report::build::anchor;
use crate::report::build::shown::{self, TimeUnit};
use crate::report::model::{Cell, Column, Row, Table, Tone};

use super::Source;

/// Every objective and where it breaks.
pub(super) fn edges(from: &Source) -> Table {
    let own = from.own().map(|own| format!("At the scenario's {}", from.shown(own)));
    let columns = ["Objective", "Limit"].map(Column::text).into_iter();
    let places = ["Breaks at", "Surely holds to", "Surely missed from"].map(|title| Column::number(title, ""));
    Table {
        id: "edges".into(),
        caption: format!("Where each objective breaks, by {}", named(from.over())),
        columns: columns.chain(places).chain(own.iter().map(|title| Column::number(title, ""))).collect(),
        rows: from.analysis.edges.iter().map(|edge| edge_row(from, edge)).collect(),
        note: format!(
            "Breaks at: where the number passes its limit, sought to {}. Surely holds: the whole 95 % interval lies within \
             the limit at every value tried up to there; surely missed: the whole interval lies beyond it from there on, \
             wherever there is a number; between the two nobody can tell.",
            words::percent(from.sweep.asked.precision)
        ),
    }
}

fn edge_row(from: &Source, edge: &Edge) -> Row {
    let place = |value: Option<f64>, none: &str| match value {
        Some(value) => Cell::number(value, from.shown(value)),
        None => Cell::absent(none),
    };
    let holds = place(edge.holds_to, "nowhere");
    let told = edge.seen.last().is_none_or(|(_, check)| check.verdict != Verdict::CannotTell);
    let misses = place(edge.misses_from, if told { "not reached" } else { "cannot tell" });
    let mut cells = vec![Cell::text(edge.quantity.shown(edge.limit)), breaks(from, edge), holds, misses];
    if let Some(own) = from.own() {
        let seen = edge.seen.iter().find(|(value, _)| (value / own - 1.0).abs() < 1e-9);
        cells.push(seen.map_or_else(|| Cell::absent("not tried"), |(_, check)| whole(check, from.engine())));
    }
    Row { head: head(from, edge), unit: String::new(), cells }
}

/// `web p99`, `cron ranking run`, `web p99, cloud on kubernetes alone`.
fn head(from: &Source, edge: &Edge) -> String {
    let workload = from.workload(edge.workload);
    let part = if edge.part == workload { String::new() } else { format!(" {}", edge.part) };
    let arm = edge.arm.as_ref().map_or(String::new(), |arm| format!(", {arm} alone"));
    format!("{workload}{part} {}{arm}", edge.quantity.name())
}

fn breaks(from: &Source, edge: &Edge) -> Cell {
    let (easy, hard) = from.range();
    let cell = match (edge.outcome, edge.at) {
        (Outcome::HoldsThroughout, _) => {
            return Cell {
                small: format!("to {}", from.shown(hard)),
                ..Cell::text("holds throughout").toned(Tone::Held)
            };
        }
        (Outcome::MissedThroughout, _) => {
            return Cell {
                small: format!("from {}", from.shown(easy)),
                ..Cell::text("missed throughout").toned(Tone::Missed)
            };
        }
        (Outcome::NotReached, _) => return Cell::text("no break seen").toned(Tone::Unknown),
        (Outcome::Breaks, Some(at)) => Cell::number(at, from.shown(at)),
        _ => return Cell::text("cannot tell").toned(Tone::Unknown),
    };
    let small = edge.between.filter(|(a, b)| (a / b).ln().abs() > 0.03);
    let small = small.map_or(String::new(), |(a, b)| format!("between {} and {}", from.shown(a), from.shown(b)));
    Cell { small, detail: if edge.again { "holds again at harder values".into() } else { String::new() }, ..cell }
}

/// A judged number with its unit.
fn whole(check: &Check, engine: &str) -> Cell {
    let Some(measured) = check.measured else { return shown::check(check, TimeUnit::MS, engine) };
    let text = format!("{}{}", shown::sign(&measured), check.quantity.shown(measured.estimate.value));
    let text = if grows(check, &measured) { "grows".into() } else { text };
    let detail = shown::detail(check, &measured, engine);
    Cell { detail, ..Cell::number(measured.estimate.value, text).toned(shown::tone(check.verdict)) }
}

fn grows(check: &Check, measured: &Measured) -> bool {
    check.quantity == Quantity::Oldest && measured.at_least
}

/// Whose journeys a line is about.
pub(super) fn journeys(from: &Source, fit: &Fit) -> String {
    let workload = from.workload(fit.workload);
    let part = if fit.part == workload { String::new() } else { format!(" {}", fit.part) };
    let arm = fit.arm.as_ref().map_or(String::new(), |arm| format!(", {arm}"));
    format!("{workload}{part}{arm}")
}

/// time = base + k × RTT.
pub(super) fn fits(from: &Source) -> Table {
    Table {
        id: "fits".into(),
        caption: "What distance costs a journey: time = base + k × RTT".into(),
        columns: vec![
            Column::text("Journeys of"),
            Column::number("Base", "ms"),
            Column::number("k, measured", "round trips"),
            Column::number("k, counted", "round trips"),
            Column::number("Measured beyond counted", "%"),
            Column::number("Values", ""),
            Column::number("Off the line at most", "%"),
        ],
        rows: from.analysis.fits.iter().map(|fit| fit_row(from, fit)).collect(),
        note: format!(
            "A least-squares line through the mean working times (waiting for a worker is not in them), of the values at which \
             nothing queues: waiting for connections and row locks is at most {} of the time, and no more of the journeys \
             failed, were tried again or had not ended. Small: 95 % interval. Counted: the sequential round trips over the \
             link that the scenario's journeys have, connections included, of parallel branches the longest. ? they differ \
             by more than 5 %, beyond doubt.",
            words::percent(QUEUES_MOST)
        ),
    }
}

fn fit_row(from: &Source, fit: &Fit) -> Row {
    let counted = fit.counted;
    let small = if counted.half > 0.0 { format!("± {}", words::digits(counted.half)) } else { String::new() };
    let counted = Cell { small, ..Cell::number(counted.mean, words::digits(counted.mean)) };
    let values = Cell::text(format!("{} of {}", fit.points.0, fit.points.1));
    let range = fit.range.map(|(a, b)| format!("{} to {}", words::time(a), words::time(b)));
    let values = Cell { small: range.unwrap_or_default(), ..values };
    let cells = match fit.line {
        None => {
            let none = || Cell::absent("–");
            vec![none(), Cell::absent("too few values without queueing"), counted, none(), values, none()]
        }
        Some(line) => {
            let small = format!("{}–{}", words::digits(line.k.low), words::digits(line.k.high));
            let alike = words::digits(line.k.low) == words::digits(line.k.high);
            let small = if alike { String::new() } else { small };
            vec![
                Cell::number(line.base, words::digits(line.base / 1e6)),
                Cell { small, ..Cell::number(line.k.value, words::digits(line.k.value)) },
                counted,
                beyond(fit, line.k.value),
                values,
                Cell::number(line.off_most, words::digits(line.off_most * 100.0)),
            ]
        }
    };
    Row { head: journeys(from, fit), unit: String::new(), cells }
}

/// How far the measured k is from the counted one.
fn beyond(fit: &Fit, k: f64) -> Cell {
    if fit.counted.mean <= 0.0 {
        return Cell::absent("none counted");
    }
    let share = k / fit.counted.mean - 1.0;
    let sign = if share > 0.0 { "+" } else { "" };
    // A tenth of a percent is what a histogram resolves.
    let text = if share.abs() < 0.000_5 {
        "0".into()
    } else {
        format!("{sign}{}", words::digits((share * 1e3).round() / 10.0))
    };
    let cell = Cell::number(share, text);
    match fit.agreement {
        Some(Agreement::Apart) => Cell { small: "not what was counted".into(), ..cell.toned(Tone::Unknown) },
        Some(Agreement::CannotTell) => Cell { small: "within the intervals".into(), ..cell },
        _ => cell,
    }
}

/// Every value of every workload with a number.
pub(super) fn curves(from: &Source) -> Vec<Table> {
    (0..from.scenario.workloads.len()).filter_map(|index| curve(from, index)).collect()
}

fn curve(from: &Source, index: usize) -> Option<Table> {
    let name = from.workload(index);
    let first = from.analysis.points.iter().find(|p| p.invalid.is_empty())?;
    let edges: Vec<&Edge> = from.analysis.edges.iter().filter(|edge| edge.workload == index).collect();
    let arms = &first.workloads[index].arms;
    let medians: Vec<(Option<usize>, String)> = if arms.len() > 1 {
        let each = arms.iter().enumerate().map(|(i, arm)| (Some(i), format!("p50, {} alone", arm.name())));
        std::iter::once((None, "p50".to_owned())).chain(each).collect()
    } else {
        vec![(None, "p50".to_owned())]
    };
    let errors = !edges.iter().any(|edge| edge.quantity == Quantity::Errors);
    let mut columns = vec![Column::text(named(from.over()))];
    columns.extend(medians.iter().map(|(_, title)| Column::number(title, "ms")));
    let titles = edges.iter().map(|edge| head(from, edge));
    columns.extend(titles.map(|title| Column::number(title.strip_prefix(name).unwrap_or(&title).trim(), "")));
    columns.extend(errors.then(|| Column::number("errors", "%")));
    columns.push(Column::number("Busy", "workers"));
    let row = |point: &Point| {
        let mut cells: Vec<Cell> = medians.iter().map(|(arm, _)| median(from, point, index, *arm)).collect();
        cells.extend(edges.iter().map(|edge| {
            let seen = edge.seen.iter().find(|(value, _)| (value / point.value - 1.0).abs() < 1e-12);
            seen.map_or_else(|| Cell::absent("–"), |(_, check)| whole(check, from.engine()))
        }));
        cells.extend(errors.then(|| failed(point, index)));
        cells.push(busy(point, index));
        Row { head: from.shown(point.value), unit: String::new(), cells }
    };
    Some(Table {
        id: anchor("values", name),
        caption: format!("{name}: every value that was tried"),
        columns,
        rows: from.analysis.points.iter().map(row).collect(),
        note: String::new(),
    })
}

fn median(from: &Source, point: &Point, index: usize, arm: Option<usize>) -> Cell {
    let workload = &point.workloads[index];
    if !point.invalid.is_empty() {
        return Cell::text("INVALID").toned(Tone::Invalid);
    }
    let (estimate, n) = if let Some(arm) = arm {
        let arm = workload.arms.get(arm);
        (arm.and_then(|a| a.response.first()).and_then(|r| r.1), arm.map_or(0, |a| a.n))
    } else {
        let blend = workload.blend.as_ref();
        let median = blend.and_then(|b| b.response.first()).and_then(|r| r.1);
        (median.map(|m| m.estimate), blend.map_or(0, |b| b.mix.count()))
    };
    shown::time(estimate.as_ref(), n, TimeUnit::MS, from.engine())
}

fn failed(point: &Point, index: usize) -> Cell {
    let failed = point.workloads[index].blend.as_ref().and_then(|blend| blend.failed);
    failed.map_or_else(|| Cell::absent("–"), |share| Cell::number(share.value, words::digits(share.value * 100.0)))
}

/// Mean busy workers of all arms, of how many.
fn busy(point: &Point, index: usize) -> Cell {
    let arms = &point.workloads[index].arms;
    let (mean, limit) = arms.iter().fold((0.0, 0), |sum, arm| (sum.0 + arm.busy.0, sum.1 + arm.busy.2));
    if limit == 0 {
        return Cell::absent("–");
    }
    Cell { small: format!("of {limit}"), ..Cell::number(mean, words::digits(mean)) }
}

/// Validity of each value.
pub(super) fn validity(from: &Source) -> Table {
    let mut points: Vec<_> = from.sweep.points.iter().collect();
    points.sort_by(|a, b| {
        let hard = |value: f64| from.over().hardship(value);
        let ok = |p: &crate::runfile::sweep::SweepPoint| p.placement.invalid.is_empty();
        ok(a).cmp(&ok(b)).then(hard(a.value).total_cmp(&hard(b.value)))
    });
    let row = |point: &&crate::runfile::sweep::SweepPoint| {
        let run = &point.placement;
        let valid = if run.invalid.is_empty() {
            Cell::text("yes")
        } else {
            Cell::text(format!("INVALID: {}", run.invalid.join("; "))).toned(Tone::Invalid)
        };
        let parts = || run.arms.iter().flat_map(|arm| &arm.parts);
        let (planned, offered) = parts().fold((0, 0), |sum, part| (sum.0 + part.planned, sum.1 + part.offered));
        let delivered = if planned == 0 { 1.0 } else { offered as f64 / planned as f64 };
        Row {
            head: from.shown(point.value),
            unit: String::new(),
            cells: vec![
                valid,
                Cell::number(delivered, words::digits(delivered * 100.0)),
                Cell::number(planned as f64, words::count(planned)),
                Cell::number(run.took_ns as f64, words::digits(run.took_ns as f64 / 1e9)),
            ],
        }
    };
    Table {
        id: "validity".into(),
        caption: "Validity of each value".into(),
        columns: vec![
            Column::text(named(from.over())),
            Column::text("Valid"),
            Column::number("Load delivered", "%"),
            Column::number("Journeys planned", ""),
            Column::number("Took", "s"),
        ],
        rows: points.iter().map(row).collect(),
        note: "A value that is not valid has no numbers in this report.".into(),
    }
}
