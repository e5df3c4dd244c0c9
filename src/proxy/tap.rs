//! Hands what connections carry to somebody who looks on.
//!
//! The proxy's thread puts a copy into a bounded queue and goes on; it never waits for the reader, and
//! wakes nobody. What does not fit is counted, so the reader knows what it has not seen. Not for:
//! understanding the bytes (`ledger`).

use std::sync::{Arc, Mutex, PoisonError};

use crate::ledger::{Event, Seen};

/// What may wait for the reader, in bytes: payload, and what goes with each piece of it.
const WAITING_MOST: usize = 64 << 20;

#[derive(Debug, Default)]
struct Waiting {
    seen: Vec<Seen>,
    bytes: usize,
}

/// The reader's end.
#[derive(Debug, Clone, Default)]
pub struct Taps {
    waiting: Arc<Mutex<Waiting>>,
}

impl Taps {
    /// A tap for the route that the reader calls `route`.
    pub fn tap(&self, route: u32) -> Tap {
        Tap { waiting: Arc::clone(&self.waiting), route }
    }

    /// Takes what was seen since the last call, in order. Meant to be asked every few milliseconds.
    pub fn take(&self) -> Vec<Seen> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.bytes = 0;
        std::mem::take(&mut waiting.seen)
    }
}

/// The proxy's end.
#[derive(Debug, Clone)]
pub struct Tap {
    waiting: Arc<Mutex<Waiting>>,
    route: u32,
}

impl Tap {
    /// Shows an event of a connection. Bytes that no longer fit become [`Event::Missed`].
    pub(super) fn show(&self, connection: u64, event: Event) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let event = match event {
            Event::Bytes { direction, data, .. } if waiting.bytes + data.len() > WAITING_MOST => {
                Event::Missed { direction, bytes: data.len() as u64 }
            }
            event => event,
        };
        if let Event::Bytes { data, .. } = &event {
            waiting.bytes += data.len() + size_of::<Seen>();
        }
        waiting.seen.push(Seen { route: self.route, connection, event });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Direction;
    use crate::units::Nanos;

    #[test]
    fn what_does_not_fit_is_counted() {
        let taps = Taps::default();
        let tap = taps.tap(3);
        let bytes = |n: usize| Event::Bytes {
            direction: Direction::Up,
            sent: Nanos(1),
            first_arrives: Nanos(2),
            arrives: Nanos(2),
            data: vec![0; n].into(),
        };
        tap.show(7, bytes(WAITING_MOST));
        tap.show(7, bytes(5));
        let seen = taps.take();
        assert!(matches!(seen[0], Seen { route: 3, connection: 7, event: Event::Bytes { .. } }));
        assert!(matches!(seen[1].event, Event::Missed { direction: Direction::Up, bytes: 5 }));
        tap.show(7, bytes(5));
        assert_eq!(taps.take().len(), 1);
    }

    #[test]
    fn single_bytes_do_not_take_more_than_long_pieces() {
        let taps = Taps::default();
        let tap = taps.tap(0);
        let bytes = || Event::Bytes {
            direction: Direction::Up,
            sent: Nanos(1),
            first_arrives: Nanos(2),
            arrives: Nanos(2),
            data: [0].into(),
        };
        let most = WAITING_MOST / size_of::<Seen>();
        (0..most).for_each(|_| tap.show(0, bytes()));
        assert!(matches!(taps.take().last().map(|seen| &seen.event), Some(Event::Missed { bytes: 1, .. })));
    }
}
