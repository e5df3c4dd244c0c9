//! One proxied connection: a state machine that reads, stamps, and writes at the deadline.
//!
//! It never blocks and never waits: it is told what happened, does what can be done now, and leaves
//! deadlines for the rest. Each direction ends by itself, its FIN behind its data. A reset
//! crosses like a packet: what is ahead of it arrives, the rest is dropped. Not for: deciding when bytes
//! arrive (`link`).

use std::io::{self, ErrorKind, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;

use super::arrival::Arrivals;
use super::buffers::Pool;
use super::burst::Halves;
use super::deadlines::{Deadlines, Due};
use super::dial::{Dial, is_exhausted, is_itself};
use super::packet::{Port, Relay};
use super::pipe::{Asked, Pipe, Ready};
use super::poller::{Poller, Readiness, Source};
use super::slots::Key;
use super::stats::RouteStats;
use super::tap::Tap;
use crate::ledger::Event;
use crate::link::{Direction, Flow, Shared};
use crate::timer::Clock;
use crate::units::Nanos;

/// Memory that one direction may hold while it is delivered: above what a link's window lets be under way (4 MB), since
/// chunks count whole.
const HELD: usize = 16 << 20;

/// The same while the receiver takes nothing, or is not connected yet.
const HELD_BLOCKED: usize = 1 << 20;

/// Reads of one connection before others get their turn.
const READS_PER_TURN: usize = 4;

/// What a connection uses of the loop that runs it.
pub(super) struct Context<'a> {
    pub(super) clock: Clock,
    /// When the last wait for events ended.
    pub(super) polled_at: Nanos,
    pub(super) arrivals: &'a Arrivals,
    pub(super) link: &'a mut Shared,
    pub(super) dial: &'a Arc<dyn Dial>,
    pub(super) stats: &'a mut RouteStats,
    pub(super) pool: &'a mut Pool,
    pub(super) deadlines: &'a mut Deadlines,
    pub(super) poller: &'a Poller,
    /// Connections that have more to read when others had their turn.
    pub(super) unfinished: &'a mut Vec<(Key, Direction)>,
}

/// Whether a connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Fate {
    Alive,
    Over,
}

/// How far the way to the upstream is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Handshake,
    Dialling,
    Open,
}

/// One of the two sockets.
#[derive(Debug, Default)]
struct End {
    /// `None` before the dial and after a reset.
    stream: Option<TcpStream>,
    /// A read may give something.
    readable: bool,
    /// The peer has sent its last byte: a short read is not the last one.
    ended: bool,
    /// A write has failed, and with it took the error that a read would have shown.
    write_failed: bool,
}

/// A connection through the proxy.
#[derive(Debug)]
pub(super) struct Conn {
    key: Key,
    flow: Flow,
    /// Whoever looks on, and what this connection is called there.
    tap: Option<(Tap, u64)>,
    stage: Stage,
    /// When the dial was begun.
    dialled_at: Nanos,
    client: End,
    upstream: End,
    up: Pipe,
    down: Pipe,
    /// The request whose reply has not begun.
    asked: Option<Asked>,
    /// What the exchange under way takes beyond its round trip.
    halves: Halves,
    /// An exchange that is over, and how late it was.
    exchanged: Option<Nanos>,
    /// A reset that went this way while the link was cut.
    held_reset: Option<Direction>,
}

impl Conn {
    /// A connection that was accepted; its dial is a deadline.
    pub(super) fn accept(
        key: Key,
        client: TcpStream,
        flow: Flow,
        tap: Option<(Tap, u64)>,
        context: &mut Context<'_>,
    ) -> io::Result<Self> {
        client.set_nonblocking(true)?;
        client.set_nodelay(true)?;
        Arrivals::enable(&client);
        context.poller.add(&client, Source::Client(key))?;
        context.deadlines.set(flow.dial_at(), Due::Dial(key));
        let client = End { stream: Some(client), ..End::default() };
        let (up, down) = (Pipe::default(), Pipe::default());
        let upstream = End::default();
        Ok(Self {
            key,
            flow,
            tap,
            stage: Stage::Handshake,
            dialled_at: Nanos::ZERO,
            client,
            upstream,
            up,
            down,
            asked: None,
            halves: Halves::default(),
            exchanged: None,
            held_reset: None,
        })
    }

