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
    /// The site; the same one if left out (workloads only, or a store that gets a `copy`).
    pub(crate) to: Opt<Leaf<Name>>,
    /// Workloads: the platform; the same one if left out.
    pub(crate) platform: Opt<Leaf<Name>>,
    /// http and queue workloads: how much of the whole is there after the move; all if left out.
    pub(crate) share: Opt<Leaf<Fraction>>,
    /// mysql: writes are refused this long around the switch; no time if left out.
    pub(crate) read_only: Opt<Leaf<Nanos>>,
    /// memcached: whether it starts empty; false, warmed beforehand, if left out.
    pub(crate) cold: Opt<Leaf<bool>>,
    /// memcached: how long until it is warm again; 30min if left out. A cache that started empty finds a key with `hit` × (1 − exp(−3 t / warm_up)) at time t: what is missing shrinks in proportion to itself, since every miss fills, and 95% of the rate is back after `warm_up`.
    pub(crate) warm_up: Opt<Leaf<Nanos>>,
    /// Stores, instead of `to`: a site that gets a copy, which workloads there use from now on until the store itself moves there. Of a mysql, a replica: queries outside of transactions go to it, except after a write of the same journey. Of a memcached, a second cache that starts empty and takes every request of that site: neither cache sees what is set and deleted in the other one. Own servers: `--mysql STORE@SITE=URL`, else the copy is the store itself, reached over the link within the site.
    pub(crate) copy: Opt<Leaf<Name>>,
    /// mysql with `copy`: how old what the replica shows may be; counted, not simulated in what is read. Nothing if left out.
    pub(crate) lag: Opt<Leaf<Nanos>>,
    /// mysql with `copy`: share of journeys that read from the store itself because their user wrote lately, drawn once a journey; none if left out.
    pub(crate) pinned: Opt<Leaf<Fraction>>,
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
