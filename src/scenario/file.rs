//! From a file to a [`Scenario`], or to everything that is wrong with the file.
//!
//! Size is checked before anything is read as YAML, and the parser works on a budget: a bomb of
//! aliases or brackets is refused, never expanded. Not for: what the values mean (`lower`).

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_saphyr::Error as YamlError;
use serde_saphyr::budget::BudgetBreach;
use sha2::{Digest, Sha256};

use super::Scenario;
use super::error::{LoadError, Problem, nearest, range};
use super::lower::lower;

/// Larger files are refused.
pub const FILE_BYTES_MAX: usize = 4 << 20;

/// A scenario with the text it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// What the text means.
    pub scenario: Scenario,
    /// The text, whole.
    pub source: String,
    /// SHA-256 of the text, hexadecimal.
    pub digest: String,
}

/// Reads and checks a scenario file.
///
/// # Errors
/// If the file cannot be read, is larger than [`FILE_BYTES_MAX`], is no UTF-8, no YAML, or no scenario.
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    let name = path.display().to_string();
    let source = read(path, &name, "scenario")?;
    let scenario = parse(&name, &source)?;
    let digest = format!("{:x}", Sha256::digest(source.as_bytes()));
    Ok(Loaded { scenario, source, digest })
}

/// Checks the text of a scenario; `name` is what messages call it.
///
/// # Errors
/// If the text is too long, no YAML, or no scenario.
pub fn parse(name: &str, text: &str) -> Result<Scenario, LoadError> {
    if text.len() > FILE_BYTES_MAX {
        return Err(too_large(name, "scenario"));
    }
    if text.trim().is_empty() {
        let help = "`longhaul init FILE` writes a commented scenario to start from";
        return Err(LoadError::whole(name, "the file is empty".into(), Some(help)));
    }
    let wire = yaml(name, text, "scenario")?;
    lower(text, &wire).map_err(|problems| LoadError::new(name, text, problems))
}

/// Reads a text as a wire type; `what` such a text is, for messages.
pub(crate) fn yaml<T: DeserializeOwned>(name: &str, text: &str, what: &str) -> Result<T, LoadError> {
    serde_saphyr::from_str_with_options(text, options())
        .map_err(|error| LoadError::new(name, text, vec![told(text, &error, what)]))
}

/// The text of a file, which messages call `name`; `what` such a file is.
pub(crate) fn read(path: &Path, name: &str, what: &str) -> Result<String, LoadError> {
    let fail = |error: std::io::Error| LoadError::whole(name, format!("the file cannot be read: {error}"), None);
    let file = File::open(path).map_err(fail)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(too_large(name, what));
    }
    String::from_utf8(bytes).map_err(|error| not_utf8(name, &error))
}

fn too_large(name: &str, what: &str) -> LoadError {
    let message = format!("the file is larger than {} MiB", FILE_BYTES_MAX >> 20);
    LoadError::whole(name, message, Some(&format!("a {what} is some hundred lines; is this the right file?")))
}

fn not_utf8(name: &str, error: &std::string::FromUtf8Error) -> LoadError {
    let valid = error.utf8_error().valid_up_to();
    let byte = error.as_bytes().get(valid).copied().unwrap_or_default();
    let text = String::from_utf8_lossy(error.as_bytes());
    let problem = Problem {
        at: Some(valid..valid + '\u{FFFD}'.len_utf8()),
        message: format!("the byte 0x{byte:02x} is not UTF-8"),
        help: Some("save the file as UTF-8".into()),
    };
    LoadError::new(name, &text, vec![problem])
}

/// Budgets far above any honest scenario, far below what would hurt.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_depth: 40,
            flow_nesting_limit: 40,
            max_events: 1_000_000,
            max_nodes: 400_000,
            max_aliases: 10_000,
            max_anchors: 10_000,
            max_documents: 2,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 200_000,
        },
    }
}

