//! Strategies, phases, moves and expectations, as the file writes them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Named;
use super::leaf::{At, Leaf, Name, Opt, Short, Text};
use crate::units::{Fraction, Nanos};

/// An ordered list of phases.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "strategy", extend("required" = ["phases"]))]
pub(crate) struct Strategy {
    /// What it is.
    pub(crate) about: Opt<Leaf<Text>>,
    /// In order.
    pub(crate) phases: Opt<Vec<At<Phase>>>,
}

/// A placement with a length, given as what changes at its start.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "phase", extend("required" = ["name", "lasts"]))]
pub(crate) struct Phase {
    /// What a reader should call it.
    pub(crate) name: Opt<Leaf<Text>>,
    /// How long it lasts.
    pub(crate) lasts: Opt<Leaf<Nanos>>,
    /// What moves at its start: a workload or store, and to which site.
    pub(crate) r#move: Opt<Named<At<Short<Name, Move>>>>,
}

/// Where something goes.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "move")]
pub(crate) struct Move {
    /// The site; the same one if left out (workloads only).
    pub(crate) to: Opt<Leaf<Name>>,
    /// Workloads: the platform; the same one if left out.
    pub(crate) platform: Opt<Leaf<Name>>,
    /// http and queue workloads: how much of the whole is there after the move; all if left out.
    pub(crate) share: Opt<Leaf<Fraction>>,
    /// mysql: writes are refused this long around the switch; no time if left out.
    pub(crate) read_only: Opt<Leaf<Nanos>>,
    /// memcached: whether it starts empty; false, warmed beforehand, if left out.
    pub(crate) cold: Opt<Leaf<bool>>,
    /// memcached: how long until it is warm again; 30min if left out.
    pub(crate) warm_up: Opt<Leaf<Nanos>>,
}

/// What the author expects; loading counts and refuses what differs.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "expect")]
pub(crate) struct Expect {
    /// Typical round trips by journey: repeats at their median, gets found when `hit` is 50% or more.
    pub(crate) round_trips: Opt<Named<RoundTrips>>,
}

/// Round trips of a journey.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "round-trips")]
pub(crate) struct RoundTrips {
    /// For connections, with the policies of the workloads that perform it.
    pub(crate) connect: Opt<Leaf<u64>>,
    /// For calls, parallel ones each counted.
    pub(crate) calls: Opt<Leaf<u64>>,
    /// For calls, the longest chain: parallel ones count once.
    pub(crate) sequential: Opt<Leaf<u64>>,
}
