//! Markdown for the summary of a job and for a comment on a pull request, neither larger than GitHub takes.
//!
//! What fails comes first; what is too long is cut between checks, with a sentence that says so. A comment begins with a marker
//! that nobody sees, by which the next run finds and replaces it. Not for: the whole of a gate, which is JSON or the page.

use std::fmt::Write as _;

use crate::analysis::gate::{Check, Outcome, Paired, Series, id};
use crate::analysis::words;

use super::{Told, clean, found, next, shown, tone};

/// GitHub refuses a step's summary beyond this: 1,024 KiB.
pub const SUMMARY_MOST: usize = 1_024 * 1_024;
/// GitHub refuses a comment beyond 65,536 characters; bytes are never fewer.
pub const COMMENT_MOST: usize = 64_000;
/// Detail lines that one check gets.
const DETAILS_MOST: usize = 20;
/// Characters of one text.
const TEXT_MOST: usize = 600;

/// For `GITHUB_STEP_SUMMARY`: everything, what passed folded away.
pub fn summary(told: &Told) -> String {
    summary_within(told, SUMMARY_MOST)
}

/// The same, not larger than `most` bytes: of a file that holds something already there is less room.
pub fn summary_within(told: &Told, most: usize) -> String {
    let mut page = Page::new(most);
    page.whole(&head(told));
    body(&mut page, told);
    let passed: Vec<String> = told
        .judged
        .checks
        .iter()
        .filter(|check| check.outcome == Outcome::Pass)
        .map(|check| row(told, check))
        .collect();
    if !passed.is_empty() {
        let open = format!("\n<details><summary>{} passed</summary>\n\n{ROWS}", words::count(passed.len() as u64));
        page.part(&open, &passed, "\n</details>\n");
    }
    page.part("\n", &facts(told), "");
    page.end()
}

/// For a comment on a pull request: what is not simply passed, and how it was judged.
pub fn comment(told: &Told) -> String {
    comment_within(told, COMMENT_MOST)
}

fn comment_within(told: &Told, most: usize) -> String {
    let mut page = Page::new(most);
    page.whole(&format!("{}\n{}", marker(&told.judged.title), head(told)));
    body(&mut page, told);
    page.part("\n<details><summary>how</summary>\n\n", &facts(told), "\n</details>\n");
    page.end()
}

/// The line by which the comment of one gate is told from all others.
pub fn marker(title: &str) -> String {
    // Two hyphens may end a comment.
    let name: Vec<_> = id(&[title]).split('-').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    format!("<!-- longhaul-gate: {} -->", name.join("-"))
}

/// A text that is never too long: whole parts, and a sentence about those that are left out.
struct Page {
    text: String,
    most: usize,
    left_out: usize,
}

/// Room for the sentence about what is left out.
const SENTENCE: usize = 200;

impl Page {
    fn new(most: usize) -> Self {
        Self { text: String::new(), most: most.saturating_sub(SENTENCE), left_out: 0 }
    }
    /// What is there whole or not at all.
    fn whole(&mut self, text: &str) {
        if self.text.len() + text.len() <= self.most {
            self.text.push_str(text);
        } else {
            self.left_out += 1;
        }
    }
    /// Items between two texts, as many as there is room for.
    fn part(&mut self, open: &str, items: &[String], close: &str) {
        let mut room = self.most.saturating_sub(self.text.len() + open.len() + close.len());
        let fits = |item: &&String| {
            let fits = item.len() <= room;
            room = room.saturating_sub(item.len());
            fits
        };
        let taken: Vec<_> = items.iter().take_while(fits).collect();
        self.left_out += items.len() - taken.len();
        if !taken.is_empty() {
            self.text.push_str(open);
            self.text.extend(taken.into_iter().map(String::as_str));
            self.text.push_str(close);
        }
    }
    fn end(mut self) -> String {
        if self.left_out > 0 {
            let _ = write!(
                self.text,
                "\n**{} more lines are left out here, since GitHub takes no longer text; `--output json=FILE` has all of them.**\n",
                words::count(self.left_out as u64)
            );
        }
        self.text
    }
}

fn head(told: &Told) -> String {
    let mark = if told.failed() { tone(told.judged.outcome()).mark() } else { "✓" };
    let (title, answer) = (safe(&told.judged.title), told.answer());
    format!("### {mark} longhaul gate: {title}: {answer}\n\n{}.\n", told.tally())
}

/// What both have: findings, what to do, comparisons, changes.
fn body(page: &mut Page, told: &Told) {
    let notable = told.notable();
    let findings: Vec<String> = notable.iter().map(|check| finding(told, check)).collect();
    page.part("\n", &findings, "");
    let steps: Vec<String> = next::steps(told).into_iter().map(|step| format!("- {step}\n")).collect();
    page.part("\n**What to do next**\n\n", &steps, "");
    let rows: Vec<String> = notable.iter().map(|check| row(told, check)).collect();
    page.part(&format!("\n{ROWS}"), &rows, "");
    let pairs: Vec<String> = told.judged.pairs.iter().map(pair).collect();
    page.part(&format!("\n{PAIRS}"), &pairs, "");
    let changes: Vec<String> = told.judged.series.iter().flat_map(changes).collect();
    page.part(&format!("\n{CHANGES}"), &changes, "");
}

