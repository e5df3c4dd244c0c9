//! The exchanges of one connection: which bytes are of which request and reply, and what that took.
//!
//! A protocol's parser says where requests and replies end; the desk keeps the queue between them, their instants
//! and bytes. Not for: the protocols.

use std::collections::VecDeque;
use std::sync::Arc;

use super::exchange::Phase;
use super::rounds::Rounds;
use super::times::{Sight, Span, Times, tell};
use crate::units::Nanos;

/// Requests that may wait for their reply on one connection, before the ledger gives up telling them apart.
pub(super) const WAITING_MOST: usize = 65_536;

/// What a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) phase: Phase,
    pub(super) statement: Option<Arc<str>>,
    pub(super) prepare: bool,
    pub(super) keys: Option<u64>,
}

impl Label {
    pub(super) fn of(phase: Phase, statement: Option<Arc<str>>) -> Self {
        Self { phase, statement, prepare: false, keys: None }
    }
}

/// The instants of a piece of bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    pub(super) sent: Nanos,
    pub(super) arrives: Nanos,
}

/// A request, and what is there of its reply.
#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub(super) label: Label,
    pub(super) at: Nanos,
    pub(super) awaited: bool,
    pub(super) bytes_up: u64,
    pub(super) bytes_down: u64,
    pub(super) rows: Option<u64>,
    pub(super) failed: bool,
    pub(super) round_trips: u64,
    pub(super) times: Times,
    pub(super) answered: bool,
    chain: u64,
    up: Span,
    down: Option<Span>,
}

/// A request while it is being sent.
#[derive(Debug, Clone, Copy)]
struct Asking {
    span: Span,
    bytes: u64,
}

/// The queue of one connection.
#[derive(Debug)]
pub(super) struct Desk {
    sight: Sight,
    /// Until when the connection's time is told.
    mark: Nanos,
    /// When the store saw the connection.
    dialled: Nanos,
    rounds: Rounds,
    asking: Option<Asking>,
    waiting: VecDeque<Pending>,
    begun: bool,
    /// Bytes down that no request asked for.
    unasked: u64,
}

impl Desk {
    pub(super) fn new(opened: Nanos, sight: Sight) -> Self {
        let (rounds, waiting) = (Rounds::default(), VecDeque::new());
        Self { sight, mark: opened, dialled: opened, rounds, asking: None, waiting, begun: false, unasked: 0 }
    }

    /// The handshake: a connect takes a client R, and the store sees the connection after 1.5 R (RFC 9293, 3.5). Where only the
    /// client's side is seen, what connecting takes is part of the first wait.
    pub(super) fn dialled(&mut self, opened: Nanos, at: Nanos, done: &mut Vec<Pending>) {
        let ready = match self.sight {
            Sight::Both => opened.saturating_add(handshake(at.saturating_sub(opened))),
            Sight::NearSide => opened,
        };
        let distance_ns = ready.saturating_sub(self.mark).0;
        (self.mark, self.dialled) = (self.mark.max(ready), at);
        let connect = Pending {
            round_trips: 1,
            times: Times { distance_ns, ..Times::default() },
            answered: true,
            ..Pending::new(Label::of(Phase::Connect, None), Span::of(opened, at), true)
        };
        done.push(connect);
    }

    /// A store that speaks first owes a greeting: as if it were asked for with the end of the handshake.
    pub(super) fn greet(&mut self) {
        self.begun = true;
        let mut pending =
            Pending::new(Label::of(Phase::Greeting, None), Span::of(self.mark, self.dialled.max(self.mark)), true);
        pending.chain = self.rounds.ask(self.mark);
        self.waiting.push_back(pending);
    }

    /// Bytes of a request.
    pub(super) fn up(&mut self, bytes: usize, stamp: Stamp) {
        if bytes == 0 {
            return;
        }
        self.begun = true;
        let asking = self.asking.get_or_insert(Asking { span: Span::of(stamp.sent, stamp.arrives), bytes: 0 });
        asking.span.extend(stamp.sent, stamp.arrives);
        asking.bytes += bytes as u64;
    }

    /// The bytes so far are a request that is answered.
    pub(super) fn ask(&mut self, label: Label) {
        if let Some(asking) = self.asking.take() {
            let mut pending = Pending::new(label, asking.span, true);
            pending.bytes_up = asking.bytes;
            pending.chain = self.rounds.ask(asking.span.first_sent);
            self.waiting.push_back(pending);
        }
    }

    /// The bytes so far are a request that nobody answers.
    pub(super) fn say(&mut self, label: Label, done: &mut Vec<Pending>) {
        if let Some(asking) = self.asking.take() {
            let mut pending = Pending::new(label, asking.span, false);
            pending.bytes_up = asking.bytes;
            self.waiting.push_back(pending);
            self.settle_said(done);
        }
    }

    /// The bytes so far go on with the oldest request: a further wait, if it was answered before.
    pub(super) fn go_on(&mut self) {
        let Some(head) = self.waiting.front_mut() else { return };
        let Some(asking) = self.asking.take() else { return };
        head.bytes_up += asking.bytes;
        if head.down.is_none() {
            head.up.extend(asking.span.last_sent, asking.span.arrives);
        } else {
            self.end_leg();
            if let Some(head) = self.waiting.front_mut() {
                head.up = asking.span;
                head.chain = self.rounds.ask(asking.span.first_sent);
            }
        }
    }

