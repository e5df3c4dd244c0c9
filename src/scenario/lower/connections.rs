//! What becomes of connections, by kind of store.

use super::ask::Asker;
use super::limits;
use crate::scenario::wire::leaf::{At, Leaf, Opt, Short};
use crate::scenario::wire::workloads::{Connections as WireConnections, Keep, KeepWord};
use crate::scenario::{ConnectionPolicy, Connections, OnReuse};

/// Opened and closed by every journey, nothing set up.
const PER_JOURNEY: Connections =
    Connections { policy: ConnectionPolicy::PerJourney, set_up: 0, on_reuse: OnReuse::Nothing };

/// The policies for MySQL and for Memcached.
pub(super) fn connections(
    ask: &mut Asker<'_>,
    wire: &Opt<At<Short<KeepWord, WireConnections>>>,
) -> (Connections, Connections) {
    let Some(At { value, at }) = wire.get() else { return (PER_JOURNEY, PER_JOURNEY) };
    match ask.short(value, *at) {
        None => (PER_JOURNEY, PER_JOURNEY),
        Some(Ok(word)) => (kept(word), kept(word)),
        Some(Err(map)) => both(ask, map, *at),
    }
}

fn both(ask: &mut Asker<'_>, map: &WireConnections, at: serde_saphyr::Location) -> (Connections, Connections) {
    let own = Keep {
        policy: map.policy.clone(),
        pool: map.pool.clone(),
        set_up: map.set_up.clone(),
        on_reuse: map.on_reuse.clone(),
    };
    let split = map.mysql.get().is_some() || map.memcached.get().is_some();
    let says = own.policy.get().is_some() || own.pool.get().is_some();
    if split && (says || own.set_up.get().is_some() || own.on_reuse.get().is_some()) {
        let help = "write the other keys inside `mysql: { … }` and `memcached: { … }`";
        ask.say(at, "connections for both kinds of store and for each of them", Some(help.into()));
        return (PER_JOURNEY, PER_JOURNEY);
    }
    if !split {
        let mysql = keep(ask, &own, at);
        return (mysql, Connections { set_up: 0, on_reuse: OnReuse::Nothing, ..mysql });
    }
    let mysql = side(ask, &map.mysql);
    let memcached = side(ask, &map.memcached);
    if let Some(At { value: Short::Whole(keep), .. }) = map.memcached.get() {
        for at in [keep.set_up.get().map(|leaf| leaf.at), keep.on_reuse.get().map(|leaf| leaf.at)].into_iter().flatten()
        {
            let help = "Memcached has no login and no session: remove this key";
            ask.say(at, "`set_up` and `on_reuse` are for MySQL only", Some(help.into()));
        }
    }
    (mysql, memcached)
}

fn side(ask: &mut Asker<'_>, wire: &Opt<At<Short<KeepWord, Keep>>>) -> Connections {
    let Some(At { value, at }) = wire.get() else { return PER_JOURNEY };
    match ask.short(value, *at) {
        None => PER_JOURNEY,
        Some(Ok(word)) => kept(word),
        Some(Err(map)) => keep(ask, map, *at),
    }
}

const fn kept(word: KeepWord) -> Connections {
    match word {
        KeepWord::PerJourney => PER_JOURNEY,
        KeepWord::Persistent => Connections { policy: ConnectionPolicy::Persistent, ..PER_JOURNEY },
    }
}

fn keep(ask: &mut Asker<'_>, wire: &Keep, at: serde_saphyr::Location) -> Connections {
    let pool = ask.maybe(&wire.pool, "pool", limits::POOL).map(|size| ConnectionPolicy::Pool(size as u32));
    let word = wire.policy.get().and_then(|leaf: &Leaf<KeepWord>| ask.read(leaf)).map(|word| kept(word).policy);
    if wire.pool.get().is_some() && wire.policy.get().is_some() {
        ask.say(at, "`pool` and `policy` are two answers to one question", Some("write one of the two".into()));
    }
    let policy = pool.or(word).unwrap_or(ConnectionPolicy::PerJourney);
    let set_up = ask.count(&wire.set_up, "set_up", limits::SET_UP, 0);
    let on_reuse = ask.word(&wire.on_reuse, OnReuse::Nothing);
    if let (ConnectionPolicy::PerJourney, Some(leaf)) = (policy, wire.on_reuse.get()) {
        let help = "remove this key, or write `policy: persistent` or `pool: 20`";
        ask.say(leaf.at, "connections that end with their journey are never reused", Some(help.into()));
    }
    Connections { policy, set_up, on_reuse }
}
