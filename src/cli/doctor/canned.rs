//! A check that nobody measured, for tests of what is said about one. Not for: anything else.

use super::model::{
    BandwidthCheck, Checkup, CrowdCheck, Distance, Expected, FORMAT, Late, LinkCheck, LossCheck, LossCompared,
    LossQuantile, Machine, Overhead, RoundTrips, RowCheck, Seen,
};

fn late(n: u64, p50_ms: f64, p99_ms: f64) -> Late {
    Late { n, p50_ms, p99_ms }
}

pub(super) fn round_trips(p50: f64, p99: f64, held: bool) -> RoundTrips {
    RoundTrips { rtt_ms: 15.0, error: late(400, p50, p99), early: false, held }
}

fn seen(path: &str, median_ms: f64, verdict: Option<&str>) -> Seen {
    let (min_ms, max_ms) = (median_ms * 0.998, median_ms * 1.01);
    Seen {
        path: path.into(),
        n: 7,
        median_ms,
        min_ms,
        max_ms,
        interval_ms: Some((min_ms, max_ms)),
        verdict: verdict.map(Into::into),
    }
}

fn row(case: &str, (low_ms, high_ms): (f64, f64), stream: (f64, &str), packet: (f64, &str), both: &str) -> RowCheck {
    let (rule, source) = ("a rule".into(), "RFC 6928, 2".into());
    RowCheck {
        case: case.into(),
        expected: Some(Expected { low_ms, high_ms, rule, source }),
        seen: vec![
            seen("direct", 0.03, None),
            seen("stream", stream.0, Some(stream.1)),
            seen("packet", packet.0, Some(packet.1)),
        ],
        stream_against_packet: Some(both.into()),
    }
}

pub(super) fn link(name: &str) -> LinkCheck {
    let crowd = |connections, held| CrowdCheck {
        connections,
        per_second: connections as f64 * 65.8,
        round_trips: round_trips(0.2, if held { 0.9 } else { 3.1 }, held),
    };
    LinkCheck {
        link: name.into(),
        unavailable: None,
        round_trips: Some(round_trips(0.031, 0.214, true)),
        crowds: vec![crowd(50, true), crowd(200, false)],
        bandwidths: vec![BandwidthCheck {
            rtt_ms: 15.0,
            link_mbit_per_s: 100.0,
            expected_mbit_per_s: 96.533,
            payload_mbit_per_s: 96.4,
            agrees: true,
        }],
        loss: vec![LossCheck {
            rtt_ms: 15.0,
            loss: 0.01,
            bytes: 100_000,
            n: 2_000,
            quantiles: [(0.5, 60.4), (0.9, 91.2), (0.99, 290.8)]
                .map(|(quantile, ms)| LossQuantile { quantile, ms, interval_ms: Some((ms - 2.0, ms + 9.0)) })
                .to_vec(),
            early: false,
        }],
    }
}

pub(super) fn loss_compared(quantile: f64, share: f64, verdict: &str) -> LossCompared {
    let share_interval = Some((share - 0.08, share + 0.08));
    LossCompared { quantile, n: 2_000, share, share_interval, share_most: 0.15, verdict: verdict.into() }
}

/// A stream link with one row off, and a packet link.
pub(super) fn checkup() -> Checkup {
    let rows = vec![
        row("connect()", (0.0, 0.0), (0.021, "agrees"), (0.022, "agrees"), "agrees"),
        row("connect, greeting", (30.0, 30.0), (30.11, "agrees"), (30.32, "agrees"), "agrees"),
        row("200,000 B fresh", (60.0, 60.0), (62.4, "near"), (61.2, "agrees"), "agrees"),
        row("1,000,000 B fresh", (105.0, 105.0), (15.93, "off"), (106.9, "agrees"), "off"),
        row("200,000 B again at once", (15.0, 30.0), (15.1, "agrees"), (30.3, "agrees"), "edge"),
        row("upload of 200,000 B", (60.0, 69.3), (60.2, "agrees"), (64.0, "agrees"), "near"),
    ];
    Checkup {
        format: FORMAT,
        version: "0.1.0".into(),
        machine: Machine {
            kernel: "Linux 6.18.5 x86_64".into(),
            processors: 2,
            load: 1.34,
            open_files_max: 20_000,
            keeps_processors_awake: true,
            realtime: false,
            timer: late(400, 0.053, 0.248),
        },
        overhead: Overhead { pairs: 1_000, direct_p50_ms: 0.024, through_p50_ms: 0.071, added_p50_ms: 0.046 },
        links: vec![link("stream"), link("packet")],
        distances: vec![Distance { rtt_ms: 15.0, rows }],
        loss: [(0.5, 0.004, "agrees"), (0.9, -0.02, "agrees"), (0.99, 0.11, "cannot tell")]
            .map(|(quantile, share, verdict)| loss_compared(quantile, share, verdict))
            .to_vec(),
    }
}
