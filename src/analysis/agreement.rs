//! How far a simulation agrees with what was measured live, percentile by percentile.
//!
//! Both performed the same plan, so that the same journeys arrived at the same times: what differs is the engines, and
//! chance only where journeys meet. Numbers of the two never stand for one another. Not for: two live runs.

use crate::measure::{Estimate, Hist};
use crate::runfile::{ArmRun, PartRun, Run};

use super::arm::merged;
use super::pairs::{ArmPair, Incomparable, pairs, same_plan};

/// What is compared, and how far off is close: the median, and what is rarer.
pub const BANDS: [(f64, f64); 3] = [(0.5, 0.03), (0.9, 0.10), (0.99, 0.10)];

/// A live run and its simulation, arm by arm.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// Each arm of each placement that is valid in both.
    pub arms: Vec<ArmAgreement>,
    /// Each percentile of [`BANDS`] over all arms.
    pub percentiles: Vec<Tally>,
    /// Arms whose round trips are equal, and those that differ.
    pub trips: (usize, usize),
    /// What the simulation was calibrated from, in words.
    pub calibration: String,
}

/// One arm.
#[derive(Debug, Clone, PartialEq)]
pub struct ArmAgreement {
    /// The placement's index in the live run.
    pub index: usize,
    /// The placement's label.
    pub placement: String,
    /// `steady`, `read-only STORE` or `cold STORE`.
    pub condition: String,
    /// The arm: workload, place, share.
    pub arm: String,
    /// Samples: live, simulated.
    pub n: (u64, u64),
    /// One for each of [`BANDS`].
    pub percentiles: Vec<Percentile>,
    /// Mean awaited round trips of a journey.
    pub trips: Trips,
}

/// One percentile of one arm's response times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentile {
    /// Which.
    pub quantile: f64,
    /// As measured, in nanoseconds.
    pub live: Option<Estimate>,
    /// As simulated, in nanoseconds.
    pub simulated: Option<Estimate>,
    /// Simulated ÷ live − 1.
    pub difference: Option<f64>,
    /// What to make of it.
    pub close: Close,
}

/// How near a simulated percentile is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// Within the band.
    Within,
    /// Beyond the band, and inside the interval in which the live percentile itself is only known to lie.
    Interval,
    /// Neither.
    Apart,
    /// One of the two has too few samples.
    Unknown,
}

/// Round trips of an arm's journeys.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Trips {
    /// The same number for the same journeys.
    Equal(f64),
    /// Means of journeys that are not all the same ones: live, simulated.
    Differ(f64, f64),
    /// No journey ended well in one of them.
    Unknown,
}

/// One percentile over all arms.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tally {
    /// Which.
    pub quantile: f64,
    /// How far off is close.
    pub band: f64,
    /// Arms by [`Close`]: within, inside the interval, apart, unknown.
    pub arms: [usize; 4],
    /// The farthest difference, by its size.
    pub farthest: Option<f64>,
}

/// Compares a live run with a simulation of the same plan.
pub fn agreement(live: &Run, simulated: &Run) -> Result<Agreement, Incomparable> {
    for (run, engine) in [(live, "live"), (simulated, "sim")] {
        if run.provenance.engine != engine {
            let told = format!("one was to be by the engine `{engine}`, and is by `{}`", run.provenance.engine);
            return Err(Incomparable::Plan(told));
        }
    }
    same_plan(live, simulated)?;
    let arms: Vec<ArmAgreement> = pairs(live, simulated)?.iter().map(ArmAgreement::of).collect();
    let equal = arms.iter().filter(|arm| matches!(arm.trips, Trips::Equal(_))).count();
    let differ = arms.iter().filter(|arm| matches!(arm.trips, Trips::Differ(..))).count();
    let calibration = simulated.provenance.simulated.as_ref().map_or("none", |s| &s.calibration).to_owned();
    let percentiles = BANDS.iter().enumerate().map(|(index, band)| Tally::of(&arms, index, *band)).collect();
    Ok(Agreement { arms, percentiles, trips: (equal, differ), calibration })
}

impl ArmAgreement {
    fn of(pair: &ArmPair<'_>) -> Self {
        let (live, simulated) = (merged(pair.first, |p| &p.response), merged(pair.second, |p| &p.response));
        Self {
            index: pair.index,
            placement: pair.placement.label.clone(),
            condition: pair.placement.condition.clone(),
            arm: pair.to_string(),
            n: (live.count(), simulated.count()),
            percentiles: BANDS.iter().map(|band| Percentile::of(*band, &live, &simulated)).collect(),
            trips: Trips::of(pair.first, pair.second),
        }
    }
}

