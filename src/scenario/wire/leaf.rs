//! Single values of the file, each with its place, read but not yet judged.
//!
//! A value that cannot be read (`15` where `15ms` is meant) does not end the loading: the leaf keeps
//! the message, and `lower` reports it together with everything else that is wrong. Not for: what a
//! value may be in its context, such as ranges and names (`lower`).

use std::borrow::Cow;
use std::marker::PhantomData;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer};
use serde_saphyr::{Location, Spanned};

use crate::units::{Bandwidth, Bytes, Fraction, Nanos, Rate};

/// What is written as one word or number.
pub(crate) trait Written: Sized {
    /// What belongs here, with an example, for messages: "a duration such as `15ms`".
    const WHAT: &'static str;
    /// Reads the text, or says what is wrong with it and what would be right.
    fn read(text: &str) -> Result<Self, String>;
    /// The JSON Schema of the text; `None` if no single word is right here.
    fn schema(generator: &mut SchemaGenerator) -> Option<Schema>;
}

/// A single value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Leaf<T> {
    /// What was read, or why nothing was.
    pub(crate) value: Result<T, String>,
    /// Where it stands.
    pub(crate) at: Location,
}

impl<'de, T: Written> Deserialize<'de> for Leaf<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Spanned::<String>::deserialize(d)?;
        Ok(Self { value: T::read(&text.value), at: text.referenced })
    }
}

impl<T: Written> JsonSchema for Leaf<T> {
    fn schema_name() -> Cow<'static, str> {
        T::WHAT.into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::schema(generator).unwrap_or_else(|| json_schema!({ "type": "string" }))
    }
}

/// Any part of the file and where it begins.
#[derive(Debug, Clone)]
pub(crate) struct At<T> {
    /// What stands there.
    pub(crate) value: T,
    /// Where.
    pub(crate) at: Location,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Spanned::<T>::deserialize(d).map(|s| Self { value: s.value, at: s.referenced })
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// A key that may be left out, but that has a value where it stands (an `Option` would take `key:` as left out).
#[derive(Debug, Clone)]
pub(crate) struct Opt<T>(pub(crate) Option<T>);

impl<T> Opt<T> {
    /// What stands there.
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
    /// This, or `other` where this is left out.
    pub(crate) fn or<'a>(&'a self, other: &'a Self) -> &'a Self {
        if self.0.is_some() { self } else { other }
    }
}

impl<T> Default for Opt<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Opt<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        T::deserialize(d).map(|value| Self(Some(value)))
    }
}

impl<T: JsonSchema> JsonSchema for Opt<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// A name that other parts of the file refer to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Name(pub(crate) String);

/// What a name looks like.
pub(crate) const NAME_PATTERN: &str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";

impl Written for Name {
    const WHAT: &'static str = "a name";
    fn read(text: &str) -> Result<Self, String> {
        let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if starts && text.len() <= 64 && text.chars().all(inner) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!(
            "`{}` is not a name: use letters, digits, `-`, `_` and `.`, a letter or digit first, 64 at most",
            shorten(text)
        ))
    }
    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        Some(json_schema!({ "type": "string", "pattern": NAME_PATTERN }))
    }
}

/// Text for readers, of 1 to 20,000 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) String);

impl Written for Text {
    const WHAT: &'static str = "a text";
    fn read(text: &str) -> Result<Self, String> {
        let control = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        match text {
            t if t.trim().is_empty() => Err("this text is empty: write one, or leave the key out".to_owned()),
            t if t.len() > 20_000 => Err("this text is longer than 20000 bytes".to_owned()),
            t if t.contains(control) => Err("this text has a control character in it".to_owned()),
            t => Ok(Self(t.to_owned())),
        }
    }
    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        Some(json_schema!({ "type": "string", "minLength": 1, "maxLength": 20000 }))
    }
}

/// A message quotes at most this much of what it complains about.
pub(crate) fn shorten(text: &str) -> Cow<'_, str> {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &line[..end]).into(),
        None if line.len() < text.len() => format!("{line}…").into(),
        None => line.into(),
    }
}

