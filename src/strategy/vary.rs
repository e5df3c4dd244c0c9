//! One quantity of a scenario changed, everything else as it is: the points of a sweep.
//!
//! A rewrite of the scenario, so that whatever is made from it afterwards (placements, plans, stores) follows.
//! Quantities have a direction: [`Over::hardship`] grows from easy to hard for each of them. Pure. Not for:
//! which placement is swept (`exposed`), which values are tried (`analysis::sweep`).

use serde::{Deserialize, Serialize};

use crate::scenario::{Arrivals, Request, Scenario, Shape, SiteId, Step, WorkloadKind};
use crate::units::{Fraction, Nanos, Rate, Rtt};

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Over {
    /// The round-trip time of one link, in nanoseconds.
    Rtt,
    /// The share of packets that one link loses, each way.
    Loss,
    /// A factor on all arrivals (http and queues).
    Rate,
    /// A factor on what works at once: http workers, consumers, parallel items of cron jobs.
    Workers,
    /// The share of keys that every `get` finds.
    Hit,
}

/// A link, named by the sites at its ends.
pub type Ends = (SiteId, SiteId);

/// Why a range of values cannot be swept.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum VaryError {
    /// The text is no range of this quantity.
    #[error("`{text}` is no range: write for example `{example}`{}", told(why))]
    Unreadable {
        /// What was written.
        text: String,
        /// How it should look.
        example: &'static str,
        /// What is wrong with one end; empty if there are no two ends.
        why: String,
    },
    /// It ends before it begins.
    #[error("the range `{0}` runs backwards: write the smaller value first")]
    Backwards(String),
    /// A value lies outside of what can be meant.
    #[error("`{text}` reaches beyond {bounds}")]
    Beyond {
        /// What was written.
        text: String,
        /// The smallest and the largest value, in words.
        bounds: &'static str,
    },
    /// The scenario would leave the bounds of its format.
    #[error("at {factor} times, {what} is more than any scenario may have ({most})")]
    TooMuch {
        /// The factor.
        factor: f64,
        /// Which number.
        what: String,
        /// Its bound.
        most: f64,
    },
}

fn told(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(" ({why})") }
}

/// Bounds of a scenario's rates a second and of what works at once.
const RATE_MOST: f64 = 1e6;
const WORKERS_MOST: f64 = 1e5;

impl Over {
    /// The word of the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rtt => "rtt",
            Self::Loss => "loss",
            Self::Rate => "rate",
            Self::Workers => "workers",
            Self::Hit => "hit",
        }
    }
    /// It is a quantity of one link.
    pub const fn of_link(self) -> bool {
        matches!(self, Self::Rtt | Self::Loss)
    }
    /// How hard a value is: positive, grows from easy to hard. Steps are geometric in it.
    pub fn hardship(self, value: f64) -> f64 {
        match self {
            Self::Rtt | Self::Loss | Self::Rate => value,
            Self::Workers => 1.0 / value,
            Self::Hit => 1.0 - value,
        }
    }
    /// The value of a hardship.
    pub fn value(self, hardship: f64) -> f64 {
        match self {
            // Round trips are whole nanoseconds.
            Self::Rtt => hardship.round(),
            Self::Loss | Self::Rate => hardship,
            Self::Workers => 1.0 / hardship,
            Self::Hit => 1.0 - hardship,
        }
    }
    /// The range that is swept if none is given.
    pub const fn default_range(self) -> &'static str {
        match self {
            Self::Rtt => "0.5ms..100ms",
            Self::Loss => "0.001%..5%",
            Self::Rate => "0.25..4",
            Self::Workers => "0.1..2",
            Self::Hit => "50%..99.9%",
        }
    }
    /// The smallest and largest value, and both in words.
    const fn bounds(self) -> (f64, f64, &'static str) {
        match self {
            Self::Rtt => (1e3, 10e9, "1us..10s"),
            Self::Loss => (1e-7, 0.2, "0.00001%..20%"),
            Self::Rate | Self::Workers => (1e-3, 1e3, "0.001..1000"),
            Self::Hit => {
                (0.0, 0.999_999, "0%..99.9999%: steps are geometric in the misses, of which there must be some")
            }
        }
    }
    /// Reads `0.5ms..100ms`, `0.1%..2%`, `0.5..4`.
    pub fn range(self, text: &str) -> Result<(f64, f64), VaryError> {
        let unreadable = |why: String| VaryError::Unreadable { text: text.into(), example: self.default_range(), why };
        let (from, to) = text.split_once("..").ok_or_else(|| unreadable(String::new()))?;
        let (from, to) = (self.read(from).map_err(unreadable)?, self.read(to).map_err(unreadable)?);
        if from >= to {
            return Err(VaryError::Backwards(text.into()));
        }
        let (least, most, bounds) = self.bounds();
        if from < least || to > most {
            return Err(VaryError::Beyond { text: text.into(), bounds });
        }
        Ok((from, to))
    }
    /// A value as [`Over::range`] reads it.
    pub fn written(self, value: f64) -> String {
        match self {
            Self::Rtt => Nanos(value.round() as u64).to_string(),
            Self::Loss | Self::Hit => Fraction(value).to_string(),
            Self::Rate | Self::Workers => value.to_string(),
        }
    }
    fn read(self, text: &str) -> Result<f64, String> {
        let text = text.trim();
        match self {
            Self::Rtt => text.parse::<Nanos>().map(|time| time.0 as f64).map_err(|e| e.to_string()),
            Self::Loss | Self::Hit => text.parse::<Fraction>().map(|share| share.0).map_err(|e| e.to_string()),
            Self::Rate | Self::Workers => {
                let number = text.strip_suffix(['x', '×']).unwrap_or(text).trim().parse::<f64>();
                let number = number.ok().filter(|factor| factor.is_finite() && *factor > 0.0);
                number.ok_or_else(|| format!("`{text}` is no factor: write a number such as `2`"))
            }
        }
    }
    /// What the scenario itself has; `None` where it has more than one value (hit rates) or no such link.
    pub fn own(self, scenario: &Scenario, link: Option<Ends>) -> Option<f64> {
        let link = link.and_then(|(a, b)| scenario.links.get(a, b));
        match self {
            Self::Rtt => link.map(|link| link.rtt.0.0 as f64),
            Self::Loss => link.map(|link| link.loss.0),
            Self::Rate | Self::Workers => Some(1.0),
            Self::Hit => None,
        }
    }
}

