//! From the file's types to a [`Scenario`]: every name resolved, every value checked.
//!
//! One pass over the file, part by part, in which problems are collected; then, if there are none,
//! what only a whole scenario can tell: sizes, links that phases need, expected round trips. Not for:
//! reading YAML (`file`), wording of places (`error`).

pub(crate) mod ask;
mod change;
mod connections;
mod copies;
mod journeys;
pub(crate) mod limits;
mod mitigations;
mod moves;
mod strategies;
mod time;
mod whole;
mod workloads;
mod world;

use serde_saphyr::Location;

use super::error::Problem;
use super::wire::leaf::Opt;
use super::wire::{File, Named};
use super::{Links, Platform, Scenario, Store};
use crate::seed::Seed;
use crate::units::Nanos;

use ask::{Asker, Names};
pub(super) use change::{link_change, schedule};

/// What the parts of a file may refer to.
pub(crate) struct Known {
    sites: Names,
    stores: Names,
    /// By store; `None` if its kind could not be read.
    kinds: Vec<Option<super::wire::world::StoreWord>>,
    platforms: Names,
    journeys: Names,
    workloads: Names,
}

/// Checks a whole file.
pub(crate) fn lower(source: &str, file: &File) -> Result<Scenario, Vec<Problem>> {
    let mut ask = Asker::new(source);
    top(&mut ask, file);
    // Looking at a crowd one by one would take long, and say little more.
    if crowded(&mut ask, file) {
        return Err(ask.problems);
    }
    let known = known(&mut ask, file);
    let sites = world::sites(&mut ask, &file.sites);
    let links = file.links.get().map_or_else(Links::default, |links| world::links(&mut ask, &known, links));
    let mut stores: Vec<Store> =
        each(&file.stores).filter_map(|(key, store)| world::store(&mut ask, &known, key, store)).collect();
    let mut platforms: Vec<_> = each(&file.platforms).map(|(key, p)| world::platform(&mut ask, key, p)).collect();
    if platforms.is_empty() {
        platforms.push(Platform { name: "vm".into(), overhead: Nanos::ZERO, restart: None });
    }
    let journeys = journeys::journeys(&mut ask, &known, &each(&file.journeys).collect::<Vec<_>>());
    let workloads =
        each(&file.workloads).filter_map(|(key, w)| workloads::workload(&mut ask, &known, key, w)).collect();
    let strategies::Read { strategies, places, copies } = strategies::strategies(&mut ask, &known, file);
    let copies: Vec<Store> = copies.iter().filter_map(|copy| copy.store(&stores, &sites)).collect();
    stores.extend(copies);
    let scenario = Scenario {
        name: file.name.get().and_then(|name| ask.read(name)).map_or_else(String::new, |name| name.0),
        about: file.about.get().and_then(|about| ask.read(about)).map_or_else(String::new, |about| about.0),
        seed: file.seed.get().and_then(|seed| ask.read(seed)).map_or_else(Seed::default, Seed),
        sites,
        links,
        stores,
        platforms,
        journeys,
        workloads,
        strategies,
        mitigations: mitigations::mitigations(&mut ask, &known, &file.mitigations),
        expect: Vec::new(),
    };
    whole::check(ask, &known, file, &places, scenario)
}

/// The named parts of a file, or none.
fn each<T>(opt: &Opt<Named<T>>) -> impl Iterator<Item = (&super::wire::Key, &T)> {
    opt.get().into_iter().flat_map(|named| named.0.iter().map(|(key, value)| (key, value)))
}

/// Keys that every file has, and that hold at least one thing.
fn top(ask: &mut Asker<'_>, file: &File) {
    let start = Location::UNKNOWN;
    match file.format.get() {
        None => ask.missing(start, "the file", "format", "format: 1"),
        Some(leaf) => {
            if let Some(version) = ask.read(leaf).filter(|version| *version != 1) {
                let help = "write `format: 1`, or use a longhaul that knows this format";
                ask.say(leaf.at, format!("format {version} is not known: this longhaul reads 1"), Some(help.into()));
            }
        }
    }
    let sections = [
        ("name", file.name.get().is_some(), false, "name: my-scenario"),
        ("about", file.about.get().is_some(), false, "about: what it shows, and where its numbers come from"),
        ("sites", file.sites.get().is_some(), empty(&file.sites), "sites: { dc: old data centre, cloud: new cloud }"),
        (
            "links",
            file.links.get().is_some(),
            file.links.get().is_some_and(Vec::is_empty),
            "links: [ { within: any, rtt: 0.5ms } ]",
        ),
        ("stores", file.stores.get().is_some(), empty(&file.stores), "stores: { main-db: { kind: mysql, site: dc } }"),
        (
            "journeys",
            file.journeys.get().is_some(),
            empty(&file.journeys),
            "journeys: { page: { steps: [ query: { rows: 1 } ] } }",
        ),
        (
            "workloads",
            file.workloads.get().is_some(),
            empty(&file.workloads),
            "workloads: { web: { kind: http, journey: page, rate: 20/s, site: dc } }",
        ),
        (
            "strategies",
            file.strategies.get().is_some(),
            empty(&file.strategies),
            "strategies: { stay: { phases: [ { name: before, lasts: 7d } ] } }",
        ),
    ];
    for (key, there, empty, example) in sections {
        if !there {
            ask.missing(start, "the file", key, example);
        } else if empty {
            ask.say(start, format!("`{key}` is empty"), Some(format!("write for example `{example}`")));
        }
    }
    if empty(&file.mitigations) {
        let help = "leave the key out, or write for example `mitigations: { batched: { batch: item-page } }`";
        ask.say(start, "`mitigations` is empty", Some(help.into()));
    }
    if empty(&file.platforms) {
        ask.say(
            start,
            "`platforms` is empty",
            Some("leave the key out, or write for example `platforms: { vm: {} }`".into()),
        );
    }
}

