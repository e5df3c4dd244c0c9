//! Saying an English text of a report in Japanese: the whole of it if it is a known phrase, else part by part.
//!
//! What has no translation stays as it is, and a name of the scenario always does. Not for: which texts of a report are
//! told (`walk`).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::catalogue;
use super::phrase::{self, Hole, Phrase};
use crate::scenario::{Scenario, WorkloadKind};

/// Tells texts of reports about some scenarios.
pub(super) struct Teller {
    /// Texts without holes.
    whole: BTreeMap<&'static str, &'static str>,
    /// Phrases with holes, those with the most fixed text first.
    phrases: Vec<Phrase>,
    /// What somebody has named.
    names: BTreeSet<String>,
    /// What has been told: reports repeat themselves.
    told: RefCell<BTreeMap<String, String>>,
}

impl Teller {
    /// For reports about these scenarios, in which some others have names too.
    pub(super) fn of(scenarios: &[&Scenario], others: impl IntoIterator<Item = String>) -> Self {
        let (holes, fixed): (Vec<_>, Vec<_>) = catalogue::entries().partition(|(english, _)| english.contains('{'));
        let mut phrases: Vec<Phrase> = holes.into_iter().map(Phrase::of).collect();
        phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.weight));
        Self {
            whole: fixed.into_iter().copied().collect(),
            phrases,
            names: scenarios.iter().flat_map(|scenario| names(scenario)).chain(others).collect(),
            told: RefCell::default(),
        }
    }

    /// The text in Japanese.
    pub(super) fn tell(&self, text: &str) -> String {
        if !text.contains(|c: char| c.is_ascii_alphabetic()) || self.names.contains(text) {
            return text.to_owned();
        }
        if let Some(known) = self.told.borrow().get(text) {
            return known.clone();
        }
        let told = self.fresh(text);
        self.told.borrow_mut().insert(text.to_owned(), told.clone());
        told
    }

    fn fresh(&self, text: &str) -> String {
        if phrase::is_number(text) {
            return phrase::number(text);
        }
        if let Some(said) = self.whole.get(text) {
            return (*said).to_owned();
        }
        if text.contains(" · ") {
            return text.split(" · ").map(|part| self.tell(part)).collect::<Vec<_>>().join(" · ");
        }
        let matched = self.phrases.iter().find_map(|phrase| Some((phrase, phrase.matched(text, &self.names)?)));
        if let Some((phrase, filled)) = matched {
            let insides: Vec<String> = filled.into_iter().map(|(hole, inside)| self.inside(hole, inside)).collect();
            return phrase.said(&insides);
        }
        if text.contains("; ") {
            return self.row(text);
        }
        if let Some((first, rest)) = self.known_first(text).or_else(|| sentence(text)) {
            return format!("{}{}", self.tell(first), self.tell(rest));
        }
        if let Some((head, rest)) = text.split_once(": ") {
            return format!("{}：{}", self.tell(head), self.tell(rest));
        }
        match text.strip_suffix('.') {
            Some(open) if self.tell(open) != open => format!("{}。", self.tell(open)),
            // Only where all of it is known: commas and ands are in every sentence.
            _ if self.is_list(text) => self.list(text),
            _ => text.to_owned(),
        }
    }

    /// `a; b; c`: sentences if it ends as one.
    fn row(&self, text: &str) -> String {
        let told: Vec<String> = text.split("; ").map(|part| self.tell(part)).collect();
        let between = match () {
            () if text.ends_with('.') => "。",
            () if told.iter().any(|part| part.contains('、')) => "／",
            () => "、",
        };
        told.join(between)
    }

    /// A known text with something behind it.
    fn known_first<'a>(&self, text: &'a str) -> Option<(&'a str, &'a str)> {
        let fits = |known: &&&str| {
            text.strip_prefix(**known).is_some_and(|rest| known.ends_with('.') && rest.starts_with(' '))
        };
        let longest = self.whole.keys().filter(fits).max_by_key(|known| known.len())?;
        Some((&text[..longest.len()], &text[longest.len() + 1..]))
    }

    /// `a, b and c`, of which each may itself hold commas: an item is the shortest that is known, else the shortest.
    fn list(&self, text: &str) -> String {
        let joints = joints(text);
        let known = joints.iter().find(|(end, _)| self.knows(&text[..*end]));
        match known.or(joints.first()) {
            Some(_) if known.is_none() && self.knows(text) => self.tell(text),
            Some((end, next)) => format!("{}、{}", self.tell(&text[..*end]), self.list(&text[*next..])),
            None => self.tell(text),
        }
    }

    /// Several texts that are known, in a row.
    fn is_list(&self, text: &str) -> bool {
        let joints = joints(text);
        joints.iter().any(|(end, next)| {
            let rest = &text[*next..];
            self.knows(&text[..*end]) && (self.knows(rest) || self.is_list(rest))
        })
    }

    /// It is a name, a number or a phrase.
    fn knows(&self, text: &str) -> bool {
        let phrase = || self.phrases.iter().any(|phrase| phrase.matched(text, &self.names).is_some());
        let quantile =
            text.rsplit_once(" p").is_some_and(|(name, q)| self.names.contains(name) && phrase::is_number(q));
        quantile || self.names.contains(text) || phrase::is_number(text) || self.whole.contains_key(text) || phrase()
    }

    fn inside(&self, hole: Hole, text: &str) -> String {
        match hole {
            Hole::Number | Hole::Times => phrase::number(text),
            Hole::Own | Hole::Name => text.to_owned(),
            Hole::List => self.list(text),
            Hole::Any => self.tell(text),
        }
    }
}

/// Where `a, b and c` may be parted: (the end of one, the begin of the next); never within a quoted name.
fn joints(text: &str) -> Vec<(usize, usize)> {
    let of = |joint: &'static str| text.match_indices(joint).map(move |(at, _)| (at, at + joint.len()));
    let open = |at: usize| text[..at].matches('“').count() > text[..at].matches('”').count();
    let mut all: Vec<_> = of(", ").chain(of(" and ")).filter(|(at, _)| !open(*at)).collect();
    all.sort_unstable();
    all
}

/// The first sentence of several and the rest.
fn sentence(text: &str) -> Option<(&str, &str)> {
    // `1. before` is no sentence.
    let ends = |at: &usize| !text[..*at].ends_with(|c: char| c.is_ascii_digit());
    let at = text.match_indices(". ").map(|(at, _)| at).find(ends)?;
    Some((&text[..=at], &text[at + 2..]))
}

/// Everything that the author of a scenario has named.
fn names(scenario: &Scenario) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let parts = scenario.workloads.iter().flat_map(|workload| match &workload.kind {
        WorkloadKind::Queue(queues) => queues.iter().map(|queue| queue.name.clone()).collect(),
        WorkloadKind::Cron(jobs) => jobs.iter().map(|job| job.name.clone()).collect(),
        WorkloadKind::Http(_) | WorkloadKind::Startup(_) => Vec::new(),
    });
    all.extend(parts);
    all.push(scenario.name.clone());
    all.extend(scenario.workloads.iter().map(|it| it.name.clone()));
    all.extend(scenario.stores.iter().map(|it| it.name.clone()));
    all.extend(scenario.sites.iter().map(|it| it.name.clone()));
    all.extend(scenario.platforms.iter().map(|it| it.name.clone()));
    all.extend(scenario.journeys.iter().map(|it| it.name.clone()));
    all.extend(scenario.strategies.iter().map(|it| it.name.clone()));
    all.extend(scenario.strategies.iter().flat_map(|it| &it.phases).map(|phase| phase.name.clone()));
    all
}
