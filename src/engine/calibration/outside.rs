//! What exchanges cost outside of link and store, as no-ops beside the load show it.
//!
//! Not for: what stores take (`answers`).

use super::grounds::spread;
use super::{Answer, Outside, Times};
use crate::measure::Hist;
use crate::plan::expected;
use crate::runfile::{LinkRun, PlacementRun, ProbeRun, TakenRun};
use crate::scenario::{Link, Scenario, SiteId, Store};
use crate::units::Nanos;

/// What a call costs outside of link and store, whatever the store: what no-ops beside the load took. Of a run without
/// those, a constant: the median over links of what a no-op took before the load, and the mean lateness of the proxy
/// under it, which hold the lateness of an idle proxy and the answer of an idle store twice, some 10 µs each.
pub(super) fn overhead(placements: &[&PlacementRun], scenario: &Scenario) -> (Outside, TakenRun) {
    let what = "every call, outside of link and store".to_owned();
    let probes = || placements.iter().flat_map(|p| &p.probes);
    if probes().next().is_some() {
        let times = exchange(probes());
        let means = placements.iter().map(|p| exchange(p.probes.iter())).filter(|t| !t.is_constant());
        let means = means.map(|times| times.mean().0 as f64);
        let time = spread(times.mean().0 as f64, means, probes().map(|p| p.beyond_link.count()).sum());
        return (Outside { exchange: times.clone(), greeting: times }, TakenRun { what, time, drawn: true });
    }
    let links = || placements.iter().flat_map(|p| &p.links);
    let mut beyond: Vec<f64> = links().filter_map(|link| beyond_link(link, scenario)).collect();
    beyond.sort_by(f64::total_cmp);
    let noop = beyond.get(beyond.len() / 2).copied().unwrap_or(0.0);
    let mut late = Hist::new();
    links().for_each(|link| late.merge(&link.round_trip_lateness));
    let value = noop + if late.is_empty() { 0.0 } else { late.mean() };
    let means = links().filter(|l| !l.round_trip_lateness.is_empty()).filter_map(|link| {
        let noop = beyond_link(link, scenario)?;
        Some(noop + link.round_trip_lateness.mean())
    });
    let time = spread(value, means, late.count());
    let constant = Times::constant(Nanos(value.round() as u64));
    (Outside { exchange: constant.clone(), greeting: constant }, TakenRun { what, time, drawn: false })
}

/// What no-ops took outside of link and store.
fn exchange<'a>(probes: impl Iterator<Item = &'a ProbeRun>) -> Times {
    let (mut beyond, mut answer) = (Hist::new(), Hist::new());
    for probe in probes {
        beyond.merge(&probe.beyond_link);
        answer.merge(&probe.server_time);
    }
    Times::beyond(&beyond, &answer)
}

/// The same of some of them, and what connects took beyond a login, which is an exchange like others.
///
/// No-ops are few, and what is rare among them is the machine's, whichever way they went: of their own they keep the
/// median, and vary about it as `all` do.
fn outside<'a>(probes: impl Iterator<Item = &'a ProbeRun> + Clone, all: &Times, answer: &Answer) -> Outside {
    let exchange = all.moved(all.at(0.5), exchange(probes.clone()).at(0.5));
    let mut connect = Hist::new();
    probes.for_each(|probe| connect.merge(&probe.connect));
    if connect.is_empty() {
        return Outside { greeting: exchange.clone(), exchange };
    }
    let times = Times::sampled(&connect);
    let login = exchange.mean() + answer.at_once.mean();
    Outside { greeting: times.moved(login, Nanos::ZERO), exchange }
}

/// What no-ops to a store took outside of link and store: over each link, and over all of them; none without any.
pub(super) fn probed(
    placements: &[&PlacementRun],
    store: &Store,
    all: &Times,
    answer: &Answer,
) -> (Vec<(String, Outside)>, Option<Outside>) {
    let of = || placements.iter().flat_map(|p| &p.probes).filter(|probe| probe.store == store.name);
    let mut links: Vec<&str> = of().map(|probe| probe.link.as_str()).collect();
    links.sort_unstable();
    links.dedup();
    let over = |link: &str| {
        let of_link: Vec<&ProbeRun> = of().filter(|probe| probe.link == link).collect();
        (link.to_owned(), outside(of_link.into_iter(), all, answer))
    };
    let of_any: Vec<&ProbeRun> = of().collect();
    let any = (!links.is_empty()).then(|| outside(of_any.into_iter(), all, answer));
    (links.into_iter().map(over).collect(), any)
}

/// What a no-op took beyond the link's round trip; `None` without a link or no-op of that name.
fn beyond_link(link: &LinkRun, scenario: &Scenario) -> Option<f64> {
    let asked = asked(&link.name, scenario)?;
    (link.noop_ns > 0).then(|| (link.noop_ns as f64 - expected::round_trip(asked).0 as f64).max(0.0))
}

/// The sites at both ends of a link of this name.
pub(super) fn sites(link: &str) -> [&str; 2] {
    let (a, b) = link.split_once('–').unwrap_or((link, link));
    [a, b]
}

/// The link of this name, as the scenario has it.
pub(super) fn asked<'a>(link: &str, scenario: &'a Scenario) -> Option<&'a Link> {
    let site = |name: &str| scenario.sites.iter().position(|s| s.name == name).map(SiteId);
    let [a, b] = sites(link);
    scenario.links.get(site(a)?, site(b)?)
}
