//! A stand-in store on a thread of its own.
//!
//! Its runtime is separate from the load generator's, so that neither waits for the other's tasks,
//! and its deadlines are kept by the run's timer. Not for: what it answers (`mysql`, `memcached`).

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{memcached, mysql};
use crate::measure::Hist;
use crate::scenario::StoreKind;
use crate::seed::Stream;
use crate::timer::Timer;
use crate::units::Nanos;
use crate::workset::Needs;

/// How many connections may wait to be accepted: as many as a burst of start-ups brings.
const BACKLOG: i32 = 4096;

/// When a stand-in answers: the run's timer, and how late it was.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    timer: Timer,
    lateness: Arc<Mutex<Hist>>,
}

impl Pace {
    pub(super) fn new(timer: Timer) -> Self {
        Self { timer, lateness: Arc::default() }
    }
    pub(super) fn now(&self) -> Nanos {
        self.timer.clock().now()
    }
    /// Waits for a deadline; without a service time there is none.
    pub(super) async fn until(&self, deadline: Nanos, service: Nanos) {
        if service == Nanos::ZERO {
            return;
        }
        let late = self.timer.sleep_until(deadline).await;
        self.lateness.lock().unwrap_or_else(PoisonError::into_inner).record(late);
    }
    /// Waits for a limit that is not a service time.
    pub(super) async fn limit(&self, at: Nanos) {
        self.timer.sleep_until(at).await;
    }
}

/// A running stand-in; stops when dropped.
#[derive(Debug)]
pub(super) struct StandIn {
    pub(super) addr: SocketAddr,
    lateness: Arc<Mutex<Hist>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl StandIn {
    /// Listens on a free port of 127.0.0.1 and serves.
    ///
    /// `draws` is where it draws service times that nobody tells it.
    pub(super) fn start(name: &str, kind: &StoreKind, needs: &Needs, timer: Timer, draws: Stream) -> io::Result<Self> {
        let listener = listen()?;
        let addr = listener.local_addr()?;
        let pace = Pace::new(timer);
        let lateness = Arc::clone(&pace.lateness);
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (kind, items) = (kind.clone(), needs.items);
        let serve = move || {
            let stopped = async {
                // Either word, or its sender gone: the end.
                drop(stopped.await);
            };
            tokio::task::LocalSet::new().block_on(&runtime, async {
                let Ok(listener) = TcpListener::from_std(listener) else {
                    return;
                };
                match kind {
                    StoreKind::Mysql(store) => {
                        mysql::serve(listener, mysql::Settings::new(store, items), pace, draws, stopped).await;
                    }
                    StoreKind::Memcached(store) => memcached::serve(listener, store, pace, draws, stopped).await,
                }
            });
        };
        let thread = std::thread::Builder::new().name(format!("stand-in {name}")).spawn(serve)?;
        Ok(Self { addr, lateness, stop: Some(stop), thread: Some(thread) })
    }
    /// How late answers were, against arrival plus service time.
    pub(super) fn lateness(&self) -> Hist {
        self.lateness.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there has been printed already.
            drop(thread.join());
        }
    }
}

fn listen() -> io::Result<std::net::TcpListener> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
