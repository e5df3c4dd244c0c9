//! Where parts of a scenario file are written, for whoever points at them: a finding of a gate, in a code review.
//!
//! Not for: what is wrong with a file, which tells its place itself (`error`).

use std::collections::BTreeMap;

use serde_saphyr::Location;

use super::file::yaml;
use super::wire::leaf::{Leaf, Opt};
use super::wire::workloads::{Objective, Workload};
use super::wire::{File, Key, Named};

/// A line and a column of a file, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spot {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

impl From<Location> for Spot {
    fn from(at: Location) -> Self {
        Self { line: at.line() as usize, column: at.column() as usize }
    }
}

/// The places of one file's journeys and objectives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    journeys: BTreeMap<String, Spot>,
    /// By workload and key; by the workload alone where it begins.
    limits: BTreeMap<(String, Option<String>), Spot>,
}

impl Places {
    /// The places of a text that loads; none of any other.
    pub fn of(source: &str) -> Self {
        let Ok(file) = yaml::<File>("", source, "scenario") else { return Self::default() };
        let mut places = Self::default();
        for (key, _) in named(&file.journeys) {
            places.journeys.insert(key.text.clone(), key.at.into());
        }
        for (key, workload) in named(&file.workloads) {
            places.workload(key, workload);
        }
        places
    }

    fn workload(&mut self, key: &Key, workload: &Workload) {
        let mut put = |word: Option<&str>, at: Location| {
            // The first that is put is the one that counts.
            self.limits.entry((key.text.clone(), word.map(str::to_owned))).or_insert(at.into());
        };
        if let Some(objective) = workload.objective.get() {
            for (word, at) in limits(&objective.value) {
                put(Some(word), at);
            }
            put(None, objective.at);
        }
        put(None, key.at);
        for (job, it) in workload.jobs.get().into_iter().flat_map(|jobs| &jobs.value.0) {
            it.deadline.get().into_iter().for_each(|leaf| put(Some(&format!("{} {DEADLINE}", job.text)), leaf.at));
        }
        workload.deadline.get().into_iter().for_each(|leaf| put(Some(DEADLINE), leaf.at));
    }

    /// Where a journey begins.
    pub fn journey(&self, name: &str) -> Option<Spot> {
        self.journeys.get(name).copied()
    }

    /// Where a workload's limit is written, by its key in `objective`, or that of one of its jobs; else where its objective begins,
    /// or itself.
    pub fn objective(&self, workload: &str, part: &str, key: &str) -> Option<Spot> {
        let find = |key: Option<String>| self.limits.get(&(workload.to_owned(), key)).copied();
        find(Some(format!("{part} {key}"))).or_else(|| find(Some(key.to_owned()))).or_else(|| find(None))
    }
}

const DEADLINE: &str = "deadline";

fn named<T>(opt: &Opt<Named<T>>) -> impl Iterator<Item = &(Key, T)> {
    opt.get().into_iter().flat_map(|named| &named.0)
}

/// Every limit of an objective, as it is written.
fn limits(it: &Objective) -> Vec<(&'static str, Location)> {
    fn at<T>(key: &'static str, leaf: &Opt<Leaf<T>>) -> Option<(&'static str, Location)> {
        leaf.get().map(|leaf| (key, leaf.at))
    }
    let times = [("p50", &it.p50), ("p90", &it.p90), ("p95", &it.p95), ("p99", &it.p99), ("p99.9", &it.p99_9)];
    let more = [("oldest", &it.oldest), (DEADLINE, &it.deadline), ("ready", &it.ready)];
    let times = times.into_iter().chain(more).filter_map(|(key, leaf)| at(key, leaf));
    times.chain(at("errors", &it.errors)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
journeys:
  page: { steps: [] }
workloads:
  web:
    objective:
      p95: 800ms
      errors: 1%
  night:
    deadline: 2h
    jobs:
      sums: { items: 10 }
      mails: { items: 10, deadline: 1h }
  idle: { kind: http }
";

    #[test]
    fn limits_are_found_where_they_are_written() {
        let places = Places::of(TEXT);
        let spot = |line, column| Some(Spot { line, column });
        assert_eq!(places.journey("page"), spot(2, 3));
        assert_eq!(places.journey("absent"), None);
        for (workload, part, key, at) in [
            ("web", "web", "p95", spot(6, 12)),
            ("web", "web", "errors", spot(7, 15)),
            ("web", "web", "p99", spot(6, 7)),
            ("night", "mails", "deadline", spot(12, 37)),
            ("night", "sums", "deadline", spot(9, 15)),
            ("idle", "idle", "p95", spot(13, 3)),
            ("absent", "absent", "p95", None),
        ] {
            assert_eq!(places.objective(workload, part, key), at, "{workload} {part} {key}");
        }
        assert_eq!(Places::of("a: ["), Places::default());
    }
}
