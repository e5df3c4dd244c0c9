//! How many calls or keys are missing, given that any is: what stands behind a cache is asked that often at once.
//!
//! Not for: drawing them (`plan`).

/// Of `n` lookups, each missing with probability `p`, the mean number that miss when at least one does, rounded up:
/// `n p / (1 − (1 − p)^n)`. At least 1.
pub(super) fn given_any(n: f64, p: f64) -> u32 {
    // Below this the formula divides two crumbs; the limit is 1.
    if p < 1e-9 {
        return 1;
    }
    let any = 1.0 - (1.0 - p).powf(n);
    // Rounding must not turn 3.0000000001 into 4.
    ((n * p / any) - 1e-6).ceil().max(1.0) as u32
}

/// The probability that at least one of `n` lookups misses, each found with probability `hit`.
///
/// Decimal fractions are not exact: a file that says 80 % gets 20 %, and not 19.999999999999996 %.
pub(super) fn any(n: f64, hit: f64) -> f64 {
    ((1.0 - hit.powf(n)) * 1e12).round() / 1e12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missed_is_written_as_it_is_said() {
        let written = [any(1.0, 0.8), any(1.0, 0.9), any(2.0, 0.5), any(3.0, 1.0)].map(|it| it.to_string());
        assert_eq!(written, ["0.2", "0.1", "0.75", "0"]);
    }

    #[test]
    fn one_miss_at_least_and_all_at_most() {
        for (n, p, missing) in [(16.0, 0.04, 2), (16.0, 0.0, 1), (16.0, 1.0, 16), (1.0, 0.3, 1), (10.0, 0.5, 6)] {
            assert_eq!(given_any(n, p), missing, "{n} with {p}");
        }
    }
}
