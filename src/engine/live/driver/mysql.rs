//! A MySQL connection over `mysql_async`.
//!
//! The options make a connection exactly three round trips: TCP, greeting, login. Without them the
//! driver asks for server variables, or leaves for a Unix socket it was told of. Its own pool is not
//! used, so that waiting for a connection is our number. Statements are text, prepared and closed each
//! time, or prepared once a connection; the driver's statement cache is off, as it would close
//! statements by itself. Not for: what a statement says (`workset::sql`).

use std::collections::HashMap;
use std::net::SocketAddr;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Opts, OptsBuilder, Params, Statement, Value};

use super::{Failure, Verb};
use crate::plan::script::ScriptSql;
use crate::scenario::Prepared;
use crate::server::Login;
use crate::workset::sql::{Param, commit, statement};

/// What drivers send after a login: the statement that PHP applications know best.
const SET_UP: &str = "SET NAMES utf8mb4";

/// Packets up to this are taken (the server's own limit may be smaller).
const PACKET_MAX: usize = 64 << 20;

/// How to connect and log in.
#[derive(Debug, Clone)]
pub(crate) struct Dial {
    opts: Opts,
    set_up: u32,
    hints: bool,
}

impl Dial {
    /// At `addr`, as whom, `set_up` statements after the login.
    pub(super) fn new(addr: SocketAddr, login: Option<&Login>, set_up: u32, hints: bool) -> Self {
        let opts = OptsBuilder::default()
            .ip_or_hostname(addr.ip().to_string())
            .resolved_ips(Some(vec![addr.ip()]))
            .tcp_port(addr.port())
            .user(login.map(|l| l.user.as_str()))
            .pass(login.map(|l| l.password.as_str()))
            .db_name(login.map(|l| l.database.as_str()).filter(|name| !name.is_empty()))
            .prefer_socket(false)
            .tcp_nodelay(true)
            .max_allowed_packet(Some(PACKET_MAX))
            .wait_timeout(Some(28_800))
            .stmt_cache_size(Some(0));
        Self { opts: opts.into(), set_up, hints }
    }
}

/// An open connection.
pub(crate) struct Mysql {
    conn: Conn,
    hints: bool,
    /// Statements that were prepared to be kept, by step and text: two steps are two statements of an
    /// application, even where longhaul's own text for them is the same.
    kept: HashMap<u32, Vec<(String, Statement)>>,
}

impl Mysql {
    /// Connects, logs in and sets up; the round trips are counted, TCP included.
    pub(super) async fn connect(dial: &Dial) -> Result<(Self, u32), Failure> {
        let mut conn = Conn::new(dial.opts.clone()).await.map_err(|e| failed(&e, "connect"))?;
        for _ in 0..dial.set_up {
            conn.query_drop(SET_UP).await.map_err(|e| failed(&e, "server"))?;
        }
        Ok((Self { conn, hints: dial.hints, kept: HashMap::new() }, 3 + dial.set_up))
    }
    /// Performs the statement of a step; gives its round trips, and those for preparing it to be kept.
    pub(super) async fn sql(&mut self, sql: &ScriptSql, row: u64, step: u32) -> Result<(u32, u32), Failure> {
        let made = statement(sql, row, self.hints);
        let done = match sql.prepared {
            Prepared::No => self.conn.query_drop(made.text).await.map(|()| (1, 0)),
            Prepared::Each => self.prepared_once(made.text, values(made.params)).await.map(|()| (2, 0)),
            Prepared::Cached => {
                self.prepared_kept(step, made.text, values(made.params)).await.map(|prepared| (1, prepared))
            }
        };
        done.map_err(|e| failed(&e, "server"))
    }
    async fn prepared_once(&mut self, text: String, params: Params) -> Result<(), Error> {
        let prepared = self.conn.prep(text).await?;
        let done = self.conn.exec_drop(&prepared, params).await;
        // COM_STMT_CLOSE is not answered, and sent after a failure too.
        if !matches!(done, Err(Error::Io(_) | Error::Driver(_))) {
            self.conn.close(prepared).await?;
        }
        done
    }
    async fn prepared_kept(&mut self, step: u32, text: String, params: Params) -> Result<u32, Error> {
        let of_step = self.kept.entry(step).or_default();
        if let Some((_, known)) = of_step.iter().find(|(known, _)| *known == text) {
            return self.conn.exec_drop(known, params).await.map(|()| 0);
        }
        let prepared = self.conn.prep(text.as_str()).await?;
        of_step.push((text, prepared.clone()));
        self.conn.exec_drop(&prepared, params).await.map(|()| 1)
    }
    /// Begins or ends a transaction; a stand-in is told the time of a commit where that was drawn.
    pub(super) async fn transact(&mut self, verb: Verb) -> Result<(), Failure> {
        let text = match verb {
            Verb::Commit { service, drawn } => commit((self.hints && drawn).then_some(service)),
            Verb::Begin | Verb::Rollback => verb.sql().into(),
        };
        self.conn.query_drop(text).await.map_err(|e| failed(&e, "server"))
    }
    /// `COM_PING`.
    pub(super) async fn ping(&mut self) -> Result<(), Failure> {
        self.conn.ping().await.map_err(|e| failed(&e, "server"))
    }
    /// `COM_RESET_CONNECTION`; prepared statements are gone.
    pub(super) async fn reset(&mut self) -> Result<(), Failure> {
        self.kept.clear();
        self.conn.reset().await.map(drop).map_err(|e| failed(&e, "server"))
    }
    /// `COM_CHANGE_USER` to the same user; prepared statements are gone.
    pub(super) async fn relogin(&mut self) -> Result<(), Failure> {
        self.kept.clear();
        self.conn.change_user(mysql_async::ChangeUserOpts::default()).await.map_err(|e| failed(&e, "connect"))
    }
    /// `COM_QUIT`, which is not answered.
    pub(super) fn close(self) {
        tokio::task::spawn_local(self.conn.disconnect());
    }
}

fn values(params: Vec<Param>) -> Params {
    let value = |param| match param {
        Param::Int(n) => Value::UInt(n),
        Param::Bytes(bytes) => Value::Bytes(bytes),
    };
    Params::Positional(params.into_iter().map(value).collect())
}

/// The word for an error; one that is not the server's answer is `otherwise` and breaks the connection.
fn failed(error: &Error, otherwise: &'static str) -> Failure {
    match error {
        Error::Server(server) => Failure { kind: word(server.code), broken: fatal(server.code) },
        Error::Io(_) => Failure { kind: otherwise, broken: true },
        _ => Failure { kind: "protocol", broken: true },
    }
}

/// The words for the server's error numbers (MySQL Server Error Reference).
fn word(code: u16) -> &'static str {
    match code {
        // ER_CON_COUNT_ERROR, ER_USER_LIMIT_REACHED, ER_TOO_MANY_USER_CONNECTIONS.
        1040 | 1203 | 1226 => "too many connections",
        // ER_OPTION_PREVENTS_STATEMENT, ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, ER_READ_ONLY_MODE.
        1290 | 1792 | 1836 => "read-only",
        // ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK.
        1205 | 1213 => "deadlock",
        _ => "server",
    }
}

/// Errors after which the server closes the connection.
fn fatal(code: u16) -> bool {
    // ER_CON_COUNT_ERROR, ER_SERVER_SHUTDOWN, ER_NEW_ABORTING_CONNECTION, ER_TOO_MANY_USER_CONNECTIONS.
    matches!(code, 1040 | 1053 | 1184 | 1203 | 1927)
}
