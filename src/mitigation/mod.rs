//! Mitigations: rewrites of a scenario that leave what it means and change how it is done.
//!
//! Pure functions from scenario to scenario, one rewrite a file. [`find`] says which apply where, with the round
//! trips before and after as [`crate::scenario::trips`] counts them (so a prediction and `check` agree), what each
//! assumes and what it costs; [`apply`] does several in order. Not for: what they buy in time under load, which an
//! engine says of the rewritten scenario.

mod batch;
mod edit;
mod emulate_prepare;
mod expect;
mod keep;
mod leave_behind;
mod link;
mod local_cache;
mod local_replica;
mod misses;
mod on_demand;
mod parallel;
mod persistent;
mod pool;
mod proxy;
mod rolling_restart;
mod single_statement;
mod stagger;
mod warm;
mod words;
mod workers;

use edit::{Done, Edit};
pub use words::{name, title};

use crate::scenario::trips::{self, Trips};
use crate::scenario::{JourneyId, LoadError, Mitigation, Scenario, Switch, parse, render};

/// A mitigation and what it would do to a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// What it is called: the name of a switch of the file, or one made of what it does and where (`batch:item-page:5`).
    pub name: String,
    /// Whether the file itself names it.
    pub switch: bool,
    /// What it does.
    pub mitigation: Mitigation,
    /// What it does, in words.
    pub title: String,
    /// What stands at the place where it does it, in words; empty if the title says it all.
    pub place: String,
    /// Journeys whose round trips it changes.
    pub trips: Vec<TripsChange>,
    /// What must be true for it, which the scenario does not say.
    pub assumes: Vec<String>,
    /// What it costs, and what its numbers leave out.
    pub costs: Vec<String>,
    /// The scenario after it.
    pub after: Scenario,
}

/// Typical round trips of a journey as some workloads perform it, before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct TripsChange {
    /// Which journey.
    pub journey: String,
    /// The workloads.
    pub performers: Vec<String>,
    /// Before.
    pub before: Trips,
    /// After.
    pub after: Trips,
}

/// A scenario with mitigations done.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The scenario; its remaining switches still apply.
    pub scenario: Scenario,
    /// What else had to change: expected round trips, switches that no longer apply. One sentence each.
    pub notes: Vec<String>,
}

/// Why a mitigation cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is nothing that it could change.
    #[error("{why}")]
    Nothing {
        /// Why not.
        why: String,
        /// What would be right.
        help: Option<&'static str>,
    },
    /// Another mitigation, done before it, replaced the step that it names.
    #[error("step {step} of `{journey}` was replaced by a mitigation before this one")]
    Gone {
        /// In which journey.
        journey: String,
        /// Which step, as it is numbered now.
        step: String,
    },
    /// What it makes is no valid scenario.
    #[error("this mitigation would break a rule of scenarios: {0}")]
    NotValid(String),
}

impl Refusal {
    fn nothing(why: impl Into<String>, help: &'static str) -> Self {
        Self::Nothing { why: why.into(), help: Some(help) }
    }
    fn not_valid(error: &LoadError) -> Self {
        Self::NotValid(error.problems().first().map_or_else(String::new, |problem| problem.message.clone()))
    }
    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Nothing { help, .. } => *help,
            Self::Gone { .. } => Some("name it before the other, or leave its `step` out"),
            Self::NotValid(_) => Some("use it where there is less, or change its numbers"),
        }
    }
}

/// What one rewrite makes of a scenario.
enum Rewrite {
    /// Steps become others.
    Steps(Vec<Edit>),
    /// Anything else; steps stay where they are.
    Whole(Box<Scenario>),
}

/// What a reader should know of one rewrite.
#[derive(Debug, Default)]
struct Notes {
    place: String,
    assumes: Vec<String>,
    costs: Vec<String>,
}

