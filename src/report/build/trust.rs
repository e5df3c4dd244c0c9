//! Sections 8 to 10: how far to trust it, what it cannot tell, how to do it again.

use crate::analysis::cost::QUARTER;
use crate::analysis::words;
use crate::measure::Hist;
use crate::report::model::{Cell, Column, Row, Table, Tone};
use crate::runfile::{LinkRun, PlacementRun, Provenance, Run};
use crate::scenario::{Shape, WorkloadKind};

use super::{Source, simulated};

/// Validity of each placement, and the delay that each link held.
pub(super) fn validity(from: &Source) -> Vec<Table> {
    if let Some(simulated) = &from.run.provenance.simulated {
        return simulated::tables(&from.run.placements, simulated);
    }
    let limits = &from.run.provenance.limits;
    let placements = Table {
        id: "validity".into(),
        caption: "Validity of each measured placement".into(),
        columns: vec![
            Column::text("Placement"),
            Column::text("Valid"),
            Column::number("Load delivered", "%"),
            Column::number("Generator late, p50", "µs"),
            Column::number("Generator late, p99", "µs"),
            Column::number("Took", "s"),
        ],
        rows: from.run.placements.iter().map(placement).collect(),
        note: format!(
            "Invalid: under {} of the planned load was handed over in time, or a link's delay was off by more than {} of \
             the RTT (at least {}) at the median, or {} (at least {}) at the 99th percentile. Invalid too: the load generator \
             started journeys later than that share of their own times at the same percentile, and than their interval holds; \
             or each call of a closed loop (the items of a cron job) by more than 10 % of its mean. An invalid placement has no \
             numbers in this report.",
            words::percent(limits.delivered),
            words::percent(limits.median_share),
            words::time(limits.median_ns as f64),
            words::percent(limits.p99_share),
            words::time(limits.p99_ns as f64),
        ),
    };
    let links = Table {
        id: "links".into(),
        caption: "The delay that each link held".into(),
        columns: vec![
            Column::text("Placement"),
            Column::text("Link"),
            Column::number("RTT asked", "ms"),
            Column::number("No-op before", "ms"),
            Column::number("Round trip late, p50", "ms"),
            Column::number("Round trip late, p99", "ms"),
            Column::number("Stamp late, p99", "ms"),
            Column::number("Round trips", ""),
            Column::number("To the stores", "MB"),
            Column::number("From the stores", "MB"),
        ],
        rows: from.run.placements.iter().flat_map(|p| p.links.iter().map(|l| link(p, l))).collect(),
        note: "Late: beyond what the link asked for, both crossings together. It is inside every response time.".into(),
    };
    vec![placements, links]
}

/// A lateness at a quantile, or that there are too few.
fn late(hist: &Hist, q: f64, nanos: f64) -> Cell {
    match hist.estimate(q) {
        Some(e) => Cell {
            detail: format!(
                "95 % interval {} to {}, n = {}",
                words::time(e.low),
                words::time(e.high),
                words::count(e.n)
            ),
            ..Cell::number(e.value, words::digits(e.value / nanos))
        },
        None => Cell::absent(format!("n = {} too few", words::count(hist.count()))),
    }
}

pub(super) fn condition(placement: &PlacementRun) -> String {
    if placement.condition == "steady" { String::new() } else { placement.condition.clone() }
}

fn placement(placement: &PlacementRun) -> Row {
    let parts = || placement.arms.iter().flat_map(|a| &a.parts);
    let (planned, offered) = parts().fold((0, 0), |(p, o), part| (p + part.planned, o + part.offered));
    let delivered = if planned == 0 { 1.0 } else { offered as f64 / planned as f64 };
    let discarded = (!placement.discarded.is_empty())
        .then(|| format!("a first measurement was thrown away: {}", placement.discarded.join("; ")));
    let small = |reasons: &[String]| reasons.iter().cloned().chain(discarded.clone()).collect::<Vec<_>>().join("; ");
    let valid = if placement.invalid.is_empty() {
        Cell { small: small(&[]), ..Cell::text("valid") }.toned(Tone::Held)
    } else {
        Cell { small: small(&placement.invalid), ..Cell::text("INVALID") }.toned(Tone::Invalid)
    };
    Row {
        head: placement.label.clone(),
        unit: condition(placement),
        cells: vec![
            valid,
            Cell {
                detail: format!("{} of {} journeys", words::count(offered), words::count(planned)),
                ..Cell::number(delivered, words::digits(delivered * 100.0))
            },
            late(&placement.generator_lateness, 0.5, 1e3),
            late(&placement.generator_lateness, 0.99, 1e3),
            Cell::number(placement.took_ns as f64, words::digits(placement.took_ns as f64 / 1e9)),
        ],
    }
}

