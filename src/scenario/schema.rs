//! The JSON Schema of the scenario format, generated from the wire types.
//!
//! It is committed as `scenarios/schema.json`, and editors use it to complete and to complain; what a
//! schema cannot say (names that must exist, links that must be there) only [`super::load`] checks.

use serde_json::{Map, Value, json};

use super::wire::File;
use super::wire::change::Schedule;
use super::wire::workloads::KEYS;

/// The schema (draft 2020-12).
pub fn schema() -> Value {
    titled(schemars::schema_for!(File), "longhaul scenario")
}

/// That of the schedule files of `longhaul proxy --schedule`; it is committed as `scenarios/schedule-schema.json`.
pub fn schedule_schema() -> Value {
    titled(schemars::schema_for!(Schedule), "longhaul schedule of a link")
}

fn titled(schema: schemars::Schema, title: &str) -> Value {
    let mut schema = schema.to_value();
    without_defaults(&mut schema);
    if let Value::Object(map) = &mut schema {
        map.insert("title".into(), json!(title));
    }
    schema
}

/// Adds to the schema of a workload which keys belong to which kind.
pub(crate) fn keys_by_kind(schema: &mut schemars::Schema) {
    let rules = ["http", "queue", "cron", "startup"].map(|kind| {
        let foreign = KEYS.iter().filter(|(_, kinds)| !kinds.contains(&kind));
        let foreign: Map<String, Value> = foreign.map(|(key, _)| ((*key).to_owned(), json!(false))).collect();
        json!({ "if": { "properties": { "kind": { "const": kind } } }, "then": { "properties": foreign } })
    });
    schema.insert("allOf".into(), Value::Array(rules.into()));
}

/// `"default": null` says nothing: what a key means when it is left out stands in its description.
pub(crate) fn without_defaults(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, value| key != "default" || !value.is_null());
            map.values_mut().for_each(without_defaults);
        }
        Value::Array(all) => all.iter_mut().for_each(without_defaults),
        _ => {}
    }
}
