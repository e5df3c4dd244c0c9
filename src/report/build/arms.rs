//! Sections 5 and 6: percentile curves and where the time goes, by arm.
//!
//! Arms that differ only in share and phase are one kind of arm: the same platform at the same
//! distance. Of each kind the measurement with the most samples is drawn; the tables have them all.

use crate::analysis::arm::ArmAnalysis;
use crate::analysis::words;
use crate::report::model::{Cell, Column, Curve, CurvePanel, Row, Table, TimeBar, TimePanel, Tone};
use crate::scenario::WorkloadKind;

use super::shown::{self, TimeUnit};
use super::{Source, anchor};

/// Arms of one workload that have the same platform and the same distance to their stores.
pub(super) struct Kind<'a> {
    /// What a reader calls it.
    pub(super) label: String,
    /// It is away from a store that it uses.
    pub(super) remote: bool,
    /// The placement's label and the arm, for each that is valid and steady.
    pub(super) members: Vec<(&'a str, &'a ArmAnalysis)>,
}

impl Kind<'_> {
    /// The member with the most samples, the first of equals.
    fn largest(&self) -> (&str, &ArmAnalysis) {
        let mut best = self.members[0];
        for member in &self.members[1..] {
            if member.1.n > best.1.n {
                best = *member;
            }
        }
        best
    }
}

/// The kinds of arm of a workload, nearest first.
pub(super) fn kinds<'a>(from: &Source<'a>, workload: usize) -> Vec<Kind<'a>> {
    let mut kinds: Vec<((u64, &str), Kind)> = Vec::new();
    let steady = from.analysis.placements.iter().filter(|p| p.invalid.is_empty() && p.condition == "steady");
    for placement in steady {
        for arm in placement.workloads[workload].arms.iter().filter(|a| a.share > 0.0) {
            let key = (arm.rtt_ns, arm.platform.as_str());
            let member = (placement.label.as_str(), arm);
            match kinds.iter_mut().find(|k| k.0 == key) {
                Some(kind) => kind.1.members.push(member),
                None => kinds.push((key, Kind { label: label(arm), remote: arm.remote, members: vec![member] })),
            }
        }
    }
    kinds.sort_by_key(|k| k.0.0);
    kinds.into_iter().map(|k| k.1).collect()
}

/// `kubernetes, 15 ms from its stores`; `vm, beside its stores`.
fn label(arm: &ArmAnalysis) -> String {
    if arm.remote {
        format!("{}, {} from its stores", arm.platform, words::time(arm.rtt_ns as f64))
    } else {
        format!("{}, beside its stores", arm.platform)
    }
}

/// A panel for each workload that has a curve.
pub(super) fn curves(from: &Source) -> Vec<CurvePanel> {
    let panel = |(index, workload): (usize, &crate::scenario::Workload)| {
        let limits = workload.objective.quantiles.iter();
        let panel = CurvePanel {
            workload: workload.name.clone(),
            journeys: journeys(workload),
            limits: limits
                .map(|&(q, l)| (q, l.0 as f64, format!("{} {}", words::quantile(q), words::time(l.0 as f64))))
                .collect(),
            curves: kinds(from, index).iter().filter_map(curve).collect(),
        };
        (!panel.curves.is_empty()).then_some(panel)
    };
    from.scenario.workloads.iter().enumerate().filter_map(panel).collect()
}

fn curve(kind: &Kind) -> Option<Curve> {
    let (phase, arm) = kind.largest();
    (arm.curve.len() > 1).then(|| Curve {
        label: kind.label.clone(),
        detail: format!("in “{phase}”, n = {}", words::count(arm.n)),
        remote: kind.remote,
        points: arm.curve.clone(),
    })
}

/// What a journey of this kind of workload is called.
fn journeys(workload: &crate::scenario::Workload) -> String {
    match workload.kind {
        WorkloadKind::Http(_) => "requests",
        WorkloadKind::Queue(_) => "jobs, from their arrival",
        WorkloadKind::Cron(_) => "items of its runs",
        WorkloadKind::Startup(_) => "instances, until ready",
    }
    .into()
}

/// A table for each workload: every arm of every valid placement.
pub(super) fn percentiles(from: &Source) -> Vec<Table> {
    let table = |(index, workload): (usize, &crate::scenario::Workload)| {
        let placements = from.analysis.placements.iter().filter(|p| p.invalid.is_empty());
        let arms: Vec<_> = placements.flat_map(|p| p.workloads[index].arms.iter().map(move |a| (p, a))).collect();
        let longest = arms.iter().flat_map(|(_, a)| a.response.iter().filter_map(|r| r.1)).map(|e| e.value);
        let unit = TimeUnit::for_most(longest.fold(0.0, f64::max));
        let number = |title: &str| Column::number(title, unit.name);
        Table {
            id: anchor("percentiles", &workload.name),
            caption: format!("{}: response times by arm", workload.name),
            columns: vec![
                Column::text("Measured in"),
                Column::text("Arm"),
                Column::number("Share", "%"),
                Column::number("Journeys", ""),
                number("p50"),
                number("p90"),
                number("p99"),
                number("p99.9"),
                number("p99 from actual start"),
                Column::number("Failed", "%"),
                Column::number("Round trips", "mean"),
                Column::number("Busy", "mean of limit"),
            ],
            rows: arms.iter().map(|(p, a)| arm_row(p, a, unit, &from.run.provenance.engine)).collect(),
            note: String::new(),
        }
    };
    from.scenario.workloads.iter().enumerate().map(table).filter(|t| !t.rows.is_empty()).collect()
}

