//! The canned run as if it had been simulated, with a calibration or without. Not for: performance.

use std::collections::BTreeMap;

use longhaul::measure::{Estimate, Hist};
use longhaul::runfile::{Machine, Provenance, Run, Simulated, TakenRun};

use super::canned;

/// The canned run as if it had been simulated, calibrated or not.
pub fn simulated(calibrated: bool) -> Run {
    let mut run = canned::run();
    let windows: Vec<_> = run.placements.iter().map(|_| run.provenance.windows).collect();
    let mut short = vec![Vec::new(); windows.len()];
    short[4] = vec!["web (cloud on kubernetes, 1 %) p99: 24 of 368 journeys".into()];
    let time = Estimate { value: 41_000.0, low: 38_000.0, high: 55_000.0, n: 9_000 };
    let taken = TakenRun { what: "every call, outside of link and store".into(), time, drawn: false };
    run.provenance = Provenance {
        engine: "sim".into(),
        stores: "model".into(),
        servers: BTreeMap::new(),
        started_unix: 0,
        took_ns: 0,
        machine: Machine::default(),
        command: ["simulate", "mercari-us.yaml"].map(str::to_owned).into(),
        simulated: Some(Simulated {
            calibration: if calibrated { "a live run of mercari-us".into() } else { "none".into() },
            taken: if calibrated { vec![taken] } else { Vec::new() },
            windows,
            short,
        }),
        ..run.provenance
    };
    for placement in &mut run.placements {
        placement.generator_lateness = Hist::new();
        placement.invalid.clear();
        for link in &mut placement.links {
            (link.noop_ns, link.round_trip_lateness, link.stamp_lateness) = (0, Hist::new(), Hist::new());
        }
    }
    run
}
