//! One run on disk: what was asked, by whom it was performed, and every histogram.
//!
//! A run file is JSON with a format version. Everything after measuring is computed from it, so it
//! holds counts and histograms, never derived numbers, and the scenario's own text. [`write()`] puts
//! a whole file in place or none. Not for: judging (`analysis`).

pub mod advice;
mod file;
mod packed;
mod simulated;
pub mod sweep;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::measure::lag::LagCorrelation;
use crate::measure::{Estimate, Hist};

pub use file::{RunFileError, bytes_of, can_put, parse, put, put_new, read, write};
pub use simulated::{Simulated, TakenRun};

/// The version of the run-file format that this build writes.
pub const FORMAT: u32 = 1;

/// What one engine did with one scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// [`FORMAT`].
    pub format: u32,
    /// Who, with what, on what.
    pub provenance: Provenance,
    /// Each distinct placement, measured once, in the order of measuring.
    pub placements: Vec<PlacementRun>,
    /// Every strategy's phases, pointing at placements.
    pub strategies: Vec<StrategyRun>,
}

/// Who measured, with what, on what.
///
/// A simulated run is the same at any time, on any machine, with any number of threads, and so are the bytes of its run file:
/// its start and length are 0, its machine is empty, and its command is the canonical one, without what changes no
/// result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// longhaul's version.
    pub version: String,
    /// The scenario's name.
    pub scenario: String,
    /// SHA-256 of the scenario's text, hexadecimal.
    pub digest: String,
    /// The scenario's text, whole.
    pub source: String,
    /// The seed that was used.
    pub seed: u64,
    /// `live` or `sim`.
    pub engine: String,
    /// `stream` or `packet`.
    pub link: String,
    /// `stand-in`, `spawn` or `own`; `model` if simulated.
    pub stores: String,
    /// Versions that the servers themselves told, by store.
    pub servers: BTreeMap<String, String>,
    /// Arrivals and limits were multiplied by this; 1 is the whole load.
    pub scale: f64,
    /// Lengths of the parts of each measurement; of a simulation with windows of its own, the longest of each.
    pub windows: Windows,
    /// Limits of what counts as valid.
    pub limits: Limits,
    /// Seconds since 1970, UTC, at the start; 0 if simulated.
    pub started_unix: u64,
    /// How long the whole run took; 0 if simulated.
    pub took_ns: u64,
    /// Where it ran; empty if simulated.
    pub machine: Machine,
    /// The command line, without the program's path.
    pub command: Vec<String>,
    /// Stopped before all placements were measured.
    pub partial: bool,
    /// How it was simulated; absent if it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulated: Option<Simulated>,
}

/// Lengths of the parts of each measurement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Windows {
    /// Load without recording; grows with the longest expected journey, up to twice this.
    pub warm_up_ns: u64,
    /// Arrivals in this time are recorded.
    pub measure_ns: u64,
    /// How long recorded journeys may still take afterwards; what is left is counted as unfinished.
    pub drain_ns: u64,
}

/// Limits of what counts as valid.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Share of the planned load that must have been started.
    pub delivered: f64,
    /// Median error of a round trip: share of the RTT.
    pub median_share: f64,
    /// Median error of a round trip: absolute; the larger of the two counts.
    pub median_ns: u64,
    /// 99th percentile: share of the RTT.
    pub p99_share: f64,
    /// 99th percentile: absolute.
    pub p99_ns: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { delivered: 0.99, median_share: 0.03, median_ns: 100_000, p99_share: 0.10, p99_ns: 1_000_000 }
    }
}

/// Where a run was performed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// Operating system and kernel release.
    pub system: String,
    /// Processor model.
    pub processor: String,
    /// Logical processors.
    pub cores: u32,
    /// Memory in bytes.
    pub memory: u64,
    /// Whether the proxy's thread runs under a real-time policy.
    pub realtime: bool,
}

