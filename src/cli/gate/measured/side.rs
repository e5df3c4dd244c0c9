//! A side that stands ready: its servers, links and engine.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::args::Way;
use crate::cli::{Exit, Failure, OrExit};
use crate::engine::live::LiveEngine;
use crate::engine::turns;
use crate::plan::Plan;
use crate::proxy::Proxy;
use crate::runfile::Limits;
use crate::server::{Backends, ServerError};
use crate::timer::Timer;

/// A side with everything that it needs.
pub(super) struct Standing {
    engine: LiveEngine,
    plan: Plan,
    /// Dropped with it, which ends them.
    _backends: Backends,
}

impl Standing {
    /// Starts or reaches the stores of a side, behind a proxy of its kind of link.
    pub(super) fn new(way: &Way, proxy: Proxy, timer: &Timer, stop: &Arc<AtomicBool>) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().or_exit(Exit::Environment)?;
        let made = runtime.block_on(async {
            let backends = match &way.own {
                Some(own) => Backends::own(&way.scenario, own).await?,
                None => Backends::stand_in(&way.scenario, timer)?,
            };
            backends.prepare(&way.scenario).await?;
            Ok::<_, ServerError>(backends)
        });
        let backends = made.or_exit(Exit::Environment)?;
        let engine =
            LiveEngine::new(&way.scenario, &backends, proxy, timer.clone(), Limits::default(), Arc::clone(stop));
        let plan = turns::plan(&way.scenario, &way.label, &way.placement);
        Ok(Self { engine, plan, _backends: backends })
    }
    pub(super) const fn performing(&self) -> (&LiveEngine, &Plan) {
        (&self.engine, &self.plan)
    }
}
