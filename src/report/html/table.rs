//! A table as HTML: a caption, headings with their scope, numbers to the right, a box that scrolls by itself.

use maud::{Markup, html};

use super::{mark, tied, tone};
use crate::report::model::{Cell, Column, Row, Table, Tone};
use crate::report::words::Words;

/// A table; `link` gives the address that the cells of a column lead to.
pub(super) fn linked(say: &Words, table: &Table, link: impl Fn(usize) -> Option<String>) -> Markup {
    html! {
        figure .table id={ "t-" (table.id) } {
            div .scroll role="region" tabindex="0" aria-label=(table.caption) {
                table {
                    caption { (table.caption) }
                    thead { tr { @for (i, column) in table.columns.iter().enumerate() { (heading(column, i == 0)) } } }
                    tbody {
                        @for row in &table.rows { (self::row(say, row, &table.columns, &link)) }
                    }
                }
            }
            @if !table.note.is_empty() { figcaption { (table.note) } }
        }
    }
}

/// A table without links.
pub(super) fn plain(say: &Words, table: &Table) -> Markup {
    linked(say, table, |_| None)
}

/// A table behind its caption.
pub(super) fn folded(say: &Words, table: &Table) -> Markup {
    html! {
        details {
            summary { (table.caption) }
            (plain(say, table))
        }
    }
}

fn heading(column: &Column, first: bool) -> Markup {
    let class = if column.number && !first { "n" } else { "l" };
    html! {
        th scope="col" class=(class) {
            (tied(&column.title))
            @if !column.unit.is_empty() { " " span .unit { (column.unit) } }
        }
    }
}

fn row(say: &Words, row: &Row, columns: &[Column], link: &impl Fn(usize) -> Option<String>) -> Markup {
    html! {
        tr {
            th scope="row" {
                (tied(&row.head))
                @if !row.unit.is_empty() { " " span .unit { (tied(&row.unit)) } }
            }
            @for (i, cell) in row.cells.iter().enumerate() {
                (self::cell(say, cell, columns.get(i + 1).is_some_and(|c| c.number), link(i)))
            }
        }
    }
}

fn cell(say: &Words, cell: &Cell, number: bool, link: Option<String>) -> Markup {
    let side = if number { "n" } else { "l" };
    let class = if cell.tone == Tone::Plain { side.to_owned() } else { format!("{side} {}", tone(cell.tone)) };
    let title = (!cell.detail.is_empty()).then_some(cell.detail.as_str());
    html! {
        td class=(class) title=[title] {
            (mark(say, cell.tone))
            @if let Some(to) = link { a href=(to) { (cell.text) } } @else { (tied(&cell.text)) }
            @if !cell.small.is_empty() { " " small { (tied(&cell.small)) } }
        }
    }
}
