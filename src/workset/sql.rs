//! The MySQL statements that longhaul sends over its own tables.
//!
//! [`statement`] makes them and [`recognise`] reads them back; a property test holds the two
//! together. Everything is written so that a real server does the asked work for real:
//!
//! - A read takes rows of `items` by primary key and lets the server make a payload of the asked
//!   size, so that any row size works over one small table. The whole row packet, its 4-byte header
//!   included, is `row_size` bytes (text protocol: header, id of 7 digits with its length byte,
//!   payload with its length; binary protocol: header, marker, null map, 4-byte id, payload). It is
//!   up to two bytes short where the length prefix jumps (at 251 and 65,536 bytes of payload), and
//!   is never less than the id and an empty payload, 13 bytes.
//! - A write sends `row_size` bytes of payload upstream and always changes the row (`writes` counts
//!   up), for a server skips an update that changes nothing.
//! - The first call of a transaction with a named lock takes the row of `hot` instead.
//! - A write inside a read-only window is a `SIGNAL` that lets the server answer with the error that
//!   a read-only server gives (1290), after a real round trip, with the payload in a comment. MySQL
//!   (unlike MariaDB) cannot prepare a `SIGNAL`: there a refused prepared write fails with 1295.
//!
//! Statements name the schema, so they work whatever database a connection is in. Not for: what a
//! user's own statement means; it goes through verbatim.

use std::borrow::Cow;

use super::scan::{Scan, quote};
use super::tables::{FIRST_ID, ROWS_APART};
use crate::plan::script::ScriptSql;
use crate::scenario::Prepared;
use crate::units::Nanos;

/// What a refused write is answered: MySQL's `ER_OPTION_PREVENTS_STATEMENT`.
pub const READ_ONLY_ERROR: u16 = 1290;

/// The message of a refused write (at most 128 characters, else `SIGNAL` fails).
pub const READ_ONLY_MESSAGE: &str =
    "The server is running with the --read-only option so it cannot execute this statement";

/// A value for a placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Param {
    /// An unsigned integer.
    Int(u64),
    /// A string or blob.
    Bytes(Vec<u8>),
}

/// A statement, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// With `?` where there are `params`.
    pub text: String,
    /// Empty for the text protocol.
    pub params: Vec<Param>,
}

/// Writes literals or placeholders, as the protocol asks.
struct Builder {
    text: String,
    params: Vec<Param>,
    prepared: bool,
}

impl Builder {
    fn push(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }
    fn int(mut self, value: u64) -> Self {
        if self.prepared {
            self.params.push(Param::Int(value));
            return self.push("?");
        }
        self.push(&value.to_string())
    }
    fn bytes(mut self, value: &str) -> Self {
        if self.prepared {
            self.params.push(Param::Bytes(value.into()));
            return self.push("?");
        }
        let literal = quote(value);
        self.push(&literal)
    }
    fn hot(self, (name, slot): &(String, u32)) -> Self {
        self.push("name = ").bytes(name).push(" AND slot = ").int(u64::from(*slot))
    }
}

/// The statement of a call.
///
/// `journey` chooses the rows of `items`: transactions that may be open at once (the branches of a
/// parallel step too) need different numbers, less than [`ROWS_APART`] apart, or they
/// may wait for each other's row locks. The text of a prepared statement does not depend on it.
/// `hints` lets a stand-in know what it cannot see (rows of a user's statement, a service time of
/// its own); for real servers it is false.
pub fn statement(call: &ScriptSql, journey: u64, hints: bool) -> Statement {
    let start = Builder { text: String::new(), params: Vec::new(), prepared: call.prepared != Prepared::No };
    let start = if hints { start.push(&hint(call)) } else { start };
    let row = u64::from(FIRST_ID) + journey % u64::from(ROWS_APART);
    let made = match (&call.sql, &call.lock) {
        _ if call.write && call.refused => refused(start, call, journey),
        (Some(sql), _) => start.push(sql),
        (None, lock) if call.write => write(start, call, lock.as_ref(), row, journey),
        (None, Some(lock)) => locking_read(start, call, lock, row),
        (None, None) => start
            .push(&read_of("id", row_payload(call, 7)))
            .push("longhaul.items WHERE id BETWEEN ")
            .int(row)
            .push(" AND ")
            .int(last(row, call)),
    };
    let mut params = made.params;
    if hints && let Some(Told::Param(service)) = told(call) {
        params.push(Param::Int(service.0));
    }
    Statement { text: made.text, params }
}

