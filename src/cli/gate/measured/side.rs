//! Two sides that stand ready: servers, links and engines.
//!
//! Whatever both can share they share: one thread that is starved on a busy machine then holds up both. With servers of
//! its own for each side, equal code was said to be slower in 1 of 103 decisions on two cores under a load of 12, and 2 of
//! 29 injected slow-downs were not found (`benches/data/gate-decisions-own-servers.csv`).

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::runtime::Runtime;

use super::args::{Request, Way};
use crate::cli::asked::no_servers;
use crate::cli::{Exit, Failure, OrExit};
use crate::engine::live::LiveEngine;
use crate::engine::turns;
use crate::plan::Plan;
use crate::proxy::Proxy;
use crate::runfile::Limits;
use crate::scenario::{self, Call, Scenario, Step};
use crate::server::{Backends, ServerError};
use crate::timer::{Clock, Timer};

/// A side with everything that it needs.
pub(super) struct Standing {
    engine: LiveEngine,
    plan: Plan,
    /// Dropped with the last side that uses them, which ends them.
    _backends: Arc<Backends>,
}

impl Standing {
    /// Starts or reaches the stores of both sides, the base first.
    pub(super) fn both(request: &Request, stop: &Arc<AtomicBool>) -> Result<[Self; 2], Failure> {
        let Request { first, second, .. } = request;
        let timer = Timer::start(Clock::start()).or_exit(Exit::Environment)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().or_exit(Exit::Environment)?;
        let proxy = |way: &Way| Proxy::start(timer.clock(), way.link).or_exit(Exit::Environment);
        let own = proxy(first)?;
        let other = if first.link == second.link { own.clone() } else { proxy(second)? };
        let mut scenarios = [Scenario::clone(&first.scenario), Scenario::clone(&second.scenario)];
        let [base, change] = if request.shares_servers() {
            rename(&mut scenarios[1]);
            let backends = Arc::new(backends(&runtime, &joined(&scenarios), first, &timer)?);
            [Arc::clone(&backends), backends]
        } else {
            let each = |way: &Way| backends(&runtime, &way.scenario, way, &timer).map(Arc::new);
            [each(first)?, each(second)?]
        };
        let standing = |way: &Way, scenario: &Scenario, proxy, backends: Arc<Backends>| {
            let (limits, stop) = (Limits::default(), Arc::clone(stop));
            let engine = LiveEngine::new(scenario, &backends, proxy, timer.clone(), limits, stop);
            Self { engine, plan: turns::plan(scenario, &way.label, &way.placement), _backends: backends }
        };
        Ok([standing(first, &scenarios[0], own, base), standing(second, &scenarios[1], other, change)])
    }
    pub(super) const fn performing(&self) -> (&LiveEngine, &Plan) {
        (&self.engine, &self.plan)
    }
}

/// What is added to the names of rows that the change locks.
const OF_CHANGE: &str = " of the change";

/// Lets the journeys of a scenario lock rows of other names: the change's do not wait for the base's on the same server, which
/// would hide half of what they wait longer.
fn rename(scenario: &mut Scenario) {
    scenario.journeys.iter_mut().for_each(|journey| rename_in(&mut journey.steps));
}

fn rename_in(steps: &mut [Step]) {
    for step in steps {
        match step {
            Step::Call(Call { request: scenario::Request::Get(get), .. }) => rename_in(&mut get.on_miss),
            Step::Call(Call { request: scenario::Request::Write(write), .. }) => {
                write.locks.iter_mut().for_each(|lock| lock.name.push_str(OF_CHANGE));
            }
            Step::Call(_) | Step::Think(_) => {}
            Step::Repeat { steps, .. } => rename_in(steps),
            Step::Parallel(branches) => branches.iter_mut().for_each(|branch| rename_in(branch)),
            Step::Transaction(transaction) => {
                transaction.locks.iter_mut().for_each(|lock| lock.name.push_str(OF_CHANGE));
                rename_in(&mut transaction.steps);
            }
        }
    }
}

/// What the servers of both sides have to hold: the journeys of both.
fn joined([first, second]: &[Scenario; 2]) -> Scenario {
    let mut joined = first.clone();
    joined.journeys.extend(second.journeys.iter().cloned());
    joined
}

fn backends(runtime: &Runtime, scenario: &Scenario, way: &Way, timer: &Timer) -> Result<Backends, Failure> {
    let made = runtime.block_on(async {
        let backends = match &way.own {
            Some(own) => Backends::own(scenario, own).await?,
            None => Backends::stand_in(scenario, timer)?,
        };
        backends.prepare(scenario).await?;
        Ok::<_, ServerError>(backends)
    });
    let here = |error| match error {
        ServerError::NoAddress { store, .. } => ServerError::NoAddress { store, flag: way.flag },
        other => other,
    };
    made.map_err(|error| no_servers(here(error)))
}
