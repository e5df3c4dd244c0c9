//! Servers that hold data, and platforms that workloads run on.

use super::{RandomTime, Request, SiteId, StoreId};
use crate::units::{Bytes, Fraction, Nanos};

/// A server that holds data.
#[derive(Debug, Clone, PartialEq)]
pub struct Store {
    /// Its key in the file.
    pub name: String,
    /// Which protocol it speaks, with the settings of that kind.
    pub kind: StoreKind,
    /// Where it is before any move; of a copy, for good.
    pub site: SiteId,
    /// The store of which it is a copy; it is called only in phases in which a [`CopyMove`](super::CopyMove) made it.
    /// Its name is `store@site`. Copies follow all other stores.
    pub copy_of: Option<StoreId>,
}

impl Store {
    /// Its time for a request, the step's own where it has one.
    pub fn service(&self, request: &Request) -> ServiceTime {
        match (&self.kind, request) {
            (StoreKind::Mysql(mysql), Request::Write(_)) => request.service().unwrap_or(mysql.write),
            // The loader lets no request of a Memcached pass here.
            (StoreKind::Mysql(mysql), _) => request.service().unwrap_or(mysql.read),
            (StoreKind::Memcached(memcached), _) => memcached.service,
        }
    }
    /// Its time for a commit.
    pub fn commit(&self) -> ServiceTime {
        match &self.kind {
            StoreKind::Mysql(mysql) => mysql.commit,
            StoreKind::Memcached(memcached) => memcached.service,
        }
    }
    /// Calls that it works on at once; `None` is as many as there are.
    pub const fn concurrency(&self) -> Option<u32> {
        match &self.kind {
            StoreKind::Mysql(mysql) => mysql.concurrency,
            StoreKind::Memcached(memcached) => memcached.concurrency,
        }
    }
}

/// The two kinds of store.
#[derive(Debug, Clone, PartialEq)]
pub enum StoreKind {
    /// MySQL or MariaDB.
    Mysql(MysqlStore),
    /// Memcached.
    Memcached(MemcachedStore),
}

/// Settings of a MySQL store.
#[derive(Debug, Clone, PartialEq)]
pub struct MysqlStore {
    /// Refuses more connections than this (error 1040).
    pub max_connections: u32,
    /// Calls worked on at once, the others wait first come first served; `None` is as many as there are.
    pub concurrency: Option<u32>,
    /// Time of a read, without network.
    pub read: ServiceTime,
    /// Time of a write.
    pub write: ServiceTime,
    /// Time of a commit (log flush).
    pub commit: ServiceTime,
}

/// Settings of a Memcached store.
#[derive(Debug, Clone, PartialEq)]
pub struct MemcachedStore {
    /// Refuses more connections than this.
    pub max_connections: u32,
    /// Commands worked on at once, the others wait first come first served; `None` is as many as there are.
    pub concurrency: Option<u32>,
    /// Time of any command, without network.
    pub service: ServiceTime,
    /// Bound of what it holds; the least recently used go first.
    pub memory: Bytes,
}

/// How long a store works on one call.
pub type ServiceTime = RandomTime;

/// How a workload runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Platform {
    /// Its key in the file.
    pub name: String,
    /// Added to every journey (sidecar hops, proxies).
    pub overhead: Nanos,
    /// When all instances are restarted.
    pub restart: Option<Restart>,
}

/// A regular restart of all instances.
#[derive(Debug, Clone, PartialEq)]
pub struct Restart {
    /// From one to the next.
    pub every: Nanos,
    /// Share that restarts at once.
    pub rolling: Fraction,
    /// How long those that restart may go on with what they do; then they are killed.
    pub grace: Nanos,
    /// What a start takes beside the platform's start-up workload (image, processes, warm-up); `None` if nobody says.
    pub boot: Option<Nanos>,
}

impl Restart {
    /// How many waves it takes: each restarts the same part, at most [`Restart::rolling`].
    pub fn waves(&self) -> u32 {
        // Decimal fractions are not exact: a crumb above a whole number is none.
        ((1.0 / self.rolling.0 - 1e-9).ceil() as u32).max(1)
    }
}
