//! The scenario reference: what every key of a scenario file means, as Markdown, from the JSON Schema and so from the
//! wire types.
//!
//! It is committed as `src/guide/scenario.md`; a test keeps it current. Not for: what a schema cannot say
//! (`guide`), nor for validating.

use std::collections::VecDeque;
use std::fmt::Write;

use serde_json::{Map, Value};

use super::schema::schema;
use super::wire::workloads::KEYS;

/// The reference: the file's own keys, then each kind of map in the order in which they are met.
pub fn reference() -> String {
    let schema = schema();
    let empty = Map::new();
    let defs = schema["$defs"].as_object().unwrap_or(&empty);
    let mut text = String::from(INTRODUCTION);
    section(&mut text, "The file", &schema);
    let mut queue: VecDeque<String> = VecDeque::new();
    let mut met: Vec<String> = Vec::new();
    meet(&schema["properties"], &mut met, &mut queue);
    while let Some(name) = queue.pop_front() {
        let Some(def) = defs.get(&name) else { continue };
        if is_value(def) {
            continue;
        }
        section(&mut text, &format!("`{name}`"), def);
        meet(def, &mut met, &mut queue);
    }
    values(&mut text, defs);
    text
}

const INTRODUCTION: &str = "\
# Scenario reference

Every key of a scenario file, with what it means when it is left out. Made from the types that read the file, so it cannot
say anything else than they do. Unknown and duplicate keys are errors, a bare number where a unit is needed too.
Editors complete and complain by `scenarios/schema.json`, which `longhaul schema` prints.
";

/// One kind of map: what it is, and its keys or its forms.
fn section(text: &mut String, title: &str, schema: &Value) {
    _ = write!(text, "\n## {title}\n");
    if let Some(about) = schema["description"].as_str() {
        _ = write!(text, "\n{about}\n");
    }
    let properties = schema["properties"].as_object().filter(|all| !all.is_empty());
    match (properties, schema["oneOf"].as_array()) {
        (Some(properties), _) => keys(text, schema, properties),
        (None, Some(forms)) => forms_of(text, forms),
        (None, None) => {}
    }
}

/// The keys of a map; those of a workload with the kinds that have them.
fn keys(text: &mut String, schema: &Value, properties: &Map<String, Value>) {
    text.push_str("\n| key | value | meaning |\n| --- | --- | --- |\n");
    let needed: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let of_workload = schema.get("allOf").is_some();
    for (key, value) in properties {
        let must = if needed.contains(&key.as_str()) { " (needed)" } else { "" };
        let kinds = KEYS.iter().find(|(name, _)| of_workload && name == key);
        let told = value["description"].as_str().unwrap_or_default();
        let told = match kinds {
            // The description of most begins with the kinds already.
            Some((_, kinds)) if !told.contains(": ") => format!("{}: {told}", kinds.join(", ")),
            _ => told.to_owned(),
        };
        _ = writeln!(text, "| `{key}`{must} | {} | {} |", cell(&what(value)), cell(&told));
    }
}

/// The forms of a map with one key.
fn forms_of(text: &mut String, forms: &[Value]) {
    text.push_str("\nOne of\n\n| form | value | meaning |\n| --- | --- | --- |\n");
    for form in forms {
        let about = form["description"].as_str().unwrap_or_default();
        match form["properties"].as_object().and_then(|all| all.iter().next()) {
            Some((key, value)) => _ = writeln!(text, "| `{key}:` | {} | {} |", cell(&what(value)), cell(about)),
            None => _ = writeln!(text, "| | {} | {} |", cell(&what(form)), cell(about)),
        }
    }
}

/// How quantities are written.
fn values(text: &mut String, defs: &Map<String, Value>) {
    text.push_str("\n## Quantities\n\n| | |\n| --- | --- |\n");
    for (name, def) in defs.iter().filter(|(_, def)| is_value(def)) {
        let about = def["description"].as_str().unwrap_or_default();
        _ = writeln!(text, "| {} | {} |", name.to_lowercase(), cell(about));
    }
}

/// Whether a definition is one word or number and no map.
fn is_value(def: &Value) -> bool {
    def["type"] == "string"
}

/// Notes the kinds of map that a schema refers to, in the order of its keys.
fn meet(schema: &Value, met: &mut Vec<String>, queue: &mut VecDeque<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(name) = map.get("$ref").and_then(named)
                && !met.contains(&name)
            {
                met.push(name.clone());
                queue.push_back(name);
            }
            map.iter().filter(|(key, _)| *key != "$defs").for_each(|(_, value)| meet(value, met, queue));
        }
        Value::Array(all) => all.iter().for_each(|value| meet(value, met, queue)),
        _ => {}
    }
}

/// The name at the end of a reference.
fn named(reference: &Value) -> Option<String> {
    reference.as_str()?.strip_prefix("#/$defs/").map(str::to_owned)
}

/// What may stand there, in words.
fn what(schema: &Value) -> String {
    if let Some(name) = schema.get("$ref").and_then(named) {
        let quantity = name.starts_with(|c: char| c.is_uppercase());
        let name = if quantity { name.to_lowercase() } else { name };
        return if quantity { name } else { format!("[`{name}`](#{name})") };
    }
    if let Some(forms) = schema["oneOf"].as_array() {
        let mut told: Vec<String> = forms.iter().filter(|form| !is_bare_number(form)).map(what).collect();
        told.dedup();
        return told.join(" or ");
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words.iter().filter_map(Value::as_str).map(|word| format!("`{word}`")).collect();
        return words.join(", ");
    }
    if let Some(word) = schema["const"].as_str() {
        return format!("`{word}`");
    }
    match schema["type"].as_str() {
        Some("array") => format!("list of {}", what(&schema["items"])),
        Some("object") => format!("map of names to {}", what(&schema["additionalProperties"])),
        Some("integer" | "number") => "number".into(),
        Some("boolean") => "`true`, `false`".into(),
        Some("string") if schema["pattern"].is_string() => "name".into(),
        _ => "text".into(),
    }
}

/// The bare 0 (or 0 to 1) that is allowed beside a quantity; told once, under the quantities.
fn is_bare_number(schema: &Value) -> bool {
    schema["type"] == "number" && schema["maximum"].is_number()
}

/// Text that does not end a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_has_its_section_and_every_key_its_meaning() {
        let (text, schema) = (reference(), schema());
        for (name, def) in schema["$defs"].as_object().expect("definitions") {
            // `link-change` belongs to schedule files too, and is met through a mitigation.
            let there = if is_value(def) {
                text.contains(&format!("\n| {} |", name.to_lowercase()))
            } else {
                text.contains(&format!("\n## `{name}`\n"))
            };
            assert!(there, "{name} is not told");
        }
        let empty: Vec<_> = text.lines().filter(|line| line.starts_with("| `") && line.ends_with("|  |")).collect();
        assert!(empty.is_empty(), "without a meaning: {empty:#?}");
    }
}
