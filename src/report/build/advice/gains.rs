//! What every mitigation buys, alone and in the best sets. Not for: which is enough (`super`).

use crate::analysis::advice::judge::{self, Gain};
use crate::analysis::advice::rank::{Ranked, ranking};
use crate::analysis::words;
use crate::measure::Estimate;
use crate::report::build::anchor;
use crate::report::model::{Cell, Column, Row, Table, Tone};
use crate::runfile::advice::AdviceRun;

/// Mitigations that are told phase by phase.
const BY_PHASE: usize = 5;

/// Two tables for each strategy: the ranking, and phase by phase.
pub(super) fn tables(run: &AdviceRun) -> Vec<Table> {
    (0..run.found.len()).flat_map(|s| one(run, s)).filter(|table| !table.rows.is_empty()).collect()
}

/// A try and what it buys.
struct Bought {
    name: String,
    title: String,
    gain: Gain,
}

fn one(run: &AdviceRun, s: usize) -> [Table; 2] {
    let name = &run.found[s].strategy;
    let alone = ranking(run, s);
    let found = &run.found[s];
    let sets = found.smallest.into_iter().chain(found.best.iter().copied()).map(|at| (at, &run.tries[at]));
    let sets = sets.filter(|(_, it)| it.set.len() > 1).map(|(at, it)| (at, it.set.clone())).collect::<Vec<_>>();
    let mut together: Vec<Bought> = Vec::new();
    for (_, set) in sets {
        together.extend(bought(run, s, |other| *other == *set));
    }
    let exposed = judge::exposed(run, &run.tries[0], s);
    let rows = alone.iter().filter(|it| it.matters()).map(|it| row(&named(run, it), &it.place.to_string(), exposed));
    let together = together.iter().map(|it| row(it, "together", exposed));
    let silent = alone.iter().filter(|it| !it.matters()).map(|it| run.mitigations[it.mitigation].name.as_str());
    let silent: Vec<&str> = silent.collect();
    let none = if silent.is_empty() {
        String::new()
    } else {
        format!(" No difference that can be told: {}.", silent.join(", "))
    };
    let numbers = [
        ("Place", ""),
        ("Turns to held", ""),
        ("Opens", ""),
        ("In short states", ""),
        ("Saves", "ms·d"),
        ("Of the exposure", ""),
    ];
    let columns = || std::iter::once(Column::text("Mitigation"));
    [
        Table {
            id: anchor("gains", name),
            caption: format!("What each fix buys: {name}"),
            columns: columns().chain(numbers.map(|(title, unit)| Column::number(title, unit))).collect(),
            rows: rows.chain(together).collect(),
            note: format!(
                "Objectives are counted once a phase; those that are missed as it is come first. In short states: objectives that are \
                 missed only meanwhile, and no longer. Saves: days × mean response \
                 time of everybody (workloads by their share of requests and jobs), over the phases in which something is open or that expose; of {} ms·d of the \
                 strategy. A workload left behind does not move at all, so that is told below. Equal places: no difference that can be told.{none}",
                words::digits(exposed)
            ),
        },
        Table {
            id: anchor("gains-by-phase", name),
            caption: format!("The first {BY_PHASE} of them, phase by phase: {name}"),
            columns: columns()
                .chain([Column::text("Workload")])
                .chain(["Mean before", "after", "Median before", "after"].map(|title| Column::number(title, "")))
                .chain([Column::text("Turns to held")])
                .collect(),
            rows: alone.iter().filter(|it| it.matters()).take(BY_PHASE).flat_map(|it| by_phase(run, s, it)).collect(),
            note: "Only workloads whose mean differs so that it can be told.".into(),
        },
    ]
}

fn bought(run: &AdviceRun, s: usize, which: impl Fn(&[usize]) -> bool) -> Vec<Bought> {
    let all = run.tries.iter().filter(|it| it.reordered.is_none() && which(&it.set));
    let of = |it: &crate::runfile::advice::TryRun| Bought {
        name: it.set.iter().map(|at| run.mitigations[*at].name.clone()).collect::<Vec<_>>().join(" + "),
        title: it.set.iter().map(|at| run.mitigations[*at].title.clone()).collect::<Vec<_>>().join("; "),
        gain: judge::gain(run, it, s),
    };
    all.map(of).collect()
}

