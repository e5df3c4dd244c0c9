//! When bytes arrived, by the kernel's own stamp.
//!
//! A thread reads late: it has to be woken, and others are served before. The kernel stamps each packet
//! as it comes in (`SO_TIMESTAMPNS`), so the delay can begin then, and how late the read was is known
//! instead of guessed. The stamp is of the last packet of a read, so no byte is early. Where there is none, the end
//! of the read is taken. Not for: deadlines.

use std::io::{self, IoSliceMut};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::time::SystemTime;

use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};

use crate::timer::Clock;
use crate::units::Nanos;

/// The kernel stamps with wall-clock time; the two clocks are compared this often, since the one is steered.
const COMPARE_EVERY: Nanos = Nanos::from_millis(1);

/// A comparison that took longer was interrupted, and says nothing.
const COMPARE_WITHIN: Nanos = Nanos::from_micros(1);

/// Reads sockets and translates the kernel's stamps to the run's clock.
#[derive(Debug)]
pub(super) struct Arrivals {
    clock: Clock,
    /// Wall-clock time at the origin of the run's clock.
    origin: Option<u64>,
    compared_at: Nanos,
}

impl Arrivals {
    pub(super) fn new(clock: Clock) -> Self {
        let mut new = Self { clock, origin: None, compared_at: Nanos::ZERO };
        (0..10).for_each(|_| new.compare());
        new
    }

    /// Asks the kernel to stamp what this socket receives.
    pub(super) fn enable(stream: &TcpStream) {
        // Where it is refused, reads are stamped at their end.
        let _ = setsockopt(stream, sockopt::ReceiveTimestampns, &true);
    }

    /// Compares the clocks, if it is time; `now` is.
    pub(super) fn keep_up(&mut self, now: Nanos) {
        if now.saturating_sub(self.compared_at) >= COMPARE_EVERY {
            self.compare();
        }
    }

    fn compare(&mut self) {
        let before = self.clock.now();
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let after = self.clock.now();
        self.compared_at = after;
        if let Ok(wall) = wall
            && after - before <= COMPARE_WITHIN
        {
            // With the later reading, so that what is translated is never too early.
            self.origin = Some(Nanos::from(wall).0.saturating_sub(after.0));
        }
    }

    /// Reads: how many bytes, and when the last of them came, if the kernel tells.
    pub(super) fn read(&self, stream: &TcpStream, buffer: &mut [u8]) -> io::Result<(usize, Option<Nanos>)> {
        let mut control = [0; 64];
        let mut buffers = [IoSliceMut::new(buffer)];
        let message = recvmsg::<()>(stream.as_raw_fd(), &mut buffers, Some(&mut control), MsgFlags::empty())?;
        let stamp = message.cmsgs().ok().and_then(|mut all| all.find_map(|message| stamp_in(&message)));
        let at = stamp.zip(self.origin).map(|(stamp, origin)| Nanos(stamp.saturating_sub(origin)));
        Ok((message.bytes, at))
    }
}

/// Nanoseconds of wall-clock time.
fn stamp_in(message: &ControlMessageOwned) -> Option<u64> {
    let ControlMessageOwned::ScmTimestampns(time) = message else { return None };
    let seconds = u64::try_from(time.tv_sec()).ok()?;
    seconds.checked_mul(1_000_000_000)?.checked_add(u64::try_from(time.tv_nsec()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::time::Duration;

    #[test]
    fn the_stamp_is_of_the_arrival_not_of_the_read() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut near = TcpStream::connect(listener.local_addr().expect("bound")).expect("connects");
        let (far, _) = listener.accept().expect("a connection");
        Arrivals::enable(&far);
        let clock = Clock::start();
        let arrivals = Arrivals::new(clock);
        // The kernel begins to stamp a little after it is first asked.
        std::thread::sleep(Duration::from_millis(50));
        let before = clock.now();
        near.write_all(b"abc").expect("writes");
        let after = clock.now();
        std::thread::sleep(Duration::from_millis(20));
        let (n, at) = arrivals.read(&far, &mut [0; 16]).expect("reads");
        let at = at.expect("a stamp");
        assert_eq!(n, 3);
        assert!(at >= before && at <= after + Nanos::from_micros(2), "{before} ≤ {at} ≤ {after}");
    }
}
