//! The plain link that most measurements use. Not for: scenario files.

use crate::scenario::{Congestion, Jitter, Link};
use crate::units::{Fraction, Nanos, Rtt};

/// A link of this round trip and nothing else: no jitter, no loss, no limit, CUBIC.
pub fn plain(rtt: Nanos) -> Link {
    Link { rtt: Rtt(rtt), jitter: Jitter::None, loss: Fraction(0.0), bandwidth: None, congestion: Congestion::Cubic }
}