    /// The exchange that has ended since this was asked last: how late it was, and the port in between, by which
    /// both relays of a packet route know it.
    pub(super) fn take_exchange(&mut self, relay: Relay) -> Option<(Port, Nanos)> {
        let late = self.exchanged.take()?;
        let port = match relay {
            Relay::Near(..) => self.upstream.stream.as_ref()?.local_addr().ok()?.port(),
            Relay::Far(_) => self.client.stream.as_ref()?.peer_addr().ok()?.port(),
        };
        Some(((relay.way(), port), late))
    }

    /// Takes the socket between both relays of a packet route, if it was not reset.
    pub(super) fn take_crossing(&mut self, relay: Relay) -> Option<TcpStream> {
        match relay {
            Relay::Near(..) => self.upstream.stream.take(),
            Relay::Far(_) => self.client.stream.take(),
        }
    }

    /// Gives its memory back.
    pub(super) fn release(&mut self, pool: &mut Pool) {
        self.up.abandon(pool);
        self.down.abandon(pool);
    }

    fn pipe(&mut self, direction: Direction) -> &mut Pipe {
        match direction {
            Direction::Up => &mut self.up,
            Direction::Down => &mut self.down,
        }
    }

    /// The socket that bytes of a direction come from.
    fn source(&mut self, direction: Direction) -> &mut End {
        match direction {
            Direction::Up => &mut self.client,
            Direction::Down => &mut self.upstream,
        }
    }

    /// Something happened to the socket that bytes of `direction` come from (and of the other go to).
    pub(super) fn on_event(&mut self, direction: Direction, event: Readiness, context: &mut Context<'_>) -> Fate {
        if direction == Direction::Down && self.stage == Stage::Dialling {
            return self.on_dialled(event, context);
        }
        let source = self.source(direction);
        source.readable |= event.readable;
        source.ended |= event.ended;
        if event.failed && self.pipe(direction).read_done {
            // Nobody reads it any more, so the error has to be asked for.
            return self.fail(direction, context);
        }
        let back = direction.back();
        if event.writable && self.pipe(back).blocked {
            let was_full = self.is_full(back);
            let now = context.clock.now();
            let pipe = self.pipe(back);
            (pipe.blocked, pipe.unblocked_at) = (false, now);
            if self.deliver(back, context) == Fate::Over {
                return Fate::Over;
            }
            self.release_sender(was_full, back, context);
        }
        self.read(direction, context)
    }

    /// A deadline of this connection has come.
    pub(super) fn on_due(&mut self, due: Due, context: &mut Context<'_>) -> Fate {
        match due {
            Due::Dial(_) => self.dial(context),
            Due::Deliver(_, direction) => {
                self.pipe(direction).scheduled = false;
                self.deliver(direction, context)
            }
            Due::Reset(_, direction) => {
                self.reset_end(direction.back());
                Fate::Over
            }
            // One that was set before the link changed says nothing about now.
            Due::Resume(_, direction) if self.pipe(direction).sending.may_resume(context.clock.now()) => {
                self.resume(direction, context)
            }
            Due::Resume(..) | Due::Accept(_) => Fate::Alive,
        }
    }

    /// The link is another one now: senders that waited for it ask again.
    pub(super) fn look_again(&mut self, context: &mut Context<'_>) -> Fate {
        if let Some(direction) = self.held_reset.take() {
            self.send_reset(direction, context);
        }
        for direction in Direction::BOTH {
            if self.pipe(direction).sending.is_paused() && self.resume(direction, context) == Fate::Over {
                return Fate::Over;
            }
        }
        Fate::Alive
    }

    fn resume(&mut self, direction: Direction, context: &mut Context<'_>) -> Fate {
        self.pipe(direction).sending.resume(context.clock.now());
        self.read(direction, context)
    }

    /// Closes both sockets with a reset, as somebody on the way does who has forgotten the connection.
    pub(super) fn reset(&mut self) {
        for direction in Direction::BOTH {
            self.reset_end(direction);
        }
    }

    fn dial(&mut self, context: &mut Context<'_>) -> Fate {
        if !self.flow.is_established(context.link) {
            context.deadlines.set(self.flow.dial_at(), Due::Dial(self.key));
            return Fate::Alive;
        }
        match context.dial.begin() {
            Ok(stream) => {
                (self.stage, self.dialled_at) = (Stage::Dialling, context.clock.now());
                Arrivals::enable(&stream);
                let added = context.poller.add(&stream, Source::Upstream(self.key));
                self.upstream.stream = Some(stream);
                if added.is_err() { self.refuse(true, context) } else { Fate::Alive }
            }
            Err(error) => self.refuse(is_exhausted(&error), context),
        }
    }

