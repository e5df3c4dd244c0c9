//! JUnit XML: a suite for each kind of gate, a case for each check; read by GitLab, Jenkins and most others.
//!
//! What fails the build by its numbers is a `failure`, what fails it because nobody can tell an `error`, and what is told without
//! failing it `skipped`. No times: a check takes none, and a clock would make the bytes differ. Not for: what was measured.

use std::fmt::Write as _;

use crate::analysis::gate::{Check, Kind, Outcome};

use super::{Told, kind_word};

/// The gate as JUnit XML.
pub fn junit(told: &Told) -> String {
    let mut suites: Vec<(Kind, Vec<&Check>)> = Vec::new();
    for check in &told.judged.checks {
        match suites.iter_mut().find(|(kind, _)| *kind == check.kind) {
            Some((_, checks)) => checks.push(check),
            None => suites.push((check.kind, vec![check])),
        }
    }
    let all: Vec<&Check> = told.judged.checks.iter().collect();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let title = escaped(&told.judged.title);
    let _ = writeln!(out, "<testsuites name=\"longhaul gate: {title}\" {} time=\"0\">", counts(told, &all));
    for (kind, checks) in &suites {
        let _ =
            writeln!(out, "  <testsuite name=\"longhaul {}\" {} time=\"0\">", kind_word(*kind), counts(told, checks));
        properties(&mut out, told);
        for check in checks {
            case(&mut out, told, check);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// What becomes of a check here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Passed,
    Failure,
    Error,
    Skipped,
}

fn end(told: &Told, outcome: Outcome) -> End {
    match outcome {
        Outcome::Regression | Outcome::OverBudget | Outcome::Improvement if told.fails(outcome) => End::Failure,
        _ if told.fails(outcome) => End::Error,
        Outcome::Pass | Outcome::Improvement => End::Passed,
        _ => End::Skipped,
    }
}

fn counts(told: &Told, checks: &[&Check]) -> String {
    let count = |end: End| checks.iter().filter(|check| self::end(told, check.outcome) == end).count();
    let (failures, errors, skipped) = (count(End::Failure), count(End::Error), count(End::Skipped));
    format!("tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"", checks.len())
}

fn properties(out: &mut String, told: &Told) {
    if told.judged.about.is_empty() {
        return;
    }
    out.push_str("    <properties>\n");
    for (name, value) in &told.judged.about {
        let _ = writeln!(out, "      <property name=\"{}\" value=\"{}\"/>", escaped(name), escaped(value));
    }
    out.push_str("    </properties>\n");
}

fn case(out: &mut String, told: &Told, check: &Check) {
    let place = check
        .place
        .as_ref()
        .map_or_else(String::new, |place| format!(" file=\"{}\" line=\"{}\"", escaped(&place.file), place.line));
    let (name, class) = (escaped(&check.id), kind_word(check.kind));
    let _ = write!(out, "    <testcase name=\"{name}\" classname=\"longhaul.{class}\" time=\"0\"{place}>");
    let (word, sentence) = (check.outcome.word(), escaped(&check.sentence));
    let body = escaped(
        &std::iter::once(&check.sentence).chain(&check.details).map(String::as_str).collect::<Vec<_>>().join("\n"),
    );
    let _ = match end(told, check.outcome) {
        End::Passed => write!(out, "<system-out>{body}</system-out>"),
        End::Failure => write!(out, "<failure type=\"{word}\" message=\"{sentence}\">{body}</failure>"),
        End::Error => write!(out, "<error type=\"{word}\" message=\"{sentence}\">{body}</error>"),
        End::Skipped => write!(out, "<skipped message=\"{word}: {sentence}\"/>"),
    };
    out.push_str("</testcase>\n");
}

/// A text as XML 1.0 can hold it, in an attribute or between tags: characters that it has no place for become U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // As they are, an attribute would turn them into spaces.
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
