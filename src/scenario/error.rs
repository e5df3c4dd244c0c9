//! What is wrong with a scenario file, told so that its author can mend it.
//!
//! Every problem names file, line and column, shows the line with a caret under the value, and says
//! what would be right. Not for: finding problems (`wire`, `lower`).

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde_saphyr::Location;

/// More problems than this are counted, not shown.
const SHOWN: usize = 20;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Bytes of the file; `None` if it concerns the file as a whole.
    pub at: Option<Range<usize>>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// A scenario that could not be loaded: everything that was found wrong with it, in file order.
///
/// Its `Display` is the whole text for a human, several lines and without colour; it leaves out the
/// word `error:` in front of the first problem, which whoever prints it puts there.
#[derive(Debug, Clone)]
pub struct LoadError {
    name: String,
    source: String,
    problems: Vec<Problem>,
    left_out: usize,
}

impl LoadError {
    /// Problems of the file `name` with the text `source`, in any order.
    pub(crate) fn new(name: &str, source: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.at.as_ref().map_or(0, |at| at.start));
        let left_out = problems.len().saturating_sub(SHOWN);
        problems.truncate(SHOWN);
        Self { name: name.to_owned(), source: source.to_owned(), problems, left_out }
    }
    /// One problem of the file as a whole.
    pub(crate) fn whole(name: &str, message: String, help: Option<&str>) -> Self {
        let help = help.map(str::to_owned);
        Self::new(name, "", vec![Problem { at: None, message, help }])
    }
    /// The problems, at most twenty, in file order.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
    /// Line and column, both from 1, of a problem that has a place.
    pub fn place(&self, problem: &Problem) -> Option<(usize, usize)> {
        let start = problem.at.as_ref()?.start;
        let before = self.source.get(..start)?;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Some((before.matches('\n').count() + 1, column))
    }
    /// The whole text, with terminal colours if asked.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut parts: Vec<String> = self.problems.iter().map(|problem| self.one(&renderer, problem)).collect();
        if self.left_out > 0 {
            parts.push(format!("error: and {} more", self.left_out));
        }
        parts.join("\n\n")
    }
    fn one(&self, renderer: &Renderer, problem: &Problem) -> String {
        let mut group = Level::ERROR.primary_title(problem.message.as_str()).elements(problem.at.as_ref().map(|at| {
            let (number, line, span) = line_of(&self.source, at);
            Snippet::source(line).line_start(number).path(&self.name).annotation(AnnotationKind::Primary.span(span))
        }));
        if problem.at.is_none() {
            group = group.element(annotate_snippets::Origin::path(&self.name));
        }
        if let Some(help) = &problem.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        renderer.render(&[group])
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.render(false);
        f.write_str(text.strip_prefix("error: ").unwrap_or(&text))
    }
}

impl std::error::Error for LoadError {}

/// The line in which `at` begins, with its number, and the part of `at` that lies in it.
fn line_of<'a>(source: &'a str, at: &Range<usize>) -> (usize, &'a str, Range<usize>) {
    let start = floor_boundary(source, at.start);
    let from = source[..start].rfind('\n').map_or(0, |i| i + 1);
    let to = source[start..].find(['\n', '\r']).map_or(source.len(), |i| start + i);
    let end = floor_boundary(source, at.end.clamp(start, to)).max(start);
    let number = source[..start].matches('\n').count() + 1;
    (number, &source[from..to], start - from..end - from)
}

/// The nearest character boundary at or before `index`.
fn floor_boundary(source: &str, index: usize) -> usize {
    let mut index = index.min(source.len());
    while !source.is_char_boundary(index) {
        index -= 1;
    }
    index
}

/// The bytes that a location of the parser means: a scalar whole, a map or list up to the end of its first line.
pub(crate) fn range(source: &str, at: Location) -> Range<usize> {
    let span = at.span();
    let start = span.byte_offset().map_or_else(|| nth_char(source, span.offset()), |offset| offset as usize);
    let start = floor_boundary(source, start);
    let line_end = source[start..].find(['\n', '\r']).map_or(source.len(), |i| start + i);
    let line = &source[start..line_end];
    let given = span.byte_len().unwrap_or_default() as usize;
    let length = match line.chars().next() {
        Some('{' | '[') => bracketed(line),
        _ if given > 0 => given,
        _ => line.find([' ', ',', '}', ']']).unwrap_or(line.len()),
    };
    let end = floor_boundary(source, (start + length).min(line_end));
    start..end.max(start)
}

fn nth_char(source: &str, n: u64) -> usize {
    let n = usize::try_from(n).unwrap_or(usize::MAX);
    source.char_indices().nth(n).map_or(source.len(), |(i, _)| i)
}

/// The length of what begins with a bracket, up to the matching one or the end of the line.
fn bracketed(line: &str) -> usize {
    let mut depth = 0_usize;
    for (i, c) in line.char_indices() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return i + 1;
        }
    }
    line.trim_end().len()
}

/// The word that is most like `text`, if one is like it at all: a few letters changed or swapped, or a common beginning.
pub(crate) fn nearest<'a>(text: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if text.len() > 64 {
        return None;
    }
    let text = text.to_lowercase();
    let alike = |word: &'a str| {
        let lower = word.to_lowercase();
        let edits = strsim::osa_distance(&text, &lower);
        let close = edits <= text.chars().count().max(lower.chars().count()).div_ceil(3);
        (close || strsim::jaro_winkler(&text, &lower) >= 0.8).then_some((edits, word))
    };
    words.into_iter().filter_map(alike).min_by_key(|(edits, _)| *edits).map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_shows_its_line() {
        let source = "name: x\nrtt: 15\n";
        let error = LoadError::new(
            "a.yaml",
            source,
            vec![Problem { at: Some(13..15), message: "no unit".into(), help: Some("write `15ms`".into()) }],
        );
        let expected = "no unit\n --> a.yaml:2:6\n  |\n2 | rtt: 15\n  |      ^^\n  |\n  = help: write `15ms`";
        assert_eq!(error.to_string(), expected);
        assert_eq!(error.place(&error.problems()[0]), Some((2, 6)));
    }

    #[test]
    fn twenty_problems_are_enough() {
        let problem = |i| Problem { at: Some(i..i), message: format!("{i}"), help: None };
        let error = LoadError::new("a", "x".repeat(99).as_str(), (0..30).rev().map(problem).collect());
        assert_eq!(error.problems().len(), SHOWN);
        assert_eq!(error.problems()[0].message, "0");
        assert!(error.to_string().ends_with("error: and 10 more"));
    }

    #[test]
    fn odd_ranges_do_no_harm() {
        let source = "é\r\n\tü: {\n";
        for start in 0..source.len() + 2 {
            for end in 0..source.len() + 2 {
                let problem = Problem { at: Some(start..end), message: "m".into(), help: None };
                assert!(!LoadError::new("a", source, vec![problem]).render(true).is_empty());
            }
        }
    }

    #[test]
    fn near_words_are_found() {
        assert_eq!(nearest("jorneys", ["stores", "journeys"]), Some("journeys"));
        assert_eq!(nearest("wbe", ["jobs", "web"]), Some("web"));
        assert_eq!(nearest("per-request", ["persistent", "per-journey"]), Some("per-journey"));
        assert_eq!(nearest("xyz", ["stores", "journeys"]), None);
    }
}
