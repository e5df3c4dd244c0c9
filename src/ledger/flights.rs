//! Round trips of bytes that are not understood: encrypted, compressed, unknown.
//!
//! A flight is what a client sends after the end of what it received. Each one that is followed by bytes down is
//! a round trip. Not for: bytes that are understood.

use std::sync::Arc;

use super::desk::{Desk, Label, Pending, Stamp};
use super::exchange::Phase;

/// Why requests are not told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// TLS.
    Encrypted,
    /// MySQL's compressed protocol.
    Compressed,
    /// Nobody said what the bytes are.
    Opaque,
    /// They are not what they should be, or not all of them were seen.
    Lost,
}

impl Why {
    /// As a statement in tables.
    pub(super) const fn statement(self) -> &'static str {
        match self {
            Self::Encrypted => "(encrypted: counted by flights)",
            Self::Compressed => "(compressed: counted by flights)",
            Self::Opaque => "(counted by flights)",
            Self::Lost => "(not understood: counted by flights)",
        }
    }
}

/// The types of TLS records that only a handshake sends in the clear (RFC 8446, 5.1).
const TLS_HANDSHAKE: u8 = 22;

/// Counts flights.
#[derive(Debug)]
pub(super) struct Flights {
    why: Why,
    statement: Arc<str>,
    /// The login that must come first inside TLS is not over.
    login: bool,
}

impl Flights {
    /// From here on; `login`: what comes first inside TLS is a login.
    pub(super) fn new(why: Why, login: bool) -> Self {
        Self { why, statement: why.statement().into(), login }
    }

    pub(super) fn up(&mut self, data: &[u8], stamp: Stamp, desk: &mut Desk, done: &mut Vec<Pending>) {
        desk.up(data.len(), stamp);
        // A wish for TLS goes with what follows it.
        if !desk.is_asking() || (data.is_empty() && self.why == Why::Encrypted) {
            return;
        }
        if desk.len() > 0 && !desk.was_answered(stamp.sent) {
            desk.blend();
            return;
        }
        if desk.len() > 0 {
            desk.answered(done);
        }
        let label = self.label(data.first().copied().unwrap_or_default());
        desk.ask(label);
    }

    /// The first flight that is no handshake in the clear is the login: with TLS 1.3 it comes with the handshake's end.
    fn label(&mut self, first: u8) -> Label {
        if self.why == Why::Encrypted && self.login {
            if first == TLS_HANDSHAKE {
                return Label::of(Phase::Tls, None);
            }
            self.login = false;
            return Label::of(Phase::Login, None);
        }
        Label::of(Phase::Query, Some(Arc::clone(&self.statement)))
    }

    pub(super) fn down(data: &[u8], stamp: Stamp, desk: &mut Desk) {
        if !desk.has_begun() && !data.is_empty() {
            desk.greet();
        }
        desk.down(data.len(), stamp);
    }
}
