//! The proxy's one thread: waits for sockets and deadlines, and runs the connections.
//!
//! One loop for all connections, instead of a task each: no switch between the reading and the
//! writing of a byte, no lock, one wait for everything. It runs under `SCHED_FIFO` where it may, so
//! it must block: it does whenever nothing is due, and naps when it has been busy for long. Not for:
//! what a connection does with an event (`conn`).

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};

use super::arrival::Arrivals;
use super::awake::Awake;
use super::buffers::Pool;
use super::conn::{Conn, Context, Fate};
use super::deadlines::{Deadlines, Due};
use super::dial::Dial;
use super::packet::{Packets, Relay};
use super::poller::{Poller, Readiness, Source};
use super::slots::{Key, Slots};
use super::stats::RouteStats;
use super::tap::Tap;
use super::wake::{Until, Wake};
use crate::ledger::Event;
use crate::link::{Direction, Flow, Shared};
use crate::scenario::{Congestion, Link};
use crate::seed::Seed;
use crate::timer::Clock;
use crate::units::Nanos;

/// What the handles ask of the thread. Links and routes are numbered in the order in which they are added.
pub(super) enum Command {
    AddLink { link: Link, seed: Seed },
    AddRoute { link: usize, listener: TcpListener, dial: Arc<dyn Dial>, tap: Option<Tap>, relay: Option<Relay> },
    Stats { route: u32, reply: SyncSender<RouteStats> },
    ResetStats { route: u32 },
    CloseRoute { route: u32, done: SyncSender<()> },
    ResetConnections { route: u32, reply: SyncSender<u64> },
    Alter { link: usize, how: Alteration, done: SyncSender<()> },
    Stop,
}

/// What becomes of a link while it carries.
#[derive(Debug)]
pub(super) enum Alteration {
    Change(Link),
    Cut,
    Mend,
}

/// Commands that the thread has not taken yet, and the numbers given away.
#[derive(Default)]
pub(super) struct Inbox {
    pub(super) commands: Vec<Command>,
    /// The congestion control of each.
    pub(super) links: Vec<Congestion>,
    /// Packet routes, of which each has an address.
    pub(super) ways: u16,
    pub(super) routes: u32,
}

/// A link and the connections it has had.
struct LinkState {
    shared: Shared,
    seed: Seed,
    connections: u64,
}

struct RouteState {
    link: usize,
    listener: TcpListener,
    dial: Arc<dyn Dial>,
    tap: Option<Tap>,
    /// Of a packet route.
    relay: Option<Relay>,
    /// Connections it has had.
    accepted: u64,
    /// It is among the deadlines: one is enough, however many clients come meanwhile.
    accepts_later: bool,
    /// The last accept failed for want of a descriptor.
    starved: bool,
    stats: RouteStats,
}

impl RouteState {
    fn new(link: usize, listener: TcpListener, dial: Arc<dyn Dial>, tap: Option<Tap>, relay: Option<Relay>) -> Self {
        let (accepts_later, starved) = (false, false);
        let stats = RouteStats::default();
        Self { link, listener, dial, tap, relay, accepted: 0, accepts_later, starved, stats }
    }
}

struct Entry {
    conn: Conn,
    route: u32,
    link: usize,
}

/// Accepts before others get their turn.
const ACCEPTS_PER_TURN: usize = 64;

/// A listener that cannot accept (no descriptors left) tries again after this.
const ACCEPT_AGAIN: Nanos = Nanos::from_millis(10);

/// Busy for this long without blocking, the thread naps, so that `SCHED_FIFO` starves nobody.
const BUSY_AT_MOST: Nanos = Nanos::from_millis(5);

/// A twentieth of that. Linux sees to it that normal threads get a twentieth of each processor: what a real-time
/// thread does not leave in small pieces is taken at once, 50 ms of each second.
const NAP: Nanos = Nanos::from_micros(250);

/// A wait that took this long has blocked.
const BLOCKED: Nanos = Nanos::from_micros(10);

