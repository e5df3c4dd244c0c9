//! May a stored run be compared with one of now? Whatever differs beside the code under test makes the answer worthless.
//!
//! A stored result is of another machine hour, so what is compared must be the same by construction: engine, load, link, stores,
//! version and either the scenario word for word or at least its world. Not for: which numbers belong together (`pairs`).

use crate::analysis::words::percent;
use crate::runfile::Provenance;
use crate::scenario::{self, Arrivals, Link, Links, Scenario, SiteId, WorkloadKind};

/// How much of the scenario must be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Same {
    /// Every letter of it: what differs is the machine, the servers or longhaul.
    Scenario,
    /// Sites, links, stores, platforms and arrivals: journeys and how they are performed may differ, since they are what is
    /// judged.
    World,
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What.
    pub what: String,
    /// As it is now.
    pub now: String,
    /// As it was stored.
    pub stored: String,
}

/// Why a stored run says nothing about this one: everything that differs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(told).collect::<Vec<_>>().join("; "))]
pub struct Differs(pub Vec<Difference>);

fn told(difference: &Difference) -> String {
    let Difference { what, now, stored } = difference;
    let (is, was) = if what.starts_with("arrivals") { ("are", "were") } else { ("is", "was") };
    format!("{what} {is} {now}, {was} {stored}")
}

/// Checks that a stored run may be compared with one of now.
///
/// # Errors
/// With everything that differs, if anything does.
pub fn comparable(now: &Provenance, stored: &Provenance, same: Same) -> Result<(), Differs> {
    let mut found = made(now, stored);
    match same {
        Same::Scenario if now.digest != stored.digest => {
            found.push(of("scenario", short(&now.digest), short(&stored.digest)));
        }
        Same::World if now.digest != stored.digest => found.extend(worlds(now, stored)),
        Same::Scenario | Same::World => {}
    }
    if found.is_empty() { Ok(()) } else { Err(Differs(found)) }
}

/// What differs in how the two were made.
fn made(now: &Provenance, stored: &Provenance) -> Vec<Difference> {
    let calibration = |p: &Provenance| p.simulated.as_ref().map_or_else(String::new, |s| s.calibration.clone());
    let facts = |p: &Provenance| {
        [
            ("scenario", format!("`{}`", p.scenario)),
            ("engine", p.engine.clone()),
            ("link", p.link.clone()),
            ("kind of stores", p.stores.clone()),
            ("seed", p.seed.to_string()),
            ("scale", percent(p.scale)),
            ("version", release(&p.version)),
            ("calibration", calibration(p)),
        ]
    };
    let both = facts(now).into_iter().zip(facts(stored));
    both.filter(|(now, stored)| now != stored).map(|((what, now), (_, stored))| of(what, now, stored)).collect()
}

fn of(what: &str, now: String, stored: String) -> Difference {
    Difference { what: what.to_owned(), now, stored }
}

/// The part of a version within which results mean the same: the major one, before 1.0 the minor one with it.
fn release(version: &str) -> String {
    let mut parts = version.split('.');
    let major = parts.next().unwrap_or_default();
    if major == "0" { format!("0.{}", parts.next().unwrap_or_default()) } else { major.to_owned() }
}

/// A digest as one can read it.
fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}

/// What differs in the worlds of two scenarios.
fn worlds(now: &Provenance, stored: &Provenance) -> Vec<Difference> {
    let read = |p: &Provenance| scenario::parse("the scenario in the run", &p.source);
    match (read(now), read(stored)) {
        (Ok(now), Ok(stored)) => world(&now, &stored),
        (now, stored) => {
            let word = |read: bool| if read { "readable" } else { "not readable by this build" };
            vec![of("scenario", word(now.is_ok()).into(), word(stored.is_ok()).into())]
        }
    }
}

fn world(now: &Scenario, stored: &Scenario) -> Vec<Difference> {
    let names = |s: &Scenario| s.sites.iter().map(|site| site.name.clone()).collect::<Vec<_>>().join(", ");
    if names(now) != names(stored) {
        // Everything else is by site.
        return vec![of("list of sites", names(now), names(stored))];
    }
    let mut found = links(now, &stored.links);
    found.extend(parts("store", &now.stores, &stored.stores, |store| &store.name));
    found.extend(parts("platform", &now.platforms, &stored.platforms, |platform| &platform.name));
    found.extend(loads(now, stored));
    found
}

fn links(now: &Scenario, stored: &Links) -> Vec<Difference> {
    let site = |id: SiteId| now.sites.get(id.0).map_or("", |site| &site.name);
    let mut pairs: Vec<_> = now.links.between.keys().chain(stored.between.keys()).copied().collect();
    pairs.sort_unstable();
    pairs.dedup();
    let differing = pairs.into_iter().filter(|(a, b)| now.links.get(*a, *b) != stored.get(*a, *b));
    differing
        .map(|(a, b)| {
            let what =
                if a == b { format!("link within {}", site(a)) } else { format!("link {}–{}", site(a), site(b)) };
            let word = |link: Option<&Link>| link.map_or_else(|| "absent".to_owned(), |link| link.rtt.to_string());
            let (one, other) = (word(now.links.get(a, b)), word(stored.get(a, b)));
            if one == other { of(&what, format!("{one} otherwise shaped"), one) } else { of(&what, one, other) }
        })
        .collect()
}

