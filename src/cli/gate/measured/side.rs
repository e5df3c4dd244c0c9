//! Two sides that stand ready: servers, links and engines.
//!
//! Whatever both can share they share: one thread that is starved on a busy machine then holds up both. With servers of
//! its own for each side, equal code was said to be slower in 1 of 103 decisions on two cores under a load of 12, and 2 of
//! 29 injected slow-downs were not found (`benches/data/gate-decisions-own-servers.csv`).

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::runtime::Runtime;

use super::args::{Request, Way};
use crate::cli::{Exit, Failure, OrExit};
use crate::engine::live::LiveEngine;
use crate::engine::turns;
use crate::plan::Plan;
use crate::proxy::Proxy;
use crate::runfile::Limits;
use crate::scenario::Scenario;
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
        let [base, change] = if shares(request) {
            let backends = Arc::new(backends(&runtime, &joined(first, second), first, &timer)?);
            [Arc::clone(&backends), backends]
        } else {
            let each = |way: &Way| backends(&runtime, &way.scenario, way, &timer).map(Arc::new);
            [each(first)?, each(second)?]
        };
        let standing = |way, proxy, backends| Self::new(way, proxy, backends, &timer, stop);
        Ok([standing(first, own, base), standing(second, other, change)])
    }
    fn new(way: &Way, proxy: Proxy, backends: Arc<Backends>, timer: &Timer, stop: &Arc<AtomicBool>) -> Self {
        let engine =
            LiveEngine::new(&way.scenario, &backends, proxy, timer.clone(), Limits::default(), Arc::clone(stop));
        let plan = turns::plan(&way.scenario, &way.label, &way.placement);
        Self { engine, plan, _backends: backends }
    }
    pub(super) const fn performing(&self) -> (&LiveEngine, &Plan) {
        (&self.engine, &self.plan)
    }
}

/// Whether the stores of both sides are the same: then they are the same servers.
pub(super) fn shares(request: &Request) -> bool {
    let Request { first, second, .. } = request;
    first.own == second.own && first.scenario.stores == second.scenario.stores
}

/// What the servers of both sides have to hold: the journeys of both.
fn joined(first: &Way, second: &Way) -> Scenario {
    let mut joined = Scenario::clone(&first.scenario);
    joined.journeys.extend(second.scenario.journeys.iter().cloned());
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
    made.or_exit(Exit::Environment)
}
