//! The report as one HTML file that fetches nothing.
//!
//! A strict policy in the page itself forbids everything but its own style sheet and its own script (by hash), so a
//! report can be mailed, archived and opened anywhere. The script only chooses what is shown and tells the value behind a
//! mark: without it everything is there. Every picture has its numbers in a table. Not for: what is said (`build`).

mod advice;
pub(crate) mod compare;
mod edge;
mod front;
pub(crate) mod gate;
mod sections;
pub(crate) mod sweep;
mod table;
mod take;

use base64::Engine as _;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::model::{Report, Tone};
use super::words::{Section, Words};

/// The style sheet, embedded.
const STYLE: &str = include_str!("style.css");
/// The script, embedded.
const SCRIPT: &str = include_str!("script.js");

/// The sections in the order of reading.
const fn contents(say: &Words) -> [Section; 15] {
    [
        say.answer,
        say.calendar,
        say.costs,
        say.objectives,
        say.rollout,
        say.why,
        say.advice,
        say.edge,
        say.spread,
        say.time,
        say.loads,
        say.watch,
        say.trust,
        say.unknowns,
        say.again,
    ]
}

/// A page beyond this leaves out the tables that are folded, so that there is room for the files that have them.
const FULL_MOST: usize = 600_000;
/// A page beyond this leaves out what is behind single numbers, too.
const TITLES_MOST: usize = 900_000;

/// The whole page, under a megabyte.
pub fn page(report: &Report) -> String {
    let say = report.language.words();
    let full = main(report, true);
    let brief = full.len() > FULL_MOST;
    let mut most = if brief { main(report, false) } else { full };
    if most.len() > TITLES_MOST {
        most = without_titles(&most);
    }
    let used = most.len() + report.source.len() + STYLE.len() + say.style.len() + SCRIPT.len() + STANDING;
    let body = html! {
        a .skip href="#answer" { (say.to_answer) }
        (header(report))
        (choose(report))
        main {
            (PreEscaped(most))
            (sections::again(report, used, brief))
        }
    };
    document(say, &format!("{}: {}", report.scenario, say.kind), &body)
}

/// All sections but the last; with the tables that are folded, or without.
fn main(report: &Report, folded: bool) -> String {
    let markup = html! {
        (front::answer(report))
        (sections::calendar(report))
        (sections::cost(report))
        (sections::objectives(report))
        (sections::rollout(report, folded))
        (sections::why(report, folded))
        (advice::advice(report))
        (edge::edge(report))
        (sections::curves(report, folded))
        (sections::time(report))
        (sections::loads(report))
        (sections::watch(report))
        (sections::trust(report))
        (sections::unknowns(report))
    };
    markup.into_string()
}

/// Markup whose cells have no text behind them.
fn without_titles(markup: &str) -> String {
    let mut parts = markup.split("<td class=\"");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("<td class=\"");
        let rest = part.split_once("\" title=\"").filter(|(class, _)| !class.contains(['"', '>']));
        match rest.and_then(|(class, rest)| Some((class, rest.split_once('"')?.1))) {
            Some((class, rest)) => out.extend([class, "\"", rest]),
            None => out.push_str(part),
        }
    }
    out
}

/// Bytes for what stands around the sections: the head, choosing, how to do it again.
const STANDING: usize = 25_000;

/// A section with its heading.
fn section((id, title): Section, body: &Markup) -> Markup {
    html! {
        section id=(id) aria-labelledby={ "h-" (id) } {
            h2 id={ "h-" (id) } { (title) }
            (body)
        }
    }
}

/// A page that fetches nothing, with this body.
fn document(say: &Words, title: &str, body: &Markup) -> String {
    let style = format!("{STYLE}{}", say.style);
    let hash = |text: &str| base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(&style),
        hash(SCRIPT)
    );
    let markup = html! {
        (DOCTYPE)
        html lang=(say.language) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content="longhaul";
                title { (title) }
                style { (PreEscaped(&style)) }
            }
            body {
                (PreEscaped(PATTERNS))
                (body)
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    let mut text = markup.into_string();
    text.push('\n');
    text
}

fn header(report: &Report) -> Markup {
    let say = report.language.words();
    html! {
        header {
            p .kind { (say.kind) }
            h1 { (report.scenario) }
            (about(say, &report.about))
            p .measured { (sentence(say, &report.measured)) }
            @if !report.notices.is_empty() {
                ul .notices {
                    @for notice in &report.notices {
                        li class=(tone(notice.tone)) { (mark(say, notice.tone)) (tied(&notice.text)) }
                    }
                }
            }
            nav aria-label=(say.sections) {
                ol { @for (id, title) in contents(say) { li { a href={ "#" (id) } { (title) } } } }
            }
        }
    }
}

