//! What a MySQL client asks: which answer that will have, and which statement it is.
//!
//! Not for: the answers (`reply`).

use std::sync::Arc;

use super::reply::{At, Reply};
use super::{Label, Lost, Pending, Phase, Session};
use crate::ledger::desk::Desk;
use crate::ledger::fingerprint::sql;
use crate::ledger::flights::Why;
use crate::ledger::notes::NoteKind;
use crate::protocol::Malformed;
use crate::protocol::cursor::Cursor;
use crate::protocol::mysql::capability::QUERY_ATTRIBUTES;
use crate::protocol::mysql::execute::read_cell;
use crate::protocol::mysql::frames::Frame;

/// MariaDB's number for the statement that was prepared last.
const NEWEST: u32 = u32::MAX;

/// Attributes of a query that are passed over; more than this is taken for damage.
const ATTRIBUTES_MOST: u64 = 65_535;

impl Session {
    pub(super) fn command(&mut self, frame: &Frame<'_>, desk: &mut Desk, done: &mut Vec<Pending>) -> Result<(), Lost> {
        let (&code, rest) = frame.head.split_first().ok_or(Lost::because("a command"))?;
        let whole = frame.head.len() as u64 == frame.length;
        match code {
            0x03 => {
                let text = query_text(rest, self.offers.has(QUERY_ATTRIBUTES))
                    .map_err(|_| Lost::because("a query's attributes"))?;
                let label = self.statement(sql(text, whole).into());
                self.ask(label, Reply::Results(At::First), frame, desk);
            }
            0x16 => {
                let text: Arc<str> = sql(rest, whole).into();
                self.newest = Some(Arc::clone(&text));
                let label = Label { prepare: true, ..self.statement(Arc::clone(&text)) };
                self.ask(label, Reply::Prepare, frame, desk);
                if let Some(expected) = self.expected.back_mut() {
                    expected.prepares = Some(text);
                }
            }
            0x17 | 0xfa => {
                let label = self.of_prepared(rest);
                self.ask(label, Reply::Results(At::First), frame, desk);
            }
            0x1c => {
                let label = self.of_prepared(rest);
                self.ask(label, Reply::Rows, frame, desk);
            }
            0x1a => {
                let label = self.of_prepared(rest);
                self.ask(label, Reply::One, frame, desk);
            }
            0x18 | 0x19 => {
                let label = self.of_prepared(rest);
                desk.say(label, done);
                if code == 0x19 {
                    self.forget(rest);
                }
            }
            _ => return self.plain(code, frame, desk, done),
        }
        Ok(())
    }

    /// Commands that are no statement.
    fn plain(&mut self, code: u8, frame: &Frame<'_>, desk: &mut Desk, done: &mut Vec<Pending>) -> Result<(), Lost> {
        let reply = match code {
            0x01 => {
                desk.say(Label::of(self.phase(), Some("COM_QUIT".into())), done);
                return Ok(());
            }
            0x11 => {
                desk.ask(Label::of(Phase::Login, None));
                self.expect(Reply::Login, frame);
                return Ok(());
            }
            0x02 | 0x05..=0x08 | 0x0c..=0x0e | 0x15 | 0x1b | 0x1f => Reply::One,
            0x04 => Reply::Fields,
            0x09 => Reply::Line,
            0x0a => Reply::Results(At::First),
            0x12 | 0x13 | 0x1e | 0x20 | 0x21 => {
                return Err(Lost::of(Why::Lost, NoteKind::Stream, "replication or another stream of the server"));
            }
            _ => return Err(Lost::because("a command that is known")),
        };
        if code == 0x1f {
            self.begin_anew();
        }
        let set_up = matches!(code, 0x02 | 0x0e | 0x1b | 0x1f);
        self.asked |= !set_up;
        let label = Label::of(self.phase(), Some(name(code).into()));
        self.ask(label, reply, frame, desk);
        Ok(())
    }

    fn ask(&mut self, label: Label, reply: Reply, frame: &Frame<'_>, desk: &mut Desk) {
        desk.ask(label);
        self.expect(reply, frame);
    }

    fn phase(&self) -> Phase {
        if self.asked { Phase::Query } else { Phase::SetUp }
    }

    fn statement(&mut self, text: Arc<str>) -> Label {
        self.asked |= !is_set_up(&text);
        Label::of(self.phase(), Some(text))
    }

