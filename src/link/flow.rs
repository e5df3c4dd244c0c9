//! One connection over a link: two senders, and the way of their bytes.
//!
//! Not for: the rules themselves, each of which has its file.

use super::outage::Outage;
use super::recovery::{Hole, Losses, handshake_wait, syn_backoff};
use super::sender::{MSS, Sender};
use super::{Allowance, Crossing, Direction, Shared, jitter};
use crate::scenario::{Jitter, Link};
use crate::seed::{Seed, Stream};
use crate::units::Nanos;

/// One connection over a link.
#[derive(Debug)]
pub struct Flow {
    first_syn: Nanos,
    /// SYNs sent again because the link was cut.
    syns: u32,
    /// From the SYN that came through until the connection was open at its client, and until its store could know.
    opening: Nanos,
    dialling: Nanos,
    up: Side,
    down: Side,
}

/// One direction of a connection.
#[derive(Debug)]
struct Side {
    draws: Draws,
    losses: Losses,
    sender: Sender,
    /// Nothing overtakes: what is sent later arrives no earlier than this.
    last: Nanos,
    /// Since when it sends into a link that is cut.
    stalled: Option<Nanos>,
}

/// The random streams of one direction, made when they are first needed.
#[derive(Debug)]
struct Draws {
    seed: Seed,
    connection: u64,
    direction: Direction,
    jitter: Option<Stream>,
    loss: Option<Stream>,
}

impl Draws {
    fn make(seed: Seed, connection: u64, direction: Direction, loss: bool) -> Stream {
        let name = match (direction, loss) {
            (Direction::Up, false) => "link: up",
            (Direction::Down, false) => "link: down",
            (Direction::Up, true) => "link: up, loss",
            (Direction::Down, true) => "link: down, loss",
        };
        seed.stream(name, connection)
    }

    fn jitter(&mut self) -> &mut Stream {
        let (seed, connection, direction) = (self.seed, self.connection, self.direction);
        self.jitter.get_or_insert_with(|| Self::make(seed, connection, direction, false))
    }

    fn loss(&mut self) -> &mut Stream {
        let (seed, connection, direction) = (self.seed, self.connection, self.direction);
        self.loss.get_or_insert_with(|| Self::make(seed, connection, direction, true))
    }
}

impl Side {
    fn new(link: &Link, seed: Seed, connection: u64, direction: Direction, now: Nanos) -> Self {
        Self {
            draws: Draws { seed, connection, direction, jitter: None, loss: None },
            losses: Losses::default(),
            sender: Sender::new(link.congestion, link.rtt.0, now),
            last: Nanos::ZERO,
            stalled: None,
        }
    }

    /// The time of one crossing: half the round trip and a draw of the jitter.
    fn one_way(&mut self, link: &Link) -> Nanos {
        let added = match &link.jitter {
            Jitter::None => Nanos::ZERO,
            jitter => jitter::draw(jitter, self.draws.jitter()),
        };
        link.rtt.one_way().saturating_add(added)
    }

    /// Behind whatever went before.
    fn in_order(&mut self, at: Nanos) -> Nanos {
        self.last = self.last.max(at);
        self.last
    }

    /// How many of the next segments come through before one is lost.
    fn clean(&mut self, link: &Link) -> u64 {
        let (seed, connection, direction) = (self.draws.seed, self.draws.connection, self.draws.direction);
        self.losses.clean(link.loss, || Draws::make(seed, connection, direction, true), &mut self.draws.loss)
    }

    /// When the first segment of a burst, which is lost, arrives after all. `segments` are in the burst; it would have
    /// arrived at `arrives`.
    fn repair(&mut self, link: &Link, burst: Burst, arrives: Nanos) -> Nanos {
        self.losses.lost(self.draws.loss());
        let others = burst.segments - 1;
        let lost_next = others > 0 && self.clean(link) == 0;
        let next_loss = self.clean(link);
        let hole = Hole {
            acked: arrives.saturating_add(link.rtt.one_way()),
            before_acked: self.sender.last_ack(burst.sent),
            behind: if next_loss < others { others - 1 } else { others },
            more: burst.more,
            two: lost_next,
            round_trip: link.rtt.0,
        };
        let repair = hole.repair(link.loss, self.sender.rtt, self.draws.loss());
        let at = repair.sent.saturating_add(self.one_way(link));
        self.sender.lose(burst.sent, repair.reaction, at.saturating_add(link.rtt.one_way()));
        at
    }
}

