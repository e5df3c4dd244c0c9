//! A way from an arm to a store in virtual time: a link, the model of the store, and what was seen.
//!
//! Not for: what goes over it (`connection`).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::busyness::Busyness;
use super::connection::SimConnection;
use super::kernel::Kernel;
use super::link::SimLink;
use super::store::StoreModel;
use crate::engine::EngineError;
use crate::engine::calibration::{Costs, Times, WayCosts};
use crate::engine::perform::{Failure, Lay, Opened, Seen, Way};
use crate::scenario::{Connections, Link, Scenario, StoreId, StoreKind};
use crate::seed::{Seed, Stream};
use crate::strategy::Arm;
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
    costs: WayCosts,
    busyness: Rc<Busyness>,
    luck: RefCell<Stream>,
    pub(super) seen: RefCell<Seen>,
}

impl WayState {
    /// What an exchange costs outside of link and store.
    pub(super) fn overhead(&self) -> Nanos {
        self.draw(&self.costs.outside.exchange)
    }
    /// What the handshake and a greeting do.
    pub(super) fn greeting_overhead(&self) -> Nanos {
        self.draw(&self.costs.outside.greeting)
    }
    /// How long the store works where the scenario says `service`.
    pub(super) fn works_for(&self, service: Nanos) -> Nanos {
        let extra = self.draw(self.costs.answer.of(service));
        if self.costs.replaces_service { extra } else { service + extra }
    }
    fn draw(&self, times: &Times) -> Nanos {
        self.busyness.draw(times, self.kernel.now(), &mut self.luck.borrow_mut())
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
    const MEASURED: bool = false;

    fn rtt(&self) -> Nanos {
        self.0.link.rtt
    }
    async fn connect(&self) -> Result<Opened<SimConnection>, Failure> {
        SimConnection::open(&self.0).await
    }
    fn keeps_times(&self) -> bool {
        !self.0.costs.replaces_service
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
    costs: &'a Costs,
    busyness: Rc<Busyness>,
    seed: Seed,
    /// With their names.
    links: Vec<(String, Rc<SimLink>)>,
    /// By [`StoreId`]: all arms meet in the same ones.
    stores: Vec<StoreModel>,
    ways: Cell<u64>,
}

impl<'a> Paths<'a> {
    pub(super) fn new(
        kernel: &Kernel,
        scenario: &'a Scenario,
        costs: &'a Costs,
        busyness: &Rc<Busyness>,
        seed: Seed,
    ) -> Self {
        let stores = scenario.stores.iter().map(|store| StoreModel::of(kernel, store)).collect();
        let busyness = Rc::clone(busyness);
        Self { kernel: kernel.clone(), scenario, costs, busyness, seed, links: Vec::new(), stores, ways: Cell::new(0) }
    }
}

impl Lay<SimHost> for Paths<'_> {
    fn link(&mut self, name: &str, link: &Link) -> Result<(), EngineError> {
        self.links.push((name.to_owned(), Rc::new(SimLink::new(&self.kernel, name, link, self.seed))));
        Ok(())
    }
    fn way(&mut self, arm: &Arm, over: usize, store: StoreId, connections: Connections) -> Result<SimWay, EngineError> {
        let number = self.ways.get();
        self.ways.set(number + 1);
        let transacts = matches!(self.scenario.stores[store.0].kind, StoreKind::Mysql(_));
        let link = &self.links[over];
        let scenario = self.scenario;
        let (workload, site) = (&scenario.workloads[arm.workload.0].name, &scenario.sites[arm.site.0].name);
        let platform = &scenario.platforms[arm.platform.0].name;
        let costs = self.costs.way(store, &link.0, [workload, site, platform]);
        Ok(SimWay(Rc::new(WayState {
            kernel: self.kernel.clone(),
            link: Rc::clone(&link.1),
            store: self.stores[store.0].clone(),
            connections,
            transacts,
            costs,
            busyness: Rc::clone(&self.busyness),
            luck: RefCell::new(self.seed.stream("store beyond its service time", number)),
            seen: RefCell::default(),
        })))
    }
}
