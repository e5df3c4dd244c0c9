//! How what delays one call delays those after it: rank correlation by lag.
//!
//! A machine that is busy in bursts, or loses its processor for some milliseconds, delays everything that goes on just then:
//! costs of calls come in clusters, and sums over calls spread more than if each had its own luck. Pure. Not for: what
//! is made of it (`engine::calibration`).

use serde::{Deserialize, Serialize};

use crate::units::Nanos;

/// Upper bounds of the lags that are told apart: steps of about a half decade.
pub const LAGS: [Nanos; 6] = [
    Nanos::from_millis(1),
    Nanos::from_millis(3),
    Nanos::from_millis(10),
    Nanos::from_millis(30),
    Nanos::from_millis(100),
    Nanos::from_millis(300),
];

/// Pairs that are looked at, about: the error of a correlation is then below one per cent.
const PAIRS: u64 = 2_000_000;

/// What two samples so far apart in time have in common.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LagCorrelation {
    /// They are less far apart than this, and no less than the lag before.
    pub below_ns: u64,
    /// Spearman's rank correlation of all such pairs, each sample ranked within its own series; −1 to 1.
    pub correlation: f64,
    /// Such pairs.
    pub pairs: u64,
}

/// Rank correlation by lag of several series of (instant, value); each value is compared with others of its own series,
/// and correlated with those of all. Lags without a pair are left out.
pub fn correlations(series: &[Vec<(Nanos, Nanos)>]) -> Vec<LagCorrelation> {
    let mut ranked: Vec<(Nanos, f64)> = series.iter().flat_map(|samples| ranks(samples)).collect();
    ranked.sort_by_key(|sample| sample.0);
    let longest = LAGS[LAGS.len() - 1];
    let mut within = 0;
    let all: u64 = (0..ranked.len())
        .map(|first| {
            while ranked.get(within).is_some_and(|other| other.0 < ranked[first].0 + longest) {
                within += 1;
            }
            (within - first) as u64
        })
        .sum();
    let mut sums = [(0.0, 0_u64); LAGS.len()];
    // Of many one in so many begins a pair: spread evenly, but in step with no rhythm of the load (golden ratio).
    let one_in = (all / PAIRS).max(1) as f64;
    let begins = |first: &usize| (*first as f64 * 0.618_033_988_749_895).fract() * one_in < 1.0;
    for first in (0..ranked.len()).filter(begins) {
        let (at, rank) = ranked[first];
        let mut bin = 0;
        for (other, its) in &ranked[first + 1..] {
            while bin < LAGS.len() && *other - at >= LAGS[bin] {
                bin += 1;
            }
            let Some((sum, pairs)) = sums.get_mut(bin) else { break };
            *sum += rank * its;
            *pairs += 1;
        }
    }
    let told = |(below, (sum, pairs)): (&Nanos, (f64, u64))| LagCorrelation {
        below_ns: below.0,
        correlation: (sum / pairs as f64).clamp(-1.0, 1.0),
        pairs,
    };
    LAGS.iter().zip(sums).filter(|(_, (_, pairs))| *pairs > 0).map(told).collect()
}

/// The ranks of a series, of mean zero and variance one (uniform); equal values share the middle of their ranks.
fn ranks(samples: &[(Nanos, Nanos)]) -> Vec<(Nanos, f64)> {
    let mut order: Vec<usize> = (0..samples.len()).collect();
    order.sort_by_key(|index| samples[*index].1);
    let mut ranked: Vec<(Nanos, f64)> = samples.iter().map(|sample| (sample.0, 0.0)).collect();
    let mut first = 0;
    for equal in order.chunk_by(|a, b| samples[*a].1 == samples[*b].1) {
        let middle = first as f64 + equal.len() as f64 / 2.0;
        first += equal.len();
        for index in equal {
            ranked[*index].1 = (middle / samples.len() as f64 - 0.5) * 12_f64.sqrt();
        }
    }
    ranked
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::seed::Seed;

    /// A sample each 0.7 ms; of so many in a row each is moved by the same luck.
    fn series(name: &str, in_a_row: usize, own: f64) -> Vec<(Nanos, Nanos)> {
        let (mut shared, mut each) = (Seed(1).stream("shared", 0), Seed(1).stream(name, 0));
        let mut luck = 0.0;
        (0..20_000)
            .map(|i| {
                if i % in_a_row == 0 {
                    luck = shared.random::<f64>();
                }
                let value = luck * (1.0 - own) + each.random::<f64>() * own;
                (Nanos::from_micros(700 * i as u64), Nanos((value * 1e6) as u64))
            })
            .collect()
    }

    fn at(correlations: &[LagCorrelation], below: u64) -> f64 {
        let found = correlations.iter().find(|c| c.below_ns == below * 1_000_000);
        found.map(|c| c.correlation).expect("a lag with pairs")
    }

    #[test]
    fn samples_with_luck_of_their_own_have_nothing_in_common() {
        let found = correlations(&[series("own", 1, 1.0)]);
        assert!(found.iter().all(|c| c.correlation.abs() < 0.03), "{found:?}");
        // Below 1 ms one follows, below 3 ms three more; not all pairs were looked at.
        assert_eq!((found[1].pairs.div_ceil(found[0].pairs), found.len()), (3, LAGS.len()));
        assert!(found.iter().map(|c| c.pairs).sum::<u64>() < 2 * PAIRS, "{found:?}");
    }

    #[test]
    fn what_is_shared_for_a_while_shows_for_so_long_and_across_series() {
        // Ten in a row are 7 ms: of neighbours nine tenths are of the same ten.
        let one = correlations(&[series("a", 10, 0.0)]);
        assert!((at(&one, 1) - 0.9).abs() < 0.05, "{one:?}");
        assert!(at(&one, 10) < at(&one, 3) && at(&one, 30).abs() < 0.05, "{one:?}");
        let two = correlations(&[series("a", 10, 0.5), series("b", 10, 0.5)]);
        // Half of the variance is shared; each instant has one of both.
        assert!((at(&two, 1) - 0.48).abs() < 0.06, "{two:?}");
    }

    #[test]
    fn nothing_comes_of_nothing() {
        assert!(correlations(&[]).is_empty() && correlations(&[vec![(Nanos(5), Nanos(1))]]).is_empty());
        let equal = correlations(&[vec![(Nanos(0), Nanos(3)), (Nanos(10), Nanos(3))]]);
        assert!(equal[0].correlation.abs() < 1e-12, "{equal:?}");
    }
}
