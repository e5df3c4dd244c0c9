//! What Prometheus is told, in its text format (version 0.0.4).
//!
//! A pure function of a [`Sample`]. Names, units and suffixes follow Prometheus' naming conventions: base
//! units, `_total` for what only grows. Histograms are cumulative, with bounds in seconds. Not for: serving it.

use std::fmt::Write;

use crate::ledger::{Phase, View};
use crate::measure::Hist;
use crate::proxy::RouteStats;
use crate::scenario::Link;
use crate::units::Nanos;

/// A link as it is now.
#[derive(Debug, Clone)]
pub(super) struct LinkSample {
    pub(super) name: String,
    pub(super) link: Link,
    pub(super) cut: bool,
    pub(super) changes: u64,
}

/// A route's counters.
#[derive(Debug, Clone)]
pub(super) struct RouteSample {
    pub(super) name: String,
    pub(super) stats: RouteStats,
}

/// Everything at one instant.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) up: Nanos,
    pub(super) realtime: bool,
    pub(super) links: Vec<LinkSample>,
    pub(super) routes: Vec<RouteSample>,
    pub(super) ledger: View,
}

/// Upper bounds of buckets: from what a good machine does to what nobody would miss.
const BOUNDS: [Nanos; 17] = [
    Nanos::from_micros(10),
    Nanos::from_micros(20),
    Nanos::from_micros(50),
    Nanos::from_micros(100),
    Nanos::from_micros(200),
    Nanos::from_micros(500),
    Nanos::from_millis(1),
    Nanos::from_millis(2),
    Nanos::from_millis(5),
    Nanos::from_millis(10),
    Nanos::from_millis(20),
    Nanos::from_millis(50),
    Nanos::from_millis(100),
    Nanos::from_millis(200),
    Nanos::from_millis(500),
    Nanos::from_secs(1),
    Nanos::from_secs(10),
];

/// A text that grows by families of samples.
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to memory cannot fail.
        let _ = write!(self.0, "# HELP longhaul_{name} {help}\n# TYPE longhaul_{name} {kind}\n");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let _ = write!(self.0, "longhaul_{name}");
        for (i, (label, text)) in labels.iter().enumerate() {
            let _ = write!(self.0, "{}{label}=\"{}\"", if i == 0 { '{' } else { ',' }, escaped(text));
        }
        let _ = writeln!(self.0, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }

    /// One sample for each route.
    fn by_route(
        &mut self,
        (name, kind, help): (&str, &str, &str),
        routes: &[RouteSample],
        value: impl Fn(&RouteStats) -> u64,
    ) {
        self.family(name, kind, help);
        for route in routes {
            self.sample(name, &[("route", &route.name)], value(&route.stats) as f64);
        }
    }

    fn histogram(&mut self, (name, help): (&str, &str), routes: &[RouteSample], of: impl Fn(&RouteStats) -> &Hist) {
        self.family(name, "histogram", help);
        for RouteSample { name: route, stats } in routes {
            let hist = of(stats);
            for (bound, count) in BOUNDS.iter().zip(cumulative(hist)) {
                let le = bound.as_secs_f64().to_string();
                self.sample(&format!("{name}_bucket"), &[("route", route), ("le", &le)], count as f64);
            }
            self.sample(&format!("{name}_bucket"), &[("route", route), ("le", "+Inf")], hist.count() as f64);
            self.sample(&format!("{name}_sum"), &[("route", route)], hist.sum() / 1e9);
            self.sample(&format!("{name}_count"), &[("route", route)], hist.count() as f64);
        }
    }
}

/// How many samples are at or below each bound.
fn cumulative(hist: &Hist) -> [u64; BOUNDS.len()] {
    let mut counts = [0; BOUNDS.len()];
    for (value, count) in hist.recorded() {
        if let Some(first) = BOUNDS.iter().position(|bound| value <= bound.0) {
            counts[first] += count;
        }
    }
    let mut below = 0;
    counts.map(|count| {
        below += count;
        below
    })
}

/// A label's value, in which three characters would end it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// The whole text.
pub(super) fn text(sample: &Sample) -> String {
    let mut out = Text(String::new());
    process(&mut out, sample);
    links(&mut out, &sample.links);
    routes(&mut out, &sample.routes);
    ledger(&mut out, &sample.ledger);
    out.0
}