    /// The connect has succeeded or failed.
    fn on_dialled(&mut self, event: Readiness, context: &mut Context<'_>) -> Fate {
        let error = self.upstream.stream.as_ref().map_or(Ok(None), TcpStream::take_error);
        if event.failed || !matches!(error, Ok(None)) {
            return self.refuse(false, context);
        }
        if !event.writable {
            return Fate::Alive;
        }
        if self.upstream.stream.as_ref().is_some_and(is_itself) {
            return self.refuse(false, context);
        }
        self.show(|| Event::Dialled { at: self.dialled_at });
        let was_full = self.is_full(Direction::Up);
        self.stage = Stage::Open;
        self.upstream.readable |= event.readable;
        self.upstream.ended |= event.ended;
        if self.deliver(Direction::Up, context) == Fate::Over {
            return Fate::Over;
        }
        self.release_sender(was_full, Direction::Up, context);
        self.read(Direction::Down, context)
    }

    /// The upstream cannot be reached, or not be tried where this machine is `exhausted`. The client is told at once: over the
    /// real distance it would have known after one round trip, and the dial is half a round trip later than that.
    fn refuse(&mut self, exhausted: bool, context: &mut Context<'_>) -> Fate {
        let count = if exhausted { &mut context.stats.exhausted } else { &mut context.stats.dial_errors };
        *count += 1;
        self.reset_end(Direction::Up);
        Fate::Over
    }

    /// Closes the socket that bytes of `direction` come from with a reset.
    fn reset_end(&mut self, direction: Direction) {
        if let Some(stream) = self.source(direction).stream.take() {
            // Where it fails, the close is an orderly one.
            let _ = rustix::net::sockopt::set_socket_linger(&stream, Some(std::time::Duration::ZERO));
        }
    }

    /// The socket that bytes of `direction` come from was reset: so will be the other, when that has crossed.
    fn fail(&mut self, direction: Direction, context: &mut Context<'_>) -> Fate {
        let first = self.stage != Stage::Open || self.source(direction.back()).stream.is_some();
        context.stats.resets += u64::from(first);
        self.source(direction).stream = None;
        self.pipe(direction).read_done = true;
        self.pipe(direction.back()).abandon(context.pool);
        if self.stage != Stage::Open {
            return Fate::Over;
        }
        self.send_reset(direction, context);
        Fate::Alive
    }

    /// A reset begins to cross. Nothing repeats one that is lost: over a real link that is cut, its receiver learns of it by what it
    /// sends when that carries again, for which this is the earliest.
    fn send_reset(&mut self, direction: Direction, context: &mut Context<'_>) {
        if context.link.is_cut() {
            self.held_reset = Some(direction);
            return;
        }
        let at = self.flow.cross(direction, context.clock.now(), 0, context.link).at;
        context.deadlines.set(at, Due::Reset(self.key, direction));
    }

    /// Reads what there is, as far as queue and link allow, and stamps it.
    fn read(&mut self, direction: Direction, context: &mut Context<'_>) -> Fate {
        for _ in 0..READS_PER_TURN {
            if !self.may_read(direction) {
                return Fate::Alive;
            }
            let now = context.clock.now();
            let sending = match direction {
                Direction::Up => &mut self.up.sending,
                Direction::Down => &mut self.down.sending,
            };
            let most = match sending.most(direction, now, (&mut self.flow, context.link)) {
                Ok(most) => most,
                // Over a link that is cut, only a change of the link resumes.
                Err(Nanos::MAX) => return Fate::Alive,
                Err(at) => {
                    context.deadlines.set(at, Due::Resume(self.key, direction));
                    return Fate::Alive;
                }
            };
            if self.read_once(direction, (most, now), context) == Fate::Over
                || self.deliver_if_new(direction, context) == Fate::Over
            {
                return Fate::Over;
            }
        }
        self.go_on(direction, context);
        Fate::Alive
    }

    /// Its turn in [`Context::unfinished`] has come.
    pub(super) fn read_on(&mut self, direction: Direction, context: &mut Context<'_>) -> Fate {
        self.pipe(direction).unfinished = false;
        self.read(direction, context)
    }

