//! Whether a placement's numbers may be used.
//!
//! Load that was not delivered, a delay that was not held, and keys that were not there make them
//! invalid; each reason says by how much. Not for: a generator that was late (`lateness`), objectives (`analysis`).

use super::milliseconds;
use crate::engine::perform::Keys;
use crate::runfile::{ArmRun, Limits, LinkRun};
use crate::units::Nanos;

/// A 99th percentile of fewer round trips is one unlucky sample.
pub(super) const SAMPLES_FOR_P99: u64 = 100;

/// Keys that are not there although they should be, as a share: more than this changes what is measured.
const LOST_MAX: f64 = 0.01;

/// The reasons why the numbers must not be used; none if they may.
pub(super) fn reasons(limits: &Limits, arms: &[ArmRun], links: &[LinkRun], keys: &[Keys<'_>]) -> Vec<String> {
    let load = arms.iter().flat_map(|arm| arm.parts.iter().filter_map(move |part| {
        let asked = part.planned as f64 * limits.delivered;
        ((part.offered as f64) < asked).then(|| {
            let share = 100.0 * part.offered as f64 / part.planned as f64;
            format!(
                "{} at {}: only {share:.1} % of the {} planned journeys were started in time (limit {:.1} %): lower the load with --scale",
                part.name, arm.site, part.planned, 100.0 * limits.delivered
            )
        })
    }));
    let delay = links.iter().flat_map(|link| not_held(limits, link));
    let lost = keys.iter().filter_map(|keys| {
        let share = keys.lost as f64 / keys.asked.max(1) as f64;
        (share > LOST_MAX).then(|| {
            format!(
                "{}: {:.1} % of the keys that should be found were not there: its memory is too small for what journeys read",
                keys.store,
                100.0 * share
            )
        })
    });
    load.chain(delay).chain(lost).collect()
}

/// What is wrong with the delay of a link.
fn not_held(limits: &Limits, link: &LinkRun) -> Vec<String> {
    let late = &link.round_trip_lateness;
    if late.is_empty() {
        return Vec::new();
    }
    let allowed = |share: f64, least: u64| Nanos(link.rtt_ns).scale(share).max(Nanos(least));
    let median = ("median", Nanos(late.at(0.5)), allowed(limits.median_share, limits.median_ns));
    let p99 = ("p99", Nanos(late.at(0.99)), allowed(limits.p99_share, limits.p99_ns));
    let judged = if late.count() < SAMPLES_FOR_P99 { vec![median] } else { vec![median, p99] };
    let beyond = judged.into_iter().filter(|(_, is, allowed)| is > allowed);
    beyond
        .map(|(what, is, allowed)| {
            format!(
                "{}: round trips took {} longer than the link's {} ({what} of {}, limit {}): the machine was too busy",
                link.name,
                milliseconds(is),
                milliseconds(Nanos(link.rtt_ns)),
                late.count(),
                milliseconds(allowed)
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Hist;
    use crate::runfile::PartRun;

    fn link(rtt_us: u64, late_us: &[u64]) -> LinkRun {
        let mut round_trip_lateness = Hist::new();
        for us in late_us {
            round_trip_lateness.record(Nanos::from_micros(*us));
        }
        LinkRun {
            name: "dc–cloud".into(),
            rtt_ns: rtt_us * 1_000,
            noop_ns: 0,
            round_trip_lateness,
            stamp_lateness: Hist::new(),
            bytes_up: 0,
            bytes_down: 0,
        }
    }

    fn arm(planned: u64, offered: u64) -> ArmRun {
        ArmRun {
            workload: "web".into(),
            kind: "http".into(),
            site: "dc".into(),
            platform: "vm".into(),
            share: 1.0,
            parts: vec![PartRun { name: "web".into(), planned, offered, ..PartRun::default() }],
            stores: Vec::new(),
        }
    }

    #[test]
    fn what_was_delivered_and_held_is_valid() {
        let links = [link(15_000, &[400; 200]), link(500, &[90; 200]), link(500, &[])];
        let keys = [Keys { store: "cache", asked: 1_000, lost: 10 }];
        assert_eq!(reasons(&Limits::default(), &[arm(1_000, 990), arm(0, 0)], &links, &keys), Vec::<String>::new());
    }

    #[test]
    fn every_reason_says_by_how_much() {
        let mut tail = vec![100; 98];
        tail.extend([9_000; 4]);
        let links = [link(15_000, &[500; 200]), link(15_000, &tail), link(500, &[110])];
        let keys = [Keys { store: "cache", asked: 1_000, lost: 20 }];
        let told = reasons(&Limits::default(), &[arm(1_000, 900)], &links, &keys);
        let starts = [
            "web at dc: only 90.0 % of the 1000 planned journeys",
            "dc–cloud: round trips took 0.500 ms longer than the link's 15.000 ms (median of 200, limit 0.450 ms)",
            "dc–cloud: round trips took 9.0",
            "dc–cloud: round trips took 0.110 ms longer than the link's 0.500 ms (median of 1, limit 0.100 ms)",
            "cache: 2.0 % of the keys",
        ];
        assert_eq!(told.len(), starts.len(), "{told:#?}");
        told.iter().zip(starts).for_each(|(told, start)| assert!(told.starts_with(start), "{told}"));
    }
}