fn rewrite(scenario: &Scenario, mitigation: &Mitigation) -> Result<Rewrite, Refusal> {
    match mitigation {
        Mitigation::Batch { journey, step } => batch::rewrite(scenario, *journey, step.as_ref()),
        Mitigation::Parallel { journey, step, branches } => {
            parallel::rewrite(scenario, *journey, step.as_ref(), *branches)
        }
        Mitigation::Persistent { workload, on_reuse } => persistent::rewrite(scenario, *workload, *on_reuse),
        Mitigation::Pool { workload, size, on_reuse } => pool::rewrite(scenario, *workload, *size, *on_reuse),
        Mitigation::Proxy { workload } => proxy::rewrite(scenario, *workload),
        Mitigation::EmulatePrepare { journey } => emulate_prepare::rewrite(scenario, *journey),
        Mitigation::LocalCache { store, journey, hit } => local_cache::rewrite(scenario, *store, *journey, *hit),
        Mitigation::LocalReplica { store, lag, pinned } => local_replica::rewrite(scenario, *store, *lag, *pinned),
        Mitigation::SingleStatement { journey, step } => single_statement::rewrite(scenario, *journey, step.as_ref()),
        Mitigation::Workers { workload, factor } => workers::rewrite(scenario, *workload, *factor),
        Mitigation::OnDemand { startup, journey } => on_demand::rewrite(scenario, *startup, *journey),
        Mitigation::Stagger { workload, over } => stagger::rewrite(scenario, *workload, *over),
        Mitigation::RollingRestart { platform, part } => rolling_restart::rewrite(scenario, *platform, *part),
        Mitigation::Warm { store } => warm::rewrite(scenario, *store),
        Mitigation::LeaveBehind { workload } => leave_behind::rewrite(scenario, *workload),
        Mitigation::Link { between, change } => link::rewrite(scenario, *between, change),
    }
}

fn notes(scenario: &Scenario, mitigation: &Mitigation) -> Notes {
    match mitigation {
        Mitigation::Batch { journey, step } => batch::notes(scenario, *journey, step.as_ref()),
        Mitigation::Parallel { journey, step, branches } => {
            parallel::notes(scenario, *journey, step.as_ref(), *branches)
        }
        Mitigation::Persistent { workload, on_reuse } => persistent::notes(scenario, *workload, *on_reuse),
        Mitigation::Pool { workload, size, .. } => pool::notes(scenario, *workload, *size),
        Mitigation::Proxy { workload } => proxy::notes(scenario, *workload),
        Mitigation::EmulatePrepare { .. } => emulate_prepare::notes(),
        Mitigation::LocalCache { store, hit, .. } => local_cache::notes(scenario, *store, *hit),
        Mitigation::LocalReplica { store, lag, pinned } => local_replica::notes(scenario, *store, *lag, *pinned),
        Mitigation::SingleStatement { journey, step } => single_statement::notes(scenario, *journey, step.as_ref()),
        Mitigation::Workers { workload, factor } => workers::notes(scenario, *workload, *factor),
        Mitigation::OnDemand { startup, journey } => on_demand::notes(scenario, *startup, *journey),
        Mitigation::Stagger { workload, over } => stagger::notes(scenario, *workload, *over),
        Mitigation::RollingRestart { platform, part } => rolling_restart::notes(scenario, *platform, *part),
        Mitigation::Warm { store } => warm::notes(scenario, *store),
        Mitigation::LeaveBehind { workload } => leave_behind::notes(scenario, *workload),
        Mitigation::Link { between, change } => link::notes(scenario, *between, change),
    }
}

/// Every mitigation that applies: the file's own switches first, then what is found, one for each place.
pub fn find(scenario: &Scenario) -> Vec<Candidate> {
    let own = scenario.mitigations.iter().filter_map(|switch| switched(scenario, switch));
    let found = proposals(scenario).into_iter().filter_map(|mitigation| {
        let name = name(scenario, &mitigation);
        candidate(scenario, name, false, &mitigation).ok().filter(worth_it)
    });
    own.chain(found).collect()
}

/// The mitigation of this name that [`find`] finds, without looking at the others.
///
/// # Errors
/// The names that it may be meant to be, if there is none of this one.
pub fn find_one(scenario: &Scenario, name: &str) -> Result<Candidate, Vec<String>> {
    let own = scenario.mitigations.iter().find(|switch| switch.name == name);
    if let Some(found) = own.and_then(|switch| switched(scenario, switch)) {
        return Ok(found);
    }
    let all: Vec<(String, Mitigation)> =
        proposals(scenario).into_iter().map(|mitigation| (self::name(scenario, &mitigation), mitigation)).collect();
    let found = all.iter().find(|(known, _)| known == name);
    let found = found.and_then(|(name, mitigation)| candidate(scenario, name.clone(), false, mitigation).ok());
    found.filter(worth_it).ok_or_else(|| {
        let own = scenario.mitigations.iter().map(|switch| switch.name.clone());
        own.chain(all.into_iter().map(|(known, _)| known).filter(|known| known != name)).collect()
    })
}

/// What could be tried, with numbers of its own where a rewrite needs some.
fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    let all: [fn(&Scenario) -> Vec<Mitigation>; 16] = [
        batch::proposals,
        parallel::proposals,
        persistent::proposals,
        pool::proposals,
        proxy::proposals,
        emulate_prepare::proposals,
        local_cache::proposals,
        local_replica::proposals,
        single_statement::proposals,
        workers::proposals,
        on_demand::proposals,
        stagger::proposals,
        rolling_restart::proposals,
        warm::proposals,
        leave_behind::proposals,
        link::proposals,
    ];
    all.iter().flat_map(|proposals| proposals(scenario)).collect()
}