/// One strategy with its phases in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StrategyRun {
    /// Its name.
    pub name: String,
    /// What it is.
    pub about: String,
    /// In order.
    pub phases: Vec<PhaseRun>,
}

/// One phase: a time on the calendar, and where its numbers are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseRun {
    /// Its name.
    pub name: String,
    /// How long it lasts.
    pub lasts_ns: u64,
    /// What moves at its start, in words (`web to cloud on kubernetes, 20%`).
    pub moves: Vec<String>,
    /// Index into [`Run::placements`] of its steady state; `None` if it was not measured (a partial run).
    pub placement: Option<usize>,
    /// Shorter states around its start, each with its own placement.
    pub events: Vec<EventRun>,
}

/// A short state at the start of a phase, or one that recurs in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventRun {
    /// `read-only main-db`, `cold cache` or `restart kubernetes`.
    pub name: String,
    /// `read-only`, `cold`, `restart` or `quarter of the day`.
    pub kind: String,
    /// The store; of a restart, the platform.
    pub store: String,
    /// How long it lasts; of a restart that was not seen to its end, how long it is expected to.
    pub lasts_ns: u64,
    /// It recurs through the phase, from one start to the next; absent if it happens once, at the start of the phase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_ns: Option<u64>,
    /// Index into [`Run::placements`].
    pub placement: Option<usize>,
}

/// What was measured at one placement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacementRun {
    /// What a reader should call it: the first phase that has it.
    pub label: String,
    /// `steady`, `read-only STORE`, `cold STORE`, `restart PLATFORM` or `quarter of the day N of 4`.
    pub condition: String,
    /// Each part of a workload at its placement.
    pub arms: Vec<ArmRun>,
    /// The links that were used, with the delay they held.
    pub links: Vec<LinkRun>,
    /// What no-ops took beside the load. Absent where none were sent: simulated, or by an older build.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<ProbeRun>,
    /// How late journeys and think-time ends were started, against the plan.
    pub generator_lateness: Hist,
    /// How what [`StoreUse::beyond`] holds of one call goes with that of those after it. Absent where that was not
    /// measured: simulated, or by an older build.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<LagCorrelation>,
    /// How long the measuring took (warm-up and drain included); virtual time if simulated.
    pub took_ns: u64,
    /// Why these numbers must not be used; empty if they may.
    pub invalid: Vec<String>,
    /// Why an earlier measurement of this placement was thrown away; empty if this is the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discarded: Vec<String>,
    /// What the restart showed, where the condition is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<RestartRun>,
}

/// What the restart of a platform showed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestartRun {
    /// Waves that it takes.
    pub waves: u32,
    /// Waves that were ready when measuring and draining ended.
    pub waves_done: u32,
    /// From the first wave to the end of the last; absent if it was not seen to its end.
    pub took_ns: Option<u64>,
    /// How long was measured, from its first wave on.
    pub window_ns: u64,
    /// Instances of start-up workloads that became ready.
    pub ready: u32,
    /// Starts that failed, and were tried again after a pause.
    pub failed_starts: u32,
    /// Journeys that were going when the time of grace was over, and were killed.
    pub killed: u64,
}

/// One path from a site to a store, and how well its delay was held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkRun {
    /// `dc–cloud`, or `dc` within one site.
    pub name: String,
    /// The RTT that was asked for.
    pub rtt_ns: u64,
    /// The median of the no-op that was measured through it before.
    pub noop_ns: u64,
    /// Time that round trips took beyond what the link asked for (both crossings together).
    pub round_trip_lateness: Hist,
    /// Time from readable to read in the proxy: how late a stamp can be.
    pub stamp_lateness: Hist,
    /// Bytes towards the stores.
    pub bytes_up: u64,
    /// Bytes from the stores.
    pub bytes_down: u64,
}

