//! Buffers of frames that are under way: none is allocated in steady state, and none is much larger than its frame.
//!
//! Not for: what is in them (`frame`).

use super::frame::{HEADER, LONGEST};
use crate::link::FULL;

/// A buffer that holds a full packet.
const SINGLE: usize = HEADER + FULL as usize;

/// Buffers that are kept for later: 6 MB of single packets, and 16 MB that hold any frame.
const SINGLES: usize = 4_096;
const LONGS: usize = 256;

/// Free buffers.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    singles: Vec<Vec<u8>>,
    longs: Vec<Vec<u8>>,
}

impl Buffers {
    /// For a packet.
    fn single(&mut self) -> Vec<u8> {
        self.singles.pop().unwrap_or_else(|| Vec::with_capacity(SINGLE))
    }

    /// For whatever a device gives.
    pub(super) fn long(&mut self) -> Vec<u8> {
        self.longs.pop().unwrap_or_else(|| Vec::with_capacity(LONGEST))
    }

    /// For a frame of this many bytes.
    pub(super) fn of(&mut self, bytes: usize) -> Vec<u8> {
        match bytes {
            _ if bytes <= SINGLE => self.single(),
            _ if bytes > LONGEST / 2 => self.long(),
            _ => Vec::with_capacity(bytes),
        }
    }

    /// The same frame in a buffer that is not much larger.
    pub(super) fn fitted(&mut self, frame: Vec<u8>) -> Vec<u8> {
        if frame.len() > LONGEST / 2 {
            return frame;
        }
        let mut fitted = self.of(frame.len());
        fitted.extend_from_slice(&frame);
        self.keep(frame);
        fitted
    }

    /// Takes a buffer back.
    pub(super) fn keep(&mut self, mut buffer: Vec<u8>) {
        buffer.clear();
        if buffer.capacity() >= LONGEST && self.longs.len() < LONGS {
            self.longs.push(buffer);
        } else if buffer.capacity() == SINGLE && self.singles.len() < SINGLES {
            self.singles.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_fit_and_buffers_are_used_again() {
        let mut buffers = Buffers::default();
        for (length, largest) in [(40, SINGLE), (SINGLE, SINGLE), (SINGLE + 1, 2 * SINGLE), (LONGEST, LONGEST)] {
            let mut read = buffers.long();
            assert!(read.is_empty() && read.capacity() >= LONGEST);
            read.resize(length, 7);
            let fitted = buffers.fitted(read);
            assert_eq!(fitted, vec![7; length]);
            assert!(fitted.capacity() <= largest, "{length}: {}", fitted.capacity());
            buffers.keep(fitted);
        }
        assert_eq!((buffers.singles.len(), buffers.longs.len()), (1, 1));
    }
}
