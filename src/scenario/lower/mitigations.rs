//! Mitigations: names resolved, numbers within bounds, and each tried on the scenario.
//!
//! Not for: what they do ([`crate::mitigation`]).

use serde_saphyr::Location;

use super::ask::Asker;
use super::{Known, change, each, limits};
use crate::mitigation;
use crate::scenario::wire::leaf::{At, Leaf, Name, Opt, Short};
use crate::scenario::wire::mitigations::{self as wire, Entry, OfSteps};
use crate::scenario::wire::{Key, Named};
use crate::scenario::{
    JourneyId, Mitigation, OnReuse, PlatformId, Scenario, SiteId, StepPath, StoreId, Switch, WorkloadId,
};
use crate::units::{Fraction, Nanos};

/// Branches of a row of reads, where the file does not say.
const BRANCHES: u32 = 8;

/// All mitigations, in file order.
pub(super) fn mitigations(ask: &mut Asker<'_>, known: &Known, all: &Opt<Named<Entry>>) -> Vec<Switch> {
    let mut found = Vec::new();
    for (key, At { value, at }) in each(all) {
        let name = ask.name(key);
        if let Some(Err(wire)) = ask.short(value, *at) {
            found.extend(one(ask, known, wire).map(|mitigation| Switch { name, mitigation }));
        }
    }
    found
}

fn one(ask: &mut Asker<'_>, known: &Known, wire: &wire::Mitigation) -> Option<Mitigation> {
    Some(match wire {
        wire::Mitigation::Batch(entry) => {
            let (journey, step) = of_steps(ask, known, entry)?;
            Mitigation::Batch { journey, step }
        }
        wire::Mitigation::SingleStatement(entry) => {
            let (journey, step) = of_steps(ask, known, entry)?;
            Mitigation::SingleStatement { journey, step }
        }
        wire::Mitigation::Parallel(entry) => parallel(ask, known, entry)?,
        wire::Mitigation::Persistent(entry) => persistent(ask, known, entry)?,
        wire::Mitigation::Pool(entry) => {
            let map = &entry.value;
            let workload = workload(ask, known, (&map.workload, entry.at))?;
            let size = ask.need(&map.size, (entry.at, "this pool"), ("size", "size: 40"), limits::POOL)? as u32;
            Mitigation::Pool { workload, size, on_reuse: ask.word(&map.on_reuse, OnReuse::Nothing) }
        }
        wire::Mitigation::Proxy(leaf) => Mitigation::Proxy { workload: find_workload(ask, known, leaf)? },
        wire::Mitigation::EmulatePrepare(leaf) => {
            Mitigation::EmulatePrepare { journey: find_journey(ask, known, leaf)? }
        }
        wire::Mitigation::LocalCache(entry) => local_cache(ask, known, entry)?,
        wire::Mitigation::LocalReplica(entry) => local_replica(ask, known, entry)?,
        wire::Mitigation::Workers(entry) => {
            let map = &entry.value;
            let workload = workload(ask, known, (&map.workload, entry.at));
            let factor = ("factor", "factor: 4");
            let factor = ask.need(&map.factor, (entry.at, THIS), factor, limits::FACTOR)? as u32;
            Mitigation::Workers { workload: workload?, factor }
        }
        wire::Mitigation::OnDemand(entry) => {
            let map = &entry.value;
            let startup = named(ask, &map.startup, entry.at, ("startup", "startup: boot"));
            let startup = startup.and_then(|leaf| find_workload(ask, known, leaf));
            Mitigation::OnDemand { startup: startup?, journey: journey(ask, known, (&map.journey, entry.at))? }
        }
        wire::Mitigation::Stagger(entry) => {
            let map = &entry.value;
            let workload = workload(ask, known, (&map.workload, entry.at));
            let over = ask.need(&map.over, (entry.at, THIS), ("over", "over: 45s"), limits::STAGGER)?;
            Mitigation::Stagger { workload: workload?, over }
        }
        wire::Mitigation::RollingRestart(entry) => {
            let map = &entry.value;
            let platform = named(ask, &map.platform, entry.at, ("platform", "platform: kubernetes"));
            let platform = platform.and_then(|leaf| ask.find(&known.platforms, leaf).map(PlatformId));
            let part = ask.need(&map.rolling, (entry.at, THIS), ("rolling", "rolling: 10%"), limits::ROLLING)?;
            Mitigation::RollingRestart { platform: platform?, part }
        }
        wire::Mitigation::Warm(leaf) => Mitigation::Warm { store: ask.find(&known.stores, leaf).map(StoreId)? },
        wire::Mitigation::LeaveBehind(leaf) => Mitigation::LeaveBehind { workload: find_workload(ask, known, leaf)? },
        wire::Mitigation::Link(entry) => link(ask, known, entry)?,
    })
}

