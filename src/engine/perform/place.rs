//! Builds what one placement needs: a link for each pair of sites, a way for each arm and store.
//!
//! Arms on the same pair of sites share one link, and with it its bandwidth. Not for: sending
//! anything over them, or making a link (`Lay`, which each engine does its own way).

use std::rc::Rc;
use std::sync::Arc;

use super::host::Host;
use super::world::{ArmWorld, Path, World, connections};
use crate::engine::EngineError;
use crate::plan::Plan;
use crate::scenario::{Connections, Link, Scenario, SiteId, StoreId, StoreKind};
use crate::strategy::{Arm, copy_of};

/// A placement with its links.
pub(in crate::engine) struct Place<H: Host> {
    pub(in crate::engine) world: Rc<World<H>>,
    pub(in crate::engine) arms: Vec<Rc<ArmWorld<H>>>,
    pub(in crate::engine) links: Vec<LinkUse>,
}

/// A link that is used.
pub(in crate::engine) struct LinkUse {
    /// `dc–cloud`, or `dc` within one site.
    pub(in crate::engine) name: String,
    pub(in crate::engine) link: Link,
    ends: (SiteId, SiteId),
}

/// Makes links, and ways over them.
pub(in crate::engine) trait Lay<H: Host> {
    /// Makes the next link; they are numbered from 0.
    fn link(&mut self, name: &str, link: &Link) -> Result<(), EngineError>;
    /// Makes a way from an arm to a store over link number `over`.
    fn way(&mut self, arm: &Arm, over: usize, store: StoreId, connections: Connections) -> Result<H::Way, EngineError>;
}

/// Builds a placement.
pub(in crate::engine) fn build<H: Host>(
    host: H,
    scenario: &Arc<Scenario>,
    plan: &Plan,
    lay: &mut dyn Lay<H>,
) -> Result<Place<H>, EngineError> {
    let world = Rc::new(World::new(host, Arc::clone(scenario), plan.clone()));
    let mut place = Place { world, arms: Vec::new(), links: Vec::new() };
    for arm in &plan.placement.arms {
        let mut paths = Vec::new();
        for (store, link) in arm.links.iter().enumerate() {
            let link = link.as_ref();
            paths.push(link.map(|link| place.path(lay, arm, StoreId(store), link)).transpose()?);
        }
        place.arms.push(Rc::new(ArmWorld { world: Rc::clone(&place.world), arm: arm.clone(), paths }));
    }
    Ok(place)
}

impl<H: Host> Place<H> {
    fn path(&mut self, lay: &mut dyn Lay<H>, arm: &Arm, store: StoreId, link: &Link) -> Result<Path<H>, EngineError> {
        let world = Rc::clone(&self.world);
        let (scenario, plan) = (&world.scenario, &world.plan);
        let connections = connections(&scenario.workloads[arm.workload.0], &scenario.stores[store.0].kind);
        let over = self.link(lay, (arm.site, plan.placement.stores[store.0]), link)?;
        let way = lay.way(arm, over, store, connections)?;
        let copied = scenario.stores[store.0].copy_of.is_some() || is_split(plan, scenario, store);
        let mysql = matches!(scenario.stores[store.0].kind, StoreKind::Mysql(_));
        let spared = mysql && copy_of(&arm.copies, store).is_some();
        Ok(Path::new(way, over, connections, arm.share.0 * plan.scale).copied(copied).spared(spared))
    }
    /// The link between two sites, made when it is first used.
    fn link(&mut self, lay: &mut dyn Lay<H>, (a, b): (SiteId, SiteId), link: &Link) -> Result<usize, EngineError> {
        let ends = (a.min(b), a.max(b));
        if let Some(known) = self.links.iter().position(|known| known.ends == ends) {
            return Ok(known);
        }
        let name = name(&self.world.scenario, ends);
        lay.link(&name, link)?;
        self.links.push(LinkUse { name, link: link.clone(), ends });
        Ok(self.links.len() - 1)
    }
}

/// Whether a store is a cache of which some arm uses a copy.
fn is_split(plan: &Plan, scenario: &Scenario, store: StoreId) -> bool {
    let cache = matches!(scenario.stores[store.0].kind, StoreKind::Memcached(_));
    cache && plan.placement.arms.iter().any(|arm| copy_of(&arm.copies, store).is_some())
}

/// `dc–cloud`, or `dc` within one site.
fn name(scenario: &Scenario, (a, b): (SiteId, SiteId)) -> String {
    let site = |id: SiteId| &scenario.sites[id.0].name;
    if a == b { site(a).clone() } else { format!("{}–{}", site(a), site(b)) }
}
