//! What the counted gates say alike: what round trips cost, which statement is meant, what gained and what lost.
//!
//! Not for: deciding (`budget`, `snapshot`, `growth`).

use crate::ledger::text::{cut, cut_within};
use crate::units::Nanos;

/// Statements that a sentence names; the others are in the details.
const NAMED: usize = 3;

/// Lines of details.
const LINES: usize = 40;

/// A statement in a sentence is cut here, in characters.
const BRIEF: usize = 60;

/// The same where it has to be told from others of the sentence.
const LONG: usize = 90;

/// What this many round trips more (or fewer) cost at each RTT: `: +405 ms at 15 ms, +1.35 s at 50 ms`, or nothing.
/// `side_by_side`: they may be waited for at the same time, and this is the most.
pub(super) fn cost(more: i128, rtts: &[Nanos], side_by_side: bool) -> String {
    let sign = if more < 0 { '−' } else { '+' };
    let most = if side_by_side { "up to " } else { "" };
    let count = u64::try_from(more.unsigned_abs()).unwrap_or(u64::MAX);
    let at = |rtt: &Nanos| format!("{most}{sign}{} at {}", time(Nanos(rtt.0.saturating_mul(count))), time(*rtt));
    let all: Vec<String> = rtts.iter().filter(|rtt| rtt.0 > 0 && more != 0).map(at).collect();
    if all.is_empty() { String::new() } else { format!(": {}", all.join(", ")) }
}

/// A time as people say it: `0.5 ms`, `405 ms`, `1.35 s`.
pub(super) fn time(time: Nanos) -> String {
    let ms = time.as_millis_f64();
    let (value, unit) = if ms < 1_000.0 { (ms, "ms") } else { (ms / 1_000.0, "s") };
    let digits = if value < 1.0 {
        3
    } else if value < 100.0 {
        2
    } else {
        1
    };
    let text = format!("{value:.digits$}");
    format!("{} {unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A statement in a few words: what it does to which table.
pub(super) fn brief(text: &str) -> String {
    let short = match text.split_once(' ') {
        _ if text.chars().count() <= BRIEF / 2 => None,
        Some(("SELECT", rest)) => outer(rest, " FROM ").map(|from| format!("SELECT … FROM {}", table(from))),
        Some(("UPDATE", rest)) => Some(format!("UPDATE {} …", table(rest))),
        Some((verb @ ("INSERT" | "REPLACE" | "DELETE"), rest)) => {
            let into = rest.split_inclusive(' ').position(|word| matches!(word, "INTO " | "FROM "));
            into.map(|at| {
                let words: Vec<&str> = rest.splitn(at + 2, ' ').collect();
                let (table_and_rest, before) = words.split_last().unwrap_or((&rest, &[]));
                format!("{verb} {} {} …", before.join(" "), table(table_and_rest))
            })
        }
        _ => None,
    };
    cut(&short.unwrap_or_else(|| text.to_owned()), BRIEF)
}

/// What stands behind `word`, outside of brackets.
fn outer<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && text[at..].starts_with(word) => return Some(&text[at + word.len()..]),
            _ => {}
        }
    }
    None
}

/// The first name of a list of tables.
fn table(text: &str) -> &str {
    let end = text.find([' ', ',', '(', ')']).unwrap_or(text.len());
    if end == 0 { text } else { &text[..end] }
}

/// What gained or lost, for a sentence, by whole texts: `(+27 × SELECT … FROM prices, −1 × get user:*)`; most first, the rest counted.
pub(super) fn changes(mut all: Vec<(String, i128)>) -> String {
    all.retain(|(_, by)| *by != 0);
    // What gained first: it is what has to be mended.
    all.sort_by(|a, b| (b.1 > 0).cmp(&(a.1 > 0)).then_with(|| b.1.abs().cmp(&a.1.abs())).then_with(|| a.0.cmp(&b.0)));
    let named = |(text, by): &(String, i128)| format!("{} × {}", signed(*by), apart(text, &all));
    let mut told: Vec<String> = all.iter().take(NAMED).map(named).collect();
    if all.len() > NAMED {
        told.push(format!("{} more", all.len() - NAMED));
    }
    if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) }
}

/// The fewest words by which a statement is told from the others: a loop and the batch that took its place read the same table.
fn apart(text: &str, all: &[(String, i128)]) -> String {
    let forms: [fn(&str) -> String; 2] = [brief, conditions];
    let alone = |form: &fn(&str) -> String| {
        let name = form(text);
        all.iter().all(|(other, _)| other == text || form(other) != name).then_some(name)
    };
    forms.iter().find_map(alone).unwrap_or_else(|| cut_within(text, LONG))
}

