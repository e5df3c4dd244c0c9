//! The ledger as a table of fixed width, for a terminal that is live and for the end.
//!
//! A pure function of the view. Not for: colours, and moving cursors (`cli`).

use std::fmt::Write as _;

use super::view::{RouteView, Sums, View};

/// No line is longer.
pub const WIDTH: usize = 100;

/// A statement's column.
const NAME: usize = 38;

/// The tables of all routes, each with its phases and its `most` first statements.
pub fn table(view: &View, most: usize) -> String {
    let mut out = String::new();
    for (index, route) in view.routes.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        route_table(&mut out, route, most);
    }
    out
}

fn route_table(out: &mut String, route: &RouteView, most: usize) {
    let head = format!(
        "{} ({}): {} connections, {} open; {} round trips",
        route.name, route.speaks, route.connections, route.open, route.sums.round_trips
    );
    push(out, &head);
    let columns = ["calls", "trips", "bytes", "distance", "sending", "store", "client"];
    row(out, "", &columns.map(String::from));
    for view in &route.phases {
        row(out, view.phase.word(), &cells(&view.sums));
    }
    if !route.statements.is_empty() {
        push(out, "by statement");
    }
    for view in route.statements.iter().take(most) {
        row(out, &view.statement, &cells(&view.sums));
    }
    let hidden = route.statements.iter().skip(most);
    let rest = hidden.map(|view| &view.sums).chain(&route.others).fold((0, Sums::default()), |(n, mut sums), more| {
        sums.add(more);
        (n + 1, sums)
    });
    if rest.0 > 0 {
        let many = if route.others.is_some() { "or more others" } else { "others" };
        row(out, &format!("{} {many}", rest.0), &cells(&rest.1));
    }
    for note in &route.notes {
        push(out, &format!("! {}", note.sentence()));
    }
    if route.missed_bytes > 0 {
        push(out, &format!("! {} bytes were not seen: the ledger was too slow", route.missed_bytes));
    }
}

/// A star marks distance that has the time of sending and of the store in it.
fn cells(sums: &Sums) -> [String; 7] {
    let time = sums.time;
    let (distance, sending, store) = if time.unsplit_ns > 0 {
        (format!("{}*", millis(time.distance_ns + time.unsplit_ns)), "*".into(), "*".into())
    } else {
        (millis(time.distance_ns), millis(time.transfer_ns), millis(time.store_ns))
    };
    let (calls, trips) = (sums.calls.to_string(), sums.round_trips.to_string());
    [calls, trips, bytes(sums.bytes_up + sums.bytes_down), distance, sending, store, millis(time.client_ns)]
}

fn row(out: &mut String, name: &str, cells: &[String; 7]) {
    let [calls, trips, moved, distance, sending, store, client] = cells;
    let name = cut(name, NAME);
    push(
        out,
        &format!("  {name:<NAME$} {calls:>7} {trips:>7} {moved:>6} {distance:>9} {sending:>8} {store:>8} {client:>8}"),
    );
}

/// A line, cut to the width.
fn push(out: &mut String, line: &str) {
    let _ = writeln!(out, "{}", cut(line.trim_end(), WIDTH));
}

/// A text of at most `most` characters; what is cut is marked with `…`. Control characters are shown as `·`.
pub fn cut(text: &str, most: usize) -> String {
    let shown = |c: char| if c.is_control() { '·' } else { c };
    if text.chars().count() <= most {
        return text.chars().map(shown).collect();
    }
    text.chars().take(most.saturating_sub(1)).map(shown).chain(['…']).collect()
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
}
