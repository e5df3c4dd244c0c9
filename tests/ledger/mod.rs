//! What the ledger's tests share: a proxy with taps, what it showed, and a count of round trips that knows no protocol.

#![allow(dead_code, unreachable_pub, reason = "each test file has this as a module, and uses its own part of it")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use longhaul::ledger::{Event, Ledger, Seen, Speaks, View};
use longhaul::link::{Direction, LinkKind};
use longhaul::proxy::{Proxy, Route, RouteSpec, Taps};
use longhaul::scenario::{Congestion, Jitter, Link};
use longhaul::seed::Seed;
use longhaul::timer::Clock;
use longhaul::units::{Fraction, Nanos, Rtt};

/// A proxy in front of one store.
pub struct Watched {
    pub route: Route,
    taps: Taps,
    _proxy: Proxy,
}

impl Watched {
    pub fn new(upstream: SocketAddr, rtt: Nanos) -> Self {
        let proxy = Proxy::start(Clock::start(), LinkKind::Stream).expect("a proxy");
        let (jitter, loss, congestion) = (Jitter::None, Fraction(0.0), Congestion::Cubic);
        let link = Link { rtt: Rtt(rtt), jitter, loss, bandwidth: None, congestion };
        let link = proxy.link(&link, Seed(1), "test").expect("a link");
        let taps = Taps::default();
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let route = proxy.route(RouteSpec { link, listen, upstream, tap: Some(taps.tap(0)) }).expect("a route");
        Self { route, taps, _proxy: proxy }
    }

    pub fn port(&self) -> String {
        self.route.addr().port().to_string()
    }

    /// What a client's run showed: everything up to the end of its last connection.
    pub fn during(&self, client: impl FnOnce()) -> Vec<Seen> {
        client();
        let (mut all, since) = (self.taps.take(), Instant::now());
        let is = |kind: fn(&Event) -> bool, all: &[Seen]| all.iter().filter(|seen| kind(&seen.event)).count();
        loop {
            let opened = is(|event| matches!(event, Event::Opened { .. }), &all);
            if opened == is(|event| matches!(event, Event::Closed { .. }), &all) {
                return all;
            }
            assert!(since.elapsed() < Duration::from_secs(20), "connections end: {} are open", opened);
            thread::sleep(Duration::from_millis(5));
            all.extend(self.taps.take());
        }
    }
}

/// The ledger's view of what was seen.
pub fn view(seen: &[Seen], speaks: Speaks) -> View {
    let mut ledger = Ledger::new();
    ledger.route(0, "store", speaks);
    seen.iter().cloned().for_each(|seen| ledger.see(seen));
    ledger.view()
}

/// Round trips, told from instants alone: a connect, what a store says unasked, and each time a client that had
/// received something sent again and was answered.
pub fn waits(seen: &[Seen]) -> u64 {
    #[derive(Default)]
    struct Count {
        waits: u64,
        /// When the last bytes down arrive, and whether something was sent up that is not answered.
        down: Option<Nanos>,
        asked: bool,
    }
    let mut counts: BTreeMap<u64, Count> = BTreeMap::new();
    for Seen { connection, event, .. } in seen {
        let count = counts.entry(*connection).or_default();
        match event {
            Event::Dialled { .. } => count.waits += 1,
            Event::Bytes { direction: Direction::Up, sent, .. } => {
                if count.down.is_none_or(|at| at <= *sent) {
                    count.asked = true;
                }
            }
            Event::Bytes { direction: Direction::Down, arrives, .. } => {
                if count.asked || count.down.is_none() {
                    count.waits += 1;
                }
                count.asked = false;
                count.down = Some(*arrives);
            }
            _ => {}
        }
    }
    counts.values().map(|count| count.waits).sum()
}