/// A statement without what it selects: `SELECT … FROM prices WHERE item IN (?+)`.
fn conditions(text: &str) -> String {
    let from = text.strip_prefix("SELECT ").and_then(|rest| outer(rest, " FROM "));
    cut(&from.map_or_else(|| text.to_owned(), |from| format!("SELECT … FROM {from}")), LONG)
}

/// The lines that somebody reads; the others counted.
pub(super) fn capped(mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(LINES);
    if more > 0 {
        lines.truncate(LINES);
        lines.push(format!("and {more} more"));
    }
    lines
}

/// A number with its sign, a real minus.
pub(super) fn signed(n: i128) -> String {
    if n < 0 { format!("−{}", n.unsigned_abs()) } else { format!("+{n}") }
}

/// `after` less `before`.
pub(super) fn difference(after: u64, before: u64) -> i128 {
    i128::from(after) - i128::from(before)
}

/// `1 round trip`, `2 round trips`.
pub(super) fn trips(n: u64) -> String {
    format!("{n} round trip{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_told_at_each_rtt() {
        let rtts = [Nanos::from_millis(15), Nanos::from_millis(50)];
        assert_eq!(cost(27, &rtts, false), ": +405 ms at 15 ms, +1.35 s at 50 ms");
        assert_eq!(cost(-2, &rtts[..1], false), ": −30 ms at 15 ms");
        assert_eq!(cost(27, &rtts[..1], true), ": up to +405 ms at 15 ms");
        assert_eq!((cost(0, &rtts, false), cost(9, &[], false), cost(9, &[Nanos::ZERO], false)), Default::default());
        assert_eq!(time(Nanos::from_micros(500)), "0.5 ms");
        assert_eq!(time(Nanos::from_millis(120_000)), "120 s");
    }

    #[test]
    fn statements_are_named_by_what_they_do_to_which_table() {
        for (text, expected) in [
            ("SELECT price FROM prices WHERE item = ? AND shop = ?", "SELECT … FROM prices"),
            ("SELECT id, (SELECT max(x) FROM deep WHERE a = b) FROM shop.items, t", "SELECT … FROM shop.items"),
            (
                "SELECT something_long_without_any_table_at_all(?, ?)",
                "SELECT something_long_without_any_table_at_all(?, ?)",
            ),
            ("UPDATE longhaul.items SET payload = ?, writes = writes + ? WHERE id = ?", "UPDATE longhaul.items …"),
            ("INSERT INTO orders (a, b, c, d, e) VALUES (?+)", "INSERT INTO orders …"),
            ("INSERT IGNORE INTO orders (a, b, c, d, e) VALUES (?+)", "INSERT IGNORE INTO orders …"),
            ("DELETE FROM baskets WHERE customer = ?", "DELETE FROM baskets …"),
            ("get user:*", "get user:*"),
            ("COMMIT", "COMMIT"),
        ] {
            assert_eq!(brief(text), expected);
        }
    }

    #[test]
    fn what_gained_is_named_first() {
        let all = [("a", -9), ("b", 2), ("c", 3), ("d", 0), ("e", 1), ("f", -1)];
        let all = all.map(|(what, by)| (what.to_owned(), by)).to_vec();
        assert_eq!(changes(all), " (+3 × c, +2 × b, +1 × e, 2 more)");
        assert_eq!(changes(Vec::new()), "");
    }

    #[test]
    fn statements_of_one_table_are_told_apart() {
        let told = |all: &[(&str, i128)]| changes(all.iter().map(|(text, by)| ((*text).to_owned(), *by)).collect());
        let one = ("SELECT price FROM prices WHERE item = ?", 12);
        assert_eq!(
            told(&[one, ("SELECT item, price FROM prices WHERE item IN (?+)", -1)]),
            " (+12 × SELECT … FROM prices WHERE item = ?, −1 × SELECT … FROM prices WHERE item IN (?+))"
        );
        assert_eq!(
            told(&[one, ("SELECT name FROM prices WHERE item = ?", -1)]),
            " (+12 × SELECT price FROM prices WHERE item = ?, −1 × SELECT name FROM prices WHERE item = ?)"
        );
        assert_eq!(
            told(&[one, ("SELECT price, tax FROM prices WHERE item = ?", 0)]),
            " (+12 × SELECT … FROM prices)",
            "of what neither gained nor lost it need not be told"
        );
        let long = |n: usize| format!("SELECT {}last_{n} FROM t WHERE id = ?", "column, ".repeat(30));
        let told = changes(vec![(long(1), 2), (long(2), -1)]);
        assert!(told.contains("last_1 FROM t WHERE id = ?, −1 × SELECT") && told.chars().count() < 220, "{told}");
    }
}
