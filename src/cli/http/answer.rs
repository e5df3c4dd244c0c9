//! A request and a response as whoever answers sees them: method, path and body; status and body.
//!
//! Knows no socket. Errors are JSON with what is wrong and what to do. Not for: who may ask (`guard`).

use serde::Serialize;
use serde_json::json;

const JSON: &str = "application/json";

/// A request.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Asked<'a> {
    pub(in crate::cli) method: &'a str,
    pub(in crate::cli) path: &'a str,
    pub(in crate::cli) body: &'a [u8],
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Answer {
    pub(in crate::cli) status: u16,
    /// Its content type.
    pub(in crate::cli) kind: &'static str,
    pub(in crate::cli) body: String,
    /// Methods that would have been right.
    pub(in crate::cli) allow: Option<&'static str>,
}

impl Answer {
    pub(in crate::cli) fn json(value: &impl Serialize) -> Self {
        // Strings, numbers and maps with string keys always have a JSON form.
        let body = serde_json::to_string_pretty(value).expect("an answer is made of what JSON has") + "\n";
        Self { status: 200, kind: JSON, body, allow: None }
    }

    pub(in crate::cli) fn text(kind: &'static str, body: String) -> Self {
        Self { status: 200, kind, body, allow: None }
    }

    pub(in crate::cli) fn error(status: u16, error: &str, hint: &str) -> Self {
        Self { status, ..Self::json(&json!({ "error": error, "hint": hint })) }
    }

    pub(in crate::cli) fn not_found(what: &str, name: &str, known: impl Iterator<Item = String>) -> Self {
        let known = known.collect::<Vec<_>>().join(", ");
        Self::error(404, &format!("there is no {what} `{}`", shown(name)), &format!("there are: {known}"))
    }
}

/// A name as a message quotes it.
fn shown(name: &str) -> String {
    name.chars().take(80).collect()
}

/// The words of a path; a slash at its end makes no difference.
pub(in crate::cli) fn path_words(path: &str) -> Vec<&str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.strip_suffix('/').unwrap_or(path).split('/').collect()
}

/// `%20` and the like, in a name.
pub(in crate::cli) fn decoded(text: &str) -> String {
    let hex = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16));
    let bytes = text.as_bytes();
    let (mut out, mut i) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(i) {
        if let (b'%', Some(high), Some(low)) = (byte, hex(bytes.get(i + 1)), hex(bytes.get(i + 2))) {
            out.push((high * 16 + low) as u8);
            i += 3;
        } else {
            out.push(*byte);
            i += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
