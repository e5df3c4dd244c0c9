//! What lies between the measuring client and its server.

use std::net::{Ipv4Addr, SocketAddr};

use super::upstream::Upstream;
use crate::link::LinkKind;
use crate::proxy::{Proxy, ProxyError, Route, RouteSpec};
use crate::scenario::Link;
use crate::seed::Seed;
use crate::units::Nanos;

/// What a path is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathKind {
    /// Loopback itself: what the machine and the measurement take.
    Direct,
    /// This crate's proxy.
    Through(LinkKind),
    /// Somebody else's proxy.
    Peer,
}

impl PathKind {
    /// `direct`, `stream`, `packet` or `peer`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Through(kind) => kind.word(),
            Self::Peer => "peer",
        }
    }
}

/// A way to the measurement's own server.
#[derive(Debug)]
pub struct Path {
    kind: PathKind,
    link: Link,
    answering: SocketAddr,
    /// Of a peer that has no route for it, the same.
    greeting: SocketAddr,
    /// Open as long as the path is.
    routes: Vec<Route>,
}

impl Path {
    /// Without anything between.
    pub fn direct(upstream: &Upstream) -> Self {
        let (answering, greeting) = (upstream.answering(), upstream.greeting());
        Self { kind: PathKind::Direct, link: Link::plain(Nanos::ZERO), answering, greeting, routes: Vec::new() }
    }

    /// Over a link of a proxy that was started with `kind`, to a server that answers and one that greets; its connections
    /// draw from `seed`.
    ///
    /// # Errors
    /// As [`Proxy::link`] and [`Proxy::route`] tell.
    pub fn through(
        proxy: &Proxy,
        kind: LinkKind,
        link: &Link,
        seed: Seed,
        [answering, greeting]: [SocketAddr; 2],
    ) -> Result<Self, ProxyError> {
        let id = proxy.link(link, seed, "fidelity")?;
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let route = |upstream| proxy.route(RouteSpec { link: id, listen, upstream, tap: None });
        let routes = vec![route(answering)?, route(greeting)?];
        let (answering, greeting) = (routes[0].addr(), routes[1].addr());
        Ok(Self { kind: PathKind::Through(kind), link: link.clone(), answering, greeting, routes })
    }

    /// Over somebody else's proxy, said to be a link of this round trip, at these addresses of it.
    pub fn peer(rtt: Nanos, answering: SocketAddr, greeting: SocketAddr) -> Self {
        Self { kind: PathKind::Peer, link: Link::plain(rtt), answering, greeting, routes: Vec::new() }
    }

    /// What it is made of.
    pub fn kind(&self) -> PathKind {
        self.kind
    }

    /// What it is said to be.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// Where requests are answered.
    pub fn answering(&self) -> SocketAddr {
        self.answering
    }

    /// Where clients are greeted first.
    pub fn greeting(&self) -> SocketAddr {
        self.greeting
    }

    /// The routes through this crate's proxy: answering, greeting.
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }
}
