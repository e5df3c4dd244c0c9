//! Waiting for sockets and for a deadline at once, to the nanosecond: Linux epoll.
//!
//! Why not a crate: mio rounds time-outs up to whole milliseconds, and `polling` cannot register a
//! socket without unsafe code. Sockets are registered once, edge-triggered, so that a round trip
//! costs no registration calls. Not for: deciding what to wait for.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};

use super::slots::Key;
use crate::units::Nanos;

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A command is waiting.
    Waker,
    /// The listener of the route of this number.
    Listener(u32),
    /// A connection's socket to its client.
    Client(Key),
    /// A connection's socket to its upstream.
    Upstream(Key),
    /// A device that packets come from.
    Device,
}

impl Source {
    /// Three bits of kind, 29 of index, 32 of generation.
    fn encode(self) -> EventData {
        let (kind, index, generation) = match self {
            Self::Waker => (0, 0, 0),
            Self::Listener(route) => (1, route, 0),
            Self::Client(key) => (2, key.index, key.generation),
            Self::Upstream(key) => (3, key.index, key.generation),
            Self::Device => (4, 0, 0),
        };
        EventData::new_u64(u64::from(generation) << 32 | u64::from(index) << 3 | kind)
    }

    fn decode(data: EventData) -> Self {
        let raw = data.u64();
        let key = Key { index: (raw as u32) >> 3, generation: (raw >> 32) as u32 };
        match raw & 7 {
            0 => Self::Waker,
            1 => Self::Listener(key.index),
            2 => Self::Client(key),
            3 => Self::Upstream(key),
            _ => Self::Device,
        }
    }
}

/// What happened to a socket.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "the kernel's flags, which come in any combination")]
pub(super) struct Readiness {
    /// A read would not block.
    pub(super) readable: bool,
    /// A write would not block, or would fail at once.
    pub(super) writable: bool,
    /// The peer has sent its last byte, or is gone.
    pub(super) ended: bool,
    /// The connection has failed.
    pub(super) failed: bool,
}

/// Lets another thread end a wait.
#[derive(Debug, Clone)]
pub(super) struct Waker(Arc<OwnedFd>);

impl Waker {
    /// Ends the wait, or the next one.
    pub(super) fn wake(&self) {
        // Fails only when 2^64 - 2 wake-ups are pending, and then the wait has ended.
        let _ = rustix::io::write(&*self.0, &1_u64.to_ne_bytes());
    }
}

/// The sockets that are waited for.
pub(super) struct Poller {
    epoll: OwnedFd,
    waker: Waker,
    events: Vec<Event>,
    /// How many of them were taken.
    taken: usize,
}

/// Events taken at once.
const BATCH: usize = 256;

impl Poller {
    /// # Errors
    /// Where the kernel has no `epoll_pwait2` (Linux before 5.11, or a filter that refuses it).
    pub(super) fn new() -> io::Result<Self> {
        let waker = Waker(Arc::new(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?));
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let mut poller = Self { epoll, waker, events: Vec::with_capacity(BATCH), taken: 0 };
        epoll::add(&poller.epoll, &*poller.waker.0, Source::Waker.encode(), EventFlags::IN)?;
        poller.wait(Some(Nanos::ZERO))?;
        Ok(poller)
    }

    pub(super) fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Registers a socket until it is closed; readiness is told when it changes.
    pub(super) fn add(&self, socket: impl AsFd, source: Source) -> io::Result<()> {
        let all = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        Ok(epoll::add(&self.epoll, socket, source.encode(), all)?)
    }

    /// Waits for events, at most this long. An interrupted wait is one without events.
    pub(super) fn wait(&mut self, at_most: Option<Nanos>) -> io::Result<()> {
        let timeout = at_most.map(|time| Timespec {
            tv_sec: (time.0 / 1_000_000_000).cast_signed(),
            tv_nsec: (time.0 % 1_000_000_000).cast_signed(),
        });
        self.events.clear();
        self.taken = 0;
        match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut self.events), timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The events of the last wait, one by one, in the order in which they happened.
    pub(super) fn next_event(&mut self) -> Option<(Source, Readiness)> {
        let event = *self.events.get(self.taken)?;
        self.taken += 1;
        let (source, flags) = (Source::decode(event.data), event.flags);
        if source == Source::Waker {
            let _ = rustix::io::read(&*self.waker.0, &mut [0_u8; 8]);
        }
        let ended = EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR;
        let readiness = Readiness {
            readable: flags.intersects(EventFlags::IN | ended),
            writable: flags.intersects(EventFlags::OUT | EventFlags::HUP | EventFlags::ERR),
            ended: flags.intersects(ended),
            failed: flags.contains(EventFlags::ERR),
        };
        Some((source, readiness))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_survive_the_kernel() {
        let key = Key { index: 0x1fff_ffff, generation: u32::MAX };
        for source in [Source::Waker, Source::Listener(77), Source::Client(key), Source::Upstream(key), Source::Device]
        {
            assert_eq!(Source::decode(source.encode()), source);
        }
    }

    #[test]
    fn a_wake_ends_a_wait() {
        let mut poller = Poller::new().expect("epoll");
        poller.waker().wake();
        poller.wait(None).expect("waits");
        assert!(matches!(poller.next_event(), Some((Source::Waker, _))));
        poller.wait(Some(Nanos::from_micros(100))).expect("waits");
        assert!(poller.next_event().is_none());
    }
}