/// What messages call one.
const THIS: &str = "this mitigation";

fn named<'w>(
    ask: &mut Asker<'_>,
    opt: &'w Opt<Leaf<Name>>,
    at: Location,
    (key, example): (&str, &str),
) -> Option<&'w Leaf<Name>> {
    if opt.get().is_none() {
        ask.missing(at, THIS, key, example);
    }
    opt.get()
}

fn find_journey(ask: &mut Asker<'_>, known: &Known, leaf: &Leaf<Name>) -> Option<JourneyId> {
    ask.find(&known.journeys, leaf).map(JourneyId)
}

fn find_workload(ask: &mut Asker<'_>, known: &Known, leaf: &Leaf<Name>) -> Option<WorkloadId> {
    ask.find(&known.workloads, leaf).map(WorkloadId)
}

fn journey(ask: &mut Asker<'_>, known: &Known, (opt, at): (&Opt<Leaf<Name>>, Location)) -> Option<JourneyId> {
    let leaf = named(ask, opt, at, ("journey", "journey: item-page"))?;
    find_journey(ask, known, leaf)
}

fn workload(ask: &mut Asker<'_>, known: &Known, (opt, at): (&Opt<Leaf<Name>>, Location)) -> Option<WorkloadId> {
    let leaf = named(ask, opt, at, ("workload", "workload: web"))?;
    find_workload(ask, known, leaf)
}

fn of_steps(
    ask: &mut Asker<'_>,
    known: &Known,
    entry: &At<Short<Name, OfSteps>>,
) -> Option<(JourneyId, Option<StepPath>)> {
    match ask.short(&entry.value, entry.at)? {
        Ok(name) => Some((find_journey(ask, known, &Leaf { value: Ok(name), at: entry.at })?, None)),
        Err(map) => {
            let journey = journey(ask, known, (&map.journey, entry.at));
            Some((journey?, step(ask, &map.step)?))
        }
    }
}

/// A step that may be left out; `None` if what is there cannot be read.
#[expect(clippy::option_option, reason = "left out and not readable are two things")]
fn step(ask: &mut Asker<'_>, opt: &Opt<Leaf<StepPath>>) -> Option<Option<StepPath>> {
    opt.get().map_or(Some(None), |leaf| ask.read(leaf).map(Some))
}

fn parallel(ask: &mut Asker<'_>, known: &Known, entry: &At<Short<Name, wire::Parallel>>) -> Option<Mitigation> {
    Some(match ask.short(&entry.value, entry.at)? {
        Ok(name) => {
            let journey = find_journey(ask, known, &Leaf { value: Ok(name), at: entry.at })?;
            Mitigation::Parallel { journey, step: None, branches: BRANCHES }
        }
        Err(map) => {
            let journey = journey(ask, known, (&map.journey, entry.at));
            let branches = ask.count(&map.branches, "branches", (2, limits::BRANCHES_MAX as u64), BRANCHES);
            Mitigation::Parallel { journey: journey?, step: step(ask, &map.step)?, branches }
        }
    })
}