/// No-ops on a connection of their own, from a site to a store, while the load was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeRun {
    /// The link, as in [`LinkRun::name`].
    pub link: String,
    /// The store.
    pub store: String,
    /// What each took beyond what the link's model asked for its crossings: load generator, driver, proxy, and the store's
    /// answer.
    pub beyond_link: Hist,
    /// Of that, the store's answer: from the request written to it until the first byte of its reply.
    pub server_time: Hist,
    /// What opening a connection took beyond the crossings of handshake, greeting and login, the store's answers included.
    /// Only of stores that greet.
    #[serde(default, skip_serializing_if = "Hist::is_empty")]
    pub connect: Hist,
}

/// A part of a workload at one placement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmRun {
    /// The workload.
    pub workload: String,
    /// `http`, `queue`, `cron` or `startup`.
    pub kind: String,
    /// Where this arm runs.
    pub site: String,
    /// How this arm runs.
    pub platform: String,
    /// Its share of the workload, 0 to 1.
    pub share: f64,
    /// One for http and startup, one a queue, one a cron job.
    pub parts: Vec<PartRun>,
    /// What it asked of each store.
    pub stores: Vec<StoreUse>,
}

/// What an arm asked of one store, as its proxy saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreUse {
    /// The store.
    pub store: String,
    /// RTT of the link between the arm and the store.
    pub rtt_ns: u64,
    /// Connections that were opened in the measured time.
    pub connections: u64,
    /// Request-and-reply exchanges that were seen.
    pub exchanges: u64,
    /// From the last byte of a request written to the store until the first byte of its reply.
    pub server_time: Hist,
    /// Of all that, what the scenario gives the store for these exchanges; nothing of a store with times of its own.
    /// Absent in run files of older builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_ns: Option<u64>,
    /// Of all that, waiting for row locks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_wait_ns: Option<u64>,
    /// What the scenario gives the store for each call, and what the call waited for a row lock. Only measured, so that it
    /// can be taken off [`StoreUse::server_time`]; other exchanges (logins) are not in it, and are given nothing.
    #[serde(default, skip_serializing_if = "Hist::is_empty")]
    pub given_times: Hist,
    /// Of calls of one round trip that take no row lock: what they took beyond the RTT and what the scenario gives the
    /// store. Only measured.
    #[serde(default, skip_serializing_if = "Hist::is_empty")]
    pub beyond: Hist,
    /// Of all exchanges: what their crossings took beyond one RTT, by the link's model. Absent where the kernel does not
    /// tell (packets), and in simulations.
    #[serde(default, skip_serializing_if = "Hist::is_empty")]
    pub crossing: Hist,
    /// Of a copy of a MySQL: reads of recorded journeys, which may be as old as its lag. Of a cache that is split: what
    /// they changed in it (`set`, `add`, `delete`, `incr`), which the cache at the other site does not see. Absent where
    /// nothing can be stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<u64>,
    /// Of a MySQL of which the arm has a copy: reads of recorded journeys that went to it all the same, since the journey
    /// is pinned, has written, or reads in a transaction. Absent where there is no copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub itself_read: Option<u64>,
}

