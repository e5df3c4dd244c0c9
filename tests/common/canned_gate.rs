//! A gate with every outcome, every kind, pairs, distributions and series, without measuring anything.

#![allow(dead_code, reason = "every test program uses a part of it")]

use longhaul::analysis::gate::{Change, Check, Distribution, Judged, Kind, Outcome, Paired, Place, Series};
use longhaul::measure::Hist;
use longhaul::report::gate::Told;

/// What fails by default.
pub(crate) const FAILING: [Outcome; 5] =
    [Outcome::Regression, Outcome::OverBudget, Outcome::Invalid, Outcome::Inconclusive, Outcome::Incomparable];

pub(crate) fn told(judged: &Judged) -> Told<'_> {
    Told { judged, failing: &FAILING }
}

/// A check without anything that it need not have.
pub(crate) fn plain(kind: Kind, id: &str, outcome: Outcome, sentence: &str) -> Check {
    Check {
        id: id.into(),
        kind,
        subject: "checkout".into(),
        quantity: "round trips".into(),
        unit: "round trips".into(),
        found: None,
        interval: None,
        limit: None,
        outcome,
        sentence: sentence.into(),
        details: Vec::new(),
        place: None,
    }
}

pub(crate) fn judged() -> Judged {
    Judged {
        title: "shop".into(),
        about: [("engine", "live"), ("link", "stream"), ("RTT", "15 ms"), ("seed", "42"), ("version", "0.1.0")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        checks: [counted(), objectives(), compared()].concat(),
        pairs: pairs(),
        distributions: vec![times("checkout, first", 1.0), times("checkout, second", 1.12)],
        series: vec![series(), flat()],
        place: Some(Place::whole("shop.yaml".into())),
    }
}

fn counted() -> Vec<Check> {
    let statements = ["+27 × SELECT name, price FROM prices WHERE id = ?", "run it once: WHERE id IN (…)"];
    vec![
        Check {
            found: Some(61.0),
            limit: Some(34.0),
            details: statements.map(str::to_owned).into(),
            place: Some(Place { file: "ci/round trips.yaml".into(), line: 7, column: 18 }),
            ..plain(
                Kind::Budget,
                "budget/checkout/round-trips",
                Outcome::OverBudget,
                "checkout: 61 round trips, at most 34: +405 ms at 15 ms",
            )
        },
        Check {
            subject: "item page".into(),
            found: Some(21.0),
            limit: Some(40.0),
            details: vec!["tighten: round_trips: 21".into()],
            place: Some(Place { file: "ci/round trips.yaml".into(), line: 9, column: 18 }),
            ..plain(
                Kind::Budget,
                "budget/item-page/round-trips",
                Outcome::Improvement,
                "item page: 21 round trips, at most 40: the budget can be tightened",
            )
        },
        Check {
            unit: "B".into(),
            quantity: "bytes".into(),
            found: Some(18_240.0),
            limit: Some(20_000.0),
            ..plain(Kind::Budget, "budget/checkout/bytes", Outcome::Pass, "checkout: 18,200 B, at most 20,000 B")
        },
        Check {
            found: Some(61.0),
            limit: Some(34.0),
            place: Some(Place { file: "ci/snapshot.yaml".into(), line: 3, column: 5 }),
            ..plain(
                Kind::Snapshot,
                "snapshot/checkout",
                Outcome::OverBudget,
                "checkout: 34 → 61 round trips (+27 × SELECT … FROM prices): +405 ms at 15 ms",
            )
        },
    ]
}

fn objectives() -> Vec<Check> {
    let of = |id: &str, outcome, sentence: &str| Check {
        quantity: "p99".into(),
        unit: "ns".into(),
        limit: Some(800e6),
        ..plain(Kind::Objective, id, outcome, sentence)
    };
    vec![
        Check {
            found: Some(612e6),
            interval: Some((598e6, 631e6)),
            ..of("objective/go/before/web/web/p99", Outcome::Pass, "web in go, before: p99 612 ms held, limit 800 ms")
        },
        Check {
            found: Some(1.41e9),
            interval: Some((1.38e9, f64::INFINITY)),
            ..of(
                "objective/go/apart/web/web/p99",
                Outcome::Regression,
                "web in go, apart: p99 1.41 s missed, limit 800 ms",
            )
        },
        Check {
            found: Some(0.0),
            unit: "share".into(),
            quantity: "errors".into(),
            limit: Some(0.001),
            ..of("objective/go/apart/web/web/errors", Outcome::Pass, "web in go, apart: errors 0 % held, limit 0.1 %")
        },
        of(
            "objective/go/canary/web/web/p99",
            Outcome::Inconclusive,
            "web in go, canary: p99 cannot tell, limit 800 ms (n = 41 too few)",
        ),
        of("objective/go/web-20-%/web/web/p99", Outcome::Invalid, "web in go, web 20 %: p99 INVALID, limit 800 ms"),
    ]
}

fn compared() -> Vec<Check> {
    let ratio = |id: &str, quantity: &str, found, interval, outcome, sentence: &str| Check {
        quantity: quantity.into(),
        unit: String::new(),
        found: Some(found),
        interval: Some(interval),
        limit: Some(1.0),
        ..plain(Kind::Comparison, id, outcome, sentence)
    };
    vec![
        Check {
            quantity: "comparable".into(),
            unit: String::new(),
            ..plain(
                Kind::Baseline,
                "baseline/comparable",
                Outcome::Incomparable,
                "the baseline is of something else: link dc–cloud is 20ms, was 15ms",
            )
        },
        ratio(
            "comparison/checkout/p50",
            "p50",
            1.118,
            (1.092, 1.147),
            Outcome::Regression,
            "checkout p50: 412 ms → 461 ms, 1.12 × (1.09 to 1.15), p = 0.002",
        ),
        ratio(
            "comparison/search/p50",
            "p50",
            1.02,
            (0.96, 1.09),
            Outcome::Inconclusive,
            "search p50: 80 ms → 81.6 ms, 1.02 × (0.96 to 1.09): the interval holds both 1 and more than the floor",
        ),
        Check {
            unit: "ns".into(),
            quantity: "p99".into(),
            subject: "web".into(),
            found: Some(230e6),
            limit: Some(200e6),
            ..plain(
                Kind::History,
                "history/objective/go/apart/web/web/p99",
                Outcome::Regression,
                "web p99: 200 ms → 230 ms (+15 %) with 016.json, 15 results ago (p = 0.002)",
            )
        },
    ]
}

fn pairs() -> Vec<Paired> {
    let deciles = |size: f64| (1..=9).map(|tenth| (360e6 + 12e6 * f64::from(tenth)) * size).collect::<Vec<_>>();
    let of = |subject: &str, ratio: (f64, f64, f64), outcome| Paired {
        id: format!("comparison/{subject}/p50"),
        subject: subject.into(),
        quantity: "p50".into(),
        control: false,
        rounds: 24,
        first_ns: 412e6,
        second_ns: 412e6 * ratio.1,
        ratio,
        p: 0.002,
        floor: 1.018,
        deciles_ns: (deciles(1.0), deciles(ratio.1)),
        round_trips: (Some(34.0), Some(34.0)),
        outcome,
    };
    vec![
        Paired { round_trips: (Some(34.0), Some(61.0)), ..of("checkout", (1.092, 1.118, 1.147), Outcome::Regression) },
        Paired { p: 0.31, ..of("search", (0.96, 1.02, 1.09), Outcome::Inconclusive) },
        Paired { p: 0.7, ..of("item page", (0.991, 1.001, 1.012), Outcome::Pass) },
        Paired { round_trips: (None, None), ..of("home", (0.81, 0.86, 0.9), Outcome::Improvement) },
        Paired {
            rounds: 0,
            p: 1.0,
            floor: f64::MAX,
            deciles_ns: (Vec::new(), Vec::new()),
            round_trips: (None, None),
            ..of("cart", (0.0, 1.0, f64::MAX), Outcome::Inconclusive)
        },
        Paired { control: true, p: 0.81, ..of("ping", (0.994, 1.0, 1.007), Outcome::Pass) },
    ]
}

fn times(title: &str, size: f64) -> Distribution {
    let mut times = Hist::new();
    (1..=1_000_u32).for_each(|n| times.record_value(((300e6 + f64::from(n) * 2.5e5) * size) as u64));
    Distribution { id: title.replace(", ", "/"), title: title.into(), times }
}

fn series() -> Series {
    let wobble = [0.0, 2e6, -1e6, 1e6, -2e6];
    let value = |i: usize| if i < 15 { 200e6 } else { 230e6 } + wobble[i * 7 % 5];
    Series {
        id: "objective/go/apart/web/web/p99".into(),
        subject: "web".into(),
        quantity: "p99".into(),
        unit: "ns".into(),
        points: (0..30).map(|i| (format!("{:03}.json", i + 1), value(i))).collect(),
        changes: vec![Change { at: 15, from: 200e6, to: 230e6, p: 0.002 }],
    }
}

fn flat() -> Series {
    Series {
        id: "arm/go/apart/web/round-trips".into(),
        quantity: "round trips".into(),
        unit: "round trips".into(),
        points: (0..30).map(|i| (format!("{:03}.json", i + 1), 34.0)).collect(),
        changes: Vec::new(),
        ..series()
    }
}
