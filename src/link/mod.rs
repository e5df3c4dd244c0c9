//! What a link does to bytes: given when they were sent, when they arrive.
//!
//! A [`Shared`] is the link itself, common to all its connections; a [`Flow`] is one connection over
//! it. Both are pure: `now` is an argument, nothing waits, and the same calls with the same seed
//! give the same instants, so the proxy and a simulator can share them. The rules are those of
//! TCP as the kernel performs it: the handshake's debt, order within a stream, serialisation before
//! propagation. Slow start, window and loss are not in it yet: a link's `loss` and `congestion` have no effect.
//! Every instant is on the caller's one clock. Not for: sockets, buffers and
//! waiting (`proxy`).
//!
//! A sender asks [`Flow::allowance`] how much it may send now, and [`Flow::cross`] when that arrives,
//! piece by piece: a rule that splits bytes or holds a sender back changes these answers, not their users.

mod jitter;
mod lane;
mod packet;

use rand::Rng;

use crate::scenario::{Jitter, Link};
use crate::seed::{Seed, Stream};
use crate::units::Nanos;
use lane::Lane;
pub use packet::{FULL, PacketFlow, PacketLink};

/// The way that bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the client, which opened the connection, to the store.
    Up,
    /// From the store to the client.
    Down,
}

impl Direction {
    /// Both of them.
    pub const BOTH: [Self; 2] = [Self::Up, Self::Down];

    /// The way back.
    #[must_use]
    pub const fn back(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }
}

/// How a link is made of real sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkKind {
    /// The proxy ends TCP on both sides and delays bytes by this module's model.
    #[default]
    Stream,
    /// The connection crosses a real kernel TCP connection between two network namespaces, whose packets are delayed.
    Packet,
}

impl LinkKind {
    /// `stream` or `packet`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Packet => "packet",
        }
    }
}

/// A link as all its connections share it.
#[derive(Debug, Clone)]
pub struct Shared {
    link: Link,
    /// Nothing crosses.
    cut: bool,
    up: Lane,
    down: Lane,
}

impl Shared {
    /// An idle link.
    pub fn new(link: &Link) -> Self {
        Self { link: link.clone(), cut: false, up: Lane::default(), down: Lane::default() }
    }

    /// From now on the link is this one. What is under way keeps its arrival.
    pub fn change(&mut self, link: &Link, _now: Nanos) {
        self.link = link.clone();
    }

    /// From now on nothing crosses. What is under way still arrives.
    pub fn cut(&mut self, _now: Nanos) {
        self.cut = true;
    }

    /// The link carries again.
    pub fn mend(&mut self, _now: Nanos) {
        self.cut = false;
    }

    fn lane(&mut self, direction: Direction) -> &mut Lane {
        match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }
}

/// What a sender may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// Send up to this many bytes; at least 1.
    Bytes(u64),
    /// Nothing before this instant, which lies after now; then ask again.
    From(Nanos),
}

/// When the first of some bytes arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crossing {
    /// How many of them this is about; the rest is asked for again.
    pub bytes: u64,
    /// When they arrive, all at once. Never before they were sent, nor before what was sent before them.
    pub at: Nanos,
}

/// One connection over a link.
#[derive(Debug)]
pub struct Flow {
    opened_at: Nanos,
    dial_at: Nanos,
    up: Side,
    down: Side,
}

/// One direction of a connection.
#[derive(Debug)]
struct Side {
    /// `None` draws nothing, for a link without jitter.
    jitter: Option<Stream>,
    /// Nothing overtakes: what is sent later arrives no earlier than this.
    last: Nanos,
}

impl Side {
    fn new(link: &Link, seed: Seed, name: &str, connection: u64) -> Self {
        let jitter = (link.jitter != Jitter::None).then(|| seed.stream(name, connection));
        Self { jitter, last: Nanos::ZERO }
    }

    /// Propagation: half the round trip and this crossing's jitter, behind whatever went before.
    fn propagate(&mut self, link: &Link, sent: Nanos) -> Nanos {
        let added = self.jitter.as_mut().map_or(Nanos::ZERO, |stream| jitter::draw(&link.jitter, stream));
        let arrives = sent.saturating_add(link.rtt.one_way()).saturating_add(added);
        self.last = self.last.max(arrives);
        self.last
    }
}

impl Flow {
    /// A connection whose first packet was sent at `accepted_at`, number `connection` of its link.
    ///
    /// A proxy's client is told "connected" at once by its own kernel, where the distance would have cost a round
    /// trip, so the three crossings of the handshake (RFC 9293, 3.5: SYN, SYN-ACK, ACK) are charged to what follows.
    pub fn new(shared: &Shared, seed: Seed, connection: u64, accepted_at: Nanos) -> Self {
        let link = &shared.link;
        let mut up = Side::new(link, seed, "link: up", connection);
        let mut down = Side::new(link, seed, "link: down", connection);
        let syn = up.propagate(link, accepted_at);
        let opened_at = down.propagate(link, syn);
        let dial_at = up.propagate(link, opened_at);
        Self { opened_at, dial_at, up, down }
    }

    /// When the store may learn of the connection: 1.5 round trips after the first packet, so that a
    /// greeting arrives at 2 (PHYSICS.md, 1: 30.3 ms at 15 ms).
    pub fn dial_at(&self) -> Nanos {
        self.dial_at
    }

    /// How much may be sent now: nothing while the link's queue is full (RFC 6349, 1.1: one bandwidth-delay product).
    pub fn allowance(&self, direction: Direction, now: Nanos, shared: &mut Shared) -> Allowance {
        if shared.cut {
            return Allowance::From(Nanos::MAX);
        }
        let (bandwidth, rtt) = (shared.link.bandwidth, shared.link.rtt);
        let lane = shared.lane(direction);
        bandwidth.map_or(Allowance::Bytes(u64::MAX), |bandwidth| lane.allowance(bandwidth, rtt, now))
    }

    /// When the first of `bytes` bytes sent at `now` arrive: serialisation first, then propagation. Zero bytes
    /// are a bare packet, such as a FIN.
    ///
    /// What a client sends before its connection would have been open is sent when it is: a request sent
    /// at once arrives with the end of the handshake, and its reply at 2 round trips (PHYSICS.md, 1: 30.4 ms at 15 ms).
    pub fn cross(&mut self, direction: Direction, now: Nanos, bytes: u64, shared: &mut Shared) -> Crossing {
        let (sent, bytes) = match shared.link.bandwidth {
            Some(bandwidth) => shared.lane(direction).serialise(bandwidth, now, bytes),
            None => (now, bytes),
        };
        // After the lane: early bytes must not keep the transmitter from other connections until then.
        let sent = match direction {
            Direction::Up => sent.max(self.opened_at),
            Direction::Down => sent,
        };
        let side = match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        };
        Crossing { bytes, at: side.propagate(&shared.link, sent) }
    }
}

/// The seed of the link called `name`: its connections draw apart from those of every other link.
pub fn seed_of(seed: Seed, name: &str) -> Seed {
    Seed(seed.stream(&format!("link: {name}"), 0).next_u64())
}

#[cfg(test)]
mod tests;
