//! From phases to placements.
//!
//! A strategy is a list of moves; here each phase becomes the placement that results from all moves
//! so far. Phases whose placements are the same for every workload (same platform, share and links
//! to every store, whatever the sites are called) share one measurement. Pure. Not for: when
//! journeys arrive (`plan`), what a phase costs (`analysis`).

mod copies;
mod distinct;
mod expand;
pub mod exposed;
mod named;
pub mod vary;

pub use copies::{CopyUse, copy_of, targets};
pub use distinct::{Distinct, PhaseRef, distinct};
pub use expand::{WARM_UP, expand, stores_called};

use crate::scenario::{Link, PlatformId, SiteId, StoreId, WorkloadId};
use crate::units::{Fraction, Nanos};

/// Where everything is during one phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// The arms, workloads in file order, the part that has not moved first.
    pub arms: Vec<Arm>,
    /// The site of each store, by [`StoreId`].
    pub stores: Vec<SiteId>,
    /// Steady, or a short state at the start of the phase.
    pub condition: Condition,
}

/// A part of a workload at one placement.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// Of which workload.
    pub workload: WorkloadId,
    /// Where it runs.
    pub site: SiteId,
    /// How it runs.
    pub platform: PlatformId,
    /// How much of the workload it is; the arms of a workload add up to one.
    pub share: Fraction,
    /// The link to each store, by [`StoreId`]; `None` for a store that the arm never calls.
    pub links: Vec<Option<Link>>,
    /// The copies that it uses instead of stores elsewhere.
    pub copies: Vec<CopyUse>,
}

/// The state that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Condition {
    /// The phase as it is for most of its length.
    Steady,
    /// Writes to this store are refused.
    ReadOnly(StoreId),
    /// This cache starts empty, and takes this long until it is warm.
    Cold(StoreId, Nanos),
    /// The instances of this platform restart, wave after wave.
    Restarting(PlatformId),
    /// A quarter of the day, the quietest is 0, where arrivals have a daily shape.
    Quarter(u8),
}

/// One phase with its placement.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedPhase {
    /// The phase's name.
    pub name: String,
    /// How long it lasts.
    pub lasts: Nanos,
    /// What moved, in words.
    pub moves: Vec<String>,
    /// Its steady state.
    pub placement: Placement,
    /// Short states, with their length: those at its start in the order of the moves, then what recurs (a platform
    /// restarts), with the length that is expected of one.
    pub events: Vec<(Placement, Nanos)>,
}