fn read_of(id: &str, payload: u64) -> String {
    format!("SELECT {id}, REPEAT('x', {payload}) AS payload FROM ")
}

/// The last id of a read that begins at `row`; before it when no row is asked for.
fn last(row: u64, call: &ScriptSql) -> u64 {
    (row + u64::from(call.rows)).saturating_sub(1)
}

/// Payload bytes that make the row packet `row_size` long, with an id of `digits`.
pub(super) fn row_payload(call: &ScriptSql, digits: u64) -> u64 {
    let id = if call.prepared == Prepared::No { 1 + digits } else { 1 + 1 + 4 };
    let rest = call.row_size.0.saturating_sub(4 + id);
    // The longest text that fits together with its length prefix of 1, 3, 4 or 9 bytes.
    let prefixes = [(250, 1), (65_535, 3), (16_777_215, 4), (u64::MAX, 9)];
    prefixes.map(|(longest, prefix)| rest.saturating_sub(prefix).min(longest)).into_iter().max().unwrap_or(0)
}

fn locking_read(start: Builder, call: &ScriptSql, lock: &(String, u32), row: u64) -> Builder {
    let digits = u64::from(lock.1.checked_ilog10().unwrap_or(0)) + 1;
    match call.rows {
        // The row is locked before the last condition, which no row meets, is looked at.
        0 => start
            .push(&read_of("slot AS id", row_payload(call, digits)))
            .push("longhaul.hot WHERE ")
            .hot(lock)
            .push(" AND payload IS NULL FOR UPDATE"),
        1 => start
            .push(&read_of("slot AS id", row_payload(call, digits)))
            .push("longhaul.hot WHERE ")
            .hot(lock)
            .push(" FOR UPDATE"),
        // A locking read does not lock the rows of a subquery, and LIMIT keeps it one.
        rows => start
            .push(&read_of("more.id", row_payload(call, 7)))
            .push("longhaul.hot CROSS JOIN (SELECT id FROM longhaul.items WHERE id BETWEEN ")
            .int(row)
            .push(" AND ")
            .int(last(row, call))
            .push(&format!(" LIMIT {rows}) AS more WHERE "))
            .hot(lock)
            .push(" FOR UPDATE"),
    }
}

fn write(start: Builder, call: &ScriptSql, lock: Option<&(String, u32)>, row: u64, journey: u64) -> Builder {
    let payload = fill(call.row_size.0, journey);
    let table = if lock.is_some() { "hot" } else { "items" };
    let set = start
        .push(&format!("UPDATE longhaul.{table} SET payload = "))
        .bytes(&payload)
        .push(", writes = writes + 1 WHERE ");
    match lock {
        Some(lock) => set.hot(lock),
        None => set.push("id = ").int(row),
    }
}

fn refused(start: Builder, call: &ScriptSql, journey: u64) -> Builder {
    let carried = call.sql.as_ref().map_or_else(|| fill(call.row_size.0, journey), |sql| sql.replace("*/", "* /"));
    start.push(&format!(
        "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {READ_ONLY_ERROR}, MESSAGE_TEXT = '{READ_ONLY_MESSAGE}' /*{carried}*/"
    ))
}

/// `size` bytes that differ from journey to journey in the first place.
fn fill(size: u64, journey: u64) -> String {
    let mark: String = format!("{journey:016x}").chars().rev().collect();
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let mut text = "x".repeat(size);
    let marked = mark.len().min(size);
    text.replace_range(..marked, &mark[..marked]);
    text
}

const HINT: &str = "/*longhaul ";

