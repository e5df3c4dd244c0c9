//! MySQL, followed in both directions: from the greeting to where each answer ends.
//!
//! Requests and answers are told from each other by their messages' lengths and first bytes; sequence numbers prove
//! that it goes right. What cannot be followed is given up with a reason, and counted by flights from there. Not for:
//! what statements do.

mod command;
mod reply;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::desk::{Desk, Label, Pending, Stamp, WAITING_MOST};
use super::exchange::Phase;
use super::fingerprint::TEXT_MOST;
use super::flights::Why;
use super::lost::Lost;
use super::notes::{NoteKind, Remark};
use crate::protocol::mysql::capability::{COMPRESS, COMPRESS_ZSTD, SSL};
use crate::protocol::mysql::frames::{Frame, Frames};
use crate::protocol::mysql::offers::{Offers, TLS_WISH};
use reply::{Reply, Step};

/// Of a request, its statement's text and what is before it.
const KEPT_UP: usize = TEXT_MOST + 64;

/// Of a message down, more than the longest that is read.
const KEPT_DOWN: usize = 512;

/// A connection that speaks MySQL.
#[derive(Debug, Default)]
pub(super) struct MySql {
    up: Frames,
    down: Frames,
    session: Session,
}

/// How far the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    #[default]
    Greeting,
    /// The client has not said what it can.
    Login,
    /// It proves who it is.
    Proving,
    Ready,
}

/// A command that waits.
#[derive(Debug)]
struct Expected {
    reply: Reply,
    /// The next message's sequence number.
    sequence: u8,
    /// What is being prepared.
    prepares: Option<Arc<str>>,
}

/// What is known of the connection.
#[derive(Debug, Default)]
struct Session {
    stage: Stage,
    offers: Offers,
    expected: VecDeque<Expected>,
    /// Prepared statements' texts, by number.
    statements: HashMap<u32, Arc<str>>,
    /// The text that was sent to be prepared last: MariaDB's clients execute it as number -1 before they know its number.
    newest: Option<Arc<str>>,
    /// No statement but of the set-up was seen yet.
    asked: bool,
    /// The client sends a file.
    infile: bool,
}

impl MySql {
    /// Whether the server has said that it speaks it.
    pub(super) fn is_greeted(&self) -> bool {
        self.session.stage != Stage::Greeting
    }

    /// Follows bytes from the client.
    pub(super) fn up(
        &mut self,
        data: &[u8],
        stamp: Stamp,
        desk: &mut Desk,
        done: &mut Vec<Pending>,
    ) -> Result<(), Lost> {
        let mut rest = data;
        loop {
            let before = rest.len();
            let frame = self.up.next(&mut rest, KEPT_UP, |first, length| self.session.may_ask(first, length));
            desk.up(before - rest.len(), stamp);
            let Some(frame) = frame.map_err(|lost| lost.with_rest(rest.len()))? else { return Ok(()) };
            self.session.request(&frame, desk, done).map_err(|lost| lost.with_rest(rest.len()))?;
            if desk.len() > WAITING_MOST {
                return Err(Lost::because("fewer commands that wait").with_rest(rest.len()));
            }
        }
    }

    /// Follows bytes from the server.
    pub(super) fn down(
        &mut self,
        data: &[u8],
        stamp: Stamp,
        desk: &mut Desk,
        done: &mut Vec<Pending>,
        remarks: &mut Vec<Remark>,
    ) -> Result<(), Lost> {
        let mut rest = data;
        loop {
            let before = rest.len();
            let frame = self.down.next(&mut rest, KEPT_DOWN, |first, length| self.session.may_answer(first, length));
            desk.down(before - rest.len(), stamp);
            let Some(frame) = frame.map_err(|lost| lost.with_rest(rest.len()))? else { return Ok(()) };
            let followed = self.session.answer(&frame, desk, done, remarks);
            followed.map_err(|lost| lost.with_rest(rest.len()))?;
        }
    }
}

/// Longer than any greeting, and than any ERR packet: its text has 512 characters at most.
const SHORT: usize = 4_096;

impl Session {
    /// Whether a message from the client may begin with this header.
    fn may_ask(&self, first: u8, length: usize) -> Result<(), Lost> {
        let further = self.expected.front().filter(|_| self.infile || self.is_proving());
        match self.stage {
            Stage::Greeting => Err(Lost::because("nothing before the server's greeting")),
            Stage::Login if first == 1 && length <= KEPT_UP => Ok(()),
            Stage::Login => Err(Lost::because("a login (protocol 4.1 or later) or a wish for TLS")),
            _ if further.is_some_and(|expected| expected.sequence == first) => Ok(()),
            Stage::Ready if first == 0 && !self.infile => Ok(()),
            Stage::Ready if !self.infile => Err(Lost::because("a command, which has sequence number 0")),
            _ => Err(Lost::because("the next sequence number")),
        }
    }

    /// Whether a message from the server may begin with this header.
    fn may_answer(&self, first: u8, length: usize) -> Result<(), Lost> {
        match (self.stage, self.expected.front()) {
            (Stage::Greeting, _) if first == 0 && length < SHORT => Ok(()),
            (Stage::Greeting, _) => Err(Lost::because("a MySQL server's greeting")),
            (_, Some(expected)) if expected.sequence == first => Ok(()),
            // An error may come at any time.
            _ if length < SHORT => Ok(()),
            (_, Some(_)) => Err(Lost::because("the next sequence number")),
            (_, None) => Err(Lost::because("nothing: no command waits for an answer")),
        }
    }