macro_rules! quantities {
    ($($type:ty = $what:literal),* $(,)?) => {$(
        impl Written for $type {
            const WHAT: &'static str = $what;
            fn read(text: &str) -> Result<Self, String> {
                if text.len() > 60 {
                    return Err(format!("`{}` is not {}", shorten(text), $what));
                }
                Self::from_str(text).map_err(|e| e.to_string())
            }
            fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
                Some(generator.subschema_for::<Self>())
            }
        }
    )*};
}
quantities! {
    Nanos = "a duration such as `15ms`",
    Rate = "a rate such as `200/s`",
    Bytes = "a size such as `4KiB`",
    Bandwidth = "a bandwidth such as `1Gbit/s`",
    Fraction = "a fraction such as `95%`",
}

macro_rules! whole_numbers {
    ($($type:ty),*) => {$(
        impl Written for $type {
            const WHAT: &'static str = "a whole number";
            fn read(text: &str) -> Result<Self, String> {
                let digits = text.replace('_', "");
                if digits.is_empty() || digits.len() > 60 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(format!("`{}` is not a whole number: write digits only, such as `8`", shorten(text)));
                }
                digits.parse().map_err(|_| format!("`{}` is far too large", shorten(text)))
            }
            fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
                Some(json_schema!({ "type": "integer", "minimum": 0 }))
            }
        }
    )*};
}
whole_numbers!(u32, u64);

impl Written for f64 {
    const WHAT: &'static str = "a number";
    fn read(text: &str) -> Result<Self, String> {
        let number = text.replace('_', "").parse::<Self>().ok().filter(|n| n.is_finite() && text.len() <= 60);
        number.ok_or_else(|| format!("`{}` is not a number: write for example `2` or `0.5`", shorten(text)))
    }
    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        Some(json_schema!({ "type": "number" }))
    }
}

impl Written for bool {
    const WHAT: &'static str = "`true` or `false`";
    fn read(text: &str) -> Result<Self, String> {
        one_of(text, &[("true", true), ("false", false)])
    }
    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        Some(json_schema!({ "type": "boolean" }))
    }
}

/// Looks `text` up among `words`, or says which there are and which is nearest.
pub(crate) fn one_of<T: Clone>(text: &str, words: &[(&str, T)]) -> Result<T, String> {
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(value.clone());
    }
    let all = words.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let near = crate::scenario::error::nearest(text, words.iter().map(|(word, _)| *word));
    let near = near.map(|word| format!(": did you mean `{word}`?")).unwrap_or_default();
    Err(format!("`{}` is not one of {all}{near}", shorten(text)))
}

/// Declares domain enums that the file writes as one word.
macro_rules! words {
    ($($type:ty, $what:literal: { $($word:literal = $value:expr),* $(,)? })*) => {$(
        impl $crate::scenario::wire::leaf::Written for $type {
            const WHAT: &'static str = $what;
            fn read(text: &str) -> Result<Self, String> {
                $crate::scenario::wire::leaf::one_of(text, &[$(($word, $value)),*])
            }
            fn schema(_: &mut schemars::SchemaGenerator) -> Option<schemars::Schema> {
                Some(schemars::json_schema!({ "enum": [$($word),*] }))
            }
        }
    )*};
}
pub(crate) use words;

/// A value that may be written short, as one word, or whole, as a map.
#[derive(Debug, Clone)]
pub(crate) enum Short<W, M> {
    /// As one word or number.
    Word(Result<W, String>),
    /// As a map.
    Whole(M),
    /// As neither: the message.
    Wrong(String),
}

impl<'de, W: Written, M: Deserialize<'de>> Deserialize<'de> for Short<W, M> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(ShortVisitor(PhantomData))
    }
}

struct ShortVisitor<W, M>(PhantomData<(W, M)>);

impl<'de, W: Written, M: Deserialize<'de>> serde::de::Visitor<'de> for ShortVisitor<W, M> {
    type Value = Short<W, M>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} or a map", W::WHAT)
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Short::Word(W::read(text)))
    }
    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Short::Word(W::read(&value.to_string())))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Short::Word(W::read(&number.to_string())))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Short::Word(W::read(&number.to_string())))
    }
    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Short::Word(W::read(&number.to_string())))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Short::Wrong(format!("nothing stands here: write {} or a map, or leave the key out", W::WHAT)))
    }
    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        Ok(Short::Wrong(format!("a list stands here: write {} or a map", W::WHAT)))
    }
    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        M::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Short::Whole)
    }
}

impl<W: Written, M: JsonSchema> JsonSchema for Short<W, M> {
    fn schema_name() -> Cow<'static, str> {
        M::schema_name()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<M>();
        match W::schema(generator) {
            Some(word) => json_schema!({ "oneOf": [word, map] }),
            None => map,
        }
    }
}
