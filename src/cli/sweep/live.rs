//! An engine on real sockets for every value of a sweep. Not for: which values there are.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::runtime::Runtime;

use crate::cli::{Exit, Failure, OrExit};
use crate::engine::live::LiveEngine;
use crate::engine::{Engine, EngineError};
use crate::link::LinkKind;
use crate::proxy::Proxy;
use crate::runfile::Limits;
use crate::scenario::{Scenario, StoreId};
use crate::server::{Backends, ServerError};
use crate::timer::{Clock, Timer};

/// The stand-ins, seeded once; values change no data.
pub(super) struct Live {
    runtime: Runtime,
    backends: Backends,
    timer: Timer,
    stop: Arc<AtomicBool>,
}

impl Live {
    /// Starts the stand-ins of a scenario.
    pub(super) fn start(scenario: &Scenario, stop: &Arc<AtomicBool>) -> Result<Self, Failure> {
        let timer = Timer::start(Clock::start()).or_exit(Exit::Environment)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().or_exit(Exit::Environment)?;
        let backends = runtime.block_on(async {
            let backends = Backends::stand_in(scenario, &timer)?;
            backends.prepare(scenario).await?;
            Ok::<_, ServerError>(backends)
        });
        let backends = backends.or_exit(Exit::Environment)?;
        Ok(Self { runtime, backends, timer, stop: Arc::clone(stop) })
    }
    /// An engine with links of its own.
    pub(super) fn engine(&self, scenario: &Scenario) -> Result<Box<dyn Engine>, EngineError> {
        let proxy = Proxy::start(self.timer.clock(), LinkKind::Stream)
            .map_err(|error| EngineError::Environment(error.to_string()))?;
        let (timer, stop) = (self.timer.clone(), Arc::clone(&self.stop));
        Ok(Box::new(LiveEngine::new(scenario, &self.backends, proxy, timer, Limits::default(), stop)))
    }
    /// What the servers say they are.
    pub(super) fn servers(&self, scenario: &Scenario) -> BTreeMap<String, String> {
        let version = |id| self.backends.endpoint(StoreId(id)).version.clone();
        scenario.stores.iter().enumerate().map(|(id, store)| (store.name.clone(), version(id))).collect()
    }
    /// Stops the stand-ins.
    pub(super) fn shutdown(self) {
        self.backends.shutdown();
        drop(self.runtime);
    }
}
