//! How long to simulate a placement: long enough that every arm's p99.9 is known, as far as a budget of calls reaches.
//!
//! Virtual time is not free: each call of each journey is performed. So all placements of a scenario share a budget
//! of exchanges with stores, none gets more than it needs, and what is left of those goes to the others.
//! Where the budget ends a window early, [`Horizon::short`] says which quantile of which arm is not known. Pure.
//! Not for: live windows, which cost real time.

use super::volume::{self, Volume};
use super::{Windows, restart};
use crate::scenario::Scenario;
use crate::strategy::{Arm, Condition, Placement};
use crate::units::Nanos;

/// Exchanges with stores that a simulation of a scenario performs by default, all placements together.
pub const CALLS: f64 = 25e6;

/// The quantiles that windows are chosen for.
const QUANTILES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];
/// No window is shorter, whatever it costs.
const LEAST: Nanos = Nanos::from_secs(1);
/// And none is longer: rarer than what a day shows is nothing that a percentile tells.
const MOST: Nanos = Nanos::from_secs(86_400);
/// Windows are multiples of this, so that crumbs of floating point do not show in them.
const STEP: u64 = 100_000_000;
/// A job whose run has more items than this is measured on [`ITEMS_FEW`] and extrapolated, as live does.
const ITEMS_MOST: f64 = 20_000.0;
/// Items that tell the p99.9 of an item's time.
const ITEMS_FEW: f64 = 5_000.0;

/// How long one placement is simulated.
#[derive(Debug, Clone, PartialEq)]
pub struct Horizon {
    /// Warm-up, measuring and drain.
    pub windows: Windows,
    /// Exchanges that it will take, about.
    pub calls: f64,
    /// What the window is too short for.
    pub short: Vec<Short>,
}

/// A quantile that a window is too short for.
#[derive(Debug, Clone, PartialEq)]
pub struct Short {
    /// Of which workload.
    pub workload: String,
    /// Of which arm, as `cloud on kubernetes, 1 %`; empty if it is all of the workload.
    pub arm: String,
    /// The lowest quantile that is not known; those above are not either.
    pub quantile: f64,
    /// Journeys that it takes.
    pub needs: u64,
    /// Journeys that are expected in the window.
    pub expected: f64,
}

/// The windows of all placements of a scenario, in their order, for `budget` exchanges altogether.
///
/// With `fixed` that is the measuring window of each, whatever it costs.
pub fn horizons(
    scenario: &Scenario,
    placements: &[&Placement],
    scale: f64,
    budget: f64,
    fixed: Option<Nanos>,
) -> Vec<Horizon> {
    let all: Vec<Load> = placements.iter().map(|placement| Load::of(scenario, placement, scale)).collect();
    let needed: Vec<f64> = all.iter().map(|load| load.calls(load.needs())).collect();
    let most = level(&needed, budget);
    let window = |load: &Load| fixed.unwrap_or_else(|| load.window(most));
    placements.iter().zip(&all).map(|(placement, load)| load.horizon(scenario, placement, window(load))).collect()
}

/// The height up to which each is served so that all together take `budget`: who needs less leaves the rest to the others.
fn level(needed: &[f64], budget: f64) -> f64 {
    let mut sorted = needed.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut left = budget;
    for (index, need) in sorted.iter().enumerate() {
        let share = left / (sorted.len() - index) as f64;
        if *need > share {
            return share;
        }
        left -= need;
    }
    f64::INFINITY
}

/// Samples that a quantile needs (`measure::Hist::estimate`: q^n and (1 − q)^n at most 2.5 %).
pub fn samples(quantile: f64) -> u64 {
    let rarer = quantile.max(1.0 - quantile);
    (0.025_f64.ln() / rarer.ln()).ceil() as u64
}

/// Arrivals to expect so that so many are seen nearly always: three standard deviations of a Poisson count more.
fn with_room(samples: u64) -> f64 {
    let n = samples as f64;
    n + 3.0 * n.sqrt()
}

