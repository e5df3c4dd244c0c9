//! Changes of a link, checked: one request, or a whole schedule.

use serde_saphyr::Location;

use super::ask::Asker;
use super::limits;
use super::world::jitter;
use crate::scenario::change::{Happening, LinkChange, Schedule, Scheduled};
use crate::scenario::error::Problem;
use crate::scenario::wire::change as wire;
use crate::scenario::wire::leaf::{At, Leaf, Opt};
use crate::units::{Nanos, Rtt};

/// Checks one change; with `carries`, of a link that has connections already.
pub(crate) fn link_change(source: &str, change: &wire::LinkChange, carries: bool) -> Result<LinkChange, Vec<Problem>> {
    let mut ask = Asker::new(source);
    let lowered = read(&mut ask, change, Location::UNKNOWN);
    if carries {
        not_while_it_carries(&mut ask, change);
    }
    if ask.problems.is_empty() { Ok(lowered) } else { Err(ask.problems) }
}

/// Sockets keep the congestion control that they began with.
fn not_while_it_carries(ask: &mut Asker<'_>, change: &wire::LinkChange) {
    if let Some(leaf) = change.congestion.get() {
        let help = "choose it at the start, with `--congestion`";
        ask.say(leaf.at, "congestion control does not change while a link carries", Some(help.into()));
    }
}

pub(super) fn read(ask: &mut Asker<'_>, change: &wire::LinkChange, at: Location) -> LinkChange {
    let wire::LinkChange { rtt, jitter: shape, loss, bandwidth, congestion } = change;
    let given = [rtt.get().is_some(), shape.get().is_some(), loss.get().is_some(), bandwidth.get().is_some()];
    if !given.contains(&true) && congestion.get().is_none() {
        let help = "write at least one of `rtt`, `jitter`, `loss` and `bandwidth`, for example `rtt: 50ms`";
        ask.say(at, "this changes nothing", Some(help.into()));
    }
    LinkChange {
        rtt: ask.maybe(rtt, "rtt", limits::RTT).map(Rtt),
        jitter: shape.get().and_then(|shape| jitter(ask, shape)),
        loss: ask.maybe(loss, "loss", limits::LOSS),
        bandwidth: bandwidth.get().and_then(|leaf| {
            Some(match ask.read(leaf)? {
                wire::Ceiling::Unlimited => None,
                wire::Ceiling::At(value) => {
                    Some(ask.within(&Leaf { value: Ok(value), at: leaf.at }, "bandwidth", limits::BANDWIDTH)?)
                }
            })
        }),
        congestion: congestion.get().and_then(|leaf| ask.read(leaf)),
    }
}

/// Checks a schedule: instants rise, each entry is one thing, a repetition begins after its last.
pub(crate) fn schedule(source: &str, file: &wire::Schedule) -> Result<Schedule, Vec<Problem>> {
    let mut ask = Asker::new(source);
    let mut entries: Vec<Scheduled> = Vec::new();
    match file.changes.get() {
        None => ask.missing(Location::UNKNOWN, "the schedule", "changes", "changes: [{ at: 30s, cut: true }]"),
        Some(list) if list.value.is_empty() => {
            ask.say(list.at, "a schedule without changes", Some("write for example `- { at: 30s, cut: true }`".into()));
        }
        Some(list) if list.value.len() > limits::CHANGES_MAX => {
            let message = format!("{} changes: at most {} are allowed", list.value.len(), limits::CHANGES_MAX);
            ask.say(list.at, message, Some("a pattern repeats with `repeat_every`".into()));
        }
        Some(list) => {
            for entry in &list.value {
                let Some(read) = scheduled(&mut ask, entry) else { continue };
                let at = entry.value.at.get().map_or(entry.at, |leaf| leaf.at);
                if let Some(before) = entries.last().filter(|before| before.at >= read.at) {
                    let help = "write changes in the order in which they happen, each later than the one before";
                    ask.say(at, format!("`{}` does not come after `{}`", read.at, before.at), Some(help.into()));
                }
                entries.push(read);
            }
        }
    }
    let repeat_every = repetition(&mut ask, &file.repeat_every, entries.last().map(|last| last.at));
    if ask.problems.is_empty() { Ok(Schedule { entries, repeat_every }) } else { Err(ask.problems) }
}

fn repetition(ask: &mut Asker<'_>, every: &Opt<Leaf<Nanos>>, last: Option<Nanos>) -> Option<Nanos> {
    let value = ask.maybe(every, "repeat_every", limits::LIMIT)?;
    if let (Some(leaf), Some(last)) = (every.get(), last.filter(|last| *last >= value)) {
        let help = format!("write more than `{last}`, when the last change happens");
        ask.say(leaf.at, format!("it would begin again after `{value}`, before it is over"), Some(help));
    }
    Some(value)
}

fn scheduled(ask: &mut Asker<'_>, At { value: entry, at: place }: &At<wire::Entry>) -> Option<Scheduled> {
    let at = ask.need(&entry.at, (*place, "this change"), ("at", "at: 30s"), limits::WINDOW);
    let words = [(&entry.cut, "cut", "mend"), (&entry.mend, "mend", "cut")];
    for (leaf, word, other) in words.map(|(opt, word, other)| (opt.get(), word, other)) {
        let Some(leaf) = leaf else { continue };
        if ask.read(leaf) == Some(false) {
            let help = format!("write `{other}: true` for the opposite, or leave the key out");
            ask.say(leaf.at, format!("`{word}: false` says nothing"), Some(help));
        }
    }
    let happening = match (entry.link.get(), entry.cut.get(), entry.mend.get()) {
        (Some(change), None, None) => {
            not_while_it_carries(ask, &change.value);
            Happening::Change(read(ask, &change.value, change.at))
        }
        (None, Some(_), None) => Happening::Cut,
        (None, None, Some(_)) => Happening::Mend,
        (None, None, None) => {
            let help = "write one of `link: { rtt: 50ms }`, `cut: true` and `mend: true`";
            ask.say(*place, "this entry does not say what changes", Some(help.into()));
            return None;
        }
        _ => {
            let help = "write one of `link`, `cut` and `mend`, and another entry for the other";
            ask.say(*place, "two changes in one entry", Some(help.into()));
            return None;
        }
    };
    Some(Scheduled { at: at?, happening })
}
