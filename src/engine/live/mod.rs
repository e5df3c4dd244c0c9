//! The live engine: real connections to real servers, through the proxy's links.
//!
//! All load comes from one thread with one runtime, so that nothing is locked and what it shares is in
//! cells; the thread that called waits and tells the progress. Each placement gets links and routes of
//! its own, is checked with no-ops, loaded, measured and drained; instances that boot follow in a window
//! of their own. Not for: virtual time, or judging what was measured.

mod descriptors;
mod driver;
mod host;
mod lateness;
mod noop;
mod placement;
mod probe;
mod turns;
mod verdict;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub(crate) use descriptors::raise as raise_descriptor_limit;

use super::perform::Booted;
use super::told::Told;
use super::{Engine, EngineError, Progress};
use crate::plan::Plan;
use crate::proxy::{Proxy, Route, RouteSpec};
use crate::runfile::{Limits, PlacementRun};
use crate::scenario::{Scenario, StoreId};
use crate::server::Backends;
use crate::timer::Timer;
use crate::units::Nanos;
use host::Direct;
pub use turns::by_turns;

/// Performs plans of one scenario on sockets.
pub struct LiveEngine {
    scenario: Arc<Scenario>,
    /// By [`StoreId`].
    stores: Vec<Direct>,
    proxy: Proxy,
    timer: Timer,
    limits: Limits,
    stop: Arc<AtomicBool>,
    /// Without links: the generator itself is measured.
    direct: bool,
    /// Boots that were measured: equal ones of other placements are not measured again.
    booted: Vec<Booted>,
}

impl LiveEngine {
    /// An engine for `scenario`, whose stores are `backends` and are prepared. Setting `stop` ends it soon.
    /// Raises this process's limit of open files as far as the system lets it.
    pub fn new(
        scenario: &Scenario,
        backends: &Backends,
        proxy: Proxy,
        timer: Timer,
        limits: Limits,
        stop: Arc<AtomicBool>,
    ) -> Self {
        descriptors::raise();
        let stores = (0..scenario.stores.len()).map(|store| {
            let endpoint = backends.endpoint(StoreId(store));
            Direct { addr: endpoint.addr, login: endpoint.login.clone(), hints: endpoint.hints }
        });
        let (scenario, stores) = (Arc::new(scenario.clone()), stores.collect());
        Self { scenario, stores, proxy, timer, limits, stop, direct: false, booted: Vec::new() }
    }
    /// The same without links: calls go straight to the stores, and their distance is nothing.
    ///
    /// For measuring what the load generator itself can do; no result of it is about a migration.
    #[must_use]
    pub fn without_links(self) -> Self {
        Self { direct: true, ..self }
    }
    fn route(&self, spec: RouteSpec) -> Result<Route, EngineError> {
        self.proxy.route(spec).map_err(|error| {
            EngineError::Environment(format!("{error} (are ports or descriptors used up? see `ulimit -n`)"))
        })
    }
}

impl Engine for LiveEngine {
    fn perform(&mut self, plan: &Plan, progress: &dyn Progress) -> Result<PlacementRun, EngineError> {
        descriptors::check(&self.scenario, plan)?;
        let told = Told::default();
        let engine = &*self;
        let perform = || placement::on_this_thread(engine, plan, &told);
        let (run, booted) = told.while_performing("longhaul-load", progress, perform)?;
        self.booted.extend(booted);
        Ok(run)
    }
}

/// `15.000 ms`.
fn milliseconds(time: Nanos) -> String {
    format!("{:.3} ms", time.as_millis_f64())
}
