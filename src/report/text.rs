//! The summary for a terminal: at most 100 columns, coloured if asked.
//!
//! Marks tell what colours tell, so nothing is lost without them. Not for: the details, which are
//! in the HTML report.

use std::fmt::Write as _;

use super::model::{Lane, Line, Point, Report, Tone};

/// No line is longer.
const WIDTH: usize = 100;
/// A phase's name is cut here.
const NAME: usize = 30;

/// The summary, as lines.
pub fn summary(report: &Report, colour: bool) -> String {
    let mut out = String::new();
    line(&mut out, &format!("{}: {}", report.scenario, report.measured), 0);
    for notice in &report.notices {
        line(&mut out, &paint(&marked(notice.tone, &notice.text), notice.tone, colour), 2);
    }
    for (answer, lane) in report.answers.iter().zip(&report.calendar.lanes) {
        let days = crate::analysis::words::digits(answer.days);
        let word = paint(&answer.word.to_uppercase(), answer.tone, colour);
        out.push('\n');
        line(&mut out, &format!("{}, {days} days: {word}", answer.strategy), 0);
        line(&mut out, &answer.sentence, 2);
        out.push('\n');
        table(&mut out, lane, colour);
    }
    if !report.rollout.sentences.is_empty() {
        out.push('\n');
        line(&mut out, "by percentage", 0);
        report.rollout.sentences.iter().for_each(|s| line(&mut out, s, 2));
    }
    for edges in &report.edges {
        out.push('\n');
        line(&mut out, &format!("how close to the edge: {}", edges.swept), 0);
        for answer in &edges.answers {
            let told = format!("{}: {}", answer.workload, answer.sentence);
            line(&mut out, &paint(&marked(answer.tone, &told), answer.tone, colour), 2);
        }
    }
    if let Some(agreement) = &report.agreement {
        out.push('\n');
        line(&mut out, "live against simulated", 0);
        line(&mut out, &paint(&marked(agreement.tone, &agreement.sentence), agreement.tone, colour), 2);
    }
    if let Some(advice) = &report.advice {
        out.push('\n');
        super::advised::brief(&mut out, advice, colour);
    }
    if !report.answers.is_empty() {
        out.push('\n');
        line(&mut out, "✓ held  ✗ missed  ? cannot tell  ⊘ invalid  ≈ extrapolated  ≥ at least", 0);
    }
    out
}

/// A text with the mark of its tone.
pub(super) fn marked(tone: Tone, text: &str) -> String {
    if tone.mark().is_empty() { text.to_owned() } else { format!("{} {text}", tone.mark()) }
}

/// Colours a text as its tone asks.
pub(super) fn paint(text: &str, tone: Tone, colour: bool) -> String {
    let code = match tone {
        Tone::Plain | Tone::Muted => "",
        Tone::Held => "32",
        Tone::Unknown => "33",
        Tone::Invalid => "1;31",
        Tone::Missed => "31",
    };
    if colour && !code.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// How many columns a text takes, colours not counted.
pub(super) fn width(text: &str) -> usize {
    let mut inside = false;
    let visible = text.chars().filter(|&c| {
        let escape = inside || c == '\x1b';
        inside = escape && c != 'm';
        !escape
    });
    visible.count()
}

/// Adds a paragraph, wrapped between words, indented by `indent` (and by two more after the first line).
pub(super) fn line(out: &mut String, text: &str, indent: usize) {
    let mut at = indent;
    let _ = write!(out, "{:indent$}", "");
    for (i, word) in text.split(' ').enumerate() {
        if i > 0 && at + 1 + width(word) > WIDTH {
            let _ = write!(out, "\n{:1$}", "", indent + 2);
            at = indent + 2;
        } else if i > 0 {
            out.push(' ');
            at += 1;
        }
        out.push_str(word);
        at += width(word);
    }
    out.push('\n');
}

/// A cell: what is shown, and its tone.
type Shown = (String, Tone);

/// A strategy's phases down, workloads across; in several parts where they do not fit side by side.
fn table(out: &mut String, lane: &Lane, colour: bool) {
    let days = (0..lane.blocks.len()).map(|i| crate::analysis::words::digits(lane.blocks[i].days));
    let days: Vec<Shown> = ["", "days", ""]
        .map(|t| (t.to_owned(), Tone::Plain))
        .into_iter()
        .chain(days.map(|d| (d, Tone::Plain)))
        .collect();
    let heads = ["phase", "", "objective"].map(str::to_owned).into_iter();
    let names: Vec<String> =
        heads.chain(lane.blocks.iter().map(|b| cut(&format!("{}. {}", b.number, b.name)))).collect();
    let first = names.iter().map(|n| n.chars().count()).max().unwrap_or(0);
    let columns: Vec<Vec<Shown>> = lane.lines.iter().map(column).collect();
    let mut rest = &columns[..];
    loop {
        let mut used = 2 + first + 2 + wide(&days);
        let fits = rest.iter().take_while(|c| {
            used += 2 + wide(c);
            used <= WIDTH
        });
        let (now, later) = rest.split_at(fits.count().max(1).min(rest.len()));
        part(out, &names, first, &std::iter::once(&days).chain(now).collect::<Vec<_>>(), colour);
        rest = later;
        if rest.is_empty() {
            return;
        }
        out.push('\n');
    }
}

/// Writes rows of cells, each column as wide as its widest.
fn part(out: &mut String, names: &[String], first: usize, columns: &[&Vec<Shown>], colour: bool) {
    for (i, name) in names.iter().enumerate() {
        let mut row = format!("  {name:<first$}");
        for column in columns {
            let (text, tone) = &column[i];
            let _ = write!(row, "  {:>1$}", "", wide(column).saturating_sub(width(text)));
            row.push_str(&paint(text, *tone, colour));
        }
        out.push_str(row.trim_end());
        out.push('\n');
    }
}

fn wide(column: &[Shown]) -> usize {
    column.iter().map(|c| width(&c.0)).max().unwrap_or(0)
}

/// A workload's column: name, measure, objective, then a phase each.
fn column(line: &Line) -> Vec<Shown> {
    let limit = if line.limit_text.is_empty() { "–" } else { &line.limit_text };
    let head = [cut(&line.workload), line.measure.clone(), limit.to_owned()].map(|text| (text, Tone::Plain));
    head.into_iter().chain(line.points.iter().map(cell)).collect()
}

fn cell(point: &Point) -> Shown {
    let text = if point.value.is_none() && point.tone == Tone::Unknown { "too few" } else { &point.text };
    let text = if point.text == "INVALID" { text.to_owned() } else { text.replace(' ', "\u{a0}") };
    (marked(point.tone, &text).replace('\u{a0}', " "), point.tone)
}

fn cut(name: &str) -> String {
    if name.chars().count() <= NAME { name.to_owned() } else { name.chars().take(NAME - 1).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_take_no_room() {
        assert_eq!(width(&paint("INVALID", Tone::Invalid, true)), 7);
        assert_eq!(paint("INVALID", Tone::Invalid, true), "\x1b[1;31mINVALID\x1b[0m");
        assert_eq!(paint("INVALID", Tone::Invalid, false), "INVALID");
    }

    #[test]
    fn paragraphs_are_wrapped() {
        let mut out = String::new();
        line(&mut out, &"word ".repeat(50), 2);
        assert!(out.lines().all(|l| l.chars().count() <= WIDTH) && out.lines().count() == 3, "{out}");
    }
}
