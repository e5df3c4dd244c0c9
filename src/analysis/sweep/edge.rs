//! Where an objective breaks, from what was judged at some values; and which value to try next.
//!
//! Everything is in hardship (see `strategy::vary`): it rises from easy to hard. Three places are looked for: where
//! the number passes its limit (the break point), up to where the objective surely holds, and from where it is surely
//! missed. Between the last two nobody can tell. Each lies between two neighbours that differ; the next value to try
//! lies between them. Not for: what is judged, and how (`analysis::verdict`).

use crate::analysis::verdict::{Check, Verdict};

/// One objective at one value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    pub(super) hardship: f64,
    pub(super) verdict: Verdict,
    /// Lower end, number, upper end; `None` if there is none, or only a bound.
    pub(super) number: Option<[f64; 3]>,
    pub(super) limit: f64,
}

impl Seen {
    pub(super) fn of(hardship: f64, check: &Check) -> Self {
        let whole = check.measured.filter(|m| !m.at_least);
        let number = whole.map(|m| [m.estimate.low, m.estimate.value, m.estimate.high]);
        Self { hardship, verdict: check.verdict, number, limit: check.limit }
    }
    /// On which side of its limit the number is; `None` if there is no telling.
    fn within(&self) -> Option<bool> {
        match self.verdict {
            Verdict::Held | Verdict::NoneSeen => Some(true),
            Verdict::Missed => Some(false),
            _ => self.number.map(|[_, value, _]| value <= self.limit),
        }
    }
}

/// What became of an objective over the whole range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It surely holds at every value that was tried.
    HoldsThroughout,
    /// It is surely missed at every value that was tried.
    MissedThroughout,
    /// Its number passes the limit inside of the range.
    Breaks,
    /// Its number stays within the limit, but not surely everywhere.
    NotReached,
    /// Nobody can tell.
    CannotTell,
}

/// Where an objective breaks, in hardship.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) outcome: Outcome,
    /// The last value within and the first beyond the limit.
    pub(super) between: Option<(f64, f64)>,
    /// Where the number passes the limit: the straight line between these two.
    pub(super) at: Option<f64>,
    /// It surely holds at every value tried up to here.
    pub(super) holds_to: Option<f64>,
    /// It is surely missed at every value tried from here on that has a number.
    pub(super) misses_from: Option<f64>,
    /// It surely holds again at a harder value than one at which it is surely missed.
    pub(super) again: bool,
}

/// Neighbours between which something changes, and which of their numbers meets the limit there.
#[derive(Debug, Clone, Copy)]
struct Cut {
    easy: usize,
    hard: usize,
    number: usize,
}

/// The cuts of rising values: the break point, the end of holding, the begin of missing.
fn cuts(seen: &[Seen]) -> [Option<Cut>; 3] {
    let beyond = seen.iter().position(|s| s.within() == Some(false));
    let value = beyond.and_then(|hard| {
        let easy = seen[..hard].iter().rposition(|s| s.within() == Some(true))?;
        Some(Cut { easy, hard, number: 1 })
    });
    let held = seen.iter().take_while(|s| s.verdict == Verdict::Held).count();
    let holds = (held > 0 && held < seen.len()).then(|| Cut { easy: held - 1, hard: held, number: 2 });
    let misses = missed_from(seen).filter(|from| *from > 0).map(|from| Cut { easy: from - 1, hard: from, number: 0 });
    [value, holds, misses]
}

/// The first of the values from which on the objective is missed wherever there is a number at all.
///
/// Where so little ends that there is none, nothing speaks for holding.
fn missed_from(seen: &[Seen]) -> Option<usize> {
    let blank = |s: &Seen| s.verdict == Verdict::CannotTell && s.number.is_none();
    let tail = seen.iter().enumerate().rev().take_while(|(_, s)| s.verdict == Verdict::Missed || blank(s));
    tail.filter(|(_, s)| !blank(s)).last().map(|(index, _)| index)
}

impl Cut {
    /// The hardship at which the straight line between both numbers meets the limit.
    fn crossing(self, seen: &[Seen]) -> Option<f64> {
        let (easy, hard) = (&seen[self.easy], &seen[self.hard]);
        let (from, to) = (easy.number?[self.number], hard.number?[self.number]);
        let meets = from <= easy.limit && easy.limit < to;
        meets.then(|| easy.hardship + (easy.limit - from) / (to - from) * (hard.hardship - easy.hardship))
    }
}

