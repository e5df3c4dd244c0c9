//! What mitigations are called and what they do, in words. Not for: sentences about what they assume or cost.

use crate::scenario::{
    Call, Count, JourneyId, Mitigation, Request, Scenario, Step, StepPath, WorkloadId, WorkloadKind,
};

/// A name for a mitigation that has none: what it does, and where.
///
/// No switch of a file is called so, since names hold no colon.
pub fn name(scenario: &Scenario, mitigation: &Mitigation) -> String {
    let journey = |id: &JourneyId| scenario.journeys[id.0].name.clone();
    let workload = |id: &WorkloadId| scenario.workloads[id.0].name.clone();
    let at = |step: &Option<StepPath>| step.as_ref().map_or_else(String::new, |step| format!(":{step}"));
    match mitigation {
        Mitigation::Batch { journey: of, step } => format!("batch:{}{}", journey(of), at(step)),
        Mitigation::Parallel { journey: of, step, .. } => format!("parallel:{}{}", journey(of), at(step)),
        Mitigation::Persistent { workload: of, .. } => format!("persistent:{}", workload(of)),
        Mitigation::Pool { workload: of, .. } => format!("pool:{}", workload(of)),
        Mitigation::Proxy { workload: of } => format!("proxy:{}", workload(of)),
        Mitigation::EmulatePrepare { journey: of } => format!("emulate-prepare:{}", journey(of)),
        Mitigation::LocalCache { store, journey: only, .. } => {
            let only = only.as_ref().map_or_else(String::new, |id| format!(":{}", journey(id)));
            format!("local-cache:{}{only}", scenario.stores[store.0].name)
        }
        Mitigation::LocalReplica { store, .. } => format!("local-replica:{}", scenario.stores[store.0].name),
        Mitigation::SingleStatement { journey: of, step } => format!("single-statement:{}{}", journey(of), at(step)),
        Mitigation::Workers { workload: of, .. } => format!("workers:{}", workload(of)),
        Mitigation::OnDemand { startup, .. } => format!("on-demand:{}", workload(startup)),
        Mitigation::Stagger { workload: of, .. } => format!("stagger:{}", workload(of)),
        Mitigation::RollingRestart { platform, .. } => {
            format!("rolling-restart:{}", scenario.platforms[platform.0].name)
        }
        Mitigation::Warm { store } => format!("warm:{}", scenario.stores[store.0].name),
        Mitigation::LeaveBehind { workload: of } => format!("leave-behind:{}", workload(of)),
        Mitigation::Link { between: (a, b), .. } => {
            format!("link:{}:{}", scenario.sites[a.0].name, scenario.sites[b.0].name)
        }
    }
}

/// What a mitigation does, in words.
pub fn title(scenario: &Scenario, mitigation: &Mitigation) -> String {
    let journey = |id: &JourneyId| scenario.journeys[id.0].name.as_str();
    let workload = |id: &WorkloadId| scenario.workloads[id.0].name.as_str();
    let at = |step: &Option<StepPath>| step.as_ref().map_or_else(String::new, |step| format!(", step {step}"));
    match mitigation {
        Mitigation::Batch { journey: of, step: None } => format!("batch the repeats of {}", journey(of)),
        Mitigation::Batch { journey: of, step } => format!("batch a repeat of {}{}", journey(of), at(step)),
        Mitigation::Parallel { journey: of, step, branches } => {
            format!("send reads of {} at once{}, at most {branches} branches", journey(of), at(step))
        }
        Mitigation::Persistent { workload: of, .. } => format!("persistent connections of {}", workload(of)),
        Mitigation::Pool { workload: of, size, .. } => format!("a pool of {size} connections for {}", workload(of)),
        Mitigation::Proxy { workload: of } => format!("a proxy beside {} keeps its connections", workload(of)),
        Mitigation::EmulatePrepare { journey: of } => format!("statements of {} as text, not prepared", journey(of)),
        Mitigation::LocalCache { store, journey: only, hit } => {
            let only = only.as_ref().map_or_else(String::new, |id| format!(" in {}", journey(id)));
            format!("processes keep {hit} of what they read from {}{only}", scenario.stores[store.0].name)
        }
        Mitigation::LocalReplica { store, lag, pinned } => {
            format!("a replica of {} beside its readers, {lag} behind, {pinned} pinned", scenario.stores[store.0].name)
        }
        Mitigation::SingleStatement { journey: of, step } => {
            format!("transactions of {} as single statements{}", journey(of), at(step))
        }
        Mitigation::Workers { workload: of, factor } => {
            let what = match scenario.workloads[of.0].kind {
                WorkloadKind::Queue(_) => "consumers",
                WorkloadKind::Cron(_) => "items at once",
                WorkloadKind::Http(_) | WorkloadKind::Startup(_) => "workers",
            };
            format!("{factor} times as many {what} in {}", workload(of))
        }
        Mitigation::OnDemand { startup, journey: of } => {
            format!("what {} fetches is fetched by {} at first use", workload(startup), journey(of))
        }
        Mitigation::Stagger { workload: of, over } => format!("starts of {} spread over {over}", workload(of)),
        Mitigation::RollingRestart { platform, part } => {
            format!("{} restarts {part} at a time", scenario.platforms[platform.0].name)
        }
        Mitigation::Warm { store } => format!("{} is filled before it serves", scenario.stores[store.0].name),
        Mitigation::LeaveBehind { workload: of } => format!("{} moves no earlier than its stores", workload(of)),
        Mitigation::Link { between: (a, b), .. } => {
            format!("a better link between {} and {}", scenario.sites[a.0].name, scenario.sites[b.0].name)
        }
    }
}

/// `in step 4 of page, nothing can be batched`.
pub(super) fn at_step(journey: &str, step: Option<&StepPath>, what: &str) -> String {
    match step {
        Some(step) => format!("at step {step} of `{journey}`, {what}"),
        None => format!("in `{journey}`, {what}"),
    }
}

/// A step in a few words.
pub(super) fn step(step: &Step) -> String {
    match step {
        Step::Call(call) => self::call(call),
        Step::Repeat { times, steps } => format!("{} × {}", count(times), all(steps)),
        Step::Parallel(branches) => format!("{} branches", branches.len()),
        Step::Transaction(transaction) => format!("transaction of {}", all(&transaction.steps)),
        Step::Think(think) => format!("think {:.1} ms", think.mean().as_millis_f64()),
    }
}

fn all(steps: &[Step]) -> String {
    match steps {
        [one] => step(one),
        several => format!("({})", several.iter().map(step).collect::<Vec<_>>().join(", ")),
    }
}

fn count(count: &Count) -> String {
    match count {
        Count::Fixed(n) => n.to_string(),
        Count::Lognormal { median, .. } => format!("typically {median}"),
        Count::Chance(chance) => format!("{chance} of the times"),
    }
}

fn call(call: &Call) -> String {
    match &call.request {
        Request::Get(get) if get.keys == 1 => format!("get {}", get.size),
        Request::Get(get) => format!("get {} keys of {}", get.keys, get.size),
        Request::Set { size } => format!("set {size}"),
        Request::Add { size } => format!("add {size}"),
        Request::Delete => "delete".into(),
        Request::Incr => "incr".into(),
        Request::Query(query) if query.rows == 1 => format!("query 1 row of {}", query.row_size),
        Request::Query(query) => format!("query {} rows of {}", query.rows, query.row_size),
        Request::Write(write) => format!("write {}", write.row_size),
    }
}