fn process(out: &mut Text, sample: &Sample) {
    out.family("build_info", "gauge", "Always 1; the version is a label.");
    out.sample("build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    out.family("proxy_uptime_seconds", "gauge", "Time since the proxy began to listen.");
    out.sample("proxy_uptime_seconds", &[], sample.up.as_secs_f64());
    out.family("proxy_realtime", "gauge", "1 if the thread that delays has real-time priority.");
    out.sample("proxy_realtime", &[], f64::from(u8::from(sample.realtime)));
}

fn links(out: &mut Text, links: &[LinkSample]) {
    type Value = fn(&LinkSample) -> f64;
    let families: [(&str, &str, &str, Value); 5] = [
        ("proxy_link_rtt_seconds", "gauge", "Round-trip time of the link, without jitter.", |it| {
            it.link.rtt.0.as_secs_f64()
        }),
        ("proxy_link_loss_ratio", "gauge", "Probability that a packet is lost, each way.", |it| it.link.loss.0),
        ("proxy_link_bandwidth_bits_per_second", "gauge", "Bandwidth each way; +Inf where there is no bound.", |it| {
            it.link.bandwidth.map_or(f64::INFINITY, |value| value.0)
        }),
        ("proxy_link_cut", "gauge", "1 while nothing crosses.", |it| f64::from(u8::from(it.cut))),
        ("proxy_link_changes_total", "counter", "Changes, cuts and mends of the link.", |it| it.changes as f64),
    ];
    for (name, kind, help, value) in families {
        out.family(name, kind, help);
        for link in links {
            // The one infinite value is spelt as Prometheus does.
            match value(link) {
                value if value.is_infinite() => {
                    let _ = writeln!(out.0, "longhaul_{name}{{link=\"{}\"}} +Inf", escaped(&link.name));
                }
                value => out.sample(name, &[("link", &link.name)], value),
            }
        }
    }
}

fn routes(out: &mut Text, routes: &[RouteSample]) {
    type Value = fn(&RouteStats) -> u64;
    type Of = fn(&RouteStats) -> &Hist;
    let counts: [(&str, &str, &str, Value); 6] = [
        ("proxy_connections_total", "counter", "Connections accepted.", |it| it.connections),
        ("proxy_connections_open", "gauge", "Connections open now.", |it| it.open),
        ("proxy_exchanges_total", "counter", "Requests whose reply has begun to arrive.", |it| it.exchanges),
        ("proxy_dial_errors_total", "counter", "Upstreams that could not be connected to.", |it| it.dial_errors),
        ("proxy_exhausted_total", "counter", "Connections held up or ended for want of descriptors or ports.", |it| {
            it.exhausted
        }),
        ("proxy_resets_total", "counter", "Connections that one side reset.", |it| it.resets),
    ];
    for (name, kind, help, value) in counts {
        out.by_route((name, kind, help), routes, value);
    }
    out.family("proxy_bytes_total", "counter", "Bytes delivered, by the way they went.");
    for RouteSample { name, stats } in routes {
        for (direction, bytes) in [("up", stats.bytes_up), ("down", stats.bytes_down)] {
            out.sample("proxy_bytes_total", &[("route", name), ("direction", direction)], bytes as f64);
        }
    }
    let histograms: [(&str, &str, Of); 4] = [
        ("proxy_round_trip_lateness_seconds", "What the proxy added to a round trip beyond the link.", |it| {
            &it.round_trip_lateness
        }),
        ("proxy_crossing_lateness_seconds", "From when bytes were due until they were written.", |it| {
            &it.crossing_lateness
        }),
        ("proxy_stamp_lateness_seconds", "From when the kernel had bytes until they were read.", |it| {
            &it.stamp_lateness
        }),
        ("proxy_server_time_seconds", "From a request's delivery until its reply began.", |it| &it.server_time),
    ];
    for (name, help, of) in histograms {
        out.histogram((name, help), routes, of);
    }
}

fn ledger(out: &mut Text, view: &View) {
    out.family("proxy_ledger_round_trips_total", "counter", "Round trips waited for, by phase of the connection.");
    for route in &view.routes {
        for phase in Phase::ALL {
            let labels = [("route", &*route.name), ("phase", phase.word())];
            out.sample("proxy_ledger_round_trips_total", &labels, route.phase(phase).round_trips as f64);
        }
    }
    out.family("proxy_ledger_missed_bytes_total", "counter", "Bytes that the ledger was too slow to be shown.");
    for route in &view.routes {
        out.sample("proxy_ledger_missed_bytes_total", &[("route", &route.name)], route.missed_bytes as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Congestion, Jitter};
    use crate::units::{Fraction, Rtt};

    fn sample() -> Sample {
        let mut stats = RouteStats { connections: 3, open: 1, bytes_up: 10, bytes_down: 20, ..RouteStats::default() };
        for us in [5, 15, 150, 15_000, 20_000_000] {
            stats.round_trip_lateness.record(Nanos::from_micros(us));
        }
        let link = Link {
            rtt: Rtt(Nanos::from_millis(15)),
            jitter: Jitter::None,
            loss: Fraction(0.01),
            bandwidth: None,
            congestion: Congestion::Cubic,
        };
        Sample {
            up: Nanos::from_secs(2),
            realtime: true,
            links: vec![LinkSample { name: "dc-cloud".into(), link, cut: true, changes: 2 }],
            routes: vec![RouteSample { name: "a\"b\\c\nd".into(), stats }],
            ledger: View::default(),
        }
    }

    #[test]
    fn values_and_labels_are_told() {
        let text = text(&sample());
        for line in [
            "longhaul_proxy_connections_total{route=\"a\\\"b\\\\c\\nd\"} 3",
            "longhaul_proxy_bytes_total{route=\"a\\\"b\\\\c\\nd\",direction=\"down\"} 20",
            "longhaul_proxy_link_rtt_seconds{link=\"dc-cloud\"} 0.015",
            "longhaul_proxy_link_bandwidth_bits_per_second{link=\"dc-cloud\"} +Inf",
            "longhaul_proxy_link_cut{link=\"dc-cloud\"} 1",
            "longhaul_proxy_uptime_seconds 2",
            "# TYPE longhaul_proxy_round_trip_lateness_seconds histogram",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn buckets_are_cumulative() {
        let stats = &sample().routes[0].stats;
        let counts = cumulative(&stats.round_trip_lateness);
        assert_eq!(counts[..5], [1, 2, 2, 2, 3]);
        assert_eq!(counts[BOUNDS.len() - 1], 4, "20 s are above the last bound");
        assert!(counts.is_sorted());
    }
}
