//! Tests of the catalogue: nothing that the report says in English lacks its Japanese, and nothing is lost on the way.
//!
//! They read the sources, as translators' tools do: a text that is added to a maker of reports fails here until the
//! catalogue has it. Not for: how it reads (`tests/japanese.rs` has a golden text).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::catalogue::entries;

/// Where the texts of reports are made.
const MAKERS: &[&str] = &[
    "report/build",
    "report/export/mod.rs",
    "analysis/strategy.rs",
    "analysis/verdict.rs",
    "analysis/workload.rs",
    "analysis/compare.rs",
    "analysis/sweep/shown.rs",
    "analysis/advice/search.rs",
    "mitigation/words.rs",
    "explain/waterfall.rs",
    "engine/live/verdict.rs",
    "engine/mod.rs",
    "strategy/expand.rs",
    "strategy/named.rs",
];

/// What looks like a text and is none that a reader of a page meets.
const NO_TEXT: &[&str] = &[
    // Commands, as they are typed.
    "longhaul advise",
    "longhaul sweep",
    "longhaul run",
    "longhaul report",
    "longhaul {}",
    // What a refusal says on a terminal.
    "in another order",
    // Words that are looked for, not said.
    "jobs an hour",
    // In a file's command, which stays as it is.
    "its text is in run.json under provenance.source",
    // A step, as `longhaul advise --list` names it on a terminal.
    "at step {",
    "in `{",
    "transaction of ",
    " of the times",
    "query 1 row of ",
];

fn files(at: &Path) -> Vec<PathBuf> {
    if at.is_file() {
        return vec![at.to_owned()];
    }
    let entries = std::fs::read_dir(at).expect("the sources are there");
    let mut all: Vec<PathBuf> = entries.flat_map(|entry| files(&entry.expect("readable").path())).collect();
    all.sort();
    all
}

/// The texts in a source, before its tests: literals with their continued lines joined.
fn literals(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let spoken = |line: &&str| {
        let comment = line.trim_start().starts_with("//");
        !comment && !["reason = \"", ".expect(", "#[error("].iter().any(|other| line.contains(other))
    };
    let lines = code.lines().filter(spoken);
    let code = lines.collect::<Vec<_>>().join("\n");
    let mut all = Vec::new();
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' if chars.peek() == Some(&'"') => {
                chars.next();
            }
            '"' => {
                let mut text = String::new();
                while let Some(c) = chars.next().filter(|c| *c != '"') {
                    match c {
                        '\\' if chars.peek() == Some(&'\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                        '\\' => text.extend(chars.next()),
                        c => text.push(c),
                    }
                }
                all.push(text);
            }
            _ => {}
        }
    }
    all
}

/// A text in its pieces between holes.
fn pieces(text: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        all.last_mut().expect("there is one").push_str(before);
        all.push(String::new());
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    all.last_mut().expect("there is one").push_str(rest);
    all
}

/// It has words: two, or one that begins as a heading does.
fn says_something(piece: &str) -> bool {
    let words = piece.split(' ').filter(|word| word.chars().filter(char::is_ascii_alphabetic).count() > 1).count();
    words > 1 || words == 1 && piece.starts_with(|c: char| c.is_ascii_uppercase()) && piece.is_ascii()
}

/// A piece without the unit of the number before it, and without what joins it to others.
fn inside(piece: &str) -> &str {
    let units = [" ms·d", "ms·d", " MB", "MB", " GiB", "GiB", " %", " d "];
    let piece = units.iter().find_map(|unit| piece.strip_prefix(unit)).unwrap_or(piece);
    piece.trim_start_matches([':', ';']).trim()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn made() -> Vec<(PathBuf, String)> {
    let all = MAKERS.iter().flat_map(|maker| files(&root().join(maker)));
    let of = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).expect("sources are text");
        literals(&text).into_iter().map(move |text| (file.clone(), text)).collect::<Vec<_>>()
    };
    all.flat_map(of).collect()
}

#[test]
fn every_text_of_a_report_has_its_japanese() {
    let known: Vec<String> = entries().map(|(english, _)| pieces(english).join("\u{1}")).collect();
    let has = |piece: &str| known.iter().any(|text| text.contains(piece.trim()));
    let mut missing = Vec::new();
    for (file, text) in made() {
        if NO_TEXT.iter().any(|other| text.contains(other)) {
            continue;
        }
        let pieces = pieces(&text);
        for piece in pieces.iter().map(|piece| inside(piece)).filter(|piece| says_something(piece)) {
            if !piece.split("; ").all(|part| has(part.trim_end_matches('.')) || !says_something(part.trim())) {
                missing.push(format!("{}: {piece:?}", file.strip_prefix(root()).expect("below src").display()));
            }
        }
    }
    assert!(missing.is_empty(), "{} texts without Japanese:\n{}", missing.len(), missing.join("\n"));
}

#[test]
fn translations_carry_everything_over_once() {
    let numbers = |text: &str| {
        let digits = pieces(text).join(" ");
        let mut all: Vec<String> = digits
            .split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','))
            .map(|it| it.trim_matches(['.', ',']).to_owned())
            .filter(|it| !it.is_empty())
            .collect();
        all.sort();
        all
    };
    let mut seen = BTreeSet::new();
    for (english, japanese) in entries() {
        assert!(seen.insert(english), "{english} is there twice");
        let holes = pieces(english).len() - 1;
        let mut used: Vec<&str> = japanese.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
        used.sort_by_key(|number| number.parse::<usize>().unwrap_or(0));
        let each: Vec<String> = (1..=holes).map(|number| number.to_string()).collect();
        assert_eq!(used, each, "{english}: {japanese}");
        assert_eq!(numbers(english), numbers(japanese), "{english}: {japanese}");
    }
}
