//! A MySQL of our own: the real protocol, answers of the asked size, a service time, row locks.
//!
//! Any user with any password is let in: it listens on 127.0.0.1 alone and holds nobody's data. The
//! tool's own statements are answered with the rows and sizes they ask for; a read, a write and a
//! COMMIT each take the store's time for it, counted from the arrival of the whole request (after a
//! lock, from when it was had), everything else takes none. A time that is a distribution comes with
//! the statement, else it is drawn here. Where only so many are worked on at once, a call asks for its
//! turn when it has its row lock; what takes no time by its kind (BEGIN, SET, a login) needs none. Rows that a transaction writes or reads
//! `FOR UPDATE` are locked until it ends. Prepared statements, several statements in one text and
//! clients with and without `DEPRECATE_EOF` are served. No TLS, no compression, no data.
//! Single-threaded: run it on a thread of its own (`standin`).

mod connection;
mod result;
mod session;
mod text;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use self::connection::Connection;
use super::accept::{Limit, accept};
use super::standin::Pace;
use crate::protocol::mysql::packet;
use crate::protocol::mysql::reply::Failed;
use crate::scenario::{MysqlStore, ServiceTime};
use crate::seed::Stream;
use crate::service::Turns;
use crate::service::{LOCK_WAIT, Locks};
use crate::units::Nanos;
use crate::workset::sql::RowKey;
use crate::workset::tables::FIRST_ID;

/// The version that is told; clients take it for a MySQL 8.0.
pub(super) const VERSION: &str = "8.0.36-longhaul";

/// The longest request, as `@@max_allowed_packet` says.
pub(super) const MAX_PACKET: usize = 64 << 20;

/// Prepared statements of all connections, as `@@max_prepared_stmt_count` says.
const STATEMENTS_MAX: u32 = 16_382;

/// What a stand-in is set to.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    store: MysqlStore,
    /// Rows of `items` that there are.
    items: u32,
    /// [`LOCK_WAIT`], but in tests.
    pub(super) lock_wait: Nanos,
}

impl Settings {
    pub(super) fn new(store: MysqlStore, items: u32) -> Self {
        Self { store, items, lock_wait: LOCK_WAIT }
    }
    /// The ids that there are.
    fn ids(&self) -> std::ops::Range<u64> {
        u64::from(FIRST_ID)..u64::from(FIRST_ID) + u64::from(self.items)
    }
}

/// What all connections share.
struct Server {
    settings: Settings,
    pace: Pace,
    /// A waiter is told from when on it has the row.
    locks: RefCell<Locks<RowKey, oneshot::Sender<Nanos>>>,
    statements: Cell<u32>,
    salts: RefCell<ChaCha8Rng>,
    turns: RefCell<Turns>,
    /// Where times are drawn that a statement does not tell.
    draws: RefCell<Stream>,
}

/// An error packet.
fn failed(code: u16, state: [u8; 5], message: String) -> Failed {
    Failed { code, state: Some(state), message }
}

/// Serves until `stop` is ready. Needs a `LocalSet`.
pub(super) async fn serve(
    listener: TcpListener,
    settings: Settings,
    pace: Pace,
    draws: Stream,
    stop: impl Future<Output = ()>,
) {
    let mut refusal = Vec::new();
    // Before the login there is no SQLSTATE, for the client has not said that it knows them.
    let full = Failed { code: 1040, state: None, message: "Too many connections".into() };
    packet::put(&mut refusal, &mut 0, |out| full.put(out));
    let limit = Limit { connections: settings.store.max_connections, refusal: &refusal };
    // Salts keep nobody out here; they differ because clients may rely on it.
    let seed = pace.now().0 ^ u64::from(std::process::id()) << 40;
    let server = Rc::new(Server {
        turns: RefCell::new(Turns::new(settings.store.concurrency)),
        draws: RefCell::new(draws),
        settings,
        pace,
        locks: RefCell::default(),
        statements: Cell::new(0),
        salts: RefCell::new(ChaCha8Rng::seed_from_u64(seed)),
    });
    accept(listener, limit, stop, |stream, number| {
        let connection = Connection::new(stream, number, Rc::clone(&server));
        // A connection that breaks is closed, and nobody is left to be told.
        async move { drop(connection.run().await) }
    })
    .await;
}

impl Server {
    /// The rows of a connection go to the next in line, from `at` on.
    fn release(&self, number: u32, at: Nanos) {
        self.locks.borrow_mut().release(number.into(), |granted| {
            // A waiter whose connection is just being dropped releases again in a moment.
            let _ = granted.send(at);
        });
    }
    fn draw(&self, time: ServiceTime) -> Nanos {
        time.draw(&mut self.draws.borrow_mut())
    }
    /// Twenty bytes, none of them zero.
    fn salt(&self) -> [u8; 20] {
        let mut salt = [0; 20];
        self.salts.borrow_mut().fill_bytes(&mut salt);
        salt.map(|byte| byte % 94 + 33)
    }
}

#[cfg(test)]
mod tests {
    use mysql_async::prelude::Queryable;
    use mysql_async::{Conn, Error, OptsBuilder};
    use tokio::task::LocalSet;

    use super::*;
    use crate::seed::Seed;
    use crate::timer::{Clock, Timer};

    /// Only here can the limit be less than 50 s.
    #[tokio::test]
    async fn a_lock_is_not_waited_for_without_end() {
        let none = ServiceTime::ZERO;
        let store = MysqlStore { max_connections: 9, concurrency: None, read: none, write: none, commit: none };
        let settings = Settings { lock_wait: Nanos::from_millis(60), ..Settings::new(store, 10) };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("binds");
        let addr = listener.local_addr().expect("bound");
        let pace = Pace::new(Timer::start(Clock::start()).expect("a timer"));
        let client = async {
            let options =
                || OptsBuilder::default().tcp_port(addr.port()).ip_or_hostname("127.0.0.1").prefer_socket(false);
            let (mut holder, mut waiter) = (Conn::new(options()).await?, Conn::new(options()).await?);
            let lock = "UPDATE longhaul.hot SET payload = '', writes = writes + 1 WHERE name = 'a' AND slot = 1";
            holder.query_drop("BEGIN").await?;
            holder.query_drop(lock).await?;
            let refused = waiter.query_drop(lock).await;
            assert!(matches!(refused, Err(Error::Server(ref error)) if error.code == 1205), "{refused:?}");
            holder.query_drop("COMMIT").await?;
            waiter.query_drop(lock).await
        };
        let local = LocalSet::new();
        let done = local.run_until(async {
            tokio::select! {
                () = serve(listener, settings, pace, Seed(1).stream("stand-in", 0), std::future::pending()) => panic!("nobody stops it"),
                done = client => done,
            }
        });
        done.await.expect("had, once it was free");
    }
}
