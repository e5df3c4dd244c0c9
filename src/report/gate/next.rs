//! What to do next, by what became of a check and which kind of gate said so. Not for: why it became so, which the check tells.

use crate::analysis::gate::{Check, Kind, Outcome};

use super::Told;

/// One line for each kind of trouble that there is, the gravest first.
pub(crate) fn steps(told: &Told) -> Vec<&'static str> {
    let mut steps = Vec::new();
    for check in told.notable() {
        let step = step(check);
        if !step.is_empty() && !steps.contains(&step) {
            steps.push(step);
        }
    }
    steps
}

fn step(check: &Check) -> &'static str {
    match (check.outcome, check.kind) {
        (Outcome::OverBudget, Kind::Snapshot) => {
            "take the round trips out again, or accept them: run with `--update` and commit the difference"
        }
        (Outcome::OverBudget, Kind::Budget) if check.place.is_none() => {
            "take the round trips out again, or say in a budget (`--budget FILE`) how often a statement may be repeated, and why"
        }
        (Outcome::OverBudget, _) => "take the round trips out again, or raise the budget where it is written",
        (Outcome::Regression, Kind::Objective) => {
            "see where the time goes with `longhaul explain SCENARIO`, and what would mend it with `longhaul advise SCENARIO`"
        }
        (Outcome::Regression, Kind::Baseline) => {
            "see what became slower with `longhaul compare BASELINE NOW`; if it is meant, store the new run with `--write-baseline`"
        }
        (Outcome::Regression, Kind::Comparison) => {
            "look at what changed between the two sides: round trips first, they do not depend on the machine"
        }
        (Outcome::Regression, Kind::History) => {
            "look at what was merged between the two results that the change lies between"
        }
        (Outcome::Regression, Kind::Budget | Kind::Snapshot) => {
            "take back what made it worse, or change what it is held to"
        }
        (Outcome::Invalid, Kind::Comparison) if check.unit == "journeys" => {
            "mend what makes journeys fail, then measure again"
        }
        (Outcome::Invalid, Kind::Comparison) => {
            "the machine did not deliver load or delay: measure on a quieter one, or fewer journeys at once with `--at-once`; `longhaul \
             doctor` says what it can do"
        }
        (Outcome::Invalid, _) => {
            "the machine did not deliver load or delay: measure on a quieter one, or less with `--scale`; `longhaul doctor` says what \
             it can do"
        }
        (Outcome::Incomparable, Kind::Baseline) => {
            "store a baseline of the world as it is now with `--write-baseline`, or a live one with `longhaul run`"
        }
        (Outcome::Incomparable, _) => "make anew what it is compared with",
        (Outcome::Inconclusive, Kind::Comparison) => "give it more rounds, or a quieter machine",
        (Outcome::Inconclusive, Kind::History) => "wait for more stored results",
        (Outcome::Inconclusive, Kind::Objective) if check.limit.is_some() => {
            "rare quantiles need more samples: a greater `--effort`, a higher rate or a quantile less far out"
        }
        (Outcome::Inconclusive, _) => "give it what it lacks: the line says what",
        (Outcome::Improvement, Kind::Budget) => "tighten the budget, so that the gain stays",
        (Outcome::Improvement, Kind::Snapshot) => {
            "run with `--update` and commit the difference, so that the gain stays"
        }
        (Outcome::Improvement, Kind::Baseline) => {
            "store the better run with `--write-baseline`, so that the gain stays"
        }
        (Outcome::Pass | Outcome::Improvement, _) => "",
    }
}
