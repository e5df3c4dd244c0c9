//! No-ops beside the load: what a call costs outside of link and store while everything is busy.
//!
//! From each site to each store one connection of its own asks for `COM_PING` or `version` at a low, fixed rate, on the
//! thread of the load and through the proxy of the load. What the link's model asked for its crossings is taken off each
//! one, as a tap tells it. They are no calls of journeys and count in nothing else; one that fails ends its probe and
//! nothing more. Not for: the check before the load (`noop`).

use std::cell::RefCell;
use std::rc::Rc;

use super::driver::Dial;
use crate::engine::perform::Connection as _;
use crate::ledger::{Event, Seen};
use crate::link::Direction;
use crate::measure::Hist;
use crate::proxy::{Route, Taps};
use crate::runfile::ProbeRun;
use crate::scenario::StoreId;
use crate::timer::Timer;
use crate::units::Nanos;

/// Between the starts of two no-ops of one probe: no divisor of what journeys are paced by.
const EVERY: Nanos = Nanos::from_micros(47_300);
/// Between the first no-ops of two probes.
const PROBES_APART: Nanos = Nanos::from_micros(7_100);

/// One of so many is no no-op, but opens a connection.
const CONNECTS: u32 = 8;

/// A probe of one store over one link.
pub(super) struct Probe {
    /// Of the placement's links.
    pub(super) link: usize,
    pub(super) store: StoreId,
    route: Route,
    taps: Taps,
    dial: Dial,
    asked: Asked,
    found: RefCell<Found>,
}

/// What the link of a probe takes for what nobody tells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// The handshake until the store knows of it: 1.5 round trips.
    pub(super) handshake: Nanos,
    /// Where no crossing is told (packets): a round trip.
    pub(super) round_trip: Option<Nanos>,
}

/// What a probe found.
#[derive(Debug, Default)]
struct Found {
    beyond_link: Hist,
    connect: Hist,
    /// The window is open: what the route counts is of it.
    counting: bool,
}

/// The crossings of one or more exchanges on one connection.
#[derive(Debug, Default, PartialEq, Eq)]
struct Crossings {
    /// What they were to take, added up.
    take: Nanos,
    up: u32,
    down: u32,
}

impl Probe {
    /// A probe over `route`, whose events are shown to `taps`.
    pub(super) fn new((link, store): (usize, StoreId), (route, taps): (Route, Taps), dial: Dial, asked: Asked) -> Self {
        Self { link, store, route, taps, dial, asked, found: RefCell::default() }
    }
    /// Asks from now until `to`, and records from `from` on; the probe with this number among all begins later than
    /// those before it.
    pub(super) async fn ask(self: Rc<Self>, timer: Timer, number: usize, (from, to): (Nanos, Nanos)) {
        let clock = timer.clock();
        let Ok((mut connection, _)) = self.dial.connect().await else { return };
        let greeted = matches!(self.dial, Dial::Mysql(_));
        let mut at = clock.now() + PROBES_APART * number as u64;
        for count in 1.. {
            timer.sleep_until(at).await;
            if at >= to {
                break;
            }
            // A call of a journey mostly follows another. What the first one after a pause costs more, waking up whoever sleeps,
            // is measured as the lateness of pauses; it must not count twice.
            if connection.noop().await.is_err() {
                return;
            }
            self.counted(at >= from);
            let start = clock.now();
            let opens = greeted && count % CONNECTS == 0;
            if opens {
                let Ok((opened, _)) = self.dial.connect().await else { return };
                std::mem::replace(&mut connection, opened).close();
            } else if connection.noop().await.is_err() {
                return;
            }
            let took = clock.now() - start;
            if at >= from {
                self.record(took, opens);
            }
            at = (at + EVERY).max(clock.now());
        }
        connection.close();
    }
    /// Forgets what is not of the next no-op, or of the window when that opens.
    fn counted(&self, inside: bool) {
        self.taps.take();
        let found = &mut *self.found.borrow_mut();
        if inside && !found.counting {
            found.counting = true;
            self.route.reset();
        }
    }
    /// Records what has just ended.
    fn record(&self, took: Nanos, opens: bool) {
        let crossings = Crossings::of(self.taps.take().into_iter());
        let Asked { handshake, round_trip } = self.asked;
        let found = &mut *self.found.borrow_mut();
        match (opens, crossings.up, crossings.down) {
            // A greeting, the login and its answer.
            (true, 1, 2) => {
                let take = round_trip.map_or(handshake + crossings.take, |trip| trip * 3);
                found.connect.record(took.saturating_sub(take));
            }
            (false, 1, 1) => {
                found.beyond_link.record(took.saturating_sub(round_trip.unwrap_or(crossings.take)));
            }
            // An unusual server, or bytes in pieces: nothing that can be told apart.
            _ => {}
        }
    }
    /// What it found; `None` if nothing.
    pub(super) fn finish(&self, link: &str, store: &str) -> Option<ProbeRun> {
        let Found { beyond_link, connect, .. } = self.found.take();
        (!beyond_link.is_empty()).then(|| ProbeRun {
            link: link.to_owned(),
            store: store.to_owned(),
            beyond_link,
            // Of the connects it has the logins too, which are few.
            server_time: self.route.stats().server_time,
            connect,
        })
    }
}

impl Crossings {
    /// Of the connection whose bytes come first; others are closing.
    fn of(seen: impl Iterator<Item = Seen>) -> Self {
        let mut crossings = Self::default();
        let mut of = None;
        for Seen { connection, event, .. } in seen {
            let Event::Bytes { direction, sent, arrives, .. } = event else { continue };
            if *of.get_or_insert(connection) != connection {
                continue;
            }
            crossings.take += arrives.saturating_sub(sent);
            match direction {
                Direction::Up => crossings.up += 1,
                Direction::Down => crossings.down += 1,
            }
        }
        crossings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_crossings_of_the_exchange_count() {
        let bytes = |connection, direction, sent, arrives| Seen {
            route: 0,
            connection,
            event: Event::Bytes {
                direction,
                sent: Nanos(sent),
                first_arrives: Nanos(arrives),
                arrives: Nanos(arrives),
                data: Box::default(),
            },
        };
        let seen = [
            Seen { route: 0, connection: 1, event: Event::Opened { at: Nanos(1) } },
            bytes(1, Direction::Up, 10, 60),
            bytes(0, Direction::Up, 20, 70),
            bytes(1, Direction::Down, 90, 145),
        ];
        let found = Crossings::of(seen.into_iter());
        assert_eq!(found, Crossings { take: Nanos(105), up: 1, down: 1 });
    }
}
