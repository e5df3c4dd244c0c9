//! A number against its limit: held, missed, or nobody can tell.
//!
//! A limit is held when the whole 95 % interval lies at or below it and missed when the whole
//! interval lies above; in between nobody can tell, and that is what is said. Not for: where the
//! number comes from (`workload`).

use crate::measure::{Estimate, Z95};

use super::words;

/// What became of one objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The interval lies within the limit.
    Held,
    /// No failure was seen, in too few journeys to prove so small a limit.
    NoneSeen,
    /// The samples do not support the number, or its interval straddles the limit.
    CannotTell,
    /// The phase was not measured (a partial run).
    NotMeasured,
    /// The measurement failed its own checks: there is no number.
    Invalid,
    /// The interval lies beyond the limit.
    Missed,
}

impl Verdict {
    /// The word that a reader sees.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::NoneSeen => "none seen",
            Self::CannotTell => "cannot tell",
            Self::NotMeasured => "not measured",
            Self::Invalid => "INVALID",
            Self::Missed => "missed",
        }
    }
}

/// What an objective limits.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub enum Quantity {
    /// A quantile of the response time, in nanoseconds.
    Quantile(f64),
    /// The share of journeys that failed.
    Errors,
    /// The age of the oldest job waiting, in nanoseconds.
    Oldest,
    /// The length of a whole cron run, in nanoseconds.
    Duration,
    /// The time until the last instance is ready, in nanoseconds.
    Ready,
}

impl Quantity {
    /// What a reader calls it.
    pub fn name(self) -> String {
        match self {
            Self::Quantile(q) => words::quantile(q),
            Self::Errors => "errors".into(),
            Self::Oldest => "oldest job".into(),
            Self::Duration => "run".into(),
            Self::Ready => "ready".into(),
        }
    }
    /// A value of it, with its unit.
    pub fn shown(self, value: f64) -> String {
        if self == Self::Errors { words::percent(value) } else { words::time(value) }
    }
}

/// A number that an objective is judged by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The number with its interval.
    pub estimate: Estimate,
    /// It was extrapolated from a part.
    pub extrapolated: bool,
    /// It is a lower bound: what it measures had not ended.
    pub at_least: bool,
}

impl Measured {
    /// A plain measured number.
    pub const fn plain(estimate: Estimate) -> Self {
        Self { estimate, extrapolated: false, at_least: false }
    }
}

/// One objective of one workload at one placement.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// The queue or job; the workload's own name where it has only one part.
    pub part: String,
    /// What is limited.
    pub quantity: Quantity,
    /// The limit, in the quantity's unit.
    pub limit: f64,
    /// What became of it.
    pub verdict: Verdict,
    /// The number; `None` where there is none to show.
    pub measured: Option<Measured>,
    /// Why, where the verdict alone does not say it; empty otherwise.
    pub why: String,
}

impl Check {
    /// Judges a number; `None` is one that the samples do not support, for the reason `why`.
    pub fn of(part: &str, quantity: Quantity, limit: f64, measured: Option<Measured>, why: &str) -> Self {
        let verdict = measured.map_or(Verdict::CannotTell, |m| judge(&m, limit));
        let straddles = verdict == Verdict::CannotTell && measured.is_some() && why.is_empty();
        let why = match measured {
            Some(m) if straddles && m.at_least => "not ended when measuring did".to_owned(),
            Some(m) if straddles => format!(
                "interval {} to {} straddles the limit",
                quantity.shown(m.estimate.low),
                quantity.shown(m.estimate.high)
            ),
            _ => why.to_owned(),
        };
        Self { part: part.into(), quantity, limit, verdict, measured, why }
    }
    /// The same objective where there is no measurement at all.
    #[must_use]
    pub fn without(mut self, verdict: Verdict, why: &str) -> Self {
        self.verdict = verdict;
        self.measured = None;
        why.clone_into(&mut self.why);
        self
    }
    /// It would be missed at any limit, and [`Check::why`] says why: a queue that grows, an instance that fails.
    pub fn never(&self) -> bool {
        let at_least = self.measured.is_some_and(|m| m.at_least);
        at_least
            && match self.quantity {
                Quantity::Oldest => true,
                Quantity::Ready => self.verdict == Verdict::Missed && !self.why.is_empty(),
                Quantity::Quantile(_) | Quantity::Errors | Quantity::Duration => false,
            }
    }
    /// How far from the limit: 1 is at it, 2 is twice it. A limit of zero, or what is missed at any, is infinitely far.
    pub fn ratio(&self) -> Option<f64> {
        let measured = self.measured?;
        if self.never() {
            return Some(f64::INFINITY);
        }
        let value = measured.estimate.value;
        Some(if value == 0.0 { 0.0 } else { value / self.limit })
    }
    /// Orders checks by what a reader should hear of first: what is missed, then how near to the limit.
    pub fn weight(&self) -> (bool, f64) {
        (self.verdict == Verdict::Missed, self.ratio().unwrap_or(-1.0))
    }
    /// Compares two checks by [`Check::weight`].
    pub fn heavier(&self, other: &Self) -> std::cmp::Ordering {
        let ((missed, ratio), (other_missed, other_ratio)) = (self.weight(), other.weight());
        missed.cmp(&other_missed).then(ratio.total_cmp(&other_ratio))
    }
}