    /// Asks for another turn if there is more to read: no event will tell of what was told before.
    fn go_on(&mut self, direction: Direction, context: &mut Context<'_>) {
        if self.may_read(direction) && !self.pipe(direction).unfinished {
            self.pipe(direction).unfinished = true;
            context.unfinished.push((self.key, direction));
        }
    }

    /// If the queue was full, and is no more (or its bound is wider now), the sender goes on.
    fn release_sender(&mut self, was_full: bool, direction: Direction, context: &mut Context<'_>) {
        if was_full && !self.is_full(direction) {
            self.pipe(direction).sending.released(context.clock.now());
            self.go_on(direction, context);
        }
    }

    fn is_full(&mut self, direction: Direction) -> bool {
        let open = self.stage == Stage::Open;
        let pipe = self.pipe(direction);
        pipe.held() >= if pipe.blocked || !open { HELD_BLOCKED } else { HELD }
    }

    fn may_read(&mut self, direction: Direction) -> bool {
        let readable = self.source(direction).readable;
        let pipe = self.pipe(direction);
        readable && !pipe.read_done && !pipe.sending.is_paused() && !self.is_full(direction)
    }

    /// Reads up to so many bytes; whoever is not stopped by that has read all that there was at `now`.
    fn read_once(&mut self, direction: Direction, (most, now): (u64, Nanos), context: &mut Context<'_>) -> Fate {
        let buffer = context.pool.next();
        let room = buffer.len().min(usize::try_from(most).unwrap_or(usize::MAX));
        let source = match direction {
            Direction::Up => &mut self.client,
            Direction::Down => &mut self.upstream,
        };
        let Some(stream) = source.stream.as_mut() else { return Fate::Alive };
        match context.arrivals.read(stream, &mut buffer[..room]) {
            Ok((0, _)) => self.end(direction, context),
            Ok((n, stamp)) => {
                source.readable = n == room || source.ended;
                self.arrived(direction, n, stamp, context);
                if n < room {
                    self.pipe(direction).sending.drained(now);
                }
                Fate::Alive
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                source.readable = false;
                self.pipe(direction).sending.drained(now);
                Fate::Alive
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Fate::Alive,
            Err(_) => self.fail(direction, context),
        }
    }

    /// `n` bytes were read into the pool's next chunk: the one place where all bytes of a direction pass, in
    /// order and with their stamp; a looker-on is shown a copy.
    fn arrived(&mut self, direction: Direction, n: usize, stamp: Option<Nanos>, context: &mut Context<'_>) {
        // After the read, so that a byte that came during it is not early.
        let now = context.clock.now();
        let sent = self.pipe(direction).sending.sent(stamp, now);
        context.stats.stamp_lateness.record(now.saturating_sub(stamp.map_or(context.polled_at, |_| sent)));
        let asked = if direction == Direction::Down { self.asked.take() } else { None };
        if let Some(asked) = asked {
            context.stats.server_time.record(sent.saturating_sub(asked.written_at));
        }
        let mut reply_to = asked;
        let mut left = n as u64;
        let (mut first_arrives, mut arrives) = (None, sent);
        while left > 0 {
            let crossing = self.flow.cross(direction, sent, left, context.link);
            first_arrives = first_arrives.or(Some(crossing.at));
            arrives = crossing.at;
            self.pipe(direction).mark(crossing.bytes, crossing.at, reply_to.take());
            left -= crossing.bytes;
        }
        self.account(direction, (stamp.unwrap_or(sent), sent, arrives), context);
        if let Some((tap, connection)) = &self.tap {
            let data = context.pool.next()[..n].into();
            let first_arrives = first_arrives.unwrap_or(arrives);
            tap.show(*connection, Event::Bytes { direction, sent, first_arrives, arrives, data });
        }
        self.pipe(direction).push(n, context.pool);
    }

    /// Keeps account of bytes that were there, sent, and arrive at these instants.
    fn account(
        &mut self,
        direction: Direction,
        (there, sent, arrives): (Nanos, Nanos, Nanos),
        context: &mut Context<'_>,
    ) {
        let one_way = context.link.one_way();
        match direction {
            Direction::Up => {
                // What was sent early was sent when the connection was open: connecting is a round trip of its own.
                let opened = self.flow.opened_at();
                let (burst, ended) = self.halves.request();
                burst.add(there.max(opened), sent.max(opened), arrives, one_way);
                if let Some(beyond) = ended {
                    context.stats.beyond_rtt.record(beyond);
                }
            }
            Direction::Down => self.halves.reply().add(there, sent, arrives, one_way),
        }
    }

    /// Tells whoever looks on.
    pub(super) fn show(&self, event: impl FnOnce() -> Event) {
        if let Some((tap, connection)) = &self.tap {
            tap.show(*connection, event());
        }
    }

    /// The source has sent its last byte.
    fn end(&mut self, direction: Direction, context: &mut Context<'_>) -> Fate {
        if self.source(direction).write_failed {
            return self.fail(direction, context);
        }
        let now = context.clock.now();
        self.show(|| Event::Ended { direction, at: now });
        let at = self.flow.cross(direction, now, 0, context.link).at;
        self.pipe(direction).mark_fin(at);
        Fate::Alive
    }

    /// After a read: delivers what needs no waiting, and sets the deadline of the rest.
    fn deliver_if_new(&mut self, direction: Direction, context: &mut Context<'_>) -> Fate {
        let pipe = self.pipe(direction);
        if pipe.scheduled || pipe.blocked {
            return Fate::Alive;
        }
        self.deliver(direction, context)
    }

    /// Writes everything that is due and sets the next deadline.
    fn deliver(&mut self, direction: Direction, context: &mut Context<'_>) -> Fate {
        if self.stage != Stage::Open {
            return Fate::Alive;
        }
        let was_full = self.is_full(direction);
        loop {
            let now = context.clock.now();
            let pipe = match direction {
                Direction::Up => &mut self.up,
                Direction::Down => &mut self.down,
            };
            if pipe.blocked {
                return Fate::Alive;
            }
            let sink = match direction {
                Direction::Up => &mut self.upstream,
                Direction::Down => &mut self.client,
            };
            let Some(stream) = sink.stream.as_mut() else { return Fate::Alive };
            match pipe.ready(now) {
                Ready::Nothing => break,
                Ready::At(at) => {
                    if !pipe.scheduled {
                        pipe.scheduled = true;
                        context.deadlines.set(at, Due::Deliver(self.key, direction));
                    }
                    break;
                }
                Ready::Fin => {
                    // Where it fails, the peer is gone, and its reset will be seen.
                    let _ = stream.shutdown(Shutdown::Write);
                    pipe.finish();
                    break;
                }
                Ready::Bytes(bytes) => match stream.write(bytes) {
                    Ok(n) => self.delivered(direction, n, context),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => pipe.blocked = true,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(_) => return self.sink_failed(direction, context),
                },
            }
        }
        if self.up.finished && self.down.finished {
            return Fate::Over;
        }
        self.release_sender(was_full, direction, context);
        Fate::Alive
    }

    /// `n` bytes were written: accounts for the marks that they complete.
    fn delivered(&mut self, direction: Direction, n: usize, context: &mut Context<'_>) {
        let now = context.clock.now();
        let (pipe, stats) = match direction {
            Direction::Up => (&mut self.up, &mut *context.stats),
            Direction::Down => (&mut self.down, &mut *context.stats),
        };
        pipe.wrote(n, context.pool);
        match direction {
            Direction::Up => stats.bytes_up += n as u64,
            Direction::Down => stats.bytes_down += n as u64,
        }
        while let Some(mark) = pipe.pop_written() {
            let waited = mark.at < pipe.unblocked_at;
            let lateness = (!waited).then(|| now.saturating_sub(mark.at));
            if let Some(lateness) = lateness {
                stats.crossing_lateness.record(lateness);
            }
            match (direction, mark.reply_to) {
                (Direction::Up, _) => self.asked = Some(Asked { written_at: now, lateness }),
                (Direction::Down, Some(request)) => self.exchanged = stats.exchange(request.lateness, lateness),
                (Direction::Down, None) => {}
            }
        }
    }

    /// The sink of `direction` takes no bytes any more: what it has still sent is read before its reset crosses back.
    fn sink_failed(&mut self, direction: Direction, context: &mut Context<'_>) -> Fate {
        let back = direction.back();
        self.pipe(direction).abandon(context.pool);
        if self.pipe(back).read_done {
            return self.fail(back, context);
        }
        let sink = self.source(back);
        (sink.write_failed, sink.readable, sink.ended) = (true, true, true);
        self.go_on(back, context);
        Fate::Alive
    }
}
