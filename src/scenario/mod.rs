//! A scenario: what runs where, over which links, and in which order it moves.
//!
//! These are the domain types, valid by construction: every name is resolved to an index, every
//! quantity is in range, every pair of sites that a phase uses has a link. [`load`] is the only way
//! from a file to here (`wire` mirrors the file, `lower` checks and resolves); `render` is the only
//! way back. Not for: how a phase is performed (`plan`, `engine`).

pub mod error;
mod load;
mod lower;
pub mod render;
pub mod schema;
pub mod trips;
mod wire;

pub use error::LoadError;
pub use load::{FILE_BYTES_MAX, Loaded, load, parse};
pub use render::render;
pub use schema::schema;

use indexmap::IndexMap;
use rand_distr::Distribution;

use crate::seed::{Seed, Stream};
use crate::units::{Bandwidth, Bytes, Fraction, Nanos, Rate, Rtt};

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
    /// Round trips that the author expects, by journey.
    pub expect: Vec<(JourneyId, ExpectedTrips)>,
}

/// A place: a data centre, a cloud region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its key in the file.
    pub name: String,
    /// What a reader should call it.
    pub about: String,
}

/// The links between sites.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Links {
    /// By (smaller site, larger site).
    pub between: IndexMap<(SiteId, SiteId), Link>,
}

impl Links {
    /// The link between two sites, in either order; `None` if the file gives none.
    pub fn get(&self, a: SiteId, b: SiteId) -> Option<&Link> {
        self.between.get(&(a.min(b), a.max(b)))
    }
}

/// What lies between two sites, or within one.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Round-trip time without jitter or queueing.
    pub rtt: Rtt,
    /// Extra delay of each crossing, one way, never negative after centring is applied.
    pub jitter: Jitter,
    /// Probability that a packet is lost, each way.
    pub loss: Fraction,
    /// Shared by all connections, each way on its own; `None` is unlimited.
    pub bandwidth: Option<Bandwidth>,
    /// Of the senders at both ends.
    pub congestion: Congestion,
}

/// Congestion control of the senders on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Congestion {
    /// CUBIC (RFC 9438), with idle restart (RFC 5681, 4.1).
    #[default]
    Cubic,
    /// BBR, which has no idle restart.
    Bbr,
}

/// The distribution of the delay that is added to one crossing.
///
/// Every variant is a distribution of *added one-way time*; what would make a crossing quicker
/// than half the RTT is cut at zero, so a link is never early.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Jitter {
    /// No jitter.
    #[default]
    None,
    /// Always this much more.
    Constant(Nanos),
    /// Evenly between zero and this.
    Uniform(Nanos),
    /// Normal with mean zero and this deviation, negative half cut to zero.
    Normal {
        /// Standard deviation.
        sd: Nanos,
    },
    /// Lognormal with this mean and deviation.
    Lognormal {
        /// Mean of the added delay.
        mean: Nanos,
        /// Standard deviation of the added delay.
        sd: Nanos,
    },
    /// Pareto: `scale × (U^(-1/shape) − 1)`, so that it starts at zero (Lomax).
    Pareto {
        /// Scale of the added delay.
        scale: Nanos,
        /// Shape; above 1 for a finite mean.
        shape: f64,
    },
    /// Linear between these (quantile 0 to 1, added delay) points, rising in both.
    Percentiles(Vec<(f64, Nanos)>),
}

/// A server that holds data.
#[derive(Debug, Clone, PartialEq)]
pub struct Store {
    /// Its key in the file.
    pub name: String,
    /// Which protocol it speaks, with the settings of that kind.
    pub kind: StoreKind,
    /// Where it is before any move.
    pub site: SiteId,
}

/// The two kinds of store.
#[derive(Debug, Clone, PartialEq)]
pub enum StoreKind {
    /// MySQL or MariaDB.
    Mysql(MysqlStore),
    /// Memcached.
    Memcached(MemcachedStore),
}

/// Settings of a MySQL store.
#[derive(Debug, Clone, PartialEq)]
pub struct MysqlStore {
    /// Refuses more connections than this (error 1040).
    pub max_connections: u32,
    /// Time of a read, without network.
    pub read: ServiceTime,
    /// Time of a write.
    pub write: ServiceTime,
    /// Time of a commit (log flush).
    pub commit: ServiceTime,
}

/// Settings of a Memcached store.
#[derive(Debug, Clone, PartialEq)]
pub struct MemcachedStore {
    /// Refuses more connections than this.
    pub max_connections: u32,
    /// Time of any command, without network.
    pub service: ServiceTime,
    /// Bound of what it holds; the least recently used go first.
    pub memory: Bytes,
}

/// How long a store works on one call.
pub type ServiceTime = Nanos;

