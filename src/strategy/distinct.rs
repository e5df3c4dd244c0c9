//! Placements that are the same measurement, found once.
//!
//! Two placements are equal when, whatever their sites are called, every workload is split into
//! the same shares on the same platforms, with the same link parameters to every store it calls and the same copies of
//! stores, in the same condition. Links of limited bandwidth must also be shared by the same arms, since they
//! then compete. So "all in the old place" and "all in the new place" are one, if their inner links are
//! equal and the platforms too. Not for: measuring them.

use super::exposed::apart;
use super::{Arm, Condition, CopyUse, PlacedPhase, Placement, expand};
use crate::scenario::{Link, PlatformId, Scenario, SiteId, WorkloadId};

/// Every placement of a scenario once, and where each phase finds its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Distinct {
    /// (name of the first phase that has it, placement), in the order of first use; last what recurs: restarts of
    /// platforms, those first that are farthest from their stores, then quarters of the day.
    pub placements: Vec<(String, Placement)>,
    /// By strategy, then by phase.
    pub strategies: Vec<Vec<PhaseRef>>,
}

/// A phase with the places of its measurements in [`Distinct::placements`].
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseRef {
    /// The phase.
    pub phase: PlacedPhase,
    /// Its steady state.
    pub placement: usize,
    /// Its events, in order.
    pub events: Vec<usize>,
}

/// Finds the distinct placements of all strategies.
pub fn distinct(scenario: &Scenario) -> Distinct {
    let all: Vec<Vec<PlacedPhase>> = (0..scenario.strategies.len()).map(|at| expand(scenario, at)).collect();
    let mut found = Distinct { placements: Vec::new(), strategies: Vec::new() };
    for phase in all.iter().flatten() {
        found.index(&phase.name, &phase.placement);
        for (event, _) in phase.events.iter().filter(|(event, _)| !event.recurs()) {
            found.index(&phase.name, event);
        }
    }
    let recurring = all.iter().flatten().flat_map(|phase| phase.events.iter().map(move |(event, _)| (phase, event)));
    let mut recurring: Vec<_> = recurring.filter(|(_, event)| event.recurs()).collect();
    let rank = |event: &Placement| (!event.restarts(), -apart(event, None));
    recurring.sort_by(|a, b| {
        let (a, b) = (rank(a.1), rank(b.1));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    for (phase, event) in recurring {
        found.index(&phase.name, event);
    }
    for phases in all {
        let phases = phases.into_iter().map(|phase| PhaseRef {
            placement: found.index(&phase.name, &phase.placement),
            events: phase.events.iter().map(|(event, _)| found.index(&phase.name, event)).collect(),
            phase,
        });
        let phases = phases.collect();
        found.strategies.push(phases);
    }
    found
}

impl Placement {
    /// Whether a platform restarts.
    pub fn restarts(&self) -> bool {
        matches!(self.condition, Condition::Restarting(_))
    }
    /// Whether it is a state that recurs in a phase.
    pub fn recurs(&self) -> bool {
        matches!(self.condition, Condition::Restarting(_) | Condition::Quarter(_))
    }
}

impl Distinct {
    /// How many of the placements come first when of those that recur only the first `restarts` restarts are wanted.
    pub fn with_restarts(&self, restarts: usize) -> usize {
        let count = |of: fn(&Placement) -> bool| self.placements.iter().filter(|(_, placement)| of(placement)).count();
        count(|placement| !placement.recurs()) + count(Placement::restarts).min(restarts)
    }
    /// The index of a placement, added if it is new.
    fn index(&mut self, label: &str, placement: &Placement) -> usize {
        let known = self.placements.iter().position(|(_, p)| same(p, placement));
        known.unwrap_or_else(|| {
            self.placements.push((label.to_owned(), placement.clone()));
            self.placements.len() - 1
        })
    }
}

/// Whether one measurement serves both.
fn same(a: &Placement, b: &Placement) -> bool {
    a.condition == b.condition
        && a.arms.len() == b.arms.len()
        && a.arms
            .iter()
            .zip(&b.arms)
            .all(|(a, b)| parameters(a) == parameters(b) && (a.share.0 - b.share.0).abs() < 1e-9)
        && shared_links(a) == shared_links(b)
}

/// What of an arm a measurement depends on, besides its share.
fn parameters(arm: &Arm) -> (WorkloadId, PlatformId, &[Option<Link>], &[CopyUse]) {
    (arm.workload, arm.platform, &arm.links, &arm.copies)
}

/// For each use of a link of limited bandwidth, which of the links it is, numbered by first use.
fn shared_links(placement: &Placement) -> Vec<usize> {
    let mut seen: Vec<(SiteId, SiteId)> = Vec::new();
    let uses = placement.arms.iter().flat_map(|arm| {
        let limited = arm
            .links
            .iter()
            .zip(&placement.stores)
            .filter(|(link, _)| link.as_ref().is_some_and(|l| l.bandwidth.is_some()));
        limited.map(|(_, store)| (arm.site.min(*store), arm.site.max(*store)))
    });
    let mut number = |pair| {
        seen.iter().position(|known| *known == pair).unwrap_or_else(|| {
            seen.push(pair);
            seen.len() - 1
        })
    };
    uses.map(&mut number).collect()
}

#[cfg(test)]
#[path = "distinct_tests.rs"]
mod tests;
