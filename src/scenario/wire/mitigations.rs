//! Mitigations, as the file writes them: named one-key maps such as `batched: { batch: item-page }`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::change::LinkChange;
use super::leaf::{At, Leaf, Name, Opt, Short, Written, shorten};
use crate::scenario::{OnReuse, StepPath};
use crate::units::{Fraction, Nanos};

/// A mitigation and its place.
pub(crate) type Entry = At<Short<NoMitigation, Mitigation>>;

/// No mitigation is a single word.
#[derive(Debug, Clone)]
pub(crate) struct NoMitigation;

impl Written for NoMitigation {
    const WHAT: &'static str = "a mitigation such as `{ batch: item-page }`";
    fn read(text: &str) -> Result<Self, String> {
        Err(format!("`{}` alone is no mitigation: write for example `{{ batch: item-page }}`", shorten(text)))
    }
    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        None
    }
}

/// A rewrite that leaves what a scenario means and changes how it is done.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "mitigation")]
pub(crate) enum Mitigation {
    /// The calls of a repeat become one request (one query for all rows, one get for all keys): a journey, or one repeat of it.
    Batch(At<Short<Name, OfSteps>>),
    /// Reads that follow each other are sent at once, on connections of their own: a journey, or one row of reads in it.
    Parallel(At<Short<Name, Parallel>>),
    /// Connections are kept, one a worker: a workload.
    Persistent(At<Short<Name, Persistent>>),
    /// Connections are kept, so many for an arm of a workload; journeys wait for a free one.
    Pool(At<Pool>),
    /// A proxy beside the application keeps the connections (written as kept ones: what connecting to it costs is not counted): a workload.
    Proxy(Leaf<Name>),
    /// Statements that are prepared on the server each time are sent as text instead: a journey.
    EmulatePrepare(Leaf<Name>),
    /// Processes keep what they read from a store, so that a share of the reads needs no call.
    LocalCache(At<LocalCache>),
    /// A copy of a mysql beside readers that are away from it, as `copy` makes it in a phase.
    LocalReplica(At<Short<Name, LocalReplica>>),
    /// A transaction becomes one statement that commits itself (the write alone, or a stored procedure): a journey, or one transaction of it.
    SingleStatement(At<Short<Name, OfSteps>>),
    /// More workers (http), consumers (queue) or items at once (cron).
    Workers(At<Workers>),
    /// What instances fetch before they are ready is fetched when it is first used.
    OnDemand(At<OnDemand>),
    /// Instances of a startup workload start one after the other.
    Stagger(At<Stagger>),
    /// A platform restarts its instances in smaller parts, one after the other.
    RollingRestart(At<RollingRestart>),
    /// A cache that moves is filled before it serves, in place of `cold: true`: a memcached store.
    Warm(Leaf<Name>),
    /// A workload stays where it is until the phase in which the last of its stores moves: a workload.
    LeaveBehind(Leaf<Name>),
    /// A link is another one: nearer, wider, or less lossy.
    Link(Box<At<Link>>),
}

/// A journey, and where in it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "of-steps", extend("required" = ["journey"]))]
pub(crate) struct OfSteps {
    /// The journey.
    pub(crate) journey: Opt<Leaf<Name>>,
    /// Which step, as `longhaul advise FILE --list` numbers them (`4`, or `4.1` for one inside); all that can be if left out.
    pub(crate) step: Opt<Leaf<StepPath>>,
}

/// A journey, where in it, and how wide.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "parallel-reads", extend("required" = ["journey"]))]
pub(crate) struct Parallel {
    /// The journey.
    pub(crate) journey: Opt<Leaf<Name>>,
    /// The first read of the row, as `longhaul advise FILE --list` numbers steps; all rows if left out.
    pub(crate) step: Opt<Leaf<StepPath>>,
    /// At most so many at once; 8 if left out.
    pub(crate) branches: Opt<Leaf<u64>>,
}