/// The thread's state.
pub(super) struct EventLoop {
    clock: Clock,
    poller: Poller,
    arrivals: Arrivals,
    /// While there are routes.
    awake: Option<Awake>,
    inbox: Arc<Mutex<Inbox>>,
    links: Vec<LinkState>,
    routes: Vec<Option<RouteState>>,
    conns: Slots<Entry>,
    deadlines: Deadlines,
    pool: Pool,
    /// Of packet links.
    packets: Option<Packets>,
    wake: Wake,
    polled_at: Nanos,
    blocked_at: Nanos,
    unfinished: Vec<(Key, Direction)>,
    turn: Vec<(Key, Direction)>,
    stopped: bool,
}

impl EventLoop {
    pub(super) fn new(clock: Clock, poller: Poller, inbox: Arc<Mutex<Inbox>>, packets: Option<Packets>) -> Self {
        Self {
            clock,
            poller,
            arrivals: Arrivals::new(clock),
            awake: None,
            inbox,
            links: Vec::new(),
            routes: Vec::new(),
            conns: Slots::new(),
            deadlines: Deadlines::default(),
            pool: Pool::new(),
            packets,
            wake: Wake::default(),
            polled_at: Nanos::ZERO,
            blocked_at: Nanos::ZERO,
            unfinished: Vec::new(),
            turn: Vec::new(),
            stopped: false,
        }
    }

    /// Runs until it is told to stop.
    pub(super) fn run(mut self) {
        while !self.stopped {
            self.run_due();
            if let Some(packets) = &mut self.packets {
                packets.turn(self.clock, self.polled_at);
            }
            self.wait();
            while let Some((source, readiness)) = self.poller.next_event() {
                self.on_event(source, readiness);
            }
            std::mem::swap(&mut self.unfinished, &mut self.turn);
            for i in 0..self.turn.len() {
                let (key, direction) = self.turn[i];
                self.with(key, |conn, context| conn.read_on(direction, context));
            }
            self.turn.clear();
        }
    }

    /// Blocks until something happens or is due.
    fn wait(&mut self) {
        let now = self.clock.now();
        let packet = self.packets.as_ref().and_then(Packets::next);
        let until = match self.deadlines.next().into_iter().chain(packet).min() {
            _ if !self.unfinished.is_empty() => Some(Until::Block(Nanos::ZERO)),
            Some(next) => Some(self.wake.until(next, now)),
            None => None,
        };
        if now.saturating_sub(self.blocked_at) > BUSY_AT_MOST {
            std::thread::sleep(NAP.into());
            self.blocked_at = self.clock.now();
        }
        let at_most = match until {
            Some(Until::Block(time)) => Some(time),
            Some(Until::Rest) => Some(Nanos::ZERO),
            None => None,
        };
        self.poller.wait(at_most).expect("an epoll that was made and registered with can be waited on");
        self.polled_at = self.clock.now();
        self.arrivals.keep_up(self.polled_at);
        let waited = self.polled_at.saturating_sub(now);
        if waited > BLOCKED {
            self.blocked_at = self.polled_at;
        }
        match until {
            Some(Until::Rest) => self.wake.rested(waited),
            Some(Until::Block(time)) if time > Nanos::ZERO && waited >= time => {
                self.wake.woke(now.saturating_add(time), self.polled_at);
            }
            _ => {}
        }
    }

    fn run_due(&mut self) {
        let now = self.clock.now();
        while let Some(due) = self.deadlines.pop(now) {
            match due {
                Due::Dial(key) | Due::Deliver(key, _) | Due::Reset(key, _) | Due::Resume(key, _) => {
                    self.with(key, |conn, context| conn.on_due(due, context));
                }
                Due::Accept(number) => {
                    if let Some(Some(route)) = self.routes.get_mut(number as usize) {
                        route.accepts_later = false;
                    }
                    self.accept(number);
                }
            }
        }
    }

    fn on_event(&mut self, source: Source, readiness: Readiness) {
        match source {
            Source::Waker => self.obey(),
            // It is read in each turn.
            Source::Device => {}
            Source::Listener(route) => self.accept(route),
            Source::Client(key) => self.with(key, |conn, context| conn.on_event(Direction::Up, readiness, context)),
            Source::Upstream(key) => self.with(key, |conn, context| conn.on_event(Direction::Down, readiness, context)),
        }
    }

