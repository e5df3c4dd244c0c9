//! The house rules that a compiler does not check: layers, sizes, module docs, words.
//!
//! A rule that only people remember is broken within a month. Numbers are upper bounds to be
//! lowered, never raised.

use std::path::{Path, PathBuf};

/// Longest file, its tests included.
const FILE_LINES_MAX: usize = 600;
/// Longest function.
const FUNCTION_LINES_MAX: usize = 70;

/// Modules by layer; a module may use its own layer and those before it.
const LAYERS: &[&[&str]] = &[
    &["units", "seed", "guide"],
    &["scenario", "mitigation", "strategy", "plan", "link", "service", "workset", "protocol", "ledger", "budget"],
    &["runfile", "measure", "timer", "proxy", "server", "engine", "fidelity", "record", "import"],
    &["analysis", "explain", "report"],
    &["cli"],
];

/// Modules that know no clock, socket, task or terminal.
const PURE: &[&str] = &[
    "units",
    "seed",
    "scenario",
    "mitigation",
    "strategy",
    "plan",
    "link",
    "service",
    "workset",
    "protocol",
    "ledger",
    "budget",
    "measure",
    "analysis",
    "explain",
    "report",
];

/// What a pure module must not name.
const IMPURE_WORDS: &[&str] =
    &["std::net", "tokio", "Instant::", "SystemTime", "std::thread", "println!", "eprintln!", "rustix::"];

/// Words that mean unfinished work.
const UNFINISHED: &[&str] = &["todo!(", "unimplemented!(", "dbg!(", "FIXME", "XXX"];

struct Source {
    path: PathBuf,
    module: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut open = vec![root.clone()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).expect("src is readable") {
            let path = entry.expect("src is readable").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let inside = path.strip_prefix(&root).expect("below src");
                let first = inside.components().next().expect("not empty").as_os_str().to_string_lossy();
                let module = first.trim_end_matches(".rs").to_owned();
                let text = std::fs::read_to_string(&path).expect("sources are text");
                found.push(Source { path: inside.to_owned(), module, text });
            }
        }
    }
    assert!(found.len() > 20, "the walk found the sources");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Lines that are not comments, with their number.
fn code(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    let lines = source.text.lines().enumerate();
    lines.map(|(i, line)| (i + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn report(broken: &[String]) {
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn every_file_says_what_it_is() {
    let silent = |s: &Source| !s.text.starts_with("//!") && !s.text.starts_with("#![doc");
    let broken: Vec<_> =
        sources().iter().filter(|s| silent(s)).map(|s| format!("{}: no module doc", s.path.display())).collect();
    report(&broken);
}

#[test]
fn files_and_functions_stay_small() {
    let mut broken = Vec::new();
    for source in sources() {
        let lines: Vec<&str> = source.text.lines().collect();
        if lines.len() > FILE_LINES_MAX {
            broken.push(format!("{}: {} lines, at most {FILE_LINES_MAX}", source.path.display(), lines.len()));
        }
        for (start, name, length) in functions(&lines) {
            if length > FUNCTION_LINES_MAX {
                let place = format!("{}:{start}", source.path.display());
                broken.push(format!("{place}: fn {name} has {length} lines, at most {FUNCTION_LINES_MAX}"));
            }
        }
    }
    report(&broken);
}

/// (line, name, length) of each function; rustfmt puts the closing brace at the indentation of the first line.
fn functions<'a>(lines: &[&'a str]) -> Vec<(usize, &'a str, usize)> {
    let mut found = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        let words = [
            "fn ",
            "pub fn ",
            "async fn ",
            "pub async fn ",
            "const fn ",
            "pub const fn ",
            "pub(crate) fn ",
            "pub(super) fn ",
        ];
        let Some(rest) = words.iter().find_map(|w| body.strip_prefix(w)) else { continue };
        // A trait's declaration has no body.
        if body.ends_with(';') {
            continue;
        }
        let name = rest.split(['(', '<']).next().unwrap_or(rest);
        let closing = format!("{}}}", " ".repeat(indent));
        if let Some(length) =
            lines[i..].iter().position(|l| *l == closing || (l.ends_with('}') && std::ptr::eq(*l, *line)))
        {
            found.push((i + 1, name, length + 1));
        }
    }
    found
}

#[test]
fn layers_look_downwards_only() {
    let layer = |module: &str| LAYERS.iter().position(|l| l.contains(&module));
    let mut broken = Vec::new();
    for source in sources() {
        let module = source.module.as_str();
        if matches!(module, "main" | "lib") {
            continue;
        }
        let Some(here) = layer(module) else {
            broken.push(format!("{}: module `{module}` is in no layer", source.path.display()));
            continue;
        };
        for (line, text) in code(&source) {
            for part in text.split("crate::").skip(1) {
                let used: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if layer(&used).is_some_and(|there| there > here) {
                    broken.push(format!("{}:{line}: {} must not use {used}", source.path.display(), source.module));
                }
            }
        }
    }
    report(&broken);
}

#[test]
fn the_engines_do_not_know_each_other() {
    let mut broken = Vec::new();
    for source in sources() {
        let path = source.path.to_string_lossy().replace('\\', "/");
        let other = match () {
            () if path.starts_with("engine/live") => "engine::sim",
            () if path.starts_with("engine/sim") => "engine::live",
            () => continue,
        };
        broken.extend(
            code(&source).filter(|(_, t)| t.contains(other)).map(|(l, _)| format!("{path}:{l}: names {other}")),
        );
    }
    report(&broken);
}

#[test]
fn pure_modules_touch_nothing() {
    let mut broken = Vec::new();
    for source in sources().iter().filter(|s| PURE.contains(&s.module.as_str())) {
        let tests_from = source.text.lines().position(|l| l.contains("#[cfg(test)]")).unwrap_or(usize::MAX);
        for (line, text) in code(source).filter(|(l, _)| *l <= tests_from) {
            for word in IMPURE_WORDS.iter().filter(|w| text.contains(**w)) {
                broken.push(format!("{}:{line}: `{word}` in a pure module", source.path.display()));
            }
        }
    }
    report(&broken);
}

#[test]
fn nothing_is_left_unfinished() {
    let mut broken = Vec::new();
    for source in sources() {
        for (i, text) in source.text.lines().enumerate() {
            for word in UNFINISHED.iter().filter(|w| text.contains(**w)) {
                broken.push(format!("{}:{}: `{word}`", source.path.display(), i + 1));
            }
        }
    }
    report(&broken);
}
