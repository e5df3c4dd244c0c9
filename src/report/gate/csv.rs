//! A gate as CSV, a line a check: for a spreadsheet or a query. Not for: distributions, which have forms of their own.

use crate::analysis::gate::Check;
use crate::report::export::csv::line;

use super::{Told, finite, kind_word};

const HEAD: [&str; 15] = [
    "id", "kind", "outcome", "fails", "subject", "quantity", "unit", "found", "low", "high", "limit", "sentence",
    "file", "line", "column",
];

/// Every check in the order of telling; RFC 4180, comma and CRLF.
pub fn csv(told: &Told) -> String {
    let mut out = String::new();
    line(&mut out, &HEAD.map(str::to_owned));
    for check in &told.judged.checks {
        line(&mut out, &fields(check, told.fails(check.outcome)));
    }
    out
}

fn fields(check: &Check, fails: bool) -> [String; 15] {
    let number = |value: Option<f64>| finite(value).map_or_else(String::new, |value| value.to_string());
    let place = check.place.as_ref();
    let at =
        |of: fn(&crate::analysis::gate::Place) -> usize| place.map_or_else(String::new, |place| of(place).to_string());
    [
        check.id.clone(),
        kind_word(check.kind).to_owned(),
        check.outcome.word().to_owned(),
        fails.to_string(),
        check.subject.clone(),
        check.quantity.clone(),
        check.unit.clone(),
        number(check.found),
        number(check.interval.map(|i| i.0)),
        number(check.interval.map(|i| i.1)),
        number(check.limit),
        check.sentence.clone(),
        place.map_or_else(String::new, |place| place.file.clone()),
        at(|place| place.line),
        at(|place| place.column),
    ]
}
