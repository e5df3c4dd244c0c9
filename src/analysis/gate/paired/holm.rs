//! Correction for the number of comparisons: the chance that any of them is a false alarm stays as stated.
//!
//! Holm's step-down method (S. Holm, 1979): the smallest p is multiplied by the number of comparisons, the next one by one
//! less, and none becomes smaller than the one before it. It needs no independence. Not for: single comparisons.

/// Corrected p values, in the order that they came.
pub(super) fn corrected(ps: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..ps.len()).collect();
    order.sort_by(|a, b| ps[*a].total_cmp(&ps[*b]));
    let mut corrected = vec![1.0; ps.len()];
    let mut before = 0.0_f64;
    for (rank, at) in order.into_iter().enumerate() {
        before = before.max((ps[at] * (ps.len() - rank) as f64).min(1.0));
        corrected[at] = before;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn as_in_the_textbook() {
        let all = corrected(&[0.01, 0.04, 0.03, 0.005]);
        let expected = [0.03, 0.06, 0.06, 0.02];
        assert!(all.iter().zip(expected).all(|(is, should)| (is - should).abs() < 1e-12), "{all:?}");
        assert_eq!(corrected(&[]), Vec::<f64>::new());
    }

    proptest! {
        #[test]
        fn never_smaller_never_out_of_order(ps in prop::collection::vec(0.0..=1.0_f64, 1..12)) {
            let all = corrected(&ps);
            for (a, p) in all.iter().zip(&ps) {
                prop_assert!(a >= p && *a <= 1.0);
                for (b, q) in all.iter().zip(&ps) {
                    prop_assert!(p > q || a <= b);
                }
            }
        }
    }
}
