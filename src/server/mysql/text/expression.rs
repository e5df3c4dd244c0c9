//! `SELECT` lists without a table: literals, variables, what a session knows of itself.
//!
//! Not for: tables, conditions, anything that needs data.

use std::time::{SystemTime, UNIX_EPOCH};

use super::lex::{Kind, Token, unquote};
use super::{Facts, not_understood, variables};
use crate::protocol::mysql::column::Column;
use crate::protocol::mysql::execute::Cell;
use crate::protocol::mysql::reply::Failed;
use crate::server::mysql::{VERSION, failed};

/// A result of one row.
pub(super) type Row = (Vec<Column>, Vec<Cell>);

/// Reads tokens from left to right.
pub(super) struct Reader<'a, 'f> {
    pub(super) text: &'a str,
    pub(super) tokens: &'a [Token<'a>],
    pub(super) at: usize,
    pub(super) facts: &'f Facts<'f>,
    pub(super) params: usize,
    pub(super) depth: usize,
}

/// Expressions inside expressions, at most: a text of a million parentheses must not use up the stack.
const DEPTH_MAX: usize = 32;

impl<'a> Reader<'a, '_> {
    pub(super) fn peek(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.at)
    }
    pub(super) fn eat(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is(word));
        self.at += usize::from(found);
        found
    }
    fn next(&mut self) -> Result<Token<'a>, Failed> {
        let token = self.peek().copied().ok_or_else(|| not_understood(self.text))?;
        self.at += 1;
        Ok(token)
    }
    fn expect(&mut self, word: &str) -> Result<(), Failed> {
        if self.eat(word) { Ok(()) } else { Err(not_understood(self.text)) }
    }

    /// Everything behind `SELECT`.
    pub(super) fn list(&mut self) -> Result<Row, Failed> {
        let (mut columns, mut cells) = (Vec::new(), Vec::new());
        loop {
            let first = self.at;
            let cell = self.sum()?;
            let name = self.alias(first)?;
            columns.push(match cell {
                Cell::Int(_) | Cell::UInt(_) => Column::integer(&name),
                _ => Column::text(&name),
            });
            cells.push(match cell {
                Cell::Double(value) => Cell::Bytes(value.to_string().into_bytes()),
                other => other,
            });
            if !self.eat(",") {
                break;
            }
        }
        if self.eat("FROM") {
            self.expect("DUAL")?;
        }
        if self.eat("LIMIT") {
            self.next()?;
        }
        if self.at < self.tokens.len() { Err(not_understood(self.text)) } else { Ok((columns, cells)) }
    }
    /// The name given, or the expression as it is written.
    fn alias(&mut self, first: usize) -> Result<String, Failed> {
        let last = self.at - 1;
        let given = self.eat("AS");
        let named = |token: &Token<'_>| {
            let keyword = token.is("FROM") || token.is("LIMIT");
            matches!(token.kind, Kind::Word | Kind::Text) && !keyword
        };
        if given || self.peek().is_some_and(named) {
            return Ok(self.next()?.text.to_owned());
        }
        Ok(self.text[self.tokens[first].start..self.tokens[last].end].to_owned())
    }
    fn sum(&mut self) -> Result<Cell, Failed> {
        let mut value = self.expression()?;
        while let Some(sign) = self.peek().filter(|token| token.is("+") || token.is("-")).map(|token| token.text) {
            self.at += 1;
            let other = self.expression()?;
            value = match (number(&value), number(&other)) {
                (Some(a), Some(b)) if sign == "+" => Cell::Int(a.saturating_add(b)),
                (Some(a), Some(b)) => Cell::Int(a.saturating_sub(b)),
                _ => Cell::Null,
            };
        }
        Ok(value)
    }
    pub(super) fn expression(&mut self) -> Result<Cell, Failed> {
        if self.depth == DEPTH_MAX {
            return Err(not_understood(self.text));
        }
        self.depth += 1;
        let value = self.inner_expression();
        self.depth -= 1;
        value
    }
    fn inner_expression(&mut self) -> Result<Cell, Failed> {
        let token = self.next()?;
        match token.kind {
            Kind::Number => Ok(match (token.text.parse(), token.text.parse()) {
                (Ok(number), _) => Cell::Int(number),
                (_, Ok(number)) => Cell::Double(number),
                _ => return Err(not_understood(self.text)),
            }),
            Kind::Text => Ok(Cell::Bytes(unquote(token.text).into_bytes())),
            Kind::System => self.system(token.text),
            Kind::User => Ok(self.facts.variables.get(&format!("@{}", token.text)).cloned().unwrap_or(Cell::Null)),
            Kind::Sign if token.text == "?" => {
                self.params += 1;
                Ok(self.facts.params.get(self.params - 1).cloned().unwrap_or(Cell::Null))
            }
            Kind::Sign if token.text == "-" => match self.expression()? {
                Cell::Int(value) => Ok(Cell::Int(value.saturating_neg())),
                Cell::Double(value) => Ok(Cell::Double(-value)),
                _ => Err(not_understood(self.text)),
            },
            Kind::Sign if token.text == "(" => {
                let value = self.sum()?;
                self.expect(")")?;
                Ok(value)
            }
            Kind::Word => self.word(token),
            Kind::Sign => Err(not_understood(self.text)),
        }
    }
    fn system(&self, name: &str) -> Result<Cell, Failed> {
        let bare = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
        match self.facts.variables.get(&bare).cloned().or_else(|| variables::value(&bare)) {
            Some(value) => Ok(value),
            None => Err(failed(1193, *b"HY000", format!("Unknown system variable '{bare}'"))),
        }
    }
    fn word(&mut self, token: Token<'a>) -> Result<Cell, Failed> {
        let name = token.text.to_ascii_uppercase();
        let call = self.eat("(");
        let argument = if call && !self.eat(")") {
            let value = self.sum()?;
            self.expect(")")?;
            Some(value)
        } else {
            None
        };
        let text = |text: &str| Cell::Bytes(text.into());
        Ok(match (name.as_str(), call) {
            ("NULL", false) => Cell::Null,
            ("TRUE", false) => Cell::Int(1),
            ("DATABASE" | "SCHEMA", true) => self.facts.database.map_or(Cell::Null, text),
            ("USER" | "CURRENT_USER" | "SESSION_USER" | "SYSTEM_USER", _) => {
                text(&format!("{}@localhost", self.facts.user))
            }
            ("VERSION", true) => text(VERSION),
            ("CONNECTION_ID", true) => Cell::UInt(u64::from(self.facts.connection)),
            ("NOW" | "SYSDATE" | "UTC_TIMESTAMP", true) | ("CURRENT_TIMESTAMP" | "LOCALTIME" | "LOCALTIMESTAMP", _) => {
                text(&civil(unix()))
            }
            ("CURDATE", true) | ("CURRENT_DATE", _) => text(&civil(unix())[..10]),
            ("CURTIME", true) | ("CURRENT_TIME", _) => text(&civil(unix())[11..]),
            ("UNIX_TIMESTAMP", true) if argument.is_none() => Cell::UInt(unix()),
            ("FALSE", false) | ("LAST_INSERT_ID" | "ROW_COUNT" | "FOUND_ROWS", true) => Cell::Int(0),
            ("CONVERT" | "COALESCE" | "IFNULL" | "LOWER" | "UPPER", true) => argument.unwrap_or(Cell::Null),
            _ => return Err(not_understood(self.text)),
        })
    }
}

fn number(cell: &Cell) -> Option<i64> {
    match cell {
        Cell::Int(value) => Some(*value),
        Cell::UInt(value) => i64::try_from(*value).ok(),
        Cell::Bytes(text) => std::str::from_utf8(text).ok()?.parse().ok(),
        _ => None,
    }
}

fn unix() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// `2026-11-23 10:20:30` in UTC, from Unix seconds (H. Hinnant, `civil_from_days`).
fn civil(unix: u64) -> String {
    let (days, seconds) = (unix / 86_400 + 719_468, unix % 86_400);
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (unix, text) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_399, "2000-02-28 23:59:59"),
            (951_782_400, "2000-02-29 00:00:00"),
            (1_795_428_056, "2026-11-23 10:00:56"),
        ] {
            assert_eq!(civil(unix), text);
        }
    }
}
