//! The proxy while it runs: its links, routes and ledger, and everything that can be asked of them.
//!
//! The control API, the schedule and the printing all come here, so what one changes the others see.
//! Not for: how any of them speaks.

use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use super::args::Request;
use super::metrics::{LinkSample, RouteSample, Sample};
use super::outbox::{By, Outbox, Said};
use super::shown::{LinkShown, RouteShown, speaks_word};
use crate::cli::Failure;
use crate::cli::carrier::{Carrier, RouteRequest, lock};
use crate::ledger::View;
use crate::link::LinkKind;
use crate::proxy::RouteStats;
use crate::scenario::{Happening, Link};
use crate::units::Nanos;

/// Counters are copied by the thread that delays, which takes it tens of microseconds: not more often than this.
const STATS_EVERY: Nanos = Nanos::from_millis(100);

struct RunningLink {
    name: String,
    now: Mutex<LinkNow>,
}

struct LinkNow {
    link: Link,
    cut: bool,
    changes: u64,
}

/// Counters of all routes, and when they were copied.
type Copied = Option<(Nanos, Vec<RouteStats>)>;

/// See the module.
pub(super) struct Running {
    started_unix: u64,
    carrier: Carrier,
    kind: LinkKind,
    /// The one link; more would be the carrier's.
    links: Vec<RunningLink>,
    routes: Vec<RouteShown>,
    outbox: Outbox,
    copied: Mutex<Copied>,
}

impl Running {
    /// Starts to listen. With `feeding`, every finished exchange goes to the outbox.
    pub(super) fn start(request: &Request, feeding: bool, outbox: Outbox) -> Result<Self, Failure> {
        let carrier =
            Carrier::start((&request.link, &request.link_name), request.seed, request.kind, &request.routes, feeding)?;
        let shown = |(at, asked): (usize, &RouteRequest)| RouteShown {
            name: asked.name.clone(),
            listen: carrier.listens_at(at).to_string(),
            upstream: asked.upstream.clone(),
            upstream_addr: asked.upstream_addr.to_string(),
            speaks: speaks_word(asked.speaks),
            link: request.link_name.clone(),
        };
        let routes = request.routes.iter().enumerate().map(shown).collect();
        let now = Mutex::new(LinkNow { link: request.link.clone(), cut: false, changes: 0 });
        Ok(Self {
            started_unix: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            carrier,
            kind: request.kind,
            links: vec![RunningLink { name: request.link_name.clone(), now }],
            routes,
            outbox,
            copied: Mutex::new(None),
        })
    }

    /// Time since the start.
    pub(super) fn now(&self) -> Nanos {
        self.carrier.now()
    }

    /// Seconds since 1970, UTC, at the start.
    pub(super) fn started_unix(&self) -> u64 {
        self.started_unix
    }

    /// Whether the thread that delays has priority.
    pub(super) fn realtime(&self) -> bool {
        self.carrier.realtime()
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
                self.carrier.change(&now.link);
            }
            Happening::Cut => {
                now.cut = true;
                self.carrier.cut();
            }
            Happening::Mend => {
                now.cut = false;
                self.carrier.mend();
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
        self.routes.clone()
    }

    /// Ends the connections of a route: how many, or `None` if there is no such route.
    pub(super) fn reset(&self, name: &str) -> Option<u64> {
        let at = self.routes.iter().position(|route| route.name == name)?;
        let connections = self.carrier.reset_connections(at);
        self.outbox.say(Said::Reset { at: self.now(), route: name.to_owned(), connections });
        Some(connections)
    }

    /// Shows the ledger what has crossed since the last call: whether there was anything.
    pub(super) fn feed(&self) -> bool {
        let Some(finished) = self.carrier.feed() else { return false };
        if !finished.exchanges.is_empty() || finished.dropped > 0 {
            self.outbox.say(Said::Finished(finished));
        }
        true
    }

    pub(super) fn view(&self) -> View {
        self.carrier.view()
    }

    pub(super) fn reset_ledger(&self) {
        self.carrier.reset_ledger();
    }

    /// Counters by route, at most a tenth of a second old.
    pub(super) fn stats(&self) -> Vec<RouteStats> {
        let mut copied = lock(&self.copied);
        let now = self.now();
        match &*copied {
            Some((at, stats)) if now.saturating_sub(*at) < STATS_EVERY => stats.clone(),
            _ => {
                let stats = self.carrier.stats();
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
            routes: routes.map(|(route, stats)| RouteSample { name: route.name.clone(), stats }).collect(),
            ledger: self.view(),
        }
    }
}
