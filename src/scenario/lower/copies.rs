//! Copies of stores: what a phase may ask for, and the stores that come of it.
//!
//! All strategies together have one store for each pair of a store and a site. Not for: who uses a copy
//! ([`crate::strategy`]).

use super::Known;
use super::ask::Asker;
use super::limits::{self, WINDOW};
use crate::scenario::wire::Key;
use crate::scenario::wire::strategies::Move as WireMove;
use crate::scenario::wire::world::StoreWord;
use crate::scenario::{CopyMove, Site, SiteId, Store, StoreId};
use crate::strategy::WARM_UP;
use crate::units::{Fraction, Nanos};

/// A store and where it gets a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) of: StoreId,
    pub(super) site: SiteId,
}

impl Copy {
    /// The copy as a store; `None` if what it is a copy of could not be read.
    pub(super) fn store(&self, stores: &[Store], sites: &[Site]) -> Option<Store> {
        let (of, site) = (stores.get(self.of.0)?, sites.get(self.site.0)?);
        let name = format!("{}@{}", of.name, site.name);
        Some(Store { name, kind: of.kind.clone(), site: self.site, copy_of: Some(self.of) })
    }
    /// Its index among the copies of all strategies, as that of a store.
    fn id(self, known: &Known, all: &mut Vec<Self>) -> StoreId {
        let index = all.iter().position(|other| *other == self).unwrap_or_else(|| {
            all.push(self);
            all.len() - 1
        });
        StoreId(known.stores.all.len() + index)
    }
}

/// Where the store and its copies are when one more is asked for.
pub(super) struct Now<'n> {
    /// `None` if it could not be read.
    pub(super) store: Option<SiteId>,
    pub(super) copies: &'n mut Vec<Copy>,
    /// Those of all strategies.
    pub(super) all: &'n mut Vec<Copy>,
}

/// Whether a move of a store asks for a copy; tells keys that belong to copies only.
pub(super) fn asked(ask: &mut Asker<'_>, key: &Key, map: &WireMove) -> bool {
    let copy = map.copy.get().is_some();
    let (wrong, help) = if copy {
        let cold = (map.cold.get().map(|leaf| leaf.at), "cold");
        let moves = [(map.to.get().map(|leaf| leaf.at), "to"), (map.read_only.get().map(|leaf| leaf.at), "read_only")];
        (
            [moves[0], moves[1], cold],
            "a copy leaves the store where it is: write `copy` in one phase, and `to` in another",
        )
    } else {
        let copies = [(map.lag.get().map(|leaf| leaf.at), "lag"), (map.pinned.get().map(|leaf| leaf.at), "pinned")];
        ([copies[0], copies[1], (None, "")], "write for example `copy: cloud` beside it, or remove it")
    };
    for (at, word) in wrong.into_iter().filter_map(|(at, word)| Some((at?, word))) {
        let belongs = if copy { "is for a move, not for a copy" } else { "is for a copy" };
        ask.say(at, format!("`{word}` of `{}` {belongs}", key.text), Some(help.into()));
    }
    copy
}

/// One more copy of a store, if it can be meant.
pub(super) fn copy(
    ask: &mut Asker<'_>,
    known: &Known,
    key: &Key,
    map: &WireMove,
    of: StoreId,
    now: Now<'_>,
) -> Option<CopyMove> {
    let leaf = map.copy.get()?;
    let site = ask.find(&known.sites, leaf).map(SiteId)?;
    let (copy, name) = (Copy { of, site }, &known.sites.all[site.0]);
    if now.store == Some(site) {
        let help = "a copy belongs where the store is not";
        ask.say(leaf.at, format!("`{}` itself is in `{name}`", key.text), Some(help.into()));
        return None;
    }
    if now.copies.contains(&copy) {
        let message = format!("`{}` has a copy in `{name}` already", key.text);
        ask.say(leaf.at, message, Some("remove this one".into()));
        return None;
    }
    now.copies.push(copy);
    let mysql = known.kinds[of.0] == Some(StoreWord::Mysql);
    for (at, word) in [(map.lag.get().map(|leaf| leaf.at), "lag"), (map.pinned.get().map(|leaf| leaf.at), "pinned")] {
        if let (Some(at), false) = (at, mysql) {
            let message = format!("`{word}` is for a mysql; `{}` is a memcached", key.text);
            ask.say(at, message, Some("remove this key".into()));
        }
    }
    let warm_up = ask.or(&map.warm_up, "warm_up", (Nanos::from_secs(1), WINDOW.1), WARM_UP);
    Some(CopyMove {
        of,
        copy: copy.id(known, now.all),
        lag: ask.or(&map.lag, "lag", limits::LAG, Nanos::ZERO),
        pinned: ask.or(&map.pinned, "pinned", (Fraction(0.0), Fraction(1.0)), Fraction(0.0)),
        warm_up: if mysql { Nanos::ZERO } else { warm_up },
    })
}
