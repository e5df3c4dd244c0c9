//! Rolling restarts: a platform restarts its instances in smaller parts, one after the other.
//!
//! Fewer of them go at once, so that more are left to serve and fewer fetch at the same time. Not for: starts within one part
//! (`stagger`), fetching less (`on_demand`).

use super::{Notes, Refusal, Rewrite};
use crate::scenario::{Mitigation, PlatformId, Restart, Scenario};
use crate::units::Fraction;

/// What restarts at once: a tenth, so that nine tenths serve. Kubernetes' own default for a rollout is a quarter.
const PART: Fraction = Fraction(0.1);

/// One for each platform that restarts more at once.
pub(super) fn proposals(scenario: &Scenario) -> Vec<Mitigation> {
    let more = |restart: &Restart| restart.rolling.0 > PART.0;
    let all = scenario.platforms.iter().enumerate();
    all.filter(|(_, platform)| platform.restart.as_ref().is_some_and(more))
        .map(|(id, _)| Mitigation::RollingRestart { platform: PlatformId(id), part: PART })
        .collect()
}

pub(super) fn rewrite(scenario: &Scenario, id: PlatformId, part: Fraction) -> Result<Rewrite, Refusal> {
    let mut after = scenario.clone();
    let platform = &mut after.platforms[id.0];
    let Some(restart) = &mut platform.restart else {
        let why = format!("`{}` restarts nothing", platform.name);
        return Err(Refusal::nothing(why, "name a platform with a `restart`"));
    };
    if restart.rolling.0 <= part.0 {
        let why = format!("`{}` restarts {} at once already", platform.name, restart.rolling);
        return Err(Refusal::nothing(why, "write a smaller `rolling`"));
    }
    restart.rolling = part;
    Ok(Rewrite::Whole(Box::new(after)))
}

pub(super) fn notes(scenario: &Scenario, id: PlatformId, part: Fraction) -> Notes {
    let Some(restart) = &scenario.platforms[id.0].restart else { return Notes::default() };
    let (before, after) = (restart.waves(), Restart { rolling: part, ..restart.clone() }.waves());
    Notes {
        assumes: vec!["old and new instances can serve beside each other while it lasts".into()],
        costs: vec![format!("a restart takes {after} waves instead of {before}, each as long as its slowest start")],
        ..Notes::default()
    }
}
