//! Workloads, as the file writes them.
//!
//! One type has the keys of all four kinds, since a kind is a key like others; [`KEYS`] says which
//! belong to which.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Named;
use super::leaf::{At, Leaf, Name, Opt, Short, Text, words};
use crate::scenario::{OnReuse, Overlap, Pacing};
use crate::units::{Fraction, Nanos, Rate};

/// The kinds of workload, as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KindWord {
    Http,
    Queue,
    Cron,
    Startup,
}

words! {
    KindWord, "`http`, `queue`, `cron` or `startup`": {
        "http" = KindWord::Http, "queue" = KindWord::Queue, "cron" = KindWord::Cron, "startup" = KindWord::Startup,
    }
    Pacing, "`poisson` or `constant`": { "poisson" = Pacing::Poisson, "constant" = Pacing::Constant }
    Overlap, "`allow`, `forbid` or `replace`": {
        "allow" = Overlap::Allow, "forbid" = Overlap::Forbid, "replace" = Overlap::Replace,
    }
    OnReuse, "`nothing`, `ping`, `reset` or `relogin`": {
        "nothing" = OnReuse::Nothing, "ping" = OnReuse::Ping, "reset" = OnReuse::Reset, "relogin" = OnReuse::Relogin,
    }
}

/// Who performs journeys, and when. Which keys belong depends on `kind`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "workload", extend("required" = ["kind"]), transform = crate::scenario::schema::keys_by_kind)]
pub(crate) struct Workload {
    /// `http`: open arrivals, limited workers. `queue`: jobs for consumers. `cron`: jobs on a schedule. `startup`: instances that boot.
    pub(crate) kind: Opt<Leaf<KindWord>>,
    /// What a reader should know of it.
    pub(crate) about: Opt<Leaf<Text>>,
    /// Where it runs before any move; may be left out if there is one site only.
    pub(crate) site: Opt<Leaf<Name>>,
    /// How it runs before any move; the first platform if left out.
    pub(crate) platform: Opt<Leaf<Name>>,
    /// What becomes of connections to stores: `per-journey` (opened at the first call, closed at the end, as `mod_php` does) if left out, `persistent`, `{ pool: 20 }`, or one each for `mysql` and `memcached`.
    pub(crate) connections: Opt<At<Short<KeepWord, Connections>>>,
    /// What it must hold; every limit is optional.
    pub(crate) objective: Opt<At<Objective>>,
    /// The one journey that it performs.
    pub(crate) journey: Opt<Leaf<Name>>,
    /// http, queue: the journeys that it performs, each with its weight.
    pub(crate) journeys: Opt<At<Named<Leaf<f64>>>>,
    /// http: requests a second.
    pub(crate) rate: Opt<Leaf<Rate>>,
    /// queue: jobs a second.
    pub(crate) arrivals: Opt<Leaf<Rate>>,
    /// http, queue: `poisson` (independent of each other) if left out, or `constant`.
    pub(crate) pacing: Opt<Leaf<Pacing>>,
    /// http, queue: how the rate changes; `flat` if left out.
    pub(crate) shape: Opt<At<Short<Flat, ArrivalShape>>>,
    /// http: requests performed at once; 256 if left out.
    pub(crate) workers: Opt<Leaf<u64>>,
    /// http: requests that may wait for a worker, more are refused; 511 if left out.
    pub(crate) backlog: Opt<Leaf<u64>>,
    /// http: the caller gives up after this long, the worker goes on; never if left out.
    pub(crate) timeout: Opt<Leaf<Nanos>>,
    /// http: how often the caller asks again after a time-out, an error or a refusal; 0 if left out.
    pub(crate) retries: Opt<Leaf<u64>>,
    /// queue: jobs performed at once.
    pub(crate) consumers: Opt<Leaf<u64>>,
    /// queue: a worker is killed after this long; never if left out.
    pub(crate) job_timeout: Opt<Leaf<Nanos>>,
    /// queue: a job not done after this long is handed out again, and runs twice; never if left out.
    pub(crate) redeliver_after: Opt<Leaf<Nanos>>,
    /// queue: several named queues; what one leaves out is taken from the workload.
    pub(crate) queues: Opt<At<Named<Queue>>>,
    /// cron: from one start to the next.
    pub(crate) every: Opt<Leaf<Nanos>>,
    /// cron: items of a run; the journey is performed for each.
    pub(crate) items: Opt<Leaf<u64>>,
    /// cron: items worked on at once; 1 if left out.
    pub(crate) parallel: Opt<Leaf<u64>>,
    /// cron: when a run is still going at the next start: `allow` (both run) if left out, `forbid` (the new one is skipped) or `replace` (the old one is killed).
    pub(crate) overlap: Opt<Leaf<Overlap>>,
    /// cron, with `overlap: forbid`: the guard is a lock with this time to live (as in Memcached), so a run that outlasts it no longer keeps the next one from starting; as long as the run if left out.
    pub(crate) lock: Opt<Leaf<Nanos>>,
    /// cron: a run should be done within this.
    pub(crate) deadline: Opt<Leaf<Nanos>>,
    /// cron: several named jobs; what one leaves out is taken from the workload.
    pub(crate) jobs: Opt<At<Named<Job>>>,
    /// startup: how many boot.
    pub(crate) instances: Opt<Leaf<u64>>,
    /// startup: starts are spread evenly over this; all at once if left out.
    pub(crate) stagger: Opt<Leaf<Nanos>>,
}

