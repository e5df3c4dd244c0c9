//! One ranking by the user's own weights, with every term shown.

use crate::analysis::weigh::{Ranking, Term, Weights};
use crate::analysis::words;
use crate::report::model::{Cell, Column, Row, Table};

/// Strategies in the order of their weighted sums: a column for each weight.
pub(in crate::report) fn table(ranking: &Ranking, weights: &Weights) -> Table {
    let columns = weights.0.iter().map(|(measure, weight)| {
        Column::number(&format!("{} × {}", words::digits(*weight), measure.word()), measure.unit())
    });
    let row = |(at, ranked): (usize, &crate::analysis::weigh::Ranked)| {
        let place = if ranked.total.is_some() { format!("{}. ", at + 1) } else { String::new() };
        let total = ranked.total.map_or(Cell::absent("cannot be ranked"), |total| Cell {
            detail: "the sum of the row's terms".into(),
            ..Cell::number(total, words::digits(total))
        });
        Row {
            head: format!("{place}{}", ranked.strategy),
            unit: String::new(),
            cells: ranked.terms.iter().map(term).chain([total]).collect(),
        }
    };
    Table {
        id: "cost-ranking".into(),
        caption: "In the order of your weights".into(),
        columns: std::iter::once(Column::text("Strategy")).chain(columns).chain([Column::number("Sum", "")]).collect(),
        rows: ranking.0.iter().enumerate().map(row).collect(),
        note: "The weights are the reader's: they say what a millisecond-day is worth against a minute of downtime or a step, and \
               another reader's order may differ. Nothing else in this report depends on them. The least sum comes first; a strategy \
               with an unknown term has none."
            .into(),
    }
}

fn term(term: &Term) -> Cell {
    match (term.value, term.weighted) {
        (Some(value), Some(weighted)) => Cell {
            small: format!("of {}", words::digits(value)),
            detail: format!("{} × {}", words::digits(term.weight), words::digits(value)),
            ..Cell::number(weighted, words::digits(weighted))
        },
        _ => Cell::absent("unknown"),
    }
}
