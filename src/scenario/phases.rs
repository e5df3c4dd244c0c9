//! Strategies, their phases and moves, and what the author expects of journeys.

use super::{PlatformId, SiteId, StoreId, WorkloadId};
use crate::units::{Fraction, Nanos};

/// An ordered list of phases.
#[derive(Debug, Clone, PartialEq)]
pub struct Strategy {
    /// Its key in the file.
    pub name: String,
    /// What it is.
    pub about: String,
    /// In order.
    pub phases: Vec<Phase>,
}

/// A placement with a length, given as what changes at its start.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// What a reader should call it.
    pub name: String,
    /// How long it lasts.
    pub lasts: Nanos,
    /// What moves at its start.
    pub moves: Vec<Move>,
}

/// Something that moves at the start of a phase.
#[derive(Debug, Clone, PartialEq)]
pub enum Move {
    /// A workload, or a share of it.
    Workload(WorkloadMove),
    /// A store.
    Store(StoreMove),
    /// A store stays, and gets a copy elsewhere.
    Copy(CopyMove),
}

/// A workload's move.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkloadMove {
    /// Which.
    pub workload: WorkloadId,
    /// Where to; `None` stays where it is.
    pub to: Option<SiteId>,
    /// Which platform; `None` keeps it.
    pub platform: Option<PlatformId>,
    /// How much of the whole workload is there after the move; the rest stays at the placement it had before its first share moved.
    pub share: Fraction,
}

/// A store's move.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreMove {
    /// Which.
    pub store: StoreId,
    /// Where to.
    pub to: SiteId,
    /// Writes are refused this long around the switch (MySQL); zero for none.
    pub read_only: Nanos,
    /// It starts empty (Memcached).
    pub cold: bool,
    /// How long until a cold cache is warm again.
    pub warm_up: Nanos,
}

/// A store gets a copy at another site: a MySQL a read replica, a Memcached a second cache (the cache is split).
///
/// Arms at that site use it, until the store itself moves there. A replica serves queries outside of transactions, except
/// in a journey after its first write to the store (it reads what it wrote) and in pinned journeys; a second cache
/// serves every request.
#[derive(Debug, Clone, PartialEq)]
pub struct CopyMove {
    /// Of which store.
    pub of: StoreId,
    /// The copy, whose site is where it is.
    pub copy: StoreId,
    /// MySQL: how old what it shows may be.
    pub lag: Nanos,
    /// MySQL: share of journeys that read from the store itself, because their user wrote lately.
    pub pinned: Fraction,
    /// Memcached: how long until it is warm; it starts empty.
    pub warm_up: Nanos,
}

/// Round trips of a journey on its typical path: repeats at their median, `get`s found when `hit` ≥ 50 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExpectedTrips {
    /// For opening connections with the policy of the workload that uses the journey; `None` is not checked.
    pub connect: Option<u32>,
    /// For calls, parallel ones each counted.
    pub calls: Option<u32>,
    /// For calls, the longest chain (parallel ones counted once).
    pub sequential: Option<u32>,
}
