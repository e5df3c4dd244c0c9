//! How many bytes an exchange takes: the payload of TCP, each way.
//!
//! Requests are as long as [`super::sql::statement`] and [`super::keys`] make them (keys and connection numbers of
//! typical length: two bytes more or less), replies as a server of MySQL 8's protocol writes them, result sets
//! ending with an OK packet. Without making either: a simulator asks this for every call. Not for: when the bytes arrive (`link`).

use crate::plan::script::{ScriptRequest, ScriptSql};
use crate::scenario::Prepared;
use crate::units::Bytes;

use super::sql::{READ_ONLY_MESSAGE, row_payload};

/// Bytes of one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exchange {
    /// Of the request.
    pub up: u64,
    /// Of the reply.
    pub down: u64,
}

/// A MySQL packet's header.
const HEADER: u64 = 4;
/// An OK packet: header, mark, affected rows, last id, status, warnings.
const OK: u64 = HEADER + 7;
/// What a result set takes beside its rows: the number of columns, the definitions of `id` and `payload`, the OK packet at its end.
const RESULT: u64 = (HEADER + 1) + (HEADER + 44) + (HEADER + 36) + OK;
/// The server's first packet: protocol, version, salt, capabilities, the name of the login method.
pub const GREETING: u64 = 82;
/// Login with a password, and what is answered.
pub const LOGIN: Exchange = Exchange { up: 110, down: OK };
/// `COM_PING` or `COM_RESET_CONNECTION`.
pub const PING: Exchange = Exchange { up: HEADER + 1, down: OK };
/// `SET NAMES utf8mb4`.
pub const SET_UP: Exchange = text("SET NAMES utf8mb4");
/// `COM_CHANGE_USER`.
pub const RELOGIN: Exchange = Exchange { up: 90, down: OK };
/// `COM_QUIT`, which is not answered.
pub const QUIT: u64 = HEADER + 1;

/// A short statement that is answered with OK.
pub const fn text(text: &str) -> Exchange {
    Exchange { up: HEADER + 1 + text.len() as u64, down: OK }
}

/// Performing a statement that needs no preparing any more; of a text statement, all of it.
pub fn perform(sql: &ScriptSql) -> Exchange {
    let up = match sql.prepared {
        Prepared::No => HEADER + 1 + text_of(sql),
        Prepared::Each | Prepared::Cached => HEADER + execute_of(sql),
    };
    let down = match sql {
        ScriptSql { write: true, refused: true, .. } => HEADER + 9 + READ_ONLY_MESSAGE.len() as u64,
        ScriptSql { write: true, .. } => OK,
        _ => RESULT + u64::from(sql.rows) * (HEADER + row_of(sql)),
    };
    Exchange { up, down }
}

/// Preparing a statement: its text, and the definitions of its parameters and columns.
pub fn prepare(sql: &ScriptSql) -> Exchange {
    let columns = if sql.write { 0 } else { (HEADER + 44) + (HEADER + 36) };
    let params = parameters(sql) * (HEADER + 24);
    Exchange { up: HEADER + 1 + text_of(sql), down: HEADER + 12 + params + columns }
}

/// A Memcached request in the text protocol; nothing for a statement.
pub fn memcached(request: &ScriptRequest) -> Exchange {
    match request {
        ScriptRequest::Get { keys, hits, size } => {
            let (hit, miss) = (hit_key(*size), MISS_KEY);
            let misses = u64::from(keys.saturating_sub(*hits));
            // `VALUE <key> 0 <bytes>` and two line ends.
            let value = "VALUE  0 \r\n\r\n".len() as u64 + hit + digits(size.0) + size.0;
            Exchange {
                up: "get\r\n".len() as u64 + u64::from(*hits) * (1 + hit) + misses * (1 + miss),
                down: "END\r\n".len() as u64 + u64::from(*hits) * value,
            }
        }
        ScriptRequest::Set(size) | ScriptRequest::Add(size) => {
            let head = "set  0 0 \r\n\r\n".len() as u64 + SCRATCH_KEY + digits(size.0);
            Exchange { up: head + size.0, down: "STORED\r\n".len() as u64 }
        }
        ScriptRequest::Delete => {
            Exchange { up: "delete \r\n".len() as u64 + SCRATCH_KEY, down: "DELETED\r\n".len() as u64 }
        }
        ScriptRequest::Incr => Exchange { up: "incr  1\r\n".len() as u64 + COUNTER_KEY, down: 4 },
        ScriptRequest::Sql(_) => Exchange::default(),
    }
}

