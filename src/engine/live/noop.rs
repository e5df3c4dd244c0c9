//! The check before measuring: a no-op through each link takes what the link asks, or nothing is measured.
//!
//! The no-op is `COM_PING` or `version` on an open connection. What it takes without the proxy is
//! measured the same way and is added to what is expected, as is the jitter's mean. The same way means at
//! the same pace too: a machine that had time to fall asleep takes several times as long to answer as one
//! that is asked without a pause. Not for: how well the delay is held under load, which the proxy measures.

use super::driver::Connection;
use super::host::LiveHost;
use super::{LiveEngine, milliseconds};
use crate::engine::EngineError;
use crate::engine::perform::{ArmWorld, Connection as _, Failure, Host, Opened, Path, Place, Way};
use crate::plan::expected;
use crate::scenario::{Jitter, Link, OnReuse, StoreId};
use crate::timer::Timer;
use crate::units::Nanos;

/// No-ops of one check.
const COUNT: usize = 15;
/// How often a link that is off is measured again, before the machine is said to be unfit.
const TRIES: u32 = 4;
/// Between direct no-ops there is as much time as over the link, but no more than it takes to fall asleep.
const ASLEEP: Nanos = Nanos::from_millis(3);
/// Before it is measured again, longer each time.
const PAUSE: Nanos = Nanos::from_millis(50);
/// Off by this share of the RTT, or by this much, whichever is larger, is still right.
const SHARE: f64 = 0.03;
const ABSOLUTE: Nanos = Nanos::from_micros(300);

/// Checks every link; gives the median no-op of each.
pub(super) async fn check(engine: &LiveEngine, place: &Place<LiveHost>) -> Result<Vec<Nanos>, EngineError> {
    let mut medians = Vec::new();
    for (index, used) in place.links.iter().enumerate() {
        let (arm, store) = user_of(place, index);
        let median = if engine.direct { Nanos::ZERO } else { held(engine, arm, store, &used.name, &used.link).await? };
        medians.push(median);
    }
    relogins(engine, place).await?;
    Ok(medians)
}

/// Counts what a re-login costs wherever one is performed.
pub(super) async fn relogins(engine: &LiveEngine, place: &Place<LiveHost>) -> Result<(), EngineError> {
    for arm in &place.arms {
        for (store, path) in arm.paths.iter().enumerate() {
            if let Some(path) = path.as_ref().filter(|path| path.connections.on_reuse == OnReuse::Relogin) {
                count_relogin(engine, StoreId(store), path).await?;
            }
        }
    }
    Ok(())
}

/// Some arm and store that use a link.
fn user_of(place: &Place<LiveHost>, link: usize) -> (&ArmWorld<LiveHost>, StoreId) {
    let uses =
        place.arms.iter().flat_map(|arm| arm.paths.iter().enumerate().map(move |(store, path)| (arm, store, path)));
    let mut fitting = uses.filter(|(.., path)| path.as_ref().is_some_and(|path| path.link == link));
    let (arm, store, _) = fitting.next().expect("a link is made when an arm first uses it");
    (arm, StoreId(store))
}

/// Measures a link until it is right, or too often wrong.
async fn held(
    engine: &LiveEngine,
    arm: &ArmWorld<LiveHost>,
    store: StoreId,
    name: &str,
    link: &Link,
) -> Result<Nanos, EngineError> {
    let unreachable = |failure: Failure| {
        let store = &engine.scenario.stores[store.0].name;
        let kind = failure.kind;
        EngineError::Environment(format!(
            "`{store}` does not answer through the link `{name}` ({kind}): is it running, and does it take connections?"
        ))
    };
    let mut last = (Nanos::ZERO, Nanos::ZERO);
    for before in 0..TRIES {
        arm.world.host.sleep_until(arm.world.now() + PAUSE * u64::from(before)).await;
        let floor = floor(engine, store, link.rtt.0.min(ASLEEP)).await.map_err(unreachable)?;
        let Opened { connection: mut through, .. } = arm.path(store).way.connect().await.map_err(unreachable)?;
        let median = median(&engine.timer, Nanos::ZERO, &mut through).await.map_err(unreachable)?;
        through.close();
        if is_right(link, floor, median) {
            return Ok(median);
        }
        last = (floor, median);
    }
    let (floor, median) = last;
    Err(EngineError::Environment(format!(
        "the link `{name}` should take {} for a round trip and takes {} (median of {COUNT} no-ops, {TRIES} times; the store itself answers in {}): let the machine come to rest and try again",
        milliseconds(expected::round_trip(link)),
        milliseconds(median),
        milliseconds(floor),
    )))
}

