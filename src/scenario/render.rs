//! From a [`Scenario`] back to a file: what it says loads as an equal scenario.
//!
//! Every value is written out, defaults too, so a rendered file says more than its author wrote; included
//! journeys stand in full. Not for: keeping comments or the layout of a file.

mod parts;

use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use super::Scenario;

/// A piece of YAML.
#[derive(Debug, Clone)]
enum Node {
    /// A text, quoted where YAML needs it.
    Text(String),
    Number(f64),
    Whole(u64),
    Bool(bool),
    List(Vec<Node>),
    Map(IndexMap<String, Node>),
    /// A list on one line.
    FlowList(Vec<Node>),
    /// A map on one line.
    FlowMap(IndexMap<String, Node>),
}

impl Node {
    fn text(text: impl ToString) -> Self {
        Self::Text(text.to_string())
    }
}

/// A map of the keys that have a value.
fn entries<const N: usize>(all: [(&str, Option<Node>); N]) -> IndexMap<String, Node> {
    all.into_iter().filter_map(|(key, node)| Some((key.to_owned(), node?))).collect()
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(s),
            Self::Number(number) => number.serialize(s),
            Self::Whole(number) => number.serialize(s),
            Self::Bool(value) => value.serialize(s),
            Self::List(all) => all.serialize(s),
            Self::Map(map) => map.serialize(s),
            Self::FlowList(all) => serde_saphyr::FlowSeq(all).serialize(s),
            Self::FlowMap(map) => serde_saphyr::FlowMap(map).serialize(s),
        }
    }
}

/// The text of a scenario file.
///
/// # Errors
/// If the YAML writer refuses a text; none is known that it does.
pub fn render(scenario: &Scenario) -> Result<String, serde_saphyr::SerializeError> {
    let body = serde_saphyr::to_string_with_options(&parts::file(scenario), options())?;
    Ok(format!("# yaml-language-server: $schema=schema.json\n{body}"))
}

fn options() -> serde_saphyr::SerializerOptions {
    // Block scalars drop what they take for layout; quoted text keeps every character.
    serde_saphyr::ser_options! { prefer_block_scalars: false, compact_list_indent: false }
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