const MISS_KEY: u64 = "lh:miss:12345:0".len() as u64;
const SCRATCH_KEY: u64 = "lh:scratch:10:12".len() as u64;
const COUNTER_KEY: u64 = "lh:count:32".len() as u64;

fn hit_key(size: Bytes) -> u64 {
    "lh:hit::123".len() as u64 + digits(size.0)
}

fn digits(n: u64) -> u64 {
    u64::from(n.checked_ilog10().unwrap_or(0)) + 1
}

/// Bytes of a number in a statement: written out, or `?`.
fn number(sql: &ScriptSql, written: u64) -> u64 {
    if sql.prepared == Prepared::No { written } else { 1 }
}

/// Bytes of a string in a statement: quoted, or `?`.
fn string(sql: &ScriptSql, length: u64) -> u64 {
    if sql.prepared == Prepared::No { length + 2 } else { 1 }
}

/// All ids of `items` have this many digits.
const ID: u64 = 7;

/// Length of the text that `statement` makes.
fn text_of(sql: &ScriptSql) -> u64 {
    const REFUSED: u64 = "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = '' /**/".len() as u64;
    match (&sql.sql, &sql.lock) {
        (own, _) if sql.write && sql.refused => {
            let carried = own.as_ref().map_or(sql.row_size.0, |own| own.len() as u64);
            REFUSED + READ_ONLY_MESSAGE.len() as u64 + carried
        }
        (Some(own), _) => own.len() as u64,
        (None, lock) if sql.write => {
            let end = lock.as_ref().map_or("id = ".len() as u64 + number(sql, ID), |lock| hot(sql, lock));
            let table = if lock.is_some() { "hot" } else { "items" }.len() as u64;
            let rest = "UPDATE longhaul. SET payload = , writes = writes + 1 WHERE ".len() as u64;
            rest + table + string(sql, sql.row_size.0) + end
        }
        (None, None) => {
            let rest = "SELECT id, REPEAT('x', ) AS payload FROM longhaul.items WHERE id BETWEEN  AND ".len() as u64;
            rest + digits(row_payload(sql, ID)) + 2 * number(sql, ID)
        }
        (None, Some(lock)) => locking_read(sql, lock),
    }
}

fn locking_read(sql: &ScriptSql, lock: &(String, u32)) -> u64 {
    let slot = digits(u64::from(lock.1));
    let start = "SELECT slot AS id, REPEAT('x', ) AS payload FROM longhaul.hot WHERE  FOR UPDATE".len() as u64;
    match sql.rows {
        0 => start + digits(row_payload(sql, slot)) + hot(sql, lock) + " AND payload IS NULL".len() as u64,
        1 => start + digits(row_payload(sql, slot)) + hot(sql, lock),
        rows => {
            let rest = "SELECT more.id, REPEAT('x', ) AS payload FROM longhaul.hot CROSS JOIN (SELECT id FROM longhaul.items WHERE id BETWEEN  AND  LIMIT ) AS more WHERE  FOR UPDATE";
            let numbers = digits(row_payload(sql, ID)) + 2 * number(sql, ID) + digits(u64::from(rows));
            rest.len() as u64 + numbers + hot(sql, lock)
        }
    }
}

fn hot(sql: &ScriptSql, (name, slot): &(String, u32)) -> u64 {
    let fixed = "name =  AND slot = ".len() as u64;
    fixed + string(sql, name.len() as u64) + number(sql, digits(u64::from(*slot)))
}

