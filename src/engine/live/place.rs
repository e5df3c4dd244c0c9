//! Builds what one placement needs: a link for each pair of sites, a route for each arm and store.
//!
//! Arms on the same pair of sites share one link of the proxy, and with it its bandwidth. Not for:
//! sending anything over them.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use super::LiveEngine;
use super::driver::Dial;
use super::world::{ArmWorld, Path, World, connections};
use crate::engine::EngineError;
use crate::plan::Plan;
use crate::proxy::{LinkId, RouteSpec};
use crate::scenario::{Link, Scenario, SiteId, StoreId, StoreKind};
use crate::server::Login;
use crate::strategy::Arm;

/// How to reach one store without a link.
#[derive(Debug, Clone)]
pub(super) struct Direct {
    pub(super) addr: SocketAddr,
    pub(super) login: Option<Login>,
    pub(super) hints: bool,
}

/// A placement with its links.
pub(super) struct Place {
    pub(super) world: Rc<World>,
    pub(super) arms: Vec<Rc<ArmWorld>>,
    pub(super) links: Vec<LinkUse>,
}

/// A link that is used.
pub(super) struct LinkUse {
    /// `dc–cloud`, or `dc` within one site.
    pub(super) name: String,
    pub(super) link: Link,
    ends: (SiteId, SiteId),
    id: Option<LinkId>,
}

impl Direct {
    /// How to connect at `addr`.
    pub(super) fn dial(&self, kind: &StoreKind, addr: SocketAddr, set_up: u32) -> Dial {
        match kind {
            StoreKind::Mysql(_) => Dial::mysql(addr, self.login.as_ref(), set_up, self.hints),
            StoreKind::Memcached(_) => Dial::Memcached(addr),
        }
    }
}

/// Builds a placement.
pub(super) fn build(engine: &LiveEngine, plan: &Plan) -> Result<Place, EngineError> {
    let world = World::new(Arc::clone(&engine.scenario), plan.clone(), engine.timer.clock(), engine.timer.clone());
    let world = Rc::new(world);
    let mut links = Vec::new();
    let mut arms = Vec::new();
    for arm in &plan.placement.arms {
        let paths = arm.links.iter().enumerate();
        let paths = paths.map(|(store, link)| {
            let link = link.as_ref();
            link.map(|link| path(engine, plan, &mut links, arm, StoreId(store), link)).transpose()
        });
        let paths = paths.collect::<Result<Vec<_>, _>>()?;
        arms.push(Rc::new(ArmWorld { world: Rc::clone(&world), arm: arm.clone(), paths }));
    }
    Ok(Place { world, arms, links })
}

fn path(
    engine: &LiveEngine,
    plan: &Plan,
    links: &mut Vec<LinkUse>,
    arm: &Arm,
    store: StoreId,
    link: &Link,
) -> Result<Path, EngineError> {
    let scenario = &engine.scenario;
    let kind = &scenario.stores[store.0].kind;
    let connections = connections(&scenario.workloads[arm.workload.0], kind);
    let direct = &engine.stores[store.0];
    let index = link_index(engine, plan, links, (arm.site, plan.placement.stores[store.0]), link)?;
    let route = match links[index].id {
        Some(id) => Some(engine.route(RouteSpec { link: id, listen: loopback(), upstream: direct.addr, tap: None })?),
        None => None,
    };
    let addr = route.as_ref().map_or(direct.addr, crate::proxy::Route::addr);
    let rtt = if engine.direct { crate::units::Nanos::ZERO } else { link.rtt.0 };
    let dial = direct.dial(kind, addr, connections.set_up);
    Ok(Path::new(route, index, rtt, dial, connections).keeping_times(direct.hints).pooled(arm.share.0 * plan.scale))
}

/// The link between two sites, made when it is first used.
fn link_index(
    engine: &LiveEngine,
    plan: &Plan,
    links: &mut Vec<LinkUse>,
    (a, b): (SiteId, SiteId),
    link: &Link,
) -> Result<usize, EngineError> {
    let ends = (a.min(b), a.max(b));
    if let Some(known) = links.iter().position(|known| known.ends == ends) {
        return Ok(known);
    }
    let name = name(&engine.scenario, ends);
    let id = (!engine.direct).then(|| engine.proxy.link(link, plan.seed, &name)).transpose();
    let id = id.map_err(|error| EngineError::Environment(error.to_string()))?;
    links.push(LinkUse { name, link: link.clone(), ends, id });
    Ok(links.len() - 1)
}

/// `dc–cloud`, or `dc` within one site.
fn name(scenario: &Scenario, (a, b): (SiteId, SiteId)) -> String {
    let site = |id: SiteId| &scenario.sites[id.0].name;
    if a == b { site(a).clone() } else { format!("{}–{}", site(a), site(b)) }
}

fn loopback() -> SocketAddr {
    (std::net::Ipv4Addr::LOCALHOST, 0).into()
}
