//! Memcached's binary protocol: 24 bytes of header, and a body.
//!
//! For somebody who looks on: bodies are passed over by their length, keys are kept. Source: memcached's
//! `protocol_binary.xml`. Not for: doing what a request says.

/// The first byte of every request.
pub const REQUEST: u8 = 0x80;
/// The first byte of every answer.
pub const ANSWER: u8 = 0x81;

const HEADER: usize = 24;

/// Of a body, extras and key are kept: the longest of them.
const KEPT: usize = 255 + super::KEY_MAX;

/// A header, and what is kept of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// What to do: see [`opcode`].
    pub opcode: u8,
    /// Of an answer: 0 for success.
    pub status: u16,
    /// What the answer repeats.
    pub opaque: u32,
    /// Bytes of the body.
    pub length: u32,
    /// The key, as far as it was kept.
    pub key: &'a [u8],
}

/// What is asked.
pub mod opcode {
    /// The end; is answered.
    pub const QUIT: u8 = 0x07;
    /// Nothing but its answer.
    pub const NOOP: u8 = 0x0a;
    /// Many answers, the last without a key.
    pub const STAT: u8 = 0x10;
    /// Which ways of logging in there are.
    pub const SASL_LIST: u8 = 0x20;
    /// A login.
    pub const SASL_AUTH: u8 = 0x21;
    /// Its next step.
    pub const SASL_STEP: u8 = 0x22;

    /// Its name.
    pub const fn name(code: u8) -> &'static str {
        const NAMES: [&str; 0x25] = [
            "get",
            "set",
            "add",
            "replace",
            "delete",
            "incr",
            "decr",
            "quit",
            "flush_all",
            "getq",
            "noop",
            "version",
            "getk",
            "getkq",
            "append",
            "prepend",
            "stats",
            "setq",
            "addq",
            "replaceq",
            "deleteq",
            "incrq",
            "decrq",
            "quitq",
            "flushq",
            "appendq",
            "prependq",
            "verbosity",
            "touch",
            "gat",
            "gatq",
            "unknown",
            "sasl_list",
            "sasl_auth",
            "sasl_step",
            "gatk",
            "gatkq",
        ];
        if code < NAMES.len() as u8 { NAMES[code as usize] } else { "unknown" }
    }

    /// A read whose answer is left out if there is nothing.
    pub const fn is_quiet_get(code: u8) -> bool {
        matches!(code, 0x09 | 0x0d | 0x1e | 0x24)
    }

    /// A read.
    pub const fn is_get(code: u8) -> bool {
        is_quiet_get(code) || matches!(code, 0x00 | 0x0c | 0x1d | 0x23)
    }

    /// A change whose answer is left out if it went well.
    pub const fn is_quiet_change(code: u8) -> bool {
        matches!(code, 0x11..=0x1a)
    }
}

/// Reads one direction.
#[derive(Debug, Default)]
pub struct Packets {
    header: [u8; HEADER],
    headed: usize,
    /// Bytes of the body that are not there yet.
    left: usize,
    kept: Vec<u8>,
}

/// What [`Packets::next`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// A packet that is all there.
    Packet(Packet<'a>),
    /// The piece ends.
    End,
    /// Bytes that are no header.
    Other,
}

impl Packets {
    /// Takes bytes from the front of a piece up to the end of a packet that begins with `magic`.
    pub fn next<'s>(&'s mut self, bytes: &mut &[u8], magic: u8) -> Found<'s> {
        if self.headed == 0 && bytes.first().is_some_and(|first| *first != magic) {
            return Found::Other;
        }
        if self.headed < HEADER {
            let (head, rest) = bytes.split_at(bytes.len().min(HEADER - self.headed));
            self.header[self.headed..self.headed + head.len()].copy_from_slice(head);
            self.headed += head.len();
            *bytes = rest;
            if self.headed < HEADER {
                return Found::End;
            }
            if usize::from(self.header[4]) + usize::from(self.u16(2)) > self.u32(8) as usize {
                return Found::Other;
            }
            self.left = self.u32(8) as usize;
            self.kept.clear();
        }
        let (body, rest) = bytes.split_at(self.left.min(bytes.len()));
        *bytes = rest;
        self.left -= body.len();
        let room = KEPT - self.kept.len();
        self.kept.extend_from_slice(&body[..room.min(body.len())]);
        if self.left > 0 {
            return Found::End;
        }
        self.headed = 0;
        let key = usize::from(self.header[4])..usize::from(self.header[4]) + usize::from(self.u16(2));
        let key = self.kept.get(key.start..key.end.min(self.kept.len())).unwrap_or_default();
        let (status, length, opaque) = (self.u16(6), self.u32(8), self.u32(12));
        Found::Packet(Packet { opcode: self.header[1], status, opaque, length, key })
    }

    fn u16(&self, at: usize) -> u16 {
        u16::from_be_bytes([self.header[at], self.header[at + 1]])
    }

    fn u32(&self, at: usize) -> u32 {
        u32::from_be_bytes([self.header[at], self.header[at + 1], self.header[at + 2], self.header[at + 3]])
    }
}

/// Writes a packet: `status` is an answer's, or 0.
pub fn put(out: &mut Vec<u8>, magic: u8, packet: &Packet<'_>, extras: &[u8], value: &[u8]) {
    out.extend_from_slice(&[magic, packet.opcode]);
    out.extend_from_slice(&(packet.key.len() as u16).to_be_bytes());
    out.extend_from_slice(&[extras.len() as u8, 0]);
    out.extend_from_slice(&packet.status.to_be_bytes());
    out.extend_from_slice(&((extras.len() + packet.key.len() + value.len()) as u32).to_be_bytes());
    out.extend_from_slice(&packet.opaque.to_be_bytes());
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(extras);
    out.extend_from_slice(packet.key);
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packets_come_back_however_they_are_cut(code: u8, status: u16, opaque: u32, key in prop::collection::vec(any::<u8>(), 0..250), extras in prop::collection::vec(any::<u8>(), 0..20), value in prop::collection::vec(any::<u8>(), 0..999)) {
            let length = (extras.len() + key.len() + value.len()) as u32;
            let packet = Packet { opcode: code, status, opaque, length, key: &key };
            let mut out = Vec::new();
            put(&mut out, REQUEST, &packet, &extras, &value);
            for cut in 0..out.len() {
                let mut packets = Packets::default();
                prop_assert_eq!(packets.next(&mut &out[..cut], REQUEST), Found::End);
                let mut rest = &out[cut..];
                prop_assert_eq!(packets.next(&mut rest, REQUEST), Found::Packet(packet));
                prop_assert!(rest.is_empty());
                prop_assert_eq!(packets.next(&mut rest, REQUEST), Found::End);
            }
            let mut packets = Packets::default();
            prop_assert_eq!(packets.next(&mut &out[..], ANSWER), Found::Other);
        }
    }
}
