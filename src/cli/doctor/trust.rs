//! What may be trusted on this machine, in words, and how the command ends.
//!
//! Pure: from the [`Checkup`] alone. Not for: the table (`text`).

use std::fmt::Write as _;

use super::model::{Checkup, CrowdCheck, LinkCheck, LossCompared, RoundTrips};
use super::sizes::LOSSY_REPLIES_MAX;
use crate::cli::Exit;
use crate::fidelity::{Told, Verdict};
use crate::link::LinkKind;

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trust {
    /// [`Exit::Fine`], [`Exit::Invalid`] where some delay is not held or not true, [`Exit::Environment`] where no link can be had.
    pub(super) exit: Exit,
    /// Sentences.
    pub(super) words: Vec<String>,
}

/// Draws the conclusions.
pub(super) fn trust(checkup: &Checkup) -> Trust {
    let mut words = Vec::new();
    let mut sound = true;
    for link in &checkup.links {
        match &link.unavailable {
            Some(reason) => words.push(format!("{} link: not available here: {reason}.", link.link)),
            None => sound &= of_link(checkup, link, &mut words),
        }
    }
    words.extend(compared(checkup));
    words.extend(lossy(&checkup.loss));
    sound &= checkup.loss.iter().all(|it| it.verdict != Told::Off.word());
    if !sound {
        words.extend(remedies(checkup));
    }
    let none = checkup.links.iter().all(|link| link.unavailable.is_some());
    let exit = match sound {
        _ if none => Exit::Environment,
        true => Exit::Fine,
        false => Exit::Invalid,
    };
    Trust { exit, words }
}

/// Whether the link's delays hold and are true.
fn of_link(checkup: &Checkup, link: &LinkCheck, words: &mut Vec<String>) -> bool {
    let name = &link.link;
    let mut sound = true;
    if let Some(trips) = &link.round_trips {
        sound &= trips.held && !trips.early;
        words.push(format!("{name} link, small round trips: {}", small(trips)));
    }
    if let Some(said) = crowds(&link.crowds) {
        words.push(format!("{name} link, many connections: {said}"));
    }
    sound &= link.crowds.iter().all(|crowd| !crowd.round_trips.early) && link.loss.iter().all(|loss| !loss.early);
    // How many connections a machine serves is a finding; that it serves none of the numbers tried is a failure.
    sound &= link.crowds.is_empty() || link.crowds.iter().any(|crowd| crowd.round_trips.held);
    words.extend(bandwidths(link));
    sound &= link.bandwidths.iter().all(|rate| rate.agrees);
    let (agree, near, off) = verdicts(checkup, name);
    sound &= off.is_empty();
    let mut said = format!("{name} link, connects, replies and uploads: {agree} of {} cases agree with TCP's rules", {
        agree + near.len() + off.len()
    });
    if !near.is_empty() {
        let _ = write!(said, "; near: {}", near.join(", "));
    }
    if !off.is_empty() {
        let _ = write!(said, "; DO NOT TRUST: {}", off.join(", "));
    }
    words.push(said + ".");
    if link.loss.iter().any(|loss| loss.early) {
        words.push(format!("{name} link: replies came EARLY with loss: a bug, please report it."));
    }
    sound
}

fn small(trips: &RoundTrips) -> String {
    let (p50, p99) = (trips.error.p50_ms, trips.error.p99_ms);
    if trips.early {
        return "some came EARLY: trust no number, and please report it.".into();
    }
    let error = format!("error p50 {p50:.3} ms, p99 {p99:.3} ms at {} ms", trips.rtt_ms);
    if trips.held {
        format!("{error}: trust differences above {} ms.", step(p99))
    } else {
        format!("{error}: THE DELAY IS NOT HELD; `longhaul run` would call its numbers INVALID.")
    }
}

/// The next of 0.1, 0.2, 0.5, 1, 2, 5, … that is not below.
fn step(ms: f64) -> f64 {
    let steps = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];
    steps.into_iter().find(|step| *step >= ms).unwrap_or(1_000.0)
}

