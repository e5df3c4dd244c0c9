//! One connection to a store, through the drivers that applications use.
//!
//! Both drivers say how many round trips they really awaited; nothing here waits in a queue, counts
//! per journey or knows a link. Not for: how long a connection is kept (`connections`).

mod memcached;
mod mysql;

use std::net::SocketAddr;

use crate::engine::perform::{self, Failure, Reply, Verb};
use crate::plan::script::{ScriptCall, ScriptRequest};
use crate::scenario::OnReuse;
use crate::server::Login;
use memcached::Memcached;
use mysql::Mysql;

/// How to connect to one store.
#[derive(Debug, Clone)]
pub(crate) enum Dial {
    /// With MySQL's login.
    Mysql(mysql::Dial),
    /// Just TCP.
    Memcached(SocketAddr),
}

impl Dial {
    /// For a MySQL server; `set_up` statements follow the login.
    pub(crate) fn mysql(addr: SocketAddr, login: Option<&Login>, set_up: u32, hints: bool) -> Self {
        Self::Mysql(mysql::Dial::new(addr, login, set_up, hints))
    }
    /// Opens a connection; the round trips say what it cost, TCP included.
    pub(crate) async fn connect(&self) -> Result<(Connection, u32), Failure> {
        match self {
            Self::Mysql(login) => {
                let (connection, trips) = Mysql::connect(login).await?;
                Ok((Connection::Mysql(Box::new(connection)), trips))
            }
            Self::Memcached(addr) => Ok((Connection::Memcached(Memcached::connect(*addr).await?), 1)),
        }
    }
}

/// An open connection.
pub(crate) enum Connection {
    /// To MySQL.
    Mysql(Box<Mysql>),
    /// To Memcached.
    Memcached(Memcached),
}

impl Connection {
    /// The cheapest request there is: `COM_PING` or `version`.
    pub(crate) async fn noop(&mut self) -> Result<(), Failure> {
        match self {
            Self::Mysql(mysql) => mysql.ping().await,
            Self::Memcached(memcached) => memcached.version().await,
        }
    }
}

impl perform::Connection for Connection {
    async fn call(&mut self, call: &ScriptCall, row: u64) -> Result<Reply, Failure> {
        match (self, &call.request) {
            (Self::Mysql(mysql), ScriptRequest::Sql(sql)) => {
                let (trips, prepared) = mysql.sql(sql, row, call.step).await?;
                Ok(Reply { trips, prepared, ..Reply::default() })
            }
            (Self::Memcached(memcached), request) => {
                let lost = memcached.request(request, row, call.step).await?;
                Ok(Reply { trips: 1, lost, ..Reply::default() })
            }
            // The loader lets no `get` for a MySQL store pass.
            (Self::Mysql(_), _) => Err(Failure { kind: "protocol", broken: false }),
        }
    }
    async fn transact(&mut self, verb: Verb) -> Result<u32, Failure> {
        match self {
            Self::Mysql(mysql) => mysql.transact(verb).await.map(|()| 1),
            Self::Memcached(_) => Err(Failure { kind: "protocol", broken: false }),
        }
    }
    async fn reuse(&mut self, how: OnReuse, relogin: u32) -> Result<u32, Failure> {
        match (self, how) {
            (Self::Mysql(mysql), OnReuse::Ping) => mysql.ping().await.map(|()| 1),
            (Self::Mysql(mysql), OnReuse::Reset) => mysql.reset().await.map(|()| 1),
            (Self::Mysql(mysql), OnReuse::Relogin) => mysql.relogin().await.map(|()| relogin),
            (_, OnReuse::Nothing) | (Self::Memcached(_), _) => Ok(0),
        }
    }
    fn close(self) {
        if let Self::Mysql(mysql) = self {
            mysql.close();
        }
    }
}
