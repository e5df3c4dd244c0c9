//! The ledger's findings as sentences.
//!
//! Only what the sums say, and only where there is something to say. Not for: tables.

use super::exchange::Phase;
use super::text::{counted, cut, millis};
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
        let notes = route.notes.iter().map(super::Note::sentence);
        return std::iter::once("no round trip was seen".to_owned()).chain(notes).collect();
    }
    // What is in parentheses is no statement, but what stands for those that could not be read.
    let top = route.statements.iter().find(|view| view.sums.round_trips > 0 && !view.statement.starts_with('('));
    let mut all: Vec<String> = top.map(|top| top_statement(top, route)).into_iter().collect();
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
    counted(n, "round trip")
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
    let of = counted(connections, "connection");
    Some(format!(
        "{sum} of {} made {of} ready, {each:.1} each ({}){}",
        trips(route.sums.round_trips),
        words.join(", "),
        cost(distance, unsplit)
    ))
}

/// Statements that are prepared for nearly every execution cost two round trips where a text costs one.
fn prepared_for_once(route: &RouteView) -> Option<String> {
    let reused: Vec<_> = route.statements.iter().map(|view| &view.sums).filter(|sums| sums.prepares > 0).collect();
    let prepares: u64 = reused.iter().map(|sums| sums.prepares).sum();
    let executions: u64 = reused.iter().map(|sums| sums.calls.saturating_sub(sums.prepares + sums.unanswered)).sum();
    let less = prepares - reused.len() as u64;
    (less > 0 && prepares * 10 >= executions * 9).then(|| {
        format!(
            "{} {} prepared {prepares} times and executed {executions} times: prepared once and kept, up to {} less",
            counted(reused.len() as u64, "statement"),
            if reused.len() == 1 { "was" } else { "were" },
            trips(less)
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
    let all = trips(route.sums.round_trips);
    if parts.is_empty() { format!("{all} in all") } else { format!("{all} in all: {}", parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::super::times::Times;
    use super::super::view::{PhaseView, Sums, Waits};
    use super::*;

    fn sums(calls: u64, round_trips: u64) -> Sums {
        let time = Times { distance_ns: round_trips * 15_000_000, ..Times::default() };
        Sums { calls, round_trips, time, ..Sums::default() }
    }

    fn route() -> RouteView {
        let statement =
            |text: &str, sums: Sums| StatementView { statement: text.into(), sums, waits: Waits::default() };
        RouteView {
            name: "db".into(),
            speaks: "mysql".into(),
            connections: 1,
            open: 0,
            sums: sums(62, 62),
            phases: [(Phase::Connect, 1), (Phase::Greeting, 1), (Phase::Login, 1), (Phase::Query, 59)]
                .map(|(phase, n)| PhaseView { phase, sums: sums(n, n) })
                .into(),
            statements: vec![
                statement("SELECT name FROM users WHERE id = ?", sums(47, 47)),
                statement("SELECT ?", Sums { prepares: 4, unanswered: 4, ..sums(12, 8) }),
            ],
            others: None,
            missed_bytes: 0,
            notes: Vec::new(),
        }
    }

    #[test]
    fn what_stands_out_is_said() {
        let view = View { sums: Sums::default(), routes: vec![route()] };
        assert_eq!(
            view.sentences(),
            [
                "47 of 62 round trips are one statement, 705.0 ms of distance: SELECT name FROM users WHERE id = ?",
                "3 of 62 round trips made 1 connection ready, 3.0 each (connect 1, greeting 1, login 1), 45.0 ms of distance",
                "1 statement was prepared 4 times and executed 4 times: prepared once and kept, up to 3 round trips less",
                "62 round trips in all: 930.0 ms crossing the link",
            ]
        );
    }

    #[test]
    fn what_nobody_waited_for_does_not_stand_out() {
        let mut route = route();
        route.statements.iter_mut().for_each(|view| view.sums.round_trips = 0);
        let view = View { sums: Sums::default(), routes: vec![route] };
        assert!(view.sentences()[0].starts_with("3 of 62 round trips made"), "{:?}", view.sentences());
        let timeless =
            RouteView { sums: Sums { round_trips: 1, ..Sums::default() }, phases: vec![], ..view.routes[0].clone() };
        let told = View { sums: Sums::default(), routes: vec![timeless] }.sentences();
        assert!(told.contains(&"1 round trip in all".to_owned()), "{told:?}");
    }

    #[test]
    fn routes_are_named_where_there_are_several() {
        let quiet = RouteView { sums: Sums::default(), name: "cache".into(), ..route() };
        let view = View { sums: Sums::default(), routes: vec![route(), quiet] };
        let sentences = view.sentences();
        assert!(sentences[0].starts_with("db: 47 of 62") && sentences[4] == "cache: no round trip was seen");
    }
}
