//! A scenario: what runs where, over which links, and in which order it moves.
//!
//! These are the domain types, valid by construction: every name is resolved to an index, every
//! quantity is in range, every pair of sites that a phase uses has a link. [`load`] is the only way
//! from a file to here (`wire` mirrors the file, `lower` checks and resolves); `render` is the only
//! way back. Not for: how a phase is performed (`plan`, `engine`).

#[cfg(test)]
#[path = "render_arbitrary.rs"]
pub(crate) mod arbitrary;
mod change;
pub mod error;
mod file;
mod journey;
mod lower;
mod network;
mod phases;
mod places;
mod random_time;
pub(crate) mod reading;
mod reference;
mod render;
mod schema;
mod store;
mod switch;
pub mod trips;
mod wire;
mod workload;

pub use change::*;
pub use error::LoadError;
pub use file::{FILE_BYTES_MAX, Loaded, load, parse};
pub use journey::*;
pub use network::*;
pub use phases::*;
pub use places::{Places, Spot};
pub use random_time::RandomTime;
pub use reference::reference;
pub use render::render;
pub use schema::{schedule_schema, schema};
pub use store::*;
pub use switch::*;
pub use workload::*;

use crate::seed::Seed;

/// Declares index newtypes into the vectors of a [`Scenario`].
macro_rules! ids {
    ($($(#[$about:meta])* $name:ident),* $(,)?) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub usize);
    )*};
}
ids! {
    /// Index into [`Scenario::sites`].
    SiteId,
    /// Index into [`Scenario::stores`].
    StoreId,
    /// Index into [`Scenario::platforms`].
    PlatformId,
    /// Index into [`Scenario::journeys`].
    JourneyId,
    /// Index into [`Scenario::workloads`].
    WorkloadId,
}

/// A whole scenario, valid by construction.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Short name; also the folder of its report.
    pub name: String,
    /// What it shows and where its numbers come from.
    pub about: String,
    /// Where every random choice starts.
    pub seed: Seed,
    /// Places, in file order.
    pub sites: Vec<Site>,
    /// The link of each unordered pair of sites (a site with itself included).
    pub links: Links,
    /// MySQL and Memcached servers.
    pub stores: Vec<Store>,
    /// How workloads run.
    pub platforms: Vec<Platform>,
    /// Call patterns.
    pub journeys: Vec<Journey>,
    /// Who performs journeys, and when.
    pub workloads: Vec<Workload>,
    /// Ordered lists of phases to compare.
    pub strategies: Vec<Strategy>,
    /// Named ways to do the same differently, off unless they are asked for.
    pub mitigations: Vec<Switch>,
    /// Round trips that the author expects, by journey.
    pub expect: Vec<(JourneyId, ExpectedTrips)>,
}
