//! Mitigations as YAML.

use indexmap::IndexMap;

use super::parts::{fraction, jitter, quantity, single, time, whole};
use super::{Node, entries};
use crate::scenario::{Congestion, JourneyId, LinkChange, Mitigation, OnReuse, Scenario, SiteId, StepPath, WorkloadId};

/// The whole section; none if there is nothing to say.
pub(super) fn all(it: &Scenario) -> Option<Node> {
    let one = |switch: &crate::scenario::Switch| (switch.name.clone(), mitigation(it, &switch.mitigation));
    (!it.mitigations.is_empty()).then(|| Node::Map(it.mitigations.iter().map(one).collect()))
}

fn mitigation(it: &Scenario, mitigation: &Mitigation) -> Node {
    let named = |workload: &WorkloadId| Some(Node::text(&it.workloads[workload.0].name));
    let journey = |journey: &JourneyId| Some(Node::text(&it.journeys[journey.0].name));
    let step = |step: &Option<StepPath>| step.as_ref().map(Node::text);
    match mitigation {
        Mitigation::Batch { journey: of, step: at } => map("batch", [("journey", journey(of)), ("step", step(at))]),
        Mitigation::SingleStatement { journey: of, step: at } => {
            map("single_statement", [("journey", journey(of)), ("step", step(at))])
        }
        Mitigation::Parallel { journey: of, step: at, branches } => {
            map("parallel", [("journey", journey(of)), ("step", step(at)), ("branches", Some(whole(*branches)))])
        }
        Mitigation::Persistent { workload, on_reuse } => {
            map("persistent", [("workload", named(workload)), ("on_reuse", reused(*on_reuse))])
        }
        Mitigation::Pool { workload, size, on_reuse } => {
            map("pool", [("workload", named(workload)), ("size", Some(whole(*size))), ("on_reuse", reused(*on_reuse))])
        }
        Mitigation::Proxy { workload } => word("proxy", &it.workloads[workload.0].name),
        Mitigation::EmulatePrepare { journey } => word("emulate_prepare", &it.journeys[journey.0].name),
        Mitigation::LocalCache { store, journey: only, hit } => map(
            "local_cache",
            [
                ("store", Some(Node::text(&it.stores[store.0].name))),
                ("journey", only.as_ref().and_then(journey)),
                ("hit", Some(fraction(*hit))),
            ],
        ),
        Mitigation::LocalReplica { store, lag, pinned } => map(
            "local_replica",
            [
                ("store", Some(Node::text(&it.stores[store.0].name))),
                ("lag", Some(time(*lag))),
                ("pinned", Some(fraction(*pinned))),
            ],
        ),
        Mitigation::Workers { workload, factor } => {
            map("workers", [("workload", named(workload)), ("factor", Some(whole(*factor)))])
        }
        Mitigation::OnDemand { startup, journey: of } => {
            map("on_demand", [("startup", named(startup)), ("journey", journey(of))])
        }
        Mitigation::Stagger { workload, over } => {
            map("stagger", [("workload", named(workload)), ("over", Some(time(*over)))])
        }
        Mitigation::RollingRestart { platform, part } => {
            let platform = Node::text(&it.platforms[platform.0].name);
            map("rolling_restart", [("platform", Some(platform)), ("rolling", Some(fraction(*part)))])
        }
        Mitigation::Warm { store } => word("warm", &it.stores[store.0].name),
        Mitigation::LeaveBehind { workload } => word("leave_behind", &it.workloads[workload.0].name),
        Mitigation::Link { between: (a, b), change } => {
            let site = |id: &SiteId| Node::text(&it.sites[id.0].name);
            let between = Node::FlowList(vec![site(a), site(b)]);
            map("link", [("between", Some(between)), ("to", Some(Node::FlowMap(changed(change))))])
        }
    }
}

fn map<const N: usize>(key: &str, keys: [(&str, Option<Node>); N]) -> Node {
    single(key, Node::FlowMap(entries(keys)))
}

fn word(key: &str, name: &str) -> Node {
    single(key, Node::text(name))
}

fn reused(on_reuse: OnReuse) -> Option<Node> {
    match on_reuse {
        OnReuse::Nothing => None,
        OnReuse::Ping => Some(Node::text("ping")),
        OnReuse::Reset => Some(Node::text("reset")),
        OnReuse::Relogin => Some(Node::text("relogin")),
    }
}

fn changed(change: &LinkChange) -> IndexMap<String, Node> {
    let LinkChange { rtt, jitter: shape, loss, bandwidth, congestion } = change;
    let shape = shape.as_ref().map(|shape| jitter(shape).unwrap_or_else(|| Node::text("none")));
    let bandwidth = bandwidth.map(|bound| {
        bound.map_or_else(|| Node::text("unlimited"), |bandwidth| quantity(&bandwidth, format!("{}bit/s", bandwidth.0)))
    });
    let congestion = congestion.map(|it| Node::text(if it == Congestion::Bbr { "bbr" } else { "cubic" }));
    entries([
        ("rtt", rtt.map(|rtt| time(rtt.0))),
        ("jitter", shape),
        ("loss", loss.map(fraction)),
        ("bandwidth", bandwidth),
        ("congestion", congestion),
    ])
}