fn crowds(crowds: &[CrowdCheck]) -> Option<String> {
    let say = |crowd: &CrowdCheck| {
        let error = &crowd.round_trips.error;
        let rate = crowd.per_second;
        format!(
            "{} closed loops (error p50 {:.2} ms, p99 {:.2} ms, {rate:.0}/s)",
            crowd.connections, error.p50_ms, error.p99_ms
        )
    };
    let held = crowds.iter().rfind(|crowd| crowd.round_trips.held);
    let lost = crowds.iter().find(|crowd| !crowd.round_trips.held);
    Some(match (held, lost) {
        (Some(held), None) => format!("the delay is held to {}, the most that was tried.", say(held)),
        (Some(held), Some(lost)) => {
            format!("the delay is held to {}, no longer at {}.", say(held), say(lost))
        }
        (None, Some(lost)) => format!("the delay is not held at {}.", say(lost)),
        (None, None) => return None,
    })
}

/// Whether long transfers are as fast as the link, and what the stream link's queue does not do (`link::lane`).
fn bandwidths(link: &LinkCheck) -> Option<String> {
    let named = |agrees: bool| {
        let those = link.bandwidths.iter().filter(|rate| rate.agrees == agrees);
        let named: Vec<_> = those.map(|rate| rate.link_mbit_per_s.to_string()).collect();
        (!named.is_empty()).then(|| format!("{} Mbit/s", named.join(", ")))
    };
    let mut said = Vec::new();
    said.extend(named(true).map(|which| format!("long transfers are as fast as the link, within 2 %, at {which}")));
    said.extend(named(false).map(|which| format!("DO NOT TRUST, long transfers are not as fast as the link: {which}")));
    if said.is_empty() {
        return None;
    }
    let mut all = format!("{} link, bandwidth: {}.", link.link, said.join("; "));
    if link.link == LinkKind::Stream.word() {
        all.push_str(
            " Its queue holds senders back where a real one drops. One long transfer takes as long either way; a burst that \
             does not fit the queue, and connections that overflow it together, are too quick: they miss the repair of \
             what was dropped, up to a time-out of 200 ms or more. Use the packet link for those.",
        );
    }
    Some(all)
}

/// (how many agree, those that are near, those that are off or early), each with its distance.
fn verdicts(checkup: &Checkup, link: &str) -> (usize, Vec<String>, Vec<String>) {
    let (mut agree, mut near, mut off) = (0, Vec::new(), Vec::new());
    for distance in &checkup.distances {
        for row in &distance.rows {
            let verdict = row.seen.iter().find(|seen| seen.path == link).and_then(|seen| seen.verdict.as_deref());
            let named = || format!("{} at {} ms", row.case, distance.rtt_ms);
            match verdict {
                Some(word) if word == Verdict::Agrees.word() => agree += 1,
                Some(word) if word == Verdict::Near.word() => near.push(named()),
                Some(word) if word == Verdict::Early.word() => off.push(format!("{} (EARLY)", named())),
                Some(_) => off.push(named()),
                None => {}
            }
        }
    }
    (agree, near, off)
}

/// The stream link's word on the packet link's, where both ran.
fn compared(checkup: &Checkup) -> Option<String> {
    let rows =
        checkup.distances.iter().flat_map(|distance| distance.rows.iter().map(move |row| (distance.rtt_ms, row)));
    let all: Vec<_> = rows.filter_map(|(rtt, row)| Some((rtt, row, row.stream_against_packet.as_deref()?))).collect();
    if all.is_empty() {
        return None;
    }
    let named = |wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
        let those = all.iter().filter(|(.., word)| wanted(word));
        those.map(|(rtt, row, word)| format!("{} at {rtt} ms ({word})", row.case)).collect()
    };
    let edges = named(&|word| word == Verdict::Edge.word());
    let apart = named(&|word| word != Verdict::Agrees.word() && word != Verdict::Edge.word());
    let agree = all.len() - apart.len() - edges.len();
    let mut said = format!("stream against packet: {agree} of {} cases agree", all.len());
    if !edges.is_empty() {
        let _ = write!(said, "; kernels themselves take either: {}", edges.join(", "));
    }
    if !apart.is_empty() {
        let _ = write!(said, "; not: {}", apart.join(", "));
    }
    Some(said + ".")
}

