//! Changes of a link while it carries: one at a time, or a whole schedule of them.
//!
//! They are written in the words and units of a link in a scenario file, and refused with the same
//! messages. Not for: applying them to anything that carries (`proxy`).

use std::path::Path;

use super::lower;
use super::{Congestion, FILE_BYTES_MAX, Jitter, Link, LoadError};
use crate::scenario::file;
use crate::scenario::wire::change as wire;
use crate::units::{Bandwidth, Fraction, Nanos, Rtt};

/// What becomes of a link; `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LinkChange {
    /// Round-trip time.
    pub rtt: Option<Rtt>,
    /// Time added to each crossing.
    pub jitter: Option<Jitter>,
    /// Probability that a packet is lost, each way.
    pub loss: Option<Fraction>,
    /// A new bound, or (`Some(None)`) none any more.
    pub bandwidth: Option<Option<Bandwidth>>,
    /// Congestion control; only before the link carries.
    pub congestion: Option<Congestion>,
}

impl LinkChange {
    /// The link that `link` becomes.
    #[must_use]
    pub fn apply(&self, link: &Link) -> Link {
        Link {
            rtt: self.rtt.unwrap_or(link.rtt),
            jitter: self.jitter.clone().unwrap_or_else(|| link.jitter.clone()),
            loss: self.loss.unwrap_or(link.loss),
            bandwidth: self.bandwidth.unwrap_or(link.bandwidth),
            congestion: self.congestion.unwrap_or(link.congestion),
        }
    }

    /// Reads one change, written as a YAML or JSON map such as `{"rtt": "50ms", "loss": "1%"}`; `name` is what
    /// messages call it.
    ///
    /// # Errors
    /// If the text is no such map, or a value is out of bounds.
    pub fn parse(name: &str, text: &str) -> Result<Self, LoadError> {
        Self::read(name, text, false)
    }

    /// The same for a link that carries, whose congestion control does not change any more.
    ///
    /// # Errors
    /// As [`LinkChange::parse`], or if it asks for a congestion control.
    pub fn parse_live(name: &str, text: &str) -> Result<Self, LoadError> {
        Self::read(name, text, true)
    }

    fn read(name: &str, text: &str, carries: bool) -> Result<Self, LoadError> {
        let wire: wire::LinkChange = file::yaml(name, text, "link")?;
        lower::link_change(text, &wire, carries).map_err(|problems| LoadError::new(name, text, problems))
    }
}

/// What happens to a link at one instant.
#[derive(Debug, Clone, PartialEq)]
pub enum Happening {
    /// It becomes another one.
    Change(LinkChange),
    /// Nothing crosses any more.
    Cut,
    /// It carries again.
    Mend,
}

/// A happening and when, from the start of its schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct Scheduled {
    /// When.
    pub at: Nanos,
    /// What.
    pub happening: Happening,
}

/// What happens to a link, and when. Never empty, instants rise.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    pub(super) entries: Vec<Scheduled>,
    pub(super) repeat_every: Option<Nanos>,
}