/// Choosing a strategy, one of its phases, a workload: shown by the script that does it.
fn choose(report: &Report) -> Markup {
    let say = report.language.words();
    html! {
        form #choose aria-label=(say.choose) hidden {
            label { (say.strategy) " " select {
                option value="" { (say.all) }
                @for answer in &report.answers { option value=(answer.strategy) { (answer.strategy) } }
            } }
            label { (say.phase) " " select disabled {
                option value="" { (say.all) }
                @for lane in &report.calendar.lanes { @for block in &lane.blocks {
                    option data-of=(lane.strategy) value={ (block.number) ". " (block.name) } { (block.number) ". " (block.name) }
                } }
            } }
            label { (say.workload) " " select {
                option value="" { (say.all) }
                @for row in &report.answer_table.rows { option value=(row.head) { (row.head) } }
            } }
            button type="reset" { (say.everything) }
            span .faint { (say.hint) }
        }
    }
}

/// Longer texts about a scenario are folded, so that they do not push the answer off the first screen.
const ABOUT_OPEN_MOST: usize = 240;

fn about(say: &Words, text: &str) -> Markup {
    match text.chars().count() {
        0 => html! {},
        n if n <= ABOUT_OPEN_MOST => html! { p .about { (text) } },
        _ => html! {
            details .about {
                summary { (say.about) }
                p { (text) }
            }
        },
    }
}

/// A text whose numbers are not parted from their units at the end of a line.
fn tied(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, word) in text.split(' ').enumerate() {
        // Japanese goes on without a space.
        let unit = word.split(|c| ('\u{3000}'..='\u{ffef}').contains(&c)).next().unwrap_or_default();
        let unit = unit.trim_end_matches([',', ';', '.', ')', ':', '”']);
        let is_unit = ["%", "ms", "s", "min", "µs", "h", "d", "days", "ms·d"].contains(&unit);
        let tie =
            is_unit && out.ends_with(|c: char| c.is_ascii_digit()) || out.ends_with(['≈', '≥', '=']) || word == "=";
        if i > 0 {
            out.push(if tie { '\u{a0}' } else { ' ' });
        }
        out.push_str(word);
    }
    out
}

/// A text as a sentence: with a full stop, and in English with a capital.
fn sentence(say: &Words, text: &str) -> String {
    let text = text.trim_end_matches(['.', '。']);
    let mut chars = text.chars();
    let first = chars.next().filter(|_| say.capitals).map(|c| c.to_uppercase().collect::<String>());
    let rest = if first.is_some() { chars.as_str() } else { text };
    tied(&format!("{}{rest}{}", first.unwrap_or_default(), say.stop))
}

/// The class of a tone.
const fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "t-plain",
        Tone::Muted => "t-muted",
        Tone::Held => "t-held",
        Tone::Unknown => "t-unknown",
        Tone::Invalid => "t-invalid",
        Tone::Missed => "t-missed",
    }
}

/// The mark of a tone; it is a text of its own, so nothing rests on colour.
fn mark(say: &Words, tone: Tone) -> Markup {
    let word = match tone {
        Tone::Held => say.held,
        Tone::Unknown => say.unknown,
        Tone::Invalid => say.invalid,
        Tone::Missed => say.missed,
        Tone::Plain | Tone::Muted => return html! {},
    };
    html! { span .mark role="img" aria-label=(word) { (tone.mark()) } " " }
}

/// Fills that differ without colour, used by every picture.
const PATTERNS: &str = concat!(
    "<svg class=\"patterns\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>",
    "<pattern id=\"p-store\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">",
    "<rect class=\"pf-store\" width=\"6\" height=\"6\"/><rect class=\"pl-paper\" width=\"2\" height=\"6\"/></pattern>",
    "<pattern id=\"p-waiting\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">",
    "<rect class=\"pf-waiting\" width=\"6\" height=\"6\"/><circle class=\"pl-paper\" cx=\"3\" cy=\"3\" r=\"1.5\"/></pattern>",
    "<pattern id=\"p-invalid\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\">",
    "<rect class=\"pf-paper\" width=\"8\" height=\"8\"/><rect class=\"pl-missed\" width=\"2\" height=\"8\"/></pattern>",
    "<pattern id=\"p-missed\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">",
    "<rect class=\"pf-missed-light\" width=\"7\" height=\"7\"/><rect class=\"pl-missed-faint\" width=\"1.5\" height=\"7\"/></pattern>",
    "</defs></svg>"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_lose_their_titles_and_nothing_else() {
        let cells = "<td class=\"n\" title=\"a, b\">1</td><td class=\"l\">title=\"x\"</td><td class=\"n t-held\" title=\"c\">2</td>";
        let bare = "<td class=\"n\">1</td><td class=\"l\">title=\"x\"</td><td class=\"n t-held\">2</td>";
        assert_eq!(without_titles(cells), bare);
    }
}
