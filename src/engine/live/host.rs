//! The live engine's side of performing: real time, tasks of a runtime, connections through the proxy.
//!
//! Not for: the rules of load and journeys (`engine::perform`).

use std::cell::RefCell;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;

use tokio::task::LocalSet;

use super::descriptors;
use super::driver::{Connection, Dial};
use super::probe::{Asked, Probe};
use super::{LiveEngine, RouteSpec};
use crate::engine::EngineError;
use crate::engine::perform::{Failure, Host, Lay, Opened, Seen, Task, Way};
use crate::plan::{Plan, expected};
use crate::proxy::{LinkId, Route, Taps};
use crate::scenario::{Connections, Link, StoreId, StoreKind};
use crate::server::Login;
use crate::strategy::Arm;
use crate::timer::Timer;
use crate::units::{Nanos, Rtt};

/// The generator's one thread.
#[derive(Clone)]
pub(super) struct LiveHost {
    pub(super) timer: Timer,
    /// What asks beside the load.
    pub(super) probes: Rc<RefCell<Vec<Rc<Probe>>>>,
}

impl Host for LiveHost {
    type Way = LiveWay;
    type Connection = Connection;
    type Task = tokio::task::AbortHandle;

    fn now(&self) -> Nanos {
        self.timer.clock().now()
    }
    async fn sleep_until(&self, at: Nanos) -> Nanos {
        self.timer.sleep_until(at).await
    }
    fn begins(&self, from: Nanos, to: Nanos) {
        for (number, probe) in self.probes.borrow().iter().enumerate() {
            self.spawn(Rc::clone(probe).ask(self.timer.clone(), number, (from, to)));
        }
    }
    async fn yield_now(&self) {
        tokio::task::yield_now().await;
    }
    fn spawn(&self, task: impl Future<Output = ()> + 'static) -> Self::Task {
        tokio::task::spawn_local(task).abort_handle()
    }
    async fn scope<T>(&self, main: impl Future<Output = T>) -> T {
        LocalSet::new().run_until(main).await
    }
}

impl Task for tokio::task::AbortHandle {
    fn abort(&self) {
        Self::abort(self);
    }
}

/// How to reach one store without a link.
#[derive(Debug, Clone)]
pub(super) struct Direct {
    pub(super) addr: SocketAddr,
    pub(super) login: Option<Login>,
    pub(super) hints: bool,
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

/// A way through the proxy.
pub(super) struct LiveWay {
    /// `None` when the generator itself is measured, without a link.
    pub(super) route: Option<Route>,
    timer: Timer,
    rtt: Nanos,
    dial: Dial,
    keeps_times: bool,
}

impl Way for LiveWay {
    type Connection = Connection;
    const MEASURED: bool = true;

    fn rtt(&self) -> Nanos {
        self.rtt
    }
    /// The proxy accepts at once, while a kernel's connect takes one round trip. A protocol whose server
    /// speaks first has waited that long with its greeting; for the other one it is waited here, so that
    /// the handshake is not counted to the first call. (The proxy holds back what comes too early anyway.)
    async fn connect(&self) -> Result<Opened<Connection>, Failure> {
        let start = self.timer.clock().now();
        let (connection, trips) = self.dial.connect().await?;
        let unanswered = match &connection {
            Connection::Mysql(_) => 2,
            Connection::Memcached(_) => {
                if self.rtt > Nanos::ZERO {
                    self.timer.sleep_until(start + self.rtt).await;
                }
                1
            }
        };
        Ok(Opened { connection, trips, answered: trips.saturating_sub(unanswered) })
    }
    fn keeps_times(&self) -> bool {
        self.keeps_times
    }
    fn seen(&self) -> Option<Seen> {
        let stats = self.route.as_ref()?.stats();
        Some(Seen {
            connections: stats.connections,
            exchanges: stats.exchanges,
            server_time: stats.server_time,
            beyond_rtt: stats.beyond_rtt,
            round_trip_lateness: stats.round_trip_lateness,
            stamp_lateness: stats.stamp_lateness,
            bytes_up: stats.bytes_up,
            bytes_down: stats.bytes_down,
        })
    }
    fn restart(&self) {
        if let Some(route) = &self.route {
            route.reset();
        }
    }
}

/// Makes links of the proxy, and routes over them.
pub(super) struct Routes<'a> {
    engine: &'a LiveEngine,
    plan: &'a Plan,
    /// The links, and those of the proxy, by number; none of the proxy where the generator itself is measured.
    links: Vec<(Link, Option<LinkId>)>,
    /// One for each store over each link.
    probes: Vec<Rc<Probe>>,
}

impl<'a> Routes<'a> {
    pub(super) fn new(engine: &'a LiveEngine, plan: &'a Plan) -> Self {
        Self { engine, plan, links: Vec::new(), probes: Vec::new() }
    }
    /// What asks beside the load over these ways.
    pub(super) fn probes(self) -> Vec<Rc<Probe>> {
        self.probes
    }
    /// A probe of a store over a link, if there is none yet and the store has room for its connection.
    fn probe(&mut self, over: usize, store: StoreId) -> Result<(), EngineError> {
        let (engine, direct) = (self.engine, &self.engine.stores[store.0]);
        let (link, Some(id)) = &self.links[over] else { return Ok(()) };
        let known = self.probes.iter().any(|probe| (probe.link, probe.store) == (over, store));
        if known || !descriptors::room_at(&engine.scenario, self.plan, store) {
            return Ok(());
        }
        let taps = Taps::default();
        let spec = RouteSpec { link: *id, listen: loopback(), upstream: direct.addr, tap: Some(taps.tap(0)) };
        let route = engine.route(spec)?;
        let dial = direct.dial(&engine.scenario.stores[store.0].kind, route.addr(), 0);
        let trip = expected::round_trip(link);
        let asked = Asked { handshake: trip.scale(1.5), round_trip: engine.proxy.is_packet().then_some(trip) };
        self.probes.push(Rc::new(Probe::new((over, store), (route, taps), dial, asked)));
        Ok(())
    }
}

impl Lay<LiveHost> for Routes<'_> {
    fn link(&mut self, name: &str, link: &Link) -> Result<(), EngineError> {
        if self.engine.direct {
            self.links.push((Link { rtt: Rtt(Nanos::ZERO), ..link.clone() }, None));
            return Ok(());
        }
        let made = self.engine.proxy.link(link, self.plan.seed, name);
        let id = made.map_err(|error| EngineError::Environment(error.to_string()))?;
        self.links.push((link.clone(), Some(id)));
        Ok(())
    }
    fn way(&mut self, _: &Arm, over: usize, store: StoreId, connections: Connections) -> Result<LiveWay, EngineError> {
        let direct = &self.engine.stores[store.0];
        let (Link { rtt: Rtt(rtt), .. }, link) = self.links[over];
        let spec = |link| RouteSpec { link, listen: loopback(), upstream: direct.addr, tap: None };
        let route = link.map(|link| self.engine.route(spec(link))).transpose()?;
        let addr = route.as_ref().map_or(direct.addr, Route::addr);
        let dial = direct.dial(&self.engine.scenario.stores[store.0].kind, addr, connections.set_up);
        self.probe(over, store)?;
        Ok(LiveWay { route, timer: self.engine.timer.clone(), rtt, dial, keeps_times: direct.hints })
    }
}

fn loopback() -> SocketAddr {
    (std::net::Ipv4Addr::LOCALHOST, 0).into()
}
