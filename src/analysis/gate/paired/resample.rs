//! The seeded bootstrap interval of the median over rounds.
//!
//! Rounds, not journeys, are drawn again with replacement: journeys of one round share what the machine did meanwhile, so a
//! thousand of them are not a thousand facts (Efron and Tibshirani, *An Introduction to the Bootstrap*, 13.3: percentile
//! interval). Not for: whether chance alone could do it (`flip`).

use rand::RngExt;

use super::quantile;
use crate::seed::Stream;

/// Resamples: ends of a 95 % interval are each known from fifty of them.
const RESAMPLES: usize = 2_000;

/// The median of rounds and its 95 % interval, low first; `None` without rounds.
pub(super) fn interval(logs: &[f64], stream: &mut Stream) -> Option<(f64, f64, f64)> {
    if logs.is_empty() {
        return None;
    }
    let mut medians = medians(logs, stream);
    medians.sort_by(f64::total_cmp);
    let middle = median(&mut logs.to_vec());
    // The middle of a lopsided sample can lie at an end of the interval, never beyond it.
    Some((quantile(&medians, 0.025).min(middle), middle, quantile(&medians, 0.975).max(middle)))
}

/// How far from nothing the medians of each of several rows of rounds lie, in so large a share of resamples of all of them; 0 of
/// none.
pub(super) fn bound<'a>(rows: impl IntoIterator<Item = &'a Vec<f64>>, share: f64, stream: &mut Stream) -> f64 {
    let rows = rows.into_iter().filter(|row| !row.is_empty());
    let mut sizes: Vec<f64> = rows.flat_map(|row| medians(row, stream)).map(f64::abs).collect();
    sizes.sort_by(f64::total_cmp);
    quantile(&sizes, share)
}

/// The median of each resample of rounds, of which there are some.
fn medians(logs: &[f64], stream: &mut Stream) -> Vec<f64> {
    let mut again = vec![0.0; logs.len()];
    let resample = |_| {
        for value in &mut again {
            *value = logs[stream.random_range(0..logs.len())];
        }
        median(&mut again)
    };
    (0..RESAMPLES).map(resample).collect()
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    quantile(values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    fn of(logs: &[f64]) -> (f64, f64, f64) {
        interval(logs, &mut Seed(1).stream("resample", 0)).expect("there are rounds")
    }

    #[test]
    fn it_holds_the_median_and_narrows_with_more_rounds() {
        let some: Vec<f64> = (0..9).map(f64::from).collect();
        let many: Vec<f64> = (0..90).map(|n| f64::from(n % 9)).collect();
        let ((low, middle, high), (a, b, c)) = (of(&some), of(&many));
        assert!(low < 4.0 && (middle - 4.0).abs() < 1e-12 && high > 4.0, "{low} {middle} {high}");
        assert!(low < a && (b - 4.0).abs() < 1e-12 && c < high);
        assert_eq!(of(&some), (low, middle, high), "the same seed gives the same interval");
        assert_eq!(interval(&[], &mut Seed(1).stream("resample", 0)), None);
    }

    #[test]
    fn a_bound_holds_for_so_many_resamples_of_every_row() {
        let bound = |rows: &[Vec<f64>]| super::bound(rows, 0.95, &mut Seed(1).stream("resample", 0));
        assert!((bound(&[vec![-0.02; 12], vec![0.01; 12]]) - 0.02).abs() < 1e-12);
        let wide: Vec<f64> = (0..12).map(|n| f64::from(n) - 5.5).collect();
        assert!((1.0..5.0).contains(&bound(&[wide])));
        assert!(bound(&[Vec::new()]).abs() < 1e-12 && bound(&[]).abs() < 1e-12);
    }

    /// The share of intervals that hold the truth, over many draws of normal noise: stated as 95 %; of few rounds a
    /// percentile interval is known to hold a little less.
    #[test]
    fn it_covers_what_it_says() {
        use rand_distr::{Distribution, StandardNormal};
        let mut noise = Seed(5).stream("noise", 0);
        let covered = (0..200).filter(|n| {
            let logs: Vec<f64> = (0..12).map(|_| StandardNormal.sample(&mut noise)).collect();
            let (low, _, high) = interval(&logs, &mut Seed(9).stream("resample", *n)).expect("there are rounds");
            low <= 0.0 && 0.0 <= high
        });
        let share = covered.count() as f64 / 200.0;
        assert!(share >= 0.89, "{share}");
    }
}