/// A found mitigation must not make any journey cross the link more often in a row, connections included; one of a
/// journey must change somebody's.
fn worth_it(candidate: &Candidate) -> bool {
    let of_journey = matches!(
        candidate.mitigation,
        Mitigation::Batch { .. }
            | Mitigation::Parallel { .. }
            | Mitigation::SingleStatement { .. }
            | Mitigation::EmulatePrepare { .. }
    );
    if of_journey && candidate.trips.is_empty() {
        return false;
    }
    let longer = |change: &TripsChange| {
        change.after.connect + change.after.sequential > change.before.connect + change.before.sequential
    };
    !candidate.trips.iter().any(longer)
}

fn switched(scenario: &Scenario, switch: &Switch) -> Option<Candidate> {
    candidate(scenario, switch.name.clone(), true, &switch.mitigation).ok()
}

fn candidate(scenario: &Scenario, name: String, switch: bool, mitigation: &Mitigation) -> Result<Candidate, Refusal> {
    let after = done(scenario, std::slice::from_ref(mitigation))?.0;
    let Notes { place, assumes, costs } = notes(scenario, mitigation);
    Ok(Candidate {
        name,
        switch,
        mitigation: mitigation.clone(),
        title: title(scenario, mitigation),
        place,
        trips: changes(scenario, &after),
        assumes,
        costs,
        after,
    })
}

/// Does several mitigations in order. Steps are numbered as in `scenario`, whatever is done before.
///
/// Expected round trips are counted anew, and switches that no longer apply are left out.
///
/// # Errors
/// If one finds nothing to change, or makes a scenario that no file could hold.
pub fn apply(scenario: &Scenario, all: &[Mitigation]) -> Result<Applied, Refusal> {
    let (mut rewritten, edits) = done(scenario, all)?;
    let mut notes = expect::corrected(scenario, &rewritten);
    for switch in scenario.mitigations.iter().filter(|switch| !all.contains(&switch.mitigation)) {
        let still = edits.follow(scenario, &switch.mitigation).and_then(|mitigation| {
            done(&rewritten, std::slice::from_ref(&mitigation))?;
            Ok(mitigation)
        });
        match still {
            Ok(mitigation) => rewritten.mitigations.push(Switch { name: switch.name.clone(), mitigation }),
            Err(refusal) => {
                notes.push(format!("switch `{}` no longer applies and is left out: {refusal}", switch.name));
            }
        }
    }
    Ok(Applied { scenario: rewritten, notes })
}

/// The scenario after all of them, without switches, and what was done to its steps.
fn done(scenario: &Scenario, all: &[Mitigation]) -> Result<(Scenario, Done), Refusal> {
    let mut now = Scenario { mitigations: Vec::new(), ..scenario.clone() };
    let mut edits = Done::default();
    for mitigation in all {
        let mitigation = edits.follow(scenario, mitigation)?;
        match rewrite(&now, &mitigation)? {
            Rewrite::Steps(steps) => edits.perform(&mut now, steps),
            Rewrite::Whole(scenario) => now = *scenario,
        }
    }
    now.expect = expect::counted(&now);
    valid(&now)?;
    Ok((now, edits))
}

/// A rewritten scenario is judged as its file would be, so that no rule has to be written twice.
fn valid(scenario: &Scenario) -> Result<(), Refusal> {
    let text = render(scenario).map_err(|error| Refusal::NotValid(error.to_string()))?;
    match parse("rewritten", &text) {
        Ok(_) => Ok(()),
        Err(error) => Err(Refusal::not_valid(&error)),
    }
}

/// Journeys whose typical round trips differ, by how they are performed.
fn changes(before: &Scenario, after: &Scenario) -> Vec<TripsChange> {
    let mut found: Vec<TripsChange> = Vec::new();
    for id in (0..before.journeys.len()).map(JourneyId) {
        let journey = &before.journeys[id.0].name;
        for (workload, was) in trips::performers(before, id) {
            let is = &after.workloads[workload.0];
            let counts = (
                trips::count(before, id, &was.mysql, &was.memcached),
                trips::count(after, id, &is.mysql, &is.memcached),
            );
            let same = |it: &&mut TripsChange| it.journey == *journey && (it.before, it.after) == counts;
            match found.iter_mut().find(same) {
                Some(known) => known.performers.push(was.name.clone()),
                None if counts.0 == counts.1 => {}
                None => found.push(TripsChange {
                    journey: journey.clone(),
                    performers: vec![was.name.clone()],
                    before: counts.0,
                    after: counts.1,
                }),
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
