//! Links, stores and platforms, as the file writes them.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::Named;
use super::leaf::{At, Leaf, Name, Opt, Short, Written, words};
use super::time::{TimeLognormal, TimeShape};
use crate::scenario::Congestion;
use crate::units::{Bandwidth, Bytes, Fraction, Nanos};

/// What lies between two sites, or within one.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "link", extend(
    "required" = ["rtt"],
    "oneOf" = [{ "required": ["within"] }, { "required": ["between"] }]
))]
pub(crate) struct Link {
    /// A site, or `any` for all sites that have no `within` of their own: the link inside it.
    pub(crate) within: Opt<Leaf<Name>>,
    /// Two sites: the link between them, in either direction.
    pub(crate) between: Opt<At<Vec<Leaf<Name>>>>,
    /// Round-trip time, there and back, without jitter and queueing.
    pub(crate) rtt: Opt<Leaf<Nanos>>,
    /// Time added to each crossing, one way; a distribution.
    pub(crate) jitter: Opt<At<Short<NoJitter, JitterShape>>>,
    /// Probability that a packet is lost, each way; nothing if left out.
    pub(crate) loss: Opt<Leaf<Fraction>>,
    /// Shared by all connections, each way on its own; unlimited if left out.
    pub(crate) bandwidth: Opt<Leaf<Bandwidth>>,
    /// Congestion control of the senders: `cubic` (which restarts slowly after a pause) if left out.
    pub(crate) congestion: Opt<Leaf<Congestion>>,
}

words! {
    Congestion, "`cubic` or `bbr`": { "cubic" = Congestion::Cubic, "bbr" = Congestion::Bbr }
}

/// The word `none`; a duration alone would not say which distribution is meant.
#[derive(Debug, Clone)]
pub(crate) struct NoJitter;

impl Written for NoJitter {
    const WHAT: &'static str = "a distribution such as `{ lognormal: { sd: 0.5ms } }`";
    fn read(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self);
        }
        let text = super::leaf::shorten(text);
        Err(format!(
            "jitter is a distribution, `{text}` alone does not say which: write for example `{{ uniform: 1ms }}` or \
             `{{ lognormal: {{ sd: 0.5ms }} }}`"
        ))
    }
    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        Some(json_schema!({ "const": "none" }))
    }
}

/// A distribution of added one-way time.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "jitter")]
pub(crate) enum JitterShape {
    /// Always this much more.
    Constant(Leaf<Nanos>),
    /// Evenly between zero and this.
    Uniform(Leaf<Nanos>),
    /// Normal around zero, its negative half cut to zero.
    Normal(NormalJitter),
    /// Lognormal, given by mean and standard deviation of the added time.
    Lognormal(LognormalJitter),
    /// Pareto that starts at zero (Lomax): `scale × (U^(-1/shape) − 1)`.
    Pareto(ParetoJitter),
    /// Linear between percentiles, such as `{ p50: 0.1ms, p99: 2ms, p99.9: 9ms }`.
    Percentiles(Named<Leaf<Nanos>>),
}

/// Normal jitter.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "normal-jitter", extend("required" = ["sd"]))]
pub(crate) struct NormalJitter {
    /// Standard deviation.
    pub(crate) sd: Opt<Leaf<Nanos>>,
}

/// Lognormal jitter.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "lognormal-jitter", extend("required" = ["sd"]))]
pub(crate) struct LognormalJitter {
    /// Mean of the added time; equal to `sd` if left out.
    pub(crate) mean: Opt<Leaf<Nanos>>,
    /// Standard deviation of the added time.
    pub(crate) sd: Opt<Leaf<Nanos>>,
}

/// Pareto jitter.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "pareto-jitter", extend("required" = ["scale", "shape"]))]
pub(crate) struct ParetoJitter {
    /// Scale of the added time.
    pub(crate) scale: Opt<Leaf<Nanos>>,
    /// Shape, above 1; the smaller, the heavier the tail.
    pub(crate) shape: Opt<Leaf<f64>>,
}

/// A server that holds data.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "store", extend("required" = ["kind"]))]
pub(crate) struct Store {
    /// The protocol that it speaks: `mysql` or `memcached`.
    pub(crate) kind: Opt<Leaf<StoreWord>>,
    /// Where it is before any move; may be left out if there is one site only.
    pub(crate) site: Opt<Leaf<Name>>,
    /// More connections than this are refused; 151 (mysql) or 1024 (memcached) if left out.
    pub(crate) max_connections: Opt<Leaf<u64>>,
    /// Calls that it works on at once, the others wait first come first served; as many as there are if left out. Stand-ins and the simulator keep to it; spawned servers and your own are what they are.
    pub(crate) concurrency: Opt<Leaf<u64>>,
    /// Time that it works on one call, without network; nothing if left out. One duration or distribution, or (mysql) one each for read, write and commit. A distribution of a memcached is drawn by the stand-in for itself, so a live run and a simulation meet the same distribution, but not the same times; the times of a mysql are the same in both.
    pub(crate) service: Opt<At<Short<Nanos, Service>>>,
    /// Bound of what a memcached holds, the least recently used go first; 64MiB if left out.
    pub(crate) memory: Opt<Leaf<Bytes>>,
}

/// The two kinds of store, as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreWord {
    Mysql,
    Memcached,
}

words! {
    StoreWord, "`mysql` or `memcached`": { "mysql" = StoreWord::Mysql, "memcached" = StoreWord::Memcached }
}

/// How long a store works on a call: a distribution, or (mysql) times by what the call does.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "service")]
pub(crate) struct Service {
    /// Exponential with this mean.
    pub(crate) exponential: Opt<Leaf<Nanos>>,
    /// Lognormal, given by its median and 99th percentile.
    pub(crate) lognormal: Opt<At<TimeLognormal>>,
    /// mysql: time of a read; nothing if left out.
    pub(crate) read: Opt<At<Short<Nanos, TimeShape>>>,
    /// mysql: time of a write; nothing if left out.
    pub(crate) write: Opt<At<Short<Nanos, TimeShape>>>,
    /// mysql: time of a commit (log flush); nothing if left out.
    pub(crate) commit: Opt<At<Short<Nanos, TimeShape>>>,
}

/// How a workload runs.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "platform")]
pub(crate) struct Platform {
    /// Added to every journey (sidecars, proxies); nothing if left out.
    pub(crate) overhead: Opt<Leaf<Nanos>>,
    /// A regular restart of all instances; none if left out.
    pub(crate) restart: Opt<At<Restart>>,
}

/// A regular restart of all instances.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "restart", extend("required" = ["every"]))]
pub(crate) struct Restart {
    /// From one to the next.
    pub(crate) every: Opt<Leaf<Nanos>>,
    /// Share that restarts at once; all if left out.
    pub(crate) rolling: Opt<Leaf<Fraction>>,
    /// How long those that restart may go on with what they do before they are killed; 30 s, as on Kubernetes, if left out.
    pub(crate) grace: Opt<Leaf<Nanos>>,
    /// What a start takes beside the start-up workload on the platform. Left out: nothing where there is one, else 10 s.
    pub(crate) boot: Opt<Leaf<Nanos>>,
}
