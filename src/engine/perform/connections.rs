//! How long connections are kept: for a journey, by a worker, in a pool.
//!
//! A [`Lease`] is a connection in use; giving it back, or dropping it, frees its place in a pool. Not
//! for: how a connection is made (`Way`), where one is kept (`kept`).

use std::pin::Pin;
use std::rc::Rc;

use tokio::sync::OwnedSemaphorePermit;

use super::host::{Connection, Failure, Host, Opened, Way};
use super::join::join_all;
use super::kept::{Kept, Pool};
use super::world::{ArmWorld, Path};
use crate::scenario::{ConnectionPolicy, OnReuse, StoreId};
use crate::units::Nanos;

/// A connection in use.
pub(super) struct Lease<H: Host> {
    pub(super) connection: H::Connection,
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
pub(super) async fn take<H: Host>(
    arm: &ArmWorld<H>,
    kept: &Kept<H>,
    store: StoreId,
) -> Result<(Lease<H>, Taken), Failure> {
    let path = arm.path(store);
    let (place, waited) = match &path.pool {
        Some(pool) => wait_for_place(arm, pool).await,
        None => (None, Nanos::ZERO),
    };
    let old = match path.connections.policy {
        ConnectionPolicy::PerJourney => None,
        ConnectionPolicy::Persistent => kept.take(store),
        ConnectionPolicy::Pool(_) => path.pool.as_ref().and_then(|pool| pool.take()),
    };
    let Opened { connection, trips, answered } = match old {
        Some(connection) => reuse(path, connection).await?,
        None => path.way.connect().await?,
    };
    Ok((Lease { connection, in_transaction: false, place }, Taken { trips, answered, waited }))
}

async fn wait_for_place<H: Host>(arm: &ArmWorld<H>, pool: &Pool<H>) -> (Option<OwnedSemaphorePermit>, Nanos) {
    if let Ok(place) = pool.places().try_acquire_owned() {
        return (Some(place), Nanos::ZERO);
    }
    let start = arm.world.now();
    let place = pool.places().acquire_owned().await;
    (place.ok(), arm.world.now() - start)
}

/// Takes up a kept connection; one that turns out to be dead is replaced, as drivers do.
async fn reuse<H: Host>(path: &Path<H>, mut old: H::Connection) -> Result<Opened<H::Connection>, Failure> {
    let how = path.connections.on_reuse;
    match old.reuse(how, path.relogin.get()).await {
        Ok(trips) => Ok(Opened { connection: old, trips, answered: trips }),
        Err(failure) if failure.broken && how != OnReuse::Nothing => path.way.connect().await,
        Err(failure) => Err(failure),
    }
}

/// Gives a healthy connection back at the end of a journey.
pub(super) fn give_back<H: Host>(arm: &ArmWorld<H>, kept: &Kept<H>, store: StoreId, lease: Lease<H>) {
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

/// Opens what workers and pools hold in steady state, before there is load: of each worker as many
/// connections as its widest journey takes, by store.
///
/// A refusal is left to the first journey that needs the connection.
pub(super) async fn warm<H: Host>(arm: &ArmWorld<H>, kept: &[Rc<Kept<H>>], width: &[usize]) {
    for (index, path) in arm.paths.iter().enumerate() {
        let (Some(path), store) = (path, StoreId(index)) else { continue };
        match (path.connections.policy, &path.pool) {
            (ConnectionPolicy::Persistent, _) => {
                let count = kept.len() * width[index];
                open_all(path, count, |n, connection| kept[n % kept.len()].put(store, connection)).await;
            }
            (ConnectionPolicy::Pool(_), Some(pool)) => {
                open_all(path, pool.missing(), |_, connection| pool.put(connection)).await;
            }
            _ => {}
        }
    }
}

/// Opens `count` connections, a few dozen at a time.
async fn open_all<H: Host>(path: &Path<H>, count: usize, mut put: impl FnMut(usize, H::Connection)) {
    const AT_ONCE: usize = 32;
    for first in (0..count).step_by(AT_ONCE) {
        let numbers = first..count.min(first + AT_ONCE);
        let opening = numbers.clone().map(|_| Box::pin(path.way.connect()) as Pin<Box<dyn Future<Output = _> + '_>>);
        for (number, opened) in numbers.clone().zip(join_all(opening.collect()).await) {
            if let Ok(Opened { connection, .. }) = opened {
                put(number, connection);
            }
        }
    }
}
