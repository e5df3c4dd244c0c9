//! Servers that hold data, and platforms that workloads run on.

use super::SiteId;
use crate::units::{Bytes, Fraction, Nanos};

/// A server that holds data.
#[derive(Debug, Clone, PartialEq)]
pub struct Store {
    /// Its key in the file.
    pub name: String,
    /// Which protocol it speaks, with the settings of that kind.
    pub kind: StoreKind,
    /// Where it is before any move.
    pub site: SiteId,
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
    /// Time of any command, without network.
    pub service: ServiceTime,
    /// Bound of what it holds; the least recently used go first.
    pub memory: Bytes,
}

/// How long a store works on one call.
pub type ServiceTime = Nanos;

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
}
