//! The restart of a platform: how many waves, what a start takes, and about how long all of it goes on.
//!
//! Every instance of a platform restarts once in `every`, in waves of equal size; a wave begins when the one before it
//! is ready. A start takes what the platform's start-up workload does (performed for real, with its calls) after the
//! time that the scenario gives as `boot`. Lengths here are expected ones: windows are chosen by them, and nothing that
//! is reported as measured comes from here. Not for: performing it (`engine::perform`).

use super::expand::{Expansion, expand};
use super::script::{Op, Script, ScriptRequest};
use super::{Windows, expected, portion};
use crate::scenario::{PlatformId, Restart, Scenario, Startup, WorkloadKind};
use crate::strategy::{Arm, Condition, Placement};
use crate::units::Nanos;
use crate::workset::wire;

/// What a start takes where neither the scenario nor a start-up workload on the platform says.
pub const BOOT: Nanos = Nanos::from_secs(10);

/// Whether what an arm keeps running is restarted with a platform: those who serve all the time. A run of a cron job is
/// a process of its own that ends by itself, and is left alone.
pub fn concerns(scenario: &Scenario, arm: &Arm, platform: PlatformId) -> bool {
    let kind = &scenario.workloads[arm.workload.0].kind;
    arm.platform == platform && matches!(kind, WorkloadKind::Http(_) | WorkloadKind::Queue(_))
}

/// The arms of a placement that boot on a platform: index, arm, and what they do.
pub fn boots<'a>(
    scenario: &'a Scenario,
    placement: &'a Placement,
    platform: PlatformId,
) -> impl Iterator<Item = (usize, &'a Arm, &'a Startup)> {
    placement.arms.iter().enumerate().filter(move |(_, arm)| arm.platform == platform).filter_map(|(index, arm)| {
        match &scenario.workloads[arm.workload.0].kind {
            WorkloadKind::Startup(startup) => Some((index, arm, startup)),
            _ => None,
        }
    })
}

/// What a start takes beside a start-up workload: what is given, else nothing if there `is_read` something, else [`BOOT`].
pub fn boot_time(restart: &Restart, is_read: bool) -> Nanos {
    restart.boot.unwrap_or(if is_read { Nanos::ZERO } else { BOOT })
}

/// How long the restart of a platform is expected to take at this placement, from its first wave to the end of its last.
pub fn length(scenario: &Scenario, placement: &Placement, platform: PlatformId, scale: f64) -> Nanos {
    let Some(restart) = &scenario.platforms[platform.0].restart else { return Nanos::ZERO };
    let of_boot = |(_, arm, startup): (usize, &Arm, &Startup)| {
        let instances = portion(startup.instances, arm.share.0 * scale).div_ceil(restart.waves());
        let journey = expected::journey(scenario, arm, startup.journey, placement.condition);
        startup.stagger + journey.max(crossing(scenario, arm, startup) * u64::from(instances))
    };
    let reads = boots(scenario, placement, platform).map(of_boot).max();
    let goes = placement.arms.iter().filter(|arm| concerns(scenario, arm, platform)).map(|arm| longest(scenario, arm));
    let leaves = goes.max().unwrap_or_default().min(restart.grace);
    let wave = leaves + boot_time(restart, reads.is_some()) + reads.unwrap_or_default();
    wave * u64::from(restart.waves())
}

/// A window that sees a restart of this expected length to its end, and what is left of it afterwards.
pub fn window(length: Nanos) -> Nanos {
    length.scale(1.5) + Nanos::from_secs(2)
}

/// The windows of a live measurement of a restart: real time is dear, so that not more than twice the usual is spent; what
/// is not over by then is extrapolated.
pub fn live_windows(scenario: &Scenario, placement: &Placement, platform: PlatformId, usual: Windows) -> Windows {
    let whole = window(length(scenario, placement, platform, 1.0));
    Windows { measure: whole.min(usual.measure * 2), ..usual }
}

/// The longest mean journey of an arm.
fn longest(scenario: &Scenario, arm: &Arm) -> Nanos {
    match &scenario.workloads[arm.workload.0].kind {
        WorkloadKind::Http(http) => expected::mix(scenario, arm, &http.mix, Condition::Steady),
        WorkloadKind::Queue(queues) => {
            let each = queues.iter().map(|queue| expected::mix(scenario, arm, &queue.mix, Condition::Steady));
            each.max().unwrap_or_default()
        }
        WorkloadKind::Cron(_) | WorkloadKind::Startup(_) => Nanos::ZERO,
    }
}

/// How long the narrowest link is busy with what one instance reads.
fn crossing(scenario: &Scenario, arm: &Arm, startup: &Startup) -> Nanos {
    let mut stream = scenario.seed.stream("bytes of a start", 0);
    let script =
        expand(scenario, startup.journey, &mut stream, Expansion { copies: &arm.copies, ..Expansion::default() });
    let busy = |(store, link): (usize, &Option<crate::scenario::Link>)| {
        let bandwidth = link.as_ref()?.bandwidth?;
        Some(Nanos::from_secs_f64(read(&script, store) as f64 * 8.0 / bandwidth.0))
    };
    arm.links.iter().enumerate().filter_map(busy).max().unwrap_or_default()
}

/// Bytes of replies that a script reads from a store.
fn read(script: &Script, store: usize) -> u64 {
    let of = |op: &Op| match op {
        Op::Call(call) if call.store.0 == store => match &call.request {
            ScriptRequest::Sql(sql) => wire::perform(sql).down,
            other => wire::memcached(other).down,
        },
        Op::Parallel(branches) => branches.iter().map(|branch| read(branch, store)).sum(),
        _ => 0,
    };
    script.0.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::{CLOUD, KUBERNETES, query, scenario, share, strategy};
    use crate::scenario::JourneyId;
    use crate::strategy;
    use crate::units::Fraction;

    fn restarting(rolling: f64, boot: Option<u64>, boots: bool) -> (Scenario, Placement) {
        let mut scenario = scenario(vec![query()]);
        let (every, grace) = (Nanos::from_secs(86_400), Nanos::from_secs(30));
        let boot = boot.map(Nanos::from_secs);
        scenario.platforms[KUBERNETES.0].restart = Some(Restart { every, rolling: Fraction(rolling), grace, boot });
        if boots {
            let startup = Startup { journey: JourneyId(0), instances: 20, stagger: Nanos::from_secs(1) };
            scenario.workloads[1].kind = WorkloadKind::Startup(startup);
        }
        let moves = vec![share(0, CLOUD, KUBERNETES, 1.0), share(1, CLOUD, KUBERNETES, 1.0)];
        scenario.strategies = vec![strategy("s", vec![moves])];
        let placement = strategy::expand(&scenario, 0)[0].placement.clone();
        (scenario, placement)
    }

    #[test]
    fn a_restart_is_as_long_as_its_waves() {
        // A journey takes 61 ms: those that go end in that time, and a start-up workload of it starts within 1 s.
        for (rolling, boot, boots, ms) in [
            (0.25, None, false, 4 * 10_061),
            (0.3, Some(2), false, 4 * 2_061),
            (1.0, None, true, 61 + 1_061),
            (0.5, Some(3), true, 2 * (61 + 3_000 + 1_061)),
        ] {
            let (scenario, placement) = restarting(rolling, boot, boots);
            let took = length(&scenario, &placement, KUBERNETES, 1.0);
            assert_eq!(took, Nanos::from_millis(ms), "{rolling} {boot:?} {boots}");
        }
    }
}
