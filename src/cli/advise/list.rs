//! Mitigations with what they save by distance alone, in order. Not for: writing them down (`text`, `json`).

use crate::explain::{Saving, rtts_of, savings, times};
use crate::mitigation::{Candidate, find};
use crate::scenario::Scenario;
use crate::units::Nanos;

/// What can be said of a scenario without performing it.
pub(super) struct Advice {
    /// The scenario's name.
    pub(super) name: String,
    /// The largest round-trip time of its links, at which all is told.
    pub(super) rtt: Nanos,
    /// Those that save most in each second of load first.
    pub(super) all: Vec<Advised>,
}

/// A mitigation and what it saves.
pub(super) struct Advised {
    /// What it does.
    pub(super) it: Candidate,
    /// Journeys whose mean time differs, the largest saving first.
    pub(super) savings: Vec<Saving>,
}

impl Advised {
    /// Seconds saved in each second of load.
    pub(super) fn per_second(&self) -> f64 {
        self.savings.iter().map(Saving::per_second).sum()
    }
    /// Seconds that the journey which gains most is quicker.
    pub(super) fn most(&self) -> f64 {
        self.savings.iter().map(Saving::seconds).fold(0.0, f64::max)
    }
}

/// Finds all and puts them in order.
pub(super) fn of(scenario: &Scenario) -> Advice {
    let farthest = |scenario: &Scenario| rtts_of(scenario).last().copied().unwrap_or_default();
    let rtt = farthest(scenario);
    let before = times(scenario, rtt);
    let advised = |it: Candidate| {
        let mut savings = savings(scenario, &before, &times(&it.after, farthest(&it.after)));
        savings.sort_by(|a, b| b.seconds().total_cmp(&a.seconds()));
        Advised { it, savings }
    };
    let mut all: Vec<Advised> = find(scenario).into_iter().map(advised).collect();
    let order = |it: &Advised| (it.per_second(), it.most());
    all.sort_by(|a, b| {
        let (a, b) = (order(a), order(b));
        b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1))
    });
    Advice { name: scenario.name.clone(), rtt, all }
}
