//! How a window grows in congestion avoidance: CUBIC (RFC 9438).
//!
//! Not for: slow start and what shrinks a window (`sender`).

use crate::units::Nanos;

/// What remains of a window after a loss (RFC 9438, 4.6; Linux: 717/1024).
pub(super) const BETA: f64 = 0.7;

/// Segments per cubed second (RFC 9438, 5).
const C: f64 = 0.4;

/// Growth per round trip of the Reno-friendly window: 3·(1 − β)/(1 + β) (RFC 9438, 4.3).
const ALPHA: f64 = 3.0 * (1.0 - BETA) / (1.0 + BETA);

/// A window grows by at most one segment for two acknowledged ones (RFC 9438, 4.4: half as fast as slow start).
const ACKED_PER_GROWN_MIN: f64 = 2.0;

/// Where a window is on its curve.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cubic {
    /// The window before the last reduction.
    max: f64,
    epoch: Option<Epoch>,
}

/// A stretch of congestion avoidance.
#[derive(Debug, Clone, Copy)]
struct Epoch {
    since: Nanos,
    /// The plateau, and when it is reached, in seconds.
    origin: f64,
    k: f64,
    /// What Reno would have.
    friendly: f64,
}

impl Cubic {
    /// A loss at this window: the window after it. Fast convergence as in RFC 9438, 4.7.
    pub(super) fn shrink(&mut self, window: f64) -> f64 {
        self.max = if window < self.max { window * (1.0 + BETA) / 2.0 } else { window };
        self.epoch = None;
        (window * BETA).floor().max(2.0)
    }

    /// The window after `acked` segments more, `now`.
    pub(super) fn grow(&mut self, window: f64, acked: u64, now: Nanos, rtt: Nanos) -> f64 {
        let max = self.max;
        let epoch = self.epoch.get_or_insert_with(|| {
            let k = ((max - window).max(0.0) / C).cbrt();
            Epoch { since: now, origin: max.max(window), k, friendly: window }
        });
        let acked = acked as f64;
        epoch.friendly += ALPHA * acked / window;
        let t = now.saturating_sub(epoch.since).saturating_add(rtt).as_secs_f64();
        let target = (epoch.origin + C * (t - epoch.k).powi(3)).max(epoch.friendly);
        let step = (target - window).max(0.0) / window;
        window + acked * step.min(1.0 / ACKED_PER_GROWN_MIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_comes_back_to_where_it_was() {
        let mut cubic = Cubic::default();
        let mut window = cubic.shrink(1_000.0);
        assert!((window - 700.0).abs() < 1e-9);
        // K = ∛(300/0.4) = 9.09 s of round trips of 50 ms.
        let mut now = Nanos::ZERO;
        for _ in 0..182 {
            window = cubic.grow(window, window as u64, now, Nanos::from_millis(50));
            now += Nanos::from_millis(50);
        }
        assert!((window - 1_000.0).abs() < 10.0, "{window}");
    }

    #[test]
    fn small_windows_grow_as_reno_does() {
        let mut cubic = Cubic::default();
        let mut window = cubic.shrink(10.0);
        for i in 0..10 {
            window = cubic.grow(window, window as u64, Nanos::from_millis(50 * i), Nanos::from_millis(50));
        }
        assert!((window - 7.0 - 10.0 * ALPHA).abs() < 1.0, "{window}");
    }

    #[test]
    fn a_second_loss_below_the_first_gives_way() {
        let mut cubic = Cubic::default();
        cubic.shrink(100.0);
        cubic.shrink(80.0);
        assert!((cubic.max - 68.0).abs() < 1e-9);
        assert!((cubic.shrink(1.0) - 2.0).abs() < 1e-9);
    }
}
