//! The window of one sender: how many segments it may have under way, and how that grows and shrinks.
//!
//! Each direction of a connection is a sender of its own. Segments are counted, as Linux counts them. A window opens
//! by acknowledgements, which arrive a round trip after the segments were sent; that makes slow start's
//! steps. What the receiver's window adds is not modelled: it is taken to keep ahead of slow start, as a receiver
//! does whose buffer is large or whose autotuning is in time. Not for: which segments are lost and when they
//! are sent again (`recovery`).

use std::collections::VecDeque;

use super::cubic::Cubic;
use super::recovery::{DUPLICATES, Reaction};
use super::rtt::RttEstimate;
use crate::scenario::Congestion;
use crate::units::Nanos;

/// Payload of a full segment: MTU 1500 less headers with timestamps (RFC 7323; PHYSICS.md, 1).
pub(super) const MSS: u64 = 1_448;

/// Segments of a new connection's window (RFC 6928, 2).
const INITIAL: f64 = 10.0;

/// Segments that one connection has under way at most: 3.74 MB, about what a send buffer of `tcp_wmem`'s 4 MiB lets go in a
/// round trip. Measured, kernel to kernel: flights end at 3.74 MB where segments cross one by one, and at 4.13 MB where they cross
/// as a network card takes them; but whoever waits to write is woken only when a third of the buffer is free, so that some
/// flights are smaller. 100 MB at 50 ms had 3.8 to 4.0 MB a round trip, and 16 MB take 12 round trips (11 with 2,840).
const MOST: u64 = 2_582;

/// A segment that a burst left partly filled takes what follows this soon: the bytes came to the caller in pieces whose ends
/// mean nothing. Smaller writes than a segment are segments of their own (`TCP_NODELAY`).
const FILLED_WITHIN: Nanos = Nanos::from_millis(1);

/// Segments whose acknowledgement arrives at one instant.
#[derive(Debug, Clone, Copy)]
struct Ack {
    at: Nanos,
    sent: Nanos,
    segments: u64,
    /// They were sent behind a hole: acknowledged selectively, they free room but do not open the window.
    behind_hole: bool,
}

/// One direction's sender.
#[derive(Debug)]
pub(super) struct Sender {
    congestion: Congestion,
    pub(super) rtt: RttEstimate,
    window: f64,
    /// Below it slow start, from it on congestion avoidance.
    threshold: f64,
    cubic: Cubic,
    /// Segments under way, and when they are acknowledged, in that order.
    under_way: u64,
    acks: VecDeque<Ack>,
    /// When lost segments, which count as under way, are acknowledged at last.
    repairs: VecDeque<Nanos>,
    reaction: Option<(Nanos, Reaction)>,
    /// Segments behind a hole that were acknowledged before the sender took it for a loss.
    disorder: u64,
    recovering: Option<Recovering>,
    /// Until then the window does not grow: a hole is open.
    hole_until: Nanos,
    last_sent: Nanos,
    /// Bytes that still fit the last segment.
    unfilled: u64,
    use_: Use,
}

/// A window that shrinks in proportion to what is delivered, until the hole is repaired (RFC 9937, 6.2).
#[derive(Debug, Clone, Copy)]
struct Recovering {
    from: f64,
    to: f64,
    delivered: u64,
}

impl Recovering {
    fn window(&self) -> f64 {
        (self.from - (self.from - self.to) * self.delivered as f64 / self.from).max(self.to)
    }
}

/// How much of the window has been used (Linux's `tcp_cwnd_validate`; RFC 7661, 4 has the reasons).
#[derive(Debug, Clone, Copy, Default)]
struct Use {
    /// The window was full.
    full: bool,
    /// The most that was under way in this round trip, which ends with an acknowledgement.
    most: u64,
    until: Nanos,
    /// The most since the window was last full, or was judged.
    since_judged: u64,
    judged_at: Nanos,
}

impl Sender {
    /// A sender whose connection has been opened; its handshake took `rtt`.
    pub(super) fn new(congestion: Congestion, rtt: Nanos, now: Nanos) -> Self {
        Self {
            congestion,
            rtt: RttEstimate::new(rtt),
            window: INITIAL,
            threshold: f64::INFINITY,
            cubic: Cubic::default(),
            under_way: 0,
            acks: VecDeque::new(),
            repairs: VecDeque::new(),
            reaction: None,
            disorder: 0,
            recovering: None,
            hole_until: Nanos::ZERO,
            last_sent: now,
            unfilled: 0,
            use_: Use { judged_at: now, ..Use::default() },
        }
    }

