//! The links and ways of one placement in virtual time, as they are laid. Not for: what a way does (`way`).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::busyness::Busyness;
use super::host::SimHost;
use super::kernel::Kernel;
use super::link::SimLink;
use super::store::StoreModel;
use super::way::SimWay;
use super::way_state::WayState;
use crate::engine::EngineError;
use crate::engine::calibration::Costs;
use crate::engine::perform::Lay;
use crate::scenario::{Connections, Link, Scenario, StoreId, StoreKind};
use crate::seed::Seed;
use crate::strategy::Arm;

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
        let busyness = Rc::clone(busyness);
        let stores = scenario.stores.iter().map(|store| StoreModel::of(kernel, store)).collect();
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