    /// Runs `step` on a connection if it is still there, and removes it if that was its end.
    fn with(&mut self, key: Key, step: impl FnOnce(&mut Conn, &mut Context<'_>) -> Fate) {
        let Some(entry) = self.conns.get_mut(key) else { return };
        let Some(Some(route)) = self.routes.get_mut(entry.route as usize) else { return };
        let mut context = Context {
            clock: self.clock,
            polled_at: self.polled_at,
            arrivals: &self.arrivals,
            link: &mut self.links[entry.link].shared,
            dial: &route.dial,
            stats: &mut route.stats,
            pool: &mut self.pool,
            deadlines: &mut self.deadlines,
            poller: &self.poller,
            unfinished: &mut self.unfinished,
        };
        let fate = step(&mut entry.conn, &mut context);
        if let (Some(packets), Some(relay)) = (&mut self.packets, route.relay)
            && let Some((port, late)) = entry.conn.take_exchange(relay)
        {
            packets.exchange(relay, port, late);
        }
        if fate == Fate::Over {
            route.stats.open -= 1;
            let relay = route.relay;
            if let Some(mut entry) = self.conns.remove(key) {
                if let (Some(packets), Some(relay)) = (&mut self.packets, relay) {
                    entry.conn.take_crossing(relay).into_iter().for_each(|end| packets.let_go(end, self.clock.now()));
                }
                entry.conn.show(|| Event::Closed { at: self.clock.now() });
                entry.conn.release(&mut self.pool);
            }
        }
    }

    /// Accepts what is waiting at a route's listener.
    fn accept(&mut self, number: u32) {
        for _ in 0..ACCEPTS_PER_TURN {
            let Some(Some(route)) = self.routes.get_mut(number as usize) else { return };
            match route.listener.accept() {
                Ok((client, _)) => {
                    route.starved = false;
                    self.begin(number, client);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    route.starved = false;
                    return;
                }
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted) => {}
                Err(_) => {
                    route.stats.exhausted += u64::from(!std::mem::replace(&mut route.starved, true));
                    let again = self.clock.now().saturating_add(ACCEPT_AGAIN);
                    return self.accept_later(number, again);
                }
            }
        }
        self.accept_later(number, self.clock.now());
    }

    fn accept_later(&mut self, number: u32, at: Nanos) {
        let Some(Some(route)) = self.routes.get_mut(number as usize) else { return };
        if !std::mem::replace(&mut route.accepts_later, true) {
            self.deadlines.set(at, Due::Accept(number));
        }
    }

    /// A client has connected.
    fn begin(&mut self, number: u32, client: TcpStream) {
        let Some(Some(route)) = self.routes.get_mut(number as usize) else { return };
        let link = &mut self.links[route.link];
        let key = self.conns.next_key();
        let now = self.clock.now();
        let flow = Flow::new(&link.shared, link.seed, link.connections, now);
        link.connections += 1;
        let tap = route.tap.clone().map(|tap| (tap, route.accepted));
        route.accepted += 1;
        let mut context = Context {
            clock: self.clock,
            polled_at: self.polled_at,
            arrivals: &self.arrivals,
            link: &mut link.shared,
            dial: &route.dial,
            stats: &mut route.stats,
            pool: &mut self.pool,
            deadlines: &mut self.deadlines,
            poller: &self.poller,
            unfinished: &mut self.unfinished,
        };
        // Refused only where the system is out of memory; the client then sees its connection end.
        let Ok(conn) = Conn::accept(key, client, flow, tap, &mut context) else {
            route.stats.exhausted += 1;
            return;
        };
        conn.show(|| Event::Opened { at: now });
        route.stats.connections += 1;
        route.stats.open += 1;
        self.conns.insert(Entry { conn, route: number, link: route.link });
    }

    fn obey(&mut self) {
        let commands = std::mem::take(&mut self.inbox.lock().unwrap_or_else(PoisonError::into_inner).commands);
        for command in commands {
            match command {
                Command::AddLink { link, seed } => self.add_link(&link, seed),
                Command::AddRoute { link, listener, dial, tap, relay } => {
                    self.add_route(RouteState::new(link, listener, dial, tap, relay));
                }
                // Whoever asked may have gone; then nobody wants to know.
                Command::Stats { route, reply } => {
                    let _ = reply.send(self.told_stats(route).unwrap_or_default());
                }
                Command::ResetStats { route } => {
                    self.reset_stats(route);
                }
                Command::CloseRoute { route, done } => {
                    self.close_route(route);
                    let _ = done.send(());
                }
                Command::ResetConnections { route, reply } => {
                    let _ = reply.send(self.reset_connections(route));
                }
                Command::Alter { link, how, done } => {
                    self.alter(link, &how);
                    let _ = done.send(());
                }
                Command::Stop => self.stopped = true,
            }
        }
    }

