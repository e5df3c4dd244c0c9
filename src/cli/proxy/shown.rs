//! A link and a route as JSON and as words: what every output of `longhaul proxy` says of them.
//!
//! A link is written as a request may write it: what was read can be sent back. Not for: reading.

use std::fmt;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::json;

use crate::ledger::Speaks;
use crate::link::LinkKind;
use crate::scenario::{Congestion, Jitter, Link};
use crate::units::Nanos;

/// A link.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct LinkShown {
    pub(super) name: String,
    /// `stream` or `packet`.
    pub(super) kind: &'static str,
    pub(super) rtt: String,
    pub(super) jitter: JitterShown,
    pub(super) loss: String,
    pub(super) bandwidth: String,
    pub(super) congestion: &'static str,
    pub(super) cut: bool,
}

impl LinkShown {
    pub(super) fn of(name: &str, kind: LinkKind, link: &Link, cut: bool) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind.word(),
            rtt: link.rtt.to_string(),
            jitter: JitterShown(link.jitter.clone()),
            loss: link.loss.to_string(),
            bandwidth: link.bandwidth.map_or_else(|| "unlimited".into(), |value| value.to_string()),
            congestion: match link.congestion {
                Congestion::Cubic => "cubic",
                Congestion::Bbr => "bbr",
            },
            cut,
        }
    }

    /// `15ms round trip, loss 1%, 100Mbit/s`; only what there is.
    pub(super) fn words(&self) -> String {
        let mut words = vec![format!("{} round trip", self.rtt)];
        if self.jitter.0 != Jitter::None {
            words.push(format!("jitter {}", self.jitter));
        }
        if self.loss != "0%" {
            words.push(format!("loss {}", self.loss));
        }
        if self.bandwidth != "unlimited" {
            words.push(self.bandwidth.clone());
        }
        if self.congestion != "cubic" {
            words.push(self.congestion.to_owned());
        }
        if self.cut {
            words.push("CUT".into());
        }
        words.join(", ")
    }
}

/// A distribution as a request writes it. Percentiles must keep their order, which a JSON value does not.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct JitterShown(Jitter);

impl Serialize for JitterShown {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut all = IndexMap::new();
        match &self.0 {
            Jitter::None => return s.serialize_str("none"),
            Jitter::Constant(time) => all.insert("constant", json!(time)),
            Jitter::Uniform(time) => all.insert("uniform", json!(time)),
            Jitter::Normal { sd } => all.insert("normal", json!({ "sd": sd })),
            Jitter::Lognormal { mean, sd } => all.insert("lognormal", json!({ "mean": mean, "sd": sd })),
            Jitter::Pareto { scale, shape } => all.insert("pareto", json!({ "scale": scale, "shape": shape })),
            Jitter::Percentiles(points) => {
                // 0.999 as `99.9`: reading the shifted decimal keeps the digits.
                let percent = |quantile: f64| format!("{quantile}e2").parse::<f64>().unwrap_or(quantile * 100.0);
                let point = |(quantile, time): &(f64, Nanos)| (format!("p{}", percent(*quantile)), *time);
                let points: IndexMap<String, Nanos> = points.iter().map(point).collect();
                return s.collect_map([("percentiles", points)]);
            }
        };
        all.serialize(s)
    }
}

impl fmt::Display for JitterShown {
    /// As JSON without its marks: `lognormal mean 1ms sd 0.5ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        f.write_str(&text.replace(['{', '}', '"'], "").replace([':', ','], " "))
    }
}

/// A route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct RouteShown {
    pub(super) name: String,
    /// Where clients connect.
    pub(super) listen: String,
    /// As it was typed.
    pub(super) upstream: String,
    /// What that was looked up to.
    pub(super) upstream_addr: String,
    pub(super) speaks: &'static str,
    pub(super) link: String,
}

pub(super) fn speaks_word(speaks: Speaks) -> &'static str {
    match speaks {
        Speaks::MySql => "mysql",
        Speaks::Memcached => "memcached",
        Speaks::Auto => "auto",
        Speaks::Opaque => "opaque",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::LinkChange;
    use crate::units::{Bandwidth, Fraction, Rtt};

    fn links() -> Vec<Link> {
        let ms = Nanos::from_millis;
        let jitters = [
            Jitter::None,
            Jitter::Constant(ms(1)),
            Jitter::Uniform(Nanos(1_234_567)),
            Jitter::Normal { sd: ms(2) },
            Jitter::Lognormal { mean: ms(1), sd: ms(3) },
            Jitter::Pareto { scale: ms(1), shape: 2.5 },
            Jitter::Percentiles(vec![(0.05, Nanos(0)), (0.1, ms(1)), (0.99, ms(2)), (0.999, ms(9))]),
        ];
        jitters
            .into_iter()
            .map(|jitter| Link {
                rtt: Rtt(Nanos(15_300_000)),
                jitter,
                loss: Fraction(0.001),
                bandwidth: Some(Bandwidth(1.5e8)),
                congestion: Congestion::Bbr,
            })
            .collect()
    }

    #[test]
    fn what_is_shown_can_be_sent_back() {
        for link in links() {
            let shown = serde_json::to_string(&LinkShown::of("x", LinkKind::Stream, &link, false)).expect("JSON");
            let text = shown.replace(r#""name":"x","kind":"stream","#, "").replace(r#","cut":false"#, "");
            let change = LinkChange::parse("x", &text).expect(&text);
            let other = Link {
                rtt: Rtt::default(),
                jitter: Jitter::None,
                loss: Fraction(0.0),
                bandwidth: None,
                congestion: Congestion::Cubic,
            };
            assert_eq!(change.apply(&other), link);
        }
    }

    #[test]
    fn words_tell_what_there_is() {
        let all = &links()[4];
        let shown = LinkShown::of("x", LinkKind::Stream, all, true);
        assert_eq!(
            shown.words(),
            "15.3ms round trip, jitter lognormal mean 1ms sd 3ms, loss 0.1%, 150Mbit/s, bbr, CUT"
        );
        let bare = Link {
            jitter: Jitter::None,
            loss: Fraction(0.0),
            bandwidth: None,
            congestion: Congestion::Cubic,
            ..all.clone()
        };
        assert_eq!(LinkShown::of("x", LinkKind::Stream, &bare, false).words(), "15.3ms round trip");
    }
}
