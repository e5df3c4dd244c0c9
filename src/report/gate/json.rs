//! A gate as JSON, with a published schema (`scenarios/gate-schema.json`), and back: what `--history` reads.
//!
//! Keys are added to, never renamed, within one [`FORMAT`]; numbers have full precision, and what is no number is absent. Not for:
//! whole distributions, which travel as hlog.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analysis::gate::{self, Check, Distribution, Judged, Kind, Outcome, Paired, Place, Series};

use super::{Told, finite, known};

/// The version of the JSON form.
pub const FORMAT: u32 = 1;

/// The result of `longhaul gate`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "The result of longhaul gate")]
pub struct GateFile {
    /// The version of this form: 1.
    pub gate_format: u32,
    /// What was judged: a scenario's name, or a command.
    pub title: String,
    /// Whether anything failed the build.
    pub failed: bool,
    /// The worst of what became of the checks.
    pub outcome: Outcome,
    /// Outcomes that fail the build.
    pub fail_on: Vec<Outcome>,
    /// How many checks became what; without those that none became.
    pub tally: BTreeMap<String, usize>,
    /// How it was judged: engine, seed, version and the like, in the order of telling.
    pub about: Vec<Fact>,
    /// Every check, in the order of telling.
    pub checks: Vec<CheckForm>,
    /// What was measured on two sides by turns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<PairForm>,
    /// Response times behind the checks, in short.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distributions: Vec<DistributionForm>,
    /// Stored results over time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<SeriesForm>,
}

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fact {
    /// What.
    pub name: String,
    /// What it is.
    pub value: String,
}

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckForm {
    /// The same for the same check in every run.
    pub id: String,
    /// Which gate.
    pub kind: Kind,
    /// What it is about.
    pub subject: String,
    /// Which quantity of it.
    pub quantity: String,
    /// The unit of `found`, `low`, `high` and `limit`; empty for a pure number.
    pub unit: String,
    /// What was found; absent if that cannot be known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<f64>,
    /// Lower end of the 95 % interval of `found`; absent for what was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Upper end of it; absent, too, if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// What is allowed, or what it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// What became of it.
    pub outcome: Outcome,
    /// Whether that fails the build.
    pub fails: bool,
    /// The whole of it in a sentence.
    pub sentence: String,
    /// More lines for whoever has to mend it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// Where the limit is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// One quantity of one journey on two sides that were measured by turns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairForm {
    /// The id of its check.
    pub id: String,
    /// The journey or arm.
    pub subject: String,
    /// Which quantity.
    pub quantity: String,
    /// It is the same on both sides, there to show what the machine does.
    pub control: bool,
    /// Rounds that counted.
    pub rounds: u32,
    /// On the first side, nanoseconds.
    pub first_ns: Option<f64>,
    /// On the second side, nanoseconds.
    pub second_ns: Option<f64>,
    /// Second ÷ first.
    pub ratio: Option<f64>,
    /// Lower end of the interval of the ratio.
    pub low: Option<f64>,
    /// Upper end of the interval of the ratio.
    pub high: Option<f64>,
    /// Two-sided probability of such a ratio if nothing differed, corrected for the number of comparisons.
    pub p: Option<f64>,
    /// Ratios between `1 ÷ floor` and `floor` are what the same code shows against itself in this job.
    pub floor: Option<f64>,
    /// Deciles of response times on the first side, nanoseconds.
    pub first_deciles_ns: Vec<f64>,
    /// Deciles of response times on the second side, nanoseconds.
    pub second_deciles_ns: Vec<f64>,
    /// Mean awaited round trips of a journey on the first side.
    pub first_round_trips: Option<f64>,
    /// Mean awaited round trips of a journey on the second side.
    pub second_round_trips: Option<f64>,
    /// What became of it.
    pub outcome: Outcome,
}

/// A distribution of response times, in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DistributionForm {
    /// The same for the same distribution in every run.
    pub id: String,
    /// What it is of.
    pub title: String,
    /// Samples.
    pub samples: u64,
    /// Their mean, nanoseconds.
    pub mean_ns: f64,
    /// Quantiles that the samples support.
    pub quantiles: Vec<QuantileForm>,
}

/// A quantile with its 95 % interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QuantileForm {
    /// Which: 0.5 is the median.
    pub quantile: f64,
    /// Nanoseconds.
    pub value_ns: f64,
    /// Lower end, nanoseconds.
    pub low_ns: f64,
    /// Upper end, nanoseconds.
    pub high_ns: f64,
}

/// One quantity over stored results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeriesForm {
    /// The id of the check whose numbers these are.
    pub id: String,
    /// What it is about.
    pub subject: String,
    /// Which quantity of it.
    pub quantity: String,
    /// Its unit.
    pub unit: String,
    /// In order.
    pub points: Vec<PointForm>,
    /// Where it changed.
    pub changes: Vec<ChangeForm>,
}

/// One stored result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PointForm {
    /// The stored result.
    pub name: String,
    /// Its number.
    pub value: f64,
}

/// A place in a series from which on its numbers are others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeForm {
    /// Index of the first point of the new numbers.
    pub at: usize,
    /// The stored result there.
    pub name: String,
    /// The median before.
    pub from: f64,
    /// The median from here on.
    pub to: f64,
    /// How often shuffled numbers look as changed.
    pub p: f64,
}

