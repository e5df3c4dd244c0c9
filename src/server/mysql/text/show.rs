//! `SHOW`, as far as shells and drivers send it by themselves.
//!
//! Not for: anything about users' tables, of which there are none.

use super::expression::Reader;
use super::lex::{Kind, unquote};
use super::{Understood, not_done, variables};
use crate::protocol::mysql::column::Column;
use crate::protocol::mysql::execute::Cell;
use crate::protocol::mysql::reply::Failed;
use crate::workset::tables::SCHEMA;

/// What follows `SHOW`.
pub(super) fn show(reader: &mut Reader<'_, '_>) -> Result<Understood, Failed> {
    while ["GLOBAL", "SESSION", "FULL", "LOCAL"].iter().any(|word| reader.eat(word)) {}
    let what = reader.peek().map(|token| token.text.to_ascii_uppercase()).unwrap_or_default();
    reader.at += 1;
    let wanted = wanted(reader);
    let table = |names: &[&str], rows: Vec<Vec<String>>| {
        let columns = names.iter().map(|name| Column::text(name)).collect();
        let rows = rows.into_iter().filter(|row| wanted.is_empty() || wanted.iter().any(|w| like(&row[0], w)));
        let cells = |row: Vec<String>| row.into_iter().map(|text| Cell::Bytes(text.into_bytes())).collect();
        Ok(Understood::Rows(columns, rows.map(cells).collect()))
    };
    let pair = |(name, value): (&str, &str)| vec![name.to_owned(), value.to_owned()];
    match what.as_str() {
        "VARIABLES" => table(&["Variable_name", "Value"], variables::all().map(pair).collect()),
        "STATUS" => table(&["Variable_name", "Value"], [("Threads_connected", "1"), ("Uptime", "1")].map(pair).into()),
        "WARNINGS" | "ERRORS" => table(&["Level", "Code", "Message"], Vec::new()),
        "DATABASES" | "SCHEMAS" => table(&["Database"], vec![vec![SCHEMA.to_owned()]]),
        "TABLES" => {
            let names = ["hot", "items", "longhaul_made_this"];
            table(&[&format!("Tables_in_{SCHEMA}")], names.map(|name| vec![name.to_owned()]).into())
        }
        "ENGINES" => table(&["Engine", "Support"], [("InnoDB", "DEFAULT")].map(pair).into()),
        "PLUGINS" => table(&["Name", "Status", "Type", "Library", "License"], Vec::new()),
        "COLLATION" => {
            let row = ["utf8mb4_general_ci", "utf8mb4", "45", "Yes", "Yes", "1"];
            table(&["Collation", "Charset", "Id", "Default", "Compiled", "Sortlen"], vec![row.map(String::from).into()])
        }
        "CHARACTER" | "CHARSET" => {
            let row = ["utf8mb4", "UTF-8 Unicode", "utf8mb4_general_ci", "4"];
            table(&["Charset", "Description", "Default collation", "Maxlen"], vec![row.map(String::from).into()])
        }
        other => Err(not_done(&format!("SHOW {other}"))),
    }
}

/// The texts behind `LIKE` or in a `WHERE`: a row whose first column is like one of them is shown.
fn wanted(reader: &Reader<'_, '_>) -> Vec<String> {
    let rest = reader.tokens.get(reader.at..).unwrap_or_default();
    if !rest.iter().any(|token| token.is("LIKE") || token.is("WHERE")) {
        return Vec::new();
    }
    rest.iter().filter(|token| token.kind == Kind::Text).map(|token| unquote_pattern(token.text)).collect()
}

/// Keeps `\_` and `\%`, which mean the sign itself.
fn unquote_pattern(text: &str) -> String {
    unquote(&text.replace("\\_", "\\\\_").replace("\\%", "\\\\%"))
}

/// SQL's `LIKE`, whatever the case: `%` is any text, `_` any character, `\` takes the next as it is.
///
/// Linear but for the last `%`, to which it goes back when what follows does not fit.
pub(super) fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let (mut t, mut p) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        let escaped = pattern.get(p) == Some(&'\\') && p + 1 < pattern.len();
        let wanted = pattern.get(p + usize::from(escaped));
        if !escaped && wanted == Some(&'%') {
            back = Some((p + 1, t));
            p += 1;
        } else if t < text.len() && wanted.is_some_and(|&c| c == text[t] || !escaped && c == '_') {
            p += 1 + usize::from(escaped);
            t += 1;
        } else if t == text.len() && p == pattern.len() {
            return true;
        } else {
            match back {
                Some((after, from)) if from < text.len() => {
                    back = Some((after, from + 1));
                    (p, t) = (after, from + 1);
                }
                _ => return false,
            }
        }
    }
}
