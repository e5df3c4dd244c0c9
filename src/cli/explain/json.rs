//! An explained scenario as JSON. Times are nanoseconds, bytes are bytes.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::explain::{Explained, JourneyCost, Need, WorkloadCost};
use crate::units::Nanos;

/// Writes one value.
pub(super) fn write(it: &Explained, out: &mut dyn Write) -> io::Result<()> {
    let costliest = it.costliest.iter().map(|c| {
        json!({
            "workload": c.workload, "journey": c.journey, "step": c.step,
            "round_trips_per_journey": c.round_trips, "round_trips_per_second": c.per_second,
        })
    });
    let value = json!({
        "name": it.name,
        "rtts_ns": it.rtts.iter().map(|rtt| rtt.0).collect::<Vec<_>>(),
        "journeys": it.journeys.iter().map(journey).collect::<Vec<_>>(),
        "workloads": it.workloads.iter().map(workload).collect::<Vec<_>>(),
        "costliest": costliest.collect::<Vec<_>>(),
    });
    serde_json::to_writer_pretty(&mut *out, &value)?;
    writeln!(out)
}

fn journey(it: &JourneyCost) -> Value {
    let connecting = it.connecting.iter().map(|(store, its)| {
        let c = its.each;
        json!({ "store": store, "used": its.used, "connect": c.connect, "set_up": c.set_up, "reuse": c.reuse, "prepare": c.prepare })
    });
    let steps = it.steps.iter().map(|step| {
        json!({
            "depth": step.depth, "step": step.what, "store": step.store, "times": step.times,
            "round_trips": step.round_trips, "bytes_up": step.bytes.0, "bytes_down": step.bytes.1,
            "parallel": step.wait == crate::explain::Wait::Parallel, "slow_start_round_trips": step.slow_start,
        })
    });
    json!({
        "journey": it.name, "performed_by": it.performers,
        "typical": { "connect": it.typical.connect, "calls": it.typical.calls, "sequential": it.typical.sequential },
        "mean_round_trips": it.mean_round_trips, "mean_bytes_up": it.bytes.0, "mean_bytes_down": it.bytes.1,
        "mean_times_ns": it.times.iter().map(|time| time.0).collect::<Vec<_>>(),
        "connecting": connecting.collect::<Vec<_>>(), "steps": steps.collect::<Vec<_>>(),
    })
}

fn workload(it: &WorkloadCost) -> Value {
    let limits = it.limits.iter().map(|limit| {
        let (holds, rtt) = match limit.rtt {
            None => ("never", None),
            Some(Nanos::MAX) => ("always", None),
            Some(rtt) => ("up to", Some(rtt.0)),
        };
        json!({ "what": limit.what, "holds": holds, "rtt_ns": rtt })
    });
    json!({
        "workload": it.name, "kind": it.kind, "load": it.load,
        "needs": it.needs.iter().map(need).collect::<Vec<_>>(), "limits": limits.collect::<Vec<_>>(),
    })
}

fn need(it: &Need) -> Value {
    let connections: serde_json::Map<String, Value> =
        it.connections.iter().map(|(store, count)| (store.clone(), json!(count))).collect();
    let turns = it.turns.iter().map(|(store, busy, of)| json!({ "store": store, "busy": busy, "of": of }));
    json!({
        "busy_turns": turns.collect::<Vec<_>>(),
        "rtt_ns": it.rtt.0, "time_ns": it.time.0, "busy": it.busy, "highest_rate_per_second": it.highest_rate,
        "connections": connections,
    })
}