/// Keys that belong to some kinds only, with those kinds.
pub(crate) const KEYS: &[(&str, &[&str])] = &[
    ("journey", &["http", "queue", "cron", "startup"]),
    ("journeys", &["http", "queue"]),
    ("rate", &["http"]),
    ("arrivals", &["queue"]),
    ("pacing", &["http", "queue"]),
    ("shape", &["http", "queue"]),
    ("workers", &["http"]),
    ("backlog", &["http"]),
    ("timeout", &["http"]),
    ("retries", &["http"]),
    ("consumers", &["queue"]),
    ("job_timeout", &["queue"]),
    ("redeliver_after", &["queue"]),
    ("queues", &["queue"]),
    ("every", &["cron"]),
    ("items", &["cron"]),
    ("parallel", &["cron"]),
    ("overlap", &["cron"]),
    ("lock", &["cron"]),
    ("deadline", &["cron"]),
    ("jobs", &["cron"]),
    ("instances", &["startup"]),
    ("stagger", &["startup"]),
];

/// One of several queues.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "queue")]
pub(crate) struct Queue {
    /// The one journey that a job is.
    pub(crate) journey: Opt<Leaf<Name>>,
    /// The journeys that a job may be, each with its weight.
    pub(crate) journeys: Opt<At<Named<Leaf<f64>>>>,
    /// Jobs a second.
    pub(crate) arrivals: Opt<Leaf<Rate>>,
    /// `poisson` or `constant`.
    pub(crate) pacing: Opt<Leaf<Pacing>>,
    /// How the rate changes.
    pub(crate) shape: Opt<At<Short<Flat, ArrivalShape>>>,
    /// Jobs performed at once.
    pub(crate) consumers: Opt<Leaf<u64>>,
    /// A worker is killed after this long.
    pub(crate) job_timeout: Opt<Leaf<Nanos>>,
    /// A job not done after this long is handed out again, and runs twice.
    pub(crate) redeliver_after: Opt<Leaf<Nanos>>,
}

/// One of several jobs on a schedule.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "job")]
pub(crate) struct Job {
    /// What is done for each item.
    pub(crate) journey: Opt<Leaf<Name>>,
    /// From one start to the next.
    pub(crate) every: Opt<Leaf<Nanos>>,
    /// Items of a run.
    pub(crate) items: Opt<Leaf<u64>>,
    /// Items worked on at once.
    pub(crate) parallel: Opt<Leaf<u64>>,
    /// `allow`, `forbid` or `replace`.
    pub(crate) overlap: Opt<Leaf<Overlap>>,
    /// With `forbid`: a run older than this no longer keeps the next one from starting.
    pub(crate) lock: Opt<Leaf<Nanos>>,
    /// A run should be done within this.
    pub(crate) deadline: Opt<Leaf<Nanos>>,
}

