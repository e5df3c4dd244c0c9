//! What every mitigation buys, alone and in the best sets. Not for: which is enough (`super`).

use crate::analysis::advice::judge::{self, Gain};
use crate::analysis::words;
use crate::measure::{Estimate, Z95};
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
    let mut alone = bought(run, s, |set| set.len() == 1);
    alone.sort_by(|a, b| ranks(&b.gain).partial_cmp(&ranks(&a.gain)).unwrap_or(std::cmp::Ordering::Equal));
    let found = &run.found[s];
    let sets = found.smallest.into_iter().chain(found.best.iter().copied()).map(|at| (at, &run.tries[at]));
    let sets = sets.filter(|(_, it)| it.set.len() > 1).map(|(at, it)| (at, it.set.clone())).collect::<Vec<_>>();
    let mut together: Vec<Bought> = Vec::new();
    for (_, set) in sets {
        together.extend(bought(run, s, |other| *other == *set));
    }
    let exposed = judge::exposed(run, &run.tries[0], s);
    let mut places: Vec<(usize, &Gain)> = Vec::new();
    for (index, it) in alone.iter().enumerate() {
        let same = places.last().filter(|(_, head)| alike(head, &it.gain)).copied();
        places.push(same.unwrap_or((index + 1, &it.gain)));
    }
    let matters = |it: &Bought| it.gain.turned + it.gain.opened > 0 || it.gain.told();
    let ranked = alone.iter().zip(&places).filter(|(it, _)| matters(it));
    let rows = ranked.map(|(it, (place, _))| row(it, &place.to_string(), exposed));
    let together = together.iter().map(|it| row(it, "together", exposed));
    let silent: Vec<&str> = alone.iter().filter(|it| !matters(it)).map(|it| it.name.as_str()).collect();
    let none = if silent.is_empty() {
        String::new()
    } else {
        format!(" No difference that can be told: {}.", silent.join(", "))
    };
    let numbers = [("Place", ""), ("Turns to held", ""), ("Opens", ""), ("Saves", "ms·d"), ("Of the exposure", "")];
    let columns = || std::iter::once(Column::text("Mitigation"));
    [
        Table {
            id: anchor("gains", name),
            caption: format!("What each fix buys: {name}"),
            columns: columns().chain(numbers.map(|(title, unit)| Column::number(title, unit))).collect(),
            rows: rows.chain(together).collect(),
            note: format!(
                "Objectives are counted once a phase; those that are missed as it is come first. Saves: days × mean response \
                 time, over all workloads and the phases in which something is open or that expose; of {} ms·d of the \
                 strategy. Equal places: no difference that can be told.{none}",
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
            rows: alone.iter().filter(|it| matters(it)).take(BY_PHASE).flat_map(|it| by_phase(run, s, it)).collect(),
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

fn ranks(gain: &Gain) -> (i64, i64, f64) {
    gain.rank()
}

/// The two buy the same, as far as anyone can tell.
fn alike(a: &Gain, b: &Gain) -> bool {
    let half = |it: &Estimate| (it.high - it.value) / Z95;
    let close = (a.saved.value - b.saved.value).abs() <= Z95 * half(&a.saved).hypot(half(&b.saved));
    (a.rank().0, a.rank().1) == (b.rank().0, b.rank().1) && close
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
    let share = if gain.told() && exposed > 0.0 {
        Cell::number(gain.saved.value / exposed, words::percent(gain.saved.value / exposed))
    } else {
        Cell::absent("–")
    };
    Row {
        head: it.name.clone(),
        unit: String::new(),
        cells: vec![
            Cell { detail: it.title.clone(), ..Cell::text(place) },
            Cell { detail: named(|phase| &phase.turned), ..count(gain.turned, Tone::Held) },
            Cell { detail: named(|phase| &phase.opened), ..count(gain.opened, Tone::Missed) },
            saved,
            share,
        ],
    }
}

fn by_phase(run: &AdviceRun, s: usize, it: &Bought) -> Vec<Row> {
    let base = &run.tries[0];
    let Some(this) = run.tries.iter().find(|try_| {
        let name: Vec<&str> = try_.set.iter().map(|at| run.mitigations[*at].name.as_str()).collect();
        name.join(" + ") == it.name
    }) else {
        return Vec::new();
    };
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
                head: it.name.clone(),
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
