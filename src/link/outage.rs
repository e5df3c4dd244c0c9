//! A link that is cut, and how senders come back after it is mended.
//!
//! A sender that sent into the gap is not told that the link is whole again: it sends once more when its
//! retransmission time-out comes, which doubles each time (RFC 6298, 5.5). Not for: losses (`recovery`).

use super::rtt::RttEstimate;
use crate::units::Nanos;

/// A sender that has tried as often as this, for hours, is let through at once (the kernel would have given up).
const ATTEMPTS: u32 = 200;

/// The latest gap of a link; none yet where both are zero.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Outage {
    is_cut: bool,
    from: Nanos,
    until: Nanos,
}

impl Outage {
    pub(super) fn cut(&mut self, now: Nanos) {
        if !self.is_cut {
            (self.is_cut, self.from) = (true, now);
        }
    }

    pub(super) fn mend(&mut self, now: Nanos) {
        if self.is_cut {
            (self.is_cut, self.until) = (false, now);
        }
    }

    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    pub(super) fn from(&self) -> Nanos {
        self.from
    }

    /// Whether the link was, or still is, cut at some time from `a` to `b`.
    pub(super) fn hits(&self, a: Nanos, b: Nanos) -> bool {
        let begun = self.is_cut || self.until > Nanos::ZERO;
        begun && self.from <= b && (self.is_cut || a < self.until)
    }

    /// When a sender that sent into the gap at `since` sends next, the link being mended: at once where its first
    /// sending came after.
    pub(super) fn resumes_at(&self, since: Nanos, rtt: RttEstimate) -> Nanos {
        let mut at = since;
        let mut backoff = 0;
        while at < self.until && backoff < ATTEMPTS {
            at = at.saturating_add(rtt.rto(backoff));
            backoff += 1;
        }
        at.max(self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_comes_back_with_its_next_time_out() {
        let ms = Nanos::from_millis;
        let mut outage = Outage::default();
        assert!(!outage.hits(ms(0), Nanos::MAX));
        outage.cut(ms(1_000));
        outage.cut(ms(1_500));
        assert!(outage.hits(ms(900), ms(1_000)) && !outage.hits(ms(900), ms(999)));
        outage.mend(ms(3_000));
        assert!(outage.hits(ms(2_999), ms(4_000)) && !outage.hits(ms(3_000), ms(4_000)));
        let rtt = RttEstimate::new(ms(15));
        // 215, 430, 860 and 1,720 ms one after the other.
        assert_eq!(outage.resumes_at(ms(1_100), rtt), ms(1_100 + 215 * 15));
        assert_eq!(outage.resumes_at(ms(2_900), rtt), ms(3_115));
        assert_eq!(outage.resumes_at(ms(3_000), rtt), ms(3_000));
    }
}
