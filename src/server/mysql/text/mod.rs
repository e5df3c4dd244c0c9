//! What a statement of a client's own is, and what there is to answer.
//!
//! The tool's statements are recognised by `workset`; here are those that drivers and shells send
//! by themselves (`SET`, `SELECT @@…`, `SHOW`, `BEGIN` …). What is not understood is told so, under
//! the stand-in's name, instead of being answered wrongly. Not for: doing anything (`session`).

mod expression;
pub(super) mod lex;
mod show;
#[cfg(test)]
mod tests;
mod variables;

use std::collections::HashMap;

use self::expression::Reader;
use self::lex::{Kind, Token, tokens};
use super::failed;
use crate::protocol::mysql::column::Column;
use crate::protocol::mysql::execute::Cell;
use crate::protocol::mysql::reply::Failed;
use crate::workset::sql::{Recognised, recognise};

/// What a session knows of itself, for answering.
pub(super) struct Facts<'a> {
    pub(super) connection: u32,
    pub(super) user: &'a str,
    pub(super) database: Option<&'a str>,
    /// What was set: system variables by name, user variables with an `@`.
    pub(super) variables: &'a HashMap<String, Cell>,
    /// Values of placeholders.
    pub(super) params: &'a [Cell],
}

/// A statement, understood.
#[derive(Debug, PartialEq)]
pub(super) enum Understood {
    /// One of the tool's own.
    Work(Recognised),
    /// A transaction begins; one that is open is committed.
    Begin,
    Commit,
    Rollback,
    /// Variables are set; `autocommit` among them has an effect.
    Set(Vec<(String, Cell)>),
    /// Another database becomes the default.
    Use(String),
    /// There is something to show.
    Rows(Vec<Column>, Vec<Vec<Cell>>),
    /// Nothing is to be done.
    Nothing,
}

/// A refusal in the stand-in's name.
pub(super) fn not_understood(text: &str) -> Failed {
    let start: String = text.trim().chars().take(60).collect();
    failed(
        1064,
        *b"42000",
        format!("longhaul's stand-in for MySQL does not understand '{start}': run with --stores spawn for real SQL"),
    )
}

fn not_done(what: &str) -> Failed {
    let what = what.to_ascii_uppercase();
    failed(
        1235,
        *b"42000",
        format!(
            "longhaul's stand-in for MySQL holds no data of yours and does no {what}: run with --stores spawn for real SQL"
        ),
    )
}

/// Says what a single statement is.
pub(super) fn understand(text: &str, facts: &Facts<'_>) -> Result<Understood, Failed> {
    if let Some(recognised) = recognise(text) {
        return Ok(Understood::Work(recognised));
    }
    let all = tokens(text);
    let Some(first) = all.first() else {
        return Err(failed(1065, *b"42000", "Query was empty".into()));
    };
    let mut reader = Reader { text, tokens: &all, at: 1, facts, params: 0, depth: 0 };
    match first.text.to_ascii_uppercase().as_str() {
        "SELECT" => reader.list().map(|(columns, cells)| Understood::Rows(columns, vec![cells])),
        "SHOW" => show::show(&mut reader),
        "SET" => set(&mut reader),
        "USE" => match all.get(1) {
            Some(name) => Ok(Understood::Use(name.text.to_owned())),
            None => Err(not_understood(text)),
        },
        "BEGIN" => Ok(Understood::Begin),
        "START" if all.get(1).is_some_and(|token| token.is("TRANSACTION")) => Ok(Understood::Begin),
        "COMMIT" if ends_plainly(&all) => Ok(Understood::Commit),
        "ROLLBACK" if ends_plainly(&all) => Ok(Understood::Rollback),
        "ROLLBACK" if all.iter().any(|token| token.is("TO")) => Ok(Understood::Nothing),
        "SAVEPOINT" | "RELEASE" | "DO" => Ok(Understood::Nothing),
        "ALTER" | "ANALYZE" | "CALL" | "CHECK" | "CREATE" | "DELETE" | "DESC" | "DESCRIBE" | "DROP" | "EXPLAIN"
        | "FLUSH" | "GRANT" | "INSERT" | "KILL" | "LOAD" | "LOCK" | "OPTIMIZE" | "RENAME" | "REPLACE" | "REVOKE"
        | "TRUNCATE" | "UNLOCK" | "UPDATE" => Err(not_done(first.text)),
        _ => Err(not_understood(text)),
    }
}

/// `COMMIT [WORK] [AND NO CHAIN] [NO RELEASE]`.
fn ends_plainly(all: &[Token<'_>]) -> bool {
    let rest: Vec<String> = all[1..].iter().map(|token| token.text.to_ascii_uppercase()).collect();
    matches!(rest.join(" ").as_str(), "" | "WORK" | "AND NO CHAIN" | "AND NO CHAIN NO RELEASE")
}

/// `SET name = value, …`; `NAMES`, `CHARACTER SET` and `TRANSACTION` are taken note of by nobody.
fn set(reader: &mut Reader<'_, '_>) -> Result<Understood, Failed> {
    let mut all = Vec::new();
    loop {
        let scoped = ["SESSION", "GLOBAL", "LOCAL", "PERSIST"].iter().any(|word| reader.eat(word));
        let Some(name) = reader.peek().copied() else {
            return Err(not_understood(reader.text));
        };
        reader.at += 1;
        let charset = name.is("NAMES") || name.is("CHARACTER") || name.is("CHARSET");
        if name.is("TRANSACTION") || name.is("PASSWORD") || charset && !scoped {
            skip_to_comma(reader);
        } else {
            // `:=` and `=` are the same here.
            reader.eat(":");
            if !reader.eat("=") || !matches!(name.kind, Kind::Word | Kind::User | Kind::System) {
                return Err(not_understood(reader.text));
            }
            let value = value(reader);
            let bare = name.text.rsplit('.').next().unwrap_or(name.text).to_ascii_lowercase();
            all.push((if name.kind == Kind::User { format!("@{}", name.text) } else { bare }, value));
        }
        if !reader.eat(",") {
            break;
        }
    }
    if reader.peek().is_some() { Err(not_understood(reader.text)) } else { Ok(Understood::Set(all)) }
}

/// A word is itself (`ON`, `utf8mb4`), an expression its value, and whatever else is not looked into.
fn value(reader: &mut Reader<'_, '_>) -> Cell {
    let start = reader.at;
    let lone = |at: usize| reader.tokens.get(at + 1).is_none_or(|token| token.is(","));
    if let Some(word) = reader.peek().filter(|token| token.kind == Kind::Word && lone(start)) {
        let cell = match word.text.to_ascii_uppercase().as_str() {
            "ON" | "TRUE" => Cell::Int(1),
            "OFF" | "FALSE" => Cell::Int(0),
            _ => Cell::Bytes(word.text.into()),
        };
        reader.at += 1;
        return cell;
    }
    let simple = reader.expression().ok().filter(|_| reader.peek().is_none_or(|token| token.is(",")));
    simple.unwrap_or_else(|| {
        reader.at = start;
        skip_to_comma(reader);
        Cell::Null
    })
}

/// Passes everything up to a comma outside of parentheses.
fn skip_to_comma(reader: &mut Reader<'_, '_>) {
    let mut depth = 0_u32;
    while let Some(token) = reader.peek() {
        match token.text {
            "," if depth == 0 && token.kind == Kind::Sign => return,
            "(" if token.kind == Kind::Sign => depth += 1,
            ")" if token.kind == Kind::Sign => depth = depth.saturating_sub(1),
            _ => {}
        }
        reader.at += 1;
    }
}
