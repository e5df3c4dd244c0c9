//! Phrases with holes: recognising one in a text, and saying it with other words around the same insides.
//!
//! What is in a hole is carried over, never computed: a number cannot change on its way. Not for: which phrases there are
//! (`catalogue`).

use std::collections::BTreeSet;

use super::catalogue::Entry;

/// What may stand in a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hole {
    /// A number with its unit, or several with a dash between them.
    Number,
    /// A ratio: `1.8×`.
    Times,
    /// A name of the scenario.
    Own,
    /// What stays as it is.
    Name,
    /// `a, b and c`.
    List,
    /// A text with a translation of its own.
    Any,
}

impl Hole {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "n" => Self::Number,
            "times" => Self::Times,
            "own" => Self::Own,
            "name" => Self::Name,
            "list" => Self::List,
            "any" => Self::Any,
            _ => return None,
        })
    }
    /// Whether this text may stand in it.
    fn takes(self, text: &str, names: &BTreeSet<String>) -> bool {
        match self {
            Self::Number => is_number(text),
            Self::Times => text.ends_with('×') && is_number(text),
            Self::Own => names.contains(text),
            // It is no sentence, and no two texts.
            Self::Name => {
                !text.is_empty()
                    && !text.ends_with(['.', ':'])
                    && !["; ", ": ", "“", "”"].iter().any(|end| text.contains(end))
            }
            Self::List => !text.is_empty() && !text.ends_with('.') && !text.contains("; "),
            Self::Any => !text.is_empty(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Text(&'static str),
    Hole(Hole),
}

/// A phrase and what it is in Japanese.
#[derive(Debug)]
pub(super) struct Phrase {
    english: Vec<Part>,
    japanese: &'static str,
    /// How much of it is fixed: the most fixed phrase is the one that is meant.
    pub(super) weight: usize,
}

/// What stood in a phrase's holes, in order.
pub(super) type Filled<'a> = Vec<(Hole, &'a str)>;

impl Phrase {
    /// Reads a phrase.
    pub(super) fn of(&(english, japanese): &Entry) -> Self {
        let english = parts(english);
        let weigh = |part: &Part| match part {
            Part::Text(text) => 4 * text.len(),
            Part::Hole(Hole::Number | Hole::Times) => 2,
            Part::Hole(Hole::Own | Hole::Name | Hole::List) => 1,
            Part::Hole(Hole::Any) => 0,
        };
        let weight = english.iter().map(weigh).sum();
        Self { english, japanese, weight }
    }
    /// What stands in the holes if `text` is this phrase; `names` are those of the scenario.
    pub(super) fn matched<'a>(&self, text: &'a str, names: &BTreeSet<String>) -> Option<Filled<'a>> {
        let mut filled = Vec::new();
        matched(&self.english, text, names, &mut filled).then_some(filled)
    }
    /// The phrase in Japanese with these insides.
    pub(super) fn said(&self, insides: &[String]) -> String {
        let mut out = String::new();
        let mut rest = self.japanese;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let (number, later) = after.split_once('}').unwrap_or((after, ""));
            let at: usize = number.parse().unwrap_or(0);
            snug(&mut out, at.checked_sub(1).and_then(|at| insides.get(at)).map_or("", String::as_str));
            let (between, _) = later.split_once('{').unwrap_or((later, ""));
            snug(&mut out, between);
            rest = &later[between.len()..];
        }
        out.push_str(rest);
        out
    }
}

/// Adds a text: a space that stands for the change from Latin letters falls away where there is none.
fn snug(out: &mut String, text: &str) {
    let japanese = |c: char| ('\u{2e80}'..='\u{ffef}').contains(&c);
    let before = out.trim_end_matches(' ');
    if before.ends_with(japanese) && text.trim_start_matches(' ').starts_with(japanese) {
        out.truncate(before.len());
        out.push_str(text.trim_start_matches(' '));
    } else {
        out.push_str(text);
    }
}

fn parts(text: &'static str) -> Vec<Part> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let hole = rest[at + 1..].split_once('}').and_then(|(word, after)| Some((Hole::of(word)?, after)));
        let Some((hole, after)) = hole else { break };
        if at > 0 {
            all.push(Part::Text(&rest[..at]));
        }
        all.push(Part::Hole(hole));
        rest = after;
    }
    if !rest.is_empty() {
        all.push(Part::Text(rest));
    }
    all
}

