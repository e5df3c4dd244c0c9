//! Whether the delay was held while two sides were compared.
//!
//! A machine that is late is late on both sides, so a comparison bears more of it than a measurement does: it thins a
//! difference out, by the share that it adds. Not for: runs (`engine::live::verdict`).

use super::super::{Check, Kind, Outcome, id};
use super::quantile;
use super::rounds::sorted;
use crate::measure::turns::{Held, Side, Turns};
use crate::units::Nanos;

/// Beyond this share of the RTT in the median a difference would be told a tenth too small.
const SHARE: f64 = 0.1;
/// A no-op may take longer by this share: beyond it a difference would be told a fifth too small.
const STARVED: f64 = 0.25;
/// So much is always allowed.
const ABSOLUTE: Nanos = Nanos::from_millis(1);

/// A check for each link that was not what was asked for.
pub fn delay(turns: &Turns) -> Vec<Check> {
    let sides = turns.held.iter().zip(["base", "change"]);
    sides.flat_map(|(all, side)| all.iter().filter_map(move |held| late(held, side))).collect()
}

/// A check if the machine was so busy that even a no-op took much longer than its link: whoever performs journeys was late
/// then, whatever the links did. On two cores under a load of 25 journeys took three times as long as their calls, and 5 %
/// of what they should take was 2 % of what they took.
pub fn starved(turns: &Turns) -> Option<Check> {
    let control = turns.subjects.iter().find(|subject| subject.control)?;
    let asked = turns.held[0].iter().map(|held| held.rtt_ns).max()?;
    let took = quantile(&sorted([Side::First, Side::Second].into_iter().flat_map(|side| control.turns(side))), 0.5);
    let allowed = Nanos(asked).scale(STARVED).max(ABSOLUTE);
    let limit = asked as f64 + allowed.0 as f64;
    (took > limit).then(|| Check {
        id: id(&["comparison", "control", "delay"]),
        subject: control.name.clone(),
        quantity: "delay".into(),
        unit: "ns".into(),
        found: Some(took),
        limit: Some(limit),
        outcome: Outcome::Invalid,
        sentence: format!(
            "a no-op over {} took {:.3} ms in the median (limit {:.3} ms): the machine was too busy, a difference would be told too small",
            Nanos(asked),
            took / 1e6,
            limit / 1e6
        ),
        ..Check::blank(Kind::Comparison)
    })
}

fn late(held: &Held, side: &str) -> Option<Check> {
    let allowed = Nanos(held.rtt_ns).scale(SHARE).max(ABSOLUTE);
    (held.median_ns > allowed.0).then(|| Check {
        id: id(&["comparison", side, &held.link, "delay"]),
        subject: format!("{} of the {side}", held.link),
        quantity: "delay".into(),
        unit: "ns".into(),
        found: Some((held.rtt_ns + held.median_ns) as f64),
        limit: Some((held.rtt_ns + allowed.0) as f64),
        outcome: Outcome::Invalid,
        sentence: format!(
            "{} of the {side}: the median round trip took {:.3} ms longer than the {} it should (limit {:.3} ms): the machine was too busy",
            held.link,
            Nanos(held.median_ns).as_millis_f64(),
            Nanos(held.rtt_ns),
            allowed.as_millis_f64()
        ),
        ..Check::blank(Kind::Comparison)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::turns::{Subject, Turn};

    #[test]
    fn a_tenth_of_the_rtt_or_a_millisecond_is_borne() {
        let held = |rtt, median| Held {
            link: "dc–cloud".into(),
            rtt_ns: Nanos::from_millis(rtt).0,
            count: 100,
            median_ns: Nanos::from_micros(median).0,
            p99_ns: 0,
        };
        for (rtt, median, late) in [(20, 2_000, false), (20, 2_001, true), (1, 1_000, false), (1, 1_001, true)] {
            let turns = Turns { subjects: Vec::new(), held: [vec![held(rtt, median)], Vec::new()] };
            let told = delay(&turns);
            assert_eq!(told.len() == 1 && told[0].outcome == Outcome::Invalid, late, "{rtt} {median}");
        }
    }

    #[test]
    fn a_starved_machine_is_seen_by_the_control() {
        let turn = |ms: u64| Turn { times_ns: vec![ms * 1_000_000; 3], ..Turn::default() };
        let held = Held { link: "x".into(), rtt_ns: 20_000_000, count: 9, median_ns: 0, p99_ns: 0 };
        for (ms, told) in [(21, false), (25, false), (26, true)] {
            let rounds = vec![std::array::from_fn(|_| turn(ms))];
            let control = Subject { rounds, ..Subject::new("control".into(), true) };
            let turns = Turns { subjects: vec![control], held: [vec![held.clone()], Vec::new()] };
            assert_eq!(starved(&turns).is_some_and(|check| check.outcome == Outcome::Invalid), told, "{ms}");
        }
        assert_eq!(starved(&Turns { subjects: Vec::new(), held: [Vec::new(), Vec::new()] }), None);
    }
}
