//! Advice as JSON. Times are nanoseconds.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::list::{Advice, Advised};
use crate::explain::Saving;
use crate::mitigation::TripsChange;
use crate::scenario::trips::Trips;

/// Writes one value.
pub(super) fn write(it: &Advice, out: &mut dyn Write) -> io::Result<()> {
    let all: Vec<Value> = it.all.iter().map(one).collect();
    serde_json::to_writer_pretty(&mut *out, &json!({ "name": it.name, "rtt_ns": it.rtt.0, "mitigations": all }))?;
    writeln!(out)
}

fn one(advised: &Advised) -> Value {
    let it = &advised.it;
    json!({
        "name": it.name, "switch": it.switch, "title": it.title, "place": it.place,
        "saved_seconds_per_second": advised.per_second(),
        "round_trips": it.trips.iter().map(change).collect::<Vec<_>>(),
        "mean_times": advised.savings.iter().map(saving).collect::<Vec<_>>(),
        "assumes": it.assumes, "costs": it.costs,
    })
}

fn change(it: &TripsChange) -> Value {
    let counts =
        |trips: &Trips| json!({ "connect": trips.connect, "calls": trips.calls, "sequential": trips.sequential });
    json!({
        "journey": it.journey, "performed_by": it.performers, "before": counts(&it.before), "after": counts(&it.after),
    })
}

fn saving(it: &Saving) -> Value {
    json!({
        "journey": it.journey, "workload": it.workload, "rate_per_second": it.rate,
        "before_ns": it.before.0, "after_ns": it.after.0,
    })
}
