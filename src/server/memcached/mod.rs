//! A Memcached of our own: the text protocol over a real cache, with a service time.
//!
//! Speaks to any client. Every command takes the store's service time, commands that arrive together
//! take it one after the other and are answered together. The protocol has no place for a hint, so a time
//! that is a distribution is drawn here: what a simulation of the same scenario draws is distributed alike, but
//! not the same. Where only so many are worked on at once, every command waits for its turn. Single-threaded: run it on a thread of its
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
use crate::scenario::{MemcachedStore, ServiceTime};
use crate::seed::Stream;
use crate::service::Turns;
use crate::units::Nanos;

/// Replies are sent when they are this long, though more commands are waiting.
const FLUSH_AT: usize = 256 << 10;

struct Server {
    cache: RefCell<Cache>,
    service: ServiceTime,
    draws: RefCell<Stream>,
    turns: RefCell<Turns>,
    pace: Pace,
}

/// Serves until `stop` is ready. Needs a `LocalSet`.
pub(super) async fn serve(
    listener: TcpListener,
    store: MemcachedStore,
    pace: Pace,
    draws: Stream,
    stop: impl Future<Output = ()>,
) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let started = now.saturating_sub(pace.now().0 / 1_000_000_000);
    let cache = RefCell::new(Cache::new(store.memory.0, started));
    let (turns, draws) = (RefCell::new(Turns::new(store.concurrency)), RefCell::new(draws));
    let server = Rc::new(Server { cache, service: store.service, draws, turns, pace });
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
                    ready = self.work(ready, std::mem::take(&mut hand.owed)).await;
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
    /// Works on so many commands, one after the other, from `at` on; gives when they are done.
    async fn work(&self, at: Nanos, commands: u64) -> Nanos {
        let mut done = at;
        for _ in 0..commands {
            let service = self.service.draw(&mut self.draws.borrow_mut());
            done = self.turns.borrow_mut().take(done, service);
            if self.turns.borrow().limited() {
                // The next one asks for its turn when it is needed, not ahead of those who come meanwhile.
                self.pace.until(done, done - at).await;
            }
        }
        if !self.turns.borrow().limited() {
            self.pace.until(done, done - at).await;
        }
        done
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
