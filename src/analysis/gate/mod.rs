//! Gating: what was checked, and what became of each check, so that a machine can decide.
//!
//! Every kind of gate (budgets and snapshots of round trips, objectives in virtual time, two sides measured by turns, stored
//! results) ends in one [`Judged`], so that exit codes and formats are written once. Not for: exit codes (`cli::exit`) or how
//! anything looks (`report::gate`).

pub mod baseline;
pub mod budget;
pub mod comparable;
pub mod counts;
pub mod divisive;
pub mod growth;
pub mod history;
pub mod objectives;
pub mod observed;
pub mod paired;
pub mod session;
pub mod snapshot;
mod telling;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measure::Hist;
use crate::scenario::Spot;

/// What became of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Held.
    Pass,
    /// Held, and better than what it was compared with: the budget or the baseline can be tightened.
    Improvement,
    /// The data do not tell.
    Inconclusive,
    /// There is nothing that it could be compared with.
    Incomparable,
    /// It was measured while load or delay was not delivered.
    Invalid,
    /// Worse than what it was compared with, or an objective missed.
    Regression,
    /// More round trips, repeats or bytes than the budget or the snapshot allows.
    OverBudget,
}

impl Outcome {
    /// Each of them, mildest first.
    pub const ALL: [Self; 7] = [
        Self::Pass,
        Self::Improvement,
        Self::Inconclusive,
        Self::Incomparable,
        Self::Invalid,
        Self::Regression,
        Self::OverBudget,
    ];

    /// The word that a reader sees.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Improvement => "improvement",
            Self::Inconclusive => "inconclusive",
            Self::Incomparable => "incomparable",
            Self::Invalid => "invalid",
            Self::Regression => "regression",
            Self::OverBudget => "over-budget",
        }
    }
}

/// Which kind of gate a check belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A round-trip budget.
    Budget,
    /// Statements and counts that were reviewed and committed.
    Snapshot,
    /// An objective of the scenario in a phase.
    Objective,
    /// A stored run.
    Baseline,
    /// Two sides measured by turns in one job.
    Comparison,
    /// A change point in stored results.
    History,
}

/// Where something that was checked is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The file, as it was named on the command line.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
}

impl Place {
    /// The beginning of a file.
    pub fn whole(file: String) -> Self {
        Self { file, line: 1, column: 1 }
    }
    /// A spot of a file.
    pub fn of(file: &str, at: Spot) -> Self {
        Self { file: file.to_owned(), line: at.line, column: at.column }
    }
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// The same for the same check in every run: words joined by `/`, e.g. `budget/checkout/round-trips`.
    pub id: String,
    /// Which gate.
    pub kind: Kind,
    /// What it is about: a journey, a connection, a workload in a phase.
    pub subject: String,
    /// Which quantity of it, e.g. `round trips`.
    pub quantity: String,
    /// The unit of `found` and `limit`, e.g. `round trips`, `B`, `ms`; empty for a pure number.
    pub unit: String,
    /// What was found; `None` if that cannot be known.
    pub found: Option<f64>,
    /// The 95 % interval of what was found; `None` for what was counted.
    pub interval: Option<(f64, f64)>,
    /// What is allowed, or what it was before.
    pub limit: Option<f64>,
    /// What became of it.
    pub outcome: Outcome,
    /// The whole of it in a sentence: `checkout: 34 → 61 round trips (+27 × SELECT … FROM prices): +405 ms at 15 ms`.
    pub sentence: String,
    /// More lines for whoever has to mend it, e.g. the statements, or how to tighten a budget.
    pub details: Vec<String>,
    /// Where the limit is written.
    pub place: Option<Place>,
}

impl Check {
    /// A check of this kind that says nothing yet: no number, no limit, passed.
    pub(crate) const fn blank(kind: Kind) -> Self {
        Self {
            id: String::new(),
            kind,
            subject: String::new(),
            quantity: String::new(),
            unit: String::new(),
            found: None,
            interval: None,
            limit: None,
            outcome: Outcome::Pass,
            sentence: String::new(),
            details: Vec::new(),
            place: None,
        }
    }
}

