//! What there is to print, on its way to whoever prints.
//!
//! Bounded: a terminal that is held, or a reader that is slow, delays neither changes nor the ledger;
//! what does not fit is counted. Not for: how it is printed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::shown::LinkShown;
use crate::ledger::Finished;
use crate::units::Nanos;

/// Who changes a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum By {
    Control,
    Schedule,
}

/// Messages that may wait; those with exchanges come at most every few milliseconds.
const WAITING_MOST: usize = 2_000;

/// Something to print.
#[derive(Debug)]
pub(super) enum Said {
    /// A link is another one.
    Changed { at: Nanos, happening: &'static str, by: By, link: LinkShown },
    /// A route's connections were ended.
    Reset { at: Nanos, route: String, connections: u64 },
    /// Exchanges are over.
    Finished(Finished),
    /// The end: nothing follows.
    End,
}

/// The sender's end. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Outbox {
    sender: SyncSender<Said>,
    left_out: Arc<AtomicU64>,
}

/// Both ends.
pub(super) fn outbox() -> (Outbox, Receiver<Said>) {
    let (sender, receiver) = sync_channel(WAITING_MOST);
    (Outbox { sender, left_out: Arc::default() }, receiver)
}

impl Outbox {
    /// Says something, or counts that it could not be said.
    pub(super) fn say(&self, said: Said) {
        let lines = if let Said::Finished(all) = &said { all.exchanges.len() as u64 + all.dropped } else { 1 };
        if self.sender.try_send(said).is_err() {
            self.left_out.fetch_add(lines, Ordering::Relaxed);
        }
    }

    /// The last word; waits until it can be said.
    pub(super) fn end(&self) {
        // An error means that nobody listens any more, which is an end too.
        let _ = self.sender.send(Said::End);
    }

    /// Lines that could not be said since the last call.
    pub(super) fn take_left_out(&self) -> u64 {
        self.left_out.swap(0, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let (outbox, receiver) = outbox();
        for _ in 0..WAITING_MOST + 3 {
            outbox.say(Said::Reset { at: Nanos::ZERO, route: String::new(), connections: 0 });
        }
        outbox.say(Said::Finished(Finished { exchanges: Vec::new(), dropped: 7 }));
        assert_eq!((outbox.take_left_out(), outbox.take_left_out()), (10, 0));
        assert_eq!(receiver.try_iter().count(), WAITING_MOST);
    }
}
