//! Whether the generator was late by more than its numbers can hide.
//!
//! Times run from the intended start, so that a journey that is started late is slower by that, and a generator that wakes
//! late for a pause wakes late for a reply as well. Two things follow from it, and each has its limit:
//!
//! - A quantile that is reported holds the generator's lateness at the same quantile. It may, as far as that is less than
//!   the share that a link's delay may be wrong by ([`Limits`]), or lies within the quantile's own interval.
//! - A closed loop (the items of a cron job) waits for each reply before it asks again, so it is late once a call at
//!   least, and adds that up: what is said of its length is too much by mean lateness ÷ mean call. On a quiet machine
//!   with 2 cores that was 3 to 9 % where calls take 1 to 3 ms, and items took 12 % longer where it was 10 %.
//!
//! Not for: load that was not started at all, and the delay of links (`verdict`).

use super::milliseconds;
use super::verdict::SAMPLES_FOR_P99;
use crate::measure::Hist;
use crate::runfile::{ArmRun, Limits, PartRun};
use crate::units::Nanos;

/// Mean lateness of the generator as a share of a closed loop's mean call.
const CLOSED_MAX: f64 = 0.10;

/// How late the generator was, beside what may be.
struct Beside {
    late: f64,
    allowed: f64,
    told: String,
}

/// The reasons why the numbers must not be used: of each kind the part that suffers most.
pub(super) fn reasons(limits: &Limits, arms: &[ArmRun], generator: &Hist) -> Vec<String> {
    let judged = if generator.count() < SAMPLES_FOR_P99 { &QUANTILES[..1] } else { &QUANTILES[..] };
    let worst = |of: &dyn Fn(&PartRun) -> Option<Beside>| {
        let parts = arms.iter().flat_map(|arm| arm.parts.iter().map(move |part| (arm, part)));
        let beyond = parts.filter_map(|(arm, part)| Some((arm, part, of(part)?)));
        let beyond = beyond.filter(|(_, _, beside)| beside.late > beside.allowed);
        let most = beyond.max_by(|a, b| (a.2.late / a.2.allowed).total_cmp(&(b.2.late / b.2.allowed)))?;
        let (ArmRun { site, .. }, PartRun { name, .. }, Beside { told, .. }) = most;
        Some(format!("{name} at {site}: {told}: the machine was too busy, or lower the load with --scale"))
    };
    let quantiles = judged.iter().filter_map(|of| worst(&|part| quantile(limits, of, part, generator)));
    quantiles.chain(worst(&|part| closed(limits, part, generator))).collect()
}

/// A quantile that is judged, with its limits: a share of what is measured, and nanoseconds that are always allowed.
struct Quantile {
    name: &'static str,
    at: f64,
    limits: fn(&Limits) -> (f64, u64),
}

const QUANTILES: [Quantile; 2] = [
    Quantile { name: "median", at: 0.5, limits: |limits| (limits.median_share, limits.median_ns) },
    Quantile { name: "p99", at: 0.99, limits: |limits| (limits.p99_share, limits.p99_ns) },
];

/// A part's quantile, if its samples support one.
fn quantile(limits: &Limits, of: &Quantile, part: &PartRun, generator: &Hist) -> Option<Beside> {
    let shown = part.response.estimate(of.at)?;
    let (share, least) = (of.limits)(limits);
    let allowed = (share * shown.value).max(least as f64).max((shown.high - shown.low) / 2.0);
    let late = generator.at(of.at) as f64;
    let told = format!(
        "journeys were started {} late ({} of {}), and their own {} is {} (limit {})",
        time(late),
        of.name,
        generator.count(),
        of.name,
        time(shown.value),
        time(allowed)
    );
    Some(Beside { late, allowed, told })
}

