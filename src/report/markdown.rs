//! The summary as Markdown, for a pull request or a wiki.
//!
//! It has the answers, the objectives and what to make of them. Not for: curves and pictures.

use std::fmt::Write as _;

use super::model::{Cell, Panel, Report, Table, Tone};
use super::text::marked;
use super::words::Words;

/// The summary.
pub fn summary(report: &Report) -> String {
    let words = report.language.words();
    let say = &words.summary;
    let mut out =
        format!("# {}\n\n{}\n\n_{}_\n", plain(&report.scenario), plain(&report.about), plain(&report.measured));
    if !report.notices.is_empty() {
        out.push('\n');
    }
    for notice in &report.notices {
        let text = marked(notice.tone, &plain(&notice.text));
        let _ = if notice.tone == Tone::Invalid { writeln!(out, "- **{text}**") } else { writeln!(out, "- {text}") };
    }
    heading(&mut out, "\n## ", say.answer, "\n\n");
    for answer in &report.answers {
        let word = marked(answer.tone, &answer.word);
        let _ = writeln!(out, "- **{}: {word}.** {}", plain(&answer.strategy), plain(&answer.sentence));
    }
    table(&mut out, &report.answer_table);
    report.decision.iter().for_each(|panel| front(&mut out, panel, words));
    heading(&mut out, "\n## ", say.phases, "\n");
    report.phases.iter().for_each(|t| table(&mut out, t));
    heading(&mut out, "\n## ", say.objectives, "\n");
    report.objectives.iter().for_each(|t| table(&mut out, t));
    if let Some(advice) = &report.advice {
        super::advised::markdown(&mut out, advice, say.advice);
    }
    heading(&mut out, "\n## ", say.cost, "\n");
    report.cost.iter().for_each(|t| table(&mut out, t));
    if !report.rollout.tables.is_empty() {
        heading(&mut out, "\n## ", say.rollout, "\n\n");
        for sentence in &report.rollout.sentences {
            let _ = writeln!(out, "- {}", plain(sentence));
        }
        report.rollout.tables.iter().for_each(|t| table(&mut out, t));
    }
    for edges in &report.edges {
        let _ = writeln!(out, "\n## {}: {}\n\n{}\n", say.edge, edges.name, plain(&edges.swept));
        for answer in &edges.answers {
            let told = marked(answer.tone, &plain(&answer.sentence));
            let _ = writeln!(out, "- **{}:** {told}", plain(&answer.workload));
        }
        table(&mut out, &edges.edges);
    }
    if !report.loads.is_empty() {
        heading(&mut out, "\n## ", say.loads, "\n");
        report.loads.iter().for_each(|t| table(&mut out, t));
    }
    heading(&mut out, "\n## ", say.time, "\n");
    table(&mut out, &report.time_table);
    heading(&mut out, "\n## ", say.watch, "\n");
    report.watch.iter().for_each(|watch| table(&mut out, &watch.table));
    heading(&mut out, "\n## ", say.trust, "\n");
    report.validity.iter().take(1).for_each(|t| table(&mut out, t));
    if let Some(agreement) = &report.agreement {
        let _ = writeln!(out, "\n{}", marked(agreement.tone, &plain(&agreement.sentence)));
        table(&mut out, &agreement.summary);
        agreement.placements.iter().for_each(|t| table(&mut out, t));
    }
    heading(&mut out, "\n", say.unknowns, "\n\n");
    for unknown in &report.unknowns {
        let _ = writeln!(out, "- {}", plain(unknown));
    }
    heading(&mut out, "\n## ", say.again, "\n\n");
    for (name, value) in &report.again {
        let _ = writeln!(out, "- {name}: `{}`", value.replace('`', "'"));
    }
    out
}

/// A heading between what is before it and behind it.
pub(super) fn heading(out: &mut String, before: &str, text: &str, after: &str) {
    out.extend([before, text, after]);
}

/// A part of the one page on top.
fn front(out: &mut String, panel: &Panel, say: &Words) {
    let _ = writeln!(out, "\n### {}\n", plain(&panel.title));
    for line in &panel.lines {
        let _ = writeln!(out, "- {}", marked(line.tone, &plain(&line.text)));
    }
    for missing in &panel.missing {
        let _ = writeln!(
            out,
            "- {} {}{} {} `{}`",
            say.summary.missing,
            plain(&missing.what),
            say.stop,
            say.told_by,
            missing.command.replace('`', "'")
        );
    }
    if let Some(shown) = &panel.table {
        table(out, shown);
    }
}

/// A table with its caption above and its note below.
pub(super) fn table(out: &mut String, table: &Table) {
    if table.rows.is_empty() {
        return;
    }
    let _ = write!(out, "\n**{}**\n\n|", plain(&table.caption));
    for column in &table.columns {
        let unit = if column.unit.is_empty() { String::new() } else { format!(", {}", column.unit) };
        let _ = write!(out, " {}{} |", plain(&column.title), plain(&unit));
    }
    out.push_str("\n|");
    for column in &table.columns {
        out.push_str(if column.number { " ---: |" } else { " --- |" });
    }
    out.push('\n');
    for row in &table.rows {
        let unit = if row.unit.is_empty() { String::new() } else { format!(" ({})", row.unit) };
        let _ = write!(out, "| {}{} |", plain(&row.head), plain(&unit));
        for shown in &row.cells {
            let _ = write!(out, " {} |", cell(shown));
        }
        out.push('\n');
    }
    if !table.note.is_empty() {
        let _ = writeln!(out, "\n{}", plain(&table.note));
    }
}

fn cell(cell: &Cell) -> String {
    let text = marked(cell.tone, &plain(&cell.text));
    let text = if cell.tone == Tone::Invalid { format!("**{text}**") } else { text };
    if cell.small.is_empty() { text } else { format!("{text} <sub>{}</sub>", plain(&cell.small)) }
}

/// A text that Markdown takes for nothing but text.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '*' | '_' | '|' | '[' | ']' | '#' | '~' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_names() {
        assert_eq!(plain("a|b <script> *x* [l](u)\nz"), "a\\|b &lt;script> \\*x\\* \\[l\\](u) z");
    }
}
