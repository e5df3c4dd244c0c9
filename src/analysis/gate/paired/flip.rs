//! The exact sign-flip test: how often would chance alone put the rounds as far on one side as they are?
//!
//! If nothing differs, a round's log ratio is as likely to be what it is as to be its negative, so all 2ⁿ ways to give the
//! rounds their signs are equally likely (R. A. Fisher, *The Design of Experiments*, 1935, section 21). The two-sided p is the share of them
//! whose statistic lies as far from zero as the observed one. It is exact up to [`EXACT_MOST`] rounds, whatever the
//! distribution; beyond that so many seeded draws stand for all. Not for: how large the difference is (`resample`).

use rand::RngExt;

use crate::seed::Stream;

/// So many rounds are enumerated: about a million ways.
pub const EXACT_MOST: usize = 20;
/// Draws beyond that.
const DRAWS: u64 = 200_000;
/// A round counts no more than so many times the median round. It depends on magnitudes only, which flips leave alone, so
/// the test stays exact, and one stalled round among many does not hide a difference.
const CLAMP: f64 = 2.0;

/// The two-sided p of rounds with these log ratios; 1 if there are none.
pub fn p_value(logs: &[f64], stream: &mut Stream) -> f64 {
    let values = clamped(logs);
    let observed = values.iter().sum::<f64>().abs();
    // Sums of the same numbers in another order differ by rounding.
    let least = observed - 1e-12 * values.iter().map(|value| value.abs()).sum::<f64>();
    if values.len() <= EXACT_MOST { exact(&values, least) } else { drawn(&values, least, stream) }
}

/// The smallest p that so many rounds can give: all on one side.
pub fn smallest_p(rounds: u32) -> f64 {
    2.0_f64.powi(1 - rounds.min(1_000).cast_signed()).min(1.0)
}

/// So many rounds are needed at least for a p of `alpha` after a correction for `comparisons`.
pub fn rounds_needed(alpha: f64, comparisons: usize) -> u32 {
    (1..=1_000).find(|rounds| smallest_p(*rounds) * comparisons.max(1) as f64 <= alpha).unwrap_or(1_000)
}

/// Rounds that lie far out, brought in.
fn clamped(logs: &[f64]) -> Vec<f64> {
    let mut sizes: Vec<f64> = logs.iter().map(|log| log.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let most = super::quantile(&sizes, 0.5) * CLAMP;
    // More than half of them are exactly nothing: then what is left counts in full.
    if most > 0.0 { logs.iter().map(|log| log.clamp(-most, most)).collect() } else { logs.to_vec() }
}

/// Every way to give them signs, in the order of a Gray code: each differs from the one before in one sign.
fn exact(values: &[f64], least: f64) -> f64 {
    let ways = 1_u64 << values.len();
    let mut signs: Vec<f64> = vec![1.0; values.len()];
    let mut far = 0_u64;
    for way in 0..ways {
        if way > 0 {
            let flipped = way.trailing_zeros() as usize;
            signs[flipped] = -signs[flipped];
        }
        let sum: f64 = values.iter().zip(&signs).map(|(value, sign)| value * sign).sum();
        far += u64::from(sum.abs() >= least);
    }
    far as f64 / ways as f64
}

/// Some of the ways; the observed one is one of them, so that p is never 0 (Phipson and Smyth, 2010).
fn drawn(values: &[f64], least: f64, stream: &mut Stream) -> f64 {
    let far = (0..DRAWS).filter(|_| {
        let signed = values.iter().map(|value| if stream.random::<bool>() { *value } else { -*value });
        signed.sum::<f64>().abs() >= least
    });
    (far.count() as f64 + 1.0) / (DRAWS as f64 + 1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::seed::Seed;

    fn p(logs: &[f64]) -> f64 {
        p_value(logs, &mut Seed(1).stream("flip", 0))
    }

    #[test]
    fn small_cases_are_as_counted_by_hand() {
        // Of 8 ways, +++ and −−− are as far; of 1, 2, 3 with one sign turned, sums are 6, 4, 2, 0 twice each way.
        for (logs, expected) in [
            (vec![1.0, 1.0, 1.0], 0.25),
            (vec![1.0, 1.5, 2.0], 0.25),
            (vec![-1.0, 1.5, 2.0], 0.5),
            (vec![1.0, -1.0], 1.0),
            (vec![0.0, 0.0], 1.0),
            (vec![], 1.0),
            (vec![0.01; 12], 2.0 / 4096.0),
        ] {
            assert!((p(&logs) - expected).abs() < 1e-12, "{logs:?}: {}, not {expected}", p(&logs));
        }
    }

    #[test]
    fn one_stalled_round_does_not_hide_the_others() {
        let mut logs = vec![0.05; 15];
        logs.push(-3.0);
        assert!(p(&logs) < 0.01, "{}", p(&logs));
    }

    #[test]
    fn as_many_rounds_as_a_correction_needs() {
        for (alpha, comparisons, rounds) in [(0.05, 1, 6), (0.01, 1, 8), (0.01, 2, 9), (0.01, 20, 12), (0.01, 100, 15)]
        {
            assert_eq!(rounds_needed(alpha, comparisons), rounds, "{alpha} {comparisons}");
        }
    }

    #[test]
    fn many_rounds_are_drawn_and_agree_with_what_is_exact() {
        let logs: Vec<f64> = (0..14_i32).map(|n| f64::from(n % 7) - 2.0).collect();
        let values = clamped(&logs);
        let least = values.iter().sum::<f64>().abs() - 1e-9;
        let (all, some) = (exact(&values, least), drawn(&values, least, &mut Seed(3).stream("flip", 0)));
        assert!((all - some).abs() < 0.005, "{all} {some}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn signs_of_all_and_order_change_nothing(mut logs in prop::collection::vec(-1.0..1.0_f64, 1..10)) {
            let before = p(&logs);
            prop_assert!(before > 0.0 && before <= 1.0);
            logs.reverse();
            for log in &mut logs {
                *log = -*log;
            }
            prop_assert!((p(&logs) - before).abs() < 1e-9);
        }
        /// By definition: of all ways to sign the same rounds, no more than a share of `alpha` has a p of `alpha` or less.
        #[test]
        fn under_exchangeable_noise_it_is_never_too_small_too_often(
            sizes in prop::collection::vec(0.001..1.0_f64, 4..9),
            alpha in 0.01..0.5_f64,
        ) {
            let ways = 1_u32 << sizes.len();
            let signed = |way: u32| -> Vec<f64> {
                sizes.iter().enumerate().map(|(n, size)| if way >> n & 1 == 1 { -size } else { *size }).collect()
            };
            let small = (0..ways).filter(|way| p(&signed(*way)) <= alpha).count();
            prop_assert!(small as f64 <= alpha * f64::from(ways) + 1e-9, "{} of {}", small, ways);
        }
    }
}
