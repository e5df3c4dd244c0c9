//! Conversations for the tests of the protocols: bytes with instants as a link of 10 ms gives them.
//!
//! Not for: anything but tests.

use super::{Event, Exchange, Ledger, Note, Seen, Speaks, View};
use crate::link::Direction;
use crate::units::Nanos;

/// One way.
const HALF: Nanos = Nanos::from_millis(5);
/// What store and client take.
const WORK: Nanos = Nanos::from_millis(1);

/// A connection; it is opened at 0 and dialled at 1.5 R.
pub(super) struct Talk {
    pub(super) seen: Vec<Seen>,
    /// When the client sends next.
    client: Nanos,
    /// When the store does.
    store: Nanos,
}

impl Talk {
    pub(super) fn new() -> Self {
        let dialled = HALF * 3;
        let mut talk = Self { seen: Vec::new(), client: HALF * 2, store: dialled };
        talk.push(Event::Opened { at: Nanos::ZERO });
        talk.push(Event::Dialled { at: dialled });
        talk
    }

    fn push(&mut self, event: Event) {
        self.seen.push(Seen { route: 0, connection: 0, event });
    }

    /// The client sends, as soon as it has what was sent down.
    pub(super) fn up(&mut self, data: impl AsRef<[u8]>) {
        let (sent, arrives) = (self.client, self.client + HALF);
        self.store = self.store.max(arrives) + WORK;
        self.bytes(Direction::Up, sent, arrives, data.as_ref());
    }

    /// The store sends.
    pub(super) fn down(&mut self, data: impl AsRef<[u8]>) {
        let (sent, arrives) = (self.store, self.store + HALF);
        self.client = arrives + WORK;
        self.bytes(Direction::Down, sent, arrives, data.as_ref());
    }

    fn bytes(&mut self, direction: Direction, sent: Nanos, arrives: Nanos, data: &[u8]) {
        self.push(Event::Bytes { direction, sent, first_arrives: arrives, arrives, data: data.into() });
    }

    pub(super) fn missed(&mut self, direction: Direction, bytes: u64) {
        self.push(Event::Missed { direction, bytes });
    }

    /// The view and the exchanges at the end, which must not depend on how the bytes are cut.
    pub(super) fn end(mut self, speaks: Speaks) -> (View, Vec<Exchange>) {
        self.push(Event::Closed { at: self.client });
        let whole = read(&self.seen, speaks);
        let longest = self.seen.iter().map(|seen| data(seen).len()).max().unwrap_or(0);
        for at in 1..longest.min(2_000) {
            let cut: Vec<Seen> = self.seen.iter().flat_map(|seen| pieces(seen, &[at])).collect();
            assert!(read(&cut, speaks) == whole, "cut at {at}: {:#?}\n{:#?}", read(&cut, speaks).1, whole.1);
        }
        let bytes: Vec<Seen> = self
            .seen
            .iter()
            .flat_map(|seen| pieces(seen, &(1..data(seen).len().min(100_000)).collect::<Vec<_>>()))
            .collect();
        assert!(read(&bytes, speaks) == whole, "cut to bytes: {:#?}\n{:#?}", read(&bytes, speaks).1, whole.1);
        whole
    }

    /// Only the round trips, rows and statements: `(phase, statement, round trips, rows)` of each exchange that was answered.
    pub(super) fn lines(self, speaks: Speaks) -> Vec<String> {
        let (_, exchanges) = self.end(speaks);
        exchanges.iter().map(line).collect()
    }
}

/// `phase | statement | round trips | rows`, with marks for what is unusual.
fn line(exchange: &Exchange) -> String {
    let statement = exchange.statement.as_deref().unwrap_or("");
    let rows = exchange.rows.map_or(String::new(), |rows| format!(" {rows} rows"));
    let marks = [(exchange.prepare, " prepare"), (!exchange.answered, " unanswered"), (exchange.failed, " failed")];
    let marks: String = marks.iter().filter(|mark| mark.0).map(|mark| mark.1).collect();
    format!("{} {} {statement}{rows}{marks}", exchange.phase.word(), exchange.round_trips)
}

/// The remarks, as (kind, direction, offset, expected).
pub(super) fn notes(view: &View) -> Vec<&Note> {
    view.routes.iter().flat_map(|route| &route.notes).collect()
}

pub(super) fn read(seen: &[Seen], speaks: Speaks) -> (View, Vec<Exchange>) {
    let mut ledger = Ledger::new();
    ledger.route(0, "store", speaks);
    ledger.keep_finished();
    seen.iter().cloned().for_each(|seen| ledger.see(seen));
    (ledger.view(), ledger.take_finished().exchanges)
}

fn data(seen: &Seen) -> &[u8] {
    match &seen.event {
        Event::Bytes { data, .. } => data,
        _ => &[],
    }
}

/// An event, its bytes cut at these places.
fn pieces(seen: &Seen, cuts: &[usize]) -> Vec<Seen> {
    let Event::Bytes { direction, sent, first_arrives, arrives, data } = &seen.event else { return vec![seen.clone()] };
    let mut from = 0;
    let ends = cuts.iter().copied().filter(|at| *at < data.len()).chain([data.len()]);
    ends.map(|to| {
        let data = data[from..to].into();
        from = to;
        let (direction, sent) = (*direction, *sent);
        let (first_arrives, arrives) = (*first_arrives, *arrives);
        Seen { event: Event::Bytes { direction, sent, first_arrives, arrives, data }, ..*seen }
    })
    .collect()
}