/// What a placement asks for, arm by arm.
struct Load {
    arms: Vec<Volume>,
    /// A state that changes while it lasts is shown to its end: a cold cache until it is warm.
    whole: Nanos,
    /// The state is over then, so that a longer window would show another: a platform has restarted.
    ends: bool,
}

impl Load {
    fn of(scenario: &Scenario, placement: &Placement, scale: f64) -> Self {
        let of = |arm: &Arm| volume::of_arm(scenario, arm, placement.condition, scale);
        let whole = match placement.condition {
            Condition::Steady | Condition::ReadOnly(_) | Condition::Quarter(_) => Nanos::ZERO,
            Condition::Cold(_, warm_up) => warm_up,
            Condition::Restarting(platform) => restart::window(restart::length(scenario, placement, platform, scale)),
        };
        Self { arms: placement.arms.iter().map(of).collect(), whole, ends: placement.restarts() }
    }
    /// The window in which every arm shows its p99.9, and every job a run or the items that tell of one.
    fn needs(&self) -> Nanos {
        if self.ends {
            return stepped(self.whole).clamp(LEAST, MOST);
        }
        let arrivals = self.arms.iter().filter(|arm| arm.arrivals > 0.0);
        let samples = arrivals.map(|arm| with_room(samples(0.999)) / arm.arrivals + arm.ramp.as_secs_f64());
        let jobs = self.arms.iter().flat_map(|arm| &arm.jobs).map(|job| {
            let whole = if job.run() <= job.every { job.run() * 1.1 } else { job.every * 2.0 };
            if job.items_until(whole) <= ITEMS_MOST { whole } else { ITEMS_FEW / job.pace }
        });
        let seconds = samples.chain(jobs).fold(self.whole.as_secs_f64(), f64::max);
        stepped(Nanos::from_secs_f64(seconds.min(MOST.as_secs_f64()))).clamp(LEAST, MOST)
    }
    /// Load before recording, until what is in flight is steady.
    fn warm_up(&self) -> Nanos {
        self.arms.iter().map(|arm| arm.settles).max().unwrap_or_default().max(LEAST)
    }
    /// How long recorded journeys may still take: as long as anybody waits for one.
    fn drain(&self) -> Nanos {
        let of = |arm: &Volume| arm.patience.max(arm.longest * 4);
        self.arms.iter().map(of).max().unwrap_or_default().clamp(LEAST * 2, LEAST * 300)
    }
    /// Exchanges of a placement that is measured for `window`: most of its drain is over as soon as the journeys are.
    fn calls(&self, window: Nanos) -> f64 {
        let longest = self.arms.iter().map(|arm| arm.longest).max().unwrap_or_default();
        let loaded = (self.warm_up() + window + longest * 2).as_secs_f64();
        let jobs_go = (window + longest * 2).as_secs_f64();
        let of = |arm: &Volume| {
            let jobs: f64 = arm.jobs.iter().map(|job| job.items_until(jobs_go) * job.exchanges).sum();
            arm.per_second * loaded + jobs + arm.boot
        };
        self.arms.iter().map(of).sum()
    }
    /// The longest window, up to what is needed, that takes no more than `most` exchanges.
    fn window(&self, most: f64) -> Nanos {
        let (mut low, mut high) = (LEAST.0 / STEP, self.needs().0 / STEP);
        if self.calls(Nanos(high * STEP)) <= most {
            return Nanos(high * STEP);
        }
        while low + 1 < high {
            let middle = low.midpoint(high);
            if self.calls(Nanos(middle * STEP)) <= most { low = middle } else { high = middle }
        }
        Nanos(low * STEP)
    }
    fn horizon(&self, scenario: &Scenario, placement: &Placement, window: Nanos) -> Horizon {
        let windows = Windows { warm_up: stepped(self.warm_up()), measure: window, drain: stepped(self.drain()) };
        // A restart is as long as it is: what it has too few journeys for, no window would show.
        let judged = placement.arms.iter().zip(&self.arms).filter(|_| !self.ends);
        let short = judged.filter_map(|(arm, volume)| {
            let expected = volume.arrivals * window.as_secs_f64();
            let missing = QUANTILES.into_iter().find(|q| expected < samples(*q) as f64)?;
            (volume.arrivals > 0.0).then(|| Short {
                workload: scenario.workloads[arm.workload.0].name.clone(),
                arm: if arm.share.0 < 1.0 { name(scenario, arm) } else { String::new() },
                quantile: missing,
                needs: samples(missing),
                expected,
            })
        });
        Horizon { windows, calls: self.calls(window), short: short.collect() }
    }
}