/// How a stand-in is told of a service time.
enum Told {
    /// In the text.
    Text(Nanos),
    /// As the last parameter: the text of a statement that is kept must not change with it.
    Param(Nanos),
}

fn told(call: &ScriptSql) -> Option<Told> {
    // A refused write takes none.
    let service = call.service.filter(|_| !(call.refused && call.write))?;
    Some(if call.prepared == Prepared::Cached { Told::Param(service) } else { Told::Text(service) })
}

/// COMMIT, for a stand-in with the time that it takes.
pub fn commit(service: Option<Nanos>) -> Cow<'static, str> {
    service.map_or("COMMIT".into(), |time| format!("{HINT}service_ns={}*/ COMMIT", time.0).into())
}

/// Reads back the time of what [`commit`] made.
pub fn commit_time(text: &str) -> Option<Nanos> {
    let mut scan = Scan::new(text.strip_prefix(HINT)?);
    scan.eat("service_ns=")?;
    let time = scan.digits()?;
    scan.eat("*/ COMMIT")?;
    scan.end().map(|()| Nanos(time))
}

/// What a stand-in could not see in the statement itself; empty when it sees everything.
fn hint(call: &ScriptSql) -> String {
    if call.refused && call.write || (call.sql.is_none() && call.service.is_none()) {
        return String::new();
    }
    let mut text = format!("{HINT}rows={} size={} write={}", call.rows, row_payload(call, 7), u8::from(call.write));
    match told(call) {
        Some(Told::Text(service)) => text = format!("{text} service_ns={}", service.0),
        Some(Told::Param(_)) => text += " service_ns=?",
        None => {}
    }
    if let (Some((name, slot)), Some(_)) = (&call.lock, &call.sql) {
        let name: Vec<String> = name.bytes().map(|b| format!("{b:02x}")).collect();
        text = format!("{text} slot={slot} lock={}", name.concat());
    }
    text + "*/ "
}

/// A part of a recognised statement: there, or given when it is executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<T> {
    /// In the text.
    Literal(T),
    /// The placeholder of this number, from 0.
    Param(u16),
}

/// A row of `hot`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hot {
    name: Value<String>,
    slot: Value<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    Read { payload: u64, ids: Option<(Value<u64>, Value<u64>)>, empty: bool, lock: Option<Hot> },
    WriteItem(Value<u64>),
    WriteHot(Hot),
    Refused,
    Own { rows: u32, size: u64, write: bool, lock: Option<(String, u32)> },
}

/// A statement that [`statement`] made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recognised {
    /// A service time of its own, instead of the store's.
    service: Option<Value<u64>>,
    /// How many placeholders it has.
    pub params: u16,
    shape: Shape,
}

/// A row that a statement locks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowKey {
    /// A row of `items`.
    Item(u32),
    /// A row of `hot`: name and slot.
    Hot(String, u32),
}

/// What a recognised statement asks, with its parameters in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// Rows `ids` with a payload of this many bytes, after the lock, if any, is had.
    Read {
        /// Ids of the rows; those that do not exist are left out.
        ids: std::ops::Range<u64>,
        /// Bytes of the payload column.
        payload: u64,
        /// The row that is locked first.
        lock: Option<RowKey>,
    },
    /// One row is written; `None` when which is not known (a user's statement).
    Write(Option<RowKey>),
    /// A write that a read-only server refuses.
    Refused,
}

