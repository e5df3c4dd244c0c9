//! Advice as a reader meets it: an answer for each strategy, what to fix, what to leave behind, in which order to move.
//!
//! Computed from the advice file and the scenario alone. Not for: judging (`analysis::advice::judge`).

mod costliest;
mod gains;
mod short;

use crate::analysis::advice::judge::{self, Help, Open};
use crate::analysis::words;
use crate::report::model::{AdviceShown, Cell, Column, Row, StrategyAdvice, Table, Tone};
use crate::runfile::advice::{AdviceRun, TryRun};
use crate::scenario::Scenario;
use crate::units::Nanos;

/// Builds what is shown of advice on a scenario.
pub fn shown(run: &AdviceRun, scenario: &Scenario) -> AdviceShown {
    if run.tries.is_empty() {
        return nothing();
    }
    let scenario = &own(run, scenario);
    let strategies: Vec<StrategyAdvice> = (0..run.found.len()).map(|s| strategy(run, s)).collect();
    AdviceShown {
        sentence: sentence(run, &strategies),
        costliest: costliest::table(run, scenario),
        gains: gains::tables(run),
        short_states: short::table(run, scenario),
        leave_behind: leave_behind(run),
        order: order(run),
        apply: strategies.iter().filter(|it| !it.fixes.is_empty()).map(|it| command(run, it)).collect(),
        strategies,
    }
}

/// The scenario with the strategies that were advised on.
fn own(run: &AdviceRun, scenario: &Scenario) -> Scenario {
    let named = |found: &crate::runfile::advice::FoundRun| {
        scenario.strategies.iter().find(|it| it.name == found.strategy).cloned()
    };
    Scenario { strategies: run.found.iter().filter_map(named).collect(), ..scenario.clone() }
}

/// What is shown if not even the scenario as it is was simulated.
fn nothing() -> AdviceShown {
    AdviceShown {
        sentence: "Nothing was simulated, so there is no advice.".into(),
        strategies: Vec::new(),
        costliest: Table::default(),
        gains: Vec::new(),
        short_states: Table::default(),
        leave_behind: Table::default(),
        order: Table::default(),
        apply: Vec::new(),
    }
}

fn sentence(run: &AdviceRun, strategies: &[StrategyAdvice]) -> String {
    let simulated = run.cells.len();
    let of = |word: &str| {
        let all: Vec<String> = strategies.iter().filter(|it| it.word == word).map(|it| it.strategy.clone()).collect();
        (!all.is_empty()).then(|| format!("{word}: {}", words::list(&all)))
    };
    let answers: Vec<String> = ["yes", "yes, with fixes", "cannot tell", "no"].into_iter().filter_map(of).collect();
    let partial = if run.provenance.partial { " Stopped early: what was not tried may help too." } else { "" };
    let short = if run.advice_format < 2 { " Short states were not simulated: advise again." } else { "" };
    let left = run.left_out.join("; ");
    let left = if left.is_empty() { left } else { format!(" Left out: {left}.") };
    format!(
        "{}. All simulated, never measured: {} changed scenarios of {} mitigations, {simulated} placements, measured for {} \
         at most each.{partial}{short}{left}",
        answers.join("; "),
        run.tries.len().saturating_sub(1),
        run.mitigations.len(),
        words::time(run.provenance.windows.measure_ns as f64),
    )
}

/// The names of a try's members.
fn names(run: &AdviceRun, it: &TryRun) -> Vec<String> {
    it.set.iter().map(|at| run.mitigations[*at].name.clone()).collect()
}

/// What they do, in words.
fn titles(run: &AdviceRun, it: &TryRun) -> Vec<String> {
    it.set.iter().map(|at| run.mitigations[*at].title.clone()).collect()
}

/// `web p99 in 5. web 20 %`, the phases of each objective together.
fn told(run: &AdviceRun, s: usize, all: &[Open<'_>]) -> String {
    let mut found: Vec<(String, Vec<usize>)> = Vec::new();
    for open in all {
        let name = judge::named_of(open.workload, open.check);
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, phases)) => phases.push(open.phase),
            None => found.push((name, vec![open.phase])),
        }
    }
    let phase = |at: &usize| format!("“{}”", run.tries[0].strategies[s][*at].name);
    let one = |(name, phases): &(String, Vec<usize>)| match phases.as_slice() {
        [one] => format!("{name} in {}", phase(one)),
        [first, .., last] => format!("{name} in {} phases from {} to {}", phases.len(), phase(first), phase(last)),
        [] => name.clone(),
    };
    let mut all: Vec<String> = found.iter().take(4).map(one).collect();
    if found.len() > 4 {
        all.push(format!("{} more", found.len() - 4));
    }
    words::list(&all)
}

