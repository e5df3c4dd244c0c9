//! A better link: another round-trip time, loss or bandwidth. Not for: how to get one.

use super::{Notes, Refusal, Rewrite};
use crate::scenario::{Link, LinkChange, Mitigation, Scenario, SiteId};
use crate::units::{Nanos, Rtt};

/// Half the round-trip time, for each link between two sites.
pub(super) fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    let all = scenario.links.between.iter().filter(|((a, b), link)| a != b && link.rtt.0 > Nanos(1));
    let half = |link: &Link| LinkChange { rtt: Some(Rtt(link.rtt.0.scale(0.5))), ..LinkChange::default() };
    all.map(|(pair, link)| Mitigation::Link { between: *pair, change: half(link) }).collect()
}

pub(super) fn rewrite(scenario: &Scenario, between: (SiteId, SiteId), change: &LinkChange) -> Result<Rewrite, Refusal> {
    let mut after = scenario.clone();
    let name = |id: SiteId| &scenario.sites[id.0].name;
    let Some(link) = after.links.between.get_mut(&between) else {
        let why = format!("no link joins `{}` and `{}`", name(between.0), name(between.1));
        return Err(Refusal::nothing(why, "add it to `links`, or name other sites"));
    };
    let better = change.apply(link);
    if better == *link {
        let why = format!("the link between `{}` and `{}` is like that already", name(between.0), name(between.1));
        return Err(Refusal::nothing(why, "write other values"));
    }
    *link = better;
    Ok(Rewrite::Whole(Box::new(after)))
}

pub(super) fn notes(scenario: &Scenario, between: (SiteId, SiteId), change: &LinkChange) -> Notes {
    let Some(link) = scenario.links.between.get(&between) else { return Notes::default() };
    let better = change.apply(link);
    let mut costs = vec!["a line, and its lead time".to_owned()];
    if better.rtt < link.rtt {
        costs.push(
            "light in fibre needs about 1 ms there and back for 100 km: check that the path can be that short".into(),
        );
    }
    Notes { place: changes(link, &better), assumes: Vec::new(), costs }
}

fn changes(from: &Link, to: &Link) -> String {
    let bound = |link: &Link| link.bandwidth.map_or_else(|| "no bound".to_owned(), |bound| bound.to_string());
    let all = [
        (from.rtt != to.rtt).then(|| format!("rtt {} instead of {}", to.rtt.0, from.rtt.0)),
        (from.jitter != to.jitter).then(|| "other jitter".to_owned()),
        (from.loss != to.loss).then(|| format!("loss {} instead of {}", to.loss, from.loss)),
        (from.bandwidth != to.bandwidth).then(|| format!("{} instead of {}", bound(to), bound(from))),
        (from.congestion != to.congestion).then(|| "other congestion control".to_owned()),
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