fn link(placement: &PlacementRun, link: &LinkRun) -> Row {
    let ms = |nanos: u64| Cell::number(nanos as f64, words::digits(nanos as f64 / 1e6));
    let mb = |bytes: u64| Cell::number(bytes as f64, words::digits(bytes as f64 / 1e6));
    Row {
        head: placement.label.clone(),
        unit: condition(placement),
        cells: vec![
            Cell::text(&link.name),
            ms(link.rtt_ns),
            ms(link.noop_ns),
            late(&link.round_trip_lateness, 0.5, 1e6),
            late(&link.round_trip_lateness, 0.99, 1e6),
            late(&link.stamp_lateness, 0.99, 1e6),
            Cell::number(link.round_trip_lateness.count() as f64, words::count(link.round_trip_lateness.count())),
            mb(link.bytes_up),
            mb(link.bytes_down),
        ],
    }
}

/// What this report cannot tell, in sentences.
pub(super) fn unknowns(from: &Source) -> Vec<String> {
    let p = &from.run.provenance;
    let own = match &p.simulated {
        Some(simulated) => simulated::unknowns(simulated),
        None => measured_unknowns(from.run),
    };
    let [first, then] = own;
    let mut all = vec![
        first,
        "What call patterns the real application has beyond those in the scenario: the answer is as good as the \
         scenario's round trips."
            .into(),
        "How times behave while nothing is steady: a move itself, a failing server, a congested link.".into(),
        then,
        "Journeys that failed are counted as errors and are in no percentile; journeys that had not ended count with \
         the age that they had, and what rests on them is marked ≥."
            .into(),
    ];
    if p.link == "stream" {
        all.push(
            "How other TCP stacks and middleboxes behave: the stream link is a model of a Linux sender (slow start, idle \
             restart, window limit, loss and its repair). `longhaul doctor` measures how far it agrees with kernel TCP on \
             a machine; `longhaul run --link packet` uses the kernel's."
                .into(),
        );
    }
    if p.stores.starts_with("stand-in") {
        all.insert(
            1,
            "How a real MySQL or Memcached bears this load: the stand-ins take the service times that the scenario gives, \
             and neither buffer pool, disk nor optimiser exists."
                .into(),
        );
    }
    if (p.scale - 1.0).abs() > 1e-9 {
        all.insert(
            0,
            format!(
                "What happens at the full load: arrivals and limits were multiplied by {}. Contention between many more \
                 journeys can only be worse.",
                words::digits(p.scale)
            ),
        );
    }
    if from.scenario.workloads.iter().any(|w| daily(&w.kind)) {
        let quarters = from.analysis.placements.iter().any(|it| it.condition.starts_with(QUARTER));
        all.push(if quarters {
            "Daily shapes: the busiest hour was simulated and is what objectives are judged by. Sums over days take the day in \
             quarters, from its six quietest hours to its six busiest, each simulated at its mean rate; what waits from one hour \
             to the next is reckoned from them for queues, and not known for anything else."
                .into()
        } else {
            "Daily shapes: the busiest hour was measured and is what objectives are judged by; counts over days assume it all \
             day. `simulate` takes the quieter hours too."
                .into()
        });
    }
    all
}

/// What a live run cannot tell: of its window, and of its machine.
fn measured_unknowns(run: &Run) -> [String; 2] {
    let window = words::time(run.provenance.windows.measure_ns as f64);
    [
        format!(
            "What takes longer than {window} to show: that is how long each placement was measured. Slow leaks, caches \
             that fill over hours and the rhythm of a day are not in it."
        ),
        hidden(run),
    ]
}

