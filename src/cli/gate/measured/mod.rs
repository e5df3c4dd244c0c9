//! Two sides measured by turns in one job: the scenario against a base, on real sockets.
//!
//! The base is another scenario, or the same one over another link, at another RTT or on other servers. Not for: what is
//! performed (`engine::turns`), when a difference is told (`analysis::gate::paired`).

mod args;
mod side;

use std::path::Path;
use std::sync::Arc;

pub(super) use args::MeasuredArgs;
use args::{Request, Way};
use side::Standing;

use super::files::{can_write, wrote};
use crate::analysis::gate::paired::{self, trips};
use crate::analysis::gate::{Check, Judged, Kind, Outcome, Paired, id};
use crate::cli::asked::gave_up;
use crate::cli::interrupt::stop_on_interrupt;
use crate::cli::progress::Shown;
use crate::cli::{Exit, Failure, OrExit};
use crate::engine::Progress;
use crate::engine::turns::{self, Compared, Pace};
use crate::explain;
use crate::measure::turns::Turns;
use crate::runfile::put;
use crate::scenario::JourneyId;
use crate::units::Nanos;

/// Measures both sides and judges.
pub(super) fn judge(path: &Path, strategies: &[String], args: &MeasuredArgs, quiet: bool) -> Result<Judged, Failure> {
    args.raw.as_deref().map_or(Ok(()), can_write)?;
    let request = Request::new(path, strategies, args)?;
    let (journeys, alone) = request.journeys(args)?;
    let about = request.about(args, &alone);
    let mut checks: Vec<Check> = journeys.iter().filter_map(|journey| request.trips(journey)).collect();
    if journeys.is_empty() {
        checks.push(nothing(&alone));
        let place = Some(request.place(None));
        return Ok(Judged { title: request.title(), about, checks, place, ..Judged::default() });
    }
    let pace = args.pace(&request, journeys.len())?;
    let rules = args.rules(request.seed);
    let measured = measure(&request, args, &journeys, (&pace, &rules), quiet)?;
    checks.extend(paired::checks(&measured.pairs, &rules));
    for set in &measured.sets {
        checks.extend(paired::failures(set));
        checks.extend(paired::delay(set));
        checks.extend(paired::starved(set));
    }
    for check in &mut checks {
        let journey = journeys.iter().find(|journey| journey.name == check.subject);
        check.place = journey.map(|journey| request.place(Some(&journey.journey)));
    }
    if let Some(path) = &args.raw {
        let raw = Raw { pairs: &measured.pairs, sets: &measured.sets };
        wrote(path, put(path, &serde_json::to_vec(&raw).or_exit(Exit::Internal)?))?;
    }
    Ok(Judged {
        title: request.title(),
        about: with_links(about, &measured.sets),
        checks,
        distributions: measured.sets.last().map(paired::distributions).unwrap_or_default(),
        pairs: measured.pairs,
        place: Some(request.place(None)),
        ..Judged::default()
    })
}

/// What was measured, and what it shows.
struct Measured {
    /// One set of rounds, or two.
    sets: Vec<Turns>,
    pairs: Vec<Paired>,
}

/// Everything behind a verdict, for whoever wants to judge otherwise.
#[derive(serde::Serialize)]
struct Raw<'a> {
    pairs: &'a [Paired],
    sets: &'a [Turns],
}

/// Measures a set of rounds, and a second one where a difference has to recur.
fn measure(
    request: &Request,
    args: &MeasuredArgs,
    journeys: &[Compared],
    (pace, rules): (&Pace, &paired::Rules),
    quiet: bool,
) -> Result<Measured, Failure> {
    let stop = stop_on_interrupt().or_exit(Exit::Environment)?;
    let [first, second] = Standing::both(request, &stop)?;
    let shown = Shown::new(quiet);
    let perform = |pace: &Pace, number: usize| {
        shown.placement(number, 1 + usize::from(args.confirm), &request.label, "two sides by turns");
        turns::by_turns(first.performing(), second.performing(), journeys, pace, &shown).map_err(gave_up)
    };
    let set = perform(pace, 1)?;
    let pairs = paired::judge(&set, rules);
    if !args.confirm || !paired::asks_again(&pairs) {
        shown.done();
        return Ok(Measured { sets: vec![set], pairs });
    }
    let again = perform(&Pace { before: u64::from(pace.rounds) + 1, ..pace.clone() }, 2)?;
    shown.done();
    let pairs = paired::confirm(pairs, paired::judge(&again, rules));
    Ok(Measured { sets: vec![set, again], pairs })
}