/// The shortest fillings that fit, from the left.
fn matched<'a>(parts: &[Part], text: &'a str, names: &BTreeSet<String>, filled: &mut Filled<'a>) -> bool {
    match parts {
        [] => text.is_empty(),
        [Part::Text(fixed), rest @ ..] => {
            text.strip_prefix(fixed).is_some_and(|text| matched(rest, text, names, filled))
        }
        [Part::Hole(hole)] => {
            filled.push((*hole, text));
            hole.takes(text, names)
        }
        [Part::Hole(hole), rest @ ..] => {
            let Some(Part::Text(next)) = rest.first() else { return false };
            let before = filled.len();
            text.match_indices(next).any(|(at, _)| {
                let (inside, after) = text.split_at(at);
                filled.truncate(before);
                filled.push((*hole, inside));
                hole.takes(inside, names) && matched(rest, after, names, filled)
            })
        }
    }
}

/// Units that may follow a number, as the report's makers write them.
const UNITS: [&str; 31] = [
    "%", "×", "ns", "µs", "us", "ms", "s", "min", "h", "d", "day", "days", "hour", "hours", "minute", "minutes",
    "ms·d", "B", "kB", "KiB", "MB", "MiB", "GB", "GiB", "bit/s", "kbit/s", "Mbit/s", "Gbit/s", "/s", "a second",
    "jobs",
];

/// Whether a text is a number with at most a sign before and a unit behind it.
pub(super) fn is_number(text: &str) -> bool {
    let text = text.trim_start_matches(['≥', '≈', '±', '+', '−', '-', ' ']);
    let end = text.find(|c: char| !(c.is_ascii_digit() || ",.–−∞".contains(c))).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let known = unit.is_empty() || UNITS.contains(&unit);
    known && digits.chars().any(|c| c.is_ascii_digit() || c == '∞')
}

/// A number with the words of its unit in Japanese.
pub(super) fn number(text: &str) -> String {
    for (unit, said) in [
        (" days", " 日"),
        (" day", " 日"),
        (" d", " 日"),
        (" hours", " 時間"),
        (" hour", " 時間"),
        (" minutes", " 分"),
        (" minute", " 分"),
        (" ms·d", " ms·日"),
    ] {
        if let Some(digits) = text.strip_suffix(unit) {
            return format!("{digits}{said}");
        }
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(phrase: &'static str, text: &str) -> Option<Vec<String>> {
        let names = ["web", "cloud", "kubernetes"].map(str::to_owned).into();
        let all = Phrase::of(&(phrase, "")).matched(text, &names)?;
        Some(all.into_iter().map(|(_, inside)| inside.to_owned()).collect())
    }

    #[test]
    fn holes_take_what_they_are_for() {
        let of = |phrase, text| filled(phrase, text).map(|all| all.join("|"));
        assert_eq!(of("{name} misses {any}", "web misses p99").as_deref(), Some("web|p99"));
        assert_eq!(
            of("{any} {n}: {n} to {n}", "oldest job ≥ 5 s: 1 s to 9 s").as_deref(),
            Some("oldest job|≥ 5 s|1 s|9 s")
        );
        assert_eq!(of("{n} of {n}", "3 of many"), None, "no number");
        assert_eq!(of("{name} is", "web; db is"), None, "two texts are not one name");
        assert_eq!(of("{own} on {own}", "cloud on kubernetes").as_deref(), Some("cloud|kubernetes"));
        assert_eq!(of("{own} on {own}", "which suffices on average"), None, "nobody has named these");
        assert_eq!(of("all {n} are", "all 3 are not"), None, "nothing may be left over");
        assert_eq!(of("{any} {times}", "web p99 1.84×").as_deref(), Some("web p99|1.84×"));
    }

    #[test]
    fn numbers_have_signs_and_units() {
        for text in [
            "1.92 s",
            "≥ 14 d",
            "−15 ms",
            "0.1 %",
            "12,300",
            "500ms",
            "20%",
            "1.2–3.4",
            "+3.1 %",
            "∞",
            "0.686",
            "1.5 ×",
        ] {
            assert!(is_number(text), "{text}");
        }
        for text in ["", "web", "p99", "1 of", "–", "3 phases", "1. web"] {
            assert!(!is_number(text), "{text}");
        }
        assert_eq!((number("28 days").as_str(), number("15 ms").as_str()), ("28 日", "15 ms"));
    }

    #[test]
    fn insides_go_where_their_number_is() {
        let said =
            |insides: [&str; 2]| Phrase::of(&("{n} of {name}", "{2} の {1}。")).said(&insides.map(str::to_owned));
        assert_eq!(said(["3", "web"]), "web の 3。");
        assert_eq!(said(["3", "商品 検索"]), "商品 検索の 3。");
    }
}
