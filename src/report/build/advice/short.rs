//! Short states as a reader meets them: what each misses beyond its phase, and what helps.
//!
//! Not for: which of them are tried (`analysis::advice`).

use crate::analysis::advice::rank::ranking;
use crate::analysis::advice::short::{State, gone, states};
use crate::analysis::words;
use crate::report::model::{Cell, Column, Row, Table, Tone};
use crate::runfile::advice::{AdviceRun, TryRun};
use crate::scenario::Scenario;

/// Fixes that are named of one state.
const FIXES: usize = 6;

/// Every short state that misses something as it is.
pub(super) fn table(run: &AdviceRun, scenario: &Scenario) -> Table {
    let titles = [
        "Short state",
        "In",
        "Misses meanwhile",
        "More failed or late, each time",
        "With the fixes",
        "One fix that helps",
    ];
    Table {
        id: "short-states".into(),
        caption: "What goes wrong for minutes, and what helps".into(),
        columns: titles.map(Column::text).into(),
        rows: (0..run.found.len()).flat_map(|s| rows(run, scenario, s)).collect(),
        note: "Read-only windows, cold caches and restarts of a platform are simulated as `simulate` does. As in a run's \
               report they decide no answer: told is what is missed meanwhile and not in the phase itself. Each kind is \
               told where most is missed, and there every mitigation is tried alone; a fix helps if something is no longer \
               missed. Writes in a read-only window fail whatever is mended."
            .into(),
    }
}

/// What a strategy's short states miss, as a sentence; empty if nothing.
pub(super) fn sentence(run: &AdviceRun, s: usize) -> String {
    let worst = worst(run, &run.tries[0], s);
    if worst.is_empty() {
        return String::new();
    }
    let one = |(state, _): &(State<'_>, usize)| format!("{} ({})", words::list(&state.names()), state.event.name);
    format!(
        "For minutes, which decides no answer, it misses {}.",
        words::list(&worst.iter().map(one).collect::<Vec<_>>())
    )
}

/// Each kind of state where most is missed, and in how many phases something is.
fn worst<'a>(run: &'a AdviceRun, it: &'a TryRun, s: usize) -> Vec<(State<'a>, usize)> {
    let all = states(run, it, s);
    let of = |(phase, name): (usize, String)| {
        let same = all.iter().filter(|state| state.event.name == name);
        let phases = same.clone().filter(|state| !state.missed.is_empty()).count();
        same.into_iter().find(|state| state.phase == phase).map(|state| (state.clone(), phases))
    };
    crate::analysis::advice::short::worst(run, s).into_iter().filter_map(of).collect()
}

fn rows(run: &AdviceRun, scenario: &Scenario, s: usize) -> Vec<Row> {
    let (base, found) = (&run.tries[0], &run.found[s]);
    let fixed = found.smallest.map(|at| &run.tries[at]);
    let row = |(state, phases): (State<'_>, usize)| {
        let phase = &base.strategies[s][state.phase].name;
        let more = match phases {
            0 | 1 => String::new(),
            n => format!("and in {} more phases", n - 1),
        };
        Row {
            head: state.event.name.clone(),
            unit: found.strategy.clone(),
            cells: vec![
                Cell { small: more, ..Cell::text(format!("“{phase}”")) },
                Cell::text(words::list(&state.names())).toned(Tone::Missed),
                more_slow(scenario, &state),
                with_fixes(run, s, &state, fixed),
                helping(run, s, &state),
            ],
        }
    };
    worst(run, base, s).into_iter().map(row).collect()
}

/// `web 120, mails 4`.
fn more_slow(scenario: &Scenario, state: &State<'_>) -> Cell {
    let all = scenario.workloads.iter().zip(&state.more).filter_map(|(workload, more)| {
        let journeys = (*more)? * workload.arrivals_per_day()? / 86_400.0;
        (journeys >= 1.0).then(|| format!("{} {}", workload.name, words::digits(journeys)))
    });
    let all: Vec<String> = all.collect();
    if all.is_empty() { Cell::absent("–") } else { Cell::text(words::list(&all)) }
}

/// What is still missed with the set that makes the strategy hold.
fn with_fixes(run: &AdviceRun, s: usize, state: &State<'_>, fixed: Option<&TryRun>) -> Cell {
    let Some(fixed) = fixed else { return Cell::absent("–") };
    let all = states(run, fixed, s);
    match all.iter().find(|other| (other.phase, &other.event.name) == (state.phase, &state.event.name)) {
        None if gone(fixed, s, state.phase, &state.event.name) => Cell::text("nothing is missed").toned(Tone::Held),
        None => Cell::absent("not simulated"),
        Some(left) if left.missed.is_empty() => Cell::text("nothing is missed").toned(Tone::Held),
        Some(left) => Cell::text(words::list(&left.names())).toned(Tone::Missed),
    }
}

/// Mitigations that alone end something that is missed, those that buy most first.
fn helping(run: &AdviceRun, s: usize, state: &State<'_>) -> Cell {
    let name = &state.event.name;
    let all = ranking(run, s);
    let tried = all.iter().filter(|it| it.gain.short.tried.iter().any(|(_, of)| of == name)).count();
    let mut helps: Vec<(usize, String)> = Vec::new();
    for it in &all {
        let of = |all: &[(String, String)]| all.iter().filter(|(of, _)| of == name).count();
        let (turned, opened) = (of(&it.gain.short.turned), of(&it.gain.short.opened));
        if turned > opened {
            let named = &run.mitigations[it.mitigation].name;
            let all = state.missed.len();
            let told = if turned == all { named.clone() } else { format!("{named} ({turned} of {all})") };
            helps.push((turned - opened, told));
        }
    }
    // Stable: equals stay as they are ranked.
    helps.sort_by_key(|(turned, _)| std::cmp::Reverse(*turned));
    let more = helps.len().saturating_sub(FIXES);
    let more = if more == 0 { String::new() } else { format!("and {more} more") };
    let told: Vec<String> = helps.into_iter().take(FIXES).map(|(_, told)| told).collect();
    match (told.is_empty(), tried) {
        (true, 0) => Cell::absent("not simulated"),
        (true, n) => Cell { small: format!("of {n} tried"), ..Cell::text("none") },
        (false, _) => Cell { small: more, ..Cell::text(told.join(", ")) }.toned(Tone::Held),
    }
}
