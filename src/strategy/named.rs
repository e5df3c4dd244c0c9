//! What the state of a placement is called, and how often it comes again. Not for: how long it lasts (`expand`).

use super::{Condition, Placement};
use crate::plan::day;
use crate::scenario::Scenario;

impl Placement {
    /// `steady`, `read-only STORE`, `cold STORE`, `restart PLATFORM` or `quarter of the day 1 of 4, the busiest last`.
    pub fn condition_name(&self, scenario: &Scenario) -> String {
        let (kind, what) = self.condition.kind(scenario);
        match self.condition {
            Condition::Quarter(quarter) => format!("{kind} {} of {}, the busiest last", quarter + 1, day::QUARTERS),
            _ if what.is_empty() => kind.to_owned(),
            _ => format!("{kind} {what}"),
        }
    }
}

impl Condition {
    /// Its kind, and the store or platform that it is about; empty if none.
    pub fn kind(self, scenario: &Scenario) -> (&'static str, &str) {
        match self {
            Self::Steady => ("steady", ""),
            Self::Quarter(_) => ("quarter of the day", ""),
            Self::ReadOnly(store) => ("read-only", &scenario.stores[store.0].name),
            Self::Cold(store, _) => ("cold", &scenario.stores[store.0].name),
            Self::Restarting(platform) => ("restart", &scenario.platforms[platform.0].name),
        }
    }
    /// From one beginning of what recurs to the next, in nanoseconds.
    pub fn every(self, scenario: &Scenario) -> Option<u64> {
        match self {
            Self::Restarting(platform) => {
                scenario.platforms[platform.0].restart.as_ref().map(|restart| restart.every.0)
            }
            Self::Quarter(_) => Some(day::DAY.0),
            Self::Steady | Self::ReadOnly(_) | Self::Cold(..) => None,
        }
    }
    /// A state of minutes in a phase, which decides no answer: neither the phase itself nor a quarter of its days.
    pub fn is_short(self) -> bool {
        !matches!(self, Self::Steady | Self::Quarter(_))
    }
}