    /// A command about a prepared statement, whose number is in its first four bytes.
    fn of_prepared(&mut self, rest: &[u8]) -> Label {
        let number = rest.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
        let text = match number {
            Some(NEWEST) => self.newest.clone(),
            Some(number) => self.statements.get(&number).cloned(),
            None => None,
        };
        self.statement(text.unwrap_or_else(|| "(prepared before it was followed)".into()))
    }

    fn forget(&mut self, rest: &[u8]) {
        if let Some(bytes) = rest.first_chunk() {
            self.statements.remove(&u32::from_le_bytes(*bytes));
        }
    }
}

/// The text of a query, behind its attributes if those were agreed upon (MySQL 8.0.23 and later).
fn query_text(rest: &[u8], attributes: bool) -> Result<&[u8], Malformed> {
    let mut cursor = Cursor::new(rest, "query attributes");
    if attributes {
        let count = cursor.lenenc()?;
        cursor.lenenc()?;
        if count > ATTRIBUTES_MOST {
            return Err(Malformed("query attributes"));
        }
        if count > 0 {
            let count = count as usize;
            let nulls = cursor.take(count.div_ceil(8))?;
            cursor.u8()?;
            let mut kinds = Vec::new();
            for _ in 0..count {
                kinds.push((cursor.u8()?, cursor.u8()? & 0x80 != 0));
                cursor.lenenc_bytes()?;
            }
            for (index, kind) in kinds.into_iter().enumerate() {
                if nulls[index / 8] >> (index % 8) & 1 == 0 {
                    read_cell(&mut cursor, kind)?;
                }
            }
        }
    }
    Ok(cursor.rest())
}

/// Functions that tell of the connection; a client asks them before it asks for anything of its own.
const ABOUT: &[&str] = &["DATABASE()", "VERSION()", "user()", "USER()", "connection_id()", "CONNECTION_ID()"];

/// Whether a statement is one that sets a connection up. The rule is told at [`Phase::SetUp`].
fn is_set_up(text: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "SET ",
        "USE ",
        "SHOW VARIABLES",
        "SHOW SESSION VARIABLES",
        "SHOW GLOBAL VARIABLES",
        "SHOW collation",
        "SHOW COLLATION",
        "SHOW WARNINGS",
    ];
    if BEGINNINGS.iter().any(|beginning| text.starts_with(beginning)) {
        return true;
    }
    text.starts_with("SELECT ")
        && !text.contains(" FROM ")
        && (text.contains("@@") || ABOUT.iter().any(|function| text.contains(function)))
}

fn name(code: u8) -> &'static str {
    match code {
        0x02 => "COM_INIT_DB",
        0x04 => "COM_FIELD_LIST",
        0x05 => "COM_CREATE_DB",
        0x06 => "COM_DROP_DB",
        0x07 => "COM_REFRESH",
        0x08 => "COM_SHUTDOWN",
        0x09 => "COM_STATISTICS",
        0x0a => "COM_PROCESS_INFO",
        0x0c => "COM_PROCESS_KILL",
        0x0d => "COM_DEBUG",
        0x0e => "COM_PING",
        0x15 => "COM_REGISTER_SLAVE",
        0x1b => "COM_SET_OPTION",
        0x1f => "COM_RESET_CONNECTION",
        _ => "a command",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_up_is_told_from_work() {
        for text in [
            "SET NAMES utf8mb4",
            "set autocommit=0",
            "select @@version_comment limit 1",
            "SELECT @@session.tx_isolation",
            "SELECT DATABASE(), USER() LIMIT 1",
            "SHOW VARIABLES LIKE 'sql_mode'",
            "use shop",
        ] {
            assert!(is_set_up(&sql(text.as_bytes(), true)), "{text}");
        }
        for text in [
            "SELECT 1",
            "SELECT @@a FROM t",
            "SHOW TABLES",
            "BEGIN",
            "SELECT SLEEP(1)",
            "INSERT INTO settings VALUES (1)",
        ] {
            assert!(!is_set_up(&sql(text.as_bytes(), true)), "{text}");
        }
    }

    #[test]
    fn attributes_are_passed_over() {
        assert_eq!(query_text(b"SELECT 1", false), Ok(&b"SELECT 1"[..]));
        assert_eq!(query_text(b"\0\x01SELECT 1", true), Ok(&b"SELECT 1"[..]));
        let with = b"\x02\x01\x02\x01\x08\x00\x01a\xfe\x00\x01b\x07\0\0\0\0\0\0\0SELECT 1";
        assert_eq!(query_text(with, true), Ok(&b"SELECT 1"[..]));
        assert!((0..20).all(|cut| query_text(&with[..cut], true).is_err()));
    }
}