fn strategy(run: &AdviceRun, s: usize) -> StrategyAdvice {
    let (base, found) = (&run.tries[0], &run.found[s]);
    let open = judge::open(run, base, s);
    let (missed, unknown): (Vec<Open>, Vec<Open>) = open.into_iter().partition(Open::missed);
    let whole = base.strategies[s].iter().all(|phase| phase.cell.is_some());
    let smallest = found.smallest.map(|at| &run.tries[at]).filter(|it| judge::feasible(run, it, s));
    let (word, tone, sentence) = match smallest {
        _ if judge::feasible(run, base, s) => ("yes", Tone::Held, "It holds every objective as it is.".to_owned()),
        Some(it) => ("yes, with fixes", Tone::Held, with_fixes(run, s, it)),
        None if missed.is_empty() || !whole => {
            let why = if whole { told(run, s, &unknown) } else { "some phases were not simulated".into() };
            ("cannot tell", Tone::Unknown, format!("Nothing is missed, but nobody can tell about {why}."))
        }
        None if nearest(run, s).is_some_and(|it| judge::feasible_but(run, it, s)) => {
            let it = nearest(run, s).unwrap_or(base);
            let (names, left) = (names(run, it).join(" + "), told(run, s, &judge::open(run, it, s)));
            let missed = told(run, s, &missed);
            let told = format!(
                "It misses {missed} as it is. With {names} nothing is missed, but nobody can tell about {left}."
            );
            ("cannot tell", Tone::Unknown, told)
        }
        None => {
            let none = if run.provenance.partial || !run.left_out.is_empty() {
                "that was tried so far "
            } else {
                "that was tried "
            };
            let nearest = nearest(run, s).map_or_else(String::new, |it| {
                let left = told(run, s, &judge::open(run, it, s));
                format!(" Nearest comes {}, which leaves {left}.", names(run, it).join(" + "))
            });
            (
                "no",
                Tone::Missed,
                format!("It misses {}; no set {none}makes it hold all.{nearest}", told(run, s, &missed)),
            )
        }
    };
    let short = short::sentence(run, s);
    let sentence = if short.is_empty() { sentence } else { format!("{sentence} {short}") };
    let fixes = smallest.filter(|_| word == "yes, with fixes");
    StrategyAdvice {
        strategy: found.strategy.clone(),
        word: word.into(),
        tone,
        fixes: fixes.map_or_else(Vec::new, |it| names(run, it)),
        titles: fixes.map_or_else(Vec::new, |it| titles(run, it)),
        sentence,
    }
}

fn with_fixes(run: &AdviceRun, s: usize, it: &TryRun) -> String {
    let found = &run.found[s];
    let open = judge::open(run, &run.tries[0], s);
    let each = found.without.iter().all(|at| !judge::feasible(run, &run.tries[*at], s));
    let least = match (it.set.len(), found.exact, each) {
        (1, ..) => String::new(),
        (_, true, _) => " No smaller set of mitigations that help by themselves does.".into(),
        (_, false, true) => " Without any one of them it does not; a smaller set of others was not found.".into(),
        _ => String::new(),
    };
    format!("It misses {} as it is, and holds all with: {}.{least}", told(run, s, &open), words::list(&titles(run, it)))
}

/// The try of a whole strategy that leaves least open.
fn nearest(run: &AdviceRun, s: usize) -> Option<&TryRun> {
    let whole = |it: &&TryRun| !it.set.is_empty() && it.strategies[s].iter().all(|phase| phase.cell.is_some());
    let open = |it: &TryRun| {
        let open = judge::open(run, it, s);
        (open.iter().filter(|open| open.missed()).count(), open.len(), it.set.len())
    };
    run.tries.iter().filter(whole).min_by_key(|it| open(it))
}

/// `longhaul advise FILE --apply … -o …`.
fn command(run: &AdviceRun, it: &StrategyAdvice) -> (String, String) {
    let p = &run.provenance;
    let file = p.command.get(1).cloned().unwrap_or_else(|| format!("{}.yaml", p.scenario));
    let to = format!("{}-{}.yaml", p.scenario, it.strategy);
    (it.strategy.clone(), format!("longhaul advise {file} --apply {} -o {to}", it.fixes.join(" ")))
}

