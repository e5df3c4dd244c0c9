//! Who performs journeys, and when: one file a kind of load.
//!
//! Each load plans from the seed, hands journeys to its workers, and keeps its own numbers. Not for:
//! the steps of a journey (`walk`).

mod arrivals;
mod crew;
mod cron;
mod http;
mod queue;
mod startup;

use std::rc::Rc;

use super::connections::warm;
use super::host::{Failure, Host};
use super::kept::Kept;
use super::record::Part;
use super::snapshot::Means;
use super::tally::Tally;
use super::walk::Walk;
use super::world::ArmWorld;
use crate::plan::expand::{Expansion, choose, expand};
use crate::plan::script::Script;
use crate::plan::width;
use crate::runfile::PartRun;
use crate::scenario::{Mix, WorkloadKind};
use crate::units::Nanos;

pub(super) use crew::{Crew, Wave};
pub(super) use startup::{Boot, boot};

/// A load that runs while the window is open.
#[derive(Clone)]
pub(super) enum Load<H: Host> {
    Http(Rc<http::Http<H>>),
    Queue(Rc<queue::Queue<H>>),
    Cron(Rc<cron::Cron<H>>),
}

impl<H: Host> Load<H> {
    /// The loads of an arm; none for a workload that boots, which has a window of its own.
    pub(super) fn of(arm: &Rc<ArmWorld<H>>, index: usize) -> Vec<Self> {
        let workload = arm.workload();
        match &workload.kind {
            WorkloadKind::Http(http) => vec![Self::Http(http::Http::new(arm, index, http))],
            WorkloadKind::Queue(queues) => {
                let each = queues.iter().enumerate();
                each.map(|(n, queue)| Self::Queue(queue::Queue::new(arm, index, n, queue))).collect()
            }
            WorkloadKind::Cron(jobs) => {
                let each = jobs.iter().enumerate();
                each.map(|(n, job)| Self::Cron(cron::Cron::new(arm, index, n, job))).collect()
            }
            WorkloadKind::Startup(_) => Vec::new(),
        }
    }
    /// Opens what its workers hold in steady state.
    pub(super) async fn warm(&self) {
        match self {
            Self::Http(http) => warm_mix(http.part(), http.mix(), &http.kept()).await,
            Self::Queue(queue) => warm_mix(queue.part(), queue.mix(), &queue.kept()).await,
            // A run of a cron job is a new process: it opens its own.
            Self::Cron(cron) => warm_mix(cron.part(), cron.mix(), &[]).await,
        }
    }
    /// Starts at `origin`; the window is set.
    pub(super) fn start(&self, origin: Nanos) {
        match self {
            Self::Http(http) => http.start(origin),
            Self::Queue(queue) => queue.start(origin),
            Self::Cron(cron) => cron.start(),
        }
    }
    /// The measuring window opens, or closes.
    pub(super) fn mark(&self, opens: bool) {
        if let Self::Queue(queue) = self {
            queue.mark(opens);
        }
    }
    /// The workers that restart with their platform; none of a cron job, whose runs are processes of their own.
    pub(super) fn crew(&self) -> Option<&Crew<H>> {
        match self {
            Self::Http(http) => Some(http.crew()),
            Self::Queue(queue) => Some(queue.crew()),
            Self::Cron(_) => None,
        }
    }
    /// The wave that was away is ready.
    pub(super) fn come_back(&self) {
        match self {
            Self::Http(http) => http.come_back(),
            Self::Queue(queue) => queue.come_back(),
            Self::Cron(_) => {}
        }
    }
    /// Journeys that were killed at a restart.
    pub(super) fn killed(&self) -> u64 {
        match self {
            Self::Http(http) => http.killed(),
            Self::Queue(queue) => queue.killed_at_restart(),
            Self::Cron(_) => 0,
        }
    }
    /// What it came to.
    pub(super) fn finish(&self, now: Nanos, means: &[Means]) -> PartRun {
        match self {
            Self::Http(http) => http.part().finish(now, means),
            Self::Queue(queue) => queue.finish(now, means),
            Self::Cron(cron) => cron.finish(now, means),
        }
    }
}

async fn warm_mix<H: Host>(part: &Part<H>, mix: &Mix, kept: &[Rc<Kept<H>>]) {
    warm(&part.arm, kept, &width::of_mix(&part.arm.world.scenario, mix, &part.arm.arm.copies)).await;
}

/// Chooses journey `number` of a part from its mix, and makes its script; it is meant to start at `intended`.
pub(super) fn script<H: Host>(part: &Part<H>, mix: &Mix, number: u64, intended: Nanos) -> Script {
    let world = &part.arm.world;
    // A condition begins when the window opens.
    let age = intended.saturating_sub(world.window.get().0);
    let how = Expansion::new(world.plan.placement.condition, &part.arm.arm.copies, age);
    let mut stream = part.stream("journey", number);
    let journey = choose(mix, &mut stream);
    expand(&world.scenario, journey, &mut stream, how)
}

/// Performs journey `number` on a worker's connections.
async fn perform<H: Host>(
    part: &Part<H>,
    mix: &Mix,
    number: u64,
    intended: Nanos,
    kept: &Kept<H>,
) -> Result<Tally, Failure> {
    let script = script(part, mix, number, intended);
    Walk::new(part, kept, part.arm.world.measured(intended)).journey(&script, intended).await
}