/// A check in a sentence, with its details below.
fn finding(told: &Told, check: &Check) -> String {
    let tone = tone(check.outcome);
    let quiet = if told.fails(check.outcome) { "" } else { " (does not fail)" };
    let mut out = format!("- {} **{}**{quiet}: {}\n", tone.mark(), check.outcome.word(), safe(&check.sentence));
    if let Some(place) = &check.place {
        let _ = writeln!(out, "  - at {}:{}:{}", safe(&place.file), place.line, place.column);
    }
    for detail in check.details.iter().take(DETAILS_MOST) {
        let _ = writeln!(out, "  - {}", safe(detail));
    }
    if let Some(more) = check.details.len().checked_sub(DETAILS_MOST).filter(|more| *more > 0) {
        let _ = writeln!(out, "  - … and {} more", words::count(more as u64));
    }
    out
}

const ROWS: &str = "| | Check | Found | Limit |\n| --- | --- | ---: | ---: |\n";

fn row(told: &Told, check: &Check) -> String {
    let limit = check.limit.map_or_else(|| "–".to_owned(), |limit| safe(&shown(limit, &check.unit)));
    let mark = if told.fails(check.outcome) || check.outcome == Outcome::Pass { "" } else { " (does not fail)" };
    let (word, tone) = (check.outcome.word(), tone(check.outcome).mark());
    format!(
        "| {tone} {word}{mark} | {} {} | {} | {limit} |\n",
        safe(&check.subject),
        safe(&check.quantity),
        safe(&found(check))
    )
}

const PAIRS: &str = "| Comparison | First | Second | Second ÷ first | p | Noise floor | Round trips | |\n\
                     | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n";

fn pair(pair: &Paired) -> String {
    let (low, ratio, high) = pair.ratio;
    let trips = match pair.round_trips {
        (Some(first), Some(second)) => format!("{} → {}", words::digits(first), words::digits(second)),
        _ => "–".into(),
    };
    let control = if pair.control { " (control)" } else { "" };
    format!(
        "| {} {}{control} | {} | {} | {ratio:.3} ({low:.3} to {high:.3}) | {} | {:.3} | {trips} | {} {} |\n",
        safe(&pair.subject),
        safe(&pair.quantity),
        words::time(pair.first_ns),
        words::time(pair.second_ns),
        words::digits(pair.p),
        pair.floor,
        tone(pair.outcome).mark(),
        pair.outcome.word(),
    )
}

const CHANGES: &str = "| Series | Changed at | From | To |\n| --- | --- | ---: | ---: |\n";

fn changes(series: &Series) -> Vec<String> {
    let row = |change: &crate::analysis::gate::Change| {
        let at = series.points.get(change.at).map_or("", |point| &point.0);
        let (from, to) = (shown(change.from, &series.unit), shown(change.to, &series.unit));
        format!(
            "| {} {} | {} | {} | {} |\n",
            safe(&series.subject),
            safe(&series.quantity),
            safe(at),
            safe(&from),
            safe(&to)
        )
    };
    series.changes.iter().map(row).collect()
}

fn facts(told: &Told) -> Vec<String> {
    told.judged.about.iter().map(|(name, value)| format!("- {}: {}\n", safe(name), safe(value))).collect()
}

/// A text that Markdown takes for nothing but text, which mentions nobody and is not too long.
fn safe(text: &str) -> String {
    let mut short = clean(&text.chars().take(TEXT_MOST).collect::<String>());
    if text.chars().nth(TEXT_MOST).is_some() {
        short.push('…');
    }
    crate::report::markdown::plain(&short).replace('`', "\\`").replace('@', "&#64;").replace("://", "&#58;//")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_between_items_and_says_so() {
        let items: Vec<String> = (0..100).map(|n| format!("item {n}\n")).collect();
        let mut page = Page::new(400);
        page.part("open\n", &items, "close\n");
        let text = page.end();
        assert!(text.len() <= 400 && text.starts_with("open\nitem 0\n") && text.contains("\nclose\n"), "{text}");
        assert!(text.ends_with("`--output json=FILE` has all of them.**\n"), "{text}");
    }

    #[test]
    fn nobody_is_mentioned_and_nothing_is_markup() {
        assert_eq!(safe("@all `x` <b>|\u{1b}[31m a\nb"), "&#64;all \\`x\\` &lt;b>\\| \\[31m a b");
        assert_eq!(marker("a --> b"), "<!-- longhaul-gate: a-b -->");
    }
}
