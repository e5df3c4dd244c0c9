//! What becomes of one comparison.
//!
//! A regression is told only if everything agrees: the interval excludes no difference, the sign-flip test does after
//! the correction, and the difference is larger than what the same code shows against itself in this job and than what anybody
//! would mind. No difference is told only if the interval excludes the smallest one of interest. All else is
//! inconclusive. Not for: counting (`flip`, `resample`).

use super::super::Outcome;
use super::Rules;

/// One comparison in numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    /// Second ÷ first: low, middle, high.
    pub(super) ratio: (f64, f64, f64),
    /// After the correction.
    pub(super) p: f64,
    /// What the same code shows against itself.
    pub(super) floor: f64,
    /// What the first side takes, nanoseconds.
    pub(super) first_ns: f64,
}

/// Which way a difference goes, if one is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Differs {
    /// Not beyond doubt.
    No,
    /// The second side is slower.
    Slower,
    /// The second side is faster.
    Faster,
}

/// Whether the sides differ, beyond doubt and beyond what matters.
pub(super) fn differs(seen: &Seen, rules: &Rules) -> Differs {
    let (low, middle, high) = seen.ratio;
    let matters = (middle - 1.0).abs() * seen.first_ns >= rules.least_ns;
    match () {
        () if seen.p > rules.alpha || !matters => Differs::No,
        () if low > 1.0 && middle > seen.floor => Differs::Slower,
        () if high < 1.0 && middle < 1.0 / seen.floor => Differs::Faster,
        () => Differs::No,
    }
}

/// Whether a slow-down as large as anybody minds is excluded.
pub(super) fn excludes_the_smallest(seen: &Seen, rules: &Rules) -> bool {
    let (_, _, high) = seen.ratio;
    high < 1.0 + rules.smallest || (high - 1.0) * seen.first_ns < rules.least_ns
}

/// The verdict. `drifted` is what is left with the control's drift divided out, where the control drifted.
pub(super) fn verdict(seen: &Seen, drifted: Option<&Seen>, rules: &Rules) -> Outcome {
    let told = differs(seen, rules);
    let still = drifted.is_none_or(|seen| differs(seen, rules) == told);
    match told {
        Differs::Slower if still => Outcome::Regression,
        Differs::Faster if still => Outcome::Improvement,
        Differs::No if excludes_the_smallest(seen, rules) => Outcome::Pass,
        _ => Outcome::Inconclusive,
    }
}

/// What two independent sets of rounds say together: a difference must recur.
pub(super) const fn confirmed(first: Outcome, again: Outcome) -> Outcome {
    match (first, again) {
        (Outcome::Regression, Outcome::Regression) => Outcome::Regression,
        (Outcome::Improvement, Outcome::Improvement) => Outcome::Improvement,
        // The second set alone excludes the smallest slow-down of interest.
        (Outcome::Regression | Outcome::Improvement, Outcome::Pass) => Outcome::Pass,
        (Outcome::Regression | Outcome::Improvement, _) => Outcome::Inconclusive,
        _ => first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(ratio: (f64, f64, f64), p: f64) -> Seen {
        Seen { ratio, p, floor: 1.02, first_ns: 200e6 }
    }

    #[test]
    fn every_condition_is_needed() {
        let rules = Rules::default();
        let slower = seen((1.045, 1.05, 1.055), 0.001);
        for (what, seen, outcome) in [
            ("all agree", slower, Outcome::Regression),
            ("chance could do it", Seen { p: 0.02, ..slower }, Outcome::Inconclusive),
            ("no larger than the floor", Seen { floor: 1.06, ..slower }, Outcome::Inconclusive),
            ("the interval holds 1", seen((0.99, 1.05, 1.1), 0.001), Outcome::Inconclusive),
            ("too little to mind", Seen { first_ns: 0.1e6, ..slower }, Outcome::Pass),
            ("small but sure", seen((1.021, 1.025, 1.03), 0.001), Outcome::Regression),
            ("within the floor, and excludes 5 %", seen((1.005, 1.01, 1.03), 0.001), Outcome::Pass),
            ("nothing", seen((0.99, 1.0, 1.01), 0.8), Outcome::Pass),
            ("too wide", seen((0.9, 1.0, 1.1), 0.8), Outcome::Inconclusive),
            ("faster", seen((0.94, 0.95, 0.96), 0.001), Outcome::Improvement),
            ("faster, perhaps", seen((0.94, 0.95, 0.96), 0.5), Outcome::Pass),
        ] {
            assert_eq!(verdict(&seen, None, &rules), outcome, "{what}");
        }
    }

    #[test]
    fn what_the_machine_did_is_no_regression() {
        let rules = Rules::default();
        let slower = seen((1.045, 1.05, 1.055), 0.001);
        let none = seen((0.99, 1.0, 1.01), 0.9);
        assert_eq!(verdict(&slower, Some(&none), &rules), Outcome::Inconclusive);
        assert_eq!(verdict(&slower, Some(&slower), &rules), Outcome::Regression);
        assert_eq!(verdict(&none, Some(&slower), &rules), Outcome::Pass);
    }

    #[test]
    fn a_difference_must_recur() {
        use Outcome::{Improvement, Inconclusive, Pass, Regression};
        for (first, again, together) in [
            (Regression, Regression, Regression),
            (Regression, Pass, Pass),
            (Regression, Inconclusive, Inconclusive),
            (Regression, Improvement, Inconclusive),
            (Improvement, Improvement, Improvement),
            (Pass, Regression, Pass),
            (Inconclusive, Pass, Inconclusive),
        ] {
            assert_eq!(confirmed(first, again), together, "{first:?} {again:?}");
        }
    }
}
