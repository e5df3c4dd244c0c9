//! Replaying the moves of a strategy, to tell moves that cannot be meant.
//!
//! Pure: places are pairs of indices. A move that leaves out its site or platform means that of the
//! move before it, and is written out here, so that nobody after this needs to know. Not for: what
//! a phase's placement is ([`crate::strategy`]).

use crate::scenario::{PlatformId, SiteId};

/// A site and a platform.
pub(crate) type Place = (SiteId, PlatformId);

/// Shares closer than this to nothing or to all are nothing or all.
const NOTHING: f64 = 1e-9;

/// Where the parts of one workload are.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    home: Place,
    /// Shares that have moved, in the order in which they first did.
    moved: Vec<(Place, f64)>,
    latest: Place,
}

/// Why a move cannot be meant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Refusal {
    /// All that should go there is there.
    AlreadyThere,
    /// This much is there already, which is more.
    Shrinks(f64),
    /// A part should go to where the rest is.
    PartlyHome,
    /// Together the shares would be this much.
    MoreThanAll(f64),
}

impl Parts {
    /// All at one place.
    pub(crate) const fn new(home: Place) -> Self {
        Self { home, moved: Vec::new(), latest: home }
    }
    /// The place that a move means, which may leave out site or platform.
    pub(crate) fn target(&self, to: Option<SiteId>, platform: Option<PlatformId>) -> Place {
        (to.unwrap_or(self.latest.0), platform.unwrap_or(self.latest.1))
    }
    /// Moves parts so that `share` of the whole is at `place`.
    pub(crate) fn apply(&mut self, place: Place, share: f64) -> Result<(), Refusal> {
        let whole = share >= 1.0 - NOTHING;
        if place == self.home && (self.moved.is_empty() || !whole) {
            return Err(if whole { Refusal::AlreadyThere } else { Refusal::PartlyHome });
        }
        if !whole {
            let elsewhere: f64 = self.moved.iter().filter(|(at, _)| *at != place).map(|(_, share)| share).sum();
            let here = self.moved.iter().find(|(at, _)| *at == place).map_or(0.0, |(_, share)| *share);
            if here > 0.0 && share <= here + NOTHING {
                let same = share >= here - NOTHING;
                return Err(if same { Refusal::AlreadyThere } else { Refusal::Shrinks(here) });
            }
            if elsewhere + share > 1.0 + NOTHING {
                return Err(Refusal::MoreThanAll(elsewhere + share));
            }
            self.moved.retain(|(at, _)| *at != place);
            self.moved.push((place, share));
        } else {
            self.home = place;
            self.moved.clear();
        }
        self.latest = place;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Place = (SiteId(0), PlatformId(0));
    const AWAY: Place = (SiteId(1), PlatformId(1));
    const THIRD: Place = (SiteId(2), PlatformId(1));

    #[test]
    fn moves_that_cannot_be_meant() {
        for (moves, refusal) in [
            (&[(AWAY, 0.01), (AWAY, 0.2), (AWAY, 1.0)][..], None),
            (&[(AWAY, 0.2), (HOME, 1.0)], None),
            (&[(AWAY, 0.2), (THIRD, 0.8)], None),
            (&[(HOME, 1.0)], Some(Refusal::AlreadyThere)),
            (&[(AWAY, 1.0), (AWAY, 1.0)], Some(Refusal::AlreadyThere)),
            (&[(AWAY, 0.2), (AWAY, 0.2)], Some(Refusal::AlreadyThere)),
            (&[(AWAY, 0.2), (AWAY, 0.1)], Some(Refusal::Shrinks(0.2))),
            (&[(AWAY, 0.2), (HOME, 0.9)], Some(Refusal::PartlyHome)),
            (&[(AWAY, 0.5), (THIRD, 0.75)], Some(Refusal::MoreThanAll(1.25))),
        ] {
            let mut parts = Parts::new(HOME);
            let found = moves.iter().find_map(|(place, share)| parts.apply(*place, *share).err());
            assert_eq!(found, refusal, "{moves:?}");
        }
    }

    #[test]
    fn what_is_left_out_is_as_before() {
        let mut parts = Parts::new(HOME);
        assert_eq!(parts.target(Some(SiteId(1)), None), (SiteId(1), PlatformId(0)));
        assert_eq!(parts.apply(AWAY, 0.2), Ok(()));
        assert_eq!(parts.target(None, None), AWAY);
    }
}
