//! Times that may be drawn from a distribution, as the file writes them: pauses and stores' work.

use schemars::JsonSchema;
use serde::Deserialize;

use super::leaf::{Leaf, Opt};
use crate::units::Nanos;

/// A distribution of times; each is drawn anew.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "random-time")]
pub(crate) enum TimeShape {
    /// Exponential with this mean.
    Exponential(Leaf<Nanos>),
    /// Lognormal.
    Lognormal(TimeLognormal),
}

/// A lognormal time.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "lognormal-time", extend("required" = ["median", "p99"]))]
pub(crate) struct TimeLognormal {
    /// Half of the times are shorter.
    pub(crate) median: Opt<Leaf<Nanos>>,
    /// One time in a hundred is longer.
    pub(crate) p99: Opt<Leaf<Nanos>>,
}
