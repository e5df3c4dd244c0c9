//! Small round trips, many of them: how late they are, and what a proxy without distance adds.
//!
//! Not for: what a busy machine does to them (`crowd`).

use std::io;
use std::thread;

use super::FidelityError;
use super::conversation::Conversation;
use super::path::Path;
use super::sampled::Sampled;
use crate::measure::Hist;
use crate::timer::Clock;
use crate::units::Nanos;

/// Connections that take turns within one round trip, so that a thousand of them do not take a thousand round trips.
const TURNS: u64 = 4;

/// Exchanges of each connection that are left out: caches and processors warm up.
const WARM_UP: usize = 3;

/// Nothing is sent sooner than this after an answer, so that connections do not meet.
const REST: Nanos = Nanos::from_micros(200);

/// Times of `count` small round trips, on four open connections that take turns: nearly idle.
///
/// # Errors
/// [`FidelityError::Conversation`].
pub fn pings(clock: Clock, path: &Path, count: usize) -> Result<Hist, FidelityError> {
    let each = count.div_ceil(TURNS as usize);
    let step = Nanos(path.link().rtt.0.0 / TURNS);
    let parts = thread::scope(|scope| {
        let all: Vec<_> = (0..TURNS).map(|i| scope.spawn(move || one(clock, path, each, step * i))).collect();
        all.into_iter()
            .map(|one| one.join().expect("a measuring thread does not panic"))
            .collect::<io::Result<Vec<_>>>()
    });
    let parts = parts.map_err(broken(path))?;
    let mut all = Hist::new();
    parts.into_iter().flatten().for_each(|took| all.record(took));
    Ok(all)
}

fn one(clock: Clock, path: &Path, count: usize, after: Nanos) -> io::Result<Vec<Nanos>> {
    let mut open = Conversation::open(path.answering())?;
    for _ in 0..WARM_UP {
        open.small()?;
    }
    thread::sleep(after.into());
    (0..count).map(|_| timed(clock, &mut open, REST)).collect()
}

fn timed(clock: Clock, open: &mut Conversation, rest: Nanos) -> io::Result<Nanos> {
    thread::sleep(rest.into());
    let start = clock.now();
    open.small()?;
    Ok(clock.now() - start)
}

/// What a path adds to a small round trip.
#[derive(Debug, Clone)]
pub struct Added {
    /// Over loopback itself.
    pub direct: Sampled,
    /// Over the path.
    pub through: Sampled,
    /// The median of each pair's difference, in nanoseconds; negative where chance made it so.
    pub median_ns: i64,
}

/// Small round trips over `direct` and `path` in turns, `pairs` of each: paired, because loopback's own time
/// changes from second to second by as much as what is added.
///
/// # Errors
/// [`FidelityError::Conversation`].
pub fn added(clock: Clock, direct: &Path, path: &Path, pairs: usize) -> Result<Added, FidelityError> {
    let pairs = pairs.max(1);
    let mut open = [
        Conversation::open(direct.answering()).map_err(broken(direct))?,
        Conversation::open(path.answering()).map_err(broken(path))?,
    ];
    let mut took = [Vec::with_capacity(pairs), Vec::with_capacity(pairs)];
    for round in 0..pairs + WARM_UP {
        for (i, path) in [direct, path].into_iter().enumerate() {
            let time = timed(clock, &mut open[i], Nanos::ZERO).map_err(broken(path))?;
            if round >= WARM_UP {
                took[i].push(time);
            }
        }
    }
    let mut differences: Vec<i64> = took[1]
        .iter()
        .zip(&took[0])
        .map(|(through, direct)| through.0.cast_signed() - direct.0.cast_signed())
        .collect();
    differences.sort_unstable();
    let median_ns = differences[differences.len() / 2];
    let [direct, through] = took.map(|took| Sampled::new(took).expect("at least one pair"));
    Ok(Added { direct, through, median_ns })
}

fn broken(path: &Path) -> impl FnOnce(io::Error) -> FidelityError {
    let path = path.kind().word();
    move |source| FidelityError::Conversation { what: "small round trips".into(), path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fidelity::Upstream;
    use crate::link::LinkKind;
    use crate::proxy::Proxy;
    use crate::scenario::Link;
    use crate::seed::Seed;

    #[test]
    fn round_trips_are_counted_and_never_early() {
        let (clock, upstream) = (Clock::start(), Upstream::start().expect("a server"));
        let proxy = Proxy::start(clock, LinkKind::Stream).expect("a proxy");
        let rtt = Nanos::from_millis(2);
        let path =
            Path::through(&proxy, LinkKind::Stream, &Link::plain(rtt), Seed(1), upstream.both()).expect("a route");
        let all = pings(clock, &path, 20).expect("measured");
        assert_eq!(all.count(), 20);
        // A histogram of three digits.
        assert!(all.min() as f64 >= rtt.0 as f64 * 0.999, "{all:?}");
    }

    #[test]
    fn a_pair_has_both_sides() {
        let (clock, upstream) = (Clock::start(), Upstream::start().expect("a server"));
        let direct = Path::direct(&upstream);
        let same = added(clock, &direct, &direct, 20).expect("measured");
        assert_eq!((same.direct.count(), same.through.count()), (20, 20));
        assert!(same.median_ns.abs() < 1_000_000_000);
    }
}
