//! One connection: who speaks on it, and where its bytes go.
//!
//! Not for: the protocols themselves.

use super::book::Speaks;
use super::desk::{Desk, Pending, Stamp};
use super::flights::{Flights, Why};
use super::notes::{NoteKind, Remark};
use super::times::Sight;
use crate::link::Direction;
use crate::units::Nanos;

/// Who reads the bytes.
#[derive(Debug)]
enum Reader {
    /// Nothing was said yet.
    Undecided,
    /// Nobody: they are counted.
    Flights(Flights),
}

/// A connection that is open.
#[derive(Debug)]
pub(super) struct Connection {
    opened: Nanos,
    dialled: bool,
    desk: Desk,
    reader: Reader,
    /// Bytes that went up and down.
    passed: [u64; 2],
    /// What the book has to be told.
    pub(super) done: Vec<Pending>,
    pub(super) remarks: Vec<Remark>,
}

impl Connection {
    pub(super) fn new(opened: Nanos, speaks: Speaks, sight: Sight) -> Self {
        let reader = match speaks {
            Speaks::Opaque => Reader::Flights(Flights::new(Why::Opaque, false)),
            _ => Reader::Undecided,
        };
        Self {
            opened,
            dialled: false,
            desk: Desk::new(opened, sight),
            reader,
            passed: [0; 2],
            done: Vec::new(),
            remarks: Vec::new(),
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
        self.passed[direction as usize] += data.len() as u64;
        if matches!(self.reader, Reader::Undecided) {
            self.reader = Reader::Flights(Flights::new(Why::Opaque, false));
        }
        match &mut self.reader {
            Reader::Undecided => {}
            Reader::Flights(flights) => match direction {
                Direction::Up => flights.up(data, stamp, &mut self.desk, &mut self.done),
                Direction::Down => Flights::down(data, stamp, &mut self.desk),
            },
        }
    }

    /// Bytes passed unseen.
    pub(super) fn missed(&mut self, direction: Direction, bytes: u64) {
        let place = Some((direction, self.passed[direction as usize]));
        self.passed[direction as usize] += bytes;
        self.remarks.push(Remark { kind: NoteKind::NotSeen, place, expected: "the ledger was too slow".into() });
        self.reader = Reader::Flights(Flights::new(Why::Lost, false));
    }

    /// It is gone.
    pub(super) fn closed(&mut self) {
        if !self.dialled {
            self.remarks.push(Remark { kind: NoteKind::NotReached, place: None, expected: String::new() });
        }
        self.desk.close(&mut self.done);
    }
}