/// Workloads that miss an objective while they are away, and hold it when they stay.
fn leave_behind(run: &AdviceRun) -> Table {
    let rows = (0..run.found.len()).flat_map(|s| {
        let leaves = run.mitigations.iter().enumerate().filter_map(|(at, it)| Some((at, it.leaves.as_ref()?)));
        leaves.filter_map(|(at, workload)| left(run, s, at, workload)).collect::<Vec<_>>()
    });
    Table {
        id: "leave-behind".into(),
        caption: "What must stay beside its stores".into(),
        columns: ["Workload", "Misses while away", "Stays for", "Held if it stays", "Held where it is meant to go, by one fix"]
            .map(Column::text)
            .into(),
        rows: rows.collect(),
        note: "Each is simulated with the workload moving in the phase of the last of its stores. The days are those of the \
               phases in which it would be away. No fix: it can only hold beside its stores, unless a set of several helps."
            .into(),
    }
}

fn left(run: &AdviceRun, s: usize, at: usize, workload: &str) -> Option<Row> {
    let base = &run.tries[0];
    let away = |phase: usize| {
        let cell = base.strategies[s][phase].cell?;
        let it = run.cells[cell].workloads.iter().find(|it| it.workload == workload)?;
        it.split.then_some(phase)
    };
    let phases: Vec<usize> = (0..base.strategies[s].len()).filter_map(away).collect();
    let open = judge::open(run, base, s);
    let open: Vec<Open> = open.into_iter().filter(|it| it.workload == workload && phases.contains(&it.phase)).collect();
    if !open.iter().any(Open::missed) {
        return None;
    }
    let alone = |set: &[usize]| run.tries.iter().find(|it| it.set == set && it.reordered.is_none());
    let holds = |it: &TryRun| open.iter().all(|open| judge::help(run, it, s, open) == Help::Held);
    let stays = alone(&[at]).map(|it| {
        let left = judge::open(run, it, s)
            .into_iter()
            .filter(|left| left.workload == workload && phases.contains(&left.phase));
        (holds(it), left.into_iter().any(|left| left.missed()))
    });
    let fixes: Vec<&str> = run
        .mitigations
        .iter()
        .enumerate()
        .filter(|(_, it)| it.leaves.is_none())
        .filter(|(other, _)| alone(&[*other]).is_some_and(holds))
        .map(|(_, it)| it.name.as_str())
        .collect();
    let days: u64 = phases.iter().map(|at| base.strategies[s][*at].lasts_ns).sum();
    let (word, tone) = match stays {
        Some((true, _)) => ("yes", Tone::Held),
        Some((false, true)) => ("not even then", Tone::Missed),
        Some((false, false)) => ("nobody can tell", Tone::Unknown),
        None => ("not simulated", Tone::Muted),
    };
    let all = run.mitigations.iter().enumerate().filter(|(_, it)| it.leaves.is_none());
    let by = match all.into_iter().all(|(other, _)| alone(&[other]).is_some()) {
        _ if !fixes.is_empty() => Cell::text(fixes.join(", ")),
        true => Cell::text("none: only beside its stores"),
        false => Cell::absent("not known: not every fix was tried"),
    };
    Some(Row {
        head: workload.to_owned(),
        unit: run.found[s].strategy.clone(),
        cells: vec![
            Cell::text(told(run, s, &open)),
            Cell::number(Nanos(days).as_days_f64(), words::days(days)),
            Cell::text(word).toned(tone),
            by,
        ],
    })
}

/// The order that exposes least beside the one of the file.
fn order(run: &AdviceRun) -> Table {
    let row = |head: &str, it: &TryRun, s: usize| {
        let exposed = judge::exposed(run, it, s);
        let phases: Vec<&str> = it.strategies[s].iter().map(|phase| phase.name.as_str()).collect();
        Row {
            head: head.to_owned(),
            unit: run.found[s].strategy.clone(),
            cells: vec![Cell::text(phases.join(" → ")), Cell::number(exposed, words::digits(exposed))],
        }
    };
    let rows = run.found.iter().enumerate().flat_map(|(s, found)| {
        let best = found.order.map(|at| &run.tries[at]);
        let better = best.filter(|it| judge::exposed(run, it, s) < judge::exposed(run, &run.tries[0], s));
        let word = if better.is_some() { "as planned" } else { "as planned, none found better" };
        std::iter::once(row(word, &run.tries[0], s))
            .chain(better.map(|it| row("exposes least", it, s)))
            .collect::<Vec<_>>()
    });
    Table {
        id: "order".into(),
        caption: "In which order the workloads should move".into(),
        columns: vec![Column::text("Order"), Column::text("Phases"), Column::number("Exposure", "ms·d")],
        rows: rows.collect(),
        note: "Exposure: days × added mean response time against today, workloads by their share of requests and jobs. Phases that only move workloads \
               are put in every order that keeps each workload's own; the best by the sum of their days is simulated."
            .into(),
    }
}
