//! What clients do and wait for: the rows of a fidelity table.
//!
//! Not for: how long it should take (`rules`) or does take (`table`).

use std::fmt;

use crate::units::{Bytes, Nanos};

/// Something that a client does, from its first call into the system until it has the last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Case {
    /// `connect()`. A proxy's client is told "connected" at once by its own kernel: what the distance costs is paid at
    /// the next wait, so [`Case::Greeting`] and [`Case::FirstReply`] are the rows that show it.
    Connect,
    /// `connect()`, then read what the server says first, as MySQL does.
    Greeting,
    /// `connect()`, then at once a small request and its reply of this size (64 B: Memcached).
    FirstReply(Bytes),
    /// A small request and reply on an open connection that has been used.
    Small,
    /// A reply of this size to the first request of an open connection.
    Reply(Bytes),
    /// A reply of this size, asked for again as soon as the same was received.
    Again(Bytes),
    /// The same, asked for again after a pause.
    Idle(Bytes, Nanos),
    /// A request of this size, the first of an open connection, and a small reply.
    Upload(Bytes),
}

/// Bytes of a small reply.
pub(super) const SMALL: u64 = 64;

/// The exact steps of slow start and the sizes of PHYSICS.md, section 1.
const REPLIES: [u64; 18] = [
    64, 14_000, 14_480, 14_481, 20_000, 43_440, 43_441, 60_000, 100_000, 101_360, 101_361, 200_000, 217_200, 448_880,
    1_000_000, 1_048_576, 4_000_000, 16_000_000,
];
/// Those that tell most.
const FEW_REPLIES: [u64; 5] = [14_480, 14_481, 100_000, 200_000, 1_000_000];
const UPLOADS: [u64; 3] = [40_000, 200_000, 1_000_000];
/// The kernel itself takes one or two round trips for it (`rules::is_edge`).
const AGAIN: Bytes = Bytes(200_000);
/// Off that edge on both sides.
const AGAIN_FITS: [Bytes; 2] = [Bytes(100_000), Bytes(448_880)];

impl Case {
    /// Every case; `largest` leaves out replies above it, whose time is the processor's where the distance is short.
    pub fn all(largest: u64) -> Vec<Self> {
        let mut all = vec![Self::Connect, Self::Greeting, Self::FirstReply(Bytes(SMALL)), Self::Small];
        all.extend(REPLIES.into_iter().filter(|size| *size <= largest).map(|size| Self::Reply(Bytes(size))));
        all.push(Self::FirstReply(Bytes(100_000)));
        all.extend([AGAIN_FITS[0], AGAIN, AGAIN_FITS[1]].map(Self::Again));
        all.extend(UPLOADS.map(|size| Self::Upload(Bytes(size))));
        all
    }

    /// The cases that tell most in the least time.
    pub fn few() -> Vec<Self> {
        let mut few = vec![Self::Connect, Self::Greeting, Self::FirstReply(Bytes(SMALL)), Self::Small];
        few.extend(FEW_REPLIES.map(|size| Self::Reply(Bytes(size))));
        few.extend([Self::Again(AGAIN_FITS[0]), Self::Again(AGAIN), Self::Upload(Bytes(200_000))]);
        few
    }

    /// The same reply after these pauses.
    pub fn after_pauses(pauses: &[Nanos]) -> Vec<Self> {
        pauses.iter().map(|pause| Self::Idle(AGAIN, *pause)).collect()
    }

    /// The pauses of a whole table.
    pub const PAUSES: [Nanos; 4] =
        [Nanos::from_millis(300), Nanos::from_millis(600), Nanos::from_secs(1), Nanos::from_secs(3)];

    /// Payload that decides how long it takes.
    pub fn bytes(self) -> u64 {
        match self {
            Self::Connect | Self::Greeting | Self::Small => SMALL,
            Self::FirstReply(Bytes(bytes))
            | Self::Reply(Bytes(bytes))
            | Self::Again(Bytes(bytes))
            | Self::Idle(Bytes(bytes), _)
            | Self::Upload(Bytes(bytes)) => bytes,
        }
    }

    /// How long the connection rests before it is asked; zero for all but [`Case::Idle`].
    pub(super) fn pause(self) -> Nanos {
        if let Self::Idle(_, pause) = self { pause } else { Nanos::ZERO }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = |bytes: &Bytes| grouped(bytes.0);
        match self {
            Self::Connect => f.write_str("connect()"),
            Self::Greeting => f.write_str("connect, greeting"),
            Self::FirstReply(bytes) => write!(f, "connect, reply of {} B", size(bytes)),
            Self::Small => f.write_str("small round trip"),
            Self::Reply(bytes) => write!(f, "{} B fresh", size(bytes)),
            Self::Again(bytes) => write!(f, "{} B again at once", size(bytes)),
            Self::Idle(bytes, pause) => write!(f, "{} B after {pause}", size(bytes)),
            Self::Upload(bytes) => write!(f, "upload of {} B", size(bytes)),
        }
    }
}

/// `1048576` as `1,048,576`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_have_names_of_their_own() {
        let mut names: Vec<_> = Case::all(u64::MAX).into_iter().chain(Case::after_pauses(&Case::PAUSES)).collect();
        let count = names.len();
        names.sort_by_key(ToString::to_string);
        names.dedup_by_key(|case| case.to_string());
        assert_eq!(names.len(), count);
        assert_eq!(Case::Reply(Bytes(1_048_576)).to_string(), "1,048,576 B fresh");
        assert_eq!(Case::Idle(AGAIN, Nanos::from_millis(300)).to_string(), "200,000 B after 300ms");
        assert_eq!(grouped(999), "999");
    }

    #[test]
    fn large_replies_can_be_left_out() {
        assert!(Case::all(450_000).iter().all(|case| !matches!(case, Case::Reply(bytes) if bytes.0 > 450_000)));
    }
}
