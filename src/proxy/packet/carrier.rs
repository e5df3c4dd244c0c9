//! Carries packets between the two devices: stamp when read, write at the deadline.
//!
//! It is part of the proxy's one thread: what a connection writes into its socket lies in the device a moment
//! later, so it is read in the same turn, without waking anybody. Not for: when a packet arrives
//! (`link::PacketLink`).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::net::TcpStream;
use std::os::fd::OwnedFd;

use rustix::buffer::spare_capacity;

use super::Relay;
use super::buffers::Buffers;
use super::frame::{self, Segments};
use super::runs::{Run, Runs};
use super::segment::Segment;
use super::workshop::{FAR, NEAR};
use crate::link::{Direction, PacketFlow, PacketLink};
use crate::measure::Hist;
use crate::proxy::event_loop::Alteration;
use crate::scenario::Link;
use crate::seed::Seed;
use crate::timer::Clock;
use crate::units::Nanos;

/// Packets that are written before what they set off is read, and before sockets get their turn: a sender whose
/// acknowledgements come in is given more to send before its queue runs dry, as it would be with a processor of its own.
const BATCH: usize = 8;

/// Packets that are read before others get their turn: a whole window that was sent at once.
const READS_PER_TURN: usize = 8_192;

/// Packets of a connection that has ended may still come for this long.
const LINGER: Nanos = Nanos::from_secs(10);

/// A socket is closed this long after its connection's end.
const CLOSING: Nanos = Nanos::from_secs(2);

/// Connections that are remembered before those that have ended are looked for.
const SWEEP_AT: usize = 1_024;

/// A connection: its route's number, and its port in the near namespace.
pub(in crate::proxy) type Port = (u16, u16);

/// The packets of all links of a proxy.
pub(in crate::proxy) struct Packets {
    /// By [`Direction`] of what is read there: the near one's packets go up.
    devices: [OwnedFd; 2],
    links: Vec<PacketLink>,
    ways: HashMap<u16, Way>,
    flows: HashMap<Port, Carried>,
    sweep_at: usize,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    sequence: u64,
    buffers: Buffers,
    /// Sockets whose connection is over, until the kernel has surely sent what it has of them.
    closing: VecDeque<(Nanos, TcpStream)>,
    unread: bool,
}

/// What belongs to a route.
#[derive(Debug, Default)]
struct Way {
    link: usize,
    lateness: Lateness,
}

/// How late a route's packets and exchanges were.
#[derive(Debug, Clone, Default)]
pub(in crate::proxy) struct Lateness {
    /// Of each packet's write.
    pub(in crate::proxy) crossing: Hist,
    /// Of each packet's read, at most.
    pub(in crate::proxy) stamp: Hist,
    /// Of both relays and the packets between them, an exchange.
    pub(in crate::proxy) round_trip: Hist,
}

/// A connection's state.
#[derive(Debug)]
struct Carried {
    flow: PacketFlow,
    ended_at: Option<Nanos>,
    /// Lateness of the last packet with payload up, and of the first down after it.
    late: [Nanos; 2],
    asked: bool,
    /// Of the far relay's last exchange.
    far: Nanos,
}

/// Ordered by (instant, order of sending).
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct UnderWay {
    at: Nanos,
    sequence: u64,
    direction: Direction,
    port: Port,
    payload: bool,
    frame: Vec<u8>,
}

impl Packets {
    pub(in crate::proxy) fn new(devices: [OwnedFd; 2]) -> Self {
        Self {
            devices,
            links: Vec::new(),
            ways: HashMap::new(),
            flows: HashMap::new(),
            sweep_at: SWEEP_AT,
            under_way: BinaryHeap::new(),
            sequence: 0,
            buffers: Buffers::default(),
            closing: VecDeque::new(),
            unread: false,
        }
    }

    /// The devices, to be waited for.
    pub(in crate::proxy) fn devices(&self) -> &[OwnedFd] {
        &self.devices
    }

    /// Links are numbered in the order in which they are added.
    pub(in crate::proxy) fn add_link(&mut self, link: &Link, seed: Seed) {
        self.links.push(PacketLink::new(link, seed));
    }

