//! One connection: who speaks on it, and where its bytes go.
//!
//! Not for: the protocols themselves.

use super::desk::{Desk, Pending, Stamp};
use super::flights::{Flights, Why};
use super::lost::Lost;
use super::memcached::Memcached;
use super::mysql::MySql;
use super::notes::{NoteKind, Remark};
use super::times::Sight;
use crate::link::Direction;
use crate::units::Nanos;

/// What is spoken on a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Speaks {
    /// MySQL's client/server protocol.
    MySql,
    /// Memcached's: text, meta or binary.
    Memcached,
    /// Told from who speaks first, and what.
    #[default]
    Auto,
    /// Anything: counted by flights.
    Opaque,
}

/// Who reads the bytes.
#[derive(Debug)]
enum Reader {
    /// Nothing was said yet.
    Undecided,
    MySql(Box<MySql>),
    Memcached(Box<Memcached>),
    /// Nobody: they are counted.
    Flights(Flights),
}

/// What a connection was found to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spoken {
    MySql,
    Memcached,
}

impl Spoken {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::MySql => "mysql",
            Self::Memcached => "memcached",
        }
    }
}

/// What tells a protocol by itself.
const RECOGNISED: &str = "a MySQL server's greeting, or a command of Memcached's";

/// A connection that is open.
#[derive(Debug)]
pub(super) struct Connection {
    opened: Nanos,
    dialled: bool,
    speaks: Speaks,
    desk: Desk,
    reader: Reader,
    /// Bytes that went up and down.
    passed: [u64; 2],
    /// What the book has to be told.
    pub(super) done: Vec<Pending>,
    pub(super) remarks: Vec<Remark>,
    pub(super) spoken: Option<Spoken>,
}

impl Connection {
    pub(super) fn new(opened: Nanos, speaks: Speaks, sight: Sight) -> Self {
        Self {
            opened,
            dialled: false,
            speaks,
            desk: Desk::new(opened, sight),
            reader: Reader::Undecided,
            passed: [0; 2],
            done: Vec::new(),
            remarks: Vec::new(),
            spoken: None,
        }
    }

    /// The store was dialled.
    pub(super) fn dialled(&mut self, at: Nanos) {
        if !self.dialled {
            self.dialled = true;
            self.desk.dialled(self.opened, at, &mut self.done);
        }
    }

    /// Bytes passed.
    pub(super) fn bytes(&mut self, direction: Direction, data: &[u8], stamp: Stamp) {
        let Some(&first) = data.first() else { return };
        if matches!(self.reader, Reader::Undecided) {
            self.decide(direction, first);
        }
        let followed = self.follow(direction, data, stamp);
        self.passed[direction as usize] += data.len() as u64;
        if let Err(lost) = followed {
            self.give_up(direction, &lost);
            // Flights lose nothing.
            let _ = self.follow(direction, &data[data.len() - lost.rest..], stamp);
        }
    }

    /// Who speaks first, and what, tells the protocol.
    fn decide(&mut self, direction: Direction, first: u8) {
        let greeted = direction == Direction::Down;
        if greeted {
            self.desk.greet();
        }
        let spoken = match self.speaks {
            Speaks::Opaque => None,
            Speaks::MySql => Some(Spoken::MySql),
            Speaks::Memcached => Some(Spoken::Memcached),
            Speaks::Auto if greeted => Some(Spoken::MySql),
            Speaks::Auto => Memcached::begins_with(first).then_some(Spoken::Memcached),
        };
        self.reader = match spoken {
            Some(Spoken::MySql) => Reader::MySql(Box::default()),
            Some(Spoken::Memcached) => Reader::Memcached(Box::new(Memcached::new(first))),
            None if self.speaks == Speaks::Opaque => Reader::Flights(Flights::new(Why::Opaque, false)),
            None => {
                let (kind, place) = (NoteKind::NotUnderstood, Some((direction, 0)));
                self.remarks.push(Remark { kind, place, expected: RECOGNISED.into() });
                Reader::Flights(Flights::new(Why::Lost, false))
            }
        };
    }

    fn follow(&mut self, direction: Direction, data: &[u8], stamp: Stamp) -> Result<(), Lost> {
        let Self { desk, done, remarks, .. } = self;
        match (&mut self.reader, direction) {
            (Reader::Undecided, _) => Ok(()),
            (Reader::MySql(mysql), Direction::Up) => mysql.up(data, stamp, desk, done),
            (Reader::MySql(mysql), Direction::Down) => {
                let followed = mysql.down(data, stamp, desk, done, remarks);
                if mysql.is_greeted() {
                    self.spoken = Some(Spoken::MySql);
                }
                followed
            }
            (Reader::Memcached(memcached), Direction::Up) => memcached.up(data, stamp, desk, done),
            (Reader::Memcached(memcached), Direction::Down) => {
                let answered = done.len();
                let followed = memcached.down(data, stamp, desk, done);
                if done[answered..].iter().any(|pending| pending.answered) {
                    self.spoken = Some(Spoken::Memcached);
                }
                followed
            }
            (Reader::Flights(flights), Direction::Up) => {
                flights.up(data, stamp, desk, done);
                Ok(())
            }
            (Reader::Flights(_), Direction::Down) => {
                Flights::down(data, stamp, desk);
                Ok(())
            }
        }
    }

    /// From here on only flights are counted.
    fn give_up(&mut self, direction: Direction, lost: &Lost) {
        let offset = self.passed[direction as usize] - lost.rest as u64;
        let place = Some((direction, offset));
        self.remarks.push(Remark { kind: lost.kind, place, expected: lost.expected.into() });
        if lost.why == Why::Encrypted || lost.why == Why::Compressed {
            self.spoken = Some(Spoken::MySql);
        }
        self.desk.merge();
        self.reader = Reader::Flights(Flights::new(lost.why, lost.why == Why::Encrypted));
    }

    /// Bytes passed unseen.
    pub(super) fn missed(&mut self, direction: Direction, bytes: u64) {
        let place = Some((direction, self.passed[direction as usize]));
        self.passed[direction as usize] += bytes;
        if !matches!(self.reader, Reader::Flights(_)) {
            self.desk.merge();
            self.reader = Reader::Flights(Flights::new(Why::Lost, false));
            self.remarks.push(Remark { kind: NoteKind::NotSeen, place, expected: "the ledger was too slow".into() });
        }
    }

    /// It is gone.
    pub(super) fn closed(&mut self) {
        if !self.dialled {
            self.remarks.push(Remark { kind: NoteKind::NotReached, place: None, expected: String::new() });
        }
        self.desk.close(&mut self.done);
    }
}
