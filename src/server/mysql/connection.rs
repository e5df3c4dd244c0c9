//! One connection: greeting, login, then commands until it ends.
//!
//! `at` is the connection's own time: when its last request had arrived, plus what has been worked
//! since. Replies go out when the clock has reached it; how late the clock was is not added to it.

use std::io;
use std::ops::Range;
use std::rc::Rc;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::result::{Form, Writer, placeholder, work_columns};
use super::session::Session;
use super::text::Understood;
use super::text::lex::statements;
use super::{MAX_PACKET, Server, VERSION, failed};
use crate::protocol::Parsed;
use crate::protocol::mysql::command::Command;
use crate::protocol::mysql::execute::{self, Cell};
use crate::protocol::mysql::handshake::{Greeting, Login, NATIVE_PASSWORD};
use crate::protocol::mysql::reply::{Done, Failed};
use crate::protocol::mysql::{capability, packet, status};
use crate::scenario::ServiceTime;
use crate::service::Asked as Lock;
use crate::units::Nanos;
use crate::workset::sql::{
    Asked, Param, READ_ONLY_ERROR, READ_ONLY_MESSAGE, Recognised, RowKey, commit_time, recognise,
};

/// A reply that grows longer than this is sent while it is written.
const FLUSH_AT: usize = 1 << 20;

/// What the server offers.
const CAPABILITIES: u32 = capability::HARMLESS
    | capability::FOUND_ROWS
    | capability::CONNECT_WITH_DB
    | capability::PROTOCOL_41
    | capability::TRANSACTIONS
    | capability::SECURE_CONNECTION
    | capability::MULTI_STATEMENTS
    | capability::MULTI_RESULTS
    | capability::PS_MULTI_RESULTS
    | capability::PLUGIN_AUTH
    | capability::CONNECT_ATTRS
    | capability::PLUGIN_AUTH_LENENC
    | capability::DEPRECATE_EOF;

pub(super) struct Connection {
    stream: TcpStream,
    input: BytesMut,
    writer: Writer,
    session: Session,
    multi_statements: bool,
    at: Nanos,
    /// Work that has been added to `at` and not been waited for.
    owed: Nanos,
}

/// Why a command has no (further) answer.
enum Stop {
    /// The statement failed, and the client is told.
    Told(Failed),
    /// The connection is gone.
    Broken(io::Error),
}

impl From<Failed> for Stop {
    fn from(failed: Failed) -> Self {
        Self::Told(failed)
    }
}
impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

fn malformed(error: crate::protocol::Malformed) -> Failed {
    failed(1835, *b"HY000", format!("Malformed communication packet: {error}"))
}

impl Connection {
    pub(super) fn new(stream: TcpStream, number: u32, server: Rc<Server>) -> Self {
        Self {
            stream,
            input: BytesMut::with_capacity(4 << 10),
            writer: Writer::default(),
            session: Session::new(number, server),
            multi_statements: false,
            at: Nanos::ZERO,
            owed: Nanos::ZERO,
        }
    }
    pub(super) async fn run(mut self) -> io::Result<()> {
        if !self.log_in().await? {
            return Ok(());
        }
        while let Some(payload) = self.message().await? {
            let now = self.session.server.pace.now();
            self.at = self.at.max(now);
            let command = match Command::read(&payload) {
                Ok(Command::Quit) => return Ok(()),
                Ok(command) => self.perform(command).await,
                Err(error) => Err(malformed(error).into()),
            };
            match command {
                Ok(()) => {}
                Err(Stop::Told(failed)) => {
                    self.writer.failed(&failed);
                    // A statement that was its own transaction has ended with it.
                    if !self.session.in_transaction() {
                        self.end_transaction().await;
                    }
                }
                Err(Stop::Broken(error)) => return Err(error),
            }
            self.flush().await?;
        }
        Ok(())
    }