/// The numbers of one stream of journeys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartRun {
    /// The queue's or job's name; the workload's own for http and startup.
    pub name: String,
    /// Journeys that the plan asked for in the measured time.
    pub planned: u64,
    /// Of these, how many the generator handed over in time (within the window).
    pub offered: u64,
    /// Journeys that ended well.
    pub completed: u64,
    /// Still waiting or running when draining ended; in `response` with the age they had.
    pub unfinished: u64,
    /// Second and later attempts.
    pub retries: u64,
    /// From the intended start to the end, of those that ended well and those unfinished.
    pub response: Hist,
    /// From the actual start of the work to its end.
    pub service: Hist,
    /// Waiting for a worker or consumer.
    pub wait_worker: Hist,
    /// Waiting for a connection of a pool.
    pub wait_connection: Hist,
    /// Waiting for a row lock: what the locking call took beyond its RTT and the store's own time.
    pub wait_lock: Hist,
    /// Awaited round trips of each journey, connects included.
    pub round_trips: Hist,
    /// Of these, for opening and preparing connections.
    pub connect_round_trips: Hist,
    /// Calls from their intended start (the step before's intended start plus its expected time).
    pub call_response: Hist,
    /// Calls from their actual start.
    pub call_service: Hist,
    /// Failures by kind: `timeout`, `refused`, `connect`, `too many connections`, `read-only`, `deadlock`, `server`, `protocol`, `job timeout`, `killed` (at a restart).
    pub errors: BTreeMap<String, u64>,
    /// Where the time of completed journeys went.
    pub time: TimeUse,
    /// Workers or consumers that were busy.
    pub busy: Busy,
    /// Only queues.
    pub queue: Option<QueueRun>,
    /// Only cron jobs.
    pub cron: Option<CronRun>,
    /// Only startup.
    pub startup: Option<StartupRun>,
}

/// Sums over completed journeys, in nanoseconds.
///
/// Parallel branches count once, by the branch that took longest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeUse {
    /// Round trips × the link's RTT, and what their crossings took beyond that by the link's model (slow start, queues,
    /// jitter, repaired losses; of a packet link it is not known, and in the rest).
    pub distance_ns: u64,
    /// The stores' own time: calls × the mean of what the proxy saw of that kind of store.
    pub store_ns: u64,
    /// Think time and platform overhead as planned.
    pub think_ns: u64,
    /// For a worker, a connection or a lock.
    pub waiting_ns: u64,
    /// What is left: driver, runtime, lateness, link jitter and queueing.
    pub rest_ns: u64,
    /// Response times, the sum of all the above.
    pub total_ns: u64,
}

/// Workers that were busy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Busy {
    /// How many there are.
    pub limit: u32,
    /// Time-weighted mean over the measured time.
    pub mean: f64,
    /// The most at once.
    pub max: u32,
}

/// What a queue showed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueRun {
    /// Jobs a second that arrived.
    pub arrived_per_s: f64,
    /// Jobs a second that were done.
    pub done_per_s: f64,
    /// Waiting at the start of the measured time.
    pub backlog_start: u64,
    /// Waiting at its end.
    pub backlog_end: u64,
    /// The oldest wait seen.
    pub oldest_ns: u64,
    /// Jobs handed out again because they took longer than `redeliver_after`.
    pub redelivered: u64,
    /// Jobs that were done twice.
    pub duplicates: u64,
    /// Jobs killed at `job_timeout`, or at a restart.
    pub killed: u64,
}

/// What a cron job showed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CronRun {
    /// Items of a whole run (scaled).
    pub items: u64,
    /// Items done in the measured time.
    pub items_done: u64,
    /// Time of one item.
    pub item_time: Hist,
    /// How long a whole run takes: measured, or extrapolated from the part that was.
    pub duration: Option<Estimate>,
    /// The duration is extrapolated from a part of the run.
    pub extrapolated: bool,
    /// Runs that were started.
    pub started: u64,
    /// Runs that were not started because one was going.
    pub skipped: u64,
    /// Runs that were killed by the next.
    pub replaced: u64,
    /// Runs that went on beside another.
    pub overlapped: u64,
}

/// What booting showed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartupRun {
    /// Instances that were started (scaled).
    pub instances: u32,
    /// Instances that became ready.
    pub ready: u32,
    /// Until the last one was ready: measured, or extrapolated.
    pub last_ready: Option<Estimate>,
    /// The time is extrapolated from the part of the steps that was done.
    pub extrapolated: bool,
}

impl From<crate::plan::Windows> for Windows {
    fn from(windows: crate::plan::Windows) -> Self {
        let crate::plan::Windows { warm_up, measure, drain } = windows;
        Self { warm_up_ns: warm_up.0, measure_ns: measure.0, drain_ns: drain.0 }
    }
}