    pub(in crate::proxy) fn alter(&mut self, number: usize, how: &Alteration) {
        let Some(link) = self.links.get_mut(number) else { return };
        match how {
            Alteration::Change(to) => link.change(to),
            Alteration::Cut => link.cut(),
            Alteration::Mend => link.mend(),
        }
    }

    /// A route's packets cross this link.
    pub(in crate::proxy) fn add_way(&mut self, way: u16, link: usize) {
        self.ways.insert(way, Way { link, lateness: Lateness::default() });
    }

    /// The route is closed: what it has under way goes nowhere.
    pub(in crate::proxy) fn remove_way(&mut self, way: u16) {
        self.ways.remove(&way);
        self.flows.retain(|port, _| port.0 != way);
    }

    pub(in crate::proxy) fn lateness(&self, way: u16) -> Lateness {
        self.ways.get(&way).map(|way| way.lateness.clone()).unwrap_or_default()
    }

    pub(in crate::proxy) fn reset_lateness(&mut self, way: u16) {
        if let Some(way) = self.ways.get_mut(&way) {
            way.lateness = Lateness::default();
        }
    }

    /// When something is to be done; at once where packets are waiting to be read.
    pub(in crate::proxy) fn next(&self) -> Option<Nanos> {
        if self.unread {
            return Some(Nanos::ZERO);
        }
        let packet = self.under_way.peek().map(|first| first.0.at);
        packet.into_iter().chain(self.closing.front().map(|first| first.0)).min()
    }

    /// Closes a socket whose connection is over, a little later.
    ///
    /// Sockets in the namespaces are made so that a close is a reset: what is open when this process is killed is gone at
    /// once, and its namespace with it. One whose last bytes are under way must not be closed like that.
    pub(in crate::proxy) fn let_go(&mut self, socket: TcpStream, now: Nanos) {
        self.closing.push_back((now.saturating_add(CLOSING), socket));
    }

    fn close_due(&mut self, now: Nanos) {
        while let Some((_, socket)) = self.closing.pop_front_if(|first| first.0 <= now) {
            // Bytes that even now are not acknowledged are the kernel's to deliver.
            let _ = rustix::net::sockopt::set_socket_linger(&socket, None);
        }
    }

    /// Reads what was sent, and writes some of what is due. What was sent was sent after `since`.
    pub(in crate::proxy) fn turn(&mut self, clock: Clock, since: Nanos) {
        self.unread = false;
        self.close_due(clock.now());
        self.read_all(clock, since);
        let since = clock.now();
        if self.write_due(clock) {
            self.read_all(clock, since);
        }
    }

    fn read_all(&mut self, clock: Clock, since: Nanos) {
        for direction in Direction::BOTH {
            self.unread |= !self.read_device(direction, clock, since);
        }
    }

    /// Whether it was read to its end.
    fn read_device(&mut self, direction: Direction, clock: Clock, since: Nanos) -> bool {
        for _ in 0..READS_PER_TURN {
            let mut read = self.buffers.long();
            // Whatever the error, nothing is to be had now: an empty device says so, and one that is gone stays silent.
            if rustix::io::read(&self.devices[direction as usize], spare_capacity(&mut read)).is_err() {
                self.buffers.keep(read);
                return true;
            }
            // After the read, so that no packet is early.
            self.send(direction, read, clock.now(), since);
        }
        false
    }

