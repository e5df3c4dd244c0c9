//! Section 7: cron jobs, queues, start-up, and copies of stores. Of each kind of arm the heaviest measurement is shown.

use crate::analysis::load::{Growth, JobFacts, QueueFacts, StartFacts};
use crate::analysis::verdict::Measured;
use crate::analysis::words;
use crate::report::model::{Cell, Column, Row, Table, Tone};
use crate::runfile::{ArmRun, StoreUse};
use crate::scenario::{CronJob, Overlap, StoreKind, Workload, WorkloadKind};

use super::Source;
use super::arms::{Kind, kinds};
use super::shown::{self, TimeUnit};

/// The tables that the scenario has something for.
pub(super) fn tables(from: &Source) -> Vec<Table> {
    [cron(from), queues(from), startup(from), copies(from)].into_iter().filter(|t| !t.rows.is_empty()).collect()
}

/// Rows for each workload, given the kinds of arm that it has.
fn rows<'a>(from: &Source<'a>, of: impl Fn(&Workload, &[Kind<'a>]) -> Vec<Row>) -> Vec<Row> {
    from.scenario.workloads.iter().enumerate().flat_map(|(i, w)| of(w, &kinds(from, i))).collect()
}

fn cron(from: &Source) -> Table {
    let of = |workload: &Workload, kinds: &[Kind]| {
        let WorkloadKind::Cron(plans) = &workload.kind else { return Vec::new() };
        let row = |plan: &CronJob, kind: &Kind| {
            let facts = kind.members.iter().flat_map(|m| &m.1.jobs).filter(|j| j.name == plan.name);
            let length = |j: &&JobFacts| j.duration.map_or(0.0, |d| d.estimate.value);
            let longest = facts.max_by(|a, b| length(a).total_cmp(&length(b)))?;
            Some(job(workload, plan, longest, (&kind.label, &from.run.provenance.engine)))
        };
        plans.iter().flat_map(|plan| kinds.iter().filter_map(move |kind| row(plan, kind))).collect()
    };
    Table {
        id: "cron".into(),
        caption: "Cron jobs: the longest run measured on each kind of arm".into(),
        columns: vec![
            Column::text("Job"),
            Column::text("Arm"),
            Column::number("Every", "min"),
            Column::number("Run takes", "min"),
            Column::number("Deadline", "min"),
            Column::number("Item, p50", "ms"),
            Column::number("Items", ""),
            Column::number("Starts", "a day"),
            Column::number("Find a run going", "a day"),
        ],
        rows: rows(from, of),
        note: "≈ extrapolated: a part of the items was worked on, and the rest is assumed to take the same.".into(),
    }
}

fn minutes(nanos: f64) -> String {
    words::digits(nanos / 60e9)
}

fn job(workload: &Workload, plan: &CronJob, facts: &JobFacts, (arm, engine): (&str, &str)) -> Row {
    let deadline = workload.objective.deadline.or(plan.deadline).map(|d| d.0 as f64);
    let every = plan.every.0 as f64;
    let meeting = facts.per_day.map_or(Cell::absent("unknown"), |day| {
        let (count, what) = match plan.overlap {
            Overlap::Allow => (day.overlaps, "run beside it"),
            Overlap::Forbid => (day.skips, "skipped"),
            Overlap::Replace => (day.kills, "kill it"),
        };
        let cell = Cell::number(count, words::digits(count));
        if count > 0.0 { Cell { small: what.into(), ..cell } } else { cell }
    });
    Row {
        head: plan.name.clone(),
        unit: if plan.name == workload.name { String::new() } else { workload.name.clone() },
        cells: vec![
            Cell::text(arm),
            Cell::number(every, minutes(every)),
            duration(facts.duration.as_ref(), deadline),
            deadline.map_or(Cell::absent("none"), |d| Cell::number(d, minutes(d))),
            shown::time(facts.item.as_ref(), facts.items_done, TimeUnit::MS, engine),
            Cell::number(facts.items as f64, words::count(facts.items)),
            facts.per_day.map_or(Cell::absent("unknown"), |d| Cell::number(d.starts, words::digits(d.starts))),
            meeting,
        ],
    }
}

fn duration(measured: Option<&Measured>, deadline: Option<f64>) -> Cell {
    let Some(m) = measured else { return Cell::absent("unknown") };
    let e = m.estimate;
    let tone = match deadline {
        Some(limit) if e.low > limit => Tone::Missed,
        Some(limit) if e.high <= limit && !m.at_least => Tone::Held,
        Some(_) => Tone::Unknown,
        None => Tone::Plain,
    };
    Cell {
        text: format!("{}{}", shown::sign(m), minutes(e.value)),
        small: format!("{}–{}", minutes(e.low), minutes(e.high)),
        detail: format!("{}, n = {} items", words::time(e.value), words::count(e.n)),
        value: Some(e.value),
        tone,
    }
}

fn queues(from: &Source) -> Table {
    let of = |workload: &Workload, kinds: &[Kind]| {
        let WorkloadKind::Queue(plans) = &workload.kind else { return Vec::new() };
        let row = |plan: &crate::scenario::Queue, kind: &Kind| {
            let facts = kind.members.iter().flat_map(|m| &m.1.queues).filter(|q| q.name == plan.name);
            let load = |q: &&QueueFacts| q.load.map_or(0.0, |l| l.value);
            let heaviest = facts.max_by(|a, b| load(a).total_cmp(&load(b)))?;
            Some(queue(workload, heaviest, &kind.label))
        };
        plans.iter().flat_map(|plan| kinds.iter().filter_map(move |kind| row(plan, kind))).collect()
    };
    Table {
        id: "queues".into(),
        caption: "Queues: the heaviest load measured on each kind of arm".into(),
        columns: vec![
            Column::text("Queue"),
            Column::text("Arm"),
            Column::number("Arrive", "/s"),
            Column::number("Done", "/s"),
            Column::number("Consumers", ""),
            Column::number("Load", "%"),
            Column::text("Keeps up"),
            Column::number("Backlog grows", "jobs/h"),
            Column::number("Backlog in the window", "jobs"),
            Column::number("Oldest job", "s"),
            Column::number("Again", "jobs"),
        ],
        rows: rows(from, of),
        note:
            "Load: arrivals × mean working time ÷ consumers; above 100 % no queue keeps up, however short its backlog \
               is when a window of seconds ends. Again: handed out a second time, and killed at the job's time-out."
                .into(),
    }
}

fn queue(workload: &Workload, facts: &QueueFacts, arm: &str) -> Row {
    let (keeps, growth) = match facts.growth {
        Growth::Stable => (Cell::text("stable").toned(Tone::Held), Cell::number(0.0, "0")),
        Growth::Growing(jobs) if facts.day.is_some() => (
            Cell {
                small: facts.day.map_or(String::new(), |day| format!("{} jobs at worst", words::digits(day.backlog))),
                ..Cell::text("drains daily").toned(Tone::Unknown)
            },
            Cell::number(jobs, words::digits(jobs)),
        ),
        Growth::Growing(jobs) => {
            (Cell::text("growing").toned(Tone::Missed), Cell::number(jobs, words::digits(jobs)).toned(Tone::Missed))
        }
        Growth::CannotTell => (Cell::text("cannot tell").toned(Tone::Unknown), Cell::default()),
    };
    let percent = |share: f64| words::digits(share * 100.0);
    let load = facts.load.map_or(Cell::absent("too few jobs"), |l| Cell {
        small: format!("{}–{} · n {}", percent(l.low), percent(l.high), words::count(l.n)),
        ..Cell::number(l.value, percent(l.value))
    });
    Row {
        head: facts.name.clone(),
        unit: if facts.name == workload.name { String::new() } else { workload.name.clone() },
        cells: vec![
            Cell::text(arm),
            Cell::number(facts.arrived_per_s, words::digits(facts.arrived_per_s)),
            Cell::number(facts.done_per_s, words::digits(facts.done_per_s)),
            Cell::number(f64::from(facts.consumers), facts.consumers.to_string()),
            load,
            keeps,
            growth,
            Cell::number(facts.backlog_end as f64, format!("{} → {}", facts.backlog_start, facts.backlog_end)),
            Cell::number(facts.oldest_ns as f64, words::digits(facts.oldest_ns as f64 / 1e9)),
            Cell {
                small: match (facts.duplicates, facts.killed) {
                    (0, 0) => String::new(),
                    (twice, killed) => format!("{twice} done twice, {killed} killed"),
                },
                ..Cell::number(facts.redelivered as f64, facts.redelivered.to_string())
            },
        ],
    }
}

fn startup(from: &Source) -> Table {
    let of = |workload: &Workload, kinds: &[Kind]| {
        let time = |s: &&StartFacts| s.last.map_or(0.0, |l| l.estimate.value);
        let row = |kind: &Kind| {
            let facts = kind.members.iter().filter_map(|m| m.1.startup.as_ref());
            let slowest = facts.max_by(|a, b| time(a).total_cmp(&time(b)))?;
            Some(start(workload, slowest, &kind.label))
        };
        kinds.iter().filter_map(row).collect()
    };
    Table {
        id: "startup".into(),
        caption: "Start-up: the slowest measured on each kind of arm".into(),
        columns: vec![
            Column::text("Workload"),
            Column::text("Arm"),
            Column::number("Instances", ""),
            Column::number("Became ready", ""),
            Column::number("Last one ready after", "s"),
            Column::number("Objective", "s"),
        ],
        rows: rows(from, of),
        note: String::new(),
    }
}

fn start(workload: &Workload, facts: &StartFacts, arm: &str) -> Row {
    let seconds = |nanos: f64| words::digits(nanos / 1e9);
    let limit = workload.objective.ready.map(|r| r.0 as f64);
    let last = facts.last.map_or(Cell::absent("unknown"), |m| {
        let judged = duration(Some(&m), limit);
        let e = m.estimate;
        Cell {
            text: format!("{}{}", shown::sign(&m), seconds(e.value)),
            small: format!("{}–{}", seconds(e.low), seconds(e.high)),
            ..judged
        }
    });
    Row {
        head: workload.name.clone(),
        unit: String::new(),
        cells: vec![
            Cell::text(arm),
            Cell::number(f64::from(facts.instances), facts.instances.to_string()),
            Cell::number(f64::from(facts.ready), facts.ready.to_string()),
            last,
            limit.map_or(Cell::absent("none"), |l| Cell::number(l, seconds(l))),
        ],
    }
}

/// Where arms read from copies, and what of that may be old.
fn copies(from: &Source) -> Table {
    let valid = from.run.placements.iter().filter(|p| p.invalid.is_empty() && p.condition == "steady");
    let rows = valid.flat_map(|placement| {
        placement.arms.iter().flat_map(move |arm| {
            let of = move |used: &StoreUse| copy(from, &placement.label, arm, used);
            arm.stores.iter().filter_map(of).collect::<Vec<_>>()
        })
    });
    let of = |unit: &str| Column::number(unit, "");
    Table {
        id: "copies".into(),
        caption: "Copies: what may be stale".into(),
        columns: vec![
            Column::text("Workload"),
            Column::text("Measured in"),
            Column::text("Copy"),
            of("Reads that may be stale"),
            Column::number("Of its reads", "%"),
            of("Reads from the store itself"),
            of("Changes that the other cache does not see"),
        ],
        rows: rows.collect(),
        note: "In the measured window. From the store itself: reads of pinned journeys, after a write of their own, and in \
               transactions."
            .into(),
    }
}

/// A row for a copy that an arm uses, or for a cache of which others use a copy.
fn copy(from: &Source, label: &str, arm: &ArmRun, used: &StoreUse) -> Option<Row> {
    let stale = used.stale?;
    let store = from.scenario.stores.iter().find(|store| store.name == used.store)?;
    let number = |count: u64| Cell::number(count as f64, words::count(count));
    let cells = if let StoreKind::Mysql(_) = store.kind {
        let itself = store.copy_of.map(|of| &from.scenario.stores[of.0].name);
        let itself = arm.stores.iter().find(|other| Some(&other.store) == itself).and_then(|other| other.itself_read);
        let itself = itself.unwrap_or(0);
        let share = stale as f64 / (stale + itself).max(1) as f64;
        let share = Cell::number(share * 100.0, words::digits(share * 100.0));
        [number(stale), share, number(itself), Cell::default()]
    } else {
        [Cell::default(), Cell::default(), Cell::default(), number(stale)]
    };
    let whose = vec![Cell::text(label), Cell::text(&used.store)];
    let place = format!("{} on {}", arm.site, arm.platform);
    Some(Row { head: arm.workload.clone(), unit: place, cells: [whose, cells.into()].concat() })
}
