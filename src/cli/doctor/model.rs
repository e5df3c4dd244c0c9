//! What a check of this machine found: the values behind both forms of `longhaul doctor`.
//!
//! Field names and units are those of `--json`; they change only with [`FORMAT`]. Not for: how it is measured (`measure`) or
//! what follows from it (`trust`).

use serde::{Deserialize, Serialize};

/// Of the JSON form.
pub(super) const FORMAT: u32 = 2;

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checkup {
    /// [`FORMAT`].
    pub(super) format: u32,
    /// Of longhaul.
    pub(super) version: String,
    pub(super) machine: Machine,
    /// What the stream proxy adds where nothing is injected.
    pub(super) overhead: Overhead,
    /// The links that were asked for.
    pub(super) links: Vec<LinkCheck>,
    /// One for each round-trip time.
    pub(super) distances: Vec<Distance>,
    /// The stream link against the packet link where packets are lost; empty unless both were measured so.
    pub(super) loss: Vec<LossCompared>,
}

/// What the machine is and can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Machine {
    pub(super) kernel: String,
    pub(super) processors: u32,
    /// Processes that ran or wanted to: mean of the last minute, before anything was measured.
    pub(super) load: f64,
    pub(super) open_files_max: u64,
    /// `/dev/cpu_dma_latency` may be written.
    pub(super) keeps_processors_awake: bool,
    /// Threads may run under `SCHED_FIFO`.
    pub(super) realtime: bool,
    /// Lateness of waits of 7.5 ms.
    pub(super) timer: Late,
}

/// Times beyond what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Late {
    pub(super) n: u64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
}

/// Paired small round trips.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Overhead {
    pub(super) pairs: usize,
    pub(super) direct_p50_ms: f64,
    pub(super) through_p50_ms: f64,
    /// Median of each pair's difference.
    pub(super) added_p50_ms: f64,
}

/// One kind of link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkCheck {
    /// `stream` or `packet`.
    pub(super) link: String,
    /// Why it cannot be had here; everything below is empty then.
    pub(super) unavailable: Option<String>,
    /// Small round trips, nearly idle: error beyond the link's round trip.
    pub(super) round_trips: Option<RoundTrips>,
    /// Closed loops.
    pub(super) crowds: Vec<CrowdCheck>,
    pub(super) bandwidths: Vec<BandwidthCheck>,
    pub(super) loss: Vec<LossCheck>,
}

/// Small round trips at one distance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoundTrips {
    pub(super) rtt_ms: f64,
    /// Beyond the round trip.
    pub(super) error: Late,
    /// Some came before they could.
    pub(super) early: bool,
    /// Within the limits that `longhaul run` has by default.
    pub(super) held: bool,
}

/// Many connections at once.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CrowdCheck {
    pub(super) connections: usize,
    pub(super) per_second: f64,
    pub(super) round_trips: RoundTrips,
}

/// A long transfer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BandwidthCheck {
    pub(super) rtt_ms: f64,
    pub(super) link_mbit_per_s: f64,
    /// Payload, headers left out.
    pub(super) expected_mbit_per_s: f64,
    pub(super) payload_mbit_per_s: f64,
    pub(super) agrees: bool,
}

/// Replies over a link that loses packets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LossCheck {
    pub(super) rtt_ms: f64,
    pub(super) loss: f64,
    pub(super) bytes: u64,
    pub(super) n: usize,
    /// p50, p90 and p99.
    pub(super) quantiles: Vec<LossQuantile>,
    pub(super) early: bool,
}

/// A quantile of replies over a link that loses packets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LossQuantile {
    pub(super) quantile: f64,
    pub(super) ms: f64,
    /// 97.5 %; `null` where the replies are too few for one.
    pub(super) interval_ms: Option<(f64, f64)>,
}

/// A quantile of the stream link against that of the packet link, over the same link with loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LossCompared {
    pub(super) quantile: f64,
    /// Replies over each link.
    pub(super) n: usize,
    /// 0.02: 2 % more than the packet link.
    pub(super) share: f64,
    /// 95 %; `null` where the replies are too few for one.
    pub(super) share_interval: Option<(f64, f64)>,
    /// Held to this share either way.
    pub(super) share_most: f64,
    /// `agrees` and `off` where the whole interval says so, else `cannot tell`.
    pub(super) verdict: String,
}

/// The table of one round-trip time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Distance {
    pub(super) rtt_ms: f64,
    pub(super) rows: Vec<RowCheck>,
}

/// One case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowCheck {
    pub(super) case: String,
    /// By the rules of TCP; `null` where these have no closed form.
    pub(super) expected: Option<Expected>,
    /// `direct` first, then the links.
    pub(super) seen: Vec<Seen>,
    /// `agrees`, `edge` (the kernel itself takes either), `near` or `off`: the stream link's median against the packet
    /// link's, where both ran.
    pub(super) stream_against_packet: Option<String>,
}

/// What the rules say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    pub(super) low_ms: f64,
    pub(super) high_ms: f64,
    pub(super) rule: String,
    pub(super) source: String,
}

/// What was seen over one path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Seen {
    /// `direct`, `stream` or `packet`.
    pub(super) path: String,
    pub(super) n: usize,
    pub(super) median_ms: f64,
    pub(super) min_ms: f64,
    pub(super) max_ms: f64,
    /// Of the median, 95 %; `null` below 6 samples.
    pub(super) interval_ms: Option<(f64, f64)>,
    /// `agrees`, `near`, `off`, `EARLY`; `null` where there is nothing to judge.
    pub(super) verdict: Option<String>,
}