    fn stats(&mut self, route: u32) -> Option<&mut RouteStats> {
        self.routes.get_mut(route as usize)?.as_mut().map(|route| &mut route.stats)
    }

    /// What is known of a route; of a packet route, that of both its relays.
    fn told_stats(&mut self, number: u32) -> Option<RouteStats> {
        let stats = self.stats(number)?.clone();
        let relay = self.routes.get(number as usize)?.as_ref()?.relay;
        let (Some(packets), Some(Relay::Near(way, far))) = (&self.packets, relay) else { return Some(stats) };
        let lateness = packets.lateness(way);
        let far = self.stats(far)?;
        Some(stats.with_packets(far, lateness))
    }

    fn reset_stats(&mut self, number: u32) {
        let Some(Some(route)) = self.routes.get_mut(number as usize) else { return };
        route.stats.reset();
        if let (Some(packets), Some(Relay::Near(way, far))) = (&mut self.packets, route.relay) {
            packets.reset_lateness(way);
            self.reset_stats(far);
        }
    }

    /// Relays of packet links add nothing themselves.
    fn add_link(&mut self, link: &Link, seed: Seed) {
        let shared = match &mut self.packets {
            None => Shared::new(link),
            Some(packets) => {
                packets.add_link(link, seed);
                Shared::new(&Link::plain(Nanos::ZERO))
            }
        };
        self.links.push(LinkState { shared, seed, connections: 0 });
    }

    fn add_route(&mut self, route: RouteState) {
        let number = self.routes.len() as u32;
        // Where it cannot be registered, trying now and then still serves it.
        let registered = self.poller.add(&route.listener, Source::Listener(number)).is_ok();
        self.awake = self.awake.take().or_else(Awake::ask);
        if let (Some(packets), Some(relay)) = (&mut self.packets, route.relay) {
            packets.add_way(relay.way(), route.link);
        }
        self.routes.push(Some(route));
        if !registered {
            self.accept_later(number, self.clock.now());
        }
    }

    /// Closes the listener and ends the connections of a route.
    fn close_route(&mut self, number: u32) {
        let closed = self.routes.get_mut(number as usize).and_then(Option::take);
        if let (Some(packets), Some(Relay::Far(way))) = (&mut self.packets, closed.and_then(|route| route.relay)) {
            packets.remove_way(way);
        }
        if self.routes.iter().all(Option::is_none) {
            self.awake = None;
        }
        self.end_connections(number, |_| {});
    }

    /// Ends the connections of a route with a reset on both sides: how many there were.
    fn reset_connections(&mut self, number: u32) -> u64 {
        let ended = self.end_connections(number, Conn::reset);
        if let Some(stats) = self.stats(number) {
            stats.open -= ended;
        }
        ended
    }

    fn end_connections(&mut self, number: u32, last: impl Fn(&mut Conn)) -> u64 {
        let mut ended = 0;
        for key in self.conns.keys_where(|entry| entry.route == number) {
            if let Some(mut entry) = self.conns.remove(key) {
                last(&mut entry.conn);
                entry.conn.show(|| Event::Closed { at: self.clock.now() });
                entry.conn.release(&mut self.pool);
                ended += 1;
            }
        }
        ended
    }

    /// From now on the link is another one; what is under way arrives as it would have.
    fn alter(&mut self, number: usize, how: &Alteration) {
        let now = self.clock.now();
        if let Some(packets) = &mut self.packets {
            return packets.alter(number, how);
        }
        let Some(link) = self.links.get_mut(number) else { return };
        match how {
            Alteration::Change(to) => link.shared.change(to, now),
            Alteration::Cut => link.shared.cut(now),
            Alteration::Mend => link.shared.mend(now),
        }
        for key in self.conns.keys_where(|entry| entry.link == number) {
            self.with(key, Conn::look_again);
        }
    }
}
