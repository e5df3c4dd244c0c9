//! Bytes in flight, in chunks that are used again and again.
//!
//! What is read is either copied to the end of a small chunk (chatty traffic: many messages share a
//! page) or handed over whole (bulk: nothing is copied). In steady state nothing is allocated.
//! Not for: when bytes may be written (`pipe`).

use std::collections::VecDeque;

/// What one read takes at most; also the size of a chunk that is handed over.
const LARGE: usize = 64 * 1024;

/// Reads up to this size are copied.
const SMALL: usize = 4 * 1024;

/// Free chunks of one size that are kept: 64 MiB of large ones.
const KEPT: usize = 1_024;

/// Some bytes of a stream, in the room of `data`.
#[derive(Debug)]
struct Chunk {
    data: Box<[u8]>,
    start: usize,
    end: usize,
}

/// Free chunks, and the one that the next read goes to.
#[derive(Debug)]
pub(super) struct Pool {
    next: Box<[u8]>,
    large: Vec<Box<[u8]>>,
    small: Vec<Box<[u8]>>,
}

impl Pool {
    pub(super) fn new() -> Self {
        Self { next: fresh(LARGE), large: Vec::new(), small: Vec::new() }
    }

    /// Where the next read goes; [`Queue::push`] takes it from there.
    pub(super) fn next(&mut self) -> &mut [u8] {
        &mut self.next
    }

    fn small(&mut self) -> Box<[u8]> {
        self.small.pop().unwrap_or_else(|| fresh(SMALL))
    }

    /// The chunk that was read into, replaced by a free one.
    fn hand_over(&mut self) -> Box<[u8]> {
        let free = self.large.pop().unwrap_or_else(|| fresh(LARGE));
        std::mem::replace(&mut self.next, free)
    }

    fn give_back(&mut self, data: Box<[u8]>) {
        let free = if data.len() == LARGE { &mut self.large } else { &mut self.small };
        if free.len() < KEPT {
            free.push(data);
        }
    }
}

fn fresh(size: usize) -> Box<[u8]> {
    vec![0; size].into_boxed_slice()
}

/// A stretch of a stream: read, not yet written.
#[derive(Debug, Default)]
pub(super) struct Queue {
    chunks: VecDeque<Chunk>,
    held: usize,
}

impl Queue {
    /// Memory that it takes, in bytes (chunks count whole).
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Appends the first `n` bytes of [`Pool::next`].
    pub(super) fn push(&mut self, n: usize, pool: &mut Pool) {
        if n > SMALL {
            let data = pool.hand_over();
            return self.append(Chunk { data, start: 0, end: n });
        }
        if let Some(tail) = self.chunks.back_mut().filter(|tail| tail.data.len() - tail.end >= n) {
            tail.data[tail.end..tail.end + n].copy_from_slice(&pool.next[..n]);
            tail.end += n;
            return;
        }
        let mut data = pool.small();
        data[..n].copy_from_slice(&pool.next[..n]);
        self.append(Chunk { data, start: 0, end: n });
    }

    fn append(&mut self, chunk: Chunk) {
        self.held += chunk.data.len();
        self.chunks.push_back(chunk);
    }

    /// The oldest bytes, as far as they lie together; empty if there are none.
    pub(super) fn front(&self) -> &[u8] {
        self.chunks.front().map_or(&[], |chunk| &chunk.data[chunk.start..chunk.end])
    }

    /// Forgets the oldest `n` bytes, at most as many as [`Queue::front`] holds.
    pub(super) fn consume(&mut self, n: usize, pool: &mut Pool) {
        let Some(chunk) = self.chunks.front_mut() else { return };
        chunk.start += n;
        if chunk.start >= chunk.end
            && let Some(chunk) = self.chunks.pop_front()
        {
            self.held -= chunk.data.len();
            pool.give_back(chunk.data);
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self, pool: &mut Pool) {
        self.held = 0;
        while let Some(chunk) = self.chunks.pop_front() {
            pool.give_back(chunk.data);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_goes_in_comes_out(steps in prop::collection::vec((0..LARGE + 1, 0..LARGE + 1), 1..40)) {
            let mut pool = Pool::new();
            let mut queue = Queue::default();
            let (mut pushed, mut taken) = (0_usize, 0_usize);
            let byte = |i: usize| (i % 251) as u8;
            let mut take = |queue: &mut Queue, pool: &mut Pool, n: usize| {
                let front = queue.front();
                let n = n.min(front.len());
                assert!(front[..n].iter().enumerate().all(|(i, b)| *b == byte(taken + i)));
                taken += n;
                queue.consume(n, pool);
                taken
            };
            for (n, m) in steps {
                pool.next()[..n].iter_mut().enumerate().for_each(|(i, b)| *b = byte(pushed + i));
                if n > 0 {
                    queue.push(n, &mut pool);
                }
                pushed += n;
                take(&mut queue, &mut pool, m);
            }
            while !queue.front().is_empty() {
                take(&mut queue, &mut pool, LARGE);
            }
            prop_assert_eq!(take(&mut queue, &mut pool, 0), pushed);
            prop_assert_eq!(queue.held(), 0);
        }
    }

    #[test]
    fn chunks_are_used_again() {
        let mut pool = Pool::new();
        let mut queue = Queue::default();
        for _ in 0..100 {
            for n in [64, LARGE] {
                queue.push(n, &mut pool);
                queue.consume(n, &mut pool);
            }
        }
        assert_eq!((pool.large.len(), pool.small.len()), (1, 1));
    }
}