/// A closed loop's calls.
fn closed(limits: &Limits, part: &PartRun, generator: &Hist) -> Option<Beside> {
    if part.cron.is_none() || part.call_service.is_empty() || generator.count() < SAMPLES_FOR_P99 {
        return None;
    }
    let (late, call) = (generator.mean(), part.call_service.mean());
    let allowed = (CLOSED_MAX * call).max(limits.median_ns as f64);
    let told = format!(
        "each call of its closed loop was late by {} of {} (means of {} and {}, limit {})",
        time(late),
        time(call),
        generator.count(),
        part.call_service.count(),
        time(allowed)
    );
    Some(Beside { late, allowed, told })
}

fn time(nanos: f64) -> String {
    milliseconds(Nanos(nanos as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runfile::CronRun;

    fn hist(us: impl IntoIterator<Item = u64>) -> Hist {
        let mut hist = Hist::new();
        us.into_iter().for_each(|us| hist.record(Nanos::from_micros(us)));
        hist
    }

    fn part(name: &str, response: Hist) -> PartRun {
        PartRun { name: name.into(), response, ..PartRun::default() }
    }

    fn job(call_us: u64) -> PartRun {
        let call_service = hist([call_us; 500]);
        PartRun { call_service, cron: Some(CronRun::default()), ..part("prices", Hist::new()) }
    }

    fn told(parts: Vec<PartRun>, generator: &Hist) -> Vec<String> {
        let arm = ArmRun {
            workload: "web".into(),
            kind: "http".into(),
            site: "dc".into(),
            platform: "vm".into(),
            share: 1.0,
            parts,
            stores: Vec::new(),
        };
        reasons(&Limits::default(), &[arm], generator)
    }

    /// Mostly punctual, late in 2 of 100.
    fn tail(us: u64) -> Hist {
        hist((0..1_000).map(|i| if i % 50 == 0 { us } else { 40 }))
    }

    /// Times of 40 to 60 ms, all of them as often.
    fn even(n: u64) -> Hist {
        hist((0..n).map(|i| 40_000 + i * 20_000 / n))
    }

    #[test]
    fn what_hides_in_the_numbers_is_valid() {
        for (parts, generator) in [
            (vec![part("web", even(1_000)), job(1_500)], tail(900)),
            // 10 % of a p99 of 60 ms.
            (vec![part("web", even(1_000))], tail(5_500)),
            // Its p99 is not known, so nobody is told it; three samples have no quantile.
            (vec![part("web", even(300)), part("rare", hist([1; 3]))], tail(50_000)),
            // Too few starts for a p99.
            (vec![part("web", even(1_000))], hist((0..99).map(|i| if i > 90 { 50_000 } else { 40 }))),
            // Wide: half of the journeys take a second, so the median's interval holds 5 ms.
            (vec![part("web", hist((0..1_000).map(|i| (i % 2) * 1_000_000)))], hist([5_000; 50])),
            (vec![part("web", even(1_000)), job(1_500)], Hist::new()),
            (vec![], tail(1)),
        ] {
            assert_eq!(told(parts, &generator), Vec::<String>::new());
        }
    }

    #[test]
    fn a_late_quantile_is_told() {
        let late = told(vec![part("web", even(1_000)), part("api", hist([20_000; 1_000]))], &tail(9_000));
        let due = "api at dc: journeys were started 9.0";
        assert!(late.len() == 1 && late[0].starts_with(due), "the part that suffers most is told: {late:?}");
        assert!(late[0].contains("(p99 of 1000), and their own p99 is 20.0"), "{late:?}");
        let late = told(vec![part("web", hist([20_000; 1_000]))], &hist([1_000; 1_000]));
        assert!(late.len() == 1 && late[0].contains("(median of 1000)"), "{late:?}");
    }

    #[test]
    fn a_closed_loop_adds_lateness_up() {
        let late = told(vec![job(1_500), job(9_000)], &hist([200; 1_000]));
        assert_eq!(late.len(), 1);
        assert!(
            late[0].starts_with("prices at dc: each call of its closed loop was late by 0.200 ms of 1.5"),
            "{late:?}"
        );
        assert!(told(vec![job(2_500)], &hist([200; 1_000])).is_empty(), "8 %");
        let open = PartRun { cron: None, ..job(1_500) };
        assert!(told(vec![open], &hist([200; 1_000])).is_empty(), "no closed loop");
    }
}
