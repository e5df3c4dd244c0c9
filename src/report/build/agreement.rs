//! Section 8, live against simulated: a sentence, each percentile over all arms, and every arm.
//!
//! Live and simulated numbers have columns of their own, always. Not for: deciding what is close (`analysis`).

use crate::analysis::agreement::{Agreement, ArmAgreement, BANDS, Close, Percentile, Tally, Trips};
use crate::analysis::words;
use crate::measure::Estimate;
use crate::report::model::{AgreementShown, Cell, Column, Row, Table, Tone};

/// What is shown of an agreement.
pub(in crate::report) fn shown(agreement: &Agreement) -> AgreementShown {
    let apart: usize = agreement.percentiles.iter().map(Tally::apart).sum();
    let known: usize = agreement.percentiles.iter().map(Tally::known).sum();
    let tone = if apart + agreement.trips.1 > 0 || known == 0 { Tone::Unknown } else { Tone::Held };
    AgreementShown {
        sentence: sentence(agreement),
        tone,
        summary: summary(agreement),
        placements: placements(agreement),
    }
}

/// `3 %`.
fn band(share: f64) -> String {
    words::percent(share)
}

/// `+3.1 %`, `−0.4 %`.
fn signed(share: f64) -> String {
    let sign = if share > 0.0 { "+" } else { "" };
    format!("{sign}{} %", words::digits((share * 1_000.0).round() / 10.0))
}

fn sentence(agreement: &Agreement) -> String {
    let one = |tally: &Tally| {
        let beside = match tally.interval() {
            0 => String::new(),
            n => format!(" and inside its live interval in {n} more"),
        };
        let farthest = tally.farthest.map_or(String::new(), |far| format!(" (farthest {})", signed(far)));
        format!(
            "{} is within {} in {} of {}{beside}{farthest}",
            words::quantile(tally.quantile),
            band(tally.band),
            tally.within(),
            tally.known()
        )
    };
    let each: Vec<String> = agreement.percentiles.iter().map(one).collect();
    let (equal, differ) = agreement.trips;
    let costs = match agreement.calibration.as_str() {
        "none" => "without calibration",
        _ => "with what single calls, stores and pauses took at each placement (no journey's time)",
    };
    format!(
        "The same plan was simulated as well, {costs}. Of the response times of {} arms, {}. Round trips are equal in {equal} of {}.",
        agreement.arms.len(),
        each.join("; "),
        equal + differ
    )
}

fn summary(agreement: &Agreement) -> Table {
    let number = |n: usize| Cell::number(n as f64, words::count(n as u64));
    let row = |tally: &Tally| Row {
        head: words::quantile(tally.quantile),
        unit: String::new(),
        cells: vec![
            Cell::text(band(tally.band)),
            number(tally.within()),
            number(tally.interval()),
            number(tally.apart()).toned(if tally.apart() > 0 { Tone::Unknown } else { Tone::Plain }),
            number(agreement.arms.len() - tally.known()),
            tally.farthest.map_or_else(|| Cell::absent("–"), |far| Cell::number(far, signed(far))),
        ],
    };
    Table {
        id: "agreement".into(),
        caption: "All arms together".into(),
        columns: vec![
            Column::text("Response time"),
            Column::text("Close is"),
            Column::number("Close", "arms"),
            Column::number("Inside the live interval", "arms"),
            Column::number("Apart", "arms"),
            Column::number("Too few", "arms"),
            Column::number("Farthest", ""),
        ],
        rows: agreement.percentiles.iter().map(row).collect(),
        note: "The same journeys arrived at the same times in both. Inside the live interval: beyond the band, but where the \
               measured percentile itself may lie (95 %)."
            .into(),
    }
}

/// A table for each placement.
fn placements(agreement: &Agreement) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut last = None;
    for arm in &agreement.arms {
        if last != Some(arm.index) {
            let condition = if arm.condition == "steady" { String::new() } else { format!(", {}", arm.condition) };
            tables.push(Table {
                id: format!("agreement-{}", tables.len() + 1),
                caption: format!("Live against simulated: {}{condition}", arm.placement),
                columns: columns(),
                ..Table::default()
            });
            last = Some(arm.index);
        }
        if let Some(table) = tables.last_mut() {
            table.rows.push(row(arm));
        }
    }
    tables
}

fn columns() -> Vec<Column> {
    let of = |(quantile, _): &(f64, f64)| {
        let name = words::quantile(*quantile);
        [
            Column::number(&format!("{name} live"), "ms"),
            Column::number(&format!("{name} simulated"), "ms"),
            Column::number("difference", ""),
        ]
    };
    let ends = [Column::number("Round trips live", ""), Column::number("simulated", "")];
    std::iter::once(Column::text("Arm")).chain(BANDS.iter().flat_map(of)).chain(ends).collect()
}

fn row(arm: &ArmAgreement) -> Row {
    let mut cells: Vec<Cell> = arm.percentiles.iter().flat_map(|p| percentile(p, arm.n)).collect();
    cells.extend(match arm.trips {
        Trips::Equal(mean) => [mean, mean].map(|mean| Cell::number(mean, words::digits(mean))),
        Trips::Differ(live, simulated) => {
            [live, simulated].map(|mean| Cell::number(mean, words::digits(mean)).toned(Tone::Unknown))
        }
        Trips::Unknown => [Cell::absent("–"), Cell::absent("–")],
    });
    Row { head: arm.arm.clone(), unit: String::new(), cells }
}

fn percentile(percentile: &Percentile, n: (u64, u64)) -> [Cell; 3] {
    let time = |estimate: Option<Estimate>, n: u64, engine: &str| match estimate {
        Some(e) => Cell {
            detail: format!(
                "{}, 95 % interval {} to {}, n = {}, {engine}",
                words::time(e.value),
                words::time(e.low),
                words::time(e.high),
                words::count(e.n)
            ),
            ..Cell::number(e.value, words::digits(e.value / 1e6))
        },
        None => Cell { detail: format!("n = {} too few", words::count(n)), ..Cell::absent("too few") },
    };
    let difference = match (percentile.difference, percentile.close) {
        (Some(far), close) => Cell {
            small: if close == Close::Interval { "in interval".into() } else { String::new() },
            ..Cell::number(far, signed(far)).toned(match close {
                Close::Within => Tone::Held,
                Close::Interval => Tone::Plain,
                Close::Apart | Close::Unknown => Tone::Unknown,
            })
        },
        (None, _) => Cell::absent("–"),
    };
    [time(percentile.live, n.0, "live"), time(percentile.simulated, n.1, "sim"), difference]
}
