//! Strategies: phases and their moves, replayed so that each can be judged.

use serde_saphyr::Location;

use super::ask::Asker;
use super::copies::{self, Copy, Now};
use super::limits::{self, WINDOW};
use super::moves::{Parts, Refusal};
use super::{Known, each};
use crate::scenario::wire::leaf::{At, Leaf, Name, Opt, Short};
use crate::scenario::wire::strategies::{Move as WireMove, Phase as WirePhase, Strategy as WireStrategy};
use crate::scenario::wire::workloads::KindWord;
use crate::scenario::wire::world::StoreWord;
use crate::scenario::wire::{File, Key, Named};
use crate::scenario::{
    CopyMove, Move, Phase, PlatformId, SiteId, StoreId, StoreMove, Strategy, WorkloadId, WorkloadMove,
};
use crate::strategy::WARM_UP;
use crate::units::{Fraction, Nanos};

/// Where a phase stands in the file, and what moves in it, for problems that only a whole scenario shows.
pub(super) struct PhasePlace {
    pub(super) at: Location,
    pub(super) moves: Vec<(String, Location)>,
}

/// Where everything is before any move; `None` for what could not be read.
struct Before {
    workloads: Vec<Option<Parts>>,
    kinds: Vec<Option<KindWord>>,
    stores: Vec<Option<SiteId>>,
    copies: Vec<Copy>,
}

/// All strategies, where their phases stand in the file, and the copies of stores that any of them makes.
pub(super) struct Read {
    pub(super) strategies: Vec<Strategy>,
    pub(super) places: Vec<Vec<PhasePlace>>,
    pub(super) copies: Vec<Copy>,
}

pub(super) fn strategies(ask: &mut Asker<'_>, known: &Known, file: &File) -> Read {
    let mut read = Read { strategies: Vec::new(), places: Vec::new(), copies: Vec::new() };
    for (key, wire) in each(&file.strategies) {
        ask.name(key);
        let (strategy, places) = strategy(ask, known, file, (key, wire), &mut read.copies);
        read.strategies.push(strategy);
        read.places.push(places);
    }
    read
}

/// Looks up places without a word: what is wrong with them has been said.
fn before(known: &Known, file: &File) -> Before {
    let index = |all: &[String], leaf: &Opt<Leaf<Name>>, default: Option<usize>| match leaf.get() {
        None => default,
        Some(leaf) => leaf.value.as_ref().ok().and_then(|name| all.iter().position(|known| *known == name.0)),
    };
    let only_site = (known.sites.all.len() == 1).then_some(0);
    let site = |leaf: &Opt<Leaf<Name>>| index(&known.sites.all, leaf, only_site).map(SiteId);
    let parts = |site: Option<SiteId>, platform: Option<usize>| Some(Parts::new((site?, PlatformId(platform?))));
    Before {
        workloads: each(&file.workloads)
            .map(|(_, w)| parts(site(&w.site), index(&known.platforms.all, &w.platform, Some(0))))
            .collect(),
        kinds: each(&file.workloads).map(|(_, w)| w.kind.get().and_then(|kind| kind.value.clone().ok())).collect(),
        stores: each(&file.stores).map(|(_, store)| site(&store.site)).collect(),
        copies: Vec::new(),
    }
}

