//! The proxy while it runs: its links, routes and ledger, and everything that can be asked of them.
//!
//! The control API, the schedule and the printing all come here, so what one changes the others see.
//! Not for: how any of them speaks.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::args::Request;
use super::metrics::{LinkSample, RouteSample, Sample};
use super::outbox::{By, Outbox, Said};
use super::shown::{LinkShown, RouteShown, speaks_word};
use crate::cli::{Exit, Failure, OrExit};
use crate::ledger::{Ledger, View};
use crate::link::LinkKind;
use crate::proxy::{LinkId, Proxy, Route, RouteSpec, RouteStats, Taps};
use crate::scenario::{Happening, Link};
use crate::timer::Clock;
use crate::units::Nanos;

/// Counters are copied by the thread that delays, which takes it tens of microseconds: not more often than this.
const STATS_EVERY: Nanos = Nanos::from_millis(100);

struct RunningLink {
    id: LinkId,
    name: String,
    now: Mutex<LinkNow>,
}

struct LinkNow {
    link: Link,
    cut: bool,
    changes: u64,
}

struct RunningRoute {
    route: Route,
    shown: RouteShown,
}

/// Counters of all routes, and when they were copied.
type Copied = Option<(Nanos, Vec<RouteStats>)>;

/// See the module.
pub(super) struct Running {
    clock: Clock,
    started_unix: u64,
    proxy: Proxy,
    kind: LinkKind,
    links: Vec<RunningLink>,
    routes: Vec<RunningRoute>,
    ledger: Mutex<Ledger>,
    taps: Taps,
    outbox: Outbox,
    copied: Mutex<Copied>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind these locks is consistent between any two statements.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Running {
    /// Starts to listen. With `feeding`, every finished exchange goes to the outbox.
    pub(super) fn start(request: &Request, feeding: bool, outbox: Outbox) -> Result<Self, Failure> {
        let clock = Clock::start();
        let proxy = Proxy::start(clock, request.kind).or_exit(Exit::Environment)?;
        let id = proxy.link(&request.link, request.seed, &request.link_name).or_exit(Exit::Environment)?;
        let (mut ledger, taps) = (Ledger::new(), Taps::default());
        if feeding {
            ledger.keep_finished();
        }
        let mut routes = Vec::new();
        for (number, asked) in (0_u32..).zip(&request.routes) {
            ledger.route(number, &asked.name, asked.speaks);
            if request.kind == LinkKind::Packet {
                ledger.near_side_only(number);
            }
            let tap = Some(taps.tap(number));
            let spec = RouteSpec { link: id, listen: asked.listen, upstream: asked.upstream_addr, tap };
            let route = proxy.route(spec).or_exit(Exit::Environment)?;
            let shown = RouteShown {
                name: asked.name.clone(),
                listen: route.addr().to_string(),
                upstream: asked.upstream.clone(),
                upstream_addr: asked.upstream_addr.to_string(),
                speaks: speaks_word(asked.speaks),
                link: request.link_name.clone(),
            };
            routes.push(RunningRoute { route, shown });
        }
        let now = Mutex::new(LinkNow { link: request.link.clone(), cut: false, changes: 0 });
        Ok(Self {
            clock,
            started_unix: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            proxy,
            kind: request.kind,
            links: vec![RunningLink { id, name: request.link_name.clone(), now }],
            routes,
            ledger: Mutex::new(ledger),
            taps,
            outbox,
            copied: Mutex::new(None),
        })
    }

    /// Time since the start.
    pub(super) fn now(&self) -> Nanos {
        self.clock.now()
    }

    /// Seconds since 1970, UTC, at the start.
    pub(super) fn started_unix(&self) -> u64 {
        self.started_unix
    }

    /// Whether the thread that delays has priority.
    pub(super) fn realtime(&self) -> bool {
        self.proxy.realtime()
    }

    pub(super) fn links(&self) -> Vec<LinkShown> {
        self.links.iter().map(|link| self.shown(link, &lock(&link.now))).collect()
    }

    fn shown(&self, link: &RunningLink, now: &LinkNow) -> LinkShown {
        LinkShown::of(&link.name, self.kind, &now.link, now.cut)
    }

    /// The round-trip time now, of the first link.
    pub(super) fn rtt(&self) -> Nanos {
        self.links.first().map_or(Nanos::ZERO, |link| lock(&link.now).link.rtt.0)
    }

    /// Changes a link, and says so; what it is afterwards, or `None` if there is no such link.
    pub(super) fn alter(&self, name: &str, happening: &Happening, by: By) -> Option<LinkShown> {
        let link = self.links.iter().find(|link| link.name == name)?;
        let mut now = lock(&link.now);
        match happening {
            Happening::Change(change) => {
                now.link = change.apply(&now.link);
                self.proxy.change(link.id, &now.link);
            }
            Happening::Cut => {
                now.cut = true;
                self.proxy.cut(link.id);
            }
            Happening::Mend => {
                now.cut = false;
                self.proxy.mend(link.id);
            }
        }
        now.changes += 1;
        let shown = self.shown(link, &now);
        let word = match happening {
            Happening::Change(_) => "change",
            Happening::Cut => "cut",
            Happening::Mend => "mend",
        };
        // Still under the lock, so that changes are told in the order in which they happened.
        self.outbox.say(Said::Changed { at: self.now(), happening: word, by, link: shown.clone() });
        Some(shown)
    }

    pub(super) fn routes(&self) -> Vec<RouteShown> {
        self.routes.iter().map(|route| route.shown.clone()).collect()
    }

    /// Ends the connections of a route: how many, or `None` if there is no such route.
    pub(super) fn reset(&self, name: &str) -> Option<u64> {
        let route = self.routes.iter().find(|route| route.shown.name == name)?;
        let connections = route.route.reset_connections();
        self.outbox.say(Said::Reset { at: self.now(), route: name.to_owned(), connections });
        Some(connections)
    }

    /// Shows the ledger what has crossed since the last call: whether there was anything.
    pub(super) fn feed(&self) -> bool {
        let all = self.taps.take();
        if all.is_empty() {
            return false;
        }
        let mut ledger = lock(&self.ledger);
        for seen in all {
            ledger.see(seen);
        }
        let finished = ledger.take_finished();
        drop(ledger);
        if !finished.exchanges.is_empty() || finished.dropped > 0 {
            self.outbox.say(Said::Finished(finished));
        }
        true
    }

    pub(super) fn view(&self) -> View {
        lock(&self.ledger).view()
    }

    pub(super) fn reset_ledger(&self) {
        lock(&self.ledger).reset();
    }

    /// Counters by route, at most a tenth of a second old.
    pub(super) fn stats(&self) -> Vec<RouteStats> {
        let mut copied = lock(&self.copied);
        let now = self.now();
        match &*copied {
            Some((at, stats)) if now.saturating_sub(*at) < STATS_EVERY => stats.clone(),
            _ => {
                let stats: Vec<_> = self.routes.iter().map(|route| route.route.stats()).collect();
                *copied = Some((now, stats.clone()));
                stats
            }
        }
    }

    /// Counters by route as they are now.
    pub(super) fn stats_now(&self) -> Vec<RouteStats> {
        *lock(&self.copied) = None;
        self.stats()
    }

    /// Everything that Prometheus is told.
    pub(super) fn sample(&self) -> Sample {
        let link = |link: &RunningLink| {
            let now = lock(&link.now);
            LinkSample { name: link.name.clone(), link: now.link.clone(), cut: now.cut, changes: now.changes }
        };
        let routes = self.routes.iter().zip(self.stats());
        Sample {
            up: self.now(),
            realtime: self.realtime(),
            links: self.links.iter().map(link).collect(),
            routes: routes.map(|(route, stats)| RouteSample { name: route.shown.name.clone(), stats }).collect(),
            ledger: self.view(),
        }
    }
}
