//! The summary of a sweep for a terminal. Not for: curves, and every value; those are in the HTML report.

use std::fmt::Write as _;

use super::SweepReport;
use crate::report::model::{Cell, Table};
use crate::report::text::{line, marked, paint, width};

/// The summary, as lines.
pub fn summary(report: &SweepReport, colour: bool) -> String {
    let mut out = String::new();
    line(&mut out, &format!("{}: {}", report.scenario, report.measured), 0);
    line(&mut out, &report.swept, 0);
    for notice in &report.notices {
        line(&mut out, &paint(&marked(notice.tone, &notice.text), notice.tone, colour), 2);
    }
    for answer in &report.answers {
        out.push('\n');
        let word = paint(&marked(answer.tone, &answer.word), answer.tone, colour);
        line(&mut out, &format!("{}: {word}", answer.workload), 0);
        line(&mut out, &answer.sentence, 2);
    }
    table(&mut out, &report.edges, colour);
    report.fits.iter().for_each(|fits| table(&mut out, fits, colour));
    report.calibration.iter().for_each(|taken| table(&mut out, taken, colour));
    out
}

/// A table with its caption above and its note below.
pub(in crate::report) fn table(out: &mut String, table: &Table, colour: bool) {
    if table.rows.is_empty() {
        return;
    }
    out.push('\n');
    line(out, &table.caption, 0);
    let head = |column: &crate::report::model::Column| {
        if column.unit.is_empty() { column.title.clone() } else { format!("{}, {}", column.title, column.unit) }
    };
    let mut columns: Vec<Vec<String>> = table.columns.iter().map(|column| vec![head(column)]).collect();
    for row in &table.rows {
        columns[0].push(row.head.clone());
        for (column, cell) in columns[1..].iter_mut().zip(&row.cells) {
            column.push(shown(cell, colour));
        }
    }
    let wide: Vec<usize> = columns.iter().map(|c| c.iter().map(|text| width(text)).max().unwrap_or(0)).collect();
    for at in 0..=table.rows.len() {
        let mut text = String::from(" ");
        for (i, (column, wide)) in columns.iter().zip(&wide).enumerate() {
            let cell = column.get(at).map_or("", String::as_str);
            let pad = " ".repeat(wide.saturating_sub(width(cell)));
            let _ = if i == 0 { write!(text, " {cell}{pad}") } else { write!(text, "  {pad}{cell}") };
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    if !table.note.is_empty() {
        line(out, &table.note, 2);
    }
}

fn shown(cell: &Cell, colour: bool) -> String {
    paint(&marked(cell.tone, &cell.text), cell.tone, colour)
}
