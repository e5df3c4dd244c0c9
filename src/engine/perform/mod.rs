//! How a plan is performed, whatever the engine: who performs journeys and when, what a journey does next, what is recorded.
//!
//! All of it is written once, for a [`Host`] that gives it time, tasks and ways to the stores: `engine::live` on real
//! sockets, `engine::sim` in virtual time. It runs on one thread, so that nothing is locked and what it shares is in
//! cells. So the two engines differ in clock, wire and stores, and in nothing else. Not for: any of these three.

mod boots;
mod bout;
mod connections;
mod host;
mod join;
mod kept;
mod load;
mod order;
mod place;
mod record;
mod restart;
mod snapshot;
mod tally;
mod walk;
mod world;

pub(in crate::engine) use boots::Booted;
pub(in crate::engine) use bout::{Errand, Lanes, Ran};
pub(in crate::engine) use host::{Connection, Failure, Host, Opened, Reply, Seen, Task, Verb, Way};
pub(in crate::engine) use join::join_all;
pub(in crate::engine) use order::{Done, perform};
pub(in crate::engine) use place::{Lay, Place, build};
pub(in crate::engine) use snapshot::{Keys, Snapshot, clusters, keys, links};
pub(in crate::engine) use world::{ArmWorld, Path, World};