    /// The bytes so far go on with the newest request, which was not known to be over.
    pub(super) fn join(&mut self) {
        let Some(first_sent) = self.asking.map(|asking| asking.span.first_sent) else { return };
        if self.waiting.len() == 1 {
            let is_answering = self.waiting[0].down.is_some();
            return if is_answering && !self.was_answered(first_sent) { self.blend() } else { self.go_on() };
        }
        let Some(newest) = self.waiting.back_mut() else { return };
        let Some(asking) = self.asking.take() else { return };
        newest.bytes_up += asking.bytes;
        newest.up.extend(asking.span.last_sent, asking.span.arrives);
    }

    /// Says anew what the newest request is.
    pub(super) fn relabel(&mut self, label: Label) {
        if let Some(newest) = self.waiting.back_mut() {
            newest.label = label;
        }
    }

    /// The bytes so far are more of the oldest request, and did not wait for anything.
    pub(super) fn blend(&mut self) {
        let Some(head) = self.waiting.front_mut() else { return };
        head.bytes_up += self.asking.take().map_or(0, |asking| asking.bytes);
    }

    /// Bytes of the oldest request's reply; if none waits, they are of none.
    pub(super) fn down(&mut self, bytes: usize, stamp: Stamp) {
        let Some(head) = self.waiting.front_mut() else {
            self.unasked += bytes as u64;
            return;
        };
        if bytes > 0 {
            head.bytes_down += bytes as u64;
            head.down.get_or_insert(Span::of(stamp.sent, stamp.arrives)).extend(stamp.sent, stamp.arrives);
        }
    }

    /// Whether bytes of a request are there whose end was not seen.
    pub(super) fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    /// Whether anything was asked for, or greeted, yet.
    pub(super) fn has_begun(&self) -> bool {
        self.begun
    }

    /// Tells the wait that the oldest request has ended.
    fn end_leg(&mut self) {
        let Some(head) = self.waiting.front_mut() else { return };
        let (times, mark) = tell(self.mark, head.up, head.down, self.sight);
        self.mark = mark;
        head.times += times;
        if let Some(down) = head.down.take() {
            head.answered = true;
            head.round_trips += u64::from(self.rounds.answered(head.chain, down.arrives));
        }
    }

    /// The oldest request is answered.
    pub(super) fn answered(&mut self, done: &mut Vec<Pending>) {
        self.end_leg();
        done.extend(self.waiting.pop_front());
        self.settle_said(done);
    }

    fn settle_said(&mut self, done: &mut Vec<Pending>) {
        while self.waiting.front().is_some_and(|head| !head.awaited) {
            self.end_leg();
            done.extend(self.waiting.pop_front());
        }
    }

    /// The oldest request that waits.
    pub(super) fn head(&mut self) -> Option<&mut Pending> {
        self.waiting.front_mut()
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether the client had the reply to the oldest request, as far as it was sent, when it sent this.
    pub(super) fn was_answered(&self, sent: Nanos) -> bool {
        self.waiting.front().and_then(|head| head.down).is_some_and(|down| down.arrives <= sent)
    }

    /// Requests and replies are no longer told apart: those behind the oldest become part of it.
    pub(super) fn merge(&mut self) {
        let bytes: u64 = self.waiting.drain(1.min(self.waiting.len())..).map(|pending| pending.bytes_up).sum();
        if let Some(head) = self.waiting.front_mut() {
            head.bytes_up += bytes;
        }
    }

    /// Nothing more will come.
    pub(super) fn close(&mut self, done: &mut Vec<Pending>) {
        while !self.waiting.is_empty() {
            self.answered(done);
        }
        self.say(Label::of(Phase::Query, None), done);
        if self.unasked > 0 {
            let mut pending = Pending::new(Label::of(Phase::Query, None), Span::of(self.mark, self.mark), false);
            pending.bytes_down = self.unasked;
            done.push(pending);
        }
    }
}

/// Retransmissions of a SYN before the kernel gives up (Linux, `tcp_syn_retries`).
const SYNS_MOST: u32 = 6;

/// What a connect takes, told from when the store sees it: R of 1.5 R, and the seconds that lost SYNs cost (RFC 6298,
/// 2.1 and 5.5: 1, then 2, then 4…). Those are told from distance by their size: a round trip of 667 ms or more would be
/// taken for one of them.
fn handshake(seen_after: Nanos) -> Nanos {
    let waits = (0..SYNS_MOST).map(|n| Nanos::from_secs((1 << (n + 1)) - 1));
    let lost = waits.take_while(|wait| *wait <= seen_after).last().unwrap_or(Nanos::ZERO);
    Nanos(lost.0 + (seen_after.0 - lost.0) / 3 * 2)
}

impl Pending {
    fn new(label: Label, up: Span, awaited: bool) -> Self {
        Self {
            label,
            at: up.first_sent,
            awaited,
            bytes_up: 0,
            bytes_down: 0,
            rows: None,
            failed: false,
            round_trips: 0,
            times: Times::default(),
            answered: false,
            chain: 0,
            up,
            down: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connect_takes_a_round_trip_and_what_lost_packets_cost() {
        let ms = Nanos::from_millis;
        for (seen_after, takes) in [(0, 0), (15, 10), (900, 600), (1_015, 1_010), (3_015, 3_010), (7_030, 7_020)] {
            assert_eq!(handshake(ms(seen_after)), ms(takes));
        }
        assert!(handshake(Nanos(u64::MAX / 4)) < Nanos(u64::MAX / 4));
    }
}