/// What the YAML reader found, in this program's words.
fn told(source: &str, error: &YamlError, what: &str) -> Problem {
    let error = error.without_snippet();
    let at = error.location().map(|location| range(source, location));
    let (message, help) = words(source, error, at.as_ref(), what);
    Problem { at, message, help }
}

fn words(source: &str, error: &YamlError, at: Option<&Range<usize>>, what: &str) -> (String, Option<String>) {
    match error {
        YamlError::AliasError { error, .. } => words(source, error, at, what),
        YamlError::SerdeUnknownField { field, expected, .. } => unknown("key", field, expected),
        YamlError::SerdeUnknownVariant { variant, expected, .. } => unknown("word", variant, expected),
        YamlError::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("this key");
            (format!("`{key}` stands here twice"), Some("remove one of the two".into()))
        }
        YamlError::NullIntoString { .. } => {
            ("this key has no value".into(), Some("write a value, or leave the key out".into()))
        }
        YamlError::Unexpected { expected: "mapping end", .. }
        | YamlError::ExpectedMappingEndAfterEnumVariantValue { .. } => (
            "a second key in a map that takes one".into(),
            Some(
                "begin this line with `- ` if it is a step, or give it a name of its own if it is a mitigation".into(),
            ),
        ),
        YamlError::Unexpected { expected, .. } => (unexpected(source, expected, at), None),
        YamlError::Eof { .. } => ("the file ends too early".into(), None),
        YamlError::MultipleDocuments { .. } => {
            ("a second document begins here".into(), Some(format!("a file is one {what}: remove the `---`")))
        }
        YamlError::UnknownAnchor { .. } => ("this alias has no anchor".into(), None),
        YamlError::RecursiveReferencesRequireWeakTypes { .. } => {
            ("this alias stands inside what it repeats".into(), None)
        }
        YamlError::AliasReplayLimitExceeded { .. }
        | YamlError::AliasExpansionLimitExceeded { .. }
        | YamlError::AliasReplayStackDepthExceeded { .. } => {
            ("aliases in this file expand to far too much".into(), Some("write out what is meant".into()))
        }
        YamlError::Budget { breach, .. } => {
            (breached(breach, what), Some(format!("a {what} is some hundred lines at most")))
        }
        other => (plain(other, what), None),
    }
}

/// Which budget of [`options`] did not suffice.
fn breached(breach: &BudgetBreach, what: &str) -> String {
    match breach {
        BudgetBreach::Depth { .. } => format!("nested too deeply for a {what}"),
        BudgetBreach::Documents { .. } => "more than one document".into(),
        BudgetBreach::Aliases { .. } | BudgetBreach::Anchors { .. } => {
            format!("more anchors and aliases than a {what} needs")
        }
        _ => format!("more values than a {what} has"),
    }
}

/// The parser's own message without the place, which is shown anyway.
fn plain(error: &YamlError, what: &str) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or(&text);
    format!("this is not the YAML of a {what}: {text}")
}

fn unknown(what: &str, found: &str, expected: &[&str]) -> (String, Option<String>) {
    let found = super::wire::leaf::shorten(found);
    let all = expected.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let near = nearest(&found, expected.iter().copied());
    let near = near.map(|word| format!("did you mean `{word}`? ")).unwrap_or_default();
    (format!("unknown {what} `{found}`"), Some(format!("{near}here belong {all}")))
}

fn unexpected(source: &str, expected: &str, at: Option<&Range<usize>>) -> String {
    let found = at.and_then(|at| source.get(at.clone())).unwrap_or_default().trim();
    let wanted = match expected {
        "mapping start" => "a map (`key: value` lines, or `{ key: value }`)",
        "sequence start" => "a list (`- item` lines, or `[item, item]`)",
        "string scalar" => "a single value",
        other => other,
    };
    match found.chars().next() {
        None => format!("nothing stands here: {wanted} belongs here"),
        Some('[' | '-') => format!("a list stands here: {wanted} belongs here"),
        Some('{') => format!("a map stands here: {wanted} belongs here"),
        Some(_) => format!("`{}` stands here: {wanted} belongs here", super::wire::leaf::shorten(found)),
    }
}
