//! One ranking of strategies, if the user says what each cost is worth. Off by default.
//!
//! A weighted sum, every term shown. There is no default weight, and a cost that is not known is not taken for nothing. Not for:
//! which weights are right.

use std::cmp::Ordering;
use std::str::FromStr;

use super::cost::Cost;
use super::strategy::{StrategyAnalysis, Word};

/// A cost that can be weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Exposure of everybody.
    Exposure,
    /// Days over two sites.
    Split,
    /// Length of the whole strategy.
    Days,
    /// Minutes in which everything would have failed.
    Downtime,
    /// Minutes in which a store refuses writes.
    ReadOnly,
    /// Workloads that miss an objective.
    Missed,
    /// Journeys that failed or were over their objective.
    Slow,
    /// Cron runs late, skipped, killed or overlapping.
    Runs,
    /// Phases.
    Phases,
    /// Moves.
    Moves,
    /// Moves that change place and platform at once.
    Both,
}

impl Measure {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 11] = [
        Self::Exposure,
        Self::Split,
        Self::Days,
        Self::Downtime,
        Self::ReadOnly,
        Self::Missed,
        Self::Slow,
        Self::Runs,
        Self::Phases,
        Self::Moves,
        Self::Both,
    ];
    /// The word of the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Exposure => "exposure",
            Self::Split => "split",
            Self::Days => "days",
            Self::Downtime => "downtime",
            Self::ReadOnly => "read-only",
            Self::Missed => "missed",
            Self::Slow => "slow",
            Self::Runs => "runs",
            Self::Phases => "phases",
            Self::Moves => "moves",
            Self::Both => "both",
        }
    }
    /// What one of it is.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Exposure => "ms·d",
            Self::Split | Self::Days => "d",
            Self::Downtime | Self::ReadOnly => "min",
            Self::Missed | Self::Slow | Self::Runs | Self::Phases | Self::Moves | Self::Both => "",
        }
    }
    /// Its value for a strategy; `None` if a part of it is not known.
    fn value(self, strategy: &StrategyAnalysis) -> Option<f64> {
        let cost = &strategy.cost;
        let whole = |value: f64, missing: f64| (missing <= 0.0).then_some(value);
        match self {
            Self::Exposure => {
                cost.everyone.filter(|e| !e.at_least).and_then(|e| whole(e.ms_days.value, e.days_missing))
            }
            Self::Split => whole(cost.days_split, cost.days_unknown),
            Self::Days => Some(cost.days),
            Self::Downtime => whole(cost.downtime.minutes, cost.downtime.unknown),
            Self::ReadOnly => Some(cost.read_only_minutes),
            Self::Missed => {
                let unknown = strategy.answers.iter().any(|a| a.word == Word::CannotTell);
                let missed = strategy.answers.iter().filter(|a| a.word == Word::No).count() as f64;
                (!unknown).then_some(missed)
            }
            Self::Slow => cost.slow.iter().map(|s| whole(s.journeys, s.days_missing)).sum(),
            Self::Runs => runs(cost),
            Self::Phases => Some(cost.phases as f64),
            Self::Moves => Some(cost.moves as f64),
            Self::Both => cost.steps.as_ref().map(|steps| steps.total() as f64),
        }
    }
}

fn runs(cost: &Cost) -> Option<f64> {
    let harmed = |r: &super::cost::Runs| r.late + r.skipped + r.killed + r.overlapped;
    cost.runs.iter().map(|r| (r.days_unknown <= 0.0).then(|| harmed(r))).sum()
}

/// What each of some costs is worth, as the user says: `exposure=1,downtime=10`.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights(pub Vec<(Measure, f64)>);

/// Why weights cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeightsError {
    /// No `=`.
    #[error("`{0}` is no weight: write `exposure=1,downtime=10`")]
    Form(String),
    /// An unknown word.
    #[error("there is no cost `{word}` to weigh: there are {}", Measure::ALL.map(Measure::word).join(", "))]
    Unknown {
        /// What was written.
        word: String,
    },
    /// Not a number from nothing upwards.
    #[error("the weight `{0}` of `{1}` must be a number of 0 or more")]
    Number(String, String),
    /// Given twice.
    #[error("`{0}` has two weights: leave one out")]
    Twice(String),
}

impl FromStr for Weights {
    type Err = WeightsError;
    fn from_str(text: &str) -> Result<Self, WeightsError> {
        let mut all: Vec<(Measure, f64)> = Vec::new();
        for part in text.split(',').map(str::trim) {
            let (word, number) = part.split_once('=').ok_or_else(|| WeightsError::Form(part.into()))?;
            let (word, number) = (word.trim(), number.trim());
            let measure = Measure::ALL.into_iter().find(|m| m.word() == word);
            let measure = measure.ok_or_else(|| WeightsError::Unknown { word: word.into() })?;
            let weight = number.parse::<f64>().ok().filter(|w| w.is_finite() && *w >= 0.0);
            let weight = weight.ok_or_else(|| WeightsError::Number(number.into(), word.into()))?;
            if all.iter().any(|(known, _)| *known == measure) {
                return Err(WeightsError::Twice(word.into()));
            }
            all.push((measure, weight));
        }
        Ok(Self(all))
    }
}

/// Strategies by their weighted sum, the least first; those without one at the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking(pub Vec<Ranked>);

/// One strategy in a ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// Its name.
    pub strategy: String,
    /// One for each weight.
    pub terms: Vec<Term>,
    /// Their sum; `None` if one is not known.
    pub total: Option<f64>,
}

/// One weighted cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Term {
    /// The weight.
    pub weight: f64,
    /// The cost, in its unit.
    pub value: Option<f64>,
    /// Weight × cost.
    pub weighted: Option<f64>,
}

/// Ranks strategies.
pub fn rank(strategies: &[StrategyAnalysis], weights: &Weights) -> Ranking {
    let of = |strategy: &StrategyAnalysis| {
        let term = |&(measure, weight): &(Measure, f64)| {
            let value = measure.value(strategy);
            Term { weight, value, weighted: value.map(|v| v * weight) }
        };
        let terms: Vec<_> = weights.0.iter().map(term).collect();
        let total = terms.iter().map(|t| t.weighted).sum();
        Ranked { strategy: strategy.name.clone(), terms, total }
    };
    let mut all: Vec<_> = strategies.iter().map(of).collect();
    all.sort_by(|a, b| match (a.total, b.total) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
    Ranking(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_read_or_refused_with_the_next_step() {
        let weights: Weights = "exposure=1, downtime=10".parse().expect("two weights");
        assert_eq!(weights.0, [(Measure::Exposure, 1.0), (Measure::Downtime, 10.0)]);
        for (text, told) in [
            ("exposure", "is no weight: write"),
            ("", "is no weight"),
            ("pain=3", "there is no cost `pain` to weigh: there are exposure"),
            ("slow=-1", "must be a number of 0 or more"),
            ("slow=inf", "must be a number"),
            ("slow=1,slow=2", "`slow` has two weights"),
        ] {
            let error = text.parse::<Weights>().expect_err(told).to_string();
            assert!(error.contains(told), "{error}");
        }
        for measure in Measure::ALL {
            assert_eq!(format!("{}=2", measure.word()).parse(), Ok(Weights(vec![(measure, 2.0)])));
        }
    }
}