/// Held, missed or cannot tell, by the interval.
fn judge(measured: &Measured, limit: f64) -> Verdict {
    match measured.estimate {
        Estimate { low, .. } if low > limit => Verdict::Missed,
        Estimate { high, .. } if high <= limit && !measured.at_least => Verdict::Held,
        _ => Verdict::CannotTell,
    }
}

/// Journeys of one arm: its share, how many failed, of how many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Failures {
    /// Share of the workload.
    pub share: f64,
    /// Journeys that ended badly.
    pub failed: u64,
    /// Journeys that were started.
    pub of: u64,
}

/// The share of journeys that failed, over arms weighted by their share; `None` if an arm has no journeys.
///
/// The interval is Wilson's, combined over arms by the method of variance estimates recovery
/// (Zou and Donner, 2008); for one arm that is Wilson's own.
pub fn failure_share(arms: &[Failures]) -> Option<Estimate> {
    let total: f64 = arms.iter().map(|a| a.share).sum();
    let shares: Option<Vec<_>> =
        arms.iter().filter(|a| a.share > 0.0).map(|a| share(a.failed, a.of).map(|s| (a.share / total, s))).collect();
    let shares = shares.filter(|s| !s.is_empty())?;
    let value: f64 = shares.iter().map(|(w, s)| w * s.value).sum();
    let down = shares.iter().map(|(w, s)| (w * (s.value - s.low)).powi(2)).sum::<f64>().sqrt();
    let up = shares.iter().map(|(w, s)| (w * (s.high - s.value)).powi(2)).sum::<f64>().sqrt();
    let n = arms.iter().map(|a| a.of).sum();
    Some(Estimate { value, low: (value - down).max(0.0), high: (value + up).min(1.0), n })
}

/// The share of journeys that failed, judged; none seen in too few is its own verdict.
pub fn errors(part: &str, arms: &[Failures], limit: f64) -> Check {
    let estimate = failure_share(arms);
    let mut check = Check::of(part, Quantity::Errors, limit, estimate.map(Measured::plain), "an arm had no journeys");
    let Some(estimate) = estimate else { return check };
    check.why.clear();
    if check.verdict == Verdict::CannotTell {
        let failed: u64 = arms.iter().map(|a| a.failed).sum();
        let (n, reach) = (words::count(estimate.n), words::percent(estimate.high));
        if failed == 0 {
            check.verdict = Verdict::NoneSeen;
            check.why = format!("no failure in {n}: up to {reach} possible");
        } else {
            let low = words::percent(estimate.low);
            check.why = format!("{} of {n} failed: {low} to {reach} possible", words::count(failed));
        }
    }
    check
}

