//! What is performed by turns on two sides, and by whom: lanes that change sides in ABBA order, half of them the other way round.
//!
//! Lanes come in groups of four. In each turn of a round two of a group are on the first side and two on the second, with
//! the same draws; then they change: two of them A B B A, the others B A A B. So both sides are performed in every turn, and a stall
//! of the machine falls on both alike (Bulej et al., *Duet Benchmarking*, ICPE 2020), while what depends on a lane, or on who
//! comes first, cancels over a round. Each turn has draws of its own: what it shows is about journeys as they
//! are, not about the few that happened to be drawn. Not for: sockets (`live`), or judging (`analysis::gate::paired`).

use crate::measure::turns::{ORDER, Side, turns_of};
use crate::plan::{Plan, Windows};
use crate::scenario::{JourneyId, Scenario, WorkloadKind};
use crate::seed::Seed;
use crate::strategy::{Arm, Placement};
use crate::units::Nanos;

pub use super::live::by_turns;

/// A journey that both sides perform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// What a reader calls it: the workload and the journey.
    pub name: String,
    /// The journey's name.
    pub journey: String,
    /// By which arm of the first side, and which of its journeys.
    pub first: (usize, JourneyId),
    /// The same on the second side.
    pub second: (usize, JourneyId),
}

/// How it is performed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// Rounds of four turns.
    pub rounds: u32,
    /// Performances of each journey by each lane in a turn.
    pub per_lane: u32,
    /// Journeys at once on both sides together, a multiple of [`GROUP`].
    pub lanes: u32,
    /// Where draws start.
    pub seed: Seed,
    /// Rounds before these with other draws: a second set of rounds repeats none of the first.
    pub before: u64,
}

/// Lanes of a group: two on each side.
pub const GROUP: u32 = 4;

/// On which side a lane is in a turn of a round.
pub fn side_of(lane: u32, turn: usize) -> Side {
    match (ORDER[turn], lane % GROUP < 2) {
        (side, true) => side,
        (Side::First, false) => Side::Second,
        (Side::Second, false) => Side::First,
    }
}

/// Where what a lane does in a turn is counted: on each side the even lanes stand against the odd ones, the same code twice at the same times.
pub fn cell(lane: u32, turn: usize) -> usize {
    turns_of(side_of(lane, turn))[(lane % 2) as usize]
}

/// A side as it is performed: a scenario at one placement.
///
/// The placement's plan has no windows: turns end when their journeys have.
pub fn plan(scenario: &Scenario, label: &str, placement: &Placement) -> Plan {
    let none = Windows { warm_up: Nanos::ZERO, measure: Nanos::ZERO, drain: Nanos::ZERO };
    Plan::new(scenario, label, placement, 1.0, none)
}

/// The journeys that both sides have, by workload, arm and journey, in the order of the first; then the names of those that only one has.
pub fn compared(first: (&Scenario, &Placement), second: (&Scenario, &Placement)) -> (Vec<Compared>, Vec<String>) {
    let (ours, theirs) = (performed(first), performed(second));
    let (mut both, mut alone) = (Vec::new(), Vec::new());
    for it in &ours {
        match theirs.iter().find(|other| it.key == other.key) {
            Some(other) => both.push(Compared {
                name: it.name(&ours),
                journey: it.key.2.clone(),
                first: (it.arm, it.journey),
                second: (other.arm, other.journey),
            }),
            None => alone.push(it.name(&ours)),
        }
    }
    let new = theirs.iter().filter(|other| !ours.iter().any(|it| it.key == other.key));
    alone.extend(new.map(|other| other.name(&theirs)));
    (both, alone)
}

/// A journey of an arm.
struct Performed {
    /// Workload, which of its arms, journey.
    key: (String, usize, String),
    arm: usize,
    journey: JourneyId,
    site: String,
}

impl Performed {
    /// Workload and journey; the site too where the workload is split.
    fn name(&self, all: &[Self]) -> String {
        let (workload, _, journey) = &self.key;
        let split = all.iter().any(|other| other.key.0 == *workload && other.key.1 != self.key.1);
        if split { format!("{workload} at {}/{journey}", self.site) } else { format!("{workload}/{journey}") }
    }
}

fn performed((scenario, placement): (&Scenario, &Placement)) -> Vec<Performed> {
    let of_arm = |(index, arm): (usize, &Arm)| {
        let workload = &scenario.workloads[arm.workload.0];
        let before = placement.arms.iter().take(index).filter(|other| other.workload == arm.workload).count();
        let of_journey = move |journey: JourneyId| Performed {
            key: (workload.name.clone(), before, scenario.journeys[journey.0].name.clone()),
            arm: index,
            journey,
            site: scenario.sites[arm.site.0].name.clone(),
        };
        journeys(&workload.kind).into_iter().map(of_journey).collect::<Vec<_>>()
    };
    placement.arms.iter().enumerate().flat_map(of_arm).collect()
}

/// Every journey of a workload, once.
fn journeys(kind: &WorkloadKind) -> Vec<JourneyId> {
    let mut all: Vec<JourneyId> = match kind {
        WorkloadKind::Http(http) => http.mix.0.iter().map(|(id, _)| *id).collect(),
        WorkloadKind::Queue(queues) => queues.iter().flat_map(|queue| queue.mix.0.iter().map(|(id, _)| *id)).collect(),
        WorkloadKind::Cron(jobs) => jobs.iter().map(|job| job.journey).collect(),
        WorkloadKind::Startup(startup) => vec![startup.journey],
    };
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|id| seen.insert(*id));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_turn_has_both_sides_and_every_lane_is_on_both_alike() {
        for turn in 0..ORDER.len() {
            let on_first = (0..12).filter(|lane| side_of(*lane, turn) == Side::First).count();
            assert_eq!(on_first, 6, "turn {turn}");
        }
        for lane in 0..12 {
            let on_first = (0..ORDER.len()).filter(|turn| side_of(lane, *turn) == Side::First);
            assert_eq!(on_first.map(|turn| turn as u32 * 2).sum::<u32>(), 6, "as early as late, lane {lane}");
        }
    }

    #[test]
    fn halves_of_a_side_are_as_large_and_at_the_same_times() {
        let mut counts = [[0; 4]; 4];
        for (turn, counts) in counts.iter_mut().enumerate() {
            (0..12).for_each(|lane| counts[cell(lane, turn)] += 1);
        }
        assert_eq!(counts, [[3; 4]; 4]);
    }
}
