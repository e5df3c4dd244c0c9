//! Where a MySQL server's answer ends.
//!
//! One state for each command that waits; only the first bytes of each message are looked at. Sources:
//! MySQL's internals manual (`COM_QUERY` response, OK and EOF packets), MariaDB's protocol pages (result set packets,
//! progress packets). Not for: what is in rows.

use crate::protocol::cursor::Cursor;
use crate::protocol::mysql::capability::{DEPRECATE_EOF, OPTIONAL_METADATA};
use crate::protocol::mysql::frames::Frame;
use crate::protocol::mysql::offers::{CACHE_METADATA, Offers};
use crate::protocol::mysql::packet::FULL;
use crate::protocol::mysql::reply::{Done, read_eof};
use crate::protocol::mysql::status;

/// What is expected of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// OK or ERR after any number of steps between client and server.
    Login,
    /// One packet: OK, EOF or ERR.
    One,
    /// One packet of text.
    Line,
    /// OK, ERR, or result sets.
    Results(At),
    /// Definitions up to an EOF.
    Fields,
    /// Rows up to an EOF.
    Rows,
    /// The answer to a `COM_STMT_PREPARE`.
    Prepare,
    /// The rest of that: so many packets.
    Packets(u64),
}

/// Where in a result set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    First,
    /// So many definitions are to come.
    Definitions(u64),
    /// The EOF between definitions and rows is to come.
    DefinitionsEnd,
    Rows,
}

/// What came of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    More,
    /// A result set begins: rows can be counted.
    Result,
    Row,
    /// The client is asked for a file.
    Infile,
    /// A statement has this number now; more may follow or not.
    Prepared {
        statement: u32,
        last: bool,
    },
    Done {
        failed: bool,
    },
}

const OK: u8 = 0;
const EOF: u8 = 0xfe;
const ERR: u8 = 0xff;
const INFILE: u8 = 0xfb;

/// The code of MariaDB's progress packets, which look like errors.
const PROGRESS: [u8; 2] = [0xff, 0xff];

/// An EOF packet is shorter than this; a row that begins with its byte is not.
const EOF_MOST: u64 = 9;

/// More columns than any server gives.
const COLUMNS_MOST: u64 = 65_535;

