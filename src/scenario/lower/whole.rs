//! What only a whole scenario can tell: sizes, links that phases need, expected round trips.

use std::collections::BTreeSet;

use super::ask::{Asker, Names};
use super::limits::{CALLS_CAP_MAX, CALLS_MAX};
use super::strategies::PhasePlace;
use super::{Known, each, mitigations};
use crate::scenario::error::Problem;
use crate::scenario::trips::{self, Trips};
use crate::scenario::wire::leaf::{Leaf, Opt};
use crate::scenario::wire::strategies::RoundTrips;
use crate::scenario::wire::{File, Key};
use crate::scenario::{ExpectedTrips, JourneyId, Scenario, SiteId};
use crate::strategy::{Arm, expand, stores_called};

/// The scenario, if nothing is wrong with it as a whole either.
pub(super) fn check(
    mut ask: Asker<'_>,
    known: &Known,
    file: &File,
    places: &[Vec<PhasePlace>],
    mut scenario: Scenario,
) -> Result<Scenario, Vec<Problem>> {
    let round_trips = file.expect.get().map(|expect| each(&expect.round_trips).collect::<Vec<_>>()).unwrap_or_default();
    let expected: Vec<_> =
        round_trips.iter().filter_map(|(key, trips)| expected(&mut ask, &known.journeys, key, trips)).collect();
    // What stands in for bad values would only make bad messages from here on.
    if ask.problems.is_empty() {
        sizes(&mut ask, file, &scenario);
    }
    if ask.problems.is_empty() {
        links(&mut ask, file, places, &scenario);
        for ((journey, trips), (key, wire)) in expected.iter().zip(&round_trips) {
            compare(&mut ask, &scenario, *journey, trips, key, wire);
        }
        mitigations::applicable(&mut ask, &file.mitigations, &scenario);
    }
    scenario.expect = expected;
    if ask.problems.is_empty() { Ok(scenario) } else { Err(ask.problems) }
}

/// Journeys of absurd length.
fn sizes(ask: &mut Asker<'_>, file: &File, scenario: &Scenario) {
    for ((key, _), journey) in each(&file.journeys).zip(&scenario.journeys) {
        let (typical, largest) = (trips::typical(&journey.steps), trips::largest(&journey.steps));
        let name = &journey.name;
        let help = "a job of many items is a cron workload: its journey is one item";
        if typical > CALLS_MAX {
            let message = format!("journey `{name}` typically makes {typical} calls: at most {CALLS_MAX}");
            ask.say(key.at, message, Some(help.into()));
        } else if largest > CALLS_CAP_MAX {
            let message = format!("journey `{name}` can make {largest} calls: at most {CALLS_CAP_MAX}");
            ask.say(key.at, message, Some("lower the `cap` of its repeats".into()));
        }
    }
}

/// Pairs of sites that some phase puts a call across, without a link; each pair is told once.
fn links(ask: &mut Asker<'_>, file: &File, places: &[Vec<PhasePlace>], scenario: &Scenario) {
    let mut told = BTreeSet::new();
    for (strategy, places) in places.iter().enumerate() {
        for (phase, place) in expand(scenario, strategy).iter().zip(places) {
            for arm in &phase.placement.arms {
                for (store, site) in missing(scenario, arm, &phase.placement.stores) {
                    if told.insert((arm.site.min(site), arm.site.max(site))) {
                        let strategy = &scenario.strategies[strategy].name;
                        let words = Words { strategy, phase: &phase.name, store };
                        no_link(ask, file, scenario, arm, site, place, &words);
                    }
                }
            }
        }
    }
}

/// Stores that the arm calls without a link to them, with their site.
fn missing<'s>(scenario: &'s Scenario, arm: &Arm, stores: &[SiteId]) -> Vec<(&'s str, SiteId)> {
    stores_called(scenario, arm.workload, &arm.copies)
        .into_iter()
        .filter(|store| arm.links[store.0].is_none())
        .map(|store| (scenario.stores[store.0].name.as_str(), stores[store.0]))
        .collect()
}

struct Words<'s> {
    strategy: &'s str,
    phase: &'s str,
    store: &'s str,
}

