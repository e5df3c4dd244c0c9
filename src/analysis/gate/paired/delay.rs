//! Whether the delay was held while two sides were compared.
//!
//! A machine that is late is late on both sides, so a comparison bears more of it than a measurement does: it thins a
//! difference out, by the share that it adds. Not for: runs (`engine::live::verdict`).

use super::super::{Check, Kind, Outcome, id};
use crate::measure::turns::{Held, Turns};
use crate::units::Nanos;

/// Beyond this share of the RTT in the median a difference would be told a tenth too small.
const SHARE: f64 = 0.1;
/// So much is always allowed.
const ABSOLUTE: Nanos = Nanos::from_millis(1);

/// A check for each link that was not what was asked for.
pub fn delay(turns: &Turns) -> Vec<Check> {
    let sides = turns.held.iter().zip(["base", "change"]);
    sides.flat_map(|(all, side)| all.iter().filter_map(move |held| late(held, side))).collect()
}

fn late(held: &Held, side: &str) -> Option<Check> {
    let allowed = Nanos(held.rtt_ns).scale(SHARE).max(ABSOLUTE);
    (held.median_ns > allowed.0).then(|| Check {
        id: id(&["comparison", side, &held.link, "delay"]),
        kind: Kind::Comparison,
        subject: format!("{} of the {side}", held.link),
        quantity: "delay".into(),
        unit: "ns".into(),
        found: Some((held.rtt_ns + held.median_ns) as f64),
        interval: None,
        limit: Some((held.rtt_ns + allowed.0) as f64),
        outcome: Outcome::Invalid,
        sentence: format!(
            "{} of the {side}: the median round trip took {:.3} ms longer than the {} it should (limit {:.3} ms): the machine was too busy",
            held.link,
            Nanos(held.median_ns).as_millis_f64(),
            Nanos(held.rtt_ns),
            allowed.as_millis_f64()
        ),
        details: Vec::new(),
        place: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
