//! What a valid scenario adds up to, as text and as JSON.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::mitigation::title;
use crate::plan::restart;
use crate::scenario::trips::{self, Trips};
use crate::scenario::{JourneyId, LoadError, Loaded, Platform, PlatformId, Scenario};
use crate::strategy::{Condition, Placement, distinct};
use crate::units::Nanos;

/// What is told about one scenario.
pub(super) struct Summary {
    name: String,
    digest: String,
    sites: usize,
    stores: usize,
    /// Of stores, at other sites.
    copies: usize,
    workloads: Vec<(String, &'static str)>,
    strategies: Vec<(String, usize, Nanos)>,
    steady: usize,
    events: usize,
    /// Platforms that restart while somebody serves on them, in words.
    restarts: Vec<(String, String)>,
    rtts: Vec<Nanos>,
    journeys: Vec<JourneyTrips>,
    /// Name, and what it does when it is asked for.
    mitigations: Vec<(String, String)>,
}

/// One journey as one way of connecting performs it.
struct JourneyTrips {
    name: String,
    performers: Vec<String>,
    trips: Trips,
}

pub(super) fn summarise(loaded: &Loaded) -> Summary {
    let it = &loaded.scenario;
    let placements = distinct(it).placements;
    let steady = placements.iter().filter(|(_, placement)| placement.condition == Condition::Steady).count();
    let rtts: BTreeSet<Nanos> = placements
        .iter()
        .flat_map(|(_, placement)| &placement.arms)
        .flat_map(|arm| arm.links.iter().flatten())
        .map(|link| link.rtt.0)
        .collect();
    let strategy = |s: &crate::scenario::Strategy| {
        (s.name.clone(), s.phases.len(), s.phases.iter().fold(Nanos::ZERO, |sum, p| sum.saturating_add(p.lasts)))
    };
    Summary {
        name: it.name.clone(),
        digest: loaded.digest.clone(),
        sites: it.sites.len(),
        stores: it.stores.iter().filter(|store| store.copy_of.is_none()).count(),
        copies: it.stores.iter().filter(|store| store.copy_of.is_some()).count(),
        workloads: it.workloads.iter().map(|w| (w.name.clone(), w.kind.word())).collect(),
        strategies: it.strategies.iter().map(strategy).collect(),
        steady,
        events: placements.len() - steady,
        restarts: restarts(it, &placements),
        rtts: rtts.into_iter().collect(),
        journeys: (0..it.journeys.len()).flat_map(|id| journey(it, JourneyId(id))).collect(),
        mitigations: it.mitigations.iter().map(|s| (s.name.clone(), title(it, &s.mitigation))).collect(),
    }
}

/// Each platform that restarts: its name, and how its restarts are performed.
fn restarts(it: &Scenario, placements: &[(String, Placement)]) -> Vec<(String, String)> {
    let of = |(id, platform): (usize, &Platform)| {
        let spec = platform.restart.as_ref()?;
        let id = PlatformId(id);
        let restarting: Vec<_> = placements.iter().filter(|(_, p)| p.condition == Condition::Restarting(id)).collect();
        let (first, last) = (restarting.first()?, restarting.last()?);
        let boots: BTreeSet<&str> = restarting
            .iter()
            .flat_map(|(_, placement)| restart::boots(it, placement, id))
            .map(|(_, arm, _)| it.workloads[arm.workload.0].name.as_str())
            .collect();
        let length = |at: &(String, Placement)| restart::length(it, &at.1, id, 1.0).as_secs_f64();
        let waves = match spec.waves() {
            1 => "all at once".to_owned(),
            waves => format!("in {waves} waves"),
        };
        let start = match (spec.boot, boots.is_empty()) {
            (Some(boot), true) => format!("{boot} (boot)"),
            (None, true) => format!("{} (assumed, since neither `boot` nor a start-up workload says)", restart::BOOT),
            (boot, false) => {
                let boot = boot.map_or(String::new(), |boot| format!("{boot} (boot) and "));
                format!("{boot}what the start-up workload {} does", boots.into_iter().collect::<Vec<_>>().join(" and "))
            }
        };
        let (a, b) = (length(first), length(last));
        let (low, high) = (a.min(b), a.max(b));
        let about = if high < low * 1.2 { format!("{high:.1} s") } else { format!("{low:.1} s to {high:.1} s") };
        Some((
            platform.name.clone(),
            format!(
                "every {} {waves}, about {about}; a start takes {start}; who works has {} to end, then is killed; runs of \
                 cron jobs are left alone",
                spec.every, spec.grace
            ),
        ))
    };
    it.platforms.iter().enumerate().filter_map(of).collect()
}

/// Workloads that connect alike are told together; a journey that nobody performs is only counted inside others.
fn journey(it: &Scenario, id: JourneyId) -> Vec<JourneyTrips> {
    let mut found: Vec<JourneyTrips> = Vec::new();
    for (_, workload) in trips::performers(it, id) {
        let trips = trips::count(it, id, &workload.mysql, &workload.memcached);
        match found.iter_mut().find(|known| known.trips == trips) {
            Some(known) => known.performers.push(workload.name.clone()),
            None => found.push(JourneyTrips {
                name: it.journeys[id.0].name.clone(),
                performers: vec![workload.name.clone()],
                trips,
            }),
        }
    }
    found
}

pub(super) fn text(file: &str, it: &Summary, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{file}: valid")?;
    let kinds = ["http", "queue", "cron", "startup"].map(|kind| {
        let count = it.workloads.iter().filter(|(_, of)| *of == kind).count();
        (count > 0).then(|| format!("{count} {kind}"))
    });
    let kinds = kinds.into_iter().flatten().collect::<Vec<_>>().join(", ");
    writeln!(
        out,
        "  {}: {} sites, {} stores{}, {} workloads ({kinds})",
        it.name,
        it.sites,
        it.stores,
        if it.copies > 0 { format!(" (copies: {})", it.copies) } else { String::new() },
        it.workloads.len()
    )?;
    for (name, phases, lasts) in &it.strategies {
        writeln!(out, "  strategy {name}: {phases} phases, {lasts}")?;
    }
    for (name, title) in &it.mitigations {
        writeln!(out, "  mitigation {name}, off: {title}")?;
    }
    writeln!(out, "  to measure: {} distinct placements and {} short states", it.steady, it.events)?;
    for (name, how) in &it.restarts {
        writeln!(out, "  restart {name}: {how}")?;
    }
    let cells = |of: &dyn Fn(Nanos) -> String| {
        it.rtts.iter().map(|rtt| format!("{:>12}", of(*rtt))).collect::<Vec<_>>().concat()
    };
    let header = cells(&|rtt| format!("at {rtt}"));
    let width = it.journeys.iter().map(|j| j.name.chars().count()).max().unwrap_or(0).max(7);
    writeln!(out, "\n  typical round trips, and what distance alone makes of them")?;
    writeln!(out, "  {:width$}  connect   calls  in a row{header}  performed by", "journey")?;
    for JourneyTrips { name, performers, trips } in &it.journeys {
        let Trips { connect, calls, sequential } = trips;
        let times = cells(&|rtt| shown(distance(trips, rtt)));
        writeln!(out, "  {name:width$}  {connect:>7} {calls:>7}  {sequential:>8}{times}  {}", performers.join(", "))?;
    }
    Ok(())
}

/// Connecting, then the longest chain of calls. Parallel branches that connect at the same time count one by one, so
/// for them this is an upper bound.
fn distance(trips: &Trips, rtt: Nanos) -> Nanos {
    Nanos(rtt.0.saturating_mul(trips.connect + trips.sequential))
}

fn shown(time: Nanos) -> String {
    if time.0 >= 1_000_000_000 {
        format!("{:.2} s", time.as_secs_f64())
    } else {
        format!("{:.1} ms", time.as_millis_f64())
    }
}

pub(super) fn json(file: &str, result: &Result<Summary, LoadError>) -> Value {
    match result {
        Err(error) => {
            let problems = error.problems().iter().map(|problem| {
                let (line, column) = error.place(problem).unzip();
                json!({ "line": line, "column": column, "message": problem.message, "help": problem.help })
            });
            json!({ "file": file, "valid": false, "problems": problems.collect::<Vec<_>>() })
        }
        Ok(it) => {
            let journeys = it.journeys.iter().map(|j| {
                let Trips { connect, calls, sequential } = j.trips;
                json!({
                    "journey": j.name, "performed_by": j.performers,
                    "connect": connect, "calls": calls, "sequential": sequential,
                })
            });
            json!({
                "file": file, "valid": true, "name": it.name, "digest": it.digest,
                "workloads": it.workloads.iter().map(|(name, kind)| json!({ "name": name, "kind": kind })).collect::<Vec<_>>(),
                "strategies": it.strategies.iter().map(|(name, phases, lasts)| {
                    json!({ "name": name, "phases": phases, "lasts_ns": lasts.0 })
                }).collect::<Vec<_>>(),
                "mitigations": it.mitigations.iter().map(|(name, title)| json!({ "name": name, "title": title })).collect::<Vec<_>>(),
                "placements": it.steady, "short_states": it.events,
                "restarts": it.restarts.iter().map(|(name, how)| json!({ "platform": name, "how": how })).collect::<Vec<_>>(),
                "rtts_ns": it.rtts.iter().map(|rtt| rtt.0).collect::<Vec<_>>(),
                "journeys": journeys.collect::<Vec<_>>(),
            })
        }
    }
}
