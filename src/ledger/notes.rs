//! What the ledger could not do, said with its place.
//!
//! Not for: numbers.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::link::Direction;

/// Which kind of remark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoteKind {
    /// TLS: counted by flights.
    Encrypted,
    /// MySQL's compressed protocol: counted by flights.
    Compressed,
    /// Bytes that were not expected: counted by flights from there.
    NotUnderstood,
    /// Bytes went by that the ledger was not shown: counted by flights from there.
    NotSeen,
    /// A stream of replication, or of another kind that has no requests: counted by flights.
    Stream,
    /// The store refused the connection or the login.
    Refused,
    /// A connection ended before its store was reached.
    NotReached,
}

/// A remark, once for all connections it is true of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Which kind.
    pub kind: NoteKind,
    /// How many connections.
    pub connections: u64,
    /// The first of them.
    pub first_connection: u64,
    /// `up` or `down`, where it has a place.
    pub direction: Option<&'static str>,
    /// How many bytes went that way before, on the first connection.
    pub offset: u64,
    /// What was expected there, or what happened.
    pub expected: String,
}

impl Note {
    /// As a sentence.
    pub fn sentence(&self) -> String {
        let of = if self.connections == 1 {
            format!("connection {}", self.first_connection)
        } else {
            format!("{} connections, first {}", self.connections, self.first_connection)
        };
        let place = self.direction.map_or(String::new(), |way| format!(" from byte {} {way}", self.offset));
        match self.kind {
            NoteKind::Encrypted => {
                format!("encrypted ({of}): counted by flights{place}; statements are not told apart")
            }
            NoteKind::Compressed => {
                format!("compressed ({of}): counted by flights{place}; turn compression off to see statements")
            }
            NoteKind::NotUnderstood => {
                format!("not understood ({of}): expected {}; counted by flights{place}", self.expected)
            }
            NoteKind::NotSeen => {
                format!("not all bytes were seen ({of}): {}; counted by flights{place}", self.expected)
            }
            NoteKind::Stream => format!("no requests and replies ({of}): {}; counted by flights{place}", self.expected),
            NoteKind::Refused => format!("refused ({of}): {}", self.expected),
            NoteKind::NotReached => format!("the store was not reached ({of})"),
        }
    }
}

/// Remarks of one connection's making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    pub(super) kind: NoteKind,
    pub(super) place: Option<(Direction, u64)>,
    pub(super) expected: String,
}

/// All remarks of a route; there are few kinds, and few expectations.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes(BTreeMap<(NoteKind, String), Note>);

/// More different ones are not kept.
const NOTES_MOST: usize = 100;

impl Notes {
    pub(super) fn add(&mut self, connection: u64, remark: Remark) {
        let key = (remark.kind, remark.expected.clone());
        if self.0.len() >= NOTES_MOST && !self.0.contains_key(&key) {
            return;
        }
        let way = |way| if way == Direction::Up { "up" } else { "down" };
        let note = self.0.entry(key).or_insert_with(|| Note {
            kind: remark.kind,
            connections: 0,
            first_connection: connection,
            direction: remark.place.map(|place| way(place.0)),
            offset: remark.place.map_or(0, |place| place.1),
            expected: remark.expected,
        });
        note.connections += 1;
    }

    pub(super) fn all(&self) -> Vec<Note> {
        self.0.values().cloned().collect()
    }
}
