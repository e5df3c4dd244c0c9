//! What is absurd: bounds of every number of a scenario, smallest and largest, both allowed.
//!
//! They are far from what anybody means; they keep a typing error from asking for a terabyte of rows
//! or a run of a year. Not for: what is sensible, which only the author knows.

use crate::units::{Bandwidth, Bytes, Fraction, Nanos, Rate};

/// Smallest and largest value, both allowed.
pub(crate) type Bounds<T> = (T, T);

const fn secs(from: u64, to: u64) -> Bounds<Nanos> {
    (Nanos::from_secs(from), Nanos::from_secs(to))
}

pub(crate) const RTT: Bounds<Nanos> = secs(0, 10);
pub(crate) const JITTER: Bounds<Nanos> = secs(0, 10);
/// A link that loses more is down, not lossy.
pub(crate) const LOSS: Bounds<Fraction> = (Fraction(0.0), Fraction(0.2));
pub(crate) const BANDWIDTH: Bounds<Bandwidth> = (Bandwidth(1e4), Bandwidth(1e12));
/// Below, the mean is infinite or nearly so.
pub(crate) const PARETO_SHAPE: Bounds<f64> = (1.05, 100.0);
pub(crate) const CONNECTIONS: Bounds<u64> = (1, 100_000);
pub(crate) const SERVICE: Bounds<Nanos> = secs(0, 60);
pub(crate) const MEMORY: Bounds<Bytes> = (Bytes(1 << 20), Bytes(64 << 30));
pub(crate) const OVERHEAD: Bounds<Nanos> = secs(0, 60);
pub(crate) const KEYS: Bounds<u64> = (1, 10_000);
/// Memcached refuses items over 1 MiB, key and header included.
pub(crate) const VALUE: Bounds<Bytes> = (Bytes(1), Bytes(1_000 << 10));
pub(crate) const ROWS: Bounds<u64> = (0, 100_000);
pub(crate) const ROW: Bounds<Bytes> = (Bytes(1), Bytes(16 << 20));
/// One reply, all its rows or values together.
pub(crate) const REPLY_MAX: u64 = 256 << 20;
pub(crate) const TIMES: Bounds<u64> = (1, 100_000);
pub(crate) const TIMES_MEDIAN: Bounds<f64> = (0.01, 100_000.0);
pub(crate) const CHANCE: Bounds<Fraction> = (Fraction(0.0), Fraction(1.0));
pub(crate) const THINK: Bounds<Nanos> = (Nanos::ZERO, Nanos::from_secs(86_400));
pub(crate) const LOCK_ROWS: Bounds<u64> = (1, 1_000_000);
pub(crate) const WEIGHT: Bounds<f64> = (1e-6, 1e6);
pub(crate) const RATE: Bounds<Rate> = (Rate(1e-6), Rate(1e6));
pub(crate) const RAMP_RATE: Bounds<Rate> = (Rate(0.0), Rate(1e6));
pub(crate) const RAMP_TIME: Bounds<Nanos> = secs(1, 30 * 86_400);
pub(crate) const WORKERS: Bounds<u64> = (1, 100_000);
pub(crate) const BACKLOG: Bounds<u64> = (0, 1_000_000);
pub(crate) const RETRIES: Bounds<u64> = (0, 10);
pub(crate) const PARALLEL: Bounds<u64> = (1, 10_000);
pub(crate) const ITEMS: Bounds<u64> = (1, 1_000_000_000);
/// So many times as many workers.
pub(crate) const FACTOR: Bounds<u64> = (2, 1_000);
pub(crate) const INSTANCES: Bounds<u64> = (1, 10_000);
pub(crate) const POOL: Bounds<u64> = (1, 10_000);
pub(crate) const SET_UP: Bounds<u64> = (0, 20);
/// Time-outs, deadlines and other limits.
pub(crate) const LIMIT: Bounds<Nanos> = (Nanos::from_millis(1), Nanos::from_secs(30 * 86_400));
pub(crate) const EVERY: Bounds<Nanos> = (Nanos::from_secs(1), Nanos::from_secs(366 * 86_400));
pub(crate) const LASTS: Bounds<Nanos> = (Nanos::from_secs(1), Nanos::from_secs(3_653 * 86_400));
pub(crate) const WINDOW: Bounds<Nanos> = (Nanos::ZERO, Nanos::from_secs(30 * 86_400));
/// How far a replica is behind.
pub(crate) const LAG: Bounds<Nanos> = secs(0, 86_400);
/// Of a restart: the share that restarts at once.
pub(crate) const ROLLING: (Fraction, Fraction) = (Fraction(0.001), Fraction(1.0));
/// Of a restart: how long what goes may go on, and what a start takes.
pub(crate) const GRACE: Bounds<Nanos> = secs(0, 3_600);
pub(crate) const STAGGER: Bounds<Nanos> = secs(0, 86_400);

/// Steps of a journey, its included journeys written out.
pub(crate) const STEPS_MAX: usize = 5_000;
/// Steps inside steps.
pub(crate) const NESTING_MAX: usize = 8;
/// Calls of a journey, repeats at their median.
pub(crate) const CALLS_MAX: u64 = 1_000_000;
/// Calls of a journey, repeats at their cap and every get missed.
pub(crate) const CALLS_CAP_MAX: u64 = 20_000_000;
/// Branches of a parallel group.
pub(crate) const BRANCHES_MAX: usize = 64;
/// Steps of all journeys together.
pub(crate) const ALL_STEPS_MAX: usize = 20_000;
/// Sites, stores, platforms, strategies, each.
pub(crate) const FEW_MAX: usize = 20;
/// Workloads; phases of a strategy.
pub(crate) const SOME_MAX: usize = 50;
/// Queues or jobs of a workload.
pub(crate) const NAMED_MAX: usize = 100;
/// Journeys; links.
pub(crate) const MANY_MAX: usize = 500;
/// Entries of a schedule.
pub(crate) const CHANGES_MAX: usize = 10_000;
/// Nobody reads more; noting them all would only take time.
pub(crate) const PROBLEMS_MAX: usize = 500;
/// Characters of a name that readers see.
pub(crate) const TITLE_MAX: usize = 80;
