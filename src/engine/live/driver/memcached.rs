//! A Memcached connection over `memcache-async`.
//!
//! The driver does `get`, many-key `get`, `add`, `incr` and `version`. Its `set` and `delete` ask for
//! no reply, so that nothing would be measured and errors would be lost: those two are sent here, with
//! their answers awaited, on the same connection. That is safe because the driver handles one request
//! at a time and leaves nothing unread behind. Requests are collected in a buffer and written at once,
//! with `TCP_NODELAY`. Keys come from `workset::keys`, which makes only such that the protocol takes.
//! Not for: the protocol's other commands.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use memcache_async::ascii::Protocol;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufWriter, ReadBuf};
use tokio::net::TcpStream;

use super::Failure;
use crate::plan::script::ScriptRequest;
use crate::units::Bytes;
use crate::workset::keys;

/// The longest answer to `set` and `delete` that is taken for one.
const ANSWER_MAX: usize = 1024;

/// An open connection.
pub(crate) struct Memcached {
    driver: Protocol<Shared>,
    own: Shared,
}

impl Memcached {
    /// Connects over TCP; the protocol has no greeting and no login.
    pub(super) async fn connect(addr: SocketAddr) -> Result<Self, Failure> {
        let connected = async {
            let stream = TcpStream::connect(addr).await?;
            stream.set_nodelay(true)?;
            Ok(Shared(Rc::new(RefCell::new(BufWriter::new(stream)))))
        };
        let own = connected.await.map_err(|_: io::Error| Failure { kind: "connect", broken: true })?;
        Ok(Self { driver: Protocol::new(own.clone()), own })
    }
    /// Sends one request and awaits its answer; gives how many keys were missing that should be there.
    ///
    /// That a counter or a key is not there, or an added one is, is an answer like any other.
    pub(super) async fn request(&mut self, request: &ScriptRequest, row: u64, step: u32) -> Result<u32, Failure> {
        match request {
            ScriptRequest::Get { keys: 1, hits, size } => self.get(*hits == 1, *size, row).await,
            ScriptRequest::Get { keys, hits, size } => self.get_many(*keys, *hits, *size, row).await,
            ScriptRequest::Set(size) => {
                let head = format!("set {} 0 0 {}\r\n", keys::scratch(row, step), size.0);
                self.acknowledged(&head, Some(*size), &["STORED"]).await
            }
            ScriptRequest::Add(size) => {
                let done = self.driver.add(keys::scratch(row, step), &value(*size), 0).await;
                answered(done, io::ErrorKind::AlreadyExists).map(|_| 0)
            }
            ScriptRequest::Delete => {
                let head = format!("delete {}\r\n", keys::scratch(row, step));
                self.acknowledged(&head, None, &["DELETED", "NOT_FOUND"]).await
            }
            ScriptRequest::Incr => {
                let done = self.driver.increment(keys::counter(row), 1).await;
                answered(done, io::ErrorKind::NotFound).map(|_| 0)
            }
            // The loader lets no statement for a Memcached store pass.
            ScriptRequest::Sql(_) => Err(Failure { kind: "protocol", broken: false }),
        }
    }
    /// `version`, the cheapest request.
    pub(super) async fn version(&mut self) -> Result<(), Failure> {
        self.driver.version().await.map(drop).map_err(|e| failed(&e))
    }
    async fn get(&mut self, there: bool, size: Bytes, row: u64) -> Result<u32, Failure> {
        let key = if there { keys::hit(size, row) } else { keys::miss(row, 0) };
        let found = answered(self.driver.get(key).await, io::ErrorKind::NotFound)?;
        Ok(u32::from(there && found.is_none()))
    }
    async fn get_many(&mut self, count: u32, hits: u32, size: Bytes, row: u64) -> Result<u32, Failure> {
        // Neighbouring rows would otherwise ask for nearly the same keys.
        let first = row.wrapping_mul(u64::from(count));
        let there = (0..u64::from(hits)).map(|n| keys::hit(size, first.wrapping_add(n)));
        let missing = (u64::from(hits)..u64::from(count)).map(|n| keys::miss(row, n));
        let asked: Vec<String> = there.chain(missing).collect();
        let found = self.driver.get_multi(&asked).await.map_err(|e| failed(&e))?;
        let distinct = keys::pool(size).min(u64::from(hits)) as u32;
        Ok(distinct.saturating_sub(found.len() as u32))
    }
    /// Sends a request of our own and awaits its one-line answer, which must begin as one of `fine` does.
    async fn acknowledged(&mut self, head: &str, body: Option<Bytes>, fine: &[&str]) -> Result<u32, Failure> {
        let answer = self.exchange(head, body).await.map_err(|e| failed(&e))?;
        if fine.iter().any(|word| answer.starts_with(word)) {
            return Ok(0);
        }
        Err(failed(&io::Error::other(answer)))
    }
    async fn exchange(&mut self, head: &str, body: Option<Bytes>) -> io::Result<String> {
        self.own.write_all(head.as_bytes()).await?;
        if let Some(size) = body {
            self.own.write_all(&value(size)).await?;
            self.own.write_all(b"\r\n").await?;
        }
        self.own.flush().await?;
        let mut answer = Vec::with_capacity(64);
        while !answer.ends_with(b"\r\n") {
            if self.own.read_buf(&mut answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if answer.len() > ANSWER_MAX {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}

/// A value of this size.
fn value(size: Bytes) -> Vec<u8> {
    vec![b'x'; usize::try_from(size.0).unwrap_or(usize::MAX)]
}

/// `None` for the kind of error that is an answer.
fn answered<T>(result: io::Result<T>, answer: io::ErrorKind) -> Result<Option<T>, Failure> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) if e.kind() == answer => Ok(None),
        Err(e) => Err(failed(&e)),
    }
}

/// The word for an error. After any of them the stream's position is not sure, so the connection is not used again.
fn failed(error: &io::Error) -> Failure {
    let kind = match error.kind() {
        io::ErrorKind::InvalidData => "protocol",
        io::ErrorKind::Other if error.to_string().contains("Too many open connections") => "too many connections",
        _ => "server",
    };
    Failure { kind, broken: true }
}

/// One stream with two users that take turns: the driver and ourselves.
#[derive(Clone)]
struct Shared(Rc<RefCell<BufWriter<TcpStream>>>);

impl AsyncRead for Shared {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_read(cx, buf)
    }
}

impl AsyncWrite for Shared {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_write(cx, buf)
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_flush(cx)
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_shutdown(cx)
    }
}
