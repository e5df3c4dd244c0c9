//! The ledger as a table, for a terminal that is live and for the end.
//!
//! A pure function of the view and of a width. What is narrow loses the middle of its statements first, then columns. Not
//! for: colours, and moving cursors (`cli`).

use std::fmt::Write as _;

use super::view::{RouteView, Sums, View};

/// No line is longer, however wide the terminal.
pub const WIDTH: usize = 100;

/// A statement's column is at least so wide before columns of numbers go: less of a statement hardly tells which one it is.
const NAME_LEAST: usize = 20;

/// Columns of numbers with their widths, and in which order they go where there is no room: those that go last say what
/// distance costs.
const COLUMNS: [(&str, usize, u8); 7] = [
    ("calls", 7, 4),
    ("trips", 7, 7),
    ("bytes", 6, 2),
    ("distance", 9, 6),
    ("sending", 8, 1),
    ("store", 8, 5),
    ("client", 8, 3),
];

/// What fits a width.
#[derive(Debug, Clone, Copy)]
struct Layout {
    width: usize,
    /// A statement's column.
    name: usize,
    /// Which of [`COLUMNS`].
    shown: [bool; COLUMNS.len()],
}

impl Layout {
    fn of(width: usize) -> Self {
        let width = width.min(WIDTH);
        let mut shown = [true; COLUMNS.len()];
        let mut next = 1..=COLUMNS.len() as u8;
        loop {
            let taken: usize = COLUMNS.iter().zip(shown).filter(|(_, shown)| *shown).map(|((_, n, _), _)| n + 1).sum();
            let name = width.saturating_sub(2 + taken);
            let Some(goes) = next.next().filter(|_| name < NAME_LEAST) else { return Self { width, name, shown } };
            COLUMNS
                .iter()
                .zip(&mut shown)
                .filter(|((.., order), _)| *order == goes)
                .for_each(|(_, shown)| *shown = false);
        }
    }
}

/// The tables of all routes, each with its phases and its `most` first statements, in lines of at most `width` characters
/// and [`WIDTH`].
pub fn table(view: &View, most: usize, width: usize) -> String {
    let mut out = Lines { text: String::new(), layout: Layout::of(width) };
    for (index, route) in view.routes.iter().enumerate() {
        if index > 0 {
            out.text.push('\n');
        }
        route_table(&mut out, route, most);
    }
    out.text
}

/// What is written so far.
struct Lines {
    text: String,
    layout: Layout,
}

fn route_table(out: &mut Lines, route: &RouteView, most: usize) {
    let head = format!(
        "{} ({}): {}, {} open; {}",
        route.name,
        route.speaks,
        counted(route.connections, "connection"),
        route.open,
        counted(route.sums.round_trips, "round trip")
    );
    out.push(&head);
    out.row("", &COLUMNS.map(|(title, ..)| title.to_owned()));
    for view in &route.phases {
        out.row(view.phase.word(), &cells(&view.sums));
    }
    if !route.statements.is_empty() {
        out.push("by statement");
    }
    for view in route.statements.iter().take(most) {
        out.row(&view.statement, &cells(&view.sums));
    }
    let hidden = route.statements.iter().skip(most);
    let rest = hidden.map(|view| &view.sums).chain(&route.others).fold((0, Sums::default()), |(n, mut sums), more| {
        sums.add(more);
        (n + 1, sums)
    });
    if rest.0 > 0 {
        let many = if route.others.is_some() { "or more others" } else { "others" };
        out.row(&format!("{} {many}", rest.0), &cells(&rest.1));
    }
    for note in &route.notes {
        out.push(&format!("! {}", note.sentence()));
    }
    if route.missed_bytes > 0 {
        out.push(&format!("! {} bytes were not seen: the ledger was too slow", route.missed_bytes));
    }
}