impl Percentile {
    fn of((quantile, band): (f64, f64), live: &Hist, simulated: &Hist) -> Self {
        let (live, simulated) = (live.estimate(quantile), simulated.estimate(quantile));
        let both = live.zip(simulated).filter(|(live, _)| live.value > 0.0);
        let difference = both.map(|(live, simulated)| simulated.value / live.value - 1.0);
        let close = match (both, difference) {
            (_, Some(difference)) if difference.abs() <= band => Close::Within,
            (Some((live, simulated)), _) if (live.low..=live.high).contains(&simulated.value) => Close::Interval,
            (Some(_), _) => Close::Apart,
            (None, _) => Close::Unknown,
        };
        Self { quantile, live, simulated, difference, close }
    }
}

impl Trips {
    fn of(live: &ArmRun, simulated: &ArmRun) -> Self {
        let of = |arm: &ArmRun| merged(arm, |part: &PartRun| &part.round_trips);
        let (live, simulated) = (of(live), of(simulated));
        let range = |hist: &Hist| (hist.min(), hist.max());
        // Journeys of one length are equal however many of them ended within the window.
        let constant = live.min() == live.max() && range(&live) == range(&simulated);
        match () {
            () if live.is_empty() || simulated.is_empty() => Self::Unknown,
            () if live == simulated || constant => Self::Equal(live.mean()),
            () => Self::Differ(live.mean(), simulated.mean()),
        }
    }
}

impl Tally {
    fn of(arms: &[ArmAgreement], index: usize, (quantile, band): (f64, f64)) -> Self {
        let mut tally = Self { quantile, band, arms: [0; 4], farthest: None };
        for percentile in arms.iter().filter_map(|arm| arm.percentiles.get(index)) {
            tally.arms[percentile.close as usize] += 1;
            let further = |far: f64| percentile.difference.is_some_and(|d| d.abs() > far.abs());
            if tally.farthest.is_none_or(further) {
                tally.farthest = percentile.difference.or(tally.farthest);
            }
        }
        tally
    }
    /// Arms of which both percentiles are known.
    pub fn known(&self) -> usize {
        self.arms[..3].iter().sum()
    }
    /// Of these, those within the band.
    pub const fn within(&self) -> usize {
        self.arms[Close::Within as usize]
    }
    /// Of these, those beyond the band and inside the live percentile's own interval.
    pub const fn interval(&self) -> usize {
        self.arms[Close::Interval as usize]
    }
    /// Of these, those beyond both.
    pub const fn apart(&self) -> usize {
        self.arms[Close::Apart as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Nanos;

    fn of(scale: f64, n: u64) -> Hist {
        let mut hist = Hist::new();
        (1..=n).for_each(|i| hist.record(Nanos::from_millis(i).scale(scale)));
        hist
    }

    #[test]
    fn a_percentile_is_close_by_its_band_or_its_interval() {
        let live = of(1.0, 1_000);
        for (band, scale, n, close) in [
            ((0.5, 0.03), 1.02, 1_000, Close::Within),
            ((0.5, 0.03), 1.05, 1_000, Close::Interval),
            ((0.5, 0.03), 0.8, 1_000, Close::Apart),
            ((0.99, 0.1), 0.92, 1_000, Close::Within),
            ((0.99, 0.1), 1.0, 100, Close::Unknown),
        ] {
            let percentile = Percentile::of(band, &live, &of(scale, n));
            assert_eq!(percentile.close, close, "{band:?} {scale} {n}: {percentile:?}");
        }
    }

    #[test]
    fn a_tally_counts_and_remembers_the_farthest() {
        let arm = |scale| ArmAgreement {
            index: 0,
            placement: String::new(),
            condition: String::new(),
            arm: String::new(),
            n: (0, 0),
            percentiles: vec![Percentile::of((0.5, 0.03), &of(1.0, 1_000), &of(scale, 1_000))],
            trips: Trips::Unknown,
        };
        let tally = Tally::of(&[arm(1.01), arm(0.7), arm(1.2)], 0, (0.5, 0.03));
        assert_eq!((tally.known(), tally.within(), tally.interval(), tally.apart()), (3, 1, 0, 2));
        assert!(tally.farthest.is_some_and(|far| (far + 0.3).abs() < 0.01), "{tally:?}");
    }
}
