//! Messages from a stream that comes in pieces, for somebody who looks on.
//!
//! Bodies are passed over by their length: only the first bytes of each are kept, so memory does not grow with
//! what passes. Not for: whoever has to answer, and needs all of a message (`packet`).

use super::packet::FULL;

/// One message, over however many packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The sequence number of its first packet.
    pub first: u8,
    /// That of its last.
    pub last: u8,
    /// Bytes of payload.
    pub length: u64,
    /// The payload's first bytes: all of them, or as many as were to be kept.
    pub head: &'a [u8],
}

/// Reads one direction.
#[derive(Debug, Default)]
pub struct Frames {
    header: [u8; 4],
    /// Bytes of the header that are there.
    headed: usize,
    /// Bytes of the packet's body that are not there yet.
    left: usize,
    /// The packet is followed by another of the same message.
    full: bool,
    /// Packets of the message that began.
    packets: u32,
    first: u8,
    length: u64,
    kept: Vec<u8>,
}

impl Frames {
    /// Takes bytes from the front of a piece up to the end of a message; `None` if the piece ends first. The first
    /// `keep` bytes of payload are kept. `check` is shown each message's first header, its sequence number and length, before
    /// its body is waited for; its error is passed on.
    pub fn next<'s, 'b: 's, E>(
        &'s mut self,
        bytes: &mut &'b [u8],
        keep: usize,
        check: impl Fn(u8, usize) -> Result<(), E>,
    ) -> Result<Option<Frame<'s>>, E> {
        if self.packets == 0 && self.headed == 0 {
            if let Some((frame, rest)) = whole(bytes, keep) {
                if let Err(error) = check(frame.first, frame.length as usize) {
                    *bytes = &bytes[4..];
                    return Err(error);
                }
                *bytes = rest;
                return Ok(Some(frame));
            }
            self.kept.clear();
            self.length = 0;
        }
        loop {
            let begins = self.packets == 0;
            if !self.header(bytes) {
                return Ok(None);
            }
            if begins {
                check(self.first, self.left)?;
            }
            let (body, rest) = bytes.split_at(self.left.min(bytes.len()));
            *bytes = rest;
            self.left -= body.len();
            self.length += body.len() as u64;
            let room = keep.saturating_sub(self.kept.len());
            self.kept.extend_from_slice(&body[..room.min(body.len())]);
            if self.left > 0 {
                return Ok(None);
            }
            self.headed = 0;
            if !self.full {
                self.packets = 0;
                let (first, last, length) = (self.first, self.header[3], self.length);
                return Ok(Some(Frame { first, last, length, head: &self.kept }));
            }
        }
    }

    /// Whether the header is there, taking what is missing of it.
    fn header(&mut self, bytes: &mut &[u8]) -> bool {
        if self.headed == 4 {
            return true;
        }
        let (head, rest) = bytes.split_at(bytes.len().min(4 - self.headed));
        self.header[self.headed..self.headed + head.len()].copy_from_slice(head);
        self.headed += head.len();
        *bytes = rest;
        if self.headed < 4 {
            return false;
        }
        self.left = length(self.header);
        self.full = self.left == FULL;
        if self.packets == 0 {
            self.first = self.header[3];
        }
        self.packets = self.packets.saturating_add(1);
        true
    }
}

fn length([a, b, c, _]: [u8; 4]) -> usize {
    usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16
}

/// A message of one packet that is all there: nothing is copied.
fn whole(bytes: &[u8], keep: usize) -> Option<(Frame<'_>, &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<4>()?;
    let length = length(*header);
    if length == FULL {
        return None;
    }
    let (body, rest) = rest.split_at_checked(length)?;
    let head = &body[..keep.min(length)];
    Some((Frame { first: header[3], last: header[3], length: length as u64, head }, rest))
}

#[cfg(test)]
mod tests {
    use super::super::packet;
    use super::*;
    use proptest::prelude::*;

    /// (first, last, length, head) of each message.
    fn read(pieces: &[&[u8]], keep: usize) -> Vec<(u8, u8, u64, Vec<u8>)> {
        let (mut frames, mut all) = (Frames::default(), Vec::new());
        for mut piece in pieces.iter().copied() {
            while let Ok(Some(frame)) = frames.next(&mut piece, keep, |_, _| Ok::<_, ()>(())) {
                all.push((frame.first, frame.last, frame.length, frame.head.to_vec()));
            }
            assert!(piece.is_empty());
        }
        all
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..6), keep in 0..50_usize) {
            let (mut stream, mut expected) = (Vec::new(), Vec::new());
            for (index, payload) in payloads.iter().enumerate() {
                let mut sequence = index as u8;
                packet::put(&mut stream, &mut sequence, |out| out.extend_from_slice(payload));
                let head = payload[..keep.min(payload.len())].to_vec();
                expected.push((index as u8, index as u8, payload.len() as u64, head));
            }
            prop_assert_eq!(&read(&[&stream], keep), &expected);
            for cut in 0..stream.len() {
                prop_assert_eq!(&read(&[&stream[..cut], &stream[cut..]], keep), &expected);
            }
            let bytes: Vec<&[u8]> = stream.chunks(1).collect();
            prop_assert_eq!(&read(&bytes, keep), &expected);
        }
    }

    #[test]
    fn long_messages_are_one() {
        for length in [FULL - 1, FULL, FULL + 1, 2 * FULL] {
            let (mut stream, mut sequence) = (Vec::new(), 0);
            packet::put(&mut stream, &mut sequence, |out| out.resize(out.len() + length, 7));
            let found = read(&[&stream[..5], &stream[5..FULL], &stream[FULL..]], 3);
            assert_eq!(found, [(0, sequence - 1, length as u64, vec![7; 3])], "{length}");
        }
    }
}