/// A share with its 95 % interval by Wilson's score, which holds at none and at all; `None` of nothing.
pub fn share(hits: u64, of: u64) -> Option<Estimate> {
    if of == 0 {
        return None;
    }
    let (n, p) = (of as f64, (hits as f64 / of as f64).min(1.0));
    let centre = p + Z95 * Z95 / (2.0 * n);
    let half = Z95 * (p * (1.0 - p) / n + Z95 * Z95 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z95 * Z95 / n;
    let low = if hits == 0 { 0.0 } else { ((centre - half) / scale).max(0.0) };
    let high = if hits >= of { 1.0 } else { ((centre + half) / scale).min(1.0) };
    Some(Estimate { value: p, low, high, n: of })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(low: f64, value: f64, high: f64) -> Measured {
        Measured::plain(Estimate { value, low, high, n: 1_000 })
    }

    #[test]
    fn the_interval_decides() {
        let limit = 800e6;
        for (measured, verdict) in [
            (of(500e6, 600e6, 700e6), Verdict::Held),
            (of(700e6, 780e6, 800e6), Verdict::Held),
            (of(700e6, 780e6, 800e6 + 1.0), Verdict::CannotTell),
            (of(800e6, 820e6, 840e6), Verdict::CannotTell),
            (of(800e6 + 1.0, 820e6, 840e6), Verdict::Missed),
            (Measured { at_least: true, ..of(500e6, 600e6, 700e6) }, Verdict::CannotTell),
            (Measured { at_least: true, ..of(900e6, 950e6, 990e6) }, Verdict::Missed),
        ] {
            let check = Check::of("web", Quantity::Quantile(0.99), limit, Some(measured), "");
            assert_eq!(check.verdict, verdict, "{measured:?}");
            assert_eq!(check.why.is_empty(), verdict != Verdict::CannotTell, "{}", check.why);
        }
        let absent = Check::of("web", Quantity::Quantile(0.99), limit, None, "n = 41 too few");
        assert_eq!(
            (absent.verdict, absent.ratio(), absent.why.as_str()),
            (Verdict::CannotTell, None, "n = 41 too few")
        );
    }

    #[test]
    fn failures_are_counted_with_their_doubt() {
        let of = |failed, of| errors("web", &[Failures { share: 1.0, failed, of }], 0.001);
        for (failed, n, verdict) in [
            (0, 1_000, Verdict::NoneSeen),
            (0, 10_000, Verdict::Held),
            (1, 1_000, Verdict::CannotTell),
            (50, 1_000, Verdict::Missed),
            (0, 0, Verdict::CannotTell),
        ] {
            assert_eq!(of(failed, n).verdict, verdict, "{failed} of {n}");
        }
        assert_eq!(of(0, 1_000).why, "no failure in 1,000: up to 0.383 % possible");
        assert_eq!(of(1, 1_000).why, "1 of 1,000 failed: 0.0177 % to 0.564 % possible");
        let canary = [Failures { share: 0.99, failed: 0, of: 10_000 }, Failures { share: 0.01, failed: 10, of: 20 }];
        let blend = failure_share(&canary).expect("both have journeys");
        assert!((blend.value - 0.005).abs() < 1e-9 && blend.low < 0.004 && blend.high < 0.008, "{blend:?}");
    }

    #[test]
    fn a_ratio_is_of_the_limit() {
        let at = |value, limit| Check::of("w", Quantity::Errors, limit, Some(of(value, value, value)), "").ratio();
        assert_eq!(at(0.02, 0.01), Some(2.0));
        assert_eq!(at(0.0, 0.0), Some(0.0));
        assert_eq!(at(0.1, 0.0), Some(f64::INFINITY));
    }

    proptest! {
        #[test]
        fn a_share_lies_in_its_interval(of in 1..100_000_u64, part in 0.0..=1.0_f64) {
            let hits = (of as f64 * part) as u64;
            let s = share(hits, of).expect("of something");
            prop_assert!(0.0 <= s.low && s.low <= s.value && s.value <= s.high && s.high <= 1.0, "{s:?}");
        }
        #[test]
        fn exactly_one_verdict(low in 0.0..10.0_f64, up in 0.0..10.0_f64, limit in 0.0..20.0_f64) {
            let m = of(low, low + up / 2.0, low + up);
            let verdict = judge(&m, limit);
            prop_assert_eq!(verdict == Verdict::Missed, low > limit);
            prop_assert_eq!(verdict == Verdict::Held, low + up <= limit);
        }
    }
}
