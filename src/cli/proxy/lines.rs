//! The lines of `--format ndjson`: one JSON object each, told apart by `type`.
//!
//! - `listening`, first: `links`, `routes` with the address that each listens at, `control`.
//! - `exchange`: a request and its reply, or a step of a connection's beginning, as the ledger has it
//!   (`ledger::Exchange`).
//! - `change`: a link was changed, cut or mended; how it is now, and by whom.
//! - `reset`: a route's connections were ended.
//! - `left_out`: exchanges that are in the sums, but whose lines the reader was too slow for.
//! - `summary`, last: the ledger's sums, counters, lateness, sentences; what `--ledger` writes.
//!
//! Instants (`at_ns`) count from the start, which `started_unix` dates. Fields are only ever added. Not for: terminals.

use serde::Serialize;

use super::outbox::By;
use super::shown::{LinkShown, RouteShown};
use super::summary::Summary;
use crate::ledger::Exchange;

/// A line.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Line<'a> {
    Listening(&'a Listening),
    Exchange(&'a Exchange),
    Change { at_ns: u64, happening: &'a str, by: By, link: &'a LinkShown },
    Reset { at_ns: u64, route: &'a str, connections: u64 },
    LeftOut { lines: u64 },
    Summary(&'a Summary),
}

/// What listens where.
#[derive(Debug, Serialize)]
pub(super) struct Listening {
    pub(super) version: &'static str,
    /// Seconds since 1970, UTC.
    pub(super) started_unix: u64,
    pub(super) links: Vec<LinkShown>,
    pub(super) routes: Vec<RouteShown>,
    /// Where the HTTP API is, if it was asked for.
    pub(super) control: Option<String>,
    /// Whether the thread that delays has real-time priority.
    pub(super) realtime: bool,
    pub(super) seed: u64,
}

impl Listening {
    /// For a person.
    pub(super) fn text(&self) -> String {
        let links = self
            .links
            .iter()
            .map(|link| format!("{}: {} ({} link, seed {})\n", link.name, link.words(), link.kind, self.seed));
        let routes = self.routes.iter().map(|route| {
            let same = route.upstream == route.upstream_addr;
            let found = if same { String::new() } else { format!(" ({})", route.upstream_addr) };
            format!("listening on {} for {}{found}\n", route.listen, route.upstream)
        });
        let control = self.control.iter().map(|control| format!("control on http://{control}/\n"));
        let warning = "without real-time priority: on a busy machine crossings may be milliseconds late\n".to_owned();
        let warning = (!self.realtime).then_some(warning);
        links.chain(routes).chain(control).chain(warning).collect()
    }
}

impl Line<'_> {
    /// With its line end.
    pub(super) fn json(&self) -> String {
        // Strings, numbers and maps with string keys always have a JSON form.
        let mut line = serde_json::to_string(self).expect("a line is made of what JSON has");
        line.push('\n');
        line
    }
}
