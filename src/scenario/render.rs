//! From a [`Scenario`] back to a file: what it says loads as an equal scenario.
//!
//! Every value is written out, defaults too, so a rendered file says more than its author wrote; included
//! journeys stand in full. Not for: keeping comments or the layout of a file.

mod mitigations;
mod parts;

use indexmap::IndexMap;
use serde::{Serialize, Serializer};
use serde_saphyr::{FlowMap, FlowSeq};

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
    fn text(text: &(impl ToString + ?Sized)) -> Self {
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
            Self::List(all) => all.serialize(s),
            Self::Map(map) => map.serialize(s),
            Self::FlowList(all) => FlowSeq(all.iter().map(Inline).collect::<Vec<_>>()).serialize(s),
            Self::FlowMap(map) => FlowMap(inline(map)).serialize(s),
            scalar => Inline(scalar).serialize(s),
        }
    }
}

/// A piece inside a piece on one line. It must not ask for one line again: the writer would stay in that style after it.
struct Inline<'n>(&'n Node);

impl Serialize for Inline<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Node::Text(text) => text.serialize(s),
            Node::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => (*number as i64).serialize(s),
            Node::Number(number) => number.serialize(s),
            Node::Whole(number) => number.serialize(s),
            Node::Bool(value) => value.serialize(s),
            Node::List(all) | Node::FlowList(all) => all.iter().map(Inline).collect::<Vec<_>>().serialize(s),
            Node::Map(map) | Node::FlowMap(map) => inline(map).serialize(s),
        }
    }
}

fn inline(map: &IndexMap<String, Node>) -> IndexMap<&str, Inline<'_>> {
    map.iter().map(|(key, node)| (key.as_str(), Inline(node))).collect()
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
