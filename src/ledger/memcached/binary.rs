//! The binary protocol: an answer repeats its request's code and opaque number.
//!
//! Quiet reads are one request with the command that ends them. Not for: the text protocol.

use std::collections::VecDeque;

use super::check;
use crate::ledger::desk::{Desk, Label, Pending, Stamp};
use crate::ledger::exchange::Phase;
use crate::ledger::fingerprint::Keys;
use crate::ledger::lost::Lost;
use crate::protocol::memcached::binary::{ANSWER, Found, Packet, Packets, REQUEST, opcode};

/// Both directions.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Binary {
    up: Packets,
    down: Packets,
    state: State,
}

#[derive(Debug, Default)]
struct State {
    /// Code and opaque number of commands that wait.
    expected: VecDeque<(u8, u32)>,
    quiet: Keys,
    asked: bool,
}

impl Binary {
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
            let found = self.up.next(&mut rest, REQUEST);
            desk.up(before - rest.len(), stamp);
            match found {
                Found::Packet(packet) => self.state.request(&packet, desk, done),
                Found::End => return Ok(()),
                Found::Other => return Err(Lost::because("the header of a binary request").with_rest(rest.len())),
            }
            check(desk).map_err(|lost| lost.with_rest(rest.len()))?;
        }
    }

    pub(super) fn down(
        &mut self,
        data: &[u8],
        stamp: Stamp,
        desk: &mut Desk,
        done: &mut Vec<Pending>,
    ) -> Result<(), Lost> {
        let mut rest = data;
        loop {
            let before = rest.len();
            let found = self.down.next(&mut rest, ANSWER);
            desk.down(before - rest.len(), stamp);
            match found {
                Found::Packet(packet) => {
                    self.state.answer(&packet, desk, done).map_err(|lost| lost.with_rest(rest.len()))?;
                }
                Found::End => return Ok(()),
                Found::Other => return Err(Lost::because("the header of a binary answer").with_rest(rest.len())),
            }
        }
    }
}

impl State {
    fn request(&mut self, packet: &Packet<'_>, desk: &mut Desk, done: &mut Vec<Pending>) {
        let code = packet.opcode;
        let joins = self.quiet.count() > 0;
        if opcode::is_quiet_get(code) {
            self.quiet.add(packet.key);
            if joins {
                desk.join();
            } else {
                desk.ask(Label::of(Phase::Query, Some("get (not ended)".into())));
            }
            return;
        }
        if joins && opcode::is_quiet_change(code) {
            desk.join();
            return;
        }
        let label = self.label(packet);
        if joins {
            desk.join();
            desk.relabel(label);
            self.expected.push_back((code, packet.opaque));
        } else if opcode::is_quiet_change(code) {
            desk.say(label, done);
        } else {
            desk.ask(label);
            self.expected.push_back((code, packet.opaque));
        }
    }

    fn label(&mut self, packet: &Packet<'_>) -> Label {
        let code = packet.opcode;
        let phase = match opcode::name(code) {
            "sasl_list" | "sasl_auth" | "sasl_step" => Phase::Login,
            "version" | "noop" if !self.asked && self.quiet.count() == 0 => Phase::SetUp,
            _ => {
                self.asked = true;
                Phase::Query
            }
        };
        let mut keys = std::mem::take(&mut self.quiet);
        let (many, get) = (keys.count() > 0, opcode::is_get(code));
        if (get || !many) && !packet.key.is_empty() && phase != Phase::Login {
            keys.add(packet.key);
        }
        let name = if many { "get" } else { opcode::name(code) };
        let statement = if keys.count() == 0 { name.to_owned() } else { keys.statement(name) };
        let keys = (many || get).then_some(keys.count());
        Label { keys, ..Label::of(phase, Some(statement.into())) }
    }

    fn answer(&mut self, packet: &Packet<'_>, desk: &mut Desk, done: &mut Vec<Pending>) -> Result<(), Lost> {
        let code = packet.opcode;
        if opcode::is_quiet_change(code) {
            // It failed, or it would be silent: no request of its own waits.
            return Ok(());
        }
        if opcode::is_get(code)
            && packet.status == 0
            && let Some(head) = desk.head()
        {
            *head.rows.get_or_insert(0) += 1;
        }
        if opcode::is_quiet_get(code) {
            return Ok(());
        }
        if self.expected.front() != Some(&(code, packet.opaque)) {
            return Err(Lost::because("the answer to the oldest request"));
        }
        if code == opcode::STAT && packet.status == 0 && !packet.key.is_empty() {
            return Ok(());
        }
        self.expected.pop_front();
        if let Some(head) = desk.head() {
            head.failed = is_failure(packet.status);
            if head.label.keys.is_some() {
                head.rows.get_or_insert(0);
            }
        }
        desk.answered(done);
        Ok(())
    }
}

/// A key that is not there or is there already, and a login that goes on, are answers like others.
const fn is_failure(status: u16) -> bool {
    !matches!(status, 0x00 | 0x01 | 0x02 | 0x05 | 0x21)
}
