//! Proxies in front of the command's stores, and everything that crosses them, counted to the end.
//!
//! Not for: running the command (`child`), or adding up (`analysis::gate::observed`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::request::Request;
use crate::analysis::gate::observed::{MEMCACHED, MYSQL, Observed, Seen};
use crate::cli::Failure;
use crate::cli::carrier::{Carrier, exhausted, lock};
use crate::ledger::Speaks;
use crate::link::LinkKind;
use crate::scenario::{Congestion, Jitter, Link};
use crate::seed::Seed;
use crate::units::{Fraction, Rtt};

/// How often the ledger is shown what has crossed.
const FEED: Duration = Duration::from_millis(5);

/// What is still open when nothing has crossed for so long, round trips apart, is somebody's who outlives the command.
const QUIET: Duration = Duration::from_millis(300);

/// The end is waited for no longer than this.
const DRAIN_MOST: Duration = Duration::from_secs(5);

/// The proxies, and what was seen.
pub(super) struct Watch {
    carrier: Carrier,
    observed: Mutex<Observed>,
    rtt: Rtt,
}

impl Watch {
    /// Starts to listen. `rtt` is what is really added to every round trip.
    pub(super) fn start(request: &Request, rtt: Rtt) -> Result<Self, Failure> {
        let link =
            Link { rtt, jitter: Jitter::None, loss: Fraction(0.0), bandwidth: None, congestion: Congestion::Cubic };
        let carrier = Carrier::start((&link, "link"), Seed::default(), LinkKind::Stream, &request.routes, true)?;
        let store = |speaks| if speaks == Speaks::Memcached { MEMCACHED } else { MYSQL };
        let routes = request.routes.iter().map(|route| (route.name.as_str(), store(route.speaks)));
        Ok(Self { carrier, observed: Mutex::new(Observed::new(routes)), rtt })
    }

    /// What the command has to know to connect, for its environment.
    pub(super) fn environment(&self, request: &Request) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for (speaks, word) in [(Speaks::MySql, "MYSQL"), (Speaks::Memcached, "MEMCACHED")] {
            let routes = request.routes.iter().enumerate().filter(|(_, route)| route.speaks == speaks);
            for (number, (at, _)) in (1..).zip(routes) {
                let addr = reachable(self.carrier.listens_at(at));
                let numbered = format!("LONGHAUL_{word}_{number}");
                let plain = (number == 1).then(|| format!("LONGHAUL_{word}"));
                for prefix in plain.into_iter().chain([numbered]) {
                    all.push((format!("{prefix}_HOST"), addr.ip().to_string()));
                    all.push((format!("{prefix}_PORT"), addr.port().to_string()));
                }
            }
        }
        all
    }

    /// Takes what has crossed into account: whether there was anything.
    fn feed(&self) -> bool {
        let finished = self.carrier.feed();
        if let Some(finished) = &finished {
            lock(&self.observed).add(finished);
        }
        finished.is_some()
    }

    /// From now on, calls are of this journey; of none with `None`. Done when this returns.
    pub(super) fn name(&self, journey: Option<&str>) {
        // What was sent before is then stamped: the thread that stamps has twice come round since.
        self.carrier.stats();
        self.carrier.stats();
        let mut observed = lock(&self.observed);
        observed.name(self.carrier.now(), journey);
    }

    /// Looks on from a thread of its own until it is told to stop.
    pub(super) fn look_on(self: &Arc<Self>) -> std::io::Result<Looking> {
        let (watch, stop) = (Arc::clone(self), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        let body = move || {
            while !stopped.load(Ordering::Relaxed) {
                watch.feed();
                std::thread::sleep(FEED);
            }
        };
        let thread = std::thread::Builder::new().name("longhaul-ledger".into()).spawn(body)?;
        Ok(Looking { thread: Some(thread), stop })
    }

    /// Counts what is still under way when the command has ended; how many connections nobody closed, which are closed then.
    pub(super) fn drain(&self) -> u64 {
        let quiet = QUIET + Duration::from(self.rtt.0) * 2;
        let started = Instant::now();
        let mut heard = started;
        // Twice: a connection that waits to be accepted is accepted by then.
        self.carrier.stats();
        while self.open() > 0 && heard.elapsed() < quiet && started.elapsed() < DRAIN_MOST + quiet {
            if self.feed() {
                heard = Instant::now();
            }
            std::thread::sleep(FEED);
        }
        let left = (0..self.carrier.routes()).map(|route| self.carrier.reset_connections(route)).sum();
        self.carrier.stats();
        while self.feed() {}
        left
    }

    fn open(&self) -> u64 {
        self.carrier.stats().iter().map(|stats| stats.open).sum()
    }

    /// Stores that did not accept connections, and connections that this machine had nothing left for, in sentences.
    pub(super) fn unreached(&self, request: &Request) -> Vec<String> {
        let all = self.carrier.stats();
        let failed = request.routes.iter().zip(&all).filter(|(_, stats)| stats.dial_errors > 0);
        let sentence = |route: &str, errors, upstream: &str| {
            let (s, them) = if errors == 1 { ("", "it") } else { ("s", "them") };
            format!("{route}: {errors} connection{s} failed: {upstream} did not accept {them}")
        };
        let failed = failed.map(|(route, stats)| sentence(&route.name, stats.dial_errors, &route.upstream));
        failed.chain(exhausted(&all)).collect()
    }

    /// Everything that was seen.
    pub(super) fn seen(&self) -> Seen {
        lock(&self.observed).seen(&self.carrier.view())
    }
}

/// Where the command reaches what listens: it is on this machine, whoever else is let in.
pub(super) fn reachable(listens_at: SocketAddr) -> SocketAddr {
    let ip = match listens_at.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, listens_at.port())
}

/// A thread that looks on; it ends with this.
pub(super) struct Looking {
    thread: Option<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // One that panicked has told why.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_listens_everywhere_is_reached_here() {
        for (listens_at, reached) in
            [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("10.0.0.1:1", "10.0.0.1:1"), ("[::1]:1", "[::1]:1")]
        {
            let addr = listens_at.parse().expect("an address");
            assert_eq!(reachable(addr).to_string(), reached);
        }
    }
}