/// How a workload runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Platform {
    /// Its key in the file.
    pub name: String,
    /// Added to every journey (sidecar hops, proxies).
    pub overhead: Nanos,
    /// When all instances are restarted.
    pub restart: Option<Restart>,
}

/// A regular restart of all instances.
#[derive(Debug, Clone, PartialEq)]
pub struct Restart {
    /// From one to the next.
    pub every: Nanos,
    /// Share that restarts at once.
    pub rolling: Fraction,
}

/// What somebody waits for.
#[derive(Debug, Clone, PartialEq)]
pub struct Journey {
    /// Its key in the file.
    pub name: String,
    /// In order.
    pub steps: Vec<Step>,
}

/// One step of a journey.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// One request to a store.
    Call(Call),
    /// The same steps several times, one after the other.
    Repeat {
        /// How often.
        times: Count,
        /// What.
        steps: Vec<Step>,
    },
    /// Branches that run at once; the step ends with the last of them.
    Parallel(Vec<Vec<Step>>),
    /// BEGIN, the steps, COMMIT.
    Transaction(Transaction),
    /// Time in which nothing is sent: computing, rendering, a third party.
    Think(Think),
}

/// Time between calls.
#[derive(Debug, Clone, PartialEq)]
pub enum Think {
    /// Always the same.
    Constant(Nanos),
    /// Exponential with this mean.
    Exponential(Nanos),
    /// Lognormal with this median and 99th percentile.
    Lognormal {
        /// Median.
        median: Nanos,
        /// 99th percentile.
        p99: Nanos,
    },
}

/// How often a repeat runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Count {
    /// Always the same.
    Fixed(u32),
    /// Lognormal with this median and 99th percentile, rounded, never above `cap`.
    Lognormal {
        /// Median.
        median: f64,
        /// 99th percentile.
        p99: f64,
        /// Never more than this.
        cap: u32,
    },
}

/// The standard normal's 99th percentile.
const Z99: f64 = 2.326_347_874_040_841;

impl Count {
    /// Draws one count.
    pub fn draw(&self, stream: &mut Stream) -> u32 {
        match *self {
            Self::Fixed(n) => n,
            Self::Lognormal { median, p99, cap } => {
                let drawn = lognormal(median, p99, stream).round();
                (drawn as u32).min(cap)
            }
        }
    }
    /// The median, which is what `expect` counts.
    pub fn typical(&self) -> u32 {
        match *self {
            Self::Fixed(n) => n,
            Self::Lognormal { median, cap, .. } => (median.round() as u32).min(cap),
        }
    }
    /// The mean of the distribution before rounding and capping: `median × exp(σ²/2)`.
    pub fn mean(&self) -> f64 {
        match *self {
            Self::Fixed(n) => f64::from(n),
            Self::Lognormal { median, p99, .. } => {
                let sigma = (p99 / median).ln() / Z99;
                median * (sigma * sigma / 2.0).exp()
            }
        }
    }
}

impl Think {
    /// Draws one pause.
    pub fn draw(&self, stream: &mut Stream) -> Nanos {
        match *self {
            Self::Constant(time) => time,
            Self::Exponential(mean) => {
                let drawn: f64 = rand_distr::Exp1.sample(stream);
                mean.scale(drawn)
            }
            Self::Lognormal { median, p99 } => Nanos(lognormal(median.0 as f64, p99.0 as f64, stream).round() as u64),
        }
    }
    /// The mean of the distribution.
    pub fn mean(&self) -> Nanos {
        match *self {
            Self::Constant(time) | Self::Exponential(time) => time,
            Self::Lognormal { median, p99 } => {
                let sigma = (p99.0 as f64 / median.0 as f64).ln() / Z99;
                median.scale((sigma * sigma / 2.0).exp())
            }
        }
    }
}

/// Draws from the lognormal with this median and 99th percentile.
fn lognormal(median: f64, p99: f64, stream: &mut Stream) -> f64 {
    let sigma = (p99 / median).ln() / Z99;
    let z: f64 = rand_distr::StandardNormal.sample(stream);
    median * (sigma * z).exp()
}

/// One request to a store and its reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// To which store.
    pub store: StoreId,
    /// What is asked.
    pub request: Request,
}

/// What a call asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Memcached: `get` of one or many keys in one request.
    Get(Get),
    /// Memcached: `set`, acknowledged.
    Set {
        /// Bytes of the value.
        size: Bytes,
    },
    /// Memcached: `add`, acknowledged; whether it stores is up to the cache.
    Add {
        /// Bytes of the value.
        size: Bytes,
    },
    /// Memcached: `delete`, acknowledged.
    Delete,
    /// Memcached: `incr`, acknowledged.
    Incr,
    /// MySQL: rows are read.
    Query(Query),
    /// MySQL: one row is written.
    Write(Write),
}