fn arm_row(placement: &crate::analysis::PlacementAnalysis, arm: &ArmAnalysis, unit: TimeUnit, engine: &str) -> Row {
    let journeys = &arm.journeys;
    let mut cells = vec![
        Cell::text(label(arm)),
        Cell::number(arm.share, words::digits(arm.share * 100.0)),
        Cell {
            detail: format!(
                "{} planned, {} handed over, {} ended well, {} not ended, {} failed, {} retries",
                journeys.planned,
                journeys.offered,
                journeys.completed,
                journeys.unfinished,
                journeys.failed,
                journeys.retries
            ),
            ..Cell::number(journeys.performed() as f64, words::count(journeys.performed()))
        },
    ];
    cells.extend(arm.response.iter().map(|(_, e)| shown::time(e.as_ref(), arm.n, unit, engine)));
    let service = arm.service.iter().find(|s| (s.0 - 0.99).abs() < 1e-9).and_then(|s| s.1);
    cells.push(shown::time(service.as_ref(), arm.n, unit, engine));
    cells.push(failed(arm));
    cells.push(arm.round_trips.map_or(Cell::default(), |(all, connects)| Cell {
        small: format!("{} to connect", words::digits(connects)),
        ..Cell::number(all, words::digits(all))
    }));
    cells.push(Cell {
        small: format!("of {}, at most {}", arm.busy.2, arm.busy.1),
        ..Cell::number(arm.busy.0, words::digits(arm.busy.0))
    });
    let condition = if placement.condition == "steady" { String::new() } else { placement.condition.clone() };
    Row { head: placement.label.clone(), unit: condition, cells }
}

fn failed(arm: &ArmAnalysis) -> Cell {
    let (failed, of) = (arm.journeys.failed, arm.journeys.performed());
    if of == 0 {
        return Cell::absent("none started");
    }
    let share = failed as f64 / of as f64;
    let kinds: Vec<_> = arm.errors.iter().map(|(kind, count)| format!("{kind} {}", words::count(*count))).collect();
    Cell { small: kinds.join(", "), ..Cell::number(share, words::digits(share * 100.0)) }
}

/// A panel for each workload whose journeys ended.
pub(super) fn time(from: &Source) -> Vec<TimePanel> {
    let panel = |(index, workload): (usize, &crate::scenario::Workload)| {
        let bars: Vec<_> = kinds(from, index).iter().filter_map(bar).collect();
        (!bars.is_empty()).then(|| TimePanel { workload: workload.name.clone(), journeys: journeys(workload), bars })
    };
    from.scenario.workloads.iter().enumerate().filter_map(panel).collect()
}

fn bar(kind: &Kind) -> Option<TimeBar> {
    let (phase, arm) = kind.largest();
    let time = arm.time?;
    Some(TimeBar {
        label: kind.label.clone(),
        detail: format!("in “{phase}”, {} journeys", words::count(arm.journeys.completed)),
        distance: time.distance,
        store: time.store,
        waiting: time.waiting,
        think: time.think,
        rest: time.rest,
        total: time.total,
    })
}

/// The bars as numbers.
pub(super) fn time_table(from: &Source) -> Table {
    let number = |title| Column::number(title, "ms");
    let rows = time(from).into_iter().flat_map(|panel| {
        let workload = panel.workload;
        panel.bars.into_iter().map(move |bar| {
            let cell = |v: f64| Cell {
                small: if bar.total > 0.0 { words::percent(v / bar.total) } else { String::new() },
                ..Cell::number(v, TimeUnit::MS.shown(v))
            };
            let parts = [bar.distance, bar.store, bar.waiting, bar.think, bar.rest].map(cell);
            let total = Cell::number(bar.total, TimeUnit::MS.shown(bar.total));
            let arm = Cell { detail: bar.detail, ..Cell::text(bar.label) }.toned(Tone::Plain);
            Row { head: workload.clone(), unit: String::new(), cells: [vec![arm], parts.into(), vec![total]].concat() }
        })
    });
    Table {
        id: "time".into(),
        caption: "Where the mean journey's time goes".into(),
        columns: vec![
            Column::text("Workload"),
            Column::text("Arm"),
            number("Distance"),
            number("Store"),
            number("Waiting"),
            number("Think"),
            number("Rest"),
            number("All"),
        ],
        rows: rows.collect(),
        note: format!(
            "Distance: round trips × RTT, and what the link's slow start, queues, jitter and losses add. Store: the stores' \
             own time. Waiting: for a worker, a connection or a lock. Think: the application's own time and its \
             platform's. Rest: {}. Of journeys that ended well.",
            match &from.run.provenance.simulated {
                Some(_) =>
                    "what the calibration adds to calls outside of link and store, and what belongs to none of the others",
                None => "driver, runtime, lateness",
            }
        ),
    }
}