impl Reply {
    /// Takes the next message of the answer; an error is what was expected instead.
    pub(super) fn on(&mut self, frame: &Frame<'_>, offers: Offers) -> Result<Step, &'static str> {
        let first = frame.head.first().copied();
        if first == Some(ERR) {
            let progress = frame.head.get(1..3) == Some(&PROGRESS[..]) && *self != Self::Login;
            return Ok(if progress { Step::More } else { Step::Done { failed: true } });
        }
        match *self {
            Self::Login => Ok(if first == Some(OK) { Step::Done { failed: false } } else { Step::More }),
            Self::One => match first {
                Some(OK | EOF) => Ok(Step::Done { failed: false }),
                _ => Err("an OK, EOF or ERR packet"),
            },
            Self::Line => Ok(Step::Done { failed: false }),
            Self::Results(at) => self.result(at, frame, offers),
            Self::Fields | Self::Rows if ends(frame, offers) => Ok(Step::Done { failed: false }),
            Self::Fields => definition(frame).map(|()| Step::More),
            Self::Rows => Ok(Step::Row),
            Self::Prepare => self.prepared(frame, offers),
            Self::Packets(left) => {
                *self = Self::Packets(left.saturating_sub(1));
                Ok(if left <= 1 { Step::Done { failed: false } } else { Step::More })
            }
        }
    }

    fn result(&mut self, at: At, frame: &Frame<'_>, offers: Offers) -> Result<Step, &'static str> {
        match at {
            At::First => match frame.head.first() {
                Some(&OK) => {
                    let (done, _) = Done::read(frame.head).map_err(|_| "an OK packet")?;
                    Ok(self.ended(done.status))
                }
                Some(&INFILE) => Ok(Step::Infile),
                _ => self.columns(frame, offers),
            },
            At::Definitions(left) => {
                definition(frame)?;
                *self = Self::Results(match left {
                    0 | 1 if offers.has(DEPRECATE_EOF) => At::Rows,
                    0 | 1 => At::DefinitionsEnd,
                    more => At::Definitions(more - 1),
                });
                Ok(Step::More)
            }
            At::DefinitionsEnd => {
                let state = read_eof(frame.head).map_err(|_| "an EOF packet after definitions of columns")?;
                if state & status::CURSOR_EXISTS != 0 {
                    return Ok(self.ended(state));
                }
                *self = Self::Results(At::Rows);
                Ok(Step::More)
            }
            At::Rows if ends(frame, offers) => {
                let state = if offers.has(DEPRECATE_EOF) {
                    Done::read(frame.head).map(|(done, _)| done.status).map_err(|_| "an OK packet after rows")?
                } else {
                    read_eof(frame.head).map_err(|_| "an EOF packet after rows")?
                };
                Ok(self.ended(state))
            }
            At::Rows => Ok(Step::Row),
        }
    }

    /// One result is over: another may follow.
    fn ended(&mut self, state: u16) -> Step {
        if state & status::MORE_RESULTS == 0 {
            return Step::Done { failed: false };
        }
        *self = Self::Results(At::First);
        Step::More
    }

    /// The number of columns, and whether their definitions follow.
    fn columns(&mut self, frame: &Frame<'_>, offers: Offers) -> Result<Step, &'static str> {
        let expected = "a number of columns";
        let mut cursor = Cursor::new(frame.head, expected);
        let columns = cursor.lenenc().ok().filter(|n| (1..=COLUMNS_MOST).contains(n)).ok_or(expected)?;
        let optional = offers.has(OPTIONAL_METADATA) || offers.0 & CACHE_METADATA != 0;
        let follow = !optional || cursor.u8().map_err(|_| expected)? != 0;
        cursor.end().map_err(|_| expected)?;
        *self = Self::Results(match (follow, offers.has(DEPRECATE_EOF)) {
            (true, _) => At::Definitions(columns),
            (false, true) => At::Rows,
            (false, false) => At::DefinitionsEnd,
        });
        Ok(Step::Result)
    }

    fn prepared(&mut self, frame: &Frame<'_>, offers: Offers) -> Result<Step, &'static str> {
        let expected = "a COM_STMT_PREPARE_OK packet";
        let mut cursor = Cursor::new(frame.head, expected);
        let mut read = || {
            if cursor.u8()? != OK {
                return Err(crate::protocol::Malformed(expected));
            }
            let (statement, columns, parameters) = (cursor.u32()?, cursor.u16()?, cursor.u16()?);
            cursor.take(3)?;
            Ok((statement, columns, parameters))
        };
        let (statement, columns, parameters) = read().map_err(|_| expected)?;
        let follow = !offers.has(OPTIONAL_METADATA) || cursor.peek() != Some(0);
        let packets = |n: u16| match n {
            0 => 0,
            n => u64::from(n) + u64::from(!offers.has(DEPRECATE_EOF)),
        };
        let left = if follow { packets(columns) + packets(parameters) } else { 0 };
        *self = Self::Packets(left);
        Ok(Step::Prepared { statement, last: left == 0 })
    }
}

/// Whether this ends rows or definitions.
fn ends(frame: &Frame<'_>, offers: Offers) -> bool {
    let most = if offers.has(DEPRECATE_EOF) { FULL as u64 } else { EOF_MOST };
    frame.head.first() == Some(&EOF) && frame.length < most
}

/// Every definition of a column begins with the catalogue `def`.
fn definition(frame: &Frame<'_>) -> Result<(), &'static str> {
    if frame.head.starts_with(b"\x03def") { Ok(()) } else { Err("the definition of a column") }
}
