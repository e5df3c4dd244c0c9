//! Budgets and snapshots of round trips: the two files that a build is held to.
//!
//! A [`Budget`] is written by people: at most so many round trips, repeats and bytes. A [`snapshot::Snapshot`] is written by
//! longhaul and reviewed by people: every statement with its counts. Both are read as scenarios are, with the
//! place of every limit, so that a check can point to it. Not for: counting, and judging what was counted (`analysis::gate`).

mod lower;
mod pattern;
pub mod snapshot;
mod wire;

use std::path::Path;

use serde_json::{Value, json};

use crate::scenario::LoadError;
use crate::scenario::reading;
use crate::units::Bytes;

pub use crate::scenario::Spot;
pub use pattern::Pattern;

/// How often one statement may be repeated in one pass where a budget says nothing: the sixth of a kind is an N+1.
pub const REPEATS: u64 = 5;

/// What round trips may cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Budget {
    /// The file, as it was named.
    pub file: String,
    /// Journeys or connections by name, in file order.
    pub units: Vec<Entry>,
    /// For each unit without an entry, and for what an entry leaves out.
    pub default: Limits,
    /// For everything together.
    pub total: Total,
}

/// The limits of the units that a name means.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Which units.
    pub name: Pattern,
    /// Where the name stands.
    pub at: Spot,
    /// What they may cost.
    pub limits: Limits,
}

/// A number that must not be exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit<T> {
    /// The largest that is allowed.
    pub most: T,
    /// Where it is written.
    pub at: Spot,
}

/// What a journey or connection may cost; what is `None` has no limit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Limits {
    /// Round trips of one pass.
    pub round_trips: Option<Limit<u64>>,
    /// Calls of one statement in one pass; `Some` of `None` is any number. Left out everywhere it is [`REPEATS`].
    pub repeats: Option<Limit<Option<u64>>>,
    /// Bytes of one pass, requests and replies.
    pub bytes: Option<Limit<Bytes>>,
    /// Of all its passes together.
    pub all_passes: Sums,
    /// Statements that may be repeated more often than others.
    pub allow: Vec<Allow>,
    /// How its round trips may grow with the size of the data.
    pub growth: Option<Growth>,
}

/// Limits of sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Round trips.
    pub round_trips: Option<Limit<u64>>,
    /// Bytes, requests and replies.
    pub bytes: Option<Limit<Bytes>>,
}

/// What everything together may cost.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Total {
    /// Its sums.
    pub sums: Sums,
    /// How its round trips may grow with the size of the data.
    pub growth: Option<Growth>,
}

/// A statement that may be repeated more often than others, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Allow {
    /// Which statements.
    pub statement: Pattern,
    /// How often in one pass; `None` is any number.
    pub repeats: Option<u64>,
    /// Why, for whoever reads the budget next.
    pub reason: String,
    /// Where it is written.
    pub at: Spot,
}

/// How round trips may grow with the size of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Growth {
    /// The shape.
    pub shape: Shape,
    /// So many round trips more than the shape allows are no growth.
    pub tolerance: u64,
    /// Where it is written.
    pub at: Spot,
}

/// A shape of growth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The same at any size.
    Constant,
    /// By no more for each row at a large size than at a small one.
    Linear,
}

impl Shape {
    /// As the file writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Linear => "linear",
        }
    }
    /// What is tolerated if the file does not say: linear growth in batches is off by less than one.
    pub const fn tolerance(self) -> u64 {
        match self {
            Self::Constant => 0,
            Self::Linear => 1,
        }
    }
}

impl Budget {
    /// The entry for a unit: that of its very name, else the first whose pattern means it.
    pub fn entry(&self, unit: &str) -> Option<&Entry> {
        let exact = self.units.iter().find(|entry| entry.name.text() == unit);
        exact.or_else(|| self.units.iter().find(|entry| entry.name.means_unit(unit)))
    }
    /// The limits of a unit: what its entry leaves out, the default says.
    pub fn limits(&self, unit: &str) -> Limits {
        self.limits_of(self.entry(unit))
    }
    /// The limits of an entry, or of none.
    pub fn limits_of(&self, entry: Option<&Entry>) -> Limits {
        let Some(Entry { limits: own, .. }) = entry else { return self.default.clone() };
        let (own, default) = (own.clone(), self.default.clone());
        Limits {
            round_trips: own.round_trips.or(default.round_trips),
            repeats: own.repeats.or(default.repeats),
            bytes: own.bytes.or(default.bytes),
            all_passes: Sums {
                round_trips: own.all_passes.round_trips.or(default.all_passes.round_trips),
                bytes: own.all_passes.bytes.or(default.all_passes.bytes),
            },
            allow: own.allow.into_iter().chain(default.allow).collect(),
            growth: own.growth.or(default.growth),
        }
    }
    /// Whether anything is said about growth.
    pub fn grows(&self) -> bool {
        let units = self.units.iter().map(|entry| entry.limits.growth);
        units.chain([self.default.growth, self.total.growth]).any(|growth| growth.is_some())
    }
}

/// Reads and checks a budget file.
///
/// # Errors
/// If the file cannot be read, is too large, is no UTF-8, no YAML, or no budget.
pub fn load(path: &Path) -> Result<Budget, LoadError> {
    let name = path.display().to_string();
    parse(&name, &reading::read(path, &name, "budget")?)
}

/// Checks the text of a budget; `name` is what messages call it.
///
/// # Errors
/// If the text is no YAML, or no budget.
pub fn parse(name: &str, text: &str) -> Result<Budget, LoadError> {
    if text.trim().is_empty() {
        let help = "write for example `format: 1` and `default: { round_trips: 40 }`, a line each";
        return Err(LoadError::whole(name, "the file is empty".into(), Some(help)));
    }
    let file: wire::File = reading::yaml(name, text, "budget")?;
    lower::lower(name, text, &file).map_err(|problems| LoadError::new(name, text, problems))
}

/// The JSON Schema of budget files (draft 2020-12).
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(wire::File).to_value();
    crate::scenario::reading::without_defaults(&mut schema);
    if let Value::Object(map) = &mut schema {
        map.insert("title".into(), json!("longhaul budget"));
    }
    schema
}

#[cfg(test)]
mod tests;
