//! From the budget file's types to a [`Budget`]: every value checked, every limit with its place.
//!
//! Not for: reading YAML (`scenario::reading`).

use serde_saphyr::Location;

use super::wire::{self, Most};
use super::{Allow, Budget, Entry, Growth, Limit, Limits, Pattern, Shape, Spot, Sums, Total};
use crate::scenario::error::Problem;
use crate::scenario::reading::{Asker, At, Leaf, Opt, Short, Text, shorten};
use crate::units::Bytes;

/// More round trips, repeats or bytes than this are a typing error, and no limit.
const MOST: u64 = 1_000_000_000_000;

/// Entries of `units`, and of each `allow`.
const ENTRIES_MAX: usize = 1_000;

/// Characters of a name or a statement's pattern.
const PATTERN_MAX: usize = 1_000;

/// Checks a whole file.
pub(super) fn lower(name: &str, source: &str, file: &wire::File) -> Result<Budget, Vec<Problem>> {
    let mut ask = Asker::new(source);
    format(&mut ask, &file.format, "budget");
    if let Some(about) = file.about.get() {
        ask.read(about);
    }
    let budget = Budget {
        file: name.to_owned(),
        units: units(&mut ask, &file.units),
        default: file.default.get().map_or_else(Limits::default, |limits| self::limits(&mut ask, &limits.value)),
        total: file.total.get().map_or_else(Total::default, |total| self::total(&mut ask, &total.value)),
    };
    if ask.problems.is_empty() { Ok(budget) } else { Err(ask.problems) }
}

/// The version of a file's format, which is 1; `what` the file is.
pub(super) fn format(ask: &mut Asker<'_>, format: &Opt<Leaf<u64>>, what: &str) {
    let Some(leaf) = format.get() else {
        return ask.missing(Location::UNKNOWN, &format!("the {what}"), "format", "format: 1");
    };
    if let Some(version) = ask.read(leaf).filter(|version| *version != 1) {
        let help = "write `format: 1`, or use a longhaul that knows this format";
        ask.say(leaf.at, format!("format {version} is not known: this longhaul reads 1"), Some(help.into()));
    }
}

pub(super) fn spot(at: Location) -> Spot {
    at.into()
}

fn units(ask: &mut Asker<'_>, units: &Opt<wire::Units>) -> Vec<Entry> {
    let Some(wire::Units(units)) = units.get() else { return Vec::new() };
    if units.0.is_empty() {
        let help = "leave the key out, or write for example `units: { checkout: { round_trips: 34 } }`";
        ask.say(Location::UNKNOWN, "`units` is empty", Some(help.into()));
    }
    if let Some((key, _)) = units.0.get(ENTRIES_MAX) {
        ask.say(key.at, format!("more than {ENTRIES_MAX} units"), Some("write patterns, such as `job-*`".into()));
    }
    let mut entries: Vec<Entry> = Vec::new();
    for (key, limits) in units.0.iter().take(ENTRIES_MAX) {
        if key.text.trim().is_empty() || key.text.chars().count() > PATTERN_MAX {
            let message = format!("`{}` is no name: one of 1 to {PATTERN_MAX} characters", shorten(&key.text));
            ask.say(key.at, message, None);
        }
        if entries.iter().any(|entry| entry.name.text() == key.text) {
            ask.say(
                key.at,
                format!("`{}` stands here twice", shorten(&key.text)),
                Some("remove one of the two".into()),
            );
        }
        let limits = self::limits(ask, &limits.value);
        entries.push(Entry { name: Pattern::new(&*key.text), at: spot(key.at), limits });
    }
    entries
}

fn limits(ask: &mut Asker<'_>, limits: &wire::Limits) -> Limits {
    Limits {
        round_trips: count(ask, &limits.round_trips, "round_trips"),
        repeats: limits.repeats.get().and_then(|leaf| Some(Limit { most: most(ask, leaf)?, at: spot(leaf.at) })),
        bytes: bytes(ask, &limits.bytes),
        all_passes: limits
            .all_passes
            .get()
            .map_or_else(Sums::default, |At { value, .. }| sums(ask, &value.round_trips, &value.bytes)),
        allow: allow(ask, &limits.allow),
        growth: growth(ask, &limits.growth),
    }
}

