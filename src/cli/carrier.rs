//! The proxy as commands use it: one link, routes over it, and the ledger of what crosses them.
//!
//! `proxy` shows it to people and lets them change it; `gate` puts it in front of the stores of a command. Not for: printing,
//! control, or how long it goes on.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Exit, Failure, OrExit};
use crate::ledger::{Finished, Ledger, Speaks, View};
use crate::link::LinkKind;
use crate::proxy::{LinkId, Proxy, Route, RouteSpec, RouteStats, Taps};
use crate::scenario::Link;
use crate::seed::Seed;
use crate::timer::Clock;
use crate::units::Nanos;

/// A listener and what is behind it.
#[derive(Debug, Clone)]
pub(super) struct RouteRequest {
    /// Which no other route has.
    pub(super) name: String,
    /// Where clients connect; port 0 is any free one.
    pub(super) listen: SocketAddr,
    /// As typed.
    pub(super) upstream: String,
    /// What that was looked up to.
    pub(super) upstream_addr: SocketAddr,
    /// For the ledger.
    pub(super) speaks: Speaks,
}

/// See the module.
pub(super) struct Carrier {
    clock: Clock,
    proxy: Proxy,
    link: LinkId,
    routes: Vec<Route>,
    ledger: Mutex<Ledger>,
    taps: Taps,
}

/// Locks what is consistent between any two statements, whoever panicked while holding it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Connections that failed for a reason of this machine's, in a sentence.
pub(super) fn exhausted(stats: &[RouteStats]) -> Option<String> {
    let times: u64 = stats.iter().map(|stats| stats.exhausted).sum();
    (times > 0).then(|| {
        format!(
            "{times} times a connection waited to be accepted or was reset because this process had no descriptors or \
             ports left: see `ulimit -n`, or use fewer connections"
        )
    })
}

impl Carrier {
    /// Starts to listen, over a link and its name. With `feeding`, [`Self::feed`] hands out every finished exchange.
    pub(super) fn start(
        (link, link_name): (&Link, &str),
        seed: Seed,
        kind: LinkKind,
        asked: &[RouteRequest],
        feeding: bool,
    ) -> Result<Self, Failure> {
        let clock = Clock::start();
        let proxy = Proxy::start(clock, kind).or_exit(Exit::Environment)?;
        let link = proxy.link(link, seed, link_name).or_exit(Exit::Environment)?;
        let (mut ledger, taps) = (Ledger::new(), Taps::default());
        if feeding {
            ledger.keep_finished();
        }
        let mut routes = Vec::new();
        for (number, asked) in (0_u32..).zip(asked) {
            ledger.route(number, &asked.name, asked.speaks);
            if kind == LinkKind::Packet {
                ledger.near_side_only(number);
            }
            let tap = Some(taps.tap(number));
            let spec = RouteSpec { link, listen: asked.listen, upstream: asked.upstream_addr, tap };
            routes.push(proxy.route(spec).or_exit(Exit::Environment)?);
        }
        Ok(Self { clock, proxy, link, routes, ledger: Mutex::new(ledger), taps })
    }

    /// Time since the start; instants of exchanges are on the same clock.
    pub(super) fn now(&self) -> Nanos {
        self.clock.now()
    }

    /// Whether the thread that delays has priority.
    pub(super) fn realtime(&self) -> bool {
        self.proxy.realtime()
    }

    /// How many routes there are.
    pub(super) fn routes(&self) -> usize {
        self.routes.len()
    }

    /// Where clients of a route connect, by its place in what was asked for.
    pub(super) fn listens_at(&self, route: usize) -> SocketAddr {
        self.routes[route].addr()
    }

    /// From now on the link is this one.
    pub(super) fn change(&self, link: &Link) {
        self.proxy.change(self.link, link);
    }

    /// From now on nothing crosses.
    pub(super) fn cut(&self) {
        self.proxy.cut(self.link);
    }

    /// It carries again.
    pub(super) fn mend(&self) {
        self.proxy.mend(self.link);
    }

    /// Ends the connections of a route: how many.
    pub(super) fn reset_connections(&self, route: usize) -> u64 {
        self.routes[route].reset_connections()
    }

    /// Shows the ledger what has crossed since the last call: what was finished by it, or `None` if nothing crossed. Meant to be
    /// called every few milliseconds.
    pub(super) fn feed(&self) -> Option<Finished> {
        let all = self.taps.take();
        if all.is_empty() {
            return None;
        }
        let mut ledger = lock(&self.ledger);
        for seen in all {
            ledger.see(seen);
        }
        Some(ledger.take_finished())
    }

    /// The ledger's sums as they are now.
    pub(super) fn view(&self) -> View {
        lock(&self.ledger).view()
    }

    /// Begins the ledger's sums anew.
    pub(super) fn reset_ledger(&self) {
        lock(&self.ledger).reset();
    }

    /// Counters by route as they are now; asking takes the thread that delays tens of microseconds.
    pub(super) fn stats(&self) -> Vec<RouteStats> {
        self.routes.iter().map(Route::stats).collect()
    }
}
