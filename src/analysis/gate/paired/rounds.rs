//! From response times to one log ratio a round.
//!
//! Of each round the chosen quantile of both halves of a side, second ÷ first; beside it what each side's two halves show
//! against each other, which is the same code twice. Not for: what the ratios say together.

use super::quantile;
use crate::measure::turns::{Side, Subject, Turn, turns_of};

/// So many journeys of a side and a round must lie beyond a quantile for it to be compared: one alone is the slowest of all.
const BEYOND: f64 = 2.0;

/// What the rounds of one subject show at one quantile.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Rounds {
    /// ln(second ÷ first), one for each round that counts.
    pub(super) logs: Vec<f64>,
    /// The numbers of these rounds.
    numbers: Vec<usize>,
    /// ln(other ÷ one) of the two halves of each side, one for each round that counts.
    pub(super) same: [Vec<f64>; 2],
    /// Rounds without enough journeys that ended well.
    pub(super) short: u32,
}

/// So many journeys of a side in a round support a quantile.
pub fn samples_needed(at: f64) -> usize {
    // Decimal fractions are not exact: a crumb above a whole number is none.
    (BEYOND / (1.0 - at) - 1e-9).ceil() as usize
}

impl Rounds {
    /// The rounds of a subject at a quantile.
    pub(super) fn of(subject: &Subject, at: f64) -> Self {
        let mut rounds = Self::default();
        for (number, round) in subject.rounds.iter().enumerate() {
            match (side(round, Side::First, at), side(round, Side::Second, at)) {
                (Some(first), Some(second)) => {
                    rounds.logs.push(second.0 - first.0);
                    rounds.numbers.push(number);
                    rounds.same[0].push(first.1);
                    rounds.same[1].push(second.1);
                }
                _ => rounds.short += 1,
            }
        }
        rounds
    }
    /// The same with what the control's rounds show taken off: what the machine did to both is no difference of the sides.
    #[must_use]
    pub(super) fn without(&self, control: &Self) -> Self {
        let mut left = Self { same: self.same.clone(), short: self.short, ..Self::default() };
        for (number, log) in self.numbers.iter().zip(&self.logs) {
            if let Some(at) = control.numbers.iter().position(|known| known == number) {
                left.logs.push(log - control.logs[at]);
                left.numbers.push(*number);
            }
        }
        left
    }
}

/// The log of a side's quantile in a round, and how far one half is from the other; `None` if too little ended well.
fn side(round: &[Turn; 4], side: Side, at: f64) -> Option<(f64, f64)> {
    let [one, other] = turns_of(side).map(|turn| sorted([&round[turn]]));
    let both = sorted(turns_of(side).map(|turn| &round[turn]));
    if both.len() < samples_needed(at) || one.is_empty() || other.is_empty() {
        return None;
    }
    Some((quantile(&both, at).ln(), (quantile(&other, at) / quantile(&one, at)).ln()))
}

/// The times of turns, rising; at least 1 ns each, so that they have logarithms.
pub(super) fn sorted<'a>(turns: impl IntoIterator<Item = &'a Turn>) -> Vec<f64> {
    let mut times: Vec<f64> = turns.into_iter().flat_map(|turn| &turn.times_ns).map(|ns| (*ns).max(1) as f64).collect();
    times.sort_by(f64::total_cmp);
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(ms: [u64; 2]) -> Turn {
        Turn { times_ns: ms.map(|ms| ms * 1_000_000).to_vec(), ..Turn::default() }
    }

    #[test]
    fn each_round_is_one_ratio_and_two_of_the_same() {
        let round = [turn([90, 110]), turn([105, 105]), turn([105, 105]), turn([100, 100])];
        let failed = [turn([90, 110]), Turn::default(), turn([105, 105]), turn([100, 100])];
        let subject = Subject { rounds: vec![round, failed], ..Subject::new("x".into(), false) };
        let rounds = Rounds::of(&subject, 0.5);
        assert_eq!((rounds.logs.len(), rounds.same[1].len(), rounds.short), (1, 1, 1));
        assert!(
            (rounds.logs[0] - 1.05_f64.ln()).abs() < 1e-12
                && rounds.same.iter().flatten().all(|same| same.abs() < 1e-12)
        );
        // Four journeys do not support a p90.
        assert_eq!(Rounds::of(&subject, 0.9).short, 2);
    }

    #[test]
    fn a_quantile_needs_its_samples() {
        for (at, needs) in [(0.5, 4), (0.75, 8), (0.9, 20), (0.99, 200)] {
            assert_eq!(samples_needed(at), needs, "{at}");
        }
    }
}