fn total(ask: &mut Asker<'_>, total: &wire::Total) -> Total {
    Total { sums: sums(ask, &total.round_trips, &total.bytes), growth: growth(ask, &total.growth) }
}

fn sums(ask: &mut Asker<'_>, round_trips: &Opt<Leaf<u64>>, bytes: &Opt<Leaf<Bytes>>) -> Sums {
    Sums { round_trips: count(ask, round_trips, "round_trips"), bytes: self::bytes(ask, bytes) }
}

fn count(ask: &mut Asker<'_>, opt: &Opt<Leaf<u64>>, key: &str) -> Option<Limit<u64>> {
    let leaf = opt.get()?;
    Some(Limit { most: ask.within(leaf, key, (0, MOST))?, at: spot(leaf.at) })
}

fn bytes(ask: &mut Asker<'_>, opt: &Opt<Leaf<Bytes>>) -> Option<Limit<Bytes>> {
    let leaf = opt.get()?;
    Some(Limit { most: ask.within(leaf, "bytes", (Bytes(0), Bytes(MOST)))?, at: spot(leaf.at) })
}

/// `None` if it cannot be read, `Some` of `None` if any number is allowed.
#[expect(clippy::option_option, reason = "the outer one is whether it can be read, as everywhere here")]
fn most(ask: &mut Asker<'_>, leaf: &Leaf<Most>) -> Option<Option<u64>> {
    let Most(most) = ask.read(leaf)?;
    if most.is_some_and(|most| most > MOST) {
        ask.say(leaf.at, format!("`repeats` lies between 0 and {MOST}"), Some("write `none` for any number".into()));
    }
    Some(most)
}

fn allow(ask: &mut Asker<'_>, opt: &Opt<Vec<At<wire::Allow>>>) -> Vec<Allow> {
    const EXAMPLE: &str = "{ statement: \"SELECT … FROM prices\", repeats: 30, reason: until prices come in one call }";
    let all = opt.get().map_or(&[][..], Vec::as_slice);
    if let Some(at) = all.get(ENTRIES_MAX).map(|entry| entry.at) {
        ask.say(at, format!("more than {ENTRIES_MAX} exceptions"), Some("raise `repeats` instead".into()));
    }
    let mut allowed = Vec::new();
    for At { value, at } in all.iter().take(ENTRIES_MAX) {
        let there = [
            ("statement", value.statement.get().is_some()),
            ("repeats", value.repeats.get().is_some()),
            ("reason", value.reason.get().is_some()),
        ];
        for (key, _) in there.into_iter().filter(|(_, there)| !there) {
            ask.missing(*at, "the exception", key, EXAMPLE);
        }
        let statement = value.statement.get().and_then(|leaf| statement(ask, leaf));
        let repeats = value.repeats.get().and_then(|leaf| most(ask, leaf));
        let reason = value.reason.get().and_then(|leaf| ask.read(leaf));
        if let (Some(statement), Some(repeats), Some(Text(reason))) = (statement, repeats, reason) {
            let at = value.repeats.get().map_or(*at, |leaf| leaf.at);
            allowed.push(Allow { statement, repeats, reason, at: spot(at) });
        }
    }
    allowed
}

fn statement(ask: &mut Asker<'_>, leaf: &Leaf<Text>) -> Option<Pattern> {
    let text = ask.read(leaf)?.0;
    if text.chars().count() > PATTERN_MAX {
        ask.say(
            leaf.at,
            format!("this is longer than {PATTERN_MAX} characters"),
            Some("its beginning is enough".into()),
        );
        return None;
    }
    Some(Pattern::new(text.trim()))
}

fn growth(ask: &mut Asker<'_>, opt: &Opt<At<Short<Shape, wire::Growth>>>) -> Option<Growth> {
    let At { value, at } = opt.get()?;
    match ask.short(value, *at)? {
        Ok(shape) => Some(Growth { shape, tolerance: shape.tolerance(), at: spot(*at) }),
        Err(wire::Growth { shape, tolerance }) => {
            let Some(leaf) = shape.get() else {
                ask.missing(*at, "`growth`", "shape", "{ shape: linear, tolerance: 2 }");
                return None;
            };
            let shape = ask.read(leaf)?;
            let tolerance = count(ask, tolerance, "tolerance").map_or(shape.tolerance(), |limit| limit.most);
            Some(Growth { shape, tolerance, at: spot(leaf.at) })
        }
    }
}
