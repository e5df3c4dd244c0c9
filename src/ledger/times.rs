//! Where the time of an exchange went, from the instants of its bytes.
//!
//! The time of a connection is cut into pieces that do not overlap: nothing is counted twice, however
//! much was sent before its answer. Not for: which bytes belong to which exchange (`desk`).

use std::ops::AddAssign;

use serde::Serialize;

use crate::units::Nanos;

/// Time by where it went. Sums of these are sums of wall-clock time of the connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Times {
    /// Between the end of the reply before, at the client, and the request: the client's own, in nanoseconds.
    pub client_ns: u64,
    /// Crossing the link: the request's last byte up, and the reply's last byte down, in nanoseconds.
    pub distance_ns: u64,
    /// From the request's arrival to the reply's first byte: the store's own, in nanoseconds.
    pub store_ns: u64,
    /// From first to last byte of a request or reply as they were sent, in nanoseconds: the sender still at work, or
    /// held back by the link's window; which of them cannot be told.
    pub transfer_ns: u64,
    /// Distance, store and transfer together, in nanoseconds, where a link is seen from its near side only.
    pub unsplit_ns: u64,
}

impl Times {
    /// From the request to the end of its reply, in nanoseconds.
    pub const fn waited_ns(&self) -> u64 {
        self.distance_ns.saturating_add(self.store_ns).saturating_add(self.transfer_ns).saturating_add(self.unsplit_ns)
    }
}

impl AddAssign for Times {
    fn add_assign(&mut self, other: Self) {
        let pairs = [
            (&mut self.client_ns, other.client_ns),
            (&mut self.distance_ns, other.distance_ns),
            (&mut self.store_ns, other.store_ns),
            (&mut self.transfer_ns, other.transfer_ns),
            (&mut self.unsplit_ns, other.unsplit_ns),
        ];
        for (sum, part) in pairs {
            *sum = sum.saturating_add(part);
        }
    }
}

/// The instants of bytes that went one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first_sent: Nanos,
    pub(super) last_sent: Nanos,
    pub(super) arrives: Nanos,
}

impl Span {
    /// Of one piece.
    pub(super) const fn of(sent: Nanos, arrives: Nanos) -> Self {
        Self { first_sent: sent, last_sent: sent, arrives }
    }
    /// With a later piece.
    pub(super) fn extend(&mut self, sent: Nanos, arrives: Nanos) {
        self.last_sent = self.last_sent.max(sent);
        self.arrives = self.arrives.max(arrives);
    }
}

/// How much of a link is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sight {
    /// When bytes are sent and when they arrive, both ways.
    #[default]
    Both,
    /// When the client sends and when replies reach it; nothing of the store's side.
    NearSide,
}

/// The times of a request and its reply, if it has one, and until when the connection's time is told then.
/// `mark` is until when it was told before: what is before it is not told again.
pub(super) fn tell(mark: Nanos, up: Span, down: Option<Span>, sight: Sight) -> (Times, Nanos) {
    let mut told = mark;
    let mut until = |at: Nanos| {
        let part = at.saturating_sub(told);
        told = told.max(at);
        part.0
    };
    let mut times = Times { client_ns: until(up.first_sent), ..Times::default() };
    match (down, sight) {
        (None, _) => times.transfer_ns = until(up.last_sent),
        (Some(down), Sight::NearSide) => times.unsplit_ns = until(down.arrives),
        (Some(down), Sight::Both) => {
            times.transfer_ns = until(up.last_sent);
            times.distance_ns = until(up.arrives);
            times.store_ns = until(down.first_sent);
            times.transfer_ns += until(down.last_sent);
            times.distance_ns += until(down.arrives);
        }
    }
    (times, told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn span(first: u64, last: u64, arrives: u64) -> Span {
        Span { first_sent: Nanos(first), last_sent: Nanos(last), arrives: Nanos(arrives) }
    }

    #[test]
    fn each_part_has_its_name() {
        let (times, mark) = tell(Nanos(10), span(15, 16, 116), Some(span(136, 146, 246)), Sight::Both);
        let expected = Times { client_ns: 5, distance_ns: 200, store_ns: 20, transfer_ns: 11, unsplit_ns: 0 };
        assert_eq!((times, mark), (expected, Nanos(246)));
        let (times, _) = tell(Nanos(10), span(15, 16, 16), Some(span(246, 246, 246)), Sight::NearSide);
        assert_eq!(times, Times { client_ns: 5, unsplit_ns: 231, ..Times::default() });
    }

    #[test]
    fn what_was_sent_early_adds_what_it_adds() {
        let (first, mark) = tell(Nanos(0), span(0, 0, 100), Some(span(100, 100, 200)), Sight::Both);
        let (second, end) = tell(mark, span(1, 1, 101), Some(span(105, 105, 205)), Sight::Both);
        assert_eq!((first.waited_ns(), second.waited_ns(), second.client_ns), (200, 5, 0));
        assert_eq!(end, Nanos(205));
    }

    proptest! {
        #[test]
        fn nothing_is_told_twice_or_left_out(
            all in prop::collection::vec((0..100_u64, 0..9_u64, 0..99_u64, 0..99_u64, 0..9_u64, 0..99_u64, any::<bool>()), 1..20),
            near: bool,
        ) {
            let (mut mark, mut sum) = (Nanos::ZERO, Times::default());
            for (sent, more, up, store, much, down, answered) in all {
                let reply = span(sent + up + store, sent + up + store + much, sent + up + store + much + down);
                let sight = if near { Sight::NearSide } else { Sight::Both };
                let (times, told) = tell(mark, span(sent, sent + more, sent + more + up), answered.then_some(reply), sight);
                prop_assert!(told >= mark);
                sum += times;
                mark = told;
            }
            prop_assert_eq!(sum.client_ns + sum.waited_ns(), mark.0);
        }
    }
}
