//! What the crossings of an exchange took beyond its one round trip.
//!
//! A request and its reply cost one RTT if each passes in one flight of an idle link. What a flight more (slow start, a
//! full window), a queue, jitter or a repair of losses adds is distance too, and is told apart from the store's time
//! here. Not for: how late the proxy was.

use crate::units::Nanos;

/// Bytes of one direction between two turns of the conversation.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Burst {
    /// When the first bytes were there to be sent; `None` before any.
    first: Option<Nanos>,
    /// Some of it waited for the sender's window.
    held: bool,
    /// What it took beyond half an RTT.
    beyond: Nanos,
}

impl Burst {
    /// More bytes: there to be sent at `there`, sent at `sent`, the last of them arriving at `arrives`, over a link
    /// whose bare crossing takes `one_way`.
    ///
    /// Where the window held them back, the whole burst counts from its first byte, for a sender that may not send
    /// does not read either, and so hides since when there was more. Else a burst is as late as its last
    /// bytes: what passed between its reads is the sender's own time.
    pub(super) fn add(&mut self, there: Nanos, sent: Nanos, arrives: Nanos, one_way: Nanos) {
        let first = *self.first.get_or_insert(there);
        self.held |= sent > there;
        let from = if self.held { first } else { sent };
        self.beyond = arrives.saturating_sub(from).saturating_sub(one_way);
    }

    /// Whether there was any.
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }
}

/// The two halves of the exchange under way.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Halves {
    request: Burst,
    reply: Burst,
}

impl Halves {
    /// Bytes of a request; gives what the exchange before took beyond its round trip, if it is complete.
    pub(super) fn request(&mut self) -> (&mut Burst, Option<Nanos>) {
        let ended = self.end();
        (&mut self.request, ended)
    }

    /// Bytes of a reply.
    pub(super) fn reply(&mut self) -> &mut Burst {
        &mut self.reply
    }

    /// Ends an exchange that has both halves.
    pub(super) fn end(&mut self) -> Option<Nanos> {
        if self.reply.is_empty() {
            return None;
        }
        let Self { request, reply } = std::mem::take(self);
        // What a server says first answers nothing.
        (!request.is_empty()).then(|| request.beyond.saturating_add(reply.beyond))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: Nanos = Nanos::from_micros(7_500);

    fn ms(ms: u64) -> Nanos {
        Nanos::from_millis(ms)
    }

    #[test]
    fn one_flight_each_way_is_nothing_beyond() {
        let mut halves = Halves::default();
        halves.request().0.add(ms(0), ms(0), HALF, HALF);
        halves.reply().add(ms(10), ms(10), ms(10) + HALF, HALF);
        // Rows that a store makes slowly are its own time.
        halves.reply().add(ms(90), ms(90), ms(90) + HALF, HALF);
        assert_eq!(halves.request().1, Some(Nanos::ZERO));
    }

    #[test]
    fn flights_queues_and_repairs_are_beyond() {
        let mut halves = Halves::default();
        // A queue of 2 ms.
        halves.request().0.add(ms(0), ms(0), ms(2) + HALF, HALF);
        // Three flights; the store had written everything at 10 ms.
        halves.reply().add(ms(10), ms(10), ms(10) + HALF, HALF);
        halves.reply().add(ms(10), ms(25), ms(25) + HALF, HALF);
        halves.reply().add(ms(40), ms(40), ms(40) + HALF, HALF);
        assert_eq!(halves.end(), Some(ms(32)));
    }

    #[test]
    fn a_greeting_is_no_exchange() {
        let mut halves = Halves::default();
        halves.reply().add(ms(0), ms(0), HALF, HALF);
        assert_eq!(halves.request().1, None);
        assert_eq!(halves.end(), None);
    }
}
