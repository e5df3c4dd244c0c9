//! What `longhaul proxy` has seen, at its end: for a file, as the last NDJSON line, and in words.
//!
//! Not for: what goes by meanwhile (`lines`, `live`).

use std::fmt::Write;

use serde::Serialize;

use super::running::Running;
use super::shown::{LinkShown, RouteShown};
use crate::cli::carrier::exhausted;
use crate::ledger::{self, View};
use crate::measure::Hist;
use crate::proxy::RouteStats;
use crate::runfile::Limits;
use crate::units::Nanos;

/// Statements of each route in the last table.
const STATEMENTS: usize = 10;

/// Version of this format.
const FORMAT: u32 = 1;

/// Everything at the end. Times are in nanoseconds.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    format: u32,
    version: &'static str,
    /// Seconds since 1970, UTC.
    started_unix: u64,
    took_ns: u64,
    /// Whether the thread that delays had real-time priority.
    realtime: bool,
    links: Vec<LinkShown>,
    routes: Vec<RouteSummary>,
    ledger: View,
    /// What stands out, in words.
    sentences: Vec<String>,
}

#[derive(Debug, Serialize)]
struct RouteSummary {
    route: RouteShown,
    connections: u64,
    open: u64,
    bytes_up: u64,
    bytes_down: u64,
    exchanges: u64,
    dial_errors: u64,
    /// Times that this process had no descriptor, port or memory left for a connection.
    exhausted: u64,
    resets: u64,
    /// What the proxy added to round trips beyond the link.
    lateness: Lateness,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Lateness {
    round_trips: u64,
    p50_ns: u64,
    p99_ns: u64,
    max_ns: u64,
}

impl Lateness {
    fn of(hist: &Hist) -> Self {
        let at = |quantile| if hist.is_empty() { 0 } else { hist.at(quantile) };
        Self {
            round_trips: hist.count(),
            p50_ns: at(0.5),
            p99_ns: at(0.99),
            max_ns: if hist.is_empty() { 0 } else { hist.max() },
        }
    }
}

impl RouteSummary {
    fn of(route: RouteShown, stats: &RouteStats) -> Self {
        Self {
            route,
            connections: stats.connections,
            open: stats.open,
            bytes_up: stats.bytes_up,
            bytes_down: stats.bytes_down,
            exchanges: stats.exchanges,
            dial_errors: stats.dial_errors,
            exhausted: stats.exhausted,
            resets: stats.resets,
            lateness: Lateness::of(&stats.round_trip_lateness),
        }
    }
}

impl Summary {
    pub(super) fn of(running: &Running) -> Self {
        let ledger = running.view();
        let stats = running.stats_now();
        let mut sentences = ledger.sentences();
        sentences.extend(unreached(&running.routes(), &stats));
        sentences.extend(exhausted(&stats).map(|sentence| format!("INVALID: {sentence}")));
        sentences.extend(held(&stats, running.rtt()));
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION"),
            started_unix: running.started_unix(),
            took_ns: running.now().0,
            realtime: running.realtime(),
            links: running.links(),
            routes: running
                .routes()
                .into_iter()
                .zip(&stats)
                .map(|(route, stats)| RouteSummary::of(route, stats))
                .collect(),
            ledger,
            sentences,
        }
    }

    /// For a person, with a table of at most `width` characters a line.
    pub(super) fn text(&self, width: usize) -> String {
        let mut text = ledger::text::table(&self.ledger, STATEMENTS, width);
        text.push('\n');
        for sentence in &self.sentences {
            // Writing to memory cannot fail.
            let _ = writeln!(text, "{sentence}");
        }
        text
    }
}

/// Upstreams that were not there.
fn unreached<'a>(routes: &'a [RouteShown], stats: &'a [RouteStats]) -> impl Iterator<Item = String> + 'a {
    let failed = routes.iter().zip(stats).filter(|(_, stats)| stats.dial_errors > 0);
    failed.map(|(route, stats)| {
        let (errors, upstream) = (stats.dial_errors, &route.upstream);
        format!("{errors} of {} connections could not be made: {upstream} did not accept them", stats.connections)
    })
}

/// How well the delay was kept: what a looker-on must know to trust any other number.
fn held(stats: &[RouteStats], rtt: Nanos) -> Option<String> {
    let mut all = Hist::new();
    for stats in stats {
        all.merge(&stats.round_trip_lateness);
    }
    let late = Lateness::of(&all);
    if late.round_trips == 0 {
        return None;
    }
    let ms = |ns: u64| format!("{:.2} ms", ns as f64 / 1e6);
    let by = format!("{} (median) and {} (99 of 100)", ms(late.p50_ns), ms(late.p99_ns));
    let limits = Limits::default();
    let share = |share: f64, floor: u64| ((rtt.0 as f64 * share) as u64).max(floor);
    // A quantile is judged where there are samples that support it.
    let is_late = |quantile, most: u64| all.estimate(quantile).is_some_and(|found| found.value > most as f64);
    let median_is_late = is_late(0.5, share(limits.median_share, limits.median_ns));
    let p99_is_late = is_late(0.99, share(limits.p99_share, limits.p99_ns));
    Some(if median_is_late || p99_is_late {
        format!("INVALID: this machine could not hold the delay: round trips were late by {by}")
    } else {
        format!("the delay was held: round trips were late by {by}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn late(us: u64) -> Vec<RouteStats> {
        let mut stats = RouteStats::default();
        (0..1_000).for_each(|_| stats.round_trip_lateness.record(Nanos::from_micros(us)));
        vec![stats]
    }

    #[test]
    fn lateness_is_judged() {
        let rtt = Nanos::from_millis(15);
        assert_eq!(held(&[RouteStats::default()], rtt), None);
        assert_eq!(
            held(&late(50), rtt).as_deref(),
            Some("the delay was held: round trips were late by 0.05 ms (median) and 0.05 ms (99 of 100)")
        );
        assert!(held(&late(900), rtt).is_some_and(|told| told.starts_with("INVALID")));
    }
}
