//! Changes of a link while it carries, as a schedule file or a request writes them.
//!
//! Not for: what a change does (`scenario::change`).

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::leaf::{At, Leaf, Opt, Short, Written, shorten};
use super::world::{JitterShape, NoJitter};
use crate::scenario::Congestion;
use crate::units::{Bandwidth, Fraction, Nanos};

/// What becomes of a link; a key that is left out stays as it is.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "link-change")]
pub(crate) struct LinkChange {
    /// Round-trip time.
    pub(crate) rtt: Opt<Leaf<Nanos>>,
    /// Time added to each crossing; `none` ends it.
    pub(crate) jitter: Opt<At<Short<NoJitter, JitterShape>>>,
    /// Probability that a packet is lost, each way.
    pub(crate) loss: Opt<Leaf<Fraction>>,
    /// Shared by all connections; `unlimited` lifts it.
    pub(crate) bandwidth: Opt<Leaf<Ceiling>>,
    /// Congestion control of the senders.
    pub(crate) congestion: Opt<Leaf<Congestion>>,
}

/// A bandwidth, or none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ceiling {
    Unlimited,
    At(Bandwidth),
}

impl Written for Ceiling {
    const WHAT: &'static str = "a bandwidth such as `1Gbit/s`, or `unlimited`";
    fn read(text: &str) -> Result<Self, String> {
        match text {
            "unlimited" => Ok(Self::Unlimited),
            text if text.len() > 60 => Err(format!("`{}` is not {}", shorten(text), Self::WHAT)),
            text => text.parse().map(Self::At).map_err(|error: crate::units::UnitError| match text.trim() {
                "0" | "none" => format!("`{text}` is not a bandwidth: write `unlimited` for a link without a bound"),
                _ => error.to_string(),
            }),
        }
    }
    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(json_schema!({ "oneOf": [generator.subschema_for::<Bandwidth>(), { "const": "unlimited" }] }))
    }
}

/// A schedule file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "schedule", extend("required" = ["changes"]))]
pub(crate) struct Schedule {
    /// What happens when, in order.
    pub(crate) changes: Opt<At<Vec<At<Entry>>>>,
    /// Begins again after this time, counted from its own beginning.
    pub(crate) repeat_every: Opt<Leaf<Nanos>>,
}

/// One change of a schedule: one of `link`, `cut` and `mend`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "change", extend("required" = ["at"], "oneOf" = [
    { "required": ["link"] },
    { "required": ["cut"], "properties": { "cut": { "const": true } } },
    { "required": ["mend"], "properties": { "mend": { "const": true } } },
]))]
pub(crate) struct Entry {
    /// When, from the start.
    pub(crate) at: Opt<Leaf<Nanos>>,
    /// The link becomes this.
    pub(crate) link: Opt<At<LinkChange>>,
    /// Nothing crosses any more.
    pub(crate) cut: Opt<Leaf<bool>>,
    /// It carries again.
    pub(crate) mend: Opt<Leaf<bool>>,
}
