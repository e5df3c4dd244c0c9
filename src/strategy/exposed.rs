//! Which placement a sweep is about: the one in which most is apart from its stores.
//!
//! A workload's share is apart when it runs on another site than a store that it calls. Of all phases that may be
//! meant, the one with the largest sum of such shares is chosen; of equal ones the longest, then the first. Pure.
//! Not for: what being apart costs (`analysis::cost`).

use super::vary::Ends;
use super::{Arm, PlacedPhase, Placement, expand};
use crate::scenario::{Scenario, SiteId};

/// What the user named; everything that is absent is chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// A strategy.
    pub strategy: Option<String>,
    /// A phase.
    pub phase: Option<String>,
    /// The sites at the ends of a link.
    pub link: Option<(String, String)>,
}

/// A phase, and the link in it that matters most.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposed {
    /// Index into [`Scenario::strategies`].
    pub strategy: usize,
    /// Index into the strategy's phases.
    pub phase: usize,
    /// The link that the largest shares cross (or the named one); `None` if nothing is apart.
    pub link: Option<Ends>,
    /// Shares of workloads that are apart from a store (over a named link: by it), summed over workloads.
    pub apart: f64,
    /// Shares that cross the link, summed over workloads.
    pub crossing: f64,
}

/// Why there is no such placement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExposedError {
    /// A name that the scenario does not have.
    #[error("there is no {kind} `{name}`: {place} has {}", known.join(", "))]
    Unknown {
        /// `strategy`, `phase` or `site`.
        kind: &'static str,
        /// What was written.
        name: String,
        /// What has the others.
        place: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// Two sites without a path.
    #[error("there is no link between `{0}` and `{1}`")]
    NoLink(String, String),
    /// A link that nobody uses.
    #[error(
        "no workload calls a store over the link between `{0}` and `{1}` in {2}: choose another phase with --strategy and --phase"
    )]
    Unused(String, String, String),
    /// Nothing is apart from anything.
    #[error(
        "in no phase is a workload on another site than a store that it calls: name the sites of a link with --link, \
         for example `--link {0},{0}` for the one within `{0}`"
    )]
    NothingApart(String),
}

/// Finds the placement and the link of a sweep.
///
/// # Errors
/// If a name is unknown, or (with `needs_link`) no link is crossed.
pub fn exposed(scenario: &Scenario, named: &Named, needs_link: bool) -> Result<Exposed, ExposedError> {
    let link = named.link.as_ref().map(|(a, b)| ends(scenario, a, b)).transpose()?;
    let all = candidates(scenario, named)?;
    let rank = |(_, _, phase): &(usize, usize, PlacedPhase)| (apart(&phase.placement, link), phase.lasts);
    // The first of the greatest: `max_by` would give the last.
    let best = all.iter().rev().max_by(|a, b| {
        let (a, b) = (rank(a), rank(b));
        a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
    });
    let nothing = || ExposedError::NothingApart(scenario.sites[0].name.clone());
    let (strategy, index, phase) = best.ok_or_else(nothing)?;
    let chosen = link.or_else(|| most_crossed(scenario, &phase.placement));
    let crossing = chosen.map_or(0.0, |link| apart(&phase.placement, Some(link)));
    if needs_link && crossing == 0.0 {
        let place = match (&named.strategy, &named.phase) {
            (_, Some(phase)) => format!("phase `{phase}`"),
            (Some(strategy), None) => format!("any phase of `{strategy}`"),
            (None, None) => "any phase".into(),
        };
        return Err(match &named.link {
            Some((a, b)) => ExposedError::Unused(a.clone(), b.clone(), place),
            None => nothing(),
        });
    }
    let apart = apart(&phase.placement, link);
    Ok(Exposed { strategy: *strategy, phase: *index, link: chosen, apart, crossing })
}

/// The link of two named sites.
fn ends(scenario: &Scenario, a: &str, b: &str) -> Result<Ends, ExposedError> {
    let site = |name: &str| {
        let found = scenario.sites.iter().position(|site| site.name == name);
        found.map(SiteId).ok_or_else(|| ExposedError::Unknown {
            kind: "site",
            name: name.into(),
            place: "the scenario".into(),
            known: scenario.sites.iter().map(|site| site.name.clone()).collect(),
        })
    };
    let (first, second) = (site(a)?, site(b)?);
    let link = scenario.links.get(first, second).map(|_| (first.min(second), first.max(second)));
    link.ok_or_else(|| ExposedError::NoLink(a.into(), b.into()))
}

