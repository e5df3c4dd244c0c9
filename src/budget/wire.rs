//! The budget file, exactly as it is written: one type for each map of the file.
//!
//! As a scenario's: every key is optional here, every value kept with its place. The doc comments are the descriptions
//! of the JSON Schema. Not for: judging values (`lower`).

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::Shape;
use crate::scenario::reading::{At, Leaf, Named, Opt, Short, Text, Written, one_of};
use crate::units::Bytes;

/// A longhaul budget: what journeys or connections may cost in round trips, repeats and bytes.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "budget", extend("required" = ["format"]))]
pub(crate) struct File {
    /// Version of this format: 1.
    pub(crate) format: Opt<Leaf<u64>>,
    /// Why these numbers, and whom to ask before they are raised.
    pub(crate) about: Opt<Leaf<Text>>,
    /// Limits of every journey or connection without an entry in `units`, and of what an entry leaves out.
    pub(crate) default: Opt<At<Limits>>,
    /// Limits by name of the journey or connection; `*` stands for any text, the very name goes first, then the first that fits.
    pub(crate) units: Opt<Units>,
    /// Limits of everything together; of a scenario, of one pass of each journey.
    pub(crate) total: Opt<At<Total>>,
}

/// What a journey or connection may cost. A pass is one performance of a journey, or one connection.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "limits")]
pub(crate) struct Limits {
    /// At most so many round trips in one pass, those of connecting included.
    pub(crate) round_trips: Opt<Leaf<u64>>,
    /// At most so many calls of the same statement in one pass (N+1), or `none`; 5 if nothing is said.
    pub(crate) repeats: Opt<Leaf<Most>>,
    /// At most so many bytes in one pass, requests and replies together.
    pub(crate) bytes: Opt<Leaf<Bytes>>,
    /// Limits of all passes together.
    pub(crate) all_passes: Opt<At<Sums>>,
    /// Statements that may be repeated more often than `repeats`.
    pub(crate) allow: Opt<Vec<At<Allow>>>,
    /// How round trips may grow where a command is run at several sizes of data: `constant` or `linear`.
    pub(crate) growth: Opt<At<Short<Shape, Growth>>>,
}

/// Limits of sums.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "sums")]
pub(crate) struct Sums {
    /// At most so many round trips.
    pub(crate) round_trips: Opt<Leaf<u64>>,
    /// At most so many bytes, requests and replies together.
    pub(crate) bytes: Opt<Leaf<Bytes>>,
}

/// What everything together may cost.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "total")]
pub(crate) struct Total {
    /// At most so many round trips.
    pub(crate) round_trips: Opt<Leaf<u64>>,
    /// At most so many bytes, requests and replies together.
    pub(crate) bytes: Opt<Leaf<Bytes>>,
    /// How round trips may grow where a command is run at several sizes of data: `constant` or `linear`.
    pub(crate) growth: Opt<At<Short<Shape, Growth>>>,
}

/// A statement that may be repeated more often than others, and why.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "allow", extend("required" = ["statement", "repeats", "reason"]))]
pub(crate) struct Allow {
    /// The beginning of the statement without its literals, up to the end of a word; `*` or `…` stands for any text.
    pub(crate) statement: Opt<Leaf<Text>>,
    /// At most so many calls in one pass, or `none` for any number.
    pub(crate) repeats: Opt<Leaf<Most>>,
    /// Why, for whoever reads the budget next.
    pub(crate) reason: Opt<Leaf<Text>>,
}

/// How round trips may grow with the size of the data.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "growth", extend("required" = ["shape"]))]
pub(crate) struct Growth {
    /// `constant`: the same at any size; `linear`: by no more for each row at a large size than at a small one.
    pub(crate) shape: Opt<Leaf<Shape>>,
    /// So many round trips beyond the shape are no growth; left out, 0 for `constant` and 1 for `linear`.
    pub(crate) tolerance: Opt<Leaf<u64>>,
}

/// A largest number, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Most(pub(crate) Option<u64>);

impl Written for Most {
    const WHAT: &'static str = "a whole number or `none`";
    fn read(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self(None));
        }
        let number = u64::read(text).map(|number| Self(Some(number)));
        number.map_err(|message| format!("{message}, or `none` for any number"))
    }
    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        Some(json_schema!({ "oneOf": [{ "type": "integer", "minimum": 0 }, { "const": "none" }] }))
    }
}

impl Written for Shape {
    const WHAT: &'static str = "`constant` or `linear`";
    fn read(text: &str) -> Result<Self, String> {
        one_of(text, &[("constant", Self::Constant), ("linear", Self::Linear)])
    }
    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        Some(json_schema!({ "enum": ["constant", "linear"] }))
    }
}

/// Limits by name. Names are those of journeys and routes, or patterns of them, so any text is one.
#[derive(Debug)]
pub(crate) struct Units(pub(crate) Named<At<Limits>>);

impl<'de> Deserialize<'de> for Units {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Named::deserialize(d).map(Self)
    }
}

impl JsonSchema for Units {
    fn schema_name() -> Cow<'static, str> {
        "units".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "additionalProperties": generator.subschema_for::<Limits>(),
            "minProperties": 1,
        })
    }
}
