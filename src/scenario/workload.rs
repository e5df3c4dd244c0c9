//! Workloads: who performs journeys, when, over which connections, and what they must hold.

use super::{JourneyId, PlatformId, SiteId};
use crate::units::{Fraction, Nanos, Rate};

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

impl Workload {
    /// Journeys a day at the full mean rate; `None` for what does not arrive (cron items, boots).
    pub fn arrivals_per_day(&self) -> Option<f64> {
        let per_second = match &self.kind {
            WorkloadKind::Http(http) => http.arrivals.rate.0,
            WorkloadKind::Queue(queues) => queues.iter().map(|q| q.arrivals.rate.0).sum(),
            WorkloadKind::Cron(_) | WorkloadKind::Startup(_) => return None,
        };
        Some(per_second * 86_400.0)
    }
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
    /// With [`Overlap::Forbid`]: the guard is a lock that lasts this long (as in Memcached), so a run that is older no
    /// longer keeps the next one from starting; `None` lasts as long as the run.
    pub lock: Option<Nanos>,
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