    /// Bytes that may be sent at `now`; 0 if none.
    pub(super) fn room(&mut self, now: Nanos) -> u64 {
        self.room_between(now, now)
    }

    /// Bytes that may be sent at any instant between these two.
    pub(super) fn room_between(&mut self, first: Nanos, last: Nanos) -> u64 {
        self.settle(first);
        let segments = (self.window_at(first) as u64).min(MOST).saturating_sub(self.under_way);
        segments * MSS + self.unfilled(last.max(first))
    }

    /// What still fits the last segment.
    fn unfilled(&self, now: Nanos) -> u64 {
        if now <= self.last_sent.saturating_add(FILLED_WITHIN) { self.unfilled } else { 0 }
    }

    /// How many segments `bytes` more take.
    pub(super) fn segments(&self, now: Nanos, bytes: u64) -> u64 {
        bytes.saturating_sub(self.unfilled(now)).div_ceil(MSS)
    }

    /// When the window opens next; `None` if nothing is under way.
    pub(super) fn opens_at(&self) -> Option<Nanos> {
        let ack = self.acks.front().map(|ack| ack.at);
        let repair = self.repairs.front().copied();
        ack.into_iter().chain(repair).min()
    }

    /// When all that is under way, holes apart, is acknowledged; `now` if nothing is.
    pub(super) fn last_ack(&self, now: Nanos) -> Nanos {
        self.acks.back().map_or(now, |ack| ack.at)
    }

    /// Whether anything under way was not acknowledged before `at`.
    pub(super) fn waits_beyond(&self, at: Nanos) -> bool {
        self.acks.back().is_some_and(|ack| ack.at > at) || self.repairs.back().is_some_and(|repair| *repair > at)
    }

    /// When it last sent.
    pub(super) fn last_sent(&self) -> Nanos {
        self.last_sent
    }

    /// `bytes` are sent at `now`, and acknowledged at `acked_at`; they have `waited` for the window where that cut them off
    /// from what went before.
    pub(super) fn send(&mut self, now: Nanos, bytes: u64, acked_at: Nanos, waited: bool) {
        let fill = self.unfilled(now).min(bytes);
        let segments = (bytes - fill).div_ceil(MSS);
        let part = (bytes - fill) % MSS;
        self.unfilled = if (bytes >= MSS || waited) && part > 0 { MSS - part } else { 0 };
        self.begin(now);
        self.under_way += segments;
        // A link that has become shorter lets no acknowledgement overtake.
        let at = self.last_ack(now).max(acked_at);
        let behind_hole = at < self.hole_until;
        match self.acks.back_mut().filter(|ack| ack.at == at && ack.behind_hole == behind_hole) {
            Some(ack) => ack.segments += segments,
            None => self.acks.push_back(Ack { at, sent: now, segments, behind_hole }),
        }
        self.note_use(now, at);
    }

    /// One segment is sent at `now` and lost. The sender reacts when it learns so, and has it acknowledged at `acked_at`.
    pub(super) fn lose(&mut self, now: Nanos, reaction: (Nanos, Reaction), acked_at: Nanos) {
        self.begin(now);
        self.unfilled = 0;
        self.under_way += 1;
        let at = self.repairs.back().copied().unwrap_or(now).max(acked_at);
        self.repairs.push_back(at);
        if (now >= self.hole_until && self.reaction.is_none()) || reaction.1 == Reaction::Collapse {
            self.reaction = Some(reaction);
        }
        self.hole_until = self.hole_until.max(at);
        self.note_use(now, at);
    }

    /// Everything under way was lost, and time-outs have passed.
    pub(super) fn restart(&mut self, now: Nanos) {
        self.acks.clear();
        self.repairs.clear();
        self.under_way = 0;
        (self.hole_until, self.recovering) = (now, None);
        self.reaction = Some((now, Reaction::Collapse));
        self.react(now);
        self.last_sent = now;
    }

    fn begin(&mut self, now: Nanos) {
        let window = self.window_at(now);
        if window < self.window {
            self.threshold = self.kept_threshold();
            self.window = window;
            (self.use_.judged_at, self.use_.since_judged) = (now, 0);
        }
        self.last_sent = self.last_sent.max(now);
    }

    /// The window, which idleness shrinks: it is halved once per retransmission time-out without sending,
    /// down to the initial one (RFC 5681, 4.1; Linux's `tcp_cwnd_restart`).
    fn window_at(&self, now: Nanos) -> f64 {
        let rto = self.rtt.rto(0);
        let mut idle = now.saturating_sub(self.last_sent);
        let mut window = self.window;
        if self.congestion == Congestion::Bbr || self.under_way > 0 || idle <= rto {
            return window;
        }
        while idle > rto && window > INITIAL {
            idle = idle.saturating_sub(rto);
            window = (window / 2.0).floor();
        }
        window.max(INITIAL.min(self.window))
    }