/// A workload, and how its driver keeps connections.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "persistent", extend("required" = ["workload"]))]
pub(crate) struct Persistent {
    /// The workload.
    pub(crate) workload: Opt<Leaf<Name>>,
    /// MySQL: what the driver sends when it takes up a kept connection: `nothing` if left out, `ping`, `reset` or `relogin`.
    pub(crate) on_reuse: Opt<Leaf<OnReuse>>,
}

/// A workload and its pool.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "pool", extend("required" = ["workload", "size"]))]
pub(crate) struct Pool {
    /// The workload.
    pub(crate) workload: Opt<Leaf<Name>>,
    /// Connections for the whole arm, to each kind of store.
    pub(crate) size: Opt<Leaf<u64>>,
    /// MySQL: what the driver sends when it takes up a kept connection: `nothing` if left out, `ping`, `reset` or `relogin`.
    pub(crate) on_reuse: Opt<Leaf<OnReuse>>,
}

/// A store whose values processes keep.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "local-cache", extend("required" = ["store", "hit"]))]
pub(crate) struct LocalCache {
    /// The store that is asked less often.
    pub(crate) store: Opt<Leaf<Name>>,
    /// Only in this journey; in all if left out.
    pub(crate) journey: Opt<Leaf<Name>>,
    /// Share of values that a process has already, warm.
    pub(crate) hit: Opt<Leaf<Fraction>>,
}

/// A store that gets a copy beside its readers.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "local-replica", extend("required" = ["store"]))]
pub(crate) struct LocalReplica {
    /// The store.
    pub(crate) store: Opt<Leaf<Name>>,
    /// How old what the copy shows may be; 500ms if left out.
    pub(crate) lag: Opt<Leaf<Nanos>>,
    /// Share of journeys that read from the store itself, because their user wrote lately; 5% if left out.
    pub(crate) pinned: Opt<Leaf<Fraction>>,
}

/// A workload that does more at once.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "more-workers", extend("required" = ["workload", "factor"]))]
pub(crate) struct Workers {
    /// The workload: http, queue or cron.
    pub(crate) workload: Opt<Leaf<Name>>,
    /// So many times as many.
    pub(crate) factor: Opt<Leaf<u64>>,
}

/// What starts, and where its data is used.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "on-demand", extend("required" = ["startup", "journey"]))]
pub(crate) struct OnDemand {
    /// The startup workload.
    pub(crate) startup: Opt<Leaf<Name>>,
    /// The journey in which the data is used first, of an http or queue workload.
    pub(crate) journey: Opt<Leaf<Name>>,
}

/// A startup workload, and how long its starts take.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "stagger", extend("required" = ["workload", "over"]))]
pub(crate) struct Stagger {
    /// The startup workload.
    pub(crate) workload: Opt<Leaf<Name>>,
    /// Starts are spread evenly over this.
    pub(crate) over: Opt<Leaf<Nanos>>,
}

/// A platform, and how much of it restarts at once.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "rolling-restart", extend("required" = ["platform", "rolling"]))]
pub(crate) struct RollingRestart {
    /// The platform, which has a `restart`.
    pub(crate) platform: Opt<Leaf<Name>>,
    /// Share that restarts at once, less than now.
    pub(crate) rolling: Opt<Leaf<Fraction>>,
}

/// A link, and what becomes of it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "other-link", extend("required" = ["between", "to"]))]
pub(crate) struct Link {
    /// Two sites; the same one twice for the link within it.
    pub(crate) between: Opt<At<Vec<Leaf<Name>>>>,
    /// What becomes of the link; a key that is left out stays as it is.
    pub(crate) to: Opt<At<LinkChange>>,
}

impl Written for StepPath {
    const WHAT: &'static str = "a step such as `4` or `4.1`";
    fn read(text: &str) -> Result<Self, String> {
        let refusal = |()| format!("`{}` is no step: write for example `4`, or `4.1` for a step inside", shorten(text));
        text.parse().map_err(refusal)
    }
    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        let text = json_schema!({ "type": "string", "pattern": "^[1-9][0-9]*(\\.[1-9][0-9]*)*$" });
        Some(json_schema!({ "oneOf": [text, { "type": "number", "exclusiveMinimum": 0 }] }))
    }
}
