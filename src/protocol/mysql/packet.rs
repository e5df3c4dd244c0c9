//! Packets and messages: three bytes of length, one of sequence, and the payload.
//!
//! A payload of 16 MiB − 1 or more goes over several packets; a message is all of them. Not for:
//! what is in the payload.

use std::borrow::Cow;

use crate::protocol::{Malformed, Parsed};

/// A packet of this length is followed by another of the same message.
pub const FULL: usize = 0xff_ffff;

/// One message, over however many packets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message<'a> {
    /// The sequence number of its last packet.
    pub sequence: u8,
    /// All payloads together; borrowed if there is one packet.
    pub payload: Cow<'a, [u8]>,
}

/// Reads one message; more than `longest` bytes of payload are malformed (MySQL: `max_allowed_packet`).
pub fn message(bytes: &[u8], longest: usize) -> Result<Parsed<Message<'_>>, Malformed> {
    let mut whole: Option<Vec<u8>> = None;
    let mut used = 0;
    loop {
        let Some(&[a, b, c, sequence]) = bytes.get(used..).and_then(|rest| rest.first_chunk()) else {
            return Ok(Parsed::More);
        };
        let length = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
        if whole.as_ref().map_or(0, Vec::len) + length > longest {
            return Err(Malformed("packet: longer than is allowed"));
        }
        let Some(part) = bytes.get(used + 4..used + 4 + length) else {
            return Ok(Parsed::More);
        };
        used += 4 + length;
        let payload = match (whole.take(), length == FULL) {
            (None, false) => Cow::Borrowed(part),
            (Some(mut before), false) => {
                before.extend_from_slice(part);
                Cow::Owned(before)
            }
            (before, true) => {
                let mut before = before.unwrap_or_default();
                before.extend_from_slice(part);
                whole = Some(before);
                continue;
            }
        };
        return Ok(Parsed::Done(Message { sequence, payload }, used));
    }
}

/// Appends a message whose payload `body` writes; `sequence` is that of its first packet and goes on counting.
pub fn put(out: &mut Vec<u8>, sequence: &mut u8, body: impl FnOnce(&mut Vec<u8>)) {
    let mut start = out.len();
    out.extend_from_slice(&[0; 4]);
    body(out);
    loop {
        let length = (out.len() - start - 4).min(FULL);
        out[start..start + 3].copy_from_slice(&(length as u32).to_le_bytes()[..3]);
        out[start + 3] = *sequence;
        *sequence = sequence.wrapping_add(1);
        if length < FULL {
            return;
        }
        start += 4 + length;
        out.splice(start..start, [0; 4]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn messages_come_back_and_are_told_incomplete(payload: Vec<u8>, after: Vec<u8>, mut sequence: u8) {
            let first = sequence;
            let mut out = Vec::new();
            put(&mut out, &mut sequence, |body| body.extend_from_slice(&payload));
            let length = out.len();
            for cut in 0..length {
                prop_assert_eq!(message(&out[..cut], 1 << 20), Ok(Parsed::More));
            }
            out.extend_from_slice(&after);
            let expected = Message { sequence: first, payload: Cow::Borrowed(payload.as_slice()) };
            prop_assert_eq!(message(&out, 1 << 20), Ok(Parsed::Done(expected, length)));
        }
    }

    #[test]
    fn long_messages_go_over_several_packets() {
        for length in [FULL - 1, FULL, FULL + 1, 2 * FULL] {
            let payload: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let (mut out, mut sequence) = (Vec::new(), 0);
            put(&mut out, &mut sequence, |body| body.extend_from_slice(&payload));
            assert_eq!(usize::from(sequence), length / FULL + 1);
            let Ok(Parsed::Done(read, used)) = message(&out, 1 << 26) else { panic!("{length}") };
            assert!(used == out.len() && read.payload == payload && read.sequence == sequence - 1);
            assert_eq!(message(&out[..out.len() - 1], 1 << 26), Ok(Parsed::More));
            assert!(message(&out, length - 1).is_err());
        }
    }
}
