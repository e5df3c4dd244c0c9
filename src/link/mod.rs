//! What a link does to bytes: given when they were sent, when they arrive.
//!
//! A [`Shared`] is the link itself, common to all its connections; a [`Flow`] is one connection over
//! it. Both are pure: `now` is an argument, nothing waits, and the same calls with the same seed
//! give the same instants, so the proxy and a simulator can share them. The rules are those of
//! TCP as the kernel performs it: the handshake's debt, order within a stream, serialisation before
//! propagation, slow start and its idle restart, the window, lost segments and their repair.
//! Every instant is on the caller's one clock. Not for: sockets, buffers and
//! waiting (`proxy`).
//!
//! A sender asks [`Flow::allowance`] how much it may send now, and [`Flow::cross`] when that arrives,
//! piece by piece. What does not fit the window waits at the sender: whoever asks `cross` for more is told when the
//! later flights arrive, but then holds the queue of a link with a bandwidth for them.
//!
//! Under [`Congestion::Bbr`](crate::scenario::Congestion::Bbr) there is no idle restart and no smaller window after a
//! loss. Not modelled of BBR: its pacing, and how it measures bandwidth.

mod cubic;
mod flow;
mod jitter;
mod lane;
mod outage;
mod packet;
mod recovery;
mod rtt;
mod sender;

use rand::Rng;

pub use flow::Flow;

use crate::scenario::Link;
use crate::seed::Seed;
use crate::units::Nanos;
use lane::Lane;
pub use lane::STEP;
use outage::Outage;
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
    outage: Outage,
    up: Lane,
    down: Lane,
}

impl Shared {
    /// A crossing without jitter, queue or loss: half the RTT.
    pub fn one_way(&self) -> Nanos {
        self.link.rtt.one_way()
    }

    /// An idle link.
    pub fn new(link: &Link) -> Self {
        Self { link: link.clone(), outage: Outage::default(), up: Lane::default(), down: Lane::default() }
    }

    /// From now on the link is this one. What is under way keeps its arrival.
    pub fn change(&mut self, link: &Link, _now: Nanos) {
        self.link = link.clone();
    }

    /// From now on nothing crosses. What is under way still arrives.
    pub fn cut(&mut self, now: Nanos) {
        self.outage.cut(now);
    }

    /// The link carries again. Ask [`Flow::allowance`] again of every connection that was told
    /// [`Allowance::From`]`(`[`Nanos::MAX`]`)`.
    pub fn mend(&mut self, now: Nanos) {
        self.outage.mend(now);
    }

    /// Whether nothing crosses now.
    pub fn is_cut(&self) -> bool {
        self.outage.is_cut()
    }

    /// Until when the queue of a direction takes nothing, if it takes nothing now.
    pub fn full_until(&self, direction: Direction, now: Nanos) -> Option<Nanos> {
        let lane = if direction == Direction::Up { &self.up } else { &self.down };
        match lane.allowance(self.link.bandwidth?, self.link.rtt, now) {
            Allowance::From(at) => Some(at),
            Allowance::Bytes(_) => None,
        }
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
    /// Nothing before this instant, which lies after now; then ask again. [`Nanos::MAX`]: the link is cut.
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

/// The seed of the link called `name`: its connections draw apart from those of every other link.
pub fn seed_of(seed: Seed, name: &str) -> Seed {
    Seed(seed.stream(&format!("link: {name}"), 0).next_u64())
}

#[cfg(test)]
mod tests;