/// Segments that leave together.
#[derive(Debug, Clone, Copy)]
struct Burst {
    sent: Nanos,
    segments: u64,
    /// It fills the window, so that more is likely to follow when that opens.
    more: bool,
}

impl Flow {
    /// A connection whose first packet was sent at `accepted_at`, number `connection` of its link.
    ///
    /// A proxy's client is told "connected" at once by its own kernel, where the distance would have cost a round
    /// trip, so the three crossings of the handshake (RFC 9293, 3.5: SYN, SYN-ACK, ACK) are charged to what follows.
    /// A lost SYN or SYN-ACK costs 1 s, the next one 2, and so on (RFC 6298, 2.1 and 5.5).
    pub fn new(shared: &Shared, seed: Seed, connection: u64, accepted_at: Nanos) -> Self {
        let link = &shared.link;
        let mut up = Side::new(link, seed, connection, Direction::Up, accepted_at);
        let mut down = Side::new(link, seed, connection, Direction::Down, accepted_at);
        let waited = if link.loss.0 > 0.0 { handshake_wait(link.loss, up.draws.loss()) } else { Nanos::ZERO };
        let opening = up.one_way(link).saturating_add(down.one_way(link));
        let dialling = opening.saturating_add(up.one_way(link));
        let mut flow = Self { first_syn: accepted_at.saturating_add(waited), syns: 0, opening, dialling, up, down };
        flow.open();
        flow
    }

    /// Nothing arrives before the handshake's packets do.
    fn open(&mut self) {
        let syn = self.syn();
        self.up.last = syn.saturating_add(self.dialling);
        self.down.last = syn.saturating_add(self.opening);
    }

    /// When the SYN that came through was sent.
    fn syn(&self) -> Nanos {
        self.first_syn.saturating_add(syn_backoff(self.syns))
    }

    /// When the client's end is open: one round trip after its first packet.
    pub fn opened_at(&self) -> Nanos {
        self.syn().saturating_add(self.opening)
    }

    /// When the store may learn of the connection: 1.5 round trips after the first packet, so that a
    /// greeting arrives at 2 (PHYSICS.md, 1: 30.3 ms at 15 ms).
    pub fn dial_at(&self) -> Nanos {
        self.syn().saturating_add(self.dialling)
    }

    /// Whether the handshake came through, asked at [`Flow::dial_at`]: where the link was cut meanwhile, it begins
    /// again with the next SYN, and `dial_at` is later.
    pub fn is_established(&mut self, shared: &Shared) -> bool {
        if !shared.outage.hits(self.syn(), self.dial_at()) {
            return true;
        }
        let before = self.dial_at();
        self.syns += 1;
        self.open();
        // After very many, nothing gets later any more.
        self.dial_at() == before
    }

    /// The segment after the next `clean` ones is lost.
    #[cfg(test)]
    pub(super) fn lose_after(&mut self, direction: Direction, clean: u64, link: &Link) {
        let side = self.side(direction);
        side.clean(link);
        side.losses = Losses::with(link.loss, clean);
    }

    fn side(&mut self, direction: Direction) -> &mut Side {
        match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }

    /// How much may be sent now: nothing while the link is cut, the sender's window full, or the link's queue
    /// (bounded by one bandwidth-delay product; RFC 6349, 1.1).
    pub fn allowance(&mut self, direction: Direction, now: Nanos, shared: &mut Shared) -> Allowance {
        self.allowance_then(direction, (now, now), now, shared)
    }