/// Named things that are other things now, or are on one side only.
fn parts<T: PartialEq>(kind: &str, now: &[T], stored: &[T], name: impl Fn(&T) -> &String) -> Vec<Difference> {
    let mut found = Vec::new();
    for one in now {
        match stored.iter().find(|other| name(other) == name(one)) {
            None => found.push(of(&format!("{kind} `{}`", name(one)), "there".into(), "absent".into())),
            Some(other) if other != one => {
                found.push(of(&format!("{kind} `{}`", name(one)), "another".into(), "otherwise".into()));
            }
            Some(_) => {}
        }
    }
    let gone = stored.iter().filter(|other| !now.iter().any(|one| name(one) == name(other)));
    found.extend(gone.map(|one| of(&format!("{kind} `{}`", name(one)), "absent".into(), "there".into())));
    found
}

/// What arrives, of each workload: a workload that is only on one side is no difference, since nothing of it is compared; the
/// load that it makes for others is what is judged.
fn loads(now: &Scenario, stored: &Scenario) -> Vec<Difference> {
    let both = now.workloads.iter().filter_map(|one| {
        let other = stored.workloads.iter().find(|other| other.name == one.name)?;
        Some((one, other))
    });
    both.filter_map(|(one, other)| {
        let (now, stored) = (arriving(&one.kind), arriving(&other.kind));
        (now != stored).then(|| of(&format!("arrivals of `{}`", one.name), now, stored))
    })
    .collect()
}

/// What arrives, in words that are equal only if it is the same.
fn arriving(kind: &WorkloadKind) -> String {
    let shown = |arrivals: &Arrivals| {
        let shape = format!("{:?}", arrivals.shape);
        let shape = if shape == "Flat" { String::new() } else { format!(" {shape}") };
        format!("{} {:?}{shape}", arrivals.rate, arrivals.pacing).to_lowercase()
    };
    match kind {
        WorkloadKind::Http(http) => shown(&http.arrivals),
        WorkloadKind::Queue(queues) => {
            queues.iter().map(|q| format!("{} {}", q.name, shown(&q.arrivals))).collect::<Vec<_>>().join(", ")
        }
        WorkloadKind::Cron(jobs) => {
            jobs.iter().map(|job| format!("{} every {}", job.name, job.every)).collect::<Vec<_>>().join(", ")
        }
        WorkloadKind::Startup(startup) => format!("{} instances", startup.instances),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runfile::{Limits, Machine, Windows};

    const TEXT: &str = include_str!("../../../scenarios/smoke.yaml");

    fn made_of(text: &str) -> Provenance {
        Provenance {
            version: "0.1.0".into(),
            scenario: "smoke".into(),
            digest: format!("{:x}", <sha2::Sha256 as sha2::Digest>::digest(text.as_bytes())),
            source: text.into(),
            seed: 42,
            engine: "sim".into(),
            link: "stream".into(),
            stores: "model".into(),
            servers: std::collections::BTreeMap::new(),
            scale: 1.0,
            windows: Windows::default(),
            limits: Limits::default(),
            started_unix: 0,
            took_ns: 0,
            machine: Machine::default(),
            command: Vec::new(),
            partial: false,
            simulated: None,
        }
    }

    fn told(now: &Provenance, same: Same) -> String {
        comparable(now, &made_of(TEXT), same).expect_err("something differs").to_string()
    }

    #[test]
    fn what_is_the_same_may_be_compared() {
        let now = Provenance { version: "0.1.7".into(), started_unix: 5, took_ns: 7, ..made_of(TEXT) };
        for same in [Same::Scenario, Same::World] {
            assert_eq!(comparable(&now, &made_of(TEXT), same), Ok(()));
        }
    }

    #[test]
    fn everything_that_differs_is_told() {
        let now = Provenance {
            engine: "live".into(),
            version: "0.2.0".into(),
            seed: 7,
            scale: 0.5,
            link: "packet".into(),
            ..made_of(TEXT)
        };
        assert_eq!(
            told(&now, Same::Scenario),
            "engine is live, was sim; link is packet, was stream; seed is 7, was 42; scale is 50 %, was 100 %; \
             version is 0.2, was 0.1"
        );
        assert_eq!(["1.2.3", "1.9", "2.0.0"].map(release), ["1", "1", "2"]);
    }

    #[test]
    fn journeys_may_differ_where_the_world_does_not() {
        let changed = made_of(&TEXT.replace("think: 5ms", "think: 9ms"));
        assert_ne!(changed.source, TEXT, "the scenario still has it");
        assert_eq!(comparable(&changed, &made_of(TEXT), Same::World), Ok(()));
        assert!(told(&changed, Same::Scenario).starts_with("scenario is "));
    }

    #[test]
    fn another_world_is_told_by_its_parts() {
        for (was, is, expected) in [
            ("rtt: 4ms", "rtt: 20ms", "link here–there is 20ms, was 4ms"),
            ("rate: 20/s", "rate: 50/s", "arrivals of `web` are 50/s poisson, were 20/s poisson"),
        ] {
            let now = made_of(&TEXT.replace(was, is));
            assert_eq!(told(&now, Same::World), expected);
        }
        assert!(told(&made_of("format: 9"), Same::World).contains("scenario is not readable by this build"));
    }
}
