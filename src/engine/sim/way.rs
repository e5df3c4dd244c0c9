//! A way from an arm to a store in virtual time: a link, the model of the store, and what was seen.
//!
//! Not for: what goes over it (`connection`).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rand::RngExt;

use super::connection::SimConnection;
use super::kernel::Kernel;
use super::link::SimLink;
use super::store::StoreModel;
use crate::engine::EngineError;
use crate::engine::calibration::{Calibration, StoreCalibration};
use crate::engine::perform::{Failure, Lay, Opened, Seen, Way};
use crate::scenario::{Connections, Link, Scenario, StoreId, StoreKind};
use crate::seed::{Seed, Stream};
use crate::units::Nanos;

use super::host::SimHost;

/// A way.
pub(super) struct SimWay(Rc<WayState>);

/// What the connections of a way share.
pub(super) struct WayState {
    pub(super) kernel: Kernel,
    pub(super) link: Rc<SimLink>,
    pub(super) store: StoreModel,
    pub(super) connections: Connections,
    /// It is a MySQL.
    pub(super) transacts: bool,
    calibration: StoreCalibration,
    luck: RefCell<Stream>,
    pub(super) seen: RefCell<Seen>,
}

impl WayState {
    /// What an exchange costs outside of link and store.
    pub(super) fn overhead(&self) -> Nanos {
        self.calibration.call_overhead
    }
    /// How long the store works where the scenario says `service`.
    pub(super) fn works_for(&self, service: Nanos) -> Nanos {
        let extra = &self.calibration.service_extra;
        let random = if extra.is_constant() { 0.0 } else { self.luck.borrow_mut().random::<f64>() };
        let service = if self.calibration.replaces_service { Nanos::ZERO } else { service };
        service + extra.at(random)
    }
    /// An exchange that has ended.
    pub(super) fn exchanged(&self, server: Nanos, beyond: Nanos) {
        let mut seen = self.seen.borrow_mut();
        seen.exchanges += 1;
        seen.server_time.record(server);
        seen.beyond_rtt.record(beyond);
    }
}

impl Way for SimWay {
    type Connection = SimConnection;

    fn rtt(&self) -> Nanos {
        self.0.link.rtt
    }
    async fn connect(&self) -> Result<Opened<SimConnection>, Failure> {
        SimConnection::open(&self.0).await
    }
    fn keeps_times(&self) -> bool {
        !self.0.calibration.replaces_service
    }
    fn seen(&self) -> Option<Seen> {
        Some(self.0.seen.borrow().clone())
    }
    fn restart(&self) {
        self.0.seen.take();
    }
}

/// Makes links and ways of one placement.
pub(super) struct Paths<'a> {
    kernel: Kernel,
    scenario: &'a Scenario,
    calibration: &'a Calibration,
    seed: Seed,
    links: Vec<Rc<SimLink>>,
    /// By [`StoreId`]: all arms meet in the same ones.
    stores: Vec<StoreModel>,
    ways: Cell<u64>,
}

impl<'a> Paths<'a> {
    pub(super) fn new(kernel: &Kernel, scenario: &'a Scenario, calibration: &'a Calibration, seed: Seed) -> Self {
        let stores = scenario.stores.iter().map(|store| StoreModel::of(kernel, store)).collect();
        Self { kernel: kernel.clone(), scenario, calibration, seed, links: Vec::new(), stores, ways: Cell::new(0) }
    }
}

impl Lay<SimHost> for Paths<'_> {
    fn link(&mut self, name: &str, link: &Link) -> Result<(), EngineError> {
        self.links.push(Rc::new(SimLink::new(name, link, self.seed)));
        Ok(())
    }
    fn way(&mut self, over: usize, store: StoreId, connections: Connections) -> Result<SimWay, EngineError> {
        let number = self.ways.get();
        self.ways.set(number + 1);
        let transacts = matches!(self.scenario.stores[store.0].kind, StoreKind::Mysql(_));
        Ok(SimWay(Rc::new(WayState {
            kernel: self.kernel.clone(),
            link: Rc::clone(&self.links[over]),
            store: self.stores[store.0].clone(),
            connections,
            transacts,
            calibration: self.calibration.store(store),
            luck: RefCell::new(self.seed.stream("store beyond its service time", number)),
            seen: RefCell::default(),
        })))
    }
}