fn named(run: &AdviceRun, it: &Ranked) -> Bought {
    let mitigation = &run.mitigations[it.mitigation];
    Bought { name: mitigation.name.clone(), title: mitigation.title.clone(), gain: it.gain.clone() }
}

fn row(it: &Bought, place: &str, exposed: f64) -> Row {
    let gain = &it.gain;
    let count = |n: usize, tone: Tone| {
        let tone = if n == 0 { Tone::Muted } else { tone };
        Cell::number(n as f64, n.to_string()).toned(tone)
    };
    let named = |of: fn(&judge::PhaseGain) -> &Vec<String>| {
        let mut all: Vec<String> = gain.phases.iter().flat_map(|phase| of(phase).clone()).collect();
        all.sort();
        all.dedup();
        all.join(", ")
    };
    let saved = if gain.told() {
        let more = if gain.at_least { "≥ " } else { "" };
        let half = (gain.saved.high - gain.saved.value).abs();
        Cell {
            small: format!("± {}", words::digits(half)),
            ..Cell::number(gain.saved.value, format!("{more}{}", words::digits(gain.saved.value)))
        }
    } else {
        Cell::absent("no difference that can be told")
    };
    let part = gain.saved.value / exposed;
    let share = match gain.told() && exposed > 0.0 {
        // What is quicker than today even beside its stores saves more than distance ever cost.
        true if part > 1.0 => Cell::number(part, "all, and more"),
        true => Cell::number(part, words::percent(part)),
        false => Cell::absent("–"),
    };
    Row {
        head: it.name.clone(),
        unit: String::new(),
        cells: vec![
            Cell { detail: it.title.clone(), ..Cell::text(place) },
            Cell { detail: named(|phase| &phase.turned), ..count(gain.turned, Tone::Held) },
            Cell { detail: named(|phase| &phase.opened), ..count(gain.opened, Tone::Missed) },
            in_short(gain),
            saved,
            share,
        ],
    }
}

/// How many objectives are no longer missed in short states, less those that are only now.
fn in_short(gain: &Gain) -> Cell {
    let short = &gain.short;
    if short.tried.is_empty() {
        return Cell::absent("–");
    }
    let named = |all: &[(String, String)]| {
        let all: Vec<String> = all.iter().map(|(state, name)| format!("{name} ({state})")).collect();
        all.join(", ")
    };
    let (turned, opened) = (short.turned.len(), short.opened.len());
    let net = turned as f64 - opened as f64;
    let tone = match turned.cmp(&opened) {
        std::cmp::Ordering::Greater => Tone::Held,
        std::cmp::Ordering::Less => Tone::Missed,
        std::cmp::Ordering::Equal => Tone::Muted,
    };
    let small = if opened > 0 { format!("opens {opened}") } else { String::new() };
    let detail = [named(&short.turned), named(&short.opened)];
    let detail = detail.iter().filter(|it| !it.is_empty()).cloned().collect::<Vec<_>>().join("; ");
    Cell { small, detail, ..Cell::number(net, turned.to_string()) }.toned(tone)
}

fn by_phase(run: &AdviceRun, s: usize, it: &Ranked) -> Vec<Row> {
    let (base, this) = (&run.tries[0], &run.tries[it.at]);
    let name = &run.mitigations[it.mitigation].name;
    let median = |cell: Option<usize>, workload: &str| {
        let it = cell.and_then(|cell| run.cells[cell].workloads.iter().find(|it| it.workload == workload))?;
        it.p50
    };
    let time = |it: Option<Estimate>| match it {
        Some(it) => Cell::number(it.value, words::time(it.value)),
        None => Cell::absent("–"),
    };
    let rows = it.gain.phases.iter().flat_map(|phase| {
        let (was, is) = (&base.strategies[s][phase.phase], &this.strategies[s][phase.phase]);
        phase.means.iter().map(move |(workload, before, after)| {
            let of = |name: &&String| name.starts_with(&format!("{workload} "));
            let turned: Vec<String> = phase.turned.iter().filter(of).cloned().collect();
            Row {
                head: name.clone(),
                unit: was.name.clone(),
                cells: vec![
                    Cell::text(workload.clone()),
                    time(Some(*before)),
                    time(Some(*after)),
                    time(median(was.cell, workload)),
                    time(median(is.cell, workload)),
                    Cell::text(turned.join(", ")),
                ],
            }
        })
    });
    rows.collect()
}