fn persistent(ask: &mut Asker<'_>, known: &Known, entry: &At<Short<Name, wire::Persistent>>) -> Option<Mitigation> {
    Some(match ask.short(&entry.value, entry.at)? {
        Ok(name) => {
            let workload = find_workload(ask, known, &Leaf { value: Ok(name), at: entry.at })?;
            Mitigation::Persistent { workload, on_reuse: OnReuse::Nothing }
        }
        Err(map) => {
            let workload = workload(ask, known, (&map.workload, entry.at))?;
            Mitigation::Persistent { workload, on_reuse: ask.word(&map.on_reuse, OnReuse::Nothing) }
        }
    })
}

fn local_cache(ask: &mut Asker<'_>, known: &Known, entry: &At<wire::LocalCache>) -> Option<Mitigation> {
    let map = &entry.value;
    let store = named(ask, &map.store, entry.at, ("store", "store: cache"));
    let store = store.and_then(|leaf| ask.find(&known.stores, leaf).map(StoreId));
    let journey = map.journey.get().map(|leaf| find_journey(ask, known, leaf));
    let all = (Fraction(0.0), Fraction(1.0));
    let hit = ask.need(&map.hit, (entry.at, "this cache"), ("hit", "hit: 80%"), all)?;
    let journey = match journey {
        None => None,
        Some(found) => Some(found?),
    };
    Some(Mitigation::LocalCache { store: store?, journey, hit })
}

fn local_replica(
    ask: &mut Asker<'_>,
    known: &Known,
    entry: &At<Short<Name, wire::LocalReplica>>,
) -> Option<Mitigation> {
    let (half_a_second, some) = (Nanos::from_millis(500), Fraction(0.05));
    Some(match ask.short(&entry.value, entry.at)? {
        Ok(name) => {
            let store = ask.find(&known.stores, &Leaf { value: Ok(name), at: entry.at }).map(StoreId)?;
            Mitigation::LocalReplica { store, lag: half_a_second, pinned: some }
        }
        Err(map) => {
            let store = named(ask, &map.store, entry.at, ("store", "store: main-db"));
            let store = store.and_then(|leaf| ask.find(&known.stores, leaf).map(StoreId));
            let lag = ask.or(&map.lag, "lag", limits::LAG, half_a_second);
            let pinned = ask.or(&map.pinned, "pinned", (Fraction(0.0), Fraction(1.0)), some);
            Mitigation::LocalReplica { store: store?, lag, pinned }
        }
    })
}

fn link(ask: &mut Asker<'_>, known: &Known, entry: &At<wire::Link>) -> Option<Mitigation> {
    let map = &entry.value;
    let between = match map.between.get() {
        None => {
            ask.missing(entry.at, THIS, "between", "between: [dc, cloud]");
            None
        }
        Some(pair) => sites(ask, known, pair),
    };
    let Some(to) = map.to.get() else {
        ask.missing(entry.at, THIS, "to", "to: { rtt: 5ms }");
        return None;
    };
    let change = change::read(ask, &to.value, to.at);
    Some(Mitigation::Link { between: between?, change })
}

fn sites(ask: &mut Asker<'_>, known: &Known, pair: &At<Vec<Leaf<Name>>>) -> Option<(SiteId, SiteId)> {
    let [a, b] = pair.value.as_slice() else {
        let message = format!("`between` takes two sites, here are {}", pair.value.len());
        ask.say(pair.at, message, Some("write for example `between: [dc, cloud]`".into()));
        return None;
    };
    let (a, b) = (ask.find(&known.sites, a), ask.find(&known.sites, b));
    let (a, b) = (SiteId(a?), SiteId(b?));
    Some((a.min(b), a.max(b)))
}

/// Tries each on the scenario: one that cannot be done is a mistake in the file.
pub(super) fn applicable(ask: &mut Asker<'_>, all: &Opt<Named<Entry>>, scenario: &Scenario) {
    let keys: Vec<&Key> = each(all).map(|(key, _)| key).collect();
    for (switch, key) in scenario.mitigations.iter().zip(keys) {
        if let Err(refusal) = mitigation::apply(scenario, std::slice::from_ref(&switch.mitigation)) {
            ask.say(key.at, refusal.to_string(), refusal.help().map(str::to_owned));
        }
    }
}