fn strategy(
    ask: &mut Asker<'_>,
    known: &Known,
    file: &File,
    (key, wire): (&Key, &WireStrategy),
    copies: &mut Vec<Copy>,
) -> (Strategy, Vec<PhasePlace>) {
    let owner = format!("strategy `{}`", key.text);
    let about = wire.about.get().and_then(|about| ask.read(about)).map_or_else(String::new, |about| about.0);
    let mut replay = Replay { known, now: before(known, file), copies };
    let (mut phases, mut places) = (Vec::new(), Vec::new());
    match wire.phases.get() {
        None => ask.missing(key.at, &owner, "phases", "phases: [ { name: before, lasts: 7d } ]"),
        Some(all) if all.is_empty() => {
            ask.say(
                key.at,
                format!("{owner} has no phases"),
                Some("write for example `{ name: before, lasts: 7d }`".into()),
            );
        }
        Some(all) => {
            for At { value, at } in all {
                let phase = replay.phase(ask, value, *at);
                if phases.iter().any(|other: &Phase| other.name == phase.name) && !phase.name.is_empty() {
                    let message = format!("{owner} has another phase `{}`", phase.name);
                    ask.say(
                        value.name.get().map_or(*at, |name| name.at),
                        message,
                        Some("give each a name of its own".into()),
                    );
                }
                phases.push(phase);
                places
                    .push(PhasePlace { at: value.name.get().map_or(*at, |name| name.at), moves: moved(&value.r#move) });
            }
        }
    }
    (Strategy { name: key.text.clone(), about, phases }, places)
}

fn moved(moves: &Opt<Named<At<Short<Name, WireMove>>>>) -> Vec<(String, Location)> {
    each(moves).map(|(key, _)| (key.text.clone(), key.at)).collect()
}

struct Replay<'k> {
    known: &'k Known,
    now: Before,
    /// Those of all strategies.
    copies: &'k mut Vec<Copy>,
}

impl Replay<'_> {
    fn phase(&mut self, ask: &mut Asker<'_>, wire: &WirePhase, at: Location) -> Phase {
        let name = if let Some(leaf) = wire.name.get() {
            ask.title(leaf)
        } else {
            ask.missing(at, "this phase", "name", "name: web 1 %");
            None
        };
        let lasts = ask.need(&wire.lasts, (at, "this phase"), ("lasts", "lasts: 14d"), limits::LASTS);
        let moves = each(&wire.r#move).filter_map(|(key, wire)| self.one(ask, key, wire, lasts));
        Phase { moves: moves.collect(), name: name.unwrap_or_default(), lasts: lasts.unwrap_or_default() }
    }
    fn one(
        &mut self,
        ask: &mut Asker<'_>,
        key: &Key,
        wire: &At<Short<Name, WireMove>>,
        lasts: Option<Nanos>,
    ) -> Option<Move> {
        let short;
        let map = match ask.short(&wire.value, wire.at)? {
            Err(map) => map,
            Ok(site) => {
                short = WireMove { to: Opt(Some(Leaf { value: Ok(site), at: wire.at })), ..WireMove::default() };
                &short
            }
        };
        let workload = self.known.workloads.all.iter().position(|name| *name == key.text);
        let store = self.known.stores.all.iter().position(|name| *name == key.text);
        match (workload, store) {
            (Some(workload), _) => self.workload(ask, key, map, WorkloadId(workload)).map(Move::Workload),
            (None, Some(store)) if copies::asked(ask, key, map) => {
                self.copy(ask, key, map, StoreId(store), lasts).map(Move::Copy)
            }
            (None, Some(store)) => self.store(ask, key, map, StoreId(store), lasts).map(Move::Store),
            (None, None) => {
                let all = self.known.workloads.all.iter().chain(&self.known.stores.all).map(String::as_str);
                let near = crate::scenario::error::nearest(&key.text, all);
                let help = near.map_or_else(
                    || "workloads and stores can move".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let name = crate::scenario::wire::leaf::shorten(&key.text);
                ask.say(key.at, format!("there is no workload or store `{name}`"), Some(help));
                None
            }
        }
    }
    fn workload(
        &mut self,
        ask: &mut Asker<'_>,
        key: &Key,
        map: &WireMove,
        workload: WorkloadId,
    ) -> Option<WorkloadMove> {
        for (word, at) in [
            ("read_only", map.read_only.get().map(|leaf| leaf.at)),
            ("cold", map.cold.get().map(|leaf| leaf.at)),
            ("warm_up", map.warm_up.get().map(|leaf| leaf.at)),
            ("copy", map.copy.get().map(|leaf| leaf.at)),
            ("lag", map.lag.get().map(|leaf| leaf.at)),
            ("pinned", map.pinned.get().map(|leaf| leaf.at)),
        ] {
            if let Some(at) = at {
                let help = "a workload takes `to`, `platform` and `share`";
                ask.say(at, format!("`{word}` is for stores; `{}` is a workload", key.text), Some(help.into()));
            }
        }
        let to = map.to.get().map(|leaf| ask.find(&self.known.sites, leaf).map(SiteId).ok_or(()));
        let platform = map.platform.get().map(|leaf| ask.find(&self.known.platforms, leaf).map(PlatformId).ok_or(()));
        let share = ask.or(&map.share, "share", (Fraction(1e-4), Fraction(1.0)), Fraction(1.0));
        let kind = self.now.kinds[workload.0];
        if let (Some(leaf), Some(KindWord::Cron | KindWord::Startup)) = (map.share.get(), kind)
            && share.0 < 1.0
        {
            let what = if kind == Some(KindWord::Cron) { "cron" } else { "startup" };
            let help = "move it whole, or split it into several workloads that move one by one";
            ask.say(leaf.at, format!("a {what} workload moves whole, not by share"), Some(help.into()));
            return None;
        }
        if to.is_none() && platform.is_none() && map.share.get().is_none() {
            ask.say(
                key.at,
                format!("this move of `{}` changes nothing", key.text),
                Some("write for example `to: cloud`".into()),
            );
            return None;
        }
        // A key that is left out is no failure; one that could not be resolved is.
        let (to, platform) = (to.transpose().ok()?, platform.transpose().ok()?);
        let parts = self.now.workloads[workload.0].as_mut()?;
        let place = parts.target(to, platform);
        if let Err(refusal) = parts.apply(place, share.0) {
            let target = format!("`{}` on `{}`", self.known.sites.all[place.0.0], self.known.platforms.all[place.1.0]);
            refuse(ask, key, map, refusal, &target);
            return None;
        }
        Some(WorkloadMove { workload, to: Some(place.0), platform: Some(place.1), share })
    }
    fn copy(
        &mut self,
        ask: &mut Asker<'_>,
        key: &Key,
        map: &WireMove,
        of: StoreId,
        lasts: Option<Nanos>,
    ) -> Option<CopyMove> {
        foreign(ask, key, map, self.known.kinds[of.0]);
        let (store, copies) = (self.now.stores[of.0], &mut self.now.copies);
        let made = copies::copy(ask, self.known, key, map, of, Now { store, copies, all: self.copies })?;
        within_phase(ask, lasts, [("warm_up", map.warm_up.get(), made.warm_up)]);
        Some(made)
    }
    fn store(
        &mut self,
        ask: &mut Asker<'_>,
        key: &Key,
        map: &WireMove,
        store: StoreId,
        lasts: Option<Nanos>,
    ) -> Option<StoreMove> {
        let kind = self.known.kinds[store.0];
        foreign(ask, key, map, kind);
        let Some(leaf) = map.to.get() else {
            ask.missing(key.at, &format!("the move of store `{}`", key.text), "to", "to: cloud");
            return None;
        };
        let to = ask.find(&self.known.sites, leaf).map(SiteId)?;
        if self.now.stores[store.0].replace(to) == Some(to) {
            let site = &self.known.sites.all[to.0];
            ask.say(leaf.at, format!("`{}` is in `{site}` already", key.text), Some("remove this move".into()));
        }
        self.now.copies.retain(|copy| *copy != Copy { of: store, site: to });
        let read_only = ask.or(&map.read_only, "read_only", WINDOW, Nanos::ZERO);
        let cold = ask.word(&map.cold, false);
        let warm_up = ask.or(&map.warm_up, "warm_up", (Nanos::from_secs(1), WINDOW.1), WARM_UP);
        if let Some(leaf) = map.warm_up.get().filter(|_| !cold) {
            ask.say(leaf.at, "only a cold cache warms up", Some("add `cold: true`, or remove `warm_up`".into()));
        }
        let (refused, warms) = (map.read_only.get(), map.warm_up.get());
        within_phase(ask, lasts, [("read_only", refused, read_only), ("warm_up", warms, warm_up)]);
        let warm_up = if cold { warm_up } else { Nanos::ZERO };
        Some(StoreMove { store, to, read_only, cold, warm_up })
    }
}

/// Short states are over before their phase is.
fn within_phase<const N: usize>(
    ask: &mut Asker<'_>,
    lasts: Option<Nanos>,
    states: [(&str, Option<&Leaf<Nanos>>, Nanos); N],
) {
    for (key, leaf, time) in states {
        if let (Some(leaf), Some(lasts)) = (leaf, lasts.filter(|lasts| time > *lasts)) {
            ask.say(leaf.at, format!("`{key}: {time}` is longer than the phase, which lasts {lasts}"), None);
        }
    }
}

/// Keys that this kind of store does not take.
fn foreign(ask: &mut Asker<'_>, key: &Key, map: &WireMove, kind: Option<StoreWord>) {
    let name = &key.text;
    let at = |leaf: Option<Location>, word: &str, rule: &str, ask: &mut Asker<'_>| {
        if let Some(at) = leaf {
            ask.say(at, format!("`{word}` {rule}"), Some("remove this key".into()));
        }
    };
    let workload = format!("is for workloads; `{name}` is a store");
    at(map.platform.get().map(|leaf| leaf.at), "platform", &workload, ask);
    at(map.share.get().map(|leaf| leaf.at), "share", &workload, ask);
    if kind == Some(StoreWord::Memcached) {
        let rule = format!("is for a mysql; `{name}` is a memcached");
        at(map.read_only.get().map(|leaf| leaf.at), "read_only", &rule, ask);
    }
    if kind == Some(StoreWord::Mysql) {
        let rule = format!("is for a memcached; `{name}` is a mysql");
        at(map.cold.get().map(|leaf| leaf.at), "cold", &rule, ask);
        at(map.warm_up.get().map(|leaf| leaf.at), "warm_up", &rule, ask);
    }
}

fn refuse(ask: &mut Asker<'_>, key: &Key, map: &WireMove, refusal: Refusal, target: &str) {
    let name = &key.text;
    let percent = |share: f64| Fraction((share * 1e9).round() / 1e9);
    let at = match refusal {
        Refusal::AlreadyThere => key.at,
        _ => map.share.get().map_or(key.at, |leaf| leaf.at),
    };
    let (message, help) = match refusal {
        Refusal::AlreadyThere => {
            (format!("`{name}` is in {target} already, as much as this move says"), "remove this move")
        }
        Refusal::Shrinks(here) => (
            format!("{} of `{name}` is in {target} already, and this move would take some away", percent(here)),
            "a share only grows; a whole move back is written with `to` and no share",
        ),
        Refusal::PartlyHome => (
            format!("the part of `{name}` that has not moved is in {target} already"),
            "write the share that is to be elsewhere, or leave `share` out to move all of it back",
        ),
        Refusal::MoreThanAll(sum) => (
            // A sum over 100 % is no fraction, so it is written out.
            format!("the shares of `{name}` would add up to {:.0}%", sum * 100.0),
            "move one part back first",
        ),
    };
    ask.say(at, message, Some(help.into()));
}
