//! The scenario file, exactly as it is written: one type for each map of the file.
//!
//! Every key is optional here and every value is kept even if it cannot be read, so that `lower` can
//! report everything that is wrong at once; only unknown and duplicate keys, and maps where words
//! belong, end the reading. The doc comments of these types are the descriptions of the JSON Schema.
//! Not for: judging values.

pub(crate) mod change;
pub(crate) mod leaf;
pub(crate) mod mitigations;
pub(crate) mod steps;
pub(crate) mod strategies;
pub(crate) mod time;
pub(crate) mod workloads;
pub(crate) mod world;

use std::borrow::Cow;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use leaf::{At, Leaf, NAME_PATTERN, Name, Opt, Text, Written};
use strategies::{Expect, Strategy};
use workloads::Workload;
use world::{Link, Platform, Store};

/// A longhaul scenario: what runs where, over which links, and in which order it moves.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "scenario", extend("required" = [
    "format", "name", "about", "sites", "links", "stores", "journeys", "workloads", "strategies"
]))]
pub(crate) struct File {
    /// Version of this format: 1.
    pub(crate) format: Opt<Leaf<u64>>,
    /// Short name; also the folder of its report.
    pub(crate) name: Opt<Leaf<Name>>,
    /// What it shows and where its numbers come from.
    pub(crate) about: Opt<Leaf<Text>>,
    /// Where every random choice starts; 42 if left out.
    pub(crate) seed: Opt<Leaf<u64>>,
    /// Places (data centres, cloud regions): name to description.
    pub(crate) sites: Opt<Named<Leaf<Text>>>,
    /// Links between sites and within them.
    pub(crate) links: Opt<Vec<At<Link>>>,
    /// MySQL and Memcached servers by name.
    pub(crate) stores: Opt<Named<Store>>,
    /// How workloads run (virtual machines, Kubernetes) by name; left out, there is one platform `vm` without overhead.
    pub(crate) platforms: Opt<Named<Platform>>,
    /// Call patterns by name: what somebody waits for.
    pub(crate) journeys: Opt<Named<Journey>>,
    /// Who performs journeys, and when, by name.
    pub(crate) workloads: Opt<Named<Workload>>,
    /// Ordered lists of phases to compare, by name.
    pub(crate) strategies: Opt<Named<Strategy>>,
    /// Ways to do the same differently, by name: switches, off unless they are asked for.
    pub(crate) mitigations: Opt<Named<mitigations::Entry>>,
    /// What the author expects of the journeys; loading counts and refuses what differs.
    pub(crate) expect: Opt<Expect>,
}

/// What somebody waits for: an ordered pattern of calls.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "journey", extend("required" = ["steps"]))]
pub(crate) struct Journey {
    /// What is done, in order.
    pub(crate) steps: Opt<Vec<steps::StepEntry>>,
}

/// Named things, in the order of the file; every name with its place.
#[derive(Debug, Clone)]
pub(crate) struct Named<T>(pub(crate) Vec<(Key, T)>);

/// A name that is a key of the file.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    /// As written.
    pub(crate) text: String,
    /// Where.
    pub(crate) at: Location,
}

impl Key {
    /// The key as a name, or why it is none.
    pub(crate) fn name(&self) -> Result<String, String> {
        Name::read(&self.text).map(|name| name.0)
    }
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let map = IndexMap::<Spanned<String>, T>::deserialize(d)?;
        Ok(Self(map.into_iter().map(|(k, v)| (Key { text: k.value, at: k.referenced }, v)).collect()))
    }
}

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("named {}", T::schema_name()).into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "propertyNames": { "pattern": NAME_PATTERN },
            "additionalProperties": generator.subschema_for::<T>(),
            "minProperties": 1,
        })
    }
}
