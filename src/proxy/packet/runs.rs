//! Segments of one frame that arrive together, and so cross as one frame: a run.
//!
//! The link says of each segment when it arrives, or that it is lost. Those that follow each other within a step
//! ([`STEP`]) arrive with the last of them: never early, and less late than a wait. Written one by one they cost the processor so
//! much that at 1 Gbit/s the proxy's thread is busy all the time, which lengthens the round trip and so slows TCP. Not for:
//! cutting frames (`frame`).

use std::ops::Range;

use crate::link::STEP;
use crate::units::Nanos;

/// Segments of a frame, and when all of them arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) segments: Range<usize>,
    pub(super) at: Nanos,
}

/// Finds runs among the segments of a frame, told one by one.
#[derive(Debug, Default)]
pub(super) struct Runs {
    /// The run that goes on, and when its first segment arrives.
    open: Option<(Run, Nanos)>,
}

impl Runs {
    /// Segment `i` arrives `at` that instant, or never; the run that is over with this, if one is.
    pub(super) fn push(&mut self, i: usize, at: Option<Nanos>) -> Option<Run> {
        if let (Some((run, first)), Some(at)) = (&mut self.open, at)
            && run.segments.end == i
            && at < first.saturating_add(STEP)
        {
            (run.segments.end, run.at) = (i + 1, at.max(run.at));
            return None;
        }
        let next = at.map(|at| (Run { segments: i..i + 1, at }, at));
        std::mem::replace(&mut self.open, next).map(|(run, _)| run)
    }

    /// The last run, if one is left.
    pub(super) fn end(self) -> Option<Run> {
        self.open.map(|(run, _)| run)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn runs(arrivals: &[Option<u64>]) -> Vec<(Range<usize>, u64)> {
        let mut runs = Runs::default();
        let mut all: Vec<Run> = arrivals.iter().enumerate().filter_map(|(i, at)| runs.push(i, at.map(Nanos))).collect();
        all.extend(runs.end());
        all.into_iter().map(|run| (run.segments, run.at.0)).collect()
    }

    #[test]
    fn runs_end_at_a_step_and_at_a_loss() {
        let (us, lost) = (|us: u64| Some(us * 1_000), None);
        assert_eq!(runs(&[]), []);
        assert_eq!(runs(&[lost, lost]), []);
        assert_eq!(runs(&[us(7), us(7), us(7)]), [(0..3, 7_000)]);
        // 12 µs apart, as at 1 Gbit/s.
        let arrivals: Vec<_> = (0..10).map(|i| us(12 * i)).collect();
        assert_eq!(runs(&arrivals), [(0..5, 48_000), (5..10, 108_000)]);
        // 120 µs apart, as at 100 Mbit/s: each by itself.
        assert_eq!(runs(&[us(120), us(240)]), [(0..1, 120_000), (1..2, 240_000)]);
        assert_eq!(runs(&[us(7), lost, us(7), us(7)]), [(0..1, 7_000), (2..4, 7_000)]);
    }

    proptest! {
        #[test]
        fn every_segment_that_arrives_does_so_once_never_early_and_within_a_step(
            gaps in prop::collection::vec((0_u64..60_000, any::<bool>()), 0..200),
        ) {
            let mut now = 0;
            let arrivals: Vec<_> = gaps.iter().map(|(gap, lost)| { now += gap; (!lost).then_some(now) }).collect();
            let mut left: Vec<_> = arrivals.clone();
            for (segments, at) in runs(&arrivals) {
                for i in segments {
                    let own = left[i].take().expect("told to arrive, and in no run before");
                    prop_assert!(own <= at && at < own + STEP.0, "{own} {at}");
                }
            }
            prop_assert!(left.iter().all(Option::is_none));
        }
    }
}
