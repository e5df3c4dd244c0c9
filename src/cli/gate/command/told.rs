//! What a reader is told about a command that was counted, whatever it is judged by.
//!
//! Not for: budgets and snapshots (`counted`).

use super::Ran;
use crate::analysis::gate::{Check, Kind, Outcome, id};

impl Ran {
    /// What stands above the checks; the same for the same calls, so without ports and times.
    pub(super) fn about(&self) -> Vec<(String, String)> {
        let mut about: Vec<(String, String)> = self.stores.clone();
        for (size, seen) in &self.sizes {
            let at = size.map_or_else(String::new, |size| format!(" at size {size}"));
            let counts = &seen.counts;
            let times: u64 = counts.units.iter().map(|unit| unit.times).sum();
            let what = match (seen.named, times) {
                (true, 1) => "pass of a journey",
                (true, _) => "passes of journeys",
                (false, 1) => "connection",
                (false, _) => "connections",
            };
            let told = format!("{} round trips of {times} {what}", counts.round_trips());
            about.push((format!("counted{at}"), told));
            if seen.outside > 0 {
                about.push((format!("outside of journeys{at}"), format!("{} round trips, not judged", seen.outside)));
            }
        }
        about
    }

    /// A command that connected to nothing is no command that passed.
    pub(super) fn nothing_counted(&self) -> Vec<Check> {
        let empty = self.sizes.iter().filter(|(_, seen)| seen.counts.round_trips() == 0);
        empty.map(|(size, seen)| self.nothing(*size, seen.outside)).collect()
    }

    fn nothing(&self, size: Option<u64>, outside: u64) -> Check {
        let at = size.map_or_else(String::new, |size| format!(" at size {size}"));
        let (why, hint) = if outside > 0 {
            let why = format!("{outside} round trips crossed, but none in a journey that was named");
            (why, "name a journey before its first call, at $LONGHAUL_JOURNEY<name>".to_owned())
        } else {
            let localhost = "to MySQL clients `localhost` means a socket file, which goes past them";
            let hint = format!("the proxies are at {}; {localhost}", self.variables.join(", "));
            ("nothing crossed the proxies: the command did not connect to them".to_owned(), hint)
        };
        Check {
            id: id(&["command", &size.map_or_else(|| "counted".to_owned(), |size| format!("counted-at-{size}"))]),
            subject: self.title.clone(),
            quantity: "round trips".into(),
            unit: "round trips".into(),
            found: Some(0.0),
            outcome: Outcome::Inconclusive,
            sentence: format!("nothing was counted{at}: {why}"),
            details: vec![hint],
            ..Check::blank(Kind::Budget)
        }
    }
}
