//! The ledger: routes, their connections, and what is written down of both.
//!
//! Bounded: a connection is forgotten when it closes, statements beyond a number are added up
//! together, and what waits to be taken is limited. Not for: reading protocols.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::account::Account;
use super::connection::{Connection, Speaks, Spoken};
use super::desk::{Pending, Stamp};
use super::exchange::{Exchange, Finished};
use super::seen::{Event, Seen};
use super::times::Sight;
use super::view::View;

/// Finished exchanges that wait to be taken; more are counted only.
pub const FINISHED_MOST: usize = 65_536;

#[derive(Debug)]
struct RouteBook {
    name: Arc<str>,
    speaks: Speaks,
    sight: Sight,
    spoken: BTreeSet<Spoken>,
    account: Account,
}

impl RouteBook {
    fn new(name: &str, speaks: Speaks) -> Self {
        Self { name: name.into(), speaks, sight: Sight::Both, spoken: BTreeSet::new(), account: Account::default() }
    }
}

/// The round-trip ledger.
#[derive(Debug, Default)]
pub struct Ledger {
    routes: BTreeMap<u32, RouteBook>,
    connections: HashMap<(u32, u64), Connection>,
    feeding: bool,
    finished: Finished,
}

impl Ledger {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names the route that events call `number`, and says what is spoken on it.
    pub fn route(&mut self, number: u32, name: &str, speaks: Speaks) {
        self.routes.insert(number, RouteBook::new(name, speaks));
    }

    /// Says of a route that its link is seen from the client's side only: when bytes are sent up, and when replies
    /// have come down. Distance and store cannot be told apart there, and are one sum ([`super::Times::unsplit_ns`]).
    pub fn near_side_only(&mut self, number: u32) {
        if let Some(route) = self.routes.get_mut(&number) {
            route.sight = Sight::NearSide;
        }
    }

    /// Keeps finished exchanges for [`Self::take_finished`], which is then to be called often.
    pub fn keep_finished(&mut self) {
        self.feeding = true;
    }

    /// The exchanges that were finished since the last call.
    pub fn take_finished(&mut self) -> Finished {
        std::mem::take(&mut self.finished)
    }

    /// Begins all sums anew; open connections go on where they are.
    pub fn reset(&mut self) {
        for route in self.routes.values_mut() {
            let before = std::mem::take(&mut route.account);
            route.account.open = before.open;
        }
    }

    /// Takes note of an event. Those of one connection must come in order.
    pub fn see(&mut self, seen: Seen) {
        let Seen { route: number, connection: id, event } = seen;
        let route =
            self.routes.entry(number).or_insert_with(|| RouteBook::new(&format!("route {number}"), Speaks::Auto));
        if let Event::Opened { at } = event {
            route.account.connections += 1;
            route.account.open += 1;
            self.connections.insert((number, id), Connection::new(at, route.speaks, route.sight));
            return;
        }
        let Some(connection) = self.connections.get_mut(&(number, id)) else { return };
        let last = matches!(event, Event::Closed { .. });
        match event {
            Event::Opened { .. } | Event::Ended { .. } => {}
            Event::Dialled { at } => connection.dialled(at),
            Event::Bytes { direction, sent, arrives, data, .. } => {
                connection.bytes(direction, &data, Stamp { sent, arrives });
            }
            Event::Missed { direction, bytes } => {
                route.account.missed_bytes += bytes;
                connection.missed(direction, bytes);
            }
            Event::Closed { .. } => connection.closed(),
        }
        let feed = self.feeding.then_some(&mut self.finished);
        route.write_down(id, connection, feed);
        if last {
            route.account.open -= 1;
            self.connections.remove(&(number, id));
        }
    }

    /// What is known now.
    pub fn view(&self) -> View {
        let mut view = View::default();
        for route in self.routes.values() {
            let of = route.account.view(&route.name, route.speaks());
            view.sums.add(&of.sums);
            view.routes.push(of);
        }
        view
    }
}

impl RouteBook {
    fn speaks(&self) -> String {
        let words: Vec<_> = self.spoken.iter().map(|spoken| spoken.word()).collect();
        if words.is_empty() { "unknown".into() } else { words.join(" and ") }
    }

    fn write_down(&mut self, id: u64, connection: &mut Connection, mut feed: Option<&mut Finished>) {
        self.spoken.extend(connection.spoken.take());
        for remark in connection.remarks.drain(..) {
            self.account.notes.add(id, remark);
        }
        for mut pending in connection.done.drain(..) {
            self.account.add(&mut pending);
            match feed.as_deref_mut() {
                Some(feed) if feed.exchanges.len() < FINISHED_MOST => feed.exchanges.push(self.exchange(id, pending)),
                Some(feed) => feed.dropped += 1,
                None => {}
            }
        }
    }

    fn exchange(&self, connection: u64, pending: Pending) -> Exchange {
        Exchange {
            route: Arc::clone(&self.name),
            connection,
            at_ns: pending.at.0,
            phase: pending.label.phase,
            statement: pending.label.statement,
            prepare: pending.label.prepare,
            answered: pending.answered,
            round_trips: pending.round_trips,
            bytes_up: pending.bytes_up,
            bytes_down: pending.bytes_down,
            rows: pending.rows,
            keys: pending.label.keys,
            failed: pending.failed,
            time: pending.times,
        }
    }
}

#[cfg(test)]
#[path = "book_tests.rs"]
mod tests;
