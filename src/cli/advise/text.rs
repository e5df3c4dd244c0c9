//! Advice as text.

use std::io::{self, Write};

use super::list::{Advice, Advised};
use crate::explain::Saving;
use crate::mitigation::TripsChange;

/// Journeys that are told of each mitigation; JSON has all.
const SHOWN: usize = 4;

pub(super) fn write(it: &Advice, out: &mut dyn Write) -> io::Result<()> {
    let Advice { name, rtt, all } = it;
    writeln!(
        out,
        "{name}: {} mitigations apply; times with all stores at {rtt}, the farthest link, and no load",
        all.len()
    )?;
    writeln!(out, "most seconds saved in each second of load first; `*` marks a switch of the file")?;
    for advised in all {
        writeln!(out)?;
        one(advised, out)?;
    }
    Ok(())
}

fn one(advised: &Advised, out: &mut dyn Write) -> io::Result<()> {
    let it = &advised.it;
    let mark = if it.switch { "*" } else { "" };
    writeln!(out, "{}{mark}  {}", it.name, saved(advised))?;
    let place = if it.place.is_empty() { String::new() } else { format!(": {}", it.place) };
    writeln!(out, "  {}{place}", it.title)?;
    for change in it.trips.iter().take(SHOWN) {
        writeln!(out, "  {}", trips(change))?;
    }
    for saving in advised.savings.iter().take(SHOWN) {
        writeln!(out, "  {}", time(saving))?;
    }
    let left = it.trips.len().max(advised.savings.len()).saturating_sub(SHOWN);
    if left > 0 {
        writeln!(out, "  and {left} more (--format json has all)")?;
    }
    for (word, sentences) in [("assumes", &it.assumes), ("costs", &it.costs)] {
        for sentence in sentences {
            writeln!(out, "  {word}: {sentence}")?;
        }
    }
    Ok(())
}

fn saved(advised: &Advised) -> String {
    let (per_second, most) = (advised.per_second(), advised.most());
    match (advised.savings.is_empty(), per_second.abs() >= 0.0005) {
        (true, _) => "saves no time of a journey by itself".into(),
        (false, true) => format!("saves {}, {per_second:.3} s in each second", millis(most)),
        (false, false) => format!("saves {}", millis(most)),
    }
}

fn trips(it: &TripsChange) -> String {
    let TripsChange { journey, performers, before, after } = it;
    let pair = |was: u64, is: u64| if was == is { was.to_string() } else { format!("{was} → {is}") };
    format!(
        "{journey} ({}): connecting {}, calls {}, in a row {} round trips",
        performers.join(", "),
        pair(before.connect, after.connect),
        pair(before.calls, after.calls),
        pair(before.sequential, after.sequential),
    )
}

fn time(it: &Saving) -> String {
    let (before, after) = (it.before.as_secs_f64(), it.after.as_secs_f64());
    format!("{} in {}: mean {} → {}", it.journey, it.workload, millis(before), millis(after))
}

fn millis(seconds: f64) -> String {
    format!("{:.1} ms", seconds * 1e3)
}
