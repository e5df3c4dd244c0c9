//! Times that may be drawn from a distribution: pauses and stores' work.

use serde_saphyr::Location;

use super::ask::Asker;
use super::limits::Bounds;
use crate::scenario::RandomTime;
use crate::scenario::wire::leaf::{At, Leaf, Opt, Short};
use crate::scenario::wire::time::{TimeLognormal, TimeShape};
use crate::units::Nanos;

/// What a time is for: the key that messages name, and what it may be.
#[derive(Clone, Copy)]
pub(super) struct Key {
    pub(super) word: &'static str,
    pub(super) bounds: Bounds<Nanos>,
}

/// A time, one duration or a distribution; what can be read of it.
pub(super) fn random(ask: &mut Asker<'_>, time: &At<Short<Nanos, TimeShape>>, key: Key) -> Option<RandomTime> {
    match ask.short(&time.value, time.at)? {
        Ok(one) => constant(ask, one, time.at, key),
        Err(TimeShape::Exponential(mean)) => exponential(ask, mean, key),
        Err(TimeShape::Lognormal(shape)) => lognormal(ask, shape, time.at, key),
    }
}

/// The same for a key that may be left out.
pub(super) fn maybe(ask: &mut Asker<'_>, time: &Opt<At<Short<Nanos, TimeShape>>>, key: Key) -> Option<RandomTime> {
    time.get().and_then(|time| random(ask, time, key))
}

/// One duration that stands at `at`.
pub(super) fn constant(ask: &mut Asker<'_>, time: Nanos, at: Location, key: Key) -> Option<RandomTime> {
    ask.within(&Leaf { value: Ok(time), at }, key.word, key.bounds).map(RandomTime::Constant)
}

pub(super) fn exponential(ask: &mut Asker<'_>, mean: &Leaf<Nanos>, key: Key) -> Option<RandomTime> {
    ask.within(mean, "exponential", key.bounds).map(RandomTime::Exponential)
}

pub(super) fn lognormal(ask: &mut Asker<'_>, shape: &TimeLognormal, at: Location, key: Key) -> Option<RandomTime> {
    let positive = (Nanos(1), key.bounds.1);
    let owner = (at, "this distribution");
    let median = ask.need(&shape.median, owner, ("median", "median: 20ms"), positive)?;
    let p99 = ask.need(&shape.p99, owner, ("p99", "p99: 90ms"), positive)?;
    rises(ask, &median, &p99, at)?;
    Some(RandomTime::Lognormal { median, p99 })
}

/// A distribution's median is not above its 99th percentile.
pub(super) fn rises<T: PartialOrd + std::fmt::Display>(
    ask: &mut Asker<'_>,
    median: &T,
    p99: &T,
    at: Location,
) -> Option<()> {
    if p99 < median {
        let help = "the 99th percentile is the larger of the two";
        ask.say(at, format!("p99 {p99} lies below the median {median}"), Some(help.into()));
        return None;
    }
    Some(())
}