/// A Memcached `get`.
#[derive(Debug, Clone, PartialEq)]
pub struct Get {
    /// Keys in the one request.
    pub keys: u32,
    /// Bytes of each value.
    pub size: Bytes,
    /// Probability that a key is found.
    pub hit: Fraction,
    /// What runs, once, when at least one key is missing.
    pub on_miss: Vec<Step>,
}

/// A MySQL read.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Rows in the reply.
    pub rows: u32,
    /// Bytes of each row.
    pub row_size: Bytes,
    /// Whether and how it is prepared on the server.
    pub prepared: Prepared,
    /// The user's own statement; `None` lets the tool make one over its own tables.
    pub sql: Option<String>,
    /// Overrides the store's read time.
    pub service: Option<ServiceTime>,
}

/// A MySQL write of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    /// Bytes that are written.
    pub row_size: Bytes,
    /// Whether and how it is prepared on the server.
    pub prepared: Prepared,
    /// The user's own statement; `None` lets the tool make one over its own tables.
    pub sql: Option<String>,
    /// Overrides the store's write time.
    pub service: Option<ServiceTime>,
}

/// Server-side preparation of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prepared {
    /// Text protocol: one round trip.
    #[default]
    No,
    /// Prepared, executed and closed each time: two round trips (PDO without emulation).
    Each,
    /// Prepared once a connection, then executed: two round trips first, one after.
    Cached,
}

/// BEGIN, steps, COMMIT.
#[derive(Debug, Clone, PartialEq)]
pub struct Transaction {
    /// On which store.
    pub store: StoreId,
    /// The row that its first call on the store locks until the commit (two-phase locking, InnoDB).
    pub locks: Option<RowLock>,
    /// What runs inside; steps on other stores are allowed, and prolong the lock.
    pub steps: Vec<Step>,
}

/// A named row, or one of several of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowLock {
    /// Its name; workloads that use the same name contend.
    pub name: String,
    /// One of this many rows is drawn each time; 1 is a single hot row.
    pub rows: u32,
}

/// Who performs journeys, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// Its key in the file.
    pub name: String,
    /// What a reader should know of it.
    pub about: String,
    /// What kind of load it is.
    pub kind: WorkloadKind,
    /// Where it runs before any move.
    pub site: SiteId,
    /// How it runs before any move.
    pub platform: PlatformId,
    /// What becomes of connections to MySQL.
    pub mysql: Connections,
    /// What becomes of connections to Memcached.
    pub memcached: Connections,
    /// What it must hold.
    pub objective: Objective,
}

/// The kinds of workload.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkloadKind {
    /// Open arrivals, limited workers.
    Http(Http),
    /// Named queues with their own arrivals and consumers.
    Queue(Vec<Queue>),
    /// Jobs on a schedule.
    Cron(Vec<CronJob>),
    /// Instances that boot.
    Startup(Startup),
}

impl WorkloadKind {
    /// The word of the file: `http`, `queue`, `cron`, `startup`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::Queue(_) => "queue",
            Self::Cron(_) => "cron",
            Self::Startup(_) => "startup",
        }
    }
}

/// Journeys and how often each is chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Mix(pub Vec<(JourneyId, f64)>);

/// Requests that arrive whether or not anybody is free.
#[derive(Debug, Clone, PartialEq)]
pub struct Http {
    /// What a request does.
    pub mix: Mix,
    /// When requests arrive.
    pub arrivals: Arrivals,
    /// Requests performed at once.
    pub workers: u32,
    /// Requests that may wait for a worker; more are refused.
    pub backlog: u32,
    /// The caller gives up after this long; the worker goes on.
    pub timeout: Option<Nanos>,
    /// How often the caller asks again after a time-out, an error or a refusal.
    pub retries: u32,
}

/// When things arrive.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrivals {
    /// The mean rate (of a ramp: at its start; of a daily shape: over the day).
    pub rate: Rate,
    /// The spacing.
    pub pacing: Pacing,
    /// How the rate changes.
    pub shape: Shape,
}

/// The spacing of arrivals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pacing {
    /// Independent of each other: exponential gaps.
    #[default]
    Poisson,
    /// Evenly spaced.
    Constant,
}

/// How a rate changes over time.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Shape {
    /// It does not.
    #[default]
    Flat,
    /// Linearly to another rate over a time, then stays.
    Ramp {
        /// The rate at the end.
        to: Rate,
        /// How long it takes.
        over: Nanos,
    },
    /// 24 factors of the mean rate, one an hour, mean 1 (normalised on loading). Live runs measure the busiest hour.
    Daily(Vec<f64>),
}

