//! The text of a snapshot: made for diffs, in one order and one way of writing.
//!
//! Not for: files (`cli`).

use std::fmt::Write;

use super::{MARK, Snapshot};

/// The text of the file. `made` is the command that writes it anew.
pub fn write(snapshot: &Snapshot, made: &str) -> String {
    let made = made.replace(|c: char| c.is_control(), " ");
    let mut text = format!(
        "{MARK}round trips by statement, without literals; a change here is a change of what distance costs\n# made by: {made}\nformat: 1\n"
    );
    if snapshot.units.is_empty() {
        text.push_str("units: {}\n");
        return text;
    }
    text.push_str("units:\n");
    for unit in &snapshot.units {
        _ = write!(
            text,
            "  {}:\n    times: {}\n    round_trips: {}\n",
            quoted(&unit.name),
            unit.times,
            unit.round_trips
        );
        text.push_str(if unit.statements.is_empty() { "    statements: []\n" } else { "    statements:\n" });
        for line in &unit.statements {
            _ = writeln!(
                text,
                "      - {{ round_trips: {}, calls: {}, repeats: {}, {}: {} }}",
                line.round_trips,
                line.calls,
                line.repeats,
                line.store.word(),
                quoted(&line.text)
            );
        }
    }
    text
}

/// A text in double quotes, as YAML reads it (YAML 1.2, 5.7): everything that is not plainly visible is escaped.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control()
                || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') =>
            {
                _ = write!(out, "\\U{:08x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