    /// What slow start may go back to after a window was reduced for want of use (RFC 2861; Linux: three quarters).
    fn kept_threshold(&self) -> f64 {
        self.threshold.max(self.window * 0.75)
    }

    /// Takes what has happened until `now`, in order.
    fn settle(&mut self, now: Nanos) {
        loop {
            let reaction = self.reaction.map(|(at, _)| at).filter(|at| *at <= now);
            let repair = self.repairs.front().copied().filter(|at| *at <= now);
            let ack = self.acks.front().map(|ack| ack.at).filter(|at| *at <= now);
            let Some(first) = [reaction, repair, ack].into_iter().flatten().min() else { return };
            if repair == Some(first) {
                self.repaired();
            } else if ack == Some(first) {
                self.acknowledge();
            } else {
                self.react(first);
            }
        }
    }

    fn repaired(&mut self) {
        self.repairs.pop_front();
        self.under_way = self.under_way.saturating_sub(1);
        if self.repairs.is_empty()
            && let Some(recovering) = self.recovering.take()
        {
            self.window = recovering.to;
        }
    }

    /// A segment behind a hole was delivered.
    fn delivered(&mut self, segments: u64) {
        match &mut self.recovering {
            Some(recovering) => {
                recovering.delivered += segments;
                self.window = recovering.window();
            }
            None => self.disorder += segments,
        }
    }

    fn acknowledge(&mut self) {
        let Some(ack) = self.acks.pop_front() else { return };
        self.under_way = self.under_way.saturating_sub(ack.segments);
        let round_trip = ack.at.saturating_sub(ack.sent);
        self.rtt.sample(round_trip);
        if ack.behind_hole {
            return self.delivered(ack.segments);
        }
        if !self.was_used() {
            return;
        }
        let slow = (ack.segments as f64).min((self.threshold - self.window).max(0.0));
        self.window += slow;
        let rest = ack.segments - slow as u64;
        if rest > 0 {
            self.window = self.cubic.grow(self.window, rest, ack.at, round_trip);
        }
        self.window = self.window.min(MOST as f64);
    }

    /// Whether the window has limited the sender; in slow start, half of it is enough (Linux's `tcp_is_cwnd_limited`).
    fn was_used(&self) -> bool {
        self.use_.full || (self.window < self.threshold && self.window < 2.0 * self.use_.most as f64)
    }

    fn react(&mut self, now: Nanos) {
        let Some((_, reaction)) = self.reaction.take() else { return };
        match (self.congestion, reaction) {
            (Congestion::Cubic, Reaction::Shrink) => {
                self.threshold = self.cubic.shrink(self.window);
                // Until the hole is certain, each segment that is delivered lets another go (RFC 3042).
                let delivered = self.disorder.saturating_sub(DUPLICATES - 1);
                let recovering = Recovering { from: self.window, to: self.threshold, delivered };
                self.window = recovering.window();
                self.recovering = (!self.repairs.is_empty()).then_some(recovering);
            }
            (Congestion::Cubic, Reaction::Collapse) => {
                self.threshold = self.cubic.shrink(self.window);
                (self.window, self.recovering) = (1.0, None);
            }
            (Congestion::Bbr, _) => {}
        }
        self.disorder = 0;
        (self.use_.judged_at, self.use_.since_judged) = (now, 0);
    }

    /// After something was sent at `now` that is acknowledged at `until`.
    fn note_use(&mut self, now: Nanos, until: Nanos) {
        let full = self.under_way >= self.window as u64;
        let it = &mut self.use_;
        if now >= it.until || full || (!it.full && self.under_way > it.most) {
            (it.full, it.most, it.until) = (full, self.under_way, until);
        }
        if self.was_used() {
            (self.use_.since_judged, self.use_.judged_at) = (0, now);
            return;
        }
        self.use_.since_judged = self.use_.since_judged.max(self.under_way);
        // Used for less than it is for a time-out, the window goes half of the way to what is used (RFC 2861, 3).
        let judged = now.saturating_sub(self.use_.judged_at) >= self.rtt.rto(0);
        if judged && self.congestion != Congestion::Bbr {
            let used = (self.use_.since_judged as f64).max(INITIAL);
            if used < self.window {
                self.threshold = self.kept_threshold();
                self.window = f64::midpoint(self.window, used).floor();
            }
            (self.use_.since_judged, self.use_.judged_at) = (0, now);
        }
    }
}
