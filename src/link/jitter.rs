//! Draws the added one-way time of one crossing from a [`Jitter`].
//!
//! Each draw is zero or more, so a link is never early. Not for: keeping order, which the flow does.

use rand_distr::{Distribution, StandardNormal, StandardUniform};

use crate::scenario::Jitter;
use crate::seed::Stream;
use crate::units::Nanos;

/// One draw. Parameters outside a distribution's domain (a shape of zero, no percentiles) give zero or
/// saturate; they never panic.
pub(super) fn draw(jitter: &Jitter, stream: &mut Stream) -> Nanos {
    match jitter {
        Jitter::None => Nanos::ZERO,
        Jitter::Constant(added) => *added,
        Jitter::Uniform(most) => most.scale(uniform(stream)),
        Jitter::Normal { sd } => sd.scale(normal(stream)),
        Jitter::Lognormal { mean, sd } => lognormal(*mean, *sd, normal(stream)),
        // The Lomax distribution by inversion; U lies in (0, 1], so that its power is finite.
        Jitter::Pareto { scale, shape } => scale.scale((1.0 - uniform(stream)).powf(-1.0 / shape) - 1.0),
        Jitter::Percentiles(points) => percentile(points, uniform(stream)),
    }
}

/// In [0, 1).
fn uniform(stream: &mut Stream) -> f64 {
    StandardUniform.sample(stream)
}

fn normal(stream: &mut Stream) -> f64 {
    StandardNormal.sample(stream)
}

/// The lognormal with this mean and deviation at the standard normal's `z`:
/// `σ² = ln(1 + sd²/mean²)`, `μ = ln(mean) − σ²/2`.
fn lognormal(mean: Nanos, sd: Nanos, z: f64) -> Nanos {
    if mean == Nanos::ZERO {
        return Nanos::ZERO;
    }
    let variance = (sd.0 as f64 / mean.0 as f64).powi(2).ln_1p();
    mean.scale((variance.sqrt() * z - variance / 2.0).exp())
}

/// Linear between the points; flat before the first and after the last.
fn percentile(points: &[(f64, Nanos)], quantile: f64) -> Nanos {
    let after = points.partition_point(|point| point.0 <= quantile);
    match (after.checked_sub(1).and_then(|i| points.get(i)), points.get(after)) {
        (Some(&(q0, v0)), Some(&(q1, v1))) => {
            v0.saturating_add(v1.saturating_sub(v0).scale((quantile - q0) / (q1 - q0)))
        }
        (Some(&(_, only)), None) | (None, Some(&(_, only))) => only,
        (None, None) => Nanos::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    const MS: f64 = 1e6;
    const N: usize = 200_000;

    fn sorted(jitter: &Jitter) -> Vec<f64> {
        let mut stream = Seed(7).stream("jitter", 0);
        let mut all: Vec<f64> = (0..N).map(|_| draw(jitter, &mut stream).0 as f64).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    fn at(all: &[f64], quantile: f64) -> f64 {
        all[(quantile * (all.len() - 1) as f64) as usize]
    }

    fn mean(all: &[f64]) -> f64 {
        all.iter().sum::<f64>() / all.len() as f64
    }

    #[track_caller]
    fn near(seen: f64, theory: f64, tolerance: f64) {
        assert!((seen - theory).abs() <= tolerance * theory.abs(), "{seen} against {theory}");
    }

    #[test]
    fn uniform_follows_theory() {
        let all = sorted(&Jitter::Uniform(Nanos::from_millis(4)));
        near(mean(&all), 2.0 * MS, 0.01);
        near(at(&all, 0.9), 3.6 * MS, 0.01);
        assert!(all[N - 1] <= 4.0 * MS);
    }

    #[test]
    fn normal_is_cut_at_zero() {
        let all = sorted(&Jitter::Normal { sd: Nanos::from_millis(1) });
        // The mean of max(0, Z) is 1/√(2π); half of the draws are zero.
        near(mean(&all), 0.398_942 * MS, 0.01);
        near(at(&all, 0.975), 1.959_964 * MS, 0.01);
        assert!(at(&all, 0.49) == 0.0);
    }

    #[test]
    fn lognormal_has_its_mean_and_deviation() {
        let all = sorted(&Jitter::Lognormal { mean: Nanos::from_millis(2), sd: Nanos::from_millis(1) });
        let m = mean(&all);
        near(m, 2.0 * MS, 0.01);
        near((all.iter().map(|x| (x - m).powi(2)).sum::<f64>() / N as f64).sqrt(), MS, 0.03);
        // Median = mean / √(1 + sd²/mean²).
        near(at(&all, 0.5), 2.0 * MS / 1.25_f64.sqrt(), 0.01);
    }

    #[test]
    fn pareto_starts_at_zero() {
        let all = sorted(&Jitter::Pareto { scale: Nanos::from_millis(1), shape: 3.0 });
        // Lomax: mean = scale/(shape − 1), quantile = scale·((1 − q)^(−1/shape) − 1).
        near(mean(&all), 0.5 * MS, 0.02);
        near(at(&all, 0.99), (100_f64.powf(1.0 / 3.0) - 1.0) * MS, 0.03);
        assert!(all[0] < 0.001 * MS);
    }

    #[test]
    fn percentiles_are_joined_by_lines() {
        let ms = Nanos::from_millis;
        let all = sorted(&Jitter::Percentiles(vec![(0.0, ms(0)), (0.5, ms(1)), (0.9, ms(3)), (1.0, ms(13))]));
        for (quantile, theory) in [(0.25, 0.5), (0.5, 1.0), (0.7, 2.0), (0.9, 3.0), (0.95, 8.0)] {
            near(at(&all, quantile), theory * MS, 0.02);
        }
    }

    #[test]
    fn the_absurd_does_not_panic() {
        let mut stream = Seed(7).stream("jitter", 0);
        for jitter in [
            Jitter::Constant(Nanos::MAX),
            Jitter::Uniform(Nanos::MAX),
            Jitter::Normal { sd: Nanos::MAX },
            Jitter::Lognormal { mean: Nanos::ZERO, sd: Nanos::MAX },
            Jitter::Lognormal { mean: Nanos(1), sd: Nanos::MAX },
            Jitter::Pareto { scale: Nanos::MAX, shape: 0.0 },
            Jitter::Pareto { scale: Nanos(1), shape: f64::NAN },
            Jitter::Percentiles(Vec::new()),
            Jitter::Percentiles(vec![(0.5, Nanos(3))]),
            Jitter::Percentiles(vec![(0.5, Nanos(3)), (0.5, Nanos(1)), (f64::NAN, Nanos::MAX)]),
        ] {
            for _ in 0..1_000 {
                draw(&jitter, &mut stream);
            }
        }
    }
}
