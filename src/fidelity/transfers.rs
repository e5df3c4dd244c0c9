//! Long transfers for their rate, and many replies over a link that loses packets.
//!
//! Not for: single replies (`table`).

use std::io;
use std::thread;

use super::FidelityError;
use super::conversation::Conversation;
use super::path::Path;
use super::sampled::Sampled;
use crate::timer::Clock;
use crate::units::Nanos;

/// Of a transfer, this much is slow start and the filling of queues.
const START: f64 = 0.4;

/// A transfer's rate, its start left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Payload bytes a second.
    pub bytes_per_second: f64,
    /// Bytes that it was measured on.
    pub bytes: u64,
}

/// The payload rate of one download of `bytes` bytes, of its last 60 %.
///
/// # Errors
/// [`FidelityError::Conversation`].
pub fn rate(clock: Clock, path: &Path, bytes: u64) -> Result<Rate, FidelityError> {
    let skip = (bytes as f64 * START) as u64;
    let (mut from, mut last) = (None, (Nanos::ZERO, 0));
    let mut transfer = || {
        let mut open = Conversation::open(path.answering())?;
        open.small()?;
        open.download(bytes, |have| {
            if have >= skip {
                last = (clock.now(), have);
                from.get_or_insert(last);
            }
        })
    };
    transfer().map_err(broken("a long transfer", path))?;
    let (start, had) = from.unwrap_or(last);
    let (lasted, measured) = (last.0.saturating_sub(start), last.1 - had);
    Ok(Rate { bytes_per_second: measured as f64 / lasted.as_secs_f64().max(1e-9), bytes: measured })
}

/// Times of `each` replies of `bytes` bytes by each of `clients` clients at once, every one on a connection of its own
/// that was used for one small round trip: what is lost of a handshake is not in them.
///
/// # Errors
/// [`FidelityError::Conversation`].
pub fn lossy_replies(
    clock: Clock,
    path: &Path,
    clients: usize,
    each: usize,
    bytes: u64,
) -> Result<Sampled, FidelityError> {
    let all = thread::scope(|scope| {
        let body = move |client: usize| {
            // Apart from each other, so that not all send in the same moment.
            thread::sleep(Nanos(path.link().rtt.0.0 * client as u64 / clients as u64).into());
            (0..each).map(|_| reply(clock, path, bytes)).collect::<io::Result<Vec<_>>>()
        };
        let all: Vec<_> = (0..clients).map(|client| scope.spawn(move || body(client))).collect();
        all.into_iter()
            .map(|one| one.join().expect("a measuring thread does not panic"))
            .collect::<io::Result<Vec<_>>>()
    });
    let all = all.map_err(broken("replies with loss", path))?.into_iter().flatten().collect();
    Ok(Sampled::new(all).expect("at least one client with one reply"))
}

fn reply(clock: Clock, path: &Path, bytes: u64) -> io::Result<Nanos> {
    let mut open = Conversation::open(path.answering())?;
    open.small()?;
    let start = clock.now();
    open.download(bytes, |_| ())?;
    Ok(clock.now() - start)
}

fn broken(what: &str, path: &Path) -> impl FnOnce(io::Error) -> FidelityError {
    let (what, path) = (what.to_owned(), path.kind().word());
    move |source| FidelityError::Conversation { what, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::{Upstream, rules};
    use crate::link::LinkKind;
    use crate::proxy::Proxy;
    use crate::scenario::Link;
    use crate::seed::Seed;
    use crate::units::Bandwidth;

    #[test]
    fn a_transfer_is_no_faster_than_its_link() {
        let (clock, upstream) = (Clock::start(), Upstream::start().expect("a server"));
        let proxy = Proxy::start(clock, LinkKind::Stream).expect("a proxy");
        let bandwidth = Bandwidth(200e6);
        let link = Link { bandwidth: Some(bandwidth), ..Link::plain(Nanos::from_millis(2)) };
        let path = Path::through(&proxy, LinkKind::Stream, &link, Seed(1), upstream.both()).expect("a route");
        let measured = rate(clock, &path, 3_000_000).expect("measured");
        // Chunks make both ends of the measurement coarse.
        let most = rules::payload_rate(&link, bandwidth) * 1.2;
        assert!(measured.bytes_per_second < most, "{measured:?} of at most {most}");
        assert!(measured.bytes > 1_000_000 && measured.bytes_per_second > 0.0, "{measured:?}");
    }

    #[test]
    fn every_client_has_its_replies() {
        let (clock, upstream) = (Clock::start(), Upstream::start().expect("a server"));
        let all = lossy_replies(clock, &Path::direct(&upstream), 3, 4, 50_000).expect("measured");
        assert_eq!(all.count(), 12);
    }
}
