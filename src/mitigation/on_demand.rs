//! On demand: what instances fetch before they are ready is fetched when it is first used.
//!
//! The start-up journey loses its steps, and a journey that uses the data gains them, each part with the probability
//! that this journey is the first of its instance to need it: instances, over journeys from one restart to the next.
//! Not for: reading less of it.

use super::edit::Edit;
use super::{Notes, Refusal, Rewrite};
use crate::scenario::{
    Count, JourneyId, Mitigation, Mix, Scenario, Startup, Step, StepPath, Think, WorkloadId, WorkloadKind, trips,
};
use crate::units::{Fraction, Nanos};

/// What is left of booting: a journey has one step at least, and this is nothing beside a boot.
const BOOT: Nanos = Nanos::from_millis(1);

/// From one restart to the next where no platform says.
const DAY: Nanos = Nanos::from_secs(86_400);

/// For each startup workload the journey that is performed most often.
pub(super) fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    let startups = scenario.workloads.iter().enumerate().filter(|(_, w)| matches!(w.kind, WorkloadKind::Startup(_)));
    let busiest = (0..scenario.journeys.len())
        .map(JourneyId)
        .max_by(|a, b| rate(scenario, *a).total_cmp(&rate(scenario, *b)).then(b.cmp(a)));
    startups.filter_map(|(id, _)| Some(Mitigation::OnDemand { startup: WorkloadId(id), journey: busiest? })).collect()
}

pub(super) fn rewrite(scenario: &Scenario, id: WorkloadId, into: JourneyId) -> Result<Rewrite, Refusal> {
    let WorkloadKind::Startup(startup) = &scenario.workloads[id.0].kind else {
        let why = format!("`{}` is no startup workload", scenario.workloads[id.0].name);
        return Err(Refusal::nothing(why, "name a startup workload"));
    };
    let from = startup.journey;
    let (own, other) = (&scenario.journeys[from.0].name, &scenario.journeys[into.0].name);
    if from == into || trips::performers(scenario, from).count() > 1 {
        let why = format!("`{own}` is performed by others too, who still need all of it");
        return Err(Refusal::nothing(why, "give the startup workload a journey of its own"));
    }
    if trips::largest(&scenario.journeys[from.0].steps) == 0 {
        return Err(Refusal::nothing(format!("`{own}` calls no store"), "remove this mitigation"));
    }
    let chance = first_use(scenario, startup, into);
    if chance >= 0.5 {
        let why = format!("`{other}` is performed so seldom that most of it would be first uses");
        return Err(Refusal::nothing(why, "name a journey that http or queue workloads perform often"));
    }
    let steps = &scenario.journeys[from.0].steps;
    let start = StepPath(vec![1]);
    Ok(Rewrite::Steps(vec![
        Edit {
            journey: from,
            at: start.clone(),
            remove: steps.len(),
            insert: vec![Step::Think(Think::Constant(BOOT))],
        },
        Edit { journey: into, at: start, remove: 0, insert: steps.iter().map(|step| lazily(step, chance)).collect() },
    ]))
}

pub(super) fn notes(scenario: &Scenario, id: WorkloadId, into: JourneyId) -> Notes {
    let WorkloadKind::Startup(startup) = &scenario.workloads[id.0].kind else { return Notes::default() };
    let (own, other) = (&scenario.journeys[startup.journey.0].name, &scenario.journeys[into.0].name);
    let chance = first_use(scenario, startup, into);
    Notes {
        place: format!("the steps of {own} move into {other}"),
        assumes: vec![
            format!("the {} instances are those that perform {other}, and it uses all of the data", startup.instances),
            format!("they restart every {}", restarts(scenario)),
        ],
        costs: vec![format!(
            "{:.1e} of the journeys wait for each part, right after a restart all at once, which a mean does not show",
            chance
        )],
    }
}

/// A part, read by the journey that is first to use it; the rounds of a repeat are parts of their own.
fn lazily(step: &Step, chance: f64) -> Step {
    let maybe = |steps| Step::Repeat { times: Count::Chance(Fraction(chance)), steps };
    match step {
        Step::Repeat { times, steps } => Step::Repeat { times: times.clone(), steps: vec![maybe(steps.clone())] },
        other => maybe(vec![other.clone()]),
    }
}

/// The probability that a journey is the first on its instance.
fn first_use(scenario: &Scenario, startup: &Startup, into: JourneyId) -> f64 {
    let journeys = rate(scenario, into) * restarts(scenario).as_secs_f64();
    if journeys > 0.0 { f64::from(startup.instances) / journeys } else { 1.0 }
}

/// The shortest time from one restart to the next on any platform.
fn restarts(scenario: &Scenario) -> Nanos {
    let all = scenario.platforms.iter().filter_map(|platform| platform.restart.as_ref());
    all.map(|restart| restart.every).min().unwrap_or(DAY)
}

/// How often a second a journey is performed by http and queue workloads, on the mean.
fn rate(scenario: &Scenario, journey: JourneyId) -> f64 {
    let of = |mix: &Mix, rate: f64| {
        let total: f64 = mix.0.iter().map(|(_, weight)| weight).sum();
        mix.0.iter().filter(|(id, _)| *id == journey).map(|(_, weight)| rate * weight / total).sum::<f64>()
    };
    let each = scenario.workloads.iter().map(|workload| match &workload.kind {
        WorkloadKind::Http(http) => of(&http.mix, http.arrivals.rate.0),
        WorkloadKind::Queue(queues) => queues.iter().map(|queue| of(&queue.mix, queue.arrivals.rate.0)).sum(),
        WorkloadKind::Cron(_) | WorkloadKind::Startup(_) => 0.0,
    });
    each.sum()
}
