//! Whether a measurement agrees with what was expected of it.
//!
//! Not for: why it does not, or what follows (`cli::doctor`).

use super::case::Case;
use super::rules;
use super::sampled::Sampled;
use crate::scenario::Link;
use crate::units::Nanos;

/// The answer of one comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Within the tolerance.
    Agrees,
    /// Two paths have different answers of a rule that has two, as the kernel itself has: nothing to hold against either.
    Edge,
    /// Within three times the tolerance.
    Near,
    /// Beyond.
    Off,
    /// Some sample came before it could: always a failure.
    Early,
}

impl Verdict {
    /// `agrees`, `edge`, `near`, `off` or `EARLY`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Edge => "edge",
            Self::Near => "near",
            Self::Off => "off",
            Self::Early => "EARLY",
        }
    }
}

/// Up to this size times are held to the narrow tolerance.
const NARROW_TO: u64 = 450_000;
/// Narrow: this share,
const NARROW: f64 = 0.03;
/// or this time, whichever is more.
const NARROW_TIME: Nanos = Nanos::from_micros(300);
/// Beyond.
const WIDE: f64 = 0.10;

/// How far from `expected` still agrees.
pub fn tolerance(case: Case, expected: Nanos) -> Nanos {
    let share = if case.bytes() <= NARROW_TO { NARROW } else { WIDE };
    expected.scale(share).max(NARROW_TIME)
}

/// A path's samples against the rules; `None` where these say nothing and nothing came early.
pub fn judge(link: &Link, case: Case, sampled: &Sampled) -> Option<Verdict> {
    if sampled.min() < rules::floor(link, case) {
        return Some(Verdict::Early);
    }
    held(link, case, sampled.median())
}

/// A median against the rules.
fn held(link: &Link, case: Case, median: Nanos) -> Option<Verdict> {
    let expected = rules::expect(link, case)?;
    let (nearest, distance) = if median < expected.low {
        (expected.low, expected.low - median)
    } else {
        (expected.high, median.saturating_sub(expected.high))
    };
    Some(grade(distance, tolerance(case, nearest)))
}

/// One path's median against another's, that of a `reference`, over the same link.
pub fn against(link: &Link, case: Case, median: Nanos, reference: Nanos) -> Verdict {
    let told = grade(Nanos(median.0.abs_diff(reference.0)), tolerance(case, reference));
    let either = || [median, reference].iter().all(|median| held(link, case, *median) == Some(Verdict::Agrees));
    if told > Verdict::Agrees && rules::is_edge(link, case) && either() { Verdict::Edge } else { told }
}

fn grade(distance: Nanos, tolerance: Nanos) -> Verdict {
    match distance {
        d if d <= tolerance => Verdict::Agrees,
        d if d <= tolerance * 3 => Verdict::Near,
        _ => Verdict::Off,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Bytes;

    fn judged(case: Case, us: &[u64]) -> Option<Verdict> {
        let sampled = Sampled::new(us.iter().map(|us| Nanos::from_micros(*us)).collect()).expect("samples");
        judge(&Link::plain(Nanos::from_millis(15)), case, &sampled)
    }

    #[test]
    fn verdicts_have_their_bounds() {
        let reply = Case::Reply(Bytes(100_000));
        for (case, us, verdict) in [
            (Case::Small, vec![15_000], Verdict::Agrees),
            (Case::Small, vec![15_450], Verdict::Agrees),
            (Case::Small, vec![15_451], Verdict::Near),
            (Case::Small, vec![16_351], Verdict::Off),
            // One early sample is enough.
            (Case::Small, vec![14_999, 15_100, 15_100], Verdict::Early),
            (reply, vec![46_350], Verdict::Agrees),
            (reply, vec![44_900], Verdict::Early),
            (Case::Reply(Bytes(1_000_000)), vec![115_500], Verdict::Agrees),
            (Case::Reply(Bytes(1_000_000)), vec![115_501], Verdict::Near),
            (Case::Connect, vec![20], Verdict::Agrees),
            (Case::Connect, vec![15_100], Verdict::Off),
            (Case::Upload(Bytes(40_000)), vec![36_200], Verdict::Agrees),
            (Case::Upload(Bytes(40_000)), vec![30_100], Verdict::Agrees),
        ] {
            assert_eq!(judged(case, &us), Some(verdict), "{case} {us:?}");
        }
    }

    #[test]
    fn two_paths_are_held_to_the_same() {
        let ms = Nanos::from_millis;
        let link = Link::plain(ms(100));
        let (small, large, edge) = (Case::Reply(Bytes(64)), Case::Reply(Bytes(1_000_000)), Case::Again(Bytes(200_000)));
        for (case, median, verdict) in [
            (small, 103, Verdict::Agrees),
            (small, 97, Verdict::Agrees),
            (small, 96, Verdict::Near),
            (large, 131, Verdict::Off),
            // One round trip here and two there are both the kernel's; anything else is not.
            (edge, 101, Verdict::Agrees),
            (edge, 201, Verdict::Edge),
            (edge, 230, Verdict::Off),
            (Case::Again(Bytes(100_000)), 201, Verdict::Off),
        ] {
            assert_eq!(against(&link, case, ms(median), ms(100)), verdict, "{case} {median}");
        }
    }
}