fn no_link(
    ask: &mut Asker<'_>,
    file: &File,
    scenario: &Scenario,
    arm: &Arm,
    site: SiteId,
    place: &PhasePlace,
    words: &Words<'_>,
) {
    let Words { strategy, phase, store } = words;
    let workload = &scenario.workloads[arm.workload.0].name;
    let (from, to) = (&scenario.sites[arm.site.0].name, &scenario.sites[site.0].name);
    // The move that brought it about, or else the phase.
    let at = place.moves.iter().find(|(name, _)| name == workload || name == store).map_or(place.at, |(_, at)| *at);
    let links = if file.links.get().is_some() { "add to `links`" } else { "write `links` with" };
    let (what, line) = if from == to {
        (format!("no link lies within `{from}`"), format!("{{ within: {from}, rtt: 0.5ms }}"))
    } else {
        (format!("no link joins `{from}` and `{to}`"), format!("{{ between: [{from}, {to}], rtt: 15ms }}"))
    };
    let message = format!(
        "in phase `{phase}` of `{strategy}`, `{workload}` is in `{from}` and calls `{store}` in `{to}`: {what}"
    );
    ask.say(at, message, Some(format!("{links} for example `- {line}`")));
}

fn expected(ask: &mut Asker<'_>, journeys: &Names, key: &Key, wire: &RoundTrips) -> Option<(JourneyId, ExpectedTrips)> {
    let journey = ask.look_up(journeys, &key.text, key.at);
    let mut read =
        |leaf: &Opt<Leaf<u64>>, word: &str| ask.maybe(leaf, word, (0, CALLS_CAP_MAX)).map(|number| number as u32);
    let trips = ExpectedTrips {
        connect: read(&wire.connect, "connect"),
        calls: read(&wire.calls, "calls"),
        sequential: read(&wire.sequential, "sequential"),
    };
    Some((JourneyId(journey?), trips))
}

/// Expected against counted round trips, for each workload that performs the journey.
fn compare(
    ask: &mut Asker<'_>,
    scenario: &Scenario,
    journey: JourneyId,
    expected: &ExpectedTrips,
    key: &Key,
    wire: &RoundTrips,
) {
    let counted: Vec<(&str, Trips)> = trips::performers(scenario, journey)
        .map(|(_, w)| (w.name.as_str(), trips::count(scenario, journey, &w.mysql, &w.memcached)))
        .collect();
    let Some((_, first)) = counted.first() else {
        if let Some(leaf) = wire.connect.get() {
            let message = format!("no workload performs `{}`, so nothing says what it connects with", key.text);
            ask.say(leaf.at, message, Some("remove `connect`, or add a workload".into()));
        }
        let policy = scenario.workloads[0].mysql;
        let any = trips::count(scenario, journey, &policy, &policy);
        calls(ask, expected, &any, key, wire);
        return;
    };
    calls(ask, expected, first, key, wire);
    if let (Some(expected), Some(leaf)) = (expected.connect, wire.connect.get()) {
        let differ: Vec<_> = counted.iter().filter(|(_, trips)| trips.connect != u64::from(expected)).collect();
        if !differ.is_empty() {
            let each = differ.iter().map(|(name, trips)| format!("{} as `{name}` performs it", trips.connect));
            let each = each.collect::<Vec<_>>().join(", ");
            let message = format!("round trips to connect for `{}`, as counted: {each}", key.text);
            ask.say(leaf.at, message, Some("correct this number, or the connections".into()));
        }
    }
}

fn calls(ask: &mut Asker<'_>, expected: &ExpectedTrips, counted: &Trips, key: &Key, wire: &RoundTrips) {
    for (leaf, expected, counted, what) in [
        (wire.calls.get(), expected.calls, counted.calls, "for calls"),
        (wire.sequential.get(), expected.sequential, counted.sequential, "one after the other"),
    ] {
        if let (Some(leaf), Some(_)) = (leaf, expected.filter(|expected| u64::from(*expected) != counted)) {
            let message = format!("`{}` typically takes {counted} round trips {what}", key.text);
            ask.say(leaf.at, message, Some("correct this number, or the steps".into()));
        }
    }
}
