//! The objectives of a scenario's phases, in virtual time: the same bytes every time, without noise.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;

use crate::analysis::gate::{Judged, objectives};
use crate::analysis::summarise;
use crate::cli::asked::{file_name, jobs, keep_strategies};
use crate::cli::progress::Shown;
use crate::cli::simulate::Simulation;
use crate::cli::{Exit, Failure, OrExit};
use crate::engine::calibration::Calibration;
use crate::plan::horizon;
use crate::scenario;
use crate::strategy::distinct;

/// What was typed.
#[derive(Debug, Args)]
pub(super) struct SimulatedArgs {
    /// Judge only this strategy (may be given several times)
    #[arg(long, value_name = "NAME")]
    pub(super) strategy: Vec<String>,
    /// Placements simulated at once; the results are the same for any number [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
}

/// Simulates the scenario and checks each objective in each phase.
pub(super) fn judge(path: &Path, args: &SimulatedArgs) -> Result<Judged, Failure> {
    let mut loaded = scenario::load(path).or_exit(Exit::Usage)?;
    keep_strategies(&mut loaded.scenario, &args.strategy)?;
    let placements = distinct(&loaded.scenario).placements;
    let placements: Vec<_> = placements.iter().map(|(_, placement)| placement).collect();
    let horizons = horizon::horizons(&loaded.scenario, &placements, 1.0, horizon::CALLS, None);
    let simulation = Simulation {
        loaded: &loaded,
        scale: 1.0,
        windows: horizons.iter().map(|h| h.windows).collect(),
        short: horizons.iter().map(|h| h.short.iter().map(ToString::to_string).collect()).collect(),
        calibration: Calibration::default(),
        jobs: jobs(args.jobs),
        command: vec!["gate".into(), file_name(path)],
    };
    let stop = Arc::new(AtomicBool::new(false));
    let run = simulation.perform(&stop, &Shown::simulating(true))?;
    Ok(objectives::judge(&run, &summarise(&run, &loaded.scenario)))
}
