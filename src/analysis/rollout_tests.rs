//! What is published of roll-outs comes out of the formulas, and enough samples are enough.

use rand_distr::Distribution as _;

use super::super::mix::Mix;
use super::*;
use crate::seed::{Seed, Stream};
use crate::units::Nanos;

/// A lognormal by its median and 99th percentile.
fn lognormal(median: f64, p99: f64, stream: &mut Stream) -> f64 {
    let z: f64 = rand_distr::StandardNormal.sample(stream);
    median * ((p99 / median).ln() / 2.326_347_874 * z).exp()
}

/// Local work, and the same with (calls + 5) × (15 ms + a centred exponential jitter) on top, as published.
fn published(n: u64) -> [Hist; 2] {
    let mut stream = Seed(412).stream("published", 0);
    let [mut local, mut remote] = [Hist::new(), Hist::new()];
    for _ in 0..n {
        local.record(Nanos::from_secs_f64(lognormal(120.0, 600.0, &mut stream) / 1e3));
        let calls = lognormal(40.0, 200.0, &mut stream) + 5.0;
        let jitter: f64 = rand_distr::Exp1.sample(&mut stream);
        let away = calls * (15.0 + 0.5 * (jitter - 1.0));
        remote.record(Nanos::from_secs_f64((lognormal(120.0, 600.0, &mut stream) + away) / 1e3));
    }
    [local, remote]
}

#[test]
fn the_published_blends_come_out() {
    let [local, remote] = published(200_000);
    for (share, times, mean, over) in [
        (0.0, [120.0, 292.0, 374.0, 599.0, 1_014.0], 153.0, 0.02),
        (0.01, [121.0, 302.0, 399.0, 740.0, 1_759.0], 161.0, 0.028),
        (0.05, [126.0, 363.0, 571.0, 1_323.0, 2_731.0], 194.0, 0.06),
        (0.2, [150.0, 841.0, 1_202.0, 2_123.0, 3_785.0], 319.0, 0.185),
        (0.5, [377.0, 1_319.0, 1_708.0, 2_738.0, 4_652.0], 571.0, 0.43),
        (1.0, [833.0, 1_704.0, 2_123.0, 3_244.0, 5_410.0], 990.0, 0.85),
    ] {
        let mix = Mix::of(vec![(1.0 - share, local.clone()), (share, remote.clone())]).expect("has samples");
        for (quantile, expected) in QUANTILES.into_iter().zip(times) {
            let got = mix.at(quantile) / 1e6;
            let allowed = if quantile > 0.99 { 0.04 } else { 0.015 };
            assert!((got / expected - 1.0).abs() < allowed, "{share} p{quantile}: {got}, not {expected}");
        }
        assert!((mix.mean().value / 1e6 / mean - 1.0).abs() < 0.015, "{share}: {:?}", mix.mean());
        assert!((mix.share_above(500_000_000) - over).abs() < 0.005, "{share}: {}", mix.share_above(500_000_000));
    }
}

#[test]
fn sessions_meet_the_canary_as_published() {
    let canary = |share: f64| Sessions::of(&[(1.0 - share, false, None), (share, true, None)], 30);
    let (one, fifth) = (canary(0.01), canary(0.2));
    assert!((one.moved_per_request - 0.26).abs() < 0.005 && (one.moved_sticky - 0.01).abs() < 1e-9, "{one:?}");
    assert!((fifth.moved_per_request - 0.999).abs() < 0.000_5 && (fifth.moved_sticky - 0.2).abs() < 1e-9, "{fifth:?}");
    assert_eq!(one.slow_sticky, None, "without an objective nothing is slow");
    // Slow is what is over the objective: everywhere a little, at the canary half.
    let slow = Sessions::of(&[(0.99, false, Some(0.001)), (0.01, true, Some(0.5))], 30);
    let (scattered, sticky) = (slow.slow_per_request.expect("known"), slow.slow_sticky.expect("known"));
    assert!((scattered - (1.0 - (1.0 - 0.005_99_f64).powi(30))).abs() < 1e-9, "{scattered}");
    assert!((sticky - (0.99 * (1.0 - 0.999_f64.powi(30)) + 0.01)).abs() < 1e-6, "{sticky}");
    assert!(sticky < scattered, "those who are kept at the canary meet it for all others");
}

#[test]
fn enough_samples_are_enough() {
    let [local, remote] = published(200_000);
    for hist in [&local, &remote] {
        let n = samples_for(hist, 0.99, WITHIN).expect("known");
        assert!((1_000..40_000).contains(&n), "{n}");
        let mut part = Hist::new();
        let mut stream = Seed(7).stream("part", 0);
        for _ in 0..n {
            let uniform: f64 = rand_distr::StandardUniform.sample(&mut stream);
            part.record(Nanos(hist.at(uniform)));
        }
        let p99 = part.estimate(0.99).expect("supported");
        // A sample's own interval varies; it is the expected one that was asked for.
        let reach = (p99.high - p99.value).max(p99.value - p99.low) / p99.value;
        assert!((0.05..0.16).contains(&reach), "{n}: {reach}");
    }
    // Lognormal: 10 % above the p99 lies Φ(2.326 + ln 1.1 ÷ σ) = Φ(2.464) = 0.99313, so h = 0.00313 (upwards is the farther
    // side) and n = z² q(1−q) ÷ h² = 3,882; the density at the p99 alone, as if both sides were equal, would say 2,560.
    let n = samples_for(&local, 0.99, WITHIN).expect("known") as f64;
    assert!((n / 3_882.0 - 1.0).abs() < 0.12, "{n}");
    let mut same = Hist::new();
    (0..1_000).for_each(|_| same.record(Nanos::from_millis(5)));
    // The upper rank may not lie beyond the last sample: h is at most 1 − q.
    assert_eq!(samples_for(&same, 0.99, WITHIN), Some(381), "what does not vary needs what a p99 needs at all");
    assert_eq!(samples_for(&published(300)[0], 0.99, WITHIN), None, "300 samples have no p99");
}
