//! The report as one HTML file that fetches nothing.
//!
//! A strict policy in the page itself forbids everything but its own style sheet (by hash), so a
//! report can be mailed, archived and opened anywhere. No script: folding is `<details>`, hovering
//! is titles, and every picture has its numbers in a table. Not for: what is said (`build`).

pub(crate) mod compare;
mod sections;
pub(crate) mod sweep;
mod table;

use base64::Engine as _;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::model::{Report, Tone};

/// The style sheet, embedded.
const STYLE: &str = include_str!("style.css");

/// The whole page.
pub fn page(report: &Report) -> String {
    let body = html! {
        a .skip href="#answer" { "To the answer" }
        (header(report))
        main {
            (sections::answer(report))
            (sections::calendar(report))
            (sections::cost(report))
            (sections::objectives(report))
            (sections::curves(report))
            (sections::time(report))
            (sections::loads(report))
            (sections::trust(report))
            (sections::unknowns(report))
            (sections::again(report))
        }
    };
    document(&format!("{}: longhaul report", report.scenario), &body)
}

/// A page that fetches nothing, with this body.
fn document(title: &str, body: &Markup) -> String {
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy =
        format!("default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'");
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content="longhaul";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (PreEscaped(PATTERNS))
                (body)
            }
        }
    };
    let mut text = markup.into_string();
    text.push('\n');
    text
}

/// The sections: anchor and heading.
const CONTENTS: [(&str, &str); 10] = [
    ("answer", "The answer"),
    ("calendar", "The calendar"),
    ("costs", "What it costs"),
    ("objectives", "Every objective, phase by phase"),
    ("spread", "How response times spread"),
    ("where", "Where the time goes"),
    ("loads", "Cron jobs, queues, start-up"),
    ("trust", "How far to trust it"),
    ("unknowns", "What this cannot tell"),
    ("again", "Again"),
];

fn header(report: &Report) -> Markup {
    html! {
        header {
            p .kind { "longhaul report" }
            h1 { (report.scenario) }
            (about(&report.about))
            p .measured { (sentence(&report.measured)) }
            @if !report.notices.is_empty() {
                ul .notices {
                    @for notice in &report.notices {
                        li class=(tone(notice.tone)) { (mark(notice.tone)) (tied(&notice.text)) }
                    }
                }
            }
            nav aria-label="Sections" {
                ol { @for (id, title) in CONTENTS { li { a href={ "#" (id) } { (title) } } } }
            }
        }
    }
}

/// Longer texts about a scenario are folded, so that they do not push the answer off the first screen.
const ABOUT_OPEN_MOST: usize = 240;

fn about(text: &str) -> Markup {
    match text.chars().count() {
        0 => html! {},
        n if n <= ABOUT_OPEN_MOST => html! { p .about { (text) } },
        _ => html! {
            details .about {
                summary { "What this scenario is, and where its numbers come from" }
                p { (text) }
            }
        },
    }
}

/// A text whose numbers are not parted from their units at the end of a line.
fn tied(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, word) in text.split(' ').enumerate() {
        let unit = word.trim_end_matches([',', ';', '.', ')', ':', '”']);
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

/// A text that begins with a capital and ends with a full stop.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    tied(&format!("{first}{}.", chars.as_str().trim_end_matches('.')))
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
fn mark(tone: Tone) -> Markup {
    let word = match tone {
        Tone::Held => "held",
        Tone::Unknown => "cannot tell",
        Tone::Invalid => "invalid",
        Tone::Missed => "missed",
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
