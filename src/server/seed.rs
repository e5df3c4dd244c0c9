//! Putting into stores what a scenario needs to find there, and taking it out again.
//!
//! Only ever touches the schema `longhaul`, and that only if longhaul made it (or it is empty), and
//! cache keys that begin with `lh:`. Not for: what those are (`workset`).

use std::fmt::Write as _;

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Endpoint, ServerError};
use crate::workset::Needs;
use crate::workset::tables::{MARKER, SCHEMA, VERSION, seeding};

/// Values of the cache, stored so many at a time.
const BATCH: usize = 64;

/// What `mysql_async` must be told for its connections to go where they are meant to, in one round trip:
/// no change to a Unix socket, and no question for settings that are known.
pub(super) fn options(endpoint: &Endpoint) -> Opts {
    let login = endpoint.login.clone().unwrap_or_default();
    OptsBuilder::default()
        .ip_or_hostname(endpoint.addr.ip().to_string())
        .tcp_port(endpoint.addr.port())
        .user(Some(login.user))
        .pass(Some(login.password))
        .prefer_socket(false)
        .tcp_nodelay(true)
        .max_allowed_packet(Some(16 << 20))
        .wait_timeout(Some(28_800))
        .into()
}

fn failed(endpoint: &Endpoint) -> impl Fn(mysql_async::Error) -> ServerError {
    let addr = endpoint.addr;
    move |source| ServerError::Mysql { addr, source: Box::new(source) }
}

/// The version that a MySQL tells after a login.
pub(super) async fn mysql_version(endpoint: &Endpoint) -> Result<String, ServerError> {
    let failed = failed(endpoint);
    let mut conn = Conn::new(options(endpoint)).await.map_err(&failed)?;
    let version: Option<String> = conn.query_first("SELECT VERSION()").await.map_err(&failed)?;
    conn.disconnect().await.map_err(&failed)?;
    let version = version.unwrap_or_default();
    Ok(if version.contains("MariaDB") { version } else { format!("MySQL {version}") })
}

/// Whose the schema is.
enum Owner {
    Nobody,
    Longhaul,
}

async fn owner(conn: &mut Conn, endpoint: &Endpoint) -> Result<Owner, ServerError> {
    let failed = failed(endpoint);
    let tables: Vec<String> = conn
        .query(format!("SELECT table_name FROM information_schema.tables WHERE table_schema = '{SCHEMA}'"))
        .await
        .map_err(&failed)?;
    if tables.iter().any(|table| table == MARKER) {
        return Ok(Owner::Longhaul);
    }
    match tables.first() {
        None => Ok(Owner::Nobody),
        Some(table) => Err(ServerError::NotOurs { addr: endpoint.addr, table: table.clone() }),
    }
}

/// Makes and fills the tables.
pub(super) async fn mysql(endpoint: &Endpoint, needs: &Needs) -> Result<(), ServerError> {
    let failed = failed(endpoint);
    let mut conn = Conn::new(options(endpoint)).await.map_err(&failed)?;
    owner(&mut conn, endpoint).await?;
    for statement in seeding(needs.items, &needs.hot) {
        conn.query_drop(statement).await.map_err(&failed)?;
    }
    let version: Option<u32> =
        conn.query_first(format!("SELECT MAX(version) FROM {SCHEMA}.{MARKER}")).await.map_err(&failed)?;
    debug_assert_eq!(version, Some(VERSION));
    conn.disconnect().await.map_err(&failed)
}

/// Removes the schema; one that is not there, or is empty and of somebody else, is left as it is.
pub(super) async fn drop_schema(endpoint: &Endpoint) -> Result<(), ServerError> {
    let failed = failed(endpoint);
    let mut conn = Conn::new(options(endpoint)).await.map_err(&failed)?;
    if let Owner::Longhaul = owner(&mut conn, endpoint).await? {
        conn.query_drop(format!("DROP DATABASE {SCHEMA}")).await.map_err(&failed)?;
    }
    conn.disconnect().await.map_err(&failed)
}

/// Loads the cache with the values that are to be found.
pub(super) async fn memcached(endpoint: &Endpoint, needs: &Needs) -> Result<(), ServerError> {
    let unreachable = |source| ServerError::Unreachable { addr: endpoint.addr, source };
    let mut stream = TcpStream::connect(endpoint.addr).await.map_err(unreachable)?;
    stream.set_nodelay(true).map_err(unreachable)?;
    let all: Vec<_> = needs.preload().collect();
    for some in all.chunks(BATCH) {
        let mut request = String::new();
        for (key, size) in some {
            let value = size.map_or_else(|| "0".to_owned(), |size| "x".repeat(size.0 as usize));
            write!(request, "set {key} 0 0 {}\r\n{value}\r\n", value.len()).expect("writing to memory cannot fail");
        }
        stream.write_all(request.as_bytes()).await.map_err(unreachable)?;
        let expected = "STORED\r\n".repeat(some.len());
        let mut reply = vec![0; expected.len()];
        let length = read_reply(&mut stream, &mut reply).await.map_err(unreachable)?;
        if reply[..length] != *expected.as_bytes() {
            let said = String::from_utf8_lossy(&reply[..length]).replace("STORED\r\n", "");
            return Err(ServerError::NotLoaded { addr: endpoint.addr, said: said.trim().to_owned() });
        }
    }
    Ok(())
}

/// Reads until the reply is full, or shows itself to be another than was expected.
async fn read_reply(stream: &mut TcpStream, reply: &mut [u8]) -> std::io::Result<usize> {
    let mut length = 0;
    while length < reply.len() {
        let read = stream.read(&mut reply[length..]).await?;
        length += read;
        if read == 0 || reply[..length].windows(5).any(|some| some == b"ERROR") {
            break;
        }
    }
    Ok(length)
}
