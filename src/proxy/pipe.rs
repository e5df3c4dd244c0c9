//! One direction of a connection: bytes with the instants at which they may be written.
//!
//! Marks divide the stream: each tells up to which byte, and from when. Timer lateness stays out of them, so it never feeds the next stage. Not for: sockets.

use std::collections::VecDeque;

use super::buffers::{Pool, Queue};
use super::sending::Sending;
use crate::units::Nanos;

/// Where a stretch of the stream ends, and when it may be written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    /// Stream offset behind its last byte.
    pub(super) end: u64,
    /// When it arrives on the other side of the link.
    pub(super) at: Nanos,
    /// It begins the reply to this request.
    pub(super) reply_to: Option<Asked>,
    /// The stream ends here.
    pub(super) fin: bool,
}

/// A request that was written to the upstream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// When its last byte was.
    pub(super) written_at: Nanos,
    /// How late that was; `None` where it had to wait for its receiver.
    pub(super) lateness: Option<Nanos>,
}

/// What may be done now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ready<'a> {
    /// Write these.
    Bytes(&'a [u8]),
    /// Everything is written: shut the sink down.
    Fin,
    /// Nothing before this instant.
    At(Nanos),
    /// Nothing until more is read.
    Nothing,
}

/// Bytes that are crossing, and what is known of both ends of this direction.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact about one end that changes by itself")]
pub(super) struct Pipe {
    queue: Queue,
    marks: VecDeque<Mark>,
    read: u64,
    written: u64,
    /// No byte will be read any more: the source has ended or failed, or the sink has.
    pub(super) read_done: bool,
    /// The end has been passed on to the sink.
    pub(super) finished: bool,
    /// The sink takes no more for now.
    pub(super) blocked: bool,
    /// When the sink last began to take bytes again.
    pub(super) unblocked_at: Nanos,
    /// What its sender may do, and when it did it.
    pub(super) sending: Sending,
    /// A delivery is among the deadlines.
    pub(super) scheduled: bool,
    /// More is to be read when others had their turn.
    pub(super) unfinished: bool,
}

impl Pipe {
    /// Memory held, in bytes. Marks are counted too: of a sender that writes byte by byte they are most of it.
    pub(super) fn held(&self) -> usize {
        self.queue.held() + self.marks.len() * size_of::<Mark>()
    }

    /// Appends the first `n` bytes of the pool's next chunk; [`Pipe::mark`] must cover them.
    pub(super) fn push(&mut self, n: usize, pool: &mut Pool) {
        self.queue.push(n, pool);
    }

    /// The next `bytes` bytes arrive at `at`.
    pub(super) fn mark(&mut self, bytes: u64, at: Nanos, reply_to: Option<Asked>) {
        self.read += bytes;
        self.marks.push_back(Mark { end: self.read, at, reply_to, fin: false });
    }

    /// The stream ends, and its end arrives at `at`.
    pub(super) fn mark_fin(&mut self, at: Nanos) {
        self.read_done = true;
        self.marks.push_back(Mark { end: self.read, at, reply_to: None, fin: true });
    }

    /// What may be done at `now`.
    pub(super) fn ready(&self, now: Nanos) -> Ready<'_> {
        match self.marks.front() {
            None => Ready::Nothing,
            Some(mark) if mark.at > now => Ready::At(mark.at),
            Some(mark) if mark.end == self.written => Ready::Fin,
            Some(_) => {
                let front = self.queue.front();
                let most = self.written + front.len() as u64;
                let mut due = self.written;
                for mark in self.marks.iter().take_while(|mark| mark.at <= now) {
                    due = mark.end;
                    if due >= most {
                        break;
                    }
                }
                Ready::Bytes(&front[..(due.min(most) - self.written) as usize])
            }
        }
    }

    /// `n` bytes of what was ready are written.
    pub(super) fn wrote(&mut self, n: usize, pool: &mut Pool) {
        self.queue.consume(n, pool);
        self.written += n as u64;
    }

    /// Takes a mark whose last byte is written.
    pub(super) fn pop_written(&mut self) -> Option<Mark> {
        let written = self.written;
        self.marks.pop_front_if(|mark| mark.end <= written && !mark.fin)
    }

    /// The end is passed on.
    pub(super) fn finish(&mut self) {
        self.marks.clear();
        self.finished = true;
    }

    /// Drops what is queued; nothing more will be read.
    pub(super) fn abandon(&mut self, pool: &mut Pool) {
        self.queue.clear(pool);
        self.marks.clear();
        self.written = self.read;
        self.read_done = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(pipe: &mut Pipe, pool: &mut Pool, bytes: &[u8], at: u64) {
        pool.next()[..bytes.len()].copy_from_slice(bytes);
        pipe.push(bytes.len(), pool);
        pipe.mark(bytes.len() as u64, Nanos(at), None);
    }

    #[test]
    fn only_what_is_due_is_ready_and_fin_comes_last() {
        let mut pool = Pool::new();
        let mut pipe = Pipe::default();
        assert_eq!(pipe.ready(Nanos(0)), Ready::Nothing);
        push(&mut pipe, &mut pool, b"abc", 10);
        push(&mut pipe, &mut pool, b"def", 10);
        push(&mut pipe, &mut pool, b"ghi", 20);
        pipe.mark_fin(Nanos(20));
        assert_eq!(pipe.ready(Nanos(9)), Ready::At(Nanos(10)));
        assert_eq!(pipe.ready(Nanos(10)), Ready::Bytes(b"abcdef"));
        pipe.wrote(4, &mut pool);
        assert_eq!((pipe.pop_written().map(|mark| mark.end), pipe.pop_written().is_none()), (Some(3), true));
        assert_eq!(pipe.ready(Nanos(15)), Ready::Bytes(b"ef"));
        pipe.wrote(2, &mut pool);
        assert_eq!(pipe.pop_written().map(|mark| mark.end), Some(6));
        assert_eq!(pipe.ready(Nanos(15)), Ready::At(Nanos(20)));
        assert_eq!(pipe.ready(Nanos(25)), Ready::Bytes(b"ghi"));
        pipe.wrote(3, &mut pool);
        assert_eq!(pipe.pop_written().map(|mark| mark.end), Some(9));
        assert_eq!((pipe.pop_written().is_none(), pipe.ready(Nanos(25))), (true, Ready::Fin));
    }

    #[test]
    fn what_is_held_of_single_bytes_is_more_than_the_bytes() {
        let (mut pool, mut pipe) = (Pool::new(), Pipe::default());
        (0..1_000).for_each(|_| push(&mut pipe, &mut pool, b"x", 10));
        assert!(pipe.held() >= 4_096 + 1_000 * size_of::<Mark>(), "{}", pipe.held());
        pipe.wrote(1_000, &mut pool);
        while pipe.pop_written().is_some() {}
        assert_eq!(pipe.held(), 0);
    }

    #[test]
    fn abandoning_leaves_nothing() {
        let mut pool = Pool::new();
        let mut pipe = Pipe::default();
        push(&mut pipe, &mut pool, b"abc", 10);
        pipe.abandon(&mut pool);
        assert_eq!((pipe.ready(Nanos(99)), pipe.held(), pipe.read_done), (Ready::Nothing, 0, true));
    }
}