    /// The next message whole, its bytes taken from the input; `None` at the end.
    async fn message(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            match packet::message(&self.input, MAX_PACKET) {
                Ok(Parsed::Done(message, used)) => {
                    self.writer.sequence = message.sequence.wrapping_add(1);
                    let payload = message.payload.into_owned();
                    self.input.advance(used);
                    return Ok(Some(payload));
                }
                Ok(Parsed::More) => {
                    if self.stream.read_buf(&mut self.input).await? == 0 {
                        return Ok(None);
                    }
                }
                Err(_) => {
                    let large = "Got a packet bigger than 'max_allowed_packet' bytes";
                    self.writer.failed(&failed(1153, *b"08S01", large.into()));
                    self.flush().await?;
                    return Ok(None);
                }
            }
        }
    }
    /// Sends what is written, once the clock has reached the connection's time.
    async fn flush(&mut self) -> io::Result<()> {
        self.settle().await;
        if !self.writer.out.is_empty() {
            self.stream.write_all(&self.writer.out).await?;
            self.writer.out.clear();
            self.writer.out.shrink_to(FLUSH_AT);
        }
        Ok(())
    }
    /// Waits for the work that is owed.
    async fn settle(&mut self) {
        let owed = std::mem::take(&mut self.owed);
        self.session.server.pace.until(self.at, owed).await;
    }
    /// Works for this long, when it is this call's turn.
    async fn work(&mut self, service: Nanos) {
        let server = Rc::clone(&self.session.server);
        if server.turns.borrow().limited() {
            // A turn is asked for when it is needed, not ahead of those who come meanwhile.
            self.settle().await;
        }
        let done = server.turns.borrow_mut().take(self.at, service);
        self.owed = self.owed.saturating_add(done - self.at);
        self.at = done;
    }

    async fn log_in(&mut self) -> io::Result<bool> {
        let greeting = Greeting {
            version: VERSION.into(),
            connection: self.session.number,
            salt: self.session.server.salt(),
            capabilities: CAPABILITIES,
            collation: 45,
            status: status::AUTOCOMMIT,
            plugin: NATIVE_PASSWORD.into(),
        };
        self.writer.packet(|out| greeting.put(out));
        self.flush().await?;
        let Some(payload) = self.message().await? else {
            return Ok(false);
        };
        match Login::read(&payload) {
            Ok(login) => {
                self.writer.deprecate_eof = login.capabilities & capability::DEPRECATE_EOF != 0;
                self.multi_statements = login.capabilities & capability::MULTI_STATEMENTS != 0;
                self.session.login(login);
                self.ok(0);
                self.flush().await.map(|()| true)
            }
            Err(error) => {
                self.writer.failed(&failed(1043, *b"08S01", format!("Bad handshake: {error}")));
                self.flush().await.map(|()| false)
            }
        }
    }
    fn ok(&mut self, affected: u64) {
        self.writer.done(Done { affected, status: self.session.status(), ..Done::default() });
    }

    async fn perform(&mut self, command: Command<'_>) -> Result<(), Stop> {
        match command {
            Command::Query(text) => return self.query(&String::from_utf8_lossy(text)).await,
            Command::Execute { statement, parameters, .. } => return self.execute(statement, parameters).await,
            Command::Prepare(text) => self.prepare(&String::from_utf8_lossy(text))?,
            Command::Close(statement) => self.session.close(statement),
            Command::LongData { statement, parameter, data } => self.long_data(statement, parameter, data),
            Command::Reset(statement) => {
                let Some(prepared) = self.session.statements.get_mut(&statement) else {
                    return Err(unknown(statement, "COM_STMT_RESET").into());
                };
                prepared.long.fill(None);
                self.ok(0);
            }
            Command::Ping | Command::Quit => self.ok(0),
            Command::InitDb(name) => {
                self.session.database = Some(String::from_utf8_lossy(name).into_owned());
                self.ok(0);
            }
            Command::ResetConnection => {
                self.session.reset(self.at);
                self.ok(0);
            }
            Command::ChangeUser(login) => {
                self.session.reset(self.at);
                self.session.login(login);
                self.ok(0);
            }
            Command::SetOption(option @ (0 | 1)) => {
                self.multi_statements = option == 0;
                let state = self.session.status();
                // Its answer is an EOF packet, or an OK packet in the guise of one.
                self.writer.end_rows(state);
            }
            Command::Statistics => self.writer.packet(|out| out.extend_from_slice(b"longhaul's stand-in for MySQL")),
            Command::SetOption(_) | Command::Other(_) => {
                return Err(failed(1047, *b"08S01", "Unknown command".into()).into());
            }
        }
        Ok(())
    }

    async fn query(&mut self, text: &str) -> Result<(), Stop> {
        // Nearly every text is one statement: do not look for more where there is no semicolon.
        if !self.multi_statements || !text.contains(';') || recognise(text).is_some() {
            let text = text.trim_end_matches([';', ' ', '\n', '\r', '\t']);
            return self.statement(text, &[], Form::Text, 0).await;
        }
        let all = statements(text);
        if all.is_empty() {
            return self.statement("", &[], Form::Text, 0).await;
        }
        for (index, statement) in all.iter().enumerate() {
            let more = if index + 1 < all.len() { status::MORE_RESULTS } else { 0 };
            self.statement(statement.trim(), &[], Form::Text, more).await?;
        }
        Ok(())
    }
    /// Does one statement and writes its answer; `more` is [`status::MORE_RESULTS`] if another follows.
    async fn statement(&mut self, text: &str, params: &[Cell], form: Form, more: u16) -> Result<(), Stop> {
        match self.session.understand(text, params)? {
            Understood::Work(work) => return self.do_work(&work, params, form, more).await,
            Understood::Rows(columns, rows) => {
                let state = self.session.status() | more;
                self.writer.rows(&columns, &rows, form, state);
                return Ok(());
            }
            Understood::Begin => {
                self.commit(None).await;
                self.session.begin();
            }
            Understood::Commit => self.commit(commit_time(text)).await,
            Understood::Rollback => self.end_transaction().await,
            Understood::Set(all) => {
                if self.session.set(all)? {
                    self.commit(None).await;
                }
            }
            Understood::Use(database) => self.session.database = Some(database),
            Understood::Nothing => {}
        }
        self.writer.done(Done { status: self.session.status() | more, ..Done::default() });
        Ok(())
    }
    /// Ends an open transaction, which takes the time that is told or else the store's for a commit.
    async fn commit(&mut self, told: Option<Nanos>) {
        if self.session.in_transaction() {
            let server = &self.session.server;
            let time = told.unwrap_or_else(|| server.draw(server.settings.store.commit));
            self.work(time).await;
        }
        self.end_transaction().await;
    }
    async fn end_transaction(&mut self) {
        self.settle().await;
        self.session.end_transaction(self.at);
    }

    async fn do_work(&mut self, work: &Recognised, params: &[Cell], form: Form, more: u16) -> Result<(), Stop> {
        let wrong = || failed(1210, *b"HY000", "Incorrect arguments to EXECUTE".into());
        let given: Option<Vec<Param>> = params[..params.len().min(work.params.into())].iter().map(param).collect();
        let given = given.ok_or_else(wrong)?;
        let asked = work.resolve(&given).ok_or_else(wrong)?;
        self.session.touch();
        let server = Rc::clone(&self.session.server);
        let time = |stores: ServiceTime| work.service(&given).unwrap_or_else(|| server.draw(stores));
        match asked {
            Asked::Refused => return Err(failed(READ_ONLY_ERROR, *b"HY000", READ_ONLY_MESSAGE.into()).into()),
            Asked::Write(row) => {
                self.lock(row).await?;
                self.work(time(server.settings.store.write)).await;
                self.writer.done(Done { affected: 1, status: self.session.status() | more, ..Done::default() });
            }
            Asked::Read { ids, payload, lock } => {
                let there = self.session.server.settings.ids();
                // The row of a lock is there; of others, those that were seeded.
                let ids = if lock.is_some() { ids } else { ids.start.max(there.start)..ids.end.min(there.end) };
                self.lock(lock).await?;
                self.work(time(server.settings.store.read)).await;
                self.work_rows(ids, payload, form, more).await?;
            }
        }
        if !self.session.in_transaction() {
            self.end_transaction().await;
        }
        Ok(())
    }
    async fn work_rows(&mut self, ids: Range<u64>, payload: u64, form: Form, more: u16) -> Result<(), Stop> {
        if payload > MAX_PACKET as u64 {
            return Err(failed(1301, *b"HY000", "Result of repeat() was larger than max_allowed_packet".into()).into());
        }
        let state = self.session.status() | more;
        self.writer.begin_rows(&work_columns(), state);
        for id in ids {
            self.writer.work_row(id, payload, form);
            if self.writer.out.len() > FLUSH_AT {
                self.flush().await?;
            }
        }
        self.writer.end_rows(state);
        Ok(())
    }
    /// Takes a row for the transaction, waiting if somebody has it.
    async fn lock(&mut self, row: Option<RowKey>) -> Result<(), Stop> {
        let Some(row) = row else {
            return Ok(());
        };
        // What was done before, in the same text, takes its time before the row is asked for.
        self.settle().await;
        let asked = self.session.server.locks.borrow_mut().ask(self.session.number.into(), &row, oneshot::channel);
        match asked {
            Lock::Had => Ok(()),
            Lock::Deadlock => {
                self.end_transaction().await;
                let message = "Deadlock found when trying to get lock; try restarting transaction";
                Err(failed(1213, *b"40001", message.into()).into())
            }
            Lock::Wait(mut granted) => {
                let server = Rc::clone(&self.session.server);
                let limit = server.pace.now().saturating_add(server.settings.lock_wait);
                let from = tokio::select! {
                    from = &mut granted => from.ok(),
                    () = server.pace.limit(limit) => {
                        let gave_up = server.locks.borrow_mut().give_up(self.session.number.into());
                        if gave_up { None } else { Some(server.pace.now()) }
                    }
                };
                let Some(from) = from else {
                    let message = "Lock wait timeout exceeded; try restarting transaction";
                    return Err(failed(1205, *b"HY000", message.into()).into());
                };
                self.at = self.at.max(from);
                Ok(())
            }
        }
    }

    fn prepare(&mut self, text: &str) -> Result<(), Failed> {
        let text = text.trim_end_matches([';', ' ', '\n', '\r', '\t']);
        let (number, params, columns) = self.session.prepare(text)?;
        self.writer.packet(|out| {
            out.push(0);
            out.extend_from_slice(&number.to_le_bytes());
            out.extend_from_slice(&(columns.len() as u16).to_le_bytes());
            out.extend_from_slice(&params.to_le_bytes());
            out.extend_from_slice(&[0; 3]);
        });
        let state = self.session.status();
        self.writer.columns(&vec![placeholder(); usize::from(params)], state);
        self.writer.columns(&columns, state);
        Ok(())
    }
    async fn execute(&mut self, number: u32, parameters: &[u8]) -> Result<(), Stop> {
        let Some(prepared) = self.session.statements.get_mut(&number) else {
            return Err(unknown(number, "COM_STMT_EXECUTE").into());
        };
        let cells = execute::read(parameters, prepared.params, &mut prepared.kinds, &mut prepared.long);
        let text = Rc::clone(&prepared.text);
        self.statement(&text, &cells.map_err(malformed)?, Form::Binary, 0).await
    }
    /// Has no answer; a wrong number shows at the execution.
    fn long_data(&mut self, statement: u32, parameter: u16, data: &[u8]) {
        let prepared = self.session.statements.get_mut(&statement);
        if let Some(slot) = prepared.and_then(|prepared| prepared.long.get_mut(usize::from(parameter))) {
            let value = slot.get_or_insert_default();
            if value.len() + data.len() <= MAX_PACKET {
                value.extend_from_slice(data);
            }
        }
    }
}

fn unknown(statement: u32, command: &str) -> Failed {
    failed(1243, *b"HY000", format!("Unknown prepared statement handler ({statement}) given to {command}"))
}

fn param(cell: &Cell) -> Option<Param> {
    match cell {
        Cell::Int(value) => u64::try_from(*value).ok().map(Param::Int),
        Cell::UInt(value) => Some(Param::Int(*value)),
        Cell::Bytes(bytes) => Some(Param::Bytes(bytes.clone())),
        Cell::Null | Cell::Double(_) => None,
    }
}