/// `1 connection`, `2 connections`.
pub(super) fn counted(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// A star marks distance that has the time of sending and of the store in it.
fn cells(sums: &Sums) -> [String; COLUMNS.len()] {
    let time = sums.time;
    let (distance, sending, store) = if time.unsplit_ns > 0 {
        (format!("{}*", millis(time.distance_ns + time.unsplit_ns)), "*".into(), "*".into())
    } else {
        (millis(time.distance_ns), millis(time.transfer_ns), millis(time.store_ns))
    };
    let (calls, trips) = (sums.calls.to_string(), sums.round_trips.to_string());
    [calls, trips, bytes(sums.bytes_up + sums.bytes_down), distance, sending, store, millis(time.client_ns)]
}

impl Lines {
    fn row(&mut self, name: &str, cells: &[String; COLUMNS.len()]) {
        let Layout { name: width, shown, .. } = self.layout;
        let mut line = format!("  {:<width$}", cut_within(name, width));
        for ((cell, (_, width, _)), _) in cells.iter().zip(COLUMNS).zip(shown).filter(|(_, shown)| *shown) {
            let _ = write!(line, " {cell:>width$}");
        }
        self.push(&line);
    }

    /// A line, cut to the width.
    fn push(&mut self, line: &str) {
        let _ = writeln!(self.text, "{}", cut(line.trim_end(), self.layout.width));
    }
}

/// A text of at most `most` characters; what is cut is marked with `…`. Control characters are shown as `·`.
pub fn cut(text: &str, most: usize) -> String {
    let shown = |c: char| if c.is_control() { '·' } else { c };
    if text.chars().count() <= most {
        return text.chars().map(shown).collect();
    }
    text.chars().take(most.saturating_sub(1)).map(shown).chain(['…']).collect()
}

/// The same, cut in the middle: statements that begin alike often end differently.
pub fn cut_within(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most || most < 3 {
        return cut(text, most);
    }
    let tail = (most - 1) / 2;
    let (head, tail): (String, String) =
        (text.chars().take(most - 1 - tail).collect(), text.chars().skip(length - tail).collect());
    cut(&format!("{head}…{tail}"), most)
}

/// A time in as few characters as tell it: `15.2 ms`, `1,930 ms` is `1.93 s`.
pub fn millis(ns: u64) -> String {
    let ms = ns as f64 / 1e6;
    match ms {
        0.0 => "0".into(),
        ms if ms < 10.0 => format!("{ms:.2} ms"),
        ms if ms < 1_000.0 => format!("{ms:.1} ms"),
        ms if ms < 100_000.0 => format!("{:.2} s", ms / 1e3),
        ms => format!("{:.0} s", ms / 1e3),
    }
}

/// Bytes in at most five characters.
fn bytes(n: u64) -> String {
    let value = n as f64;
    match n {
        0..=9_999 => n.to_string(),
        10_000..=999_499 => format!("{:.0}k", value / 1e3),
        999_500..=9_949_999 => format!("{:.1}M", value / 1e6),
        9_950_000..=999_499_999 => format!("{:.0}M", value / 1e6),
        _ => format!("{:.1}G", value / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (ns, text) in [
            (0, "0"),
            (1, "0.00 ms"),
            (8_230_000, "8.23 ms"),
            (15_200_000, "15.2 ms"),
            (1_930_000_000, "1.93 s"),
            (360_000_000_000, "360 s"),
        ] {
            assert_eq!(millis(ns), text);
        }
        for (n, text) in
            [(9_999, "9999"), (10_000, "10k"), (1_500_000, "1.5M"), (25_000_000, "25M"), (2_000_000_000, "2.0G")]
        {
            assert_eq!(bytes(n), text);
        }
        assert_eq!((cut("abc", 3).as_str(), cut("ab\ncd", 4).as_str()), ("abc", "ab·…"));
    }

    #[test]
    fn statements_are_cut_in_the_middle() {
        for (most, text) in [
            (40, "SELECT name FROM items WHERE id = ?"),
            (20, "SELECT nam…RE id = ?"),
            (19, "SELECT na…RE id = ?"),
            (2, "S…"),
            (0, "…"),
        ] {
            assert_eq!(cut_within("SELECT name FROM items WHERE id = ?", most), text);
        }
    }

    #[test]
    fn what_is_narrow_keeps_what_distance_costs() {
        let columns = |width| {
            let Layout { name, shown, .. } = Layout::of(width);
            let all = COLUMNS.iter().zip(shown).filter(|(_, shown)| *shown).map(|((title, ..), _)| *title);
            (name, all.collect::<Vec<_>>().join(" "))
        };
        let all = "calls trips bytes distance sending store client";
        for (width, name, shown) in [
            (200, 38, all),
            (100, 38, all),
            (82, 20, all),
            (80, 27, "calls trips bytes distance store client"),
            (60, 23, "calls trips distance store"),
            (40, 20, "trips distance"),
            (20, 18, ""),
            (1, 0, ""),
        ] {
            assert_eq!(columns(width), (name, shown.to_owned()), "{width}");
        }
    }
}