/// The scenario with this value; `link` is the one that changes, for quantities of a link.
pub fn vary(scenario: &Scenario, over: Over, link: Option<Ends>, value: f64) -> Result<Scenario, VaryError> {
    let mut varied = scenario.clone();
    match over {
        Over::Rtt => on_link(&mut varied, link, |link| link.rtt = Rtt(Nanos(value.round() as u64))),
        Over::Loss => on_link(&mut varied, link, |link| link.loss = Fraction(value)),
        Over::Rate => rates(&mut varied, value)?,
        Over::Workers => workers(&mut varied, value)?,
        Over::Hit => varied.journeys.iter_mut().for_each(|journey| hits(&mut journey.steps, value)),
    }
    Ok(varied)
}

fn on_link(scenario: &mut Scenario, link: Option<Ends>, change: impl FnOnce(&mut crate::scenario::Link)) {
    let ends = link.map(|(a, b)| (a.min(b), a.max(b)));
    if let Some(link) = ends.and_then(|ends| scenario.links.between.get_mut(&ends)) {
        change(link);
    }
}

fn rates(scenario: &mut Scenario, factor: f64) -> Result<(), VaryError> {
    let scale = |rate: &mut Rate, name: &str| {
        rate.0 *= factor;
        let what = || format!("the rate of `{name}`");
        if rate.0 > RATE_MOST { Err(VaryError::TooMuch { factor, what: what(), most: RATE_MOST }) } else { Ok(()) }
    };
    let arrivals = |arrivals: &mut Arrivals, name: &str| {
        scale(&mut arrivals.rate, name)?;
        if let Shape::Ramp { to, .. } = &mut arrivals.shape { scale(to, name) } else { Ok(()) }
    };
    for workload in &mut scenario.workloads {
        match &mut workload.kind {
            WorkloadKind::Http(http) => arrivals(&mut http.arrivals, &workload.name)?,
            WorkloadKind::Queue(queues) => {
                queues.iter_mut().try_for_each(|queue| arrivals(&mut queue.arrivals, &queue.name))?;
            }
            WorkloadKind::Cron(_) | WorkloadKind::Startup(_) => {}
        }
    }
    Ok(())
}

fn workers(scenario: &mut Scenario, factor: f64) -> Result<(), VaryError> {
    let scale = |count: &mut u32, name: &str| {
        let scaled = (f64::from(*count) * factor).round().max(1.0);
        let what = || format!("what works at once on `{name}`");
        if scaled > WORKERS_MOST {
            return Err(VaryError::TooMuch { factor, what: what(), most: WORKERS_MOST });
        }
        *count = scaled as u32;
        Ok(())
    };
    for workload in &mut scenario.workloads {
        match &mut workload.kind {
            WorkloadKind::Http(http) => scale(&mut http.workers, &workload.name)?,
            WorkloadKind::Queue(queues) => {
                queues.iter_mut().try_for_each(|queue| scale(&mut queue.consumers, &queue.name))?;
            }
            WorkloadKind::Cron(jobs) => jobs.iter_mut().try_for_each(|job| scale(&mut job.parallel, &job.name))?,
            WorkloadKind::Startup(_) => {}
        }
    }
    Ok(())
}