impl Recognised {
    /// Whether rows are written rather than read, refused or not.
    pub fn writes(&self) -> bool {
        match &self.shape {
            Shape::Read { .. } => false,
            Shape::Own { write, .. } => *write,
            Shape::WriteItem(_) | Shape::WriteHot(_) | Shape::Refused => true,
        }
    }
    /// Whether a result set with the columns `id` and `payload` is the answer.
    pub fn has_rows(&self) -> bool {
        !self.writes()
    }
    /// A service time of its own, instead of the store's.
    pub fn service(&self, params: &[Param]) -> Option<Nanos> {
        match self.service.as_ref()? {
            Value::Literal(time) => Some(Nanos(*time)),
            Value::Param(index) => match params.get(usize::from(*index))? {
                Param::Int(time) => Some(Nanos(*time)),
                Param::Bytes(_) => None,
            },
        }
    }
    /// Puts the parameters in; `None` if one is missing or of the wrong kind.
    pub fn resolve(&self, params: &[Param]) -> Option<Asked> {
        let int = |value: &Value<u64>| match value {
            Value::Literal(n) => Some(*n),
            Value::Param(index) => match params.get(usize::from(*index))? {
                Param::Int(n) => Some(*n),
                Param::Bytes(text) => std::str::from_utf8(text).ok()?.parse().ok(),
            },
        };
        let text = |value: &Value<String>| match value {
            Value::Literal(text) => Some(text.clone()),
            Value::Param(index) => match params.get(usize::from(*index))? {
                Param::Int(n) => Some(n.to_string()),
                Param::Bytes(text) => String::from_utf8(text.clone()).ok(),
            },
        };
        let row = |hot: &Hot| Some(RowKey::Hot(text(&hot.name)?, u32::try_from(int(&hot.slot)?).ok()?));
        Some(match &self.shape {
            Shape::Read { payload, ids, empty, lock } => {
                let lock = lock.as_ref().map(row);
                let ids = match (ids, &lock) {
                    (Some((first, last)), _) => int(first)?..int(last)?.saturating_add(1),
                    (None, Some(Some(RowKey::Hot(_, slot)))) if !empty => u64::from(*slot)..u64::from(*slot) + 1,
                    _ => 0..0,
                };
                Asked::Read { ids, payload: *payload, lock: lock.map_or(Some(None), |row| row.map(Some))? }
            }
            Shape::WriteItem(id) => Asked::Write(Some(RowKey::Item(u32::try_from(int(id)?).ok()?))),
            Shape::WriteHot(hot) => Asked::Write(Some(row(hot)?)),
            Shape::Refused => Asked::Refused,
            Shape::Own { write: true, lock, .. } => Asked::Write(own_lock(lock.as_ref())),
            Shape::Own { rows, size, lock, .. } => {
                let ids = u64::from(FIRST_ID)..u64::from(FIRST_ID) + u64::from(*rows);
                Asked::Read { ids, payload: *size, lock: own_lock(lock.as_ref()) }
            }
        })
    }
}

fn own_lock(lock: Option<&(String, u32)>) -> Option<RowKey> {
    lock.cloned().map(|(name, slot)| RowKey::Hot(name, slot))
}

/// Reads back what [`statement`] made; `None` for every other text.
pub fn recognise(text: &str) -> Option<Recognised> {
    if let Some(hinted) = text.strip_prefix(HINT) {
        return recognise_hinted(hinted);
    }
    let mut scan = Scan::new(text);
    let shape = match text.as_bytes().first()? {
        b'S' if text.starts_with("SIGNAL ") => read_back_refused(&mut scan)?,
        b'S' => read_back_read(&mut scan)?,
        b'U' => read_back_write(&mut scan)?,
        _ => return None,
    };
    scan.end()?;
    Some(Recognised { service: None, params: scan.params, shape })
}

fn recognise_hinted(text: &str) -> Option<Recognised> {
    let mut scan = Scan::new(text);
    scan.eat("rows=")?;
    let rows = u32::try_from(scan.digits()?).ok()?;
    scan.eat(" size=")?;
    let size = scan.digits()?;
    scan.eat(" write=")?;
    let write = scan.digits()? == 1;
    let service = match scan.eat(" service_ns=") {
        Some(()) => Some(scan.number()?),
        None => None,
    };
    let lock = if scan.eat(" slot=").is_some() {
        let slot = u32::try_from(scan.digits()?).ok()?;
        scan.eat(" lock=")?;
        Some((unhex(scan.until("*/ ")?)?, slot))
    } else {
        scan.eat("*/ ")?;
        None
    };
    let inner = match recognise(scan.rest()) {
        Some(inner) if inner.service.is_none() => inner,
        Some(_) => return None,
        None => {
            let params = placeholders(scan.rest());
            Recognised { service: None, params, shape: Shape::Own { rows, size, write, lock } }
        }
    };
    // A time that is a parameter is the last of them, behind those of the statement itself.
    Some(match service {
        Some(Value::Param(_)) => {
            Recognised { service: Some(Value::Param(inner.params)), params: inner.params.checked_add(1)?, ..inner }
        }
        service => Recognised { service, ..inner },
    })
}

