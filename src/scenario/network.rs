//! Sites, and the links between and within them.

use indexmap::IndexMap;

use super::SiteId;
use crate::units::{Bandwidth, Fraction, Nanos, Rtt};

/// A place: a data centre, a cloud region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its key in the file.
    pub name: String,
    /// What a reader should call it.
    pub about: String,
}

/// The links between sites.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Links {
    /// By (smaller site, larger site).
    pub between: IndexMap<(SiteId, SiteId), Link>,
}

impl Links {
    /// The link between two sites, in either order; `None` if the file gives none.
    pub fn get(&self, a: SiteId, b: SiteId) -> Option<&Link> {
        self.between.get(&(a.min(b), a.max(b)))
    }
}

/// What lies between two sites, or within one.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Round-trip time without jitter or queueing.
    pub rtt: Rtt,
    /// Extra delay of each crossing, one way, never negative after centring is applied.
    pub jitter: Jitter,
    /// Probability that a packet is lost, each way.
    pub loss: Fraction,
    /// Shared by all connections, each way on its own; `None` is unlimited.
    pub bandwidth: Option<Bandwidth>,
    /// Of the senders at both ends.
    pub congestion: Congestion,
}

impl Link {
    /// A round trip and nothing else: no jitter, no loss, no bound, CUBIC.
    pub const fn plain(rtt: Nanos) -> Self {
        Self {
            rtt: Rtt(rtt),
            jitter: Jitter::None,
            loss: Fraction(0.0),
            bandwidth: None,
            congestion: Congestion::Cubic,
        }
    }
}

/// Congestion control of the senders on a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Congestion {
    /// CUBIC (RFC 9438), with idle restart (RFC 5681, 4.1).
    #[default]
    Cubic,
    /// BBR, which has no idle restart.
    Bbr,
}

/// The distribution of the delay that is added to one crossing.
///
/// Every variant is a distribution of *added one-way time*; what would make a crossing quicker
/// than half the RTT is cut at zero, so a link is never early.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Jitter {
    /// No jitter.
    #[default]
    None,
    /// Always this much more.
    Constant(Nanos),
    /// Evenly between zero and this.
    Uniform(Nanos),
    /// Normal with mean zero and this deviation, negative half cut to zero.
    Normal {
        /// Standard deviation.
        sd: Nanos,
    },
    /// Lognormal with this mean and deviation.
    Lognormal {
        /// Mean of the added delay.
        mean: Nanos,
        /// Standard deviation of the added delay.
        sd: Nanos,
    },
    /// Pareto: `scale × (U^(-1/shape) − 1)`, so that it starts at zero (Lomax).
    Pareto {
        /// Scale of the added delay.
        scale: Nanos,
        /// Shape; above 1 for a finite mean.
        shape: f64,
    },
    /// Linear between these (quantile 0 to 1, added delay) points, rising in both.
    Percentiles(Vec<(f64, Nanos)>),
}
