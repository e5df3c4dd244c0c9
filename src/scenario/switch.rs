//! Mitigations as a file names them: what is to be done differently, and where.
//!
//! A switch is off unless it is asked for: it changes nothing of the scenario that carries it. Not for: doing it
//! ([`crate::mitigation`]).

use std::fmt;
use std::str::FromStr;

use super::{JourneyId, LinkChange, OnReuse, PlatformId, SiteId, StoreId, WorkloadId};
use crate::units::{Fraction, Nanos};

/// A named mitigation of a scenario file.
#[derive(Debug, Clone, PartialEq)]
pub struct Switch {
    /// Its key in the file.
    pub name: String,
    /// What it does when it is asked for.
    pub mitigation: Mitigation,
}

/// A rewrite that leaves what a scenario means and changes how it is done.
#[derive(Debug, Clone, PartialEq)]
pub enum Mitigation {
    /// The calls of a repeat become one request.
    Batch {
        /// Of this journey.
        journey: JourneyId,
        /// This repeat; `None` is every one that can be.
        step: Option<StepPath>,
    },
    /// Reads that follow each other are sent at once.
    Parallel {
        /// Of this journey.
        journey: JourneyId,
        /// From this step on, as far as reads follow; `None` is every such row.
        step: Option<StepPath>,
        /// Never more branches than this.
        branches: u32,
    },
    /// Connections are kept, one a worker.
    Persistent {
        /// By this workload.
        workload: WorkloadId,
        /// What its driver sends when it takes one up.
        on_reuse: OnReuse,
    },
    /// Connections are kept, so many for an arm.
    Pool {
        /// By this workload.
        workload: WorkloadId,
        /// How many.
        size: u32,
        /// What its driver sends when it takes one up.
        on_reuse: OnReuse,
    },
    /// A proxy beside the application keeps the connections.
    Proxy {
        /// Of this workload.
        workload: WorkloadId,
    },
    /// Statements are sent as text, not prepared on the server each time.
    EmulatePrepare {
        /// Of this journey.
        journey: JourneyId,
    },
    /// Processes keep what they read.
    LocalCache {
        /// From this store.
        store: StoreId,
        /// Only in this journey; `None` is in all.
        journey: Option<JourneyId>,
        /// Share of values that they have already.
        hit: Fraction,
    },
    /// A copy of a MySQL store beside readers that are away from it.
    LocalReplica {
        /// Of this store.
        store: StoreId,
        /// How old what it shows may be.
        lag: Nanos,
        /// Share of journeys that read from the store itself, because their user wrote lately.
        pinned: Fraction,
    },
    /// A transaction around one write becomes the write alone.
    SingleStatement {
        /// Of this journey.
        journey: JourneyId,
        /// This transaction; `None` is every one that can be.
        step: Option<StepPath>,
    },
    /// More workers, consumers, or items of a cron job at once.
    Workers {
        /// Of this workload.
        workload: WorkloadId,
        /// So many times as many.
        factor: u32,
    },
    /// What instances fetch before they are ready is fetched when it is first used.
    OnDemand {
        /// The startup workload.
        startup: WorkloadId,
        /// The journey in which it is used first.
        journey: JourneyId,
    },
    /// Instances start one after the other.
    Stagger {
        /// The startup workload.
        workload: WorkloadId,
        /// Spread evenly over this time.
        over: Nanos,
    },
    /// A platform restarts its instances in smaller parts.
    RollingRestart {
        /// Which platform.
        platform: PlatformId,
        /// Share that restarts at once.
        part: Fraction,
    },
    /// A cache that moves does not start empty.
    Warm {
        /// Which.
        store: StoreId,
    },
    /// A workload stays until the last of its stores has moved.
    LeaveBehind {
        /// Which.
        workload: WorkloadId,
    },
    /// A link is another one.
    Link {
        /// Between these sites, the smaller first; equal for the link within one.
        between: (SiteId, SiteId),
        /// What becomes of it.
        change: LinkChange,
    },
}

/// Where a step stands in its journey, included journeys written out: `4` is the fourth step, `4.1` the first inside
/// it (of a get: the first of its `else`), `4.2.1` of a parallel group the first step of its second branch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepPath(pub Vec<usize>);

impl fmt::Display for StepPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&all.join("."))
    }
}

impl FromStr for StepPath {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |part: &str| {
            let digits = !part.is_empty() && part.len() <= 5 && part.bytes().all(|b| b.is_ascii_digit());
            if digits { part.parse().ok().filter(|n| *n > 0) } else { None }
        };
        text.split('.').map(number).collect::<Option<Vec<usize>>>().filter(|all| all.len() <= 32).map(Self).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_read_as_they_are_shown() {
        for text in ["1", "4.1", "4.2.1", "10.10"] {
            assert_eq!(text.parse::<StepPath>().map(|path| path.to_string()).as_deref(), Ok(text));
        }
        for text in ["", "0", "4.", ".4", "4.0", "x", "-1", "1,2", "123456"] {
            assert_eq!(text.parse::<StepPath>(), Err(()), "{text}");
        }
    }
}
