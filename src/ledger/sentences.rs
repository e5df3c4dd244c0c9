//! The ledger's findings as sentences.
//!
//! Only what the sums say, and only where there is something to say. Not for: tables.

use super::exchange::Phase;
use super::text::{cut, millis};
use super::view::{RouteView, StatementView, View};

/// A statement is shown up to here, in characters.
const SHOWN: usize = 70;

impl View {
    /// What stands out, the most expensive first on each route; routes with no round trip say so.
    pub fn sentences(&self) -> Vec<String> {
        let named = self.routes.len() > 1;
        let of = |route: &RouteView| {
            let name = if named { format!("{}: ", route.name) } else { String::new() };
            route_sentences(route).into_iter().map(move |sentence| format!("{name}{sentence}")).collect::<Vec<_>>()
        };
        self.routes.iter().flat_map(of).collect()
    }
}

fn route_sentences(route: &RouteView) -> Vec<String> {
    let total = route.sums.round_trips;
    if total == 0 {
        return vec!["no round trip was seen".into()];
    }
    let mut all: Vec<String> = route.statements.first().map(|top| top_statement(top, route)).into_iter().collect();
    all.extend(connecting(route));
    all.extend(prepared_for_once(route));
    all.push(whole(route));
    all.extend(route.notes.iter().map(super::Note::sentence));
    if route.missed_bytes > 0 {
        all.push(format!("{} bytes were not seen: the ledger was too slow", route.missed_bytes));
    }
    all
}

fn trips(n: u64) -> String {
    if n == 1 { "1 round trip".into() } else { format!("{n} round trips") }
}

fn top_statement(top: &StatementView, route: &RouteView) -> String {
    let (of, total) = (top.sums.round_trips, route.sums.round_trips);
    let verb = if of == 1 { "is" } else { "are" };
    let cost = cost(top.sums.time.distance_ns, top.sums.time.unsplit_ns);
    format!("{of} of {} {verb} one statement{cost}: {}", trips(total), cut(&top.statement, SHOWN))
}

/// What crossing took; with the store's time, where they are not told apart.
fn cost(distance_ns: u64, unsplit_ns: u64) -> String {
    match (distance_ns, unsplit_ns) {
        (0, 0) => String::new(),
        (ns, 0) => format!(", {} of distance", millis(ns)),
        (distance, unsplit) => format!(", {} of distance and store", millis(distance + unsplit)),
    }
}

/// What it takes until a connection may ask.
fn connecting(route: &RouteView) -> Option<String> {
    let before = [Phase::Connect, Phase::Greeting, Phase::Tls, Phase::Login, Phase::SetUp];
    let parts: Vec<_> = before.iter().map(|phase| (phase, route.phase(*phase))).collect();
    let sum: u64 = parts.iter().map(|(_, sums)| sums.round_trips).sum();
    let connections = parts[0].1.calls;
    if sum == 0 || connections == 0 {
        return None;
    }
    let words: Vec<_> = parts
        .iter()
        .filter(|(_, sums)| sums.round_trips > 0)
        .map(|(phase, sums)| format!("{} {}", phase.word(), sums.round_trips))
        .collect();
    let (distance, unsplit) =
        parts.iter().fold((0, 0), |sum, (_, s)| (sum.0 + s.time.distance_ns, sum.1 + s.time.unsplit_ns));
    let each = sum as f64 / connections as f64;
    let of = if connections == 1 { "1 connection".into() } else { format!("{connections} connections") };
    Some(format!(
        "{sum} of {} made {of} ready, {each:.1} each ({}){}",
        trips(route.sums.round_trips),
        words.join(", "),
        cost(distance, unsplit)
    ))
}

/// Statements that are prepared for nearly every execution cost two round trips where a text costs one.
fn prepared_for_once(route: &RouteView) -> Option<String> {
    let of: u64 = route.statements.iter().map(|s| s.sums.prepares).sum();
    let executed: u64 =
        route.statements.iter().filter(|s| s.sums.prepares > 0).map(|s| s.sums.calls - s.sums.prepares).sum();
    (of >= 3 && of * 10 >= executed * 9).then(|| {
        format!(
            "statements were prepared {of} times for {executed} requests of them: prepared once, {of} requests less"
        )
    })
}

fn whole(route: &RouteView) -> String {
    let time = route.sums.time;
    let mut parts = Vec::new();
    for (ns, what) in [
        (time.distance_ns, "crossing the link"),
        (time.store_ns, "in the store"),
        (time.transfer_ns, "sending"),
        (time.unsplit_ns, "crossing the link and in the store"),
        (time.client_ns, "in the client"),
    ] {
        if ns > 0 {
            parts.push(format!("{} {what}", millis(ns)));
        }
    }
    format!("{} in all: {}", trips(route.sums.round_trips), parts.join(", "))
}
