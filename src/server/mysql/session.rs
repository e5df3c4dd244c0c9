//! What a connection is in the middle of: its transaction, its variables, its prepared statements.
//!
//! Not for: bytes and waiting (`connection`).

use std::collections::HashMap;
use std::rc::Rc;

use super::text::{Facts, Understood, understand};
use super::{STATEMENTS_MAX, Server, failed};
use crate::protocol::mysql::column::Column;
use crate::protocol::mysql::execute::{Cell, Kind};
use crate::protocol::mysql::handshake::Login;
use crate::protocol::mysql::reply::Failed;
use crate::protocol::mysql::status;
use crate::units::Nanos;
use crate::workset::sql::placeholders;

/// A prepared statement.
pub(super) struct Prepared {
    pub(super) text: Rc<str>,
    pub(super) params: u16,
    /// Types of the execution before.
    pub(super) kinds: Vec<Kind>,
    /// Parameters that were sent in pieces.
    pub(super) long: Vec<Option<Vec<u8>>>,
}

pub(super) struct Session {
    pub(super) server: Rc<Server>,
    pub(super) number: u32,
    pub(super) user: String,
    pub(super) database: Option<String>,
    variables: HashMap<String, Cell>,
    autocommit: bool,
    in_transaction: bool,
    pub(super) statements: HashMap<u32, Prepared>,
    last_statement: u32,
}

impl Session {
    pub(super) fn new(number: u32, server: Rc<Server>) -> Self {
        Self {
            server,
            number,
            user: String::new(),
            database: None,
            variables: HashMap::new(),
            autocommit: true,
            in_transaction: false,
            statements: HashMap::new(),
            last_statement: 0,
        }
    }
    pub(super) fn login(&mut self, login: Login) {
        (self.user, self.database) = (login.user, login.database);
    }
    /// Bits of the state, as OK packets tell it.
    pub(super) fn status(&self) -> u16 {
        let transaction = if self.in_transaction { status::IN_TRANSACTION } else { 0 };
        transaction | if self.autocommit { status::AUTOCOMMIT } else { 0 }
    }
    pub(super) fn in_transaction(&self) -> bool {
        self.in_transaction
    }
    pub(super) fn begin(&mut self) {
        self.in_transaction = true;
    }
    /// A statement touches a table: without autocommit this begins a transaction.
    pub(super) fn touch(&mut self) {
        self.in_transaction |= !self.autocommit;
    }
    /// Commit or rollback, which are the same where there is no data: locks go from `at` on.
    pub(super) fn end_transaction(&mut self, at: Nanos) {
        self.in_transaction = false;
        self.server.release(self.number, at);
    }
    /// Takes variables; true if a transaction ends by it (`autocommit` turned on).
    pub(super) fn set(&mut self, all: Vec<(String, Cell)>) -> Result<bool, Failed> {
        let mut ends = false;
        for (name, value) in all {
            if name == "autocommit" {
                let on = match &value {
                    Cell::Int(0) | Cell::UInt(0) => false,
                    Cell::Int(1) | Cell::UInt(1) => true,
                    Cell::Bytes(text) if text.eq_ignore_ascii_case(b"on") => true,
                    Cell::Bytes(text) if text.eq_ignore_ascii_case(b"off") => false,
                    _ => return Err(failed(1231, *b"42000", "Variable 'autocommit' takes 0 or 1".into())),
                };
                ends |= on && !self.autocommit;
                self.autocommit = on;
            }
            self.variables.insert(name, value);
        }
        Ok(ends)
    }
    /// As after a login.
    pub(super) fn reset(&mut self, at: Nanos) {
        self.end_transaction(at);
        self.autocommit = true;
        self.variables.clear();
        self.forget_statements();
    }
    pub(super) fn understand(&self, text: &str, params: &[Cell]) -> Result<Understood, Failed> {
        let facts = Facts {
            connection: self.number,
            user: &self.user,
            database: self.database.as_deref(),
            variables: &self.variables,
            params,
        };
        understand(text, &facts)
    }
    /// Keeps a statement: its number, its placeholders, the columns of its result.
    pub(super) fn prepare(&mut self, text: &str) -> Result<(u32, u16, Vec<Column>), Failed> {
        let understood = self.understand(text, &[])?;
        let (params, columns) = match understood {
            Understood::Work(work) if work.has_rows() => (work.params, super::result::work_columns().into()),
            Understood::Work(work) => (work.params, Vec::new()),
            Understood::Rows(columns, _) => (placeholders(text), columns),
            _ => (placeholders(text), Vec::new()),
        };
        let count = self.server.statements.get();
        if count >= STATEMENTS_MAX {
            let message =
                format!("Can't create more than max_prepared_stmt_count statements (current value: {STATEMENTS_MAX})");
            return Err(failed(1461, *b"42000", message));
        }
        self.server.statements.set(count + 1);
        self.last_statement = self.last_statement.wrapping_add(1);
        let long = vec![None; usize::from(params)];
        self.statements.insert(self.last_statement, Prepared { text: text.into(), params, kinds: Vec::new(), long });
        Ok((self.last_statement, params, columns))
    }
    pub(super) fn close(&mut self, statement: u32) {
        if self.statements.remove(&statement).is_some() {
            self.server.statements.set(self.server.statements.get() - 1);
        }
    }
    fn forget_statements(&mut self) {
        let gone = self.statements.drain().count();
        self.server.statements.set(self.server.statements.get() - gone as u32);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.forget_statements();
        self.server.locks.borrow_mut().give_up(self.number.into());
        self.server.release(self.number, self.server.pace.now());
    }
}