/// The phases that may be meant: (strategy, phase, placed).
fn candidates(scenario: &Scenario, named: &Named) -> Result<Vec<(usize, usize, PlacedPhase)>, ExposedError> {
    let mut strategies: Vec<usize> = (0..scenario.strategies.len()).collect();
    if let Some(name) = &named.strategy {
        strategies.retain(|at| scenario.strategies[*at].name == *name);
        if strategies.is_empty() {
            let known = scenario.strategies.iter().map(|s| s.name.clone()).collect();
            let place = "the scenario".into();
            return Err(ExposedError::Unknown { kind: "strategy", name: name.clone(), place, known });
        }
    }
    let phases = strategies.iter().flat_map(|at| expand(scenario, *at).into_iter().enumerate().map(|p| (*at, p)));
    let all: Vec<_> = phases.map(|(at, (index, phase))| (at, index, phase)).collect();
    let Some(name) = &named.phase else { return Ok(all) };
    let mut known: Vec<String> = Vec::new();
    for (_, _, phase) in &all {
        if !known.contains(&phase.name) {
            known.push(phase.name.clone());
        }
    }
    let found: Vec<_> = all.into_iter().filter(|(_, _, phase)| phase.name == *name).collect();
    let place = named.strategy.as_ref().map_or("the scenario".into(), |s| format!("strategy `{s}`"));
    if found.is_empty() {
        return Err(ExposedError::Unknown { kind: "phase", name: name.clone(), place, known });
    }
    Ok(found)
}

/// The links that an arm calls its stores over.
fn used<'a>(placement: &'a Placement, arm: &'a Arm) -> impl Iterator<Item = Ends> + 'a {
    let called = arm.links.iter().zip(&placement.stores).filter(|(link, _)| link.is_some());
    called.map(|(_, store)| (arm.site.min(*store), arm.site.max(*store)))
}

/// Whether an arm calls a store over this link.
pub fn crosses(placement: &Placement, arm: &Arm, link: Ends) -> bool {
    used(placement, arm).any(|used| used == link)
}

/// Shares that are apart from a store, summed over workloads: by this link, or by any between two sites.
pub(super) fn apart(placement: &Placement, link: Option<Ends>) -> f64 {
    let is = |arm: &&Arm| match link {
        Some(link) => crosses(placement, arm, link),
        None => used(placement, arm).any(|(a, b)| a != b),
    };
    placement.arms.iter().filter(is).map(|arm| arm.share.0).sum()
}

/// The link between two sites that the largest shares cross; the first of equal ones.
fn most_crossed(scenario: &Scenario, placement: &Placement) -> Option<Ends> {
    let between = scenario.links.between.keys().filter(|(a, b)| a != b);
    let rated = between.map(|ends| (*ends, apart(placement, Some(*ends)))).filter(|(_, share)| *share > 0.0);
    let all: Vec<_> = rated.collect();
    all.into_iter().rev().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(ends, _)| ends)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{CLOUD, DB, DC, KUBERNETES, query, scenario, share, store, strategy};
    use crate::units::Nanos;

    fn moving() -> Scenario {
        let mut scenario = scenario(vec![query()]);
        let web = |part| share(0, CLOUD, KUBERNETES, part);
        let both = vec![web(1.0), share(1, CLOUD, KUBERNETES, 0.5)];
        scenario.strategies = vec![
            strategy("a", vec![vec![], vec![web(0.2)], both.clone(), vec![store(DB, CLOUD)]]),
            strategy("b", vec![vec![], both]),
        ];
        scenario
    }

    fn named(strategy: &str, phase: &str, link: &str) -> Named {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let link = link.split_once(',').map(|(a, b)| (a.to_owned(), b.to_owned()));
        Named { strategy: some(strategy), phase: some(phase), link }
    }

    #[test]
    fn the_largest_share_apart_is_chosen() {
        let mut scenario = moving();
        let chosen = |scenario: &Scenario, named: &Named| exposed(scenario, named, true).expect("something is apart");
        let first = chosen(&scenario, &Named::default());
        assert_eq!((first.strategy, first.phase, first.link), (0, 2, Some((DC, CLOUD))));
        assert!((first.apart - 1.5).abs() < 1e-9 && (first.crossing - 1.5).abs() < 1e-9);
        let canary = chosen(&scenario, &named("a", "phase 1", ""));
        assert_eq!((canary.strategy, canary.phase), (0, 1));
        assert_eq!(chosen(&scenario, &named("b", "", "cloud,dc")).strategy, 1);
        // Within the old site, most is together before any move.
        let inside = chosen(&scenario, &named("", "", "dc,dc"));
        assert_eq!((inside.phase, inside.link), (0, Some((DC, DC))));
        scenario.strategies[1].phases[1].lasts = Nanos::from_secs(10 * 86_400);
        assert_eq!(chosen(&scenario, &Named::default()).strategy, 1, "of equal ones the longest");
    }

    #[test]
    fn what_is_not_there_is_told() {
        let scenario = moving();
        let told = |named: &Named| exposed(&scenario, named, true).expect_err("cannot be").to_string();
        assert_eq!(told(&named("c", "", "")), "there is no strategy `c`: the scenario has a, b");
        assert!(told(&named("b", "phase 3", "")).contains("strategy `b` has phase 0, phase 1"));
        assert!(told(&named("", "", "dc,moon")).contains("there is no site `moon`: the scenario has dc, cloud"));
        assert!(
            told(&named("", "phase 0", "dc,cloud"))
                .contains("over the link between `dc` and `cloud` in phase `phase 0`")
        );
        let mut one = scenario.clone();
        one.strategies = vec![strategy("stay", vec![vec![]])];
        let nothing = exposed(&one, &Named::default(), true).expect_err("all is together").to_string();
        assert!(nothing.contains("--link dc,dc"), "{nothing}");
        assert_eq!(exposed(&one, &Named::default(), false).map(|e| (e.phase, e.link)), Ok((0, None)));
    }
}