    /// Puts a frame under way, if it is to go anywhere.
    fn send(&mut self, direction: Direction, frame: Vec<u8>, now: Nanos, since: Nanos) {
        let segment = Segment::parse(frame::packet(&frame));
        let found = segment.and_then(|segment| Some((port(direction, &segment)?, segment)));
        let Some((port, segment)) = found else { return self.buffers.keep(frame) };
        let Some(way) = self.ways.get_mut(&port.0) else { return self.buffers.keep(frame) };
        let Some(link) = self.links.get_mut(way.link) else { return self.buffers.keep(frame) };
        way.lateness.stamp.record(now.saturating_sub(since));
        let opens = segment.opens && direction == Direction::Up;
        let new = |flow| Carried { flow, ended_at: None, late: [Nanos::ZERO; 2], asked: false, far: Nanos::ZERO };
        let carried = self.flows.entry(port).or_insert_with(|| new(link.flow()));
        // A port that is used again is another connection; a SYN that is sent again is not.
        if opens && carried.ended_at.is_some() {
            *carried = new(link.flow());
        }
        if segment.closes {
            carried.ended_at = Some(now);
        }
        // What the link treats alike crosses together: the deadline of one is that of all.
        let (alike, payload) = (link.treats_alike(), segment.payload > 0);
        let mut put = |at: Nanos, frame: Vec<u8>| {
            self.sequence += 1;
            self.under_way.push(Reverse(UnderWay { at, sequence: self.sequence, direction, port, payload, frame }));
        };
        let buffers = &mut self.buffers;
        match Segments::of(&frame).filter(|_| !alike) {
            Some(segments) => {
                let mut cut = |run: Run| {
                    let mut cut_out = buffers.of(segments.frame_bytes(run.segments.clone()));
                    segments.write(run.segments, &mut cut_out);
                    put(run.at, cut_out);
                };
                let mut runs = Runs::default();
                for i in 0..segments.count() {
                    let at = link.send(&mut carried.flow, direction, now, segments.bytes(i));
                    runs.push(i, at).into_iter().for_each(&mut cut);
                }
                runs.end().into_iter().for_each(&mut cut);
                buffers.keep(frame);
            }
            None => match link.send(&mut carried.flow, direction, now, frame::packet(&frame).len() as u64) {
                Some(at) => put(at, buffers.fitted(frame)),
                None => buffers.keep(frame),
            },
        }
        self.sweep(now);
    }

    /// Forgets connections that have ended, now and then.
    fn sweep(&mut self, now: Nanos) {
        if self.flows.len() < self.sweep_at {
            return;
        }
        self.flows.retain(|_, carried| carried.ended_at.is_none_or(|at| at.saturating_add(LINGER) > now));
        self.sweep_at = SWEEP_AT.max(2 * self.flows.len());
    }

    /// Writes a batch of packets that are due; whether there was one.
    fn write_due(&mut self, clock: Clock) -> bool {
        let mut any = false;
        for _ in 0..BATCH {
            let now = clock.now();
            let Some(first) = self.under_way.peek_mut().filter(|first| first.0.at <= now) else { break };
            let due = std::collections::binary_heap::PeekMut::pop(first).0;
            any = true;
            self.write(due, now);
        }
        any
    }

    fn write(&mut self, due: UnderWay, now: Nanos) {
        let late = now.saturating_sub(due.at);
        if let Some(way) = self.ways.get_mut(&due.port.0) {
            way.lateness.crossing.record(late);
            // Where the kernel has no memory for it, it is a packet lost, as on any link.
            let _ = rustix::io::write(&self.devices[due.direction.back() as usize], &due.frame);
        }
        if let Some(carried) = self.flows.get_mut(&due.port).filter(|_| due.payload) {
            match due.direction {
                Direction::Up => (carried.late[0], carried.asked) = (late, true),
                Direction::Down if carried.asked => (carried.late[1], carried.asked) = (late, false),
                Direction::Down => {}
            }
        }
        self.buffers.keep(due.frame);
    }

    /// A relay carried a request and its reply this much too late. The near one is the last to do so: with that, the
    /// exchange is over.
    pub(in crate::proxy) fn exchange(&mut self, relay: Relay, port: Port, late: Nanos) {
        let (Some(carried), Some(way)) = (self.flows.get_mut(&port), self.ways.get_mut(&port.0)) else { return };
        match relay {
            Relay::Far(_) => carried.far = late,
            Relay::Near(..) => {
                let parts = [carried.far, carried.late[0], carried.late[1]];
                way.lateness.round_trip.record(parts.into_iter().fold(late, Nanos::saturating_add));
            }
        }
    }
}

/// Which connection a packet is of, if it is of any.
fn port(direction: Direction, segment: &Segment) -> Option<Port> {
    let (near, far) = match direction {
        Direction::Up => (segment.source, segment.destination),
        Direction::Down => (segment.destination, segment.source),
    };
    let [a, b, high, low] = far.0;
    (near.0 == NEAR && [a, b] == FAR).then(|| (u16::from_be_bytes([high, low]), near.1))
}