/// Judges the whole range.
pub(super) fn place(seen: &[Seen]) -> Place {
    let all = |verdict| !seen.is_empty() && seen.iter().all(|s| s.verdict == verdict);
    let [value, ..] = cuts(seen);
    let outcome = match () {
        () if all(Verdict::Held) => Outcome::HoldsThroughout,
        () if all(Verdict::Missed) => Outcome::MissedThroughout,
        () if value.is_some() => Outcome::Breaks,
        () if !seen.is_empty() && seen.iter().all(|s| s.within() == Some(true)) => Outcome::NotReached,
        () => Outcome::CannotTell,
    };
    let held = seen.iter().take_while(|s| s.verdict == Verdict::Held).last();
    let first_missed = seen.iter().position(|s| s.verdict == Verdict::Missed);
    let between = value.map(|cut| (seen[cut.easy].hardship, seen[cut.hard].hardship));
    Place {
        outcome,
        at: value.and_then(|cut| cut.crossing(seen)).or(between.map(|(a, b)| (a * b).sqrt())),
        between,
        holds_to: held.map(|s| s.hardship),
        misses_from: missed_from(seen).map(|index| seen[index].hardship),
        again: first_missed.is_some_and(|at| seen[at..].iter().any(|s| s.verdict == Verdict::Held)),
    }
}