/// The gate as JSON, indented, with stable keys.
pub fn json(told: &Told) -> String {
    crate::report::json(&GateFile::of(told))
}

/// The JSON Schema of [`json`], as it is committed in `scenarios/gate-schema.json`.
pub fn schema() -> String {
    crate::report::json(&schemars::schema_for!(GateFile))
}

/// Reads what [`json`] wrote, of this build or another that has the same [`FORMAT`].
///
/// # Errors
/// In words, if it is of another format or no result of a gate.
pub fn read(bytes: &[u8]) -> Result<GateFile, String> {
    let file: GateFile =
        serde_json::from_slice(bytes).map_err(|error| format!("it is not the JSON of a gate: {error}"))?;
    if file.gate_format == FORMAT {
        Ok(file)
    } else {
        Err(format!("it has gate format {}, this build reads {FORMAT}", file.gate_format))
    }
}

impl GateFile {
    /// Every number that may be followed over time: id, subject, quantity, unit, value.
    ///
    /// What is invalid has none, and changes over time are not numbers of one result.
    pub fn numbers(self) -> Vec<(String, String, String, String, f64)> {
        let own = |check: &CheckForm| check.kind != Kind::History && check.outcome != Outcome::Invalid;
        let all = self.checks.into_iter().filter(own);
        all.filter_map(|check| Some((check.id, check.subject, check.quantity, check.unit, check.found?))).collect()
    }
    fn of(told: &Told) -> Self {
        let Judged { title, about, checks, pairs, distributions, series, place: _ } = told.judged;
        Self {
            gate_format: FORMAT,
            title: title.clone(),
            failed: told.failed(),
            outcome: told.judged.outcome(),
            fail_on: told.failing.to_vec(),
            tally: told.judged.tally().into_iter().map(|(outcome, n)| (outcome.word().to_owned(), n)).collect(),
            about: about.iter().map(|(name, value)| Fact { name: name.clone(), value: value.clone() }).collect(),
            checks: checks.iter().map(|check| CheckForm::of(check, told.fails(check.outcome))).collect(),
            pairs: pairs.iter().map(PairForm::of).collect(),
            distributions: distributions.iter().map(DistributionForm::of).collect(),
            series: series.iter().map(SeriesForm::of).collect(),
        }
    }
}

impl CheckForm {
    fn of(check: &Check, fails: bool) -> Self {
        Self {
            id: check.id.clone(),
            kind: check.kind,
            subject: check.subject.clone(),
            quantity: check.quantity.clone(),
            unit: check.unit.clone(),
            found: finite(check.found),
            low: finite(check.interval.map(|i| i.0)),
            high: finite(check.interval.map(|i| i.1)),
            limit: finite(check.limit),
            outcome: check.outcome,
            fails,
            sentence: check.sentence.clone(),
            details: check.details.clone(),
            place: check.place.clone(),
        }
    }
}

impl PairForm {
    fn of(pair: &Paired) -> Self {
        let number = |value: f64| finite(Some(value)).filter(|value| known(pair) && *value < f64::MAX);
        let all = |values: &[f64]| values.iter().copied().filter(|value| value.is_finite()).collect();
        Self {
            id: pair.id.clone(),
            subject: pair.subject.clone(),
            quantity: pair.quantity.clone(),
            control: pair.control,
            rounds: pair.rounds,
            first_ns: number(pair.first_ns),
            second_ns: number(pair.second_ns),
            ratio: number(pair.ratio.1),
            low: number(pair.ratio.0),
            high: number(pair.ratio.2),
            p: number(pair.p),
            floor: number(pair.floor),
            first_deciles_ns: all(&pair.deciles_ns.0),
            second_deciles_ns: all(&pair.deciles_ns.1),
            first_round_trips: finite(pair.round_trips.0),
            second_round_trips: finite(pair.round_trips.1),
            outcome: pair.outcome,
        }
    }
}

impl DistributionForm {
    fn of(one: &Distribution) -> Self {
        let quantile = |quantile: f64| {
            let found = one.times.estimate(quantile)?;
            Some(QuantileForm { quantile, value_ns: found.value, low_ns: found.low, high_ns: found.high })
        };
        Self {
            id: one.id.clone(),
            title: one.title.clone(),
            samples: one.times.count(),
            mean_ns: one.times.mean(),
            quantiles: [0.5, 0.9, 0.99, 0.999].into_iter().filter_map(quantile).collect(),
        }
    }
}

impl SeriesForm {
    fn of(series: &Series) -> Self {
        let change = |change: &gate::Change| ChangeForm {
            at: change.at,
            name: series.points.get(change.at).map_or_else(String::new, |point| point.0.clone()),
            from: change.from,
            to: change.to,
            p: change.p,
        };
        Self {
            id: series.id.clone(),
            subject: series.subject.clone(),
            quantity: series.quantity.clone(),
            unit: series.unit.clone(),
            points: series.points.iter().map(|(name, value)| PointForm { name: name.clone(), value: *value }).collect(),
            changes: series.changes.iter().map(change).collect(),
        }
    }
}