/// The stream link against the packet link where packets are lost, and what the replies cannot tell. Their times have steps of
/// round trips, and a quantile that lies on a step needs very many: of 100,000 B, 70 segments, half lose nothing at 1 %.
fn lossy(all: &[LossCompared]) -> Option<String> {
    let (first, of) = (all.first()?, |told: Told| named(all, told));
    let within = format!("within {:.0} %", first.share_most * 100.0);
    let mut said = Vec::new();
    said.extend(of(Told::Agrees).map(|which| format!("{within}: {which}")));
    said.extend(of(Told::Off).map(|which| format!("NOT {within}, do not trust: {which}")));
    said.extend(of(Told::CannotTell).map(|which| {
        let (n, four) = (first.n, first.n * 4);
        let more = if four <= LOSSY_REPLIES_MAX { format!("; more may (`--loss {four}`)") } else { String::new() };
        format!("{n} replies cannot tell: {which}{more}")
    }));
    Some(format!("stream against packet with loss: {}.", said.join("; ")))
}

/// `p50 (+0.4 %), p90 (-2.0 %)`: those of which that was told.
fn named(all: &[LossCompared], told: Told) -> Option<String> {
    let those = all.iter().filter(|it| it.verdict == told.word());
    let named: Vec<_> = those.map(|it| format!("p{:.0} ({:+.1} %)", it.quantile * 100.0, it.share * 100.0)).collect();
    (!named.is_empty()).then(|| named.join(", "))
}

/// What helps a machine that does not hold its delays.
fn remedies(checkup: &Checkup) -> Vec<String> {
    let machine = &checkup.machine;
    let mut all = Vec::new();
    if !machine.realtime {
        all.push(
            "Remedy: allow real-time scheduling (CAP_SYS_NICE, or `ulimit -r 1`); without it others go first.".into(),
        );
    }
    if !machine.keeps_processors_awake {
        all.push(
            "Remedy: let this user write /dev/cpu_dma_latency, so that processors do not sleep between packets.".into(),
        );
    }
    if machine.load > f64::from(machine.processors) / 2.0 {
        let (load, processors) = (machine.load, machine.processors);
        all.push(format!(
            "Remedy: stop other programs; the load was {load:.1} on {processors} processors before measuring."
        ));
    }
    if all.is_empty() {
        all.push(
            "Run it again when the machine is idle; if the same cases stay, please report them with `--json`.".into(),
        );
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::canned;
    use super::*;

    /// A check of a machine where all is well, but for what `change` makes of it.
    fn told(change: impl FnOnce(&mut Checkup)) -> Trust {
        let mut checkup = canned::checkup();
        checkup.distances[0].rows.retain(|row| !row.seen.iter().any(|seen| seen.verdict.as_deref() == Some("off")));
        change(&mut checkup);
        trust(&checkup)
    }

    #[test]
    fn what_is_not_held_decides() {
        assert_eq!(told(|_| ()).exit, Exit::Fine, "{:?}", told(|_| ()).words);
        let crowded = told(|checkup| checkup.links[0].crowds[0].round_trips.held = false);
        assert_eq!(crowded.exit, Exit::Invalid);
        assert!(crowded.words.iter().any(|words| words.starts_with("Remedy: ")), "{:?}", crowded.words);
        let slow = told(|checkup| checkup.links[1].bandwidths[0].agrees = false);
        assert_eq!(slow.exit, Exit::Invalid);
        let words = "packet link, bandwidth: DO NOT TRUST, long transfers are not as fast as the link: 100 Mbit/s.";
        assert!(slow.words.iter().any(|told| told == words), "{:?}", slow.words);
        let none = told(|checkup| checkup.links.iter_mut().for_each(|link| link.unavailable = Some("no".into())));
        assert_eq!(none.exit, Exit::Environment);
    }
}
