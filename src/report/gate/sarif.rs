//! SARIF 2.1.0, for code scanning: a result for each check that is not simply passed, at the place where its limit is written.
//!
//! A check without a place of its own is at that of the whole gate: GitHub refuses a log in which a result has none. Not for: what
//! passed.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::analysis::gate::{Check, Kind, Outcome, Place};

use super::{Told, finite, kind_word};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Every kind of gate with what its findings are, in the order of their indices.
const RULES: [(Kind, &str, &str); 6] = [
    (Kind::Budget, "RoundTripBudget", "More round trips, repeats of one statement or bytes than the budget allows."),
    (Kind::Snapshot, "RoundTripSnapshot", "Statements or their counts differ from the snapshot that was reviewed."),
    (Kind::Objective, "Objective", "An objective of the scenario does not hold in a phase."),
    (Kind::Baseline, "Baseline", "Worse than a run that was stored."),
    (Kind::Comparison, "Comparison", "One side is slower than the other, measured by turns."),
    (Kind::History, "ChangePoint", "The newest stored results are worse than those before."),
];

/// The gate as SARIF.
pub fn sarif(told: &Told) -> String {
    let results: Vec<Value> = told.notable().into_iter().map(|check| result(told, check)).collect();
    let rules: Vec<Value> = RULES.iter().map(|(kind, name, about)| rule(*kind, name, about)).collect();
    crate::report::json(&json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "longhaul",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "automationDetails": { "id": format!("longhaul gate/{}", told.judged.title) },
            "results": results,
        }],
    }))
}

fn rule(kind: Kind, name: &str, about: &str) -> Value {
    json!({
        "id": rule_id(kind),
        "name": name,
        "shortDescription": { "text": about },
        "defaultConfiguration": { "level": "error" },
    })
}

fn rule_id(kind: Kind) -> String {
    format!("longhaul/{}", kind_word(kind))
}

fn result(told: &Told, check: &Check) -> Value {
    let level = match check.outcome {
        outcome if told.fails(outcome) => "error",
        Outcome::Improvement => "note",
        _ => "warning",
    };
    let text =
        std::iter::once(&check.sentence).chain(&check.details).map(String::as_str).collect::<Vec<_>>().join("\n");
    let mut location = json!({ "logicalLocations": [{ "fullyQualifiedName": check.id, "kind": "member" }] });
    if let Some(place) = check.place.as_ref().or(told.judged.place.as_ref()) {
        location["physicalLocation"] = physical(place);
    }
    let mut properties = json!({ "outcome": check.outcome.word(), "unit": check.unit });
    for (name, value) in [("found", finite(check.found)), ("limit", finite(check.limit))] {
        if let Some(value) = value {
            properties[name] = json!(value);
        }
    }
    json!({
        "ruleId": rule_id(check.kind),
        "ruleIndex": RULES.iter().position(|rule| rule.0 == check.kind),
        "level": level,
        "message": { "text": text },
        "locations": [location],
        "partialFingerprints": { "longhaulCheck/v1": check.id },
        "properties": properties,
    })
}

fn physical(place: &Place) -> Value {
    json!({
        "artifactLocation": { "uri": uri(&place.file) },
        // From 1: a place that does not know better is the first character.
        "region": { "startLine": place.line.max(1), "startColumn": place.column.max(1) },
    })
}

/// A path as a URI reference (RFC 3986): relative stays relative, absolute becomes `file:`.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut out = String::new();
    let drive = path.get(1..3) == Some(":/") && path.starts_with(|c: char| c.is_ascii_alphabetic());
    if drive {
        let _ = write!(out, "file:///{}:", &path[..1]);
    } else if path.starts_with('/') {
        // A path that begins with two slashes would name a host.
        out.push_str("file://");
    }
    for byte in path.bytes().skip(if drive { 2 } else { 0 }) {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    if out.is_empty() { ".".into() } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_a_uri() {
        for (path, expected) in [
            ("budget.yaml", "budget.yaml"),
            ("./ci/my budget.yaml", "./ci/my%20budget.yaml"),
            ("a:b#c?d%.yaml", "a%3Ab%23c%3Fd%25.yaml"),
            ("/srv/budget.yaml", "file:///srv/budget.yaml"),
            ("C:\\ci\\budget.yaml", "file:///C:/ci/budget.yaml"),
            ("予算.yaml", "%E4%BA%88%E7%AE%97.yaml"),
            ("", "."),
        ] {
            assert_eq!(uri(path), expected);
        }
    }

    #[test]
    fn every_kind_has_its_rule() {
        for kind in [Kind::Budget, Kind::Snapshot, Kind::Objective, Kind::Baseline, Kind::Comparison, Kind::History] {
            assert!(RULES.iter().any(|rule| rule.0 == kind));
        }
    }
}