/// Placeholders of a prepared statement.
fn parameters(sql: &ScriptSql) -> u64 {
    match (&sql.sql, &sql.lock) {
        (Some(_), _) => 0,
        _ if sql.refused => 0,
        (None, None) => 2,
        (None, Some(_)) if sql.write => 3,
        (None, Some(_)) => {
            if sql.rows > 1 {
                4
            } else {
                2
            }
        }
    }
}

/// `COM_STMT_EXECUTE` without its header: command, statement, flags, iterations; with parameters a null map, a mark, types, values.
fn execute_of(sql: &ScriptSql) -> u64 {
    let n = parameters(sql);
    if n == 0 {
        return 10;
    }
    let name = sql.lock.as_ref().map_or(0, |(name, _)| name.len() as u64 + 1);
    let strings = u64::from(sql.lock.is_some()) + u64::from(sql.write);
    let payload = if sql.write { sql.row_size.0 + length_prefix(sql.row_size.0) } else { 0 };
    10 + n.div_ceil(8) + 1 + 2 * n + name + payload + 8 * n.saturating_sub(strings)
}

/// Bytes before a string that tell its length.
fn length_prefix(length: u64) -> u64 {
    match length {
        0..251 => 1,
        251..65_536 => 3,
        65_536..16_777_216 => 4,
        _ => 9,
    }
}

/// A row packet's payload: `row_size` is meant with the header.
fn row_of(sql: &ScriptSql) -> u64 {
    let id = if sql.prepared == Prepared::No { 1 + ID } else { 1 + 1 + 4 };
    let payload = row_payload(sql, ID);
    id + length_prefix(payload) + payload
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workset::sql::statement;

    fn sql(write: bool, rows: u32, row_size: u64, prepared: Prepared) -> ScriptSql {
        ScriptSql {
            write,
            rows,
            row_size: Bytes(row_size),
            prepared,
            sql: None,
            service: None,
            lock: None,
            refused: false,
        }
    }

    #[test]
    fn lengths_are_those_of_the_statements() {
        for prepared in [Prepared::No, Prepared::Each] {
            for (rows, size) in [(0, 100), (1, 13), (1, 300), (3, 70_000), (200, 1_024)] {
                for lock in [None, Some(("item".to_owned(), 7)), Some(("a-long-name".to_owned(), 499))] {
                    for (write, refused) in [(false, false), (true, false), (true, true)] {
                        let call = ScriptSql { lock: lock.clone(), refused, ..sql(write, rows, size, prepared) };
                        let made = statement(&call, 12_345, false);
                        assert_eq!(text_of(&call), made.text.len() as u64, "{}", made.text);
                        if prepared != Prepared::No {
                            assert_eq!(parameters(&call), made.params.len() as u64, "{}", made.text);
                        }
                    }
                }
            }
        }
        let own = ScriptSql { sql: Some("SELECT 1".into()), ..sql(false, 1, 100, Prepared::No) };
        assert_eq!(perform(&own).up, 5 + 8);
    }

    #[test]
    fn rows_are_as_long_as_they_are_meant() {
        let ten = perform(&sql(false, 10, 500, Prepared::No));
        // At 251 bytes the length prefix jumps; a row may be two bytes short.
        assert!((104 + 4_980..=104 + 5_000).contains(&ten.down), "{}", ten.down);
    }

    #[test]
    fn keys_and_values_of_memcached() {
        let found = memcached(&ScriptRequest::Get { keys: 2, hits: 2, size: Bytes(1_000) });
        assert_eq!(found.up, "get lh:hit:1000:123 lh:hit:1000:124\r\n".len() as u64);
        assert_eq!(found.down, 2 * ("VALUE lh:hit:1000:123 0 1000\r\n\r\n".len() as u64 + 1_000) + 5);
        assert_eq!(memcached(&ScriptRequest::Get { keys: 1, hits: 0, size: Bytes(9) }).down, 5);
    }
}
