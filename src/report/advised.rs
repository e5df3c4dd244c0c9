//! Advice as text and Markdown. Not for: what it says (`build::advice`).

use std::fmt::Write as _;

use super::markdown::{plain, table};
use super::model::{AdviceShown, Cell, Column, Row, Table};
use super::sweep::text::table as aligned;
use super::text::{line, marked, paint};

/// A text cell that is longer stands on a line of its own.
const CELL: usize = 26;

/// The answer of each strategy, and how to write what it takes.
pub(super) fn brief(out: &mut String, advice: &AdviceShown, colour: bool) {
    line(out, "what to fix first (simulated)", 0);
    for it in &advice.strategies {
        let word = paint(&marked(it.tone, &it.word), it.tone, colour);
        line(out, &format!("{}: {word}. {}", it.strategy, it.sentence), 2);
        if !it.fixes.is_empty() {
            line(out, &format!("fixes: {}", it.fixes.join(", ")), 4);
        }
    }
    for (_, command) in &advice.apply {
        line(out, command, 2);
    }
}

/// All of it, for a terminal.
pub fn text(advice: &AdviceShown, colour: bool) -> String {
    let mut out = String::new();
    line(&mut out, &advice.sentence, 0);
    out.push('\n');
    brief(&mut out, advice, colour);
    for table in tables(advice) {
        lines(&mut out, table, colour);
    }
    out
}

fn tables(advice: &AdviceShown) -> impl Iterator<Item = &Table> {
    let first = std::iter::once(&advice.costliest).chain(&advice.gains);
    first.chain([&advice.short_states, &advice.leave_behind, &advice.order]).filter(|table| !table.rows.is_empty())
}

/// A table whose long texts stand below their row, so that numbers stay side by side.
fn lines(out: &mut String, table: &Table, colour: bool) {
    let long = |at: usize| {
        table.rows.iter().any(|row| row.cells.get(at).is_some_and(|cell| shown(cell).chars().count() > CELL))
    };
    let apart: Vec<bool> = (0..table.columns.len().saturating_sub(1)).map(long).collect();
    if !apart.contains(&true) {
        let short = Table { rows: table.rows.iter().map(headed).collect(), ..table.clone() };
        return aligned(out, &short, colour);
    }
    out.push('\n');
    line(out, &table.caption, 0);
    for row in &table.rows {
        let of = |(cell, column): (&Cell, &Column)| {
            let unit = if column.unit.is_empty() || cell.value.is_none() {
                String::new()
            } else {
                format!(" {}", column.unit)
            };
            format!("{}: {}{unit}", column.title, paint(&marked(cell.tone, &shown(cell)), cell.tone, colour))
        };
        let cells: Vec<String> = row.cells.iter().zip(&table.columns[1..]).map(of).collect();
        line(out, &headed(row).head, 2);
        line(out, &cells.join("; "), 4);
    }
    if !table.note.is_empty() {
        line(out, &table.note, 2);
    }
}

fn headed(row: &Row) -> Row {
    let head = if row.unit.is_empty() { row.head.clone() } else { format!("{} ({})", row.head, row.unit) };
    let cell = |cell: &Cell| Cell { text: shown(cell), ..cell.clone() };
    Row { head, unit: String::new(), cells: row.cells.iter().map(cell).collect() }
}

fn shown(cell: &Cell) -> String {
    if cell.small.is_empty() { cell.text.clone() } else { format!("{} {}", cell.text, cell.small) }
}

/// All of it, as a section.
pub(super) fn markdown(out: &mut String, advice: &AdviceShown, heading: &str) {
    let _ = write!(out, "\n## {heading}\n\n{}\n\n", plain(&advice.sentence));
    for it in &advice.strategies {
        let word = marked(it.tone, &it.word);
        let _ = writeln!(out, "- **{}: {word}.** {}", plain(&it.strategy), plain(&it.sentence));
    }
    for it in tables(advice) {
        table(out, it);
    }
    if !advice.apply.is_empty() {
        out.push('\n');
    }
    for (strategy, command) in &advice.apply {
        let _ = writeln!(out, "- {}: `{}`", plain(strategy), command.replace('`', "'"));
    }
}