fn hits(steps: &mut [Step], hit: f64) {
    for step in steps {
        match step {
            Step::Call(call) => {
                if let Request::Get(get) = &mut call.request {
                    get.hit = Fraction(hit);
                    hits(&mut get.on_miss, hit);
                }
            }
            Step::Repeat { steps, .. } => hits(steps, hit),
            Step::Parallel(branches) => branches.iter_mut().for_each(|branch| hits(branch, hit)),
            Step::Transaction(transaction) => hits(&mut transaction.steps, hit),
            Step::Think(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{CLOUD, DC, get, query, scenario};
    use crate::scenario::Count;
    use proptest::prelude::*;

    const ALL: [Over; 5] = [Over::Rtt, Over::Loss, Over::Rate, Over::Workers, Over::Hit];

    #[test]
    fn ranges_are_read_in_their_units() {
        for (over, text, range) in [
            (Over::Rtt, "0.5ms..100ms", (5e5, 1e8)),
            (Over::Loss, "0.1% .. 2%", (0.001, 0.02)),
            (Over::Rate, "0.5..4x", (0.5, 4.0)),
            (Over::Hit, "50%..99%", (0.5, 0.99)),
        ] {
            assert_eq!(over.range(text), Ok(range), "{text}");
            let written = format!("{}..{}", over.written(range.0), over.written(range.1));
            assert_eq!(over.range(&written), Ok(range), "{written}");
        }
        for over in ALL {
            over.range(over.default_range()).expect("the default is a range");
        }
    }

    #[test]
    fn what_is_no_range_is_told() {
        for (over, text, message) in [
            (Over::Rtt, "5ms", "`5ms` is no range: write for example `0.5ms..100ms`"),
            (Over::Rtt, "1..5ms", "`1` has no unit"),
            (Over::Rtt, "9ms..5ms", "the range `9ms..5ms` runs backwards"),
            (Over::Rtt, "5ms..5ms", "runs backwards"),
            (Over::Rtt, "0..5ms", "`0..5ms` reaches beyond 1us..10s"),
            (Over::Loss, "1%..50%", "reaches beyond 0.00001%..20%"),
            (Over::Rate, "a..2", "`a` is no factor"),
            (Over::Rate, "-1..2", "`-1` is no factor"),
            (Over::Hit, "50%..100%", "reaches beyond 0%..99.9999%"),
        ] {
            let told = over.range(text).expect_err(text).to_string();
            assert!(told.contains(message), "{text}: {told}");
        }
    }

    #[test]
    fn only_what_is_swept_changes() {
        let steps = vec![Step::Repeat { times: Count::Fixed(2), steps: vec![get(1, 0.9, vec![get(1, 0.5, vec![])])] }];
        let plain = scenario(steps);
        let link = Some((CLOUD, DC));
        let at = |over, value| vary(&plain, over, link, value).expect("within bounds");
        let mut by_hand = plain.clone();
        by_hand.links.between[&(DC, CLOUD)].rtt = Rtt(Nanos::from_millis(40));
        assert_eq!(at(Over::Rtt, 40e6), by_hand);
        let WorkloadKind::Http(http) = &at(Over::Rate, 2.5).workloads[1].kind else { panic!("web") };
        assert!((http.arrivals.rate.0 - 250.0).abs() < 1e-9 && http.workers == 8);
        for (factor, workers) in [(0.5, 4), (0.01, 1), (1.6, 13)] {
            let WorkloadKind::Http(http) = &at(Over::Workers, factor).workloads[0].kind else { panic!("web") };
            assert_eq!(http.workers, workers);
        }
        let rendered = format!("{:?}", at(Over::Hit, 0.75).journeys);
        assert_eq!(rendered.matches("hit: Fraction(0.75)").count(), 2, "{rendered}");
        for over in [Over::Rate, Over::Workers] {
            assert_eq!(at(over, 1.0), plain);
        }
    }

    #[test]
    fn a_scenario_stays_within_its_bounds() {
        let plain = scenario(vec![query()]);
        let told = |over, factor| vary(&plain, over, None, factor).expect_err("too much").to_string();
        assert!(told(Over::Rate, 20_000.0).contains("the rate of `web`"));
        assert!(told(Over::Workers, 20_000.0).contains("works at once"));
    }

    proptest! {
        #[test]
        fn hardship_and_value_are_inverse(over in prop::sample::select(&ALL), share in 0.001..0.999_f64) {
            let value = if over == Over::Rtt { (share * 1e9).round() } else { share };
            prop_assert!((over.value(over.hardship(value)) / value - 1.0).abs() < 1e-9);
        }
    }
}
