//! The calls that cost most while their workload is away, and what fixing each buys.
//!
//! Counted, not simulated: mean round trips × what is performed in a day × the distance that being away adds. Not for:
//! what waiting in queues adds to that.

use crate::analysis::advice::judge;
use crate::analysis::words;
use crate::explain::{Costly, costly};
use crate::mitigation::find_one;
use crate::report::model::{Cell, Column, Row, Table, Tone};
use crate::runfile::advice::AdviceRun;
use crate::scenario::{JourneyId, Scenario, Workload, WorkloadKind};
use crate::strategy::{PlacedPhase, expand};

/// Calls that are told.
const SHOWN: usize = 12;
/// A fix of a call takes at least this share of its round trips away.
const FIXES: f64 = 0.3;

/// The calls, those first that cost most in the strategy in which they do.
pub(super) fn table(run: &AdviceRun, scenario: &Scenario) -> Table {
    let placed: Vec<Vec<PlacedPhase>> = (0..scenario.strategies.len()).map(|s| expand(scenario, s)).collect();
    let fixed: Vec<(usize, Vec<Costly>)> = run
        .mitigations
        .iter()
        .enumerate()
        .filter_map(|(at, it)| Some((at, all(&find_one(scenario, &it.name).ok()?.after))))
        .collect();
    let mut rows: Vec<(f64, Row)> = Vec::new();
    for it in all(scenario) {
        let waits: Vec<f64> = placed.iter().map(|phases| waited(scenario, phases, &it)).collect();
        let most = waits.iter().copied().fold(0.0, f64::max);
        if most <= 0.0 {
            continue;
        }
        let s = waits.iter().position(|wait| wait.total_cmp(&most).is_eq()).unwrap_or(0);
        let head = format!("{}: {}", it.journey, it.step);
        let per_day = it.per_second * 86_400.0;
        let mut cells = vec![
            Cell::number(it.round_trips, words::digits(it.round_trips)),
            Cell::number(per_day, words::digits(per_day)),
        ];
        cells.extend(waits.iter().map(|wait| match wait {
            wait if *wait > 0.0 => Cell::number(*wait, words::digits(*wait / 3_600.0)),
            _ => Cell::absent("–"),
        }));
        cells.push(fix(run, s, &it, &fixed));
        rows.push((most, Row { head, unit: it.workload.clone(), cells }));
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let numbers = [Column::number("Round trips a journey", ""), Column::number("Round trips a day", "")];
    let waits = scenario.strategies.iter().map(|it| Column::number(&format!("Waited: {}", it.name), "h"));
    Table {
        id: "costliest-calls".into(),
        caption: "The calls that cost most".into(),
        columns: std::iter::once(Column::text("Call"))
            .chain(numbers)
            .chain(waits)
            .chain([Column::text("What fixing it buys")])
            .collect(),
        rows: rows.into_iter().take(SHOWN).map(|(_, row)| row).collect(),
        note: "Waited: hours that all journeys together wait for the added distance of this call, over the whole strategy, at \
               the busiest rate all day. Calls that run at once are each counted. What fixing buys is simulated, and of the \
               strategy in which the call costs most."
            .into(),
    }
}

/// The calls of all workloads; what several queues or jobs do alike is one, and so are equal calls of a journey.
fn all(scenario: &Scenario) -> Vec<Costly> {
    let mut found: Vec<Costly> = Vec::new();
    for workload in &scenario.workloads {
        for it in costly(scenario, workload) {
            let times = performed(scenario, workload, &it.journey);
            let it = Costly { round_trips: it.round_trips / times, ..it };
            match found.iter_mut().find(|other| same(other, &it)) {
                Some(other) => {
                    other.round_trips += it.round_trips;
                    other.per_second += it.per_second;
                }
                None => found.push(it),
            }
        }
    }
    found
}

fn same(a: &Costly, b: &Costly) -> bool {
    (&a.workload, &a.journey, &a.step, &a.store) == (&b.workload, &b.journey, &b.step, &b.store)
}

/// How many queues or jobs of a workload perform a journey.
fn performed(scenario: &Scenario, workload: &Workload, journey: &str) -> f64 {
    let is = |id: &JourneyId| scenario.journeys[id.0].name == journey;
    let times = match &workload.kind {
        WorkloadKind::Http(http) => http.mix.0.iter().filter(|(id, _)| is(id)).count(),
        WorkloadKind::Queue(queues) => queues.iter().flat_map(|it| &it.mix.0).filter(|(id, _)| is(id)).count(),
        WorkloadKind::Cron(jobs) => jobs.iter().filter(|it| is(&it.journey)).count(),
        WorkloadKind::Startup(_) => 1,
    };
    times.max(1) as f64
}

/// Seconds that a call waits for added distance in a strategy.
fn waited(scenario: &Scenario, phases: &[PlacedPhase], it: &Costly) -> f64 {
    let workload = scenario.workloads.iter().position(|workload| workload.name == it.workload);
    let store = scenario.stores.iter().position(|store| store.name == it.store);
    let (Some(workload), Some(store)) = (workload, store) else { return 0.0 };
    let distance = |phase: &PlacedPhase| {
        let arms = phase.placement.arms.iter().filter(|arm| arm.workload.0 == workload);
        let of = |arm: &crate::strategy::Arm| {
            // A read that a copy serves is as far away as the copy.
            let copy = arm.copies.iter().find(|copy| copy.of.0 == store && it.step.starts_with("query"));
            let near = copy.and_then(|copy| arm.links.get(copy.copy.0)?.as_ref());
            let link = near.or(arm.links.get(store).and_then(Option::as_ref));
            link.map_or(0.0, |link| link.rtt.0.as_secs_f64()) * arm.share.0
        };
        arms.map(of).sum::<f64>()
    };
    let Some(first) = phases.first() else { return 0.0 };
    let today = distance(first);
    phases.iter().map(|phase| phase.lasts.as_secs_f64() * it.per_second * (distance(phase) - today)).sum()
}

/// The mitigation that makes the call rarer and buys most.
fn fix(run: &AdviceRun, s: usize, it: &Costly, fixed: &[(usize, Vec<Costly>)]) -> Cell {
    let trips =
        |all: &[Costly]| -> f64 { all.iter().filter(|other| same(other, it)).map(|other| other.round_trips).sum() };
    let before = it.round_trips;
    let helping: Vec<usize> =
        fixed.iter().filter(|(_, after)| trips(after) <= before * (1.0 - FIXES)).map(|(at, _)| *at).collect();
    let gains = helping.iter().filter_map(|at| {
        let alone = run.tries.iter().find(|it| it.set == [*at])?;
        Some((*at, judge::gain(run, alone, s)))
    });
    let best = gains.max_by(|(at, gain), (other, against)| gain.against(against).then(other.cmp(at)));
    let none = if helping.is_empty() { "no single fix is known" } else { "not simulated" };
    let Some((at, gain)) = best else { return Cell::absent(none) };
    let name = &run.mitigations[at].name;
    let saves = if gain.told() {
        format!("saves {} ms·d", words::digits(gain.saved.value))
    } else {
        "no difference that can be told".into()
    };
    let turns = if gain.turned > 0 { format!(", turns {} from missed to held", gain.turned) } else { String::new() };
    let tone = if gain.turned > 0 { Tone::Held } else { Tone::Plain };
    Cell { small: format!("{saves}{turns}"), detail: run.mitigations[at].title.clone(), ..Cell::text(name.clone()) }
        .toned(tone)
}