/// `cloud on kubernetes, 1 %`.
fn name(scenario: &Scenario, arm: &Arm) -> String {
    let (site, platform) = (&scenario.sites[arm.site.0].name, &scenario.platforms[arm.platform.0].name);
    let percent = (arm.share.0 * 1e4).round() / 1e2;
    format!("{site} on {platform}, {percent} %")
}

/// Rounded up to whole steps.
fn stepped(time: Nanos) -> Nanos {
    Nanos(time.0.div_ceil(STEP) * STEP)
}

impl std::fmt::Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { workload, arm, quantile, needs, expected } = self;
        let percent = (quantile * 1e4).round() / 1e2;
        let arm = if arm.is_empty() { String::new() } else { format!(" ({arm})") };
        write!(f, "{workload}{arm} p{percent}: {expected:.0} of {needs} journeys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{CLOUD, KUBERNETES, query, scenario, share, strategy};
    use crate::strategy::distinct;

    fn small() -> (Scenario, Vec<Placement>) {
        let mut scenario = scenario(vec![query()]);
        let web = |part| vec![share(0, CLOUD, KUBERNETES, part)];
        scenario.strategies = vec![strategy("s", vec![vec![], web(0.01), web(1.0)])];
        let placements = distinct(&scenario).placements.into_iter().map(|(_, placement)| placement).collect();
        (scenario, placements)
    }

    fn windows(budget: f64, fixed: Option<Nanos>) -> Vec<Horizon> {
        let (scenario, placements) = small();
        horizons(&scenario, &placements.iter().collect::<Vec<_>>(), 1.0, budget, fixed)
    }

    #[test]
    fn a_quantile_needs_what_histograms_ask_for() {
        // `measure` tests that its histograms agree.
        assert_eq!(QUANTILES.map(samples), [6, 36, 368, 3_688]);
    }

    #[test]
    fn with_enough_budget_every_arm_shows_its_p999() {
        // 100 requests a second need 39 s, the part of 1 % a hundred times that.
        let all = windows(1e12, None);
        let seconds: Vec<_> = all.iter().map(|h| h.windows.measure.as_secs_f64().round()).collect();
        assert_eq!(seconds, [39.0, 3_870.0, 39.0]);
        assert!(all.iter().all(|h| h.short.is_empty()), "{all:?}");
    }

    #[test]
    fn a_budget_is_kept_and_what_it_costs_is_said() {
        let all = windows(300_000.0, None);
        let calls: f64 = all.iter().map(|h| h.calls).sum();
        assert!(calls <= 300_000.0 && calls > 290_000.0, "{all:?}");
        assert!(all[0].short.is_empty() && all[2].short.is_empty(), "others keep what they need: {all:?}");
        let [short] = &all[1].short[..] else { panic!("{all:?}") };
        let told = short.to_string();
        assert!(
            told.starts_with("web (cloud on kubernetes, 1 %) p99: ") && told.ends_with(" of 368 journeys"),
            "{told}"
        );
    }

    #[test]
    fn what_is_fixed_is_fixed() {
        let all = windows(1.0, Some(Nanos::from_millis(1_234)));
        assert!(all.iter().all(|h| h.windows.measure == Nanos::from_millis(1_234)), "{all:?}");
        let least = windows(1.0, None);
        assert!(least.iter().all(|h| h.windows.measure == LEAST), "{least:?}");
    }

    #[test]
    fn a_level_serves_the_small_whole() {
        assert!((level(&[1.0, 10.0, 10.0], 11.0) - 5.0).abs() < 1e-9);
        assert!(level(&[1.0, 2.0], 3.0).is_infinite());
    }
}
