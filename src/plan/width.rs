//! How many connections to each store a journey holds at most.
//!
//! The first branch of a parallel group goes on with the connections around it, every further branch takes
//! its own, and later groups use those again. Misses and all repeats are counted as if they happened. Not
//! for: how connections are kept.

use std::collections::BTreeSet;

use crate::scenario::{Call, Mix, Request, Scenario, Step, StoreId};
use crate::strategy::{CopyUse, targets};

/// Connections to each store, by [`StoreId`], that the widest journey of a mix takes.
///
/// `copies` are those that the arm uses: of a MySQL, connections to the store itself are counted too, where a journey may
/// need them.
pub fn of_mix(scenario: &Scenario, mix: &Mix, copies: &[CopyUse]) -> Vec<usize> {
    let mut widest = vec![0; scenario.stores.len()];
    for (journey, _) in &mix.0 {
        let mut open = Open::default();
        open.steps(&scenario.journeys[journey.0].steps, &mut Around { copies, inside: Vec::new() });
        for (store, most) in widest.iter_mut().enumerate() {
            *most = open.count(StoreId(store)).max(*most);
        }
    }
    widest
}

/// The connections of a branch, and of those that branched off from it.
#[derive(Default)]
struct Open {
    stores: BTreeSet<StoreId>,
    further: Vec<Open>,
}

/// What is around a step.
struct Around<'a> {
    copies: &'a [CopyUse],
    /// Stores with an open transaction.
    inside: Vec<StoreId>,
}

impl Open {
    fn steps(&mut self, steps: &[Step], around: &mut Around<'_>) {
        for step in steps {
            match step {
                Step::Call(Call { store, request }) => {
                    self.stores.extend(targets(around.copies, *store, request, &around.inside));
                    if let Request::Get(get) = request {
                        self.steps(&get.on_miss, around);
                    }
                }
                Step::Repeat { steps, .. } => self.steps(steps, around),
                Step::Parallel(branches) => self.parallel(branches, around),
                Step::Transaction(transaction) => {
                    self.stores.insert(transaction.store);
                    around.inside.push(transaction.store);
                    self.steps(&transaction.steps, around);
                    around.inside.pop();
                }
                Step::Think(_) => {}
            }
        }
    }
    fn parallel(&mut self, branches: &[Vec<Step>], around: &mut Around<'_>) {
        let Some((first, others)) = branches.split_first() else { return };
        if self.further.len() < others.len() {
            self.further.resize_with(others.len(), Self::default);
        }
        // What is idle in this group may serve the groups inside its first branch.
        let idle = self.further.split_off(others.len());
        let mut inner = Self { stores: std::mem::take(&mut self.stores), further: idle };
        inner.steps(first, around);
        self.stores = inner.stores;
        for (branch, open) in others.iter().zip(&mut self.further) {
            open.steps(branch, around);
        }
        self.further.extend(inner.further);
    }
    fn count(&self, store: StoreId) -> usize {
        usize::from(self.stores.contains(&store)) + self.further.iter().map(|open| open.count(store)).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{get, query, scenario};
    use crate::scenario::JourneyId;

    #[test]
    fn branches_beyond_the_first_take_their_own() {
        let group = |branches: Vec<Vec<Step>>| Step::Parallel(branches);
        let wide = || group(vec![vec![query()], vec![query()], vec![get(1, 1.0, vec![])]]);
        let nested = group(vec![vec![wide(), query()], vec![query()]]);
        for (steps, width) in [
            (vec![], [0, 0]),
            (vec![query(), query()], [1, 0]),
            (vec![get(1, 0.5, vec![query()])], [1, 1]),
            (vec![query(), wide()], [2, 1]),
            (vec![wide(), wide()], [2, 1]),
            (vec![nested], [3, 1]),
            (vec![wide(), get(1, 1.0, vec![])], [2, 2]),
        ] {
            let scenario = scenario(steps.clone());
            assert_eq!(of_mix(&scenario, &Mix(vec![(JourneyId(0), 1.0)]), &[]), width, "{steps:?}");
        }
    }
}