/// The next hardship to try so that cut number `which` (0 to 2) is known to `precision`; `None` if it is, or is not there.
///
/// A bisection that looks where the straight line between the numbers meets the limit first, just beside it, so that
/// a smooth curve is narrowed from both sides at once; every third `turn` it halves whatever the numbers say.
pub(super) fn next(seen: &[Seen], which: usize, precision: f64, turn: usize) -> Option<f64> {
    let cut = cuts(seen)[which]?;
    let (from, to) = (seen[cut.easy].hardship, seen[cut.hard].hardship);
    if cut.hard != cut.easy + 1 || to / from <= 1.0 + precision {
        return None;
    }
    let middle = (from * to).sqrt();
    let Some(crossing) = cut.crossing(seen).filter(|_| !turn.is_multiple_of(3)) else { return Some(middle) };
    let beside = 1.0 + 0.45 * precision;
    let (below, above) = (crossing / beside, crossing * beside);
    match () {
        () if above < to && to / above >= beside => Some(above),
        () if below > from && below / from >= beside => Some(below),
        () => Some(middle),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMIT: f64 = 800.0;

    /// A number at a hardship, known to `doubt` of itself.
    fn at(hardship: f64, number: f64, doubt: f64) -> Seen {
        let [low, high] = [number * (1.0 - doubt), number * (1.0 + doubt)];
        let verdict = match () {
            () if low > LIMIT => Verdict::Missed,
            () if high <= LIMIT => Verdict::Held,
            () => Verdict::CannotTell,
        };
        Seen { hardship, verdict, number: Some([low, number, high]), limit: LIMIT }
    }

    fn unknown(hardship: f64) -> Seen {
        Seen { hardship, verdict: Verdict::CannotTell, number: None, limit: LIMIT }
    }

    /// Tries values until all cuts are known: what was seen, and how many values it took.
    fn sought(number: impl Fn(f64) -> f64, doubt: f64, precision: f64) -> (Vec<Seen>, usize) {
        let mut seen: Vec<Seen> = [0.5, 2.0, 8.0, 30.0, 100.0].map(|x| at(x, number(x), doubt)).into();
        let mut turn = 0;
        while let Some(hardship) = (0..3).find_map(|which| next(&seen, which, precision, turn + 1)) {
            assert!(seen.iter().all(|s| (s.hardship / hardship - 1.0).abs() > 1e-9), "{hardship} again");
            seen.push(at(hardship, number(hardship), doubt));
            seen.sort_by(|a, b| a.hardship.total_cmp(&b.hardship));
            turn += 1;
        }
        (seen, turn)
    }

    #[test]
    fn a_straight_line_breaks_where_it_does_by_hand() {
        // 20 + 34 × RTT passes 800 at 22.94.
        let (seen, tried) = sought(|x| 20.0 + 34.0 * x, 0.0, 0.01);
        let place = place(&seen);
        assert_eq!((place.outcome, place.again), (Outcome::Breaks, false));
        assert!((place.at.expect("breaks") / (780.0 / 34.0) - 1.0).abs() < 1e-9, "{place:?}");
        let (holds, misses) = (place.holds_to.expect("holds"), place.misses_from.expect("misses"));
        assert!(holds < 780.0 / 34.0 && 780.0 / 34.0 < misses && misses / holds <= 1.011, "{place:?}");
        assert!(tried <= 4, "{tried} tries");
    }

    #[test]
    fn doubt_widens_the_interval_and_not_the_break_point() {
        let (seen, _) = sought(|x| 20.0 + 34.0 * x, 0.1, 0.01);
        let place = place(&seen);
        assert!((place.at.expect("breaks") / (780.0 / 34.0) - 1.0).abs() < 0.01);
        // Surely held while 1.1 × is within, surely missed once 0.9 × is beyond.
        let (holds, misses) = ((800.0 / 1.1 - 20.0) / 34.0, (800.0 / 0.9 - 20.0) / 34.0);
        let of = |found: Option<f64>, exact: f64| (found.expect("known") / exact - 1.0).abs();
        assert!(of(place.holds_to, holds) < 0.011 && of(place.misses_from, misses) < 0.011, "{place:?}");
    }

    #[test]
    fn what_never_changes_is_said_so() {
        let of = |number: f64, doubt| place(&sought(|_| number, doubt, 0.01).0);
        assert_eq!(of(100.0, 0.1).outcome, Outcome::HoldsThroughout);
        assert_eq!(of(1_000.0, 0.1).outcome, Outcome::MissedThroughout);
        assert_eq!(of(790.0, 0.1).outcome, Outcome::NotReached);
        assert_eq!(of(810.0, 0.1).outcome, Outcome::CannotTell);
        assert_eq!(place(&[]).outcome, Outcome::CannotTell);
        assert_eq!(place(&[unknown(1.0), unknown(2.0)]).outcome, Outcome::CannotTell);
    }

    #[test]
    fn what_cannot_be_told_between_is_left_open() {
        let seen = [at(1.0, 100.0, 0.0), unknown(4.0), at(8.0, 900.0, 0.0)];
        let place = place(&seen);
        assert_eq!((place.outcome, place.between), (Outcome::Breaks, Some((1.0, 8.0))));
        assert_eq!((place.holds_to, place.misses_from), (Some(1.0), Some(8.0)));
        assert_eq!(next(&seen, 0, 0.01, 1), None);
    }

    #[test]
    fn where_nothing_ends_any_more_nothing_speaks_for_holding() {
        let seen = [at(1.0, 100.0, 0.0), at(2.0, 900.0, 0.0), unknown(3.0), unknown(4.0)];
        assert_eq!(place(&seen).misses_from, Some(2.0));
        assert_eq!(place(&[at(1.0, 100.0, 0.0), unknown(3.0)]).misses_from, None);
        assert_eq!(place(&[unknown(1.0), at(2.0, 900.0, 0.0)]).misses_from, Some(2.0));
    }

    #[test]
    fn what_holds_again_is_told() {
        let seen = [at(1.0, 100.0, 0.0), at(2.0, 900.0, 0.0), at(3.0, 100.0, 0.0), at(4.0, 900.0, 0.0)];
        let place = place(&seen);
        assert!(place.again && place.between == Some((1.0, 2.0)) && place.misses_from == Some(4.0), "{place:?}");
    }

    #[test]
    fn a_cliff_is_found_by_halving() {
        let (seen, tried) = sought(|x| if x < 17.3 { 10.0 } else { 1e9 }, 0.0, 0.01);
        let place = place(&seen);
        let (from, to) = place.between.expect("breaks");
        assert!(from < 17.3 && 17.3 <= to && to / from <= 1.01, "{place:?}");
        assert!(tried <= 24, "{tried} tries");
    }

    proptest! {
        #[test]
        fn every_rising_curve_is_bracketed(base in 1.0..700.0_f64, k in 1.0..1_000.0_f64, bend in 0.5..3.0_f64, doubt in 0.0..0.3_f64) {
            let (seen, tried) = sought(|x| base + k * x.powf(bend), doubt, 0.01);
            let place = place(&seen);
            if let Some((from, to)) = place.between {
                let exact = ((LIMIT - base) / k).powf(1.0 / bend);
                prop_assert!(from <= exact * 1.000_001 && exact <= to * 1.000_001 && to / from <= 1.010_001);
                prop_assert!(place.holds_to.is_none_or(|x| x <= exact * 1.000_001));
                prop_assert!(place.misses_from.is_none_or(|x| x >= exact * 0.999_999));
            }
            prop_assert!(tried <= 60, "{} tries", tried);
        }
    }
}