/// How late the load generator of a live run was, over all its placements; nothing of a simulation, in which nothing is late,
/// or where too few starts were seen.
pub(super) fn lateness(run: &Run) -> Option<String> {
    let (all, worst) = generator(run)?;
    let median = words::time(all.estimate(0.5)?.value);
    let Some(p99) = all.estimate(0.99) else {
        return Some(format!("The load generator was {median} late at the median."));
    };
    let p99 = words::time(p99.value);
    let worst = worst.map_or_else(String::new, |(label, late)| format!("; worst in “{label}”, {late}"));
    Some(format!("The load generator was {median} late at the median and {p99} at the 99th percentile{worst}."))
}

/// The lateness of all placements that have numbers, and the p99 of the worst of several, with its name.
fn generator(run: &Run) -> Option<(Hist, Option<(String, String)>)> {
    if run.provenance.simulated.is_some() {
        return None;
    }
    let valid = || run.placements.iter().filter(|placement| placement.invalid.is_empty());
    let mut all = Hist::new();
    valid().for_each(|placement| all.merge(&placement.generator_lateness));
    let p99 = |placement: &PlacementRun| placement.generator_lateness.estimate(0.99).map(|late| late.value);
    let worst = valid().filter_map(|placement| Some((placement, p99(placement)?)));
    let worst = worst.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|_| valid().count() > 1);
    Some((all, worst.map(|(placement, late)| (placement.label.clone(), words::time(late)))))
}

/// What the lateness of the machine hides.
fn hidden(run: &Run) -> String {
    let shared =
        "Client, link and stores shared one machine; its own lateness is inside every time and is shown above.";
    let known = generator(run).and_then(|(all, _)| Some((all.estimate(0.5)?.value, all.estimate(0.99)?.value)));
    let Some((median, p99)) = known else { return shared.into() };
    format!(
        "{shared} Times run from the intended start, so the load generator's lateness is in them, once at the start and once \
         after each pause: {} as a rule, {} and more one time in a hundred. A difference that small between two numbers may \
         be the machine's; a closed loop (the items of a cron job) is late once a call, and adds it up.",
        words::time(median),
        words::time(p99)
    )
}

fn daily(kind: &WorkloadKind) -> bool {
    let shaped = |shape: &Shape| matches!(shape, Shape::Daily(_));
    match kind {
        WorkloadKind::Http(http) => shaped(&http.arrivals.shape),
        WorkloadKind::Queue(queues) => queues.iter().any(|q| shaped(&q.arrivals.shape)),
        WorkloadKind::Cron(_) | WorkloadKind::Startup(_) => false,
    }
}

/// How to do it again.
pub(super) fn again(run: &Run) -> Vec<(String, String)> {
    let p = &run.provenance;
    let mut facts = vec![
        ("Command", format!("longhaul {}", p.command.join(" "))),
        ("Seed", p.seed.to_string()),
        ("Scenario", format!("{}, SHA-256 {}", p.scenario, p.digest)),
        ("longhaul", format!("{}, engine {}, link {}", p.version, p.engine, p.link)),
    ];
    let scale = ("Scale", words::digits(p.scale));
    match &p.simulated {
        Some(simulated) => {
            facts.push(scale);
            facts.extend(simulated::facts(simulated));
        }
        None => facts.extend(measured_facts(p, scale)),
    }
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// When, where and against what a live run was performed.
fn measured_facts(p: &Provenance, scale: (&'static str, String)) -> Vec<(&'static str, String)> {
    let w = &p.windows;
    let servers: Vec<_> = p.servers.iter().map(|(store, version)| format!("{store}: {version}")).collect();
    let realtime = if p.machine.realtime { "real-time timer thread" } else { "no real-time priority" };
    vec![
        (
            "Stores",
            if servers.is_empty() { p.stores.clone() } else { format!("{} ({})", p.stores, servers.join("; ")) },
        ),
        scale,
        (
            "Windows",
            format!(
                "warm-up {}, measured {}, drained up to {}",
                words::time(w.warm_up_ns as f64),
                words::time(w.measure_ns as f64),
                words::time(w.drain_ns as f64)
            ),
        ),
        ("Started", words::date(p.started_unix)),
        ("Took", words::time(p.took_ns as f64)),
        (
            "Machine",
            format!(
                "{}; {}, {} logical processors, {} GiB; {realtime}",
                p.machine.system,
                p.machine.processor,
                p.machine.cores,
                words::digits(p.machine.memory as f64 / (1_u64 << 30) as f64)
            ),
        ),
    ]
}