/// One named queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Queue {
    /// Its name (the workload's own, for a workload of one queue).
    pub name: String,
    /// What a job does.
    pub mix: Mix,
    /// When jobs arrive.
    pub arrivals: Arrivals,
    /// Jobs performed at once.
    pub consumers: u32,
    /// The worker is killed after this long, and the job is lost to this attempt.
    pub job_timeout: Option<Nanos>,
    /// A job not done after this long is handed out again, and runs twice.
    pub redeliver_after: Option<Nanos>,
}

/// One job on a schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct CronJob {
    /// Its name (the workload's own, for a workload of one job).
    pub name: String,
    /// What is done for each item.
    pub journey: JourneyId,
    /// From one start to the next.
    pub every: Nanos,
    /// Items of a run.
    pub items: u64,
    /// Items worked on at once.
    pub parallel: u32,
    /// What happens when a run is still going at the next start.
    pub overlap: Overlap,
    /// A run should be done within this.
    pub deadline: Option<Nanos>,
}

/// Kubernetes' word for it is `concurrencyPolicy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Overlap {
    /// Both run.
    #[default]
    Allow,
    /// The new one is skipped.
    Forbid,
    /// The old one is killed.
    Replace,
}

/// Instances that boot.
#[derive(Debug, Clone, PartialEq)]
pub struct Startup {
    /// What an instance does before it is ready.
    pub journey: JourneyId,
    /// How many boot.
    pub instances: u32,
    /// Starts are spread evenly over this; zero is all at once.
    pub stagger: Nanos,
}

/// What becomes of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// How long one is kept.
    pub policy: ConnectionPolicy,
    /// Statements sent after each login (`SET NAMES` and the like), a round trip each. MySQL only.
    pub set_up: u32,
    /// What a driver sends when it takes up a kept connection. MySQL only.
    pub on_reuse: OnReuse,
}

/// How long a connection is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionPolicy {
    /// Opened at the first call of a journey, closed at its end, as `mod_php` does.
    PerJourney,
    /// One a worker.
    Persistent,
    /// This many for the whole arm; journeys wait for a free one.
    Pool(u32),
}

/// What a driver sends when it takes up a kept connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnReuse {
    /// Nothing.
    #[default]
    Nothing,
    /// `COM_PING`, one round trip.
    Ping,
    /// `COM_RESET_CONNECTION`, one round trip, and prepared statements are gone.
    Reset,
    /// `COM_CHANGE_USER`, one round trip or two, and prepared statements are gone (PHP's `p:` connections).
    Relogin,
}

/// What a workload must hold. Every limit is optional.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Objective {
    /// Limits on response-time quantiles: (quantile, limit), such as (0.99, 800 ms).
    pub quantiles: Vec<(f64, Nanos)>,
    /// Share of requests that may fail.
    pub errors: Option<Fraction>,
    /// Oldest job waiting (queue).
    pub oldest: Option<Nanos>,
    /// Time from start to end of a run (cron); a job's own `deadline` is used where this is absent.
    pub deadline: Option<Nanos>,
    /// Time until the last instance is ready (startup).
    pub ready: Option<Nanos>,
}

/// An ordered list of phases.
#[derive(Debug, Clone, PartialEq)]
pub struct Strategy {
    /// Its key in the file.
    pub name: String,
    /// What it is.
    pub about: String,
    /// In order.
    pub phases: Vec<Phase>,
}

/// A placement with a length, given as what changes at its start.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// What a reader should call it.
    pub name: String,
    /// How long it lasts.
    pub lasts: Nanos,
    /// What moves at its start.
    pub moves: Vec<Move>,
}

/// Something that moves at the start of a phase.
#[derive(Debug, Clone, PartialEq)]
pub enum Move {
    /// A workload, or a share of it.
    Workload(WorkloadMove),
    /// A store.
    Store(StoreMove),
}

/// A workload's move.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkloadMove {
    /// Which.
    pub workload: WorkloadId,
    /// Where to; `None` stays where it is.
    pub to: Option<SiteId>,
    /// Which platform; `None` keeps it.
    pub platform: Option<PlatformId>,
    /// How much of the whole workload is there after the move; the rest stays at the placement it had before its first share moved.
    pub share: Fraction,
}

/// A store's move.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreMove {
    /// Which.
    pub store: StoreId,
    /// Where to.
    pub to: SiteId,
    /// Writes are refused this long around the switch (MySQL); zero for none.
    pub read_only: Nanos,
    /// It starts empty (Memcached).
    pub cold: bool,
    /// How long until a cold cache is warm again.
    pub warm_up: Nanos,
}

/// Round trips of a journey on its typical path: repeats at their median, `get`s found when `hit` ≥ 50 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExpectedTrips {
    /// For opening connections with the policy of the workload that uses the journey; `None` is not checked.
    pub connect: Option<u32>,
    /// For calls, parallel ones each counted.
    pub calls: Option<u32>,
    /// For calls, the longest chain (parallel ones counted once).
    pub sequential: Option<u32>,
}