/// The sides have no journey in common.
fn nothing(alone: &[String]) -> Check {
    Check {
        id: id(&["comparison", "nothing"]),
        subject: "both sides".into(),
        quantity: "journeys".into(),
        outcome: Outcome::Incomparable,
        sentence: format!(
            "no workload performs a journey of the same name on both sides (only on one: {})",
            alone.join(", ")
        ),
        ..Check::blank(Kind::Comparison)
    }
}

/// How well the links held their delay belongs to what was done.
fn with_links(mut about: Vec<(String, String)>, sets: &[Turns]) -> Vec<(String, String)> {
    let mut told: Vec<String> = Vec::new();
    for (set, word) in sets.iter().flat_map(|set| set.held.iter().zip(["base", "change"])) {
        let link = |held: &crate::measure::turns::Held| {
            let late = Nanos(held.median_ns).as_millis_f64();
            format!("{word} {}: {} + {late:.3} ms (median of {})", held.link, Nanos(held.rtt_ns), held.count)
        };
        told.extend(set.iter().filter(|held| held.count > 0).map(link));
    }
    about.push(("round trips took".into(), told.join("; ")));
    about
}

impl Request {
    fn title(&self) -> String {
        self.second.scenario.name.clone()
    }
    /// The journeys that are compared, and those that cannot be.
    fn journeys(&self, args: &MeasuredArgs) -> Result<(Vec<Compared>, Vec<String>), Failure> {
        let of = |way: &Way| (Arc::clone(&way.scenario), way.placement.clone());
        let (first, second) = (of(&self.first), of(&self.second));
        let (mut both, alone) = turns::compared((&first.0, &first.1), (&second.0, &second.1));
        if args.journey.is_empty() {
            both.retain(|journey| !self.boots(journey));
            return Ok((both, alone));
        }
        for name in &args.journey {
            if !both.iter().any(|journey| journey.name == *name || journey.journey == *name) {
                let known: Vec<_> = both.iter().map(|journey| journey.name.as_str()).collect();
                let text =
                    format!("both sides have no journey `{name}` in `{}`: they have {}", self.label, known.join(", "));
                return Err(args::usage(&text));
            }
        }
        both.retain(|journey| args.journey.contains(&journey.name) || args.journey.contains(&journey.journey));
        Ok((both, alone))
    }
    /// What happens once an instance, and takes long, is compared only if it is asked for.
    fn boots(&self, journey: &Compared) -> bool {
        let arm = &self.second.placement.arms[journey.second.0];
        matches!(self.second.scenario.workloads[arm.workload.0].kind, crate::scenario::WorkloadKind::Startup(_))
    }
    /// The round trips of a journey on both sides.
    fn trips(&self, journey: &Compared) -> Option<Check> {
        let of = |way: &Way, arm: usize| {
            let arm = &way.placement.arms[arm];
            let id = way.scenario.journeys.iter().position(|known| known.name == journey.journey)?;
            let unit = explain::unit(&way.scenario, JourneyId(id), &way.scenario.workloads[arm.workload.0]);
            Some((unit, arm.links.iter().flatten().map(|link| link.rtt.0).collect::<Vec<Nanos>>()))
        };
        let ((first, _), (second, rtts)) = (of(&self.first, journey.first.0)?, of(&self.second, journey.second.0)?);
        Some(trips::check(&trips::Both { name: &journey.name, first: &first, second: &second, rtts: &rtts }))
    }
}