fn empty<T>(opt: &Opt<Named<T>>) -> bool {
    opt.get().is_some_and(|named| named.0.is_empty())
}

/// Whether there is more of something than any scenario has.
fn crowded(ask: &mut Asker<'_>, file: &File) -> bool {
    use limits::{FEW_MAX, MANY_MAX, NAMED_MAX, SOME_MAX};
    let mut too_many = Vec::new();
    let mut see = |at: Option<Location>, max: usize, what: &str| {
        too_many.extend(at.map(|at| (at, format!("more than {max} {what}"))));
    };
    let key = |found: Option<&super::wire::Key>| found.map(|key| key.at);
    see(key(each(&file.sites).nth(FEW_MAX).map(|it| it.0)), FEW_MAX, "sites");
    see(key(each(&file.stores).nth(FEW_MAX).map(|it| it.0)), FEW_MAX, "stores");
    see(key(each(&file.platforms).nth(FEW_MAX).map(|it| it.0)), FEW_MAX, "platforms");
    see(key(each(&file.strategies).nth(FEW_MAX).map(|it| it.0)), FEW_MAX, "strategies");
    see(key(each(&file.workloads).nth(SOME_MAX).map(|it| it.0)), SOME_MAX, "workloads");
    see(key(each(&file.mitigations).nth(NAMED_MAX).map(|it| it.0)), NAMED_MAX, "mitigations");
    see(key(each(&file.journeys).nth(MANY_MAX).map(|it| it.0)), MANY_MAX, "journeys");
    see(file.links.get().and_then(|links| links.get(MANY_MAX)).map(|link| link.at), MANY_MAX, "links");
    for (_, strategy) in each(&file.strategies) {
        let phase = strategy.phases.get().and_then(|phases| phases.get(SOME_MAX));
        see(phase.map(|phase| phase.at), SOME_MAX, "phases");
    }
    for (_, workload) in each(&file.workloads) {
        let queue = workload.queues.get().and_then(|queues| queues.value.0.get(NAMED_MAX));
        see(queue.map(|(key, _)| key.at), NAMED_MAX, "queues");
        let job = workload.jobs.get().and_then(|jobs| jobs.value.0.get(NAMED_MAX));
        see(job.map(|(key, _)| key.at), NAMED_MAX, "jobs");
    }
    let any = !too_many.is_empty();
    for (at, message) in too_many {
        ask.say(at, message, None);
    }
    any
}

fn known(ask: &mut Asker<'_>, file: &File) -> Known {
    fn names<T>(ask: &mut Asker<'_>, opt: &Opt<Named<T>>, kind: &'static str) -> Names {
        opt.get().map_or_else(|| Names { kind, all: Vec::new() }, |named| ask.names(named, kind))
    }
    let mut platforms = names(ask, &file.platforms, "platform");
    if platforms.all.is_empty() {
        platforms.all.push("vm".into());
    }
    let known = Known {
        sites: names(ask, &file.sites, "site"),
        stores: names(ask, &file.stores, "store"),
        kinds: each(&file.stores).map(|(_, s)| s.kind.get().and_then(|k| k.value.clone().ok())).collect(),
        platforms,
        journeys: names(ask, &file.journeys, "journey"),
        workloads: names(ask, &file.workloads, "workload"),
    };
    if let Some((key, _)) = each(&file.sites).find(|(key, _)| key.text == "any") {
        ask.say(key.at, "`any` means every site in `within: any`", Some("give this site another name".into()));
    }
    for (key, _) in each(&file.workloads) {
        if known.stores.all.contains(&key.text) {
            let message = format!("`{}` is a store too: a move would not say which is meant", key.text);
            ask.say(key.at, message, Some("give the workload another name".into()));
        }
    }
    known
}