fn unhex(text: &str) -> Option<String> {
    let digits = text.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> =
        digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok()).collect();
    String::from_utf8(bytes?).ok()
}

fn read_back_refused(scan: &mut Scan<'_>) -> Option<Shape> {
    scan.eat(&format!(
        "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {READ_ONLY_ERROR}, MESSAGE_TEXT = '{READ_ONLY_MESSAGE}' /*"
    ))?;
    scan.until("*/")?;
    Some(Shape::Refused)
}

fn read_back_hot(scan: &mut Scan<'_>) -> Option<Hot> {
    scan.eat("name = ")?;
    let name = scan.text()?;
    scan.eat(" AND slot = ")?;
    Some(Hot { name, slot: scan.number()? })
}

fn read_back_read(scan: &mut Scan<'_>) -> Option<Shape> {
    scan.eat("SELECT ")?;
    let id = scan.until(", REPEAT('x', ")?;
    let payload = scan.digits()?;
    scan.eat(") AS payload FROM longhaul.")?;
    let range = |scan: &mut Scan<'_>| {
        scan.eat("items WHERE id BETWEEN ")?;
        let first = scan.number()?;
        scan.eat(" AND ")?;
        Some((first, scan.number()?))
    };
    match id {
        "id" => Some(Shape::Read { payload, ids: Some(range(scan)?), empty: false, lock: None }),
        "slot AS id" => {
            scan.eat("hot WHERE ")?;
            let lock = Some(read_back_hot(scan)?);
            let empty = scan.eat(" AND payload IS NULL").is_some();
            scan.eat(" FOR UPDATE")?;
            Some(Shape::Read { payload, ids: None, empty, lock })
        }
        "more.id" => {
            scan.eat("hot CROSS JOIN (SELECT id FROM longhaul.")?;
            let ids = Some(range(scan)?);
            scan.eat(" LIMIT ")?;
            scan.digits()?;
            scan.eat(") AS more WHERE ")?;
            let lock = Some(read_back_hot(scan)?);
            scan.eat(" FOR UPDATE")?;
            Some(Shape::Read { payload, ids, empty: false, lock })
        }
        _ => None,
    }
}

fn read_back_write(scan: &mut Scan<'_>) -> Option<Shape> {
    scan.eat("UPDATE longhaul.")?;
    let hot = scan.eat("hot").is_some();
    if !hot {
        scan.eat("items")?;
    }
    scan.eat(" SET payload = ")?;
    scan.skip_plain()?;
    scan.eat(", writes = writes + 1 WHERE ")?;
    if hot {
        return read_back_hot(scan).map(Shape::WriteHot);
    }
    scan.eat("id = ")?;
    scan.number().map(Shape::WriteItem)
}

/// How many `?` stand outside of quotes and comments.
pub fn placeholders(text: &str) -> u16 {
    let mut count: u16 = 0;
    let mut quote = None;
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (Some(b'\'' | b'"'), b'\\') => drop(bytes.next()),
            (Some(open), _) if byte == open && (open != b'*' || bytes.peek() == Some(&b'/')) => quote = None,
            (None, b'\'' | b'"' | b'`') => quote = Some(byte),
            (None, b'/') if bytes.peek() == Some(&b'*') => quote = bytes.next(),
            (None, b'#') => quote = Some(b'\n'),
            (None, b'-') if bytes.peek() == Some(&b'-') => quote = Some(b'\n'),
            (None, b'?') => count = count.saturating_add(1),
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests;