/// The word `flat`.
#[derive(Debug, Clone)]
pub(crate) struct Flat;

words! {
    Flat, "`flat`": { "flat" = Flat }
}

/// How a rate changes over time.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "shape")]
pub(crate) enum ArrivalShape {
    /// Linearly to another rate over a time, then stays.
    Ramp(Ramp),
    /// 24 factors of the mean rate, one an hour from midnight. Live runs measure the busiest hour.
    Daily(At<Vec<Leaf<f64>>>),
}

/// A linear change of a rate.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "ramp", extend("required" = ["to", "over"]))]
pub(crate) struct Ramp {
    /// The rate at the end.
    pub(crate) to: Opt<Leaf<Rate>>,
    /// How long it takes.
    pub(crate) over: Opt<Leaf<Nanos>>,
}

/// How long connections are kept, as one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeepWord {
    PerJourney,
    Persistent,
}

words! {
    KeepWord, "`per-journey` or `persistent`": {
        "per-journey" = KeepWord::PerJourney, "persistent" = KeepWord::Persistent,
    }
}

/// What becomes of connections: for both kinds of store, or one each.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "connections")]
pub(crate) struct Connections {
    /// `per-journey` or `persistent`.
    pub(crate) policy: Opt<Leaf<KeepWord>>,
    /// This many for the whole arm instead; journeys wait for a free one.
    pub(crate) pool: Opt<Leaf<u64>>,
    /// MySQL: statements sent after each login (`SET NAMES` and the like), a round trip each; 0 if left out.
    pub(crate) set_up: Opt<Leaf<u64>>,
    /// MySQL: what the driver sends when it takes up a kept connection: `nothing` if left out, `ping`, `reset` or `relogin`.
    pub(crate) on_reuse: Opt<Leaf<OnReuse>>,
    /// Connections to MySQL stores, if they differ; `per-journey` if left out beside `memcached`.
    pub(crate) mysql: Opt<At<Short<KeepWord, Keep>>>,
    /// Connections to Memcached stores, if they differ; `per-journey` if left out beside `mysql`.
    pub(crate) memcached: Opt<At<Short<KeepWord, Keep>>>,
}

/// What becomes of connections to one kind of store.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "keep")]
pub(crate) struct Keep {
    /// `per-journey` or `persistent`.
    pub(crate) policy: Opt<Leaf<KeepWord>>,
    /// This many for the whole arm instead; journeys wait for a free one.
    pub(crate) pool: Opt<Leaf<u64>>,
    /// MySQL: statements sent after each login (`SET NAMES` and the like), a round trip each; 0 if left out.
    pub(crate) set_up: Opt<Leaf<u64>>,
    /// MySQL: what the driver sends when it takes up a kept connection: `nothing` if left out, `ping`, `reset` or `relogin`.
    pub(crate) on_reuse: Opt<Leaf<OnReuse>>,
}

/// What a workload must hold.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "objective")]
pub(crate) struct Objective {
    /// Half of the journeys are done within this.
    pub(crate) p50: Opt<Leaf<Nanos>>,
    /// 90 % of the journeys are done within this.
    pub(crate) p90: Opt<Leaf<Nanos>>,
    /// 95 % of the journeys are done within this.
    pub(crate) p95: Opt<Leaf<Nanos>>,
    /// 99 % of the journeys are done within this.
    pub(crate) p99: Opt<Leaf<Nanos>>,
    /// 99.9 % of the journeys are done within this.
    #[serde(rename = "p99.9")]
    pub(crate) p99_9: Opt<Leaf<Nanos>>,
    /// Share of journeys that may fail.
    pub(crate) errors: Opt<Leaf<Fraction>>,
    /// queue: no job waits longer than this.
    pub(crate) oldest: Opt<Leaf<Nanos>>,
    /// cron: a run is done within this; a job's own `deadline` is used where this is left out.
    pub(crate) deadline: Opt<Leaf<Nanos>>,
    /// startup: the last instance is ready within this.
    pub(crate) ready: Opt<Leaf<Nanos>>,
}