/// One quantity of one journey on two sides that were measured by turns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Paired {
    /// The id of its check.
    pub id: String,
    /// The journey or arm.
    pub subject: String,
    /// Which quantity, e.g. `p50`.
    pub quantity: String,
    /// It is a control: the same on both sides, there to show what the machine does.
    pub control: bool,
    /// Rounds that counted, one ratio each.
    pub rounds: u32,
    /// On the first side over all rounds, nanoseconds.
    pub first_ns: f64,
    /// On the second.
    pub second_ns: f64,
    /// Second ÷ first: the lower end of the interval, the middle, the upper end.
    pub ratio: (f64, f64, f64),
    /// Two-sided probability of a ratio as far from 1 if nothing differed (exact sign-flip test), corrected for the number of
    /// comparisons.
    pub p: f64,
    /// Ratios between `1 ÷ floor` and `floor` are what the same code shows against itself in this job.
    pub floor: f64,
    /// Response times at the deciles on both sides, nanoseconds: what moved, the middle or the tail.
    pub deciles_ns: (Vec<f64>, Vec<f64>),
    /// Mean awaited round trips of a journey on both sides.
    pub round_trips: (Option<f64>, Option<f64>),
    /// What became of it.
    pub outcome: Outcome,
}

/// Response times as they were measured or simulated, whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Distribution {
    /// The same for the same distribution in every run, as [`id`] makes them.
    pub id: String,
    /// What it is of: `web, cloud on kubernetes, 1 %, in “web 1 %”`.
    pub title: String,
    /// Every time.
    pub times: Hist,
}

/// One quantity over stored results, in their order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// The id of the check whose numbers these are.
    pub id: String,
    /// What it is about.
    pub subject: String,
    /// Which quantity of it.
    pub quantity: String,
    /// Its unit, as of a [`Check`].
    pub unit: String,
    /// Name of the stored result, and the number.
    pub points: Vec<(String, f64)>,
    /// Where it changed, in order.
    pub changes: Vec<Change>,
}

/// A place in a series from which on its numbers are others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Change {
    /// The first point of the new numbers.
    pub at: usize,
    /// The median before, back to the change before.
    pub from: f64,
    /// The median from here on, up to the next change.
    pub to: f64,
    /// How often shuffled numbers look as changed as these.
    pub p: f64,
}

/// A gate, judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Judged {
    /// What was judged: a scenario's name, or a command.
    pub title: String,
    /// How: engine, link, RTT, seed, digests, in the order of telling.
    pub about: Vec<(String, String)>,
    /// Every check, in the order of telling.
    pub checks: Vec<Check>,
    /// What was measured by turns.
    pub pairs: Vec<Paired>,
    /// Response times behind the checks, for other programs; nothing of what was counted.
    pub distributions: Vec<Distribution>,
    /// Stored results over time.
    pub series: Vec<Series>,
    /// Where what was asked is written: the place of each check that has none of its own, where a form cannot do without.
    pub place: Option<Place>,
}

impl Judged {
    /// The worst of what became of its checks; [`Outcome::Pass`] without any.
    pub fn outcome(&self) -> Outcome {
        self.checks.iter().map(|check| check.outcome).max().unwrap_or(Outcome::Pass)
    }
    /// Gives checks that share an id one each, in their order: two names may differ only in what an id leaves out.
    pub fn distinct_ids(&mut self) {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for check in &mut self.checks {
            let times = seen.entry(check.id.clone()).or_default();
            *times += 1;
            if *times > 1 {
                check.id = format!("{}~{times}", check.id);
            }
        }
    }
    /// How many checks became each, mildest first, without those that none became.
    pub fn tally(&self) -> Vec<(Outcome, usize)> {
        let count = |outcome| self.checks.iter().filter(|check| check.outcome == outcome).count();
        Outcome::ALL.into_iter().map(|outcome| (outcome, count(outcome))).filter(|(_, n)| *n > 0).collect()
    }
}

/// A check's id: small letters, digits and `-`, the words joined by `/`.
pub fn id(words: &[&str]) -> String {
    let plain = |c: char| if c.is_alphanumeric() || "._%".contains(c) { c.to_ascii_lowercase() } else { '-' };
    let words: Vec<String> = words.iter().map(|word| word.chars().map(plain).collect()).collect();
    words.join("/")
}