impl Schedule {
    /// Reads and checks a schedule file.
    ///
    /// # Errors
    /// If the file cannot be read, or is no schedule.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let name = path.display().to_string();
        Self::parse(&name, &file::read(path, &name, "schedule")?)
    }

    /// Checks the text of a schedule; `name` is what messages call it.
    ///
    /// # Errors
    /// If the text is no schedule.
    pub fn parse(name: &str, text: &str) -> Result<Self, LoadError> {
        if text.len() > FILE_BYTES_MAX {
            return Err(LoadError::whole(name, format!("the file is larger than {} MiB", FILE_BYTES_MAX >> 20), None));
        }
        if text.trim().is_empty() {
            let help = "write for example `changes: [{ at: 30s, link: { rtt: 50ms } }]`";
            return Err(LoadError::whole(name, "the file is empty".into(), Some(help)));
        }
        let wire: wire::Schedule = file::yaml(name, text, "schedule")?;
        lower::schedule(text, &wire).map_err(|problems| LoadError::new(name, text, problems))
    }

    /// Happening number `index`, from 0, repetitions counted on: when, from the start, and what. `None` when all is over.
    pub fn get(&self, index: u64) -> Option<(Nanos, &Happening)> {
        let length = self.entries.len() as u64;
        let (round, position) = (index.checked_div(length)?, index.checked_rem(length)?);
        let offset = match self.repeat_every {
            Some(every) => Nanos(every.0.saturating_mul(round)),
            None if round == 0 => Nanos::ZERO,
            None => return None,
        };
        let entry = self.entries.get(usize::try_from(position).ok()?)?;
        Some((offset.saturating_add(entry.at), &entry.happening))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link() -> Link {
        Link {
            rtt: Rtt(Nanos::from_millis(15)),
            jitter: Jitter::None,
            loss: Fraction(0.0),
            bandwidth: Some(Bandwidth(1e9)),
            congestion: Congestion::Cubic,
        }
    }

    fn change(text: &str) -> Link {
        LinkChange::parse("request", text).expect(text).apply(&link())
    }

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        assert_eq!(change(r#"{"rtt": "50ms"}"#), Link { rtt: Rtt(Nanos::from_millis(50)), ..link() });
        assert_eq!(
            change("{ loss: 1%, bandwidth: unlimited }"),
            Link { loss: Fraction(0.01), bandwidth: None, ..link() }
        );
        let jittery = change(r#"{"jitter": {"uniform": "1ms"}, "congestion": "bbr"}"#);
        let expected = Link { jitter: Jitter::Uniform(Nanos::from_millis(1)), congestion: Congestion::Bbr, ..link() };
        assert_eq!(jittery, expected);
        assert_eq!(change(r#"{"jitter":"none","loss":0}"#), link());
    }

    #[test]
    fn what_is_wrong_with_a_change_is_told() {
        for (text, message) in [
            (r#"{"rtt": "50"}"#, "`50` has no unit: write for example `15ms`"),
            (r#"{"rtt": "11s"}"#, "`11s` is too large: `rtt` lies between 0s and 10s"),
            (r#"{"rt": "50ms"}"#, "unknown key `rt`"),
            (r#"{"loss": "30%"}"#, "`30%` is too large: `loss` lies between 0% and 20%"),
            (r#"{"bandwidth": "0"}"#, "write `unlimited` for a link without a bound"),
            (r#"{"jitter": "1ms"}"#, "jitter is a distribution"),
            ("{}", "this changes nothing"),
            ("[]", "belongs here"),
            (r#"{"rtt": "1ms", "rtt": "2ms"}"#, "stands here twice"),
        ] {
            let told = LinkChange::parse("request", text).expect_err(text).to_string();
            assert!(told.contains(message), "{text}: {told}");
        }
    }

    #[test]
    fn a_schedule_repeats() {
        let text = "changes:\n  - { at: 0s, link: { rtt: 50ms } }\n  - { at: 2s, cut: true }\n  - { at: 3s, mend: true }\nrepeat_every: 10s\n";
        let schedule = Schedule::parse("s.yaml", text).expect("a schedule");
        let secs = Nanos::from_secs;
        let at: Vec<_> = (0..7).map(|i| schedule.get(i).expect("for ever").0).collect();
        assert_eq!(at, [0, 2, 3, 10, 12, 13, 20].map(secs));
        assert_eq!(schedule.get(4).map(|entry| entry.1), Some(&Happening::Cut));
        let once = Schedule { repeat_every: None, ..schedule };
        assert_eq!((once.get(2).map(|entry| entry.0), once.get(3)), (Some(secs(3)), None));
    }

    #[test]
    fn what_is_wrong_with_a_schedule_is_told() {
        for (text, message) in [
            ("", "the file is empty"),
            ("changes: []", "a schedule without changes"),
            ("repeat_every: 3s", "the schedule has no `changes`"),
            ("changes: [{ at: 3s, cut: true }, { at: 2s, mend: true }]", "`2s` does not come after `3s`"),
            ("changes: [{ at: 3s, cut: true }]\nrepeat_every: 3s", "it would begin again after `3s`"),
            ("changes: [{ at: 3s, cut: false }]", "`cut: false` says nothing"),
            ("changes: [{ at: 3s }]", "this entry does not say what changes"),
            ("changes: [{ at: 3s, cut: true, mend: true }]", "two changes in one entry"),
            ("changes: [{ cut: true }]", "this change has no `at`"),
            ("changes: [{ at: 30, cut: true }]", "`30` has no unit"),
            ("changes: [{ at: 3s, link: {} }]", "this changes nothing"),
            ("changes: [{ at: 3s, lnik: {} }]", "unknown key `lnik`"),
            ("changes: [{ at: 3s, link: { congestion: bbr } }]", "does not change while a link carries"),
        ] {
            let told = Schedule::parse("s.yaml", text).expect_err(text).to_string();
            assert!(told.contains(message), "{text}: {told}");
        }
    }
}
