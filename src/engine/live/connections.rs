//! How long connections are kept: for a journey, by a worker, in a pool.
//!
//! A [`Lease`] is a connection in use; giving it back, or dropping it, frees its place in a pool. Not
//! for: how a connection is made (`driver`).

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::driver::{Connection, Failure};
use super::world::ArmWorld;
use crate::scenario::{ConnectionPolicy, OnReuse, StoreId};
use crate::units::Nanos;

/// The connections that a worker keeps from journey to journey, by store.
#[derive(Default)]
pub(super) struct Kept(RefCell<Vec<Vec<Connection>>>);

impl Kept {
    fn take(&self, store: StoreId) -> Option<Connection> {
        self.0.borrow_mut().get_mut(store.0)?.pop()
    }
    fn put(&self, store: StoreId, connection: Connection) {
        let mut all = self.0.borrow_mut();
        if all.len() <= store.0 {
            all.resize_with(store.0 + 1, Vec::new);
        }
        all[store.0].push(connection);
    }
    /// Forgets them all, as a killed process does.
    pub(super) fn drop_all(&self) {
        self.0.borrow_mut().clear();
    }
}

/// Connections that are shared by an arm; who finds none free waits, first come, first served.
pub(super) struct Pool {
    free: Arc<Semaphore>,
    idle: RefCell<Vec<Connection>>,
}

impl Pool {
    pub(super) fn new(size: u32) -> Self {
        Self { free: Arc::new(Semaphore::new(size as usize)), idle: RefCell::new(Vec::new()) }
    }
    /// How many connections it has yet to open, before there is load.
    fn missing(&self) -> usize {
        self.free.available_permits().saturating_sub(self.idle.borrow().len())
    }
    fn put(&self, connection: Connection) {
        self.idle.borrow_mut().push(connection);
    }
}

/// A connection in use.
pub(super) struct Lease {
    pub(super) connection: Connection,
    /// Between BEGIN and COMMIT.
    pub(super) in_transaction: bool,
    /// Its place in a pool; dropping it lets the next one in.
    place: Option<OwnedSemaphorePermit>,
}

/// What taking a connection cost.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Taken {
    /// Round trips that were awaited.
    pub(super) trips: u32,
    /// Of these, those that a store answered (not the handshake and the greeting).
    pub(super) answered: u32,
    /// How long a pool had none free.
    pub(super) waited: Nanos,
}

/// Takes a connection to a store, by the policy of the arm's workload.
pub(super) async fn take(arm: &ArmWorld, kept: &Kept, store: StoreId) -> Result<(Lease, Taken), Failure> {
    let path = arm.path(store);
    let (place, waited) = match &path.pool {
        Some(pool) => wait_for_place(arm, pool).await,
        None => (None, Nanos::ZERO),
    };
    let old = match path.connections.policy {
        ConnectionPolicy::PerJourney => None,
        ConnectionPolicy::Persistent => kept.take(store),
        ConnectionPolicy::Pool(_) => path.pool.as_ref().and_then(|pool| pool.idle.borrow_mut().pop()),
    };
    let (connection, trips, answered) = match old {
        Some(connection) => reuse(arm, store, connection).await?,
        None => open(arm, store).await?,
    };
    Ok((Lease { connection, in_transaction: false, place }, Taken { trips, answered, waited }))
}

async fn wait_for_place(arm: &ArmWorld, pool: &Pool) -> (Option<OwnedSemaphorePermit>, Nanos) {
    if let Ok(place) = Arc::clone(&pool.free).try_acquire_owned() {
        return (Some(place), Nanos::ZERO);
    }
    let start = arm.world.now();
    let place = Arc::clone(&pool.free).acquire_owned().await;
    (place.ok(), arm.world.now() - start)
}

/// Takes up a kept connection; one that turns out to be dead is replaced, as drivers do.
async fn reuse(arm: &ArmWorld, store: StoreId, mut old: Connection) -> Result<(Connection, u32, u32), Failure> {
    let path = arm.path(store);
    let how = path.connections.on_reuse;
    match old.reuse(how, path.relogin.get()).await {
        Ok(trips) => Ok((old, trips, trips)),
        Err(failure) if failure.broken && how != OnReuse::Nothing => open(arm, store).await,
        Err(failure) => Err(failure),
    }
}

/// Opens a connection: (itself, round trips, those of them that the store answered as an exchange).
///
/// The proxy accepts at once, while a kernel's connect takes one round trip. A protocol whose server
/// speaks first has waited that long with its greeting; for the other one it is waited here, so that
/// the handshake is not counted to the first call. (The proxy holds back what comes too early anyway.)
pub(super) async fn open(arm: &ArmWorld, store: StoreId) -> Result<(Connection, u32, u32), Failure> {
    let path = arm.path(store);
    let start = arm.world.now();
    let (connection, trips) = path.dial.connect().await?;
    let unanswered = match &connection {
        Connection::Mysql(_) => 2,
        Connection::Memcached(_) => {
            if path.rtt > Nanos::ZERO {
                arm.world.timer.sleep_until(start + path.rtt).await;
            }
            1
        }
    };
    Ok((connection, trips, trips.saturating_sub(unanswered)))
}

/// Gives a healthy connection back at the end of a journey.
pub(super) fn give_back(arm: &ArmWorld, kept: &Kept, store: StoreId, lease: Lease) {
    let path = arm.path(store);
    match (path.connections.policy, &path.pool) {
        (ConnectionPolicy::Persistent, _) => kept.put(store, lease.connection),
        (ConnectionPolicy::Pool(_), Some(pool)) => {
            pool.put(lease.connection);
            drop(lease.place);
        }
        _ => lease.connection.close(),
    }
}

/// Opens what a worker or a pool holds in steady state, before there is load.
///
/// A refusal is left to the first journey that needs the connection.
pub(super) async fn warm(arm: &Rc<ArmWorld>, kept: &[Rc<Kept>]) {
    for (index, path) in arm.paths.iter().enumerate() {
        let (Some(path), store) = (path, StoreId(index)) else { continue };
        match (path.connections.policy, &path.pool) {
            (ConnectionPolicy::Persistent, _) => open_all(arm, store, kept.len(), |n, c| kept[n].put(store, c)).await,
            (ConnectionPolicy::Pool(_), Some(pool)) => open_all(arm, store, pool.missing(), |_, c| pool.put(c)).await,
            _ => {}
        }
    }
}

/// Opens `count` connections, a few dozen at a time.
async fn open_all(arm: &Rc<ArmWorld>, store: StoreId, count: usize, mut put: impl FnMut(usize, Connection)) {
    const AT_ONCE: usize = 32;
    for chunk in (0..count).collect::<Vec<_>>().chunks(AT_ONCE) {
        let opened = chunk.iter().map(|n| {
            let arm = Rc::clone(arm);
            (*n, tokio::task::spawn_local(async move { open(&arm, store).await }))
        });
        for (n, task) in opened.collect::<Vec<_>>() {
            if let Ok(Ok((connection, ..))) = task.await {
                put(n, connection);
            }
        }
    }
}