    /// How much may have been sent `then`, at some instant between those two, asked later, at `now`: whoever wakes late sends
    /// nothing that only later acknowledgements allow. [`Allowance::From`] lies after the first of them, and may have
    /// passed.
    pub fn allowance_then(
        &mut self,
        direction: Direction,
        then: (Nanos, Nanos),
        now: Nanos,
        shared: &mut Shared,
    ) -> Allowance {
        let opened = if direction == Direction::Up { self.opened_at() } else { Nanos::ZERO };
        let side = self.side(direction);
        if let Some(held) = side.hold(now, &shared.outage) {
            return held;
        }
        let (first, last) = (then.0.min(now), then.1.min(now));
        // Where everything was acknowledged before, nothing opens the window meanwhile; but idleness shrinks it.
        let since = if side.sender.waits_beyond(first) { first } else { last };
        let start = since.max(opened);
        let room = side.sender.room_between(start, last);
        if room == 0 {
            // Something is under way, for the window is at least one segment.
            let opens = side.sender.opens_at().unwrap_or(start);
            return Allowance::From(opens.max(since.saturating_add(Nanos(1))));
        }
        let (bandwidth, rtt) = (shared.link.bandwidth, shared.link.rtt);
        match bandwidth.map(|bandwidth| shared.lane(direction).allowance(bandwidth, rtt, now)) {
            Some(Allowance::Bytes(queue)) => Allowance::Bytes(room.min(queue)),
            Some(held) => held,
            None => Allowance::Bytes(room),
        }
    }

    /// When the first of `bytes` bytes sent at `now` arrive: serialisation first, then propagation. Zero bytes
    /// are a bare packet, such as a FIN, which needs no window and is not lost.
    ///
    /// What a client sends before its connection would have been open is sent when it is: a request sent
    /// at once arrives with the end of the handshake, and its reply at 2 round trips (PHYSICS.md, 1: 30.4 ms at 15 ms).
    pub fn cross(&mut self, direction: Direction, now: Nanos, bytes: u64, shared: &mut Shared) -> Crossing {
        let opened = if direction == Direction::Up { self.opened_at() } else { Nanos::ZERO };
        let side = self.side(direction);
        let wanted = now.max(opened);
        let (start, room) = if bytes == 0 { (wanted, 0) } else { side.wait_for_room(wanted) };
        let clean = if bytes == 0 { u64::MAX } else { side.clean(&shared.link) };
        let burst = bytes.min(room);
        let piece = burst.min(clean.max(1).saturating_mul(MSS));
        // Early bytes must not keep the transmitter from other connections until the handshake's end.
        let queued = if start > wanted { start } else { now };
        let (out, piece) = match shared.link.bandwidth {
            Some(bandwidth) => shared.lane(direction).serialise(bandwidth, queued, piece),
            None => (queued, piece),
        };
        let arrives = out.max(start).saturating_add(side.one_way(&shared.link));
        if bytes == 0 {
            return Crossing { bytes, at: side.in_order(arrives) };
        }
        let at = if clean == 0 {
            let burst = Burst { sent: start, segments: burst.div_ceil(MSS), more: bytes >= room };
            side.repair(&shared.link, burst, arrives)
        } else {
            side.losses.passed(side.sender.segments(start, piece));
            let acked = arrives.saturating_add(side.one_way(&shared.link));
            side.sender.send(start, piece, acked, start > wanted);
            arrives
        };
        Crossing { bytes: piece, at: side.in_order(at) }
    }
}

impl Side {
    /// When bytes may be sent, from `now` on, and how many then.
    fn wait_for_room(&mut self, now: Nanos) -> (Nanos, u64) {
        // What was sent later than now, by whoever does not ask for the allowance, keeps its place.
        let mut at = now.max(self.sender.last_sent());
        loop {
            let room = self.sender.room(at);
            if room > 0 {
                return (at, room);
            }
            match self.sender.opens_at() {
                Some(opens) if opens < Nanos::MAX => at = at.max(opens),
                // At the end of time, or a window that nothing opens: neither may hang.
                _ => return (Nanos::MAX, 1),
            }
        }
    }

    /// What a link that is or was cut leaves of the sender; `None` if it may go on.
    fn hold(&mut self, now: Nanos, outage: &Outage) -> Option<Allowance> {
        if outage.is_cut() {
            // What was under way arrives, but its acknowledgements do not.
            let unanswered = self.sender.waits_beyond(outage.from());
            let since = if unanswered { self.sender.last_sent() } else { now };
            self.stalled.get_or_insert(since);
            return Some(Allowance::From(Nanos::MAX));
        }
        let at = outage.resumes_at(self.stalled?, self.sender.rtt);
        if at > now {
            return Some(Allowance::From(at));
        }
        self.stalled = None;
        self.sender.restart(at);
        None
    }
}
