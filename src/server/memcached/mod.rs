//! A Memcached of our own: the text protocol over a real cache, with a service time.
//!
//! Speaks to any client. Every command takes the store's service time, commands that arrive together
//! take it one after the other and are answered together. Single-threaded: run it on a thread of its
//! own (`standin`). Not for: the meta and binary protocols, which are answered `ERROR`.

mod answer;
mod cache;

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(super) use self::answer::VERSION;
use self::answer::{Outcome, answer};
use self::cache::Cache;
use super::accept::{Limit, accept};
use super::standin::Pace;
use crate::scenario::MemcachedStore;
use crate::units::Nanos;

/// Replies are sent when they are this long, though more commands are waiting.
const FLUSH_AT: usize = 256 << 10;

struct Server {
    cache: RefCell<Cache>,
    service: Nanos,
    pace: Pace,
}

/// Serves until `stop` is ready. Needs a `LocalSet`.
pub(super) async fn serve(listener: TcpListener, store: MemcachedStore, pace: Pace, stop: impl Future<Output = ()>) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let started = now.saturating_sub(pace.now().0 / 1_000_000_000);
    let cache = RefCell::new(Cache::new(store.memory.0, started));
    let server = Rc::new(Server { cache, service: store.service, pace });
    let limit = Limit { connections: store.max_connections, refusal: b"ERROR Too many open connections\r\n" };
    accept(listener, limit, stop, |stream, _| {
        let server = Rc::clone(&server);
        // A connection that breaks is closed, and nobody is left to be told.
        async move { drop(server.connection(stream).await) }
    })
    .await;
}

/// What a connection has in hand.
struct Buffers {
    input: BytesMut,
    out: Vec<u8>,
    /// Bytes of a value too large that are still to be thrown away.
    swallow: usize,
    /// Commands that were answered in `out`, and whose time has not been waited for.
    owed: u64,
}

/// How a connection goes on.
enum Next {
    Read,
    Again,
    Close,
}

impl Server {
    async fn connection(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut hand = Buffers { input: BytesMut::with_capacity(16 << 10), out: Vec::new(), swallow: 0, owed: 0 };
        let mut ready = Nanos::ZERO;
        while stream.read_buf(&mut hand.input).await? > 0 {
            ready = ready.max(self.pace.now());
            loop {
                let next = self.batch(&mut hand, self.pace.now());
                if hand.swallow == 0 {
                    ready = ready.saturating_add(self.service * std::mem::take(&mut hand.owed));
                    self.pace.until(ready, self.service).await;
                    stream.write_all(&hand.out).await?;
                    hand.out.clear();
                }
                match next {
                    Next::Read => break,
                    Next::Again => {}
                    Next::Close => return stream.shutdown().await,
                }
            }
        }
        Ok(())
    }
    /// Answers what has arrived, up to [`FLUSH_AT`].
    fn batch(&self, hand: &mut Buffers, now: Nanos) -> Next {
        let mut cache = self.cache.borrow_mut();
        while hand.out.len() < FLUSH_AT {
            let gone = hand.swallow.min(hand.input.len());
            hand.input.advance(gone);
            hand.swallow -= gone;
            if hand.swallow > 0 {
                return Next::Read;
            }
            match answer(&hand.input, &mut cache, now, &mut hand.out) {
                Outcome::Used(used) => hand.input.advance(used),
                Outcome::Swallow(bytes) => hand.swallow = bytes,
                Outcome::More => return Next::Read,
                Outcome::Close => return Next::Close,
            }
            hand.owed += 1;
        }
        Next::Again
    }
}