    fn request(&mut self, frame: &Frame<'_>, desk: &mut Desk, done: &mut Vec<Pending>) -> Result<(), Lost> {
        match self.stage {
            Stage::Greeting => Ok(()),
            Stage::Login => {
                let wants = Offers::of_client(frame.head)
                    .map_err(|_| Lost::because("a login (protocol 4.1 or later) or a wish for TLS"))?;
                self.offers = self.offers.and(wants);
                if frame.length == TLS_WISH && self.offers.has(SSL) {
                    return Err(Lost::of(Why::Encrypted, NoteKind::Encrypted, ""));
                }
                desk.ask(Label::of(Phase::Login, None));
                self.expect(Reply::Login, frame);
                self.stage = Stage::Proving;
                Ok(())
            }
            Stage::Proving => self.further(frame, desk),
            Stage::Ready if self.is_proving() && frame.first != 0 => self.further(frame, desk),
            Stage::Ready if self.infile => {
                self.infile = frame.length > 0;
                self.further(frame, desk)
            }
            Stage::Ready => self.command(frame, desk, done),
        }
    }

    /// More of a request that is not over: a login's next step, a piece of a file.
    fn further(&mut self, frame: &Frame<'_>, desk: &mut Desk) -> Result<(), Lost> {
        let Some(expected) = self.expected.front_mut() else { return Err(Lost::because("a command")) };
        expected.sequence = frame.last.wrapping_add(1);
        desk.go_on();
        Ok(())
    }

    fn is_proving(&self) -> bool {
        self.expected.front().is_some_and(|expected| expected.reply == Reply::Login)
    }

    fn expect(&mut self, reply: Reply, frame: &Frame<'_>) {
        self.expected.push_back(Expected { reply, sequence: frame.last.wrapping_add(1), prepares: None });
    }

    fn answer(
        &mut self,
        frame: &Frame<'_>,
        desk: &mut Desk,
        done: &mut Vec<Pending>,
        remarks: &mut Vec<Remark>,
    ) -> Result<(), Lost> {
        if self.stage == Stage::Greeting {
            return self.greeting(frame, desk, done, remarks);
        }
        let Some(expected) = self.expected.front_mut() else {
            // A server says why it hangs up.
            let code = error_code(frame).ok_or(Lost::because("nothing: no command waits for an answer"))?;
            remarks.push(refused(format!("the server ended it, error {code}")));
            return Ok(());
        };
        if frame.first != expected.sequence && error_code(frame).is_none() {
            return Err(Lost::because("the next sequence number"));
        }
        expected.sequence = frame.last.wrapping_add(1);
        match expected.reply.on(frame, self.offers).map_err(Lost::because)? {
            Step::More => {}
            Step::Result => count(desk, 0),
            Step::Row => count(desk, 1),
            Step::Infile => self.infile = true,
            Step::Prepared { statement, last } => {
                let text = expected.prepares.take();
                self.prepared(statement, text);
                if last {
                    self.answered(false, frame, desk, done, remarks)?;
                }
            }
            Step::Done { failed } => self.answered(failed, frame, desk, done, remarks)?,
        }
        Ok(())
    }

    fn greeting(
        &mut self,
        frame: &Frame<'_>,
        desk: &mut Desk,
        done: &mut Vec<Pending>,
        remarks: &mut Vec<Remark>,
    ) -> Result<(), Lost> {
        if let Some(code) = error_code(frame) {
            remarks.push(refused(format!("instead of a greeting, error {code}")));
            mark_failed(desk);
        } else {
            self.offers = Offers::of_server(frame.head).map_err(|_| Lost::because("a MySQL server's greeting"))?;
        }
        desk.answered(done);
        self.stage = Stage::Login;
        Ok(())
    }

    /// Servers allow 16,382 statements at a time; what is beyond that has no text here.
    fn prepared(&mut self, statement: u32, text: Option<Arc<str>>) {
        const STATEMENTS_MOST: usize = 16_384;
        if let Some(text) = text
            && (self.statements.len() < STATEMENTS_MOST || self.statements.contains_key(&statement))
        {
            self.statements.insert(statement, text);
        }
    }

    /// The oldest command's answer is over.
    fn answered(
        &mut self,
        failed: bool,
        frame: &Frame<'_>,
        desk: &mut Desk,
        done: &mut Vec<Pending>,
        remarks: &mut Vec<Remark>,
    ) -> Result<(), Lost> {
        let expected = self.expected.pop_front();
        self.infile = false;
        if failed {
            mark_failed(desk);
        }
        desk.answered(done);
        if expected.is_none_or(|expected| expected.reply != Reply::Login) {
            return Ok(());
        }
        if failed {
            remarks.push(refused(format!("login, error {}", error_code(frame).unwrap_or_default())));
            return Ok(());
        }
        let first = self.stage == Stage::Proving;
        self.stage = Stage::Ready;
        self.begin_anew();
        if first && (self.offers.has(COMPRESS) || self.offers.has(COMPRESS_ZSTD)) {
            return Err(Lost::of(Why::Compressed, NoteKind::Compressed, ""));
        }
        Ok(())
    }

    /// A session without prepared statements, to be set up.
    fn begin_anew(&mut self) {
        self.statements.clear();
        self.newest = None;
        self.asked = false;
    }
}

fn count(desk: &mut Desk, rows: u64) {
    if let Some(head) = desk.head() {
        *head.rows.get_or_insert(0) += rows;
    }
}

fn mark_failed(desk: &mut Desk) {
    if let Some(head) = desk.head() {
        head.failed = true;
    }
}

/// The code of an ERR packet.
fn error_code(frame: &Frame<'_>) -> Option<u16> {
    match frame.head {
        [0xff, low, high, ..] => Some(u16::from_le_bytes([*low, *high])),
        _ => None,
    }
}

fn refused(expected: String) -> Remark {
    Remark { kind: NoteKind::Refused, place: None, expected }
}

#[cfg(test)]
mod tests;
