//! The snapshot file as it is written, and what it says.
//!
//! Not for: writing it (`write`).

use std::collections::HashSet;

use serde::Deserialize;
use serde_saphyr::Location;

use super::super::lower::{format, spot};
use super::{Line, Snapshot, Store, Taken};
use crate::scenario::LoadError;
use crate::scenario::reading::{Asker, At, Leaf, Named, Opt, Written, shorten, yaml};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    format: Opt<Leaf<u64>>,
    units: Opt<Named<At<WireUnit>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WireUnit {
    times: Opt<Leaf<u64>>,
    round_trips: Opt<Leaf<u64>>,
    statements: Opt<Vec<At<WireLine>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WireLine {
    round_trips: Opt<Leaf<u64>>,
    calls: Opt<Leaf<u64>>,
    repeats: Opt<Leaf<u64>>,
    mysql: Opt<Leaf<Fingerprint>>,
    memcached: Opt<Leaf<Fingerprint>>,
}

/// A statement's text, whatever characters its names have.
#[derive(Debug, Clone)]
struct Fingerprint(String);

impl Written for Fingerprint {
    const WHAT: &'static str = "a statement without its literals";
    fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("no statement stands here".into());
        }
        Ok(Self(text.to_owned()))
    }
    fn schema(_: &mut schemars::SchemaGenerator) -> Option<schemars::Schema> {
        None
    }
}

/// Reads a snapshot's text.
pub(super) fn read(name: &str, text: &str) -> Result<Snapshot, LoadError> {
    let file: File = yaml(name, text, "snapshot")?;
    let mut ask = Asker::new(text);
    format(&mut ask, &file.format, "snapshot");
    let units = file.units.get().map_or(&[][..], |units| &units.0);
    if file.units.get().is_none() {
        ask.missing(Location::UNKNOWN, "the snapshot", "units", "units: {}");
    }
    let mut known: HashSet<&str> = HashSet::new();
    let mut taken = Vec::new();
    for (key, At { value, at }) in units {
        if !known.insert(&key.text) {
            ask.say(key.at, format!("`{}` stands here twice", shorten(&key.text)), Some(ANEW.into()));
        }
        taken.push(unit(&mut ask, &key.text, value, if at.line() > 0 { *at } else { key.at }));
    }
    if !ask.problems.is_empty() {
        return Err(LoadError::new(name, text, ask.problems));
    }
    taken.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Snapshot { file: name.to_owned(), units: taken })
}

/// What to do with a snapshot that was edited by hand or merged badly.
const ANEW: &str = "run the gate with `--update`, which writes the snapshot anew";

fn unit(ask: &mut Asker<'_>, name: &str, unit: &WireUnit, at: Location) -> Taken {
    let owner = format!("`{}`", shorten(name));
    let mut statements: Vec<Line> = Vec::new();
    let mut known: HashSet<(Store, String)> = HashSet::new();
    for At { value, at } in unit.statements.get().map_or(&[][..], Vec::as_slice) {
        let Some(line) = line(ask, value, *at) else { continue };
        if known.insert((line.store, line.text.clone())) {
            statements.push(line);
        } else {
            ask.say(*at, format!("`{}` stands here twice", shorten(&line.text)), Some(ANEW.into()));
        }
    }
    statements.sort_by(|a, b| (a.store, &a.text).cmp(&(b.store, &b.text)));
    let place = unit.round_trips.get().map_or(at, |leaf| leaf.at);
    Taken {
        name: name.to_owned(),
        times: number(ask, &unit.times, (at, &owner), "times"),
        round_trips: number(ask, &unit.round_trips, (at, &owner), "round_trips"),
        statements,
        at: spot(place),
    }
}

fn number(ask: &mut Asker<'_>, opt: &Opt<Leaf<u64>>, owner: (Location, &str), key: &str) -> u64 {
    ask.need(opt, owner, (key, &format!("{key}: 34")), (0, u64::MAX)).unwrap_or_default()
}

fn line(ask: &mut Asker<'_>, line: &WireLine, at: Location) -> Option<Line> {
    const EXAMPLE: &str = "{ round_trips: 27, calls: 27, repeats: 27, mysql: \"SELECT …\" }";
    let (store, text) = match (line.mysql.get(), line.memcached.get()) {
        (Some(text), None) => (Store::Mysql, text),
        (None, Some(text)) => (Store::Memcached, text),
        _ => {
            let message = "a statement has one text, as `mysql` or as `memcached`";
            ask.say(at, message, Some(format!("write for example `{EXAMPLE}`")));
            return None;
        }
    };
    let owner = (at, "the statement");
    let numbers = [("round_trips", &line.round_trips), ("calls", &line.calls), ("repeats", &line.repeats)];
    let [round_trips, calls, repeats] = numbers.map(|(key, opt)| number(ask, opt, owner, key));
    let Fingerprint(text) = ask.read(text)?;
    Some(Line { store, text, calls, round_trips, repeats })
}
