//! Two runs for a terminal: medians and p99 of every arm. Not for: the other percentiles, which the other forms have.

use super::CompareReport;
use crate::report::model::{Row, Table};
use crate::report::sweep::text::table;
use crate::report::text::{line, marked, paint};

/// Columns that a terminal has room for: the arm, three of the median and three of the p99.
const ROOM: usize = 7;

/// The comparison, as lines.
pub fn summary(report: &CompareReport, colour: bool) -> String {
    let mut out = String::new();
    line(&mut out, &report.title, 0);
    for (name, made) in &report.sides {
        line(&mut out, &format!("{name}: {made}"), 2);
    }
    line(&mut out, &paint(&marked(report.tone, &report.sentence), report.tone, colour), 0);
    for notice in &report.notices {
        line(&mut out, &paint(&marked(notice.tone, &notice.text), notice.tone, colour), 2);
    }
    for all in [&report.differs, &report.answers, &report.cost] {
        table(&mut out, &Table { note: String::new(), ..all.clone() }, colour);
    }
    for arms in &report.arms {
        let cut = |row: &Row| Row { cells: row.cells[..row.cells.len().min(ROOM - 1)].to_vec(), ..row.clone() };
        let columns = arms.columns[..arms.columns.len().min(ROOM)].to_vec();
        let rows = arms.rows.iter().map(cut).collect();
        table(&mut out, &Table { columns, rows, note: String::new(), ..arms.clone() }, colour);
    }
    out
}