/// The median no-op of a store without a link, with pauses between them.
async fn floor(engine: &LiveEngine, store: StoreId, pause: Nanos) -> Result<Nanos, Failure> {
    let direct = &engine.stores[store.0];
    let dial = direct.dial(&engine.scenario.stores[store.0].kind, direct.addr, 0);
    let (mut connection, _) = dial.connect().await?;
    let median = median(&engine.timer, pause, &mut connection).await?;
    connection.close();
    Ok(median)
}

async fn median(timer: &Timer, pause: Nanos, connection: &mut Connection) -> Result<Nanos, Failure> {
    let clock = timer.clock();
    let mut samples = [Nanos::ZERO; COUNT];
    // The first one may carry what is left of connecting.
    connection.noop().await?;
    for time in &mut samples {
        timer.sleep_until(clock.now() + pause).await;
        let start = clock.now();
        connection.noop().await?;
        *time = clock.now() - start;
    }
    samples.sort_unstable();
    Ok(samples[COUNT / 2])
}

/// Whether a link that is asked for gives this median.
fn is_right(link: &Link, floor: Nanos, median: Nanos) -> bool {
    let expected = expected::round_trip(link) + floor;
    // The median of few draws of a lopsided jitter may lie anywhere below twice its mean.
    let spread = match link.jitter {
        Jitter::None | Jitter::Constant(_) => Nanos::ZERO,
        _ => expected::jitter_mean(&link.jitter) * 2,
    };
    let allowed = link.rtt.0.scale(SHARE).max(ABSOLUTE) + spread;
    Nanos(median.0.abs_diff(expected.0)) <= allowed
}

/// Counts the round trips of a re-login at this server, as the proxy sees them.
async fn count_relogin(engine: &LiveEngine, store: StoreId, path: &Path<LiveHost>) -> Result<(), EngineError> {
    let Some(route) = &path.way.route else { return Ok(()) };
    let name = &engine.scenario.stores[store.0].name;
    let refused = |failure: Failure| {
        EngineError::Environment(format!("`{name}` refuses a change of user ({}), which `relogin` needs", failure.kind))
    };
    let Opened { mut connection, .. } = path.way.connect().await.map_err(refused)?;
    let before = route.stats().exchanges;
    connection.reuse(OnReuse::Relogin, 0).await.map_err(refused)?;
    let seen = route.stats().exchanges - before;
    connection.close();
    path.relogin.set(u32::try_from(seen).unwrap_or(u32::MAX).clamp(1, 4));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::fixtures::link_of;

    #[test]
    fn a_link_is_right_within_three_per_cent_or_a_third_of_a_millisecond() {
        let us = Nanos::from_micros;
        let jittery = Link { jitter: Jitter::Uniform(Nanos::from_millis(2)), ..link_of(15_000) };
        for (link, floor, median, right) in [
            (link_of(15_000), 80, 15_080, true),
            (link_of(15_000), 80, 15_529, true),
            (link_of(15_000), 80, 15_531, false),
            (link_of(15_000), 80, 14_600, false),
            (link_of(500), 80, 870, true),
            (link_of(500), 80, 890, false),
            (jittery.clone(), 80, 17_000, true),
            (jittery, 80, 20_000, false),
        ] {
            assert_eq!(is_right(&link, us(floor), us(median)), right, "{link:?} {median}");
        }
    }
}
